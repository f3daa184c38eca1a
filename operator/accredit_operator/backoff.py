"""How long to wait after a failure: twice as long each time, within bounds, less a part by chance."""

import random
from dataclasses import dataclass, field
from random import Random


@dataclass(slots=True)
class Backoff:
    """Counts failures in a row."""

    first_s: float
    last_s: float
    dice: Random = field(default_factory=random.SystemRandom)
    _failures: int = 0

    def wait_s(self, asked_s: float | None = None) -> float:
        """Return the wait after one more failure, at least what the other side asked for, within bounds."""
        ceiling_s = min(self.last_s, self.first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return max(ceiling_s * (0.5 + self.dice.random() / 2), min(asked_s or 0.0, self.last_s))

    def calm(self) -> None:
        """Note a success."""
        self._failures = 0
