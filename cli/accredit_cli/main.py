"""`accredit`: one verb a module of `verbs/`, imported when it is called.

A verb module exposes `command`, a function, with examples in `EPILOG`; or `app`, a `typer.Typer` that groups several.
Exit status everywhere: 0 yes, 1 no, denied or failed, 2 wrong usage or an error.
"""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import typer

# One line a verb: its name, its module in accredit_cli.verbs. The order is that of `accredit --help`.
VERBS = {
    "demo": "demo",
    "validate": "validate",
    "compile": "compile",
    "explain": "explain",
    "test": "test",
    "audit": "audit",
    "status": "status",
    "revoke": "revoke",
    "resume": "resume",
    "token": "token",
    "envoy-config": "envoy_config",
}


def accredit() -> None:
    """Find out who is calling which tool, for whom and through which agents, and whether they may."""


def assemble(arguments: Sequence[str]) -> typer.Typer:
    """Return the program for these arguments: the verb they name, or every verb when they name none.

    So `accredit validate` pays for no MCP SDK and does not need one installed.
    """
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(accredit)
    named = [verb for verb in arguments[:1] if verb in VERBS]
    for verb in named or VERBS:
        try:
            module = importlib.import_module(f"accredit_cli.verbs.{VERBS[verb]}")
        except ModuleNotFoundError:
            if named:
                raise
            continue  # not listed where its packages are missing; called by name, it says which
        _register(app, verb, module)
    return app


def _register(app: typer.Typer, verb: str, module: ModuleType) -> None:
    if hasattr(module, "app"):
        app.add_typer(module.app, name=verb)
    else:
        app.command(verb, epilog=getattr(module, "EPILOG", None))(module.command)


def main() -> None:
    """Run the command line."""
    try:
        app = assemble(sys.argv[1:])
    except ModuleNotFoundError as missing:
        sys.stderr.write(f"accredit: the package {missing.name} is not installed; pip install 'accredit[demo]'\n")
        raise SystemExit(2) from missing
    app(prog_name=_program(sys.argv[0]))


def _program(started_as: str) -> str:
    """Return the words by which the user called: kubectl starts `kubectl-accredit` for `kubectl accredit`."""
    return "kubectl accredit" if Path(started_as).name.startswith("kubectl-") else "accredit"
