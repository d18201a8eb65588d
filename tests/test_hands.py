"""The cover, the idle end, the next person, keys, and leaving: in Chromium and Firefox, in two tabs, by the clock."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from conftest import Clock, Worker
from firefox import Firefox, Tab, firefox
from live import Server, walk

SIGN = "Identity documents"
SHIFT, ESCAPE = "\ue008", "\ue00c"


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 360, "height": 740})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, live: Server) -> Page:
    """A page of a visit, with a clock that can be moved."""
    page = context.new_page()
    page.clock.install()
    walk(page, live.home, {"documents-withheld": "told"})
    return page


def is_covered(page: Page) -> bool:
    said = page.inner_text("body")
    return "Clean hands" in said and SIGN not in said and "Seek advice" not in said


# --- the cover ---


def test_one_key_covers_the_screen_and_brings_it_back_as_it_was(page: Page, live: Server) -> None:
    page.goto(f"{live.home}/visit/2")
    page.check('[name="little-contact"][value="seen"]')
    page.keyboard.press("Escape")
    assert is_covered(page) and page.title() == "Visit guide"
    page.reload()
    assert is_covered(page), "the cover outlasts a reload"
    page.go_back()
    page.go_forward()
    assert is_covered(page)
    page.keyboard.press("Escape")
    assert SIGN in page.inner_text("main")


def test_what_was_chosen_and_the_focus_are_there_again_under_the_cover(page: Page, live: Server) -> None:
    page.goto(f"{live.home}/visit/2")
    page.check('[name="little-contact"][value="seen"]')
    page.focus('[name="little-contact"][value="seen"]')
    page.click(".way.cover")
    assert is_covered(page) and page.url.endswith("/visit/2")
    page.click("#cover button")
    assert SIGN in page.inner_text("main") and page.is_checked('[name="little-contact"][value="seen"]')


def test_the_page_covers_itself_after_two_minutes_without_a_touch(page: Page) -> None:
    page.clock.run_for("01:50")
    page.keyboard.press("Tab")
    page.clock.run_for("01:50")
    assert not is_covered(page)
    page.clock.run_for("00:15")
    assert is_covered(page)


def test_without_javascript_the_cover_is_a_page_of_its_own_and_saves_first(chromium: Browser, live: Server) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    walk(page, live.home, {})
    page.goto(f"{live.home}/visit/2")
    page.check('[name="documents-withheld"][value="told"]')
    page.click(".way.cover")
    assert page.url.endswith("/visit/cover") and is_covered(page)
    page.click('a:has-text("Continue")')
    assert page.url.endswith("/visit/2") and page.is_checked('[name="documents-withheld"][value="told"]')
    context.close()


@pytest.mark.parametrize("key", ["Escape", "Shift"])
def test_no_longer_alone_covers_at_once_and_the_keys_work_there(page: Page, live: Server, key: str) -> None:
    page.goto(f"{live.home}/visit/2")
    page.check('[name="little-contact"][value="told"]')
    page.click('.way:has-text("No longer alone")')
    page.wait_for_url("**/visit/cover")
    assert is_covered(page)
    for _ in range(1 if key == "Escape" else 3):
        page.keyboard.press(key)
    page.wait_for_url("**/visit/2" if key == "Escape" else "**/closed")
    if key == "Escape":
        told, unknown = (
            page.locator(f'[name="{name}"]:checked + span').evaluate("one => getComputedStyle(one).backgroundColor")
            for name in ("little-contact", "no-free-movement")
        )
        assert told == unknown, "what the person told does not catch the eye"


def test_shift_three_times_leaves_from_under_the_cover_too(page: Page) -> None:
    page.keyboard.press("Escape")
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("**/closed")


# --- the idle end ---


def test_the_warning_tells_the_time_left_and_gives_nothing_away_over_the_cover(page: Page) -> None:
    page.clock.run_for("18:00")
    assert is_covered(page)
    page.locator("#idle").wait_for(state="visible")
    assert "closes in less than two minutes" in page.inner_text("#idle")
    minutes, seconds = page.inner_text("#idle b").split(":")
    assert int(minutes) * 60 + int(seconds) <= 120
    page.click("#awake")
    page.locator("#idle").wait_for(state="hidden")
    assert is_covered(page)


def test_one_tabs_life_keeps_all_and_one_tabs_end_clears_all(context: BrowserContext, page: Page, live: Server) -> None:
    # The clock belongs to both.
    other = context.new_page()
    other.goto(f"{live.home}/visit/2")
    page.clock.run_for("18:00")
    page.click("#awake")
    page.locator("#idle").wait_for(state="hidden")
    other.locator("#idle").wait_for(state="hidden")
    page.clock.run_for("02:30")
    assert not page.url.endswith("/closed") and not other.url.endswith("/closed"), "put off in both"
    page.clock.run_for("17:00")
    page.wait_for_url("**/closed")
    other.wait_for_url("**/closed")
    assert not [cookie for cookie in context.cookies() if cookie["name"] == "visit"]


def test_a_tab_led_away_by_anothers_end_does_not_turn_back_to_end_what_may_have_begun_since(
    context: BrowserContext, live: Server
) -> None:
    page, other = context.new_page(), context.new_page()
    walk(page, live.home, {"documents-withheld": "told"})
    page.route(
        "**/visit/outcome",
        lambda route: route.fulfill(body=re.sub(r'data-left="?\d+"?', 'data-left="3"', route.fetch().text())),
    )
    held: list[Route] = []
    asked: list[str] = []
    page.route("**/closed", lambda route: held.append(route))
    page.on("request", lambda request: asked.append(request.url))
    other.goto(f"{live.home}/contacts")
    page.reload()
    asked.clear()
    # The other tab's end; the page after it comes slowly, and this tab's own time runs out meanwhile.
    other.evaluate("new BroadcastChannel('guide').postMessage({ visit: '' })")
    page.wait_for_timeout(5000)
    assert held and not [url for url in asked if url.endswith("/leave")]
    held[0].continue_()
    page.wait_for_url("**/closed")


def test_two_tabs_that_end_at_once_do_not_turn_each_other_away_from_leaving(
    context: BrowserContext, page: Page, live: Server
) -> None:
    other = context.new_page()
    other.goto(f"{live.home}/contacts")
    held: list[Route] = []
    page.route("**/leave", lambda route: held.append(route))
    page.evaluate("document.querySelector('a.leave').click()")
    while not held:
        page.wait_for_timeout(20)
    # What the other tab would say that ends in the same moment.
    other.evaluate("new BroadcastChannel('guide').postMessage({ visit: '' })")
    other.wait_for_timeout(300)
    held[0].continue_()
    page.wait_for_url("**/closed")
    assert not [cookie for cookie in context.cookies() if cookie["name"] == "visit"]


def test_a_machine_that_slept_past_the_end_wakes_to_an_empty_page(page: Page) -> None:
    page.clock.fast_forward("09:00:00")
    page.wait_for_url("**/closed")
    page.go_back()
    assert SIGN not in page.inner_text("body")


def test_the_cover_that_is_a_page_ends_with_the_visit(page: Page, live: Server) -> None:
    page.goto(f"{live.home}/visit/cover")
    page.clock.run_for("19:00")
    assert page.url.endswith("/visit/cover")
    page.clock.run_for("01:05")
    page.wait_for_url("**/closed")


@pytest.mark.parametrize("way", ["leave", "finish", "next"])
def test_whatever_ends_the_visit_in_one_tab_clears_the_other(
    context: BrowserContext, page: Page, live: Server, way: str
) -> None:
    other = context.new_page()
    other.goto(f"{live.home}/visit/review")
    assert SIGN in other.inner_text("main")
    page.click({"leave": "a.leave", "finish": ".finish button", "next": '.finish button:has-text("next person")'}[way])
    page.wait_for_url({"leave": "**/closed", "finish": "**/closed/done", "next": "**/visit/safety"}[way])
    other.wait_for_url("**/closed")
    if way == "next":
        page.reload()
        assert "First, safety" in page.inner_text("main"), "the other tab's end takes nothing from the new visit"


def test_without_javascript_a_screen_left_alone_is_led_to_a_page_that_is_empty_by_then(
    worker: Worker, clock: Clock
) -> None:
    worker.begins()
    page = worker.answers(2, documents__withheld="told")
    worker.opens("/visit/2")
    assert '<noscript><meta http-equiv="refresh" content="1201;url=/visit/cover"></noscript>' in worker.text
    clock.now += 1201
    page = worker.opens("/visit/cover")
    assert "The time was over" in page and worker.client.get_cookie("visit") is None


def test_the_cover_is_no_touch_and_leads_to_itself_while_another_tab_is_used(worker: Worker, clock: Clock) -> None:
    worker.begins()
    clock.now += 19 * 60
    page = worker.opens("/visit/cover")
    assert 'content="61;url=/visit/cover"' in page and "Clean hands" in page
    assert worker.page is not None and "Set-Cookie" not in worker.page.headers
    clock.now += 61
    assert worker.client.get("/visit/cover").status_code == 410


def test_the_cover_tells_nothing(worker: Worker) -> None:
    worker.begins()
    worker.answers(2, documents__withheld="told")
    for path in ("/visit/2", "/visit/now", "/visit/outcome"):
        worker.opens(path)
        page = worker.sends(path, move="cover")
        assert worker.page is not None and worker.page.request.path == "/visit/cover"
        assert not any(word in page for word in (SIGN, "Danger", "alarm", "112", "Alone")), path


# --- the next person ---


def test_the_next_person_finds_nothing_of_the_one_before(worker: Worker) -> None:
    worker.begins(place="FR")
    worker.answers(2, documents__withheld="told")
    older = worker.opens("/visit/outcome")
    page = worker.sends("/visit/next")
    assert worker.page is not None and worker.page.request.path == "/visit/safety" and "France" in page
    assert 'class="present"' not in worker.opens("/visit/review")
    answer = worker.client.post(
        "/visit/finish", data={"csrf_token": older.split('csrf_token" value="')[1].split('"')[0]}
    )
    assert answer.headers["Location"] == "/older", "a form of the one before no longer fits"


def test_what_the_browser_kept_of_the_one_before_is_dropped(worker: Worker) -> None:
    worker.begins()
    secret = worker.opens("/visit/outcome").split('csrf_token" value="')[1].split('"')[0]
    answer = worker.client.post("/visit/next", data={"csrf_token": secret})
    assert answer.status_code == 303 and answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_who_went_deeper_begins_with_the_short_one_again(worker: Worker) -> None:
    worker.begins()
    worker.opens("/visit/outcome")
    worker.sends("/visit/outcome", checklist="labour-exploitation")
    worker.opens("/visit/outcome")
    worker.sends("/visit/next")
    assert "Harm and fear" in worker.opens("/visit/1")


def test_a_visit_that_cannot_be_counted_says_so_and_is_erased(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.begins()
    worker.opens("/visit/outcome")
    monkeypatch.setattr("screening.visit.leaving.count", lambda visit: "visit.uncounted")
    page = worker.sends("/visit/next")
    assert "Not counted" in page and worker.client.get("/visit/review").status_code == 410


# --- answers by key ---


def test_a_group_is_answered_with_one_key_for_each_sign(page: Page, live: Server) -> None:
    page.goto(f"{live.home}/visit/1")
    page.keyboard.press("1")
    assert page.locator('[value="seen"]:checked').count() == 0, "a digit answers only the question that has the focus"
    page.keyboard.press("ArrowRight")
    for key in ("1", "3", "2"):
        page.keyboard.press(key)
    chosen = page.locator(".sign :checked").evaluate_all("(all) => all.map((one) => one.value)")
    assert chosen == ["seen", "no", "told"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/visit/2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/visit/3")
    page.goto(f"{live.home}/visit/1")
    assert page.is_checked('[name="afraid-of-others"][value="told"]')


def test_a_digit_typed_elsewhere_answers_nothing(page: Page, live: Server) -> None:
    page.goto(f"{live.home}/visit/1")
    page.focus("main .primary")
    page.keyboard.press("1")
    assert page.locator('[value="seen"]:checked').count() == 0


# --- Firefox ---


@pytest.fixture(scope="module")
def fox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with firefox(tmp_path_factory.mktemp("fox")) as browser:
        yield browser


@pytest.fixture
def tab(fox: Firefox, live: Server) -> Callable[[str], Tab]:
    """A tab at a page of a visit in which one sign was told."""
    first = fox.tab().goto(f"{live.home}/leave")
    first.goto(live.home)
    first.click("main .primary")
    first.wait_for("/visit/safety")
    first.goto(f"{live.home}/visit/2")
    first.click('[name="documents-withheld"][value="told"]')
    first.click("main .primary")
    first.wait_for("/visit/3")
    return lambda path: fox.tab().goto(f"{live.home}/visit/{path}")


def move_clock(tab: Tab, minutes: int) -> None:
    tab.eval(f"(now => {{ Date.now = () => now() + {minutes * 60_000} }})(Date.now)")


def wait_until(tab: Tab, expression: str) -> None:
    deadline = time.monotonic() + 20
    while not tab.eval(expression):
        assert time.monotonic() < deadline, expression
        time.sleep(0.1)


def test_firefox_leaves_by_key_and_back_shows_nothing(fox: Firefox, tab: Callable[[str], Tab], live: Server) -> None:
    page = tab("review")
    page.goto(f"{live.home}/visit/outcome")
    other = tab("2")
    page.front()
    page.press(SHIFT, SHIFT, SHIFT)
    page.wait_for("/closed")
    other.wait_for("/closed")
    assert not fox.has_cookie("visit")
    page.go_back()
    assert SIGN not in page.text and "Nothing is open here" in page.text


def test_firefox_covers_and_brings_back(tab: Callable[[str], Tab]) -> None:
    page = tab("review")
    page.press(ESCAPE)
    assert SIGN not in page.text and "Clean hands" in page.text
    page.press(ESCAPE)
    assert SIGN in page.text
    move_clock(page, 3)
    wait_until(page, "document.body.matches('.covered')")
    assert SIGN not in page.text


def test_firefox_warns_and_clears_every_tab_by_the_clock(fox: Firefox, tab: Callable[[str], Tab]) -> None:
    page, other = tab("review"), tab("2")
    page.front()
    move_clock(page, 18)
    wait_until(page, "!document.getElementById('idle').hidden")
    page.click("#awake")
    wait_until(page, "document.getElementById('idle').hidden")
    move_clock(page, 20)
    page.wait_for("/closed")
    other.wait_for("/closed")
    assert not fox.has_cookie("visit")


def test_firefox_forgets_for_the_next_person(tab: Callable[[str], Tab]) -> None:
    page, other = tab("outcome"), tab("2")
    page.front()
    page.click('.finish [formaction="/visit/next"]')
    page.wait_for("/visit/safety")
    other.wait_for("/closed")
    page.go_back()
    assert "Told" not in page.text


def test_firefox_without_javascript_leaves_covers_and_shows_nothing_on_back(tmp_path: Path, live: Server) -> None:
    with firefox(tmp_path / "fox", javascript=False) as browser:
        page = browser.tab().goto(live.home)
        page.click("main .primary")
        page.wait_for("/visit/safety")
        page.goto(f"{live.home}/visit/2")
        page.click('[name="documents-withheld"][value="told"]')
        page.click(".way.cover")
        page.wait_for("/visit/cover")
        assert SIGN not in page.text and "Clean hands" in page.text
        page.click(".leaflet a")
        page.wait_for("/visit/2")
        page.goto(f"{live.home}/visit/review")
        assert "Told" in page.text
        page.click("a.leave")
        page.wait_for("/closed")
        assert not browser.has_cookie("visit")
        for _ in range(3):
            page.go_back()
            assert SIGN not in page.text, page.url
