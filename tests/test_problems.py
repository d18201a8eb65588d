"""Whatever is sent, the browser is shown what happened and a way on, and no log holds a trace of it."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from conftest import Clock, Worker, secret
from screening.keys import ROTATION
from screening.session import VISIT_COOKIE

PLANTED = "planted-zebra"


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> object:
    caplog.set_level(logging.DEBUG)
    yield
    for record in caplog.records:
        text = record.getMessage() + str(record.exc_text or "") + str(record.args or "")
        assert PLANTED not in text and "documents-withheld" not in text and "told" not in text


def has_a_way_on(answer: TestResponse) -> bool:
    return "<h1>" in answer.text and 'class="primary"' in answer.text and answer.headers["Cache-Control"] == "no-store"


@pytest.fixture
def open_visit(worker: Worker) -> Worker:
    worker.begins()
    worker.answers(2, documents__withheld="told")
    worker.opens("/visit/1")
    return worker


def is_untouched(worker: Worker) -> bool:
    return "Told" in worker.opens("/visit/review")


@pytest.mark.parametrize("value", ["maybe", PLANTED, "SEEN", "told "])
def test_an_unknown_answer(open_visit: Worker, value: str) -> None:
    answer = open_visit.client.post("/visit/1", data={"csrf_token": secret(open_visit.text), "abuse-signs": value})
    assert answer.status_code == 400 and has_a_way_on(answer) and PLANTED not in answer.text
    assert is_untouched(open_visit)


def test_an_unknown_move(open_visit: Worker) -> None:
    answer = open_visit.client.post("/visit/1", data={"csrf_token": secret(open_visit.text), "move": PLANTED})
    assert answer.status_code == 400 and has_a_way_on(answer)
    assert is_untouched(open_visit)


@pytest.mark.parametrize(
    "fields", [{"checklist": PLANTED}, {"checklist": ""}, {"checklist": "alarm-bells", "place": "XX"}]
)
def test_an_unknown_checklist_or_place(worker: Worker, fields: dict[str, str]) -> None:
    page = worker.opens("/")
    answer = worker.client.post("/visit", data={"csrf_token": secret(page), **fields})
    assert answer.status_code == 400 and has_a_way_on(answer)


def test_an_unknown_circumstance(open_visit: Worker) -> None:
    answer = open_visit.client.post("/visit/safety", data={"csrf_token": secret(open_visit.text), "age": PLANTED})
    assert answer.status_code == 400 and has_a_way_on(answer)
    assert is_untouched(open_visit)


def test_a_form_without_its_secret(open_visit: Worker) -> None:
    answer = open_visit.client.post("/visit/1", data={"abuse-signs": "seen"})
    assert answer.status_code == 400 and has_a_way_on(answer)
    assert is_untouched(open_visit)


def test_a_form_of_another_tabs_older_visit_is_led_to_a_page_of_its_own(open_visit: Worker) -> None:
    """It may carry answers, and a page rendered in answer to it would have the browser write them to disk."""
    older = open_visit.text
    open_visit.begins()
    answer = open_visit.client.post("/visit/1", data={"csrf_token": secret(older), "abuse-signs": "seen"})
    assert answer.status_code == 303 and answer.headers["Location"] == "/older"
    answer = open_visit.client.get("/older")
    assert answer.status_code == 409 and has_a_way_on(answer) and "earlier visit" in answer.text
    assert "Seen" not in open_visit.opens("/visit/review")


def test_a_start_page_that_stayed_open_overnight_still_begins(worker: Worker, clock: Clock) -> None:
    page = worker.opens("/")
    clock.now += 12 * 3600
    fields = {"csrf_token": secret(page), "checklist": "alarm-bells", "place": "BE"}
    assert worker.client.post("/visit", data=fields).status_code == 303
    assert worker.client.get("/visit/safety").status_code == 410, "nothing vouches for the origin"
    answer = worker.client.post("/visit", data=fields, headers={"Origin": "http://localhost"})
    assert answer.headers["Location"] == "/visit/safety"
    assert worker.client.get("/visit/safety").status_code == 200


def test_a_start_page_of_another_tab_replaces_no_open_visit(open_visit: Worker) -> None:
    other = open_visit.client.application.test_client().get("/").text
    fields = {"csrf_token": secret(other), "checklist": "alarm-bells", "place": "BE"}
    answer = open_visit.client.post("/visit", data=fields, headers={"Origin": "http://localhost"})
    assert answer.headers["Location"] == "/older"
    assert is_untouched(open_visit)


def test_beginning_without_a_secret(worker: Worker) -> None:
    worker.opens("/")
    for headers in ({}, {"Origin": "http://localhost"}):
        answer = worker.client.post("/visit", data={"checklist": "alarm-bells"}, headers=headers)
        assert answer.status_code == 400 and has_a_way_on(answer)


def test_an_older_form_when_nothing_is_open(worker: Worker) -> None:
    worker.begins()
    older = worker.opens("/visit/1")
    worker.client.get("/leave")
    answer = worker.client.post("/visit/1", data={"csrf_token": secret(older), "abuse-signs": "seen"})
    assert answer.status_code == 303
    answer = worker.client.get(answer.headers["Location"])
    assert answer.status_code == 410 and has_a_way_on(answer)


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://localhost.elsewhere.example"])
def test_a_form_from_another_origin(open_visit: Worker, origin: str) -> None:
    fields = {"csrf_token": secret(open_visit.text), "abuse-signs": "seen"}
    answer = open_visit.client.post("/visit/1", data=fields, headers={"Origin": origin})
    assert answer.status_code == 403 and has_a_way_on(answer)
    assert is_untouched(open_visit)


def test_a_form_that_the_browser_calls_cross_site(open_visit: Worker) -> None:
    fields = {"csrf_token": secret(open_visit.text)}
    answer = open_visit.client.post("/visit/1", data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403 and has_a_way_on(answer)


def test_a_body_of_one_megabyte(open_visit: Worker) -> None:
    fields = {"csrf_token": secret(open_visit.text), "abuse-signs": PLANTED * 80_000}
    answer = open_visit.client.post("/visit/1", data=fields)
    assert answer.status_code == 413 and has_a_way_on(answer)
    assert is_untouched(open_visit)


def test_a_body_without_a_length(open_visit: Worker) -> None:
    answer = open_visit.client.post(
        "/visit/1",
        input_stream=io.BytesIO(b"abuse-signs=seen"),
        headers={"Transfer-Encoding": "chunked", "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 411 and has_a_way_on(answer)


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_a_body_of_another_kind(open_visit: Worker, kind: str) -> None:
    answer = open_visit.client.post("/visit/1", data=b"{}", content_type=kind)
    assert answer.status_code == 415 and has_a_way_on(answer)


@pytest.mark.parametrize(
    "damage",
    [
        lambda cookie: cookie[:-10],
        lambda cookie: cookie[:30] + ("A" if cookie[30] != "A" else "B") + cookie[31:],
        lambda cookie: PLANTED,
        lambda cookie: "gAAAAA" + "A" * 200,
        lambda cookie: "",
    ],
    ids=["truncated", "altered", "forged", "well-formed", "empty"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_cookie_that_cannot_be_opened(open_visit: Worker, damage: Callable[[str], str], method: str) -> None:
    cookie = open_visit.client.get_cookie(VISIT_COOKIE)
    assert cookie is not None
    open_visit.client.set_cookie(VISIT_COOKIE, damage(cookie.value))
    if method == "post":
        answer = open_visit.client.post("/visit/1", data={"csrf_token": secret(open_visit.text), "abuse-signs": "seen"})
        assert answer.status_code == 303, "never answered with a page: it carries answers"
        answer = open_visit.client.get(answer.headers["Location"])
    else:
        answer = open_visit.client.get("/visit/1")
    assert answer.status_code == 400 and has_a_way_on(answer) and "can no longer be read" in answer.text
    assert open_visit.client.get_cookie(VISIT_COOKIE) is None, "what cannot be opened is dropped"


def test_a_cookie_under_a_destroyed_key(open_visit: Worker, app: Flask, clock: Clock) -> None:
    for path in app.extensions["settings"].keys.glob("*.key"):
        path.unlink()
    app.extensions["keys"].tend()
    answer = open_visit.client.get("/visit/1")
    assert answer.status_code == 400 and has_a_way_on(answer)


def test_an_expired_cookie(open_visit: Worker, clock: Clock) -> None:
    clock.now += 21 * 60
    answer = open_visit.client.post("/visit/1", data={"csrf_token": secret(open_visit.text), "abuse-signs": "seen"})
    assert answer.status_code == 303
    answer = open_visit.client.get(answer.headers["Location"])
    assert answer.status_code in (409, 410) and has_a_way_on(answer)


def test_a_cookie_older_than_the_keys(open_visit: Worker, clock: Clock) -> None:
    clock.now += 2 * ROTATION
    answer = open_visit.client.get("/visit/1")
    assert answer.status_code == 400 and has_a_way_on(answer)


@pytest.mark.parametrize("path", ["/visit/safety", "/visit/1", "/visit/concern", "/visit/review", "/visit/outcome",
                                  "/visit/now", "/visit/sheet", "/visit/sheet.pdf", "/visit/awake"])  # fmt: skip
def test_without_a_visit_every_page_of_one_is_gone(worker: Worker, path: str) -> None:
    answer = worker.client.get(path)
    assert answer.status_code == 410 and has_a_way_on(answer)
    assert "larm" not in answer.text, "the page is neutral"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("get", "/" + PLANTED, 404),
        ("post", "/", 405),
        ("put", "/visit/1", 405),
        ("get", "/visit", 405),
        ("get", "/static/../screening/cli.py", 404),
    ],
)
def test_addresses_and_methods_that_are_none(worker: Worker, method: str, path: str, code: int) -> None:
    answer = getattr(worker.client, method)(path, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == code and has_a_way_on(answer)


def test_a_fault_of_ours_is_told_without_what_was_asked(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> str:
        raise ValueError(PLANTED)

    app.add_url_rule("/fail", "fail", fail)
    answer = app.test_client().get("/fail?" + PLANTED)
    assert answer.status_code == 500 and has_a_way_on(answer) and PLANTED not in answer.text
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "ValueError" in record.getMessage() and "in fail" in record.getMessage()
    assert record.exc_info is None
