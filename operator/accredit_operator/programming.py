"""Which sequence first carried each object's generation: what replicas must serve before it is Programmed. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from accredit_operator.world import ObjectKey


@dataclass(frozen=True, slots=True)
class Version:
    """One declaration of one object."""

    uid: str
    generation: int


@dataclass(frozen=True, slots=True)
class Carried:
    """A declaration, and the first sequence with it. Once `is_programmed`, it stays so: replicas come and go."""

    version: Version
    sequence: int
    is_programmed: bool = False


class Programming:
    """Keeps the record of every object."""

    def __init__(self) -> None:
        self._carried: dict[ObjectKey, Carried] = {}
        self._waiting: set[ObjectKey] = set()

    def carried(self, key: ObjectKey) -> Carried | None:
        """Return the record of an object; None before it was published."""
        return self._carried.get(key)

    @property
    def is_waiting(self) -> bool:
        """Whether an object is not programmed yet."""
        return bool(self._waiting)

    def on_published(self, versions: Iterable[tuple[ObjectKey, Version]], sequence: int) -> None:
        """Note that the head of `sequence` carries these declarations."""
        for key, version in versions:
            held = self._carried.get(key)
            if held is None or held.version != version:
                self._carried[key] = Carried(version, sequence)
                self._waiting.add(key)

    def on_remembered(self, key: ObjectKey) -> None:
        """Note that an object's own status says that its present declaration is programmed."""
        held = self._carried[key]
        self._carried[key] = Carried(held.version, held.sequence, is_programmed=True)
        self._waiting.discard(key)

    def on_served(self, sequence: int) -> tuple[ObjectKey, ...]:
        """Note that every live replica serves this sequence or a later one; return what has become programmed."""
        done = tuple(key for key in self._waiting if self._carried[key].sequence <= sequence)
        for key in done:
            self.on_remembered(key)
        return done

    def forget(self, keys: Iterable[ObjectKey]) -> None:
        """Forget objects that are gone."""
        for key in keys:
            self._carried.pop(key, None)
            self._waiting.discard(key)
