"""`accredit resume`: a suspended agent acts again, with new tokens only."""

import time
from pathlib import Path
from typing import Annotated

import typer

from accredit_cli.cluster import cuts
from accredit_cli.cluster.access import HOME, ContextOption, HomeOption, KubeconfigOption, own_namespace, reach
from accredit_cli.cluster.served import finish
from accredit_cli.cluster.writes import change_agent
from accredit_cli.manifest_paths import compile_paths, read_manifests
from accredit_cli.moments import MomentUnreadable, read_duration
from accredit_cli.render import NO, YES, Output, OutputOption, fail, show, warn
from accredit_cli.replacing import replace
from accredit_cli.resumption import NotResumable, NotSuspended, resumed
from accredit_cli.verdicts import as_values, drawn
from accredit_extauthz.contract.names import AgentRef
from accredit_operator.world import Kind, ObjectKey

EPILOG = "Examples:\n\naccredit resume planner -n research manifests/\n\nkubectl accredit resume planner -n research"
_DEFAULT = "default"


def command(  # noqa: PLR0913 -- one parameter an option
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Name of an AgentIdentity.")],
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Files and folders of manifests, in place of a cluster.")
    ] = None,
    *,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", "-n", help="Its namespace; the context's unless given, in files `default`."),
    ] = None,
    timeout: Annotated[str, typer.Option(metavar="DURATION", help="How long to wait for the replicas.")] = "30s",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    home: HomeOption = HOME,
    output: OutputOption = Output.TABLE,
) -> None:
    """Set revokedBefore to now and suspended to false in one step, and wait until every replica serves it.

    Tokens that were issued before stay refused; what they were used for during the suspension is not known. Of files
    only these two members change, and nothing is waited for. Exit status 1 when the agent is not suspended, its
    manifest is not accepted, or a replica does not follow in time.
    """
    now = int(time.time())  # noqa: TID251 -- the agent is resumed at the moment of the command
    try:
        if paths:
            _resume_in_files(ObjectKey(Kind.AGENT_IDENTITY, namespace or _DEFAULT, agent), paths, now, output)
        within_s = read_duration(timeout)
        with reach(kubeconfig, context) as cluster:
            begun_ns = time.monotonic_ns()
            ref = AgentRef(namespace or own_namespace(kubeconfig, context), agent)
            written = change_agent(cluster, ref, lambda document: cuts.resumed(document, now))
            finish(written, cluster, home, begun_ns, within_s, output)
    except NotSuspended as error:
        warn(str(error))
        raise typer.Exit(NO) from error
    except MomentUnreadable as error:
        raise fail(str(error)) from error


def _resume_in_files(key: ObjectKey, paths: list[Path], now: int, output: Output) -> None:
    found = read_manifests(paths).world.objects.get(key)
    if found is None or found.origin is None:
        raise fail(f"there is no {key} in these manifests; name it, its namespace (-n) and its files")
    file = Path(found.origin.file)
    try:
        replace(file, resumed(file.read_bytes().decode("utf-8"), key, now).encode("utf-8"))
    except NotSuspended:
        raise
    except (NotResumable, OSError) as error:
        raise fail(f"{file}: {error}") from error
    verdicts = tuple(each for each in compile_paths(paths).verdicts if each.key == key)
    show(output, as_values(verdicts), lambda: drawn(verdicts))
    raise typer.Exit(YES if all(each.accepted for each in verdicts) else NO)
