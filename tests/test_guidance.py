"""Guidance is chosen by what holds, in the order of the file, and never leaves a result without a next step."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from builders import RESERVED, cases
from screening.assessment import assess, compile_checklist
from screening.checklist import (
    AllOf,
    Answer,
    AnyOf,
    AtLeast,
    Checklist,
    CircumstanceIs,
    Circumstances,
    Condition,
    Level,
    LevelIs,
    Named,
    Not,
    OutcomeIs,
    Present,
)
from screening.guidance import Guidance, Kind, fitting, without_next_step
from screening.rulebook import Rulebook


def item(when: Condition, id: str = "item", next_step: bool = True) -> Guidance:
    return Guidance(id, Kind.DO, when, "Do it.", ("bp/danger/1",), next_step)


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        (AllOf(()), True),
        (AnyOf(()), False),
        (CircumstanceIs("alone", ("false",)), True),
        (CircumstanceIs("alone", ("true", "unknown")), False),
        (CircumstanceIs("age", ("unknown",)), True),
        (CircumstanceIs("age", ("adult", "child", "unsure")), False),
        (Not(CircumstanceIs("age", ("child",))), True),
        (Not(CircumstanceIs("alone", ("false",))), False),
        (LevelIs((Level.STAY_ATTENTIVE,)), True),
        (LevelIs((Level.ACT_NOW, Level.SEEK_ADVICE)), False),
        (OutcomeIs(("one-sign",)), True),
        (OutcomeIs(("several-signs",)), False),
        (Present("large-debt"), True),
        (Present("abuse-signs"), False),
        (AtLeast((("large-debt", 1), ("abuse-signs", 1)), 1), True),
        (AtLeast((("large-debt", 1), ("abuse-signs", 1)), 2), False),
        (Named("n", Present("large-debt")), True),
        (AllOf((Present("large-debt"), CircumstanceIs("alone", ("true",)))), False),
    ],
)
def test_an_item_fits_when_its_condition_holds(rulebook: Rulebook, when: Condition, fits: bool) -> None:
    bells = rulebook.checklists["alarm-bells"]
    result = assess(
        bells,
        {"large-debt": Answer.TOLD, "abuse-signs": Answer.NO},
        Circumstances(alone="false"),
        diagram=rulebook.diagrams[bells.id],
        reserved=rulebook.reserved,
    )
    assert bool(fitting([item(when)], result)) is fits


@given(cases(most_signs=4))
@settings(deadline=None)
def test_every_result_of_any_checklist_has_a_next_step_in_the_shipped_guidance(
    rulebook: Rulebook, case: tuple[Checklist, dict[str, Answer], Circumstances]
) -> None:
    drawn, answers, circumstances = case
    result = assess(drawn, answers, circumstances, diagram=compile_checklist(drawn), reserved=RESERVED)
    chosen = fitting(rulebook.guidance, result)
    assert any(one.next_step for one in chosen)
    assert [rulebook.guidance.index(one) for one in chosen] == sorted(rulebook.guidance.index(one) for one in chosen)


def test_a_gap_is_found_and_named() -> None:
    everything_but = item(Not(AllOf((CircumstanceIs("age", ("child",)), CircumstanceIs("alone", ("unknown",))))))
    assert without_next_step([everything_but]) == {"alone": "unknown", "age": "child"}
    assert without_next_step([everything_but, item(CircumstanceIs("age", ("child",)))]) is None
    assert without_next_step([item(AllOf(()), next_step=False)]) == {}
    assert without_next_step([item(LevelIs((Level.ACT_NOW,)))]) == {"level": "seek-advice"}


def test_a_step_that_hangs_on_a_sign_or_an_outcome_closes_no_gap() -> None:
    for when in (Present("a"), OutcomeIs(("x",)), AtLeast((("a", 1),), 1)):
        assert without_next_step([item(when)]) is not None


#: What somebody can do at once. A first sentence without any of these is a thought, and the result shows no more of it.
ACTS = re.compile(r"\b(call|ask|go on|see|get|seek|offer|treat first|tell|keep)\b", re.IGNORECASE)


def test_the_first_sentence_of_every_next_step_names_an_act(rulebook: Rulebook) -> None:
    steps = {item.id: item.text.split(". ")[0] for item in rulebook.guidance if item.next_step}
    assert {"child-route", "asks-believe", "refused-respect"} <= steps.keys()
    assert [text for text in steps.values() if not ACTS.search(text)] == []
    assert "call your child-protection" in steps["child-route"]
    assert "call a specialised centre" in steps["asks-believe"]
    assert "go on with the care" in steps["refused-respect"]
