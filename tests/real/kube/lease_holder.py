"""A process that does nothing but lead: says `leading`, then `lost` or, after SIGTERM, `released`.

Arguments: duration, renewal deadline and retry in seconds. The cluster is the one of KUBECONFIG.
"""

import asyncio
import os
import signal
import sys

from accredit_operator.app import StderrLog, SystemClock
from accredit_operator.cluster import connect
from accredit_operator.lease import Candidate, Leadership, LeaseLost, Terms, own_identity


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def lead(terms: Terms) -> str:
    clock = SystemClock()
    cluster = connect(os.environ, clock, call_s=1.0)
    identity = own_identity()
    say(f"identity {identity}")
    candidate = Candidate(cluster, clock, StderrLog(), "accredit-system", "accredit-operator", identity, terms)
    leadership = Leadership(candidate)
    await leadership.acquire()
    say("leading")
    keeping = asyncio.create_task(leadership.keep())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, keeping.cancel)
    try:
        await keeping
    except LeaseLost:
        return "lost"
    except asyncio.CancelledError:
        await leadership.release()
        return "released"
    return "ended"


if __name__ == "__main__":
    duration_s, renew_within_s, retry_s = sys.argv[1:]
    say(asyncio.run(lead(Terms(int(duration_s), float(renew_within_s), float(retry_s)))))
