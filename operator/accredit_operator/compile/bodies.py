"""What a ToolPolicy says beyond its targets, to a record. Structure is the kinds' affair; here are the meanings."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from accredit_extauthz.contract.names import IssuerName
from accredit_extauthz.contract.path_pattern import is_path
from accredit_extauthz.contract.snapshot import (
    Challenge,
    DenialBody,
    ExtraHeader,
    Grant,
    PolicyBody,
    Protocol,
    UserScopes,
)
from accredit_operator.compile.issuers import IssuerTable
from accredit_operator.compile.premises import Premises
from accredit_operator.compile.rules import compile_rule, compile_users, find_rule_problems, find_stars
from accredit_operator.compile.text import find_hidden
from accredit_operator.compile.verdict import ConditionReason, Problem
from accredit_operator.kinds.times import duration_seconds
from accredit_operator.kinds.tool_policy import ToolPolicySpec


def compile_body(spec: ToolPolicySpec, namespace: str) -> PolicyBody:
    """Return the record of a policy's settings and rules."""
    return PolicyBody(
        protocol=spec.protocol,
        mode=spec.mode,
        issuers=tuple(IssuerName(ref.name) for ref in spec.issuers),
        audiences=tuple(spec.audiences),
        callers=tuple(sorted(spec.callers)),
        require_workload=spec.require_workload,
        max_staleness_s=duration_seconds(spec.max_staleness),
        rules=tuple(compile_rule(rule, namespace) for rule in spec.rules),
        user_scopes=spec.user_scopes,
        login_scopes=tuple(spec.login_scopes),
        grants=tuple(Grant(users=compile_users(grant), scopes=tuple(grant.scopes)) for grant in spec.grants),
        public_paths=tuple(public.path for public in spec.public_paths),
        base_protocol=spec.base_protocol,
        challenge=_challenge(spec),
        denial_body=spec.denial_body or _DENIAL_BODIES[spec.protocol],
        forward_token=spec.headers is not None and spec.headers.forward_token,
        extra_headers=tuple(
            ExtraHeader(name=header.name, claim=header.claim) for header in (spec.headers.extra if spec.headers else ())
        ),
    )


_DENIAL_BODIES = {Protocol.MCP: DenialBody.JSON_RPC, Protocol.HTTP: DenialBody.PROBLEM}


def find_body_problems(
    spec: ToolPolicySpec, namespace: str, issuers: IssuerTable, premises: Premises
) -> Iterator[Problem]:
    """Yield what makes a policy invalid."""
    yield from _issuer_problems(spec, namespace, issuers)
    yield from _audience_problems(spec, issuers)
    if duration_seconds(spec.max_staleness) > 0 and not premises.staleness_known:
        yield Problem("spec.maxStaleness", "a snapshot in a file has no known age", "leave it out, or write 0s")
    for index, rule in enumerate(spec.rules):
        yield from find_rule_problems(rule, f"spec.rules[{index}]")
    if spec.grants and spec.user_scopes is UserScopes.TOKEN:
        found = "with userScopes Token no grant bounds anything"
        yield Problem("spec.grants", found, "write userScopes: Grants, or leave the grants out")
    for index, public in enumerate(spec.public_paths):
        if not is_path(public.path):
            found = f'"{public.path[:64]}" has a second spelling'
            yield Problem(f"spec.publicPaths[{index}].path", found, "write it decoded, with upper-case UTF-8 escapes")
    yield from _challenge_problems(spec)


def find_body_notes(spec: ToolPolicySpec, issuers: IssuerTable) -> Iterator[Problem]:
    """Yield what is written and has no effect, or another one than it seems to have."""
    for index, ref in enumerate(spec.issuers):
        if issuers.is_unread(ref.name):
            found = f"TrustedIssuer {ref.name} is itself not accepted, so none of its tokens count"
            yield Problem(f"spec.issuers[{index}].name", found, "correct it", ConditionReason.REF_NOT_FOUND)
    if spec.user_scopes is UserScopes.GRANTS and not spec.grants:
        yield Problem("spec.grants", "nobody is granted a scope", "write grants, or userScopes: Token")
    for index, grant in enumerate(spec.grants):
        yield from find_stars(grant.scopes, f"spec.grants[{index}].scopes")
    for index, rule in enumerate(spec.rules):
        yield from find_stars(rule.scopes or (), f"spec.rules[{index}].scopes")


def _issuer_problems(spec: ToolPolicySpec, namespace: str, issuers: IssuerTable) -> Iterator[Problem]:
    for index, ref in enumerate(spec.issuers):
        field = f"spec.issuers[{index}].name"
        if ref.name not in issuers.declared:
            found = f"there is no TrustedIssuer {ref.name}"
            yield Problem(field, found, "write one that exists", ConditionReason.REF_NOT_FOUND)
        elif not issuers.is_unread(ref.name) and not issuers.permits(ref.name, namespace):
            found = f"TrustedIssuer {ref.name} does not let namespace {namespace} refer to it"
            yield Problem(field, found, "add the namespace to its allowedNamespaces", ConditionReason.NOT_PERMITTED)


def _audience_problems(spec: ToolPolicySpec, issuers: IssuerTable) -> Iterator[Problem]:
    """Refuse an issuer's companion audience as a service's own: a token for two services would count at both."""
    yield from find_hidden(spec.audiences, "spec.audiences")
    for index, audience in enumerate(spec.audiences):
        for ref in spec.issuers:
            record = issuers.records.get(ref.name)
            if record is not None and audience in record.companion_audiences:
                found = f'"{audience[:64]}" is a companion audience of TrustedIssuer {ref.name}'
                remedy = "write an audience of this service alone, or take it from companionAudiences"
                yield Problem(f"spec.audiences[{index}]", found, remedy, ConditionReason.NOT_PERMITTED)


def _challenge_problems(spec: ToolPolicySpec) -> Iterator[Problem]:
    """Refuse what would end the quotes in which the addresses stand in a response header, and what no reader takes."""
    if spec.challenge is None:
        return
    urls = [("resource", spec.challenge.resource or "")]
    urls += [(f"authorizationServers[{n}]", url) for n, url in enumerate(spec.challenge.authorization_servers or ())]
    for member, url in urls:
        if '"' in url or "\\" in url:
            yield Problem(f"spec.challenge.{member}", "it has a quote or a backslash", "write it percent-encoded")
        elif not _is_address(url):
            yield Problem(
                f"spec.challenge.{member}", "its host cannot be read", "write an address such as https://x.example"
            )


def _is_address(url: str) -> bool:
    try:
        urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address
        return False
    return True


def _challenge(spec: ToolPolicySpec) -> Challenge | None:
    written = spec.challenge
    if written is None:
        return None
    return Challenge(resource=written.resource, authorization_servers=tuple(written.authorization_servers or ()))
