"""Whatever a handler does, each request gets bytes that mean something: an empty CheckResponse would mean "allow"."""

import logging
from collections.abc import Callable, Sequence

from accredit_extauthz.transport.port import GroupHandler, Handler

_log = logging.getLogger(__name__)


def single(handler: Handler, fallback: bytes) -> Handler:
    """Return `handler`, answering `fallback` where it fails. Raises ValueError for an empty fallback."""
    _check(fallback)

    def answer(data: bytes) -> bytes:
        try:
            return _sound(handler(data), fallback)
        except Exception:  # noqa: BLE001 (whatever escapes must become a denial here, or Envoy sees UNKNOWN)
            _log.exception("the handler of Check failed; the fallback denial was sent")
            return fallback

    return answer


def grouped(handler: Handler, fallback: bytes) -> Callable[[Sequence[bytes]], Sequence[bytes]]:
    """Return what answers several requests: by the handler's own `together` where it has one, else one by one.

    A `together` that fails, or whose answers do not match the requests in number, fails for the whole group.
    """
    if not isinstance(handler, GroupHandler):
        answer = single(handler, fallback)
        return lambda requests: [answer(data) for data in requests]
    _check(fallback)
    together = handler.together

    def answers(requests: Sequence[bytes]) -> Sequence[bytes]:
        try:
            found = together(requests)
            if len(found) == len(requests):
                return [_sound(answer, fallback) for answer in found]
            _log.error("the handler answered %d of %d Checks; all got the fallback denial", len(found), len(requests))
        except Exception:  # noqa: BLE001 (as above)
            _log.exception("the handler of %d Checks failed; all got the fallback denial", len(requests))
        return [fallback] * len(requests)

    return answers


def _check(fallback: bytes) -> None:
    if not fallback:
        raise ValueError("the fallback is empty, which means allow; give a denial")


def _sound(answer: object, fallback: bytes) -> bytes:
    if isinstance(answer, bytes) and answer:
        return answer
    _log.error("the handler of Check returned nothing; the fallback denial was sent")
    return fallback
