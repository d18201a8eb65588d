"""Promise 8: it stops the start with file, line, what is wrong, and how to mend it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rule_folders import CASE, write_rules
from screening import create_app
from screening.rulebook import RuleError
from screening.settings import Settings

#: For each stage of the reading, something wrong that no other stage finds, and what is said of it.
STAGES = {
    "a stray file": ("checklists/other.yml", "", "format: 1\n", "no such rule file is known"),
    "syntax": ("checklists/small.yaml", "minutes: 1", "minutes: !!int 1", "a tag"),
    "structure": ("checklists/small.yaml", "minutes: 1", "minutes: one", "must be a whole number"),
    "unique ids": ("indicators.yaml", "- id: sign-b", "- id: sign-a", "sign-a"),
    "references": ("checklists/small.yaml", "when: several", "when: sevral", "Did you mean 'several'"),
    "reachability": ("checklists/small.yaml", "at_least: 1}", "at_least: 2}", "can never be reached"),
    "a next step": ("guidance.yaml", "  next_step: true\n", "", "no guidance gives a next step"),
    "worked examples": (
        "checklists/small.yaml",
        "examples:\n",
        "examples:\n  - {name: wrong, others: no, outcome: many}\n",
        "comes out as none, not many",
    ),
    "practice cases": ("cases/somebody.yaml", "outcome: single", "outcome: many", "single"),
}


def run(*arguments: str, rules: Path, instance: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"SCREENING_RULES": str(rules), "SCREENING_INSTANCE": str(instance)}
    command = [sys.executable, "-m", "screening.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--port", "18999"],
        ["rules", "check"],
        ["rules", "list"],
        ["assess", "small", "/dev/null"],
        ["sheet", "small", "/dev/null", "-o", "/dev/null"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_nothing_starts_with_a_wrong_rule_file(tmp_path: Path, arguments: list[str]) -> None:
    rules = write_rules(tmp_path / "rules")
    path = rules / "checklists" / "small.yaml"
    path.write_text(path.read_text().replace("when: several", "when: sevral"))
    result = run(*arguments, rules=rules, instance=tmp_path / "instance")
    assert result.returncode == 1
    assert result.stdout == ""
    assert re.fullmatch(
        r"rules/checklists/small\.yaml:20:55: no condition or indicator is called 'sevral'\. "
        r"Did you mean 'several'\?\n",
        result.stderr,
    )


@pytest.mark.parametrize(("file", "old", "new", "said"), STAGES.values(), ids=STAGES.keys())
def test_no_stage_of_the_reading_lets_it_pass(
    tmp_path: Path, settings: Settings, file: str, old: str, new: str, said: str
) -> None:
    rules = write_rules(tmp_path / "rules")
    (rules / "cases").mkdir()
    (rules / "cases" / "somebody.yaml").write_text(CASE, encoding="utf-8")
    create_app(replace(settings, rules=rules))
    path = rules / file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleError, match=re.escape(said)) as caught:
        create_app(replace(settings, rules=rules))
    assert all(fault.path == f"rules/{file}" and fault.line and fault.remedy for fault in caught.value.faults)
