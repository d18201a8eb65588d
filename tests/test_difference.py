"""Two versions of a checklist are compared over every complete set of answers, exactly."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import checklist, checklists, completions, first_that_holds
from screening.assessment import variables_of
from screening.checklist import AllOf, AtLeast, Checklist, CircumstanceIs, Level, Outcome, Present
from screening.diagram import DiagramTooLargeError
from screening.difference import difference

SIGNS = [f"sign-{number}" for number in range(60)]


def counting(threshold: int, level: Level = Level.SEEK_ADVICE, signs: list[str] = SIGNS) -> Checklist:
    rule = AtLeast(tuple((sign, 1) for sign in signs), threshold, "all")
    return checklist([Outcome("many", "", level, rule), Outcome("few", "", Level.NOTHING_NOTED)], signs)


def moved(old: Checklist, new: Checklist) -> tuple[Counter[tuple[str, str]], int]:
    """The same by trying every set of answers."""
    variables = dict([*variables_of(old), *variables_of(new)])
    signs = [name for name, values in variables.items() if values == ("absent", "present")]
    names = [name for name in variables if name not in signs]
    found: Counter[tuple[str, str]] = Counter()
    number = 0
    for present, circumstances in completions(signs, names, {}):
        number += 1
        was, becomes = (
            version.outcomes[first_that_holds([one.when for one in version.outcomes], present, circumstances)]
            for version in (old, new)
        )
        if (was.id, was.level) != (becomes.id, becomes.level):
            found[was.id, becomes.id] += 1
    return found, number


@given(checklists(most_signs=5), st.data())
@settings(max_examples=150, deadline=None)
def test_the_numbers_are_those_of_trying_every_set_of_answers(old: Checklist, data: st.DataObject) -> None:
    new = data.draw(checklists(most_signs=5))
    found = difference(old, new)
    moves, number = moved(old, new)
    assert {(move.before.id, move.after.id): move.number for move in found.moves} == moves
    assert found.of == number


@given(checklists(most_signs=5), checklists(most_signs=5))
@settings(max_examples=150, deadline=None)
def test_every_example_moves_as_it_is_said(old: Checklist, new: Checklist) -> None:
    for move in difference(old, new).moves:
        present = frozenset(name for name, value in move.example.items() if value == "present")
        for version, outcome in ((old, move.before), (new, move.after)):
            index = first_that_holds([one.when for one in version.outcomes], present, move.example)
            assert version.outcomes[index] == outcome


@given(checklists())
@settings(max_examples=50, deadline=None)
def test_the_same_checklist_makes_no_difference(same: Checklist) -> None:
    assert difference(same, same).moves == ()


def test_sixty_signs_are_counted_to_the_last_set() -> None:
    (move,) = difference(counting(20), counting(18)).moves
    assert (move.before.id, move.after.id) == ("few", "many")
    assert move.number == math.comb(60, 18) + math.comb(60, 19)
    assert list(move.example.values()).count("present") == 18


def test_a_level_alone_is_a_difference_and_a_title_is_none() -> None:
    old = counting(1, signs=SIGNS[:3])
    (move,) = difference(old, counting(1, Level.STAY_ATTENTIVE, SIGNS[:3])).moves
    assert (move.number, move.before.level, move.after.level) == (7, Level.SEEK_ADVICE, Level.STAY_ATTENTIVE)
    retitled = replace(old, outcomes=(replace(old.outcomes[0], title="x"), old.outcomes[1]))
    assert difference(old, retitled).moves == ()


def test_a_sign_that_only_one_version_knows_is_ignored_by_the_other() -> None:
    found = difference(counting(2, signs=SIGNS[:2]), counting(2, signs=SIGNS[:3]))
    (move,) = found.moves
    assert (move.number, found.of) == (2, 8)
    assert move.example["sign-2"] == "present"


def test_a_circumstance_is_given_a_value_in_the_example() -> None:
    outcomes = [Outcome("few", "", Level.NOTHING_NOTED)]
    child = AllOf((CircumstanceIs("age", ("child", "unsure")), Present("a")))
    old = checklist([Outcome("child", "", Level.ACT_NOW, child), *outcomes], ["a"])
    new = checklist([Outcome("child", "", Level.ACT_NOW, Present("a")), *outcomes], ["a"])
    (move,) = difference(old, new).moves
    assert (move.number, dict(move.example)) == (1, {"age": "adult", "a": "present"})


def test_versions_too_far_from_each_other_are_refused_with_a_sentence() -> None:
    others = [f"other-{number}" for number in range(200)]
    with pytest.raises(DiagramTooLargeError, match="260 signs and circumstances together, and at most 250"):
        difference(counting(2), counting(2, signs=others))
    near = [f"other-{number}" for number in range(190)]
    assert difference(counting(2), counting(2, signs=near)).of == 2**250
