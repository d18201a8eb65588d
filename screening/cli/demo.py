"""The command that shows the supervisors' pages with invented figures, apart from everything real."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click

from screening import create_app
from screening.accounts import Accounts
from screening.cli.given import WrongInput, free_port
from screening.demo import SITES, invent
from screening.languages import CatalogueError
from screening.rulebook import Rulebook, RuleError
from screening.settings import SettingError, read_settings
from screening.sites import Sites
from screening.tally.months import month_of


@click.command("demo")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
def demo_command(port: int) -> None:
    """Serve a demonstration: invented sites and figures in a folder of its own, which is gone at the end."""
    free_port("127.0.0.1", port)
    from screening.server import serve_forever

    folder = Path(tempfile.mkdtemp(prefix="demonstration-"))
    ours = os.getpid()
    try:
        # Neither the database nor the keys of what is real are in reach, whatever the environment says.
        around = {**os.environ, "SCREENING_INSTANCE": str(folder), "SCREENING_KEYS": "", "DATABASE_URL": ""}
        app = create_app(replace(read_settings(around), is_demo=True))
        sites: Sites = app.extensions["sites"]
        accounts: Accounts = app.extensions["accounts"]
        book: Rulebook = app.extensions["rulebook"]
        signs = [id for id, indicator in book.indicators.items() if not indicator.context]
        invent(app.extensions["store"], sites, signs, until=month_of(time.time()))
        password = secrets.token_hex(6)
        accounts.add("demo", password)
        code = sites.new_code(next(iter(SITES)))
        app.extensions["store"].let_go()
        # By this name and not by its number: a browser keeps the cookies of the two apart, and those of a real visit at
        # 127.0.0.1 are not replaced, whatever the port.
        home = f"http://localhost:{port}"
        click.echo("A demonstration: all sites and figures are invented, and all of it is gone when it ends (Ctrl+C).")
        serve_forever(
            app,
            "127.0.0.1",
            port,
            app.extensions["settings"].workers,
            ready=lambda _: click.echo(
                f"Supervisors: {home}/supervisor  name: demo  password: {password}\nTeams: {home}/site/{code}"
            ),
        )
    except (SettingError, CatalogueError) as error:
        raise WrongInput(str(error)) from None
    except RuleError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    finally:
        # A worker that ends passes here too: the folder goes with the one that made it.
        if os.getpid() == ours:
            shutil.rmtree(folder, ignore_errors=True)
