"""accredit-extauthz with one broken part, which the first argument names; the rest of the arguments are its own."""

import itertools
import os
import random
import signal
import sys
import time

from accredit_extauthz import app
from accredit_extauthz.audit.sink import FileSink

_EACH = 5  # every fifth decision meets the fault
_DEATHS = "BROKEN_DEATHS"  # variable: the file that names each death


def _sometimes(whole, broken):
    turns = itertools.count(1)

    def step(*arguments, **named):
        return broken(whole, *arguments, **named) if next(turns) % _EACH == 0 else whole(*arguments, **named)

    return step


def _raises(whole, *arguments, **named):
    raise RuntimeError("broken on purpose")


def _nothing(whole, *arguments, **named):
    return None


def _slow(whole, *arguments, **named):
    decided = whole(*arguments, **named)
    time.sleep(0.8)
    return decided


def _empty(check):
    return _sometimes(check, lambda whole, *arguments: b"")


class _Mortal(FileSink):
    """Ends the process at one of its records: before it is written, in its middle, or after it."""

    life = 0

    def __init__(self, path, clock):
        super().__init__(path, clock)
        self._file = path
        self._chance = random.Random(self.life)
        self._left = self._chance.randint(1, 8)

    def write(self, line):
        self._left -= bool(line)
        if self._left <= 0:
            self._die(line)
        super().write(line)

    def _die(self, line):
        fate = self._chance.choice(("before", "torn", "after"))
        if fate == "after":
            super().write(line)
        if fate == "torn":
            within = [at for at in range(1, len(line)) if b"\n" not in line[at - 1 : at + 1]]  # not between two lines
            _append(self._file, line[: self._chance.choice(within)])
        _append(os.environ[_DEATHS], f"{fate}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)


def _append(path, data):
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, data)
    os.close(descriptor)


def _live_again_and_again(arguments):
    """Start one process after the other, each from this one that has imported everything."""
    app.FileSink = _Mortal
    while os.WIFSIGNALED(status := _lived(arguments)):
        _Mortal.life += 1
    return os.waitstatus_to_exitcode(status)


def _lived(arguments):
    child = os.fork()
    if child == 0:
        os._exit(app.main(arguments))
    signal.signal(signal.SIGTERM, lambda *_: (os.kill(child, signal.SIGKILL), os._exit(0)))
    return os.waitpid(child, 0)[1]


def main(how, *arguments):
    if how == "mortal":
        return _live_again_and_again(arguments)
    if how == "empty":
        whole = app.answering
        app.answering = lambda *parts: _empty(whole(*parts))
    else:
        app.decide = _sometimes(app.decide, {"raises": _raises, "nothing": _nothing, "slow": _slow}[how])
    return app.main(arguments)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
