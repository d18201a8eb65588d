"""The commands: serve the app, check and list the rule files, assess a case, make its sheet."""

from __future__ import annotations

import html
import json
import os
import socket
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from flask import Flask

from screening import create_app, referral
from screening.case import Case, CaseError, as_json, judge, read_case, read_checklist
from screening.comparison import Comparison, Version, compare
from screening.diagram import DiagramTooLargeError
from screening.guidance import fitting
from screening.places import STALE_AFTER
from screening.rulebook import Rulebook, RuleError, read_rulebook, schemas, texts_of
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


def rules(folder: Path, site: Path | None = None, only: Path | None = None) -> Rulebook:
    """The rule files, or every one of their faults on stderr and exit 1. The arguments are read_rulebook's."""
    try:
        return read_rulebook(folder, site, only=only)
    except RuleError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def rules_in_use() -> Rulebook:
    return rules(settings().rules, settings().instance / "rules")


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
    app = whole_app()
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
    """Read all rule files in FOLDER and name every error. Without FOLDER: those in use, a site's own with them."""
    book = rules(folder) if folder else rules_in_use()
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
        for checklist in rules_in_use().checklists.values()
    ]
    if as_data:
        click.echo(json.dumps(checklists, indent=2, ensure_ascii=False))
        return
    for checklist in checklists:
        click.echo(f"{checklist['id']}  {checklist['version']}  {checklist['hash']}  {checklist['title']}")


@rules_group.command("show")
@click.argument("checklist")
@click.option("--texts", is_flag=True, help="Print the names of its texts instead, for a site's own wording.")
def show_rules(checklist: str, texts: bool) -> None:
    """Print CHECKLIST as a page to read: its signs, its conditions in words, its outcomes and examples."""
    app = whole_app()
    book: Rulebook = app.extensions["rulebook"]
    try:
        chosen = read_checklist(checklist, book)
    except CaseError as error:
        raise WrongInput(str(error)) from None
    click.echo("\n".join(texts_of(chosen)) if texts else as_text(app, "rules-show.txt", checklist=chosen))


@rules_group.command("diff")
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
def diff_rules(old: Path, new: Path) -> None:
    """Say what changed from OLD to NEW: each a checklist's file, or a whole folder of rule files.

    A file outside a folder of rule files is read with the signs of those in use.
    """
    app = whole_app()
    before, after = versions(old), versions(new)
    if old.is_file() and new.is_file() and len(before) == len(after) == 1:
        # Two files are two versions, whatever their ids are.
        pairs = [(next(iter(before.values())), next(iter(after.values())))]
        added: list[str] = []
        removed: list[str] = []
    else:
        wanted = [id for id in after if not (old.is_file() or new.is_file()) or id in before]
        pairs = [(before[id], after[id]) for id in wanted if id in before]
        added = [id for id in wanted if id not in before]
        removed = [id for id in before if id not in after and not new.is_file()]
        if not pairs and (old.is_file() or new.is_file()):
            raise WrongInput(f"{new} has no checklist of the id that {old} has")
    try:
        comparisons = [compare(*pair) for pair in pairs if pair[0].checklist.hash != pair[1].checklist.hash]
    except DiagramTooLargeError as error:
        raise click.ClickException(f"the versions cannot be compared: {error}") from None
    said = as_text(app, "rules-diff.txt", comparisons=comparisons, added=added, removed=removed, outcomes=outcomes_of)
    click.echo(said)


def versions(path: Path) -> dict[str, Version]:
    """The checklists of a folder of rule files, or the one of a file, by id."""
    if path.is_dir():
        book = rules(path)
    else:
        around = path.resolve().parent.parent
        book = rules(around if (around / "indicators.yaml").is_file() else settings().rules, only=path)
    return {id: Version(checklist, book) for id, checklist in book.checklists.items()}


def outcomes_of(comparison: Comparison) -> list[str]:
    """The ids of the outcomes of either version."""
    both = [*comparison.old.checklist.outcomes, *comparison.new.checklist.outcomes]
    return list(dict.fromkeys(outcome.id for outcome in both))


@rules_group.command("schemas")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def write_schemas(folder: Path) -> None:
    """Write the JSON schemas of the rule files into FOLDER, for editors that complete and check as one types."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
        click.echo(f"{folder / name}.json")


@main.group("places")
def places_group() -> None:
    """Places and their contacts."""


@places_group.command("check")
@click.option("--stale-after", default=STALE_AFTER, show_default=True, type=click.IntRange(1), help="In days.")
def check_places(stale_after: int) -> None:
    """Name what is invalid (exit 1), and as remarks what is stale, unverified, given twice, or missing (exit 0)."""
    book = rules_in_use()
    today = datetime.now(UTC).date()
    shown = 0
    for place in (place for place in book.places.values() if place.has_file):
        contacts = place.shown_contacts
        shown += len(contacts)
        called = sum(contact.verified_by_telephone for contact in contacts)
        held_back = len(place.contacts) - len(contacts)
        click.echo(f"{place.iso}: {len(contacts)} shown, {called} verified by telephone, {held_back} held back")
        for contact in contacts:
            if date.fromisoformat(contact.verified_on) > today:
                click.echo(f"  not yet: {contact.id} was checked on {contact.verified_on}, a day to come")
            if contact.is_stale(today, stale_after):
                click.echo(f"  stale: {contact.id} was checked on {contact.verified_on}")
        numbers = [(phone.e164 or phone.dial, contact.id) for contact in contacts for phone in contact.phones]
        for number in {number for number, _ in numbers}:
            ids = [id for other, id in numbers if other == number]
            if len(ids) > 1:
                click.echo(f"  twice: {number} is the number of {' and '.join(ids)}")
    for role in book.site.missing:
        click.echo(f"missing: this site has named nobody for {role} (instance/rules/site.yaml)")
    ready = "ready" if not book.site.missing else "practice only"
    click.echo(f"{shown} contacts in {sum(place.has_file for place in book.places.values())} places: valid; {ready}")


def whole_app() -> Flask:
    """The app, or what is wrong with its settings or rule files."""
    try:
        return create_app(settings())
    except SettingError as error:
        raise WrongInput(str(error)) from None
    except RuleError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def as_text(app: Flask, template: str, **context: Any) -> str:
    """A template as plain text."""
    with app.app_context():
        return html.unescape(app.jinja_env.get_template(template).render(**context)).strip()


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
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False))
def sheet_command(checklist: str, file: str, output: Path) -> None:
    """Make the referral sheet of the case in FILE (or on standard input) as PDF."""
    app = whole_app()
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
        site=book.site,
    )
    with app.app_context():
        written(lambda: referral.as_pdf(sheet, app.jinja_env), output)


@main.command("paper")
@click.argument("checklist")
@click.option("--place", default="", help="The country whose contacts stand on it, an ISO code.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False))
def paper_command(checklist: str, place: str, output: Path) -> None:
    """Make the blank CHECKLIST with its scoring as PDF, to fill in with a pen."""
    app = whole_app()
    book: Rulebook = app.extensions["rulebook"]
    try:
        chosen = read_checklist(checklist, book)
        case = read_case(json.dumps({"place": place} if place else {}), book, settings().place)
    except CaseError as error:
        raise WrongInput(str(error)) from None
    twin = referral.Twin(chosen, book.reserved, case.place, book.guidance, book.red, book.site)
    with app.app_context():
        written(lambda: referral.twin_as_pdf(twin, app.jinja_env), output)


def written(made: Callable[[], bytes], output: Path) -> None:
    """Write the PDF that `made` makes, or say in one line why there is none."""
    try:
        output.write_bytes(made())
    except referral.PdfUnavailableError as error:
        raise click.ClickException(f"it cannot be made here: {error}") from None
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
