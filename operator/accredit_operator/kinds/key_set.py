"""Where an issuer's public keys come from."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from accredit_operator.kinds.resource import Choice, ListOf, Maybe, Node
from accredit_operator.kinds.rules import union
from accredit_operator.kinds.text import Certificates, SecureUrl, Text
from accredit_operator.kinds.times import Duration, within


class KeySource(StrEnum):
    """Where an issuer's keys come from."""

    DISCOVERY = "Discovery"
    URL = "URL"
    INLINE = "Inline"


class Algorithm(StrEnum):
    """Signature algorithms (RFC 7518 §3.1, RFC 8037). Asymmetric only: a shared secret proves no issuer."""

    RS256 = "RS256"
    RS384 = "RS384"
    RS512 = "RS512"
    PS256 = "PS256"
    PS384 = "PS384"
    PS512 = "PS512"
    ES256 = "ES256"
    ES384 = "ES384"
    ES512 = "ES512"
    EDDSA = "EdDSA"


_JwkText = Annotated[str, Field(max_length=2048)]


class Jwk(Node):
    """One public key (RFC 7517 §4). Members beyond those named here are kept as they are written."""

    model_config = ConfigDict(
        extra="allow", alias_generator=None, json_schema_extra={"x-kubernetes-preserve-unknown-fields": True}
    )

    kty: Annotated[str, Field(min_length=1, max_length=2048)]
    """Key type: RSA, EC or OKP."""
    kid: Maybe[_JwkText] = None
    """Key ID, as tokens name it in their header."""
    alg: Maybe[_JwkText] = None
    """Algorithm of the key. Needed where the key type leaves a choice and the issuer lists several algorithms."""
    use: Maybe[_JwkText] = None
    """Public key use. Only sig is of use here."""
    key_ops: Maybe[ListOf[_JwkText]] = None
    """Key operations. Must include verify where written."""
    crv: Maybe[_JwkText] = None
    """Curve of an EC or OKP key."""
    x: Maybe[_JwkText] = None
    """X coordinate of an EC key, or the public key of an OKP key; base64url."""
    y: Maybe[_JwkText] = None
    """Y coordinate of an EC key; base64url."""
    n: Maybe[_JwkText] = None
    """Modulus of an RSA key; base64url."""
    e: Maybe[_JwkText] = None
    """Exponent of an RSA key; base64url."""


class InlineKeys(Node):
    """A JWK Set written into the object (RFC 7517 §5)."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})

    keys: ListOf[Jwk]
    """The public keys. An empty list verifies no token."""


class KeySet(Node):
    """Where the issuer's public keys come from, and how long they are kept."""

    obeys = union("source", {"URL": "url", "Inline": "inline"})

    source: Choice[KeySource]
    """Where the keys come from: Discovery (<issuer>/.well-known/openid-configuration), URL, or Inline."""
    url: Maybe[SecureUrl] = None
    """Address of the JWK Set, for source URL. An https address."""
    inline: Maybe[InlineKeys] = None
    """The JWK Set itself, for source Inline."""
    ca_bundle: Maybe[Certificates] = None
    """Certificates that sign the issuer's TLS certificate, where a private authority does. PEM."""
    refresh_interval: Annotated[Duration, within("1s")] = "5m"
    """How often the keys are fetched. A duration, such as 5m."""
    max_stale: Annotated[Duration, within("0s")] = "24h"
    """How long the last good keys are kept while fetching fails. A duration, such as 24h."""
    denied_key_ids: ListOf[Text] = Field(default=(), alias="deniedKeyIDs")
    """Key IDs that verify nothing from now on, whatever the set says."""
