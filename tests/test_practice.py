"""Practice: an invented case walked with its story beside the questions, talked through, and never counted."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pypdf
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import func, select

from conftest import HOUSE, Clock, Worker, secret
from live import Server
from screening import create_app
from screening.checklist import CIRCUMSTANCE_VALUES, Answer, Circumstances
from screening.practice import Otherwise, PracticeCase, compare
from screening.rulebook import Rulebook, read_rulebook
from screening.session import Visit
from screening.settings import Settings
from screening.store import Store, open_month, ticket
from screening.tally import Layout, Tally, Vault
from screening.visit import team

SHIPPED = read_rulebook(HOUSE / "rules")
BURN = SHIPPED.cases["kitchen-burn"]
MARK = "Nothing here is about a real person"


def fields(case: PracticeCase) -> dict[str, str]:
    """What the case expects, as the forms of all pages send it."""
    return {id: answer.value for id, answer in case.expected.answers.items()} | dict(
        case.expected.circumstances.known()
    )


def sends(worker: Worker, path: str, given: dict[str, str]) -> str:
    return worker.sends(path, **{name.replace("-", "__"): value for name, value in given.items()})


def practises(worker: Worker, case: PracticeCase) -> str:
    """Walk the case as a careful worker does, and return the outcome page."""
    worker.opens("/practice")
    worker.sends("/practice", case=case.id)
    seen_at_the_result = False
    while True:
        assert worker.page is not None
        path = worker.page.request.path
        if path == "/visit/outcome":
            if case.expected.circumstances.consent != "refused" or seen_at_the_result:
                return worker.text
            # What was seen before the no is noted from the result on.
            seen_at_the_result = True
            worker.opens("/visit/1")
            path = "/visit/1"
        # Only what this page asks: its own form leaves the rest as it is.
        asked = set(re.findall(r'name="([a-z-]+)"', worker.text))
        sends(worker, path, {name: value for name, value in fields(case).items() if name in asked})


# --- Comparing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected", "way"),
    [
        ("unknown", "told", "missed"),
        ("no", "seen", "missed"),
        ("seen", "unknown", "added"),
        ("told", "no", "added"),
        ("no", "unknown", "closed"),
        ("unknown", "no", "left-open"),
        ("seen", "told", "how-known"),
        ("told", "seen", "how-known"),
    ],
)
def test_each_way_in_which_an_answer_can_differ_has_its_name(given: str, expected: str, way: str) -> None:
    checklist = SHIPPED.checklists["alarm-bells"]
    case = replace(BURN, expected=replace(BURN.expected, answers={"large-debt": Answer(expected)}))
    found = compare(case, checklist, {"large-debt": Answer(given)}, case.expected.circumstances)
    assert found.answers == {Otherwise(way): ("large-debt",)} and not found.is_the_same


@given(
    st.sampled_from(list(SHIPPED.cases.values())),
    st.dictionaries(st.sampled_from(list(SHIPPED.indicators)), st.sampled_from(Answer)),
    st.fixed_dictionaries({name: st.none() | st.sampled_from(CIRCUMSTANCE_VALUES[name]) for name in ("age", "alone")}),
)
def test_a_comparison_names_what_differs_once_and_nothing_else(
    case: PracticeCase, answers: dict[str, Answer], circumstances: dict[str, str | None]
) -> None:
    checklist = SHIPPED.checklists[case.checklist]
    found = compare(case, checklist, answers, Circumstances(**circumstances))
    named = [id for ids in found.answers.values() for id in ids]
    differing = [
        id
        for id in checklist.indicators
        if answers.get(id, Answer.UNKNOWN) is not case.expected.answers.get(id, Answer.UNKNOWN)
    ]
    assert sorted(named) == sorted(differing)
    assert all(mine != theirs for _, mine, theirs in found.circumstances)
    assert compare(case, checklist, case.expected.answers, case.expected.circumstances).is_the_same


# --- The walk ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", SHIPPED.cases.values(), ids=list(SHIPPED.cases))
def test_whoever_answers_as_a_careful_worker_comes_to_the_same_result(worker: Worker, case: PracticeCase) -> None:
    practises(worker, case)
    page = worker.sends("/visit/finish")
    assert worker.page is not None and worker.page.request.path == "/visit/discussion"
    assert "come to the same result" in page and "Nothing: every answer is the one" in page
    for sentence in (*case.discussion.notice, *case.discussion.mistakes, *case.discussion.next, case.discussion.why):
        assert sentence.replace("'", "&#39;") in page


def test_the_list_offers_every_case_and_needs_no_code(worker: Worker, rulebook: Rulebook) -> None:
    page = worker.opens("/practice")
    for case in rulebook.cases.values():
        assert f'value="{case.id}"' in page and case.title in page and case.about in page
    assert "/practice" in worker.opens("/"), "one click from the start"
    # From another machine, where no team is named yet, a real visit may not begin; practice may.
    far = {"REMOTE_ADDR": "192.0.2.7"}
    page = worker.client.get("/practice", environ_base=far).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = worker.client.post("/practice", data={"csrf_token": token[1], "case": "kitchen-burn"}, environ_base=far)
    assert answer.status_code == 303 and answer.headers["Location"] == "/visit/safety"


def test_every_page_of_a_practice_visit_is_marked_as_such_and_has_its_part_of_the_story(worker: Worker) -> None:
    worker.opens("/practice")
    page = worker.sends("/practice", case=BURN.id)
    assert MARK in page and "a Sunday evening" in page and "telephone interpreter" in page
    assert "passport" not in page, "what is told later is not told yet"
    page = worker.opens("/visit/2")
    story, _, so_far = page.partition("The story so far")
    assert MARK in story and "My passport is with the boss" in story
    assert "a Sunday evening" in so_far and "he is afraid of nobody" in so_far and "restaurant kitchen" not in page
    for path in (
        "/visit/concern",
        "/visit/review",
        "/visit/outcome",
        "/visit/now",
        "/visit/card",
        "/visit/discussion",
    ):
        assert MARK in worker.opens(path), path
    assert "PRACTICE" in worker.opens("/visit/sheet")
    assert "story" not in worker.opens("/visit/now"), "the red card gives nothing away"
    page = worker.opens("/visit/outcome")
    assert "Talk it through" in page and "Finish and erase" not in page


def test_a_page_on_which_nothing_is_told_says_so(worker: Worker) -> None:
    worker.opens("/practice")
    worker.sends("/practice", case="two-small-children")
    assert "The story says nothing for this page" in worker.opens("/visit/4")


def test_a_real_visit_bears_no_mark_and_no_story(worker: Worker) -> None:
    worker.begins()
    for path in ("/visit/safety", "/visit/1", "/visit/concern", "/visit/review", "/visit/outcome", "/visit/sheet"):
        page = worker.opens(path)
        assert MARK not in page and "PRACTICE" not in page and "practice.css" not in page and "story" not in page, path
    assert worker.client.get("/visit/discussion").status_code == 404


def test_what_was_answered_otherwise_is_shown_without_scolding(worker: Worker) -> None:
    worker.opens("/practice")
    worker.sends("/practice", case="helpful-friend")
    worker.sends("/visit/safety", alone="false", interpreter="other", age="adult", consent="not-asked", danger="false")
    worker.answers(1, afraid__to__speak="told", abuse__signs="no")
    worker.answers(3, large__debt="seen")
    page = worker.opens("/visit/discussion")
    assert "Several alarm bells" in page
    for heading in (
        "and not in your answers",
        "and not in the story",
        "where the story leaves it open",
        "in the other way",
    ):
        assert heading in page
    assert "Not known is never no" in page and "Not a mark" in page
    assert not re.search(r"\b(wrong answer|mistake!|incorrect|failed|score)\b", page, re.I)


def test_danger_no_longer_alone_and_leave_work_as_ever(worker: Worker) -> None:
    worker.opens("/practice")
    worker.sends("/practice", case="before-the-car")
    page = worker.sends("/visit/safety", move="danger")
    assert worker.page is not None and worker.page.request.path == "/visit/now" and 'href="tel:112"' in page
    worker.opens("/visit/2")
    assert "Clean hands" in worker.sends("/visit/2", move="not-alone")
    assert "Observe only" in worker.opens("/visit/2")
    answer = worker.client.get("/leave")
    assert answer.status_code == 303 and "Clear-Site-Data" in answer.headers
    assert worker.client.get("/visit/outcome").status_code == 410


def test_an_open_visit_with_somebody_real_is_never_dropped_for_practice(worker: Worker) -> None:
    worker.begins()
    worker.answers(2, documents__withheld="told")
    page = worker.opens("/practice")
    assert "Finish or leave it before you practise" in page and "<button" not in page[page.index("<main") :]
    worker.sends("/practice", case=BURN.id)
    assert worker.page is not None and worker.page.request.path == "/practice"
    page = worker.opens("/visit/review")
    assert "Told" in page and MARK not in page


def test_one_case_may_follow_another_and_the_start_says_that_practice_is_open(worker: Worker) -> None:
    worker.opens("/practice")
    worker.sends("/practice", case=BURN.id)
    assert "A practice visit is open" in worker.opens("/")
    assert "or begin another" in worker.opens("/practice")
    assert "school nurse" in worker.sends("/practice", case="stomach-ache")
    worker.begins()
    assert MARK not in worker.text, "a real visit may begin"


def test_next_person_ends_practice_and_begins_no_real_visit(counting: tuple[Flask, Store, Vault]) -> None:
    app, store, _ = counting
    worker = Worker(app.test_client())
    practises(worker, BURN)
    worker.sends("/visit/next")
    assert worker.page is not None and worker.page.request.path == "/visit/discussion" and MARK in worker.text
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(ticket)).scalar_one() == 0


def test_finishing_leads_over_the_discussion_to_the_list_with_everything_erased(worker: Worker) -> None:
    worker.opens("/practice")
    worker.sends("/practice", case=BURN.id)
    worker.opens("/visit/outcome")
    worker.sends("/visit/finish")
    worker.sends("/visit/finish", practice="over")
    assert worker.page is not None and worker.page.request.path == "/practice"
    assert worker.client.get("/visit/review").status_code == 410


def test_a_case_that_is_gone_from_the_files_is_practice_all_the_same(worker: Worker, rulebook: Rulebook) -> None:
    worker.opens("/practice")
    worker.sends("/practice", case=BURN.id)
    worker.client.application.extensions["rulebook"] = replace(rulebook, cases={})
    assert MARK in worker.opens("/visit/1")
    worker.opens("/visit/outcome")
    worker.sends("/visit/finish")
    assert worker.page is not None and worker.page.request.path == "/practice"


def test_an_unknown_case_is_refused(worker: Worker) -> None:
    page = worker.opens("/practice")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert worker.client.post("/practice", data={"csrf_token": token[1], "case": "nobody"}).status_code == 400
    assert worker.client.post("/practice", data={"case": "kitchen-burn"}).status_code == 400


def text_of(raw: bytes) -> str:
    """The words of the one page of a PDF."""
    (page,) = pypdf.PdfReader(io.BytesIO(raw)).pages
    return " ".join(page.extract_text().split())


def test_sheet_and_card_on_paper_are_marked(worker: Worker) -> None:
    practises(worker, SHIPPED.cases["two-small-children"])
    text = text_of(worker.client.get("/visit/sheet.pdf").data)
    assert "PRACTICE. An invented case: nothing here is about a real person." in text[:150]
    worker.opens("/visit/card")
    worker.sends("/visit/card", safe="true")
    assert "PRACTICE" in text_of(worker.client.get("/visit/card.pdf").data)


# --- Never counted -------------------------------------------------------------------------------


def cells(store: Store, vault: Vault) -> dict[tuple[str, str, str], int]:
    with store.reading() as connection:
        row = connection.execute(select(open_month)).one()
    return dict(zip(Layout.read(row.layout).cells(), vault.open(row.month, row.layout, row.sealed), strict=True))


@pytest.fixture
def counting(settings: Settings, database: str, clock: Clock) -> Iterator[tuple[Flask, Store, Vault]]:
    app = create_app(replace(settings, database_url=database), clock)
    store = Store(database)
    yield app, store, Vault(settings.keys / "months")
    store.let_go()
    app.extensions["store"].let_go()


def test_practice_is_never_counted_and_takes_no_ticket(counting: tuple[Flask, Store, Vault]) -> None:
    app, store, vault = counting
    worker = Worker(app.test_client())
    worker.opens("/")
    before = cells(store, vault)
    practises(worker, BURN)
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(ticket)).scalar_one() == 0
    worker.sends("/visit/finish")
    worker.sends("/visit/finish", practice="over")
    assert cells(store, vault) == before
    # A real one beside it is counted, so that the comparison above could have failed.
    worker.begins()
    worker.opens("/visit/outcome")
    worker.sends("/visit/finish")
    assert sum(cells(store, vault).values()) == sum(before.values()) + 3


def test_a_practice_visit_is_not_counted_even_with_a_ticket(counting: tuple[Flask, Store, Vault]) -> None:
    app, store, vault = counting
    tally: Tally = app.extensions["tally"]
    number = tally.issue()
    before = cells(store, vault)
    visit = Visit("alarm-bells", SHIPPED.checklists["alarm-bells"].hash, "BE", ticket=number, case="kitchen-burn")
    with app.test_request_context("/"):
        assert team.count(visit) == "" and cells(store, vault) == before
        assert team.count(replace(visit, case="")) == "" and cells(store, vault) != before


# --- In a real browser ---------------------------------------------------------------------------


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(java_script_enabled=request.param)
    yield made
    made.close()


def walk_case(page: Page, home: str, case: PracticeCase) -> None:
    page.goto(home)
    page.click('a:has-text("Practise with an invented case")')
    page.click(f'button[value="{case.id}"]')
    while not page.url.endswith("/visit/outcome"):
        assert MARK in page.inner_text("main")
        for name, value in fields(case).items():
            radio = page.locator(f'[name="{name}"][value="{value}"]:visible')
            if radio.count():
                radio.check()
        page.click("main form .primary")
    page.wait_for_load_state()


def test_a_whole_practice_visit_with_and_without_javascript(context: BrowserContext, live: Server) -> None:
    page = context.new_page()
    case = SHIPPED.cases["before-the-car"]
    walk_case(page, live.home, case)
    assert "asks for help" in page.inner_text("h1") and MARK in page.inner_text("main")
    page.click('button:has-text("Talk it through")')
    page.wait_for_url("**/visit/discussion")
    assert "come to the same result" in page.inner_text("main")
    page.click('button:has-text("to the other cases")')
    page.wait_for_url("**/practice")
    page.goto(live.home + "/visit/review")
    assert "Nothing is open here" in page.inner_text("main")


def test_on_a_wide_screen_the_story_stands_beside_the_questions_and_above_them_on_a_phone(
    chromium: Browser, live: Server
) -> None:
    for width, beside in ((1700, True), (1280, False), (360, False)):
        context = chromium.new_context(viewport={"width": width, "height": 740})
        page = context.new_page()
        page.goto(live.home + "/practice")
        page.click('button[value="kitchen-burn"]')
        page.goto(live.home + "/visit/2")
        story, form = page.locator(".story").bounding_box(), page.locator("#page").bounding_box()
        assert story is not None and form is not None
        assert (story["x"] + story["width"] <= form["x"]) is beside
        assert form["width"] >= min(width - 40, 640), "and the questions have room"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()


def test_the_words_to_use_stand_beside_the_questions_they_are_for(worker: Worker) -> None:
    worker.begins()
    page = worker.text
    for name, title in (
        ("alone", "When somebody came along"),
        ("interpreter", "With an interpreter"),
        ("consent", "Opening"),
    ):
        fieldset = page[page.index(f'name="{name}"') : page.index("</fieldset>", page.index(f'name="{name}"'))]
        assert fieldset.index("Words you can use") < fieldset.index(title), name
        assert fieldset.count("Words you can use") == 1, name
    page = worker.opens("/visit/concern")
    assert page.index("Words you can use") < page.index("When somebody asks")
    worker.opens("/visit/2")
    worker.sends("/visit/2", move="not-alone")
    page = worker.opens("/visit/2")
    assert page.index("Words you can use") < page.index("When somebody came along")
    assert "Words you can use" not in worker.opens("/visit/concern"), "nothing to say aloud before a companion"


def test_a_script_is_one_tap_from_its_question_and_leads_back_with_all_that_was_answered(
    worker: Worker, rulebook: Rulebook
) -> None:
    worker.begins()
    answer = worker.client.post(
        "/visit/safety", data={"csrf_token": secret(worker.text), "age": "adult", "move": "scripts-companion"}
    )
    number = [*rulebook.scripts].index("companion") + 1
    assert answer.headers["Location"] == f"/help/scripts#{number}"
    page = worker.opens("/help/scripts")
    assert f'id="{number}">\n<h2>When somebody came along</h2>' in page
    page = worker.sends("/help/scripts", move="next")
    assert worker.page is not None and worker.page.request.path == "/visit/safety"
    assert 'name="age" value="adult" checked' in page
    refused = worker.client.post("/visit/safety", data={"csrf_token": secret(page), "move": "scripts-nothing"})
    assert refused.status_code == 400


def test_no_practice_page_lets_the_browser_keep_what_was_chosen(worker: Worker) -> None:
    worker.opens("/practice")
    worker.sends("/practice", case=BURN.id)
    for path in ("/practice", "/visit/safety", "/visit/2", "/visit/outcome", "/visit/discussion"):
        page = worker.opens(path)
        assert page.count("<form") == page.count('autocomplete="off"') >= 1, path


def test_a_start_page_that_stood_open_for_long_still_begins(worker: Worker, clock: Clock) -> None:
    page = worker.opens("/practice")
    clock.now += 5 * 60 * 60
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = worker.client.post(
        "/practice",
        data={"csrf_token": token[1], "case": BURN.id},
        headers={"Origin": "http://localhost"},
    )
    assert answer.headers["Location"] == "/visit/safety"
