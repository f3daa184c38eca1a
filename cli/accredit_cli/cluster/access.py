"""The way to the cluster that the command line's user means: KUBECONFIG, --kubeconfig, --context.

The client is loaded when it is needed: verbs over files neither wait for its package nor need it installed.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer

from accredit_cli.render import fail
from accredit_operator.ports import Cluster, ClusterError
from accredit_operator.system import SystemClock

KubeconfigOption = Annotated[
    str | None, typer.Option("--kubeconfig", metavar="FILE", help="In place of KUBECONFIG and ~/.kube/config.")
]
ContextOption = Annotated[
    str | None, typer.Option("--context", metavar="NAME", help="A context of it, in place of the current one.")
]
HomeOption = Annotated[
    str,
    typer.Option("--accredit-namespace", envvar="ACCREDIT_NAMESPACE", metavar="NAMESPACE", help="Where Accredit runs."),
]
HOME = "accredit-system"
_FALLBACK = "default"

_Context = Mapping[str, object]


@contextmanager
def reach(kubeconfig: str | None, context: str | None) -> Iterator[Cluster]:
    """Lend the cluster. What goes wrong with it ends the verb with its sentence."""
    try:
        from accredit_operator.cluster import connect  # noqa: PLC0415 (see above)
    except ModuleNotFoundError as missing:
        raise fail(f"the package {missing.name} is not installed; pip install 'accredit[kubernetes]'") from missing
    environment = {**os.environ, **({"KUBECONFIG": kubeconfig} if kubeconfig else {})}
    try:
        cluster = connect(environment, SystemClock(), context=context)
    except ClusterError as error:
        raise fail(str(error)) from error
    try:
        yield cluster
    except ClusterError as error:
        raise fail(str(error)) from error
    finally:
        cluster.close()


def own_namespace(kubeconfig: str | None, context: str | None) -> str:
    """Return the namespace that the context names, as kubectl takes it; `default` where it names none."""
    try:
        from kubernetes import config  # noqa: PLC0415 (see above)
    except ModuleNotFoundError:
        return _FALLBACK
    listed: Callable[..., tuple[Iterable[_Context], _Context]] = config.list_kube_config_contexts
    try:
        every, current = listed(kubeconfig or os.environ.get("KUBECONFIG") or None)
    except (config.ConfigException, OSError):
        return _FALLBACK
    chosen = next((one for one in every if one.get("name") == context), None) if context else current
    members = None if chosen is None else chosen.get("context")
    named = members.get("namespace") if isinstance(members, Mapping) else None
    return named if isinstance(named, str) and named else _FALLBACK
