"""A warm answer equals the cold one byte for byte, whatever was asked before: nothing that differs is remembered."""

import uuid
from functools import partial
from itertools import groupby, islice, product
from random import Random

import msgspec

from accredit_extauthz.audit import record
from accredit_extauthz.audit.record import Records
from accredit_extauthz.codec import response
from accredit_extauthz.decide.decide import Memory, decide
from accredit_extauthz.decide.view import build
from accredit_extauthz.model.call import Call, Peer
from accredit_extauthz.model.decision import Decision, Ruling
from accredit_extauthz.serve.alike import Alike
from accredit_extauthz.serve.answers import MAX_PARTS, Answers
from accredit_extauthz.serve.occasion import Occasion
from accredit_extauthz.serve.proofs import Proofs
from accredit_extauthz.serve.warrants import Warrants
from reference.generated.cases import Case, cases

CASES = 240
SOME = 40  # of a world's pairs of request and token


class Warm:
    """Everything that a process remembers."""

    def __init__(self) -> None:
        self.memory = Memory(Proofs().prove, Warrants().weigh)
        parts_of = Alike(response.parts_key, response.parts, MAX_PARTS)
        self.answers, self.records = Answers(partial(response.encode, parts_of=parts_of)), Records()

    def answer(self, decision: Decision, occasion: Occasion) -> tuple[bytes, bytes]:
        return self.answers.encode(decision, occasion.decision_id), self.records.encode(decision, occasion, 5)


def cold(decision: Decision, occasion: Occasion) -> tuple[bytes, bytes]:
    """What a process that has just begun would write."""
    return response.encode(decision, occasion.decision_id), record.encode(decision, occasion, 5)


def crossed(asked: list[Case], rng: Random) -> list[tuple[Case, Call]]:
    """Requests of one world, with each other's tokens and with other peers."""
    pairs = [(case, case.call) for case in asked]
    for case, other in rng.choices(list(product(asked, repeat=2)), k=SOME):
        headers = {name: value for name, value in case.call.headers.items() if name != "authorization"}
        headers |= {name: value for name, value in other.call.headers.items() if name == "authorization"}
        peer = rng.choice([case.call.peer, other.call.peer, Peer("spiffe://cluster.local/ns/x/sa/y", "192.0.2.1", "c")])
        pairs.append((case, msgspec.structs.replace(case.call, headers=headers, peer=peer)))
    return pairs


def test_what_was_asked_before_changes_no_answer() -> None:
    rng, warm, allowed = Random(0), Warm(), 0
    for number, (_, same) in enumerate(groupby(islice(cases(2), CASES), key=lambda case: id(case.world))):
        asked = list(same)
        seen = build(asked[0].world.snapshot, asked[0].world.deployment)
        for case, call in crossed(asked, rng) * 2:
            when = (call, seen, case.moment.now, case.moment.view_age_s)
            occasion = Occasion(str(uuid.UUID(int=rng.getrandbits(128))), case.moment.now * 10**9, number, seen.digest)
            decision = decide(*when, warm.memory)
            allowed += decision.ruling is Ruling.ALLOW
            assert warm.answer(decision, occasion) == cold(decide(*when), occasion)
    assert allowed > CASES
