"""What a case expected against what came out, as differences that say both."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from accredit_cli.deciding import rule_name
from accredit_cli.scenarios.form import Expectation, Situation
from accredit_cli.scenarios.running import Outcome

_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came out otherwise than expected."""

    what: str
    expected: str
    found: str


def differences(expected: Expectation, situation: Situation, outcome: Outcome) -> tuple[Difference, ...]:
    """Return all that differs, none when the case passes."""
    return (
        *_of_objects(situation, outcome),
        *_of_decision(expected, outcome),
        *_of_headers(expected, outcome),
        *_of_body(expected, outcome),
    )


def _of_objects(situation: Situation, outcome: Outcome) -> Iterator[Difference]:
    """Refused objects must be expected: a scenario about anything else would pass or fail for a wrong reason."""
    for key, verdict in outcome.refused.items():
        wanted = situation.refused.get(key)
        if wanted is not verdict.reason:
            said = f"{verdict.reason}: {'; '.join(map(str, verdict.problems))}"
            yield Difference(f"object {key}", wanted or "Accepted", said)
    for key, reason in situation.refused.items():
        if key not in outcome.refused:
            yield Difference(f"object {key}", reason, "Accepted, or not there")


def _of_decision(expected: Expectation, outcome: Outcome) -> Iterator[Difference]:
    decision = outcome.decision
    evidence = decision.evidence
    if expected.verdict is not decision.ruling:
        yield Difference("verdict", expected.verdict, decision.ruling)
    if expected.reason is not decision.reason:
        said = f"{decision.reason}: {decision.message}" if decision.message else decision.reason
        yield Difference("reason", expected.reason, said)
    found = {
        "policy": None if evidence.policy is None else str(evidence.policy),
        "rule": rule_name(evidence),
        "status": outcome.status,
    }
    for what, value in found.items():
        wanted = getattr(expected, what)
        if wanted is not None and wanted != value:
            yield Difference(what, str(wanted), _NOTHING if value is None else str(value))


def _of_headers(expected: Expectation, outcome: Outcome) -> Iterator[Difference]:
    for name, value in expected.headers.items():
        found = outcome.headers.get(name.lower())
        if found != value:
            yield Difference(f"header {name}", value, _NOTHING if found is None else found)
    for name in expected.present:
        if name.lower() not in outcome.headers:
            yield Difference(f"header {name}", "any value", _NOTHING)
    for name in expected.absent:
        found = outcome.headers.get(name.lower())
        if found is not None:
            yield Difference(f"header {name}", _NOTHING, found)


def _of_body(expected: Expectation, outcome: Outcome) -> Iterator[Difference]:
    if expected.body is None:
        return
    try:
        found: object = json.loads(outcome.body)
    except ValueError:
        found = outcome.body
    if not _includes(found, expected.body):
        yield Difference("body", json.dumps(expected.body), outcome.body or _NOTHING)


def _includes(found: object, wanted: object) -> bool:
    if not isinstance(wanted, Mapping):
        return found == wanted
    return isinstance(found, Mapping) and all(
        name in found and _includes(found[name], value) for name, value in wanted.items()
    )
