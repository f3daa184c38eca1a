"""The end of a verb that wrote to the cluster: what every replica serves, and after how long."""

import time
from typing import NoReturn

import typer

from accredit_cli.cluster.witness import Waited, find_witness, wait
from accredit_cli.cluster.writes import Written
from accredit_cli.render import NO, YES, Output, printable, show
from accredit_operator.ports import Cluster
from accredit_operator.system import SystemClock


def finish(written: Written, cluster: Cluster, home: str, begun_ns: int, within_s: int, output: Output) -> NoReturn:
    """Wait until every replica serves what was written, say how long it took, and end the verb: 0 if all do, else 1."""
    clock = SystemClock()
    waited = wait(find_witness(cluster, home, clock, written), clock, begun_ns, within_s, time.sleep)
    show(output, _value(written, waited), lambda: _drawn(written, waited))
    raise typer.Exit(YES if waited.progress.is_served else NO)


def _value(written: Written, waited: Waited) -> dict[str, object]:
    progress = waited.progress
    return {
        "object": str(written.key),
        "spec": dict(written.spec),
        "served": progress.is_served,
        "said": progress.said,
        "seconds": round(waited.seconds, 3),
        "sequence": progress.sequence,
        "replicas": [{"name": one.name, "sequence": one.sequence} for one in progress.replicas],
    }


def _drawn(written: Written, waited: Waited) -> str:
    progress = waited.progress
    lines = [f"{written.key} is written"]
    within = f"after {waited.seconds:.2f} s"
    if progress.is_served:
        sequence = "" if progress.sequence is None else f" (sequence {progress.sequence})"
        lines.append(f"{progress.said}, {within}{sequence}")
    else:
        lines.append(f"not served everywhere {within}: {progress.said}")
        behind = [one for one in progress.replicas if one.sequence < (progress.sequence or 0)]
        lines += [f"  {one.name} serves {one.sequence}, and {progress.sequence} holds it" for one in behind]
    return "\n".join(printable(line) for line in lines)
