"""Ways to spoil the bytes of a token and of the header that carries it."""

import json
from collections.abc import Callable
from random import Random

from fakes.issuer import b64url
from reference.generated.draft import Draft

Change = Callable[[Draft, Random], None]


def odd_payload(draft: Draft, rng: Random) -> None:
    layers = rng.choice([5, 30, 57, 63, 64, 70, 500, 1500])
    draft.on_payload.append(
        rng.choice(
            [
                lambda data: data.replace(b'"sub"', b'"sub": "eve", "sub"', 1),
                lambda data: data[:-1] + b', "x": {"a": 1, "a": 2}}',
                lambda data: data[:-1] + b', "x": NaN}',
                lambda data: data[:-1] + b', "x": -Infinity}',
                lambda data: data[:-1] + b', "x": 1e999}',
                lambda data: data[:-1] + b', "x": "\\ud800"}',
                lambda data: data[:-1] + b', "x\\u0000": "\\u0000"}',
                lambda data: data[:-1] + b', "x": "\xff"}',
                lambda data: b"\xef\xbb\xbf" + data,
                lambda data: data.decode(errors="replace").encode("utf-16"),
                lambda data: data + b" ",
                lambda data: b"\n" + data,
                lambda data: data + b"{}",
                lambda data: data + b"\x00",
                lambda data: data[:-1],
                lambda data: b"[" + data + b"]",
                lambda data: b"",
                lambda data: b"{}",
                lambda data: data[:-1] + b', "pad": "' + b"x" * 9000 + b'"}',
                lambda data: data[:-1] + b', "n": ' + b"9" * 5000 + b"}",
                lambda data: data[:-1] + b', "n": 01}',
                lambda data: data[:-1] + b",}",
                lambda data: data[:-1] + b',"x":' + b"[" * layers + b"]" * layers + b"}",
            ]
        )
    )


def odd_header_bytes(draft: Draft, rng: Random) -> None:
    draft.on_header.append(
        rng.choice(
            [
                lambda data: data.replace(b'"alg"', b'"alg": "none", "alg"', 1),
                lambda data: data + b" ",
                lambda data: b"\xef\xbb\xbf" + data,
                lambda data: b"[]",
                lambda data: b"null",
                lambda data: data[:-1] + b', "x": NaN}',
            ]
        )
    )


def with_spare_bits(token: str) -> str:
    """Another spelling of the same bytes, where the last character has bits to spare; else another signature."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1] if token and token[-1] in alphabet else token


def unsigned(token: str) -> str:
    header, payload = b64url(b'{"alg": "none"}'), token.split(".")[-2:][0]
    return f"{header}.{payload}."


def in_json(token: str) -> str:
    """The other serialization of RFC 7515, which is not served."""
    return json.dumps({"protected": token.split(".", maxsplit=1)[0], "payload": token.split(".")[-2:][0]})


def odd_token(draft: Draft, rng: Random) -> None:
    def bit(token: str) -> str:
        index = rng.randrange(len(token))
        return token[:index] + rng.choice("AZaz09_-.=+/ ") + token[index + 1 :]

    draft.on_token.append(
        rng.choice(
            [
                *(bit, bit, bit),
                *(with_spare_bits, with_spare_bits),
                lambda token: token + "=",
                lambda token: token + ".",
                lambda token: token + ".e30",
                lambda token: "." + token,
                lambda token: token.rsplit(".", 1)[0] + ".",
                lambda token: token.rsplit(".", 1)[0],
                lambda token: token.rsplit(".", 1)[0] + "." + b64url(b"\x00" * 64),
                lambda token: token[:-1],
                lambda token: token + "A",
                lambda token: token.replace(".", "=.", 1),
                lambda token: token + "\u00e9",
                unsigned,
                in_json,
            ]
        )
    )


def odd_authorization(draft: Draft, rng: Random) -> None:
    draft.on_authorization.append(
        rng.choice(
            [
                lambda _: None,
                lambda _: "",
                lambda _: "Bearer",
                lambda _: "Bearer ",
                lambda _: "Basic YTpi",
                lambda value: value.replace("Bearer", "bearer"),
                lambda value: value.replace("Bearer", "BEARER"),
                lambda value: value.replace("Bearer ", ""),
                lambda value: value.replace("Bearer ", "Bearer  "),
                lambda value: value.replace("Bearer ", "Bearer\t"),
                lambda value: value.replace("Bearer ", "DPoP "),
                lambda value: value + "," + value,
                lambda value: value + " ",
                lambda value: " " + value,
                lambda value: value + ", Basic YTpi",
            ]
        )
    )


CHANGES: tuple[Change, ...] = (odd_payload, odd_header_bytes, odd_token, odd_authorization)
