"""Every sheet, card and twin: right for a screen reader by two validators, whole, and on as many pages as promised."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import page as page_validation
import pypdf
import pytest
from flask import Flask

from screening import referral
from screening.assessment import assess
from screening.checklist import Answer, Circumstances
from screening.guidance import fitting
from screening.rulebook import Rulebook

CHECKLISTS = [
    "alarm-bells", "labour-exploitation", "recruitment-and-control", "sexual-exploitation", "act-means-purpose",
    "full-assessment",
]  # fmt: skip
PLACES = ["BE", "US", "JP"]
#: How many signs are noted; None is all of them.
NUMBERS = [0, 3, 11, None]
#: Each value once; all products in the long run.
ONCE: list[tuple[str, str, int | None]] = [
    ("alarm-bells", "BE", 0),
    ("labour-exploitation", "US", 3),
    ("recruitment-and-control", "JP", 11),
    ("sexual-exploitation", "BE", None),
    ("act-means-purpose", "US", None),
    ("full-assessment", "JP", None),
]


def sheet(rulebook: Rulebook, checklist: str, place: str, number: int | None) -> referral.Sheet:
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
        assessment, rulebook.places[place], fitting(rulebook.guidance, assessment), rulebook.sources, rulebook.red
    )


def check(app: Flask, rulebook: Rulebook, folder: Path, wanted: list[tuple[str, str, int | None]]) -> None:
    files = []
    for checklist, place, number in wanted:
        name = f"{checklist}-{place}-{number}"
        at = rulebook.places[place]
        made = sheet(rulebook, checklist, place, number)
        twin = referral.Twin(rulebook.checklists[checklist], rulebook.reserved, at, rulebook.guidance, rulebook.red)
        with app.app_context():
            papers = {
                "sheet": (1, referral.as_pdf(made, app.jinja_env)),
                "twin": (2, referral.twin_as_pdf(twin, app.jinja_env)),
                "card": (
                    1,
                    referral.card_as_pdf(
                        at,
                        referral.card_numbers(at, referral.wanted(made.assessment)),
                        app.jinja_env,
                        app.extensions["languages"]["en"],
                        app.extensions["languages"]["en"],
                    ),
                ),
            }
        for kind, (most, raw) in papers.items():
            reader = pypdf.PdfReader(io.BytesIO(raw))
            assert len(reader.pages) <= most, f"{kind} {name}"
            report = page_validation.validate_pdf_bytes(raw, profile="ua1")
            assert report.is_compliant, f"{kind} {name}: {report}"
            metadata = reader.metadata
            assert metadata is not None and set(metadata) <= {"/Producer", "/Title", "/Lang"}, f"{kind} {name}"
            files.append(folder / f"{kind}-{name}.pdf")
            files[-1].write_bytes(raw)
        said = " ".join(pypdf.PdfReader(io.BytesIO(papers["sheet"][1])).pages[0].extract_text().split())
        for id in made.assessment.present:
            # A line may end at a hyphen, and the next word is then read apart from it.
            assert rulebook.indicators[id].text in said.replace("- ", "-"), f"{name}: {id}"
        for line in made.assessment.red:
            assert rulebook.red[line].title in said, f"{name}: {line}"
        assert made.assessment.outcome.title in said and rulebook.checklists[checklist].hash in said
    done = subprocess.run(
        [sys.executable, "-m", "outloud.cli", "--no-info", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert f"{len(files)} file(s)" in done.stdout, done.stdout[-500:]


def test_each_checklist_place_and_number_of_signs_once(app: Flask, rulebook: Rulebook, tmp_path: Path) -> None:
    check(app, rulebook, tmp_path, ONCE)


@pytest.mark.long
@pytest.mark.parametrize("checklist", CHECKLISTS)
def test_every_product_of_checklist_place_and_number_of_signs(
    app: Flask, rulebook: Rulebook, tmp_path: Path, checklist: str
) -> None:
    check(app, rulebook, tmp_path, [(checklist, place, number) for place in PLACES for number in NUMBERS])


def test_the_second_validator_finds_what_is_wrong(tmp_path: Path) -> None:
    """The control: a page without tags does not pass."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(tmp_path / "plain.pdf")
    done = subprocess.run(
        [sys.executable, "-m", "outloud.cli", str(tmp_path / "plain.pdf")], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
