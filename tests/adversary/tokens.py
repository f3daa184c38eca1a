"""The whole corpus of tokens that must be refused, and how one is presented."""

from typing import Any

from adversary import token_actors, token_claims, token_headers, token_shapes
from adversary.case import Case
from adversary.forge import Forge, forge_of
from adversary.token_case import TokenCase
from fakes.attack import WIDE
from fakes.scene import IDP

FORGE = forge_of(IDP)
CASES: tuple[TokenCase, ...] = (
    *token_shapes.CASES,
    *token_headers.CASES,
    *token_claims.CASES,
    *token_actors.CASES,
)


def as_case(token: TokenCase, forge: Forge = FORGE) -> Case:
    """The scene's GET with the token."""
    return Case(str(token), token.reason, token.seen or WIDE, bearing(token.make(forge)))


def bearing(token: str, **more: Any) -> dict[str, Any]:
    """The arguments of check_request for a request with this bearer."""
    # Protobuf holds no half surrogates, and Envoy would send none.
    value = f"Bearer {token}".encode(errors="replace").decode()
    return {"headers": {"authorization": value} | more.pop("headers", {})} | more
