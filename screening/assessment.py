"""assess(): the outcome shown, with its reasons, what is still possible, and what is still open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
    Level,
    Named,
    Not,
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
    variables: list[Variable] = [(indicator, ABSENT_PRESENT) for indicator in checklist.countable]
    conditions = [outcome.when for outcome in checklist.outcomes]
    spoken_of = {name for condition in conditions if condition for name in _circumstances(condition)}
    variables += [(name, CIRCUMSTANCE_VALUES[name]) for name in CIRCUMSTANCE_VALUES if name in spoken_of]
    return compile_diagram(variables, conditions)


def assess(
    checklist: Checklist,
    answers: Mapping[str, Answer],
    circumstances: Circumstances,
    *,
    diagram: Diagram,
    reserved: Reserved,
) -> Assessment:
    """What the answers say, and no more than they say.

    The outcome shown is the least urgent that is still possible: what holds already. An indicator without an answer
    is unknown; an answer to an indicator of another checklist is ignored. A "no" said before a companion, or through
    one, counts as unknown (bp/companion/1), and a `context` indicator counts for nothing.

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
        elif answer is NO and not no_is_unknown:
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
    reasons = tuple(_reasons(judged, present, circumstances)) if own else (Reason(because, None, ()),)
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


def _reasons(outcome: Outcome, present: list[str], circumstances: Circumstances) -> Iterator[Reason]:
    if outcome.when is None:
        return
    for name, rule in _named(outcome.when, outcome.id):
        found = _witnesses(rule, frozenset(present), circumstances)
        if found is not None:
            yield Reason(name, rule, tuple(indicator for indicator in present if indicator in found))


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


def _witnesses(condition: Condition, present: frozenset[str], circumstances: Circumstances) -> frozenset[str] | None:
    """The present indicators that make the condition hold, None if it does not hold.

    A circumstance that is not known is taken as it would have to be: the outcome has been decided already, here it
    is only told why.
    """
    match condition:
        case Present(indicator):
            return frozenset({indicator}) if indicator in present else None
        case AtLeast(weights, threshold):
            counted = [(indicator, weight) for indicator, weight in weights if indicator in present]
            enough = sum(weight for _, weight in counted) >= threshold
            return frozenset(indicator for indicator, _ in counted) if enough else None
        case AnyOf(parts):
            holding = [found for part in parts if (found := _witnesses(part, present, circumstances)) is not None]
            return frozenset().union(*holding) if holding else None
        case AllOf(parts):
            every = [_witnesses(part, present, circumstances) for part in parts]
            return None if None in every else frozenset().union(*(found for found in every if found is not None))
        case Named(_, part):
            return _witnesses(part, present, circumstances)
        case _:
            return frozenset() if _may_hold(condition, circumstances) is not False else None


def _may_hold(condition: Condition, circumstances: Circumstances) -> bool | None:
    """Whether a condition over circumstances holds; None where that is not known."""
    match condition:
        case CircumstanceIs(name, values):
            value = circumstances.value(name)
            return None if value is None else value in values
        case Not(part):
            holds = _may_hold(part, circumstances)
            return None if holds is None else not holds
        case Named(_, part):
            return _may_hold(part, circumstances)
        case AnyOf(parts):
            each = [_may_hold(part, circumstances) for part in parts]
            return True if True in each else None if None in each else False
        case AllOf(parts):
            each = [_may_hold(part, circumstances) for part in parts]
            return False if False in each else None if None in each else True
        case _:
            raise TypeError(f"{condition} is no condition over circumstances")


def _circumstances(condition: Condition) -> Iterator[str]:
    match condition:
        case CircumstanceIs(name, _):
            yield name
        case AnyOf(parts) | AllOf(parts):
            for part in parts:
                yield from _circumstances(part)
        case Not(part) | Named(_, part):
            yield from _circumstances(part)
