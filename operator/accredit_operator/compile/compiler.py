"""A compiler that remembers: after a change only what depends on it is compiled again."""

from collections.abc import Mapping

from accredit_extauthz.contract.snapshot import Key
from accredit_operator.compile.compile import Compiled, compile_world
from accredit_operator.compile.memo import Memo
from accredit_operator.compile.premises import Premises
from accredit_operator.world import World


class Compiler:
    """Compiles one world after another, as `compile_world` does. What has not changed stays the same value."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._memo = Memo()

    def compile(self, world: World, keys: Mapping[str, tuple[Key, ...]]) -> Compiled:
        """Return the snapshot of a world and the verdicts on its objects."""
        return compile_world(world, self._premises, keys, self._memo)
