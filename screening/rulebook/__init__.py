"""The rule files, read strictly into the nouns: a file that is wrong never reaches a visit."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from screening.rulebook.building import Explanation, RedLine, Row, Rulebook, Source, build
from screening.rulebook.entries import Entry
from screening.rulebook.faults import Fault, RuleError
from screening.rulebook.glossary import Term, not_kept, read_glossary
from screening.rulebook.proofs import prove
from screening.rulebook.schemas import schemas
from screening.rulebook.sentences import shaped
from screening.rulebook.shapes import (
    CASE,
    CHECKLIST,
    EMERGENCY,
    EXPLANATIONS,
    GUIDANCE,
    INDICATORS,
    PLACE,
    RESERVED,
    SCRIPTS,
    SITE,
    SOURCES,
    WORDING,
)
from screening.rulebook.syntax import Document, read_document
from screening.rulebook.wording import texts_of

__all__ = [
    "Explanation",
    "Fault",
    "RedLine",
    "Row",
    "RuleError",
    "Rulebook",
    "Source",
    "Term",
    "not_kept",
    "read_glossary",
    "read_rulebook",
    "schemas",
    "texts_of",
]

#: The files with a list of entries, to which a site may add, and those that are one thing.
LISTS: Final[dict[str, TypeAdapter[Any]]] = {
    "sources": SOURCES,
    "indicators": INDICATORS,
    "explanations": EXPLANATIONS,
    "guidance": GUIDANCE,
    "scripts": SCRIPTS,
}
SINGLE: Final[dict[str, TypeAdapter[Any]]] = {"reserved": RESERVED, "emergency": EMERGENCY}
#: No visit needs it, so it is read where translations are checked (see `read_glossary`).
FOR_TRANSLATORS: Final = "glossary"
#: What only a site has, and the folders with one file for each thing.
OF_A_SITE: Final[dict[str, TypeAdapter[Any]]] = {"site": SITE}
FOLDERS: Final[dict[str, TypeAdapter[Any]]] = {
    "checklists": CHECKLIST,
    "places": PLACE,
    "cases": CASE,
    "wording": WORDING,
}


_OF_A_WORD_PROCESSOR: Final = (".txt", ".rtf", ".doc", ".docx", ".odt")


@dataclass(frozen=True, slots=True)
class _File:
    kind: str
    adapter: TypeAdapter[Any]
    document: Document


def read_rulebook(
    folder: Path, site: Path | None = None, *, only: Path | None = None, languages: Collection[str] | None = None
) -> Rulebook:
    """Read every rule file below `folder`, and what a site adds or says in other words in its folder `site`.

    A site's folder may hold `site.yaml` (its own contacts), `wording/LANGUAGE.yaml`, `checklists/`, and more
    `indicators.yaml`, `sources.yaml`, `explanations.yaml`, `guidance.yaml`, `scripts.yaml` and `cases/`; one that is
    not there is as good as empty. `only` names one checklist to read instead of all; its file may have any name, and
    practice cases, which walk the others, are passed by. `languages` are the codes of those that there are: a site may
    offer no other (None: any).

    Raises RuleError with all faults of the first stage that finds any: syntax, structure, unique ids, references,
    reachability, worked examples. A later stage would only stumble over what an earlier one has named.
    """
    with _without_collecting():
        return _read(folder, site, only, languages)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Reading makes tens of thousands of values and frees hardly any: collecting would take a third of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _read(folder: Path, site: Path | None, only: Path | None, languages: Collection[str] | None) -> Rulebook:
    faults: list[Fault] = []
    files = list(_files(folder, faults, checklists=only is None))
    if only is not None:
        files.append(_File("checklists", CHECKLIST, read_document(only, str(only), faults, any_name=True)))
    if site is not None and site.is_dir():
        files += _files_of_site(site, faults, cases=only is None)
    _stop_at(faults)
    entries: dict[str, list[Entry]] = {kind: [] for kind in (*LISTS, *SINGLE, *OF_A_SITE, *FOLDERS)}
    for file in files:
        shape = shaped(file.adapter, file.document, faults)
        if isinstance(shape, list):
            entries[file.kind] += [Entry(each, file.document, (index,)) for index, each in enumerate(shape)]
        else:
            entries[file.kind].append(Entry(shape, file.document))
    _stop_at(faults)
    rulebook = build(entries, faults, _stop_at, languages)
    prove(rulebook, entries, faults, _stop_at)
    return rulebook


def _stop_at(faults: list[Fault]) -> None:
    if faults:
        raise RuleError(faults)


def _files(folder: Path, faults: list[Fault], *, checklists: bool) -> Iterator[_File]:
    house = folder.resolve()
    if not house.is_dir():
        faults.append(Fault(str(folder), 1, 1, "there is no such folder", "Name the folder of the rule files"))
        return
    _no_strays(house, house.name, {*LISTS, *SINGLE, FOR_TRANSLATORS}, {"checklists", "places", "cases"}, faults)
    for name, adapter in (LISTS | SINGLE).items():
        yield _File(name, adapter, read_document(house / f"{name}.yaml", f"{house.name}/{name}.yaml", faults))
    if checklists:
        found = list(_folder(house, house.name, "checklists", faults))
        if not found:
            faults.append(Fault(f"{house.name}/checklists", 1, 1, "there is no checklist", "Add one, named ID.yaml"))
        yield from found
        yield from _folder(house, house.name, "cases", faults)
    yield from _folder(house, house.name, "places", faults)


def _files_of_site(site: Path, faults: list[Fault], *, cases: bool) -> Iterator[_File]:
    house = site.resolve()
    shown = f"{house.parent.name}/{house.name}"
    _no_strays(house, shown, {*LISTS, *OF_A_SITE}, {"checklists", "wording", "cases"}, faults)
    for name, adapter in (LISTS | OF_A_SITE).items():
        if (house / f"{name}.yaml").exists():
            yield _File(name, adapter, read_document(house / f"{name}.yaml", f"{shown}/{name}.yaml", faults))
    for kind in ("checklists", "wording", *(["cases"] if cases else [])):
        yield from _folder(house, shown, kind, faults)


def _folder(house: Path, shown: str, kind: str, faults: list[Fault]) -> Iterator[_File]:
    for path in sorted((house / kind).glob("*.yaml")):
        yield _File(kind, FOLDERS[kind], read_document(path, f"{shown}/{kind}/{path.name}", faults))


def _no_strays(house: Path, shown: str, names: set[str], folders: set[str], faults: list[Fault]) -> None:
    for path in sorted(house.rglob("*")):
        inside = path.relative_to(house)
        around, name = inside.parent.as_posix(), inside.stem
        known = path.suffix == ".yaml" and (around in folders or (around == "." and name in names))
        # .YAML too: a file that is passed over in silence is a rule that nobody follows. Not what an editor leaves
        # behind, such as ID.yaml~ and ID.yaml.swp: that must not stop a start.
        if path.suffix.lower() in (".yaml", ".yml") and not known:
            remedy = f"Name it .yaml and put it in {' or '.join(sorted(folders))}, or take it out of the folder"
            faults.append(Fault(f"{shown}/{inside.as_posix()}", 1, 1, "no such rule file is known", remedy))
        elif path.suffix.lower() in _OF_A_WORD_PROCESSOR and (
            around in folders or inside.stem in names or ".y" in name
        ):
            remedy = "Save it as plain text and name it .yaml; some systems hide the end of a name"
            what = f"a rule file does not end in {path.suffix}, and would be passed over"
            faults.append(Fault(f"{shown}/{inside.as_posix()}", 1, 1, what, remedy))
