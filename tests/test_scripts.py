"""The two commands: what they say without rights, and that what they install is pinned by hash."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("script", ["run", "test"])
def test_the_scripts_are_plain_shell(script: str) -> None:
    assert (HOUSE / script).read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", script], cwd=HOUSE, check=True)


@pytest.mark.parametrize("script", ["run", "test"])
def test_without_python_and_without_rights_one_sentence_says_what_is_needed(tmp_path: Path, script: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "dirname", "cat", "id", "env"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    # Somebody without rights, whoever runs this test.
    (programs / "id").unlink()
    (programs / "id").write_text("#!/bin/sh\necho 1000\n")
    (programs / "id").chmod(0o755)
    result = subprocess.run(
        [str(programs / "sh"), str(HOUSE / script)],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and "needs python3" in result.stderr


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_every_package_is_pinned_with_hashes_and_no_host_is_named(name: str) -> None:
    text = (HOUSE / name).read_text()
    pin = r"^([a-z0-9._-]+(?:\[[a-z]+\])?)==\S+(?: ; [^\n\\]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
    pins = re.findall(pin, text, re.M | re.I)
    assert len(pins) >= 10 and all(hashes for _, hashes in pins)
    assert len(pins) == len(re.findall(r"==", text))
    assert "://" not in text and "--index" not in text and "--find" not in text


def test_the_ranges_stand_in_one_place() -> None:
    ranges = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]["dependencies"]
    asked = [line for line in (HOUSE / "requirements.in").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in asked if not line.startswith("setuptools")] == ranges
    pinned = (HOUSE / "requirements.txt").read_text().lower()
    for line in asked:
        assert f"\n{re.split('[>=<]', line)[0].lower()}==" in f"\n{pinned}", line


def test_the_project_names_no_machine_and_no_workplace() -> None:
    # The files of the project, with git or without it.
    made = {
        ".git",
        ".venv",
        ".venv-attack",
        ".hypothesis",
        ".benchmarks",
        "instance",
        "__pycache__",
        "screening.egg-info",
    }
    names = [
        str(path.relative_to(HOUSE))
        for path in HOUSE.rglob("*")
        if path.is_file() and not any(part in made or part.endswith("_cache") for part in path.relative_to(HOUSE).parts)
    ]
    assert len(names) > 60
    forbidden = re.compile(r"/" + "work/|/root/" + r"\.|/home/" + r"[a-z]+/|\.\./sha" + "red")
    for name in names:
        path = HOUSE / name
        if path.suffix in (".ttf", ".png", ".db", ".key") or not path.is_file():
            continue
        match = forbidden.search(path.read_text(encoding="utf-8"))
        assert match is None, (name, match)
