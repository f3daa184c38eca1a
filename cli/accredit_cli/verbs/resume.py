"""`accredit resume`: a suspended agent acts again, with new tokens only."""

import time
from pathlib import Path
from typing import Annotated

import typer

from accredit_cli.manifest_paths import compile_paths, read_manifests
from accredit_cli.render import NO, YES, Output, OutputOption, fail, show, warn
from accredit_cli.replacing import replace
from accredit_cli.resumption import NotResumable, NotSuspended, resumed
from accredit_cli.verdicts import as_values, drawn
from accredit_operator.world import Kind, ObjectKey

EPILOG = "Examples:\n\naccredit resume planner -n research manifests/"


def command(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Name of an AgentIdentity.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files and folders of manifests.")],
    *,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Its namespace.")] = "default",
    output: OutputOption = Output.TABLE,
) -> None:
    """Set revokedBefore to now and suspended to false in the agent's manifest, in one step.

    Tokens that were issued before stay refused; what they were used for during the suspension is not known. Only these
    two members of the file change. Exit status 1 when the agent is not suspended, or its manifest is not accepted.
    """
    key = ObjectKey(Kind.AGENT_IDENTITY, namespace, agent)
    found = read_manifests(paths).world.objects.get(key)
    if found is None or found.origin is None:
        raise fail(f"there is no {key} in these manifests; name it, its namespace (-n) and its files")
    file = Path(found.origin.file)
    now = int(time.time())  # noqa: TID251 -- the agent is resumed at the moment of the command
    try:
        replace(file, resumed(file.read_bytes().decode("utf-8"), key, now).encode("utf-8"))
    except NotSuspended as error:
        warn(str(error))
        raise typer.Exit(NO) from error
    except (NotResumable, OSError) as error:
        raise fail(f"{file}: {error}") from error
    verdicts = tuple(each for each in compile_paths(paths).verdicts if each.key == key)
    show(output, as_values(verdicts), lambda: drawn(verdicts))
    raise typer.Exit(YES if all(each.accepted for each in verdicts) else NO)
