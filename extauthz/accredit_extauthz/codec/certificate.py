"""The thumbprint that a `cnf` claim is compared with: x5t#S256 of the peer's certificate (RFC 8705 §3.1)."""

import base64
import binascii
import hashlib
import re
from functools import lru_cache
from urllib.parse import unquote

_PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_PEERS = 1024  # an authorizer sees the same few certificates again and again


@lru_cache(maxsize=_PEERS)
def thumbprint(certificate: str) -> str:
    """Return x5t#S256, base64url without padding, of the first certificate in Envoy's URL-encoded PEM.

    The empty string when there is none to read: it equals no `cnf`.
    """
    found = _PEM.match(unquote(certificate))
    if found is None:
        return ""
    try:
        der = base64.b64decode("".join(found[1].split()), validate=True)
    except binascii.Error:
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
