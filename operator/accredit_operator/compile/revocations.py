"""Revocations to records. An invalid one is applied as widely as its readable fields say: a typo never un-revokes."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from pydantic import TypeAdapter, ValidationError

from accredit_extauthz.contract.names import AgentRef, IssuerName
from accredit_extauthz.contract.snapshot import RevocationRecord
from accredit_operator.compile.agents import resolve_agent
from accredit_operator.compile.issuers import IssuerTable
from accredit_operator.compile.memo import Memo
from accredit_operator.compile.objects import readable
from accredit_operator.compile.premises import Premises
from accredit_operator.compile.verdict import Problem, Verdict, judge
from accredit_operator.kinds.resource import AgentReference, IssuerRef
from accredit_operator.kinds.revocation import RevocationSpec
from accredit_operator.kinds.text import Text
from accredit_operator.kinds.times import Instant, duration_seconds, unix_seconds
from accredit_operator.world import Declared, Kind, World

DeclaredRevocation = Declared[RevocationSpec]

_INSTANT: TypeAdapter[str] = TypeAdapter(Instant)
_TEXT: TypeAdapter[str] = TypeAdapter(Text)


def compile_revocations(
    world: World, issuers: IssuerTable, premises: Premises, memo: Memo
) -> tuple[tuple[RevocationRecord, ...], tuple[Verdict, ...]]:
    """Return a record and a verdict for each Revocation. Those of the operator's namespace reach everything."""
    declared = world.of_kind(Kind.REVOCATION, RevocationSpec)
    return memo.recall("revocations", (declared, issuers, premises), partial(_compile, memo))


def _compile(
    memo: Memo, declared: Sequence[DeclaredRevocation], issuers: IssuerTable, premises: Premises
) -> tuple[tuple[RevocationRecord, ...], tuple[Verdict, ...]]:
    outcomes = memo.each("revocation", ((thing, issuers, premises) for thing in declared), _outcome)
    ordered = sorted(outcomes, key=lambda outcome: outcome[1].key)
    return tuple(record for record, _ in ordered), tuple(verdict for _, verdict in ordered)


def _outcome(thing: DeclaredRevocation, issuers: IssuerTable, premises: Premises) -> tuple[RevocationRecord, Verdict]:
    everywhere = thing.key.namespace == premises.operator_namespace
    problems = tuple(_problems(thing.spec, issuers))
    if thing.spec is None:
        return _widest(thing, issuers, everywhere=everywhere), judge(thing, problems)
    return _record(thing, thing.spec, everywhere=everywhere, is_bounded=not problems), judge(thing, problems)


def _problems(spec: RevocationSpec | None, issuers: IssuerTable) -> Iterator[Problem]:
    """Tokens that `before` cuts must be dead of age when the revocation ends, or it would revive them."""
    if spec is None or spec.before is None or spec.expires_at is None:
        return
    if unix_seconds(spec.expires_at) <= _last_end(issuers, spec.issuer_ref, unix_seconds(spec.before)):
        found = "it ends while tokens from before `before` can still be valid"
        yield Problem("spec.expiresAt", found, "write a time later than before + maxTokenLifetime + clockSkew")


def _last_end(issuers: IssuerTable, ref: IssuerRef | None, before: int) -> int:
    """Return when the last token that was issued by `before` is dead of age."""
    names = [ref.name] if ref else sorted(issuers.declared)
    return before + max((_longest_life_s(issuers, name) for name in names), default=0)


def _longest_life_s(issuers: IssuerTable, name: str) -> int:
    """Return how long a token of the issuer can be accepted after its `iat`; 0 for an issuer that is not known."""
    declared = issuers.declared.get(name)
    if declared is None or declared.spec is None:
        return 0
    return duration_seconds(declared.spec.max_token_lifetime) + duration_seconds(declared.spec.clock_skew)


def _record(thing: DeclaredRevocation, spec: RevocationSpec, *, everywhere: bool, is_bounded: bool) -> RevocationRecord:
    return RevocationRecord(
        namespace=thing.key.namespace,
        name=thing.key.name,
        everywhere=everywhere,
        issuer=IssuerName(spec.issuer_ref.name) if spec.issuer_ref else None,
        user=spec.user,
        agent=resolve_agent(spec.agent, thing.key.namespace) if spec.agent else None,
        token_id=spec.token_id,
        before=None if spec.before is None else unix_seconds(spec.before),
        expires_at=unix_seconds(spec.expires_at) if spec.expires_at and is_bounded else None,
    )


def _widest(thing: DeclaredRevocation, issuers: IssuerTable, *, everywhere: bool) -> RevocationRecord:
    """Return what can still be read of an invalid Revocation; what cannot is left out, and so matches all."""
    written = thing.raw_spec
    issuer = readable(IssuerRef, written.get("issuerRef"))
    token_id = _text(written, "tokenID")
    before = None if token_id else _instant(written, "before")
    expires_at = _instant(written, "expiresAt")
    if before is not None and expires_at is not None and expires_at <= _last_end(issuers, issuer, before):
        expires_at = None
    return RevocationRecord(
        namespace=thing.key.namespace,
        name=thing.key.name,
        everywhere=everywhere,
        issuer=IssuerName(issuer.name) if issuer else None,
        user=_text(written, "user"),
        agent=_agent(written, thing.key.namespace),
        token_id=token_id,
        before=before,
        expires_at=expires_at,
    )


def _agent(written: Mapping[str, object], namespace: str) -> AgentRef | None:
    ref = readable(AgentReference, written.get("agent"))
    return resolve_agent(ref, namespace) if ref else None


def _text(written: Mapping[str, object], member: str) -> str | None:
    """Return a text that can be one of a token's; one with hidden characters, say, would match none at all."""
    try:
        return _TEXT.validate_python(written.get(member))
    except ValidationError:
        return None


def _instant(written: Mapping[str, object], member: str) -> int | None:
    try:
        return unix_seconds(_INSTANT.validate_python(written.get(member)))
    except ValidationError:
        return None
