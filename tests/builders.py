"""Random rules for property tests, and a second opinion on them: every completion, tried one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from hypothesis import strategies as st

from screening.checklist import (
    CIRCUMSTANCE_VALUES,
    AllOf,
    Answer,
    AnyOf,
    AtLeast,
    Checklist,
    CircumstanceIs,
    Circumstances,
    Condition,
    Element,
    Group,
    Indicator,
    Level,
    Named,
    Not,
    Outcome,
    Present,
    Reserved,
)

RESERVED = Reserved(
    Outcome("asks-for-help", "asks", Level.SEEK_ADVICE),
    Outcome("concern", "concern", Level.SEEK_ADVICE),
    Outcome("too-little-known", "too little", Level.TOO_LITTLE_KNOWN),
)
JUDGED = ("alone", "interpreter", "age", "consent", "legal-test")


def checklist(outcomes: Sequence[Outcome], indicators: Sequence[str], context: Sequence[str] = ()) -> Checklist:
    """A checklist of one group."""
    signs = [Indicator(id, id, Element.NONE, ("004/bells/1",)) for id in indicators]
    signs += [Indicator(id, id, Element.NONE, ("000/signs/3",), context=True) for id in context]
    return Checklist(
        id="test",
        version="1",
        title="Test",
        audience=("health",),
        minutes=1,
        about="A test.",
        sources=("004/scoring/1",),
        groups=(Group("all", "All", tuple(signs)),),
        conditions={},
        outcomes=tuple(outcomes),
    )


def holds(condition: Condition, present: frozenset[str], circumstances: Mapping[str, str]) -> bool:
    """The plain meaning of a condition, when everything is known."""
    match condition:
        case Present(indicator):
            return indicator in present
        case AtLeast(weights, threshold):
            return sum(weight for id, weight in weights if id in present) >= threshold
        case CircumstanceIs(name, values):
            return circumstances[name] in values
        case AnyOf(parts):
            return any(holds(part, present, circumstances) for part in parts)
        case AllOf(parts):
            return all(holds(part, present, circumstances) for part in parts)
        case Not(part):
            return not holds(part, present, circumstances)
        case Named(_, part):
            return holds(part, present, circumstances)
    raise AssertionError(condition)


def first_that_holds(
    outcomes: Sequence[Condition | None], present: frozenset[str], circumstances: Mapping[str, str]
) -> int:
    for index, condition in enumerate(outcomes):
        if condition is None or holds(condition, present, circumstances):
            return index
    raise AssertionError("the last outcome always holds")


def completions(
    signs: Sequence[str], names: Sequence[str], known: Mapping[str, str]
) -> Iterator[tuple[frozenset[str], dict[str, str]]]:
    """Every way to fill in what is not known. A sign is "present" or "absent"."""
    domains = [("absent", "present") for _ in signs] + [CIRCUMSTANCE_VALUES[name] for name in names]
    keys = [*signs, *names]
    choices = [(known[key],) if key in known else domain for key, domain in zip(keys, domains, strict=True)]
    for values in itertools.product(*choices):
        whole = dict(zip(keys, values, strict=True))
        yield frozenset(id for id in signs if whole[id] == "present"), {name: whole[name] for name in names}


def circumstance_conditions() -> st.SearchStrategy[Condition]:
    def one(name: str) -> st.SearchStrategy[Condition]:
        values = st.lists(st.sampled_from(CIRCUMSTANCE_VALUES[name]), min_size=1, unique=True)
        return values.map(lambda chosen: CircumstanceIs(name, tuple(chosen)))

    single = st.sampled_from(JUDGED).flatmap(one)
    return (
        single | single.map(Not) | st.lists(single, min_size=1, max_size=2).map(lambda parts: Not(AnyOf(tuple(parts))))
    )


def conditions(signs: Sequence[str]) -> st.SearchStrategy[Condition]:
    """Any condition of a checklist over these signs."""
    weights = st.dictionaries(st.sampled_from(signs), st.integers(0, 4), min_size=1)
    at_least = st.builds(lambda given, n: AtLeast(tuple(given.items()), n), weights, st.integers(1, 9))
    leaves = st.sampled_from(signs).map(Present) | at_least | circumstance_conditions()
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts)))
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts)))
            | inner.map(lambda part: Named("named", part))
        ),
        max_leaves=6,
    )


@st.composite
def checklists(draw: st.DrawFn, most_signs: int = 7) -> Checklist:
    """Any checklist of two to five outcomes; its levels never rise down the list."""
    signs = [f"sign-{number}" for number in range(draw(st.integers(1, most_signs)))]
    rules = draw(st.lists(conditions(signs), min_size=1, max_size=4))
    levels = sorted(
        draw(st.lists(st.sampled_from(Level), min_size=len(rules) + 1, max_size=len(rules) + 1)),
        key=lambda level: level.rank,
    )
    outcomes = [
        Outcome(f"outcome-{index}", "", level, when)
        for index, (level, when) in enumerate(zip(levels, [*rules, None], strict=True))
    ]
    return checklist(outcomes, signs, ["context-sign"])


@st.composite
def cases(draw: st.DrawFn, most_signs: int = 7) -> tuple[Checklist, dict[str, Answer], Circumstances]:
    """Any checklist with any answers and circumstances."""
    drawn = draw(checklists(most_signs))
    answers = {id: draw(st.sampled_from(Answer)) for id in drawn.indicators if draw(st.booleans())}
    circumstances = {
        name.replace("-", "_"): draw(st.none() | st.sampled_from(values))
        for name, values in CIRCUMSTANCE_VALUES.items()
    }
    return drawn, answers, Circumstances(**circumstances)
