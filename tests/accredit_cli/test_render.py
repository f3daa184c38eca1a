import json

import pytest
import yaml

from accredit_cli.render import Output, coloured, printable, show, table


def test_columns_are_as_wide_as_their_widest_cell_and_end_without_spaces():
    assert table(("A", "B"), [("xyz", "1"), ("x", "")]) == "A    B\nxyz  1\nx"


def test_a_cell_cannot_move_the_cursor_or_make_a_line():
    drawn = table(("A",), [("\x1b[2J\r\nb\u202e",)])
    assert drawn.splitlines() == ["A", r"\x1b[2J\r\nb\u202e"]


def test_printable_text_stays():
    assert printable("müller 7") == "müller 7"


@pytest.mark.parametrize(("output", "read"), [(Output.JSON, json.loads), (Output.YAML, yaml.safe_load)])
def test_programs_get_the_value(capsys, output, read):
    show(output, [{"a": None, "b": "x: y"}], str)
    assert read(capsys.readouterr().out) == [{"a": None, "b": "x: y"}]


def test_people_get_what_is_drawn(capsys):
    show(Output.TABLE, [], lambda: "drawn")
    assert capsys.readouterr().out == "drawn\n"


def test_no_colour_goes_into_a_pipe(capsys):
    assert coloured("deny") == "deny"


def test_a_verdict_has_its_colour_on_a_terminal_unless_it_is_unwanted(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert coloured("deny") != "deny"
    assert coloured("word") == "word"
    monkeypatch.setenv("NO_COLOR", "1")
    assert coloured("deny") == "deny"
