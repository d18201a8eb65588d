"""Each id is given once, and a file that holds one thing has its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from screening.checklist import answer_key
from screening.rulebook.entries import Entries, Entry
from screening.rulebook.faults import Fault
from screening.rulebook.syntax import Where

#: The outcomes that no checklist defines.
RESERVED_IDS = ("asks-for-help", "concern", "too-little-known")

#: What the counts call a visit in which no sign was noted.
NO_INDICATOR = "none"


def not_unique(entries: Entries) -> Iterator[Fault]:
    """Every id that is used twice, and every file that is not called what it holds."""
    for kind in ("sources", "indicators", "explanations", "guidance", "scripts"):
        yield from _twice("id", [(entry.shape.id, entry, ("id",)) for entry in entries[kind]])
    for entry in entries["sources"]:
        rows = [
            (row if isinstance(row, str) else row.id, entry, ("rows", at)) for at, row in enumerate(entry.shape.rows)
        ]
        yield from _twice("row", rows)
    by_key: dict[int, str] = {}
    for entry in entries["indicators"]:
        if entry.shape.id == NO_INDICATOR:
            yield entry.fault(("id",), f"id {NO_INDICATOR!r} stands for no sign in the counts", "Choose another id")
        other = by_key.setdefault(answer_key(entry.shape.id), entry.shape.id)
        if other != entry.shape.id:
            said = f"id {entry.shape.id!r} cannot be told from {other!r} in a visit's cookie"
            yield entry.fault(("id",), said, "Choose another id for the newer one")
    yield from _twice("checklist", [(entry.shape.id, entry, ("id",)) for entry in entries["checklists"]])
    indicators = {entry.shape.id for entry in entries["indicators"]}
    for entry in entries["checklists"]:
        yield from _in_checklist(entry, indicators)
    yield from _twice("case", [(entry.shape.id, entry, ("id",)) for entry in entries["cases"]])
    for entry in entries["cases"]:
        if entry.file_name != entry.shape.id:
            said = f"the id {entry.shape.id!r} is not the name of the file"
            yield entry.fault(("id",), said, f"Write {entry.file_name}, or rename the file")
    yield from _places(entries)
    for entry in entries["wording"]:
        if entry.shape.language != entry.file_name:
            said = f"the language {entry.shape.language!r} is not the name of the file"
            yield entry.fault(("language",), said, f"Write {entry.file_name}, or rename the file")


def _twice(what: str, named: Iterable[tuple[str, Entry, Where]]) -> Iterator[Fault]:
    first: dict[str, tuple[Entry, Where]] = {}
    for id, entry, where in named:
        if id in first:
            before, there = first[id]
            said = f"{what} {id!r} is used twice (first on {before.line(there, entry.document)})"
            yield entry.fault(where, said, "Give each its own, or remove one")
        else:
            first[id] = (entry, where)


def _in_checklist(entry: Entry, indicators: set[str]) -> Iterator[Fault]:
    checklist = entry.shape
    if entry.file_name != checklist.id and not entry.document.any_name:
        said = f"the id {checklist.id!r} is not the name of the file"
        yield entry.fault(("id",), said, f"Name the file {checklist.id}.yaml, or change the id")
    yield from _twice(
        "group", [(group.id, entry, ("groups", index, "id")) for index, group in enumerate(checklist.groups)]
    )
    listed = [
        (id, entry, ("groups", index, "indicators", at))
        for index, group in enumerate(checklist.groups)
        for at, id in enumerate(group.indicators)
    ]
    yield from _twice("indicator", listed)
    outcomes = [(outcome.id, entry, ("outcomes", index, "id")) for index, outcome in enumerate(checklist.outcomes)]
    yield from _twice("outcome", outcomes)
    for id, _, where in outcomes:
        if id in RESERVED_IDS:
            yield entry.fault(where, f"the outcome {id!r} is reserved", "Choose another id")
    for condition in checklist.conditions:
        if condition in indicators or condition == "always":
            said = f"the condition {condition!r} has the name of an indicator or a word of ours"
            yield entry.fault(("conditions", condition), said, "Choose another name", at_key=True)
    names = [(example.name, entry, ("examples", index, "name")) for index, example in enumerate(checklist.examples)]
    yield from _twice("example", names)


def _places(entries: Entries) -> Iterator[Fault]:
    (emergency,) = entries["emergency"]
    contacts: set[str] = set()
    for entry in entries["places"]:
        place = entry.shape
        if place.iso.lower() != entry.file_name:
            said = f"the place {place.iso} is not the name of the file"
            yield entry.fault(("iso",), said, f"Name the file {place.iso.lower()}.yaml")
        for index, contact in enumerate(place.contacts):
            if contact.id in contacts:
                said = f"the contact id {contact.id!r} is used twice"
                yield entry.fault(("contacts", index, "id"), said, "Give each its own, or remove one")
            contacts.add(contact.id)
        if place.iso in emergency.shape.regions:
            said = f"{place.iso} has a file of its own, {entry.document.path}"
            yield emergency.fault(("regions", place.iso), said, "Remove this row", at_key=True)
