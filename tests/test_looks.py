"""What a page weighs, how far one scrolls, and how long the ways through take."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import closing
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import brotli
import pytest
from playwright.sync_api import Browser, Page

from conftest import HOUSE, Worker, secret
from live import Server, walk

KILO = 1024
FILES = ("guide.css", "guide.js", "icon.svg", "icons.svg")


class Wire:
    """A browser's side of the real server: what it weighs in bytes, headers not counted."""

    def __init__(self, home: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(home).netloc)
        self._cookies: dict[str, str] = {}
        self.page = ""

    def close(self) -> None:
        self._connection.close()

    def speak(self, code: str) -> None:
        self._cookies["language"] = code

    def ask(self, method: str, path: str, **fields: str) -> int:
        headers = {"Accept-Encoding": "gzip, br", "Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        body = None
        if method == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
            body = urlencode({"csrf_token": secret(self.page), **fields})
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        for name, value in answer.getheaders():
            if name == "Set-Cookie":
                self._cookies |= {key: morsel.value for key, morsel in SimpleCookie(value).items()}
        if answer.status == 303:
            return self.ask("GET", str(answer.getheader("Location")))
        assert answer.status == 200, (path, answer.status)
        assert answer.getheader("Content-Encoding") == "br", path
        self.page = brotli.decompress(content).decode()
        return len(content)


def test_a_first_visit_weighs_less_than_14_kb_and_each_later_page_less_than_4(live: Server) -> None:
    with closing(Wire(live.home)) as wire:
        weigh(wire, 14 * KILO, 4 * KILO)


@pytest.mark.parametrize("code", ["nl", "fr", "de", "es", "da", "ro", "bg"])
def test_in_other_languages_a_page_weighs_no_more(live: Server, code: str) -> None:
    with closing(Wire(live.home)) as wire:
        wire.speak(code)
        weigh(wire, 14 * KILO, 4 * KILO)
        assert f'<html lang="{code}"' in wire.page


def weigh(wire: Wire, first: int, later: int) -> None:
    files = sum(wire.ask("GET", f"/static/{name}") for name in FILES[:2])
    files += sum((HOUSE / "static" / name).stat().st_size for name in FILES[2:3]) + wire.ask("GET", "/static/icons.svg")
    assert files + wire.ask("GET", "/") < first
    weights = {"begin": wire.ask("POST", "/visit", checklist="alarm-bells", place="BE")}
    weights["safety"] = wire.ask("POST", "/visit/safety", alone="true", interpreter="not-needed", age="adult")
    wire.ask("GET", "/visit/1")
    weights["group"] = wire.ask("POST", "/visit/1", **{"abuse-signs": "seen", "afraid-to-speak": "told"})
    weights["next"] = wire.ask("POST", "/visit/2", **{"documents-withheld": "told", "little-contact": "no"})
    for path in ("concern", "review", "outcome", "now", "card", "sheet", "cover", "observe", "read", "reasons"):
        weights[path] = wire.ask("GET", f"/visit/{path}")
    for name, circumstances in {
        "watched": {"alone": "false", "interpreter": "other", "age": "child"},
        "in danger": {"alone": "true", "interpreter": "other", "age": "child", "danger": "true"},
        "refused": {"alone": "true", "interpreter": "not-needed", "age": "adult", "consent": "refused"},
    }.items():
        wire.ask("GET", "/visit/safety")
        wire.ask("POST", "/visit/safety", **circumstances)
        wire.ask("GET", "/visit/concern")
        wire.ask("POST", "/visit/concern", asks="true", concern="true")
        weights[name] = wire.ask("GET", "/visit/outcome")
    assert max(weights.values()) < later, weights


def test_the_script_is_one_small_file() -> None:
    assert [path.name for path in (HOUSE / "static").glob("*.js")] == ["guide.js"]
    assert len(brotli.compress((HOUSE / "static" / "guide.js").read_bytes())) < 5 * KILO
    for template in (HOUSE / "templates").glob("*.html"):
        text = template.read_text()
        assert "<style" not in text and " style=" not in text and " onclick=" not in text, template.name
        assert text.count("<script") == text.count("<script src="), template.name


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("place", ["BE", "FR", "US"])
def test_what_why_what_now_and_whom_to_call_are_one_screen_of_a_phone(phone: Page, live: Server, place: str) -> None:
    walk(phone, live.home, {"documents-withheld": "told", "abuse-signs": "seen"}, place=place)
    for part in ("h1", "#why", "#now", "#call .call >> nth=-1"):
        box = phone.locator(part).bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= 740, part


def test_the_fast_path_takes_fifteen_taps_and_under_a_minute_and_asks_nothing(phone: Page, live: Server) -> None:
    taps = 0

    def tap(selector: str) -> None:
        nonlocal taps
        taps += 1
        phone.tap(selector)

    begun = time.monotonic()
    phone.goto(live.home)
    # A list of countries: one tap opens it, one chooses.
    phone.select_option("#place", "BE")
    taps += 2
    tap('button[value="observe"]')
    phone.wait_for_url("**/visit/observe")
    assert "?" not in phone.inner_text(".ticks label >> nth=-1") and phone.locator(".ask").count() == 0
    for sign in ("abuse-signs", "afraid-to-speak", "documents-withheld"):
        tap(f'.ticks label:has([name="{sign}"])')
    tap('label:has([name="age"][value="adult"])')
    tap("main .primary")
    phone.wait_for_url("**/visit/outcome")
    assert "Several alarm bells" in phone.inner_text("h1")
    # What is left of the minute is for reading eleven lines.
    assert taps <= 15 and time.monotonic() - begun < 20
    assert "See the person alone" in phone.inner_text("#now")
    tap('button:has-text("When you are alone")')
    phone.wait_for_url("**/visit/safety")
    assert phone.locator(".ask").count() == 0


def test_alarm_bells_with_every_question_take_under_three_minutes(phone: Page, live: Server) -> None:
    begun = time.monotonic()
    taps = 3
    phone.goto(live.home)
    phone.select_option("#place", "BE")
    with phone.expect_navigation():
        phone.tap("main .primary")
    while not phone.url.endswith("/visit/outcome"):
        for question in phone.locator(".sign:visible").all():
            name = question.locator("input").first.get_attribute("name")
            is_first_wanted = name in ("alone", "interpreter", "age", "consent")
            question.locator("label").nth(0 if is_first_wanted else 1).tap()
            taps += 1
        taps += 1
        with phone.expect_navigation():
            phone.tap("main .primary")
    assert taps <= 40, "at four seconds for each, with its reading, that is under three minutes"
    assert time.monotonic() - begun < 60


# --- observing first ---


def test_observing_first_ends_in_the_outcome_and_keeps_what_was_told(worker: Worker) -> None:
    worker.opens("/")
    worker.sends("/visit", checklist="alarm-bells", place="BE", way="observe")
    assert worker.page is not None and worker.page.request.path == "/visit/observe"
    page = worker.sends("/visit/observe", documents__withheld="seen", age="unsure", concern="true")
    assert worker.page.request.path == "/visit/outcome" and 'class="red"' in page
    worker.answers(2, documents__withheld="told", little__contact="no", no__free__movement="seen")
    worker.opens("/visit/observe")
    assert worker.text.count(' value="seen" checked') == 2
    worker.sends("/visit/observe", documents__withheld="seen")
    page = worker.opens("/visit/2")
    for sign, answer in (("documents-withheld", "told"), ("little-contact", "no"), ("no-free-movement", "unknown")):
        assert f'name="{sign}" value="{answer}" checked' in page, "no tick is never a no"


@pytest.mark.parametrize("sent", [{"documents-withheld": "no"}, {"age": "old"}])
def test_what_the_page_of_ticks_cannot_send_is_refused(worker: Worker, sent: dict[str, str]) -> None:
    worker.begins()
    token = secret(worker.opens("/visit/observe"))
    answer = worker.client.post("/visit/observe", data={"csrf_token": token, **sent})
    assert answer.status_code == 400
    assert "documents-withheld" not in answer.text


def test_a_way_through_a_visit_that_does_not_exist_is_refused(worker: Worker) -> None:
    token = secret(worker.opens("/"))
    sent = {"csrf_token": token, "checklist": "alarm-bells", "place": "BE", "way": "sideways"}
    assert worker.client.post("/visit", data=sent).status_code == 400


def test_questions_are_offered_after_observing_unless_they_were_refused(worker: Worker) -> None:
    worker.begins()
    assert "go on with questions" in worker.opens("/visit/outcome")
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", alone="true", age="adult", consent="refused")
    assert "go on with questions" not in worker.opens("/visit/outcome")


# --- where one is ---


def test_every_step_can_be_jumped_to_and_the_page_is_saved(worker: Worker) -> None:
    worker.begins()
    page = worker.opens("/visit/2")
    steps = page[page.index('<nav id="steps"') : page.index("</nav>", page.index('<nav id="steps"'))]
    assert steps.count("<button") == 8 and steps.count('aria-current="step"') == 1
    worker.sends("/visit/2", documents__withheld="told", move="step-7")
    assert worker.page is not None and worker.page.request.path == "/visit/review"
    assert "Told" in worker.text and "Freedom and contact<span" in worker.text
    worker.sends("/visit/review", move="step-8")
    assert worker.page.request.path == "/visit/outcome"
    worker.sends("/visit/outcome", move="step-1")
    assert worker.page.request.path == "/visit/safety"


@pytest.mark.parametrize("step", ["step-0", "step-9", "step-", "step-1x", "step--1"])
def test_a_step_that_does_not_exist_is_refused(worker: Worker, step: str) -> None:
    worker.begins()
    token = secret(worker.opens("/visit/2"))
    assert worker.client.post("/visit/2", data={"csrf_token": token, "move": step}).status_code == 400


def test_the_country_is_changed_on_a_page_of_its_own(worker: Worker) -> None:
    worker.begins(place="BE")
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", age="child", move="place")
    assert worker.page is not None and worker.page.request.path == "/visit/place"
    page = worker.sends("/visit/place", place="FR")
    assert "France" in page and 'value="child" checked' in page
