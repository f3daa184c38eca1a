"""Durations and instants: how they are written, and what they are in seconds."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from accredit_operator.kinds.rules import Obeys, Rule
from accredit_operator.kinds.text import GRAMMARS, shaped

Duration = Annotated[
    str, shaped(r"^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", "write hours, minutes and seconds, as in 1h30m or 5s", longest=16)
]
_UNIT_S = {"h": 3600, "m": 60, "s": 1}
_MAX_DURATION = "8760h"


def duration_seconds(text: str) -> int:
    """Return the seconds that a `Duration` such as `1h30m` spells."""
    return sum(int(number) * _UNIT_S[unit] for number, unit in re.findall(r"([0-9]+)([hms])", text))


def within(at_least: str, at_most: str = _MAX_DURATION) -> Obeys:
    """Bound a `Duration`, both ends included."""
    return Obeys(
        Rule(
            cel=f"duration(self) >= duration('{at_least}') && duration(self) <= duration('{at_most}')",
            holds=lambda text: duration_seconds(at_least) <= duration_seconds(text) <= duration_seconds(at_most),
            found="the duration is out of bounds",
            write=f"write one from {at_least} to {at_most}",
        )
    )


_DATE = r"(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(\.[0-9]{1,9})?"
_ZONE = r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_INSTANT = rf"^{_DATE}T{_TIME}{_ZONE}$"
GRAMMARS[_INSTANT] = 'write an RFC 3339 date-time in quotes, as in "2026-11-24T10:00:00Z"'
_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365)


def unix_seconds(text: str) -> int:
    """Return the Unix seconds of an RFC 3339 `Instant`; fractions are dropped. ValueError for one that never was."""
    match = re.fullmatch(_INSTANT, text, re.ASCII)
    if match is None:
        raise ValueError("not an RFC 3339 date-time between 1970 and 2999")
    year, month, day, hour, minute, second = (int(match[group]) for group in range(1, 7))
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    month_days = _DAYS_BEFORE_MONTH[month] - _DAYS_BEFORE_MONTH[month - 1] + (is_leap and month == 2)  # noqa: PLR2004 - February
    if day > month_days:
        raise ValueError("no such day in that month")
    days = 365 * (year - 1970) + _leap_days_before(year) - _leap_days_before(1970)
    days += _DAYS_BEFORE_MONTH[month - 1] + (is_leap and month > 2) + day - 1  # noqa: PLR2004 - February
    return days * 86400 + hour * 3600 + minute * 60 + second - _offset_s(match[8])


def _leap_days_before(year: int) -> int:
    last = year - 1
    return last // 4 - last // 100 + last // 400


def _offset_s(zone: str) -> int:
    if zone == "Z":
        return 0
    offset = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return -offset if zone[0] == "-" else offset


def _is_real(text: str) -> str:
    try:
        unix_seconds(text)
    except ValueError as problem:
        raise PydanticCustomError("instant", "{text}", {"text": str(problem)}) from problem
    return text


Instant = Annotated[
    str,
    Field(min_length=1, max_length=35, pattern=_INSTANT, json_schema_extra={"format": "date-time"}),
    AfterValidator(_is_real),
]
