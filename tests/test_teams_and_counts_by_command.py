"""The commands on teams and counts: what they print, what they refuse, and that no figure of the open month is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import insert, update

from screening.store import Store, open_month, ticket
from screening.tally import Layout, Vault, grids
from screening.tally import audit as auditing

Command = Callable[..., Result]


def code_in(said: str) -> str:
    match = re.search(r"Code for the team's devices: ([2-9A-Z]{4}(-[2-9A-Z]{4}){2})$", said, re.M)
    assert match, said
    return match[1]


def test_a_team_is_added_listed_given_a_new_code_and_retired(command: Command) -> None:
    assert "none: all visits count as main" in command("site", "list").stdout
    added = command("site", "add", "ghent-er", "Emergency, Ghent")
    assert added.exit_code == 0, added.output
    code = code_in(added.stdout)
    assert f"/site/{code}" in added.stdout and "next month" in added.stdout
    assert command("site", "list").stdout == "ghent-er  Emergency, Ghent\n"
    assert code_in(command("site", "new-code", "ghent-er").stdout) != code
    assert "retired" in command("site", "retire", "ghent-er").stdout
    assert command("site", "list").stdout == "ghent-er  Emergency, Ghent  (retired)\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "Ghent ER", "x"), "small letters, figures and hyphens"),
        (("add", "a" * 41, "x"), "40 at most"),
        (("add", "main", "x"), "choose another id"),
        (("add", "b", " "), "1 to 120 characters"),
        (("add", "b", "x" * 121), "1 to 120 characters"),
        (("add", "b", "two\nlines"), "one line"),
        (("add", "there", "x"), "already"),
        (("new-code", "nowhere"), "no site 'nowhere' (sites: gone, there)"),
        (("retire", "nowhere"), "no site 'nowhere'"),
        (("new-code", "gone"), "is retired"),
        (("retire", "gone"), "is retired"),
        (("add", "gone", "x"), "ids are permanent"),
    ],
)
def test_what_cannot_be_done_with_a_team_is_one_line_with_its_remedy(
    command: Command, arguments: tuple[str, ...], said: str
) -> None:
    command("site", "add", "there", "There")
    command("site", "add", "gone", "Gone")
    command("site", "retire", "gone")
    before = command("site", "list").stdout
    result = command("site", *arguments)
    assert result.exit_code == 2 and said in result.stderr and len(result.stderr.strip().splitlines()) == 1
    assert command("site", "list").stdout == before


def test_status_names_the_month_and_tells_no_figure(command: Command) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    assert command("tally", "status").stdout == f"open month: {month}\nlast release: none yet\nkey: there\n"


def test_status_says_what_to_do_when_the_key_is_gone(command: Command, tmp_path: Path) -> None:
    command("tally", "status")
    (key,) = (tmp_path / "instance" / "keys" / "months").iterdir()
    key.unlink()
    result = command("tally", "status")
    assert result.exit_code == 1 and "key: missing" in result.stdout and "--without-key" in result.stdout


def an_old_month(tmp_path: Path, *, with_key: bool) -> None:
    """As if nothing had run since January 2024."""
    store = Store(f"sqlite:///{tmp_path / 'instance' / 'tally.db'}")
    store.prepare()
    vault = Vault(tmp_path / "instance" / "keys" / "months")
    vault.make("2024-01")
    layout = Layout.of([], ["large-debt"])
    with store.writing() as connection:
        sealed = vault.seal("2024-01", layout.written(), layout.starts())
        connection.execute(insert(open_month).values(month="2024-01", layout=layout.written(), sealed=sealed))
        connection.execute(insert(ticket).values(hash=b"1" * 32, month="2023-12"))
    if not with_key:
        (tmp_path / "instance" / "keys" / "months" / "2024-01.key").unlink()
    store.let_go()


def test_close_releases_what_has_ended_and_nothing_that_has_not(command: Command, tmp_path: Path) -> None:
    assert command("tally", "close").stdout == "no month has ended since the last release\n"
    for path in (tmp_path / "instance").glob("tally.db*"):
        path.unlink()
    an_old_month(tmp_path, with_key=True)
    # After more than a year it may be the clock that is wrong: that is closed only when it is asked for.
    assert command("tally", "status").stdout.startswith("open month: 2024-01\nlast release: none yet")
    assert command("tally", "close").stdout.startswith("2024-01 released\n2024-02 released\n")
    assert "last release: 20" in command("tally", "status").stdout
    assert command("tally", "close").stdout == "no month has ended since the last release\n"


def test_a_month_without_its_key_is_released_only_when_that_is_asked_for(command: Command, tmp_path: Path) -> None:
    an_old_month(tmp_path, with_key=False)
    result = command("tally", "close")
    assert result.exit_code == 1 and "2024-01" in result.stderr
    done = command("tally", "close", "--without-key")
    assert done.exit_code == 0 and done.stdout.startswith("2024-01 released\n2024-02 released\n")


def test_the_audit_holds_and_fails_with_a_weaker_law(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    small = auditing.audit.__defaults__
    monkeypatch.setattr(auditing.audit, "__defaults__", (grids.GRIDS, 20_000, 4_000))
    result = command("tally", "audit")
    assert result.exit_code == 0 and result.stdout.count("holds  ") == 8, result.output
    weak = replace(grids.OUTCOMES, law=grids.Law(Fraction(1, 3)))
    monkeypatch.setattr(auditing.audit, "__defaults__", ((weak, *grids.GRIDS[1:]), 20_000, 4_000))
    result = command("tally", "audit")
    assert result.exit_code == 1 and "FAILS  odds that a visit took place" in result.stdout
    assert small == (grids.GRIDS, 100_000, 20_000)


def test_without_a_database_the_commands_say_so_in_one_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "instance" / "tally.db").mkdir(parents=True)
    for arguments in (("site", "list"), ("site", "add", "a", "A"), ("tally", "status"), ("tally", "close")):
        result = command(*arguments)
        assert result.exit_code == 1 and "Traceback" not in result.output, arguments
        assert result.stderr.strip().splitlines()[-1].startswith("Error: ")


def test_a_wrong_database_address_stops_every_command_with_its_remedy(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://somebody:secret@host/db")
    result = command("site", "list")
    assert result.exit_code != 0 and "postgresql://" in result.stderr and "secret" not in result.output


def test_a_month_is_not_closed_early_by_any_command(command: Command, tmp_path: Path) -> None:
    command("tally", "status")
    store = Store(f"sqlite:///{tmp_path / 'instance' / 'tally.db'}")
    with store.writing() as connection:
        # A month that lies ahead: a clock that was wrong when it opened.
        connection.execute(update(open_month).values(month="2999-01"))
    store.let_go()
    assert command("tally", "close").stdout == "no month has ended since the last release\n"
    assert "open month: 2999-01" in command("tally", "status").stdout
