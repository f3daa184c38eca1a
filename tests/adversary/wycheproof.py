"""Wycheproof's web signatures and keys, judged as an operator and an authorizer would: key set first, then token."""

import base64
import json
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from accredit_extauthz.decide.signature import choose_key, load_key, verify_signature
from accredit_extauthz.decide.token import parse_compact
from accredit_extauthz.model.refusal import Refusal
from accredit_operator.compile.jwks import ALGORITHMS, read_jwks

FILES = ("json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json")


@dataclass(frozen=True)
class Vector:
    """One case. `keys`: what the issuer publishes; of a symmetric group that is the secret itself."""

    file: str
    number: int
    comment: str
    is_valid: bool
    token: str
    keys: list[dict[str, Any]]

    @property
    def name(self) -> str:
        """What the list of exceptions calls it."""
        return f"{self.file.removesuffix('_test.json')} {self.number}"


def vectors(folder: pathlib.Path) -> Iterator[Vector]:
    """Every case of a signature; encrypted tokens are no compact JWS, and are kept as such."""
    for file in FILES:
        for group in json.loads((folder / file).read_text())["testGroups"]:
            key = group.get("public", group.get("private"))
            keys = key.get("keys", [key])
            for test in group["tests"]:
                token = test.get("jws", test.get("jwe"))
                written = token if isinstance(token, str) else json.dumps(token)
                yield Vector(file, test["tcId"], test["comment"], test["result"] == "valid", written, keys)


def accepts(vector: Vector) -> bool:
    """Whether key set, header and signature pass. The payload, which is no claims here, is not looked into."""
    listed = {key.get("alg") for key in vector.keys} & set(ALGORITHMS)
    keys, _ = read_jwks(vector.keys, listed or ALGORITHMS, "keys")
    loaded = {key.kid: usable for key in keys if (usable := load_key(key)) is not None}
    try:
        header, payload, signature = vector.token.split(".")
        compact = parse_compact(f"{header}.e30.{signature}")
        if payload != _canonical(payload):
            return False
        signed = replace(compact, signed=f"{header}.{payload}".encode())
        verify_signature(signed, choose_key(signed, loaded))
    except (Refusal, ValueError):
        return False
    return True


def _canonical(part: str) -> str:
    """The one spelling of what a part says."""
    return base64.urlsafe_b64encode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))).rstrip(b"=").decode()
