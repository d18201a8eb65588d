"""What breaks is said, nothing acknowledged is lost or doubled, and no visit in progress ends that could go on.

Others of these stand where they belong: crashes of one process and a database that is gone in test_counting, a frozen
one in test_postgres, a server that cannot write at all in test_promise_7, keys that rotate in test_rotation.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from closing_child import MONTH
from conftest import HOUSE, NOON, Clock, Worker, secret
from counting_child import VISIT
from crowd import Crowd
from databases import Postgres, wait_for_standby, with_standby
from live import Server, serving
from screening import create_app
from screening.keys import ROTATION, Keys, UnreadableError
from screening.settings import SettingError, Settings, read_config
from screening.sites import Sites
from screening.store import Store, open_month, release
from screening.tally import NotCountedError, Releases, Tally, Vault
from tally_inside import cells, grown, tickets_left

DAY = 86_400


def restarted(app: Flask) -> Flask:
    """The program started once more on the same folder and database, by the same clock."""
    return create_app(app.extensions["settings"], app.extensions["clock"])


def goes_on(worker: Worker, app: Flask) -> Worker:
    """The same browser at another process of the program."""
    other = Worker(app.test_client())
    for name in ("visit", "start", "site"):
        cookie = worker.client.get_cookie(name)
        if cookie is not None:
            other.client.set_cookie(name, cookie.value)
    return other


def begins(app: Flask) -> Worker:
    worker = Worker(app.test_client())
    worker.begins()
    return worker


def finishes(worker: Worker) -> str:
    """The address that the visit ends at; it is opened once more first, as it was left."""
    worker.opens("/visit/outcome")
    assert worker.page is not None and worker.page.status_code == 200, worker.page
    worker.sends("/visit/finish")
    return worker.page.request.path


def awake(app: Flask) -> None:
    """As if the time in which nothing is tried were over."""
    app.extensions["tally"]._resting_until = app.extensions["store"]._silent_until = 0.0


class Books:
    """What is counted of the open month since the books were opened."""

    def __init__(self, app: Flask) -> None:
        self.store = app.extensions["store"]
        self.vault = Vault(app.extensions["settings"].keys / "months")
        self.before = cells(self.store, self.vault)

    @property
    def counted(self) -> int:
        more = grown(self.before, cells(self.store, self.vault))
        return sum(number for (grid, *_), number in more.items() if grid == "outcomes")


# --- Killed at random -----------------------------------------------------------------------------


class Unfollowed(HTTPRedirectHandler):
    """What a form leads to is asked for by itself: one may be answered and the other not."""

    def redirect_request(self, *_: object) -> None:
        return None


class Nurse(threading.Thread):
    """A browser that walks visit after visit, and sends again what was not answered."""

    def __init__(self, home: str) -> None:
        super().__init__(daemon=True)
        self.home = home
        self.ends_at: list[str] = []
        self.unanswered = 0
        self.failure = ""
        self.is_over = threading.Event()
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()), Unfollowed)

    def run(self) -> None:
        while not self.is_over.is_set() and not self.failure:
            started = self.sends("/", "/visit", checklist="alarm-bells", place="BE")
            self.must(started == "/visit/safety", f"a visit begins at {started}")
            self.ends_at.append(self.sends("/visit/outcome", "/visit/finish"))

    def sends(self, page: str, address: str, **fields: str) -> str:
        """Send the form of a page; where it leads to."""
        while not self.failure:
            status, text = self.asks(page)
            self.must(status == 200, f"{page} answered {status}")
            if not self.failure:
                status, text = self.asks(address, {"csrf_token": secret(text), **fields})
            if status:
                self.must(status == 303, f"{address} answered {status}")
                return text
        return ""

    def asks(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """The status and the page, or where it leads to; a page is asked for until it comes, a form gives 0."""
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            data = urlencode(form).encode() if form else None
            # The address is read each time: the server may have moved.
            request = Request(self.home + path, data, {"Origin": self.home})
            try:
                with self.opener.open(request, timeout=30) as answer:
                    return answer.status, answer.read().decode()
            except HTTPError as error:
                with error:
                    return error.code, urlsplit(error.headers.get("Location", "")).path
            except (OSError, HTTPException):
                self.unanswered += 1
                if form:
                    return 0, ""
                time.sleep(0.05)
        self.must(False, "the server does not come back")
        return 0, ""

    def must(self, holds: bool, said: str) -> None:
        if not holds:
            self.failure = self.failure or said


def processes(server: Server) -> tuple[int, list[int]]:
    """The server's first process and its workers."""
    port = server.home.rpartition(":")[2]
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if words[1:4] == [b"-m", b"screening.cli", b"serve"] and port.encode() in words:
            found[int(folder.name)] = parent
    (first,) = (process for process, parent in found.items() if parent not in found)
    return first, [process for process, parent in found.items() if parent == first]


@pytest.mark.long
def test_servers_killed_at_random_lose_and_double_no_visit(tmp_path: Path) -> None:
    """Workers one by one, then all at once; visits go on at the next server, and each is counted once."""
    chance = random.Random(9)
    nurses: list[Nurse] = []
    with serving(tmp_path, {}) as server:
        instance = tmp_path / "instance"
        store, vault = Store(f"sqlite:///{instance / 'tally.db'}"), Vault(instance / "keys" / "months")
        before = cells(store, vault)
        nurses = [Nurse(server.home) for _ in range(4)]
        for nurse in nurses:
            nurse.start()
        for _ in range(6):
            time.sleep(chance.uniform(0.3, 1))
            os.kill(chance.choice(processes(server)[1]), signal.SIGKILL)
            while len(processes(server)[1]) < 2:
                time.sleep(0.05)
        time.sleep(chance.uniform(0.3, 1))
        first, workers = processes(server)
        for process in (first, *workers):
            os.kill(process, signal.SIGKILL)
    with serving(tmp_path, {}) as server:
        had = [len(nurse.ends_at) for nurse in nurses]
        for nurse in nurses:
            nurse.home = server.home
        ends = time.monotonic() + 60
        while any(len(nurse.ends_at) <= one for nurse, one in zip(nurses, had, strict=True)):
            assert [nurse.failure for nurse in nurses] == [""] * 4, "no visit ends"
            assert time.monotonic() < ends
            time.sleep(0.05)
        for nurse in nurses:
            nurse.is_over.set()
        for nurse in nurses:
            nurse.join()
        ended_at = [one for nurse in nurses for one in nurse.ends_at]
        assert {nurse.failure for nurse in nurses} == {""} and set(ended_at) == {"/closed/done"}
        assert sum(nurse.unanswered for nurse in nurses) > 4, "hardly anything was cut off"
        counted = sum(n for (grid, *_), n in grown(before, cells(store, vault)).items() if grid == "outcomes")
        assert counted == len(ended_at)
        store.let_go()


@pytest.mark.long
def test_a_postgresql_killed_at_random_loses_and_doubles_no_count(
    running_postgres: Postgres, tmp_path: Path, clock: Clock
) -> None:
    chance = random.Random(9)
    name = f"t{uuid4().hex}"
    running_postgres.ask("postgres", f"CREATE DATABASE {name}")
    store, vault = Store(running_postgres.url(name)), Vault(tmp_path / "months")
    Tally(store, vault, clock, lambda: ["ghent-er"], ["large-debt"]).tend()
    before = cells(store, vault)
    with Crowd(running_postgres.url(name), vault, clock) as crowd:
        for _ in range(4):
            crowd.wait_for(chance.randint(5, 40))
            running_postgres.kill_all()
            running_postgres.start()
        crowd.wait_for(10)
    assert crowd.refused
    crowd.check(before, store)
    store.let_go()
    running_postgres.ask("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.long
def test_a_process_killed_while_months_close_releases_each_once_and_whole(database: str, tmp_path: Path) -> None:
    chance, now, closed = random.Random(9), NOON, 0
    for _ in range(8):
        command = [
            sys.executable,
            str(HOUSE / "tests" / "closing_child.py"),
            database,
            str(tmp_path / "months"),
            str(now),
        ]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=HOUSE, env={"PYTHONPATH": ".", "PATH": "/usr/bin:/bin"}
        ) as child:
            assert child.stdout
            first = child.stdout.readline()
            time.sleep(chance.uniform(0, 0.4))
            child.kill()
            said = (first + child.stdout.read()).splitlines()
        closed += len(said) - 1
        now = float(said[-1])
    store, vault = Store(database), Vault(tmp_path / "months")
    now += MONTH
    tally = Tally(store, vault, lambda: now, lambda: ["ghent-er"], ["large-debt"])
    tally.close()
    months = Releases(store).months()
    assert closed > 8 and all(months.values()) and len(months) > 8
    assert list(months) == list(_calendar(min(months), max(months))), "none is left out"
    assert [path.stem for path in (tmp_path / "months").glob("*.key")] == [tally.status().open_month]
    before = cells(store, vault)
    tally.count(tally.issue(), "ghent-er", VISIT)
    assert len(grown(before, cells(store, vault))) == 3
    store.let_go()


def _calendar(first: str, last: str) -> Iterator[str]:
    year, month = int(first[:4]), int(first[5:])
    while f"{year}-{month:02}" <= last:
        yield f"{year}-{month:02}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


# --- The disk -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Disk:
    """A small disk of its own."""

    folder: Path

    def fill(self) -> None:
        with (self.folder / "rubbish").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 512)
        assert os.statvfs(self.folder).f_bavail == 0

    def make_room(self) -> None:
        (self.folder / "rubbish").unlink()

    def mount_again(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], capture_output=True)
    if done.returncode:
        pytest.skip("whoever tests may not mount a disk here")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def on_disk(disk: Disk, clock: Clock) -> Iterator[Flask]:
    """The program with all it makes on the small disk."""
    app = create_app(Settings(instance=disk.folder, keys=disk.folder / "keys"), clock)
    yield app
    app.extensions["store"].let_go()


def test_a_disk_that_fills_up_ends_no_visit_and_loses_no_count(disk: Disk, on_disk: Flask, clock: Clock) -> None:
    books = Books(on_disk)
    begun = [begins(on_disk) for _ in range(4)]
    assert finishes(begun[0]) == "/closed/done"
    disk.fill()
    assert finishes(begun[1]) == "/closed/uncounted", "it is said"
    # Over the rotation of the keys, too, which cannot be written: the visit goes on.
    for _ in range(6):
        clock.now += 19 * 60
        for one in begun[2:]:
            one.opens("/visit/1")
            assert one.page is not None and one.page.status_code == 200
    assert Releases(books.store).months() == {}, "what was written can be read"
    disk.make_room()
    awake(on_disk)
    assert [finishes(one) for one in begun[2:]] == ["/closed/done"] * 2
    assert books.counted == 3 and tickets_left(books.store) == 1


def test_a_month_that_ends_on_a_full_disk_closes_whole_when_there_is_room(
    disk: Disk, on_disk: Flask, clock: Clock
) -> None:
    tally, store = on_disk.extensions["tally"], on_disk.extensions["store"]
    tally.count(tally.issue(), "main", VISIT)
    disk.fill()
    clock.now += MONTH
    for _ in range(2):
        awake(on_disk)
        with pytest.raises(NotCountedError):
            tally.close()
    assert {path.stem for path in (disk.folder / "keys" / "months").glob("*.key")} >= {"2027-01"}
    assert Releases(store).months() == {}
    disk.make_room()
    assert tally.close() == ["2027-01"]
    assert Releases(store).months() == {"2027-01": True}


def test_a_database_that_may_not_grow_says_not_counted_and_counts_later(app: Flask) -> None:
    """The same without a disk of its own, for whoever may not mount one."""
    books = Books(app)
    begun = begins(app)
    with books.store.engine.connect() as connection:
        # What the first of the pages has for itself is all there is.
        connection.execution_options(sqlite_begin="")
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        number = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        assert connection.exec_driver_sql("PRAGMA max_page_count").scalar_one() == number
    tally, tickets = app.extensions["tally"], []

    def issue_until_it_is_full() -> None:
        while True:
            tickets.append(tally.issue())

    with pytest.raises(NotCountedError, match="SQLITE_FULL"):
        issue_until_it_is_full()
    assert finishes(begins(app)) == "/closed/uncounted"
    awake(app)
    with books.store.engine.connect() as connection:
        connection.execution_options(sqlite_begin="")
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert finishes(begun) == "/closed/done"
    tally.count(tickets[0], "main", VISIT)
    assert books.counted == 2


def test_a_disk_that_becomes_read_only_ends_no_visit_even_over_a_restart(
    disk: Disk, on_disk: Flask, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    books = Books(on_disk)
    begun = [begins(on_disk) for _ in range(3)]
    on_disk.extensions["store"].let_go()
    disk.mount_again("ro")
    assert finishes(begun[0]) == "/closed/uncounted"
    again = restarted(on_disk)
    assert "visits are sealed with one key in memory" in capsys.readouterr().err
    moved = [goes_on(one, again) for one in begun[1:]]
    for one in moved:
        assert 'name="csrf_token"' in one.opens("/visit/1"), "what the keys on the disk sealed still opens"
    assert finishes(moved[0]) == "/closed/uncounted"
    assert finishes(begins(again)) == "/closed/uncounted"
    assert again.test_client().get("/healthz").json == {"status": "degraded"}
    disk.mount_again("rw")
    awake(again)
    assert finishes(moved[1]) == "/closed/done"
    assert books.counted == 1
    again.extensions["store"].let_go()


# --- The clock ------------------------------------------------------------------------------------

ERASED = "The time was over, so everything was erased."
UNREADABLE = "What was open can no longer be read, by us either. It was erased."


@pytest.mark.parametrize(
    ("jump", "said"),
    [
        (30, ""),
        (-30, ""),
        (19 * 60, ""),
        (21 * 60, ERASED),
        (DAY, UNREADABLE),
        (MONTH, UNREADABLE),
        (400 * DAY, UNREADABLE),
        (-90, UNREADABLE),
        (-DAY, UNREADABLE),
        (-MONTH, UNREADABLE),
    ],
)
def test_a_clock_that_jumps_ends_visits_says_so_and_takes_no_count(
    app: Flask, clock: Clock, jump: float, said: str
) -> None:
    tally, store = app.extensions["tally"], app.extensions["store"]
    books = Books(app)
    worker, other = begins(app), begins(app)
    assert finishes(other) == "/closed/done"
    assert books.counted == 1
    clock.now += jump
    text = worker.opens("/visit/1")
    assert said in text and ("Nothing is open here" in text) is bool(said)
    if said:
        assert worker.page is not None and worker.page.status_code in (400, 410)
    # Whoever begins now is served by the clock as it is, and by the clock as it was.
    for _ in range(2):
        awake(app)
        fresh = begins(app)
        is_far = abs(jump) >= 400 * DAY and clock.now != NOON
        assert finishes(fresh) == ("/closed/uncounted" if is_far else "/closed/done")
        clock.now = NOON
    closed = Releases(store).months()
    assert list(closed) == (["2027-01"] if jump == MONTH else [])
    if not closed:
        assert books.counted == 3 - (abs(jump) >= 400 * DAY)
    assert tally.status().key_is_there


def test_a_clock_a_year_ahead_closes_nothing_until_somebody_says_that_it_is_right(
    store: Store, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    tally = Tally(store, Vault(tmp_path / "months"), clock, list, ["large-debt"])
    number = tally.issue()
    clock.now = NOON + 366 * DAY
    assert tally.close() == [f"2027-{month:02}" for month in range(1, 13)], "a year is closed"
    clock.now += 400 * DAY
    tally = Tally(store, Vault(tmp_path / "months"), clock, list, ["large-debt"])
    tally.tend()
    assert "the clock says 2029-02 and the open month is 2028-01: set the clock" in caplog.text
    tally._resting_until = 0.0
    with pytest.raises(NotCountedError, match="if it is right, run: screening tally close"):
        tally.count(number, "main", VISIT)
    assert list(Releases(store).months())[-1] == "2027-12"
    assert tally.close()[0] == "2028-01", "whoever is asked says so"


def test_a_clock_of_1970_opens_no_month(store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    clock.now = 0.0
    tally = Tally(store, Vault(tmp_path / "months"), clock, list, ["large-debt"])
    tally.tend()
    assert "the clock says 1970-01, when this program was not written yet" in caplog.text
    clock.now, tally._resting_until = NOON, 0.0
    tally.tend()
    assert tally.status().open_month == "2027-01" and Releases(store).months() == {}


# --- Keys and settings ----------------------------------------------------------------------------


def _zeros(path: Path) -> None:
    # As a key lies there whose destruction was cut short.
    path.write_bytes(b"\0" * path.stat().st_size)


def _unreadable(path: Path) -> None:
    # Root too cannot read it, as others cannot what root has made.
    path.unlink()
    path.symlink_to(path.name)


BROKEN: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[:20]),
    "zeros": _zeros,
    "unreadable": _unreadable,
    "gone": Path.unlink,
}


@pytest.mark.parametrize("is_restarted", [True, False])
@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_key_ends_the_visits_that_it_sealed_and_no_others(
    settings: Settings, clock: Clock, how: str, is_restarted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(settings, clock)
    (old,) = settings.keys.glob("[0-9]*.key")
    clock.now += ROTATION - 60
    sealed_by_old = begins(app)
    clock.now += 120
    sealed_by_new = begins(app)
    (new,) = set(settings.keys.glob("[0-9]*.key")) - {old}
    BROKEN[how](new)
    os.utime(settings.keys)
    if is_restarted:
        app = restarted(app)
    assert goes_on(sealed_by_old, app).opens("/visit/1").count("Nothing is open here") == 0
    ended = goes_on(sealed_by_new, app)
    assert UNREADABLE in ended.opens("/visit/1")
    assert finishes(begins(app)) == "/closed/done"
    assert not app.extensions["keys"].in_memory
    assert ("cannot be used" in capsys.readouterr().err) is (how != "gone")


def test_a_key_that_breaks_is_destroyed_in_its_time(tmp_path: Path, clock: Clock) -> None:
    keys = Keys(tmp_path / "keys", clock)
    (path,) = (tmp_path / "keys").glob("*.key")
    _zeros(path)
    clock.now += 2 * ROTATION
    keys.seal(b"")
    assert not path.exists()


def test_keys_that_cannot_be_destroyed_are_forgotten_in_their_time(tmp_path: Path, clock: Clock) -> None:
    """As on a read-only disk: a restart ends no visit, and nothing opens for longer than it ever does."""
    sealed = Keys(tmp_path / "keys", clock).seal(b"a visit")
    (tmp_path / "keys" / "lock").unlink()
    (tmp_path / "keys" / "lock").mkdir()
    again = Keys(tmp_path / "keys", clock)
    assert again.in_memory and again.open(sealed)[0] == b"a visit"
    own = again.seal(b"another")
    clock.now += 2 * ROTATION
    for keys in (again, Keys(tmp_path / "keys", clock)):
        with pytest.raises(UnreadableError):
            keys.open(sealed)
    assert again.open(own)[0] == b"another"


def test_machines_whose_clocks_are_over_a_minute_apart_end_visits_at_a_rotation_alone(tmp_path: Path) -> None:
    fast, slow = Clock(), Clock()
    slow.now -= 90
    one, other = Keys(tmp_path / "keys", fast), Keys(tmp_path / "keys", slow)
    kept = one.seal(b"a visit")
    assert other.open(kept)[0] == b"a visit"
    fast.now += ROTATION
    slow.now += ROTATION
    lost = one.seal(b"a visit")
    other.tend()
    with pytest.raises(UnreadableError):
        one.open(lost)
    fast.now += ROTATION - 120
    slow.now += ROTATION - 120
    sealed = [one.seal(b"a visit"), other.seal(b"a visit")]
    assert [keys.open(each)[0] for keys in (one, other) for each in sealed] == [b"a visit"] * 4


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_key_of_the_month_is_said_and_counts_nothing_until_it_is_back(
    app: Flask, settings: Settings, how: str
) -> None:
    books = Books(app)
    path = settings.keys / "months" / "2027-01.key"
    whole, begun = path.read_bytes(), [begins(app) for _ in range(2)]
    BROKEN[how](path)
    assert finishes(begun[0]) == "/closed/uncounted"
    assert not app.extensions["tally"].status().key_is_there
    path.unlink(missing_ok=True)
    path.write_bytes(whole)
    awake(app)
    assert finishes(begun[1]) == "/closed/done"
    assert books.counted == 1


@pytest.mark.parametrize("how", [name for name in BROKEN if name != "gone"])
def test_a_broken_key_of_the_teams_signs_nothing_that_could_be_forged(
    app: Flask, settings: Settings, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    code = app.extensions["sites"].add("ward", "Ward")
    BROKEN[how](settings.keys / "sites.key")
    made = [Sites(app.extensions["store"], settings.keys, time.time) for _ in range(2)]
    assert "devices are asked for their team's code again" in caplog.text
    assert made[0].of_device(made[0].cookie_for(code)) == "ward"
    assert made[1].of_device(made[0].cookie_for(code)) == "", "each start has a secret of its own"


def test_the_name_of_a_new_key_is_settled_on_the_disk(tmp_path: Path) -> None:
    """After a loss of power the database may be there: so must be the key that its month is sealed with."""
    make = "import sys, pathlib; from screening.tally import Vault; Vault(pathlib.Path(sys.argv[1])).make('2027-01')"
    trace = tmp_path / "trace"
    watched = ["strace", "-y", "-e", "trace=fsync,link,linkat", "-o", str(trace)]
    subprocess.run([*watched, sys.executable, "-c", make, str(tmp_path / "months")], check=True, cwd=HOUSE)
    calls = [line for line in trace.read_text().splitlines() if str(tmp_path) in line]
    assert [call.partition("(")[0] for call in calls] == ["fsync", "link", "fsync"]
    assert ".new>)" in calls[0] and f"<{tmp_path / 'months'}>" in calls[2]


def test_a_config_that_was_half_written_stops_the_start_or_holds_what_is_whole(tmp_path: Path) -> None:
    whole = b'log_format = "json"\ntrusted_proxies = ["127.0.0.1", "::1"]\nidle_minutes = 15\n'
    path = tmp_path / "config.toml"
    meant = {"log_format": "json", "trusted_proxies": ("127.0.0.1", "::1"), "idle_minutes": 15}
    ends = [length for length in range(len(whole)) if whole[length : length + 1] == b"\n"]
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        if length in (0, *ends, *(end + 1 for end in ends)):
            assert read_config(path).items() <= meant.items()
        else:
            with pytest.raises(SettingError, match=str(path)):
                read_config(path)
    path.write_bytes(b"\0" * len(whole))
    with pytest.raises(SettingError, match="cannot be read"):
        read_config(path)
    path.unlink()
    path.symlink_to(path.name)
    with pytest.raises(SettingError, match="cannot be read"):
        read_config(path)


# --- PostgreSQL -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("slow", "ends_at"), [(0.4, "/closed/done"), (9, "/closed/uncounted")])
def test_a_slow_database_is_waited_for_while_somebody_can_wait(
    running_postgres: Postgres, tmp_path: Path, clock: Clock, slow: float, ends_at: str
) -> None:
    name = f"t{uuid4().hex}"
    running_postgres.ask("postgres", f"CREATE DATABASE {name}")
    url = running_postgres.url(name)
    app = create_app(Settings(instance=tmp_path, keys=tmp_path / "keys", database_url=url), clock)
    worker, books = begins(app), Books(app)
    running_postgres.ask(
        name,
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN PERFORM pg_sleep({slow}); RETURN NULL; END $$; "
        "CREATE TRIGGER slow AFTER UPDATE ON open_month FOR EACH STATEMENT EXECUTE FUNCTION wait()",
    )
    began = time.monotonic()
    assert finishes(worker) == ends_at
    assert time.monotonic() - began < 3.9
    awake(app)
    assert (books.counted, tickets_left(books.store)) == ((1, 0) if slow < 1 else (0, 1))
    app.extensions["store"].let_go()
    running_postgres.ask("postgres", f"DROP DATABASE {name} WITH (FORCE)")


def both(first: Postgres, second: Postgres) -> str:
    hosts = "&".join(f"host=127.0.0.1:{one.port}" for one in (first, second))
    return f"postgresql://screening@/counts?{hosts}&target_session_attrs=read-write"


@pytest.mark.long
def test_a_failover_to_the_standby_loses_and_doubles_no_count_and_ends_no_visit(tmp_path: Path, clock: Clock) -> None:
    with with_standby() as (first, second):
        first.ask("postgres", "CREATE DATABASE counts")
        app = create_app(Settings(instance=tmp_path, keys=tmp_path / "keys", database_url=both(first, second)), clock)
        books, begun = Books(app), begins(app)
        with Crowd(both(first, second), books.vault, clock) as crowd:
            crowd.wait_for(60)
            first.kill_all()
            began = time.monotonic()
            second.promote()
            crowd.wait_for(1)
            gap = time.monotonic() - began
            crowd.wait_for(60)
        assert crowd.refused, "nothing was cut off"
        assert finishes(begun) == "/closed/done", "its connections are made anew and nobody notices"
        assert finishes(begins(app)) == "/closed/done"
        crowd.check(books.before, books.store, others=2)
        print(f"{len(crowd.acknowledged)} counted, a gap of {gap:.1f} s")
        app.extensions["store"].let_go()


@pytest.mark.long
def test_what_the_standby_may_not_have_is_not_acknowledged_and_no_key_is_destroyed_for_it(
    tmp_path: Path, clock: Clock
) -> None:
    with with_standby() as (first, second):
        first.ask("postgres", "CREATE DATABASE counts")
        store, vault = Store(both(first, second)), Vault(tmp_path / "months")
        tally = Tally(store, vault, clock, lambda: ["ghent-er"], ["large-debt"])
        tally.tend()
        before, number = cells(store, vault), tally.issue()

        def again() -> None:
            store._silent_until = tally._resting_until = 0.0

        second.kill_all()
        with pytest.raises(NotCountedError) as caught:
            tally.count(number, "ghent-er", VISIT)
        assert caught.value.in_doubt, "the first has it, and waits for the second"
        second.start()
        wait_for_standby(first)
        again()
        tally.count(number, "ghent-er", VISIT)
        assert grown(before, cells(store, vault))["outcomes", "ghent-er", "seek-advice"] == 1

        # The month ends while the standby is away: the first keeps the release, and nobody may believe it.
        second.kill_all()
        clock.now += MONTH
        with pytest.raises(NotCountedError) as caught:
            tally.close()
        assert caught.value.in_doubt
        first.kill_all()
        first.start()
        again()
        with store.reading() as connection:
            assert connection.execute(select(release.c.month)).scalar() == "2027-01", "it shows it all the same"
            assert connection.execute(select(open_month.c.month)).scalar() == "2027-02"
        with pytest.raises(NotCountedError):
            tally.close()
        assert vault.has_before("2027-02"), "the standby's month may be needed yet"
        # And it is: the first never comes back.
        first.kill_all()
        second.start()
        second.promote()
        again()
        assert tally.close() == ["2027-01"]
        assert Releases(store).months() == {"2027-01": True} and not vault.has_before("2027-02")
        store.let_go()


@pytest.mark.long
def test_a_first_server_that_was_only_frozen_acknowledges_nothing_once_the_standby_has_taken_over(
    tmp_path: Path, clock: Clock
) -> None:
    """Whoever still holds a connection to it is told "perhaps not counted", and counts at the other then."""
    with with_standby() as (first, second):
        first.ask("postgres", "CREATE DATABASE counts")
        stores = [Store(both(first, second)) for _ in range(2)]
        vault = Vault(tmp_path / "months")
        tallies = [Tally(store, vault, clock, lambda: ["ghent-er"], ["large-debt"]) for store in stores]
        for tally in tallies:
            tally.tend()
        before, number = cells(stores[0], vault), tallies[0].issue()
        with first.frozen():
            second.promote()
            other = Store(second.url("counts"))
            elsewhere = Tally(other, vault, clock, lambda: ["ghent-er"], ["large-debt"])
            elsewhere.count(elsewhere.issue(), "ghent-er", VISIT)
        with pytest.raises(NotCountedError) as caught:
            tallies[0].count(number, "ghent-er", VISIT)
        assert caught.value.in_doubt
        first.kill_all()
        stores[0]._silent_until = tallies[0]._resting_until = 0.0
        tallies[0].count(number, "ghent-er", VISIT)
        assert grown(before, cells(other, vault))["outcomes", "ghent-er", "seek-advice"] == 2
        for store in (*stores, other):
            store.let_go()


# --- The page -------------------------------------------------------------------------------------

PAGE = (HOUSE / "docs" / "faults.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_is_there() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "| what " not in line]
    assert len(rows) > 25
    for line in rows:
        named = re.findall(r"`(test_\w+\.py)`", line.rsplit("|", 2)[1])
        assert named, f"nobody tries this: {line}"
        assert all((HOUSE / "tests" / name).is_file() for name in named), line


def test_what_the_page_quotes_is_what_the_worker_is_told() -> None:
    shown = "".join(path.read_text("utf-8") for path in (HOUSE / "templates").glob("*.html"))
    for words in ("Not counted", "Perhaps not counted", *re.findall(r'end: "(.*?)\.?"', PAGE)):
        assert f"{words}" in PAGE and words in shown, words


def test_the_address_that_the_page_shows_is_taken() -> None:
    (address,) = re.findall(r"^DATABASE_URL=(.*)$", PAGE, re.M)
    store = Store(address)
    assert store.engine.url.query == {"host": ("h1:5432", "h2:5432"), "target_session_attrs": "read-write"}
    _, named = store.engine.dialect.create_connect_args(store.engine.url)
    assert (named["host"], named["port"]) == ("h1,h2", "5432,5432")
