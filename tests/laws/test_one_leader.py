"""However candidates are paused, slowed, cut off and restarted, two of them never lead at once."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_operator.lease import Candidate, Standing, Terms
from accredit_operator.lease.record import read_record
from accredit_operator.ports import LEASES, NotFound
from fakes.clock import FakeClock
from fakes.cluster import FakeCluster

HOME, NAME = "accredit-system", "accredit-operator"


class MutedLog:
    def say(self, level, event, **fields):
        pass


@dataclass(frozen=True)
class Turn:
    """One candidate's step, `pause_s` after the last turn; what its calls meet, and what it is meanwhile."""

    which: int
    pause_s: float
    before_s: float = 0.0  # on the way of each call to the API server
    after_s: float = 0.0  # on the way of its answer
    is_overtaken: bool = False  # the other one steps when a write has landed and its answer is on the way
    failing: str | None = None  # the verb that fails; any with ""
    has_landed: bool = False
    leaving: str | None = None  # instead of a step: "crash" or "withdraw", and a new process in its place
    drift_s: float = 0.0  # of the wall clock


_which, _pauses = st.integers(0, 1), st.sampled_from([2.0, 2.0, 2.0, 0.1, 5.0, 9.9, 9.9, 14.9, 15.0])
_delays = st.sampled_from([0.0, 0.0, 0.0, 4.9, 9.9, 14.9])
_quiet = st.builds(Turn, _which, _pauses)
_turns = st.lists(
    _quiet
    | st.builds(Turn, _which, _pauses, before_s=_delays, after_s=_delays, is_overtaken=st.booleans())
    | st.builds(Turn, _which, _pauses, failing=st.sampled_from(["", "create", "replace"]), has_landed=st.booleans())
    | st.builds(Turn, _which, _pauses, drift_s=st.sampled_from([-86_400.0, -2.0, 15.0]))
    | _quiet
    | _quiet
    | st.builds(Turn, _which, _pauses, leaving=st.sampled_from(["crash", "withdraw"])),
    min_size=20,
    max_size=40,
)


class Election:
    """Two candidates and a Lease. The invariant is checked at every moment at which anything can be seen."""

    def __init__(self):
        self.clock, self.cluster, self.made = FakeClock(), FakeCluster(), 0
        self.candidates = [self.fresh(), self.fresh()]

    def fresh(self):
        self.made += 1
        return Candidate(self.cluster, self.clock, MutedLog(), HOME, NAME, f"candidate-{self.made}")

    def take(self, turn):
        self.pass_time(turn.pause_s)
        self.clock.drift(turn.drift_s)
        if turn.leaving == "withdraw":
            self.candidates[turn.which].withdraw()
        if turn.leaving:
            self.candidates[turn.which] = self.fresh()
            return
        overtakers = [self.candidates[1 - turn.which]] if turn.is_overtaken else []

        def after_call(said):
            if said.verb != "read" and overtakers:
                overtakers.pop().step()
            self.pass_time(turn.after_s)

        self.cluster.before_call, self.cluster.after_call = lambda said: self.pass_time(turn.before_s), after_call
        if turn.failing is not None:
            self.cluster.fail(turn.failing, landed=turn.has_landed)
        self.candidates[turn.which].step()
        self.cluster.faults.clear()
        self.cluster.before_call = self.cluster.after_call = lambda said: None
        self.check()

    def pass_time(self, seconds):
        self.clock.advance(seconds)
        self.check()

    def check(self):
        leading = [one.identity for one in self.candidates if one.standing is Standing.LEADING]
        assert len(leading) <= 1, leading

    def holder(self):
        try:
            return read_record(self.cluster.read(LEASES, HOME, NAME).document).holder
        except NotFound:
            return ""


@given(_turns)
@settings(max_examples=400)
def test_two_never_lead_at_once(turns):
    election = Election()
    for turn in turns:
        election.take(turn)
        leading = [one.identity for one in election.candidates if one.standing is Standing.LEADING]
        assert not leading or election.holder() == leading[0]


@given(_turns)
@settings(max_examples=100)
def test_when_the_others_are_gone_a_new_one_leads_within_the_duration_and_two_retries(turns):
    election = Election()
    for turn in turns:
        election.take(turn)
    last = election.fresh()
    for _ in range(10):
        election.clock.advance(Terms().retry_s)
        last.step()
    assert last.standing is Standing.LEADING
