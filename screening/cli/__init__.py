"""The commands: serve the app and look at it, keep the rule files and the counts, assess a case, make its paper."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask

from screening import referral
from screening.case import Case, CaseError, as_json, judge, judge_more_urgent, read_case, read_checklist
from screening.checklist import Checklist
from screening.cli.demo import demo_command
from screening.cli.doctor import doctor_command
from screening.cli.given import (
    WrongInput,
    free_port,
    read_given,
    rules_in_use,
    settings,
    speaking,
    whole_app,
    writing,
)
from screening.cli.rules import places_group, rules_group
from screening.cli.sites import site_group
from screening.cli.supervisors import supervisor_group
from screening.cli.tally import tally_group
from screening.cli.translations import translations_group
from screening.guidance import fitting
from screening.languages import SOURCE
from screening.rulebook import Rulebook


@click.group()
@click.version_option(package_name="screening")
def main() -> None:
    """A checklist for signs of trafficking in persons that leaves no trace."""


main.add_command(rules_group)
main.add_command(places_group)
main.add_command(site_group)
main.add_command(supervisor_group)
main.add_command(tally_group)
main.add_command(translations_group)
main.add_command(demo_command)
main.add_command(doctor_command)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--check", is_flag=True, help="Start, walk one visit to its sheet, stop; exit 0 if all went well.")
def serve(host: str, port: int, check: bool) -> None:
    """Serve the app and print its address."""
    if check:
        from screening.trial import TrialError, try_visit

        try:
            for line in try_visit(settings().instance / "rules"):
                click.echo(line)
        except TrialError as error:
            raise click.ClickException(str(error)) from None
        return
    from screening.server import serve_forever

    free_port(host, port)
    app = whole_app()
    if host not in ("127.0.0.1", "::1", "localhost"):
        if not app.extensions["sites"].active():
            raise WrongInput(
                f"on {host} others could reach it, and no site is named yet. Name one first, such as: "
                'screening site add ghent-er "Emergency, Ghent"'
            )
        click.echo("Others on the network can reach this address: put it behind HTTPS, or they can read along.")
    reason = referral.pdf_unavailable()
    if reason:
        click.echo(f"Sheets as PDF are off: {reason}. Print from the browser instead.")
    # No connection may lie on both sides of the fork that makes the workers.
    app.extensions["store"].let_go()
    serve_forever(
        app,
        host,
        port,
        app.extensions["settings"].workers,
        ready=lambda address: click.echo(f"Screening is at {address} (Ctrl+C ends it)"),
        beside=None if reason else lambda: print_a_blank_sheet(app),
    )


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
    book = rules_in_use()
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
@click.option("--language", default=SOURCE, help="What it is written in, such as nl.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
def sheet_command(checklist: str, file: str, language: str, output: Path) -> None:
    """Make the referral sheet of the case in FILE (or on standard input) as PDF."""
    app = whole_app()
    book: Rulebook = app.extensions["rulebook"]
    try:
        case = read_given(file, book)
        sheet = sheet_of(case, read_checklist(checklist, book), book, language)
    except CaseError as error:
        raise WrongInput(str(error)) from None
    with speaking(app, language):
        written(lambda: referral.as_pdf(sheet, app.jinja_env), output)


@main.command("paper")
@click.argument("checklist")
@click.option("--place", default="", help="The country whose contacts stand on it, an ISO code.")
@click.option("--language", default=SOURCE, help="What it is written in, such as nl.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
def paper_command(checklist: str, place: str, language: str, output: Path) -> None:
    """Make the blank CHECKLIST with its scoring as PDF, to fill in with a pen."""
    app = whole_app()
    book: Rulebook = app.extensions["rulebook"]
    try:
        chosen = read_checklist(checklist, book)
        case = read_case(json.dumps({"place": place} if place else {}), book, settings().place)
    except CaseError as error:
        raise WrongInput(str(error)) from None
    twin = referral.Twin(chosen, book.reserved, case.place, book.guidance, book.red, book.site, language)
    with speaking(app, language):
        written(lambda: referral.twin_as_pdf(twin, app.jinja_env), output)


def sheet_of(case: Case, checklist: Checklist, book: Rulebook, language: str) -> referral.Sheet:
    assessment = judge(case, checklist, book)
    return referral.Sheet(
        assessment=assessment,
        place=case.place,
        guidance=fitting(book.guidance, assessment),
        sources=book.sources,
        red=book.red,
        language=language,
        also=judge_more_urgent(case, assessment, book),
        site=book.site,
    )


def print_a_blank_sheet(app: Flask) -> None:
    """Make a sheet of nothing and throw it away: the first one takes seconds, and so no worker waits for it."""
    book: Rulebook = app.extensions["rulebook"]
    case = read_case("{}", book, app.extensions["settings"].place)
    sheet = sheet_of(case, next(iter(book.checklists.values())), book, SOURCE)
    with app.app_context():
        referral.as_pdf(sheet, app.jinja_env)


def written(made: Callable[[], bytes], output: Path) -> None:
    """Write the PDF that `made` makes, to standard output for "-", or say in one line why there is none."""
    try:
        pdf = made()
    except referral.PdfUnavailableError as error:
        raise click.ClickException(f"it cannot be made here: {error}") from None
    if output == Path("-"):
        click.echo(pdf, nl=False)
        return
    with writing(output):
        output.write_bytes(pdf)
