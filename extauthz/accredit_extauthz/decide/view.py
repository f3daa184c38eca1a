"""A snapshot made ready to decide from: names resolved, keys loaded, patterns compiled. Built once a snapshot."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, assert_never

import msgspec

from accredit_extauthz.contract.host_pattern import patterns_over
from accredit_extauthz.contract.names import AgentRef, Issuer, IssuerName, PolicyRef
from accredit_extauthz.contract.path_pattern import compile_path_pattern, without_case
from accredit_extauthz.contract.scope_pattern import Ceiling, parse_ceiling
from accredit_extauthz.contract.snapshot import (
    AgentRecord,
    Effect,
    HostTarget,
    IssuerRecord,
    PolicyRecord,
    PrincipalTarget,
    Snapshot,
    Standing,
)
from accredit_extauthz.decide.claim_names import member_of
from accredit_extauthz.decide.revocations import RevocationIndex, index_revocations
from accredit_extauthz.decide.signature import VerificationKey, load_key
from accredit_extauthz.model.delegation import Subject
from accredit_extauthz.model.governing import Governing


@dataclass(frozen=True, slots=True)
class Deployment:
    """What this replica is told about where it runs."""

    trust_domain: str = "cluster.local"
    gateway_identities: frozenset[str] = frozenset()  # principals whose Host header decides the target
    max_body: int = 65536  # bytes


@dataclass(frozen=True, slots=True)
class IssuerView:
    """An issuer's record, its loaded keys by `kid`, and the other issuers whose subjects it may name."""

    record: IssuerRecord
    keys: Mapping[str | None, VerificationKey]
    may_assert: frozenset[Issuer]


@dataclass(frozen=True, slots=True)
class Placed:
    """A policy at one of its targets. `path` is the target's path prefix, empty for all."""

    policy: PolicyRecord
    path: str
    standing: Standing


class Place(NamedTuple):
    """Where a request goes, as far as policies tell places apart: what governs is a function of it."""

    pinned: str | None  # the policy that the context extension names
    destination: str | None  # of our trust domain, where nothing is pinned; then host and path say nothing
    pattern: str | None  # the most specific known pattern over the host
    prefix: str | None  # the longest path prefix there, or less specifically, that covers the path


@dataclass(frozen=True, slots=True)
class View:
    """All that one epoch of decisions reads. `governing` remembers what follows from the rest."""

    snapshot: Snapshot
    deployment: Deployment
    issuers: Mapping[Issuer, IssuerView]
    agents: Mapping[Subject, AgentRecord]
    policies: Mapping[PolicyRef, PolicyRecord]
    hosts: Mapping[str, Sequence[Placed]]  # host pattern -> what stands there
    owners: Mapping[str, str]  # host pattern -> namespace
    principals: Mapping[str, Sequence[Placed]]
    revocations: RevocationIndex
    ceilings: Mapping[AgentRef, Ceiling]
    paths: Mapping[str, re.Pattern[str]]
    prefixes: Mapping[
        str, Sequence[str]
    ]  # known host pattern -> path prefixes there and less specifically, longest first
    kept_claims: frozenset[str]  # members of tokens that are read after the proof
    governing: dict[Place, Governing] = field(default_factory=dict)

    @property
    def sequence(self) -> int:
        """The snapshot's sequence."""
        return self.snapshot.sequence

    @property
    def digest(self) -> str:
        """The digest of the snapshot's content."""
        return self.snapshot.digest

    def issuer_name(self, issuer: Issuer) -> IssuerName | None:
        """Return the TrustedIssuer of an `iss`, or None when there is none."""
        found = self.issuers.get(issuer)
        return found.record.name if found else None


def build(snapshot: Snapshot, deployment: Deployment) -> View:
    """Return a view of `snapshot`. Unreadable keys and dangling names are left out: what they would allow is denied."""
    issuers = _index_issuers(snapshot.issuers)
    hosts: dict[str, list[Placed]] = defaultdict(list)
    principals: dict[str, list[Placed]] = defaultdict(list)
    for policy in sorted(snapshot.policies, key=lambda policy: policy.ref):
        for target in policy.targets:
            match target:
                case HostTarget():
                    hosts[target.host].append(Placed(policy, target.path, target.standing))
                case PrincipalTarget():
                    principals[target.principal].append(Placed(policy, "", target.standing))
                case never:
                    assert_never(never)
    return View(
        snapshot=snapshot,
        deployment=deployment,
        issuers=issuers,
        agents=_index_agents(snapshot.agents, {view.record.name: iss for iss, view in issuers.items()}),
        policies={policy.ref: policy for policy in snapshot.policies},
        hosts=dict(hosts),
        owners={owner.pattern: owner.namespace for owner in snapshot.owners},
        principals=dict(principals),
        revocations=index_revocations(snapshot.revocations),
        ceilings={agent.ref: parse_ceiling(agent.scopes) for agent in snapshot.agents},
        paths={pattern: compile_path_pattern(pattern) for pattern in _path_patterns(snapshot.policies)},
        prefixes={pattern: _prefixes(pattern, hosts) for pattern in {*hosts, *(o.pattern for o in snapshot.owners)}},
        kept_claims=frozenset({"sub", *_extra_claims(snapshot.policies)}),
    )


def _index_issuers(records: Iterable[IssuerRecord]) -> dict[Issuer, IssuerView]:
    names = {record.name: record.issuer for record in records if record.usable}
    views: dict[Issuer, IssuerView] = {}
    # Unusable ones last: a conflicting TrustedIssuer must not take the place of the one that holds the `iss`.
    for record in sorted(records, key=lambda record: (not record.usable, record.name)):
        loaded = {key.kid: loaded for key in record.keys if (loaded := load_key(key)) is not None}
        may_assert = frozenset(names[name] for name in record.may_assert if name in names)
        views.setdefault(record.issuer, IssuerView(record, loaded, may_assert))
    return views


def _index_agents(records: Iterable[AgentRecord], issuers: Mapping[IssuerName, Issuer]) -> dict[Subject, AgentRecord]:
    agents: dict[Subject, AgentRecord] = {}
    for record in records:
        for identity in record.identities:
            if identity.issuer not in issuers:
                continue
            subject = Subject(issuers[identity.issuer], identity.subject)
            # The compiler gives a subject to one agent; if two hold it all the same, neither may act.
            agents[subject] = msgspec.structs.replace(record, valid=False) if subject in agents else record
    return agents


def _prefixes(pattern: str, hosts: Mapping[str, Sequence[Placed]]) -> tuple[str, ...]:
    found = {placed.path for over in patterns_over(pattern) for placed in hosts.get(over, ())}
    return tuple(sorted(found, key=len, reverse=True))


def _extra_claims(policies: Iterable[PolicyRecord]) -> Iterator[str]:
    bodies = (policy.body for policy in policies if policy.body is not None)
    return (member_of(extra.claim) for body in bodies for extra in body.extra_headers)


def _path_patterns(policies: Iterable[PolicyRecord]) -> set[str]:
    rules = (rule for policy in policies if policy.body is not None for rule in policy.body.rules)
    return {
        without_case(pattern) if rule.effect is Effect.DENY else pattern
        for rule in rules
        if rule.http is not None
        for pattern in rule.http.paths
    }
