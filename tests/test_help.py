"""Help is two clicks away from every page, and says what is promised, what is not protected, and what is counted."""

from __future__ import annotations

import re

import pytest

from conftest import Worker
from screening.rulebook import Rulebook

HELP = ("/help", "/help/scripts", "/help/setting-up", "/help/accessibility", "/practice")


def links(page: str) -> set[str]:
    found = (href.partition("#")[0].partition("?")[0] for href in re.findall(r'<a [^>]*href="(/[^"]*)"', page))
    return {href for href in found if href not in ("", "/leave")}


@pytest.mark.parametrize(
    "path",
    [
        "/", "/contacts", "/help", "/help/scripts", "/help/setting-up", "/help/accessibility", "/practice", "/site",
        "/closed", "/closed/done", "/closed/uncounted", "/closed/perhaps", "/nowhere", "/visit/safety", "/visit/1",
        "/visit/4", "/visit/concern", "/visit/review", "/visit/outcome", "/visit/now", "/visit/card", "/visit/sheet",
    ],
)  # fmt: skip
def test_help_is_two_clicks_away_from_every_page(worker: Worker, path: str) -> None:
    worker.begins()

    def leads_to_help(page: str) -> bool:
        # In a visit it is a move, which saves the page first.
        return 'name="move" value="help"' in page or "/help" in links(page)

    page = worker.opens(path)
    assert leads_to_help(page) or any(leads_to_help(worker.opens(onward)) for onward in sorted(links(page))), path


@pytest.mark.parametrize("path", HELP)
def test_each_page_of_help_is_one_click_from_help_and_leads_back_into_the_visit(worker: Worker, path: str) -> None:
    assert path == "/help" or path in links(worker.opens("/help"))
    assert "Go on" not in worker.opens(path)
    worker.begins()
    page = worker.opens(path)
    assert 'href="/visit/review"' in page if path == "/practice" else "Go on with the visit" in page
    assert path == "/practice" or 'href="/leave"' in page


def test_help_says_what_it_cannot_protect(worker: Worker) -> None:
    page = worker.opens("/help")
    limits = page[page.index('id="limits"') : page.index('id="counts"')]
    for said in (
        "over your shoulder", "Screenshots", "spying software", "history", "signed in to an account",
        "ward itself records", "printer", "call list", "network is gone and JavaScript is off", "list of open apps",
    ):  # fmt: skip
        assert said in limits, said


def test_help_says_what_the_counts_are(worker: Worker) -> None:
    page = worker.opens("/help")
    counts = page[page.index('id="counts"') : page.index("When it is not there")]
    for said in (
        "never a person", "secret random number", "practice is never counted", "drawn by lot", "margin", "three in ten",
        "Whoever comes twice counts twice",
    ):  # fmt: skip
        assert said in counts, said


def test_help_gives_honest_figures_with_their_sources(worker: Worker, rulebook: Rulebook) -> None:
    page = worker.opens("/help")
    assert rulebook.explanations["how-good"].text in page and rulebook.sources["tools"].short in page
    text = rulebook.explanations["measured"].text
    assert text in page
    rows = rulebook.sources["tools"].rows
    assert all(row.citation for row in rows.values())
    # Found, and flagged although not concerned: 100 less the specificity, to whole persons.
    assert "32 of 36" in rows["raft"].fact and "found 32 of 36" in text
    for row, found, flagged in (("qyit", "87", "24"), ("greenbaum", "84", "43"), ("heidelberg", "77", "16")):
        sensitivity, specificity = (
            float(share) for share in re.findall(r"(?:sensitivity|specificity) (\d+\.\d)", rows[row].fact)
        )
        assert (f"{sensitivity:.0f}", f"{100 - specificity + 1e-9:.0f}") == (found, flagged)
        assert re.search(rf"{found}\b.*flagged {flagged}\b", text), row


def test_every_script_stands_whole_in_help(worker: Worker, rulebook: Rulebook) -> None:
    page = worker.opens("/help/scripts")
    for script in rulebook.scripts.values():
        for sentence in (script.title, script.about, *script.say, *script.avoid):
            assert sentence.replace("'", "&#39;") in page
    assert "<details" not in page, "a fold would be missing on paper"


def test_setting_up_is_told_step_by_step(worker: Worker) -> None:
    page = worker.opens("/help/setting-up")
    steps = [int(start or 1) for start in re.findall(r'<ol(?: start="(\d+)")?>', page)]
    lists = re.findall(r"<ol.*?</ol>", page, re.S)
    lengths = [one.count("<li>") for one in lists]
    assert steps == [1, 1 + lengths[0], 1 + lengths[0] + lengths[1]], "one numbering from first to last"
    for said in ("https", "sync", "privacy filter", "printer", "ward telephone", "blank checklist", "proxy"):
        assert said in page


def test_the_statement_on_accessibility_says_what_was_tested_what_not_and_whom_to_tell(worker: Worker) -> None:
    page = worker.opens("/help/accessibility")
    for said in (
        "2.2, level AA",
        "What was tested",
        "Nobody outside has audited",
        "Known limits",
        "400 %",
        "Tell whoever",
    ):
        assert said in page


def test_help_in_a_visit_saves_the_page_and_leads_back_to_it(worker: Worker) -> None:
    worker.begins()
    worker.opens("/visit/2")
    page = worker.sends("/visit/2", documents__withheld="told", move="help")
    assert worker.page is not None and worker.page.request.path == "/help"
    bar = page[page.index('<nav class="bar') : page.index("<main")]
    assert all(f'value="{way}"' in bar for way in ("danger", "not-alone", "cover")) and 'href="/leave"' in bar
    worker.opens("/help/scripts")
    page = worker.sends("/help/scripts", move="next")
    assert worker.page.request.path == "/visit/2"
    assert 'name="documents-withheld" value="told" checked' in page


def test_danger_and_company_during_help_lead_back_to_the_page_of_the_visit(worker: Worker) -> None:
    worker.begins()
    worker.opens("/visit/2")
    worker.sends("/visit/2", move="help")
    assert 'href="/visit/2"' in worker.sends("/help", move="not-alone")
    worker.opens("/help")
    worker.sends("/help", move="danger")
    assert worker.page is not None and worker.page.request.path == "/visit/now"
    worker.sends("/visit/now", move="next")
    assert worker.page.request.path == "/visit/2"


def test_a_form_of_help_without_a_visit_is_led_to_the_page_that_says_so(worker: Worker) -> None:
    worker.begins()
    page = worker.opens("/help")
    worker.opens("/leave")
    assert "Nothing is open here" in worker.sends_from(page, "/help", move="next")
