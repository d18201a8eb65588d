"""The doctor finds what is wrong with an installation, says how to mend it, and touches nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from conftest import HOUSE, NOON, Clock
from databases import Postgres
from screening import create_app, doctor
from screening.doctor import NOTE, WELL, WRONG, Finding, examine
from screening.keys import ROTATION
from screening.referral import pdf_unavailable
from screening.settings import read_settings
from screening.store import SCHEMA, Store

Command = Callable[..., Result]

SITE = """name: Ward
contacts:
  security: {name: Security desk, phone: "7000"}
  night: {name: Night manager, phone: "7001"}
  child-protection: {name: Child protection, phone: "7002"}
  social-worker: {name: Social work, phone: "7003"}
"""


@pytest.fixture
def around(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation in which everything is well."""
    environment = {"SCREENING_INSTANCE": str(tmp_path / "instance")}
    rules = tmp_path / "instance" / "rules"
    rules.mkdir(parents=True)
    (rules / "site.yaml").write_text(SITE)
    started(environment)
    return environment


def started(environment: dict[str, str], clock: Callable[[], float] = time.time) -> None:
    """The server was here."""
    app = create_app(read_settings(environment), clock)
    app.extensions["store"].let_go()


def findings(environment: dict[str, str], clock: Callable[[], float] = time.time) -> dict[str, Finding]:
    """By part; a part with several has the worst of them."""
    found: dict[str, Finding] = {}
    for one in examine(environment, clock):
        if one.part not in found or found[one.part].state != WRONG:
            found[one.part] = one
    return found


def everything_in(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")
    }


def test_where_all_is_well_nothing_is_wrong(around: dict[str, str]) -> None:
    found = findings(around)
    assert [one for one in found.values() if one.state == WRONG] == []
    for part in ("program", "packages", "settings", "rules", "readiness", "sheets", "permissions", "disk", "keys"):
        assert found[part].state == WELL, found[part]
    assert f"schema {SCHEMA}" in found["database"].said and found["database"].state == WELL
    assert found["counts"].state == WELL and found["supervisors"].said.startswith("none")
    assert found["teams"].state == NOTE and "this machine alone" in found["teams"].said


def test_a_folder_that_can_never_be_made_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"SCREENING_INSTANCE": str(tmp_path / "not" / "there")}
    assert findings(environment)["folders"].state == NOTE
    # Whoever runs this test may be root, who may do anything.
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != tmp_path)
    found = findings(environment)["folders"]
    assert found.state == WRONG and f"make nothing in {tmp_path}" in found.said and "chown" in found.said


def test_looking_makes_changes_and_destroys_nothing(around: dict[str, str], tmp_path: Path) -> None:
    before = everything_in(tmp_path)
    list(examine(around))
    # So late that a server that starts would replace the keys and close the month.
    list(examine(around, lambda: time.time() + 90 * 86_400))
    assert everything_in(tmp_path) == before


def test_before_the_first_start_nothing_is_made_and_nothing_is_wrong(tmp_path: Path) -> None:
    found = findings({"SCREENING_INSTANCE": str(tmp_path / "instance")})
    assert not (tmp_path / "instance").exists()
    assert [one for one in found.values() if one.state == WRONG] == []
    assert found["folders"].state == found["keys"].state == found["database"].state == NOTE
    assert found["readiness"].state == NOTE and "practice only: nobody is named for security" in found["readiness"].said


def test_the_command_exits_1_when_something_is_wrong_and_0_when_not(command: Command, tmp_path: Path) -> None:
    result = command("doctor")
    assert result.exit_code == 0, result.output
    assert "0 wrong" in result.stdout.splitlines()[-1]
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "config.toml").write_text("idle_minutes = 4")
    result = command("doctor")
    assert result.exit_code == 1 and "wrong settings: " in result.stdout and "5 to 45" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 wrong, 0 to look at"


def test_the_names_of_settings_are_told_and_not_what_they_hold(around: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "instance" / "config.toml").write_text("workers = 1\n")
    secret = "postgresql://screening:opensesame@127.0.0.1:1/none"
    found = list(examine(around | {"DATABASE_URL": secret}))
    assert not any("opensesame" in one.said for one in found)
    said = next(one.said for one in found if one.part == "settings")
    assert said == "set: SCREENING_INSTANCE, DATABASE_URL, workers"
    lost = next(one for one in found if one.part == "database")
    assert lost.state == WRONG and "screening:***@127.0.0.1:1" in lost.said and "not counted" in lost.said


def test_a_wrong_rule_file_is_shown_with_every_fault(around: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "instance" / "rules" / "site.yaml").write_text("nmae: Ward\n")
    found = findings(around)
    assert found["rules"].state == WRONG and "site.yaml:1:1" in found["rules"].said
    assert found["database"].state == WELL, "the rest is looked at all the same"


@pytest.mark.parametrize(
    ("what", "mode", "said"),
    [
        ("keys", 0o755, "can be opened by others"),
        ("keys/sites.key", 0o640, "can be opened by others"),
        ("tally.db", 0o644, "can be opened by others"),
        (".", 0o757, "can be written by others"),
        ("rules", 0o777, "can be written by others"),
    ],
)
def test_a_permission_that_is_too_wide_is_wrong(
    around: dict[str, str], tmp_path: Path, what: str, mode: int, said: str
) -> None:
    path = tmp_path / "instance" / what
    path.chmod(mode)
    found = findings(around)["permissions"]
    assert found.state == WRONG and f"{path} {said}. Mend it: chmod" in found.said
    subprocess.run(["sh", "-c", found.said.partition("Mend it: ")[2]], check=True)
    assert findings(around)["permissions"].state == WELL, "the remedy mends it"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_key_that_root_has_made_for_another_is_wrong(around: dict[str, str], tmp_path: Path) -> None:
    for path in (tmp_path / "instance", *(tmp_path / "instance").rglob("*")):
        os.chown(path, 65534, 65534)
    assert findings(around)["permissions"].state == WELL
    (month,) = (tmp_path / "instance" / "keys" / "months").iterdir()
    os.chown(month, 0, 0)
    found = findings(around)["permissions"]
    assert found.state == WRONG and f"chown nobody {month}" in found.said


@pytest.mark.parametrize(
    ("later", "state", "said"),
    [
        (0, WELL, "the newest is 0 minutes old"),
        (ROTATION - 60, WELL, "the newest is 119 minutes old"),
        (ROTATION + 120, WRONG, "they do not rotate"),
        (2 * ROTATION + 120, WRONG, "is 4 hours old and should be destroyed: no server runs"),
        (9 * 86_400, WRONG, "is 9 days old and should be destroyed"),
        (-3600, WRONG, "from 60 minutes ahead: the clock was wrong"),
    ],
)
def test_the_age_of_the_keys(tmp_path: Path, clock: Clock, later: int, state: str, said: str) -> None:
    around = {"SCREENING_INSTANCE": str(tmp_path / "instance")}
    started(around, clock)
    clock.now = NOON + later
    found = findings(around, clock)["keys"]
    assert found.state == state and said in found.said


def test_a_database_that_is_damaged_is_found(around: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "instance" / "tally.db"
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'ticket'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size] = 0
    path.write_bytes(content)
    found = findings(around)["database"]
    assert found.state == WRONG and "is damaged: " in found.said and "Restore a backup" in found.said
    # Past the first page, which says what the file is: nothing can be read at all.
    content[size:] = os.urandom(len(content) - size)
    path.write_bytes(content)
    found = findings(around)["database"]
    assert found.state == WRONG and "cannot be used" in found.said


def test_a_lost_key_of_the_month_is_found(around: dict[str, str], tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "instance" / "keys" / "months")
    found = findings(around)["counts"]
    assert found.state == WRONG and "is missing" in found.said


def test_a_clock_that_is_behind_the_counts_is_found(tmp_path: Path, clock: Clock) -> None:
    around = {"SCREENING_INSTANCE": str(tmp_path / "instance")}
    started(around, clock)
    clock.now -= 90 * 86_400
    found = findings(around, clock)["counts"]
    assert found.state == WRONG and "Set the clock" in found.said


def test_a_clock_that_is_years_ahead_of_the_counts_is_found(tmp_path: Path, clock: Clock) -> None:
    environment = {"SCREENING_INSTANCE": str(tmp_path / "instance")}
    started(environment, clock)
    clock.now += 400 * 86_400
    found = findings(environment, clock)["counts"]
    assert found.state == WRONG and "the clock says 2028-02 and the open month is 2027-01" in found.said


def test_a_month_that_has_ended_is_told(tmp_path: Path, clock: Clock) -> None:
    around = {"SCREENING_INSTANCE": str(tmp_path / "instance")}
    started(around, clock)
    clock.now += 40 * 86_400
    assert "the next request closes it" in findings(around, clock)["counts"].said


def test_languages_that_nobody_has_read_are_named(around: dict[str, str], tmp_path: Path, monkeypatch) -> None:
    found = findings(around)["languages"]
    assert found.state == NOTE and "nl" in found.said.split("drafts: ")[1]
    # A house whose catalogue cannot be read: everything else of it is ours.
    for path in HOUSE.iterdir():
        if path.name not in ("translations", "instance"):
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "translations" / "nl" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "translations" / "nl" / "LC_MESSAGES" / "messages.po").write_text("nonsense")
    monkeypatch.setattr(doctor, "HOUSE", tmp_path)
    found = findings(around)["languages"]
    assert found.state == WRONG and "would not start" in found.said and "nl" in found.said


def test_stale_contacts_are_counted_for_the_place_of_the_house(around: dict[str, str]) -> None:
    later = time.time() + 400 * 86_400
    found = findings(around | {"SCREENING_PLACE": "BE"}, lambda: later)["contacts"]
    assert found.state == NOTE and " of BE; " in found.said and "; 0 are stale" not in found.said
    assert "; 0 are stale" in findings(around | {"SCREENING_PLACE": "BE"})["contacts"].said


def test_without_pango_the_sheets_are_off_and_it_says_why(around: dict[str, str], monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    pdf_unavailable.cache_clear()
    found = findings(around)["sheets"]
    pdf_unavailable.cache_clear()
    assert found.state == NOTE and "off: WeasyPrint or its Pango library cannot be loaded" in found.said


def test_a_package_of_another_version_is_found(around: dict[str, str], monkeypatch) -> None:
    real = doctor.version
    monkeypatch.setattr(doctor, "version", lambda name: "0.0.1" if name == "flask" else real(name))
    found = findings(around)["packages"]
    assert found.state == WRONG and "flask 0.0.1 (pinned: " in found.said and "./run" in found.said


def test_a_disk_that_is_nearly_full_is_wrong(around: dict[str, str], monkeypatch) -> None:
    monkeypatch.setattr(doctor, "LITTLE_ROOM", 2**60)
    assert "Make room" in findings(around)["disk"].said and findings(around)["disk"].state == WRONG


@pytest.mark.parametrize(("answer", "state"), [("yes", WELL), ("no", WRONG), ("", NOTE)])
def test_whether_the_network_keeps_the_clock(
    around: dict[str, str], tmp_path: Path, monkeypatch, answer: str, state: str
) -> None:
    asked = tmp_path / "bin" / "timedatectl"
    asked.parent.mkdir()
    asked.write_text(f"#!/bin/sh\necho {answer}\n")
    asked.chmod(0o755)
    monkeypatch.setenv("PATH", f"{asked.parent}:{os.environ['PATH']}")
    assert findings(around)["time"].state == state


def test_a_postgresql_is_looked_at_with_its_clock(around: dict[str, str], running_postgres: Postgres) -> None:
    running_postgres.ask("postgres", "CREATE DATABASE doctor")
    url = running_postgres.url("doctor")
    around = around | {"DATABASE_URL": url}
    assert "no tables yet" in findings(around)["database"].said
    Store(url).prepare()
    found = findings(around)
    assert found["database"].state == WELL and "PostgreSQL" in found["database"].said
    late = findings(around, lambda: time.time() + 600)
    assert late["database"].state == WRONG and "10 minutes apart" in late["database"].said
    running_postgres.ask("doctor", "UPDATE alembic_version SET version_num = '9999'")
    assert "a newer version of the program was here" in findings(around)["database"].said
    running_postgres.ask("postgres", "DROP DATABASE doctor WITH (FORCE)")


def test_the_house_is_the_one_that_runs() -> None:
    assert str(HOUSE) in findings({"SCREENING_INSTANCE": "/nowhere"})["program"].said
