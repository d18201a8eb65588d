"""The schemas that editors use say what the reader says: they take the shipped files and point at what is misspelt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conftest import HOUSE
from rule_folders import write_rules
from screening.rulebook import schemas
from screening.rulebook.syntax import read_document

RULES = HOUSE / "rules"
FILES = sorted(RULES.rglob("*.yaml"))


def data(path: Path) -> Any:
    faults: list[Any] = []
    document = read_document(path, path.name, faults)
    assert not faults
    return document.data


def schema_of(path: Path) -> str:
    """The schema that the file names in its first line, as an editor finds it."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first.startswith("# yaml-language-server: $schema="), path
    named = (path.parent / first.partition("=")[2]).resolve()
    assert named.parent == RULES / "schemas"
    return named.read_text(encoding="utf-8")


def refused(schema: str, given: Any) -> list[str]:
    return sorted("/".join(map(str, error.absolute_path)) for error in Draft202012Validator(schema).iter_errors(given))


@pytest.mark.parametrize("name", schemas())
def test_the_schemas_are_in_step_with_the_reader(name: str) -> None:
    said = (RULES / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    assert said == schemas()[name], "run: screening rules schemas rules/schemas"
    Draft202012Validator.check_schema(json.loads(said))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(RULES).as_posix())
def test_every_shipped_file_names_its_schema_and_fits_it(path: Path) -> None:
    assert refused(json.loads(schema_of(path)), data(path)) == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("level: stay-attentive", "level: attentive", "outcomes/1/level"),
        ("minutes: 1", "minutes: 0", "minutes"),
        ("title: Small", "titel: Small", ""),
        ("{count: all, at_least: 2}", "{count: all, at_least: 0}", "conditions/several"),
        ("{count: all, at_least: 2}", "{count: al, at_least: 2}", "conditions/several"),
        ("{count: all, at_least: 2}", "{circumstance: age, is: old}", "conditions/several"),
        ("{count: all, at_least: 2}", "{level: act-now}", "conditions/several"),
        ("{count: all, at_least: 2}", "{sum: {sign-a: -1}, at_least: 2}", "conditions/several"),
        ("{count: all, at_least: 2}", "{any: [sign-a, {al: [sign-b]}]}", "conditions/several"),
    ],
)
def test_a_schema_points_at_what_is_misspelt(tmp_path: Path, old: str, new: str, where: str) -> None:
    path = write_rules(tmp_path / "rules") / "checklists" / "small.yaml"
    schema = json.loads(schemas()["checklist"])
    assert refused(schema, data(path)) == []
    path.write_text(path.read_text().replace(old, new))
    assert where in refused(schema, data(path))


@pytest.mark.parametrize(
    "condition",
    [
        "sign-a",
        "{count: [sign-a, sign-b], at_least: 2}",
        "{count: {group: first, strength: [strong, medium]}, at_least: 1}",
        "{sum: {sign-a: 3, sign-b: 1}, at_least: 3}",
        "{all: [sign-a, {any: [sign-b, {not: {circumstance: alone, is: true}}]}]}",
        "{circumstance: age, is: [child, unsure]}",
    ],
)
def test_a_schema_takes_every_form_of_a_condition(tmp_path: Path, condition: str) -> None:
    path = write_rules(tmp_path / "rules") / "checklists" / "small.yaml"
    path.write_text(path.read_text().replace("{count: all, at_least: 2}", condition))
    assert refused(json.loads(schemas()["checklist"]), data(path)) == []
