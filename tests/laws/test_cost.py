"""No input buys much work: whatever fits the limits costs at most twenty requests of 1 KiB.

CPU time of this thread, as a ratio of the least of runs taken in turn: what else the machine does drops out.
"""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from accredit_extauthz.audit import record
from accredit_extauthz.codec.response import encode
from accredit_extauthz.contract.snapshot import DenialBody, Protocol
from accredit_extauthz.decide.decide import decide
from accredit_extauthz.model.call import Call
from accredit_extauthz.serve.collector import calm_collector
from accredit_extauthz.serve.occasion import Occasion
from fakes.costly import BODIES, LIMIT, START
from fakes.issuer import NOW, b64url
from fakes.scene import IDP, body, call, mcp_call, mcp_rule, policy, view

TIMES = 20
MCP = body(protocol=Protocol.MCP, rules=(mcp_rule(),), denial_body=DenialBody.JSON_RPC)
SEEN = view(policies=(policy(body=MCP),))
OCCASION = Occasion("01a20efc-7b18-781b-97e2-4738a5d116e6", NOW * 1_000_000_000, 1, "sha256:0")
ORDINARY = mcp_call(START + b'{"q":"' + b"x" * 900 + b'"}}}')
CALLS = {
    **{f"a body of {name}": mcp_call(data[:LIMIT]) for name, data in BODIES.items()},
    "a token of a megabyte": call("x" * 1_000_000),
    "a token at its limit, all payload": call(IDP.sign(b"{}", b"[" * 6000)),
    "a token of dots": call("." * 8000),
    "a token whose claims nest": call(f"{b64url(b'{}')}.{b64url(b'[' * 5900)}.AA"),
    "a path of a megabyte": call(path="/a" * 500_000),
    "a path of escapes": call(path="/" + "%20" * 1300),
    "a host of a megabyte": call(host="a." * 500_000),
    "a host of labels": call(host="a." * 126 + "example"),
    "ten thousand headers": call(headers={f"x-{n}": "v" for n in range(10_000)}),
}


@pytest.fixture(autouse=True)
def _as_in_the_server() -> Iterator[None]:
    thresholds = gc.get_threshold()
    calm_collector()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def cpu(work: Callable[[], object]) -> float:
    began = time.thread_time()
    for _ in range(3):
        work()
    return time.thread_time() - began


def asking(asked: Call) -> Callable[[], object]:
    """The whole of a check but its protobuf: decide, encode the answer, write the record."""

    def answer() -> None:
        decision = decide(asked, SEEN, NOW, 0)
        encode(decision, OCCASION.decision_id)
        record.encode(decision, OCCASION, 0)

    return answer


@pytest.mark.parametrize("asked", CALLS.values(), ids=CALLS.keys())
def test_no_input_costs_more_than_twenty_ordinary_ones(asked: Call) -> None:
    pairs = [(cpu(asking(asked)), cpu(asking(ORDINARY))) for _ in range(7)]
    # The least: whatever else the machine does can only add, and adds most to what fills the processor's caches.
    worst, ordinary = (min(column) for column in zip(*pairs, strict=True))
    assert worst <= TIMES * ordinary


@pytest.mark.parametrize("asked", CALLS.values(), ids=CALLS.keys())
def test_no_input_leaves_memory_behind(asked: Call) -> None:
    tracemalloc.start()
    try:
        held = [_held_after(asked) for _ in range(4)]
    finally:
        tracemalloc.stop()
    # The first rounds fill what is bounded and kept on purpose, such as the parser's table of names.
    assert held[-1] - held[1] < 16_384


def _held_after(asked: Call) -> int:
    for _ in range(2):
        decide(asked, SEEN, NOW, 0)
    return tracemalloc.get_traced_memory()[0]
