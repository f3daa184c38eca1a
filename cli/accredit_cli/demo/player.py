"""Plays one step: edits, mints the token, calls, and says in which ways the outcome is not the one the story tells."""

import asyncio
import datetime as dt
import pathlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from accredit_cli.demo.senders import Outcome, send
from accredit_cli.demo.stack import Stack
from accredit_cli.demo.steps import Edit, Restore, RevokeBefore, Rewrite, SetField, Spoil, Step, Token
from accredit_cli.demo.workspace import replace, write_field
from accredit_cli.minting import SigningKey, Wanted, claims
from accredit_extauthz.model.reason import Reason

ISSUER = "https://idp.example"
NAMESPACE = "research"
WITHIN_S = 5.0
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Played:
    """A step, what came of it, and what is wrong with that. `took_s` is the time from edit to effect."""

    step: Step
    outcome: Outcome
    took_s: float | None
    problems: tuple[str, ...]


def _is_watched(_manifest: pathlib.Path) -> None:
    """Do nothing: an operator in manifest mode sees the edit of a file by itself."""


class Player:
    """Plays steps against one stack; `now` is the clock of tokens and edits, in Unix seconds.

    `apply` is told of each manifest that was edited, for an operator that does not watch the folder.
    """

    def __init__(
        self, stack: Stack, now: Callable[[], float], apply: Callable[[pathlib.Path], None] = _is_watched
    ) -> None:
        self._stack = stack
        self._now = now
        self._apply = apply
        folder = stack.workspace.manifests
        self._originals = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml")}

    async def play(self, step: Step) -> Played:
        """Return what came of a step. After an edit the call is repeated until the step's reason comes, at most 5 s."""
        started = time.monotonic()
        if step.edit is not None:
            await self._edit(step.edit)
        bearer = None if step.token is None else mint(self._stack.workspace.key, step.token, int(self._now()))
        outcome = await send(self._stack.url, step.call, bearer)
        while step.edit is not None and outcome.reason != step.reason and time.monotonic() - started < WITHIN_S:
            await asyncio.sleep(_POLL_S)
            outcome = await send(self._stack.url, step.call, bearer)
        took_s = None if step.edit is None else time.monotonic() - started
        return Played(step, outcome, took_s, tuple(problems(step, outcome)))

    async def _edit(self, edit: Edit) -> None:
        path = self._stack.workspace.manifests / edit.file
        match edit:
            case SetField():
                write_field(path, edit.path, edit.value)
            case RevokeBefore():
                write_field(path, ("spec", "revokedBefore"), _rfc3339(self._now() - edit.ago_s))
            case Rewrite():
                replace(path, self._originals[path].replace(edit.old, edit.new))
            case Restore():
                replace(path, self._originals[path])
            case Spoil():
                complaints = self._complaints(path.name)
                replace(path, self._originals[path].replace(edit.old, edit.new))
                await self._complained(path.name, complaints)
        self._apply(path)

    async def _complained(self, name: str, before: int) -> None:
        deadline = time.monotonic() + WITHIN_S
        while self._complaints(name) == before and time.monotonic() < deadline:  # noqa: ASYNC110 -- a log file has no event
            await asyncio.sleep(_POLL_S)

    def _complaints(self, name: str) -> int:
        return self._stack.operator.log.read_text(encoding="utf-8", errors="replace").count(name)


def mint(key: SigningKey, token: Token, now: int) -> str:
    """Return the bearer that a Token describes."""
    wanted = Wanted(
        issuer=ISSUER,
        subject=token.user,
        audiences=(token.audience,),
        actors=tuple(f"agent:{name}" for name in token.agents),
        scopes=token.scopes,
        lifetime_s=token.lifetime_s,
        extra={"groups": list(token.groups)},
    )
    minted = key.sign(claims(wanted, now - token.age_s))
    return _tampered(minted) if token.tampered else minted


def _tampered(token: str) -> str:
    """Return the token with one bit of its signature turned over, still canonical base64url."""
    head, dot, signature = token.rpartition(".")
    other = "A" if signature[0] != "A" else "B"
    return f"{head}{dot}{other}{signature[1:]}"


def problems(step: Step, outcome: Outcome) -> list[str]:
    """Return in which ways an outcome differs from the step: the reason, the challenge, what the upstream was told."""
    found = []
    if outcome.reason != step.reason:
        found.append(f"reason {outcome.reason or '(none)'}, status {outcome.status}; the story says {step.reason}")
    elif step.reason is Reason.ALLOWED:
        found += _untrue(step, outcome)
    if step.reason is Reason.TOKEN_MISSING and "resource_metadata" not in outcome.challenge:
        found.append(f"the challenge is {outcome.challenge!r} and leads to no authorization server")
    return found


def _untrue(step: Step, outcome: Outcome) -> list[str]:
    """Return the identity headers that the upstream should have been told otherwise, or not at all."""
    assert step.token is not None  # no story allows a call without a token
    chain = [f"{NAMESPACE}/{name}" for name in step.token.agents]
    expected = {
        "x-user-uid": step.token.user,
        "x-user-issuer": ISSUER,
        "x-agent-id": chain[-1],
        "x-agent-chain": ">".join(chain),
        "x-agent-scopes": " ".join(sorted(step.scopes)),
    }
    told = {name: value for name, value in outcome.told.items() if name != "x-accredit-decision"}
    wrong = sorted(name for name in expected.keys() | told.keys() if expected.get(name) != told.get(name))
    wrong += [] if outcome.told.get("x-accredit-decision") else ["x-accredit-decision"]
    return [f"the upstream was told {name}: {outcome.told.get(name)!r}, not {expected.get(name)!r}" for name in wrong]


def _rfc3339(now: float) -> str:
    return dt.datetime.fromtimestamp(int(now), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
