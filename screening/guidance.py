"""Which guidance fits an assessment: what to do, not to do, say and know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from screening.checklist import (
    CIRCUMSTANCE_VALUES,
    AllOf,
    AnyOf,
    Assessment,
    AtLeast,
    CircumstanceIs,
    Condition,
    Level,
    LevelIs,
    Named,
    Not,
    OutcomeIs,
    Present,
)
from screening.diagram import compile_diagram

#: In guidance, and only there, this stands for a circumstance that is not known.
UNKNOWN = "unknown"


class Kind(StrEnum):
    DO = "do"
    DONT = "dont"
    SAY = "say"
    KNOW = "know"


@dataclass(frozen=True, slots=True)
class Guidance:
    """One thing to do, not to do, say or know. In `text`, `{emergency}` stands for the place's emergency number."""

    id: str
    kind: Kind
    when: Condition
    text: str
    sources: tuple[str, ...]
    next_step: bool = False


def fitting(guidance: Iterable[Guidance], assessment: Assessment) -> tuple[Guidance, ...]:
    """The items whose `when` holds, in the order of the rule file."""
    present = frozenset(assessment.present)
    return tuple(item for item in guidance if _holds(item.when, assessment, present))


def _holds(condition: Condition, assessment: Assessment, present: frozenset[str]) -> bool:
    match condition:
        case LevelIs(levels):
            return assessment.outcome.level in levels
        case CircumstanceIs(name, values):
            return (assessment.circumstances.value(name) or UNKNOWN) in values
        case AnyOf(parts):
            return any(_holds(part, assessment, present) for part in parts)
        case AllOf(parts):
            return all(_holds(part, assessment, present) for part in parts)
        case Not(part):
            return not _holds(part, assessment, present)
        case OutcomeIs(outcomes):
            return assessment.outcome.id in outcomes
        case Present(indicator):
            return indicator in present
        case AtLeast(weights, threshold):
            return sum(weight for indicator, weight in weights if indicator in present) >= threshold
        case Named(_, part):
            return _holds(part, assessment, present)


def without_next_step(guidance: Iterable[Guidance]) -> dict[str, str] | None:
    """A level and circumstances for which no item is a next step, None if there are none: every result must have one.

    The weakest case is proven: no sign present, and an outcome that no item names. The level is under "level".
    """
    steps = AnyOf(tuple(_weakest(item.when) for item in guidance if item.next_step))
    variables = [("level", tuple(level.value for level in Level))]
    variables += [(name, (*values, UNKNOWN)) for name, values in CIRCUMSTANCE_VALUES.items()]
    return compile_diagram(variables, [steps, None]).way_to(1)


def _weakest(condition: Condition) -> Condition:
    """The condition as it stands when nothing is present and no outcome is named."""
    match condition:
        case Present() | OutcomeIs() | AtLeast():
            return AnyOf(())
        case LevelIs(levels):
            return CircumstanceIs("level", tuple(level.value for level in levels))
        case AnyOf(parts):
            return AnyOf(tuple(_weakest(part) for part in parts))
        case AllOf(parts):
            return AllOf(tuple(_weakest(part) for part in parts))
        case Not(part):
            return Not(_weakest(part))
        case Named(name, part):
            return Named(name, _weakest(part))
        case CircumstanceIs():
            return condition
