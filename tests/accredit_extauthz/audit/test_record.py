import dataclasses
import itertools
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from accredit_extauthz.audit.record import Records, encode
from accredit_extauthz.contract.names import Issuer, PolicyRef
from accredit_extauthz.contract.snapshot import Mode, Protocol
from accredit_extauthz.model.call import Peer
from accredit_extauthz.model.decision import Decision, Evidence, Ruling
from accredit_extauthz.model.delegation import SignedClaims, Subject
from accredit_extauthz.model.operation import Operation
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.serve.occasion import Occasion
from fakes.decisions import ALICE, ID, IDP, allowed, call, denied, governing, hop, public
from fakes.issuer import NOW

GOLDEN = Path(__file__).parents[2] / "golden" / "audit"
REWRITE = "ACCREDIT_REWRITE_GOLDEN"

OCCASION = Occasion(ID, NOW * 10**9 + 1_234_567, 1_800_000_000_123, "sha256:00ff")
CLAIMS = SignedClaims(
    issuer=IDP,
    claims={"sub": "alice", "secret_claim": "never", "act": {"sub": "agent:researcher", "client_id": "never"}},
    audiences=("https://crm.example",),
    issued_at=NOW - 10,
    expires_at=NOW + 600,
    not_before=None,
    token_id="t-1",
    lineage=("t-1",),
    confirmation=None,
    thumbprint="q1w2e3",
)
SEARCH = Operation(Protocol.MCP, "tools/call", "contacts.search", "POST", "/mcp", "sha256:ab", is_base=False)
CALL = replace(
    call({"authorization": "Bearer never", "cookie": "never"}),
    body=b'{"never": 1}',
    peer=Peer("spiffe://cluster.local/ns/research/sa/researcher", "192.0.2.7", "cert"),
    destination="spiffe://cluster.local/ns/tools/sa/crm",
    trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
)
UNPROVED = {
    "call": CALL,
    "delegation": None,
    "hops": (),
    "rule": None,
    "required_scopes": (),
    "effective_scopes": frozenset(),
}
KNOWN = {"call": CALL, "claims": CLAIMS, "operation": SEARCH}
MALLORY = Subject(Issuer("https://idp.example"), "mallory")

DECISIONS = {
    "a tool call that is allowed": allowed(**KNOWN),
    "a rule of another policy denied it": denied(
        Reason.RULE_DENIED, "a Deny rule", rule=(PolicyRef("platform", "ground"), "no-export"), **KNOWN
    ),
    "a refusal that audit mode noted": replace(
        allowed(governing=governing(mode=Mode.AUDIT), rule=None, **KNOWN),
        ruling=Ruling.WOULD_DENY,
        reason=Reason.EDGE_NOT_GRANTED,
        message="planner does not list researcher in spec.delegatesTo",
    ),
    "a person without agents": allowed(delegation=replace(ALICE, agents=(), email=None), hops=(), **KNOWN),
    "a public path": public(call=CALL),
    "no token": denied(Reason.TOKEN_MISSING, "the request has no bearer token", **UNPROVED),
    "a signature that is wrong": denied(
        Reason.TOKEN_SIGNATURE, "the signature does not verify", unverified_user=MALLORY, **UNPROVED
    ),
    "an expired token": denied(
        Reason.TOKEN_EXPIRED, "expired 5 s ago", claims=CLAIMS, unverified_user=MALLORY, **UNPROVED
    ),
    "an agent that nobody registered": denied(
        Reason.AGENT_UNKNOWN, "unknown", **(KNOWN | {"hops": (), "rule": None, "operation": None})
    ),
    "an agent that is suspended": denied(Reason.AGENT_SUSPENDED, "suspended", **KNOWN),
    "no policy": denied(Reason.NO_POLICY, "no ToolPolicy", governing=None, **UNPROVED),
    "bytes that are no request": Decision(Ruling.DENY, Reason.REQUEST_MALFORMED, "no CheckRequest", Evidence()),
}


def written(decision: Decision, occasion: Occasion = OCCASION, latency_us: int = 250) -> dict:
    return json.loads(encode(decision, occasion, latency_us))


@pytest.mark.parametrize("name", DECISIONS)
def test_a_record_reads_as_it_was_agreed(name):
    file = GOLDEN / f"{name.replace(' ', '-')}.out.json"
    found = json.dumps(written(DECISIONS[name]), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get(REWRITE):
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


def test_no_golden_file_is_left_without_its_decision():
    assert {file.name for file in GOLDEN.iterdir()} == {f"{name.replace(' ', '-')}.out.json" for name in DECISIONS}


@pytest.mark.parametrize("name", DECISIONS)
def test_every_record_has_every_member_in_the_same_order(name):
    first = ["v", "time", "decision_id", "request_id", "trace_id", "decision", "reason", "message", "policy"]
    second = ["snapshot", "user", "agent", "chain", "token", "scopes", "operation", "target", "peer", "latency_us"]
    assert list(written(DECISIONS[name])) == first + second


@pytest.mark.parametrize("name", DECISIONS)
def test_a_record_holds_no_secret(name):
    line = encode(DECISIONS[name], OCCASION, 250)
    assert b"never" not in line
    assert b"Bearer" not in line


def test_an_identity_is_marked_until_the_signature_is_verified():
    assert written(DECISIONS["a signature that is wrong"])["user"]["unverified"] is True
    assert "unverified" not in written(DECISIONS["an expired token"])["user"]
    assert written(DECISIONS["an expired token"])["user"]["subject"] == "alice"


def test_the_current_actor_is_named_only_when_the_whole_chain_is_known():
    assert written(denied(Reason.AGENT_UNKNOWN, hops=(hop("research", "planner"),)))["agent"] is None
    assert written(allowed())["agent"] == {"namespace": "research", "name": "researcher"}


@pytest.mark.parametrize(
    ("now_ns", "text"),
    [
        pytest.param(0, "1970-01-01T00:00:00.000000Z", id="the epoch"),
        pytest.param(1_799_999_999_999_999_999, "2027-01-15T07:59:59.999999Z", id="cut, never rounded up"),
    ],
)
def test_time_is_utc_with_microseconds(now_ns, text):
    assert written(allowed(), replace(OCCASION, now_ns=now_ns))["time"] == text


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(["x" * 5000, "\x01" * 3000])


@given(st.data())
def test_a_record_is_one_bounded_line_of_json_whatever_a_sender_writes(data):
    def text() -> str:
        return data.draw(ANY_TEXT)

    hostile = replace(
        CALL, method=text(), host=text(), path=text(), request_id=text(), trace_id=text(), destination=text()
    )
    hostile = replace(hostile, peer=Peer(text(), text(), text()))
    who = tuple(Subject(Issuer(text()), text()) for _ in range(data.draw(st.integers(0, 40))))
    asked = replace(
        ALICE,
        user=Subject(Issuer(text()), text()),
        agents=who,
        scopes=frozenset(data.draw(st.lists(ANY_TEXT, max_size=40))),
        email=text(),
        tenant=text(),
    )
    decision = denied(
        Reason.TOOL_NOT_LISTED,
        text(),
        call=hostile,
        delegation=data.draw(st.sampled_from([None, asked])),
        claims=data.draw(st.sampled_from([None, replace(CLAIMS, issuer=Issuer(text()), token_id=text())])),
        unverified_user=Subject(Issuer(text()), text()),
        operation=data.draw(st.sampled_from([None, replace(SEARCH, method=text(), name=text(), path=text())])),
        required_scopes=tuple(data.draw(st.lists(ANY_TEXT, max_size=40))),
    )
    line = encode(decision, OCCASION, 250)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert len(line) <= 512 * 1024
    assert json.loads(line)["decision_id"] == ID


def test_what_others_did_before_is_written_of_nobody_else():
    """Every pair of records that differ in one thing, each after the other."""
    changes = [
        {},
        {"delegation": replace(ALICE, user=Subject(IDP, "bob"))},
        {"delegation": replace(ALICE, tenant="other")},
        {"delegation": replace(ALICE, email=None)},
        {"delegation": replace(ALICE, scopes=frozenset({"tool:crm:read"}))},
        {"delegation": replace(ALICE, agents=(Subject(IDP, "agent:planner"), Subject(IDP, "agent:x")))},
        {"hops": (hop("research", "planner"),)},
        {"hops": (hop("research", "planner"), hop("else", "researcher"))},
        {"effective_scopes": frozenset({"tool:crm:read"})},
        {"required_scopes": ("tool:crm:write",)},
        {"rule": (PolicyRef("tools", "crm"), "write")},
        {"policy": PolicyRef("tools", "other")},
        {"governing": of_generation(4)},
        {"governing": governing(mode=Mode.AUDIT)},
        {"claims": replace(CLAIMS, token_id="t-2")},
    ]
    made = [(allowed(**KNOWN | change), OCCASION) for change in changes]
    made += [
        (allowed(**KNOWN), replace(OCCASION, sequence=7)),
        (allowed(**KNOWN), replace(OCCASION, digest="sha256:1")),
    ]
    made += [(replace(allowed(**KNOWN), reason=Reason.ALLOWED_PUBLIC), OCCASION)]
    made += [(replace(allowed(**KNOWN), message="a sentence"), OCCASION)]
    alone = [encode(*each, 5) for each in made]
    assert len(set(alone)) == len(alone)
    for one, other in itertools.permutations(range(len(made)), 2):
        records = Records()
        assert [records.encode(*made[n], 5) for n in (one, other, one)] == [alone[n] for n in (one, other, one)]


def of_generation(number):
    found = governing()
    return dataclasses.replace(found, generation=number)


def test_what_is_kept_of_records_is_bounded():
    records = Records(parts=8)
    for number in range(100):
        records.encode(allowed(**KNOWN), replace(OCCASION, sequence=number), 5)
    assert len(records._parts) <= 8
