"""A payload that the issuer did sign, in each layout: claims, the walk down `act`, scopes and groups."""

import json

from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.snapshot import ClaimNames, Layout
from fakes import scene
from fuzz.twice import World

_HEADER = json.dumps({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}).encode()
_TWO_HOPS = {"sub": "agent:editor", "act": {"sub": "agent:planner"}}
_VARIANTS = (
    {},
    {"act": _TWO_HOPS},
    {"act": {"sub": "agent:planner", "iss": "https://idp.example", "act": None}},
    {"act": None, "sub": "agent:planner"},
    {"sub": "agent:planner", "act": {"sub": "alice"}},
    {"act": None, "client_id": "agent:planner"},
    {"scope": ["tool:crm:read", "tool:crm:write"]},
    {"groups": ["sales"], "org_id": "acme", "email": "alice@corp.example", "email_verified": True},
    {"aud": ["https://crm.example", "https://other.example"], "nbf": 1_799_999_000, "exp": 1_800_000_001.5},
    {"cnf": {"x5t#S256": "AAAA"}, "_claim_names": {"groups": "src1"}, "exp": 1_800_000_000 - 61},
)
SEEDS = tuple(json.dumps(scene.IDP.claims(**changes)).encode() for changes in _VARIANTS)


def _world(layout: Layout) -> World:
    names = ClaimNames(layout=layout, client="client_id", groups="groups", tenant="org_id", email="email")
    agents = (
        scene.agent("planner", delegates_to=(AgentRef("research", "editor"),)),
        scene.agent("editor", scopes=("tool:crm:read",)),
    )
    return World(issuers=(scene.issuer_record(claims=names),), agents=agents)


_WORLDS = tuple(_world(layout) for layout in Layout)


def judge(data: bytes) -> None:
    """Raise AssertionError when decide() and the reference read the claims differently in any layout."""
    asked = scene.call(scene.IDP.sign(_HEADER, data))
    for world in _WORLDS:
        world.judge(asked)
