"""The commands on catalogues: begin one, extract what there is to translate, update, check."""

from __future__ import annotations

from pathlib import Path

import click

from screening.catalogues import (
    Text,
    as_bytes,
    begun,
    critical,
    lacks,
    path_of,
    template_of,
    to_translate,
    updated,
)
from screening.cli.given import WrongInput, rules, writing
from screening.languages import DOMAIN, SOURCE, CatalogueError, Reader, heading, locale_of, paths, read_catalogue
from screening.rulebook import RuleError, Term, read_glossary
from screening.settings import HOUSE

FOLDER = HOUSE / "translations"


@click.group("translations")
def translations_group() -> None:
    """What pages and rule files say in other languages."""


@translations_group.command()
@click.argument("folder", default=FOLDER, type=click.Path(path_type=Path))
def extract(folder: Path) -> None:
    """Write all that there is to translate into FOLDER/messages.pot."""
    texts = _texts()
    path = folder / f"{DOMAIN}.pot"
    with writing(path):
        folder.mkdir(exist_ok=True)
        path.write_bytes(as_bytes(template_of(texts)))
    click.echo(f"{path}: {len(texts)} texts, {sum(text.for_person for text in texts)} of them for the person")


@translations_group.command()
@click.argument("code")
@click.option(
    "--for", "reader", required=True, type=click.Choice([reader.value for reader in Reader]), help="Who reads it."
)
@click.argument("folder", default=FOLDER, type=click.Path(path_type=Path))
def begin(code: str, reader: str, folder: Path) -> None:
    """Begin the catalogue of a language: CODE as HTML has it, such as nl or fa-AF."""
    path = path_of(folder, code)
    if code == SOURCE or path.exists():
        raise WrongInput(f"{code} is there already: {path if code != SOURCE else 'the texts are written in it'}.")
    try:
        content = begun(code, Reader(reader), _texts())
    except CatalogueError as error:
        raise WrongInput(str(error)) from None
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    click.echo(path)


@translations_group.command()
@click.argument("folder", default=FOLDER, type=click.Path(path_type=Path))
def update(folder: Path) -> None:
    """Bring every catalogue below FOLDER up to the texts: what was translated stays."""
    texts = _texts()
    try:
        # All are read before any is written: one that cannot be read leaves none half done.
        for path, content in [(path, updated(path, texts)) for path in paths(folder)]:
            with writing(path):
                path.write_bytes(content)
    except CatalogueError as error:
        raise WrongInput(str(error)) from None
    extract.callback(folder)  # type: ignore[misc]


@translations_group.command()
@click.argument("folder", default=FOLDER, type=click.Path(path_type=Path))
def check(folder: Path) -> None:
    """Name everything that catalogues below FOLDER lack or have lost; exit 1 if there is anything."""
    texts, terms = _texts(), _terms()
    found = []
    try:
        for path in paths(folder):
            faults = lacks(path, texts, terms)
            reader, review = heading(read_catalogue(path), path)
            wanted = sum(reader is Reader.WORKER or text.for_person for text in texts)
            good = wanted - len({fault.key for fault in faults})
            click.echo(f"{path.parent.parent.name:8} {reader:7} {100 * good // wanted:3} %  {review}")
            found += faults
    except CatalogueError as error:
        raise WrongInput(str(error)) from None
    for fault in found:
        click.echo(fault, err=True)
    if found:
        raise WrongInput(f"{len(found)} translations are missing or wrong.")
    click.echo("all good")


@translations_group.command("critical")
@click.option("--language", "code", default="", help="This one alone, such as nl.")
@click.argument("folder", default=FOLDER, type=click.Path(path_type=Path))
def critical_command(code: str, folder: Path) -> None:
    """Print the sentences in which a wrong word does harm, with their back-translations, as tables in Markdown."""
    if code == SOURCE:
        raise WrongInput(f"{code} is what the texts are written in; it has no translation.")
    texts = _texts()
    chosen = [path_of(folder, code)] if code else paths(folder)
    try:
        for path in chosen:
            sentences = critical(path, texts)
            _, review = heading(read_catalogue(path), path)
            done = sum(bool(sentence.back) for sentence in sentences)
            name = path.parent.parent.name.replace("_", "-")
            click.echo(f"## {locale_of(name).english_name} ({name}): {review}\n")
            click.echo(f"{done} of {len(sentences)} with a back-translation.\n")
            click.echo("| sentence | English | translation | back-translation |\n|---|---|---|---|")
            for one in sentences:
                cells = (f"`{one.name}`", one.english, one.said, one.back)
                click.echo(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
            click.echo()
    except CatalogueError as error:
        raise WrongInput(str(error)) from None
    except OSError as error:
        raise WrongInput(f"{error.filename}: {error.strerror}") from None


def _texts() -> list[Text]:
    # Of our own rules alone: a site says in its wording/ files what its own are in other languages.
    return to_translate(HOUSE / "templates", rules(HOUSE / "rules"))


def _terms() -> tuple[Term, ...]:
    try:
        return read_glossary(HOUSE / "rules" / "glossary.yaml")
    except RuleError as error:
        raise WrongInput(str(error)) from None
