"""The code itself under tools that look for weaknesses: our own semgrep rules, bandit, and atheris on the rule loader.

They are installed into .venv-attack by `./test all` alone.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from conftest import HOUSE

TOOLS = HOUSE / ".venv-attack" / "bin"
RULES = HOUSE / "tests" / "semgrep" / "rules.yaml"
EXAMPLES = HOUSE / "tests" / "semgrep" / "examples.py"

pytestmark = pytest.mark.long


def semgrep(tmp_path: Path, what: Path) -> set[tuple[str, int, str]]:
    """File, line and rule of all that is found; asks nobody and tells nobody."""
    environment = os.environ | {
        "PATH": f"{TOOLS}:{os.environ['PATH']}",
        "SEMGREP_SETTINGS_FILE": str(tmp_path / "settings"),
        "SEMGREP_LOG_FILE": str(tmp_path / "log"),
        "SEMGREP_VERSION_CACHE_PATH": str(tmp_path / "version"),
    }
    options = ["--metrics=off", "--disable-version-check", "--no-git-ignore", "--quiet", "--json"]
    made = subprocess.run(
        [TOOLS / "semgrep", "scan", *options, f"--config={RULES}", what],
        cwd=HOUSE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert not told["errors"], told["errors"]
    assert told["paths"]["scanned"]
    return {
        (
            Path(one["path"]).name if what.is_file() else one["path"],
            one["start"]["line"],
            one["check_id"].split(".")[-1],
        )
        for one in told["results"]
    }


def test_nothing_of_a_visit_or_a_request_flows_into_a_log_an_error_an_address_a_statement_or_a_file(
    tmp_path: Path,
) -> None:
    """Each exception is a line with `nosemgrep` and the reason above it."""
    assert semgrep(tmp_path, HOUSE / "screening") == set()


def test_each_rule_catches_what_it_should_and_nothing_else(tmp_path: Path) -> None:
    expected = set()
    for number, line in enumerate(EXAMPLES.read_text("utf-8").splitlines(), start=1):
        if caught := re.search(r"# caught: ([a-z, -]+[a-z])", line):
            expected |= {(EXAMPLES.name, number, rule) for rule in caught[1].split(", ")}
    assert semgrep(tmp_path, EXAMPLES) == expected
    rules = set(re.findall(r"^  - id: (.+)$", RULES.read_text("utf-8"), re.M))
    assert {rule for _, _, rule in expected} == rules


def test_bandit_finds_nothing(tmp_path: Path) -> None:
    """Each exception is a line with `nosec` that names what is meant, and its reason."""
    made = subprocess.run(
        [TOOLS / "bandit", "-q", "-c", "pyproject.toml", "-r", "screening", "-f", "json"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        timeout=300,
    )
    told = json.loads(made.stdout)
    found = [f"{one['filename']}:{one['line_number']} {one['test_id']} {one['issue_text']}" for one in told["results"]]
    assert not told["errors"] and not found, found
    assert told["metrics"]["_totals"]["loc"] > 5_000
    # And it would find something.
    (tmp_path / "bad.py").write_text("import subprocess\nsubprocess.run('ls ' + input(), shell=True)\n")
    made = subprocess.run([TOOLS / "bandit", "-q", "-r", tmp_path], capture_output=True, text=True, timeout=300)
    assert made.returncode == 1 and "B602" in made.stdout


def test_no_file_breaks_the_reader_of_rules(tmp_path: Path) -> None:
    """Guided by the lines that each file reaches; the same each time. Others, and for hours: bench/fuzz.py."""
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": f"{sysconfig.get_path('purelib')}:{HOUSE}"}
    made = subprocess.run(
        [TOOLS / "python", "bench/fuzz.py", "--seconds", "240", "--runs", "10000", "--seed", "1", "--found", tmp_path],
        cwd=HOUSE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert made.returncode == 0, made.stdout[-3000:] + made.stderr[-3000:]
    assert not list(tmp_path.iterdir())
    runs = re.search(r"Done (\d+) runs", made.stderr)
    assert runs and int(runs[1]) > 200, made.stderr[-2000:]
