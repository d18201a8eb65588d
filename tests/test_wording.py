"""A site says things in its own words and adds its own checklist, without touching our files."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path

import pytest

from conftest import HOUSE, Worker
from rule_folders import write_rules
from screening import create_app
from screening.rulebook import Rulebook, RuleError, read_rulebook
from screening.settings import Settings

OWN_CHECKLIST = """\
format: 1
id: our-ward
version: 2026-11-24
title: On our ward
audience: [health]
minutes: 2
about: Three signs that we meet most. Not validated.
sources: [ward/meeting/1]
groups:
  - {id: all, title: What we see, indicators: [large-debt, documents-withheld, sleeps-in-waiting-room]}
conditions:
  two: {count: all, at_least: 2}
  one: {count: all, at_least: 1}
outcomes:
  - {id: ward-two, title: Two, level: seek-advice, when: two}
  - {id: ward-one, title: One, level: stay-attentive, when: one}
  - {id: ward-none, title: None, level: nothing-noted}
examples:
  - {name: two, told: [large-debt, documents-withheld], outcome: ward-two}
  - {name: one, told: [large-debt], others: no, outcome: ward-one}
  - {name: none, others: no, outcome: ward-none}
"""
OWN = {
    "checklists/our-ward.yaml": OWN_CHECKLIST,
    "sources.yaml": "- {id: ward, title: Our meeting, citation: Minutes of 3 May, short: Ward, rows: [meeting/1]}\n",
    "indicators.yaml": (
        "- id: sleeps-in-waiting-room\n  text: Sleeps in the waiting room\n"
        "  element: none\n  sources: [ward/meeting/1]\n"
    ),
    "guidance.yaml": (
        "- id: ward-call\n  kind: do\n  when: {outcome: ward-two}\n  text: Call our social worker.\n"
        "  sources: [ward/meeting/1]\n"
    ),
}


def site(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / "rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "rules"


def wording(**texts: str) -> str:
    lines = [f'  {name.replace("__", "/").replace("_", "-")}: "{text}"' for name, text in texts.items()]
    return "\n".join(["language: en", "texts:", *lines, ""])


def refused(folder: Path, files: dict[str, str]) -> str:
    with pytest.raises(RuleError) as caught:
        read_rulebook(HOUSE / "rules", site(folder, files))
    return str(caught.value)


def test_the_words_of_a_site_stand_on_every_page_and_on_the_sheet(settings: Settings) -> None:
    own = {
        "wording/en.yaml": wording(
            indicator__large_debt__text="Owes somebody a lot",
            group__alarm_bells__work_and_money="Work",
            outcome__alarm_bells__one_sign__title="A single bell",
            guidance__ask_in_doubt="In doubt, ring extension 7.",
        )
    }
    site(settings.instance, own)
    worker = Worker(create_app(settings).test_client())
    worker.begins()
    page = worker.opens("/visit/3")
    assert "Owes somebody a lot" in page and "<h1>Work</h1>" in page
    assert "Must pay back a large debt" not in page
    worker.answers(3, large__debt="told")
    for address in ("/visit/outcome", "/visit/sheet"):
        page = worker.opens(address)
        assert "A single bell" in page and "Owes somebody a lot" in page and "ring extension 7" in page
        assert "One alarm bell" not in page


def test_words_in_another_language_change_nothing_in_ours(settings: Settings) -> None:
    site(settings.instance, {"wording/nl.yaml": wording(indicator__large_debt__text="Schuld").replace("en", "nl", 1)})
    worker = Worker(create_app(settings).test_client())
    worker.begins()
    assert "Must pay back a large debt" in worker.opens("/visit/3")


def test_the_hash_says_that_the_words_are_others_and_only_where_they_are(tmp_path: Path) -> None:
    ours = read_rulebook(HOUSE / "rules").checklists
    words = {"wording/en.yaml": wording(indicator__lives_at_work__text="Sleeps where they work")}
    theirs = read_rulebook(HOUSE / "rules", site(tmp_path, words)).checklists
    changed = {id for id in ours if ours[id].hash != theirs[id].hash}
    assert changed == {id for id in ours if "lives-at-work" in ours[id].indicators} != set(ours)


def test_a_site_adds_a_checklist_with_its_own_sign_source_and_guidance(settings: Settings) -> None:
    site(settings.instance, OWN)
    app = create_app(settings)
    worker = Worker(app.test_client())
    assert "On our ward" in worker.opens("/")
    worker.begins(checklist="our-ward")
    worker.answers(1, large__debt="told", sleeps__in__waiting__room="seen")
    page = worker.opens("/visit/outcome")
    assert "Call our social worker." in page and "Ward" in page
    assert next(iter(app.extensions["rulebook"].checklists)) == "our-ward", "the shortest comes first"


def test_without_a_folder_of_its_own_a_site_has_our_rules(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")
    assert list(read_rulebook(rules, tmp_path / "nowhere").checklists) == ["small"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"wording/en.yaml": wording(indicator__large_dept__text="x")}, "en.yaml:3:3: there is no text 'indicator/large-dept/text'. Did you mean 'indicator/large-debt/text'?"),
        ({"wording/en.yaml": wording(guidance__emergency_now="Call somebody.")}, "the emergency number is lost from this text. Say {emergency}"),
        ({"wording/en.yaml": wording(guidance__emergency_now="Call {emergancy}, {emergency}.")}, "{emergancy} is no placeholder"),
        ({"wording/en.yaml": wording(indicator__large_debt__text="Owes {sum}")}, "in guidance and red lines only. Take the braces out"),
        ({"wording/en.yaml": "language: nl\ntexts: {a: b}\n"}, "the language 'nl' is not the name of the file. Write en"),
        ({"wording/en.yaml": "language: EN\ntexts: {a: b}\n"}, "'language' cannot be 'EN'. Write the language as its code"),
        ({"wording/en.yaml": "texts: {a: b}\n"}, "'language' is missing"),
        ({"wording/en.yaml": "language: en\ntexts: {}\n"}, "'texts' is empty"),
        ({"words.yaml": "a: b\n"}, "instance/rules/words.yaml:1:1: no such rule file is known"),
        ({"reserved.yaml": "a: b\n"}, "no such rule file is known"),
        ({"checklists/alarm-bells.yaml": OWN_CHECKLIST.replace("our-ward", "alarm-bells")}, "checklist 'alarm-bells' is used twice (first on line 5 of rules/checklists/alarm-bells.yaml)"),
        ({"indicators.yaml": OWN["indicators.yaml"].replace("sleeps-in-waiting-room", "large-debt")}, "'large-debt' is used twice (first on line"),
        ({"checklists/our-ward.yaml": OWN_CHECKLIST}, "no indicator 'sleeps-in-waiting-room'"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_sites_folder_is_named_there(tmp_path: Path, files: dict[str, str], said: str) -> None:
    message = refused(tmp_path / "instance", files)
    assert said in message
    assert all(line.startswith("instance/rules/") for line in message.splitlines())


def test_the_rules_of_a_site_are_checked_with_the_program(tmp_path: Path, settings: Settings) -> None:
    site(settings.instance, {"wording/en.yaml": wording(guidance__nobody="x")})
    with pytest.raises(RuleError):
        create_app(settings)


def test_every_text_that_the_pages_ask_for_has_a_name_that_a_site_can_use(worker: Worker) -> None:
    """The names that the templates put together are those that the rulebook knows."""
    rulebook: Rulebook = worker.client.application.extensions["rulebook"]
    asked: set[str] = set()
    environment = worker.client.application.jinja_env
    real: Callable[..., str] = environment.filters["rule_text"]

    @wraps(real)
    def noted(how: object, text: str, name: str, first: bool = False) -> str:
        if text:
            asked.add(name)
        return real(how, text, name, first)

    environment.filters["rule_text"] = noted
    worker.begins(checklist="sexual-exploitation")
    worker.sends("/visit/safety", alone="true", interpreter="not-needed", age="child", consent="given", danger="true")
    for number in range(1, 9):
        worker.opens(f"/visit/{number}")
    worker.answers(8, earlier__violence="told")
    worker.answers(1, moved__often="seen")
    for address in ("/visit/outcome", "/visit/sheet", "/visit/review", "/visit/now", "/help", "/"):
        worker.opens(address)
    own = {name for name in asked if not name.startswith(("contact/", "place/", "source/"))}
    known = rulebook.texts
    assert len(own) > 100
    assert own <= set(known), own - set(known)
