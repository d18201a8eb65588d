"""Every sheet, card and twin: right for a screen reader by two validators, whole, and on as many pages as promised."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import page as page_validation
import pypdf
import pytest
from flask import Flask

from screening import referral
from screening.assessment import assess
from screening.checklist import Answer, Circumstances
from screening.cli.given import speaking
from screening.guidance import fitting
from screening.languages import Review
from screening.rulebook import Rulebook

CHECKLISTS = [
    "alarm-bells", "labour-exploitation", "recruitment-and-control", "sexual-exploitation", "act-means-purpose",
    "full-assessment",
]  # fmt: skip
PLACES = ["BE", "US", "JP"]
#: How many signs are noted; None is all of them.
NUMBERS = [0, 3, 11, None]
WORKERS = ["en", "fr", "nl", "de", "es", "da", "ro", "bg"]
PERSONS = [*WORKERS, "sq", "ar", "hu", "fa-AF", "pl", "pt", "ru", "th", "tr", "uk", "vi"]
#: Each value once; all products in the long run.
ONCE: list[tuple[str, str, int | None, str]] = [
    ("alarm-bells", "BE", 0, "en"),
    ("labour-exploitation", "US", 3, "nl"),
    ("recruitment-and-control", "JP", 11, "bg"),
    ("sexual-exploitation", "BE", None, "fr"),
    ("act-means-purpose", "US", None, "ro"),
    ("full-assessment", "JP", None, "de"),
    ("alarm-bells", "US", 11, "da"),
    ("labour-exploitation", "BE", None, "es"),
]


def sheet(rulebook: Rulebook, checklist: str, place: str, number: int | None, language: str = "en") -> referral.Sheet:
    chosen = rulebook.checklists[checklist]
    noted = list(chosen.countable)[:number]
    answers = {id: Answer.SEEN if index % 3 else Answer.TOLD for index, id in enumerate(noted)}
    everything = number is None
    assessment = assess(
        chosen,
        answers,
        Circumstances(
            alone="true",
            age="unsure" if everything else "adult",
            danger="true" if everything else None,
            asks="true" if everything else None,
        ),
        diagram=rulebook.diagrams[checklist],
        reserved=rulebook.reserved,
    )
    return referral.Sheet(
        assessment,
        rulebook.places[place],
        fitting(rulebook.guidance, assessment),
        rulebook.sources,
        rulebook.red,
        language=language,
    )


def said_in(app: Flask, language: str, name: str, text: str) -> str:
    """A text of a rule file as this language has it."""
    return text if language == "en" else app.extensions["languages"][language].said[name, text]


def without_breaks(text: str) -> str:
    """What is read from a PDF, whatever lines it was set in: a line may end behind a hyphen, and at any space."""
    return "".join(text.replace("\N{SOFT HYPHEN}", "").split())


def seen_through(files: dict[Path, bytes]) -> None:
    """Nothing is wrong with any of these for whoever hears them, says the first validator, and then the second."""
    for path, raw in files.items():
        report = page_validation.validate_pdf_bytes(raw, profile="ua1")
        assert report.is_compliant, f"{path.name}: {report}"
        metadata = pypdf.PdfReader(io.BytesIO(raw)).metadata
        assert metadata is not None and set(metadata) <= {"/Producer", "/Title", "/Lang"}, path.name
        path.write_bytes(raw)
    done = subprocess.run(
        [sys.executable, "-m", "outloud.cli", "--no-info", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert f"{len(files)} file(s)" in done.stdout, done.stdout[-500:]


def check(app: Flask, rulebook: Rulebook, folder: Path, wanted: list[tuple[str, str, int | None, str]]) -> None:
    files: dict[Path, bytes] = {}
    for checklist, place, number, language in wanted:
        name = f"{checklist}-{place}-{number}-{language}"
        at = rulebook.places[place]
        made = sheet(rulebook, checklist, place, number, language)
        with speaking(app, language):
            raw = files[folder / f"sheet-{name}.pdf"] = referral.as_pdf(made, app.jinja_env)
            twin_path = folder / f"twin-{checklist}-{place}-{language}.pdf"
            if twin_path not in files:
                twin = referral.Twin(
                    rulebook.checklists[checklist], rulebook.reserved, at, rulebook.guidance, rulebook.red, language
                )
                files[twin_path] = referral.twin_as_pdf(twin, app.jinja_env)
                assert len(pypdf.PdfReader(io.BytesIO(files[twin_path])).pages) <= 2, name
        pages = pypdf.PdfReader(io.BytesIO(raw)).pages
        assert len(pages) == 1, name
        said = without_breaks(pages[0].extract_text())
        wanted_texts = [(f"indicator/{id}/text", rulebook.indicators[id].text) for id in made.assessment.present]
        wanted_texts += [(f"red/{line}/title", rulebook.red[line].title) for line in made.assessment.red]
        outcome = made.assessment.outcome
        house = checklist if outcome in rulebook.checklists[checklist].outcomes else "reserved"
        wanted_texts.append((f"outcome/{house}/{outcome.id}/title", outcome.title))
        for context, text in wanted_texts:
            assert without_breaks(said_in(app, language, context, text)) in said, f"{name}: {context}"
        assert rulebook.checklists[checklist].hash in said
    seen_through(files)


def test_each_checklist_place_number_of_signs_and_language_once(app: Flask, rulebook: Rulebook, tmp_path: Path) -> None:
    check(app, rulebook, tmp_path, ONCE)


@pytest.mark.long
@pytest.mark.parametrize("language", WORKERS)
@pytest.mark.parametrize("checklist", CHECKLISTS)
def test_every_product_of_checklist_place_number_of_signs_and_language(
    app: Flask, rulebook: Rulebook, tmp_path: Path, checklist: str, language: str
) -> None:
    check(app, rulebook, tmp_path, [(checklist, place, number, language) for place in PLACES for number in NUMBERS])


@pytest.mark.parametrize(
    "language",
    [pytest.param(one, marks=[] if one in ("bg", "ar", "vi", "th") else pytest.mark.long) for one in PERSONS],
)
def test_the_card_of_every_language_as_figures_and_once_it_is_reviewed(
    app: Flask, rulebook: Rulebook, tmp_path: Path, language: str
) -> None:
    """The words of a language are printed once a speaker has read them: the letters must be there by then."""
    english, draft = app.extensions["languages"]["en"], app.extensions["languages"][language]
    files = {}
    for place in PLACES:
        at = rulebook.places[place]
        for review in (Review.DRAFT, Review.NATIVE):
            numbers = referral.card_numbers(at, (), language)
            with app.app_context():
                raw = referral.card_as_pdf(at, numbers, app.jinja_env, replace(draft, review=review), english)
            files[tmp_path / f"card-{language}-{place}-{review.name}.pdf"] = raw
            reader = pypdf.PdfReader(io.BytesIO(raw))
            assert len(reader.pages) == 1
            said = reader.pages[0].extract_text()
            for number in numbers:
                assert without_breaks(number.dial) in without_breaks(said)
            heading = draft.said.get(("", "Useful numbers"), "Useful numbers")
            if draft.direction == "ltr" and language not in ("th", "vi"):
                in_words = language == "en" or review is Review.NATIVE
                assert (without_breaks(heading) in without_breaks(said)) is in_words
    seen_through(files)


def test_the_second_validator_finds_what_is_wrong(tmp_path: Path) -> None:
    """The control: a page without tags does not pass."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(tmp_path / "plain.pdf")
    done = subprocess.run(
        [sys.executable, "-m", "outloud.cli", str(tmp_path / "plain.pdf")], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
