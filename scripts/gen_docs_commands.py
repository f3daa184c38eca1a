"""The page of the command line's options, from the verbs themselves."""
# ruff: noqa: INP001 (a script, no package)

import enum
from collections.abc import Iterator

import typer.main
from gen_docs_markdown import code, page, prose, table
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from accredit_cli.main import assemble

Command = TyperCommand | TyperGroup
Parameter = TyperArgument | TyperOption

_OPENING = """\
`accredit VERB --help` says the same. Exit status everywhere: 0 yes, 1 no, denied or failed, 2 wrong usage or an error.
What each verb is for, and the format of scenarios, stands in [The command line](../cli.md)."""


def commands_page() -> str:
    """Return the page."""
    root = typer.main.get_command(assemble([]))
    return page("Options of every verb", _OPENING, *_sections(root, "accredit"))


def _sections(command: Command, called: str) -> Iterator[str]:
    for name, inner in getattr(command, "commands", {}).items():
        path = f"{called} {name}"
        if hasattr(inner, "commands"):
            yield from _sections(inner, path)
            continue
        arguments = [parameter for parameter in inner.params if not parameter.opts[0].startswith("-")]
        usage = " ".join([path, "[OPTIONS]", *(_argument(each) for each in arguments)])
        yield f"## {path}"
        yield (inner.help or "").strip()
        yield f"```\n{usage}\n```"
        yield table(("option", "takes", "default", "meaning"), map(_row, inner.params))


def _argument(parameter: Parameter) -> str:
    name = parameter.metavar or parameter.name.upper()
    shown = name if parameter.required else f"[{name}]"
    return f"{shown}…" if parameter.nargs != 1 else shown


def _row(parameter: Parameter) -> tuple[str, str, str, str]:
    spelt = [*parameter.opts, *parameter.secondary_opts]
    is_option = spelt[0].startswith("-")
    names = ", ".join(code(each) for each in spelt) if is_option else code(_argument(parameter))
    default = "required" if parameter.required else _default(parameter)
    return names, _takes(parameter) if is_option else "", default, prose(parameter.help or "")


def _takes(parameter: Parameter) -> str:
    annotation = parameter.type_descriptor.annotation
    if getattr(parameter, "is_flag", False):
        return ""
    if parameter.metavar:
        return code(parameter.metavar)
    is_choice = isinstance(annotation, type) and issubclass(annotation, enum.Enum)
    return ", ".join(code(str(each.value)) for each in annotation) if is_choice else ""


def _default(parameter: Parameter) -> str:
    value = parameter.default
    if value is None or value is False or value in ("", (), []) or callable(value):
        return ""
    if value is True:
        return "on"
    return code(str(value.value if isinstance(value, enum.Enum) else value))
