"""The commands on teams: add, list, retire, and give a new code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from screening.cli.given import in_plain_words, whole_app
from screening.sites import Sites


@click.group("site")
def site_group() -> None:
    """The teams that counts are kept for."""


@contextmanager
def sites_in_use() -> Iterator[Sites]:
    """The teams, or one line that says what is wrong."""
    sites: Sites = whole_app().extensions["sites"]
    with in_plain_words():
        yield sites


def show_code(code: str) -> None:
    click.echo(f"Code for the team's devices: {code}")
    click.echo(f"Or a link, with this program's own address before it: /site/{code}")
    click.echo(
        "It is shown this once. Whoever has it can begin visits for the team; a new one: screening site new-code"
    )


@site_group.command("add")
@click.argument("id")
@click.argument("title")
def add(id: str, title: str) -> None:
    """Add the team ID, called TITLE on its devices, and print the code that lets a device in."""
    with sites_in_use() as sites:
        code = sites.add(id, title)
    click.echo(f"{id}: {title.strip()}. Its own counts begin with the next month; until then it counts as main.")
    show_code(code)


@site_group.command("list")
def list_sites() -> None:
    """The teams, retired ones too."""
    with sites_in_use() as sites:
        found = sites.all()
    for one in found:
        click.echo(f"{one.id}  {one.title}{'  (retired)' if one.is_retired else ''}")
    if not found:
        click.echo("none: all visits count as main, and the server answers on this machine alone")


@site_group.command("retire")
@click.argument("id")
def retire(id: str) -> None:
    """Close the team ID: its devices are asked for a code; its releases stay."""
    with sites_in_use() as sites:
        sites.retire(id)
    click.echo(f"{id} is retired; running servers know it within half a minute")


@site_group.command("new-code")
@click.argument("id")
def new_code(id: str) -> None:
    """Give the team ID a new code; devices that came with an older one are asked again."""
    with sites_in_use() as sites:
        code = sites.new_code(id)
    show_code(code)
