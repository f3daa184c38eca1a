"""The Lease as it is written and read."""

import re

from hypothesis import given
from hypothesis import strategies as st

from accredit_operator.lease.record import LeaseRecord, instant, lease_document, read_record

_text = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)
_records = st.builds(
    LeaseRecord,
    holder=_text,
    duration_s=st.integers(0, 3600),
    transitions=st.integers(0, 1000),
    acquired_at=_text,
    renewed_at=_text,
)


@given(_records)
def test_a_record_is_read_as_it_was_written(record):
    assert read_record(lease_document("accredit-system", "accredit-operator", record)) == record


def test_a_lease_without_a_spec_belongs_to_nobody():
    assert read_record({"metadata": {}}) == read_record({"spec": {"holderIdentity": None}}) == LeaseRecord()


def test_a_renewal_keeps_what_the_acquisition_said():
    taken = LeaseRecord().claimed("a", 15, 10**18)
    renewed = taken.claimed("a", 15, 10**18 + 2_000_000_000)
    assert (renewed.holder, renewed.acquired_at, renewed.transitions) == ("a", taken.acquired_at, 0)
    assert renewed.renewed_at > taken.renewed_at


def test_every_change_of_hands_is_counted_and_the_first_holder_is_none():
    first = LeaseRecord().claimed("a", 15, 10**18)
    second = first.released().claimed("b", 15, 10**18 + 1_000)
    third = second.claimed("c", 15, 10**18 + 2_000)
    assert [one.transitions for one in (first, second, third)] == [0, 1, 2]
    assert third.acquired_at == third.renewed_at


def test_a_release_empties_the_holder_and_asks_for_no_time():
    released = LeaseRecord().claimed("a", 15, 10**18).released()
    assert (released.holder, released.duration_s) == ("", 1)


@given(st.lists(st.integers(10**18, 10**18 + 5_000), min_size=2, max_size=6))
def test_a_renewal_always_changes_something_even_when_the_clock_stands_still_or_goes_back(times):
    record = LeaseRecord()
    for now_ns in times:
        renewed = record.claimed("a", 15, now_ns)
        assert renewed != record
        record = renewed


@given(st.integers(0, 4 * 10**18))
def test_an_instant_is_a_micro_time(now_ns):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", instant(now_ns))
