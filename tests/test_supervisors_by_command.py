"""The commands on supervisors, on files of figures, and the demonstration."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import insert

from conftest import HOUSE
from screening.accounts import Accounts
from screening.demo import invent
from screening.sites import Sites
from screening.store import Store, release, release_cell
from screening.tally import CIRCUMSTANCES, OUTCOMES, SIGNS

PASSWORD = "copper lantern seven rivers"
Command = Callable[..., Result]


@pytest.fixture
def with_releases(command: Command, tmp_path: Path) -> Command:
    """The instance has invented releases from November 2025 to January 2026."""
    store = Store(f"sqlite:///{tmp_path / 'instance' / 'tally.db'}")
    store.prepare()
    invent(store, Sites(store, tmp_path / "elsewhere", time.time), ["large-debt"], until="2026-02", months=3)
    store.let_go()
    return command


def test_a_supervisor_is_added_listed_and_removed(command: Command, tmp_path: Path) -> None:
    assert "none: add one" in command("supervisor", "list").stdout
    command("site", "add", "ghent-er", "Emergency, Ghent")
    added = command("supervisor", "add", "Ann Peeters", "--site", "ghent-er", given=PASSWORD + "\n")
    assert added.exit_code == 0 and "see the site ghent-er" in added.stdout and PASSWORD not in added.output
    with_code = command("supervisor", "add", "bob", "--totp", given=PASSWORD)
    assert re.search(
        r"^otpauth://totp/Visit%20guide:bob\?secret=[A-Z2-7]{32}&issuer=Visit%20guide$", with_code.stdout, re.M
    )
    assert command("supervisor", "list").stdout == "Ann Peeters  ghent-er\nbob  all sites  with a code\n"
    store = Store(f"sqlite:///{tmp_path / 'instance' / 'tally.db'}")
    assert Accounts(store, time.time).admit("ann peeters", PASSWORD, "") is not None
    store.let_go()
    assert command("supervisor", "remove", "ann peeters").exit_code == 0
    assert command("supervisor", "list").stdout == "bob  all sites  with a code\n"


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (("add", "ann"), "short", "has 5 characters and needs 12"),
        (("add", "ann"), "", "has 0 characters"),
        (("add", "ann", "--site", "nowhere"), PASSWORD, "no site 'nowhere' (sites: there are none)"),
        (("add", ""), PASSWORD, "1 to 64 characters"),
        (("remove", "ann"), "", "no supervisor 'ann' (supervisors: there are none)"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_nothing_is_done(
    command: Command, arguments: tuple[str, ...], given: str, said: str
) -> None:
    result = command("supervisor", *arguments, given=given)
    assert result.exit_code == 2 and said in result.stderr and len(result.stderr.strip().splitlines()) == 1
    assert "none: add one" in command("supervisor", "list").stdout


@pytest.mark.parametrize(("second", "code"), [(PASSWORD, 0), ("another one entirely", 2)])
def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(tmp_path: Path, second: str, code: int) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["SCREENING_INSTANCE"] = str(tmp_path / "instance")
        os.execv(sys.executable, [sys.executable, "-m", "screening.cli", "supervisor", "add", "ann"])
    seen = b""
    for asked, answer in ((b"Password (12", PASSWORD), (b"Once more", second)):
        while asked not in seen:
            seen += os.read(terminal, 1000)
        # The prompt comes just before the terminal stops to echo.
        time.sleep(0.3)
        os.write(terminal, answer.encode() + b"\n")
    while True:
        try:
            more = os.read(terminal, 1000)
        except OSError:
            break
        if not more:
            break
        seen += more
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == code, seen
    assert PASSWORD.encode() not in seen and second.encode() not in seen
    assert (b"may sign in" if code == 0 else b"were not the same") in seen


def test_an_export_without_choices_has_a_line_for_each_month_site_and_level(with_releases: Command) -> None:
    result = with_releases("tally", "export")
    assert result.exit_code == 0, result.output
    lines = result.stdout_bytes.decode().splitlines()
    # What this machine closed since is there too; those of three months are 3 x 9 x 5.
    assert lines[0] == "month,site,level,value,margin,lost"
    assert sum(line.startswith(("2025-11", "2025-12", "2026-01")) for line in lines) == 135


@pytest.mark.parametrize("ending", ["csv", "json", "xlsx"])
def test_an_export_is_the_same_byte_for_byte(with_releases: Command, tmp_path: Path, ending: str) -> None:
    asked = ("tally", "export", "--from", "2025-11", "--to", "2026-01", "--by", "quarter,site", "--format", ending)
    for number in (1, 2):
        result = with_releases(*asked, "-o", str(tmp_path / f"{number}.{ending}"))
        assert result.exit_code == 0 and result.output == "", result.output
    first = (tmp_path / f"1.{ending}").read_bytes()
    assert first == (tmp_path / f"2.{ending}").read_bytes() == with_releases(*asked).stdout_bytes
    assert len(first) > 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2031-01"), "'2031-01' is no closed month; there are 2025-11 to "),
        (("--to", "soon"), "'soon' is no closed month"),
        (("--from", "2026-01", "--to", "2025-11"), "--from 2026-01 comes after --to 2025-11"),
        (("--by", "week"), "outcomes cannot be told by 'week'"),
        (("--by", "month,year"), "at a time"),
        (("--site", "nowhere"), "no site 'nowhere' in these months; there are harbour-er"),
        (("--level", "high"), "no level 'high' in these months; there are act-now"),
        (("--grid", "signs", "--site", "hill-er"), "leave out --site and --level"),
        (("--grid", "signs", "--by", "site"), "signs cannot be told by 'site'"),
    ],
)
def test_an_export_that_cannot_be_made_is_one_line_and_no_file(
    with_releases: Command, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    out = tmp_path / "out.csv"
    result = with_releases("tally", "export", *arguments, "-o", str(out))
    assert result.exit_code == 2 and said in result.stderr and len(result.stderr.strip().splitlines()) == 1
    assert not out.exists(), "nothing is half done"


def test_before_the_first_release_there_is_nothing_to_export(command: Command) -> None:
    result = command("tally", "export")
    assert result.exit_code == 2 and "no month has closed yet" in result.stderr and result.stdout == ""


def test_an_export_marks_a_month_that_lost_its_counts(with_releases: Command, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'instance' / 'tally.db'}")
    with store.writing() as connection:
        cell = {"grid": "outcomes", "month": "2025-10", "part": "main", "level": "act-now", "value": 30}
        connection.execute(insert(release_cell).values(cell))
        connection.execute(insert(release).values(month="2025-10", is_whole=False))
    store.let_go()
    asked = ("tally", "export", "--to", "2025-11", "--by", "month")
    lines = with_releases(*asked).stdout_bytes.decode().splitlines()
    assert lines[1] == "2025-10,30,,1" and lines[2].endswith(",0")
    assert "lost with their key" in with_releases(*asked, "--format", "json").stdout


def test_a_file_that_cannot_be_written_is_told(with_releases: Command, tmp_path: Path) -> None:
    result = with_releases("tally", "export", "-o", str(tmp_path / "no" / "such" / "folder.csv"))
    assert result.exit_code != 0 and "folder.csv" in result.stderr and "Traceback" not in result.stderr


PAGE = (HOUSE / "docs" / "supervisors.md").read_text(encoding="utf-8")


def test_the_margins_of_the_page_are_those_of_the_laws() -> None:
    cells = {"one level": (OUTCOMES, 1), "all levels": (OUTCOMES, 5), "one sign": (SIGNS, 1)}
    cells["one of the four circumstances"] = (CIRCUMSTANCES, 8)
    for name, (grid, number) in cells.items():
        (row,) = re.findall(rf"^\| {name} \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.M)
        assert [int(given) for given in row] == [grid.law.margin(number * months) for months in (1, 3, 12)], name


@pytest.mark.parametrize("words", re.findall(r"^\.venv/bin/screening ((?!demo).+)$", PAGE, re.M))
def test_every_command_of_the_page_works(with_releases: Command, words: str, tmp_path: Path) -> None:
    with_releases("site", "add", "ghent-er", "Emergency, Ghent")
    if "remove" in words:
        with_releases("supervisor", "add", "bob maes", given=PASSWORD)
    words = words.replace("counts.xlsx", str(tmp_path / "counts.xlsx")).replace("2026-06", "2026-01")
    result = with_releases(*shlex.split(words), given=PASSWORD)
    assert result.exit_code == 0, result.output


def test_the_page_names_the_settings_that_hold_for_a_demonstration() -> None:
    read = set(re.findall(r'given\.get\("(\w+)"', (HOUSE / "screening" / "settings.py").read_text(encoding="utf-8")))
    demo = (HOUSE / "screening" / "cli" / "demo.py").read_text(encoding="utf-8")
    (around,) = re.findall(r"around = (\{.*\})", demo)
    (told,) = re.findall(r"settings hold for it as well.*?\n\n", PAGE, re.S)
    assert set(re.findall(r"`([A-Z_]+)`", told)) == read - set(re.findall(r'"(\w+)":', around))


def test_a_demonstration_touches_nothing_real_and_leaves_nothing(tmp_path: Path) -> None:
    """Not even with an environment that names the real instance, keys and database."""
    real, temporary = tmp_path / "instance", tmp_path / "tmp"
    real.mkdir()
    temporary.mkdir()
    environment = os.environ | {
        "SCREENING_INSTANCE": str(real),
        "SCREENING_KEYS": str(real / "keys"),
        "DATABASE_URL": f"sqlite:///{real / 'tally.db'}",
        "TMPDIR": str(temporary),
    }
    port = 9000 + os.getpid() % 900
    log = tmp_path / "log"
    with log.open("wb") as written:
        server = subprocess.Popen(
            [sys.executable, "-m", "screening.cli", "demo", "--port", str(port)], env=environment, stdout=written
        )
    try:
        deadline = time.monotonic() + 60
        while "Teams: " not in log.read_text():
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        said = log.read_text()
        assert re.search(rf"Supervisors: http://localhost:{port}/supervisor  name: demo  password: \w{{12}}", said)
        (folder,) = temporary.glob("demonstration-*")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/supervisor/sign-in") as page:
            assert b"Demonstration: all figures and sites are invented" in page.read()
        # A choice of many sites is a long address.
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/supervisor/sign-in?{'site=a-long-name&' * 400}") as page:
            assert page.status == 200
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
    assert list(real.iterdir()) == []
    assert not folder.exists() and list(temporary.glob("demonstration-*")) == []
