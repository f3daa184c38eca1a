"""A bounded load on an Envoy: a mix of requests in turn, from a few connections, and every answer kept."""

import http.client
import itertools
import threading
import time
from dataclasses import dataclass

from fakes.http_api import HOST
from real.envoy.witness import NUMBER

_WORKERS = 3
_PAUSE_S = 0.004  # between two requests of a worker
_MOST = 200_000  # requests in all
_PATIENCE_S = 15.0  # for one answer; what takes longer hangs
_LISTED = 8


@dataclass(frozen=True)
class Ask:
    """One kind of request. `is_refused`: it must never reach the upstream."""

    name: str
    is_refused: bool = False
    path: str = "/v1/contacts/ada"
    bearer: str | None = None
    host: str = HOST


@dataclass(frozen=True)
class Answered:
    number: int
    ask: Ask
    sent_at: float  # monotonic seconds
    answered_at: float
    status: int | None  # None: no answer came
    reason: str | None
    decision_id: str | None

    @property
    def is_allowed(self):
        return self.status == 200


def is_allowed(answered):
    return answered.is_allowed


class Load:
    """Sends `mix` over and over while the block lasts. The mix may be replaced meanwhile."""

    def __init__(self, port, mix):
        self.mix = tuple(mix)
        self.answers = []
        self._port = port
        self._numbers = itertools.count()
        self._stopping = threading.Event()
        self._news = threading.Condition()
        self._threads = [threading.Thread(target=self._work) for _ in range(_WORKERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def see(self, count, fits, within_s=40.0):
        """Return what was answered to requests sent from now on, once `count` of the answers fit."""
        since, began = time.monotonic(), len(self.answers)

        def new():
            return [each for each in self.answers[began:] if each.sent_at >= since]

        with self._news:
            is_seen = self._news.wait_for(lambda: sum(map(fits, new())) >= count, within_s)
        assert is_seen, f"not seen {count} times within {within_s} s; the last were {self._last()}"
        return new()

    def _last(self):
        return [(each.ask.name, each.status, each.reason) for each in self.answers[-_LISTED:]]

    def _work(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE_S)
        while not self._stopping.wait(_PAUSE_S) and (number := next(self._numbers)) < _MOST:
            mix = self.mix
            answered = _answered(connection, mix[number % len(mix)], number)
            with self._news:
                self.answers.append(answered)
                self._news.notify_all()
        connection.close()


def _answered(connection, ask, number):
    sent_at = time.monotonic()
    headers = {"host": ask.host, NUMBER: str(number)}
    if ask.bearer is not None:
        headers["authorization"] = f"Bearer {ask.bearer}"
    try:
        connection.request("GET", ask.path, headers=headers)
        with connection.getresponse() as answer:
            answer.read()
            told = answer.headers
            status, reason, decision_id = answer.status, told["x-accredit-reason"], told["x-accredit-decision"]
    except (OSError, http.client.HTTPException):
        connection.close()
        status = reason = decision_id = None
    return Answered(number, ask, sent_at, time.monotonic(), status, reason, decision_id)
