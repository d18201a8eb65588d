"""The commands on rule files and places: check, list, show, compare, schemas."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import click

from screening.case import CaseError, read_checklist
from screening.cli.given import WrongInput, as_text, rules, rules_in_use, settings, whole_app, writing
from screening.comparison import Comparison, Version, compare
from screening.diagram import DiagramTooLargeError
from screening.places import STALE_AFTER
from screening.rulebook import Rulebook, schemas, texts_of


@click.group("rules")
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
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in schemas().items():
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
            click.echo(f"{folder / name}.json")


@click.group("places")
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
