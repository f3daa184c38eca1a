from accredit_extauthz.serve.holder import Holder
from fakes import scene
from fakes.shell import FakeClock


def test_nothing_is_held_and_nothing_is_old_before_the_first_swap():
    clock = FakeClock()
    clock.pass_s(100)
    holder = Holder(clock)
    assert (holder.current, holder.age_s(clock.ticks_ns()), holder.load_failures) == (None, 0, 0)


def test_a_swap_replaces_the_view_and_makes_it_fresh():
    clock = FakeClock()
    holder = Holder(clock)
    first, second = scene.view(sequence=1), scene.view(sequence=2)
    holder.swap(first)
    clock.pass_s(31.9)
    assert (holder.current, holder.age_s(clock.ticks_ns())) == (first, 31)
    holder.swap(second)
    assert (holder.current, holder.age_s(clock.ticks_ns())) == (second, 0)


def test_a_confirmed_view_is_fresh_again_and_a_failure_leaves_its_age():
    clock = FakeClock()
    holder = Holder(clock)
    holder.confirm()
    assert holder.current is None
    view = scene.view()
    holder.swap(view)
    clock.pass_s(40)
    holder.fail()
    assert (holder.age_s(clock.ticks_ns()), holder.load_failures) == (40, 1)
    holder.confirm()
    assert (holder.current, holder.age_s(clock.ticks_ns())) == (view, 0)


def test_a_reading_older_than_the_swap_gives_no_negative_age():
    clock = FakeClock()
    holder = Holder(clock)
    before = clock.ticks_ns()
    clock.pass_s(5)
    holder.swap(scene.view())
    assert holder.age_s(before) == 0


def test_a_view_from_a_place_that_may_be_old_does_not_make_its_age_young():
    clock = FakeClock()
    holder = Holder(clock)
    holder.swap(scene.view(), confirmed=False)
    clock.pass_s(40)
    assert holder.age_s(clock.ticks_ns()) == 40, "a first view counts from its swap"
    holder.swap(scene.view(sequence=2), confirmed=False)
    assert (holder.current.sequence, holder.age_s(clock.ticks_ns())) == (2, 40)
    holder.confirm()
    assert holder.age_s(clock.ticks_ns()) == 0
