"""A storm of adversarial requests on one check, and whether any allow could not be confirmed.

`python -m adversary.storm --cases 100000 --seed 1` prints one line of JSON: a process of its own, so that its memory is
the check's alone. An allow is confirmed by the reference model; a case of the corpora that is sent as it is must come
out as its row says.
"""

import argparse
import json
import pathlib
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from accredit_extauthz.codec import request as codec
from accredit_extauthz.decide.view import View, build
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.serve.collector import calm_collector
from adversary.authorizations import AUTHORIZATIONS
from adversary.case import Case
from adversary.chains import CHAINS, GRANTED
from adversary.honest_tokens import HONEST
from adversary.messages import MESSAGES, SENT_HONESTLY
from adversary.mutations import mutated, on_the_wire
from adversary.tokens import CASES, as_case
from adversary.wired import Said, Wired
from fakes.envoy import check_request
from fakes.issuer import NOW
from reference import decision
from reference.generated.cases import cases

WARM = 100_000  # requests after which all that is remembered on purpose has been filled
BURST = 40  # requests in a row on one view, so that what is remembered of it is used
WORLDS = 0.03  # how many bursts are on a random world of the reference's, which is dear to make
_UNSURE = 0.02  # how many denials are confirmed too


class Sent(NamedTuple):
    """One request. `wanted`: the reason that its row promises, if it is sent as it is."""

    seen: View
    data: bytes
    wanted: Reason | None


@dataclass
class Tally:
    """What came of it."""

    reasons: Counter[str] = field(default_factory=Counter)
    confirmed: int = 0
    wrong_allows: list[str] = field(default_factory=list)
    divided: list[str] = field(default_factory=list)  # denials that the reference gives another reason for
    exceptions: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)  # cases of a row that came out otherwise


def corpus() -> dict[int, list[Case]]:
    """Every case of the corpora, by the view it is asked of."""
    found: dict[int, list[Case]] = defaultdict(list)
    honest = [*map(as_case, HONEST), *GRANTED, *SENT_HONESTLY]
    # Two agents of one subject are for the compiler to forbid; the reference model takes its word.
    chains = [case for case in CHAINS if "claimed by a second agent" not in case.name]
    for case in (*map(as_case, CASES), *AUTHORIZATIONS, *chains, *MESSAGES, *honest * 20):
        found[id(case.seen)].append(case)
    return found


def requests(rng: Random) -> Iterator[Sent]:
    """Endless: bursts of cases of one view, most of them changed."""
    found = corpus()
    pools = {key: [case.request for case in grouped] for key, grouped in found.items()}
    weights = [len(grouped) ** 0.5 if len(grouped) > 2 else 0.1 for grouped in found.values()]
    worlds = cases(rng.randrange(2**32))
    while True:
        if rng.random() < WORLDS:
            yield from islice(_in_worlds(worlds), BURST)
            continue
        (key,) = rng.choices(list(found), weights)
        for case in rng.choices(found[key], k=BURST):
            yield _one(case, rng, pools[key])


def _one(case: Case, rng: Random, pool: list[dict[str, Any]]) -> Sent:
    dice = rng.random()
    if dice < 0.2:
        return Sent(case.seen, case.data, case.reason)
    if dice < 0.9:
        return Sent(case.seen, check_request(**mutated(case.request, rng, pool)), None)
    return Sent(case.seen, on_the_wire(case.data, rng), None)


def _in_worlds(worlds: Any) -> Iterator[Sent]:
    world, seen = None, None
    for case in worlds:
        if case.world is not world:
            world, seen = case.world, build(case.world.snapshot, case.world.deployment)
        assert seen is not None
        yield Sent(seen, _as_sent(case.call), None)


def _as_sent(call: Call) -> bytes:
    """A call as Envoy would put it, but for what it cannot send."""
    shown = {name: value.encode(errors="replace").decode() for name, value in call.headers.items()}
    return check_request(
        call.method,
        call.host.encode(errors="replace").decode(),
        call.path.encode(errors="replace").decode(),
        headers=shown,
        body=call.body,
        principal=call.peer.principal,
        destination=call.destination,
        extensions=call.extensions,
    )


def judge(sent: Sent, said: Said, tally: Tally, rng: Random) -> None:
    """Note what came of one request."""
    reason = said.record["reason"]
    tally.reasons[reason] += 1
    if reason == Reason.INTERNAL_ERROR:
        tally.exceptions.append(sent.data.hex())
    elif sent.wanted is not None and reason != sent.wanted:
        tally.surprises.append(f"{sent.wanted} but {reason}: {sent.data.hex()}")
    if said.is_open != (said.record["decision"] in ("allow", "would_deny")):
        tally.wrong_allows.append(f"open without a record that says so: {sent.data.hex()}")
    if said.is_open:
        tally.confirmed += 1
        _confirm(sent, said, tally.wrong_allows)
    elif reason != Reason.INTERNAL_ERROR and rng.random() < _UNSURE and not _is_unread(sent.data):
        _confirm(sent, said, tally.divided)


def _is_unread(data: bytes) -> bool:
    """Whether the bytes hold no request at all, of which the reference has nothing to say."""
    try:
        codec.read(data)
    except Exception:  # noqa: BLE001 -- whatever reading does, the check has answered it
        return True
    return False


def _confirm(sent: Sent, said: Said, doubts: list[str]) -> None:
    """Ask the reference model about the same request."""
    call, moment = codec.read(sent.data), decision.Moment(NOW, 0)
    verdict = decision.decide(call, sent.seen.snapshot, moment, sent.seen.deployment)
    if (verdict.ruling, verdict.reason) != (said.record["decision"], said.record["reason"]):
        told = f"{said.record['decision']} {said.record['reason']}, not {verdict.ruling} {verdict.reason}"
        doubts.append(f"{told}: {sent.data.hex()}")


def memory_kib(field_name: str) -> int:
    """VmRSS or VmHWM of this process."""
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"{field_name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1])


def rage(seed: int, count: int, warm: int) -> dict[str, Any]:
    """Send `count` requests; the growth of memory is measured from request `warm` on."""
    rng, tally = Random(seed), Tally()
    stream = requests(rng)
    wired = Wired(next(stream).seen)
    began, began_cpu, before = time.monotonic(), time.process_time(), 0
    for index, sent in enumerate(islice(stream, count)):
        if index == warm:
            before = memory_kib("VmRSS")
            pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak counts from here
        wired.show(sent.seen)
        judge(sent, wired.ask(sent.data), tally, rng)
    return {
        "cases": count,
        "per_second": round(count / (time.monotonic() - began)),
        "per_cpu_second": round(count / (time.process_time() - began_cpu)),
        "growth_kib": memory_kib("VmHWM") - before,
        "allowed": tally.confirmed,
        "reasons": dict(tally.reasons.most_common()),
        **{
            name: [len(getattr(tally, name)), *getattr(tally, name)[:3]]
            for name in ("wrong_allows", "exceptions", "surprises", "divided")
        },
    }


def main() -> None:
    """Rage, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    asked = parser.parse_args()
    calm_collector()
    print(json.dumps(rage(asked.seed, asked.cases, warm=min(asked.cases // 2, WARM))))  # noqa: T201 -- its one output


if __name__ == "__main__":
    main()
