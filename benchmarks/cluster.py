"""The operator and two replicas on a real API server of this machine: from an apply to what callers are answered.

Everything runs under the roles of examples/kubernetes. AGENTS, POLICIES, ROUNDS and TRIALS change how much is done.
"""

import os
import pathlib
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
from harness import ROOT
from harness.ours import is_ready

from accredit_cli.demo.processes import Process, Supervisor
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse
from fakes.envoy import check_request
from fakes.issuer import FakeIssuer
from fakes.objects import ALLOW_HTTP, agent, identity, issuer, policy
from real.kube import binaries
from real.kube.admin import GROUP, Admin
from real.kube.control_plane import ControlPlane
from real.kube.operator_process import NAMESPACE, OperatorProcess, Seen

FEW, MANY = (1000, 200), (int(os.environ.get("AGENTS", "5000")), int(os.environ.get("POLICIES", "1000")))
ROUNDS, TRIALS = int(os.environ.get("ROUNDS", "300")), int(os.environ.get("TRIALS", "1000"))
CHECK = "/envoy.service.auth.v3.Authorization/Check"
TEAMS = 100
SUBJECT = agent("subject", "team-0", identities=[identity("agent:subject")], actsFor={"anyUser": True}, scopes=["s"])
HZ = os.sysconf("SC_CLK_TCK")


def documents(agents: int, policies: int) -> list[dict]:
    """A large installation, spread over many namespaces."""
    service = {"type": "Service"}
    made = [
        agent(
            f"agent-{n}",
            f"team-{n % TEAMS}",
            identities=[identity(f"agent:{n}")],
            actsFor={"groups": ["g"]},
            delegatesTo=[{"name": f"agent-{(n + TEAMS) % agents}"}],
            workloads=[{"type": "ServiceAccount", "serviceAccount": {"name": f"sa-{n}"}}],
        )
        for n in range(agents)
    ]
    return made + [
        policy(f"policy-{n}", f"team-{n % TEAMS}", targets=[service | {"service": {"name": f"svc-{n}"}}])
        for n in range(policies)
    ]


class Caller(threading.Thread):
    """Asks one replica the same question, `rate` times a second, and keeps when which answer was given."""

    def __init__(self, port: int, request: bytes, rate: float) -> None:
        super().__init__(daemon=True)
        self._ask = grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary(CHECK)
        self._request, self.pause_s = request, 1 / rate
        self._stopping = False
        self.is_allowed = False
        self.last_allowed_at = 0.0
        self.flipped_at = 0.0
        self.asked = 0

    def stop(self) -> None:
        self._stopping = True
        self.join()

    def run(self) -> None:
        due = time.perf_counter()
        while not self._stopping:
            asked_at = time.perf_counter()
            answer = CheckResponse.FromString(self._ask(self._request, timeout=20, wait_for_ready=True))
            is_allowed = answer.status.code == 0
            if is_allowed:
                self.last_allowed_at = asked_at  # what was asked later is what counts against a revocation
            if is_allowed != self.is_allowed:
                self.flipped_at = time.perf_counter()
            self.is_allowed, self.asked = is_allowed, self.asked + 1
            due = max(due + self.pause_s, time.perf_counter())
            time.sleep(max(0.0, due - time.perf_counter()))


def wait(done: Callable[[], object], what: str, within_s: float = 60.0) -> float:
    started = time.perf_counter()
    while not done():
        if time.perf_counter() - started > within_s:
            raise SystemExit(f"no {what} within {within_s:g} s")
        time.sleep(0.001)
    return time.perf_counter() - started


class Bench:
    """A control plane with our kinds, the operator and replicas."""

    def __init__(self, folder: pathlib.Path, supervisor: Supervisor) -> None:
        self.folder, self._supervisor = folder, supervisor
        self._plane = ControlPlane(folder, binaries.find_or_build())
        self._plane.start()
        self.kube = Admin(self._plane.admin_kubeconfig)
        self.kube.install(ROOT / "crds")
        for name in ("namespace.yaml", "rbac.yaml"):
            self.kube.apply_file(ROOT / "examples" / "kubernetes" / name)
        for n in range(TEAMS):
            self.kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"team-{n}"}})
        self.seen = Seen(self.kube)
        self.credentials = {
            name: self.kube.write_kubeconfig(folder / name, NAMESPACE, f"accredit-{name}")
            for name in ("operator", "extauthz")
        }

    def stop(self) -> None:
        self._plane.stop()

    def seed(self, agents: int, policies: int) -> None:
        """Make the objects there be exactly these."""
        self.kube.clear(NAMESPACE)
        key = FakeIssuer()
        self.kube.apply(issuer(jwks={"source": "Inline", "inline": {"keys": [key.jwk()]}}, maxTokenLifetime="1h"))
        service = {"type": "Service", "service": {"name": "subject"}}
        rule = {**ALLOW_HTTP, "scopes": ["s"]}
        own = [SUBJECT, policy("subject", "team-0", targets=[service], protocol="HTTP", rules=[rule])]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._create, own + documents(agents, policies)))
        time.sleep(2)  # a token counts that was issued after its agent was made
        now = int(time.time())  # noqa: TID251 -- the replicas' clock
        self.token = key.mint(
            key.claims(
                iat=now,
                exp=now + 3000,
                act={"sub": "agent:subject"},
                scope="s",
                aud="https://crm.example",
            )
        )

    def _create(self, document: dict) -> None:
        plural = {"AgentIdentity": "agentidentities", "ToolPolicy": "toolpolicies"}[document["kind"]]
        self.kube.request("POST", f"{GROUP}/namespaces/{document['metadata']['namespace']}/{plural}", document)

    def operator(self) -> OperatorProcess:
        return OperatorProcess(self.folder, self.credentials["operator"], ACCREDIT_RESYNC="30s")

    def replica(self, number: int) -> tuple[Process, int, int]:
        """Return a replica and its two ports."""
        grpc_port, http_port = 27_100 + number, 27_200 + number
        flags = [f"--listen=127.0.0.1:{grpc_port}", f"--http=127.0.0.1:{http_port}"]
        flags += ["--audit=none", "--allow-unaudited"]
        settings = {
            "KUBECONFIG": str(self.credentials["extauthz"]),
            "ACCREDIT_NAMESPACE": NAMESPACE,
            "ACCREDIT_POD_NAME": f"replica-{number}",
        }
        command = [sys.executable, "-m", "accredit_extauthz", *flags]
        return self._supervisor.start(f"replica-{number}", command, settings), grpc_port, http_port

    def callers(self, ports: list[int], rate: float) -> list[Caller]:
        request = check_request(host="subject.team-0.svc", headers={"authorization": f"Bearer {self.token}"})
        started = [Caller(port, request, rate) for port in ports]
        for each in started:
            each.start()
        return started

    def suspend(self, *, suspended: bool) -> None:
        self.kube.merge(SUBJECT, {"spec": {"suspended": suspended}})


def cpu_s(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / HZ


def rss_mib(pid: int) -> tuple[int, int]:
    """Return what it holds now, and the most it has held."""
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) >> 10, int(status["VmHWM"].split()[0]) >> 10


def show(what: str, seconds: list[float]) -> None:
    ordered = sorted(1000 * one for one in seconds)
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    median, worst = statistics.median(ordered), ordered[-1]
    print(f"{what}, {len(ordered)} times: p50 {median:.0f} ms, p99 {p99:.0f}, max {worst:.0f}", flush=True)


def change(bench: Bench, callers: list[Caller], *, suspended: bool) -> tuple[float, float]:
    """Suspend or resume; return the time to the last replica's answer, and from the API's answer to the last allow."""
    begun = time.perf_counter()
    bench.suspend(suspended=suspended)
    answered = time.perf_counter()
    wait(lambda: all(each.is_allowed is not suspended for each in callers), "change", 20)
    enforced = max(each.flipped_at for each in callers) - begun
    return enforced, max(0.0, max(each.last_allowed_at for each in callers) - answered)


def at_few(bench: Bench) -> None:
    """Latencies, with a middling number of objects."""
    bench.seed(*FEW)
    operator = bench.operator()
    replicas = [bench.replica(number) for number in (1, 2)]
    print(f"{FEW[0]} agents, {FEW[1]} policies, 2 replicas")
    callers = bench.callers([port for _, port, _ in replicas], rate=250)
    wait(lambda: all(each.is_allowed for each in callers), "first answer")
    time.sleep(20)  # the first statuses are being written
    show("apply to enforced at both", [change(bench, callers, suspended=n % 2 == 0)[0] for n in range(ROUNDS)])
    for each in callers:
        each.pause_s = 1 / 100
    last_allows = []
    for n in range(2 * TRIALS):
        _, last_allow = change(bench, callers, suspended=n % 2 == 0)
        if n % 2 == 0:
            last_allows.append(last_allow)
    show("suspend to last allow, under 200 checks/s", last_allows)
    finish(callers, operator, *(process for process, _, _ in replicas))


def at_many(bench: Bench) -> None:
    """What a start and a change cost, with a large number of objects."""
    bench.seed(*MANY)
    print(f"{MANY[0]} agents, {MANY[1]} policies")
    started = time.perf_counter()
    operator = bench.operator()
    wait(lambda: operator.lines("snapshot published"), "publication")
    published_s = time.perf_counter() - started
    wait(bench.seen.is_truth, "whole publication")
    print(f"operator start to published: {published_s:.1f} s, then {rss_mib(operator.pid)[0]} MiB RSS")
    started = time.perf_counter()
    replica, port, http_port = bench.replica(1)
    wait(lambda: is_ready(http_port), "ready replica")
    print(f"replica start to ready: {time.perf_counter() - started:.1f} s")
    callers = bench.callers([port], rate=50)
    wait(lambda: all(each.is_allowed for each in callers), "first answer")
    time.sleep(float(os.environ.get("SETTLE", "60")))
    idle_s = -cpu_s(operator.pid)
    time.sleep(20)
    idle_s = (idle_s + cpu_s(operator.pid)) / 20
    print(f"operator while nothing changes but first statuses: {1000 * idle_s:.0f} ms of CPU a second")
    begun, spent = time.perf_counter(), cpu_s(operator.pid)
    taken = []
    for n in range(50):
        taken.append(change(bench, callers, suspended=n % 2 == 0)[0])
        time.sleep(1)
    spent = cpu_s(operator.pid) - spent
    net = spent - idle_s * (time.perf_counter() - begun)
    print(f"operator CPU a change, its status and Events with it: {1000 * net / 50:.0f} ms")
    show("apply to enforced", taken)
    print("operator RSS now and at most:", *rss_mib(operator.pid), "MiB")
    finish(callers, operator, replica)


def finish(callers: list[Caller], operator: OperatorProcess, *replicas: Process) -> None:
    for caller in callers:
        caller.stop()
    operator.stop()
    for replica in replicas:
        replica.kill()


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder, Supervisor(pathlib.Path(folder)) as supervisor:
        bench = Bench(pathlib.Path(folder), supervisor)
        try:
            at_many(bench)
            at_few(bench)
        finally:
            bench.stop()


if __name__ == "__main__":
    main()
