"""assess() says what the answers say, and no more."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import RESERVED, cases, checklist
from screening.assessment import assess, compile_checklist, elements_noted, means_asked_for, more_urgent
from screening.checklist import (
    AllOf,
    Answer,
    AnyOf,
    Assessment,
    AtLeast,
    Checklist,
    CircumstanceIs,
    Circumstances,
    Element,
    Level,
    Named,
    Noted,
    Outcome,
    Present,
)
from screening.rulebook import Rulebook

BELLS = [
    "no-free-movement", "little-contact", "documents-withheld", "afraid-to-speak", "afraid-of-others",
    "distrusts-authorities", "extreme-working-conditions", "lives-at-work", "little-or-no-pay", "large-debt",
    "abuse-signs",
]  # fmt: skip
ALL_NO = dict.fromkeys(BELLS, "no")


def judged(rulebook: Rulebook, answers: dict[str, str], **circumstances: str) -> Assessment:
    bells = rulebook.checklists["alarm-bells"]
    given = {id: Answer(answer) for id, answer in answers.items()}
    return assess(
        bells, given, Circumstances(**circumstances), diagram=rulebook.diagrams[bells.id], reserved=rulebook.reserved
    )


def any_case(case: tuple[Checklist, dict[str, Answer], Circumstances]) -> Assessment:
    drawn, answers, circumstances = case
    return assess(drawn, answers, circumstances, diagram=compile_checklist(drawn), reserved=RESERVED)


# --- The default checklist ----------------------------------------------------------------------


def test_one_sign_and_the_rest_unknown_is_one_sign_and_may_become_several(rulebook: Rulebook) -> None:
    result = judged(rulebook, {"large-debt": "told"})
    assert result.outcome.id == "one-sign"
    assert [outcome.id for outcome in result.possible] == ["several-signs", "one-sign"]
    assert not result.settled
    assert set(result.open) == set(BELLS) - {"large-debt"}
    assert (len(result.present), len(result.unknown), result.of) == (1, 10, 11)


@pytest.mark.parametrize(
    ("answers", "circumstances", "outcome", "settled"),
    [
        ({"large-debt": "told", "afraid-to-speak": "seen"}, {}, "several-signs", True),
        (ALL_NO | {"abuse-signs": "seen"}, {}, "abuse-noted", True),
        (ALL_NO | {"large-debt": "told"}, {}, "one-sign", True),
        (ALL_NO, {}, "no-sign-noted", True),
        (ALL_NO, {"alone": "false"}, "too-little-known", False),
        (ALL_NO, {"alone": "true", "interpreter": "other"}, "too-little-known", False),
        (ALL_NO, {"alone": "true", "interpreter": "missing"}, "too-little-known", False),
        (ALL_NO, {"alone": "true", "interpreter": "professional"}, "no-sign-noted", True),
        (ALL_NO | {"large-debt": "unknown"}, {}, "too-little-known", False),
        ({}, {}, "too-little-known", False),
        ({}, {"asks": "true"}, "asks-for-help", False),
        (ALL_NO, {"asks": "true", "concern": "true"}, "asks-for-help", True),
        ({"large-debt": "told", "afraid-to-speak": "seen"}, {"asks": "true"}, "asks-for-help", True),
        ({}, {"concern": "true"}, "concern", False),
        (ALL_NO, {"concern": "true"}, "concern", True),
        ({"large-debt": "told"}, {"concern": "true"}, "concern", False),
        (ALL_NO | {"abuse-signs": "seen"}, {"concern": "true"}, "abuse-noted", True),
        ({}, {"asks": "false", "concern": "false", "danger": "false"}, "too-little-known", False),
    ],
)
def test_the_outcome_shown(
    rulebook: Rulebook, answers: dict[str, str], circumstances: dict[str, str], outcome: str, settled: bool
) -> None:
    result = judged(rulebook, answers, **circumstances)
    assert (result.outcome.id, result.settled) == (outcome, settled)


@pytest.mark.parametrize(
    ("circumstances", "red"),
    [
        ({}, ()),
        ({"danger": "true"}, ("danger",)),
        ({"danger": "false"}, ()),
        ({"age": "child"}, ("child",)),
        ({"age": "unsure"}, ("child",)),
        ({"age": "adult"}, ()),
        ({"asks": "true"}, ("asks",)),
        ({"asks": "true", "age": "unsure", "danger": "true"}, ("danger", "child", "asks")),
    ],
)
@pytest.mark.parametrize("answers", [{}, ALL_NO, dict.fromkeys(BELLS, "seen")])
def test_red_lines_stand_whatever_the_answers(
    rulebook: Rulebook, answers: dict[str, str], circumstances: dict[str, str], red: tuple[str, ...]
) -> None:
    assert judged(rulebook, answers, **circumstances).red == red


def test_the_reason_names_the_condition_and_the_signs_behind_it(rulebook: Rulebook) -> None:
    result = judged(rulebook, {"large-debt": "told", "abuse-signs": "seen"})
    assert [(reason.condition, set(reason.indicators)) for reason in result.reasons] == [
        ("several", {"large-debt", "abuse-signs"})
    ]
    result = judged(rulebook, ALL_NO | {"abuse-signs": "seen"})
    assert [(reason.condition, reason.indicators) for reason in result.reasons] == [("abuse", ("abuse-signs",))]
    assert [reason.condition for reason in judged(rulebook, {}, asks="true").reasons] == ["asks"]
    assert judged(rulebook, ALL_NO).reasons == ()


def test_a_coerced_no_is_listed_and_counted_as_unknown(rulebook: Rulebook) -> None:
    result = judged(rulebook, ALL_NO, alone="false")
    assert set(result.coerced) == set(BELLS) and set(result.unknown) == set(BELLS)
    assert judged(rulebook, ALL_NO, alone="true").coerced == ()


# --- Any checklist ------------------------------------------------------------------------------


@given(cases())
@settings(deadline=None)
def test_the_checklists_outcome_is_the_least_urgent_that_is_possible(
    case: tuple[Checklist, dict[str, Answer], Circumstances],
) -> None:
    result = any_case(case)
    order = [outcome.id for outcome in case[0].outcomes]
    assert result.judged == result.possible[-1]
    assert [outcome.id for outcome in result.possible] == sorted((o.id for o in result.possible), key=order.index)
    assert result.settled == (len(result.possible) == 1)
    assert not result.settled or not result.open


@given(cases(), st.data())
@settings(deadline=None)
def test_one_more_present_sign_never_lowers_the_urgency(
    case: tuple[Checklist, dict[str, Answer], Circumstances], data: st.DataObject
) -> None:
    drawn, answers, circumstances = case
    more = answers | {
        data.draw(st.sampled_from(drawn.countable)): data.draw(st.sampled_from([Answer.SEEN, Answer.TOLD]))
    }
    before, after = any_case(case), any_case((drawn, more, circumstances))
    assert drawn.outcomes.index(after.judged) <= drawn.outcomes.index(before.judged)


@given(cases())
@settings(deadline=None)
def test_a_no_before_a_companion_is_judged_as_not_known(
    case: tuple[Checklist, dict[str, Answer], Circumstances],
) -> None:
    drawn, answers, circumstances = case
    before_companion = replace(circumstances, alone="false")
    blank = {id: Answer.UNKNOWN if answer is Answer.NO else answer for id, answer in answers.items()}
    said, left_open = any_case((drawn, answers, before_companion)), any_case((drawn, blank, before_companion))
    assert (said.outcome, said.possible, said.open) == (left_open.outcome, left_open.possible, left_open.open)
    assert set(said.coerced) == {id for id in drawn.countable if answers.get(id) is Answer.NO}


@given(cases(), st.data())
@settings(deadline=None)
def test_a_doubted_no_is_judged_as_not_known_and_nothing_else_is(
    case: tuple[Checklist, dict[str, Answer], Circumstances], data: st.DataObject
) -> None:
    drawn, answers, circumstances = case
    doubted = {id for id in drawn.countable if data.draw(st.booleans())}
    blank = {id: Answer.UNKNOWN if answer is Answer.NO and id in doubted else answer for id, answer in answers.items()}
    said = assess(drawn, answers, circumstances, diagram=compile_checklist(drawn), reserved=RESERVED, doubted=doubted)
    left_open = any_case((drawn, blank, circumstances))
    assert (said.outcome, said.possible, said.open) == (left_open.outcome, left_open.possible, left_open.open)
    counted = set(any_case(case).coerced)
    assert set(said.coerced) == counted | {id for id in doubted if answers.get(id) is Answer.NO}


@given(cases())
@settings(deadline=None)
def test_seen_and_told_weigh_the_same_and_unknown_is_as_good_as_left_out(
    case: tuple[Checklist, dict[str, Answer], Circumstances],
) -> None:
    drawn, answers, circumstances = case
    turned = {Answer.SEEN: Answer.TOLD, Answer.TOLD: Answer.SEEN}
    other = {id: turned.get(answer, answer) for id, answer in answers.items() if answer is not Answer.UNKNOWN}
    one, two = any_case(case), any_case((drawn, other, circumstances))
    assert (one.outcome, one.possible, one.open, one.unknown) == (two.outcome, two.possible, two.open, two.unknown)


@given(cases(), st.sampled_from(Answer))
@settings(deadline=None)
def test_a_context_sign_and_a_sign_of_another_checklist_change_nothing(
    case: tuple[Checklist, dict[str, Answer], Circumstances], answer: Answer
) -> None:
    drawn, answers, circumstances = case
    without = {id: given for id, given in answers.items() if id != "context-sign"}
    noted = without | {"context-sign": answer, "of-another-checklist": answer}
    one, two = any_case((drawn, without, circumstances)), any_case((drawn, noted, circumstances))
    assert (one.outcome, one.possible, one.open, one.present) == (two.outcome, two.possible, two.open, two.present)
    assert "context-sign" not in two.open + two.unknown + two.present
    assert two.of == len(drawn.countable)


@given(cases())
@settings(deadline=None)
def test_nothing_noted_is_never_shown_while_something_more_urgent_is_possible(
    case: tuple[Checklist, dict[str, Answer], Circumstances],
) -> None:
    result = any_case(case)
    assert result.level is not Level.NOTHING_NOTED or result.settled


@given(cases())
@settings(deadline=None)
def test_who_asks_for_help_is_never_outranked_but_by_act_now(
    case: tuple[Checklist, dict[str, Answer], Circumstances],
) -> None:
    drawn, answers, circumstances = case
    result = any_case((drawn, answers, replace(circumstances, asks="true")))
    assert result.outcome.id == "asks-for-help" or result.judged.level is Level.ACT_NOW
    assert result.level.rank <= Level.SEEK_ADVICE.rank


@given(cases())
@settings(deadline=None)
def test_reasons_name_present_signs_only(case: tuple[Checklist, dict[str, Answer], Circumstances]) -> None:
    result = any_case(case)
    for reason in result.reasons:
        assert set(reason.indicators) <= set(result.present)
    if result.outcome is result.judged and result.judged.when is not None:
        assert result.reasons, "an outcome with a condition has a reason"


def test_each_named_condition_that_holds_is_a_reason_of_its_own() -> None:
    debt, fear = Named("debt", Present("a")), Named("fear", AtLeast((("b", 1), ("c", 1)), 1))
    child = Named("young", CircumstanceIs("age", ("child",)))
    outcomes = [
        Outcome("x", "", Level.ACT_NOW, AllOf((child, AnyOf((debt, fear))))),
        Outcome("y", "", Level.NOTHING_NOTED),
    ]
    drawn = checklist(outcomes, ["a", "b", "c"])
    result = any_case((drawn, {"a": Answer.SEEN, "c": Answer.TOLD}, Circumstances(age="child")))
    assert [(reason.condition, reason.indicators) for reason in result.reasons] == [
        ("young", ()),
        ("debt", ("a",)),
        ("fear", ("c",)),
    ]


def test_a_condition_without_a_name_goes_by_its_outcome() -> None:
    drawn = checklist([Outcome("x", "", Level.ACT_NOW, Present("a")), Outcome("y", "", Level.NOTHING_NOTED)], ["a"])
    (reason,) = any_case((drawn, {"a": Answer.SEEN}, Circumstances())).reasons
    assert (reason.condition, reason.indicators) == ("x", ("a",))


def test_a_circumstance_in_a_rule_is_open_until_it_is_known() -> None:
    outcomes = [
        Outcome("x", "", Level.ACT_NOW, AllOf((Present("a"), CircumstanceIs("age", ("child", "unsure"))))),
        Outcome("y", "", Level.NOTHING_NOTED),
    ]
    drawn = checklist(outcomes, ["a"])
    result = any_case((drawn, {"a": Answer.SEEN}, Circumstances()))
    assert result.open == ("age",) and result.outcome.id == "too-little-known"
    assert any_case((drawn, {"a": Answer.SEEN}, Circumstances(age="adult"))).outcome.id == "y"
    assert any_case((drawn, {"a": Answer.SEEN}, Circumstances(age="unsure"))).outcome.id == "x"


def test_a_reason_that_only_may_hold_is_told_where_none_surely_does() -> None:
    young, debt = Named("young", CircumstanceIs("age", ("child",))), Named("debt", Present("a"))
    outcomes = [Outcome("x", "", Level.ACT_NOW, AnyOf((young, debt))), Outcome("y", "", Level.NOTHING_NOTED)]
    sure = any_case((checklist(outcomes, ["a"]), {"a": Answer.SEEN}, Circumstances()))
    assert [reason.condition for reason in sure.reasons] == ["debt"], "the age is not known, and is no reason"
    both = any_case((checklist(outcomes, ["a"]), {"a": Answer.SEEN}, Circumstances(age="child")))
    assert [reason.condition for reason in both.reasons] == ["young", "debt"]
    older = Named("older", CircumstanceIs("age", ("adult", "unsure")))
    outcomes = [
        Outcome("x", "", Level.ACT_NOW, young),
        Outcome("z", "", Level.SEEK_ADVICE, older),
        Outcome("y", "", Level.NOTHING_NOTED),
    ]
    open_age = any_case((checklist(outcomes, ["a"]), {}, Circumstances()))
    assert (open_age.judged.id, [reason.condition for reason in open_age.reasons]) == ("z", ["older"])


@pytest.mark.parametrize(
    ("age", "legal_test", "asked_for"),
    [
        ("child", "act-means-purpose", False),
        ("unsure", "act-means-purpose", False),
        ("adult", "act-means-purpose", True),
        ("adult", "act-purpose", False),
        ("child", None, False),
        ("adult", None, None),
        (None, "act-means-purpose", None),
        (None, "act-purpose", False),
        (None, None, None),
    ],
)
def test_whether_the_law_asks_for_means(age: str | None, legal_test: str | None, asked_for: bool | None) -> None:
    assert means_asked_for(Circumstances(age=age, legal_test=legal_test)) is asked_for


@given(cases())
@settings(deadline=None)
def test_an_element_is_not_noted_only_when_each_of_its_signs_was_answered(
    case: tuple[Checklist, dict[str, Answer], Circumstances],
) -> None:
    drawn, answers, circumstances = case
    signs = tuple(
        replace(sign, element=element)
        for sign, element in zip(drawn.groups[0].indicators, itertools.cycle(Element), strict=False)
    )
    drawn = replace(drawn, groups=(replace(drawn.groups[0], indicators=signs),))
    result = any_case((drawn, answers, circumstances))
    for element, state in elements_noted(result).items():
        own = {sign.id for sign in signs if sign.element is element and not sign.context}
        assert (state is Noted.NOTED) == bool(own & set(result.present))
        assert (state is Noted.NOT_NOTED) == (not own & set(result.present) and not own & set(result.unknown))


def test_the_more_urgent_of_other_results_is_named_and_an_equal_one_is_not() -> None:
    def one(level: Level) -> Assessment:
        outcomes = [Outcome(level.value, "", level, Present("a")), Outcome("y", "", Level.NOTHING_NOTED)]
        return any_case((checklist(outcomes, ["a"]), {"a": Answer.TOLD}, Circumstances(concern="true")))

    attentive, advice, now = one(Level.STAY_ATTENTIVE), one(Level.SEEK_ADVICE), one(Level.ACT_NOW)
    assert more_urgent([advice, now, attentive], attentive) is now
    assert more_urgent([advice, attentive], advice) is None
    assert more_urgent([], attentive) is None
    assert attentive.outcome.id == "concern" and more_urgent([advice], attentive) is advice


def test_a_circumstance_has_only_its_own_values() -> None:
    with pytest.raises(ValueError, match=r"^age must be one of adult, child, unsure$"):
        Circumstances(age="old")


def test_the_hash_changes_with_what_is_judged_and_with_nothing_else(rulebook: Rulebook, tmp_path: Path) -> None:
    bells = rulebook.checklists["alarm-bells"]
    assert len(bells.hash) == 12
    assert replace(bells).hash == bells.hash
    assert replace(bells, examples=()).hash == bells.hash
    assert replace(bells, title="Other").hash != bells.hash
    group = bells.groups[0]
    reworded = replace(group, indicators=(replace(group.indicators[0], text="x"), *group.indicators[1:]))
    assert replace(bells, groups=(reworded, *bells.groups[1:])).hash != bells.hash
