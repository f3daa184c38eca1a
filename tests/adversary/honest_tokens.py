"""Tokens that must be allowed: every algorithm, every layout, and what is odd without being wrong."""

import functools
import json

from accredit_extauthz.contract.snapshot import ClaimNames, Key, Layout
from accredit_extauthz.decide.view import View
from accredit_extauthz.model.reason import Reason
from adversary.case import Case
from adversary.forge import Forge, forge_of
from adversary.token_actors import CLIENT, SUBJECT
from adversary.token_case import TokenCase
from adversary.token_claims import COMPANIONS
from adversary.token_headers import UNTYPED
from adversary.token_shapes import of_length
from adversary.tokens import bearing
from fakes.issuer import FakeIssuer
from fakes.scene import issuer_record, view

_ACT = {"sub": "agent:planner", "client_id": "x"}
_COMPANION = "https://idp.example/userinfo"


def _spaced(forge: Forge) -> str:
    header, payload = json.dumps(forge.header(), indent=1), json.dumps(forge.claims(), indent="\t")
    return forge.sign(f" {header}\r\n".encode(), f"\n{payload} ".encode())


HONEST: tuple[TokenCase, ...] = tuple(
    TokenCase("honest", name, Reason.ALLOWED, make, seen)
    for name, make, seen in (
        ("as it is", lambda forge: forge.token(), None),
        ("8192 characters", lambda forge: of_length(forge, 8192), None),
        ("an audience in an array", lambda forge: forge.token(aud=[forge.audience]), None),
        ("scopes in an array", lambda forge: forge.token(scope=["tool:crm:read", "openid"]), None),
        ("a type in another case", lambda forge: forge.token({"typ": "AT+JWT"}), None),
        ("a type as a media type", lambda forge: forge.token({"typ": "application/at+jwt"}), None),
        ("no kid, of one key", lambda forge: forge.token({"kid": ...}), None),
        ("a header member without a meaning", lambda forge: forge.token({"x5t": "x", "note": [1]}), None),
        ("not before now", lambda forge: forge.token(nbf=forge.now), None),
        ("the longest life", lambda forge: forge.token(exp=forge.now + 3590), None),
        ("white space in the claims", _spaced, None),
        ("a user of another script", lambda forge: forge.token(sub="\u00e9lodie"), None),
        ("members of act without a meaning", lambda forge: forge.token(act=_ACT | {"may_act": {}}), None),
        ("the token's own issuer in act", lambda forge: forge.token(act=_ACT | {"iss": forge.issuer}), None),
        ("63 layers", lambda forge: forge.raw('"x":' + "[" * 62 + "]" * 62), None),
        ("a companion beside our audience", lambda forge: forge.token(aud=[forge.audience, _COMPANION]), COMPANIONS),
        ("a type that is listed", lambda forge: forge.token({"typ": "JWT"}, token_use="access"), UNTYPED),
        ("no type, where that is listed", lambda forge: forge.token({"typ": ...}, token_use=["access"]), UNTYPED),
        ("the layout ActorSubject", lambda forge: forge.token(sub="agent:planner", act={"sub": "alice"}), SUBJECT),
        ("the layout ClientId", lambda forge: forge.token(client_id="assistant", act=...), CLIENT),
    )
)


@functools.cache
def _rsa() -> FakeIssuer:
    return FakeIssuer(algorithm="RS256")


def signing(algorithm: str) -> tuple[Forge, View]:
    """A forge that signs with the algorithm, and the world that knows its key. All RSA algorithms share one key."""
    issuer = _rsa() if algorithm[:2] in ("RS", "PS") else FakeIssuer(algorithm=algorithm)
    jwk = issuer.jwk() | {"alg": algorithm}
    record = issuer_record(
        algorithms=(algorithm,),
        claims=ClaimNames(layout=Layout.ACT_CLAIM),
        keys=(Key(kid=issuer.kid, algorithm=algorithm, jwk=jwk),),
    )
    return forge_of(issuer, algorithm=algorithm), view(issuers=(record,))


def signed_with(algorithm: str) -> Case:
    """An honest request whose token is signed with the algorithm."""
    forge, seen = signing(algorithm)
    return Case(algorithm, Reason.ALLOWED, seen, bearing(forge.token()))


def confused(signed: str, claimed: str) -> Case:
    """A token signed with one algorithm by the issuer's own key, whose header claims another."""
    forge, seen = signing(signed)
    return Case(f"{signed} as {claimed}", Reason.TOKEN_ALGORITHM, seen, bearing(forge.token({"alg": claimed})))
