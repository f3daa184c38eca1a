"""The documentation, held against the tree: its YAML compiles, its commands exist, its links lead somewhere."""

import re
import shlex
import subprocess
import sys
from functools import cache
from os import environ, pathsep
from pathlib import Path

import pytest
import typer.main
import yaml

from accredit_cli.main import assemble
from accredit_extauthz.decide import mcp
from accredit_extauthz.settings import OPTIONS
from accredit_operator.manifests import compile_manifests

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "docs").rglob("*.md"))
PAGES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in FILES}
OF_THE_PROJECT = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
TEXTS = PAGES | {name: (ROOT / name).read_text(encoding="utf-8") for name in OF_THE_PROJECT}
BIN = Path(sys.executable).parent
OURS = re.compile(
    r"`((?:benchmarks|charts|cli|crds|docs|examples|extauthz|operator|requirements|scripts|tests)/[A-Za-z0-9_./-]*)`"
)
MANIFEST = "apiVersion: accredit.dev/"


def fences(text, *languages):
    """Return what stands in the fences of these languages; in a list they are indented."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^\1```", text, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, name, body in found if name in languages]


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if MANIFEST in "".join(fences(text, "yaml"))])
def test_the_objects_of_a_page_are_accepted(page, tmp_path):
    for number, block in enumerate(fences(PAGES[page], "yaml")):
        if MANIFEST in block:
            (tmp_path / f"{number}.yaml").write_text(block, encoding="utf-8")
    verdicts = compile_manifests([tmp_path]).verdicts
    assert verdicts
    assert [problem for verdict in verdicts for problem in verdict.problems] == []


def test_all_yaml_is_yaml():
    for page, text in TEXTS.items():
        for block in fences(text, "yaml"):
            assert all(list(yaml.safe_load_all(block))), page


@cache
def programs():
    """Return the options of every command that a page may show."""
    known = {"accredit-extauthz": {option.flag for option in OPTIONS}}
    shown = subprocess.run([BIN / "accredit-operator", "--help"], capture_output=True, text=True, check=True).stdout
    known["accredit-operator"] = set(re.findall(r"--[a-z-]+", shown))
    verbs = typer.main.get_command(assemble([])).commands
    for name, verb in verbs.items():
        for inner, command in getattr(verb, "commands", {"": verb}).items():
            spelt = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
            known[f"accredit {name} {inner}".strip()] = spelt | {"--help"}
    return known


def commands(text):
    """Return the command lines of ours in shell fences, continued lines joined."""
    for block in fences(text, "sh", "bash", ""):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&& |\|\| |[|;] ", line):
                if re.match(r"(kubectl )?accredit(-operator|-extauthz)? ", part.strip()):
                    yield part.strip().removeprefix("kubectl ")


def test_every_command_has_the_options_that_a_page_gives_it():
    known, seen = programs(), 0
    for page, text in TEXTS.items():
        for line in commands(text):
            words = shlex.split(line.partition(" > ")[0].partition(" < ")[0], comments=True)
            name = next((" ".join(words[:size]) for size in (3, 2, 1) if " ".join(words[:size]) in known), None)
            assert name is not None, f"{page}: {line}"
            given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
            assert given <= known[name], f"{page}: {line}"
            seen += 1
    assert seen > 30


def test_the_tutorial_comes_out_as_it_says(tmp_path):
    text = PAGES["docs/tutorial.md"]
    done = subprocess.run(
        ["bash", "-uo", "pipefail", "-c", "\n".join(fences(text, "bash"))],
        cwd=tmp_path,
        env=environ | {"PATH": f"{BIN}{pathsep}{environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    verdict = re.compile(r"^(?:verdict|reason|message) +.*$", re.MULTILINE)
    shown = verdict.findall("\n".join(fences(text, "text")[1:]))  # the first one is the demo's
    assert len(shown) > 10
    assert [line for line in verdict.findall(done.stdout) if line in shown] == shown
    assert "3 passed" in done.stdout


def linked(page):
    """Return the files that a page links to."""
    prose = re.sub(r"```.*?```|`[^`\n]*`|<code>.*?</code>", "", TEXTS[page], flags=re.DOTALL)
    return [((ROOT / page).parent / to).resolve() for to in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", prose)]


def test_links_lead_somewhere():
    assert [f"{page}: {file}" for page in TEXTS for file in linked(page) if not file.exists()] == []


def test_a_page_of_the_site_links_to_no_file_outside_it():
    docs = ROOT / "docs"
    assert [f"{page}: {file}" for page in PAGES for file in linked(page) if not file.is_relative_to(docs)] == []


def test_files_that_are_named_exist():
    missing = [
        f"{page}: {path}" for page, text in TEXTS.items() for path in OURS.findall(text) if not (ROOT / path).exists()
    ]
    assert missing == []


def test_modules_that_the_threat_model_names_exist():
    named = re.findall(
        r"`((?:audit|codec|contract|decide|model|observe|serve|source|transport)/\w+\.py)`", PAGES["docs/security.md"]
    )
    assert len(named) > 30
    assert [name for name in named if not (ROOT / "extauthz" / "accredit_extauthz" / name).exists()] == []


def test_the_navigation_has_every_page_once():
    def pages(entry):
        match entry:
            case str():
                yield entry
            case list():
                for each in entry:
                    yield from pages(each)
            case dict():
                for each in entry.values():
                    yield from pages(each)

    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert sorted(pages(navigation)) == sorted(page.removeprefix("docs/") for page in PAGES)


def test_the_operators_settings_are_documented():
    text = PAGES["docs/settings.md"].partition("## accredit-operator\n")[2]
    rows = dict(re.findall(r"^\| `(ACCREDIT_\w+)` \| `(--[a-z-]+)` \|", text, re.MULTILINE))
    flags = programs()["accredit-operator"] - {"--help", "--manifests", "--publish"}
    assert rows == {f"ACCREDIT_{flag[2:].replace('-', '_').upper()}": flag for flag in flags}


def fields(path, schema):
    for name, member in schema.get("properties", {}).items():
        yield f"{path}.{name}"
        inside, inner = (
            (f"{path}.{name}[]", member["items"]) if member["type"] == "array" else (f"{path}.{name}", member)
        )
        yield from fields(inside, inner)


def test_the_reference_has_every_field_of_every_kind():
    for file in (ROOT / "crds").glob("*.yaml"):
        crd = yaml.safe_load(file.read_text(encoding="utf-8"))["spec"]
        page = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", crd["names"]["kind"]).lower()
        schema = crd["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        found = set(re.findall(r"^\| `([\w.\[\]]+)` \|", PAGES[f"docs/reference/{page}.md"], re.MULTILINE))
        assert found == {*fields("spec", schema["spec"]), *fields("status", schema["status"])}


def test_the_reference_has_every_metric_that_an_alert_asks_for():
    alerts = (ROOT / "charts" / "accredit" / "files" / "alerts.yaml").read_text(encoding="utf-8")
    asked = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\baccredit_\w+", alerts)}
    assert asked <= set(re.findall(r"^\| `(accredit_\w+)` \|", PAGES["docs/reference/metrics.md"], re.MULTILINE))


def test_the_base_protocol_is_listed_as_it_is():
    section = PAGES["docs/policies.md"].partition("## MCP's base protocol\n")[2].partition("\nand, in ")[0]
    assert set(re.findall(r"`([a-z/_A-Z]+)`", section.partition("need no rule")[2])) == set(mcp._BASE_METHODS)
