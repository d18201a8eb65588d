"""A checklist as it is written, read into the noun: its groups, conditions, outcomes and worked examples."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches

from screening.checklist import (
    CIRCUMSTANCE_VALUES,
    Answer,
    Checklist,
    Circumstances,
    Example,
    Group,
    Indicator,
    Level,
    Outcome,
    Strength,
)
from screening.rulebook.conditions import Reader
from screening.rulebook.entries import Entry
from screening.rulebook.faults import Fault, meant
from screening.rulebook.shapes import ChecklistShape, ExampleShape, ExpectedShape
from screening.rulebook.syntax import Where
from screening.rulebook.uniqueness import RESERVED_IDS


def checklist_of(
    entry: Entry, indicators: Mapping[str, Indicator], explanations: Collection[str], faults: list[Fault]
) -> Checklist:
    """The checklist; every name in it that leads nowhere is added to `faults`."""
    shape: ChecklistShape = entry.shape
    for index, id in enumerate(shape.explanations):
        if id not in explanations:
            remedy = meant(id, explanations, "Add it to explanations.yaml, or take it out")
            faults.append(entry.fault(("explanations", index), f"there is no explanation {id!r}", remedy))
    groups = _groups(entry, indicators, faults)
    here = {indicator.id: indicator for group in groups for indicator in group.indicators}
    elsewhere = indicators.keys() - here
    strengths = _strengths(entry, here, elsewhere, faults)
    by_group = {group.id: tuple(indicator.id for indicator in group.indicators) for group in groups}
    reader = Reader(entry.document, faults, here, by_group, strengths, shape.conditions, elsewhere=elsewhere)
    before = len(faults)
    outcomes = _outcomes(entry, reader, faults)
    wrong_already = len(faults) > before
    for name, condition in shape.conditions.items():
        # Where a name is misspelt, the condition it means would only seem to be unused.
        if name not in reader.used and not wrong_already:
            reader.read(condition, ("conditions", name))
            said = f"the condition {name!r} is never used"
            faults.append(entry.fault(("conditions", name), said, "Use it in an outcome, or remove it", at_key=True))
    known = [*(outcome.id for outcome in outcomes), *RESERVED_IDS]
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
        examples=tuple(
            example_of(example.name, example, entry, ("examples", index), here, elsewhere, known, faults)
            for index, example in enumerate(shape.examples)
        ),
        explanations=tuple(shape.explanations),
        elements=shape.elements,
        contacts=tuple(shape.contacts),
    )


def _groups(entry: Entry, indicators: Mapping[str, Indicator], faults: list[Fault]) -> list[Group]:
    groups = []
    listed = {id for group in entry.shape.groups for id in group.indicators}
    for index, group in enumerate(entry.shape.groups):
        members = []
        for at, id in enumerate(group.indicators):
            if id not in indicators:
                remedy = meant(id, indicators, "Add it to indicators.yaml")
                if not re.fullmatch("[a-z0-9-]+", id):
                    remedy = "Write ids, parted with commas"
                where: Where = ("groups", index, "indicators", at)
                faults.append(entry.fault(where, f"there is no indicator {id!r}", remedy))
                # Read on with what was probably meant: else each condition and example with the right name is blamed.
                id = next(iter(get_close_matches(id, indicators.keys() - listed, n=1)), id)
            if id in indicators:
                members.append(indicators[id])
        groups.append(Group(group.id, group.title, tuple(members)))
    return groups


def not_here(id: str, here: Collection[str], elsewhere: Collection[str]) -> str:
    """The remedy for an indicator that is named and is not in this checklist."""
    remedy = "Add it to a group, or take it out here"
    if " " in id:
        return "Write ids, parted with commas; `groups` has them"
    return remedy if id in elsewhere else meant(id, here, remedy)


def _strengths(
    entry: Entry, here: Mapping[str, Indicator], elsewhere: Collection[str], faults: list[Fault]
) -> dict[str, Strength]:
    strengths: dict[str, Strength] = {}
    for strength in Strength:
        for at, id in enumerate(getattr(entry.shape.strengths, strength.value)):
            where: Where = ("strengths", strength.value, at)
            if id not in here:
                faults.append(entry.fault(where, f"{id!r} is not in this checklist", not_here(id, here, elsewhere)))
            elif id in strengths:
                faults.append(entry.fault(where, f"{id!r} has two strengths", "Keep one"))
            elif here[id].context:
                faults.append(entry.fault(where, f"{id!r} is for context and never counted", "Remove it"))
            strengths[id] = strength
    return strengths


def _outcomes(entry: Entry, reader: Reader, faults: list[Fault]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for index, outcome in enumerate(entry.shape.outcomes):
        place: Where = ("outcomes", index)
        is_last = index == len(entry.shape.outcomes) - 1
        if is_last and outcome.when is not None:
            said = "the last outcome has a `when`"
            faults.append(entry.fault((*place, "when"), said, "Remove it: the last one is what remains"))
        if not is_last and outcome.when is None:
            faults.append(entry.fault(place, "only the last outcome goes without `when`", "Add `when: ...`"))
        level = Level(outcome.level)
        if outcomes and level.rank < outcomes[-1].level.rank:
            said = f"the level {level.value} is more urgent than the one above it"
            faults.append(entry.fault((*place, "level"), said, "Put the most urgent outcome first"))
        when = None if outcome.when is None else reader.read(outcome.when, (*place, "when"))
        outcomes.append(Outcome(outcome.id, outcome.title, level, None if is_last else when, outcome.about))
    return outcomes


def example_of(
    name: str,
    shape: ExampleShape | ExpectedShape,
    entry: Entry,
    where: Where,
    here: Mapping[str, Indicator],
    elsewhere: Collection[str],
    outcomes: list[str],
    faults: list[Fault],
) -> Example:
    """A worked example, or what a practice case expects; every name in it that leads nowhere is added to `faults`."""
    answers = {id: Answer(shape.others) for id, indicator in here.items() if not indicator.context}
    answered: set[str] = set()
    for answer in ("seen", "told", "no"):
        for at, id in enumerate(getattr(shape, answer)):
            if id not in here:
                faults.append(
                    entry.fault((*where, answer, at), f"{id!r} is not in this checklist", not_here(id, here, elsewhere))
                )
            elif id in answered:
                faults.append(entry.fault((*where, answer, at), f"{id!r} is answered twice", "Keep one"))
            answered.add(id)
            answers[id] = Answer(answer)
    circumstances: dict[str, str] = {}
    for called, value in shape.circumstances.items():
        place = (*where, "circumstances", called)
        text = str(value).lower() if isinstance(value, bool) else value
        if called not in CIRCUMSTANCE_VALUES:
            remedy = meant(called, CIRCUMSTANCE_VALUES, f"There are {', '.join(CIRCUMSTANCE_VALUES)}")
            faults.append(entry.fault(place, f"no circumstance is called {called!r}", remedy, at_key=True))
        elif text not in CIRCUMSTANCE_VALUES[called]:
            allowed = CIRCUMSTANCE_VALUES[called]
            remedy = meant(text, allowed, f"Write one of {', '.join(allowed)}")
            faults.append(entry.fault(place, f"{called!r} is never {text!r}", remedy))
        else:
            circumstances[called.replace("-", "_")] = text
    if shape.outcome not in outcomes:
        remedy = meant(shape.outcome, outcomes, f"There are {', '.join(outcomes)}")
        faults.append(entry.fault((*where, "outcome"), f"there is no outcome {shape.outcome!r}", remedy))
    return Example(name, answers, Circumstances(**circumstances), shape.outcome)
