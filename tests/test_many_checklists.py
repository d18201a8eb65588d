"""One visit walks through many checklists: answers carry over, and no result calls an earlier one back."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from pypdf import PdfReader

from conftest import Worker
from each_once import combinations
from screening.rulebook import Rulebook

ALONE = {"alone": "true", "interpreter": "not-needed", "age": "adult", "consent": "given"}


def asked(worker: Worker, checklist: str = "alarm-bells", place: str = "BE", **circumstances: str) -> None:
    worker.begins(place=place, checklist=checklist)
    worker.sends("/visit/safety", **(ALONE | circumstances))


def test_the_start_page_offers_the_short_one_first_and_says_what_the_others_are(
    worker: Worker, rulebook: Rulebook
) -> None:
    page = worker.opens("/")
    offered = re.findall(r'name="checklist" value="([a-z-]+)"( checked)?', page)
    assert offered == [("alarm-bells", " checked"), *((id, "") for id in list(rulebook.checklists)[1:])]
    assert "Not validated; selling sex is no sign" in page


def test_answers_carry_over_to_a_deeper_checklist_and_back(worker: Worker) -> None:
    asked(worker)
    worker.answers(3, large__debt="told", little__or__no__pay="no")
    page = worker.opens("/visit/outcome")
    assert "Deeper checklists" in page and "About 12 minutes" in page
    assert re.search(r"Labour exploitation</h3>.*?21 signs not asked yet, 2 answered already", page, re.S)
    page = worker.sends("/visit/outcome", checklist="labour-exploitation")
    assert "<h1>The work</h1>" in page and "Step 2 of 11" in page
    page = worker.opens("/visit/2")
    assert re.search(r'name="large-debt" value="told" checked', page)
    assert re.search(r'name="little-or-no-pay" value="no" checked', page)
    worker.answers(1, forced__work="told")
    assert "A sign that speaks for itself" in worker.opens("/visit/outcome")
    worker.sends("/visit/outcome", result="alarm-bells")
    assert "One alarm bell" in worker.text and "Must pay back a large debt" in worker.text


@pytest.mark.parametrize(
    "circumstances",
    [{"alone": "false"}, {"alone": "unknown"}, {"interpreter": "other"}, {"consent": "refused"}, {"consent": "cannot"}],
)
def test_deeper_checklists_are_for_those_who_are_alone_and_may_ask(
    worker: Worker, circumstances: dict[str, str]
) -> None:
    asked(worker, **circumstances)
    page = worker.opens("/visit/outcome")
    assert 'class="deeper"' not in page and "Open it" not in page
    assert "when you are alone with the person and they agree" in page


def test_danger_comes_before_any_deeper_checklist(worker: Worker) -> None:
    asked(worker, danger="true")
    assert 'class="deeper"' not in worker.opens("/visit/outcome")


def test_a_result_that_another_checklist_makes_more_of_says_so_and_leads_there(worker: Worker) -> None:
    """Fear is no sign of this checklist: by itself it would show less than the visit has already shown."""
    asked(worker)
    worker.answers(1, afraid__to__speak="seen")
    worker.answers(4, distrusts__authorities="told")
    assert "Several alarm bells" in worker.opens("/visit/outcome")
    worker.sends("/visit/outcome", checklist="labour-exploitation")
    page = worker.opens("/visit/outcome")
    assert "Too little is known" in page
    assert "judged by “Alarm bells”, weigh more: Several alarm bells." in page
    assert "judged by “Alarm bells”: Several alarm bells." in worker.opens("/visit/sheet")
    worker.opens("/visit/outcome")
    assert "Several alarm bells" in worker.sends("/visit/outcome", result="alarm-bells")
    assert "weigh more" not in worker.text


def test_an_unknown_checklist_is_refused_and_the_visit_stays(worker: Worker) -> None:
    asked(worker)
    page = worker.opens("/visit/outcome")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    for field in ("checklist", "result"):
        answer = worker.client.post("/visit/outcome", data={"csrf_token": token[1], field: "no-such"})
        assert answer.status_code == 400
    assert "About this checklist: Alarm bells" in worker.opens("/visit/read")


@pytest.mark.parametrize(
    ("place", "age", "answers", "said"),
    [
        ("BE", "adult", {}, ["open", "open", "open"]),
        ("BE", "adult", {"passed__on": "told"}, ["noted", "open", "open"]),
        ("FR", "adult", {"passed__on": "no"}, ["open", "open", "open"]),
    ],
)
def test_elements_are_noted_or_open(
    worker: Worker, place: str, age: str, answers: dict[str, str], said: list[str]
) -> None:
    asked(worker, "act-means-purpose", place, age=age)
    worker.answers(1, **answers)
    page = worker.opens("/visit/outcome")
    assert elements(page) == said


def elements(page: str) -> list[str]:
    section = page[page.index("What the law speaks of") :]
    return re.findall(r">(noted|open|not noted)</td>", section)


def test_an_element_with_every_sign_answered_no_is_not_noted_and_none_is_ever_met(
    worker: Worker, rulebook: Rulebook
) -> None:
    asked(worker, "act-means-purpose")
    act = rulebook.checklists["act-means-purpose"].groups[0]
    worker.answers(1, **dict.fromkeys([sign.id for sign in act.indicators], "no"))
    page = worker.opens("/visit/outcome")
    assert elements(page) == ["not noted", "open", "open"]
    said = page[page.index("What the law speaks of") : page.index("What now")]
    assert not re.search(r"\bmet\b|\bfulfilled\b|\bproven\b", said)


@pytest.mark.parametrize(
    ("place", "age", "said"),
    [
        ("BE", "adult", "Not asked for: act and purpose are enough here."),
        ("FR", "adult", "The law of this place asks for it, for adults."),
        ("FR", "child", "Not asked for: act and purpose are enough here."),
        ("FR", "unsure", "Not asked for: act and purpose are enough here."),
        ("FR", "unknown", "depends on the country and the age."),
        ("", "adult", "depends on the country and the age."),
        ("JP", "adult", "depends on the country and the age."),
    ],
)
def test_whether_the_law_asks_for_means_hangs_on_the_place_and_the_age(
    worker: Worker, place: str, age: str, said: str
) -> None:
    asked(worker, "act-means-purpose", place, age=age)
    assert said in worker.opens("/visit/outcome")


def test_what_is_open_names_the_age_and_the_country_too(worker: Worker) -> None:
    asked(worker, "act-means-purpose", "", age="unknown")
    worker.answers(1, passed__on="told")
    worker.answers(5, little__or__no__pay="told")
    assert '<a class="fold" href="/visit/reasons#open">What could still change' in worker.opens("/visit/outcome")
    page = worker.opens("/visit/reasons")
    opened = page[page.index('id="open"') : page.index("Rests on:")]
    assert ">Age</a>" in opened and ">The country</a>" in opened


def test_a_sign_for_context_is_noted_explained_and_changes_nothing(worker: Worker) -> None:
    asked(worker, "sexual-exploitation")
    before = worker.opens("/visit/outcome")
    page = worker.opens("/visit/8")
    assert "Never counted, since most people who do not speak the language" in page
    worker.answers(8, language__not__spoken="seen", no__residence__status="told")
    page = worker.opens("/visit/outcome")
    assert "Also noted:" in page and "Stays without residence papers" in page and "Never counted, since" in page
    heading = re.compile(r'<section class="card [^>]*>.*?</section>', re.S)
    assert heading.findall(before) == heading.findall(page)
    assert "33 of 33 signs are not known" in page
    assert "For context, never counted:" in worker.opens("/visit/sheet")


def test_reasons_are_told_in_the_words_of_the_rule_with_what_is_present(worker: Worker) -> None:
    asked(worker, "recruitment-and-control")
    worker.answers(1, drawn__in__by__partner="told")
    worker.answers(3, endless__debt="told")
    page = re.sub(r"\s+", " ", worker.opens("/visit/outcome"))
    assert "The rule: 1 or more of the signs in “How it began”: 1 present (“Was drawn in by a partner" in page
    assert "The rule: 1 or more of the signs outside “How it began”: 1 present (“Owes a debt" in page


def test_the_facts_behind_a_sign_and_their_documents_are_one_tap_away(worker: Worker) -> None:
    asked(worker)
    worker.answers(2, documents__withheld="told")
    assert '<a class="small" href="/visit/reasons">Victim-support centre (BE)' in worker.opens("/visit/outcome")
    page = worker.opens("/visit/reasons")
    behind = page[page.index('id="documents-withheld"') : page.index('id="open"')]
    assert "Told" in behind and "004/bells/3: identity documents are withheld by someone" in behind
    assert "004, Victim-support centre (BE): Centre for victims of trafficking" in page
    assert "000, Awareness site (DK): Danish awareness site" in page
    assert worker.sends("/visit/reasons", move="next") and worker.page is not None
    assert worker.page.request.path == "/visit/outcome"


def test_before_a_companion_the_reasons_are_folded(worker: Worker) -> None:
    asked(worker)
    worker.answers(2, documents__withheld="told")
    worker.opens("/visit/2")
    worker.sends("/visit/2", documents__withheld="told", move="not-alone")
    page = worker.opens("/visit/reasons")
    assert page.index("To read when nobody else can see it") < page.index("identity documents are withheld")
    assert "<details" in page and "<details open" not in page


def test_the_checklist_says_what_it_is_and_its_texts_can_be_opened(worker: Worker, rulebook: Rulebook) -> None:
    asked(worker, "sexual-exploitation")
    assert rulebook.checklists["sexual-exploitation"].hash in worker.opens("/visit/outcome")
    page = worker.opens("/visit/read")
    about = page[page.index("About this checklist") :]
    for id in rulebook.checklists["sexual-exploitation"].explanations:
        assert rulebook.explanations[id].title in about
    assert rulebook.checklists["sexual-exploitation"].hash in about
    help_page = worker.opens("/help")
    for explanation in rulebook.explanations.values():
        assert explanation.title in help_page and explanation.text[:40].replace("'", "&#39;") in help_page


@pytest.mark.parametrize(("place", "answer"), combinations(["BE", "US"], ["told", "unknown", "no"]))
def test_the_sheet_of_the_longest_checklist_is_one_page_and_names_every_sign_noted(
    app: Flask, rulebook: Rulebook, place: str, answer: str
) -> None:
    worker = Worker(app.test_client())
    asked(worker, "full-assessment", place, age="unsure", danger="true")
    for number, group in enumerate(rulebook.checklists["full-assessment"].groups, start=1):
        worker.answers(number, **dict.fromkeys([sign.id for sign in group.indicators], answer))
    worker.opens("/visit/concern")
    worker.sends("/visit/concern", asks="true", concern="true")
    reader = PdfReader(io.BytesIO(worker.client.get("/visit/sheet.pdf").data))
    assert len(reader.pages) == 1
    text = re.sub(r"\s+", " ", reader.pages[0].extract_text())
    if answer == "told":
        for sign in rulebook.indicators.values():
            assert sign.text in text, sign.id
    assert rulebook.checklists["full-assessment"].hash in text
    assert "Danger now" in text and "To fill in by hand" in text
