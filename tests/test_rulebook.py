"""A rule file that is wrong is refused at its line, with what is wrong and how to mend it."""

from __future__ import annotations

import gc
import os
import random
import re
import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from conftest import HOUSE
from rule_folders import write_rules
from screening import create_app
from screening.checklist import Level
from screening.rulebook import Fault, Row, RuleError, read_rulebook
from screening.rulebook.syntax import Document, Where, read_document
from screening.settings import Settings

SMALL, PLACE = "checklists/small.yaml", "places/be.yaml"
INDICATORS, GUIDANCE, RESERVED, SOURCES = "indicators.yaml", "guidance.yaml", "reserved.yaml", "sources.yaml"

#: file, what is replaced, by what, the line and column of the fault, a word of what is said, a word of the remedy
BROKEN = [
    # syntax
    ("tab", SMALL, "    title: First", "\ttitle: First", 11, 1, "a tab is used", "spaces"),
    ("colon", SMALL, "about: A small checklist.", "about: A small: checklist.", 7, 15, "colon", '"quotes"'),
    ("remark", SMALL, "title: Small", "title: Small # of four", 4, 13, "would be lost", "a line of its own"),
    ("running on", SMALL, "about: A small checklist.", "about: A small\n  checklist.", 7, 8, "several lines", '"quotes"'),
    ("quote", SMALL, "title: Small", 'title: "Small', 4, 8, "never closed", "Close it"),
    ("anchor", SMALL, "version: 2026-11-24", "version: &v 2026-11-24", 3, 10, "an anchor", "Remove it"),
    ("alias", SMALL, "minutes: 1", "minutes: *v", 6, 10, "an alias", "Write the value out"),
    ("tag", SMALL, "minutes: 1", "minutes: !!int 1", 6, 10, "a tag", "Remove it"),
    ("twice", SMALL, "minutes: 1", "minutes: 1\nminutes: 2", 7, 1, "given twice (first on line 6)", "Keep one"),
    ("no as a boolean", INDICATORS, "element: means\n", "element: means\n  context: no\n", 5, 12, "must be true or false, not 'no'", "without quotes"),
    ("a key twice in a list", INDICATORS, "  text: Sign 1", "  text: Sign 1\n  text: Sign 2", 3, 3, "given twice (first on line 2)", "Keep one"),
    ("two documents", SMALL, "minutes: 1", "minutes: 1\n---\nx: 1", 7, 1, "second document", "one document"),
    ("bracket", SMALL, "audience: [health]", "audience: [health", 5, 11, "bracket", "Close it"),
    ("brace", SMALL, "others: no, outcome: single}", "others: no, outcome: single", 25, 5, "bracket", "Close it"),
    ("squeezed", SMALL, "title: Small", "title:Small", 4, 6, "a space is missing behind the colon", "key: value"),
    ("percent", INDICATORS, "text: Sign 1", "text: %1 of all", 2, 9, "cannot begin with this", '"quotes"'),
    ("text with a dash", INDICATORS, "text: Sign 1", "text: - Sign 1", 2, 9, "a dash stands where text begins", '"quotes"'),
    ("a quoted word", INDICATORS, "text: Sign 1", 'text: "Sign" 1', 2, 16, "behind a closing quote", "whole text"),
    ("behind the end", SMALL, "minutes: 1", "minutes: 1\n...\nminutes: 2", 8, 1, "belongs to nothing above", "remove it"),
    ("turned round", SMALL, "title: Small", "title: Sm\u202eall", 4, 10, "control character", "Delete it"),
    ("no colon", SMALL, "  several: {count", "  several {count", 17, 11, "a colon is missing before the bracket", "key: {...}"),
    ("no space", INDICATORS, "- id: sign-b", "-id: sign-b", 6, 1, "a space is missing behind the dash", "- id"),
    ("indented", INDICATORS, "  element: means", "   element: means", 4, 4, "does not fit the indentation", "neighbours"),
    ("control", SMALL, "title: Small", "title: Sm\x07all", 4, 10, "control character", "Delete it"),
    # structure
    ("unknown key", INDICATORS, "  element: means", "  elemnt: means", 4, 3, "'elemnt' is not known", "'element'"),
    ("singular", SMALL, "outcomes:", "outcome:", 19, 1, "'outcome' is not known", "'outcomes'"),
    ("missing", SMALL, "title: Small\n", "", 1, 1, "'title' is missing", "Add `title: ...`"),
    ("a number", SMALL, "version: 2026-11-24", "version: 1.10", 3, 10, "must be text, not 1.1", '"quotes"'),
    ("no number", SMALL, "minutes: 1", "minutes: one", 6, 10, "must be a whole number", "digits"),
    ("empty text", SMALL, "title: Small", 'title: ""', 4, 8, "'title' is empty", "some words"),
    ("blank text", SMALL, "title: Small", 'title: "  "', 4, 8, "'title' is blank", "some words"),
    ("a chapter", SMALL, "title: Small", "title: " + "Small" * 41, 4, 8, "205 characters, and at most 200", "shorter"),
    ("nothing", SMALL, "title: Small", "title:", 4, 7, "must be text, not nothing", '"quotes"'),
    ("nothing in braces", SMALL, "{id: single, title: Single", "{id: single, title: , x: y", 21, 24, "must be text, not nothing", '"quotes"'),
    ("element", INDICATORS, "element: means", "element: mean", 4, 12, "cannot be 'mean'", "'means'"),
    ("no level", SMALL, ", level: stay-attentive", "", 21, 5, "'level' is missing", "Add"),
    ("no source", INDICATORS, "sources: [doc/signs/1]", "sources: []", 5, 12, "'sources' is empty", "at least one"),
    ("an id", INDICATORS, "- id: sign-a", "- id: Sign_A", 1, 7, "cannot be 'Sign_A'", "small letters"),
    ("not a list", SMALL, "audience: [health]", "audience: health", 5, 11, "must be a list", "[one, another]"),
    ("short number", PLACE, '["112"]', "[112]", 7, 13, "must be text, not 112", '"quotes"'),
    # unique ids
    ("same id", INDICATORS, "- id: sign-b", "- id: sign-a", 6, 7, "used twice (first on line 1)", "its own"),
    ("no explanation", SMALL, "sources: [doc/signs/1]", "sources: [doc/signs/1]\nexplanations: [limit]", 9, 16, "no explanation 'limit'", "'limits'"),
    ("context unexplained", INDICATORS, "  sources: [doc/signs/1]\n- id: sign-b", "  sources: [doc/signs/1]\n  context: true\n- id: sign-b", 1, 3, "why 'sign-a' is never counted", "about"),
    ("explained and counted", INDICATORS, "  element: means", "  about: Never counted.\n  element: means", 4, 3, "and this one is", "context: true"),
    ("same outcome", SMALL, "id: single", "id: many", 21, 10, "outcome 'many' is used twice", "its own"),
    ("same explanation", "explanations.yaml", "- id: limits", "- {id: limits, title: T, text: T, sources: [doc/advice/1]}\n- id: limits", 2, 7, "used twice (first on line 1)", "its own"),
    ("two groups", SMALL, "[sign-c, sign-d]", "[sign-c, sign-a]", 15, 26, "'sign-a' is used twice", "its own"),
    ("file name", SMALL, "id: small", "id: smaller", 2, 5, "not the name of the file", "Name the file smaller.yaml"),
    ("reserved id", SMALL, "id: none", "id: concern", 22, 10, "is reserved", "another id"),
    ("condition or sign", SMALL, "  one:", "  sign-a:", 18, 3, "the name of an indicator", "another name"),
    ("two files", "emergency.yaml", 'DE: ["112"]', 'BE: ["112"]', 2, 3, "a file of its own", "Remove this row"),
    # references
    ("no such row", INDICATORS, "[doc/signs/1]", "[doc/signs/9]", 5, 13, "'doc/signs/9'", "'doc/signs/1'"),
    ("no such sign", SMALL, "[sign-c, sign-d]", "[sign-c, sing-d]", 15, 26, "no indicator 'sing-d'", "'sign-d'"),
    ("parted by semicolons", SMALL, "[sign-c, sign-d]", "[sign-c; sign-d]", 15, 18, "no indicator 'sign-c; sign-d'", "parted with commas"),
    ("not here", SMALL, "indicators: [sign-c, sign-d]", "indicators: [sign-c]", 24, 40, "'sign-d' is not in this checklist", "Add it to a group"),
    ("not here in a rule", SMALL, "indicators: [sign-c, sign-d]\nconditions:\n  several: {count: all, at_least: 2}", "indicators: [sign-c]\nconditions:\n  several: {any: [sign-d, sign-c]}", 17, 19, "'sign-d' is not in this checklist", "Add it to a group"),
    ("no such name", SMALL, "when: several", "when: sevral", 20, 55, "called 'sevral'", "'several'"),
    ("a list for a rule", SMALL, "when: several", "when: [several, one]", 20, 55, "a list is no condition", "{any: [...]}"),
    ("or", SMALL, "when: several", "when: several or one", 20, 55, "'several or one' is no condition", "Write {any: [several, one]}"),
    ("and", SMALL, "when: several", "when: several and sign-a", 20, 55, "is no condition", "Write {all: [several, sign-a]}"),
    ("words for an id", SMALL, "told: [sign-a], seen", "told: [Sign 1], seen", 24, 24, "'Sign 1' is not in this checklist", "Write ids"),
    ("two colons", SMALL, "{count: all, at_least: 1}", "{count: group: first, at_least: 1}", 18, 21, "a second colon", "{count: {group: work}"),
    ("too high", SMALL, "at_least: 2", "at_least: 9", 17, 35, "can never be reached", "4 or less"),
    ("zero", SMALL, "at_least: 1", "at_least: 0", 18, 31, "from 1", "digits"),
    ("no group", SMALL, "{count: all, at_least: 2}", "{count: {group: frist}, at_least: 2}", 17, 28, "no group", "'first'"),
    ("group twice", SMALL, "{count: all, at_least: 2}", "{count: {group: [first, first]}, at_least: 2}", 17, 36, "named twice", "once"),
    ("no such strength", SMALL, "{count: all, at_least: 2}", "{count: {strength: strogn}, at_least: 2}", 17, 31, "no strength", "'strong'"),
    ("nothing counted", SMALL, "{count: all, at_least: 2}", "{count: {strength: strong}, at_least: 1}", 17, 50, "no sign is counted", "Choose"),
    ("two strengths", SMALL, "conditions:", "strengths: {strong: [sign-a], weak: [sign-a]}\nconditions:", 16, 38, "two strengths", "Keep one"),
    ("negative", SMALL, "{count: all, at_least: 2}", "{sum: {sign-a: -1}, at_least: 2}", 17, 27, "not below 0", "lower"),
    ("not a sign", SMALL, "{count: all, at_least: 2}", "{not: sign-a}", 17, 18, "circumstances only", "round"),
    ("circle", SMALL, "{count: all, at_least: 2}", "{any: [several, sign-a]}", 17, 19, "in a circle", "Break it"),
    ("value", SMALL, "{count: all, at_least: 2}", "{circumstance: age, is: old}", 17, 36, "never 'old'", "adult"),
    ("level in a checklist", SMALL, "{count: all, at_least: 2}", "{level: act-now}", 17, 20, "of guidance only", "sign"),
    ("rising", SMALL, "level: stay-attentive", "level: act-now", 21, 40, "more urgent", "first"),
    ("last when", SMALL, "level: nothing-noted}", "level: nothing-noted, when: one}", 22, 57, "last outcome", "Remove"),
    ("no when", SMALL, ", when: several", "", 20, 5, "only the last", "Add"),
    ("unused", SMALL, "when: several", "when: {count: all, at_least: 2}", 17, 3, "never used", "remove"),
    ("placeholder", GUIDANCE, "{emergency}", "{emergancy}", 5, 9, "{emergancy}", "{emergency}"),
    ("level", GUIDANCE, "[seek-advice]", "[seek-advise]", 9, 70, "'seek-advise'", "'seek-advice'"),
    ("low", RESERVED, "Your concern, level: seek-advice", "Your concern, level: nothing-noted", 3, 41, "must be", "seek-advice"),
    ("timezone", PLACE, "Europe/Brussels", "Europe/Brusels", 4, 11, "no timezone", "Europe/Brussels"),
    ("language", PLACE, "[nl, fr, de]", "[nl, xx, de]", 5, 17, "no language 'xx'", "ISO 639"),
    ("trunk zero", PLACE, '"+3225116464"', '"+32025116464"', 19, 38, "trunk zero", "own page"),
    ("other number", PLACE, '"02 511 64 64"', '"02 511 64 65"', 19, 16, "does not reach", "the same number"),
    ("neither", PLACE, "    publish: true\n", "", 14, 5, "`publish` or `held_back`", "Keep one"),
    ("day", PLACE, "2026-11-23", "2026-11-31", 21, 20, "no day", "2026-11-24"),
    # reachability
    ("never", SMALL, "at_least: 1", "at_least: 2", 21, 5, "never be reached", "Loosen"),
    ("shadowed", SMALL, "id: single, title: Single, level: stay-attentive, when: one}", "id: single, title: Single, level: stay-attentive, when: {all: [several, one]}}", 21, 5, "never be reached", "Loosen"),
    ("no matter", SMALL, "several: {count: all, at_least: 2}\n  one: {count: all,", "several: {count: [sign-a, sign-b], at_least: 2}\n  one: {count: [sign-a, sign-b, sign-c],", 15, 26, "'sign-d' never changes", "Judge it"),
    ("no example", SMALL, "  - {name: one, told: [sign-a], others: no, outcome: single}\n", "", 21, 5, "no example", "Add"),
    ("no next step", GUIDANCE, "  next_step: true\n", "", 1, 1, "next step", "next_step: true"),
    # worked examples
    ("example of nothing", SMALL, "{name: nothing, others: no,", "{name: nothing,", 26, 30, "comes out as too-little-known", "Add `others: no`"),
    ("wrong example", SMALL, "seen: [sign-d], ", "", 24, 42, "comes out as single", "Mend"),
]  # fmt: skip


def broken(folder: Path, file: str, old: str, new: str) -> RuleError | None:
    path = write_rules(folder) / file
    text = path.read_text(encoding="utf-8")
    assert old in text, "the test breaks nothing"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        read_rulebook(folder)
    except RuleError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "column", "what", "remedy"),
    [case[1:] for case in BROKEN],
    ids=[case[0] for case in BROKEN],
)
def test_a_broken_file_is_refused_at_its_line_with_a_remedy(
    tmp_path: Path, file: str, old: str, new: str, line: int, column: int, what: str, remedy: str
) -> None:
    error = broken(tmp_path / "rules", file, old, new)
    assert error is not None, "the file was taken"
    fault = error.faults[0]
    assert (fault.path, fault.line, fault.column) == (f"rules/{file}", line, column), str(error)
    assert what in fault.what and remedy in fault.remedy, str(error)
    assert re.match(rf"rules/{file}:\d+:\d+: .+\. .+", str(fault))


@pytest.mark.parametrize("file", [SMALL, INDICATORS, GUIDANCE, RESERVED, PLACE, "sources.yaml", "explanations.yaml"])
@pytest.mark.parametrize("nothing", ["[]", "{}", "null", '""', "[{}]"])
def test_a_file_of_nothing_is_refused_at_a_line_of_its_own_folder(tmp_path: Path, file: str, nothing: str) -> None:
    folder = write_rules(tmp_path / "rules")
    (folder / file).write_text(f"\n {nothing}\n", encoding="utf-8")
    if file == "explanations.yaml" and nothing == "[]":
        read_rulebook(folder)
        return
    with pytest.raises(RuleError) as caught:
        read_rulebook(folder)
    assert all(fault.line >= 1 and fault.column >= 1 and fault.remedy for fault in caught.value.faults)


def test_there_are_more_than_fifty_ways_and_each_is_its_own() -> None:
    assert len({case[0] for case in BROKEN}) == len(BROKEN) >= 50


def test_a_file_of_thousands_of_faults_is_told_in_a_hundred_lines(tmp_path: Path) -> None:
    folder = write_rules(tmp_path / "rules")
    (folder / INDICATORS).write_text("".join(f"- &a{number} [*b, *b]\n" for number in range(2_000)))
    with pytest.raises(RuleError) as caught:
        read_rulebook(folder)
    assert len(caught.value.faults) == 6_000
    *told, last = str(caught.value).splitlines()
    assert len(told) == 100 and last == "... and 5,900 more. Mend these first, and check again."


@pytest.mark.parametrize(
    ("condition", "remedy"),
    [
        ("sign-c", "Take another sign"),
        ("{count: [sign-a, sign-c], at_least: 2}", "Take it out"),
        ("{sum: {sign-a: 1, sign-c: 2}, at_least: 2}", "Take it out"),
        ("{any: [sign-a, {all: [sign-b, sign-c]}]}", "Take another sign"),
    ],
)
def test_a_sign_for_context_is_in_no_condition(tmp_path: Path, condition: str, remedy: str) -> None:
    folder = write_rules(tmp_path / "rules")
    signs = (
        (folder / INDICATORS).read_text().replace("- id: sign-c\n", "- id: sign-c\n  context: true\n  about: Why.\n")
    )
    (folder / INDICATORS).write_text(signs)
    small = (folder / SMALL).read_text().replace("{count: all, at_least: 2}", condition)
    (folder / SMALL).write_text(small)
    with pytest.raises(RuleError) as caught:
        read_rulebook(folder)
    fault = caught.value.faults[0]
    column = len("  several: ") + condition.index("sign-c") + 1
    assert (fault.path, fault.line, fault.column) == (f"rules/{SMALL}", 17, column), str(caught.value)
    assert "'sign-c' is for context and never counted" in fault.what and remedy in fault.remedy


def test_every_selector_passes_a_sign_for_context_by(tmp_path: Path) -> None:
    folder = write_rules(tmp_path / "rules")
    signs = (
        (folder / INDICATORS).read_text().replace("- id: sign-c\n", "- id: sign-c\n  context: true\n  about: Why.\n")
    )
    (folder / INDICATORS).write_text(signs)
    rule = "{any: [{count: {group: second}, at_least: 1}, {count: {element: means}, at_least: 2}]}"
    (folder / SMALL).write_text((folder / SMALL).read_text().replace("{count: all, at_least: 2}", rule))
    small = (
        (folder / SMALL).read_text().replace("seen: [sign-d], outcome: many", "seen: [sign-d, sign-c], outcome: many")
    )
    (folder / SMALL).write_text(small)
    checklist = read_rulebook(folder).checklists["small"]
    assert checklist.countable == ("sign-a", "sign-b", "sign-d")
    (folder / SMALL).write_text(small.replace("{count: all, at_least: 1}", "{count: all, at_least: 4}"))
    with pytest.raises(RuleError, match="all together make 3"):
        read_rulebook(folder)


def test_the_whole_folder_is_taken(tmp_path: Path) -> None:
    rulebook = read_rulebook(write_rules(tmp_path / "rules"))
    assert list(rulebook.indicators) == ["sign-a", "sign-b", "sign-c", "sign-d"]
    assert rulebook.places["BE"].has_file and not rulebook.places["DE"].has_file
    assert rulebook.places["GA"].emergency == ()
    assert rulebook.sources["doc"].rows == {
        "signs/1": Row(),
        "advice/1": Row(),
        "advice/2": Row(citation="a page"),
    }
    assert [outcome.level for outcome in rulebook.checklists["small"].outcomes] == [
        Level.SEEK_ADVICE,
        Level.STAY_ATTENTIVE,
        Level.NOTHING_NOTED,
    ]


def test_all_faults_of_a_stage_come_at_once_and_none_of_a_later_one(tmp_path: Path) -> None:
    folder = write_rules(tmp_path / "rules")
    (folder / PLACE).write_text(
        (folder / PLACE).read_text().replace("paper: A4", "paper: A3").replace("name: Bel", "nam: Bel")
    )
    (folder / INDICATORS).write_text(
        (folder / INDICATORS).read_text().replace("means", "menas", 1).replace("doc/", "cod/")
    )
    with pytest.raises(RuleError) as caught:
        read_rulebook(folder)
    assert [(fault.path, fault.line) for fault in caught.value.faults] == [
        ("rules/indicators.yaml", 4),
        ("rules/places/be.yaml", 3),
        ("rules/places/be.yaml", 6),
    ]
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize("raw", [b"?", b"? iso", b"format: 1\n? iso", b"format: 1\n? iso #"])
def test_a_question_mark_at_the_very_end_is_a_fault_and_breaks_nothing(tmp_path: Path, raw: bytes) -> None:
    """Found by bench/fuzz.py: libyaml says that what it asks for stands on a line that there is not."""
    folder = write_rules(tmp_path / "rules")
    (folder / "places" / "be.yaml").write_bytes(raw)
    with pytest.raises(RuleError) as caught:
        read_rulebook(folder)
    assert all(fault.path == "rules/places/be.yaml" and fault.line <= 2 for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("raw", "line", "column", "what"),
    [
        (b"- id: caf\xe9\n", 1, 10, "not UTF-8"),
        (b"", 1, 1, "empty"),
        (b"- " * 14 + b"x\n", 1, 25, "deeper than 12"),
        (b"[" + b"1, " * 20_000 + b"1]\n", 1, None, "more than 20,000"),
        (b"x: " + b"y" * 1_000_001, 1, 1, "larger than"),
        (b"[" * 10_000_000, 1, 1, "larger than"),
        (b"[" * 900_000, 1, 13, "deeper than 12"),
        (b"{a: " * 200_000, 1, 49, "deeper than 12"),
        (b"a: &a [x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c, *c, *c]\n", 1, 4, "an anchor"),
        (b"? [a]\n: b\n", 1, 3, "a key is not a word"),
        (b"`a:\n-b:", 1, 1, "unquoted"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, raw: bytes, line: int, column: int | None, what: str) -> None:
    folder = write_rules(tmp_path / "rules")
    (folder / INDICATORS).write_bytes(raw)
    tracemalloc.start()
    with pytest.raises(RuleError) as caught:
        read_rulebook(folder)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    fault = caught.value.faults[0]
    assert (fault.path, fault.line) == ("rules/indicators.yaml", line) and what in fault.what
    assert column in (None, fault.column)
    assert peak < 40_000_000, "a file that is refused fills no memory"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, make: Callable[[Path], None]) -> None:
    folder = write_rules(tmp_path / "rules")
    make(folder / "checklists" / "pipe.yaml")
    command = [sys.executable, "-m", "screening.cli", "rules", "check", str(folder)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60).stderr
    assert said == "rules/checklists/pipe.yaml:1:1: this is no file. Put a file in its place, or remove it.\n"


def test_reading_leaves_the_collecting_of_what_is_no_longer_used_as_it_was(tmp_path: Path) -> None:
    folder = write_rules(tmp_path / "rules")
    read_rulebook(folder)
    assert gc.isenabled()
    (folder / INDICATORS).write_text("")
    with pytest.raises(RuleError):
        read_rulebook(folder)
    assert gc.isenabled()
    gc.disable()
    try:
        with pytest.raises(RuleError):
            read_rulebook(folder)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_words_stay_words(tmp_path: Path) -> None:
    """`no`, dates and long digits are text; every YAML 1.1 reader turns them into something else."""
    error = broken(tmp_path / "rules", INDICATORS, "  text: Sign 1", "  text: no")
    assert error is None
    assert read_rulebook(tmp_path / "rules").indicators["sign-a"].text == "no"


@pytest.mark.parametrize("missing", ["sources.yaml", GUIDANCE, RESERVED, "emergency.yaml", SMALL])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    folder = write_rules(tmp_path / "rules")
    (folder / missing).unlink()
    with pytest.raises(RuleError, match=r"missing|no checklist"):
        read_rulebook(folder)


def test_a_missing_folder_and_a_stray_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no such folder"):
        read_rulebook(tmp_path / "nowhere")
    folder = write_rules(tmp_path / "rules")
    (folder / "checklists" / "small.yml").write_text("x: 1\n")
    with pytest.raises(RuleError, match=r"rules/checklists/small\.yml:1:1"):
        read_rulebook(folder)


@pytest.mark.parametrize(
    "name", ["checklists/our-ward.yaml.txt", "checklists/our-ward.txt", "indicators.docx", "guidance.yaml.txt"]
)
def test_what_a_word_processor_has_saved_is_not_passed_over(tmp_path: Path, name: str) -> None:
    folder = write_rules(tmp_path / "rules")
    (folder / "README.txt").write_text("For whoever comes after me.")
    (folder / "checklists" / "small.yaml~").write_text("What an editor leaves behind.")
    read_rulebook(folder)
    (folder / name).write_text("x: 1\n")
    with pytest.raises(RuleError, match=r"would be passed over\. Save it as plain text and name it \.yaml"):
        read_rulebook(folder)


@pytest.mark.parametrize("case", BROKEN[::6], ids=lambda case: case[0])
def test_no_broken_file_starts_the_app(tmp_path: Path, case: tuple[str, str, str, str]) -> None:
    assert broken(tmp_path / "rules", *case[1:4]) is not None
    with pytest.raises(RuleError):
        create_app(Settings(instance=tmp_path / "i", keys=tmp_path / "i" / "keys", rules=tmp_path / "rules"))


MARKS = [*"\t#:&*!|>'\"[]{},-?%@` \x00\x85é0", "no", "{any: []}", "null", "- - -", "<<: x", "{", "\ufeff", "\n---\n"]


def edited(text: str, numbers: random.Random) -> str:
    """The text with one edit somewhere: a mark put in, a piece cut out or doubled, a line moved or lost."""
    at = numbers.randrange(len(text))
    end = min(len(text), at + numbers.randrange(1, 12))
    lines = text.split("\n")
    one, other = numbers.randrange(len(lines)), numbers.randrange(len(lines))
    match numbers.randrange(5):
        case 0:
            return text[:at] + numbers.choice(MARKS) + text[at + numbers.randrange(3) :]
        case 1:
            return text[:at] + text[end:]
        case 2:
            return text[:end] + text[at:]
        case 3:
            lines[one], lines[other] = lines[other], lines[one]
        case _:
            lines[one] = " " * numbers.randrange(4) + lines[one].lstrip()
    return "\n".join(lines)


@pytest.mark.parametrize("edits", [150, pytest.param(2_000, marks=pytest.mark.long)])
def test_any_edit_of_a_shipped_file_is_taken_or_refused_and_never_breaks_the_reader(tmp_path: Path, edits: int) -> None:
    numbers = random.Random(2026 + edits)
    folder = tmp_path / "rules"
    shutil.copytree(HOUSE / "rules", folder)
    files = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.yaml"))}
    refused = 0
    for _ in range(edits):
        path = numbers.choice(list(files))
        path.write_text(edited(files[path], numbers), encoding="utf-8")
        try:
            read_rulebook(folder)
        except RuleError as error:
            refused += 1
            assert all(fault.line >= 1 and fault.column >= 1 and fault.remedy for fault in error.faults)
            assert {fault.path.removeprefix("rules/") for fault in error.faults}
        path.write_text(files[path], encoding="utf-8")
    assert refused > edits / 3


@pytest.mark.parametrize("edits", [300, pytest.param(3_000, marks=pytest.mark.long)])
def test_with_and_without_libyaml_a_file_is_read_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edits: int
) -> None:
    """Where PyYAML came without libyaml, no file may mean another thing, and no fault stand elsewhere.

    It may refuse a little more, such as a ? in a word between brackets.
    """
    numbers = random.Random(edits)
    texts = [path.read_text(encoding="utf-8") for path in sorted((HOUSE / "rules").rglob("*.yaml"))]
    texts = [text[: numbers.randrange(500, 4_000)].rsplit("\n", 1)[0] for text in texts]
    path = tmp_path / "one.yaml"
    for number in range(edits):
        text = numbers.choice(texts)
        path.write_text(edited(text, numbers) if number >= 10 else text, encoding="utf-8")
        read = []
        for with_libyaml in (True, False):
            monkeypatch.setattr(yaml, "__with_libyaml__", with_libyaml)
            faults: list[Fault] = []
            document = read_document(path, "one.yaml", faults)
            read.append((document, [*positions(document)], sorted(faults)))
        (fast, places, faults), (slow, places_of_slow, faults_of_slow) = read
        same = fast == slow and places == places_of_slow and faults == faults_of_slow
        assert same or (not faults and faults_of_slow), path.read_text("utf-8")


def positions(document: Document) -> Iterator[tuple[Where, tuple[int, int], tuple[int, int]]]:
    """Where each value and its key stand."""

    def below(data: object, where: Where) -> Iterator[Where]:
        yield where
        steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
        for step, value in steps:
            yield from below(value, (*where, step))

    for where in below(document.data, ()):
        yield where, document.position(where), document.position(where, at_key=True)


def test_weights_that_would_fill_the_memory_are_refused_with_a_remedy(tmp_path: Path) -> None:
    huge = "{sum: {sign-a: 3000000000, sign-b: 3000000000}, at_least: 5000000000}"
    error = broken(tmp_path / "rules", SMALL, "{count: all, at_least: 2}", huge)
    assert error is not None
    (fault,) = error.faults
    assert (fault.line, fault.what) == (17, "2 signs with at_least 5000000000 are too much to judge exactly")
    assert "Divide the weights" in fault.remedy
