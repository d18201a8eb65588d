"""assess(): the outcome shown, with its reasons, what is still possible, and what is still open."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from screening.checklist import (
    CIRCUMSTANCE_VALUES,
    AllOf,
    Answer,
    AnyOf,
    Assessment,
    AtLeast,
    Checklist,
    CircumstanceIs,
    Circumstances,
    Condition,
    Element,
    Level,
    Named,
    Not,
    Noted,
    Outcome,
    Present,
    Reason,
    Reserved,
)
from screening.diagram import ABSENT_PRESENT, Diagram, Variable, compile_diagram

SEEN, TOLD, NO = Answer.SEEN, Answer.TOLD, Answer.NO


def compile_checklist(checklist: Checklist) -> Diagram:
    """The diagram of the checklist's outcomes, to be made once and given to every `assess`.

    Raises DiagramTooLargeError.
    """
    return compile_diagram(variables_of(checklist), [outcome.when for outcome in checklist.outcomes])


def variables_of(checklist: Checklist) -> list[Variable]:
    """What the checklist judges: its countable signs, and the circumstances that its conditions speak of."""
    variables: list[Variable] = [(indicator, ABSENT_PRESENT) for indicator in checklist.countable]
    conditions = [outcome.when for outcome in checklist.outcomes]
    spoken_of = {name for condition in conditions if condition for name in _circumstances(condition)}
    return variables + [(name, CIRCUMSTANCE_VALUES[name]) for name in CIRCUMSTANCE_VALUES if name in spoken_of]


def assess(
    checklist: Checklist,
    answers: Mapping[str, Answer],
    circumstances: Circumstances,
    *,
    diagram: Diagram,
    reserved: Reserved,
    doubted: Collection[str] = (),
) -> Assessment:
    """What the answers say, and no more than they say.

    The outcome shown is the least urgent that is still possible: what holds already. An indicator without an answer
    is unknown; an answer to an indicator of another checklist is ignored. A "no" said before a companion, or through
    one, counts as unknown (bp/companion/1), and a `context` indicator counts for nothing. `doubted` names the
    indicators whose "no" was said so earlier, whatever the circumstances are by now.

    `diagram` is what compile_checklist made of this checklist; `reserved` holds the outcomes that outrank its own.
    """
    levels = diagram.levels
    known = [-1] * len(levels)
    no_is_unknown = circumstances.no_is_unknown
    present, unknown, coerced = [], [], []
    for indicator in checklist.countable:
        answer = answers.get(indicator)
        if answer is SEEN or answer is TOLD:
            known[levels[indicator]] = 1
            present.append(indicator)
        elif answer is NO and not no_is_unknown and indicator not in doubted:
            known[levels[indicator]] = 0
        else:
            unknown.append(indicator)
            if answer is NO:
                coerced.append(indicator)
    # The variables of the indicators and of the circumstances make up the diagram, and nothing else does.
    if len(levels) > len(checklist.countable):
        for name, values in CIRCUMSTANCE_VALUES.items():
            value = circumstances.value(name)
            if name in levels and value is not None:
                known[levels[name]] = values.index(value)

    indexes, still_open = diagram.restrict(known)
    possible = tuple([checklist.outcomes[index] for index in indexes])
    judged = possible[-1]
    outcome, because = _shown(judged, indexes, circumstances, reserved)
    own = outcome is judged
    reasons = _reasons(judged, present, circumstances) if own else (Reason(because, None, ()),)
    return Assessment(
        checklist=checklist,
        outcome=outcome,
        judged=judged,
        possible=possible,
        reasons=reasons,
        red=red_lines(circumstances),
        open=tuple([diagram.variables[level][0] for level in still_open]),
        answers=answers,
        circumstances=circumstances,
        present=tuple(present),
        unknown=tuple(unknown),
        coerced=tuple(coerced),
    )


def red_lines(circumstances: Circumstances) -> tuple[str, ...]:
    """What outranks any count and shows at once. An age left out raises nothing; an age in doubt does (bp/minor/1)."""
    lines = []
    if circumstances.danger == "true":
        lines.append("danger")
    if circumstances.age in ("child", "unsure"):
        lines.append("child")
    if circumstances.asks == "true":
        lines.append("asks")
    return tuple(lines)


def _shown(
    judged: Outcome, indexes: list[int], circumstances: Circumstances, reserved: Reserved
) -> tuple[Outcome, str]:
    """The outcome shown, and, for a reserved one, the name of its reason."""
    if circumstances.asks == "true" and judged.level is not Level.ACT_NOW:
        return reserved.asks_for_help, "asks"
    if circumstances.concern == "true" and judged.level.rank > Level.SEEK_ADVICE.rank:
        return reserved.concern, "concern"
    if judged.level is Level.NOTHING_NOTED and len(indexes) > 1:
        return reserved.too_little_known, "too-little-known"
    return judged, ""


def elements_noted(assessment: Assessment) -> dict[Element, Noted]:
    """What was noted of each element of the definition: never that one is "met", which is for a court to find."""
    checklist = assessment.checklist
    found = {}
    for element in (Element.ACT, Element.MEANS, Element.PURPOSE):
        signs = {id for id in checklist.countable if checklist.indicators[id].element is element}
        if signs.intersection(assessment.present):
            found[element] = Noted.NOTED
        else:
            found[element] = Noted.OPEN if signs.intersection(assessment.unknown) else Noted.NOT_NOTED
    return found


def means_asked_for(circumstances: Circumstances) -> bool | None:
    """Whether the law asks for a means beside act and purpose; None where that hangs on what is not known.

    Not for a child (Palermo Protocol, art. 3(c)), nor where the place's law does not; an age in doubt is a child's.
    """
    if circumstances.age in ("child", "unsure") or circumstances.legal_test == "act-purpose":
        return False
    return True if circumstances.age == "adult" and circumstances.legal_test else None


def more_urgent(others: Iterable[Assessment], than: Assessment) -> Assessment | None:
    """Of the same answers judged by other checklists, the most urgent, if it is more urgent than `than`.

    By the checklists' own outcomes: what outranks them does so everywhere. Without it, opening another checklist could
    call an earlier result back.
    """
    found = min(others, key=lambda other: other.judged.level.rank, default=than)
    return found if found.judged.level.rank < than.judged.level.rank else None


def _reasons(outcome: Outcome, present: list[str], circumstances: Circumstances) -> tuple[Reason, ...]:
    """The conditions that hold; those that only may, because a circumstance is not known, where none surely does."""
    if outcome.when is None:
        return ()
    signs = frozenset(present)
    by_truth: dict[bool | None, list[Reason]] = {True: [], False: [], None: []}
    for name, rule in _named(outcome.when, outcome.id):
        found = _witnesses(rule, signs, circumstances)
        reason = Reason(name, rule, tuple(indicator for indicator in present if indicator in found))
        by_truth[_holds(rule, signs, circumstances)].append(reason)
    return tuple(by_truth[True] or by_truth[None])


def _named(condition: Condition, otherwise: str) -> Iterator[tuple[str, Condition]]:
    """The conditions by which a reason is told: the named ones; one without a name goes by that of its outcome."""
    match condition:
        case Named(name, part):
            yield name, part
        case AnyOf(parts) | AllOf(parts) if any(isinstance(part, Named) for part in parts):
            for part in parts:
                yield from _named(part, otherwise)
        case _:
            yield otherwise, condition


def _witnesses(condition: Condition, present: frozenset[str], circumstances: Circumstances) -> frozenset[str]:
    """The present indicators that speak for the condition."""
    match condition:
        case Present(indicator):
            return present & {indicator}
        case AtLeast(weights, _):
            return present.intersection([indicator for indicator, weight in weights if weight])
        case AnyOf(parts):
            holding = [part for part in parts if _holds(part, present, circumstances) is not False]
            return frozenset().union(*(_witnesses(part, present, circumstances) for part in holding))
        case AllOf(parts):
            return frozenset().union(*(_witnesses(part, present, circumstances) for part in parts))
        case Named(_, part):
            return _witnesses(part, present, circumstances)
        case _:
            return frozenset()


def _holds(condition: Condition, present: frozenset[str], circumstances: Circumstances) -> bool | None:
    """Whether a condition holds with these signs present and no other; None where that hangs on a circumstance."""
    match condition:
        case Present(indicator):
            return indicator in present
        case AtLeast(weights, threshold):
            return sum(weight for indicator, weight in weights if indicator in present) >= threshold
        case CircumstanceIs(name, values):
            value = circumstances.value(name)
            return None if value is None else value in values
        case Not(part):
            holds = _holds(part, present, circumstances)
            return None if holds is None else not holds
        case Named(_, part):
            return _holds(part, present, circumstances)
        case AnyOf(parts):
            each = [_holds(part, present, circumstances) for part in parts]
            return True if True in each else None if None in each else False
        case AllOf(parts):
            each = [_holds(part, present, circumstances) for part in parts]
            return False if False in each else None if None in each else True
        case _:
            raise TypeError(f"{condition} is no condition of a checklist")


def _circumstances(condition: Condition) -> Iterator[str]:
    match condition:
        case CircumstanceIs(name, _):
            yield name
        case AnyOf(parts) | AllOf(parts):
            for part in parts:
                yield from _circumstances(part)
        case Not(part) | Named(_, part):
            yield from _circumstances(part)
