"""The documents of documents.yaml, built from their bases."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "documents.yaml").read_text(encoding="utf-8"))
_NAMED = {
    "LONG": "a" * 257,
    "SEVENTEEN": [{"type": "Service", "service": {"name": f"crm-{number}"}} for number in range(17)],
    "TWICE": TABLE["bases"]["policy"]["spec"]["rules"] * 2,
}


def pytest_generate_tests(metafunc):
    for fixture, section in (("good_row", "good"), ("bad_row", "bad")):
        if fixture in metafunc.fixturenames:
            rows = [{**row, "document": _built(row)} for row in TABLE[section]]
            metafunc.parametrize(fixture, rows, ids=[row["id"] for row in rows])


def _built(row):
    document = copy.deepcopy(TABLE["bases"][row["base"]])
    for path in row.get("drop", []):
        holder, last = _place(document, path)
        del holder[last]
    for path, value in row.get("set", {}).items():
        holder, last = _place(document, path)
        holder[last] = _expanded(value)
    return document


def _place(document, path):
    *steps, last = [int(index) if index else name for index, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path)]
    for step in steps:
        document = document[step]
    return document, last


def _expanded(value):
    if isinstance(value, str):
        return _NAMED.get(value, value)
    if isinstance(value, list):
        return [_expanded(item) for item in value]
    if isinstance(value, dict):
        return {name: _expanded(item) for name, item in value.items()}
    return value


@pytest.fixture
def bad_documents():
    return [_built(row) for row in TABLE["bad"]]
