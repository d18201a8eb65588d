"""Every page: no violation that axe can find at three widths, and whole by keyboard alone and without JavaScript."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from live import Server, walk

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
PAGES = [
    "/", "/visit/safety", "/visit/1", "/visit/2", "/visit/concern", "/visit/review", "/visit/outcome", "/visit/now",
    "/visit/sheet", "/visit/card", "/visit/observe", "/visit/place", "/visit/contacts", "/visit/read", "/visit/reasons",
    "/visit/cover",
    "/contacts?place=US", "/contacts?place=JP", "/help", "/nowhere", "/older", "/closed", "/closed/done",
    "/closed/perhaps",
    "/help/scripts", "/help/setting-up", "/help/accessibility", "/practice",
]  # fmt: skip


TARGETS = (
    "a.call",
    ".answers a.small",
    ".tiles label",
    ".ticks label",
    ".way",
    ".primary",
    ".secondary",
    ".plain",
    ".fold",
    ".change",
    ".links a",
    ".folds li > a",
    "footer a",
    "summary",
    "select",
)


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = json.loads(page.evaluate("axe.run().then((result) => JSON.stringify(result.violations))"))
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes']]}" for one in found]


WIDTHS = (320, 360, 768, 1280)
SCHEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
}
#: At 200 % a screen has half as many of its own pixels; and text alone may be twice as large.
ZOOMS = ("", "zoom", "text")
#: Each value once; all products of them are a long proof.
EACH_ONCE = {(320, "light", ""), (360, "dark", "text"), (768, "forced colours", ""), (1280, "dark", "zoom")}
LOOKS = [
    pytest.param(*look, marks=[] if look in EACH_ONCE else [pytest.mark.long])
    for look in product(WIDTHS, SCHEMES, ZOOMS)
]


@pytest.mark.parametrize(("width", "scheme", "zoom"), LOOKS)
def test_axe_finds_nothing_on_any_page(chromium: Browser, live: Server, width: int, scheme: str, zoom: str) -> None:
    seen = max(width // 2, 320) if zoom == "zoom" else width
    # Our own policy would keep the tool out; it is set aside for its run alone.
    context = chromium.new_context(
        viewport={"width": seen, "height": 740},
        device_scale_factor=width / seen,
        bypass_csp=True,
        **SCHEMES[scheme],
    )
    page = context.new_page()

    def is_well(path: str, unfold: bool = True) -> None:
        if zoom == "text":
            page.add_style_tag(content="html { font-size: 200% }")
        for fold in page.locator("summary:visible").all() if unfold else ():
            fold.click()
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= seen, f"{path} scrolls sideways at {width}"

    walk(page, live.home, {"documents-withheld": "told", "abuse-signs": "seen", "little-contact": "no"})
    page.goto(live.home + "/visit/safety")
    page.check('[name="danger"][value="true"]')
    page.check('[name="age"][value="unsure"]')
    page.click("main .primary")
    for path in PAGES:
        page.goto(live.home + path)
        is_well(path)
    page.goto(live.home + "/visit/2")
    # On a wide screen the steps stand beside the page, and Escape would cover it.
    opens = page.locator(".where button").is_visible()
    if opens:
        page.click(".where button")
    is_well("the steps", unfold=False)
    if opens:
        page.keyboard.press("Escape")
    page.click(".way.cover")
    page.evaluate("document.getElementById('idle').hidden = false")
    is_well("the cover")
    page.goto(live.home + "/visit/safety")
    page.check('[name="alone"][value="false"]')
    page.click("main .primary")
    page.wait_for_url("**/visit/1")
    assert "Observe only" in page.inner_text("main")
    is_well("observe only")
    context.clear_cookies()
    page.goto(live.home + "/visit/review")
    assert "Nothing is open here" in page.inner_text("main")
    is_well("nothing open")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_on_any_page_of_practice(chromium: Browser, live: Server, width: int, scheme: str) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 740}, bypass_csp=True, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(live.home + "/practice")
    assert violations(page) == []
    page.click('button[value="helpful-friend"]')
    page.check('[name="alone"][value="false"]')
    page.check('[name="age"][value="unsure"]')
    page.click("main .primary")
    page.check('[name="afraid-to-speak"][value="told"]')
    page.check('[name="abuse-signs"][value="no"]')
    page.click("main .primary")
    for path in (
        "/practice", "/", "/visit/safety", "/visit/1", "/visit/concern", "/visit/review", "/visit/outcome",
        "/visit/now", "/visit/card", "/visit/sheet", "/visit/discussion",
    ):  # fmt: skip
        page.goto(live.home + path)
        for fold in page.locator("summary:visible").all():
            fold.click()
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} scrolls sideways at {width}"
    context.close()


@pytest.mark.parametrize("width", [320, 1100])
def test_axe_finds_nothing_on_the_way_through_a_deeper_checklist(chromium: Browser, live: Server, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 740}, bypass_csp=True)
    page = context.new_page()
    walk(page, live.home, {"documents-withheld": "told", "afraid-to-speak": "seen"})
    for checklist in ("act-means-purpose", "sexual-exploitation", "labour-exploitation"):
        page.goto(live.home + "/visit/outcome")
        for fold in page.locator("summary").all():
            fold.click()
        assert violations(page) == [], checklist
        page.click(f'button[name="checklist"][value="{checklist}"]')
        while not page.url.endswith("/visit/outcome"):
            page.wait_for_load_state()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for context_sign in page.locator('[value="seen"][name="language-not-spoken"]').all():
                context_sign.check()
                assert violations(page) == []
            page.click("main .primary")
        page.wait_for_load_state()
        assert "Why" in page.inner_text("main")
    assert "weigh more" in page.inner_text("main") and violations(page) == []
    context.close()


def test_tiles_buttons_and_summaries_are_large_enough_to_tap(chromium: Browser, live: Server) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    walk(page, live.home, {"documents-withheld": "told"})
    for path in (
        "/",
        "/visit/safety",
        "/visit/1",
        "/visit/observe",
        "/visit/concern",
        "/visit/review",
        "/help",
        "/visit/outcome",
    ):
        page.goto(live.home + path)
        for fold in page.locator("summary:visible").all():
            fold.click()
        for target in page.locator(", ".join(f"{name}:visible" for name in TARGETS)).all():
            box = target.bounding_box()
            assert box is not None and box["height"] >= 44, f"{path}: {target.inner_text()}"
    assert page.locator("td a.small:visible, th a.small:visible").count() == 1
    context.close()


def test_a_group_page_is_two_screens_of_a_phone_at_most(chromium: Browser, live: Server) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    walk(page, live.home, {})
    for number in range(1, 5):
        page.goto(f"{live.home}/visit/{number}")
        assert page.evaluate("document.documentElement.scrollHeight") <= 2 * 740, number
    context.close()


def press_to(page: Page, name: str) -> None:
    """Tab until the element whose text or value is `name` has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "(e => e.type === 'radio' ? e.name : e.tagName === 'SELECT' ? e.id : e.innerText.trim().split('\\n')[0])"
            "(document.activeElement)"
        )
        if said == name:
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(java_script_enabled=request.param)
    yield made
    made.close()


def test_a_whole_visit_by_keyboard_alone(chromium: Browser, live: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(live.home)
    press_to(page, "place")
    page.keyboard.type("Belg")
    press_to(page, "Begin")
    page.keyboard.press("Enter")
    page.wait_for_url("**/visit/safety")
    press_to(page, "alone")
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    assert page.is_checked('[name="alone"][value="true"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/visit/1")
    press_to(page, "abuse-signs")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    assert page.is_checked('[name="abuse-signs"][value="seen"]')
    # Enter on a radio goes on; it must never be the "Danger" button that stands first in the page.
    page.keyboard.press("Enter")
    page.wait_for_url("**/visit/2")
    for following in ("3", "4", "concern", "review", "outcome"):
        press_to(page, "Show the result" if following == "outcome" else "Save and continue")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/visit/{following}")
    assert "signs of abuse" in page.inner_text("h1")
    press_to(page, "Danger")
    page.keyboard.press("Enter")
    page.wait_for_url("**/visit/now")
    press_to(page, "Leave")
    page.keyboard.press("Enter")
    page.wait_for_url("**/closed")
    context.close()


def test_every_focus_can_be_seen(chromium: Browser, live: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    walk(page, live.home, {})
    page.goto(live.home + "/visit/1")
    seen = 0
    while True:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        # A radio is drawn by what stands behind it.
        drawn = "(e => e.type === 'radio' ? e.nextElementSibling : e)(document.activeElement)"
        outline = page.evaluate(f"getComputedStyle({drawn}).outlineStyle")
        assert outline == "solid", page.evaluate("document.activeElement.outerHTML")
        seen += 1
    assert seen == 21, "skip, four ways out, eight steps, three signs, three moves, help, language"
    context.close()


def test_a_screen_reader_is_told_what_each_thing_is(chromium: Browser, live: Server) -> None:
    """The names in the accessibility tree, as the browser gives them away."""
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    walk(page, live.home, {"documents-withheld": "told"})
    page.goto(live.home + "/visit/2")
    tree = page.locator("body").aria_snapshot()
    for line in (
        '- link "Skip to the page"',
        '- navigation "At any time":',
        '- button "Danger"',
        '- button "No longer alone"',
        '- button "Cover"',
        '- link "Leave"',
        '- button "Step 3 of 8"',
        '- progressbar "Progress"',
        '- heading "Freedom and contact" [level=1]',
        '- group "Identity documents are kept by someone else":',
        '- radio "Told" [checked]',
        '- radio "Not known" [checked]',
        '- button "Save and continue"',
    ):
        assert line in tree, f"{line}\n{tree}"
    assert "Clean hands" not in tree and "closes in" not in tree, "what is hidden is told to nobody"
    page.click(".where button")
    steps = page.locator("#steps").aria_snapshot()
    assert '- button "Freedom and contact (answered)"' in steps and '- button "Result"' in steps
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    covered = page.locator("body").aria_snapshot()
    assert "Clean hands" in covered and "Identity documents" not in covered and "Danger" not in covered
    context.close()


def test_everything_works_with_and_without_javascript(context: BrowserContext, live: Server) -> None:
    page = context.new_page()
    foreign = []
    page.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(live.home) else None)
    walk(page, live.home, {"documents-withheld": "told", "large-debt": "seen"}, place="US")
    assert "Several alarm bells" in page.inner_text("h1")
    page.click('button:has-text("No longer alone")')
    page.goto(live.home + "/visit/2")
    assert "Observe only" in page.inner_text("main")
    page.click('button:has-text("Danger")')
    assert "Call 911" in page.inner_text("main")
    page.click("main .primary")
    page.goto(live.home + "/visit/review")
    page.click('main button:has-text("Back")')
    assert page.url.endswith("/visit/concern")
    page.goto(live.home + "/visit/outcome")
    page.click(".finish button")
    page.wait_for_url("**/closed/done")
    assert foreign == [], "no request leaves for another host"


def test_nothing_breaks_the_content_security_policy(chromium: Browser, live: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    walk(page, live.home, {})
    for path in PAGES:
        page.goto(live.home + path)
    assert [line for line in said if "status of" not in line] == []
    context.close()


def test_the_idle_warning_comes_before_the_end_and_can_be_put_off(chromium: Browser, live: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.clock.install()
    walk(page, live.home, {})
    assert page.locator("#idle").is_hidden()
    page.clock.fast_forward("18:30")
    page.locator("#idle").wait_for(state="visible")
    page.click("#awake")
    page.locator("#idle").wait_for(state="hidden")
    page.clock.fast_forward("20:05")
    page.wait_for_url("**/closed")
    context.close()
