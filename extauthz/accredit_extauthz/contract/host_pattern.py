"""Host names as policies name them, and as requests are compared with them: lower case, no port, no trailing dot."""

import re
from collections.abc import Iterator

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_ADDRESS_TAIL = re.compile(
    r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)"
)  # WHATWG URL: a last label of digits makes an IPv4 address
_MAX_HOST = 253


def is_host(text: str) -> bool:
    """Whether `text` is a canonical host name with at least two labels; bare names and addresses are none."""
    return len(text) <= _MAX_HOST and _HOST.fullmatch(text) is not None and _ADDRESS_TAIL.fullmatch(text) is None


def is_host_pattern(text: str) -> bool:
    """Whether `text` is a host, or `*.` before one: every name beneath it, at any depth, but not the name itself."""
    return is_host(text.removeprefix("*."))


def patterns_over(host: str) -> Iterator[str]:
    """Yield the patterns that cover `host` (a host or a wildcard), most specific first, itself included."""
    yield host
    rest = host.removeprefix("*.")
    while "." in rest:
        rest = rest.partition(".")[2]
        yield f"*.{rest}"
