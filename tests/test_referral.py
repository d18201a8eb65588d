"""The sheet: one tagged page with all that it must hold, the same bytes for the same input, and nothing fetched."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import sys
import threading
from dataclasses import replace

import page as page_validation
import pypdf
import pypdfium2 as pdfium
import pytest
from flask import Flask

from screening import referral
from screening.assessment import assess
from screening.checklist import Answer, Circumstances
from screening.guidance import Kind, fitting
from screening.places import ContactKind, by_fit
from screening.referral.press import Laid, _press, laid_out
from screening.referral.room import Filling, Least, fitted, with_less
from screening.referral.sheet import IN_ROWS
from screening.rulebook import Rulebook


def sheet(rulebook: Rulebook, answers: dict[str, str], place: str = "BE", **circumstances: str) -> referral.Sheet:
    bells = rulebook.checklists["alarm-bells"]
    assessment = assess(
        bells,
        {id: Answer(answer) for id, answer in answers.items()},
        Circumstances(**circumstances),
        diagram=rulebook.diagrams[bells.id],
        reserved=rulebook.reserved,
    )
    return referral.Sheet(
        assessment,
        rulebook.places.get(place),
        fitting(rulebook.guidance, assessment),
        rulebook.sources,
        rulebook.red,
    )


def everything(rulebook: Rulebook, place: str) -> referral.Sheet:
    """The fullest sheet there can be: eleven signs, three red lines, an outcome that outranks the count."""
    return sheet(
        rulebook,
        dict.fromkeys(rulebook.checklists["alarm-bells"].indicators, "told"),
        place,
        danger="true",
        alone="false",
        interpreter="missing",
        age="unsure",
        asks="true",
        concern="true",
    )


def pdf(app: Flask, made: referral.Sheet) -> bytes:
    with app.app_context():
        return referral.as_pdf(made, app.jinja_env)


def text(raw: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(raw))
    assert len(reader.pages) == 1
    return " ".join(reader.pages[0].extract_text().split())


def test_the_sheet_holds_what_the_next_professional_needs(app: Flask, rulebook: Rulebook) -> None:
    made = sheet(rulebook, {"large-debt": "told", "afraid-to-speak": "seen", "little-contact": "no"}, age="adult")
    said = text(pdf(app, made))
    for part in (
        "Referral sheet", "Never leave with the person", "Several alarm bells", "This is not a verdict",
        "Must pay back a large debt Told", "Is afraid to speak Seen", "Victim-support centre (BE)", "Not known (8):",
        "18 or over", "PAG-ASA", "02 511 64 64", "Hours unknown", "2026-11-23", "No number was checked by telephone",
        "Name or code", "Language, interpreter wanted", "Urgent health needs", "Shelter tonight", "Dependants",
        "The person's wishes", "whom not to contact", "Who has been informed", "name", "record", "call", "referral",
        "Professional, signature", made.assessment.checklist.hash, "alarm-bells 2026-11-25", "In danger: 112",
    ):  # fmt: skip
        assert part in said, part


@pytest.mark.parametrize("place", ["BE", "US", "FR", "GB", "JP", ""])
def test_the_fullest_sheet_keeps_one_page_and_loses_no_sign_and_no_red_line(
    app: Flask, rulebook: Rulebook, place: str
) -> None:
    said = text(pdf(app, everything(rulebook, place)))
    for indicator in rulebook.checklists["alarm-bells"].indicators.values():
        assert indicator.text in said
    for name in ("danger", "child"):
        assert rulebook.red[name].title in said
    assert rulebook.reserved.asks_for_help.title in said
    assert "Left out to save room: " in said


@pytest.mark.parametrize(
    ("place", "answers"),
    [
        ("BE", {"abuse-signs": "told", "afraid-to-speak": "seen", "large-debt": "told"}),
        ("US", {"abuse-signs": "told", "afraid-to-speak": "seen", "large-debt": "told"}),
        ("JP", dict.fromkeys(("abuse-signs", "afraid-to-speak", "large-debt", "no-pay", "lives-at-work"), "told")),
        ("FR", {}),
    ],
)
def test_nothing_is_left_out_for_which_there_is_room(
    app: Flask, rulebook: Rulebook, place: str, answers: dict[str, str]
) -> None:
    """What the sheet says it left out is what is missing, and one entry more would take another page."""
    made = sheet(rulebook, answers, place)
    said = text(pdf(app, made))
    contacts = [contact for contact in by_fit(made.place, []) if contact.kind is not ContactKind.EMERGENCY]
    items = [item for item in made.guidance if item.kind in (Kind.DO, Kind.DONT)]
    shown = sum(contact.organisation in said for contact in contacts)
    told = sum(words(item.text) in said for item in items)
    left = re.search(r"Left out to save room: ([^.]*)\.", said)
    numbers = {"contact": 0, "thing": 0}
    for number, what in re.findall(r"(\d+) (contact|thing)", left[1] if left else ""):
        numbers[what] = int(number)
    assert numbers == {"contact": len(contacts) - shown, "thing": len(items) - told}
    # The contacts behind the first four are one entry.
    entries = min(shown, 5)
    more = [Filling(told, entries + 1, IN_ROWS)] * (shown < len(contacts))
    more += [Filling(told + 1, entries, IN_ROWS)] * (told < len(items))
    for filling in more:
        with app.app_context():
            assert not laid_out(referral.as_html(made, app.jinja_env, filling=filling), 1).pdf, filling


def words(text: str) -> str:
    """The part of a text of a rule file that stands before what is filled in."""
    return text.partition("{")[0]


@pytest.mark.parametrize(("unknown", "tried"), [(20.0, [0, 2]), (200.0, [0, 1, 2])])
def test_a_way_that_cannot_save_enough_is_not_tried(
    monkeypatch: pytest.MonkeyPatch, unknown: float, tried: list[int]
) -> None:
    ways = []

    def laid(way: int, most_pages: int) -> Laid:
        ways.append(way)
        return Laid(b"%PDF") if way == 2 else Laid(b"", 100.0, {"guidance": [20.0] * 4, "unknown": [unknown]})

    monkeypatch.setattr("screening.referral.room.laid_out", laid)
    least = {0: Least(2, 0), 1: Least(2, 0, shortens="unknown"), 2: Least(0, 0)}
    assert fitted(lambda filling: filling.spared, Filling(4, 0), least, 1)  # type: ignore[arg-type, return-value]
    assert ways == tried


def test_what_goes_first_is_what_is_needed_least() -> None:
    even = {"contact": [20.0] * 6, "guidance": [20.0] * 8}
    full = Filling(8, 6, IN_ROWS)
    assert with_less(full, even, 100, Least(4, 3)) == (Filling(5, 4, IN_ROWS), 100)
    assert with_less(full, even, 30, Least(4, 3)) == (Filling(8, 4, IN_ROWS), 40)
    assert with_less(full, even, 141, Least(4, 3)) == (None, 140)
    assert with_less(full, even, 141, Least(0, 1)) == (Filling(4, 2, IN_ROWS), 160)
    assert with_less(full, even, 999, Least(0, 1))[0] is None
    uneven = {"contact": [20.0] * 6, "guidance": [20.0] * 7 + [40.0]}
    assert with_less(full, uneven, 50, Least(4, 3)) == (Filling(7, 5, IN_ROWS), 60), "a tall row made room"


def test_a_sheet_with_little_on_it_has_room_to_write(app: Flask, rulebook: Rulebook) -> None:
    few, many = sheet(rulebook, {}, "JP"), everything(rulebook, "JP")
    assert box_height(app, few) > 1.3 * box_height(app, many)


def test_the_foot_stands_below_the_boxes_to_fill_in(app: Flask, rulebook: Rulebook) -> None:
    for made in (sheet(rulebook, {}, "JP"), sheet(rulebook, {"large-debt": "told"}), everything(rulebook, "US")):
        page = pdfium.PdfDocument(pdf(app, made))[0].get_textpage()
        last, _ = page.search("Professional, signature").get_next()
        foot, _ = page.search(made.assessment.checklist.hash).get_next()
        assert page.get_charbox(foot)[3] < page.get_charbox(last)[1]


def box_height(app: Flask, made: referral.Sheet) -> float:
    """How far two boxes below each other stand apart, in points."""
    page = pdfium.PdfDocument(pdf(app, made))[0].get_textpage()
    heights = {}
    for label in ("Shelter tonight", "The person's wishes"):
        index, _ = page.search(label).get_next()
        heights[label] = page.get_charbox(index)[1]
    return heights["Shelter tonight"] - heights["The person's wishes"]


def test_signs_that_fill_more_than_a_page_are_all_printed_all_the_same(app: Flask, rulebook: Rulebook) -> None:
    """A site's own checklist may be as long as it likes: no sign is left out, so the sheet is longer."""
    made = everything(rulebook, "BE")
    bells = made.assessment.checklist
    long = {id: replace(sign, text=sign.text + " and more" * 90) for id, sign in bells.indicators.items()}
    groups = tuple(
        replace(group, indicators=tuple(long[sign.id] for sign in group.indicators)) for group in bells.groups
    )
    assessment = replace(made.assessment, checklist=replace(bells, groups=groups))
    reader = pypdf.PdfReader(io.BytesIO(pdf(app, replace(made, assessment=assessment))))
    assert len(reader.pages) == 2
    said = "".join("".join(page.extract_text() for page in reader.pages).split())
    for sign in bells.indicators.values():
        assert sign.text.replace(" ", "") in said
    assert said.count("more") >= 90 * len(bells.indicators)
    assert "thingstodo" not in said, "the second page has room for everything else"


@pytest.mark.parametrize(("place", "width", "height"), [("BE", 595, 842), ("US", 612, 792)])
def test_the_place_decides_the_paper(app: Flask, rulebook: Rulebook, place: str, width: int, height: int) -> None:
    box = pypdf.PdfReader(io.BytesIO(pdf(app, sheet(rulebook, {}, place)))).pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (width, height)


def test_the_sheet_is_tagged_and_its_metadata_tells_nothing(app: Flask, rulebook: Rulebook) -> None:
    raw = pdf(app, everything(rulebook, "US"))
    report = page_validation.validate_pdf_bytes(raw, profile="ua1")
    assert report.is_compliant, report
    metadata = pypdf.PdfReader(io.BytesIO(raw)).metadata
    assert metadata is not None
    assert set(metadata) <= {"/Producer", "/Title", "/Lang"} and metadata.title == "Visit guide"
    # The same once more as XML; no date, path, host or user, and no number of the file.
    reader = pypdf.PdfReader(io.BytesIO(raw))
    assert "/ID" not in reader.trailer
    xml = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert set(re.findall(r">([^<>]+)<", re.sub(r">\s+<", "><", xml))) == {"Visit guide"}
    assert set(re.findall(r'(?:pdf|pdfuaid|xmp\w*|dc):(\w+)="', xml)) == {"Producer", "part"}


def test_the_same_input_gives_the_same_bytes_in_another_process(app: Flask, rulebook: Rulebook) -> None:
    program = (
        "import sys, json; from screening.cli import main; main(['sheet', 'alarm-bells', '-', '-o', '/dev/stdout'])"
    )
    case = '{"answers": {"large-debt": "told"}, "place": "FR"}'
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            input=case.encode(),
            capture_output=True,
            check=True,
            env={"TZ": zone, "SCREENING_INSTANCE": "/proc/none"},
        ).stdout
        for zone in ("UTC", "Asia/Tokyo")
    ]
    assert runs[0] == runs[1] == pdf(app, sheet(rulebook, {"large-debt": "told"}, "FR", legal_test="act-means-purpose"))


def test_every_letter_is_in_our_font(app: Flask, rulebook: Rulebook, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        raw = pdf(app, everything(rulebook, "BE"))
    assert not [record for record in caplog.records if record.name.startswith(("weasyprint", "fontTools"))]
    fonts = {
        str(font.get_object()["/BaseFont"])
        for font in pypdf.PdfReader(io.BytesIO(raw)).pages[0]["/Resources"]["/Font"].values()
    }
    assert fonts and all("Sheet" in name or "Source" in name for name in fonts), "no font of the system"


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src='http://127.0.0.1:9/x'>",
        "<img src='file:///etc/hostname'>",
        "<style>@import url(http://127.0.0.1:9/)</style>",
    ],
)
def test_words_on_the_sheet_are_words_and_fetch_nothing(app: Flask, rulebook: Rulebook, hostile: str) -> None:
    made = sheet(rulebook, {})
    outcome = replace(made.assessment.outcome, title=hostile)
    said = text(pdf(app, replace(made, assessment=replace(made.assessment, outcome=outcome))))
    assert hostile.replace(" ", "") in said.replace(" ", "")


def test_the_press_refuses_every_address(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    asked: list[str] = []
    with _press() as press:
        pass
    original = press.refusing.fetch

    def noted(url: str, headers: object = None) -> object:
        asked.append(url)
        return original(url, headers)

    press.refusing.fetch = noted
    try:
        press.laid_out(
            "<!DOCTYPE html><html lang='en'><head><title>x</title>"
            "<link rel='stylesheet' href='http://127.0.0.1:9/a.css'/></head><body>"
            "<img src='http://127.0.0.1:9/b.png' alt='b'/><img src='file:///etc/passwd' alt='c'/><p>x</p>"
            "</body></html>",
            1,
        )
    finally:
        press.refusing.fetch = original
    assert len(asked) == 3, "each was asked for, and none was fetched"
    with pytest.raises(ValueError, match="fetches nothing"):
        original("http://127.0.0.1:9/")


@pytest.mark.parametrize("sheets", [6, pytest.param(60, marks=pytest.mark.long)])
def test_threads_print_the_same_bytes_side_by_side(app: Flask, rulebook: Rulebook, sheets: int) -> None:
    made = sheet(rulebook, {"large-debt": "told"})
    printed: list[bytes] = []

    def print_some() -> None:
        printed.extend(pdf(app, made) for _ in range(sheets))

    threads = [threading.Thread(target=print_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(printed) == 4 * sheets and len(set(printed)) == 1


def test_the_contacts_that_fit_come_first(rulebook: Rulebook) -> None:
    adult, child = sheet(rulebook, {}), sheet(rulebook, {}, age="child")
    ids = [contact.id for contact in by_fit(adult.place, referral.wanted(adult.assessment))]
    assert ids[:3] == ["be-pag-asa", "be-payoke", "be-surya"] and ids[-1] == "be-emergency"
    ids = [contact.id for contact in by_fit(child.place, referral.wanted(child.assessment))]
    assert ids[:3] == ["be-guardianship", "be-esperanto", "be-minor-ndako"]
    assert by_fit(None, referral.wanted(adult.assessment)) == ()


def test_a_sheet_for_an_adult_who_refuses_names_nobody(app: Flask, rulebook: Rulebook) -> None:
    said = text(pdf(app, sheet(rulebook, {"large-debt": "told"}, consent="refused", age="adult", alone="true")))
    assert "For advice without a name" in said and "Name or code" not in said and "Safe channel" not in said
    assert re.search(r"Agrees to: +record +call +referral", said), "nor is the name asked for again"
    said = text(pdf(app, sheet(rulebook, {"large-debt": "told"}, consent="refused", age="child", alone="true")))
    assert "Referral sheet" in said and "Name or code" in said
