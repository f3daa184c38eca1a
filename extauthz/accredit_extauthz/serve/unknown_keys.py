"""Which keys tokens named that their issuers do not have: the control plane fetches an issuer's keys early for these.

Bounded in issuers, in length and in time, because senders choose the `kid`; the issuers are those of the snapshot.
"""

import threading
from collections.abc import Callable

from accredit_extauthz.contract.names import IssuerName
from accredit_extauthz.decide.view import View
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.decision import Decision

MAX_ISSUERS = 16
MAX_KID = 128  # characters
KEPT_S = 30

Decide = Callable[[Call, View | None, int, int], Decision]


class UnknownKeys:
    """The latest unknown `kid` of each issuer, for KEPT_S."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: dict[IssuerName, tuple[str, int]] = {}  # the latest last; with Unix seconds
        self._on_news: Callable[[], None] = _ignore

    def tell(self, on_news: Callable[[], None]) -> None:
        """Call `on_news`, which must return at once, whenever an issuer is noted that was not."""
        self._on_news = on_news

    def noting(self, decide: Decide) -> Decide:
        """Return `decide`, with the unknown keys of its decisions noted."""

        def noted(call: Call, view: View | None, now: int, view_age_s: int) -> Decision:
            decision = decide(call, view, now, view_age_s)
            if decision.evidence.unknown_kid is not None:
                self.note(*decision.evidence.unknown_kid, now)
            return decision

        return noted

    def note(self, issuer: IssuerName, kid: str, now: int) -> None:
        """Note that a token of `issuer` named `kid` at `now`, Unix seconds."""
        with self._lock:
            _, noted_at = self._noted.pop(issuer, ("", now - KEPT_S))
            self._noted[issuer] = (kid[:MAX_KID], now)
            if len(self._noted) > MAX_ISSUERS:
                del self._noted[next(iter(self._noted))]
        if now - noted_at >= KEPT_S:
            self._on_news()

    def recent(self, now: int) -> dict[str, str]:
        """Return the `kid` of each issuer that was noted within KEPT_S."""
        with self._lock:
            return {issuer: kid for issuer, (kid, noted_at) in self._noted.items() if now - noted_at < KEPT_S}


def _ignore() -> None:
    pass
