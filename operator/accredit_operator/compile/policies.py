"""ToolPolicies to records: who may stand where, who governs there, and what an invalid one denies.

1. read each policy's places and body;
2. settle who owns the hosts, and drop the places of others;
3. find the first valid policy of each place: it governs, and those that agree with it;
4. refuse `mcp` Deny rules that would have to be judged under an HTTP policy;
5. give every place its standing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never

import msgspec

from accredit_extauthz.contract.names import PolicyRef, Principal
from accredit_extauthz.contract.snapshot import (
    Effect,
    HostTarget,
    Mode,
    PolicyBody,
    PolicyRecord,
    PrincipalTarget,
    Protocol,
    Standing,
)
from accredit_operator.compile.bodies import compile_body, find_body_notes, find_body_problems
from accredit_operator.compile.issuers import IssuerTable
from accredit_operator.compile.memo import Memo
from accredit_operator.compile.ownership import HostClaim, Ownership, settle
from accredit_operator.compile.premises import HostClaims, Premises
from accredit_operator.compile.sizes import find_oversize
from accredit_operator.compile.targets import (
    DeclaredPolicy,
    HostPlace,
    Placement,
    Placements,
    PrincipalPlace,
    read_placements,
)
from accredit_operator.compile.verdict import ConditionReason, Problem, Verdict, judge
from accredit_operator.kinds.tool_policy import ToolPolicySpec
from accredit_operator.world import HOSTS_ANNOTATION, Kind, NamespaceFacts, World

Place = HostPlace | PrincipalPlace


@dataclass(frozen=True, slots=True)
class _Draft:
    """A policy on its way. With `faults` it is invalid wherever it stands; `refused` concerns single places."""

    thing: DeclaredPolicy
    placements: Placements
    body: PolicyBody | None
    faults: tuple[Problem, ...]
    owned: tuple[Placement, ...] = ()
    refused: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()

    @property
    def ref(self) -> PolicyRef:
        return PolicyRef(self.thing.key.namespace, self.thing.key.name)

    @property
    def valid_body(self) -> PolicyBody | None:
        return None if self.faults else self.body


def compile_policies(
    world: World, issuers: IssuerTable, premises: Premises, memo: Memo
) -> tuple[tuple[PolicyRecord, ...], Ownership, tuple[Verdict, ...]]:
    """Return a record and a verdict for each policy, sorted by name, and who owns which host."""
    declared = world.of_kind(Kind.TOOL_POLICY, ToolPolicySpec)
    names = world.namespace_names()
    return memo.recall("policies", (declared, issuers, premises, names, world.namespaces), partial(_compile, memo))


def _compile(
    memo: Memo,
    declared: Sequence[DeclaredPolicy],
    issuers: IssuerTable,
    premises: Premises,
    names: frozenset[str],
    namespaces: Mapping[str, NamespaceFacts],
) -> tuple[tuple[PolicyRecord, ...], Ownership, tuple[Verdict, ...]]:
    read = memo.each("policy read", ((thing, issuers, premises) for thing in declared), _read)
    claims = tuple(_claims(read)) if premises.host_claims is HostClaims.ANY else ()
    ownership = memo.recall("ownership", (names, namespaces, claims, premises), settle)
    rows = ((draft, ownership, premises.host_claims) for draft in read)
    drafts = memo.each("policy owned", rows, _with_owned)
    governing = _governing(drafts)
    speaking_http = _places_of_http(governing)
    if speaking_http:
        drafts = [_without_unjudgeable(draft, speaking_http.get(draft.ref.namespace, ())) for draft in drafts]
        governing = _governing(drafts)
    everywhere = _places_of_incomplete(drafts, ownership)
    rows_of_all = ((draft, everywhere.get(draft.ref.namespace, ()), *_governors(draft, governing)) for draft in drafts)
    outcomes = sorted(memo.each("policy", rows_of_all, _outcome), key=lambda outcome: outcome[1].key)
    return tuple(record for record, _ in outcomes), ownership, tuple(verdict for _, verdict in outcomes)


def _outcome(draft: _Draft, everywhere: tuple[Place, ...], *governors: _Draft) -> tuple[PolicyRecord, Verdict]:
    standings, conflicts = _standings(draft, governors, everywhere)
    return _record(draft, standings), judge(draft.thing, (*draft.faults, *draft.refused, *conflicts), draft.notes)


def _read(thing: DeclaredPolicy, issuers: IssuerTable, premises: Premises) -> _Draft:
    placements = read_placements(thing, premises)
    if thing.spec is None:
        return _Draft(thing, placements, body=None, faults=placements.problems)
    namespace = thing.key.namespace
    body = compile_body(thing.spec, namespace)
    faults = (
        *placements.problems,
        *find_body_problems(thing.spec, namespace, issuers, premises),
        *find_oversize(body),
    )
    return _Draft(thing, placements, body, faults, notes=tuple(find_body_notes(thing.spec, issuers)))


def _claims(drafts: Sequence[_Draft]) -> Iterator[HostClaim]:
    """Yield the claims to hosts in their order; the short names of services after all that is written out."""
    for implied in (False, True):
        for draft in drafts:
            for placement in draft.placements.named:
                if isinstance(placement.place, HostPlace) and placement.implied is implied:
                    yield HostClaim(draft.ref.namespace, placement.place.host)


def _with_owned(draft: _Draft, ownership: Ownership, claims: HostClaims) -> _Draft:
    """Return the draft without the places that another namespace owns, or nobody: there it contributes nothing."""
    owned: list[Placement] = []
    refused: list[Problem] = []
    notes: list[Problem] = []
    for placement in draft.placements.named:
        place = placement.place
        owner = draft.ref.namespace if isinstance(place, PrincipalPlace) else ownership.owner_of(place.host)
        if owner == draft.ref.namespace:
            owned.append(placement)
        else:
            assert isinstance(place, HostPlace)
            (notes if placement.implied else refused).append(
                _not_owned(placement.field, place.host, draft.ref.namespace, claims)
            )
    return replace(draft, owned=tuple(owned), refused=tuple(refused), notes=(*draft.notes, *notes))


def _not_owned(field: str, host: str, namespace: str, claims: HostClaims) -> Problem:
    found = f"namespace {namespace} does not own {host}, so the policy does not count there"
    match claims:
        case HostClaims.GRANTED:
            remedy = f"list it in the annotation {HOSTS_ANNOTATION} of Namespace {namespace}, or leave it out"
        case HostClaims.ANY:
            remedy = "name a host that no older policy of another namespace names, or leave it out"
        case never:
            assert_never(never)
    return Problem(field, found, remedy, ConditionReason.NOT_PERMITTED)


def _governing(drafts: Iterable[_Draft]) -> dict[Place, _Draft]:
    """Return the first valid policy of each place, in claim order."""
    first: dict[Place, _Draft] = {}
    for draft in drafts:
        if draft.valid_body is not None:
            for placement in draft.owned:
                first.setdefault(placement.place, draft)
    return first


def _governors(draft: _Draft, governing: Mapping[Place, _Draft]) -> tuple[_Draft, ...]:
    """Return who governs at each of a policy's places; nothing for an invalid one."""
    if draft.valid_body is None:
        return ()
    return tuple(governing[placement.place] for placement in draft.owned)


def _places_of_http(governing: Mapping[Place, _Draft]) -> dict[str, list[tuple[Place, _Draft]]]:
    """Return, for each namespace, the places where HTTP policies of it govern."""
    found: defaultdict[str, list[tuple[Place, _Draft]]] = defaultdict(list)
    for place, governor in governing.items():
        if governor.body is not None and governor.body.protocol is Protocol.HTTP:
            found[governor.ref.namespace].append((place, governor))
    return found


def _without_unjudgeable(draft: _Draft, speaking_http: Iterable[tuple[Place, _Draft]]) -> _Draft:
    """Return the draft, invalid if its `mcp` Deny rules reach a place where an HTTP policy governs: none reads MCP.

    `speaking_http` are the places of its namespace: elsewhere a policy is no other's to make invalid.
    """
    body = draft.valid_body
    if body is None or body.protocol is Protocol.HTTP or body.mode is not Mode.ENFORCE:
        return draft
    if all(rule.effect is Effect.ALLOW for rule in body.rules):
        return draft
    faults = tuple(
        Problem(
            placement.field,
            f"its mcp Deny rules reach ToolPolicy {other.ref}, which governs there and speaks HTTP",
            "write the denials as an HTTP policy, or the targets more narrowly",
        )
        for placement in draft.owned
        for place, other in speaking_http
        if _is_beneath(placement.place, place)
    )
    return replace(draft, faults=faults) if faults else draft


def _is_beneath(above: Place, place: Place) -> bool:
    if isinstance(above, HostPlace) and isinstance(place, HostPlace):
        return above.is_above(place)
    return above == place


def _places_of_incomplete(drafts: Sequence[_Draft], ownership: Ownership) -> dict[str, tuple[Place, ...]]:
    """Return, for namespaces with a policy whose targets cannot be read, all their policies' places and their hosts."""
    incomplete = {draft.ref.namespace for draft in drafts if draft.valid_body is None and not draft.placements.complete}
    places: dict[str, set[Place]] = {namespace: set() for namespace in incomplete}
    for draft in drafts:
        if draft.ref.namespace in incomplete:
            places[draft.ref.namespace].update(placement.place for placement in draft.owned)
    return {
        namespace: (*found, *(HostPlace(host, "") for host in ownership.hosts_of(namespace)))
        for namespace, found in places.items()
    }


def _standings(
    draft: _Draft, governors: Sequence[_Draft], everywhere: Iterable[Place]
) -> tuple[dict[Place, Standing], tuple[Problem, ...]]:
    """Return what the policy is worth at each of its places, and the conflicts found there."""
    if draft.valid_body is None:
        places = {placement.place for placement in draft.owned}
        if not draft.placements.complete:
            places.update(everywhere)
        return dict.fromkeys(places, Standing.INVALID), ()
    standings: dict[Place, Standing] = {}
    conflicts: list[Problem] = []
    for placement, governor in zip(draft.owned, governors, strict=True):
        agrees = governor is draft or _settings(governor) == _settings(draft)
        standings[placement.place] = Standing.GOVERNS if agrees else Standing.DENIES_ONLY
        if not agrees:
            conflicts.append(_conflict(placement, governor, draft))
    return standings, tuple(conflicts)


def _settings(draft: _Draft) -> PolicyBody:
    """Return what policies on one place must agree in: everything but rules and targets."""
    assert draft.body is not None
    return msgspec.structs.replace(draft.body, rules=())


def _conflict(placement: Placement, governor: _Draft, draft: _Draft) -> Problem:
    ours, theirs = _settings(draft), _settings(governor)
    members = [name for name in PolicyBody.__struct_fields__ if getattr(ours, name) != getattr(theirs, name)]
    found = f"the older ToolPolicy {governor.ref} governs there and differs in {', '.join(members)}"
    remedy = "write the same settings in both; until then only the Deny rules count there"
    return Problem(placement.field, found, remedy, ConditionReason.CONFLICTED)


def _record(draft: _Draft, standings: Mapping[Place, Standing]) -> PolicyRecord:
    hosts = [
        HostTarget(host=place.host, path=place.path, standing=standing)
        for place, standing in standings.items()
        if isinstance(place, HostPlace)
    ]
    principals = [
        PrincipalTarget(principal=Principal(place.principal), standing=standing)
        for place, standing in standings.items()
        if isinstance(place, PrincipalPlace)
    ]
    return PolicyRecord(
        ref=draft.ref,
        generation=draft.thing.generation,
        targets=(
            *sorted(hosts, key=lambda target: (target.host, target.path)),
            *sorted(principals, key=lambda target: target.principal),
        ),
        body=draft.valid_body,
    )
