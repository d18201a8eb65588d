"""The diagram says exactly what is still possible and what still matters, for any rule."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import JUDGED, checklists, completions, first_that_holds
from screening.assessment import compile_checklist
from screening.checklist import AllOf, AnyOf, AtLeast, Checklist, Condition, Level, LevelIs, Not, Present
from screening.diagram import ABSENT_PRESENT, DiagramTooLargeError, compile_diagram

SIGNS = [f"sign-{number}" for number in range(12)]


@given(checklists(), st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_possible_and_what_is_open_is_exact_for_any_rule(checklist: Checklist, data: st.DataObject) -> None:
    diagram = compile_checklist(checklist)
    rules = [outcome.when for outcome in checklist.outcomes]
    names = [name for name in diagram.levels if name in JUDGED]
    signs = list(checklist.countable)
    known = {}
    for name, values in diagram.variables:
        # At most about a thousand completions: what is left open is drawn, too.
        if data.draw(st.booleans()):
            known[name] = data.draw(st.sampled_from(values))
    every = {
        (present, tuple(circumstances.items())): first_that_holds(rules, present, circumstances)
        for present, circumstances in completions(signs, names, known)
    }
    possible, still_open = diagram.restrict(
        [values.index(known[name]) if name in known else -1 for name, values in diagram.variables]
    )
    assert possible == sorted(set(every.values()))

    matters = set()
    for (present, circumstances), outcome in every.items():
        for sign in signs:
            if sign not in known and every[present ^ {sign}, circumstances] != outcome:
                matters.add(sign)
        for name in names:
            if name in known or name in matters:
                continue
            for other in dict(diagram.variables)[name]:
                changed = tuple((key, other if key == name else value) for key, value in circumstances)
                if every[present, changed] != outcome:
                    matters.add(name)
    assert {diagram.variables[level][0] for level in still_open} == matters


@given(checklists())
@settings(max_examples=100, deadline=None)
def test_asking_leaves_nothing_behind_in_the_diagram(checklist: Checklist) -> None:
    diagram = compile_checklist(checklist)
    before = (diagram.nodes, diagram.root)
    first = diagram.restrict([-1] * len(diagram.variables))
    diagram.restrict([0] * len(diagram.variables))
    assert (diagram.nodes, diagram.root) == before
    assert diagram.restrict([-1] * len(diagram.variables)) == first


@given(checklists())
@settings(max_examples=100, deadline=None)
def test_a_way_to_an_outcome_leads_there_and_exists_for_the_reachable_ones_only(checklist: Checklist) -> None:
    diagram = compile_checklist(checklist)
    for index in range(len(checklist.outcomes)):
        way = diagram.way_to(index)
        assert (way is not None) == (index in diagram.reachable)
        if way is not None:
            known = [values.index(way[name]) if name in way else -1 for name, values in diagram.variables]
            assert diagram.restrict(known)[0] == [index]


@pytest.mark.parametrize("threshold", range(1, 13))
def test_a_count_holds_from_its_threshold_on(threshold: int) -> None:
    rule = AtLeast(tuple((sign, 1) for sign in SIGNS), threshold)
    diagram = compile_diagram([(sign, ABSENT_PRESENT) for sign in SIGNS], [rule, None])
    for present in (threshold - 1, threshold):
        known = [int(int(name.split("-")[1]) < present) for name, _ in diagram.variables]
        assert diagram.restrict(known)[0] == [0 if present >= threshold else 1]


def test_the_order_of_the_signs_in_the_file_does_not_blow_up_the_diagram() -> None:
    """Signs dealt out at random take a hundred times as many nodes when the order is the file's."""
    signs = [f"sign-{number}" for number in range(60)]
    random.Random(7).shuffle(signs)
    groups = [AtLeast(tuple((sign, 1) for sign in signs[start : start + 10]), 3) for start in range(0, 60, 10)]
    rules: list[Condition | None] = [
        AtLeast(tuple((sign, 1) for sign in signs), 20),
        *groups,
        AnyOf(tuple(groups)),
        None,
    ]
    diagram = compile_diagram([(sign, ABSENT_PRESENT) for sign in sorted(signs)], rules)
    assert len(diagram.nodes) < 5_000


def test_a_rule_that_cannot_be_judged_exactly_is_refused_with_a_remedy() -> None:
    signs = [f"sign-{number}" for number in range(40)]
    numbers = random.Random(7)
    sums = [AtLeast(tuple((sign, numbers.randint(1, 1000)) for sign in signs), 9_000) for _ in range(3)]
    with pytest.raises(DiagramTooLargeError, match=r"200,000 nodes.*split the checklist"):
        compile_diagram([(sign, ABSENT_PRESENT) for sign in signs], [AllOf(tuple(sums)), None])


def test_a_variable_that_never_matters_is_not_in_the_support() -> None:
    rule = AnyOf((Present("a"), AllOf((Present("a"), Present("b")))))
    diagram = compile_diagram([("a", ABSENT_PRESENT), ("b", ABSENT_PRESENT)], [rule, None])
    assert diagram.support == {"a"}


def test_an_outcome_behind_a_wider_one_is_not_reachable() -> None:
    rules = [AnyOf((Present("a"), Present("b"))), Present("a"), None]
    assert compile_diagram([("a", ABSENT_PRESENT), ("b", ABSENT_PRESENT)], rules).reachable == {0, 2}


def test_levels_are_no_condition_of_a_checklist() -> None:
    with pytest.raises(TypeError, match="guidance"):
        compile_diagram([], [LevelIs((Level.ACT_NOW,)), None])


def test_not_turns_a_condition_round() -> None:
    for a, b in itertools.product((0, 1), repeat=2):
        diagram = compile_diagram(
            [("a", ABSENT_PRESENT), ("b", ABSENT_PRESENT)], [Not(AnyOf((Present("a"), Present("b")))), None]
        )
        assert diagram.restrict([a, b])[0] == [1 if a or b else 0]
