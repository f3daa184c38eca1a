"""Claims of another type, value, time or audience than the contract takes (RFC 7519 §4.1, RFC 9068 §2.2)."""

import json
from typing import Any

from accredit_extauthz.contract.names import IssuerName
from accredit_extauthz.contract.snapshot import RevocationRecord
from accredit_extauthz.model.reason import Reason
from adversary.forge import Forge
from adversary.hidden import HIDDEN
from adversary.token_case import TokenCase, from_claims
from fakes.issuer import FakeIssuer
from fakes.scene import CORP, body, issuer_record, policy, view

_AUD = "https://crm.example"
_COMPANION = "https://idp.example/userinfo"
_ELSEWHERE = FakeIssuer("https://other.example", kid="k1")

COMPANIONS = view(issuers=(issuer_record(companion_audiences=(_COMPANION,)),))
TWO_AUDIENCES = view(policies=(policy(body=body(audiences=(_AUD, "https://crm2.example"))),))
TWO_ISSUERS = view(
    issuers=(issuer_record(), issuer_record(_ELSEWHERE, name=IssuerName("other"))),
)
UNUSABLE = view(issuers=(issuer_record(usable=False),))
REVOKED = view(
    revocations=(
        RevocationRecord(namespace="accredit-system", name="r", everywhere=True, issuer=CORP, token_id="stolen"),
    )
)

_NO_TEXT: tuple[Any, ...] = (..., None, 0, 1, 1.5, True, [], {}, "", "x" * 257, ["alice", "alice"], {"sub": "alice"})
_NO_TIME: tuple[Any, ...] = (None, 0, -1, 1.5, True, False, "", "1800000000", [], {}, 2**33, 2**64, 10**40, "now")
_NO_ISSUER: tuple[Any, ...] = (
    *(..., None, 1, True, [], {}, "", ["https://idp.example"], "https://idp.example/", "https://IDP.example"),
    *("HTTPS://idp.example", "http://idp.example", "https://idp.example:443", "https://idp.example/.", "idp.example"),
    *(" https://idp.example", "https://idp.example ", "https://idp.example.evil.example", "https://idp.example#"),
    *("https://idp.example\0", "https://evil.example@idp.example", "https://idp.ex\u0430mple", "*", "corp", "corp-idp"),
)
_NO_AUDIENCE: tuple[Any, ...] = (..., None, 1, True, [], {}, "", [None], [1], [[]], [""], ["x" * 257])
_NO_CONFIRMATION: tuple[Any, ...] = (
    *(None, "", "x", 1, True, [], {}, {"jkt": "x"}, {"jwk": {}}, {"kid": "k1"}, {"jwe": "x"}, {"jku": "https://x"}),
    *({"x5t": "x"}, {"x5t#S256": ""}, {"x5t#S256": 1}, {"x5t#S256": None}, {"x5t#S256": "x", "jkt": "y"}),
    *({"X5T#S256": "x"}, {"x5t#s256": "x"}, ["x5t#S256"]),
)
_NO_SCOPES: tuple[Any, ...] = (
    *(None, 1, True, {}, {"tool:crm:read": True}, [1], [None], [[]], [""], ["tool:crm:read tool:crm:write"], " "),
    *(
        "tool:crm:read\ttool:crm:write",
        "tool:crm:read\u00a0admin",
        "tool:crm:read\u2028admin",
        "tool:crm:read\x1cadmin",
    ),
    *("tool:crm:read\r\nx-user-uid: root", "tool:crm:read ", " tool:crm:read", "tool:crm:read  tool:crm:write", 'a"b'),
    *("a\\b", "caf\u00e9", "tool:crm:re\u0430d", "tool:crm:read\0", "\u200btool:crm:read"),
)
_OTHER_SCOPES: tuple[Any, ...] = (
    *(..., "", [], "tool:crm:*", "*", "tool:*", "tool:crm:", "tool:crm:rea", "tool:crm:read.", "Tool:crm:read"),
    *("tool:crm:READ", "tool:crm:read,tool:crm:write", "tool:crm:read;x", "tool", "tool:crm", ".*", "tool:crm:.*"),
    *("openid", ["tool:crm:*"], ["Tool:crm:read", "tool:crm:reader"], "tool:crm:read/", "tool/crm/read"),
)


def _each(claim: str, values: tuple[Any, ...]) -> dict[str, dict[str, Any]]:
    return {f"{claim} is {str(value)[:60]!r}, {type(value).__name__}": {claim: value} for value in values}


def _with_hidden(claim: str, text: str) -> dict[str, dict[str, Any]]:
    return {f"{name} in {claim}": {claim: text[:2] + character + text[2:]} for name, character in HIDDEN.items()}


def _spelt_exp(forge: Forge, text: str) -> str:
    payload = json.dumps(forge.claims()).replace(f'"exp": {forge.now + 600}', f'"exp": {text}')
    return forge.sign(json.dumps(forge.header()).encode(), payload.encode())


def _times() -> list[TokenCase]:
    """Moments are measured from when the token is made, whatever the clock says."""
    late: dict[str, Any] = {
        "expired at the last second of the skew": (Reason.TOKEN_EXPIRED, "exp", -5),
        "expired long ago": (Reason.TOKEN_EXPIRED, "exp", -9),
        "issued in the future": (Reason.TOKEN_NOT_YET_VALID, "iat", 60),
        "not before a time to come": (Reason.TOKEN_NOT_YET_VALID, "nbf", 60),
        "a life too long by a second": (Reason.TOKEN_LIFETIME, "exp", 3591),
        "a life without end": (Reason.TOKEN_LIFETIME, "exp", 2**32),
        "expired before it was issued": (Reason.TOKEN_CLAIMS, "exp", -11),
        "expired when it was issued": (Reason.TOKEN_CLAIMS, "exp", -10),
    }
    return [
        TokenCase(
            "times",
            name,
            reason,
            lambda forge, claim=claim, offset=offset: forge.token(**{claim: min(forge.now + offset, 2**33 - 1)}),
        )
        for name, (reason, claim, offset) in late.items()
    ]


CASES: list[TokenCase] = [
    *from_claims("iss", Reason.TOKEN_ISSUER, _each("iss", _NO_ISSUER)),
    *(
        TokenCase("iss", name, Reason.TOKEN_ISSUER, make, seen)
        for name, seen, make in (
            ("an issuer that is switched off", UNUSABLE, lambda forge: forge.token()),
            (
                "an issuer that this policy does not list",
                TWO_ISSUERS,
                lambda forge: _ELSEWHERE.mint(_ELSEWHERE.claims()),
            ),
        )
    ),
    TokenCase(
        "iss",
        "another issuer's name over our issuer's key",
        Reason.TOKEN_SIGNATURE,
        lambda forge: forge.token(iss="https://other.example"),
        TWO_ISSUERS,
    ),
    *from_claims("sub", Reason.TOKEN_CLAIMS, _each("sub", _NO_TEXT) | _with_hidden("sub", "alice")),
    *from_claims("exp", Reason.TOKEN_CLAIMS, _each("exp", (..., *_NO_TIME))),
    *from_claims("iat", Reason.TOKEN_CLAIMS, _each("iat", (..., *_NO_TIME))),
    *from_claims("nbf", Reason.TOKEN_CLAIMS, _each("nbf", _NO_TIME)),
    *(
        TokenCase("times", f"exp spelt {text}", Reason.TOKEN_CLAIMS, lambda forge, text=text: _spelt_exp(forge, text))
        for text in ("1.8e9", "1800000600.0", "18000006e2", "-0", "1E0")
    ),
    *_times(),
    *from_claims(
        "aud",
        Reason.TOKEN_CLAIMS,
        _each("aud", _NO_AUDIENCE) | _with_hidden("aud", _AUD),
    ),
    *(
        TokenCase("aud", f"our audience {name}", reason, lambda forge, change=change: forge.token(aud=change(forge)))
        for name, reason, change in (
            ("twice", Reason.TOKEN_CLAIMS, lambda forge: [forge.audience] * 2),
            ("and a number", Reason.TOKEN_CLAIMS, lambda forge: [forge.audience, 1]),
            ("and another", Reason.TOKEN_AUDIENCE, lambda forge: [forge.audience, "https://evil.example"]),
            ("after another", Reason.TOKEN_AUDIENCE, lambda forge: ["https://evil.example", forge.audience]),
            ("with a slash", Reason.TOKEN_AUDIENCE, lambda forge: forge.audience + "/"),
            ("with a path", Reason.TOKEN_AUDIENCE, lambda forge: forge.audience + "/v1"),
            ("with a port", Reason.TOKEN_AUDIENCE, lambda forge: forge.audience + ":443"),
            ("in capitals", Reason.TOKEN_AUDIENCE, lambda forge: forge.audience.upper()),
            ("cut short", Reason.TOKEN_AUDIENCE, lambda forge: forge.audience[:-1]),
            ("as a prefix", Reason.TOKEN_AUDIENCE, lambda forge: forge.audience + ".evil.example"),
            ("with a space after it", Reason.TOKEN_AUDIENCE, lambda forge: forge.audience + " "),
            ("among words", Reason.TOKEN_AUDIENCE, lambda forge: f"{forge.audience} https://evil.example"),
            ("with commas", Reason.TOKEN_AUDIENCE, lambda forge: f"{forge.audience},https://evil.example"),
            ("as a star", Reason.TOKEN_AUDIENCE, lambda forge: "*"),
            ("as a pattern", Reason.TOKEN_AUDIENCE, lambda forge: "https://*"),
            ("without its scheme", Reason.TOKEN_AUDIENCE, lambda forge: forge.audience.removeprefix("https://")),
        )
    ),
    *(
        TokenCase("aud", name, Reason.TOKEN_AUDIENCE, lambda forge, aud=aud: forge.token(aud=aud), seen)
        for name, seen, aud in (
            ("a companion alone", COMPANIONS, _COMPANION),
            ("a companion and a stranger", COMPANIONS, [_AUD, _COMPANION, "https://evil.example"]),
            ("two audiences of one policy", TWO_AUDIENCES, [_AUD, "https://crm2.example"]),
        )
    ),
    *from_claims("cnf", Reason.TOKEN_CLAIMS, _each("cnf", _NO_CONFIRMATION)),
    *from_claims("cnf", Reason.TOKEN_CLAIMS, {"a certificate that nobody showed": {"cnf": {"x5t#S256": "A" * 43}}}),
    *(
        case
        for claim in ("jti", "parent_jti", "root_jti")
        for case in from_claims("lineage", Reason.TOKEN_CLAIMS, _each(claim, _NO_TEXT[1:]) | _with_hidden(claim, "t-1"))
    ),
    *(
        TokenCase(
            "lineage",
            f"revoked by {claim}",
            Reason.TOKEN_REVOKED,
            lambda forge, claim=claim: forge.token(**{claim: "stolen"}),
            REVOKED,
        )
        for claim in ("jti", "parent_jti", "root_jti")
    ),
    *from_claims("scope", Reason.TOKEN_CLAIMS, _each("scope", _NO_SCOPES)),
    *from_claims("scope", Reason.SCOPE_MISSING, _each("scope", _OTHER_SCOPES)),
]
