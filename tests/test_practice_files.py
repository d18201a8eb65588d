"""Practice cases and scripts are read as strictly as the rules, and what a case expects is tried when it is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import HOUSE
from rule_folders import CASE, write_rules
from screening.assessment import assess, red_lines
from screening.checklist import Level
from screening.practice import PracticeCase
from screening.rulebook import Rulebook, RuleError, read_rulebook

SHIPPED = read_rulebook(HOUSE / "rules")
CASES, SCRIPTS = "cases/somebody.yaml", "scripts.yaml"

#: file, what is replaced, by what, the line and column of the fault, a word of what is said, a word of the remedy
BROKEN = [
    ("unknown key", CASES, "story:", "storry:", 7, 1, "'storry' is not known", "'story'"),
    ("no discussion", CASES, "  next: [To see them again.]\n", "", 18, 3, "'next' is missing", "Add"),
    ("nothing to notice", CASES, "[What was said.]", "[]", 18, 11, "'notice' is empty", "at least one"),
    ("no country", CASES, "place: BE", "place: Belgium", 6, 8, "cannot be 'Belgium'", "ISO"),
    ("not its file", CASES, "id: somebody", "id: nobody", 2, 5, "not the name of the file", "Write somebody"),
    ("no such place", CASES, "place: BE", "place: XX", 6, 8, "no place 'XX'", "ISO country code"),
    ("no such checklist", CASES, "checklist: small", "checklist: smal", 5, 12, "no checklist 'smal'", "'small'"),
    ("no such row", CASES, "[doc/advice/1]", "[doc/advice/9]", 22, 11, "'doc/advice/9'", "Did you mean"),
    ("no such group", CASES, "    first: S", "    frist: S", 11, 5, "no group 'frist'", "'first'"),
    ("no such sign", CASES, "told: [sign-a]", "told: [sing-a]", 14, 10, "'sing-a' is not in", "'sign-a'"),
    ("silent on a sign", CASES, "told: [sign-a]", "told: [sign-a, sign-c]", 14, 18, "nothing for its group 'second'", "Add `second: ...`"),
    ("silent on the rest", CASES, "told: [sign-a]", "told: [sign-a]\n  others: no", 15, 11, "nothing for the group 'second'", "`others`"),
    ("silent on asking", CASES, "  concern: Nothing is asked for.\nexpected:\n  told: [sign-a]\n  circumstances: {alone: true, asks: false", "expected:\n  told: [sign-a]\n  circumstances: {alone: true, asks: true", 14, 38, "'asks' is expected", "Add `concern: ...`"),
    ("the law", CASES, "{alone: true", "{legal-test: act-purpose, alone: true", 15, 19, "comes from the place", "Remove"),
    ("a circumstance", CASES, "alone: true", "alnoe: true", 15, 19, "no circumstance is called 'alnoe'", "'alone'"),
    ("no such outcome", CASES, "outcome: single", "outcome: singel", 16, 12, "no outcome 'singel'", "'single'"),
    ("comes out otherwise", CASES, "outcome: single", "outcome: many", 16, 12, "comes out as single, not many", "Mend"),
    ("two scripts", SCRIPTS, "- id: opening", "- {id: opening, title: T, about: A, say: [S], sources: [doc/advice/1]}\n- id: opening", 2, 7, "used twice", "its own"),
    ("nothing to say", SCRIPTS, "say: [Is it all right if I ask?]", "say: []", 5, 8, "'say' is empty", "at least one"),
    ("no such moment", SCRIPTS, "at: [consent]", "at: [concent]", 4, 8, "cannot be 'concent'", "'consent'"),
    ("no such row of a script", SCRIPTS, "[doc/advice/1]", "[doc/advise/1]", 6, 13, "'doc/advise/1'", "'doc/advice/1'"),
]  # fmt: skip


def folder(tmp_path: Path) -> Path:
    rules = write_rules(tmp_path / "rules")
    (rules / "cases").mkdir()
    (rules / CASES).write_text(CASE, encoding="utf-8")
    return rules


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "column", "said", "remedy"),
    [broken[1:] for broken in BROKEN],
    ids=[broken[0] for broken in BROKEN],
)
def test_a_wrong_case_or_script_is_refused_at_its_place(
    tmp_path: Path, name: str, old: str, new: str, line: int, column: int, said: str, remedy: str
) -> None:
    rules = folder(tmp_path)
    text = (rules / name).read_text()
    assert old in text
    (rules / name).write_text(text.replace(old, new, 1))
    with pytest.raises(RuleError) as caught:
        read_rulebook(rules)
    (fault,) = caught.value.faults
    assert (fault.path, fault.line, fault.column) == (f"rules/{name}", line, column), str(fault)
    assert said in fault.what and remedy in fault.remedy, str(fault)


def test_a_case_of_its_own_checklist_is_read_and_one_in_the_wrong_folder_is_not(tmp_path: Path) -> None:
    rules = folder(tmp_path)
    case = read_rulebook(rules).cases["somebody"]
    assert case.story.parts(read_rulebook(rules).checklists["small"]) == (
        ("start", "Somebody comes."),
        ("safety", "They are alone."),
        ("groups/first", "Something is said."),
        ("concern", "Nothing is asked for."),
    )
    (rules / CASES).rename(rules / "somebody.yaml")
    with pytest.raises(RuleError, match="no such rule file is known"):
        read_rulebook(rules)


def test_one_checklist_can_be_read_without_the_cases_that_walk_others(tmp_path: Path) -> None:
    rules = folder(tmp_path)
    other = tmp_path / "other.yaml"
    other.write_text((rules / "checklists" / "small.yaml").read_text().replace("id: small", "id: other"))
    assert not read_rulebook(rules, only=other).cases


# --- The shipped ones ----------------------------------------------------------------------------


def test_twelve_cases_of_women_men_and_children_and_every_kind_of_exploitation(rulebook: Rulebook) -> None:
    assert len(rulebook.cases) == 12
    told = {id: set(case.expected.answers) for id, case in rulebook.cases.items()}
    present = {
        id: {sign for sign in told[id] if case.expected.answers[sign].is_present} for id, case in rulebook.cases.items()
    }
    whole = set().union(*present.values())
    assert {
        "begging-for-others",
        "forced-crime",
        "others-gain-from-sex",
        "household-no-rest",
        "little-or-no-pay",
    } <= whole
    ages = [case.expected.circumstances.age for case in rulebook.cases.values()]
    assert ages.count("child") == 2 and ages.count("unsure") == 1 and ages.count("adult") == 9
    outcomes = {case.expected.outcome for case in rulebook.cases.values()}
    assert {
        "several-signs", "abuse-noted", "no-sign-noted", "too-little-known", "concern", "asks-for-help", "clear-sign",
        "child-sold", "child-exploited",
    } == outcomes  # fmt: skip
    circumstances = [case.expected.circumstances for case in rulebook.cases.values()]
    assert any(one.consent == "refused" for one in circumstances)
    assert any(one.interpreter == "other" for one in circumstances)
    assert any(one.alone == "false" for one in circumstances)
    assert any(one.danger == "true" for one in circumstances)
    assert len([one for one in rulebook.cases.values() if one.expected.outcome == "no-sign-noted"]) == 2


@pytest.mark.parametrize("case", SHIPPED.cases.values(), ids=list(SHIPPED.cases))
def test_a_case_can_be_walked_and_talked_through(case: PracticeCase) -> None:
    """What is expected is told on a page of the walk, and the discussion speaks of the outcome it comes to."""
    checklist = SHIPPED.checklists[case.checklist]
    expected = case.expected
    assessment = assess(
        checklist,
        expected.answers,
        expected.circumstances,
        diagram=SHIPPED.diagrams[checklist.id],
        reserved=SHIPPED.reserved,
    )
    assert assessment.outcome.id == expected.outcome
    if red_lines(expected.circumstances):
        assert assessment.outcome.level in (Level.ACT_NOW, Level.SEEK_ADVICE)
    assert len(case.discussion.notice) >= 3 and len(case.discussion.mistakes) >= 3 and len(case.discussion.next) == 3
    parts = case.story.parts(checklist)
    assert [name for name, _ in parts][:2] == ["start", "safety"] and len(parts) >= 4


def test_no_title_gives_away_what_a_case_comes_to(rulebook: Rulebook) -> None:
    for case in rulebook.cases.values():
        for word in ("exploit", "traffick", "alarm", "refus", "victim", "abuse", "sign"):
            assert word not in f"{case.title} {case.about}".lower(), case.id


def test_no_script_and_no_case_gives_a_verdict_a_probability_or_an_all_clear(rulebook: Rulebook) -> None:
    forbidden = re.compile(
        r"\b(is|was|not) (not )?an? victim|\bprobab|\blikel|\d ?%|\bpercent|\bno risk|\bscore\b|\bguilty", re.I
    )
    # What a script says to avoid is quoted there to be avoided.
    said = {name: text for name, text in rulebook.texts.items() if name.startswith(("script/", "case/"))}
    assert len(said) > 200
    for name, text in said.items():
        assert "/avoid/" in name or not forbidden.search(text), f"{name}: {text}"
        assert len(text) <= 460, f"{name} is too long to be read standing up"


def test_the_six_scripts_stand_beside_the_questions_they_are_for(rulebook: Rulebook) -> None:
    assert {id: script.at for id, script in rulebook.scripts.items()} == {
        "opening": ("consent",),
        "limits": ("consent",),
        "companion": ("alone",),
        "interpreter": ("interpreter",),
        "disclosure": ("asks",),
        "refusal": ("consent",),
    }
    for script in rulebook.scripts.values():
        assert script.avoid and all("“" in line for line in script.say), "what one says is in quotes"


def test_every_text_of_a_case_and_a_script_has_a_name_for_translators(rulebook: Rulebook) -> None:
    assert rulebook.texts["script/opening/say/1"].startswith("“I am [your role] here.")
    assert rulebook.texts["case/kitchen-burn/groups/freedom"].startswith("In his free hours")
    assert rulebook.texts["case/kitchen-burn/notice/1"].startswith("He came three days late")
