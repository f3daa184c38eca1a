"""Bodies that fit the limits and are made to be dear: what they cost is bounded by a law, and told by a benchmark."""

LIMIT = 65_536
START = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"contacts.search","arguments":'


def filled(before: bytes, unit: bytes, after: bytes = b"") -> bytes:
    """A body of LIMIT bytes, or a little less."""
    return before + unit * ((LIMIT - len(before) - len(after)) // len(unit)) + after


DEAREST = "deep, and deep again"
BODIES = {
    "one string": filled(START + b'{"q":"', b"x", b'"}}}'),
    "escapes": filled(START + b'"', b"\\u0041", b'"}}'),
    "empty objects": filled(START + b"[", b"{},", b"{}]}}"),
    "empty arrays": filled(START + b"[", b"[],", b"[]]}}"),
    "whole numbers": filled(START + b"[", b"1,", b"1]}}"),
    "fractions, spelt long": filled(START + b"[", b"1.50,", b"1]}}"),
    "one object of many members": START + b"{" + b",".join(b'"%d":0' % n for n in range(7000)) + b"}}}",
    "a member twice, at the very end": START + b"{" + b",".join(b'"%d":0' % n for n in range(7000)) + b',"0":1}}}',
    "open brackets": b"[" * LIMIT,
    "closed brackets": b"]" * LIMIT,
    "empty arrays, deep inside": filled(START + b"[" * 59, b"[],", b"1" + b"]" * 59 + b"}}"),
    DEAREST: filled(START + b"[", b"[" * 60 + b"]" * 60 + b",", b"1]}}"),
    "a string of quotes without an end": filled(START + b'"', b'\\"'),
    "quotes": b'"' * LIMIT,
    "digits": START + b"9" * 60_000 + b"}}",
    "blanks": filled(START, b" ", b"1}}"),
}
