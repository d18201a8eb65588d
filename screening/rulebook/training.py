"""Practice cases and scripts as they are written, read into the nouns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from screening.checklist import Answer, Checklist, Indicator
from screening.practice import Discussion, PracticeCase, Script, Story
from screening.rulebook.checklists import example_of
from screening.rulebook.entries import Entry
from screening.rulebook.faults import Fault, meant
from screening.rulebook.shapes import CaseShape, ScriptShape
from screening.rulebook.syntax import Where
from screening.rulebook.uniqueness import RESERVED_IDS

Refer = Callable[[Entry, Iterable[str], Where], tuple[str, ...]]


def scripts_of(entries: Iterable[Entry], refer: Refer) -> dict[str, Script]:
    scripts = {}
    for entry in entries:
        shape: ScriptShape = entry.shape
        scripts[shape.id] = Script(
            id=shape.id,
            title=shape.title,
            about=shape.about,
            at=tuple(shape.at),
            say=tuple(shape.say),
            avoid=tuple(shape.avoid),
            sources=refer(entry, shape.sources, ("sources",)),
        )
    return scripts


def cases_of(
    entries: Iterable[Entry],
    checklists: Mapping[str, Checklist],
    indicators: Mapping[str, Indicator],
    places: Collection[str],
    refer: Refer,
    faults: list[Fault],
) -> dict[str, PracticeCase]:
    """The practice cases in the order of their files; every name in them that leads nowhere is added to `faults`."""
    cases = {}
    for entry in entries:
        shape: CaseShape = entry.shape
        sources = refer(entry, shape.sources, ("sources",))
        if shape.place not in places:
            remedy = meant(shape.place, places, "Write an ISO country code, such as BE")
            faults.append(entry.fault(("place",), f"there is no place {shape.place!r}", remedy))
        if shape.checklist not in checklists:
            remedy = meant(shape.checklist, checklists, "Name a checklist there is")
            faults.append(entry.fault(("checklist",), f"there is no checklist {shape.checklist!r}", remedy))
            continue
        checklist = checklists[shape.checklist]
        known = [*(outcome.id for outcome in checklist.outcomes), *RESERVED_IDS]
        here = checklist.indicators
        expected = example_of(
            shape.title, shape.expected, entry, ("expected",), here, indicators.keys() - here.keys(), known, faults
        )
        _told_whole(entry, checklist, faults)
        cases[shape.id] = PracticeCase(
            id=shape.id,
            title=shape.title,
            about=shape.about,
            checklist=shape.checklist,
            place=shape.place,
            story=Story(shape.story.start, shape.story.safety, dict(shape.story.groups), shape.story.concern),
            expected=expected,
            discussion=Discussion(
                notice=tuple(shape.discussion.notice),
                mistakes=tuple(shape.discussion.mistakes),
                why=shape.discussion.why,
                next=tuple(shape.discussion.next),
            ),
            sources=sources,
        )
    return cases


def _told_whole(entry: Entry, checklist: Checklist, faults: list[Fault]) -> None:
    """Whoever practises can only answer what the story says: nothing is expected of a page on which it is silent."""
    shape: CaseShape = entry.shape
    groups = {group.id: {indicator.id for indicator in group.indicators} for group in checklist.groups}
    unknown = [id for id in shape.story.groups if id not in groups]
    for id in unknown:
        remedy = meant(id, groups, f"There are {', '.join(groups)}")
        said = f"the checklist {checklist.id!r} has no group {id!r}"
        faults.append(entry.fault(("story", "groups", id), said, remedy, at_key=True))
    # Where a group is misspelt, the story would only seem to be silent.
    told = [*shape.story.groups, *(groups if unknown else ())]
    for answer in (Answer.SEEN, Answer.TOLD, Answer.NO):
        for at, indicator in enumerate(getattr(shape.expected, answer.value)):
            for id, members in groups.items():
                if indicator in members and id not in told:
                    said = f"{indicator!r} is expected, and the story says nothing for its group {id!r}"
                    remedy = f"Add `{id}: ...` under `groups` of the story, or take the answer out"
                    faults.append(entry.fault(("expected", answer.value, at), said, remedy))
    if shape.expected.others == "no":
        for group in checklist.groups:
            if group.id not in told and not all(indicator.context for indicator in group.indicators):
                said = f"every other sign is expected to be no, and the story says nothing for the group {group.id!r}"
                remedy = f"Add `{group.id}: ...` under `groups` of the story, or take `others` out"
                faults.append(entry.fault(("expected", "others"), said, remedy))
    circumstances = shape.expected.circumstances
    if "legal-test" in circumstances:
        where: Where = ("expected", "circumstances", "legal-test")
        faults.append(entry.fault(where, "the legal test comes from the place", "Remove it", at_key=True))
    for name in ("asks", "concern"):
        if circumstances.get(name) is True and not shape.story.concern:
            said = f"{name!r} is expected, and the story says nothing for that page"
            faults.append(entry.fault(("expected", "circumstances", name), said, "Add `concern: ...` to the story"))
