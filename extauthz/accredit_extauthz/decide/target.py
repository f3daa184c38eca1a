"""Which policies govern a request. The first signal present is final, and one that resolves to nothing denies.

1. the context extension `accredit.dev/policy` from Envoy's own configuration;
2. the destination's workload identity, where it is of our trust domain and no gateway's (a sidecar, whose Host proves
   nothing);
3. host and path.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from accredit_extauthz.contract.host_pattern import patterns_over
from accredit_extauthz.contract.names import PolicyRef
from accredit_extauthz.contract.path_pattern import is_under
from accredit_extauthz.contract.shown import shown
from accredit_extauthz.contract.snapshot import Effect, Mode, PolicyRecord, Protocol, Standing
from accredit_extauthz.decide.view import Deployment, Place, Placed, View
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.governing import Governing, PlacedRule
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse

POLICY_EXTENSION = "accredit.dev/policy"

_EXTENSION_PREFIX = "accredit.dev/"
_MAX_PLACES = 32_768  # pinned policies are few, but each meets every host that clients name


def find_governing(call: Call, view: View, evidence: Evidence) -> Governing:
    """Return what governs the request, and record whose it is. Raises no_policy, policy_invalid, policy_disabled.

    Requests of one place get the same Governing object. What is refused is found anew each time.
    """
    if call.extensions:
        _check_extensions(call.extensions)
    place = _place(call, view)
    governing = view.governing.get(place)
    if governing is None:
        governing = _find(place, call, view, evidence)
        if len(view.governing) < _MAX_PLACES:
            view.governing[place] = governing
    evidence.policy = governing.policy
    return governing


def _check_extensions(extensions: Mapping[str, str]) -> None:
    if any(name.startswith(_EXTENSION_PREFIX) and name != POLICY_EXTENSION for name in extensions):
        refuse(Reason.NO_POLICY, f"an unknown {_EXTENSION_PREFIX} context extension is set; only policy is known")


def _place(call: Call, view: View) -> Place:
    """Return where the first signal leads. The most specific pattern and path prefix imply all the less specific."""
    pinned = call.extensions.get(POLICY_EXTENSION)
    if pinned is None and _is_workload(call.destination, view.deployment):
        return Place(None, call.destination, None, None)
    pattern = call.host if call.host in view.prefixes else _most_specific(call.host, view)
    if pattern is not None:
        for prefix in view.prefixes[pattern]:
            if is_under(call.path, prefix):
                return Place(pinned, None, pattern, prefix)
    return Place(pinned, None, pattern, None)


def _most_specific(host: str, view: View) -> str | None:
    return next((pattern for pattern in patterns_over(host) if pattern in view.prefixes), None)


def _find(place: Place, call: Call, view: View, evidence: Evidence) -> Governing:
    if place.pinned is not None:
        return _pinned(place.pinned, call, view, evidence)
    if place.destination is not None:
        standing = view.principals.get(place.destination, ())
        return _merge(standing, (), f"destination {shown(place.destination)}", evidence)
    tiers = _tiers_over(call, view)
    beneath = [placed for tier in tiers[1:] for placed in tier]
    target = f"host {shown(call.host)} and path {shown(call.path)}"
    return _merge(tiers[0] if tiers else (), beneath, target, evidence)


def _pinned(pinned: str, call: Call, view: View, evidence: Evidence) -> Governing:
    """Merge the pinned policy alone with the Deny rules of those whose Host target covers the request."""
    namespace, _, name = pinned.partition("/")
    policy = view.policies.get(PolicyRef(namespace, name))
    if policy is None:
        refuse(
            Reason.NO_POLICY, f"the pinned policy {shown(pinned)} does not exist; write NAMESPACE/NAME of one that does"
        )
    owner = _owner(call.host, view)
    if owner is not None and owner != namespace:
        refuse(Reason.NO_POLICY, f"host {shown(call.host)} belongs to another namespace than the pinned policy's")
    standing = Standing.INVALID if policy.body is None else Standing.GOVERNS
    others = [placed for tier in _tiers_over(call, view) for placed in tier if placed.policy.ref != policy.ref]
    return _merge([Placed(policy, "", standing)], others, f"policy {shown(pinned)}", evidence)


def _is_workload(principal: str, deployment: Deployment) -> bool:
    if not principal:
        return False
    prefix = f"spiffe://{deployment.trust_domain}/"
    return principal.startswith(prefix) and principal not in deployment.gateway_identities


def _owner(host: str, view: View) -> str | None:
    return next((view.owners[pattern] for pattern in patterns_over(host) if pattern in view.owners), None)


def _tiers_over(call: Call, view: View) -> list[list[Placed]]:
    """Return what the host's owner placed over host and path, in tiers of equal target, most specific first."""
    owner = _owner(call.host, view)
    tiers: list[list[Placed]] = []
    for pattern in patterns_over(call.host):
        here = [
            placed
            for placed in view.hosts.get(pattern, ())
            if placed.policy.ref.namespace == owner and is_under(call.path, placed.path)
        ]
        paths = sorted({placed.path for placed in here}, key=len, reverse=True)
        tiers.extend([placed for placed in here if placed.path == path] for path in paths)
    return tiers


def _merge(at_target: Sequence[Placed], beneath: Sequence[Placed], target: str, evidence: Evidence) -> Governing:
    """Merge what stands at the target with the less specific that reach it.

    An invalid policy denies all that it reaches, more exact targets included: it may have held a Deny rule for them.
    """
    if not at_target:
        refuse(Reason.NO_POLICY, f"no ToolPolicy has {target} among its targets")
    everyone = (*at_target, *beneath)
    for placed in everyone:
        if placed.standing is Standing.INVALID or placed.policy.body is None:
            evidence.policy = placed.policy.ref
            refuse(Reason.POLICY_INVALID, f"ToolPolicy {placed.policy.ref} is invalid; its Accepted condition says why")
    for placed in everyone:
        if placed.policy.body is not None and placed.policy.body.mode is Mode.DISABLED:
            evidence.policy = placed.policy.ref
            refuse(Reason.POLICY_DISABLED, f"ToolPolicy {placed.policy.ref} has mode Disabled")
    governing = [placed.policy for placed in at_target if placed.standing is Standing.GOVERNS]
    if not governing or governing[0].body is None:
        refuse(Reason.NO_POLICY, f"no ToolPolicy governs {target}")
    deny = tuple(_rules_of(_denying(at_target, beneath), Effect.DENY))
    if governing[0].body.protocol is Protocol.HTTP:
        _check_judgeable(deny, evidence)
    return Governing(
        policy=governing[0].ref,
        generation=governing[0].generation,
        body=governing[0].body,
        allow=tuple(_rules_of(governing, Effect.ALLOW)),
        deny=deny,
    )


def _check_judgeable(deny: Iterable[PlacedRule], evidence: Evidence) -> None:
    """Refuse where a Deny rule speaks of MCP messages and the governing policy reads none. Raises policy_invalid.

    The compiler refuses such policies; only a pinned HTTP policy on an MCP host can still bring the two together.
    """
    for placed in deny:
        if placed.rule.mcp is not None:
            evidence.policy = placed.policy
            refuse(Reason.POLICY_INVALID, f"{placed.policy} denies MCP messages where an HTTP policy governs")


def _denying(at_target: Sequence[Placed], beneath: Sequence[Placed]) -> list[PolicyRecord]:
    """All policies at the target, and the less specific ones that do more than observe."""
    enforced = [placed.policy for placed in beneath if placed.policy.body and placed.policy.body.mode is not Mode.AUDIT]
    return [*(placed.policy for placed in at_target), *enforced]


def _rules_of(policies: Iterable[PolicyRecord], effect: Effect) -> Iterator[PlacedRule]:
    for policy in policies:
        for rule in policy.body.rules if policy.body else ():
            if rule.effect is effect:
                yield PlacedRule(policy.ref, rule)
