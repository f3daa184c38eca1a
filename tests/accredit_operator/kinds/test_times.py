from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_operator.kinds.times import duration_seconds, unix_seconds


class TestAnInstantIsItsUnixSeconds:
    """RFC 3339 §5.6; the standard library is the oracle."""

    @given(
        st.datetimes(datetime(1970, 1, 3), datetime(2998, 12, 30)),  # noqa: DTZ001 - the zone is added below
        st.integers(-23 * 60, 23 * 60),
    )
    def test_in_every_zone(self, moment, offset_min):
        aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
        whole_seconds = int((aware.replace(microsecond=0) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
        assert unix_seconds(aware.isoformat()) == whole_seconds

    def test_z_is_utc(self):
        assert unix_seconds("2026-11-24T10:00:00Z") == 1795514400

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("2100-02-29T00:00:00Z", id="a century is no leap year"),
            pytest.param("2026-06-31T00:00:00Z", id="June has thirty days"),
            pytest.param("2026-06-30T24:00:00Z", id="a day has no hour 24"),
            pytest.param("2026-06-30T23:59:60Z", id="leap seconds have no Unix time"),
            pytest.param("2026-06-30t00:00:00Z", id="a lower case t"),
            pytest.param("2026-06-30T00:00:00", id="no zone"),
            pytest.param("2026-06-30T00:00:00Z\n", id="a line break"),
            pytest.param("٢٠٢٦-06-30T00:00:00Z", id="digits of another script"),
        ],
    )
    def test_what_never_was_is_refused(self, text):
        with pytest.raises(ValueError, match="no"):
            unix_seconds(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("5s", 5), ("90m", 5400), ("1h", 3600), ("1h1m1s", 3661), ("24h0m", 86400)],
)
def test_a_duration_is_its_seconds(text, seconds):
    assert duration_seconds(text) == seconds
