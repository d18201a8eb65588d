"""The pages for whoever answers for the program say what is so, and lead nowhere in vain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import HOUSE
from screening.checklist import Level
from screening.keys import ROTATION
from screening.places import ROLES, STALE_AFTER
from screening.rulebook import Rulebook
from screening.session import HARD_LIMIT
from screening.settings import Settings
from screening.tally.grids import MOST_ODDS, Layout
from test_promises_broken import BREAKS, OF_PROMISES

DOCUMENTS = sorted([*HOUSE.glob("*.md"), *(HOUSE / "docs").rglob("*.md")])
NUMBERS = {6: "six", 12: "twelve"}


def page(name: str) -> str:
    """A page with each paragraph on one line, as it is read."""
    return re.sub(
        r"(?<=[^\n|])\n +(?=\S)|(?<=[^\n|])\n(?=[^\n|#`>\s-])", " ", (HOUSE / "docs" / name).read_text("utf-8")
    )


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_link_leads_to_a_file_and_every_test_that_is_named_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target and not target.startswith("#"):
            assert (path.parent / target.partition("#")[0]).exists(), target
    for name in re.findall(r"`((?:tests|bench|screening|docs|rules)/[a-z_0-9/-]+\.[a-z]+)`", text):
        if not re.search(r"/(xx|ID)\.yaml", name):
            assert (HOUSE / name).exists(), name


def test_the_assessment_has_all_that_it_must_have() -> None:
    text = page("dpia.md")
    for wanted in (
        "Controller", "legal basis", "article 9", "Article 10", "**Notice**", "once it is filled in",
        "How long it is kept",
        "**No automated decision** (article 22)", "Residual risk", "left over", "Recipients", "28", "35(9)", "36",
    ):  # fmt: skip
        assert wanted.lower() in text.lower(), wanted
    assert f"{Settings().idle_minutes} minutes without a touch, {HARD_LIMIT // 3600} hours at most" in text
    assert "destroyed four hours after it was made" in text and 2 * ROTATION == 4 * 3600
    assert f"factor of {MOST_ODDS} at most" in text


def test_the_assessment_leaves_to_the_organisation_what_only_it_can_know() -> None:
    sections = re.split(r"^## ", page("dpia.md"), flags=re.M)[1:]
    assert len(sections) == 9
    for section in sections:
        assert "**[" in section, section.splitlines()[0]


def test_the_scripts_that_the_assessment_names_are_there(rulebook: Rulebook) -> None:
    titles = {script.title for script in rulebook.scripts.values()}
    (named,) = re.findall(r"the scripts (\*.*?\*) have the words", page("dpia.md"))
    assert set(re.findall(r"\*(.*?)\*", named)) <= titles


def test_the_review_names_everything_that_must_be_read(rulebook: Rulebook) -> None:
    text = page("review.md")
    for id in rulebook.checklists:
        assert f"`{id}`" in text or f"show {id}" in text, id
    assert f"each of the {NUMBERS[len(rulebook.cases)]} (`/practice`)" in text
    assert f"the {NUMBERS[len(rulebook.scripts)]} scripts" in text
    assert all(role.split("-")[0] in text for role in ROLES) and STALE_AFTER == 180
    first = (HOUSE / "translations" / "nl" / "LC_MESSAGES" / "messages.po").read_text("utf-8").splitlines()[:3]
    assert first[2].startswith("# Review: "), "the third line says so"


def test_every_decision_is_listed_and_says_what_it_costs() -> None:
    files = sorted(path.name for path in (HOUSE / "docs" / "decisions").glob("[0-9]*.md"))
    listed = re.findall(r"^\| \[\d+\]\(([^)]+)\) \| (.+) \|$", page("decisions/README.md"), re.M)
    assert [name for name, _ in listed] == files
    for number, (name, title) in enumerate(listed, start=1):
        text = page(f"decisions/{name}")
        assert text.startswith(f"# {number}. {title}\n")
        for part in ("**Asked.**", "**Decided.**", "**Why", "**It costs.**", "**Look again**"):
            assert part in text, (name, part)


def test_the_arithmetic_of_growing_adds_up() -> None:
    text = page("scale.md")
    assert round(155_000_000 / (365 * 86_400)) == 5 and "**5 visits a second**" in text
    visit, sheet = (
        int(re.findall(rf"{what}.*?\*\*measured\*\* (\d+) ms", text)[0]) for what in ("whole visit", "a sheet, warm")
    )
    assert f"15 x 0.{visit:03} + 1.5 x 0.{sheet:03} = **{15 * visit / 1000 + 1.5 * sheet / 1000:.1f} cores**" in text
    assert f"{1000 // visit + (1000 % visit > visit / 2)} visits a second for each core" in text
    layout = Layout.of((f"site-{number}" for number in range(5000 - 1)), (f"sign-{number}" for number in range(59)))
    assert len(layout.cells()) == 5000 * len(Level) + 16 + 60 == 25_076 and "25,076" in text
    assert round(1000 / 12.5) == 80 and "**80 visits a second**" in text
    assert 4 * 26**2 == 52**2


def test_the_readme_names_the_tests_of_every_promise() -> None:
    text = (HOUSE / "README.md").read_text("utf-8")
    part = re.split(r"^## ", text.partition("## What it promises\n")[2], flags=re.M)[0]
    named = re.findall(r"^(\d)\. (?:(?!^\d\. ).)*?\(tests/(test_promise_\d\w+\.py)\)$", part, re.M | re.S)
    assert named == [(str(number), OF_PROMISES[number]) for number in range(1, 9)]
    for file in OF_PROMISES.values():
        assert re.search(r"^def test_", (HOUSE / "tests" / file).read_text("utf-8"), re.M), file


def test_the_page_on_the_promises_lists_every_way_in_which_they_are_broken() -> None:
    sections = re.split(r"^## (\d)\. ", page("promises.md"), flags=re.M)[1:]
    listed = [
        (int(number), *cells)
        for number, section in zip(sections[::2], sections[1::2], strict=True)
        for cells in re.findall(
            r"^\| (.+?)(?: \(1\))? \| `(.+?)` \| (?:`tests/(.+?)`: )?`(test_.+?)` \| \w+ \|$", section, re.M
        )
    ]
    assert listed == [
        (broken.promise, broken.what, broken.file, *broken.test.rpartition("::")[::2]) for broken in BREAKS
    ]
    assert {broken.promise for broken in BREAKS} == set(range(1, 9)) and len(BREAKS) == 50
    for broken in BREAKS:
        assert (HOUSE / broken.file).read_text("utf-8").count(broken.old) == 1, f"{broken.what} is no break any more"
        file, _, test = broken.node.partition("::")
        assert f"def {test.partition('[')[0]}(" in (HOUSE / file).read_text("utf-8"), broken.node


def test_what_is_committed_names_no_folder_of_this_machine() -> None:
    for path in DOCUMENTS:
        assert not re.search(r"/(work/|home/[a-z])", path.read_text(encoding="utf-8")), path


def test_the_pictures_are_small_and_the_readme_shows_each() -> None:
    pictures = {path.name: path.stat().st_size for path in (HOUSE / "docs" / "pictures").iterdir()}
    shown = set(re.findall(r"\(docs/pictures/([a-z]+\.png)\)", (HOUSE / "README.md").read_text("utf-8")))
    assert set(pictures) == shown
    assert max(pictures.values()) < 80 * 1024, pictures
