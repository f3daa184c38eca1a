"""Keeps Python's cycle collector off the way of requests.

A request makes no cycles that matter, but a body of many small parts makes enough objects to start the collector over
and over, and each full pass walks everything the view holds.
"""

import gc

_YOUNG = 50_000  # objects made, less those freed, before the youngest generation is looked at
_OLDER = 20
_OLDEST = 50


def calm_collector() -> None:
    """Leave what stands now out of every later pass, and pass less often. Call it once the process is built."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _OLDEST)
