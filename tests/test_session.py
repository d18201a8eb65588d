"""The sealed visit: what goes into the cookie comes out again, and nothing of it can be read."""

from __future__ import annotations

import base64

import pytest
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st

from conftest import Clock, Worker, secret
from screening.checklist import Answer, answer_key
from screening.keys import ROTATION, UnreadableError
from screening.rulebook import Rulebook
from screening.session import HARD_LIMIT, SEAL_AGAIN, VISIT_COOKIE, pack, unpack

IDS = st.lists(st.from_regex(r"[a-z]{2,12}(-[a-z]{2,12}){0,3}", fullmatch=True), unique_by=answer_key, max_size=80)


@given(IDS, st.data())
def test_packed_answers_come_back_whatever_their_order(ids: list[str], data: st.DataObject) -> None:
    answers = {id: data.draw(st.sampled_from(Answer)) for id in ids}
    known = {id: answer for id, answer in answers.items() if answer is not Answer.UNKNOWN}
    shuffled = data.draw(st.permutations(ids))
    doubted = frozenset(id for id in known if known[id] is Answer.NO and data.draw(st.booleans()))
    assert unpack(pack(answers, doubted), shuffled) == (known, doubted)
    assert pack(answers, doubted) == pack({id: answers[id] for id in shuffled}, doubted)
    assert len(pack(answers, doubted)) == len(pack(answers))


@given(IDS, st.data())
def test_an_answer_to_an_indicator_that_is_gone_slips_to_no_other(ids: list[str], data: st.DataObject) -> None:
    answers = {id: data.draw(st.sampled_from(Answer)) for id in ids}
    assume(answer_key("an-indicator-that-is-new") not in map(answer_key, ids))
    left = [id for id in ids if data.draw(st.booleans())]
    assert unpack(pack(answers), [*left, "an-indicator-that-is-new"])[0].items() <= answers.items()


@pytest.mark.parametrize("packed", ["***", "AAA", "AAAAAA==", "AAAAAAA=", "é"])
def test_what_was_not_packed_by_us_is_refused(packed: str) -> None:
    with pytest.raises(UnreadableError):
        unpack(packed, ["large-debt"])


def visit_cookie(worker: Worker) -> str:
    cookie = worker.client.get_cookie(VISIT_COOKIE)
    assert cookie is not None
    return cookie.value


def test_the_cookie_is_a_session_cookie_that_no_script_and_no_other_site_gets(worker: Worker) -> None:
    worker.begins()
    page = worker.client.get("/visit/safety")
    worker.page = page
    answer = worker.client.post("/visit/safety", data={"csrf_token": secret(page.text)})
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("visit=")]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    assert "Expires" not in cookie and "Max-Age" not in cookie


def test_over_https_the_cookie_stays_on_https(app: Flask) -> None:
    answer = app.test_client().get("/", base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_slow_sheet_or_card_brings_no_visit_back(worker: Worker, clock: Clock) -> None:
    """Whoever leaves in another tab while it is made must find nothing sealed anew by its answer."""
    worker.begins()
    worker.sends("/visit/safety", alone="true")
    worker.opens("/visit/card")
    worker.sends("/visit/card", safe="true")
    clock.now += SEAL_AGAIN + 1
    for path in ("/visit/sheet.pdf", "/visit/card.pdf"):
        answer = worker.client.get(path)
        assert answer.mimetype == "application/pdf" and "Set-Cookie" not in answer.headers, path
    assert "Set-Cookie" in worker.client.get("/visit/outcome").headers, "a page that is read is a touch"


def test_the_longest_visit_stays_under_one_kilobyte(worker: Worker, rulebook: Rulebook) -> None:
    worker.begins(checklist="full-assessment")
    worker.opens("/visit/safety")
    safety = {
        "danger": "false",
        "alone": "true",
        "interpreter": "professional",
        "age": "unsure",
        "consent": "not-asked",
    }
    worker.sends("/visit/safety", **safety)
    for number, group in enumerate(rulebook.checklists["full-assessment"].groups, start=1):
        worker.answers(number, **{indicator.id: "told" for indicator in group.indicators})
    worker.opens("/visit/concern")
    worker.sends("/visit/concern", asks="false", concern="false")
    worker.opens("/visit/14")
    worker.sends("/visit/14", move="danger")
    assert len(visit_cookie(worker)) < 1024 - len("visit=")


def test_the_length_of_the_cookie_does_not_tell_how_much_was_answered(worker: Worker) -> None:
    worker.begins()
    worker.opens("/visit/1")
    before = len(visit_cookie(worker))
    worker.answers(2, documents__withheld="told")
    assert len(visit_cookie(worker)) == before


def test_the_cookie_holds_no_answer_in_readable_form(worker: Worker) -> None:
    worker.begins()
    worker.answers(2, documents__withheld="told")
    token = visit_cookie(worker)
    for text in (token.encode(), base64.urlsafe_b64decode(token)):
        for word in (b"documents", b"told", b"alarm", b"BE", b"answers"):
            assert word not in text or len(word) < 3


def test_a_visit_ends_twenty_minutes_after_the_last_touch(worker: Worker, clock: Clock) -> None:
    worker.begins()
    for _ in range(3):
        clock.now += 19 * 60
        assert "First, safety" in worker.opens("/visit/safety")
    clock.now += 20 * 60 + 1
    worker.opens("/visit/safety")
    assert worker.page is not None and worker.page.status_code == 410
    assert "erased" in worker.text


def test_a_visit_ends_two_hours_after_it_began_whatever_is_done(worker: Worker, clock: Clock) -> None:
    worker.begins()
    for _ in range(HARD_LIMIT // 600):
        clock.now += 600
        assert worker.client.get("/visit/safety").status_code == 200
    clock.now += 1
    assert worker.client.get("/visit/safety").status_code == 410


def test_reading_pages_seals_the_visit_anew_once_a_minute_at_most(worker: Worker, clock: Clock) -> None:
    worker.begins()
    worker.opens("/visit/safety")
    clock.now += SEAL_AGAIN - 1
    assert "Set-Cookie" not in worker.client.get("/visit/safety").headers
    clock.now += 1
    assert "visit=" in worker.client.get("/visit/safety").headers["Set-Cookie"]


def test_a_visit_outlives_the_rotation_of_the_keys(worker: Worker, clock: Clock) -> None:
    clock.now += ROTATION - 60
    worker.begins()
    worker.answers(2, documents__withheld="told")
    clock.now += 120
    assert "Told" in worker.opens("/visit/review")


def test_two_workers_never_share_a_visit(app: Flask) -> None:
    one, other = Worker(app.test_client()), Worker(app.test_client())
    one.begins()
    other.begins()
    one.answers(2, documents__withheld="told")
    assert 'class="present"' not in other.opens("/visit/review")


def test_a_link_from_another_site_does_not_replace_the_open_visit(worker: Worker) -> None:
    """Such a link brings no SameSite=Strict cookie along; what the start page then sets must not be the visit's."""
    worker.begins()
    worker.answers(2, documents__withheld="told")
    without_cookies = worker.client.application.test_client().get("/")
    for cookie in without_cookies.headers.getlist("Set-Cookie"):
        assert not cookie.startswith("visit=")


def test_a_visit_sealed_by_another_version_of_the_program_ends_and_breaks_nothing(worker: Worker, app: Flask) -> None:
    worker.begins()
    older = app.extensions["keys"].seal(b'{"begun": 1800000000, "visit": {"checklist": "alarm-bells"}}')
    worker.client.set_cookie(VISIT_COOKIE, older)
    worker.opens("/visit/1")
    assert worker.page is not None and worker.page.status_code == 400


def test_a_page_knows_how_long_the_visit_surely_lasts(worker: Worker, clock: Clock) -> None:
    worker.begins()
    assert 'data-left="1140"' in worker.opens("/visit/1"), (
        "a minute less, for the minute in which nothing is sealed anew"
    )
    for _ in range(11):
        clock.now += 600
        worker.opens("/visit/1")
    assert 'data-left="600"' in worker.text, "the hard limit comes first"
    clock.now += 600
    assert worker.client.get("/visit/1").status_code == 200
    clock.now += 1
    assert worker.client.get("/visit/1").status_code == 410
