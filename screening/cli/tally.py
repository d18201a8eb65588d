"""The commands on the counts: close what has ended, say how it stands, and prove the promise."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import BinaryIO, Final

import click
from flask import Flask

from screening.checklist import Level
from screening.cli.given import WrongInput, as_text, whole_app
from screening.store import StoreError
from screening.tally import CIRCUMSTANCES, OUTCOMES, SIGNS, NotCountedError, Releases, Tally
from screening.tally.audit import audit
from screening.tally.exports import FORMATS, LINES_BY, ExportError, export
from screening.tally.releases import GRID_NAMES

#: The lines of an export that does not say by what.
DEFAULT_BY: Final[Mapping[str, tuple[str, ...]]] = {
    OUTCOMES.name: ("month", "site", "level"),
    CIRCUMSTANCES.name: ("month", "fact"),
    SIGNS.name: ("month", "sign"),
}


@click.group("tally")
def tally_group() -> None:
    """The anonymised counts."""


def tally_of(app: Flask) -> Tally:
    tally: Tally = app.extensions["tally"]
    return tally


@tally_group.command("close")
@click.option("--without-key", is_flag=True, help="Release a month whose key is lost: its counts are gone.")
def close(without_key: bool) -> None:
    """Release every month that has ended. A month that has not ended cannot be closed."""
    try:
        released = tally_of(whole_app()).close(without_key)
    except NotCountedError as error:
        raise click.ClickException(str(error)) from None
    click.echo("\n".join(f"{month} released" for month in released) or "no month has ended since the last release")


@tally_group.command("status")
def status() -> None:
    """Name the open month and the last release, and say whether the key is there. No figures."""
    try:
        standing = tally_of(whole_app()).status()
    except NotCountedError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"open month: {standing.open_month or 'none'}")
    click.echo(f"last release: {standing.last_release or 'none yet'}")
    if standing.key_is_there:
        click.echo("key: there")
        return
    click.echo(
        "key: missing. Visits are not counted. Put the file back from the machine that has it, or wait until the"
    )
    click.echo("month has ended and release it with: screening tally close --without-key")
    sys.exit(1)


@tally_group.command("export")
@click.option("--from", "first", default="", metavar="MONTH", help="The first month, such as 2026-01.")
@click.option("--to", "last", default="", metavar="MONTH", help="The last month.")
@click.option("--grid", type=click.Choice(list(LINES_BY)), default=OUTCOMES.name, show_default=True)
@click.option("--by", default="", metavar="NAMES", help="month, quarter or year; site and level; fact; sign ...")
@click.option("--site", "sites", multiple=True, help="These sites alone (of outcomes).")
@click.option("--level", "levels", multiple=True, help="These levels alone (of outcomes).")
@click.option("--format", "ending", type=click.Choice(list(FORMATS)), default="csv", show_default=True)
@click.option("-o", "--output", default="-", type=click.File("wb", lazy=True), help="A file; standard output without.")
def export_command(
    first: str,
    last: str,
    grid: str,
    by: str,
    sites: tuple[str, ...],
    levels: tuple[str, ...],
    ending: str,
    output: BinaryIO,
) -> None:
    """Write the figures of closed months, all of them or those from MONTH to MONTH, the same each time."""
    app = whole_app()
    releases: Releases = app.extensions["releases"]
    chosen = GRID_NAMES[grid]
    named = tuple(name.strip() for name in by.split(",")) if by else DEFAULT_BY[grid]
    try:
        months = months_chosen(list(releases.months()), first, last)
        if (sites or levels) and chosen is not OUTCOMES:
            raise ExportError(f"{grid} are counted for all sites and levels together; leave out --site and --level")
        known(sites, releases.parts(chosen, months), "site")
        known(levels, [level.value for level in Level], "level")
        made = export(releases, chosen, months, named, sites or None, levels or None)
    except ExportError as error:
        raise WrongInput(str(error)) from None
    except StoreError as error:
        raise click.ClickException(f"the database cannot be used: {error}") from None
    about = as_text(app, "supervisor/about.txt", grid=grid, lost=made.lost).splitlines()
    try:
        output.write(FORMATS[ending][0](made, about))
    except OSError as error:
        raise click.ClickException(f"{output.name}: {error.strerror}") from None


def months_chosen(closed: Sequence[str], first: str, last: str) -> list[str]:
    """The closed months from `first` to `last`, "" for the first and the last there is. Raises ExportError."""
    if not closed:
        raise ExportError("no month has closed yet; there are no figures before")
    for month in (first, last):
        if month and month not in closed:
            raise ExportError(f"{month!r} is no closed month; there are {closed[0]} to {closed[-1]}")
    if first and last and first > last:
        raise ExportError(f"--from {first} comes after --to {last}")
    return [month for month in closed if (first or month) <= month <= (last or month)]


def known(given: Sequence[str], there: Sequence[str], what: str) -> None:
    for name in given:
        if name not in there:
            raise ExportError(f"there is no {what} {name!r} in these months; there are {', '.join(there)}")


@tally_group.command("audit")
def audit_command() -> None:
    """Compute both bounds from the laws in use, draw their numbers, and try the best insider. Exit 1 if one fails."""
    findings = []
    for finding in audit():
        findings.append(finding)
        click.echo(f"{'holds' if finding.holds else 'FAILS'}  {finding.what}: {finding.found}")
    if not all(finding.holds for finding in findings):
        sys.exit(1)
