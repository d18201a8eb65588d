"""The worker's pages, step by step, as a browser without JavaScript walks them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from conftest import Clock, Worker, secret
from screening.checklist import CIRCUMSTANCE_VALUES
from screening.rulebook import Rulebook

ASK = "Where are your papers kept?"


def test_the_start_page_offers_checklists_and_places(worker: Worker) -> None:
    page = worker.opens("/")
    assert "Alarm bells" in page and "11 signs" in page
    assert '<option value="BE">Belgium</option>' in page and '<option value="JP">Japan</option>' in page
    assert "<title>Visit guide</title>" in page


def test_the_place_of_the_house_is_preset(another_worker: Callable[..., Worker]) -> None:
    assert '<option value="FR" selected>' in another_worker(place="FR").opens("/")


def test_a_visit_goes_from_safety_over_the_groups_to_the_outcome(worker: Worker, rulebook: Rulebook) -> None:
    worker.begins()
    walked = []
    assert worker.page is not None
    while (path := worker.page.request.path) != "/visit/outcome":
        walked.append(path)
        worker.sends(path)
        assert worker.page is not None
    assert walked == ["/visit/safety", *(f"/visit/{n}" for n in range(1, 5)), "/visit/concern", "/visit/review"]
    assert "Too little is known" in worker.text


def test_unknown_is_preset_and_answers_are_kept_forwards_and_back(worker: Worker) -> None:
    worker.begins()
    page = worker.opens("/visit/2")
    assert page.count('value="unknown" checked') == 3
    worker.sends("/visit/2", documents__withheld="told", little__contact="no", move="back")
    assert worker.page is not None and worker.page.request.path == "/visit/1"
    page = worker.opens("/visit/2")
    assert re.search(r'name="documents-withheld" value="told" checked', page)
    assert re.search(r'name="little-contact" value="no" checked', page)


def test_what_to_ask_is_shown_only_when_alone(worker: Worker) -> None:
    worker.begins()
    assert ASK not in worker.opens("/visit/2"), "not known to be alone"
    for given, shown in [
        ({"alone": "true", "interpreter": "not-needed", "consent": "given"}, True),
        ({"alone": "true", "interpreter": "professional"}, True),
        ({"alone": "true", "interpreter": "other"}, False),
        ({"alone": "true", "interpreter": "missing"}, False),
        ({"alone": "true", "consent": "refused", "age": "child"}, False),
        ({"alone": "true", "consent": "cannot"}, False),
        ({"alone": "false"}, False),
    ]:
        worker.opens("/visit/safety")
        worker.sends("/visit/safety", **given)
        page = worker.opens("/visit/2")
        assert (ASK in page) is shown, given
        assert ("Observe only" in page) is not shown, given


def test_no_longer_alone_hides_the_questions_at_once_and_saves_the_page(worker: Worker) -> None:
    worker.begins()
    worker.sends("/visit/safety", alone="true")
    assert ASK in worker.opens("/visit/2")
    worker.sends("/visit/2", move="not-alone", documents__withheld="seen")
    assert worker.page is not None and worker.page.request.path == "/visit/cover"
    assert 'href="/visit/2"' in worker.text
    page = worker.opens("/visit/2")
    assert ASK not in page and "Observe only" in page
    assert "How to see the person alone" in page and "for a routine reason" in page
    assert re.search(r'name="documents-withheld" value="seen" checked', page)
    page = worker.sends("/visit/2", move="alone")
    assert ASK in page


@pytest.mark.parametrize("path", ["/visit/safety", "/visit/1", "/visit/concern", "/visit/review", "/visit/outcome"])
def test_danger_is_one_tap_away_and_leads_back(worker: Worker, path: str) -> None:
    worker.begins()
    worker.opens(path)
    page = worker.sends(path, move="danger")
    assert worker.page is not None and worker.page.request.path == "/visit/now"
    worker.sends("/visit/now", move="danger")
    assert 'href="tel:112"' in page and "Call 112 now" in page
    page = worker.sends("/visit/now")
    assert worker.page is not None and worker.page.request.path == path
    assert ('class="card now"' if path == "/visit/outcome" else 'class="red"') in page and 'href="tel:112"' in page
    worker.sends(path, move="danger")
    page = worker.sends("/visit/now", move="no-danger")
    assert 'class="red"' not in page


def test_danger_on_the_safety_page_shows_the_card_at_once_and_once(worker: Worker) -> None:
    worker.begins()
    worker.sends("/visit/safety", danger="true", age="unsure")
    assert worker.page is not None and worker.page.request.path == "/visit/now"
    page = worker.sends("/visit/now")
    assert worker.page.request.path == "/visit/1"
    assert page.count('class="red"') == 2, "danger and child"
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", danger="true")
    assert worker.page.request.path == "/visit/1"


@pytest.mark.parametrize(
    ("place", "numbers"), [("BE", ["112"]), ("US", ["911"]), ("GB", ["999", "112"]), ("JP", ["110", "119"])]
)
def test_the_emergency_number_is_the_places(worker: Worker, place: str, numbers: list[str]) -> None:
    worker.begins(place=place)
    page = worker.sends("/visit/safety", danger="true")
    assert all(f'href="tel:{number}"' in page for number in numbers)


def test_without_a_place_the_numbers_of_two_continents_are_named_and_it_can_still_be_chosen(worker: Worker) -> None:
    worker.begins(place="")
    assert 'name="place"' in worker.text
    page = worker.sends("/visit/safety", danger="true")
    assert "112 in Europe, 911 in North America" in page
    assert "No country is chosen" in worker.opens("/visit/outcome")
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", place="BE")
    assert "PAG-ASA" in worker.opens("/visit/outcome")


def test_an_adult_who_refuses_is_asked_nothing_more(worker: Worker) -> None:
    worker.begins()
    page = worker.sends("/visit/safety", alone="true", age="adult", consent="refused")
    assert worker.page is not None and worker.page.request.path == "/visit/outcome"
    assert "Respect the no" in page and "number to memorise" in page and "without naming the person" in page
    assert 'href="/visit/observe"' in page, "what was seen can be noted without asking"
    assert "To the questions" not in worker.opens("/visit/observe")
    sheet = worker.opens("/visit/sheet")
    assert "For advice without a name" in sheet
    assert "Name or code" not in sheet and "Safe channel" not in sheet


@pytest.mark.parametrize("age", ["child", "unsure"])
def test_a_child_who_refuses_is_observed_and_goes_the_way_of_children(worker: Worker, age: str) -> None:
    worker.begins()
    page = worker.sends("/visit/safety", alone="true", age=age, consent="refused")
    assert worker.page is not None and worker.page.request.path == "/visit/1"
    assert "Observe only" in page and 'class="red"' in page
    page = worker.opens("/visit/outcome")
    assert "before you have child-protection advice" in page and "Respect the no" not in page
    assert "Referral sheet" in worker.opens("/visit/sheet")


def test_somebody_who_cannot_answer_is_only_observed(worker: Worker) -> None:
    worker.begins()
    assert "Observe only" in worker.sends("/visit/safety", alone="true", consent="cannot")
    assert "only observe" in worker.opens("/visit/outcome")


def test_the_review_shows_every_answer_with_a_way_to_change_it(worker: Worker) -> None:
    worker.begins()
    worker.sends("/visit/safety", alone="false")
    worker.answers(2, documents__withheld="told", little__contact="no")
    page = worker.opens("/visit/review")
    assert "Told" in page and "counts as not known" in page
    for path in ("/visit/safety", *(f"/visit/{n}" for n in range(1, 5)), "/visit/concern"):
        assert f'href="{path}"' in page


def all_no(rulebook: Rulebook, number: int) -> dict[str, str]:
    group = rulebook.checklists["alarm-bells"].groups[number - 1]
    return {sign.id.replace("-", "__"): "no" for sign in group.indicators}


@pytest.mark.parametrize("others", [{"alone": "false"}, {"alone": "true", "interpreter": "other"}])
def test_a_no_said_before_others_counts_only_when_it_is_given_anew(
    worker: Worker, rulebook: Rulebook, others: dict[str, str]
) -> None:
    """To be alone at last is no answer to what was asked before."""
    worker.begins()
    worker.sends("/visit/safety", **others)
    for number in range(1, 5):
        worker.answers(number, **all_no(rulebook, number))
    assert 'value="no" checked' in worker.opens("/visit/2"), "what was noted stays on its page meanwhile"
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", alone="true", interpreter="professional", age="adult", consent="given")
    page = worker.opens("/visit/outcome")
    assert "Too little is known" in page and "11 of 11 signs are not known" in page
    assert "11 answers “No” said before a companion" in page
    assert worker.opens("/visit/review").count("(counts as not known)") == 11
    page = worker.opens("/visit/2")
    assert page.count('value="unknown" checked') == 3, "a page that is saved gives nothing anew"
    assert 'class="answered"><button form="page" name="move" value="step-1"' in page
    assert page.count('class="answered"') == 1, "nor is a step done that must be asked again"
    worker.sends("/visit/2")
    assert "8 answers “No” said before a companion" in worker.opens("/visit/outcome")
    for number in range(1, 5):
        worker.answers(number, **all_no(rulebook, number))
    assert "No alarm bell noted" in worker.opens("/visit/outcome")


def test_a_no_said_alone_counts_again_once_a_companion_has_left(worker: Worker, rulebook: Rulebook) -> None:
    worker.begins()
    worker.sends("/visit/safety", alone="true", interpreter="not-needed", age="adult", consent="given")
    for number in (1, 2, 3):
        worker.answers(number, **all_no(rulebook, number))
    worker.opens("/visit/4")
    # What was on the page when somebody came in was answered alone, too.
    worker.sends("/visit/4", move="not-alone", **all_no(rulebook, 4))
    worker.answers(2, **all_no(rulebook, 2))
    assert "11 of 11 signs are not known" in worker.opens("/visit/outcome")
    worker.opens("/visit/1")
    worker.sends("/visit/1", move="alone", **all_no(rulebook, 1))
    assert "No alarm bell noted" in worker.opens("/visit/outcome")


def test_no_count_stands_on_the_way_to_the_outcome(worker: Worker, rulebook: Rulebook) -> None:
    """It could be read over a shoulder."""
    worker.begins()
    for number, group in enumerate(rulebook.checklists["alarm-bells"].groups, start=1):
        page = worker.answers(number, **{sign.id.replace("-", "__"): "seen" for sign in group.indicators})
        main = page[page.index("<main") : page.index("</main")]
        assert not re.search(r"several|alarm bell|of 11|\b(3|6|9|11) signs?\b", main, re.I)


def test_the_outcome_says_what_why_what_now_and_whom_to_call(worker: Worker) -> None:
    worker.begins()
    worker.answers(2, documents__withheld="told")
    worker.answers(1, afraid__to__speak="seen")
    page = worker.opens("/visit/outcome")
    assert "Several alarm bells" in page and "not a verdict" in page
    assert "2 or more of the 11 signs: 2 present" in page
    assert "Identity documents are kept by someone else" in page and "Victim-support centre (BE)" in page
    assert "More answers will not change this result; it rules nothing out." in page
    assert "9 of 11 signs are not known" in page
    assert "Do not confront" in page
    assert 'href="tel:+3225116464"' in page and "Hours unknown" in page and "Nobody answers?" in page


ALONE = {"alone": "true", "interpreter": "not-needed", "age": "adult", "consent": "given"}


@pytest.mark.parametrize(
    ("circumstances", "answers", "place", "first"),
    [
        ({"danger": "true"}, {}, "BE", "Call 112"),
        ({}, {"abuse__signs": "seen"}, "BE", "02 511 64 64"),
        ({"age": "child"}, {}, "BE", "078 15 43 24"),
        ({"alone": "false"}, {"abuse__signs": "seen"}, "BE", "02 511 64 64"),
        ({"alone": "unknown"}, {}, "BE", "When you are alone: go on with questions"),
        ({}, {}, "BE", "To the review"),
        ({}, {"afraid__to__speak": "seen"}, "BE", "Open the referral sheet"),
        ({}, {"abuse__signs": "seen"}, "JP", "Open the referral sheet"),
    ],
)
def test_the_primary_button_of_the_result_is_what_is_to_be_done_first(
    worker: Worker, circumstances: dict[str, str], answers: dict[str, str], place: str, first: str
) -> None:
    worker.begins(place=place)
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", **ALONE | circumstances)
    worker.answers(1, **answers)
    page = worker.opens("/visit/outcome")
    primary = re.findall(r'<(?:a|button) class="[^"]*primary"[^>]*>(?:<svg.*?</svg>)?([^<]*)<', page)
    assert primary == [first]


def test_before_a_companion_the_result_the_review_and_the_sheet_lie_behind_one_tap(worker: Worker) -> None:
    worker.begins()
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", **ALONE)
    worker.answers(1, abuse__signs="told")
    worker.opens("/visit/concern")
    worker.sends("/visit/concern", asks="true")
    told_on = {"/visit/outcome": "The person asks for help", "/visit/review": "Told", "/visit/sheet": "Told"}
    for path, told in told_on.items():
        worker.opens(path)
        worker.sends(path, move="not-alone")
        page = re.sub("<details.*</details>", "", worker.opens(path)[worker.text.index("<main") :], flags=re.S)
        assert "To read when nobody else can see it" in worker.text and told in worker.text
        assert "<h1" in page and not re.search("[Tt]old|asks for help|alarm bell|abuse|centre", page), page
        worker.opens(path)
        worker.sends(path, move="alone")
        assert "To read when nobody else can see it" not in worker.text


def test_danger_and_a_child_stay_in_sight_where_the_sheet_is_folded(worker: Worker) -> None:
    worker.begins()
    worker.sends("/visit/safety", danger="true", alone="false", age="child")
    page = worker.opens("/visit/sheet")
    in_sight = re.sub("<details.*</details>", "", page[page.index("<main") :], flags=re.S)
    assert "Danger now" in in_sight and "Under 18" in in_sight
    assert in_sight != page and "Signs noted" not in in_sight


def test_the_scripts_are_one_tap_from_the_result_and_lead_back(worker: Worker) -> None:
    worker.begins()
    worker.opens("/visit/outcome")
    assert "When the answer is no" in worker.sends("/visit/outcome", move="scripts")
    worker.sends("/help/scripts", move="next")
    assert worker.page is not None and worker.page.request.path == "/visit/outcome"


def test_what_is_open_links_to_its_question(worker: Worker) -> None:
    worker.begins()
    worker.answers(2, documents__withheld="told")
    assert "What could still change this result" in worker.opens("/visit/outcome")
    page = worker.opens("/visit/reasons")
    assert 'href="/visit/1#s1"' in page and 'href="/visit/2#s3"' not in page
    assert 'id="s1"' in worker.opens("/visit/1")


def test_no_form_lets_the_browser_keep_what_was_chosen(worker: Worker) -> None:
    """Chromium writes the state of a form to its session file, names and choices, unless autocomplete is off."""
    worker.begins()
    for path in ("/", "/contacts", "/visit/safety", "/visit/1", "/visit/concern", "/visit/review", "/visit/outcome"):
        page = worker.opens(path)
        assert page.count("<form") == page.count('autocomplete="off"') >= 1, path


def test_a_reserved_outcome_still_says_what_the_signs_say(worker: Worker) -> None:
    worker.begins()
    worker.answers(2, documents__withheld="told")
    worker.opens("/visit/concern")
    worker.sends("/visit/concern", concern="true")
    page = worker.opens("/visit/outcome")
    assert "Your concern is reason enough" in page and "By the signs alone: One alarm bell." in page


def test_finishing_erases_the_visit_and_ends_on_a_neutral_page(worker: Worker) -> None:
    worker.begins()
    worker.opens("/visit/outcome")
    page = worker.sends("/visit/finish")
    assert worker.page is not None and worker.page.request.path == "/closed/done"
    assert "Everything is erased" in page
    assert worker.client.get("/visit/outcome").status_code == 410


def test_the_sheet_is_shown_inline_under_a_neutral_name(worker: Worker) -> None:
    worker.begins()
    answer = worker.client.get("/visit/sheet.pdf")
    assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == 'inline; filename="guide.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_rule_file_changed_during_a_visit_is_said_and_loses_no_answer(worker: Worker, rulebook: Rulebook) -> None:
    from dataclasses import replace

    worker.begins()
    worker.answers(2, documents__withheld="told")
    assert "was changed" not in worker.opens("/visit/review")
    app = worker.client.application
    bells = replace(rulebook.checklists["alarm-bells"], version="2099-01-01")
    app.extensions["rulebook"] = replace(rulebook, checklists={"alarm-bells": bells})
    page = worker.opens("/visit/review")
    assert "was changed since this visit began" in page and "Told" in page


def test_beginning_again_drops_the_open_visit(worker: Worker) -> None:
    worker.begins()
    worker.answers(2, documents__withheld="told")
    assert "A visit is open" in worker.opens("/")
    worker.begins()
    assert "Told" not in worker.opens("/visit/review")


def test_contacts_without_a_visit(worker: Worker, clock: Clock) -> None:
    clock.now += 14 * 3600  # ten in the evening
    assert "PAG-ASA" in worker.opens("/contacts?place=BE")
    assert worker.text.count("No general duty to report") == 1, "two professions under one rule read it once"
    assert "Health care and social work" in worker.text and "for advice on trafficking" in worker.text
    page = worker.opens("/contacts?place=US")
    assert "law-enforcement and immigration authority" in page
    assert "Ask your lawyer or safeguarding lead" in page
    page = worker.opens("/contacts?place=JP")
    assert 'href="tel:110"' in page and "No contact is listed here for Japan." in page
    assert worker.client.get("/contacts?place=Atlantis").status_code == 404


def test_help_says_what_is_done_with_data_and_what_cannot_be_protected(worker: Worker) -> None:
    page = worker.opens("/help")
    for said in ("Nothing is stored on the server", "What it cannot protect", "over your shoulder", "20 minutes"):
        assert said in page


def test_staying_begins_the_idle_time_again(worker: Worker, clock: object) -> None:
    worker.begins()
    clock.now += 19 * 60  # type: ignore[attr-defined]
    answer = worker.client.get("/visit/awake")
    assert answer.get_json() == {"seconds": 19 * 60} and "visit=" in answer.headers["Set-Cookie"]
    clock.now += 19 * 60  # type: ignore[attr-defined]
    assert worker.client.get("/visit/safety").status_code == 200


def test_health_says_ok_and_no_figure(worker: Worker) -> None:
    assert worker.client.get("/healthz").get_json() == {"status": "ok"}


def test_every_page_of_a_visit_has_the_three_ways_out_in_the_same_place(worker: Worker) -> None:
    worker.begins()
    for path in (
        "/visit/safety",
        "/visit/1",
        "/visit/4",
        "/visit/concern",
        "/visit/review",
        "/visit/outcome",
        "/visit/now",
        "/visit/sheet",
    ):
        page = worker.opens(path)
        bar = page[page.index('<nav class="bar') : page.index("<main")]
        assert 'value="danger"' in bar and 'value="not-alone"' in bar and 'href="/leave"' in bar, path
        assert page.count('id="page"') == 1, "the buttons belong to the page's one form"
        assert secret(page)


def test_no_address_that_only_some_answers_lead_to_tells_the_answer(app: Flask, rulebook: Rulebook) -> None:
    """A browser's history keeps them. A page that every visit passes may be named after its question."""
    telling = {*CIRCUMSTANCE_VALUES, *(value for values in CIRCUMSTANCE_VALUES.values() for value in values)}
    telling |= {*rulebook.indicators, *rulebook.scripts, *rulebook.checklists, *rulebook.cases}
    telling -= {"concern"}
    addresses = {rule.rule for rule in app.url_map.iter_rules()} | {
        f"/help/scripts#{anchor}" for anchor in re.findall(r'class="card script" id="([^"]+)"', help_scripts(app))
    }
    assert len(addresses) > 50
    assert [address for address in addresses for word in telling if word in re.split(r"\W", address)] == []


def help_scripts(app: Flask) -> str:
    page = app.test_client().get("/help/scripts").text
    assert page.count('class="card script"') > 5
    return page


def test_every_page_of_one_visit_tells_the_script_the_same_visit(app: Flask, worker: Worker) -> None:
    """Two pages of one visit that tell another one would send each other away as if it were over."""
    worker.begins()
    pages = [
        rule.rule.replace("<int:number>", "1")
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.startswith("visit.")
        if not rule.rule.endswith((".pdf", "/leave"))
    ]
    told = {path: re.findall(r'data-visit="([^"]*)" data-leave', worker.opens(path)) for path in pages}
    told = {path: visits for path, visits in told.items() if visits}
    assert {"/visit/sheet", "/visit/cover", "/help", "/visit/1"} <= set(told)
    assert {tuple(visits) for visits in told.values()} == {(told["/visit/1"][0],)} != {("",)}, told


@pytest.mark.parametrize("number", [0, 5, 99])
def test_there_is_no_page_beyond_the_groups(worker: Worker, number: int) -> None:
    worker.begins()
    assert worker.client.get(f"/visit/{number}").status_code == 404
