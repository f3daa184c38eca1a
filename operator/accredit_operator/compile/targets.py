"""Where a ToolPolicy stands: its targets as hosts with path prefixes, and principals.

Of an invalid policy as much is read as can be: what it names must be denied. A target that cannot be read makes the
whole policy unplaceable, because it could have meant any place of its namespace.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from accredit_extauthz.contract.host_pattern import is_host_pattern, patterns_over
from accredit_extauthz.contract.path_pattern import is_path, is_under
from accredit_operator.compile.agents import service_account_principal
from accredit_operator.compile.objects import readable
from accredit_operator.compile.ownership import service_suffixes
from accredit_operator.compile.premises import Premises
from accredit_operator.compile.verdict import Problem
from accredit_operator.kinds.policy_target import Target, TargetType
from accredit_operator.kinds.tool_policy import ToolPolicySpec
from accredit_operator.world import Declared

DeclaredPolicy = Declared[ToolPolicySpec]


@dataclass(frozen=True, slots=True, order=True)
class HostPlace:
    """A host or wildcard, and a path prefix; the empty one is the whole host."""

    host: str
    path: str

    def is_above(self, other: "HostPlace") -> bool:
        """Whether requests at `other` also lie here, and `other` is the more specific place or the same."""
        if self.host == other.host:
            return is_under(other.path, self.path)
        over = self.host in patterns_over(other.host)
        return over and (is_under(other.path, self.path) or is_under(self.path, other.path))


@dataclass(frozen=True, slots=True, order=True)
class PrincipalPlace:
    """The workload that a sidecar guards."""

    principal: str


@dataclass(frozen=True, slots=True)
class Placement:
    """A place that a policy names, and where it does. An implied one is the short name of a service."""

    place: HostPlace | PrincipalPlace
    field: str
    implied: bool = False


@dataclass(frozen=True, slots=True)
class Placements:
    """All places of a policy. When not `complete`, a target could not be read."""

    named: tuple[Placement, ...]
    complete: bool
    problems: tuple[Problem, ...] = ()


def read_placements(thing: DeclaredPolicy, premises: Premises) -> Placements:
    """Return the places that a policy names, each once."""
    found: dict[HostPlace | PrincipalPlace, Placement] = {}
    problems: list[Problem] = []
    targets, complete = _targets(thing)
    for index, target in targets:
        field = f"spec.targets[{index}]"
        problems.extend(_problems(target, field))
        for placement in _places(target, field, thing.key.namespace, premises):
            found.setdefault(placement.place, placement)
    return Placements(tuple(found.values()), complete, tuple(problems))


def _targets(thing: DeclaredPolicy) -> tuple[list[tuple[int, Target]], bool]:
    """Return the readable targets with their index, and whether those are all of them."""
    if thing.spec is not None:
        return list(enumerate(thing.spec.targets)), True
    written = thing.raw_spec.get("targets")
    if not isinstance(written, list) or not written:
        return [], False
    read = [(index, _read_target(entry)) for index, entry in enumerate(written)]
    return [(index, target) for index, target in read if target is not None], all(target for _, target in read)


def _read_target(entry: object) -> Target | None:
    """Return the target in an invalid policy: as it stands, or the whole of the hosts that it names, or None."""
    target = readable(Target, entry)
    host = entry.get("host") if isinstance(entry, Mapping) and entry.get("type") == TargetType.HOST else None
    names = host.get("names") if isinstance(host, Mapping) else None
    if target is not None or not isinstance(names, list):
        return target
    # One in capitals or with a final dot is refused, and still says which host it means.
    said = [name.lower().removesuffix(".") if isinstance(name, str) else name for name in names]
    return readable(Target, {"type": TargetType.HOST, "host": {"names": said}})


def _problems(target: Target, field: str) -> Iterator[Problem]:
    if target.host is None:
        return
    for index, name in enumerate(target.host.names):
        if not is_host_pattern(name):
            found = f'"{name[:64]}" is an address or no host name'
            yield Problem(f"{field}.host.names[{index}]", found, "write a name of two labels or more")
    for index, path in enumerate(target.host.paths or ()):
        if not is_path(path):
            found = f'"{path[:64]}" has a second spelling'
            yield Problem(f"{field}.host.paths[{index}]", found, "write it decoded, with upper-case UTF-8 escapes")


def _places(target: Target, field: str, namespace: str, premises: Premises) -> Iterator[Placement]:
    match target.type:
        case TargetType.HOST:
            assert target.host is not None
            for host in target.host.names:
                for path in target.host.paths or ("",):
                    yield Placement(HostPlace(host, path.removesuffix("/") if is_path(path) else ""), field)
        case TargetType.SERVICE:
            assert target.service is not None
            local = f"{target.service.name}.{namespace}"
            yield from (Placement(HostPlace(f"{local}.{end}", ""), field) for end in service_suffixes(premises))
            if is_host_pattern(local):
                yield Placement(HostPlace(local, ""), field, implied=True)
        case TargetType.SERVICE_ACCOUNT:
            assert target.service_account is not None
            name = target.service_account.name
            yield Placement(PrincipalPlace(service_account_principal(premises.trust_domain, namespace, name)), field)
        case never:
            assert_never(never)
