"""The commands on supervisors: add, list, remove."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from screening.accounts import AccountError, Accounts
from screening.cli.given import in_plain_words, whole_app
from screening.sites import SiteError, Sites
from screening.tally import MAIN


@click.group("supervisor")
def supervisor_group() -> None:
    """Who may see the counts."""


@contextmanager
def accounts_in_use() -> Iterator[tuple[Accounts, Sites]]:
    """The supervisors and the teams, or one line that says what is wrong."""
    app = whole_app()
    with in_plain_words():
        yield app.extensions["accounts"], app.extensions["sites"]


@supervisor_group.command("add")
@click.argument("name")
@click.option("--site", default="", help="The one site whose outcomes they may see; all when left out.")
@click.option("--totp", is_flag=True, help="Ask for a code from their telephone too.")
def add(name: str, site: str, totp: bool) -> None:
    """Let NAME see the counts. The password is asked for, or read from standard input."""
    with accounts_in_use() as (accounts, sites):
        if site and site != MAIN:
            there = [one.id for one in sites.all()]
            if site not in there:
                raise SiteError(f"there is no site {site!r} (sites: {', '.join(there) or 'there are none'})")
        address = accounts.add(name, asked_password(), site, totp)
    click.echo(f"{name.strip()} may sign in at /supervisor and see {f'the site {site}' if site else 'all sites'}.")
    if address:
        click.echo("For the app on their telephone, shown this once; whoever has it can make their codes:")
        click.echo(address)


def asked_password() -> str:
    """The password, typed twice at a terminal, else the first line of standard input. Raises AccountError."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password (12 characters at least): ")
    if getpass.getpass("Once more: ") != password:
        raise AccountError("the two were not the same; nothing was added")
    return password


@supervisor_group.command("list")
def list_supervisors() -> None:
    """Who may see the counts, and which."""
    with accounts_in_use() as (accounts, _):
        found = accounts.all()
    for one in found:
        click.echo(f"{one.name}  {one.site or 'all sites'}{'  with a code' if one.has_code else ''}")
    if not found:
        click.echo("none: add one with screening supervisor add NAME")


@supervisor_group.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Take NAME away. Their sessions are over at once."""
    with accounts_in_use() as (accounts, _):
        accounts.remove(name)
    click.echo(f"{name} may no longer sign in")
