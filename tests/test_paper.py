"""The card says nothing of what it is for; the blank checklist, filled in with a pen, comes to the program's result."""

from __future__ import annotations

import html
import io
import random
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import page as page_validation
import pypdf
import pypdfium2 as pdfium
import pytest
from flask import Flask
from playwright.sync_api import Browser

from builders import completions
from conftest import HOUSE, Worker
from each_once import combinations
from live import Server, walk
from screening import referral
from screening.assessment import assess
from screening.checklist import CIRCUMSTANCE_VALUES, Answer, Checklist, Circumstances, Level
from screening.languages import read_languages
from screening.places import ContactKind
from screening.rulebook import Rulebook

CHECKLISTS = [
    "alarm-bells", "labour-exploitation", "recruitment-and-control", "sexual-exploitation", "act-means-purpose",
    "full-assessment",
]  # fmt: skip
#: What a card may not say, in whatever hands it falls.
TELLING = re.compile(
    r"traffick|exploit|slave|victim|abuse|violence|sex|police|child|women|labour|help|screening|visit guide|shelter",
    re.I,
)


ENGLISH = read_languages(HOUSE / "translations")["en"]


def twin(rulebook: Rulebook, checklist: str, place: str = "BE") -> referral.Twin:
    return referral.Twin(
        rulebook.checklists[checklist], rulebook.reserved, rulebook.places.get(place), rulebook.guidance, rulebook.red
    )


def pages_of(raw: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(raw)).pages]


def compliant(raw: bytes) -> bool:
    return page_validation.validate_pdf_bytes(raw, profile="ua1").is_compliant


# --- The card -------------------------------------------------------------------------------------


@pytest.fixture
def asked(worker: Worker) -> Worker:
    worker.begins()
    worker.sends("/visit/safety", alone="true", interpreter="not-needed", age="adult", consent="given")
    worker.answers(2, documents__withheld="told")
    return worker


def test_a_card_is_reached_only_through_the_question_whether_it_is_safe(asked: Worker) -> None:
    answer = asked.client.get("/visit/card.pdf")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/visit/card")
    page = asked.opens("/visit/card")
    assert "Ask: is it safe for you to carry this?" in page
    assert "A number to memorise:" in page and "A return visit" in page
    asked.sends("/visit/card", move="back")
    assert asked.client.get("/visit/card.pdf").status_code == 303
    asked.opens("/visit/card")
    asked.sends("/visit/card", safe="true")
    assert asked.page is not None and asked.page.data.startswith(b"%PDF-")
    assert asked.page.headers["Cache-Control"] == "no-store"
    assert asked.page.headers["Content-Disposition"] == 'inline; filename="guide.pdf"'


def test_a_card_is_not_opened_while_a_companion_can_see_it(asked: Worker) -> None:
    asked.opens("/visit/card")
    asked.sends("/visit/card", safe="true")
    asked.opens("/visit/card")
    asked.sends("/visit/card", move="not-alone")
    page = asked.opens("/visit/card")
    assert "It is safe: open the card" not in page and "See the person alone first" in page
    assert asked.client.get("/visit/card.pdf").status_code == 303
    asked.sends("/visit/card", safe="true")
    assert asked.client.get("/visit/card.pdf").status_code == 303


def test_an_adult_who_refuses_is_offered_the_card_all_the_same(worker: Worker) -> None:
    worker.begins()
    worker.sends("/visit/safety", alone="true", age="adult", consent="refused")
    assert "A card for the person" in worker.opens("/visit/outcome")


@pytest.mark.parametrize("place", ["BE", "BG", "US", "FR", "JP"])
def test_a_card_holds_numbers_and_hours_and_not_a_word_of_what_they_are_for(
    app: Flask, rulebook: Rulebook, place: str
) -> None:
    at = rulebook.places[place]
    numbers = referral.card_numbers(at, [])
    with app.app_context():
        raw = referral.card_as_pdf(at, numbers, app.jinja_env, ENGLISH, ENGLISH)
        assert raw == referral.card_as_pdf(at, numbers, app.jinja_env, ENGLISH, ENGLISH)
    (said,) = pages_of(raw)
    assert not TELLING.search(said), said
    assert "Useful numbers" in said
    for number in numbers:
        assert number.dial in said
    for contact in at.contacts:
        assert contact.organisation not in said
    for number in at.emergency:
        assert number in said
    assert compliant(raw)
    metadata = pypdf.PdfReader(io.BytesIO(raw)).metadata
    assert metadata is not None and set(metadata) <= {"/Producer", "/Title", "/Lang"}


def test_no_number_runs_over_the_line_that_a_card_is_cut_along(app: Flask, rulebook: Rulebook) -> None:
    seen = set()
    for place in rulebook.places.values():
        for wanted in ([], [(ContactKind.CHILD,)]):
            numbers = referral.card_numbers(place, wanted)
            # Countries without a file differ in their emergency numbers alone.
            if (numbers, place.emergency, place.paper) in seen:
                continue
            seen.add((numbers, place.emergency, place.paper))
            with app.app_context():
                document = pdfium.PdfDocument(referral.card_as_pdf(place, numbers, app.jinja_env, ENGLISH, ENGLISH))
            assert len(document) == 1
            edge = document[0].get_height() - (11 + 54 - 2) / 25.4 * 72
            below = document[0].get_textpage().get_text_bounded(top=edge).strip()
            assert below == "Cut along the line.", f"{place.iso}: {below}"
    assert len(seen) > 100


def test_where_no_card_can_be_printed_its_numbers_stand_on_the_page(
    asked: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    referral.pdf_unavailable.cache_clear()
    try:
        page = asked.opens("/visit/card")
    finally:
        monkeypatch.undo()
        referral.pdf_unavailable.cache_clear()
    assert "It is safe: open the card" not in page and "No card can be printed on this machine" in page
    assert "02 511 64 64" in page and "0800 30 030" in page and "Emergency" in page


def test_where_no_country_is_chosen_there_is_no_card_and_the_page_says_why(worker: Worker) -> None:
    worker.begins(place="")
    page = worker.opens("/visit/card")
    assert "It is safe: open the card" not in page and "Choose the country" in page


def test_no_police_and_no_authority_is_on_a_card(rulebook: Rulebook) -> None:
    for place in rulebook.places.values():
        warned = {
            phone.dial
            for contact in place.contacts
            if contact.warning or contact.held_back or contact.kind in (ContactKind.POLICE, ContactKind.CRIMESTOPPERS)
            for phone in contact.phones
        }
        for number in referral.card_numbers(place, []):
            helps = {phone.dial for contact in place.shown_contacts if not contact.warning for phone in contact.phones}
            assert number.dial in helps and (number.dial not in warned or number.dial in helps)
        assert len(referral.card_numbers(place, [])) <= 4


def test_a_child_has_a_childs_numbers_first(rulebook: Rulebook) -> None:
    numbers = referral.card_numbers(rulebook.places["FR"], [(ContactKind.CHILD,)])
    assert numbers[0].dial == "119"


def test_pages_print_without_what_is_for_the_screen(chromium: Browser, live: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    walk(page, live.home, {"documents-withheld": "told"})
    page.emulate_media(media="print")
    for address, shown in (
        ("/visit/outcome", "Identity documents are kept by someone else"),
        ("/visit/review", "Works under extremely bad conditions"),
        ("/contacts?place=BE", "PAG-ASA, Brussels"),
    ):
        page.goto(live.home + address)
        assert page.get_by_text(shown).first.is_visible()
        for hidden in (".ways", ".bar", ".moves", ".change", ".progress", "footer", "select"):
            assert not any(part.is_visible() for part in page.locator(hidden).all()), f"{address}: {hidden}"
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        # A printed page is read at another hour.
        assert not [part for part in page.locator("text=/now until|Open now|At this hour/").all() if part.is_visible()]
        if address != "/visit/review":
            assert page.get_by_text("Day and night.").first.is_visible() or address == "/visit/outcome"
    context.close()


def test_a_printed_result_leaves_no_heading_alone_and_no_page_half_empty(chromium: Browser, live: Server) -> None:
    context = chromium.new_context()
    page = context.new_page()
    walk(page, live.home, dict.fromkeys(("documents-withheld", "abuse-signs", "large-debt", "no-pay"), "told"))
    pages = pages_of(page.pdf(format="A4"))
    context.close()
    assert len(pages) <= 3
    for before, after in pairwise(pages):
        assert not before.endswith(("What now", "Do", "Do not", "Whom to call", "On paper")), before[-80:]
        assert after
    assert "Do If danger" in pages[0], "what to do begins on the first page"


# --- The twin -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("checklist", "place"), combinations(CHECKLISTS, ["BE", "US", ""]))
def test_a_twin_is_two_pages_at_most_with_every_sign(
    app: Flask, rulebook: Rulebook, checklist: str, place: str
) -> None:
    with app.app_context():
        raw = referral.twin_as_pdf(twin(rulebook, checklist, place), app.jinja_env)
        assert raw == referral.twin_as_pdf(twin(rulebook, checklist, place), app.jinja_env)
    said = " ".join(pages_of(raw))
    assert 1 <= len(pages_of(raw)) <= 2 and compliant(raw)
    for sign in rulebook.checklists[checklist].indicators.values():
        assert sign.text in said, sign.id
    assert rulebook.checklists[checklist].hash in said and "This is not a verdict." in said
    box = pypdf.PdfReader(io.BytesIO(raw)).pages[0].mediabox
    assert round(float(box.width)) == (612 if place == "US" else 595)


def test_a_twin_leaves_nothing_out_for_which_there_is_room(app: Flask, rulebook: Rulebook) -> None:
    """Alarm bells take a page and a half with all there is; the longest checklist says what it has no room for."""
    with app.app_context():
        short, long = (
            " ".join(pages_of(referral.twin_as_pdf(twin(rulebook, id), app.jinja_env)))
            for id in ("alarm-bells", "full-assessment")
        )
    assert "Left out" not in short and "Speaks of owing somebody" in short
    for contact in rulebook.places["BE"].shown_contacts:
        assert contact.organisation in short or contact.kind is ContactKind.EMERGENCY, contact.id
    assert re.search("Left out to save room: [^.]*contacts, what may be noticed without asking", long)


def test_a_checklist_with_more_conditions_than_letters_has_a_name_for_each(app: Flask, rulebook: Rulebook) -> None:
    made = twin(rulebook, "alarm-bells")
    condition = made.checklist.conditions["several"]
    many = {f"c{number}": condition for number in range(60)}
    with app.app_context():
        printed = referral.twin_as_html(
            replace(made, checklist=replace(made.checklist, conditions=many, outcomes=made.checklist.outcomes[-1:])),
            app.jinja_env,
        )
    names = re.findall(r"<li><b>(.+?)</b> = ", printed)
    assert len(set(names)) == 60 and names[25:28] == ["Z", "AA", "AB"] and all(map(str.isalpha, names))


def test_a_checklist_too_long_for_two_pages_takes_more(app: Flask, rulebook: Rulebook) -> None:
    made = twin(rulebook, "full-assessment")
    groups = tuple(
        replace(group, indicators=tuple(replace(sign, text=sign.text * 5) for sign in group.indicators))
        for group in made.checklist.groups
    )
    with app.app_context():
        pages = pages_of(
            referral.twin_as_pdf(replace(made, checklist=replace(made.checklist, groups=groups)), app.jinja_env)
        )
    assert len(pages) > 2 and "full-assessment" in pages[-1]


@pytest.mark.parametrize("checklist", ["alarm-bells", "recruitment-and-control"])
def test_what_stands_beside_the_title_does_not_run_into_the_line_below(
    app: Flask, rulebook: Rulebook, checklist: str
) -> None:
    with app.app_context():
        document = pdfium.PdfDocument(referral.twin_as_pdf(twin(rulebook, checklist), app.jinja_env))
    page = document[0]
    boxes = [thing.get_bounds() for thing in page.get_objects() if thing.type == pdfium.raw.FPDF_PAGEOBJ_PATH]
    # The line stands 1.8 mm above the box of the red line, and is 1.2 points thick.
    line = next(top for left, _, right, top in boxes if right - left > 400) + 1.8 / 25.4 * 72 + 1.2
    words = page.get_textpage()
    index, count = words.search("Never leave it with the person.").get_next()
    assert min(words.get_charbox(at)[1] for at in range(index, index + count)) > line


class Pen:
    """Somebody with the printed page and a pen, who reads nothing else."""

    def __init__(self, printed: str) -> None:
        text = html.unescape(re.sub(r"<[^>]+>", "", printed))
        self.lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        self.rules = dict(line.split(" = ", 1) for line in self.lines if re.match(r"[A-Z] = ", line))
        start = self.lines.index("The first line that holds is the result:") + 1
        end = self.lines.index("But these come before it:")
        self.results = [line.split(" → ") for line in self.lines[start:end]]
        self.reserved = [line.split(" → ")[1] for line in self.lines[end + 1 : end + 4]]

    def holds(self, rule: str, present: set[int], circumstances: Mapping[str, str]) -> bool:
        """Read a rule as it is printed: letters, counts of numbers, circumstances, and, or, not, brackets."""
        tokens = re.findall(
            r"not \(|\(|\)|(?:\d+) or more of [\d–, ]*\d|sign \d+|\b(?:and|or)\b"
            r"|“[^”]+”|\b[A-Z]\b",
            rule,
        )
        assert "".join(tokens).replace(" ", "") == rule.replace(" ", ""), (rule, tokens)
        position = 0

        def word() -> str:
            return tokens[position].strip() if position < len(tokens) else ""

        def one() -> bool:
            nonlocal position
            token = word()
            position += 1
            if token in ("(", "not ("):
                value = several()
                assert word() == ")"
                position += 1
                return value if token == "(" else not value
            if token.startswith("sign "):
                return int(token[5:]) in present
            if match := re.fullmatch(r"(\d+) or more of (.+)", token):
                counted: set[int] = set()
                for part in match[2].split(", "):
                    first, _, last = part.partition("–")
                    counted |= set(range(int(first), int(last or first) + 1))
                return len(counted & present) >= int(match[1])
            if token.startswith("“"):
                name, _, values = token[1:-1].partition(": ")
                return circumstances.get(name) in values.split(" / ")
            return self.holds(self.rules[token], present, circumstances)

        def several() -> bool:
            nonlocal position
            value = one()
            while word() in ("and", "or"):
                joint = word()
                position += 1
                other = one()
                value = (value and other) if joint == "and" else (value or other)
            return value

        value = several()
        assert position == len(tokens)
        return value

    def first(self, present: set[int], circumstances: Mapping[str, str]) -> str:
        for rule, result in self.results:
            if rule == "Otherwise" or self.holds(rule, present, circumstances):
                return result
        raise AssertionError("there is no last line")

    def result(self, ticked: Mapping[int, str], circumstances: Mapping[str, str]) -> str:
        """The result as the page says to find it; unticked circumstances are not known."""
        present = {number for number, mark in ticked.items() if mark in ("Seen", "Told")}
        found = self.first(present, circumstances)
        levels = ["Act now", "Seek advice", "Stay attentive", "Too little is known", "Nothing noted"]
        level = re.search(r"\(([^()]+)\)$", found)
        assert level and level[1] in levels
        if circumstances.get("Asks for help") == "Yes" and level[1] != "Act now":
            return self.reserved[0]
        if circumstances.get("Your own concern") == "Yes" and levels.index(level[1]) > 1:
            return self.reserved[1]
        everything = present | {number for number, mark in ticked.items() if mark == "Not known"}
        if level[1] == "Nothing noted" and self.first(everything, circumstances) != found:
            return self.reserved[2]
        return found[: level.start()].strip()


#: The printed words of the circumstances that a rule may speak of.
PRINTED = {
    "age": ("Age", {"adult": "18 or over", "child": "Under 18", "unsure": "Unsure"}),
    "asks": ("Asks for help", {"true": "Yes", "false": "No"}),
    "concern": ("Your own concern", {"true": "Yes", "false": "No"}),
    "legal-test": (
        "Legal test",
        {"act-purpose": "Act and purpose are enough", "act-means-purpose": "Act, means and purpose"},
    ),
}


def by_pen(pen: Pen, checklist: Checklist, answers: Mapping[str, Answer], circumstances: Circumstances) -> str:
    # A "no" before a companion is ticked as not known: that stands on the page.
    marks = {Answer.SEEN: "Seen", Answer.TOLD: "Told", Answer.NO: "No", Answer.UNKNOWN: "Not known"}
    if circumstances.no_is_unknown:
        marks[Answer.NO] = "Not known"
    ticked = {number: marks[answers.get(id, Answer.UNKNOWN)] for number, id in enumerate(checklist.countable, start=1)}
    said = {PRINTED[name][0]: PRINTED[name][1][value] for name, value in circumstances.known() if name in PRINTED}
    return pen.result(ticked, said)


@pytest.mark.parametrize("number", [60, pytest.param(2_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("checklist", CHECKLISTS)
def test_a_visit_with_a_pen_comes_to_the_same_result(
    app: Flask, rulebook: Rulebook, checklist: str, number: int
) -> None:
    chosen = rulebook.checklists[checklist]
    with app.app_context():
        pen = Pen(referral.twin_as_html(twin(rulebook, checklist), app.jinja_env))
    numbers = random.Random(f"{checklist} {number}")
    shown = set()
    for _ in range(number):
        share = numbers.choice([0.0, 0.02, 0.05, 0.2])
        answers = {
            id: numbers.choice([Answer.SEEN, Answer.TOLD])
            if numbers.random() < share
            else numbers.choice([Answer.NO, Answer.NO, Answer.UNKNOWN] if numbers.random() < 0.5 else [Answer.NO])
            for id in chosen.countable
        }
        circumstances = Circumstances(
            **{
                name.replace("-", "_"): numbers.choice(values)
                for name, values in CIRCUMSTANCE_VALUES.items()
                if numbers.random() < 0.4
            }
        )
        result = assess(
            chosen, answers, circumstances, diagram=rulebook.diagrams[checklist], reserved=rulebook.reserved
        )
        assert by_pen(pen, chosen, answers, circumstances) == result.outcome.title, (answers, circumstances)
        shown.add(result.outcome.id)
    assert len(shown) >= 5, "the cases came to few results only"


def test_the_eleven_bells_with_a_pen_every_set_of_signs(app: Flask, rulebook: Rulebook) -> None:
    bells = rulebook.checklists["alarm-bells"]
    with app.app_context():
        pen = Pen(referral.twin_as_html(twin(rulebook, "alarm-bells"), app.jinja_env))
    for present, _ in completions(bells.countable, [], {}):
        answers = {id: Answer.TOLD if id in present else Answer.NO for id in bells.countable}
        result = assess(
            bells, answers, Circumstances(), diagram=rulebook.diagrams[bells.id], reserved=rulebook.reserved
        )
        assert by_pen(pen, bells, answers, Circumstances()) == result.outcome.title
        assert result.level is not Level.TOO_LITTLE_KNOWN


def test_the_start_page_opens_the_blank_checklist_and_nothing_else_is_taken(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = worker.opens("/")
    assert 'action="/paper.pdf"' in page and "On paper: a blank checklist" in page
    answer = worker.client.get("/paper.pdf?number=6&place=FR")
    assert answer.status_code == 200 and "Full assessment" in pages_of(answer.data)[0]
    assert answer.headers["Content-Disposition"] == 'inline; filename="guide.pdf"'
    with monkeypatch.context() as patched:

        def broken(*_: object) -> bytes:
            raise referral.PdfUnavailableError("a letter on it is in none of our fonts")

        patched.setattr(referral, "twin_as_pdf", broken)
        answer = worker.client.get("/paper.pdf")
        assert answer.status_code == 503 and "Something broke on our side" in answer.text
    for query in ("number=7", "number=0", "number=x", "number=-1", "place=XX", "number=99999999999", "number=²"):
        assert worker.client.get(f"/paper.pdf?{query}").status_code == 404, query
