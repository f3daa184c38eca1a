"""TrustedIssuers to records: whose tokens are believed, with which keys, and which namespaces may refer to them.

The oldest claim holds an `iss`, be its object valid or not: a second one never takes over by the first one's mistake.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from accredit_extauthz.contract.name_pattern import name_matches
from accredit_extauthz.contract.names import Issuer, IssuerName
from accredit_extauthz.contract.snapshot import ClaimNames, IssuerRecord, Key, Layout, RequiredClaim
from accredit_operator.compile.jwks import read_jwks
from accredit_operator.compile.memo import Memo
from accredit_operator.compile.sizes import find_oversize
from accredit_operator.compile.text import find_hidden, find_hidden_in
from accredit_operator.compile.verdict import ConditionReason, Problem, Verdict, judge
from accredit_operator.conditions import Condition, Status
from accredit_operator.kinds.key_set import KeySource
from accredit_operator.kinds.times import duration_seconds
from accredit_operator.kinds.trusted_issuer import NamespacesFrom, TrustedIssuerSpec
from accredit_operator.world import Declared, Kind, NamespaceFacts, World

NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name"  # set by Kubernetes on every Namespace

DeclaredIssuer = Declared[TrustedIssuerSpec]


@dataclass(frozen=True, slots=True)
class IssuerTable:
    """The issuers as other objects refer to them."""

    declared: Mapping[str, DeclaredIssuer]  # by name, all of them
    records: Mapping[str, IssuerRecord]  # by name, those that hold their `iss`
    namespaces: Mapping[str, NamespaceFacts]  # those that a selector may ask for

    def is_unread(self, name: str) -> bool:
        """Whether an issuer exists but cannot be told whom it permits, or does not hold its `iss`: nothing counts."""
        declared = self.declared.get(name)
        return declared is not None and (declared.spec is None or name not in self.records)

    def permits(self, name: str, namespace: str) -> bool:
        """Whether objects of a namespace may refer to an issuer whose spec can be read."""
        spec = self.declared[name].spec
        assert spec is not None
        allowed = spec.allowed_namespaces
        match allowed.from_:
            case NamespacesFrom.ALL:
                return True
            case NamespacesFrom.NAMES:
                return namespace in (allowed.names or ())
            case NamespacesFrom.SELECTOR:
                assert allowed.selector is not None
                labels = self._labels(namespace)
                return all(labels.get(label) == value for label, value in allowed.selector.match_labels.items())
            case never:
                assert_never(never)

    def permits_subject(self, name: str, namespace: str, subject: str) -> bool:
        """Whether a namespace may claim a subject of an issuer for one of its agents."""
        spec = self.declared[name].spec
        assert spec is not None
        if spec.agent_subjects is None:
            return True
        return any(
            namespace in grant.namespaces and any(name_matches(pattern, subject) for pattern in grant.subjects)
            for grant in spec.agent_subjects
        )

    def _labels(self, namespace: str) -> Mapping[str, str]:
        facts = self.namespaces.get(namespace)
        return {**(facts.labels if facts else {}), NAMESPACE_NAME_LABEL: namespace}


def compile_issuers(
    world: World, fetched: Mapping[str, tuple[Key, ...]], memo: Memo
) -> tuple[IssuerTable, tuple[Verdict, ...]]:
    """Return the issuers and a verdict on each. `fetched` holds the keys of those with a remote set, by name."""
    declared = world.of_kind(Kind.TRUSTED_ISSUER, TrustedIssuerSpec)
    is_selective = any(one.spec is not None and one.spec.allowed_namespaces.selector is not None for one in declared)
    namespaces = world.namespaces if is_selective else {}
    return memo.recall("issuers", (declared, fetched, namespaces), _compile)


def _compile(
    declared: Sequence[DeclaredIssuer],
    fetched: Mapping[str, tuple[Key, ...]],
    namespaces: Mapping[str, NamespaceFacts],
) -> tuple[IssuerTable, tuple[Verdict, ...]]:
    table = {thing.key.name: thing for thing in declared}
    holders: dict[str, str] = {}
    records: dict[str, IssuerRecord] = {}
    verdicts: list[Verdict] = []
    for thing in declared:
        problems = list(_problems(thing.spec))
        issuer = _issuer(thing)
        holder = holders.setdefault(issuer, thing.key.name) if issuer else None
        if issuer and holder != thing.key.name:
            found = f'"{issuer[:64]}" is held by the older TrustedIssuer {holder}'
            problems.append(Problem("spec.issuer", found, "keep one of the two", ConditionReason.CONFLICTED))
        keys, key_problems = usable_keys(thing, fetched)
        if issuer and holder == thing.key.name:
            record = _record(thing, issuer, keys)
            problems.extend(find_oversize(record))
            records[thing.key.name] = _refused(record) if thing.problems or problems else record
        notes = [*key_problems, *_notes(thing.spec, table)]
        conditions = () if thing.spec is None else (_keys_fetched(thing, keys, key_problems),)
        verdicts.append(judge(thing, problems, notes, conditions))
    return IssuerTable(table, records, namespaces), tuple(sorted(verdicts, key=lambda verdict: verdict.key))


def normalise_token_type(text: str) -> str:
    """Return a `typ` as tokens are compared with it: lower case, no `application/`, empty for None (RFC 9068 §4)."""
    lowered = text.lower()
    return "" if lowered == "none" else lowered.removeprefix("application/")


def _issuer(thing: DeclaredIssuer) -> str | None:
    written = thing.spec.issuer if thing.spec else thing.raw_spec.get("issuer")
    return written if isinstance(written, str) and written else None


def _problems(spec: TrustedIssuerSpec | None) -> Iterator[Problem]:
    if spec is None:
        return
    yield from find_hidden_in(spec.issuer, "spec.issuer")
    yield from find_hidden(spec.user_clients, "spec.userClients")
    yield from find_hidden(spec.companion_audiences, "spec.companionAudiences")


def _notes(spec: TrustedIssuerSpec | None, issuers: Mapping[str, DeclaredIssuer]) -> Iterator[Problem]:
    """Yield what is written and has no effect: it grants nothing, and harms nothing else."""
    if spec is None:
        return
    for index, ref in enumerate(spec.may_assert_issuers):
        if ref.name not in issuers:
            field = f"spec.mayAssertIssuers[{index}].name"
            found = f"there is no TrustedIssuer {ref.name}, so nothing of it may be asserted"
            yield Problem(field, found, "write one that exists", ConditionReason.REF_NOT_FOUND)
    if spec.user_clients and spec.claims.client is None:
        yield Problem("spec.userClients", "without claims.client no client is known", "write claims.client")


def usable_keys(
    thing: DeclaredIssuer, fetched: Mapping[str, tuple[Key, ...]]
) -> tuple[tuple[Key, ...], tuple[Problem, ...]]:
    """Return an issuer's keys that count, and what is wrong with those written inline."""
    spec = thing.spec
    if spec is None:
        return (), ()
    if spec.jwks.source is KeySource.INLINE and spec.jwks.inline is not None:
        written = [jwk.model_dump(exclude_unset=True) for jwk in spec.jwks.inline.keys]
        keys, problems = read_jwks(written, spec.algorithms, "spec.jwks.inline.keys")
    else:
        keys, problems = fetched.get(thing.key.name, ()), ()
    denied = frozenset(spec.jwks.denied_key_ids)
    return tuple(key for key in keys if key.kid not in denied and key.algorithm in spec.algorithms), problems


def _keys_fetched(thing: DeclaredIssuer, keys: tuple[Key, ...], problems: tuple[Problem, ...]) -> Condition:
    spec = thing.spec
    assert spec is not None
    if keys:
        status, reason, message = Status.TRUE, "KeysUsable", f"{len(keys)} usable"
    elif spec.jwks.source is KeySource.INLINE:
        status, reason, message = Status.FALSE, "NoUsableKeys", "no key of the set is usable"
    else:
        status, reason, message = Status.FALSE, "NotFetched", "no keys have been fetched, so no token verifies"
    said = "; ".join((message, *(f"{problem.field}: {problem.found}" for problem in problems)))
    return Condition(
        type="KeysFetched", status=status, reason=reason, message=said, observed_generation=thing.generation
    )


def _record(thing: DeclaredIssuer, issuer: str, keys: tuple[Key, ...]) -> IssuerRecord:
    name, spec = IssuerName(thing.key.name), thing.spec
    if spec is None:
        return IssuerRecord(name=name, issuer=Issuer(issuer), claims=ClaimNames(layout=Layout.ACT_CLAIM))
    return IssuerRecord(
        name=name,
        issuer=Issuer(issuer),
        usable=not spec.disabled,
        claims=ClaimNames(**{member: getattr(spec.claims, member) for member in ClaimNames.__struct_fields__}),
        algorithms=tuple(sorted(spec.algorithms)),
        keys=keys,
        token_types=tuple(sorted({normalise_token_type(text) for text in spec.token_types})),
        required_claims=tuple(
            RequiredClaim(name=claim.name, values=tuple(claim.values)) for claim in spec.required_claims or ()
        ),
        max_token_lifetime_s=duration_seconds(spec.max_token_lifetime),
        clock_skew_s=duration_seconds(spec.clock_skew),
        user_clients=tuple(spec.user_clients),
        may_assert=tuple(IssuerName(ref.name) for ref in spec.may_assert_issuers),
        companion_audiences=tuple(spec.companion_audiences),
    )


def _refused(record: IssuerRecord) -> IssuerRecord:
    """Return what is left of an issuer that is not accepted: a name, and the `iss` whose tokens are refused."""
    return IssuerRecord(name=record.name, issuer=record.issuer, usable=False, claims=record.claims)
