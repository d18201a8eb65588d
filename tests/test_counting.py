"""A visit is counted exactly once, on SQLite and on PostgreSQL, whatever happens in between."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, inspect, select, text, update

from conftest import Clock
from counting_child import VISIT, tally_at
from databases import Postgres
from screening.checklist import Level
from screening.store import Store, StoreError, open_month, release, release_cell
from screening.tally import (
    GRIDS,
    MAIN,
    NO_SIGN,
    OUTCOMES,
    Counted,
    Layout,
    NotCountedError,
    Releases,
    Tally,
    Vault,
    counting,
)
from tally_inside import cells, grown, tickets_left

DAY = 86_400
NOBODY = Counted(Level.NOTHING_NOTED, (False, False, False, False), NO_SIGN)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "months")


@pytest.fixture
def sites() -> list[str]:
    """What the tally finds when a month opens; a test may add to it."""
    return ["ghent-er", "quiet-er"]


@pytest.fixture
def tally(store: Store, vault: Vault, clock: Clock, sites: list[str]) -> Tally:
    return Tally(store, vault, clock, lambda: sites, ["large-debt", "little-contact"])


def test_a_visit_adds_one_to_one_cell_of_each_grid(tally: Tally, store: Store, vault: Vault) -> None:
    number = tally.issue()
    before = cells(store, vault)
    tally.count(number, "ghent-er", VISIT)
    assert grown(before, cells(store, vault)) == {
        ("outcomes", "ghent-er", "seek-advice"): 1,
        ("circumstances", "1010", ""): 1,
        ("signs", "large-debt", ""): 1,
    }


def test_a_site_or_sign_that_came_in_mid_month_counts_as_main_and_none(
    tally: Tally, store: Store, vault: Vault, sites: list[str], clock: Clock
) -> None:
    number = tally.issue()
    before = cells(store, vault)
    sites.append("new-er")
    tally.count(number, "new-er", Counted(Level.ACT_NOW, (True, True, True, True), "a-new-sign"))
    assert grown(before, cells(store, vault)) == {
        ("outcomes", MAIN, "act-now"): 1,
        ("circumstances", "1111", ""): 1,
        ("signs", NO_SIGN, ""): 1,
    }
    clock.now += 31 * DAY
    tally.tend()
    assert ("outcomes", "new-er", "act-now") in cells(store, vault)


def test_sixty_tickets_sent_twelve_times_each_at_once_count_sixty(tally: Tally, store: Store, vault: Vault) -> None:
    numbers = [tally.issue() for _ in range(60)]
    before = cells(store, vault)

    def send(number: str) -> None:
        # Locked out for a moment is no answer: whoever is not told "done" sends again.
        while True:
            try:
                return tally.count(number, "ghent-er", VISIT)
            except NotCountedError:
                tally._resting_until = 0.0

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(send, numbers * 12))
    assert grown(before, cells(store, vault))["outcomes", "ghent-er", "seek-advice"] == 60
    assert tickets_left(store) == 0


@pytest.mark.parametrize("number", ["", "forged", "é", "A" * 22, "A" * 5000, "=", "A==="])
def test_a_ticket_that_never_was_counts_nothing_and_says_nothing(
    tally: Tally, store: Store, vault: Vault, number: str
) -> None:
    tally.issue()
    before = cells(store, vault)
    assert tally.count(number, "ghent-er", VISIT) is None
    assert grown(before, cells(store, vault)) == {}


@pytest.mark.parametrize("crashes", [6, pytest.param(20, marks=pytest.mark.long)])
def test_crashes_at_random_points_lose_and_double_no_acknowledged_count(
    database: str, store: Store, tmp_path: Path, crashes: int
) -> None:
    vault = Vault(tmp_path / "months")
    tally = tally_at(database, tmp_path / "months")
    tally.tend()
    before = cells(store, vault)
    issued: list[str] = []
    acknowledged: set[str] = set()
    chance = random.Random(6)
    for _ in range(crashes):
        with subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("counting_child.py")), database, str(tmp_path / "months")],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
            env={"PYTHONPATH": ".", "PATH": "/usr/bin:/bin"},
        ) as child:
            assert child.stdout
            first = child.stdout.readline()
            time.sleep(chance.uniform(0, 0.06))
            child.kill()
            said = [line.split() for line in (first + child.stdout.read()).splitlines()]
        issued += [words[1] for words in said if words[0] == "ticket" and len(words) == 2]
        acknowledged |= {words[1] for words in said if words[0] == "counted" and len(words) == 2}
    assert len(issued) > crashes and len(acknowledged) < len(issued), "nothing was cut off"
    counted_by_crash = grown(before, cells(store, vault)).get(("outcomes", "ghent-er", "seek-advice"), 0)
    assert len(acknowledged) <= counted_by_crash <= len(issued)
    for number in issued:
        # All are sent once more, as a browser that had no answer does.
        tally.count(number, "ghent-er", VISIT)
    assert grown(before, cells(store, vault))["outcomes", "ghent-er", "seek-advice"] == len(issued)


def test_a_command_beside_the_server_takes_no_count_away(
    database: str, store: Store, vault: Vault, tally: Tally, clock: Clock, tmp_path: Path
) -> None:
    """After the month has turned in a running server, another program opens the database and ends."""
    tally.count(tally.issue(), MAIN, VISIT)
    clock.now += 31 * DAY
    tally.tend()
    before = cells(store, vault)
    look = f"from screening.store import Store; s = Store({database!r}); s.prepare(); print(s.is_there()); s.let_go()"
    for _ in range(2):
        said = subprocess.run(
            [sys.executable, "-c", look], capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=True
        )
        assert said.stdout == "True\n"
        tally.count(tally.issue(), MAIN, VISIT)
        tally.close()
        # As another process sees it, and as it lies there when the server is killed.
        count = f"""
from pathlib import Path
from screening.store import Store
from screening.tally import Vault
from tally_inside import cells
print(cells(Store({database!r}), Vault(Path({str(tmp_path / "months")!r})))["outcomes", "main", "seek-advice"])
"""
        seen = subprocess.run(
            [sys.executable, "-c", count],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parent.parent,
            env={"PYTHONPATH": f".:{Path(__file__).parent}", "PATH": "/usr/bin:/bin"},
            check=True,
        )
        assert int(seen.stdout) == cells(store, vault)["outcomes", MAIN, "seek-advice"]
    assert grown(before, cells(store, vault))["outcomes", MAIN, "seek-advice"] == 2


def test_a_month_closes_by_the_calendar_alone(tally: Tally, store: Store, clock: Clock) -> None:
    tally.issue()
    assert tally.close() == []
    clock.now += DAY
    assert tally.close() == [] and Releases(store).months() == {}
    clock.now += 31 * DAY
    assert tally.close() == ["2027-01"]
    assert tally.close() == []
    clock.now -= 31 * DAY
    assert tally.close() == [], "a clock that was set back closes nothing and reopens nothing"
    assert tally.status().open_month == "2027-02"


def test_a_month_in_which_nothing_ran_is_released_too(tally: Tally, store: Store, clock: Clock) -> None:
    tally.issue()
    clock.now += 95 * DAY
    assert tally.close() == ["2027-01", "2027-02", "2027-03"]
    rows = [
        Releases(store).view(OUTCOMES, [month], by=("part", "level")) for month in ("2027-01", "2027-02", "2027-03")
    ]
    assert [len(found) for found in rows] == [15, 15, 15]


def test_a_visit_that_ends_after_midnight_counts_in_the_month_that_is_open_then(
    tally: Tally, store: Store, vault: Vault, clock: Clock
) -> None:
    number = tally.issue()
    clock.now += 31 * DAY
    tally.tend()
    frozen = Releases(store).view(OUTCOMES, ["2027-01"], by=("part", "level"))
    before = cells(store, vault)
    tally.count(number, "ghent-er", VISIT)
    assert sum(grown(before, cells(store, vault)).values()) == 3
    assert Releases(store).view(OUTCOMES, ["2027-01"], by=("part", "level")) == frozen


def test_tickets_older_than_the_month_that_closed_are_dropped(tally: Tally, store: Store, clock: Clock) -> None:
    tally.issue()
    clock.now += 31 * DAY
    tally.close()
    assert tickets_left(store) == 1, "a visit may still be going on"
    clock.now += 30 * DAY
    tally.close()
    assert tickets_left(store) == 0


def test_a_release_is_frozen(tally: Tally, store: Store, clock: Clock) -> None:
    tally.issue()
    clock.now += 31 * DAY
    tally.close()
    before = Releases(store).view(OUTCOMES, ["2027-01"], by=("part", "level"))
    for change in (
        update(release_cell).values(value=0),
        delete(release_cell),
        update(release).values(is_whole=False),
        delete(release),
        insert(release).values(month="2027-01", is_whole=True),
        insert(release).prefix_with("OR REPLACE", dialect="sqlite").values(month="2027-01", is_whole=False),
        insert(release_cell).values(grid="outcomes", month="2027-01", part="late", level="act-now", value=9),
        insert(release_cell)
        .prefix_with("OR REPLACE", dialect="sqlite")
        .values(grid="outcomes", month="2027-01", part=MAIN, level="act-now", value=999),
    ):
        with pytest.raises(StoreError), store.writing() as connection:
            connection.execute(change)
    clock.now += 31 * DAY
    assert tally.close() == ["2027-02"]
    assert Releases(store).view(OUTCOMES, ["2027-01"], by=("part", "level")) == before


def test_a_site_without_a_visit_looks_like_one_with_many(tally: Tally, store: Store, clock: Clock) -> None:
    for _ in range(30):
        tally.count(tally.issue(), "ghent-er", VISIT)
    clock.now += 31 * DAY
    tally.close()
    for grid in GRIDS:
        rows = Releases(store).view(grid, ["2027-01"], by=("part", "level"))
        assert {(row.part, row.level) for row in rows} == {
            (part, level)
            for name, part, level in Layout.of(["ghent-er", "quiet-er"], ["large-debt", "little-contact"]).cells()
            if name == grid.name
        }


def test_the_sealed_row_is_as_long_after_every_count(tally: Tally, store: Store) -> None:
    tally.tend()
    lengths = set()
    for counted in (VISIT, NOBODY) * 10:
        tally.count(tally.issue(), MAIN, counted)
        with store.reading() as connection:
            lengths.add(len(connection.execute(select(open_month.c.sealed)).scalar_one()))
    assert len(lengths) == 1


def test_the_tables_hold_no_time_no_sequence_and_nobody(tally: Tally, store: Store, database: str) -> None:
    """And of the others the one time is that of a supervisor's last code; the page on privacy names every column."""
    tally.count(tally.issue(), MAIN, VISIT)
    columns = {
        "open_month": {"month", "layout", "sealed"},
        "release": {"month", "is_whole"},
        "release_cell": {"grid", "month", "part", "level", "value"},
        "ticket": {"hash", "month"},
        "site": {"id", "title", "code_hash", "generation", "is_retired"},
        "supervisor": {"name", "password_hash", "site", "totp_secret", "totp_last", "sessions"},
        "alembic_version": {"version_num"},
    }
    page = (Path(__file__).parent.parent / "docs" / "privacy.md").read_text(encoding="utf-8")
    for table, names in columns.items():
        (told,) = re.findall(rf"^\| `{table}` \| (.*) \|$", page, re.M)
        assert set(re.findall(r"`(\w+)`", told)) == names
    with store.reading() as connection:
        found = inspect(connection)
        assert set(found.get_table_names()) == set(columns)
        for table, names in columns.items():
            described = found.get_columns(table)
            assert {column["name"] for column in described} == names
            assert not any(column.get("autoincrement") is True or column.get("identity") for column in described)
            assert not any("DATE" in str(column["type"]) or "TIME" in str(column["type"]) for column in described)
        if database.startswith("postgresql"):
            sequences = connection.execute(text("SELECT count(*) FROM information_schema.sequences")).scalar_one()
            assert sequences == 0


def test_after_closing_the_key_is_gone_and_an_old_copy_stays_shut(
    tally: Tally, store: Store, vault: Vault, clock: Clock, tmp_path: Path
) -> None:
    tally.count(tally.issue(), MAIN, VISIT)
    with store.reading() as connection:
        stolen = connection.execute(select(open_month)).one()
    assert vault.open(stolen.month, stolen.layout, stolen.sealed)
    clock.now += 31 * DAY
    tally.close()
    assert [path.name for path in (tmp_path / "months").iterdir()] == ["2027-02.key"]
    with pytest.raises(Exception, match="cannot be read"):
        vault.open(stolen.month, stolen.layout, stolen.sealed)
    vault.make(stolen.month)
    with pytest.raises(Exception, match="not the one"):
        vault.open(stolen.month, stolen.layout, stolen.sealed)


def test_a_sealed_row_belongs_to_its_month_and_layout(tally: Tally, store: Store, vault: Vault) -> None:
    tally.tend()
    with store.reading() as connection:
        row = connection.execute(select(open_month)).one()
    for month, layout in ((row.month, Layout.of(["other"], []).written()), ("2027-05", row.layout)):
        vault.make(month)
        with pytest.raises(Exception, match="not the one"):
            vault.open(month, layout, row.sealed)


def test_with_its_key_lost_a_month_is_not_counted_and_released_by_a_person_alone(
    tally: Tally, store: Store, clock: Clock, tmp_path: Path
) -> None:
    number = tally.issue()
    (tmp_path / "months" / "2027-01.key").unlink()
    with pytest.raises(NotCountedError, match="key of 2027-01"):
        tally.count(number, MAIN, VISIT)
    assert tickets_left(store) == 1
    assert not tally.status().key_is_there
    clock.now += 31 * DAY
    with pytest.raises(NotCountedError, match="key of 2027-01"):
        tally.close()
    assert Releases(store).months() == {}
    assert tally.close(without_key=True) == ["2027-01"]
    assert Releases(store).months() == {"2027-01": False}
    tally.count(tally.issue(), MAIN, VISIT)


def test_two_machines_open_and_close_one_month_between_them(
    store: Store, vault: Vault, clock: Clock, database: str
) -> None:
    tallies = [Tally(Store(database), vault, clock, lambda: ["ghent-er"], ["large-debt"]) for _ in range(4)]
    store.prepare()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda one: one.close(), tallies))
        clock.now += 31 * DAY
        released = list(threads.map(lambda one: one.close(), tallies))
    assert sorted(released) == [[], [], [], ["2027-01"]]
    before = cells(store, vault)
    for one in tallies:
        one.count(one.issue(), MAIN, VISIT)
    assert grown(before, cells(store, vault))["outcomes", MAIN, "seek-advice"] == 4


def test_after_a_failure_only_one_visit_in_a_while_waits(tmp_path: Path, clock: Clock) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("no folder")
    tally = Tally(Store(f"sqlite:///{nowhere}/tally.db"), Vault(tmp_path / "months"), clock, list, [])
    tally.tend()
    assert tally.is_resting
    with pytest.raises(NotCountedError, match=counting.RESTING):
        tally.issue()


def test_a_postgresql_that_is_gone_keeps_nobody_waiting(tmp_path: Path, clock: Clock) -> None:
    tally = Tally(Store("postgresql://nobody@127.0.0.1:1/none"), Vault(tmp_path), clock, list, [])
    began = time.monotonic()
    with pytest.raises(NotCountedError):
        tally.issue()
    assert time.monotonic() - began < 5


def test_a_locked_row_keeps_a_visit_a_few_seconds_at_most(tally: Tally, store: Store) -> None:
    number = tally.issue()
    with store.writing() as connection:
        connection.execute(select(open_month).with_for_update())
        began = time.monotonic()
        with pytest.raises(NotCountedError):
            tally.count(number, MAIN, VISIT)
        assert time.monotonic() - began < 6
    tally._resting_until = 0.0
    tally.count(number, MAIN, VISIT)
    assert tickets_left(store) == 0


def test_a_killed_postgresql_loses_no_acknowledged_count(
    running_postgres: Postgres, clock: Clock, tmp_path: Path
) -> None:
    running_postgres.ask("postgres", "CREATE DATABASE killed")
    store, vault = Store(running_postgres.url("killed")), Vault(tmp_path / "months")
    tally = Tally(store, vault, clock, list, ["large-debt"])
    tally.tend()
    before = cells(store, vault)
    for _ in range(5):
        tally.count(tally.issue(), MAIN, VISIT)
    number = tally.issue()
    running_postgres.kill()
    with pytest.raises(NotCountedError):
        tally.count(number, MAIN, VISIT)
    running_postgres.start()
    tally._resting_until = 0.0
    tally.count(number, MAIN, VISIT)
    assert grown(before, cells(store, vault))["outcomes", MAIN, "seek-advice"] == 6
    store.let_go()
