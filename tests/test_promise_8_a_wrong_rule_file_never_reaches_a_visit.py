"""Promise 8: it stops the start with file, line, what is wrong, and how to mend it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rule_folders import write_rules


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
