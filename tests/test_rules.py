"""The shipped rule files hold what they must: no row of a source is lost, and no word says more than it may."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

import builders
from conftest import HOUSE
from screening.assessment import assess, compile_checklist
from screening.checklist import CIRCUMSTANCE_VALUES, Answer, AtLeast, Circumstances, Level, Outcome
from screening.guidance import Kind, fitting
from screening.rulebook import Rulebook, read_rulebook
from source_coverage import KINDS, covering, page, rows

BELLS = [f"004/bells/{number}" for number in range(1, 12)]
SHIPPED = read_rulebook(HOUSE / "rules")


def texts(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """Every sentence that a worker may read, with the id it stands under."""
    for indicator in rulebook.indicators.values():
        yield from ((indicator.id, text) for text in (indicator.text, indicator.look, indicator.ask))
    for item in rulebook.guidance:
        yield item.id, item.text
    for indicator in rulebook.indicators.values():
        yield indicator.id, indicator.about
    for checklist in rulebook.checklists.values():
        yield checklist.id, checklist.about
        for outcome in checklist.outcomes:
            yield from ((outcome.id, text) for text in (outcome.title, outcome.about))
    for outcome in (rulebook.reserved.asks_for_help, rulebook.reserved.concern, rulebook.reserved.too_little_known):
        yield from ((outcome.id, text) for text in (outcome.title, outcome.about))
    for name, line in rulebook.red.items():
        yield from ((name, text) for text in (line.title, line.text))
    for place in rulebook.places.values():
        for contact in place.contacts:
            yield from ((contact.id, text) for text in (contact.does, contact.warning))


@pytest.mark.parametrize("row", BELLS)
def test_each_of_the_eleven_bells_is_a_sign(rulebook: Rulebook, row: str) -> None:
    bells = rulebook.checklists["alarm-bells"].indicators.values()
    (sign,) = [indicator for indicator in bells if row in indicator.sources]
    assert sign.text and sign.look and sign.ask, "each says what to look for and how to ask"


@pytest.mark.parametrize(
    ("row", "kind", "held_by"),
    [(row, kind, covering(SHIPPED, row, kind)) for row, kind in rows()],
    ids=[f"{row}: {', '.join(covering(SHIPPED, row, kind))}" for row, kind in rows()],
)
def test_no_row_of_a_source_is_lost(row: str, kind: str, held_by: list[str]) -> None:
    """Run with -v, it lists every row of every source with what covers it."""
    document, _, name = row.partition("/")
    assert name in SHIPPED.sources[document].rows, "the row itself is gone from sources.yaml"
    assert held_by, f"{row} must be held by {KINDS[kind]}, and is by none"


def test_the_list_of_rows_has_as_many_as_the_sources_and_none_twice() -> None:
    listed = [row for row, _ in rows()]
    assert len(listed) == len(set(listed)) == 121
    assert Counter(kind for _, kind in rows()) == {"I": 53, "G": 49, "E": 14, "X": 5}
    contacts_and_later = {
        "003/hotlines",
        "law/purposes",
        "directory/memory",
        "directory/metadata",
        "directory/text-index",
    }
    for source in SHIPPED.sources.values():
        for row in source.rows:
            known = f"{source.id}/{row}" in listed or f"{source.id}/{row.split('/')[0]}" in contacts_and_later
            assert known, f"{source.id}/{row} is in no list of what must be held"


def test_a_row_that_nothing_holds_is_found() -> None:
    without = {id: sign for id, sign in SHIPPED.indicators.items() if id != "place-unknown"}
    assert covering(replace(SHIPPED, indicators=without), "000/signs/1", "I") == []
    assert covering(SHIPPED, "000/signs/3", "I") == [], "a sign for context is not one that counts"


def test_the_page_on_coverage_is_in_step() -> None:
    said = (HOUSE / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert said == page(SHIPPED), "run: python tests/source_coverage.py > docs/coverage.md"


def test_every_fact_of_a_source_can_be_read() -> None:
    for source in SHIPPED.sources.values():
        for id, row in source.rows.items():
            assert row.fact or id.startswith("hotlines/"), f"{source.id}/{id}"


def test_signs_for_context_are_never_counted_and_say_why(rulebook: Rulebook) -> None:
    context = {id for id, sign in rulebook.indicators.items() if sign.context}
    assert len(context) == 5
    for checklist in rulebook.checklists.values():
        assert not context & set(checklist.countable)
        assert not context & set(rulebook.diagrams[checklist.id].levels)
    for id in context:
        assert rulebook.indicators[id].about.startswith("Never counted, since ")
        assert any(id in checklist.indicators for checklist in rulebook.checklists.values())


# --- The checklists ------------------------------------------------------------------------------


def test_the_six_checklists_with_the_shortest_first(rulebook: Rulebook) -> None:
    assert list(rulebook.checklists) == [
        "alarm-bells", "labour-exploitation", "recruitment-and-control", "sexual-exploitation", "act-means-purpose",
        "full-assessment",
    ]  # fmt: skip
    assert [one.id for one in rulebook.checklists.values() if one.elements] == ["act-means-purpose", "full-assessment"]


def test_the_full_assessment_asks_for_every_sign_there_is(rulebook: Rulebook) -> None:
    assert set(rulebook.checklists["full-assessment"].indicators) == set(rulebook.indicators)


def test_no_shipped_checklist_weighs_signs(rulebook: Rulebook) -> None:
    """The published strengths are not verified, and nobody has measured any for our wording."""
    for checklist in rulebook.checklists.values():
        assert not checklist.strengths
        for condition in checklist.conditions.values():
            assert not isinstance(condition, AtLeast) or condition.is_count


def test_every_threshold_is_met_and_missed_by_an_example(rulebook: Rulebook) -> None:
    """Each outcome has an example, each level above the last also one that just misses it."""
    for checklist in rulebook.checklists.values():
        exemplified = {example.outcome for example in checklist.examples}
        assert exemplified >= {outcome.id for outcome in checklist.outcomes} | {"too-little-known"}
        for name, condition in checklist.conditions.items():
            if not isinstance(condition, AtLeast):
                continue
            counts = set()
            for example in checklist.examples:
                present = {id for id, answer in example.answers.items() if answer.is_present}
                counts.add(sum(weight for id, weight in condition.weights if id in present))
            assert {condition.threshold - 1, condition.threshold} <= counts, f"{checklist.id}: {name}"


@pytest.mark.parametrize("number", [0, 1, 2, 3, 11])
def test_no_other_checklist_makes_more_or_less_of_the_alarm_bells(rulebook: Rulebook, number: int) -> None:
    """Else opening another checklist with the same answers would call a result back."""
    bells = rulebook.checklists["alarm-bells"].countable
    full = rulebook.checklists["full-assessment"]
    for present in itertools.islice(itertools.combinations(bells, number), 200):
        answers = {id: Answer.TOLD if id in present else Answer.NO for id in full.countable}
        levels = {}
        for id, checklist in rulebook.checklists.items():
            levels[id] = assess(
                checklist,
                answers,
                Circumstances(age="child", legal_test="act-purpose"),
                diagram=rulebook.diagrams[id],
                reserved=rulebook.reserved,
            ).level
        assert levels["full-assessment"] == levels["alarm-bells"]
        assert all(level.rank >= levels["alarm-bells"].rank for level in levels.values())


def test_for_a_child_a_sign_of_exploitation_itself_calls_for_acting_now_wherever_it_is_asked_for(
    rulebook: Rulebook,
) -> None:
    exploited = rulebook.checklists["full-assessment"].conditions["exploited"]
    assert isinstance(exploited, AtLeast)
    signs = {id for id, _ in exploited.weights}
    asked_for = 0
    for checklist, age in itertools.product(rulebook.checklists.values(), ("child", "unsure")):
        for sign in signs.intersection(checklist.countable):
            asked_for += 1
            judged = assess(
                checklist,
                {sign: Answer.TOLD},
                Circumstances(age=age),
                diagram=rulebook.diagrams[checklist.id],
                reserved=rulebook.reserved,
            )
            assert judged.level is Level.ACT_NOW, f"{checklist.id}: {sign}"
    assert asked_for > 50


def test_the_alarm_bells_are_eleven_and_fit_a_phone(rulebook: Rulebook) -> None:
    bells = rulebook.checklists["alarm-bells"]
    assert len(bells.countable) == 11
    assert all(len(group.indicators) <= 3 for group in bells.groups)


def test_no_text_gives_a_verdict_a_probability_or_an_all_clear(rulebook: Rulebook) -> None:
    forbidden = re.compile(
        r"\bis (not )?a victim|\bprobab|\blikelihood|\d ?%|\bpercent|\ball clear|\bno risk|\blow risk|\bhigh risk\b",
        re.I,
    )
    for id, text in texts(rulebook):
        assert not forbidden.search(text), f"{id}: {text}"


def test_no_sign_rests_on_where_somebody_comes_from_or_what_they_live_on(rulebook: Rulebook) -> None:
    biased = re.compile(
        r"\bforeign|\bnational|\bmigra|\bpoor|\bcloth|\bprostitut|\bsex work|\billegal|\baccent\b", re.I
    )
    for indicator in rulebook.indicators.values():
        for text in (indicator.text, indicator.look, indicator.ask):
            assert not biased.search(text), f"{indicator.id}: {text}"


def test_every_text_is_short_enough_to_be_read_standing_up(rulebook: Rulebook) -> None:
    for id, text in texts(rulebook):
        assert len(text) <= 240, f"{id}: {text}"
    for explanation in rulebook.explanations.values():
        assert len(explanation.text) <= 420, explanation.id
    for item in rulebook.guidance:
        assert len(item.text.split()) <= 36, item.id


@pytest.mark.parametrize("level", Level)
def test_a_page_drowns_nobody(rulebook: Rulebook, level: Level) -> None:
    only = builders.checklist([Outcome("only", "", level)], ["a"])
    result = assess(only, {}, Circumstances(), diagram=compile_checklist(only), reserved=rulebook.reserved)
    shown = [item for item in fitting(rulebook.guidance, result) if item.kind in (Kind.DO, Kind.DONT)]
    assert 1 <= len(shown) <= 13
    assert any(item.next_step for item in shown)


def to_the_person(rulebook: Rulebook, level: Level, circumstances: Circumstances) -> set[str]:
    """The words that are offered to be said to the person."""
    only = builders.checklist([Outcome("only", "", level)], ["a"])
    result = assess(only, {}, circumstances, diagram=compile_checklist(only), reserved=rulebook.reserved)
    said = [item for item in fitting(rulebook.guidance, result) if item.kind is Kind.SAY]
    return {item.id for item in said if not item.text.startswith("To whoever came along:")}


@pytest.mark.parametrize("alone", [None, "true", "false"])
def test_words_for_the_person_are_offered_only_where_nobody_else_hears_them(
    rulebook: Rulebook, alone: str | None
) -> None:
    offered = set()
    for level, interpreter, consent, age, asks in itertools.product(
        Level, (None, *CIRCUMSTANCE_VALUES["interpreter"]), (None, *CIRCUMSTANCE_VALUES["consent"]),
        (None, *CIRCUMSTANCE_VALUES["age"]), (None, "true"),
    ):  # fmt: skip
        circumstances = Circumstances(alone=alone, interpreter=interpreter, consent=consent, age=age, asks=asks)
        said = to_the_person(rulebook, level, circumstances)
        offered |= said
        if alone != "true" or circumstances.no_is_unknown:
            assert not said, circumstances
        if consent in ("refused", "cannot"):
            assert not said & {"say-limits", "say-why"}, "who said no is not asked again"
        assert not ("say-help" in said and age in ("child", "unsure")), "a child is not told that they decide"
    assert bool(offered) is (alone == "true")


def test_no_words_promise_that_nothing_goes_further(rulebook: Rulebook) -> None:
    """What must be passed on differs by country and profession (bp/law/2, bp/promise/1)."""
    for item in rulebook.guidance:
        if item.kind is Kind.SAY:
            assert not re.search(
                r"\beverything\b|\bstays here\b|\bnobody will\b|\bi promise\b|\bsecret\b", item.text, re.I
            )


@pytest.mark.parametrize(
    ("iso", "emergency", "test", "paper"),
    [
        ("BE", ("112",), "act-purpose", "A4"),
        ("FR", ("112", "17"), "act-means-purpose", "A4"),
        ("GB", ("999", "112"), "act-means-purpose", "A4"),
        ("US", ("911",), "act-means-purpose", "Letter"),
    ],
)
def test_the_places(rulebook: Rulebook, iso: str, emergency: tuple[str, ...], test: str, paper: str) -> None:
    place = rulebook.places[iso]
    assert (place.emergency, place.legal_test, place.paper, place.has_file) == (emergency, test, paper, True)
    assert place.shown_contacts, "each place has somebody to call"
    assert set(place.reporting or {}) == {"health", "social"}
    for contact in place.shown_contacts:
        assert contact.does and contact.sources and "not by telephone" in contact.verified_how
        assert contact.phones or contact.url or contact.email


@pytest.mark.parametrize(("iso", "id"), [("BE", "be-stop-trafficking-phone"), ("GB", "gb-salvation-army")])
def test_a_contact_held_back_keeps_its_row_and_is_never_shown(rulebook: Rulebook, iso: str, id: str) -> None:
    place = rulebook.places[iso]
    assert id in [contact.id for contact in place.contacts]
    assert id not in [contact.id for contact in place.shown_contacts]


def test_corrections_of_the_sources_hold(rulebook: Rulebook) -> None:
    numbers = {contact.id: contact.phones for place in rulebook.places.values() for contact in place.contacts}
    assert [phone.dial for phone in numbers["fr-police"]] == ["17"], "the source prints 11, cut short"
    assert numbers["be-surya"][0].e164 == "+3242324030", "no trunk zero behind +32"


def test_police_and_immigration_authorities_say_so_before_their_number(rulebook: Rulebook) -> None:
    for place in rulebook.places.values():
        for contact in place.contacts:
            assert contact.warning or contact.kind not in ("police", "crimestoppers"), contact.id
    hsi = next(contact for contact in rulebook.places["US"].contacts if contact.id == "us-hsi")
    assert "immigration" in hsi.warning


def test_every_country_has_its_emergency_number_or_says_that_none_is_known(rulebook: Rulebook) -> None:
    assert len(rulebook.places) >= 249
    assert rulebook.places["DE"].emergency == ("112", "110")
    assert rulebook.places["JP"].emergency
    assert rulebook.places["GA"].emergency == ()
    assert "XX" not in rulebook.places


def test_us_text_on_mandated_reporting_is_shown_nowhere_else(rulebook: Rulebook) -> None:
    for iso, place in rulebook.places.items():
        for reporting in (place.reporting or {}).values():
            assert iso == "US" or "state" not in reporting.text
    for id, text in texts(rulebook):
        assert "mandated report" not in text.lower(), id
