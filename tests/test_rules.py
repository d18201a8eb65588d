"""The shipped rule files hold what they must: no row of a source is lost, and no word says more than it may."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

import builders
from screening.assessment import assess, compile_checklist
from screening.checklist import Circumstances, Level, Outcome
from screening.guidance import Kind, fitting
from screening.rulebook import Rulebook

BELLS = [f"004/bells/{number}" for number in range(1, 12)]
#: Every row that tells the professional something: those of the two documents, and of best practice.
TOLD = [
    *(f"004/scoring/{number}" for number in range(1, 4)),
    *(f"004/advice/{number}" for number in range(1, 7)),
    "000/signs/11",
    *(f"000/advice/{number}" for number in range(1, 4)),
    *(
        f"bp/{row}"
        for row in [
            "safety/1",
            "alone/1",
            "alone/2",
            "interpreter/1",
            "confidentiality/1",
            "consent/1",
            "consent/2",
            "disclosure/1",
            "promise/1",
            "trafficker/1",
            "danger/1",
            "minor/1",
            "minor/2",
            "law/1",
            "law/2",
            "notes/1",
            "notes/2",
            "notes/3",
            "card/1",
            "result/1",
            "result/2",
            "result/3",
            "bias/1",
            "health/1",
            "night/1",
            "asks/1",
            "companion/1",
            "abuse/1",
            "traces/1",
            "status/1",
            "after/1",
        ]
    ),
]


def texts(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """Every sentence that a worker may read, with the id it stands under."""
    for indicator in rulebook.indicators.values():
        yield from ((indicator.id, text) for text in (indicator.text, indicator.look, indicator.ask))
    for item in rulebook.guidance:
        yield item.id, item.text
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
    (sign,) = [indicator for indicator in rulebook.indicators.values() if row in indicator.sources]
    assert sign.id in rulebook.checklists["alarm-bells"].indicators
    assert sign.text and sign.look and sign.ask, "each says what to look for and how to ask"


@pytest.mark.parametrize("row", TOLD)
def test_no_row_that_tells_the_professional_something_is_lost(rulebook: Rulebook, row: str) -> None:
    assert any(row in item.sources for item in rulebook.guidance)


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
        assert len(text) <= 220, f"{id}: {text}"
    for item in rulebook.guidance:
        assert len(item.text.split()) <= 36, item.id


@pytest.mark.parametrize("level", Level)
def test_a_page_drowns_nobody(rulebook: Rulebook, level: Level) -> None:
    only = builders.checklist([Outcome("only", "", level)], ["a"])
    result = assess(only, {}, Circumstances(), diagram=compile_checklist(only), reserved=rulebook.reserved)
    shown = [item for item in fitting(rulebook.guidance, result) if item.kind in (Kind.DO, Kind.DONT)]
    assert 1 <= len(shown) <= 13
    assert any(item.next_step for item in shown)


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
