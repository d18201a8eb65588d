"""What an older version left behind is opened by this one, and what this one writes, a newer one may be beside."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, inspect, select, text

from conftest import HOUSE, NOON, Clock
from counting_child import VISIT
from crowd import Crowd
from databases import Postgres
from screening import create_app
from screening.settings import Settings
from screening.store import SCHEMA, Store, StoreError, metadata, release, release_cell
from screening.tally import Tally, Vault
from tally_inside import cells, grown, tickets_left

RELEASED = HOUSE / "tests" / "released"
VERSIONS = sorted(path.name for path in RELEASED.iterdir() if path.is_dir() and path.name[0].isdigit())
PASSWORD = "four words of no sense"
MONTH = 31 * 86_400


@pytest.fixture(params=[f"{version}-{kind}" for version in VERSIONS for kind in ("sqlite", "postgresql")])
def left_behind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Settings]]:
    """The folder of what a version left behind, and the settings of an installation that was restored from it."""
    version, _, kind = request.param.rpartition("-")
    folder, instance = RELEASED / version / kind, tmp_path / "instance"
    (instance / "keys" / "months").mkdir(parents=True)
    for path in folder.glob("*.key"):
        shutil.copy(path, instance / "keys" / "months")
    if kind == "sqlite":
        shutil.copy(folder / "tally.db", instance)
        yield folder, Settings(instance=instance, keys=instance / "keys")
        return
    server: Postgres = request.getfixturevalue("running_postgres")
    server.ask("postgres", "CREATE DATABASE upgraded")
    script = (folder / "tally.sql").read_text()
    with psycopg.connect(server.url("upgraded")) as connection:
        connection.execute(script)
    yield folder, Settings(instance=instance, keys=instance / "keys", database_url=server.url("upgraded"))
    server.ask("postgres", "DROP DATABASE upgraded WITH (FORCE)")


def released(connection: Connection) -> set[tuple[object, ...]]:
    return {tuple(row) for table in (release, release_cell) for row in connection.execute(select(table))}


def test_an_older_database_is_brought_to_the_newest_form_and_keeps_all(
    left_behind: tuple[Path, Settings], clock: Clock
) -> None:
    folder, settings = left_behind
    with Store(settings.database).reading() as connection:
        before = released(connection)
    assert {row[0] for row in before if len(row) == 2} == {"2027-01", "2027-02"} and len(before) > 150
    clock.now = NOON + 2 * MONTH
    app = create_app(settings, clock)
    store, tally = app.extensions["store"], app.extensions["tally"]
    assert store.state().schema == SCHEMA
    with store.reading() as connection:
        assert released(connection) == before
    assert [one.id for one in app.extensions["sites"].all()] == ["ward"]
    assert app.extensions["accounts"].admit("Ann", PASSWORD, "") is not None
    # The visit that was in progress counts in the month that was open, and that month closes whole.
    assert tickets_left(store) == 1
    inside = cells(store, Vault(settings.keys / "months"))
    tally.count((folder / "ticket").read_text(), "ward", VISIT)
    assert grown(inside, cells(store, Vault(settings.keys / "months")))["outcomes", "ward", "seek-advice"] == 1
    clock.now += MONTH
    assert tally.close() == ["2027-03"]
    with store.reading() as connection:
        after = released(connection)
        assert after > before and ("2027-03", True) in after
    store.let_go()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_migration_only_adds(version: str, tmp_path: Path) -> None:
    """So the program of that version goes on working beside this one: nothing it uses is gone, nothing new is asked."""
    shutil.copy(RELEASED / version / "sqlite" / "tally.db", tmp_path)
    with sqlite3.connect(tmp_path / "tally.db") as opened:
        then = {
            table: {
                name: (kind, needed) for _, name, kind, needed, _, _ in opened.execute(f"PRAGMA table_info({table})")
            }
            for (table,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
    opened.close()
    assert set(then) >= {"open_month", "release", "release_cell", "ticket", "site", "supervisor"}
    store = Store(f"sqlite:///{tmp_path / 'tally.db'}")
    store.prepare()
    with store.reading() as connection:
        for table, columns in then.items():
            now = {
                name: (kind, needed, default)
                for _, name, kind, needed, default, _ in connection.exec_driver_sql(f"PRAGMA table_info({table})")
            }
            assert {name: now[name][:2] for name in columns} == columns
            for name in set(now) - set(columns):
                assert not now[name][1] or now[name][2] is not None, f"an older program leaves {table}.{name} out"
        assert set(inspect(connection).get_table_names()) == set(metadata.tables) | {"alembic_version"}
    store.let_go()


def migrate(store: Store) -> None:
    """What a next migration may do, and all at once."""
    with store.writing() as connection:
        for table in ("open_month", "release", "release_cell", "ticket", "site", "supervisor"):
            connection.execute(text(f"ALTER TABLE {table} ADD COLUMN later VARCHAR(20) NOT NULL DEFAULT 'x'"))
        connection.execute(text("CREATE TABLE another (id VARCHAR(3) PRIMARY KEY)"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))


def test_while_a_newer_version_migrates_this_one_counts_on_and_loses_and_doubles_nothing(
    database: str, store: Store, tmp_path: Path, clock: Clock
) -> None:
    vault = Vault(tmp_path / "months")
    tally = Tally(store, vault, clock, lambda: ["ghent-er"], ["large-debt"])
    tally.tend()
    before = cells(store, vault)
    with Crowd(database, vault, clock) as crowd:
        crowd.wait_for(10)
        while True:
            try:
                migrate(store)
            except StoreError:
                # Others were in the way: a start that fails is tried again at the next visit.
                continue
            break
        crowd.wait_for(10)
    crowd.check(before, store)
    # An older version that starts now, and the month that ends: both as ever.
    clock.now += MONTH
    again = Tally(Store(database), vault, clock, lambda: ["ghent-er"], ["large-debt"])
    assert again.close() == ["2027-01"]
    again.count(again.issue(), "ghent-er", VISIT)
    assert store.state().schema == "0002"
