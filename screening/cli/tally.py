"""The commands on the counts: close what has ended, say how it stands, and prove the promise."""

from __future__ import annotations

import sys

import click
from flask import Flask

from screening.cli.given import whole_app
from screening.tally import NotCountedError, Tally
from screening.tally.audit import audit


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


@tally_group.command("audit")
def audit_command() -> None:
    """Compute both bounds from the laws in use, draw their numbers, and try the best insider. Exit 1 if one fails."""
    findings = []
    for finding in audit():
        findings.append(finding)
        click.echo(f"{'holds' if finding.holds else 'FAILS'}  {finding.what}: {finding.found}")
    if not all(finding.holds for finding in findings):
        sys.exit(1)
