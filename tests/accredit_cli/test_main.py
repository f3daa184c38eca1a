"""The table of verbs."""

import sys

import pytest
from typer.testing import CliRunner

from accredit_cli import main
from accredit_cli.main import VERBS, assemble


def run(*words):
    return CliRunner().invoke(assemble(words), words)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb):
    done = run(verb, "--help")
    assert done.exit_code == 0
    assert f"{verb} [OPTIONS]" in done.stdout


def test_help_lists_every_verb():
    listed = run("--help").stdout
    assert all(verb in listed for verb in VERBS)


def test_a_verb_that_is_none_is_wrong_usage():
    assert run("conjure").exit_code == 2


def test_a_verb_whose_packages_are_missing_says_which(monkeypatch, capsys):
    monkeypatch.setitem(VERBS, "token", "no_such_module")
    monkeypatch.setattr(sys, "argv", ["accredit", "token"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    assert "no_such_module" in capsys.readouterr().err


def test_one_verb_does_not_load_the_others(monkeypatch):
    monkeypatch.setitem(VERBS, "demo", "no_such_module")
    assert run("token", "--help").exit_code == 0


@pytest.mark.parametrize(
    ("program", "called"),
    [("/usr/bin/accredit", "accredit"), ("/usr/local/bin/kubectl-accredit", "kubectl accredit")],
)
def test_usage_shows_the_words_by_which_it_was_called(monkeypatch, capsys, program, called):
    monkeypatch.setattr(sys, "argv", [program, "validate", "--help"])
    with pytest.raises(SystemExit):
        main.main()
    assert f"Usage: {called} validate" in capsys.readouterr().out
