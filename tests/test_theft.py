"""A thief's copy of the database after each of twenty counts tells volume and time, and nothing of any visit."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from conftest import Clock
from databases import Postgres, postgres
from screening.checklist import Level
from screening.store import Store, open_month
from screening.tally import NO_SIGN, Counted, KeyLostError, Layout, NotCountedError, Tally, Vault

SITES = ["thief-north", "thief-south"]
SIGNS = ["thief-debt", "thief-papers"]

#: Twenty visits, no two neighbours alike: a copy that betrays anything of them differs between them.
VISITS = [
    (
        SITES[number % 2],
        Counted(
            list(Level)[number % 5],
            (number % 2 == 0, number % 3 == 0, number % 5 == 0, number % 7 == 0),
            [*SIGNS, NO_SIGN][number % 3],
        ),
    )
    for number in range(20)
]


def counting(store: Store, keys: Path, clock: Clock) -> Tally:
    tally = Tally(store, Vault(keys), clock, lambda: SITES, SIGNS)
    tally.tend()
    return tally


def sealed_in(store: Store) -> bytes:
    with store.reading() as connection:
        return connection.execute(select(open_month.c.sealed)).scalar_one()


def test_sqlite_files_after_each_of_twenty_counts_hold_one_sealed_row_and_no_pattern(
    tmp_path: Path, clock: Clock
) -> None:
    folder, keys = tmp_path / "data", tmp_path / "months"
    store = Store(f"sqlite:///{folder / 'tally.db'}")
    tally = counting(store, keys, clock)
    with store.reading() as connection:
        empty = sizes = None
        layout = connection.execute(select(open_month.c.layout)).scalar_one()
    stolen: list[Path] = []
    for number, (site, visit) in enumerate(VISITS):
        tally.count(tally.issue(), site, visit)
        stolen.append(tmp_path / f"stolen-{number}")
        shutil.copytree(folder, stolen[-1])
    seen: set[bytes] = set()
    for copy in stolen:
        with sqlite3.connect(copy / "tally.db") as opened:
            (row,) = opened.execute("SELECT month, layout, sealed FROM open_month").fetchall()
            assert opened.execute("SELECT count(*) FROM ticket").fetchone() == (0,)
            tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            assert {name: opened.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables} == {
                "alembic_version": 1,
                "open_month": 1,
                "release": 0,
                "release_cell": 0,
                "site": 0,
                "supervisor": 0,
                "ticket": 0,
            }
            dump = "\n".join(opened.iterdump())
        opened.close()
        assert (row[0], row[1]) == ("2027-01", layout)
        empty = empty or len(row[2])
        assert len(row[2]) == empty
        seen.add(row[2])
        # In a dump the names of sites, levels and signs stand in the layout alone, and a layout never changes.
        without_layout = dump.replace(layout.replace("'", "''"), "")
        assert not any(word in without_layout for word in (*SITES, *SIGNS, *(level.value for level in Level)))
        sizes = sizes or {path.name for path in copy.iterdir()}
        assert {path.name for path in copy.iterdir()} <= sizes | {"tally.db-wal", "tally.db-shm"}
    assert len(seen) == 20, "each is sealed anew"
    _no_bytes_in_common(sorted(seen))
    _raw_files_name_only_the_layout(stolen, layout)
    store.let_go()


def _no_bytes_in_common(sealed: list[bytes]) -> None:
    """Two versions agree in no more places than two strings of random bytes do."""
    pairs = [(a, b) for at, a in enumerate(sealed) for b in sealed[at + 1 :]]
    same = sum(left == right for a, b in pairs for left, right in zip(a, b, strict=True))
    expected = sum(len(a) for a, _ in pairs) / 256
    assert same < expected + 6 * expected**0.5


def _raw_files_name_only_the_layout(copies: list[Path], layout: str) -> None:
    for copy in copies:
        for path in copy.iterdir():
            raw = path.read_bytes()
            for word in (*SITES, *SIGNS):
                assert raw.count(word.encode()) == raw.count(_around(layout, word).encode()), f"{word} in {path.name}"


def _around(layout: str, word: str) -> str:
    """The word with what stands before and after it in the layout."""
    at = layout.index(f'"{word}"')
    return layout[at - 1 : at + len(word) + 3]


def test_after_closing_no_copy_of_the_month_opens_and_no_key_is_left(tmp_path: Path, clock: Clock) -> None:
    folder, keys = tmp_path / "data", tmp_path / "months"
    store = Store(f"sqlite:///{folder / 'tally.db'}")
    tally = counting(store, keys, clock)
    tally.count(tally.issue(), *VISITS[0])
    stolen = sealed_in(store)
    layout = Layout.of(SITES, SIGNS).written()
    assert Vault(keys).open("2027-01", layout, stolen), "with the key of the open month it is read: the risk we state"
    key = (keys / "2027-01.key").read_bytes()
    clock.now += 31 * 86_400
    tally.close()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert key not in path.read_bytes(), f"the key lies in {path.name}"
    with pytest.raises(KeyLostError):
        Vault(keys).open("2027-01", layout, stolen)
    # Nor does the month's last sealed row lie about in what SQLite leaves behind.
    assert all(stolen[:64] not in path.read_bytes() for path in folder.iterdir())
    store.let_go()


@pytest.fixture
def postgres_with_its_own_tools() -> Iterator[Postgres]:
    with postgres(["-c", "full_page_writes=off", "-c", "autovacuum=off"]) as server:
        yield server


def test_postgresqls_pages_and_its_log_of_changes_hold_no_plain_count(
    postgres_with_its_own_tools: Postgres, tmp_path: Path, clock: Clock
) -> None:
    """pageinspect shows dead versions of the row too, pg_waldump all that was written; neither names a cell."""
    server = postgres_with_its_own_tools
    server.ask("postgres", "CREATE DATABASE stolen")
    server.ask("stolen", "CREATE EXTENSION pageinspect")
    store = Store(server.url("stolen"))
    tally = counting(store, tmp_path / "months", clock)
    began = server.ask("stolen", "SELECT pg_current_wal_lsn()")
    for site, visit in VISITS:
        tally.count(tally.issue(), site, visit)
    ended = server.ask("stolen", "SELECT pg_current_wal_lsn()")
    pages = int(server.ask("stolen", "SELECT pg_relation_size('open_month') / 8192"))
    rows = [
        line.split("|")
        for page in range(pages)
        for line in server.ask(
            "stolen",
            "SELECT lp_len, encode(t_data, 'hex') "
            f"FROM heap_page_items(get_raw_page('open_month', {page})) WHERE lp_len > 0",
        ).splitlines()
    ]
    assert rows, "there is the living version at least"
    assert len({length for length, _ in rows}) == 1, "every version is as long"
    sealed = sealed_in(store)
    assert any(sealed.hex() in row for _, row in rows)
    plain = bytes.fromhex("".join(row for _, row in rows))
    layout = Layout.of(SITES, SIGNS).written()
    for word in (*SITES, *SIGNS):
        assert plain.count(word.encode()) == plain.count(_around(layout, word).encode())
    log = server.run("pg_waldump", "--path", f"{server.folder}/pg_wal", "--start", began, "--end", ended)
    assert "HOT_UPDATE" in log or "UPDATE" in log, "the counts are in this stretch of the log"
    raw = b"".join(path.read_bytes() for path in sorted((server.folder / "pg_wal").glob("0*")))
    assert sealed in raw
    for word in (*SITES, *SIGNS):
        assert raw.count(word.encode()) == raw.count(_around(layout, word).encode())
    updates = [line for line in log.splitlines() if "UPDATE" in line and "heap" in line.lower()]
    assert len(updates) >= 20 and not any(word in log for word in (*SITES, *SIGNS))
    dump = server.run("pg_dump", "--inserts", server.url("stolen"))
    assert json.dumps(layout)[1:-1].replace('\\"', '"') in dump
    assert not any(word in dump.replace(layout, "") for word in (*SITES, *SIGNS, *(level.value for level in Level)))
    store.let_go()


@pytest.mark.parametrize("changed", ["sealed", "key", "layout"])
def test_a_row_that_somebody_changed_is_not_counted_on(
    changed: str, store: Store, tmp_path: Path, clock: Clock
) -> None:
    tally = counting(store, tmp_path / "months", clock)
    number = tally.issue()
    sealed = sealed_in(store)
    with store.writing() as connection:
        if changed == "sealed":
            connection.execute(update(open_month).values(sealed=sealed[:-1] + bytes([sealed[-1] ^ 1])))
        elif changed == "layout":
            connection.execute(update(open_month).values(layout=Layout.of([], ["other"]).written()))
        else:
            (tmp_path / "months" / "2027-01.key").write_bytes(b"1" * 32)
    with pytest.raises(NotCountedError, match="not the one"):
        tally.count(number, *VISITS[0])
