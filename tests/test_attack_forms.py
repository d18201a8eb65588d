"""Every view that takes a form, found by itself, meets whatever can be sent: it answers clearly and loses nothing."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from conftest import Clock, Worker, secret
from screening import create_app
from screening.checklist import CIRCUMSTANCE_VALUES, Answer
from screening.forms import CONCERN, OBSERVED, SAFETY
from screening.rulebook import Rulebook
from screening.session import START_COOKIE, VISIT_COOKIE, SealedSession, Visit
from screening.settings import Settings
from screening.supervisor.session import COOKIE as SUPERVISORS_COOKIE
from screening.supervisor.session import PREFIX
from screening.visit.team import CODES

PLANTED = "planted-zebra"

#: These end a visit or begin another, as they should; every other form may change nothing but what its page asks.
ENDS_A_VISIT = {
    "visit.begin",
    "visit.begin_practice",
    "visit.finish",
    "visit.leave",
    "visit.next_person",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    instance = tmp_path_factory.mktemp("instance")
    return create_app(Settings(instance=instance, keys=instance / "keys"), Clock())


def rules_with(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def address_of(rule: Rule) -> str:
    return str(rule).replace("<int:number>", "2").replace("<", "").replace(">", "")


@contextmanager
def heard() -> Iterator[list[str]]:
    """All that is logged meanwhile, at every level."""
    lines: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.getMessage()} {record.args} {record.exc_text}")

    listening, root = Listening(), logging.getLogger()
    before = root.level
    root.addHandler(listening)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(listening)
        root.setLevel(before)


@dataclass(frozen=True)
class Planted:
    """The cookie of a visit that holds something from every page, and the secret of its forms; the supervisors' too."""

    cookie: str
    secret: str
    supervisors_cookie: str
    supervisors_secret: str

    def browser(self, app: Flask) -> FlaskClient:
        client = app.test_client()
        client.set_cookie(VISIT_COOKIE, self.cookie)
        client.set_cookie(SUPERVISORS_COOKIE, self.supervisors_cookie, path=PREFIX)
        return client

    def secret_for(self, rule: Rule) -> str:
        return self.supervisors_secret if rule.endpoint.startswith("supervisor.") else self.secret

    def is_kept_by(self, client: FlaskClient) -> bool:
        kept = client.get_cookie(VISIT_COOKIE)
        return kept is not None and kept.value == self.cookie


@pytest.fixture(scope="module")
def planted(app: Flask, rulebook: Rulebook) -> Planted:
    worker = Worker(app.test_client())
    worker.begins()
    for number, group in enumerate(rulebook.checklists["alarm-bells"].groups, start=1):
        worker.answers(number, **{sign.id: "told" for sign in group.indicators})
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", alone="true", interpreter="professional", age="adult", consent="given")
    worker.opens("/visit/concern")
    page = worker.sends("/visit/concern", asks="true", concern="true")
    theirs = secret(worker.opens("/supervisor/sign-in"))
    cookie, supervisors = (
        worker.client.get_cookie(VISIT_COOKIE),
        worker.client.get_cookie(SUPERVISORS_COOKIE, path=PREFIX),
    )
    assert cookie is not None and supervisors is not None
    return Planted(cookie.value, secret(page), supervisors.value, theirs)


def visit_in(app: Flask, cookie: str) -> Visit:
    text, sealed_at = app.extensions["keys"].open(cookie)
    rulebook = cast(Rulebook, app.extensions["rulebook"])
    visit = SealedSession(0.0, json.loads(text), sealed_at=sealed_at).read(rulebook.indicators, rulebook.checklists)
    assert visit is not None
    return visit


def may_change(rulebook: Rulebook, endpoint: str) -> set[str]:
    """What the page of this view asks, and so may change."""
    checklist = rulebook.checklists["alarm-bells"]
    # Danger and alone are buttons of every page.
    pressed = {"danger", "alone"}
    match endpoint:
        case "visit.group":
            return pressed | {sign.id for sign in checklist.groups[1].indicators}
        case "visit.safety":
            return pressed | set(SAFETY)
        case "visit.concern":
            return pressed | set(CONCERN)
        case "visit.observe":
            return pressed | set(OBSERVED) | {sign.id for sign in checklist.indicators.values() if sign.look}
        case _:
            return pressed


def facts(visit: Visit) -> dict[str, str]:
    return dict(visit.circumstances.known()) | {
        sign: answer.value for sign, answer in visit.answers.items() if answer is not Answer.UNKNOWN
    }


def names(rulebook: Rulebook) -> list[str]:
    """Every name that some form of ours has, and what is none."""
    signs = [sign.id for group in rulebook.checklists["alarm-bells"].groups for sign in group.indicators]
    ours = ["move", "csrf_token", "checklist", "place", "way", "case", "language", "person", "to", "result", "safe"]
    return [*ours, "practice", "name", "password", "code", *CIRCUMSTANCE_VALUES, *signs, PLANTED, "", "__class__"]


VALUES = [
    *(answer.value for answer in Answer),
    *("true", "false", "adult", "child", "given", "refused", "professional", "alarm-bells", "full-assessment", "BE"),
    *("next", "back", "danger", "not-alone", "alone", "cover", "help", "sheet", "step-1", "step-99", "person"),
    *("observe", "questions", "en", "fr", "//elsewhere.example", "/\\elsewhere.example", "/visit/1", "over"),
    *(
        PLANTED,
        PLANTED * 700,
        "../../etc/passwd",
        "{{7*7}}",
        "' OR 1=1 --",
        "%s%n",
        "\x00",
        "\r\nSet-Cookie: a=b",
        "[]",
    ),
]
BYTES = st.binary(max_size=12).map(quote) | st.sampled_from(["%", "%zz", "%ff%fe", "%ed%a0%80", "%c0%af", "%00", "+"])


def bodies(rulebook: Rulebook) -> st.SearchStrategy[str]:
    """Forms as a browser sends them, with whatever in them, twice or not at all; and what is no form."""
    names_or_none = st.sampled_from(names(rulebook)) | st.text(max_size=8)
    pairs = st.tuples(names_or_none, st.sampled_from(VALUES) | st.text(max_size=20))
    whole = st.lists(pairs, max_size=8).map(lambda some: urlencode(some, errors="replace"))
    raw = st.lists(st.sampled_from(["move=", "&", "=", ";", "csrf_token=", "abuse-signs=seen"]) | BYTES, max_size=12)
    return whole | raw.map("".join) | st.sampled_from(["&" * 60_000, "a=&" * 20_000, "move=" + "x" * 66_000])


SECRETS = st.sampled_from(["right"] * 12 + ["none", "wrong", "twice", "after"])
KINDS = st.sampled_from(
    ["application/x-www-form-urlencoded"] * 12
    + [
        "application/x-www-form-urlencoded; charset=utf-7",
        "multipart/form-data; boundary=x",
        "application/json",
        "",
        "\xff",
    ]
)
HEADERS = st.dictionaries(
    st.sampled_from(["Origin", "Sec-Fetch-Site", "Accept-Language", "Referer", "X-Forwarded-For"]),
    st.sampled_from(["http://localhost", "null", "http://[", "http://a:b", "same-origin", "cross-site", PLANTED, "*;q"])
    | st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=8),
    max_size=2,
)  # fmt: skip


def with_secret(body: str, how: str, right: str) -> str:
    given = {"none": [], "right": [right], "wrong": [PLANTED], "twice": [right, PLANTED], "after": [PLANTED, right]}
    return "&".join([*(f"csrf_token={quote(one)}" for one in given[how]), body])


def is_clear(answer: TestResponse) -> bool:
    """It leads on, or says what is wrong with a way on; it is never a page that is answered to a form."""
    if answer.status_code == 303:
        return answer.headers["Location"].startswith("/") and not answer.headers["Location"].startswith("//")
    return 400 <= answer.status_code < 500 and "<h1>" in answer.text and 'class="primary"' in answer.text


@pytest.mark.parametrize("examples", [12, pytest.param(90, marks=pytest.mark.long)])
def test_whatever_is_sent_to_any_form_is_answered_clearly_and_loses_nothing(
    app: Flask, planted: Planted, rulebook: Rulebook, examples: int
) -> None:
    before = facts(visit_in(app, planted.cookie))
    rules = rules_with(app, "POST")
    assert len(rules) > 20
    for rule in rules:

        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.just(rule), bodies(rulebook), SECRETS, KINDS, HEADERS)
        def attack(rule: Rule, body: str, how: str, kind: str, headers: dict[str, str]) -> None:
            # Or all that comes after the tenth is refused for its number alone.
            CODES.forget("127.0.0.1")
            client = planted.browser(app)
            with heard() as lines:
                sent = with_secret(body, how, planted.secret_for(rule))
                answer = client.post(address_of(rule), data=sent, content_type=kind, headers=headers)
            assert is_clear(answer), (answer.status, answer.headers)
            said = answer.text + "".join(value for name, value in answer.headers if name != "Location")
            assert PLANTED not in said
            assert not any(PLANTED in line or "told" in line for line in lines), lines
            kept = client.get_cookie(VISIT_COOKIE)
            if answer.status_code != 303:
                assert planted.is_kept_by(client), "what is refused changes nothing"
            elif rule.endpoint not in ENDS_A_VISIT:
                assert kept is not None, "the visit is gone"
                after = facts(visit_in(app, kept.value))
                free = may_change(rulebook, rule.endpoint)
                assert {one: after.get(one) for one in before if one not in free} == {
                    one: value for one, value in before.items() if one not in free
                }

        attack()


def test_a_form_that_would_be_taken_is_not_taken_without_its_secret(
    app: Flask, planted: Planted, rulebook: Rulebook
) -> None:
    """Every view, but for leaving, which may do no more than end the visit of whoever was led to it."""
    for rule in rules_with(app, "POST"):
        for token in ("", PLANTED, planted.secret_for(rule)[:-1]):
            client = planted.browser(app)
            fields = {"move": "not-alone", "checklist": "alarm-bells", "place": "FR", "csrf_token": token}
            answer = client.post(address_of(rule), data=fields)
            if rule.endpoint == "visit.leave":
                assert client.get_cookie(VISIT_COOKIE) is None
                continue
            assert planted.is_kept_by(client), rule
            assert answer.status_code == 400 or answer.headers["Location"] in (
                "/older",
                "/supervisor/sign-in",
                "/supervisor/still-signed-in",
            ), (rule, answer.status)


def test_a_form_from_another_site_reaches_no_view(app: Flask, planted: Planted) -> None:
    """That browsers send it no cookie and say where it is from is tried in both: tests/test_attack_browsers.py."""
    for rule in rules_with(app, "POST"):
        for headers in (
            {"Origin": "https://elsewhere.example"},
            {"Origin": "http://["},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            client = planted.browser(app)
            assert (
                client.post(
                    address_of(rule), data={"csrf_token": planted.secret_for(rule)}, headers=headers
                ).status_code
                == 403
            ), rule
            assert planted.is_kept_by(client)


def test_no_file_is_ever_taken(app: Flask, planted: Planted) -> None:
    for rule in rules_with(app, "POST"):
        client = planted.browser(app)
        fields = {"csrf_token": planted.secret_for(rule), "upload": (io.BytesIO(b"#!/bin/sh"), "../../x.py")}
        assert client.post(address_of(rule), data=fields).status_code == 415, rule


def test_a_start_cookie_of_anybody_opens_no_visit(app: Flask, planted: Planted) -> None:
    client = app.test_client()
    client.set_cookie(START_COOKIE, planted.cookie)
    assert client.get("/visit/review").status_code == 410
