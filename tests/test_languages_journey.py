"""Whole visits in the browser: in Dutch and in Bulgarian, and with a person who speaks Arabic or Vietnamese."""

from __future__ import annotations

import io
import re
from functools import cache

import page as page_validation
import pypdf
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from conftest import HOUSE
from live import Server, walk
from screening import referral
from screening.assessment import assess
from screening.catalogues import lacks, path_of, to_translate
from screening.checklist import Answer, Circumstances
from screening.cli.given import speaking
from screening.guidance import fitting
from screening.languages import Language, read_languages
from screening.rulebook import Rulebook, read_rulebook
from test_accessibility import violations

TRANSLATIONS = HOUSE / "translations"
PAGES = (
    "/", "/visit/safety", "/visit/1", "/visit/concern", "/visit/review", "/visit/outcome", "/visit/now",
    "/visit/card", "/visit/sheet", "/visit/read", "/visit/reasons", "/visit/contacts", "/visit/observe", "/visit/cover",
    "/visit/person", "/language", "/help", "/help/scripts", "/practice", "/contacts?place=BE", "/nowhere", "/closed",
)  # fmt: skip
ASKED = "Has anyone hurt you, threatened you or made you do something you did not want?"


@cache
def spoken() -> dict[str, Language]:
    return dict(read_languages(TRANSLATIONS))


@cache
def is_whole(code: str) -> bool:
    """Whether nothing is missing in a catalogue, so that no page may say that something is."""
    texts = to_translate(HOUSE / "templates", read_rulebook(HOUSE / "rules"))
    return not [lack for lack in lacks(path_of(TRANSLATIONS, code), texts) if "no longer asked" not in lack.what]


def lang_of(page: Page) -> str | None:
    return page.get_attribute("html", "lang")


@pytest.mark.parametrize(("code", "locale"), [("nl", "nl-BE"), ("bg", "bg-BG")])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_whole_visit_in(chromium: Browser, live: Server, code: str, locale: str, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 740}, locale=locale, bypass_csp=True)
    page = context.new_page()
    walk(page, live.home, {"documents-withheld": "told", "abuse-signs": "seen", "little-contact": "no"})
    said = spoken()[code].said
    assert said["", "Whom to call"] in page.inner_text("main")
    for path in PAGES:
        page.goto(live.home + path)
        for fold in page.locator("summary:visible").all():
            fold.click()
        assert lang_of(page) == code and page.get_attribute("html", "dir") in ("ltr", None), path
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} scrolls sideways"
        if is_whole(code):
            assert page.locator(".untranslated, [lang=en]:not([name] *)").count() == 0, path
    raw = context.request.get(live.home + "/visit/sheet.pdf", headers={"Accept-Language": locale}).body()
    reader = pypdf.PdfReader(io.BytesIO(raw))
    text = " ".join(reader.pages[0].extract_text().split())
    assert reader.trailer["/Root"]["/Lang"] == code
    assert said["indicator/documents-withheld/text", "Identity documents are kept by someone else"] in text
    assert said["", "This is not a verdict."] in text
    page.goto(live.home + "/visit/outcome")
    page.click(".finish button")
    page.wait_for_url("**/closed/done")
    assert lang_of(page) == code
    context.close()


#: Words that stick out of what they stand in.
STICKS_OUT = """() => {
    const places = ".tiles span, .way, button, a.primary, a.secondary, th, td, summary";
    const sticksOut = (e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1 && !e.closest("[hidden]");
    return [...document.querySelectorAll(places)].filter(sticksOut).map((e) => e.innerText);
}"""
WORKERS = ["fr", "nl", "de", "es", "da", "ro", "bg"]


@pytest.mark.parametrize("code", WORKERS)
def test_no_word_is_longer_than_its_place(chromium: Browser, live: Server, code: str) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 740}, locale=code)
    page = context.new_page()
    walk(page, live.home, {"documents-withheld": "told", "abuse-signs": "seen", "little-contact": "no"})
    for path in PAGES:
        page.goto(live.home + path)
        assert lang_of(page) == code
        assert page.evaluate(STICKS_OUT) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, f"{path} scrolls sideways"
        if is_whole(code):
            assert page.locator(".untranslated").count() == 0, path
    context.close()


@pytest.mark.parametrize("code", WORKERS)
def test_papers_keep_their_length_in_every_language(app: Flask, rulebook: Rulebook, code: str) -> None:
    """The shortest checklist and the longest, with as much on them as can be."""
    said = spoken()[code].said
    place = rulebook.places["BE"]
    for id in ("alarm-bells", "full-assessment"):
        checklist = rulebook.checklists[id]
        assessment = assess(
            checklist,
            dict.fromkeys(checklist.indicators, Answer.SEEN),
            Circumstances(alone="true", age="child", danger="true", asks="true"),
            diagram=rulebook.diagrams[id],
            reserved=rulebook.reserved,
        )
        sheet = referral.Sheet(
            assessment=assessment,
            place=place,
            guidance=fitting(rulebook.guidance, assessment),
            sources=rulebook.sources,
            red=rulebook.red,
            language=code,
        )
        twin = referral.Twin(checklist, rulebook.reserved, place, rulebook.guidance, rulebook.red, rulebook.site, code)
        with speaking(app, code):
            papers = {1: referral.as_pdf(sheet, app.jinja_env), 2: referral.twin_as_pdf(twin, app.jinja_env)}
        for most, raw in papers.items():
            reader = pypdf.PdfReader(io.BytesIO(raw))
            assert len(reader.pages) <= most, f"{id}, {most}"
            assert reader.trailer["/Root"]["/Lang"] == code
            assert page_validation.validate_pdf_bytes(raw, profile="ua1").is_compliant, f"{id}, {most}"
            text = "".join("".join(page.extract_text().split()) for page in reader.pages)
            for name in ("abuse-signs", "documents-withheld", "large-debt"):
                words = said[f"indicator/{name}/text", rulebook.indicators[name].text]
                assert "".join(words.split()) in text, f"{id}, {most}: {name}"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_language_is_switched_in_mid_visit_and_nothing_is_lost(
    chromium: Browser, live: Server, script: bool
) -> None:
    context = chromium.new_context(java_script_enabled=script)
    page = context.new_page()
    walk(page, live.home, {"documents-withheld": "told"})
    page.goto(live.home + "/visit/1")
    page.check('[name="abuse-signs"][value="seen"]')
    page.click('footer button:has-text("English")')
    page.wait_for_url("**/language")
    page.click('button:has-text("Български")')
    page.wait_for_url("**/visit/1")
    assert lang_of(page) == "bg" and page.is_checked('[name="abuse-signs"][value="seen"]')
    page.goto(live.home + "/visit/2")
    assert page.is_checked('[name="documents-withheld"][value="told"]')
    page.click("a.leave")
    page.wait_for_url("**/closed")
    assert lang_of(page) == "en"
    assert [cookie["name"] for cookie in context.cookies()] in ([], ["start"])
    context.close()


def test_outside_a_visit_one_tap_and_another_change_the_language(chromium: Browser, live: Server) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(live.home + "/contacts?place=BE")
    box = page.locator("a.tongue").bounding_box()
    assert box is not None and box["height"] >= 44
    page.click("a.tongue")
    page.click('button:has-text("Nederlands")')
    page.wait_for_url("**/contacts?place=BE")
    assert lang_of(page) == "nl"
    (cookie,) = [one for one in context.cookies() if one["name"] == "language"]
    assert cookie["value"] == "nl" and cookie["expires"] == -1 and cookie["httpOnly"]
    context.close()


@pytest.mark.parametrize(("code", "direction"), [("ar", "rtl"), ("vi", "ltr")])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_visit_with_a_person_who_speaks(
    chromium: Browser, live: Server, code: str, direction: str, width: int
) -> None:
    language = spoken()[code]
    phrase = language.said.get(("indicator/abuse-signs/ask", ASKED))
    if phrase is None:
        pytest.skip(f"nothing is translated into {code} yet")
    context = chromium.new_context(viewport={"width": width, "height": 740}, bypass_csp=True)
    page = context.new_page()
    walk(page, live.home, {"documents-withheld": "told"})
    page.goto(live.home + "/visit/safety")
    page.click('button[value="person"]')
    page.wait_for_url("**/visit/person")
    assert violations(page) == []
    page.click(f'button[value="{code}"]')
    page.wait_for_url("**/visit/safety")
    page.check('[name="consent"][value="given"]')
    page.click("main .primary")
    page.wait_for_url("**/visit/1")
    theirs = page.locator(f'.theirs[lang="{code}"]').first
    assert theirs.inner_text() == phrase
    looks = "e => [getComputedStyle(e).direction, parseFloat(getComputedStyle(e).fontSize)]"
    its_direction, size = theirs.evaluate(looks)
    _, own = page.locator(".theirs + .ask").first.evaluate(looks)
    assert its_direction == direction and size > 1.3 * own, "theirs stands large, the worker's own below it"
    assert (page.locator(".unchecked").count() == 1) is not language.is_reviewed
    for path in ("/visit/safety", "/visit/1", "/visit/2", "/visit/outcome", "/visit/card"):
        page.goto(live.home + path)
        for fold in page.locator("summary:visible").all():
            fold.click()
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} scrolls sideways"
    page.goto(live.home + "/visit/card")
    form = {"csrf_token": page.input_value('#page [name="csrf_token"]'), "safe": "true"}
    raw = context.request.post(live.home + "/visit/card", form=form, headers={"Origin": live.home}).body()
    reader = pypdf.PdfReader(io.BytesIO(raw))
    assert reader.trailer["/Root"]["/Lang"] == code
    said = reader.pages[0].extract_text().removesuffix("Cut along the line.")
    assert "112" in said
    if not language.is_reviewed:
        assert re.fullmatch(r"[\d\s:/–,]+", said), "figures alone"
    else:
        assert language.said["", "Emergency"] in said
    context.close()
