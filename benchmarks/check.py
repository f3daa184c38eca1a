"""What one check costs inside the process, from a request's bytes to its answer's: CPU time, everything on.

Check, view, audit file and metrics are the real ones; only the wire is left out (benchmarks/transport.py has it).
ROUNDS, CHECKS, POLICIES and AGENTS change how much is done. `check.py profile CASE` says where the time of a case goes.
"""

import cProfile
import itertools
import json
import os
import pathlib
import pstats
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

from accredit_extauthz.app import SystemClock, answering  # noqa: E402 -- needs the path above
from accredit_extauthz.audit.sink import FileSink  # noqa: E402
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse  # noqa: E402
from accredit_extauthz.contract.names import AgentRef, Principal  # noqa: E402
from accredit_extauthz.contract.snapshot import Effect, HostOwner, HttpMatch, McpMatch, Protocol  # noqa: E402
from accredit_extauthz.decide.view import Deployment, View, build  # noqa: E402
from accredit_extauthz.observe.metrics import Metrics  # noqa: E402
from accredit_extauthz.serve.check import Check  # noqa: E402
from accredit_extauthz.serve.collector import calm_collector  # noqa: E402
from accredit_extauthz.serve.holder import Holder  # noqa: E402
from accredit_extauthz.serve.proofs import MAX_TOKENS, Proofs  # noqa: E402
from accredit_extauthz.serve.unknown_keys import UnknownKeys  # noqa: E402
from fakes import scene  # noqa: E402
from fakes.envoy import check_request  # noqa: E402

ROUNDS, CHECKS = int(os.environ.get("ROUNDS", "9")), int(os.environ.get("CHECKS", "1000"))
POLICIES, AGENTS = int(os.environ.get("POLICIES", "1000")), int(os.environ.get("AGENTS", "5000"))
TEAM, MCP_HOST, AUDIENCE = 64, "mcp.example", "https://crm.example"
WORKLOAD = Principal("spiffe://cluster.local/ns/research/sa/searcher")
ENVOYS_HEADERS = {
    ":scheme": "https",
    "accept": "application/json",
    "user-agent": "agent-sdk/4.2 (python 3.12)",
    "x-forwarded-for": "192.0.2.7",
    "x-forwarded-proto": "https",
    "x-request-id": "6f1c7a2e-41d8-4bb5-a4a3-9a1f0a5d7c11",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}


def view() -> View:
    """One HTTP and one MCP policy on hosts of their own among POLICIES, two agents of a chain among AGENTS."""
    first = scene.agent("planner", delegates_to=(AgentRef("research", "searcher"),), scopes=("tool:crm:*", "tool:a:*"))
    second = scene.agent("searcher", workloads=(WORKLOAD,))
    others = [scene.agent(f"other-{n}") for n in range(AGENTS - 2)]
    http = scene.body(
        require_workload=True,
        rules=(
            scene.http_rule(),
            scene.http_rule(name="write", http=HttpMatch(methods=("POST",), paths=("/v1/contacts",))),
            scene.http_rule(name="never", effect=Effect.DENY, http=HttpMatch(methods=("*",), paths=("/v1/admin/**",))),
        ),
    )
    mcp = scene.body(
        protocol=Protocol.MCP,
        require_workload=True,
        rules=(
            scene.mcp_rule(),
            scene.mcp_rule(name="never", effect=Effect.DENY, mcp=McpMatch(methods=("tools/call",), tools=("drop_*",))),
        ),
    )
    hosts = [scene.HOST, MCP_HOST, *(f"h{n}.example" for n in range(POLICIES - 2))]
    bodies = [http, mcp, *[http] * (POLICIES - 2)]
    policies = [
        scene.policy(f"p{n}", targets=(scene.host_target(host),), body=body)
        for n, (host, body) in enumerate(zip(hosts, bodies, strict=True))
    ]
    owners = tuple(HostOwner(pattern=host, namespace="tools") for host in hosts)
    snapshot = scene.snapshot(agents=(first, second, *others), policies=tuple(policies), owners=owners)
    return build(snapshot, Deployment())


def token(number: int = 0) -> str:
    """A token of its own for each number, good for an hour."""
    now = SystemClock().now_ns() // 10**9
    chain = {"sub": "agent:searcher", "act": {"sub": "agent:planner"}}
    scope = "tool:crm:read tool:crm:write"
    changes = {"jti": f"t-{number}", "iat": now - 5, "exp": now + 3500, "act": chain, "scope": scope, "org_id": "org_1"}
    header = {"alg": scene.IDP.algorithm, "kid": scene.IDP.kid, "typ": "at+jwt"}
    return scene.IDP.sign(_compact(header), _compact(scene.IDP.claims(**changes)))


def http_request(bearer: str) -> bytes:
    headers = ENVOYS_HEADERS | {"authorization": f"Bearer {bearer}"}
    return check_request(path="/v1/contacts/42?fields=all", headers=headers, principal=WORKLOAD)


def mcp_request(bearer: str, size: int) -> bytes:
    """A tools/call with a body of `size` bytes."""
    parameters = {"name": "contacts.search", "arguments": {"limit": 10, "deep": {"names": ["a", "b"]}, "query": ""}}
    message = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": parameters}
    parameters["arguments"]["query"] = "x" * (size - len(_compact(message)))
    body = _compact(message)
    headers = ENVOYS_HEADERS | {
        "authorization": f"Bearer {bearer}",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "mcp-protocol-version": "2025-06-18",
    }
    return check_request("POST", MCP_HOST, "/mcp", headers=headers, body=body, principal=WORKLOAD)


def _compact(message: object) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


class Served:
    """A snapshot in place, and checks on it as the process builds them."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._clock = SystemClock()
        self._holder = Holder(self._clock)
        self._holder.swap(view())
        self._sink = FileSink(folder / "audit.jsonl", self._clock)

    def check(self, tokens: int) -> Check:
        """Return a check that remembers so many tokens."""
        proofs = Proofs(tokens)
        metrics = Metrics(self._holder, proofs, self._clock, "benchmark")
        return answering(self._holder, self._clock, proofs, self._sink, metrics, UnknownKeys())


def cases(served: Served) -> dict[str, tuple[Check, list[bytes]]]:
    """What is measured: a check, and the requests it gets in turn. What knows one token meets each as a new one."""
    known, check, forgetful = token(), served.check(MAX_TOKENS), served.check(1)
    return {
        "http, known token": (check, [http_request(known)]),
        "mcp 0.3 KiB, known token": (check, [mcp_request(known, 300)]),
        "mcp 4 KiB, known token": (check, [mcp_request(known, 4096)]),
        "mcp 60 KiB, known token": (check, [mcp_request(known, 61_000)]),
        "http, denied": (check, [check_request(headers=ENVOYS_HEADERS, path="/v1/contacts")]),
        "http, new token": (forgetful, [http_request(token(number)) for number in range(200)]),
    }


def round_us(check: Check, requests: list[bytes], together: int) -> float:
    """Return the CPU time of one check, the requests being asked in groups."""
    turn = itertools.cycle(requests)
    groups = [list(itertools.islice(turn, together)) for _ in range(CHECKS // together)]
    began = time.thread_time()
    for group in groups:
        check.together(group)
    return 1e6 * (time.thread_time() - began) / (len(groups) * together)


def verify(asked: dict[str, tuple[Check, list[bytes]]]) -> None:
    for name, (check, requests) in asked.items():
        code = CheckResponse.FromString(check(requests[0])).status.code
        if (code == 0) == ("denied" in name):
            raise SystemExit(f"{name}: answered with status {code}")


def measure(asked: dict[str, tuple[Check, list[bytes]]]) -> None:
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(ROUNDS):
        for name, case in asked.items():
            for together in (1, 16):
                found.setdefault((name, together), []).append(round_us(*case, together))
    print(f"CPU us a check: median (least-most) of {ROUNDS} rounds of {CHECKS}; {POLICIES} policies, {AGENTS} agents")
    for (name, together), us in found.items():
        print(f"{name:26} {together:2} at a time  {statistics.median(us):7.1f} ({min(us):.1f}-{max(us):.1f})")


def profile(check: Check, requests: list[bytes]) -> None:
    profiler = cProfile.Profile()
    profiler.runcall(round_us, check, requests, 16)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(45)


def main() -> None:
    """Print a table, or the profile of a case."""
    with tempfile.TemporaryDirectory() as folder:
        asked = cases(Served(pathlib.Path(folder)))
        verify(asked)
        calm_collector()
        if sys.argv[1:2] == ["profile"]:
            profile(*asked[sys.argv[2] if sys.argv[2:] else "http, known token"])
        else:
            measure(asked)


if __name__ == "__main__":
    main()
