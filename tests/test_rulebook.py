"""A rule file that is wrong is refused at its line, with what is wrong and how to mend it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
import yaml

from rule_folders import write_rules
from screening import create_app
from screening.checklist import Level, answer_key
from screening.rulebook import RuleError, read_rulebook
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
    ("two documents", SMALL, "minutes: 1", "minutes: 1\n---\nx: 1", 7, 1, "second document", "one document"),
    ("bracket", SMALL, "audience: [health]", "audience: [health", 6, 8, "bracket", "Close it"),
    ("control", SMALL, "title: Small", "title: Sm\x07all", 4, 10, "control character", "Delete it"),
    ("line break", SMALL, "title: Small", "title: Sm\u2028all", 4, 10, "control character", "Delete it"),
    ("mark inside", SMALL, "title: Small", "title: Sm\ufeffall", 4, 10, "control character", "Delete it"),
    ("escaped control", SMALL, "title: Small", 'title: "Sm\\x07all"', 4, 8, "control character", "Delete it"),
    ("no character", SMALL, "title: Small", 'title: "Sm\\UFFFFFFFF"', 4, 11, "stands for no character", "itself"),
    # structure
    ("unknown key", INDICATORS, "  element: means", "  elemnt: means", 4, 3, "'elemnt' is not known", "'element'"),
    ("missing", SMALL, "title: Small\n", "", 1, 1, "'title' is missing", "Add `title: ...`"),
    ("a number", SMALL, "version: 2026-11-24", "version: 1.10", 3, 10, "must be text, not 1.1", '"quotes"'),
    ("no number", SMALL, "minutes: 1", "minutes: one", 6, 10, "must be a whole number", "digits"),
    ("nothing", SMALL, "title: Small", "title:", 4, 7, "must be text, not nothing", '"quotes"'),
    ("element", INDICATORS, "element: means", "element: mean", 4, 12, "cannot be 'mean'", "'means'"),
    ("no level", SMALL, ", level: stay-attentive", "", 21, 5, "'level' is missing", "Add"),
    ("no source", INDICATORS, "sources: [doc/signs/1]", "sources: []", 5, 12, "'sources' is empty", "at least one"),
    ("an id", INDICATORS, "- id: sign-a", "- id: Sign_A", 1, 7, "cannot be 'Sign_A'", "small letters"),
    ("not a list", SMALL, "audience: [health]", "audience: health", 5, 11, "must be a list", "[one, another]"),
    ("short number", PLACE, '["112"]', "[112]", 7, 13, "must be text, not 112", '"quotes"'),
    ("row is no text", SOURCES, "[signs/1, advice/1,", "[signs/1, advice/1, 7,", 5, 29, "an entry of 'rows' must be text", '"quotes"'),
    ("row without citation", SOURCES, ", citation: a page", "", 5, 29, "'citation' is missing", "Add"),
    ("one outcome", SMALL, "  - {id: many, title: Many, level: seek-advice, when: several}\n  - {id: single, title: Single, level: stay-attentive, when: one}\n", "", 20, 3, "'outcomes' has only 1", "at least 2"),
    ("condition's name", SMALL, "  one:", "  One:", 18, 3, "the name 'One' cannot stand here", "small letters"),
    ("profession", PLACE, "  social: {", "  doctor: {", 12, 3, "the name 'doctor'", "health or social"),
    ("address", PLACE, "    publish: true", "    url: centre.be\n    publish: true", 22, 10, "'url' cannot be 'centre.be'", "whole address"),
    ("host", PLACE, "    publish: true", "    url: https:///x\n    publish: true", 22, 10, "'url' cannot be", "whole address"),
    ("e-mail", PLACE, "    publish: true", "    email: centre\n    publish: true", 22, 12, "'email' cannot be", "help@example.org"),
    ("no digits", PLACE, '{dial: "02 511 64 64", e164: "+3225116464"', '{dial: "( )"', 19, 16, "'dial' cannot be '( )'", "digits"),
    ("e164", PLACE, '"+3225116464"', '"02 511 64 64"', 19, 38, "'e164' cannot be", "from abroad"),
    # unique ids
    ("same id", INDICATORS, "- id: sign-b", "- id: sign-a", 6, 7, "used twice (first on line 1)", "its own"),
    ("two groups", SMALL, "[sign-c, sign-d]", "[sign-c, sign-a]", 15, 26, "'sign-a' is used twice", "its own"),
    ("file name", SMALL, "id: small", "id: smaller", 2, 5, "not the name of the file", "Write small"),
    ("reserved id", SMALL, "id: none", "id: concern", 22, 10, "is reserved", "another id"),
    ("condition or sign", SMALL, "  one:", "  sign-a:", 18, 3, "the name of an indicator", "another name"),
    ("two files", "emergency.yaml", 'DE: ["112"]', 'BE: ["112"]', 2, 3, "a file of its own", "Remove this row"),
    ("place's file name", PLACE, "iso: BE", "iso: NL", 2, 6, "not the name of the file", "nl.yaml"),
    # references
    ("no such row", INDICATORS, "[doc/signs/1]", "[doc/signs/9]", 5, 13, "'doc/signs/9'", "'doc/signs/1'"),
    ("no such sign", SMALL, "[sign-c, sign-d]", "[sign-c, sing-d]", 15, 26, "no indicator 'sing-d'", "'sign-d'"),
    ("no such name", SMALL, "when: several", "when: sevral", 20, 55, "called 'sevral'", "'several'"),
    ("source's address", PLACE, "sources: [doc/advice/1]\n    verified", 'sources: ["https:// x"]\n    verified', 20, 15, "is no address", "whole address"),
    ("outcome in guidance", GUIDANCE, "when: always", "when: {outcome: mani}", 3, 19, "no outcome is called 'mani'", "'many'"),
    ("circumstance", SMALL, "{count: all, at_least: 2}", "{circumstance: aeg, is: child}", 17, 27, "no circumstance is called 'aeg'", "'age'"),
    ("circumstance is a list", SMALL, "{count: all, at_least: 2}", "{circumstance: [age], is: child}", 17, 27, "no circumstance", "'age'"),
    ("group is a list", SMALL, "{count: all, at_least: 2}", "{count: {group: [first]}, at_least: 2}", 17, 28, "no group", "'first'"),
    ("example's sign", SMALL, "seen: [sign-d]", "seen: [sign-e]", 24, 40, "'sign-e' is not in this checklist", "Did you mean"),
    ("example's outcome", SMALL, "outcome: single}", "outcome: singel}", 25, 55, "no outcome 'singel'", "'single'"),
    ("not a sign in guidance", GUIDANCE, "when: always", "when: {not: sign-a}", 3, 15, "circumstances only", "round"),
    ("too high", SMALL, "at_least: 2", "at_least: 9", 17, 35, "can never be reached", "4 or less"),
    ("zero", SMALL, "at_least: 1", "at_least: 0", 18, 31, "from 1", "digits"),
    ("no group", SMALL, "{count: all, at_least: 2}", "{count: {group: frist}, at_least: 2}", 17, 28, "no group", "'first'"),
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
    ("no language", PLACE, "[nl, fr, de]", "[nl, und, de]", 5, 17, "no language 'und'", "ISO 639"),
    ("neither inside nor abroad", PLACE, ', e164: "+3225116464"', "", 19, 16, "how to dial it from abroad", "e164"),
    # reachability
    ("never", SMALL, "at_least: 1", "at_least: 2", 21, 5, "never be reached", "Loosen"),
    ("no matter", SMALL, "several: {count: all, at_least: 2}\n  one: {count: all,", "several: {count: [sign-a, sign-b], at_least: 2}\n  one: {count: [sign-a, sign-b, sign-c],", 15, 26, "'sign-d' never changes", "Judge it"),
    ("no example", SMALL, "  - {name: one, told: [sign-a], others: no, outcome: single}\n", "", 21, 5, "no example", "Add"),
    ("no next step", GUIDANCE, "  next_step: true\n", "", 1, 1, "next step", "next_step: true"),
    # worked examples
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
    assert re.fullmatch(rf"rules/{file}:\d+:\d+: .+\. .+[.?]", str(fault))


def replaced(folder: Path, *changes: tuple[str, str, str]) -> RuleError | None:
    """What the reader says when several things are changed at once."""
    for file, old, new in changes:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, "the test changes nothing"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        read_rulebook(folder)
    except RuleError as error:
        return error
    return None


CONTEXT = (INDICATORS, "  sources: [doc/signs/1]", "  sources: [doc/signs/1]\n  context: true")


@pytest.mark.parametrize(
    ("condition", "column"),
    [("{count: [sign-a, sign-b], at_least: 2}", 21), ("{sum: {sign-a: 2}, at_least: 2}", 27), ("{any: [sign-a]}", 19)],
)
def test_a_sign_for_context_is_in_no_condition(tmp_path: Path, condition: str, column: int) -> None:
    folder = write_rules(tmp_path / "rules")
    error = replaced(folder, CONTEXT, (SMALL, "{count: all, at_least: 2}", condition))
    assert error is not None
    (fault,) = error.faults
    assert (fault.path, fault.line, fault.column) == (f"rules/{SMALL}", 17, column)
    assert "for context and never counted" in fault.what and fault.remedy


def test_every_selector_passes_a_sign_for_context_by(tmp_path: Path) -> None:
    folder = write_rules(tmp_path / "rules")
    others = (
        (SMALL, "told: [sign-a], seen", "told: [sign-b], seen"),
        (SMALL, "told: [sign-a], others", "told: [sign-b], others"),
    )
    element = (SMALL, "one: {count: all,", "one: {count: {element: means},")
    assert replaced(folder, CONTEXT, *others, element) is None
    checklist = read_rulebook(folder).checklists["small"]
    for name, label in (("several", "all"), ("one", "element:means")):
        count = checklist.conditions[name].part  # type: ignore[union-attr]
        assert [id for id, _ in count.weights] == ["sign-b", "sign-c", "sign-d"]
        assert count.label == label
    error = replaced(folder, (SMALL, "count: all, at_least: 2", "count: all, at_least: 4"))
    assert error is not None and "all together make 3" in error.faults[0].what


def test_two_ids_that_a_cookie_cannot_tell_apart_are_refused(tmp_path: Path) -> None:
    ids = ("sign-13632", "sign-a", "sign-21683", "sign-b")
    assert answer_key(ids[0]) == answer_key(ids[2]), "the test needs two ids with one key"
    with pytest.raises(RuleError) as caught:
        read_rulebook(write_rules(tmp_path / "rules", ids))
    (fault,) = caught.value.faults
    assert (fault.path, fault.line, fault.column) == ("rules/indicators.yaml", 11, 7)
    assert "cannot be told from 'sign-13632'" in fault.what and "another id" in fault.remedy


def test_a_checklist_may_have_two_hundred_signs_and_no_more(tmp_path: Path) -> None:
    """With more, walking the diagram would run out of Python's stack in the middle of a visit."""
    ids = [f"sign-{number}" for number in range(201)]
    assert len(read_rulebook(write_rules(tmp_path / "rules", ids[:200])).indicators) == 200
    with pytest.raises(RuleError) as caught:
        read_rulebook(write_rules(tmp_path / "rules", ids))
    (fault,) = caught.value.faults
    assert (fault.path, fault.line) == (f"rules/{SMALL}", 10)
    assert "201 signs" in fault.what and "Split it" in fault.remedy


def test_a_checklist_too_tangled_to_judge_exactly_is_refused(tmp_path: Path) -> None:
    numbers = random.Random(2026)
    ids = [f"sign-{number}" for number in range(60)]
    weights = {id: numbers.randrange(10**9, 2 * 10**9) for id in ids}
    written = ", ".join(f"{id}: {weight}" for id, weight in weights.items())
    heavy = f"{{sum: {{{written}}}, at_least: {sum(weights.values()) // 2}}}"
    error = replaced(write_rules(tmp_path / "rules", ids), (SMALL, "{count: all, at_least: 2}", heavy))
    assert error is not None
    (fault,) = error.faults
    assert (fault.path, fault.line) == (f"rules/{SMALL}", 20)
    assert "200,000 nodes" in fault.what and fault.remedy.startswith("Judge fewer signs")


def doubling(last: int) -> str:
    """Conditions each of which names the next twice: written out they are 2 ** last."""
    return "".join(f"  c{n}: {{any: [c{n + 1}, c{n + 1}]}}\n" for n in range(last)) + f"  c{last}: sign-a"


@pytest.mark.parametrize(
    ("conditions", "what", "line"),
    [
        (doubling(40), "the 13th condition named inside another", 29),
        (
            "\n".join(f"  c{n}: {{any: [{', '.join(f'c{m}' for m in range(11))}]}}" for n in range(11)),
            "in a circle",
            18,
        ),
        ("\n".join(f"  c{n}: {{any: [c{n + 1}, sign-a]}}" for n in range(600)) + "\n  c600: sign-a", "the 13th", 29),
        (
            "".join(f"  c{n}: {{any: [{', '.join([f'c{n + 1}'] * 9)}]}}\n" for n in range(9)) + "  c9: sign-a",
            "20,000",
            17,
        ),
    ],
    ids=["doubling", "all of all", "a long chain", "nine of nine"],
)
def test_conditions_that_would_never_come_to_an_end_are_refused_at_once(
    tmp_path: Path, conditions: str, what: str, line: int
) -> None:
    change = (SMALL, "  several: {count: all, at_least: 2}", f"  several: {{any: [c0]}}\n{conditions}")
    start = perf_counter()
    error = replaced(write_rules(tmp_path / "rules"), change)
    assert perf_counter() - start < 5
    assert error is not None
    assert line in [fault.line for fault in error.faults if what in fault.what], str(error)


@pytest.mark.parametrize(
    ("iso", "dial", "e164", "what"),
    [
        ("IE", "1800 555 222", "+3531800555222", None),
        ("GB", "0800 1111", "+448001111", None),
        ("US", "1-800-843-5678", "+18008435678", None),
        # A digit is lost, and the library takes the rest for a telephone in Dublin.
        ("IE", "1800 555 22", "+353180055522", "begins as a free number, and is none"),
        ("HR", "0800 77 99", "+38508007799", "a trunk zero"),
        ("NL", "0800 5151", "+3108005151", "a trunk zero"),
        ("BE", "02 511 64 64", "+33225116464", "does not reach"),
        ("IE", "1800 555 22", "+3531800555222", "does not reach"),
    ],
)
def test_a_number_reaches_the_same_telephone_from_inside_and_from_abroad(
    tmp_path: Path, iso: str, dial: str, e164: str, what: str | None
) -> None:
    folder = write_rules(tmp_path / "rules")
    (folder / PLACE).rename(folder / f"places/{iso.lower()}.yaml")
    changes = [("iso: BE", f"iso: {iso}"), ('"02 511 64 64"', f'"{dial}"'), ('"+3225116464"', f'"{e164}"')]
    error = replaced(folder, *((f"places/{iso.lower()}.yaml", old, new) for old, new in changes))
    if what is None:
        assert error is None, str(error)
    else:
        assert error is not None
        (fault,) = error.faults
        assert fault.line == 19 and what in fault.what and fault.remedy


@pytest.mark.parametrize("code", ["nl", "rom", "zh-Hant", "pt-BR", "ckb"])
def test_every_language_with_a_name_is_known(tmp_path: Path, code: str) -> None:
    assert broken(tmp_path / "rules", PLACE, "[nl, fr, de]", f"[nl, {code}]") is None


def test_windows_line_ends_and_a_byte_order_mark_are_taken(tmp_path: Path) -> None:
    folder = write_rules(tmp_path / "rules")
    for path in folder.rglob("*.yaml"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert list(read_rulebook(folder).checklists) == ["small"]


def test_a_file_with_an_ending_in_capitals_is_named_and_not_passed_over(tmp_path: Path) -> None:
    folder = write_rules(tmp_path / "rules")
    (folder / "checklists" / "second.YAML").write_text("x: 1\n")
    with pytest.raises(RuleError, match=r"^rules/checklists/second\.YAML:1:1: .+\.$"):
        read_rulebook(folder)


def test_there_are_more_than_thirty_ways_and_each_is_its_own() -> None:
    assert len({case[0] for case in BROKEN}) == len(BROKEN) >= 30


def test_the_whole_folder_is_taken(tmp_path: Path) -> None:
    rulebook = read_rulebook(write_rules(tmp_path / "rules"))
    assert list(rulebook.indicators) == ["sign-a", "sign-b", "sign-c", "sign-d"]
    assert rulebook.places["BE"].has_file and not rulebook.places["DE"].has_file
    assert rulebook.places["GA"].emergency == ()
    assert rulebook.sources["doc"].rows == {"signs/1": "", "advice/1": "", "advice/2": "a page"}
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


@pytest.mark.parametrize(
    ("raw", "line", "column", "what"),
    [
        (b"- id: caf\xe9\n", 1, 10, "not UTF-8"),
        (b"", 1, 1, "empty"),
        (b"- " * 14 + b"x\n", 1, 25, "deeper than 12"),
        (b"[" + b"1, " * 20_000 + b"1]\n", 1, None, "more than 20,000"),
        (b"x: " + b"y" * 1_000_001, 1, 1, "larger than"),
        (b"? [a]\n: b\n", 1, 3, "a key is not a word"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, raw: bytes, line: int, column: int | None, what: str) -> None:
    folder = write_rules(tmp_path / "rules")
    (folder / INDICATORS).write_bytes(raw)
    with pytest.raises(RuleError) as caught:
        read_rulebook(folder)
    (fault,) = caught.value.faults
    assert (fault.path, fault.line) == ("rules/indicators.yaml", line) and what in fault.what
    assert column in (None, fault.column)


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


@pytest.mark.parametrize("case", BROKEN[::6], ids=lambda case: case[0])
def test_no_broken_file_starts_the_app(tmp_path: Path, case: tuple[str, str, str, str]) -> None:
    assert broken(tmp_path / "rules", *case[1:4]) is not None
    with pytest.raises(RuleError):
        create_app(Settings(instance=tmp_path / "i", keys=tmp_path / "i" / "keys", rules=tmp_path / "rules"))


def test_any_edit_of_a_line_is_taken_or_refused_and_never_breaks_the_reader(tmp_path: Path) -> None:
    numbers = random.Random(2026)
    folder = write_rules(tmp_path / "rules")
    files = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml")}
    marks = [*"\t#:&*!|>'\"[]{},-?%@` \x00\x85é0", "no", "{any: []}", "null", "- - -", "<<: x", "{", "\ufeff"]
    refused = 0
    for _ in range(400):
        path = numbers.choice(sorted(files))
        text = files[path]
        at = numbers.randrange(len(text))
        path.write_text(text[:at] + numbers.choice(marks) + text[at + numbers.randrange(3) :], encoding="utf-8")
        try:
            read_rulebook(folder)
        except RuleError as error:
            refused += 1
            assert all(fault.line >= 1 and fault.column >= 1 and fault.remedy for fault in error.faults)
        path.write_text(text, encoding="utf-8")
    assert refused > 100


#: Put in the place of any value; lists and mappings where a word belongs break readers that look words up.
OTHER_VALUES = (
    "[]", "{}", "[x]", "[[x]]", "{a: [b]}", "~", "-1", "99999", "1.5", "true", '""', '"\\ud800"', "x", "{any: []}",
    "{not: {not: x}}", "{count: {group: {}}, at_least: 1}", "{sum: {x: x}, at_least: x}", "{circumstance: {}, is: []}",
    "{circumstance: age, is: {}}", "{level: {}}", "{outcome: [{}]}",
)  # fmt: skip


def test_any_value_in_the_place_of_another_is_taken_or_refused_in_our_own_words(tmp_path: Path) -> None:
    numbers = random.Random(2026)
    folder = write_rules(tmp_path / "rules")
    places = []
    for path in sorted(folder.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        for node in every_node(yaml.compose(text, Loader=yaml.SafeLoader)):
            places.append((path, text, node.start_mark.index, node.end_mark.index))
    refused = 0
    for path, text, start, end in numbers.choices(places, k=600):
        after = "\n" if text[start:end].endswith("\n") else ""
        path.write_text(text[:start] + numbers.choice(OTHER_VALUES) + after + text[end:], encoding="utf-8")
        try:
            read_rulebook(folder)
        except RuleError as error:
            refused += 1
            assert not re.search(r"Shape|'str'|'bool'|\[key\]|\((text|row|flag)\)|Input should", str(error)), str(error)
            assert all(fault.line >= 1 and fault.column >= 1 and fault.remedy for fault in error.faults)
        path.write_text(text, encoding="utf-8")
    assert refused > 400


def every_node(node: yaml.Node) -> Iterator[yaml.Node]:
    yield node
    if isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from every_node(part)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield from every_node(value)
