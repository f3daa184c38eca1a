"""What a process has of its own: clocks, a log, its version, and an address for probes."""

import importlib.metadata
import json
import sys
import time
from datetime import UTC, datetime

from accredit_operator.metrics import AdminServer, Metrics, Probes
from accredit_operator.settings import HttpAddress, SettingRefused


class SystemClock:
    """The operating system's clocks."""

    def now_ns(self) -> int:
        """Return Unix time in nanoseconds."""
        return time.time_ns()

    def ticks_ns(self) -> int:
        """Return a monotonic reading in nanoseconds."""
        return time.monotonic_ns()


class StderrLog:
    """One JSON object a line, on standard error."""

    def say(self, level: str, event: str, **fields: object) -> None:
        """Write one line."""
        now = datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC).isoformat(timespec="milliseconds")
        line = {"time": now.replace("+00:00", "Z"), "level": level, "event": event, **fields}
        sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stderr.flush()


def version() -> str:
    """Return the version that is installed."""
    try:
        return importlib.metadata.version("accredit")
    except importlib.metadata.PackageNotFoundError:
        return "0+unknown"


def listen(address: HttpAddress | None, metrics: Metrics, probes: Probes) -> AdminServer | None:
    """Return the server of metrics and probes; None where it is off. Raises SettingRefused."""
    if address is None:
        return None
    try:
        return AdminServer(address.host, address.port, metrics, probes)
    except OSError as error:
        where = f"{address.host}:{address.port}"
        raise SettingRefused(f"ACCREDIT_HTTP is {where}: {error.strerror}; write another address, or off") from error
