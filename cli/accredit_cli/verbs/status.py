"""`accredit status`: issuers, agents, policies, replicas and versions of a cluster, at a glance."""

import time
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from accredit_cli.cluster.access import HOME, ContextOption, HomeOption, KubeconfigOption, reach
from accredit_cli.cluster.overview import ObjectSeen, Overview, ReplicaSeen, look
from accredit_cli.render import NO, YES, Output, OutputOption, show, table, warn
from accredit_extauthz.contract.snapshot import FORMAT
from accredit_operator.conditions import Status
from accredit_operator.system import version
from accredit_operator.world import Kind

EPILOG = "Examples:\n\nkubectl accredit status\n\nkubectl accredit status -n research -o json"

_MOST = 20  # objects that are not ready, in the table; -o json has all


def command(
    *,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Objects of this one; of all unless given.")] = "",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    home: HomeOption = HOME,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print what is published, who serves it, and which objects are not ready.

    Exit status 1 when something needs attention: each such thing is named on standard error. An agent that somebody
    suspended, or that expired, needs none.
    """
    now = int(time.time())  # noqa: TID251 -- ages are meant at the moment of the command
    with reach(kubeconfig, context) as cluster:
        seen = look(cluster, home, namespace, now)
    show(output, _value(seen, now), lambda: _drawn(seen, now))
    for sentence in (*seen.hidden, *seen.troubles()):
        warn(sentence)
    raise typer.Exit(NO if seen.troubles() else YES)


def _value(seen: Overview, now: int) -> dict[str, object]:
    return {
        "client": {"version": version(), "format": FORMAT},
        "snapshot": {
            "sequence": seen.head.sequence if seen.head else None,
            "format": seen.head.format if seen.head else None,
            "confirmedSecondsAgo": _confirmed_s(seen, now),
        },
        "leader": seen.leader or None,
        "deployments": [
            {"name": one.name, "version": one.version, "ready": one.ready, "wanted": one.wanted}
            for one in seen.deployments
        ],
        "replicas": [
            {"name": one.name, "sequence": one.sequence, "format": one.format, "state": _state(one, seen)}
            for one in seen.replicas
        ],
        "objects": [_object(one) for one in seen.objects],
        "attention": list(seen.troubles()),
        "hidden": list(seen.hidden),
    }


def _object(one: ObjectSeen) -> dict[str, object]:
    return {
        "kind": str(one.kind),
        "namespace": one.namespace or None,
        "name": one.name,
        "ready": str(one.ready),
        "reason": one.reason,
        "message": one.message,
    }


def _drawn(seen: Overview, now: int) -> str:
    confirmed_s = _confirmed_s(seen, now)
    snapshot = "none" if seen.head is None else f"{seen.head.sequence} (format {seen.head.format})"
    confirmed = "" if confirmed_s is None else f", confirmed {confirmed_s} s ago"
    client, leader = f"{version()} (format {FORMAT})", seen.leader or "nobody leads"
    parts = [f"client    {client}\noperator  {leader}\nsnapshot  {snapshot}{confirmed}"]
    if seen.deployments:
        rows = [(one.name, one.version or "-", f"{one.ready}/{one.wanted}") for one in seen.deployments]
        parts.append(table(("DEPLOYMENT", "VERSION", "READY"), rows))
    if seen.replicas:
        parts.append(table(("REPLICA", "SEQUENCE", "FORMAT", "RENEWED", "STATE"), _replica_rows(seen)))
    parts.append(table(("KIND", "OBJECTS", "READY", "SWITCHED OFF", "NOT READY"), _counts(seen.objects)))
    issuers = tuple(_issuer_rows(seen.objects))
    if issuers:
        parts.append(table(("ISSUER", "URL", "READY", "KEYS", "FETCHED"), issuers))
    parts += _attention(seen.objects)
    return "\n\n".join(parts)


def _replica_rows(seen: Overview) -> Iterator[tuple[str, ...]]:
    for one in seen.replicas:
        renewed = "-" if one.age_s is None else f"{one.age_s} s ago"
        yield (one.name, str(one.sequence), str(one.format), renewed, _state(one, seen))


def _state(one: ReplicaSeen, seen: Overview) -> str:
    if not one.is_alive:
        return "gone"
    return "behind" if one in seen.behind else "live"


def _counts(objects: tuple[ObjectSeen, ...]) -> Iterator[tuple[str, ...]]:
    for kind in Kind:
        mine = [one for one in objects if one.kind is kind]
        ready = sum(one.ready is Status.TRUE for one in mine)
        attention = sum(one.needs_attention for one in mine)
        yield (str(kind), str(len(mine)), str(ready), str(len(mine) - ready - attention), str(attention))


def _issuer_rows(objects: tuple[ObjectSeen, ...]) -> Iterator[tuple[str, ...]]:
    for one in objects:
        if one.kind is Kind.TRUSTED_ISSUER:
            ids = one.status.get("keyIDs")
            keys = str(len(ids)) if isinstance(ids, list) else "-"
            fetched = str(one.status.get("lastFetchTime") or "-")
            yield (one.name, str(one.spec.get("issuer") or "-"), str(one.ready), keys, fetched)


def _attention(objects: tuple[ObjectSeen, ...]) -> Iterable[str]:
    rows = [
        (f"{one.kind} {one.namespace + '/' if one.namespace else ''}{one.name}", one.reason, one.message)
        for one in objects
        if one.needs_attention
    ]
    if rows:
        yield table(("NOT READY", "REASON", "MESSAGE"), rows[:_MOST])
    if len(rows) > _MOST:
        yield f"and {len(rows) - _MOST} more; -o json lists them all"


def _confirmed_s(seen: Overview, now: int) -> int | None:
    return None if seen.beat is None else max(0, now - int(seen.beat.written_at))
