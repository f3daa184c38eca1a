"""`accredit token`: a delegation token signed with a local key, for tests and demos."""

import json
import pathlib
import re
import sys
import time
from typing import Annotated

import typer

from accredit_cli.minting import SigningKey, Unmintable, Wanted, claims, new_key, read_key, write_key
from accredit_extauthz.contract.snapshot import Layout

_DURATION = re.compile(r"(?=.)(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")
_WARNING = "accredit: a token for tests; whoever has this key is any user and any agent of its issuer\n"


def _duration(text: str) -> int:
    matched = _DURATION.fullmatch(text)
    if matched is None:
        raise typer.BadParameter(f"{text!r} is no duration; write it as 1h, 10m or 1m30s")
    hours, minutes, seconds = (int(part or 0) for part in matched.groups())
    return hours * 3600 + minutes * 60 + seconds


def _claim(text: str) -> tuple[str, object]:
    """Return name and value of NAME=VALUE; a value that is JSON is taken as JSON, else as text."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"{text!r} is no claim; write NAME=VALUE, or NAME=null to leave the claim out")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def command(  # noqa: PLR0913 -- one parameter an option
    *,
    key: Annotated[pathlib.Path | None, typer.Option(metavar="FILE", help="A private key, PEM.")] = None,
    new_key_file: Annotated[
        pathlib.Path | None, typer.Option("--new-key", metavar="FILE", help="Make a key, write it here, then use it.")
    ] = None,
    jwks: Annotated[
        bool, typer.Option("--jwks", help="Print the public key set for jwks.inline, and no token.")
    ] = False,
    issuer: Annotated[str, typer.Option(help="`iss`.")] = "https://idp.example",
    subject: Annotated[str | None, typer.Option(help="The user.")] = None,
    actor: Annotated[list[str] | None, typer.Option(help="An agent's subject; repeatable, root first.")] = None,
    audience: Annotated[list[str] | None, typer.Option(help="`aud`; repeatable.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="One scope; repeatable.")] = None,
    claim: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Any claim, JSON or text; replaces; null removes.")
    ] = None,
    ttl: Annotated[int, typer.Option(parser=_duration, metavar="DURATION", help="From now to `exp`.")] = "10m",  # type: ignore[assignment]  # typer runs the parser on it
    token_type: Annotated[str, typer.Option("--type", help="`typ`; None for a token without.")] = "at+jwt",  # noqa: S107 -- a media type
    kid: Annotated[str | None, typer.Option(help="Default: the key's thumbprint (RFC 7638).")] = None,
    alg: Annotated[str | None, typer.Option(help="Default: what the key fits; ES256 for a new one.")] = None,
    layout: Annotated[Layout, typer.Option(help="How user and agents are named.")] = Layout.ACT_CLAIM,
) -> None:
    """Mint a token with a local key, and print it; or print the key's public half for a TrustedIssuer."""
    try:
        if jwks:
            published = {"keys": [_signing(key, new_key_file, alg, kid).jwk()]}
            sys.stdout.write(json.dumps(published, indent=2) + "\n")
            return
        wanted = Wanted(
            issuer=issuer,
            subject=_required(subject, "--subject"),
            audiences=tuple(audience or [_required(None, "--audience")]),
            actors=tuple(actor or ()),
            scopes=tuple(scope or ()),
            layout=layout,
            lifetime_s=ttl,
            extra=dict(_claim(text) for text in claim or ()),
        )
        said = claims(wanted, int(time.time()))  # noqa: TID251 -- a token is minted at the moment of the command
        minted = _signing(key, new_key_file, alg, kid).sign(said, _typ(token_type))
    except Unmintable as error:
        raise typer.BadParameter(str(error)) from error
    sys.stderr.write(_WARNING)
    sys.stdout.write(minted + "\n")


def _typ(token_type: str) -> str | None:
    return None if token_type == "None" else token_type  # noqa: S105 -- the API's word


def _signing(key: pathlib.Path | None, new: pathlib.Path | None, alg: str | None, kid: str | None) -> SigningKey:
    if key is not None and new is None:
        return read_key(key, alg, kid)
    if new is not None and key is None:
        made = new_key(alg or "ES256", kid)
        write_key(made, new)
        return made
    raise typer.BadParameter("name one key: --key FILE, or --new-key FILE to make one")


def _required(value: str | None, option: str) -> str:
    if value is None:
        raise typer.BadParameter(f"a token needs {option}")
    return value
