import base64
import json
import os
import subprocess
from pathlib import Path

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict

from accredit_extauthz.codec import envoy_subset_pb2 as ours
from accredit_extauthz.codec.request import read
from accredit_extauthz.codec.response import FALLBACK, encode
from accredit_extauthz.model.reason import ANSWERS
from fakes.decisions import ID, allowed, denied, public

ROOT = Path(__file__).parents[2]
ENVOY = {
    "SocketAddress": "envoy.config.core.v3.SocketAddress",
    "Address": "envoy.config.core.v3.Address",
    "HeaderValue": "envoy.config.core.v3.HeaderValue",
    "HeaderMap": "envoy.config.core.v3.HeaderMap",
    "HeaderValueOption": "envoy.config.core.v3.HeaderValueOption",
    "AttributeContext": "envoy.service.auth.v3.AttributeContext",
    "AttributeContext.Peer": "envoy.service.auth.v3.AttributeContext.Peer",
    "AttributeContext.HttpRequest": "envoy.service.auth.v3.AttributeContext.HttpRequest",
    "AttributeContext.Request": "envoy.service.auth.v3.AttributeContext.Request",
    "CheckRequest": "envoy.service.auth.v3.CheckRequest",
    "Status": "google.rpc.Status",
    "HttpStatus": "envoy.type.v3.HttpStatus",
    "DeniedHttpResponse": "envoy.service.auth.v3.DeniedHttpResponse",
    "OkHttpResponse": "envoy.service.auth.v3.OkHttpResponse",
    "CheckResponse": "envoy.service.auth.v3.CheckResponse",
}
ANSWERED = {
    "allowed": encode(allowed(), ID),
    "public": encode(public(), ID),
    "fallback": FALLBACK,
} | {reason.value: encode(denied(reason), ID) for reason, answer in ANSWERS.items() if answer.status >= 400}


@pytest.fixture(scope="module")
def oracle():
    """What Envoy's own messages say, from the environment that holds them."""
    python = os.environ.get("ACCREDIT_ORACLE_PYTHON") or ROOT / ".tools" / "oracle" / "bin" / "python"
    if not Path(python).exists():
        pytest.skip("Envoy's own messages are not installed; `make test` sets them up in .tools/oracle")
    answers = {name: base64.b64encode(data).decode() for name, data in ANSWERED.items()}
    asked = json.dumps({"messages": list(ENVOY.values()), "answers": answers})
    script = Path(__file__).with_name("xds_oracle.py")
    told = subprocess.run([python, script], input=asked, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(told.stdout)


def test_every_message_of_ours_is_one_of_envoys():
    assert set(ENVOY) == {
        name.removeprefix("accredit.envoy.v1.")
        for message in ours.DESCRIPTOR.message_types_by_name.values()
        for name in [message.full_name, *(nested.full_name for nested in message.nested_types)]
        if not name.endswith("Entry")
    }


@pytest.mark.parametrize("name", ENVOY)
def test_our_fields_are_envoys_fields(oracle, name):
    theirs = oracle["fields"][ENVOY[name]]
    for field in _message(name).fields:
        number, kind, is_repeated, oneof = theirs[field.name]
        # An enum and an int32 are the same on the wire.
        kinds = {kind, FieldDescriptor.TYPE_INT32} if kind == FieldDescriptor.TYPE_ENUM else {kind}
        assert (field.number, field.is_repeated) == (number, is_repeated)
        assert field.type in kinds
        if name == "CheckResponse":
            assert (field.containing_oneof.name if field.containing_oneof else None) == oneof


def test_every_check_reads_as_envoy_wrote_it(oracle):
    assert len(oracle["checks"]) == 300
    for data, written in oracle["checks"]:
        parsed = ours.CheckRequest.FromString(base64.b64decode(data)).attributes
        http = parsed.request.http
        assert {
            "method": http.method,
            "host": http.host,
            "path": http.path,
            "size": http.size,
            "headers": dict(http.headers),
            "header_map": [[h.key, base64.b64encode(h.raw_value).decode()] for h in http.header_map.headers],
            "body": http.body,
            "raw_body": base64.b64encode(http.raw_body).decode(),
            "extensions": dict(parsed.context_extensions),
            "source": [parsed.source.principal, parsed.source.certificate],
            "address": parsed.source.address.socket_address.address,
            "destination": parsed.destination.principal,
        } == written


def test_every_check_becomes_a_call(oracle):
    for data, written in oracle["checks"]:
        call = read(base64.b64decode(data))
        assert (call.method, call.extensions, call.destination) == (
            written["method"],
            written["extensions"],
            written["destination"],
        )
        assert (call.peer.principal, call.peer.address) == (written["source"][0], written["address"])
        assert call.body == (base64.b64decode(written["raw_body"]) or written["body"].encode())
        assert call.headers.keys() == {
            name.lower() for name in [*written["headers"], *(name for name, _ in written["header_map"])]
        }


@pytest.mark.parametrize("name", ANSWERED)
def test_every_answer_of_ours_parses_as_envoys(oracle, name):
    parsed = ours.CheckResponse.FromString(ANSWERED[name])
    assert oracle["answers"][name] == MessageToDict(
        parsed, preserving_proto_field_name=True, use_integers_for_enums=True
    )


def _message(name):
    outer, _, inner = name.partition(".")
    found = ours.DESCRIPTOR.message_types_by_name[outer]
    return found.nested_types_by_name[inner] if inner else found
