"""The names that both planes exchange, and the characters that such text may hold."""

import unicodedata
from typing import NewType

import msgspec

Issuer = NewType("Issuer", str)  # the exact `iss` (RFC 7519 §4.1.1)
IssuerName = NewType("IssuerName", str)  # metadata.name of a TrustedIssuer
Namespace = NewType("Namespace", str)
Principal = NewType("Principal", str)  # a SPIFFE ID, as in a URI SAN

# Cc control, Cf format (bidirectional, zero-width), Cs surrogate, Co private use, Cn unassigned, Zl and Zp separators:
# characters that make two names look alike or split a line, and that no subject or scope needs.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class AgentRef(msgspec.Struct, frozen=True, order=True):
    """An AgentIdentity by namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class PolicyRef(msgspec.Struct, frozen=True, order=True):
    """A ToolPolicy by namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def has_hidden_characters(text: str) -> bool:
    """Whether `text` holds a control, bidirectional, zero-width, private or unassigned character."""
    # Printable ASCII is nearly all there is, and needs no table look-up.
    if text.isascii():
        return not text.isprintable()
    return any(unicodedata.category(character) in _HIDDEN for character in text)
