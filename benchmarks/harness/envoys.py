"""Envoy before an authorizer, configured as `accredit envoy-config` does, but answering by itself what is allowed.

So nothing stands behind Envoy that would take time of its own, and every authorizer is asked in the same way.
"""

import json
import pathlib

from accredit_cli.demo.stack import find_envoy
from accredit_cli.envoy.bootstrap import render
from accredit_cli.envoy.plan import Address, Limits, Plan
from harness.pinned import CLIENT, Pinned, accepts, free_port

_PATIENCE_S = 5.0  # a stall is a late answer here, and not an error that ends early


class Envoy:
    """A running Envoy of one worker, on the client's core."""

    def __init__(self, folder: pathlib.Path, name: str, authorizer: int) -> None:
        self.port = free_port()
        plan = Plan(
            listen=Address("127.0.0.1", self.port),
            upstream=Address("127.0.0.1", authorizer),  # never called
            authorizer=Address("127.0.0.1", authorizer),
            limits=Limits(check_timeout_s=_PATIENCE_S),
            health_check=False,  # a server without a health service is never healthy
        )
        bootstrap = folder / f"envoy-{name}.json"
        bootstrap.write_text(json.dumps(_answering(render(plan))))
        command = [find_envoy(), "-c", str(bootstrap), "--concurrency", "1", "--disable-hot-restart"]
        self.program = Pinned([*command, "--log-level", "warning"], folder / f"envoy-{name}.log", core=CLIENT)
        self.program.until(lambda: accepts(self.port), "listening")


def _answering(value: object) -> object:
    """Answer 200 instead of forwarding, and write no access log."""
    if isinstance(value, list):
        return [_answering(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _answering(each) for name, each in value.items() if name != "access_log"}
    if "match" in kept and "route" in kept:
        return {"match": kept["match"], "direct_response": {"status": 200}}
    return kept
