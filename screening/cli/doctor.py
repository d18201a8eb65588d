"""The command that looks at the installation and says how it is."""

from __future__ import annotations

import os
import sys

import click

from screening.doctor import NOTE, WRONG, examine


@click.command("doctor")
def doctor_command() -> None:
    """Say what is installed, what is off and why, and what is wrong and how to mend it. Exit 1 if anything is."""
    states = []
    for finding in examine(os.environ):
        states.append(finding.state)
        first, *more = finding.said.splitlines()
        click.echo(f"{finding.state:<6}{finding.part}: {first}")
        for line in more:
            click.echo(f"      {line}")
    click.echo(f"{states.count(WRONG)} wrong, {states.count(NOTE)} to look at")
    if WRONG in states:
        sys.exit(1)
