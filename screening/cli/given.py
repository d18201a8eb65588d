"""What every command is given: settings, rule files, the app, a case; or one line that says what is wrong."""

from __future__ import annotations

import html
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask_babel import force_locale

from screening import create_app
from screening.accounts import AccountError
from screening.case import Case, CaseError, read_case
from screening.languages import CatalogueError, codes
from screening.rulebook import Rulebook, RuleError, read_rulebook
from screening.settings import HOUSE, SettingError, Settings, read_settings
from screening.sites import SiteError
from screening.speech import worker_languages
from screening.store import StoreError


class WrongInput(click.ClickException):
    exit_code = 2

    def show(self, file: object = None) -> None:
        click.echo(f"screening: {self.message}", err=True)


def settings() -> Settings:
    try:
        return read_settings(os.environ)
    except SettingError as error:
        raise WrongInput(str(error)) from None


def rules(folder: Path, site: Path | None = None, only: Path | None = None) -> Rulebook:
    """The rule files, or every one of their faults on stderr and exit 1. The arguments are read_rulebook's."""
    try:
        return read_rulebook(folder, site, only=only, languages=codes(HOUSE / "translations"))
    except RuleError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def rules_in_use() -> Rulebook:
    return rules(settings().rules, settings().instance / "rules")


def whole_app() -> Flask:
    """The app, or what is wrong with its settings, rule files or catalogues."""
    try:
        return create_app(settings())
    except (SettingError, CatalogueError) as error:
        raise WrongInput(str(error)) from None
    except RuleError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Turn what the teams, the supervisors or the database refuse into one line that says what is wrong."""
    try:
        yield
    except (AccountError, SiteError) as error:
        raise WrongInput(str(error)) from None
    except StoreError as error:
        raise click.ClickException(f"the database cannot be used: {error}") from None


@contextmanager
def writing(there: Path | str) -> Iterator[None]:
    """Turn what cannot be written into one line that says where and why."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{error.filename or there}: {error.strerror}") from None


def free_port(host: str, port: int) -> None:
    """Raise ClickException when something is there already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            raise click.ClickException(f"{host} is no address of this machine. Name one with --host.") from None
        except OSError as error:
            raise click.ClickException(
                f"{host}:{port} cannot be used ({error.strerror}). Stop what is there, or name another with --port."
            ) from None


@contextmanager
def speaking(app: Flask, code: str) -> Iterator[None]:
    """The app speaking the language `code`, for what is made by command."""
    with app.app_context():
        offered = [language.code for language in worker_languages()]
        if code not in offered:
            raise WrongInput(f"there is no language {code!r} for the worker. There are {', '.join(offered)}.")
        with force_locale(code.replace("-", "_")):
            yield


def as_text(app: Flask, template: str, **context: Any) -> str:
    """A template as plain text."""
    with app.app_context():
        return html.unescape(app.jinja_env.get_template(template).render(**context)).strip()


def read_given(file: str, book: Rulebook) -> Case:
    """The case in the file of this name, "-" for standard input. Raises CaseError."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        raise CaseError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CaseError("this is not UTF-8") from None
    return read_case(text, book, settings().place)
