"""One request, judged by decide() and by the reference."""

from accredit_extauthz.decide.decide import decide
from accredit_extauthz.decide.view import Deployment, build
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.decision import Decision
from fakes import scene
from fakes.issuer import NOW
from reference import decision
from reference.comparing import found_by, is_same

_DEPLOYMENT = Deployment()


class World:
    """A snapshot and the view that is built from it."""

    def __init__(self, **changes: object) -> None:
        self._snapshot = scene.snapshot(**changes)
        self._view = build(self._snapshot, _DEPLOYMENT)

    def judge(self, call: Call) -> Decision:
        """Return what decide() says. Raises AssertionError when the reference says otherwise."""
        given = decide(call, self._view, NOW, 0)
        wanted = decision.decide(call, self._snapshot, decision.Moment(NOW, 0), _DEPLOYMENT)
        assert is_same(wanted, given), f"{given.reason} {found_by(given)} but {wanted.reason} {wanted.found}: {call}"
        return given
