"""An Envoy before a witness, and authorizers that answer from one snapshot: each part can be harmed by itself."""

import contextlib
import itertools
import pathlib
import shutil
import signal
import sys
import time
import urllib.request
from dataclasses import dataclass

import yaml

from accredit_cli.compiling import document_of
from accredit_cli.demo import stack
from accredit_cli.demo.player import mint
from accredit_cli.demo.processes import Process, Supervisor
from accredit_cli.demo.steps import Token
from accredit_cli.demo.workspace import prepare
from accredit_cli.envoy.bootstrap import render
from accredit_cli.envoy.plan import Address, Limits, Plan
from accredit_cli.manifest_paths import compile_paths
from accredit_cli.replacing import replace
from fakes.http_api import AUDIENCE, Api
from real.envoy import broken_extauthz
from real.envoy.load import Ask, Load
from real.envoy.oracle import broken_promises
from real.envoy.trail import Trail
from real.envoy.witness import Witness

_LOOPBACK = "127.0.0.1"
_POLICY = pathlib.Path(__file__).parent / "manifests" / "api.yaml"
_WHOLE = ("-m", "accredit_extauthz")


@dataclass(frozen=True)
class Authorizer:
    process: Process
    address: Address
    http_port: int
    audit: pathlib.Path

    def is_ready(self):
        return stack.status(f"http://{_LOOPBACK}:{self.http_port}/readyz") == 200

    def counted(self, series):
        """The value of a metric without labels."""
        with urllib.request.urlopen(f"http://{_LOOPBACK}:{self.http_port}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        (line,) = [line for line in lines if line.startswith(f"{series} ")]
        return float(line.split()[1])

    def peak_kib(self):
        """The most memory it ever held."""
        status = pathlib.Path(f"/proc/{self.process._popen.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])

    @contextlib.contextmanager
    def frozen(self):
        """Stopped, each of its threads, for as long as the block lasts."""
        self.process._signal(signal.SIGSTOP)
        try:
            self.process.wait_until(self._is_stopped, "stop")
            yield
        finally:
            self.process._signal(signal.SIGCONT)

    def _is_stopped(self):
        try:
            statuses = list(pathlib.Path(f"/proc/{self.process._popen.pid}/task").glob("*/status"))
            return all("\nState:\tT" in status.read_text() for status in statuses)
        except OSError:  # a thread has ended meanwhile
            return False


class Site:
    def __init__(self, folder, supervisor, witness, trail):
        self.workspace = prepare(folder)
        shutil.copy(_POLICY, self.workspace.manifests)
        self.authorizers = []
        self.witness = witness
        self.port = None  # Envoy's, once it listens
        self.api = Api(self, witness, time.time)  # noqa: TID251 -- the programs under test read the real clock
        self.trail = trail
        self._supervisor = supervisor
        self.envoy = None
        self._sequences = itertools.count(1)

    def document(self):
        """The manifests as they are now, compiled, with a sequence above the last."""
        return document_of(compile_paths([self.workspace.manifests]), next(self._sequences))

    def publish(self):
        replace(self.workspace.snapshot, self.document())

    def operate(self):
        """Have the operator publish from now on."""
        ports = stack._Ports(*stack._free_ports(len(stack._Ports._fields)))
        stack._operator(self._supervisor, self.workspace, ports)

    def authorize(self, *flags, how=None, address=None, environment=None, is_ready=True):
        """Start an authorizer, or one that is broken in the way of `how`."""
        number = len(self.authorizers)
        check_port, http_port = stack._free_ports(2)
        address = address or Address(_LOOPBACK, check_port)
        audit = self.trail.folder / f"audit-{number}.jsonl"
        program = _WHOLE if how is None else ("-P", broken_extauthz.__file__, how)
        places = (f"--listen={address}", f"--http={_LOOPBACK}:{http_port}", f"--snapshot={self.workspace.snapshot}")
        command = [sys.executable, *program, *places, f"--audit=file:{audit}", *flags]
        process = self._supervisor.start(f"extauthz-{number}", command, environment)
        started = Authorizer(process, address, http_port, audit)
        self.authorizers.append(started)
        if is_ready:
            process.wait_until(started.is_ready, "readiness")
        return started

    def front(self, *, passes=True, patience_s=2.0, reached=None, **changes):
        """Start Envoy before all authorizers, or what stands before them at `reached`; wait until a request passes."""
        (self.port,) = stack._free_ports(1)
        authorizers = reached or [each.address for each in self.authorizers]
        places = {"upstream": Address(_LOOPBACK, self.witness.port), "authorizer": authorizers[0]}
        kept = {"access_log": str(self.workspace.access_log), "limits": Limits(check_timeout_s=patience_s)}
        bootstrap = render(Plan(Address(_LOOPBACK, self.port), **places, **kept | changes))
        _add(bootstrap, authorizers[1:])
        path = self.workspace.root / "envoy.yaml"
        path.write_text(yaml.safe_dump(bootstrap))
        command = [stack.find_envoy(), "-c", str(path), "--concurrency", "1", "--disable-hot-restart", "-l", "warning"]
        self.envoy = self._supervisor.start("envoy", command)
        self.envoy.wait_until(lambda: self.passes() if passes else stack.accepts(self.port), "serving")

    def passes(self, **token):
        """Whether a request passes now."""
        headers = {"authorization": f"Bearer {self.bearer(**token)}"}
        return stack.accepts(self.port) and self.api.call("/v1/contacts/ada", headers).status == 200

    def bearer(self, key=None, **token):
        """A token that the issuer's first key has signed, or another."""
        now = int(time.time())  # noqa: TID251 -- the programs under test read the real clock
        return mint(key or self.workspace.key, Token(**{"audience": AUDIENCE} | token), now)

    def allowed(self, name="a reader", **token):
        return Ask(name, bearer=self.bearer(**token))

    def mix(self):
        """As many requests to be allowed as to be refused, of the latter each for another reason."""
        refused = [
            Ask("no token", is_refused=True),
            Ask("a tampered token", is_refused=True, bearer=self.bearer(tampered=True)),
            Ask("an expired token", is_refused=True, bearer=self.bearer(age_s=1200)),
            Ask("a missing scope", is_refused=True, bearer=self.bearer(scopes=("other",))),
            Ask("a Deny rule", is_refused=True, bearer=self.bearer(), path="/v1/contacts/secret"),
            Ask("an unlisted path", is_refused=True, bearer=self.bearer(), path="/v1/other"),
            Ask("a host without a policy", is_refused=True, bearer=self.bearer(), host="evil.example"),
        ]
        return [ask for each in refused for ask in (self.allowed(), each)]

    def load(self):
        return Load(self.port, self.mix())

    def broken_promises(self, load, *, unanswered=False):
        """Return a sentence for each promise that was broken, Envoy's life and the authorizers' included.

        With `unanswered`, Envoy itself was harmed and may have left requests without an answer.
        """
        self.trail.catch_up()
        arrivals = [arrival for arrival in self.witness.arrivals if arrival.number >= 0]
        processes = [self.envoy, *(each.process for each in self.authorizers)]
        dead = [f"{each.name} is dead\n{each.tail()}" for each in processes if each.exit_status is not None]
        return dead + broken_promises(load.answers, arrivals, self.trail, unanswered=unanswered)


@contextlib.contextmanager
def standing(folder):
    """A site in `folder`, whose processes end at once with the block: nothing of it has to be drained."""
    (audits := folder / "audit").mkdir()
    (logs := folder / "logs").mkdir()
    with contextlib.closing(Trail(audits)) as trail, Witness(trail) as witness, Supervisor(logs) as supervisor:
        try:
            yield Site(folder, supervisor, witness, trail)
        finally:
            for process in supervisor._processes:
                process.kill()


def _add(bootstrap, addresses):
    for cluster in bootstrap["static_resources"]["clusters"]:
        if cluster["name"] == "accredit":
            (locality,) = cluster["load_assignment"]["endpoints"]
            for each in addresses:
                socket_address = {"address": each.host, "port_value": each.port}
                locality["lb_endpoints"].append({"endpoint": {"address": {"socket_address": socket_address}}})
