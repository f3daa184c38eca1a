"""Envoy's own messages, asked in a process of their own: they and ours must not meet in one descriptor pool.

Reads one JSON object (`messages`: Envoy's names, `answers`: name -> base64 of a CheckResponse) and writes one: `fields`
of those messages, `checks` made here with what they hold, and `answers` as they parse here.
"""

import base64
import json
import random
import sys
from typing import Any

from envoy.config.core.v3 import base_pb2
from envoy.service.auth.v3 import attribute_context_pb2, external_auth_pb2
from google.protobuf import descriptor, descriptor_pool, json_format

ALPHABET = "abcXYZ019-_./:,;%? \t\"'\\\u00e9\u4e2d\U0001f600"
METHODS = ("GET", "POST", "DELETE", "PATCH", "get", "")
CHECKS = 300


def words(dice: random.Random, longest: int = 20) -> str:
    return "".join(dice.choices(ALPHABET, k=dice.randint(0, longest)))


def fill_peer(peer: attribute_context_pb2.AttributeContext.Peer, dice: random.Random) -> None:
    if dice.random() < 0.3:
        peer.address.pipe.path = words(dice)
    else:
        peer.address.socket_address.address = words(dice)
        peer.address.socket_address.port_value = dice.randint(0, 65535)
    peer.service, peer.principal, peer.certificate = words(dice), words(dice), words(dice, 400)
    peer.labels[words(dice)] = words(dice)


def fill_http(http: attribute_context_pb2.AttributeContext.HttpRequest, dice: random.Random) -> None:
    http.id, http.scheme, http.query, http.fragment, http.protocol = (words(dice) for _ in range(5))
    http.method, http.host, http.path = dice.choice(METHODS), words(dice), "/" + words(dice, 60)
    http.size = dice.choice((-1, 0, 1, 65536, 2**40))
    for _ in range(dice.randint(0, 12)):
        http.headers[words(dice)] = words(dice, 60)
    for _ in range(dice.choice((0, 0, 3))):
        http.header_map.headers.append(base_pb2.HeaderValue(key=words(dice), raw_value=dice.randbytes(8)))
    if dice.random() < 0.5:
        http.raw_body = dice.randbytes(dice.randint(0, 200))
    else:
        http.body = words(dice, 200)


def check(dice: random.Random) -> external_auth_pb2.CheckRequest:
    made = external_auth_pb2.CheckRequest()
    attributes = made.attributes
    fill_peer(attributes.source, dice)
    fill_peer(attributes.destination, dice)
    attributes.request.time.seconds = dice.randint(0, 2**33)
    fill_http(attributes.request.http, dice)
    for _ in range(dice.randint(0, 3)):
        attributes.context_extensions[words(dice)] = words(dice)
    attributes.metadata_context.filter_metadata["a"].update({"b": [1, "c", {"d": None}]})
    attributes.route_metadata_context.filter_metadata["a"].update({"b": True})
    attributes.tls_session.sni = words(dice)
    return made


def contents(made: external_auth_pb2.CheckRequest) -> dict[str, Any]:
    attributes = made.attributes
    http = attributes.request.http
    return {
        "method": http.method,
        "host": http.host,
        "path": http.path,
        "size": http.size,
        "headers": dict(http.headers),
        "header_map": [[header.key, encoded(header.raw_value)] for header in http.header_map.headers],
        "body": http.body,
        "raw_body": encoded(http.raw_body),
        "extensions": dict(attributes.context_extensions),
        "source": [attributes.source.principal, attributes.source.certificate],
        "address": attributes.source.address.socket_address.address,
        "destination": attributes.destination.principal,
    }


def fields_of(name: str) -> dict[str, Any]:
    found = descriptor_pool.Default().FindMessageTypeByName(name)
    return {field.name: shape(field) for field in found.fields}


def shape(field: descriptor.FieldDescriptor) -> list[Any]:
    oneof = field.containing_oneof.name if field.containing_oneof else None
    return [field.number, field.type, field.is_repeated, oneof]


def answer(data: bytes) -> dict[str, Any]:
    parsed = external_auth_pb2.CheckResponse.FromString(data)
    return json_format.MessageToDict(parsed, preserving_proto_field_name=True, use_integers_for_enums=True)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def main() -> None:
    asked = json.load(sys.stdin)
    dice = random.Random(7)
    checks = [check(dice) for _ in range(CHECKS)]
    json.dump(
        {
            "fields": {name: fields_of(name) for name in asked["messages"]},
            "checks": [[encoded(made.SerializeToString()), contents(made)] for made in checks],
            "answers": {name: answer(base64.b64decode(data)) for name, data in asked["answers"].items()},
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
