import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_cli.moments import MomentUnreadable, read_duration, read_moment, written

NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("2027-01-15T08:00:00Z", NOW, id="RFC 3339 in UTC"),
        pytest.param("2027-01-15T10:00:00+02:00", NOW, id="RFC 3339 with an offset"),
        pytest.param("1800000000", NOW, id="Unix seconds"),
        pytest.param("1h30m", NOW - 5400, id="a duration back from now"),
        pytest.param("90s", NOW - 90, id="seconds back from now"),
    ],
)
def test_a_moment_is_read(text, seconds):
    assert read_moment(text, NOW) == seconds


@pytest.mark.parametrize("text", ["", "noon", "-5", "0", "2027-02-30T00:00:00Z", "1h ago", "h", "\u0661h"])
def test_what_names_no_moment_is_refused(text):
    with pytest.raises(MomentUnreadable):
        read_moment(text, NOW)


def test_without_a_now_nothing_counts_back():
    with pytest.raises(MomentUnreadable):
        read_moment("1h")


@pytest.mark.parametrize("text", ["", "1d", "90", "1m1h"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(MomentUnreadable):
        read_duration(text)


@given(st.integers(min_value=1, max_value=2**33 - 1))
def test_what_is_written_reads_back(seconds):
    assert read_moment(written(seconds)) == seconds
