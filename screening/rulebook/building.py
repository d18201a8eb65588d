"""From the shapes of the files to the nouns: ids are unique, every reference leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from screening.checklist import (
    CIRCUMSTANCE_VALUES,
    GIVEN_CIRCUMSTANCES,
    Answer,
    Checklist,
    Circumstances,
    Element,
    Example,
    Group,
    Indicator,
    Level,
    Outcome,
    Reserved,
    Strength,
    answer_key,
)
from screening.diagram import Diagram
from screening.guidance import Guidance, Kind
from screening.places import Place
from screening.rulebook.conditions import Reader
from screening.rulebook.directory import check_contacts, place_of
from screening.rulebook.faults import Fault, meant
from screening.rulebook.shapes import URL, ChecklistShape, ExampleShape, PlaceShape, SourceShape
from screening.rulebook.syntax import Document, Where

Stop = Callable[[list[Fault]], None]

RESERVED_IDS = ("asks-for-help", "concern", "too-little-known")


@dataclass(frozen=True, slots=True)
class Source:
    """A document, with its rows (and what they cite, where that is said). Rows are referred to as ID/ROW."""

    id: str
    title: str
    citation: str
    short: str
    rows: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RedLine:
    """The words of a red line."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that the rule files say. `places` holds every country by its ISO code, also those without a file."""

    sources: Mapping[str, Source]
    indicators: Mapping[str, Indicator]
    checklists: Mapping[str, Checklist]
    guidance: tuple[Guidance, ...]
    reserved: Reserved
    red: Mapping[str, RedLine]
    places: Mapping[str, Place]
    diagrams: dict[str, Diagram] = field(default_factory=dict)


def build(documents: Mapping[str, Document], shapes: Mapping[str, Any], faults: list[Fault], stop: Stop) -> Rulebook:
    """The rulebook without its diagrams; `stop` ends it when a stage has found faults."""
    checklists = {name: shape for name, shape in shapes.items() if name.startswith("checklists/")}
    places = {name: shape for name, shape in shapes.items() if name.startswith("places/")}
    faults.extend(_not_unique(documents, shapes, checklists, places))
    stop(faults)

    sources = {shape.id: _source(shape) for shape in shapes["sources"]}
    rows = {f"{source.id}/{row}" for source in sources.values() for row in source.rows}

    def refer(name: str, references: Iterable[str], where: Where) -> tuple[str, ...]:
        for index, row in enumerate(references):
            if row.startswith("https://"):
                if not re.fullmatch(URL, row):
                    remedy = "Write the whole address, such as https://www.example.org/help"
                    faults.append(documents[name].fault((*where, index), f"{row!r} is no address", remedy))
            elif row not in rows:
                remedy = meant(row, rows, "Add it to rules/sources.yaml, or name a row there is")
                faults.append(documents[name].fault((*where, index), f"no source has a row {row!r}", remedy))
        return tuple(references)

    indicators = {
        shape.id: Indicator(
            id=shape.id,
            text=shape.text,
            element=Element(shape.element),
            sources=refer("indicators", shape.sources, (index, "sources")),
            look=shape.look,
            ask=shape.ask,
            context=shape.context,
        )
        for index, shape in enumerate(shapes["indicators"])
    }
    built = {}
    for name, shape in checklists.items():
        refer(name, shape.sources, ("sources",))
        built[shape.id] = _checklist(shape, documents[name], indicators, faults)
    outcomes = [*RESERVED_IDS, *dict.fromkeys(outcome.id for one in built.values() for outcome in one.outcomes)]
    reader = Reader(documents["guidance"], faults, indicators, outcomes=outcomes)
    guidance = []
    for index, shape in enumerate(shapes["guidance"]):
        faults.extend(_placeholders(documents["guidance"], shape.text, (index, "text")))
        guidance.append(
            Guidance(
                id=shape.id,
                kind=Kind(shape.kind),
                when=reader.read(shape.when, (index, "when")),
                text=shape.text,
                sources=refer("guidance", shape.sources, (index, "sources")),
                next_step=shape.next_step,
            )
        )
    reserved = _reserved(shapes["reserved"], documents["reserved"], faults)
    red = {}
    for name in ("danger", "child", "asks"):
        line = getattr(shapes["reserved"].red, name)
        faults.extend(_placeholders(documents["reserved"], line.text, ("red", name, "text")))
        red[name] = RedLine(line.title, line.text)
    every_place = {iso: Place(iso, "", tuple(numbers)) for iso, numbers in shapes["emergency"].regions.items()}
    for name, shape in places.items():
        refer(name, shape.legal_test_sources, ("legal-test-sources",))
        for profession, reporting in shape.reporting.items():
            refer(name, reporting.sources, ("reporting", profession, "sources"))
        for index, contact in enumerate(shape.contacts):
            refer(name, contact.sources, ("contacts", index, "sources"))
        faults.extend(check_contacts(shape, documents[name]))
        every_place[shape.iso] = place_of(shape)
    stop(faults)
    return Rulebook(
        sources=sources,
        indicators=indicators,
        checklists=built,
        guidance=tuple(guidance),
        reserved=reserved,
        red=red,
        places=dict(sorted(every_place.items())),
    )


# --- Unique ids ---------------------------------------------------------------------------------


def _not_unique(
    documents: Mapping[str, Document],
    shapes: Mapping[str, Any],
    checklists: Mapping[str, ChecklistShape],
    places: Mapping[str, PlaceShape],
) -> Iterator[Fault]:
    def twice(document: Document, ids: Iterable[tuple[str, Where]], what: str) -> Iterator[Fault]:
        first: dict[str, int] = {}
        for id, where in ids:
            if id in first:
                said = f"{what} {id!r} is used twice (first on line {first[id]})"
                yield document.fault(where, said, "Give each its own, or remove one")
            else:
                first[id] = document.position(where)[0]

    for name in ("sources", "indicators", "guidance"):
        ids = [(shape.id, (index, "id")) for index, shape in enumerate(shapes[name])]
        yield from twice(documents[name], ids, "id")
    for index, source in enumerate(shapes["sources"]):
        rows = [(row if isinstance(row, str) else row.id, (index, "rows", at)) for at, row in enumerate(source.rows)]
        yield from twice(documents["sources"], rows, "row")
    by_key: dict[int, str] = {}
    for index, indicator in enumerate(shapes["indicators"]):
        other = by_key.setdefault(answer_key(indicator.id), indicator.id)
        if other != indicator.id:
            said = f"id {indicator.id!r} cannot be told from {other!r} in a visit's cookie"
            yield documents["indicators"].fault((index, "id"), said, "Choose another id for the newer one")
    indicators = {shape.id for shape in shapes["indicators"]}
    for name, checklist in checklists.items():
        document = documents[name]
        if f"checklists/{checklist.id}" != name:
            said = f"the id {checklist.id!r} is not the name of the file"
            yield document.fault(("id",), said, f"Write {name.split('/')[1]}, or rename the file")
        groups = [(group.id, ("groups", index, "id")) for index, group in enumerate(checklist.groups)]
        yield from twice(document, groups, "group")
        listed = [
            (id, ("groups", index, "indicators", at))
            for index, group in enumerate(checklist.groups)
            for at, id in enumerate(group.indicators)
        ]
        yield from twice(document, listed, "indicator")
        outcomes = [(outcome.id, ("outcomes", index, "id")) for index, outcome in enumerate(checklist.outcomes)]
        yield from twice(document, outcomes, "outcome")
        for id, where in outcomes:
            if id in RESERVED_IDS:
                yield document.fault(where, f"the outcome {id!r} is reserved", "Choose another id")
        for condition in checklist.conditions:
            if condition in indicators or condition == "always":
                said = f"the condition {condition!r} has the name of an indicator or a word of ours"
                yield document.fault(("conditions", condition), said, "Choose another name", at_key=True)
        names = [(example.name, ("examples", index, "name")) for index, example in enumerate(checklist.examples)]
        yield from twice(document, names, "example")
    contacts: set[str] = set()
    for name, place in places.items():
        if f"places/{place.iso.lower()}" != name:
            said = f"the place {place.iso} is not the name of the file"
            yield documents[name].fault(("iso",), said, f"Name the file {place.iso.lower()}.yaml")
        for index, contact in enumerate(place.contacts):
            if contact.id in contacts:
                said = f"the contact id {contact.id!r} is used twice"
                yield documents[name].fault(("contacts", index, "id"), said, "Give each its own, or remove one")
            contacts.add(contact.id)
        if place.iso in shapes["emergency"].regions:
            said = f"{place.iso} has a file of its own, rules/{name}.yaml"
            yield documents["emergency"].fault(("regions", place.iso), said, "Remove this row", at_key=True)


# --- References ---------------------------------------------------------------------------------


def _source(shape: SourceShape) -> Source:
    rows = {row if isinstance(row, str) else row.id: "" if isinstance(row, str) else row.citation for row in shape.rows}
    return Source(shape.id, shape.title, shape.citation, shape.short, rows)


def _placeholders(document: Document, text: str, where: Where) -> Iterator[Fault]:
    for name in re.findall(r"\{[^}]*\}?", text):
        if name != "{emergency}":
            yield document.fault(where, f"{name} is no placeholder", "Write {emergency}, or no braces")


def _reserved(shape: Any, document: Document, faults: list[Fault]) -> Reserved:
    outcomes = {}
    for id in RESERVED_IDS:
        written = getattr(shape.outcomes, id.replace("-", "_"))
        level = Level(written.level)
        wanted = [Level.TOO_LITTLE_KNOWN] if id == "too-little-known" else [Level.ACT_NOW, Level.SEEK_ADVICE]
        if level not in wanted:
            said = f"the level of {id!r} is {level.value}, but must be {' or '.join(one.value for one in wanted)}"
            faults.append(document.fault(("outcomes", id, "level"), said, f"Write {wanted[-1].value}"))
        outcomes[id] = Outcome(id=id, title=written.title, level=level, about=written.about)
    return Reserved(outcomes["asks-for-help"], outcomes["concern"], outcomes["too-little-known"])


def _checklist(
    shape: ChecklistShape, document: Document, indicators: Mapping[str, Indicator], faults: list[Fault]
) -> Checklist:
    groups = []
    for index, group in enumerate(shape.groups):
        members = []
        for at, id in enumerate(group.indicators):
            if id in indicators:
                members.append(indicators[id])
            else:
                remedy = meant(id, indicators, "Add it to rules/indicators.yaml")
                faults.append(
                    document.fault(("groups", index, "indicators", at), f"there is no indicator {id!r}", remedy)
                )
        groups.append(Group(group.id, group.title, tuple(members)))
    here = {indicator.id: indicator for group in groups for indicator in group.indicators}
    strengths: dict[str, Strength] = {}
    for strength in Strength:
        for at, id in enumerate(getattr(shape.strengths, strength.value)):
            where: Where = ("strengths", strength.value, at)
            if id not in here:
                faults.append(document.fault(where, f"{id!r} is not in this checklist", meant(id, here, "Remove it")))
            elif id in strengths:
                faults.append(document.fault(where, f"{id!r} has two strengths", "Keep one"))
            elif here[id].context:
                faults.append(document.fault(where, f"{id!r} is for context and never counted", "Remove it"))
            strengths[id] = strength
    by_group = {group.id: tuple(indicator.id for indicator in group.indicators) for group in groups}
    reader = Reader(document, faults, here, by_group, strengths, shape.conditions)
    outcomes: list[Outcome] = []
    before = len(faults)
    for index, outcome in enumerate(shape.outcomes):
        place: Where = ("outcomes", index)
        is_last = index == len(shape.outcomes) - 1
        if is_last and outcome.when is not None:
            faults.append(
                document.fault(
                    (*place, "when"), "the last outcome has a `when`", "Remove it: the last one is what remains"
                )
            )
        if not is_last and outcome.when is None:
            faults.append(document.fault(place, "only the last outcome goes without `when`", "Add `when: ...`"))
        level = Level(outcome.level)
        if outcomes and level.rank < outcomes[-1].level.rank:
            said = f"the level {level.value} is more urgent than the one above it"
            faults.append(document.fault((*place, "level"), said, "Put the most urgent outcome first"))
        when = None if outcome.when is None else reader.read(outcome.when, (*place, "when"))
        outcomes.append(Outcome(outcome.id, outcome.title, level, None if is_last else when, outcome.about))
    wrong_already = len(faults) > before
    for name, condition in shape.conditions.items():
        # Where a name is misspelt, the condition it means would only seem to be unused.
        if name not in reader.used and not wrong_already:
            reader.read(condition, ("conditions", name))
            said = f"the condition {name!r} is never used"
            faults.append(document.fault(("conditions", name), said, "Use it in an outcome, or remove it", at_key=True))
    examples = tuple(
        _example(
            example, document, ("examples", index), here, [*(outcome.id for outcome in outcomes), *RESERVED_IDS], faults
        )
        for index, example in enumerate(shape.examples)
    )
    return Checklist(
        id=shape.id,
        version=shape.version,
        title=shape.title,
        audience=tuple(shape.audience),
        minutes=shape.minutes,
        about=shape.about,
        sources=tuple(shape.sources),
        groups=tuple(groups),
        conditions={name: reader.read(written, ("conditions", name)) for name, written in shape.conditions.items()},
        outcomes=tuple(outcomes),
        strengths=strengths,
        examples=examples,
    )


def _example(
    shape: ExampleShape,
    document: Document,
    where: Where,
    here: Mapping[str, Indicator],
    outcomes: list[str],
    faults: list[Fault],
) -> Example:
    answers = {id: Answer(shape.others) for id, indicator in here.items() if not indicator.context}
    answered: set[str] = set()
    for answer in ("seen", "told", "no"):
        for at, id in enumerate(getattr(shape, answer)):
            if id not in here:
                faults.append(
                    document.fault(
                        (*where, answer, at), f"{id!r} is not in this checklist", meant(id, here, "Remove it")
                    )
                )
            elif id in answered:
                faults.append(document.fault((*where, answer, at), f"{id!r} is answered twice", "Keep one"))
            answered.add(id)
            answers[id] = Answer(answer)
    circumstances: dict[str, str] = {}
    for name, value in shape.circumstances.items():
        place = (*where, "circumstances", name)
        text = str(value).lower() if isinstance(value, bool) else value
        if name not in CIRCUMSTANCE_VALUES:
            remedy = meant(name, GIVEN_CIRCUMSTANCES, f"There are {', '.join(CIRCUMSTANCE_VALUES)}")
            faults.append(document.fault(place, f"no circumstance is called {name!r}", remedy, at_key=True))
        elif text not in CIRCUMSTANCE_VALUES[name]:
            allowed = CIRCUMSTANCE_VALUES[name]
            remedy = meant(text, allowed, f"Write one of {', '.join(allowed)}")
            faults.append(document.fault(place, f"{name!r} is never {text!r}", remedy))
        else:
            circumstances[name.replace("-", "_")] = text
    if shape.outcome not in outcomes:
        remedy = meant(shape.outcome, outcomes, f"There are {', '.join(outcomes)}")
        faults.append(document.fault((*where, "outcome"), f"there is no outcome {shape.outcome!r}", remedy))
    return Example(shape.name, answers, Circumstances(**circumstances), shape.outcome)
