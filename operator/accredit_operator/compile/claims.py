"""Who an agent is: a subject of an issuer is one agent's in the cluster, by the oldest permitted claim."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from accredit_extauthz.contract.names import AgentRef, IssuerName
from accredit_extauthz.contract.snapshot import Identity
from accredit_operator.compile.issuers import IssuerTable
from accredit_operator.compile.objects import readable
from accredit_operator.compile.verdict import ConditionReason, Problem
from accredit_operator.kinds.agent_identity import AgentIdentitySpec
from accredit_operator.kinds.agent_identity import Identity as WrittenIdentity
from accredit_operator.world import Declared

DeclaredAgent = Declared[AgentIdentitySpec]


@dataclass(frozen=True, slots=True)
class Claim:
    """One identity that an agent names, and why its namespace may not claim it, if so."""

    identity: Identity
    field: str
    refused: Problem | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What an agent's claims come to: the identities it holds, and what is wrong with the others."""

    held: tuple[Identity, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Claims:
    """All claims of one agent. `uncontested` is what they come to when no older agent holds one of them."""

    ref: AgentRef
    claims: tuple[Claim, ...]
    notes: tuple[Problem, ...]
    uncontested: Settled


def read_claims(thing: DeclaredAgent, issuers: IssuerTable) -> Claims:
    """Return the claims to all identities that can be read."""
    claims: list[Claim] = []
    notes: list[Problem] = []
    for index, written in _identities(thing):
        field = f"spec.identities[{index}]"
        identity = Identity(issuer=IssuerName(written.issuer_ref.name), subject=written.subject)
        if issuers.is_unread(identity.issuer):
            notes.append(_unread_issuer(identity, field))
        else:
            claims.append(Claim(identity, field, _refuse_claim(thing, identity, issuers, field)))
    ref = AgentRef(thing.key.namespace, thing.key.name)
    return Claims(ref, tuple(claims), tuple(notes), _settled(claims))


def settle_claims(all_claims: Sequence[Claims]) -> list[Settled]:
    """Return what each agent's claims come to. They come in claim order: the first to name an identity holds it."""
    holders: dict[Identity, AgentRef] = {}
    return [_settle(claims, holders) for claims in all_claims]


def _settle(claims: Claims, holders: dict[Identity, AgentRef]) -> Settled:
    """Note in `holders` what is free, and return what an agent holds."""
    contested: dict[Identity, AgentRef] = {}
    for claim in claims.claims:
        if claim.refused is None:
            holder = holders.setdefault(claim.identity, claims.ref)
            if holder is not claims.ref:
                contested[claim.identity] = holder
    return _settled([_contest(claim, contested) for claim in claims.claims]) if contested else claims.uncontested


def _contest(claim: Claim, holders: dict[Identity, AgentRef]) -> Claim:
    """Return the claim, refused if an older agent holds its identity."""
    holder = holders.get(claim.identity)
    if claim.refused is not None or holder is None:
        return claim
    identity = claim.identity
    found = f'"{identity.subject[:64]}" of {identity.issuer} is held by the older AgentIdentity {holder}'
    refused = Problem(f"{claim.field}.subject", found, "claim another subject", ConditionReason.CONFLICTED)
    return Claim(identity, claim.field, refused)


def _settled(claims: Sequence[Claim]) -> Settled:
    return Settled(
        held=tuple(claim.identity for claim in claims if claim.refused is None),
        problems=tuple(claim.refused for claim in claims if claim.refused is not None),
    )


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
