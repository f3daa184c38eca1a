"""`accredit validate`: what the operator would say about manifests, before they are applied."""

import typer

from accredit_cli.manifest_paths import PathsArgument, compile_paths
from accredit_cli.render import NO, YES, Output, OutputOption, show
from accredit_cli.verdicts import as_values, drawn

EPILOG = "Examples:\n\naccredit validate manifests/\n\naccredit validate issuer.yaml agents/ -o json"


def command(paths: PathsArgument, *, output: OutputOption = Output.TABLE) -> None:
    """Print what the compiler says about every object: accepted, or the field, what was found and what to write.

    Objects refer to each other, so give all that belong together. Exit status 1 when any is not accepted.
    """
    verdicts = compile_paths(paths, status=NO).verdicts
    show(output, as_values(verdicts), lambda: drawn(verdicts))
    raise typer.Exit(YES if all(verdict.accepted for verdict in verdicts) else NO)
