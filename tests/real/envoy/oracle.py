"""What must hold of a load whatever was harmed meanwhile: nothing passes that must not, nothing without its record."""

import collections
import uuid

# Denials without a record: Envoy's own, those whose record is what failed, and the constant of last resort.
_UNRECORDED = {None, "audit_unavailable"}
_NIL = str(uuid.UUID(int=0))


def broken_promises(answers, arrivals, trail, *, unanswered=False):
    """Return a sentence for each promise that was broken; `trail` has caught up. With `unanswered`, silence is none."""
    arrived = collections.defaultdict(list)
    for arrival in arrivals:
        arrived[arrival.number].append(arrival)
    numbers = {each.number for each in answers}
    found = [f"request {number} arrived and nobody sent it" for number in arrived if number not in numbers]
    for answer in answers:
        if answer.status is not None or not unanswered:
            found += _of_answer(answer, arrived[answer.number], trail)
        elif arrived[answer.number] and answer.ask.is_refused:
            found.append(f"request {answer.number} ({answer.ask.name}) was to be refused and reached the upstream")
    found += _of_arrivals(arrivals, trail)
    return found


def _of_answer(answer, arrived, trail):
    what = f"request {answer.number} ({answer.ask.name}, {answer.status}, {answer.reason})"
    if answer.status is None:
        yield f"{what} got no answer"
    if arrived and answer.ask.is_refused:
        yield f"{what} was to be refused and reached the upstream"
    if answer.is_allowed != (len(arrived) == 1) or len(arrived) > 1:
        yield f"{what} reached the upstream {len(arrived)} times"
    if not answer.is_allowed and answer.reason not in _UNRECORDED and answer.decision_id not in {None, _NIL}:
        recorded = trail.decisions(answer.decision_id)
        if recorded != ("deny",):
            yield f"{what} has the records {recorded}"


def _of_arrivals(arrivals, trail):
    times = collections.Counter(arrival.decision_id for arrival in arrivals)
    for arrival in arrivals:
        if arrival.recorded != ("allow",):
            yield f"request {arrival.number} arrived when its records were {arrival.recorded}"
        if (recorded := trail.decisions(arrival.decision_id)) != ("allow",):
            yield f"request {arrival.number} has in the end the records {recorded}"
        if times[arrival.decision_id] > 1:
            yield f"request {arrival.number} shares its decision {arrival.decision_id}"


def revived(answers, name, reason):
    """The requests of a kind that were sent after a refusal for the reason had come, and were allowed."""
    mine = [each for each in answers if each.ask.name == name]
    refused_at = min(each.answered_at for each in mine if each.reason == reason)
    return [each for each in mine if each.is_allowed and each.sent_at > refused_at]
