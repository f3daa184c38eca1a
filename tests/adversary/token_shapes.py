"""Tokens that are no compact JWS of two strict JSON objects (api: token rules; RFC 7515 §7.1, RFC 8259)."""

import base64
import json
from collections.abc import Callable

from accredit_extauthz.model.reason import Reason
from adversary.forge import Forge
from adversary.token_case import TokenCase, from_forge
from fakes.issuer import b64url

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_PARTS = ("header", "payload", "signature")
_LIMIT = 8192

# What is done to the text of a JSON object: no result is one strict object.
_TEXTS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda text: b"",
    "null": lambda text: b"null",
    "a number": lambda text: b"1",
    "a string": lambda text: json.dumps(text.decode()).encode(),
    "an array around it": lambda text: b"[" + text + b"]",
    "two objects": lambda text: text + text,
    "a NUL after it": lambda text: text + b"\0",
    "a comma too many": lambda text: text[:-1] + b",}",
    "no closing brace": lambda text: text[:-1],
    "a comment": lambda text: b"/**/" + text,
    "single quotes": lambda text: text.replace(b'"', b"'"),
    "a name without quotes": lambda text: b"{x:1," + text[1:],
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "UTF-16": lambda text: text.decode().encode("utf-16"),
    "UTF-16 without its mark": lambda text: text.decode().encode("utf-16-le"),
    "UTF-32": lambda text: text.decode().encode("utf-32"),
    "Latin-1": lambda text: b'{"x":"\xe9",' + text[1:],
    "overlong UTF-8": lambda text: b'{"x":"\xc0\xae",' + text[1:],
    "a surrogate in UTF-8": lambda text: b'{"x":"\xed\xa0\x80",' + text[1:],
    "UTF-8 cut short": lambda text: b'{"x":"\xe2\x82",' + text[1:],
    "a line break in a string": lambda text: b'{"x":"a\nb",' + text[1:],
    "an escape that is none": lambda text: b'{"x":"\\x41",' + text[1:],
    "NaN": lambda text: b'{"x":NaN,' + text[1:],
    "Infinity": lambda text: b'{"x":Infinity,' + text[1:],
    "-Infinity": lambda text: b'{"x":[{"y":-Infinity}],' + text[1:],
    "a number out of range": lambda text: b'{"x":1e999,' + text[1:],
    "a leading zero": lambda text: b'{"x":01,' + text[1:],
    "a plus sign": lambda text: b'{"x":+1,' + text[1:],
    "hexadecimal": lambda text: b'{"x":0x10,' + text[1:],
    "5000 digits": lambda text: b'{"x":' + b"9" * 5000 + b"," + text[1:],
    "a member twice": lambda text: b'{"x":1,"x":1,' + text[1:],
    "a member twice, once escaped": lambda text: b'{"x":1,"\\u0078":1,' + text[1:],
    "a member twice within": lambda text: b'{"x":[{"a":{"b":1,"b":2}}],' + text[1:],
    "an empty member name twice": lambda text: b'{"":1,"":1,' + text[1:],
    "65 layers": lambda text: b'{"x":' + b"[" * 64 + b"]" * 64 + b"," + text[1:],
    "1500 layers": lambda text: b'{"x":' + b"[" * 1500 + b"]" * 1500 + b"," + text[1:],
}

_TWICE = {
    "header": ('"alg":"none"', '"\\u0061lg":"none"', '"kid":"k1"', '"typ":"at+jwt"'),
    "payload": ('"sub":"root"', '"s\\u0075b":"root"', '"exp":9999999999', '"act":{"sub":"agent:root"}', '"iss":"x"'),
}


def _spelt(forge: Forge, part: str, change: Callable[[bytes], bytes]) -> str:
    header, payload = json.dumps(forge.header()).encode(), json.dumps(forge.claims()).encode()
    return forge.sign(change(header), payload) if part == "header" else forge.sign(header, change(payload))


def _bent(forge: Forge, index: int, change: Callable[[str], str]) -> str:
    """One part in another spelling; what can be signed so is signed so."""
    parts = forge.token().split(".")
    parts[index] = change(parts[index])
    return forge.seal(parts[0], parts[1]) if index < len(parts) - 1 else ".".join(parts)


def _spare_bits(part: str) -> str:
    """The same bytes by another last character; where it has no bits to spare, a byte is put before it."""
    while len(part) % 4 == 0:
        part = b64url(base64.urlsafe_b64decode(part + "==") + b" ")
    return part[:-1] + _ALPHABET[_ALPHABET.index(part[-1]) ^ 1]


_SPELLINGS: dict[str, Callable[[str], str]] = {
    "nothing": lambda part: "",
    "padding": lambda part: part + "=",
    "two signs of padding": lambda part: part + "==",
    "spare bits": _spare_bits,
    "a length that no bytes have": lambda part: part + "A" * ((1 - len(part)) % 4),
    "the alphabet of plain Base64": lambda part: "+/" + part[2:],
    "a space within": lambda part: part[:4] + " " + part[4:],
    "a tab within": lambda part: part[:4] + "\t" + part[4:],
    "a line break within": lambda part: part[:4] + "\r\n" + part[4:],
    "an escape of the URL": lambda part: "%41" + part[1:],
    "a digit of another script": lambda part: "\u0661" + part[1:],
    "a full-width letter": lambda part: "\uff21" + part[1:],
    "a NUL": lambda part: part + "\0",
}


def _json_serialization(forge: Forge) -> str:
    protected, payload, signature = forge.token().split(".")
    return json.dumps({"protected": protected, "payload": payload, "signature": signature})


_WHOLE: dict[str, Callable[[Forge], str]] = {
    "nothing": lambda forge: "",
    "one part": lambda forge: forge.token().split(".")[0],
    "two parts": lambda forge: forge.token().rpartition(".")[0],
    "a fourth part": lambda forge: forge.token() + ".AAAA",
    "five parts, as in a JWE": lambda forge: forge.token() + ".AAAA.AAAA",
    "a dot before": lambda forge: "." + forge.token(),
    "a dot after": lambda forge: forge.token() + ".",
    "dots alone": lambda forge: "..",
    "two tokens": lambda forge: f"{forge.token()},{forge.token()}",
    "two tokens after another": lambda forge: f"{forge.token()} {forge.token()}",
    "quotes": lambda forge: f'"{forge.token()}"',
    "a parameter after it": lambda forge: f"{forge.token()};x=y",
    "the scheme twice": lambda forge: f"Bearer {forge.token()}",
    "JSON, flattened": _json_serialization,
    "JSON, general": lambda forge: json.dumps({"signatures": [json.loads(_json_serialization(forge))]}),
    "a detached payload": lambda forge: "{0}..{2}".format(*forge.token().split(".")),
    "an unencoded payload": lambda forge: _bent(forge, 1, lambda part: json.dumps(forge.claims())),
    "more than 8 KiB": lambda forge: forge.token(pad="x" * 6000),
    "one character too many": lambda forge: of_length(forge, _LIMIT + 1),
}


def of_length(forge: Forge, length: int) -> str:
    """An honest token of exactly so many characters."""
    signature = len(forge.token().rpartition(".")[2])
    for filling in ("", "y", "yy", "yyy"):  # no bytes have a base64url of 4n + 1 characters
        header = {"x": filling}
        payload = length - signature - 2 - len(b64url(json.dumps(forge.header(**header)).encode()))
        if payload % 4 != 1:
            return forge.token(header, pad="x" * (payload * 3 // 4 - len(json.dumps(forge.claims(pad="")))))
    raise AssertionError(f"no token has {length} characters")


CASES: list[TokenCase] = [
    *from_forge("compact serialization", Reason.TOKEN_MALFORMED, _WHOLE),
    *(
        TokenCase(
            "canonical base64url",
            f"{name} in the {part}",
            Reason.TOKEN_MALFORMED,
            lambda forge, index=index, change=change: _bent(forge, index, change),
        )
        for index, part in enumerate(_PARTS)
        for name, change in _SPELLINGS.items()
    ),
    *(
        TokenCase(
            "a strict JSON object",
            f"{name} as the {part}",
            Reason.TOKEN_MALFORMED,
            lambda forge, part=part, change=change: _spelt(forge, part, change),
        )
        for part in _PARTS[:2]
        for name, change in _TEXTS.items()
    ),
    *(
        TokenCase(
            "unique member names",
            f"{member} again in the {part}",
            Reason.TOKEN_MALFORMED,
            lambda forge, part=part, member=member: _spelt(
                forge, part, lambda text: b"{" + member.encode() + b"," + text[1:]
            ),
        )
        for part, members in _TWICE.items()
        for member in members
    ),
]
