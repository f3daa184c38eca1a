import json

import pytest

from accredit_operator.metrics import Metrics, Probes
from accredit_operator.settings import HttpAddress, SettingRefused
from accredit_operator.system import StderrLog, SystemClock, listen


def test_clocks_go_on():
    clock = SystemClock()
    assert clock.ticks_ns() <= clock.ticks_ns()
    assert clock.now_ns() > 1_700_000_000_000_000_000


def test_the_log_is_one_object_a_line(capsys):
    StderrLog().say("info", "a sentence", sequence=7, cause="über\nzwei")
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["level"], said["event"], said["sequence"], said["cause"]) == ("info", "a sentence", 7, "über\nzwei")
    assert said["time"].endswith("Z")


def probes():
    return Probes(lambda: True, lambda: True)


def test_off_is_off():
    assert listen(None, Metrics("1"), probes()) is None


def test_an_address_that_is_taken_is_refused_with_a_sentence():
    first = listen(HttpAddress("127.0.0.1", 0), Metrics("1"), probes())
    first.start()
    try:
        with pytest.raises(SettingRefused, match="ACCREDIT_HTTP"):
            listen(HttpAddress("127.0.0.1", first.port), Metrics("1"), probes())
    finally:
        first.stop()
