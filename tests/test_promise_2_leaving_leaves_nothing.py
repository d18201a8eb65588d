"""Promise 2: one action erases the answers, shows a neutral page, and Back shows nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from conftest import Clock, Worker
from live import Server, walk
from screening.settings import Settings

ANSWERS = {"documents-withheld": "told", "abuse-signs": "seen"}
PAGES = ["safety", "1", "4", "concern", "review", "outcome", "now", "sheet"]


def shows_nothing(page: Page) -> bool:
    text = page.inner_text("body")
    return not any(word in text for word in ("Identity documents", "Told", "Seen", "alarm bell", "112"))


def is_erased(context: BrowserContext) -> bool:
    return not [cookie for cookie in context.cookies() if cookie["name"] == "visit"]


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("path", PAGES)
def test_one_tap_on_every_page_and_back_shows_nothing(
    chromium: Browser, live: Server, path: str, javascript: bool
) -> None:
    context = chromium.new_context(java_script_enabled=javascript)
    page = context.new_page()
    walk(page, live.home, ANSWERS)
    page.goto(f"{live.home}/visit/{path}")
    page.click('a[href="/leave"]')
    page.wait_for_url("**/closed")
    assert page.title() == "Visit guide" and shows_nothing(page) and is_erased(context)
    for _ in range(4):
        page.go_back()
        if page.url.startswith("about:"):
            break
        assert shows_nothing(page), page.url
    page.goto(f"{live.home}/visit/review")
    assert shows_nothing(page) and "Nothing is open here" in page.inner_text("body")
    context.close()


def test_shift_three_times_leaves(chromium: Browser, live: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    walk(page, live.home, ANSWERS)
    page.keyboard.press("Shift")
    page.keyboard.press("a")
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    page.wait_for_timeout(300)
    assert page.url.endswith("/visit/outcome"), "only three in a row leave"
    page.keyboard.press("a")
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("**/closed")
    assert is_erased(context)
    page.go_back()
    assert shows_nothing(page)
    context.close()


def test_leaving_takes_the_page_out_of_the_history(chromium: Browser, live: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    walk(page, live.home, ANSWERS)
    before = page.evaluate("history.length")
    page.click("a.leave")
    page.wait_for_url("**/closed")
    assert page.evaluate("history.length") == before
    context.close()


def test_a_page_that_the_browser_kept_in_memory_is_asked_for_anew(chromium: Browser, live: Server) -> None:
    """No header forbids it: Chromium keeps pages that say no-store, too, as long as no cookie changes."""
    context = chromium.new_context()
    page = context.new_page()
    walk(page, live.home, ANSWERS)
    page.goto(live.home + "/contacts")
    page.go_back()
    # Of a page out of memory this would still be "navigate", and of one that was not kept "back_forward".
    page.wait_for_function("performance.getEntriesByType('navigation')[0].type === 'reload'")
    assert "alarm bell" in page.inner_text("body"), "the visit is still open, so it is shown again"
    context.close()


def test_nothing_of_a_page_in_memory_shows_before_it_was_asked_for_anew(chromium: Browser, live: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    walk(page, live.home, ANSWERS)
    shown = """() => {
        dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
        return document.body.checkVisibility();
    }"""
    assert page.evaluate("document.body.checkVisibility()") and not page.evaluate(shown)
    context.close()


def test_who_walks_away_without_leaving_leaves_nothing_for_long(
    worker: Worker, clock: Clock, settings: Settings
) -> None:
    worker.begins()
    worker.answers(2, documents__withheld="told")
    clock.now += settings.idle_minutes * 60
    assert "Identity documents" in worker.opens("/visit/review")
    clock.now += settings.idle_minutes * 60 + 1
    page = worker.opens("/visit/review")
    assert "Identity documents" not in page and "Told" not in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_leaving_expires_our_cookies_by_name_and_clears_what_the_browser_kept(worker: Worker, method: str) -> None:
    worker.begins()
    worker.client.set_cookie("another-program", "stays")
    answer = getattr(worker.client, method)("/leave", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303 and answer.headers["Location"] == "/closed"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"', "never cookies: other programs' would go too"
    assert worker.client.get_cookie("visit") is None and worker.client.get_cookie("start") is None
    assert worker.client.get_cookie("another-program") is not None


def test_leaving_without_a_visit_is_no_error(worker: Worker) -> None:
    assert worker.client.get("/leave").status_code == 303


def test_another_neutral_page_may_be_named(another_worker: Callable[..., Worker]) -> None:
    worker = another_worker(leave_url="https://weather.example/")
    answer = worker.client.get("/leave")
    assert answer.headers["Location"] == "https://weather.example/"
    assert "form-action 'self' https://weather.example;" in answer.headers["Content-Security-Policy"]
