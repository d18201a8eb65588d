"""What the page for administrators says is tried as they would try it."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import time
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text

from conftest import HOUSE, Clock, Worker
from databases import Postgres
from live import serving
from screening import create_app
from screening.logs import JsonLines
from screening.settings import CONFIG, ENVIRONMENT, SettingError, Settings, read_settings
from screening.store import StoreError, release_cell
from test_logs import record

PAGE = (HOUSE / "docs" / "operate.md").read_text(encoding="utf-8")
MONTH = 31 * 86_400
PASSWORD = "four words of no sense"


def section(title: str) -> str:
    return re.split(r"^## ", PAGE, flags=re.M)[[*re.findall(r"^## (.*)$", PAGE, re.M)].index(title) + 1]


def rows(title: str) -> list[list[str]]:
    """The cells of the lines of a section's table, its heading left out."""
    lines = [line.strip("|").split("|") for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line] for line in lines[1:]]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_table_of_settings_is_whole_and_true() -> None:
    table = rows("Settings")
    assert [names(line[0])[0] for line in table] == [*ENVIRONMENT, *CONFIG]
    assert {line[1] for line in table[: len(ENVIRONMENT)]} == {"environment"}
    assert {line[1] for line in table[len(ENVIRONMENT) :]} == {"config.toml"}
    default = Settings()
    for line in table[len(ENVIRONMENT) :]:
        held = getattr(default, names(line[0])[0])
        assert line[3].strip("`") == (str(held) if held else "none"), line
    assert default.log_level == names(rows("Settings")[6][3])[0]


def test_no_other_page_has_a_table_of_settings() -> None:
    for path in (HOUSE / "README.md", *(HOUSE / "docs").rglob("*.md")):
        if path.name != "operate.md":
            assert not re.search(r"^\| `(SCREENING_|idle_minutes)", path.read_text("utf-8"), re.M), path


def test_the_config_that_is_shown_is_taken(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", section("Settings"), re.S)
    (tmp_path / "config.toml").write_text(shown)
    settings = read_settings({"SCREENING_INSTANCE": str(tmp_path)})
    assert {name: getattr(settings, name) for name in CONFIG} == {
        name: tuple(value) if isinstance(value, list) else value for name, value in tomllib.loads(shown).items()
    }
    with pytest.raises(SettingError):
        read_settings({"SCREENING_SERVICE_HOST": "10.0.0.1"})


@pytest.mark.parametrize("workers", [1, 3])
def test_as_many_processes_answer_as_are_set(tmp_path: Path, workers: int) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "config.toml").write_text(f"workers = {workers}\n")
    with serving(tmp_path, {}) as server:
        port = server.home.rpartition(":")[2]
        deadline = time.monotonic() + 20
        while len(answering(port)) <= workers and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(answering(port)) == workers + 1, "and the one that looks after them"


def answering(port: str) -> list[Path]:
    """The processes of the server at this port."""
    ending = f"screening.cli\0serve\0--port\0{port}\0".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        # One that ends meanwhile is none.
        with suppress(OSError):
            if path.read_bytes().endswith(ending):
                found.append(path)
    return found


def test_the_table_of_the_doctor_is_whole() -> None:
    told = {name for line in rows("The doctor") for name in names(line[0])}
    source = ast.parse((HOUSE / "screening" / "doctor.py").read_text("utf-8"))
    looked_at = {
        node.args[1].value
        for node in ast.walk(source)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding"
    }
    assert told == looked_at


def test_the_table_of_the_log_is_whole() -> None:
    told = {name for line in rows("The log") for name in names(line[0])}
    assert told == set(json.loads(JsonLines().format(record("screening", "Something.", error=True))))


def test_every_file_and_test_that_is_named_is_there() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (HOUSE / "docs" / name).exists(), name
    for name in re.findall(r"`(tests/[a-z_0-9]+\.py)`", PAGE):
        assert (HOUSE / name).exists(), name


# --- Backup and restore ---------------------------------------------------------------------------


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, database: str) -> Iterator[str]:
    """Another database of the same kind, to restore into; "" for SQLite, which is a file."""
    if database.startswith("sqlite"):
        yield ""
        return
    server: Postgres = request.getfixturevalue("running_postgres")
    name = f"r{uuid4().hex}"
    server.ask("postgres", f"CREATE DATABASE {name}")
    yield server.url(name)
    server.ask("postgres", f"DROP DATABASE {name} WITH (FORCE)")


def commands(title: str, kind: str) -> str:
    """The shell block of a section for SQLite or PostgreSQL, as it stands there."""
    sqlite, postgresql = re.findall(r"```sh\n(.*?)```", section(title), re.S)
    return {"sqlite": sqlite, "postgresql": postgresql}[kind]


def run(commands: str, **around: str) -> None:
    # Only what the page names, and PostgreSQL's own programs; "set -e" so that no failure is passed over.
    programs = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)))
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", **around}
    done = subprocess.run(["sh", "-euc", commands], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def finished_visit(app: Flask, site_code: str) -> None:
    worker = Worker(app.test_client())
    worker.opens("/site")
    worker.sends("/site", code=site_code)
    worker.begins()
    worker.opens("/visit/outcome")
    assert "/closed/done" in worker.client.post("/visit/finish", data={"csrf_token": token(worker)}).headers["Location"]


def token(worker: Worker) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', worker.text)
    assert found
    return found[1]


def released(app: Flask) -> set[tuple[object, ...]]:
    """Every cell of every release, as it lies in the database."""
    with app.extensions["store"].reading() as connection:
        return {tuple(row) for row in connection.execute(select(release_cell))}


def test_a_backup_is_restored_with_all_that_was_released(
    database: str, empty_database: str, settings: Settings, tmp_path: Path, clock: Clock
) -> None:
    kind = database.partition(":")[0]
    url = "" if kind == "sqlite" else database
    old = create_app(replace(settings, database_url=url), clock)
    code = old.extensions["sites"].add("ward", "Ward")
    old.extensions["accounts"].add("Ann", PASSWORD)
    # The team counts from the next month on, and that month closes with the one after it.
    for _ in range(2):
        clock.now += MONTH
        old.extensions["tally"].tend()
        finished_visit(old, code)
    Worker(old.test_client()).begins()
    before = released(old)
    assert any("ward" in row for row in before)
    with old.extensions["store"].reading() as connection:
        sealed = connection.execute(text("SELECT sealed FROM open_month")).scalar_one()

    backup = tmp_path / "backup"
    run(commands("Backup", kind), BACKUP=str(backup), SCREENING_INSTANCE=str(settings.instance), DATABASE_URL=url)
    assert backup.stat().st_mode & 0o077 == 0, "nobody else may read it"
    assert sorted(path.name for path in tmp_path.glob("backup*")) == ["backup"], "and nothing lies beside it"
    assert sealed not in backup.read_bytes() and bytes(sealed).hex().encode() not in backup.read_bytes()
    # The server went on meanwhile, and what it counted is not in the backup.
    finished_visit(old, code)
    old.extensions["store"].let_go()

    # Another machine: neither the keys nor the database of the one that was lost.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(
        commands("Restore", kind),
        BACKUP=str(backup),
        SCREENING_INSTANCE=str(elsewhere),
        DATABASE_URL=empty_database,
    )
    restored = replace(settings, instance=elsewhere, keys=elsewhere / "keys", database_url=empty_database)
    new = create_app(restored, clock)
    assert released(new) == before
    assert new.extensions["accounts"].admit("Ann", PASSWORD, "") is not None
    finished_visit(new, code)
    with new.extensions["store"].reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM ticket")).scalar() == 0, "it was counted"
    with pytest.raises(StoreError), new.extensions["store"].writing() as connection:
        connection.execute(text("UPDATE release_cell SET value = 0"))
    clock.now += MONTH
    new.extensions["tally"].tend()
    assert released(new) > before, "the next release comes beside those that were restored"
    new.extensions["store"].let_go()


def test_a_restore_where_the_keys_are_still_there_counts_at_once(
    settings: Settings, tmp_path: Path, clock: Clock
) -> None:
    old = create_app(settings, clock)
    code = old.extensions["sites"].add("ward", "Ward")
    finished_visit(old, code)
    backup = str(tmp_path / "backup")
    run(commands("Backup", "sqlite"), BACKUP=backup, SCREENING_INSTANCE=str(settings.instance))
    old.extensions["store"].let_go()
    run(commands("Restore", "sqlite"), BACKUP=backup, SCREENING_INSTANCE=str(settings.instance))
    new = create_app(settings, clock)
    finished_visit(new, code)
    new.extensions["store"].let_go()


def test_a_month_without_its_key_can_be_given_up_as_the_page_says(settings: Settings, clock: Clock) -> None:
    assert "`DELETE FROM open_month`" in section("When something is wrong")
    old = create_app(settings, clock)
    code = old.extensions["sites"].add("ward", "Ward")
    for path in (settings.keys / "months").iterdir():
        path.unlink()
    with old.extensions["store"].writing() as connection:
        connection.execute(text("DELETE FROM open_month"))
    old.extensions["store"].let_go()
    new = create_app(settings, clock)
    finished_visit(new, code)
    new.extensions["store"].let_go()
