"""An Authorization header: decide() reads it as the reference does, and lets in only what the issuer signed."""

from accredit_extauthz.model.decision import Ruling
from fakes import scene
from fakes.issuer import FakeIssuer
from fuzz.twice import World

_STRANGER = FakeIssuer()  # the same issuer and key id, but another key
_SIGNED = frozenset({scene.IDP.mint(), scene.IDP.mint(header={"typ": "application/at+jwt"})})
_REFUSED = (
    _STRANGER.mint(),
    *(scene.IDP.mint(header=header) for header in ({"kid": "k2"}, {"alg": "none"}, {"crit": ["exp"]}, {"zip": "DEF"})),
    scene.IDP.sign(b'{"alg":"ES256","alg":"none"}', b"{}"),
    "e30.e30.",
)
SEEDS = (*(f"Bearer {token}".encode() for token in (*sorted(_SIGNED), *_REFUSED)), b"Basic dXNlcjpwYXNz")
_WORLD = World()


def judge(data: bytes) -> None:
    """Raise AssertionError when the header is read differently twice, or lets in what the issuer did not sign."""
    value = data.decode("latin-1")
    given = _WORLD.judge(scene.call(None, headers={"authorization": value}))
    assert given.ruling is Ruling.DENY or value[len("Bearer ") :] in _SIGNED
