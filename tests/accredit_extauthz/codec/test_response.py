import ast
import itertools
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import accredit_extauthz
from accredit_extauthz.codec import response
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse, HeaderValueOption
from accredit_extauthz.codec.identity_headers import encoded
from accredit_extauthz.codec.response import FALLBACK, encode
from accredit_extauthz.contract.names import Issuer, PolicyRef
from accredit_extauthz.contract.snapshot import DenialBody
from accredit_extauthz.model.decision import Decision, Evidence, Ruling
from accredit_extauthz.model.delegation import Delegation, Subject
from accredit_extauthz.model.headers import OVERRIDES, OWNED
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.serve.alike import Alike
from fakes.decisions import ALICE, ID, IDP, POLICY, allowed, call, denied, extra, governing, hop, public

GOLDEN = Path(__file__).parents[2] / "golden" / "response"
REWRITE = "ACCREDIT_REWRITE_GOLDEN"

DECISIONS = {
    "a chain that is allowed": allowed(),
    "a person without agents": allowed(delegation=replace(ALICE, agents=()), hops=(), effective_scopes=frozenset()),
    "an allow that keeps the token and fills an extra header": allowed(
        governing=governing(forward_token=True, extra_headers=extra("x-department")),
        extra_headers={"x-department": "R&D, Zürich"},
    ),
    "an allow of a request with spoofed headers": allowed(
        call=call({"x-agent-id": "m", "x_agent_id": "m", "X-User_Uid": "m", "x_department": "m", "X-Tenant-Id": "m"}),
        governing=governing(extra_headers=extra("x-department")),
        extra_headers={"x-department": None},
    ),
    "a public path": public(governing=governing(forward_token=True, extra_headers=extra("x-department"))),
    "a refusal that audit mode noted": replace(
        allowed(rule=None), ruling=Ruling.WOULD_DENY, reason=Reason.EDGE_NOT_GRANTED, message="planner lacks it"
    ),
    "no token": denied(
        Reason.TOKEN_MISSING, "no bearer token", delegation=None, hops=(), rule=None, required_scopes=()
    ),
    "an expired token": denied(
        Reason.TOKEN_EXPIRED, 'expired 5 s "ago" \\ ü', delegation=None, hops=(), rule=None, required_scopes=()
    ),
    "a missing scope": denied(Reason.SCOPE_MISSING, required_scopes=("tool:crm:read", "tool:crm:write"), rpc_id=7),
    "a refused chain as problem details": denied(
        Reason.EDGE_NOT_GRANTED, governing=governing(denial_body=DenialBody.PROBLEM)
    ),
    "a refused chain as an error with status 200": denied(
        Reason.EDGE_NOT_GRANTED, governing=governing(denial_body=DenialBody.JSON_RPC_OK), rpc_id="call-1"
    ),
    "no policy": denied(
        Reason.NO_POLICY, governing=None, delegation=None, hops=(), rule=None, required_scopes=(), effective_scopes=()
    ),
    "an internal error": Decision(Ruling.DENY, Reason.INTERNAL_ERROR, "it failed", Evidence()),
}


def reply(decision: Decision) -> CheckResponse:
    return CheckResponse.FromString(encode(decision, ID))


def set_headers(found: CheckResponse) -> dict[str, str]:
    options = found.ok_response.headers or found.denied_response.headers
    return {option.header.key: option.header.value for option in options}


def in_lines(found: CheckResponse) -> str:
    lines = [f"status {found.status.code} {found.status.message}".rstrip()]
    if found.HasField("denied_response"):
        lines.append(f"http {found.denied_response.status.code}")
    lines += [f"set {name}: {value}" for name, value in set_headers(found).items()]
    lines += [f"remove {name}" for name in found.ok_response.headers_to_remove]
    if found.denied_response.body:
        lines += ["body", json.dumps(json.loads(found.denied_response.body), indent=2)]
    lines += [f"metadata {name}: {value}" for name, value in sorted(found.dynamic_metadata.items())]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", DECISIONS)
def test_an_answer_reads_as_it_was_agreed(name):
    file = GOLDEN / f"{name.replace(' ', '-')}.out.txt"
    found = in_lines(reply(DECISIONS[name]))
    if os.environ.get(REWRITE):
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


def test_no_golden_file_is_left_without_its_decision():
    assert {file.name for file in GOLDEN.iterdir()} == {f"{name.replace(' ', '-')}.out.txt" for name in DECISIONS}


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("shape", DenialBody)
def test_no_denial_has_status_ok(reason, shape):
    found = reply(denied(reason, governing=governing(denial_body=shape)))
    assert found.status.code in (7, 16)
    assert found.WhichOneof("http_response") == "denied_response"
    assert set_headers(found)["x-accredit-reason"] == reason


def test_a_denial_of_a_request_that_was_never_read_has_no_status_ok():
    found = reply(Decision(Ruling.DENY, Reason.REQUEST_MALFORMED, "no request", Evidence()))
    assert (found.status.code, found.denied_response.status.code) == (7, 400)


def test_a_request_that_was_never_read_cannot_be_allowed():
    with pytest.raises(AssertionError):
        encode(allowed(call=None), ID)


def test_the_fallback_is_a_denial():
    found = CheckResponse.FromString(FALLBACK)
    assert (found.status.code, found.denied_response.status.code) == (7, 503)
    assert set_headers(found)["x-accredit-reason"] == "internal_error"


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_every_header_overwrites(decision):
    found = reply(decision)
    options = [*found.ok_response.headers, *found.denied_response.headers]
    assert {option.append_action for option in options} == {HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD}


@pytest.mark.parametrize("decision", [allowed(), public(), DECISIONS["a person without agents"]])
def test_every_owned_header_is_either_told_or_removed(decision):
    found = reply(decision)
    told, removed = set(set_headers(found)), set(found.ok_response.headers_to_remove)
    assert told | removed >= OWNED | OVERRIDES
    assert not told & removed


def test_a_bearer_is_kept_only_where_the_policy_says_so():
    def removed(decision):
        return "authorization" in reply(decision).ok_response.headers_to_remove

    forwarding = governing(forward_token=True)
    assert [removed(allowed()), removed(allowed(governing=forwarding)), removed(public(governing=forwarding))] == [
        True,
        False,
        True,
    ]


SPELLINGS = (str, str.upper, str.title, lambda name: name.replace("-", "_"), lambda name: name.replace("-", "_", 1))
words = st.text(max_size=40)


@given(
    user=words,
    issuer=words,
    tenant=words | st.none(),
    email=words | st.none(),
    scopes=st.frozensets(words),
    extra=words,
)
def test_no_text_breaks_out_of_a_header(user, issuer, tenant, email, scopes, extra):
    delegation = Delegation(Subject(issuer, user), ALICE.agents, None, scopes, None, tenant, email)
    found = reply(allowed(delegation=delegation, effective_scopes=scopes, extra_headers={"x-extra": extra}))
    for value in set_headers(found).values():
        assert value
        assert value.isascii()
        assert value.isprintable()
        assert "," not in value


@given(message=words, scopes=st.lists(words), reason=st.sampled_from(Reason))
def test_no_message_breaks_out_of_a_denial(message, scopes, reason):
    found = reply(denied(reason, message, required_scopes=tuple(scopes)))
    for value in set_headers(found).values():
        assert value.isascii()
        assert value.isprintable()
    assert json.loads(found.denied_response.body)["error"]["data"]["message"] == message


@given(
    st.lists(
        st.sampled_from(sorted(OWNED)).flatmap(
            lambda name: st.sampled_from([name, name.replace("-", "_"), name.upper()])
        )
    )
)
def test_no_spelling_of_an_owned_header_survives(sent):
    found = reply(allowed(call=call(dict.fromkeys(sent, "mallory"))))
    gone = {*found.ok_response.headers_to_remove, *set_headers(found)}
    assert {name.lower() for name in sent} <= gone


def test_a_surrogate_in_a_claim_or_an_id_does_not_stop_the_answer():
    delegation = replace(ALICE, user=Subject(IDP, "\ud800"))
    assert set_headers(reply(allowed(delegation=delegation)))["x-user-uid"] == "%ED%A0%80"
    assert json.loads(reply(denied(Reason.NO_POLICY, rpc_id="\ud800")).denied_response.body)["id"] == "\ud800"


def test_status_ok_is_written_in_one_function():
    package = Path(accredit_extauthz.__file__).parent
    writers = {
        (file.relative_to(package).as_posix(), function.name)
        for file in package.rglob("*.py")
        if not file.name.endswith("_pb2.py")
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef) and any(_writes_ok(node) for node in ast.walk(function))
    }
    assert writers == {("codec/response.py", "_allowed")}


def test_every_answer_is_made_with_a_status():
    source = Path(accredit_extauthz.__file__).parent / "codec" / "response.py"
    makers = {
        function.name: [ast.unparse(node.args[0]) for node in ast.walk(function) if _makes_answer(node)]
        for function in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef) and any(_makes_answer(node) for node in ast.walk(function))
    }
    assert makers == {"_allowed": ["Code.OK"], "_denied": ["code"]}


def test_answers_are_made_in_no_other_file():
    """Nor could they be: what writes the wire is for the codec's response alone, and nobody else names the message."""
    package = Path(accredit_extauthz.__file__).parent
    trees = {
        file.relative_to(package).as_posix(): ast.parse(file.read_text(encoding="utf-8"))
        for file in package.rglob("*.py")
        if not file.name.endswith("_pb2.py")
    }
    assert {name for name, tree in trees.items() if any(map(_makes_answer, ast.walk(tree)))} == {"codec/response.py"}
    assert {name for name, tree in trees.items() if any(map(_imports_wire, ast.walk(tree)))} == {"codec/response.py"}


def _writes_ok(node: ast.AST) -> bool:
    """Whether a node names Code.OK, makes a Code of a number, or makes an answer with one."""
    if isinstance(node, ast.Attribute) and node.attr == "OK" and isinstance(node.value, ast.Name):
        return node.value.id == "Code"
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "Code":
        return True
    return _makes_answer(node) and isinstance(node.args[0], ast.Constant)


def _makes_answer(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"CheckResponse", "_reply"}


def _imports_wire(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "accredit_extauthz.codec.wire"


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


@given(TEXT, TEXT, st.none() | TEXT, st.none() | TEXT, st.lists(TEXT, max_size=3), st.frozensets(TEXT, max_size=3))
def test_the_bytes_are_those_that_protobuf_writes(subject, issuer, email, tenant, agents, scopes):
    who = replace(ALICE, user=Subject(Issuer(issuer), subject), email=email, tenant=tenant)
    decision = allowed(
        delegation=who,
        hops=tuple(hop("research", name) for name in agents),
        effective_scopes=scopes,
        rule=(POLICY, issuer),
    )
    for each in (decision, decision, denied(Reason.SCOPE_MISSING, subject, delegation=who)):
        data = encode(each, ID)
        read = CheckResponse.FromString(data)
        assert len(read.SerializeToString()) == len(data)
        read.ClearField("dynamic_metadata")  # a map, whose order is free
        assert data.startswith(read.SerializeToString())
    told = set_headers(reply(decision))
    assert (told["x-user-uid"], told["x-user-issuer"]) == (encoded(subject), encoded(issuer))
    assert told.get("x-user-email", "") == encoded(email or "")
    assert told.get("x-tenant-id", "") == encoded(tenant or "")


def test_what_others_were_told_before_is_told_to_nobody_else():
    """Every pair of answers that differ in one thing, each after the other."""
    changes = [
        {},
        {"delegation": replace(ALICE, user=Subject(IDP, "bob"))},
        {"delegation": replace(ALICE, user=Subject(Issuer("https://other.example"), "alice"))},
        {"delegation": replace(ALICE, email=None)},
        {"delegation": replace(ALICE, email="b@example.com")},
        {"delegation": replace(ALICE, tenant=None)},
        {"delegation": replace(ALICE, tenant="other")},
        {"hops": ()},
        {"hops": (hop("research", "planner"),)},
        {"effective_scopes": frozenset({"tool:crm:read"})},
        {"rule": (POLICY, "write")},
        {"rule": None},
        {"policy": PolicyRef("tools", "other"), "rule": None},
        {"governing": governing(forward_token=True)},
        {"governing": governing(extra_headers=extra("x-department"))},
        {"governing": governing(extra_headers=extra("x-department")), "extra_headers": {"x-department": "R&D"}},
        {"call": call({"X-Agent-Id": "m", "x_user_uid": "m"})},
    ]
    decisions = [allowed(**change) for change in changes]
    decisions += [
        replace(allowed(), ruling=Ruling.WOULD_DENY, reason=reason) for reason in (Reason.RULE_DENIED, Reason.ALLOWED)
    ]
    alone = [encode(each, ID) for each in decisions]
    assert len(set(alone)) == len(alone)
    for one, other in itertools.permutations(range(len(decisions)), 2):
        parts_of = Alike(response.parts_key, response.parts, len(decisions))
        told = [encode(decisions[n], ID, parts_of) for n in (one, other, one)]
        assert told == [alone[n] for n in (one, other, one)]
