"""Scenario files to results: which files there are, what their cases say, how each came out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from accredit_cli.minting import Unmintable
from accredit_cli.scenarios.comparing import Difference, differences
from accredit_cli.scenarios.form import BODIES, Case, File, Members, Situation
from accredit_cli.scenarios.layers import layered, present
from accredit_cli.scenarios.objects import NAMESPACE, ObjectsUnusable
from accredit_cli.scenarios.running import Outcome, Runner
from accredit_cli.scenarios.tokens import UnknownKey
from accredit_operator.kinds.mistakes import mistakes_in
from accredit_operator.manifests import ManifestsUnreadable, read_tree
from accredit_operator.manifests.documents import Document, DocumentUnreadable, read_documents
from accredit_operator.manifests.files import find_files
from accredit_operator.world import HOSTS_ANNOTATION, NamespaceFacts, Origin

ModelT = TypeVar("ModelT", bound=BaseModel)


class ScenariosUnusable(Exception):
    """A scenario file cannot be run; the message names file, line and field, and says what to write."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case, whole: the objects of its file, what it changes of them, and the situation that results."""

    file: Path
    line: int
    base: tuple[Members, ...]
    case: Case
    situation: Situation

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Result:
    """How one case came out. No differences: it passed."""

    scenario: Scenario
    outcome: Outcome
    differences: tuple[Difference, ...]


def read_scenarios(paths: Iterable[Path]) -> tuple[Scenario, ...]:
    """Return the cases of these files, and of those in these folders that have `cases`. Raises ScenariosUnusable."""
    named = tuple(paths)
    files, missing = find_files(named)
    if missing:
        raise ScenariosUnusable(f"{missing[0]}: there is no such file or folder")
    found = tuple(scenario for file in files for scenario in _in_file(file, must_be_one=file in named))
    if not found:
        raise ScenariosUnusable("no scenarios here; a scenario file has a list `cases` (docs/cli.md)")
    return found


def run_scenarios(scenarios: Iterable[Scenario], runner: Runner) -> Iterator[Result]:
    """Yield how each case comes out. Raises ScenariosUnusable."""
    for scenario in scenarios:
        try:
            outcome = runner.run(scenario.base, scenario.case, scenario.situation)
        except (ObjectsUnusable, UnknownKey, Unmintable) as error:
            raise ScenariosUnusable(f"{scenario.place}: {error}") from error
        yield Result(scenario, outcome, differences(scenario.case.expect, scenario.situation, outcome))


def _in_file(path: Path, *, must_be_one: bool) -> Iterator[Scenario]:
    try:
        documents = tuple(read_documents(path.read_bytes().decode("utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenariosUnusable(f"{path}: it cannot be read: {error}") from error
    except DocumentUnreadable as error:
        raise ScenariosUnusable(f"{path}:{error.line}: {error.message}") from error
    for document in documents:
        if isinstance(document.value, Mapping) and "cases" in document.value:
            yield from _in_document(path, document)
        elif must_be_one:
            raise ScenariosUnusable(f"{path}:{document.line}: no scenario; write a list `cases` (docs/cli.md)")


def _in_document(path: Path, document: Document) -> Iterator[Scenario]:
    file = _validated(File, document.value, path, document, "")
    base = (*file.objects, *_from_manifests(path, file.manifests))
    for index, case in enumerate(file.cases):
        field = f"cases[{index}]"
        situation = _validated(Situation, _laid(file.situation, case.situation), path, document, field)
        yield Scenario(path, document.lines.get(field, document.line), base, case, situation)


def _laid(of_file: Members, of_case: Members) -> Members:
    """Lay a case's situation on its file's; a request body replaces one of another kind."""
    wanted = of_case.get("request")
    if isinstance(wanted, Mapping) and any(name in wanted for name in BODIES):
        cleared = {name: None for name in BODIES if name not in wanted}
        of_case = {**of_case, "request": {**cleared, **wanted}}
    laid = layered(of_file, of_case)
    assert isinstance(laid, dict)
    request = laid.get("request")
    return present({**laid, "request": present(request) if isinstance(request, Mapping) else request})


def _from_manifests(path: Path, names: Iterable[str]) -> tuple[Members, ...]:
    try:
        world = read_tree(path.parent / name for name in names).world
    except ManifestsUnreadable as error:
        raise ScenariosUnusable(f"{path}: {error.faults[0]}") from error
    objects = tuple(dict(thing.raw) for thing in world.objects.values())
    return (*objects, *(_namespace(facts) for facts in world.namespaces.values()))


def _namespace(facts: NamespaceFacts) -> Members:
    annotations = {HOSTS_ANNOTATION: ",".join(facts.hosts)} if facts.hosts else {}
    metadata = {"name": facts.name, "labels": dict(facts.labels), "annotations": annotations}
    return {"apiVersion": "v1", "kind": NAMESPACE, "metadata": metadata}


def _validated(model: type[ModelT], value: object, path: Path, document: Document, prefix: str) -> ModelT:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        mistake = mistakes_in(error, model)[0]
        field = ".".join(part for part in (prefix, mistake.path.removeprefix("situation.")) if part)
        line = Origin(str(path), document.line, document.lines).at(field)
        raise ScenariosUnusable(f"{line}: {field or 'the file'}: {mistake.found}; {mistake.write}") from error
