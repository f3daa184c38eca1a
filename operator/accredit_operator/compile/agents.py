"""AgentIdentities to records. A subject of an issuer is one agent's in the cluster, by the oldest permitted claim.

An agent that is not accepted stays in the snapshot with the identities it holds, so that they are denied.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from accredit_extauthz.contract.names import AgentRef, IssuerName, Principal
from accredit_extauthz.contract.snapshot import ActsFor, AgentRecord, Identity
from accredit_operator.compile.issuers import IssuerTable
from accredit_operator.compile.objects import readable
from accredit_operator.compile.premises import Premises
from accredit_operator.compile.sizes import find_oversize
from accredit_operator.compile.text import find_hidden, find_hidden_in
from accredit_operator.compile.verdict import ConditionReason, Problem, Verdict, judge
from accredit_operator.kinds.agent_identity import AgentIdentitySpec, Workload, WorkloadType
from accredit_operator.kinds.agent_identity import Identity as WrittenIdentity
from accredit_operator.kinds.resource import AgentReference
from accredit_operator.kinds.times import unix_seconds
from accredit_operator.world import Declared, Kind, World

DeclaredAgent = Declared[AgentIdentitySpec]


@dataclass(frozen=True, slots=True)
class _Claims:
    """What an agent's identities come to: those it holds, and what is wrong with the others."""

    held: tuple[Identity, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


def compile_agents(
    world: World, issuers: IssuerTable, premises: Premises
) -> tuple[tuple[AgentRecord, ...], tuple[Verdict, ...]]:
    """Return a record and a verdict for each agent."""
    declared = world.of_kind(Kind.AGENT_IDENTITY, AgentIdentitySpec)
    known = frozenset(_ref(thing) for thing in declared)
    holders: dict[Identity, AgentRef] = {}
    records: list[AgentRecord] = []
    verdicts: list[Verdict] = []
    for thing in declared:
        claims = _claim(thing, issuers, holders)
        record = _record(thing, claims.held, premises)
        problems = (*claims.problems, *_problems(thing, premises), *find_oversize(record))
        verdict = judge(thing, problems, (*claims.notes, *_notes(thing, known)))
        if not verdict.accepted:
            record = _denied(record)
        verdicts.append(replace(verdict, is_suspended=record.suspended, expires_at=record.expires_at))
        records.append(record)
    return tuple(records), tuple(verdicts)


def service_account_principal(trust_domain: str, namespace: str, name: str) -> Principal:
    """Return the SPIFFE ID of a service account, as meshes on Kubernetes spell it."""
    return Principal(f"spiffe://{trust_domain}/ns/{namespace}/sa/{name}")


def resolve_agent(ref: AgentReference, namespace: str) -> AgentRef:
    """Return the agent that a reference in an object of `namespace` means."""
    return AgentRef(ref.namespace or namespace, ref.name)


def _ref(thing: Declared[object]) -> AgentRef:
    return AgentRef(thing.key.namespace, thing.key.name)


def _claim(thing: DeclaredAgent, issuers: IssuerTable, holders: dict[Identity, AgentRef]) -> _Claims:
    """Claim each identity that can be read, is permitted and is free, and note it in `holders`."""
    held: list[Identity] = []
    problems: list[Problem] = []
    notes: list[Problem] = []
    for index, written in _identities(thing):
        field = f"spec.identities[{index}]"
        identity = Identity(issuer=IssuerName(written.issuer_ref.name), subject=written.subject)
        if issuers.is_unread(identity.issuer):
            notes.append(_unread_issuer(identity, field))
            continue
        refused = _refuse_claim(thing, identity, issuers, field)
        holder = holders.get(identity) if refused else holders.setdefault(identity, _ref(thing))
        if refused is None and holder != _ref(thing):
            found = f'"{identity.subject[:64]}" of {identity.issuer} is held by the older AgentIdentity {holder}'
            refused = Problem(f"{field}.subject", found, "claim another subject", ConditionReason.CONFLICTED)
        if refused is None:
            held.append(identity)
        else:
            problems.append(refused)
    return _Claims(tuple(held), tuple(problems), tuple(notes))


def _identities(thing: DeclaredAgent) -> Iterator[tuple[int, WrittenIdentity]]:
    """Yield the identities that can be read, each once, with their index."""
    seen: set[WrittenIdentity] = set()
    written = thing.spec.identities if thing.spec else thing.raw_spec.get("identities")
    for index, entry in enumerate(written if isinstance(written, list | tuple) else ()):
        identity = entry if isinstance(entry, WrittenIdentity) else readable(WrittenIdentity, entry)
        if identity is not None and identity not in seen:
            seen.add(identity)
            yield index, identity


def _unread_issuer(identity: Identity, field: str) -> Problem:
    found = f"TrustedIssuer {identity.issuer} is itself not accepted, so none of its tokens count"
    return Problem(f"{field}.issuerRef.name", found, "correct the TrustedIssuer", ConditionReason.REF_NOT_FOUND)


def _refuse_claim(thing: DeclaredAgent, identity: Identity, issuers: IssuerTable, field: str) -> Problem | None:
    """Return why this namespace may not claim the identity, or None."""
    name, namespace = identity.issuer, thing.key.namespace
    issuer = issuers.declared.get(name)
    if issuer is None:
        found = f"there is no TrustedIssuer {name}"
        return Problem(f"{field}.issuerRef.name", found, "write one that exists", ConditionReason.REF_NOT_FOUND)
    if not issuers.permits(name, namespace):
        found = f"TrustedIssuer {name} does not let namespace {namespace} refer to it"
        remedy = "add the namespace to its allowedNamespaces"
        return Problem(f"{field}.issuerRef.name", found, remedy, ConditionReason.NOT_PERMITTED)
    if not issuers.permits_subject(name, namespace, identity.subject):
        found = f"TrustedIssuer {name} does not let namespace {namespace} claim this subject"
        return Problem(f"{field}.subject", found, "add it to its agentSubjects", ConditionReason.NOT_PERMITTED)
    if issuer.spec is not None and identity.subject in issuer.spec.user_clients:
        found = f"the subject is one of the userClients of TrustedIssuer {name}: a person's own front end"
        return Problem(f"{field}.subject", found, "give the agent a client of its own", ConditionReason.NOT_PERMITTED)
    return None


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


def _notes(thing: DeclaredAgent, known: frozenset[AgentRef]) -> Iterator[Problem]:
    """Yield the references to agents that do not exist: they grant nothing until they do."""
    if thing.spec is None:
        return
    for member, refs in (("delegatesTo", thing.spec.delegates_to), ("delegatesFrom", thing.spec.delegates_from)):
        for index, ref in enumerate(refs):
            agent = resolve_agent(ref, thing.key.namespace)
            if agent not in known:
                field, found = f"spec.{member}[{index}]", f"there is no AgentIdentity {agent}, so it grants nothing"
                yield Problem(field, found, "write one that exists", ConditionReason.REF_NOT_FOUND)


def _record(thing: DeclaredAgent, held: tuple[Identity, ...], premises: Premises) -> AgentRecord:
    spec = thing.spec
    if spec is None:
        return AgentRecord(ref=_ref(thing), identities=held)
    namespace = thing.key.namespace
    return AgentRecord(
        ref=_ref(thing),
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
