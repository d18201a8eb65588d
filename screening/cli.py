"""The commands: serve the app, check and list the rule files, assess a case, make its sheet."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import click

from screening import create_app, referral
from screening.case import Case, CaseError, as_json, judge, read_case, read_checklist
from screening.guidance import fitting
from screening.rulebook import Rulebook, RuleError, read_rulebook
from screening.settings import SettingError, Settings, read_settings


class WrongInput(click.ClickException):
    exit_code = 2

    def show(self, file: object = None) -> None:
        click.echo(f"screening: {self.message}", err=True)


def settings() -> Settings:
    try:
        return read_settings(os.environ)
    except SettingError as error:
        raise WrongInput(str(error)) from None


def rules(folder: Path) -> Rulebook:
    """The rule files, or every one of their faults on stderr and exit 1."""
    try:
        return read_rulebook(folder)
    except RuleError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


@click.group()
@click.version_option(package_name="screening")
def main() -> None:
    """A checklist for signs of trafficking in persons that leaves no trace."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--check", is_flag=True, help="Start, walk one visit to its sheet, stop; exit 0 if all went well.")
def serve(host: str, port: int, check: bool) -> None:
    """Serve the app and print its address."""
    if check:
        from screening.trial import TrialError, try_visit

        try:
            for line in try_visit():
                click.echo(line)
        except TrialError as error:
            raise click.ClickException(str(error)) from None
        return
    from screening.server import serve_forever

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"{host}:{port} cannot be used ({error.strerror}). Stop what is there, or name another with --port."
            ) from None
    rules(settings().rules)
    try:
        app = create_app(settings())
    except SettingError as error:
        raise WrongInput(str(error)) from None
    if host not in ("127.0.0.1", "::1", "localhost"):
        click.echo("Others on the network can reach this address: put it behind HTTPS, or they can read along.")
    reason = referral.pdf_unavailable()
    if reason:
        click.echo(f"Sheets as PDF are off: {reason}. Print from the browser instead.")
    serve_forever(app, host, port, ready=lambda address: click.echo(f"Screening is at {address} (Ctrl+C ends it)"))


@main.group("rules")
def rules_group() -> None:
    """The rule files."""


@rules_group.command("check")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def check_rules(folder: Path | None) -> None:
    """Read all rule files in FOLDER and name every error."""
    book = rules(folder or settings().rules)
    with_file = sum(place.has_file for place in book.places.values())
    click.echo(f"{len(book.checklists)} checklists, {len(book.indicators)} indicators, {with_file} places: all good")


@rules_group.command("list")
@click.option("--json", "as_data", is_flag=True)
def list_rules(as_data: bool) -> None:
    """The checklists with their versions and hashes."""
    checklists = [
        {
            "id": checklist.id,
            "title": checklist.title,
            "version": checklist.version,
            "hash": checklist.hash,
            "indicators": list(checklist.indicators),
        }
        for checklist in rules(settings().rules).checklists.values()
    ]
    if as_data:
        click.echo(json.dumps(checklists, indent=2, ensure_ascii=False))
        return
    for checklist in checklists:
        click.echo(f"{checklist['id']}  {checklist['version']}  {checklist['hash']}  {checklist['title']}")


@main.command("assess")
@click.argument("arguments", nargs=-1, metavar="CHECKLIST|--all [FILE|-]")
@click.option("--all", "all_checklists", is_flag=True, help="Assess with every checklist.")
def assess_command(arguments: tuple[str, ...], all_checklists: bool) -> None:
    """Assess the case in FILE (or on standard input) with CHECKLIST and print the result as JSON."""
    if not arguments and not all_checklists:
        raise WrongInput("name a checklist, or --all")
    checklist, *files = arguments if not all_checklists else ("", *arguments)
    if len(files) > 1:
        raise WrongInput(f"one file at a time, not {' '.join(files)}")
    book = rules(settings().rules)
    try:
        chosen = list(book.checklists.values()) if all_checklists else [read_checklist(checklist, book)]
        case = read_given(files[0] if files else "-", book)
    except CaseError as error:
        raise WrongInput(str(error)) from None
    results = [as_json(judge(case, one, book), case, book) for one in chosen]
    click.echo(json.dumps({"assessments": results} if all_checklists else results[0], indent=2))


@main.command("sheet")
@click.argument("checklist")
@click.argument("file", default="-")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False))
def sheet_command(checklist: str, file: str, output: Path) -> None:
    """Make the referral sheet of the case in FILE (or on standard input) as PDF."""
    try:
        app = create_app(settings())
    except SettingError as error:
        raise WrongInput(str(error)) from None
    except RuleError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    book: Rulebook = app.extensions["rulebook"]
    try:
        case = read_given(file, book)
        assessment = judge(case, read_checklist(checklist, book), book)
    except CaseError as error:
        raise WrongInput(str(error)) from None
    sheet = referral.Sheet(
        assessment=assessment,
        place=case.place,
        guidance=fitting(book.guidance, assessment),
        sources=book.sources,
        red=book.red,
    )
    try:
        with app.app_context():
            pdf = referral.as_pdf(sheet, app.jinja_env)
        output.write_bytes(pdf)
    except referral.PdfUnavailableError as error:
        raise click.ClickException(f"no sheet can be made here: {error}") from None
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from None


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


if __name__ == "__main__":
    main()
