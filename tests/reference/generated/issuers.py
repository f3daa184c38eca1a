"""Issuers of every layout, with real keys that are made once."""

from dataclasses import dataclass
from functools import cache
from random import Random

from accredit_extauthz.contract.names import Issuer, IssuerName
from accredit_extauthz.contract.snapshot import ClaimNames, IssuerRecord, Key, Layout, RequiredClaim
from fakes.issuer import FakeIssuer

NAMES = ("corp", "partner", "bots", "apps", "off")
LAYOUTS = {
    "corp": Layout.ACT_CLAIM,
    "partner": Layout.ACT_CLAIM,
    "bots": Layout.ACTOR_SUBJECT,
    "apps": Layout.CLIENT_ID,
    "off": Layout.ACT_CLAIM,
}
ALGORITHMS = {"corp": "ES256", "partner": "EdDSA", "bots": "PS256", "apps": "RS256", "off": "ES384"}
OTHER_AUDIENCE = "https://other.example"  # some policies serve it too, though no compiler would let both be
COMPANION = "https://userinfo.example"
FRONT_END = "web-app"


def url(name: str) -> str:
    return f"https://{name}.example"


@dataclass(frozen=True)
class Signers:
    """`first` signs what is good; `second` has a key of its own that some worlds know; `stranger` has none."""

    first: FakeIssuer
    second: FakeIssuer
    stranger: FakeIssuer


@cache
def signers(name: str) -> Signers:
    algorithm = ALGORITHMS[name]
    return Signers(
        FakeIssuer(url(name), algorithm, "k1"),
        FakeIssuer(url(name), "ES512" if algorithm == "ES256" else algorithm, "k2"),
        FakeIssuer(url(name), algorithm, "k1"),
    )


def key(issuer: FakeIssuer, rng: Random) -> Key:
    kid = issuer.kid if rng.random() < 0.95 else None
    jwk = {name: value for name, value in issuer.jwk().items() if name != "kid" or kid}
    return Key(kid=kid, algorithm=issuer.algorithm, jwk=jwk)


def keys(name: str, rng: Random) -> tuple[Key, ...]:
    pair = signers(name)
    first = key(pair.first, rng)
    if rng.random() < 0.4:
        kid_of_first = first if first.kid else Key(kid="k1", algorithm=first.algorithm, jwk=first.jwk)
        return (kid_of_first, Key(kid="k2", algorithm=pair.second.algorithm, jwk=pair.second.jwk()))
    return (first,)


def claim_names(name: str, rng: Random) -> ClaimNames:
    return ClaimNames(
        layout=LAYOUTS[name],
        user=rng.choice(["sub", "sub", "oid", "/ext/uid"]),
        scopes=rng.choice(["scope", "scope", "scp", "/ext/scopes", "https://a/b"]),
        client="client_id" if name == "apps" else rng.choice(["client_id", "azp"]),
        groups=rng.choice(["groups", "groups", "/realm/groups", None]),
        tenant=rng.choice(["org_id", "org_id", "/ext/tenant~1id", None]),
        email="email",
    )


def record(name: str, rng: Random) -> IssuerRecord:
    others = [IssuerName(other) for other in NAMES if other != name]
    return IssuerRecord(
        name=IssuerName(name),
        issuer=Issuer(url(name)),
        usable=name != "off" and rng.random() < 0.97,
        claims=claim_names(name, rng),
        algorithms=(ALGORITHMS[name], signers(name).second.algorithm),
        keys=keys(name, rng),
        token_types=rng.choice([("at+jwt",), ("at+jwt",), ("at+jwt", "jwt"), ("at+jwt", "")]),
        required_claims=rng.choice([(), (), (RequiredClaim(name="token_use", values=("access", "both")),)]),
        max_token_lifetime_s=rng.choice([900, 3600]),
        clock_skew_s=rng.choice([0, 5, 60]),
        user_clients=rng.choice([(FRONT_END,), (FRONT_END, "mobile"), ()]),
        may_assert=tuple(rng.sample(others, rng.choice([0, 1, 1, 2]))),
        companion_audiences=rng.choice([(), (COMPANION,), (COMPANION, OTHER_AUDIENCE)]),
    )


def records(rng: Random) -> tuple[IssuerRecord, ...]:
    return tuple(record(name, rng) for name in NAMES)
