"""Moments and durations as people write them on a command line or in a scenario."""

import re
from datetime import UTC, datetime

from accredit_operator.kinds.times import duration_seconds, unix_seconds

_DURATION = re.compile(r"(?=.)([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,10}", re.ASCII)
_LAST_INSTANT = 2**33


class MomentUnreadable(ValueError):
    """The text names no moment or duration; the message says what to write."""


def read_moment(text: str, now: int | None = None) -> int:
    """Return the Unix seconds of an RFC 3339 time, of Unix seconds, or of a duration before `now` where one is given.

    Raises MomentUnreadable.
    """
    if now is not None and _DURATION.fullmatch(text):
        return now - duration_seconds(text)
    if _DIGITS.fullmatch(text) and 0 < int(text) < _LAST_INSTANT:
        return int(text)
    try:
        return unix_seconds(text)
    except ValueError as error:
        ago = "" if now is None else ", or a duration back from now as 1h30m"
        raise MomentUnreadable(f"{text!r} is no time; write it as 2026-11-24T10:00:00Z{ago}") from error


def read_duration(text: str) -> int:
    """Return the seconds of a duration. Raises MomentUnreadable."""
    if _DURATION.fullmatch(text) is None:
        raise MomentUnreadable(f"{text!r} is no duration; write it as 1h, 10m or 1m30s")
    return duration_seconds(text)


def written(seconds: int) -> str:
    """Return Unix seconds as RFC 3339 in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
