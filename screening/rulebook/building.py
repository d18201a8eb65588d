"""From the entries of the files to the rulebook: every reference leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from screening.checklist import Checklist, Element, Indicator, Level, Outcome, Reserved
from screening.diagram import Diagram
from screening.guidance import Guidance, Kind
from screening.places import ROLES, Place, Site, SiteContact, hours_fault
from screening.practice import PracticeCase, Script
from screening.rulebook.checklists import checklist_of
from screening.rulebook.conditions import Reader
from screening.rulebook.directory import check_contacts, place_of
from screening.rulebook.entries import Entries, Entry
from screening.rulebook.faults import Fault, meant
from screening.rulebook.shapes import URL, SourceShape
from screening.rulebook.syntax import Where
from screening.rulebook.training import cases_of, scripts_of
from screening.rulebook.uniqueness import RESERVED_IDS, not_unique
from screening.rulebook.wording import Wording, placeholders, texts, texts_for_training, texts_of, wording_of

Stop = Callable[[list[Fault]], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of a document, and what it cites where that is not the document itself; either may be empty."""

    fact: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A document, with its rows. Rows are referred to as ID/ROW."""

    id: str
    title: str
    citation: str
    short: str
    rows: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class RedLine:
    """The words of a red line."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A text to read up on, before or after a visit."""

    id: str
    title: str
    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that the rule files say.

    `places` holds every country by its ISO code, also those without a file. `texts` are all texts but those of places,
    by name; `wording` is what a site says in other words, by language and name of the text; `site` its own contacts.
    """

    sources: Mapping[str, Source]
    indicators: Mapping[str, Indicator]
    checklists: Mapping[str, Checklist]
    explanations: Mapping[str, Explanation]
    guidance: tuple[Guidance, ...]
    reserved: Reserved
    red: Mapping[str, RedLine]
    places: Mapping[str, Place]
    texts: Mapping[str, str] = field(default_factory=dict)
    wording: Wording = field(default_factory=dict)
    site: Site = Site()
    scripts: Mapping[str, Script] = field(default_factory=dict)
    cases: Mapping[str, PracticeCase] = field(default_factory=dict)
    diagrams: dict[str, Diagram] = field(default_factory=dict)


def build(entries: Entries, faults: list[Fault], stop: Stop, languages: Collection[str] | None = None) -> Rulebook:
    """The rulebook without its diagrams; `stop` ends it when a stage has found faults.

    `languages` are those that a site may offer (None: any).
    """
    faults.extend(not_unique(entries))
    stop(faults)
    sources = {entry.shape.id: _source(entry.shape) for entry in entries["sources"]}
    rows = {f"{source.id}/{row}" for source in sources.values() for row in source.rows}

    def refer(entry: Entry, references: Iterable[str], where: Where) -> tuple[str, ...]:
        for index, row in enumerate(references):
            if row.startswith(("https://", "http://")):
                if not re.fullmatch(URL, row):
                    remedy = "Write the whole address, such as https://www.example.org/help"
                    faults.append(entry.fault((*where, index), f"{row!r} is no address", remedy))
            elif row not in rows:
                remedy = meant(row, rows, "Add it to sources.yaml, or name a row there is")
                faults.append(entry.fault((*where, index), f"no source has a row {row!r}", remedy))
        return tuple(references)

    indicators = {}
    for entry in entries["indicators"]:
        faults.extend(_explained(entry))
        shape = entry.shape
        indicators[shape.id] = Indicator(
            id=shape.id,
            text=shape.text,
            element=Element(shape.element),
            sources=refer(entry, shape.sources, ("sources",)),
            look=shape.look,
            ask=shape.ask,
            context=shape.context,
            about=shape.about,
        )
    explanations = {
        entry.shape.id: Explanation(
            entry.shape.id, entry.shape.title, entry.shape.text, refer(entry, entry.shape.sources, ("sources",))
        )
        for entry in entries["explanations"]
    }
    checklists = {}
    # The shortest comes first wherever checklists are listed: it is for whoever has no time to choose.
    for entry in sorted(entries["checklists"], key=lambda entry: entry.shape.minutes):
        refer(entry, entry.shape.sources, ("sources",))
        checklists[entry.shape.id] = checklist_of(entry, indicators, explanations, faults)
    guidance = _guidance(entries["guidance"], indicators, checklists.values(), refer, faults)
    (written,) = entries["reserved"]
    reserved = _reserved(written, faults)
    red = {}
    for name in ("danger", "child", "asks"):
        line = getattr(written.shape.red, name)
        faults.extend(placeholders(written.document, line.text, ("red", name, "text")))
        red[name] = RedLine(line.title, line.text)
    places = _places(entries, refer, faults)
    scripts = scripts_of(entries["scripts"], refer)
    cases = cases_of(entries["cases"], checklists, indicators, places, refer, faults)
    titled: dict[str, Mapping[str, RedLine | Explanation]] = {"red": red, "explanation": explanations}
    named = texts(checklists.values(), indicators.values(), guidance, reserved, titled)
    named |= texts_for_training(scripts.values(), cases.values())
    wording = wording_of(entries["wording"], named, faults)
    stop(faults)
    return Rulebook(
        sources=sources,
        indicators=indicators,
        checklists={id: replace(one, wording=_worded(one, wording)) for id, one in checklists.items()},
        explanations=explanations,
        guidance=guidance,
        reserved=reserved,
        red=red,
        places=places,
        texts=named,
        wording=wording,
        site=_site(entries["site"], faults, stop, languages),
        scripts=scripts,
        cases=cases,
    )


def _source(shape: SourceShape) -> Source:
    rows = {
        row if isinstance(row, str) else row.id: Row() if isinstance(row, str) else Row(row.fact, row.citation)
        for row in shape.rows
    }
    return Source(shape.id, shape.title, shape.citation, shape.short, rows)


def _explained(entry: Entry) -> Iterable[Fault]:
    if entry.shape.context and not entry.shape.about:
        said = f"it is not said why {entry.shape.id!r} is never counted"
        yield entry.fault((), said, "Add `about: ...`, which a worker reads beside it")
    if entry.shape.about and not entry.shape.context:
        said = "'about' explains why a sign is never counted, and this one is"
        yield entry.fault(("about",), said, "Remove it, or write `context: true`", at_key=True)


def _guidance(
    entries: Iterable[Entry],
    indicators: Mapping[str, Indicator],
    checklists: Iterable[Checklist],
    refer: Callable[[Entry, Iterable[str], Where], tuple[str, ...]],
    faults: list[Fault],
) -> tuple[Guidance, ...]:
    outcomes = [*RESERVED_IDS, *dict.fromkeys(outcome.id for one in checklists for outcome in one.outcomes)]
    guidance = []
    for entry in entries:
        shape = entry.shape
        faults.extend(placeholders(entry.document, shape.text, (*entry.where, "text")))
        reader = Reader(entry.document, faults, indicators, outcomes=outcomes)
        guidance.append(
            Guidance(
                id=shape.id,
                kind=Kind(shape.kind),
                when=reader.read(shape.when, (*entry.where, "when")),
                text=shape.text,
                sources=refer(entry, shape.sources, ("sources",)),
                next_step=shape.next_step,
            )
        )
    return tuple(guidance)


def _reserved(entry: Entry, faults: list[Fault]) -> Reserved:
    outcomes = {}
    for id in RESERVED_IDS:
        written = getattr(entry.shape.outcomes, id.replace("-", "_"))
        level = Level(written.level)
        wanted = [Level.TOO_LITTLE_KNOWN] if id == "too-little-known" else [Level.ACT_NOW, Level.SEEK_ADVICE]
        if level not in wanted:
            said = f"the level of {id!r} is {level.value}, but must be {' or '.join(one.value for one in wanted)}"
            faults.append(entry.fault(("outcomes", id, "level"), said, f"Write {wanted[-1].value}"))
        outcomes[id] = Outcome(id=id, title=written.title, level=level, about=written.about)
    return Reserved(outcomes["asks-for-help"], outcomes["concern"], outcomes["too-little-known"])


def _places(
    entries: Entries, refer: Callable[[Entry, Iterable[str], Where], tuple[str, ...]], faults: list[Fault]
) -> dict[str, Place]:
    (emergency,) = entries["emergency"]
    places = {iso: Place(iso, "", tuple(numbers)) for iso, numbers in emergency.shape.regions.items()}
    for entry in entries["places"]:
        shape = entry.shape
        refer(entry, shape.legal_test_sources, ("legal-test-sources",))
        for profession, reporting in shape.reporting.items():
            refer(entry, reporting.sources, ("reporting", profession, "sources"))
        for index, contact in enumerate(shape.contacts):
            refer(entry, contact.sources, ("contacts", index, "sources"))
        faults.extend(check_contacts(shape, entry.document))
        places[shape.iso] = place_of(shape)
    return dict(sorted(places.items()))


def _site(entries: Iterable[Entry], faults: list[Fault], stop: Stop, languages: Collection[str] | None) -> Site:
    site = Site()
    for entry in entries:
        contacts = {}
        for role in ROLES:
            shape = getattr(entry.shape.contacts, role.replace("-", "_"))
            if shape is None:
                continue
            fault = hours_fault(shape.hours) if shape.hours else ""
            if fault:
                remedy = 'Write OpenStreetMap opening hours, such as "Mo-Fr 09:00-17:00", or 24/7'
                where: Where = ("contacts", role, "hours")
                faults.append(entry.fault(where, f"these are no opening hours: {shape.hours!r}", remedy))
            contacts[role] = SiteContact(role, shape.name, shape.phone, shape.hours, shape.note)
        offered = entry.shape.languages
        for index, code in enumerate(offered):
            if languages is not None and code not in languages:
                remedy = meant(code, languages, f"Offer some of {', '.join(languages)}, or begin its catalogue")
                faults.append(entry.fault(("languages", index), f"there is no catalogue of {code!r}", remedy))
            elif code in offered[:index]:
                faults.append(entry.fault(("languages", index), f"{code!r} is there twice", "Remove one"))
        site = Site(entry.shape.name, contacts, entry.shape.policy, tuple(offered))
    stop(faults)
    return site


def _worded(checklist: Checklist, wording: Wording) -> tuple[tuple[str, str, str], ...]:
    """What the site says in other words of this checklist: it is part of the checklist's hash."""
    own = texts_of(checklist)
    return tuple(
        (language, name, said[name]) for language, said in sorted(wording.items()) for name in own if name in said
    )
