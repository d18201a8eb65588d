"""The tables that the migrations make are those of the program, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text

from screening.settings import HOUSE
from screening.store import SCHEMA, Store, StoreError, metadata, open_month, site


def test_the_migrations_make_the_tables_of_the_program(store: Store) -> None:
    store.prepare()
    with store.reading() as connection:
        found = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(found, metadata) == []


def test_the_schema_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(HOUSE / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


def test_what_lies_in_a_database_stays_when_it_is_prepared_again(store: Store) -> None:
    store.prepare()
    row = {"id": "a", "title": "A", "code_hash": b"0" * 32, "generation": 1, "is_retired": False}
    with store.writing() as connection:
        connection.execute(insert(site).values(**row))
    store.prepare()
    with store.reading() as connection:
        assert dict(connection.execute(select(site)).mappings().one()) == row


def test_machines_that_start_at_once_prepare_one_database(database: str) -> None:
    stores = [Store(database) for _ in range(6)]
    try:
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(lambda store: _patient(store), stores))
        with stores[0].reading() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [SCHEMA]
    finally:
        for store in stores:
            store.let_go()


def _patient(store: Store) -> None:
    """Prepare, and again when another was in the way: a start that fails is tried again at the next visit."""
    for _ in range(20):
        try:
            store.prepare()
        except StoreError:
            continue
        return
    store.prepare()


def test_a_database_of_a_newer_version_is_worked_on_as_it_is(store: Store) -> None:
    store.prepare()
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.prepare()
    with store.reading() as connection:
        assert connection.execute(select(open_month)).all() == []
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_what_is_written_is_kept_whole_or_not_at_all(store: Store) -> None:
    store.prepare()
    new = insert(open_month).values(month="2027-01", layout="", sealed=b"")
    with pytest.raises(StoreError), store.writing() as connection:
        [connection.execute(new) for _ in range(2)]
    with store.reading() as connection:
        assert connection.execute(select(open_month)).all() == []


def test_an_error_of_the_database_quotes_nothing_of_what_was_sent(store: Store) -> None:
    store.prepare()
    new = insert(open_month).values(month="2027-01", layout="plantedzebra", sealed=b"")
    with store.writing() as connection:
        connection.execute(new)
    with pytest.raises(StoreError, match=r"IntegrityError|UniqueViolation") as caught, store.writing() as connection:
        connection.execute(new)
    assert "plantedzebra" not in str(caught.value) and "INSERT" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://u@h/d", "postgresql+asyncpg://u@h/d", "sqlite+aiosqlite:///x"]
)
def test_an_address_of_another_kind_is_refused_with_its_remedy(url: str) -> None:
    with pytest.raises(StoreError, match="postgresql://"):
        Store(url)


def test_the_sqlite_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'deep' / 'tally.db'}")
    store.prepare()
    assert stat.S_IMODE(os.stat(tmp_path / "deep" / "tally.db").st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "deep").st_mode) == 0o700
    with store.reading() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
    store.let_go()


def test_a_file_that_is_no_database_is_said_so_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "tally.db"
    path.write_bytes(b"something else" * 100)
    with pytest.raises(StoreError, match="NOTADB"):
        Store(f"sqlite:///{path}").prepare()
    assert path.read_bytes() == b"something else" * 100


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        Store(f"sqlite:///{tmp_path}/file/tally.db").prepare()
