"""The grammars of texts: names, scopes, claims, hosts, paths. Patterns are RE2, which both readers speak."""

import re
from typing import Annotated, Any

from pydantic import Field

from accredit_operator.kinds.rules import Obeys, Rule

_HIDDEN = r"\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}"  # control, bidirectional, zero-width, private, line separators
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"

GRAMMARS: dict[str, str] = {}
"""What to write, by the pattern that what was written does not match."""


def shaped(pattern: str, write: str, *, longest: int = 256, shortest: int = 1) -> Any:  # noqa: ANN401 - as `Field` is
    """Bound a text, and say what to write where it does not match `pattern`."""
    GRAMMARS[pattern] = write
    return Field(min_length=shortest, max_length=longest, pattern=pattern)


Text = Annotated[str, shaped(rf"^[^{_HIDDEN}]+$", "write visible characters and spaces on one line")]
ObjectName = Annotated[
    str, shaped(rf"^{_LABEL}(\.{_LABEL})*$", "write lower case letters, digits, - and ., as in my-object", longest=253)
]
LabelName = Annotated[str, shaped(rf"^{_LABEL}$", "write lower case letters, digits and -, as in my-name", longest=63)]
LabelValue = Annotated[
    str,
    shaped(
        r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$",
        "write letters, digits, -, _ and ., with a letter or digit at both ends",
        longest=63,
        shortest=0,
    ),
]
Labels = Annotated[dict[str, LabelValue], Field(min_length=1, max_length=64)]
NamePattern = Annotated[
    str,
    shaped(rf"^([^*{_HIDDEN}]+\*?|\*)$", "write a name, or the start of one and a star at the end, as in contacts.*"),
]

# RFC 6749 §3.3. A ceiling may end in one star; in a scope a star is a character like others.
Scope = Annotated[str, shaped(r"^[!#-\[\]-~]+$", "write one scope, without spaces, quotes or backslashes")]
ScopeCeiling = Annotated[
    str,
    shaped(
        r"^[!#-)+-\[\]-~]*([!#-)+-\[\]-~]|[:./]\*)$",
        "write one scope, or one star at its end after a colon, dot or slash, as in tool:crm:*",
    ),
]
# A top-level name as it stands, or a JSON Pointer (RFC 6901).
ClaimPath = Annotated[
    str,
    shaped(
        rf"^((/([^~/{_HIDDEN}]|~[01])*)+|[^/{_HIDDEN}][^{_HIDDEN}]*)$",
        "write a claim's name, or a JSON Pointer such as /realm_access/roles",
    ),
]
TokenType = Annotated[
    str, shaped(r"^[A-Za-z0-9!#$&^_.+-]+(/[A-Za-z0-9!#$&^_.+-]+)?$", "write a media type, such as at+jwt")
]
SecureUrl = Annotated[str, shaped(r"^https://[!-~]+$", "write an address that starts with https://", longest=2048)]
WebUrl = Annotated[
    str, shaped(r"^https?://[!-~]+$", "write an address that starts with https:// or http://", longest=2048)
]
Certificates = Annotated[
    str,
    shaped("^-----BEGIN CERTIFICATE-----", "write PEM, from -----BEGIN CERTIFICATE----- on", longest=65536),
]
SpiffeId = Annotated[
    str,
    shaped(
        r"^spiffe://[a-z0-9._-]+(/[A-Za-z0-9._-]+)+$",
        "write a SPIFFE ID, as in spiffe://cluster.local/ns/research/sa/planner",
    ),
]
HostPattern = Annotated[
    str,
    shaped(
        rf"^(\*\.)?({_LABEL}\.)+{_LABEL}$",
        "write a host in lower case with a dot in it, or *. before one, without a port",
        longest=253,
    ),
]
HeaderName = Annotated[
    str, shaped("^x-[a-z0-9-]+$", "write x- and lower case letters, digits and -, as in x-department", longest=64)
]
HttpMethod = Annotated[str, shaped(r"^(\*|[A-Z][A-Z-]*)$", "write a method in upper case, such as GET", longest=64)]
McpMethod = Annotated[
    str,
    shaped(
        r"^(\*|\$(stream|close|response)|[A-Za-z][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)*)$",
        "write a method such as tools/call, or $stream, $close or $response",
    ),
]

_SEGMENT = r"[A-Za-z0-9._~!$&'()+,=@:-]+"
_DOT_AT_END = re.compile(r"[.](/|$)")
_NO_DOT_AT_END = Obeys(
    Rule(
        cel="!self.matches('[.](/|$)')",
        holds=lambda text: _DOT_AT_END.search(text) is None,
        found="a segment ends in a dot, which some servers drop",
        write="write the path as it is when . and .. are resolved, without such a dot",
    )
)
# A path with one spelling only; text beyond ASCII as upper-case percent-encoded UTF-8.
Path = Annotated[
    str,
    shaped(
        r"^/$|^(/([A-Za-z0-9._~!$&'()+,=@:-]|%[0-9A-F]{2})+)+/?$", "write a path that starts with /, as in /v1/contacts"
    ),
    _NO_DOT_AT_END,
]
# `*` stands for one segment, `/**` at the end for any further ones.
PathPattern = Annotated[
    str,
    shaped(
        rf"^/(\*\*)?$|^(/(\*|{_SEGMENT}))+(/\*\*|/)?$", "write a path in which a whole segment may be *, as in /v1/*"
    ),
    _NO_DOT_AT_END,
]
