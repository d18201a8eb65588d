"""A supervisor's whole journey in a real browser: by keyboard, on a phone, without JavaScript, in print."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from pypdf import PdfReader

from each_once import combinations
from live import Server, hits, serving
from screening import create_app
from screening.accounts import Accounts
from screening.demo import SITES, invent
from screening.settings import Settings
from test_accessibility import press_to, violations

PASSWORD = "copper lantern seven rivers"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The production server over two years of invented releases, in which every other figure of one site is small."""
    folder = tmp_path_factory.mktemp("supervised")
    instance = folder / "instance"
    app = create_app(Settings(instance=instance, keys=instance / "keys"))
    signs = [id for id, one in app.extensions["rulebook"].indicators.items() if not one.context]
    invent(app.extensions["store"], app.extensions["sites"], signs, until="2026-11")
    accounts: Accounts = app.extensions["accounts"]
    for name, site in (("ann", ""), ("bob", "youth-clinic"), ("carol", "")):
        accounts.add(name, PASSWORD, site)
    app.extensions["store"].let_go()
    with serving(folder, {"DATABASE_URL": ""}) as server:
        yield server


def sign_in(page: Page, home: str, name: str = "ann", password: str = PASSWORD) -> None:
    page.goto(home + "/supervisor")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("main .primary")
    page.wait_for_load_state()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    yield context
    context.close()


def test_the_whole_journey_by_keyboard(chromium: Browser, served: Server) -> None:
    context = chromium.new_context(accept_downloads=True)
    page = context.new_page()
    page.goto(served.home + "/supervisor")
    for typed in ("not the password", PASSWORD):
        press_to(page, "")
        assert page.evaluate("document.activeElement.id") == "name"
        page.keyboard.type("ann")
        page.keyboard.press("Tab")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        page.wait_for_load_state()
        if typed != PASSWORD:
            page.get_by_role("alert").wait_for()
            assert "That did not fit" in page.inner_text("main")
    page.wait_for_url("**/supervisor")
    assert page.inner_text("h1") == "How visits ended"
    press_to(page, "Choose months, sites and levels")
    page.keyboard.press("Enter")
    press_to(page, "from")
    page.keyboard.type("January 2026")
    press_to(page, "to")
    page.keyboard.type("March 2026")
    press_to(page, "span")
    page.keyboard.type("Month")
    for _ in range(6):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "harbour-er"
    page.keyboard.press("Space")
    press_to(page, "Show")
    page.keyboard.press("Enter")
    page.wait_for_url("**/outcomes?from=2026-01&to=2026-03&span=month&site=harbour-er")
    table = page.locator("table.figures").first
    assert table.locator("tbody tr").count() == 4 and "January 2026" in table.inner_text()
    assert "Harbour hospital, emergency" in page.inner_text(".lead")
    press_to(page, "CSV")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "outcomes-2026-01-2026-03.csv"
    assert Path(download.value.path()).read_text().startswith("month,level,value,margin")
    for name, title in (("Circumstances", "How visits went"), ("Signs", "Which signs weigh")):
        page.keyboard.press("Home")
        page.evaluate("document.activeElement.blur()")
        press_to(page, name)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/{name.lower()}")
        assert page.inner_text("h1") == title
    press_to(page, "Sign out")
    page.keyboard.press("Enter")
    page.wait_for_url("**/signed-out")
    page.go_back()
    page.wait_for_load_state()
    assert "Sign in to see the counts" in page.inner_text("main"), "Back shows nothing"
    context.close()


def test_every_focus_can_be_seen_and_reached(chromium: Browser, served: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, served.home)
    page.goto(served.home + "/supervisor/circumstances")
    seen = []
    while True:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        seen.append(page.evaluate("document.activeElement.innerText.trim().split('\\n')[0]"))
    assert seen[:5] == ["Skip to the page", "Outcomes", "Circumstances", "Signs", "Sign out"]
    assert {"CSV", "JSON", "XLSX", "Choose months", "How they came together"} <= set(seen)
    context.close()


@pytest.mark.parametrize(("width", "scheme"), combinations([360, 1280], ["light", "dark"]))
def test_axe_finds_nothing_on_any_page(chromium: Browser, served: Server, width: int, scheme: str) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 740}, bypass_csp=True, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(served.home + "/supervisor/sign-in")
    assert violations(page) == []
    sign_in(page, served.home, password="wrong wrong wrong")
    assert violations(page) == []
    sign_in(page, served.home)
    for path in (
        "",
        "/outcomes?from=2024-11&to=2026-10&span=month&site=youth-clinic&level=act-now",
        "/circumstances",
        "/signs",
        "/signs?from=2024-11&to=2026-10&span=month",
        "/outcomes?from=2031-01",
        "/signed-out",
        "/away",
    ):
        page.goto(served.home + "/supervisor" + path)
        for fold in page.locator("summary").all():
            fold.click()
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} scrolls sideways at {width}"
    context.close()


def test_on_a_phone_everything_can_be_tapped_and_read(phone: BrowserContext, served: Server) -> None:
    page = phone.new_page()
    sign_in(page, served.home, "bob")
    page.click("summary")
    for target in page.locator(
        ".counts-bar a, .counts-bar button, main .primary, main .secondary, summary, select, .picks label"
    ).all():
        box = target.bounding_box()
        assert box is not None and box["height"] >= 44, target.inner_text()
    assert "Youth clinic" in page.inner_text(".lead") and "By site" not in page.inner_text("main")
    for other, (title, _) in SITES.items():
        assert (title in page.content()) is (other == "youth-clinic")
    # The first column stays where it is while the rest is pushed aside.
    wide = page.locator(".wide").first
    first = wide.locator("tbody th").first
    before = first.bounding_box()
    wide.evaluate("element => element.scrollTo(150, 0)")
    after = first.bounding_box()
    assert before and after and before["x"] == after["x"]
    page.goto(served.home + "/supervisor/outcomes?site=hill-er")
    assert "You may see the outcomes of Youth clinic" in page.inner_text("main")
    page.click("main .primary")
    assert "How visits ended" in page.inner_text("main")


def test_without_javascript_and_within_the_policy(chromium: Browser, served: Server) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    said: list[str] = []
    foreign: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("request", lambda one: foreign.append(one.url) if not one.url.startswith(served.home) else None)
    sign_in(page, served.home)
    for path in ("", "/circumstances", "/signs"):
        page.goto(served.home + "/supervisor" + path)
    page.goto(served.home + "/supervisor")
    page.click("summary")
    page.check('[name="level"][value="act-now"]')
    page.click(".choose .primary")
    assert "level=act-now" in page.url
    page.click(".counts-bar button")
    page.wait_for_url("**/signed-out")
    assert said == [] and foreign == []
    context.close()


def test_a_chart_is_read_aloud_with_its_figures_and_their_margins(chromium: Browser, served: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, served.home)
    charts = page.get_by_role("img")
    assert charts.count() == 6
    table = page.locator("table.figures").first
    for number in range(6):
        told = charts.nth(number).evaluate("element => element.querySelector('title').textContent")
        for row in range(4):
            cell = table.locator("tbody tr").nth(row).locator("td").nth(number).inner_text()
            assert " ".join(cell.split()) in told
    context.close()


def test_in_print_there_are_figures_margins_and_what_they_mean(
    chromium: Browser, served: Server, tmp_path: Path
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, served.home)
    page.pdf(path=str(tmp_path / "counts.pdf"), format="A4")
    text = " ".join(" ".join(one.extract_text() for one in PdfReader(tmp_path / "counts.pdf").pages).split())
    for said in (
        "How visits ended",
        "November 2025 to" if False else "2026",
        "±",
        "By site",
        "start value",
        "not persons",
    ):
        assert said in text
    for hidden in ("Sign out", "Choose months", "CSV"):
        assert hidden not in text
    context.close()


def test_nothing_of_a_sign_in_stands_in_any_file_or_log(chromium: Browser, served: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, served.home, "plantedzebra", "plantedquagga")
    sign_in(page, served.home, "carol")
    page.goto(served.home + "/supervisor/outcomes?site=plantedokapi")
    page.goto(served.home + "/supervisor/outcomes?from=plantedbongo")
    context.close()
    planted = ["plantedzebra", "plantedquagga", "plantedokapi", "plantedbongo", PASSWORD]
    assert hits(served.folder, planted) == []
    assert "sign-in failed" in served.log.read_text()
    assert os.path.getsize(served.folder / "instance" / "tally.db") > 0
