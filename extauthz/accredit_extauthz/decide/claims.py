"""The registered claims of a token (RFC 7519 §4.1, RFC 9068 §2.2) and their life, all strict.

`read_claims` is called with a verified signature and depends on token and issuer alone; `check_times` and
`check_audience` depend on the request and run each time.
"""

import base64
import hashlib
from collections.abc import Mapping

from accredit_extauthz.contract.names import has_hidden_characters
from accredit_extauthz.contract.snapshot import IssuerRecord, RequiredClaim
from accredit_extauthz.decide.claim_names import ABSENT, find_claim
from accredit_extauthz.decide.token import Compact
from accredit_extauthz.model.delegation import SignedClaims
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse

MAX_TEXT = 256  # of subjects and token ids; the same bound that objects have

_LAST_INSTANT = 2**33
_CONFIRMATION = "x5t#S256"
_LINEAGE = ("jti", "parent_jti", "root_jti")
# Marks of ID and logout tokens, which are no access tokens though the same key signs them (OpenID Connect, RFC 8417).
_NOT_ACCESS = ("at_hash", "c_hash", "nonce", "events")
_UNTYPED = frozenset({"", "jwt"})


def read_claims(compact: Compact, issuer: IssuerRecord) -> SignedClaims:
    """Return the claims of a token whose signature `issuer` made. Raises token_claims."""
    claims = compact.claims
    _check_kind(claims, issuer)
    text(claims, "sub")
    issued_at, expires_at = _instant(claims, "iat"), _instant(claims, "exp")
    if expires_at <= issued_at:
        refuse(Reason.TOKEN_CLAIMS, "`exp` is not after `iat`")
    lineage = {name: text(claims, name) for name in _LINEAGE if name in claims}
    return SignedClaims(
        issuer=issuer.issuer,
        claims=claims,
        audiences=_audiences(claims.get("aud")),
        issued_at=issued_at,
        expires_at=expires_at,
        not_before=_instant(claims, "nbf") if "nbf" in claims else None,
        token_id=lineage.get("jti"),
        lineage=tuple(dict.fromkeys(lineage.values())),
        confirmation=_confirmation(claims),
        thumbprint=base64.urlsafe_b64encode(hashlib.sha256(compact.signed).digest()).rstrip(b"=").decode("ascii"),
    )


def text(claims: Mapping[str, object], name: str) -> str:
    """Return a claim that must be visible text of 1 to 256 characters. Raises token_claims."""
    value = claims.get(name)
    if not is_text(value):
        refuse(Reason.TOKEN_CLAIMS, f"claim `{name}` is not visible text of 1 to {MAX_TEXT} characters")
    assert isinstance(value, str)
    return value


def is_text(value: object) -> bool:
    """Whether `value` is a string of 1 to 256 characters, none of them hidden."""
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and not has_hidden_characters(value)


def check_times(claims: SignedClaims, issuer: IssuerRecord, now: int) -> None:
    """Refuse a token outside its life; `exp` is exclusive. Raises token_{expired,not_yet_valid,lifetime}."""
    skew = issuer.clock_skew_s
    if now >= claims.expires_at + skew:
        refuse(Reason.TOKEN_EXPIRED, f"the token expired {now - claims.expires_at} s ago; get a new one")
    starts_at = max(claims.issued_at, claims.not_before or 0)
    if starts_at > now + skew:
        refuse(Reason.TOKEN_NOT_YET_VALID, f"the token starts in {starts_at - now} s; check the issuer's clock")
    lifetime = claims.expires_at - claims.issued_at
    if lifetime > issuer.max_token_lifetime_s:
        refuse(
            Reason.TOKEN_LIFETIME,
            f"the token lives {lifetime} s; its issuer's maxTokenLifetime is {issuer.max_token_lifetime_s} s",
        )


def check_audience(claims: SignedClaims, issuer: IssuerRecord, audiences: tuple[str, ...]) -> None:
    """Refuse a token for another service: one audience is ours, the rest are companions. Raises token_audience."""
    ours = [audience for audience in claims.audiences if audience in audiences]
    if len(ours) != 1:
        refuse(Reason.TOKEN_AUDIENCE, f"`aud` must name exactly one of this policy's audiences, {', '.join(audiences)}")
    if any(audience not in issuer.companion_audiences for audience in claims.audiences if audience != ours[0]):
        refuse(Reason.TOKEN_AUDIENCE, "`aud` names further services that are no companionAudiences of the issuer")


def check_confirmation(claims: SignedClaims, certificate: str) -> None:
    """Refuse a token that is bound to another client certificate (RFC 8705 §3). Raises token_claims."""
    if claims.confirmation is not None and claims.confirmation != certificate:
        refuse(Reason.TOKEN_CLAIMS, "`cnf` binds the token to another client certificate than the connection's")


def _check_kind(claims: Mapping[str, object], issuer: IssuerRecord) -> None:
    if not _UNTYPED.isdisjoint(issuer.token_types):
        marks = [name for name in _NOT_ACCESS if name in claims]
        if marks:
            refuse(Reason.TOKEN_CLAIMS, f"claim `{marks[0]}` marks an ID or logout token; send an access token")
    for required in issuer.required_claims:
        if not _is_satisfied(required, find_claim(claims, required.name)):
            refuse(Reason.TOKEN_CLAIMS, f"claim `{required.name}` is not one of {', '.join(required.values)}")


def _is_satisfied(required: RequiredClaim, value: object) -> bool:
    members = value if isinstance(value, list) else [value]
    return any(isinstance(member, str) and member in required.values for member in members)


def _instant(claims: Mapping[str, object], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 < value < _LAST_INSTANT:  # bool is an int, and no time
        refuse(Reason.TOKEN_CLAIMS, f"claim `{name}` is not a whole number of Unix seconds")
    return value


def _audiences(value: object) -> tuple[str, ...]:
    members = value if isinstance(value, list) else [value]
    if not members or not all(is_text(member) for member in members) or len(set(members)) != len(members):
        refuse(Reason.TOKEN_CLAIMS, "claim `aud` is neither a string nor an array of different strings")
    return tuple(members)


def _confirmation(claims: Mapping[str, object]) -> str | None:
    value = claims.get("cnf", ABSENT)
    if value is ABSENT:
        return None
    thumbprint = value.get(_CONFIRMATION) if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(thumbprint, str) or not thumbprint:
        refuse(
            Reason.TOKEN_CLAIMS, f"claim `cnf` holds another confirmation than {_CONFIRMATION}, which cannot be checked"
        )
    return thumbprint
