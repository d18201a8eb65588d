"""What the pages for people who write rules say is tried as they would try it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import HOUSE, Worker
from screening import create_app
from screening.catalogues import CRITICAL, CRITICAL_IN_TEMPLATES, to_translate
from screening.checklist import CIRCUMSTANCE_VALUES
from screening.cli import main
from screening.rulebook import RuleError, read_rulebook
from screening.settings import Settings

PAGE = (HOUSE / "docs" / "rules.md").read_text(encoding="utf-8")
FILES = re.findall(r"```yaml\n(# (instance/rules/[a-z/-]+\.yaml)( \(add\))?\n.*?)```", PAGE, re.S)


@pytest.fixture
def followed(settings: Settings) -> Settings:
    """A site whose files are those of the page, typed as they stand there."""
    for text, name, added in FILES:
        path = settings.instance.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if added else "") + text)
    return settings


def test_whoever_follows_the_page_has_a_checklist_of_their_own(followed: Settings) -> None:
    worker = Worker(create_app(followed).test_client())
    worker.begins(checklist="our-ward")
    worker.answers(1, sleeps__in__waiting__room="seen", afraid__of__others="seen")
    page = worker.opens("/visit/outcome")
    assert "Talk it over with the social worker of the house." in page and "extension 7000" in page
    assert "Not yet set up" not in page and "Security desk" in worker.opens("/visit/contacts")
    assert "At night" in worker.opens("/visit/safety")
    worker.begins()
    assert "Sleeps where they work" in worker.opens("/visit/4")
    assert len(FILES) == 9


def test_the_fault_that_the_page_shows_is_the_one_that_is_found(followed: Settings) -> None:
    path = followed.instance / "rules" / "checklists" / "our-ward.yaml"
    path.write_text(path.read_text().replace("sleeps-in-waiting-room]\n", "sleep-in-waiting-room]\n", 1))
    shown = re.search(r"```\n(instance/rules/checklists/our-ward\.yaml:.*?)\n```", PAGE)
    assert shown
    with pytest.raises(RuleError) as caught:
        read_rulebook(HOUSE / "rules", followed.instance / "rules")
    assert str(caught.value) == shown[1], "and nothing else is blamed"


def test_whoever_follows_the_page_has_a_case_to_practise_with(followed: Settings) -> None:
    worker = Worker(create_app(followed).test_client())
    assert "Tea at night" in worker.opens("/practice")
    assert "for the third night" in worker.sends("/practice", case="tea-at-night")
    assert "paid for it every Friday" in worker.opens("/visit/2")


@pytest.mark.parametrize("words", re.findall(r"^\.venv/bin/screening (.+)$", PAGE, re.M))
def test_every_command_of_the_page_works(words: str, followed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCREENING_INSTANCE", str(followed.instance))
    words = words.replace("OLD NEW", "rules rules")
    monkeypatch.chdir(HOUSE)
    assert CliRunner().invoke(main, shlex.split(words)).exit_code == 0


def test_the_answer_of_the_check_is_the_one_shown() -> None:
    (shown,) = re.findall(r"`(\d+ checklists, .*? all good)`", PAGE)
    assert CliRunner().invoke(main, ["rules", "check", str(HOUSE / "rules")]).stdout.strip() == shown


def test_every_condition_of_the_table_is_taken(followed: Settings) -> None:
    table = PAGE[PAGE.index("## Conditions") : PAGE.index("| circumstance | values |")]
    written = [
        code
        for row in table.splitlines()
        for code in re.findall(r"`([^`]+)`", row.split("|")[1] if row.startswith("|") else "")
    ]
    assert len(written) == 12
    path = followed.instance / "rules" / "checklists" / "our-ward.yaml"
    text = path.read_text()
    for code in written:
        used = code.replace("one, other", "several, large-debt").replace("forced-work", "little-or-no-pay")
        path.write_text(
            text.replace("  abuse: abuse-signs\n", f"  abuse: {{any: [abuse-signs, {used}]}}\n")
            .replace("groups:\n", "strengths: {strong: [large-debt]}\ngroups:\n")
            .replace("examples:\n", "examples:\n", 1)
        )
        try:
            read_rulebook(HOUSE / "rules", followed.instance / "rules")
        except RuleError as error:
            # Some hold of examples or leave an outcome unreachable; none may be misread.
            assert re.search(r"comes out as|can never be reached", str(error)), f"{code}: {error}"


def test_the_table_of_circumstances_is_whole() -> None:
    table = PAGE[PAGE.index("| circumstance | values |") : PAGE.index("You need not think")]
    for name, values in CIRCUMSTANCE_VALUES.items():
        row = next(line for line in table.splitlines() if f"`{name}`" in line)
        assert re.findall(r"`([a-z-]+)`", row.split("|")[2]) == list(values)


def test_the_table_of_keys_is_whole() -> None:
    schema = json.loads((HOUSE / "rules" / "schemas" / "checklist.json").read_text())
    table = PAGE[PAGE.index("## The parts of a checklist") : PAGE.index("**Levels**")]
    assert set(
        re.findall(r"`([a-z]+)`", " ".join(row.split("|")[1] for row in table.splitlines() if "|" in row))
    ) == set(schema["properties"])


@pytest.mark.parametrize(
    "page", ["README.md", "docs/rules.md", "docs/privacy.md", "docs/supervisors.md", "docs/faults.md"]
)
def test_every_link_leads_to_a_page(page: str) -> None:
    text = (HOUSE / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or ((HOUSE / page).parent / Path(target)).exists(), target


def test_the_page_for_translators_lists_every_sentence_in_which_a_wrong_word_does_harm() -> None:
    page = (HOUSE / "docs" / "translations.md").read_text(encoding="utf-8")
    part = page[page.index("## The sentences in which") : page.index("Each has its **back-translation**")]
    listed = {line.removeprefix("- ") for line in part.splitlines() if line.startswith("- ")}
    begin = {line.split("`")[1] for line in listed if line.startswith("`")}
    assert begin == set(CRITICAL) and {line for line in listed if not line.startswith("`")} == set(
        CRITICAL_IN_TEMPLATES
    )
    texts = to_translate(HOUSE / "templates", read_rulebook(HOUSE / "rules"))
    assert {text.text for text in texts if not text.context} >= set(CRITICAL_IN_TEMPLATES), "none is of an older page"
    for name in CRITICAL:
        assert any(text.context.startswith(name) for text in texts), name


def test_a_back_translation_stands_beside_its_sentence(tmp_path: Path) -> None:
    path = tmp_path / "nl" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    shipped = (HOUSE / "translations" / "nl" / "LC_MESSAGES" / "messages.po").read_text(encoding="utf-8")
    shipped = re.sub("^# Back-translation: .*\n", "", shipped, flags=re.MULTILINE)
    assert 'msgctxt "red/danger/title"' in shipped
    path.write_text(
        shipped.replace('msgctxt "red/danger/title"', '# Back-translation: Peril | now.\nmsgctxt "red/danger/title"')
    )
    # It outlives the command that brings a catalogue up to the texts.
    assert CliRunner().invoke(main, ["translations", "update", str(tmp_path)]).exit_code == 0
    result = CliRunner().invoke(main, ["translations", "critical", "--language", "nl", str(tmp_path)])
    assert result.exit_code == 0 and "## Dutch (nl): draft" in result.stdout
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("| `red/danger/title` | Danger now | ")]
    assert line.endswith(" | Peril / now. |")
    for wrong in ("it", "xx"):
        assert CliRunner().invoke(main, ["translations", "critical", "--language", wrong, str(tmp_path)]).exit_code == 2
