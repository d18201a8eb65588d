"""Promise 3: no verdict, no probability, no all-clear; "not known" is never "no", nor is a no before a companion."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import HOUSE, Worker
from screening.assessment import assess
from screening.catalogues import to_translate
from screening.checklist import Answer, Circumstances, Level
from screening.rulebook import Rulebook

VERDICT = re.compile(
    r"\b(is|are) (probably |likely )?(not )?(an? )?(victim|trafficked)|\bprobab|\blikel|\d ?%(?!%)|\ball clear"
    r"|\bno risk\b|\bout of danger|\bscore\b",
    re.I,
)
#: What is said of the program itself: that it never says such a thing.
OF_ITSELF = ("is or is not a victim", "A sign count is not a probability.")

WAYS = {
    "nothing": {},
    "one": {"documents-withheld": "told"},
    "several": {"documents-withheld": "told", "little-contact": "seen", "no-free-movement": "seen"},
    "none": "no",
}


@pytest.mark.parametrize("way", WAYS)
def test_no_page_gives_a_verdict(worker: Worker, rulebook: Rulebook, way: str) -> None:
    worker.begins()
    for number, group in enumerate(rulebook.checklists["alarm-bells"].groups, start=1):
        chosen = WAYS[way]
        answers = {
            sign.id: chosen if isinstance(chosen, str) else chosen.get(sign.id, "unknown") for sign in group.indicators
        }
        worker.answers(number, **{id.replace("-", "__"): answer for id, answer in answers.items()})
    for path in ("/visit/review", "/visit/outcome", "/visit/sheet", "/visit/now", "/help"):
        page = re.sub(r"<[^>]+>", " ", worker.opens(path))
        for said in OF_ITSELF:
            page = page.replace(said, "")
        assert not VERDICT.search(page), (path, VERDICT.search(page))
    page = worker.opens("/visit/outcome")
    assert "not a verdict" in page
    assert "rules nothing out" in page or way == "one"


def test_no_text_of_any_page_or_rule_file_gives_a_verdict(rulebook: Rulebook) -> None:
    """Those too that no walk of ours leads past: other checklists, guidance, scripts, practice, contacts."""
    texts = to_translate(HOUSE / "templates", rulebook)
    assert len(texts) > 1500
    for text in texts:
        for said in (text.text, text.plural):
            for exception in OF_ITSELF:
                said = said.replace(exception, "")
            assert not VERDICT.search(said), (text.context, said)


def test_nothing_noted_is_never_green(worker: Worker, rulebook: Rulebook) -> None:
    worker.begins()
    for number, group in enumerate(rulebook.checklists["alarm-bells"].groups, start=1):
        worker.answers(number, **{sign.id.replace("-", "__"): "no" for sign in group.indicators})
    page = worker.opens("/visit/outcome")
    assert 'class="card nothing-noted"' in page and "This rules nothing out" in page
    assert "your own judgement is a route of its own" in page


@given(st.data())
@settings(deadline=None)
def test_whatever_is_unknown_nothing_noted_is_not_shown(rulebook: Rulebook, data: st.DataObject) -> None:
    for checklist in rulebook.checklists.values():
        answers = {id: data.draw(st.sampled_from([Answer.NO, Answer.UNKNOWN])) for id in checklist.countable}
        for circumstances in (
            Circumstances(alone="true"),
            Circumstances(alone="false"),
            Circumstances(interpreter="other"),
        ):
            result = assess(
                checklist,
                answers,
                circumstances,
                diagram=rulebook.diagrams[checklist.id],
                reserved=rulebook.reserved,
            )
            open_questions = Answer.UNKNOWN in answers.values() or circumstances.no_is_unknown
            assert (result.level is Level.TOO_LITTLE_KNOWN) == open_questions


def test_the_page_says_that_a_no_before_a_companion_does_not_count(worker: Worker) -> None:
    worker.begins()
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", alone="false")
    page = worker.answers(2, documents__withheld="no")
    assert "now counts as not known" in page
    page = worker.opens("/visit/outcome")
    assert "Too little is known" in page and "one “No” said before a companion" in page
    assert "11 of 11 signs are not known" in page


@pytest.mark.parametrize("circumstance", ["asks", "concern", None])
def test_while_something_is_open_no_page_says_that_none_was_noted(worker: Worker, circumstance: str | None) -> None:
    worker.begins()
    if circumstance:
        worker.opens("/visit/concern")
        worker.sends("/visit/concern", **{circumstance: "true"})
    for path in ("/visit/outcome", "/visit/sheet"):
        assert "No alarm bell noted" not in worker.opens(path)
