"""AgentIdentities to records.

An agent that is not accepted stays in the snapshot with the identities it holds, so that they are denied.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import repeat
from typing import assert_never

from accredit_extauthz.contract.names import AgentRef, Principal
from accredit_extauthz.contract.snapshot import ActsFor, AgentRecord, Identity
from accredit_operator.compile.claims import Claims, DeclaredAgent, Settled, read_claims, settle_claims
from accredit_operator.compile.issuers import IssuerTable
from accredit_operator.compile.memo import Memo
from accredit_operator.compile.premises import Premises
from accredit_operator.compile.sizes import find_oversize
from accredit_operator.compile.text import find_hidden, find_hidden_in
from accredit_operator.compile.verdict import ConditionReason, Problem, Verdict, judge
from accredit_operator.kinds.agent_identity import AgentIdentitySpec, Workload, WorkloadType
from accredit_operator.kinds.resource import AgentReference
from accredit_operator.kinds.times import unix_seconds
from accredit_operator.world import Kind, World


def compile_agents(
    world: World, issuers: IssuerTable, premises: Premises, memo: Memo
) -> tuple[tuple[AgentRecord, ...], tuple[Verdict, ...]]:
    """Return a record and a verdict for each agent, sorted by name."""
    declared = world.of_kind(Kind.AGENT_IDENTITY, AgentIdentitySpec)
    return memo.recall("agents", (declared, issuers, premises), partial(_compile, memo))


def _compile(
    memo: Memo, declared: Sequence[DeclaredAgent], issuers: IssuerTable, premises: Premises
) -> tuple[tuple[AgentRecord, ...], tuple[Verdict, ...]]:
    claims = memo.each("agent claims", ((thing, issuers) for thing in declared), read_claims)
    settled = memo.recall("agents settled", (tuple(claims),), settle_claims)
    references = memo.each("agent references", ((thing,) for thing in declared), _references)
    refs = tuple(one.ref for one in claims)
    dangling = memo.recall("agents dangling", (refs, tuple(references)), _dangling)
    rows = zip(declared, claims, settled, dangling, repeat(premises))
    outcomes = memo.each("agent", rows, _outcome)
    order = memo.recall("agents order", (refs,), _order)
    return tuple(outcomes[at][0] for at in order), tuple(outcomes[at][1] for at in order)


def _outcome(
    thing: DeclaredAgent, claims: Claims, settled: Settled, dangling: tuple[Problem, ...], premises: Premises
) -> tuple[AgentRecord, Verdict]:
    record = _record(thing, settled.held, premises)
    problems = (*settled.problems, *_problems(thing, premises), *find_oversize(record))
    verdict = judge(thing, problems, (*claims.notes, *dangling))
    if not verdict.accepted:
        record = _denied(record)
    return record, replace(verdict, is_suspended=record.suspended, expires_at=record.expires_at)


def _order(refs: Sequence[AgentRef]) -> tuple[int, ...]:
    """Return where each agent is, in the order of their names."""
    return tuple(sorted(range(len(refs)), key=lambda at: (refs[at].namespace, refs[at].name)))


def service_account_principal(trust_domain: str, namespace: str, name: str) -> Principal:
    """Return the SPIFFE ID of a service account, as meshes on Kubernetes spell it."""
    return Principal(f"spiffe://{trust_domain}/ns/{namespace}/sa/{name}")


def resolve_agent(ref: AgentReference, namespace: str) -> AgentRef:
    """Return the agent that a reference in an object of `namespace` means."""
    return AgentRef(ref.namespace or namespace, ref.name)


def _problems(thing: DeclaredAgent, premises: Premises) -> Iterator[Problem]:
    spec = thing.spec
    if spec is None:
        return
    yield from (
        problem
        for index, identity in enumerate(spec.identities)
        for problem in find_hidden_in(identity.subject, f"spec.identities[{index}].subject")
    )
    if spec.acts_for is not None:
        yield from find_hidden(spec.acts_for.users or (), "spec.actsFor.users")
    for index, workload in enumerate(spec.workloads or ()):
        if workload.spiffe_id and not workload.spiffe_id.startswith(f"spiffe://{premises.trust_domain}/"):
            field, found = f"spec.workloads[{index}].spiffeID", f"it is outside trust domain {premises.trust_domain}"
            yield Problem(field, found, f"write spiffe://{premises.trust_domain}/…")


def _references(thing: DeclaredAgent) -> tuple[tuple[str, AgentRef], ...]:
    """Return the agents that this one names, each with its field."""
    if thing.spec is None:
        return ()
    members = (("delegatesTo", thing.spec.delegates_to), ("delegatesFrom", thing.spec.delegates_from))
    return tuple(
        (f"spec.{member}[{index}]", resolve_agent(ref, thing.key.namespace))
        for member, refs in members
        for index, ref in enumerate(refs)
    )


def _dangling(
    refs: Sequence[AgentRef], references: Sequence[tuple[tuple[str, AgentRef], ...]]
) -> list[tuple[Problem, ...]]:
    """Return, for each agent, the references to agents that do not exist: they grant nothing until they do."""
    known = frozenset(refs)
    return [tuple(_dangles(field, ref) for field, ref in named if ref not in known) for named in references]


def _dangles(field: str, agent: AgentRef) -> Problem:
    found = f"there is no AgentIdentity {agent}, so it grants nothing"
    return Problem(field, found, "write one that exists", ConditionReason.REF_NOT_FOUND)


def _record(thing: DeclaredAgent, held: tuple[Identity, ...], premises: Premises) -> AgentRecord:
    spec = thing.spec
    if spec is None:
        return AgentRecord(ref=AgentRef(thing.key.namespace, thing.key.name), identities=held)
    namespace = thing.key.namespace
    return AgentRecord(
        ref=AgentRef(namespace, thing.key.name),
        labels=dict(thing.labels),
        identities=held,
        workloads=_workloads(spec, namespace, premises),
        scopes=tuple(spec.scopes),
        acts_for=_acts_for(spec),
        delegates_to=tuple(resolve_agent(ref, namespace) for ref in spec.delegates_to),
        delegates_from=tuple(resolve_agent(ref, namespace) for ref in spec.delegates_from),
        max_chain_length=spec.max_chain_length,
        suspended=spec.suspended,
        revoked_before=None if spec.revoked_before is None else unix_seconds(spec.revoked_before),
        expires_at=None if spec.expires_at is None else unix_seconds(spec.expires_at),
        created_at=thing.created_at,
    )


def _denied(record: AgentRecord) -> AgentRecord:
    """Return what is left of an agent that is not accepted: a name, and the identities to deny."""
    return AgentRecord(ref=record.ref, valid=False, identities=record.identities)


def _workloads(spec: AgentIdentitySpec, namespace: str, premises: Premises) -> tuple[Principal, ...] | None:
    if spec.workloads is None:
        return None
    return tuple(_principal(workload, namespace, premises) for workload in spec.workloads)


def _principal(workload: Workload, namespace: str, premises: Premises) -> Principal:
    match workload.type:
        case WorkloadType.SPIFFE:
            assert workload.spiffe_id is not None
            return Principal(workload.spiffe_id)
        case WorkloadType.SERVICE_ACCOUNT:
            assert workload.service_account is not None
            return service_account_principal(premises.trust_domain, namespace, workload.service_account.name)
        case never:
            assert_never(never)


def _acts_for(spec: AgentIdentitySpec) -> ActsFor | None:
    written = spec.acts_for
    if written is None:
        return None
    return ActsFor(
        any_user=written.any_user,
        users=tuple(written.users or ()),
        groups=tuple(written.groups or ()),
        tenants=None if written.tenants is None else tuple(written.tenants),
    )
