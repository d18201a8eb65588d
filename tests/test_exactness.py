"""What is possible, what is open and what is shown are exact, for every kind of rule, against every completion."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import RESERVED, checklist, completions, conditions, first_that_holds
from rule_folders import write_rules
from screening.assessment import assess, compile_checklist, variables_of
from screening.checklist import (
    CIRCUMSTANCE_VALUES,
    AllOf,
    Answer,
    AnyOf,
    Assessment,
    AtLeast,
    Checklist,
    CircumstanceIs,
    Circumstances,
    Condition,
    Level,
    Not,
    Outcome,
    Present,
)
from screening.diagram import Diagram
from screening.rulebook import Rulebook, read_rulebook
from truth_tables import TruthTables

MOST_UNKNOWN = 12
#: Completions of one case at most: the circumstances that a rule speaks of are unknown, too.
MOST_COMPLETIONS = 2**20
SIGNS = tuple(f"sign-{number}" for number in range(20))

# --- Rules of every kind --------------------------------------------------------------------------


def count(signs: tuple[str, ...], threshold: int, label: str = "") -> Condition:
    return AtLeast(tuple((sign, 1) for sign in signs), max(1, min(threshold, len(signs))), label)


def graded(numbers: random.Random) -> Condition:
    """Strong, medium and weak signs of one group: two strong, or one strong and another, or three medium ..."""
    signs = numbers.sample(SIGNS, numbers.randint(5, 9))
    strong, medium, weak = tuple(signs[:2]), tuple(signs[2:4]), tuple(signs[4:])
    return AnyOf(
        (
            count(strong, 2),
            AllOf((count(strong, 1), count(medium + weak, 1))),
            count(medium, 3),
            AllOf((count(medium, 2), count(weak, numbers.randint(1, 2)))),
        )
    )


def elements(numbers: random.Random) -> Condition:
    """Act and purpose, and means unless it is a child or the place's law asks for none."""
    signs = numbers.sample(SIGNS, 9)
    act, means, purpose = tuple(signs[:3]), tuple(signs[3:6]), tuple(signs[6:])
    exempt = AnyOf((CircumstanceIs("age", ("child", "unsure")), CircumstanceIs("legal-test", ("act-purpose",))))
    if numbers.random() < 0.3:
        exempt = AnyOf((exempt, Not(CircumstanceIs("alone", ("true",)))))
    return AllOf((count(act, 1), count(purpose, numbers.randint(1, 2)), AnyOf((count(means, 1), exempt))))


def weighed(numbers: random.Random) -> Condition:
    signs = numbers.sample(SIGNS, numbers.randint(2, 10))
    weights = tuple((sign, numbers.randint(0, 5)) for sign in signs)
    return AtLeast(weights, numbers.randint(1, max(1, sum(weight for _, weight in weights))))


def counted(numbers: random.Random) -> Condition:
    signs = tuple(numbers.sample(SIGNS, numbers.randint(1, 14)))
    return count(signs, numbers.randint(1, len(signs)), "all")


def mixed(numbers: random.Random) -> Condition:
    parts = tuple(numbers.choice(KINDS[:4])(numbers) for _ in range(numbers.randint(1, 3)))
    one = Present(numbers.choice(SIGNS))
    name = numbers.choice(["age", "interpreter", "consent", "alone"])
    of_visit: Condition = CircumstanceIs(name, tuple(numbers.sample(CIRCUMSTANCE_VALUES[name], 1)))
    if numbers.random() < 0.5:
        of_visit = Not(of_visit)
    return numbers.choice([AnyOf((*parts, one)), AllOf((AnyOf((*parts, of_visit)), AnyOf((one, *parts))))])


KINDS = (counted, weighed, graded, elements, mixed)


def any_checklist(numbers: random.Random) -> Checklist:
    rules = [numbers.choice(KINDS)(numbers) for _ in range(numbers.randint(1, 4))]
    levels = sorted((numbers.choice(list(Level)) for _ in range(len(rules) + 1)), key=lambda level: level.rank)
    outcomes = [
        Outcome(f"outcome-{index}", "", level, rule)
        for index, (level, rule) in enumerate(zip(levels, [*rules, None], strict=True))
    ]
    return checklist(outcomes, SIGNS, ["context-sign"])


def any_case(drawn: Checklist, numbers: random.Random) -> tuple[dict[str, Answer], Circumstances]:
    """Answers of which at most MOST_UNKNOWN are not known, and any circumstances."""
    circumstances = Circumstances(
        **{
            name.replace("-", "_"): numbers.choice(values)
            for name, values in CIRCUMSTANCE_VALUES.items()
            if numbers.random() < 0.7
        }
    )
    # Where no "no" counts, every known sign is present and most rules are settled: a few such cases are enough.
    if circumstances.no_is_unknown and numbers.random() < 0.7:
        circumstances = replace(circumstances, alone="true", interpreter=numbers.choice(["professional", None]))
    signs = list(drawn.countable)
    unknown = set(numbers.sample(signs, numbers.randint(0, min(MOST_UNKNOWN, len(signs)))))
    # A "no" that does not count leaves its sign unknown: then only signs that are present are known.
    share = 1.0 if circumstances.no_is_unknown else numbers.random() * 0.6
    present = (Answer.SEEN, Answer.TOLD)
    answers = {
        sign: numbers.choice(present) if numbers.random() < share else Answer.NO
        for sign in signs
        if sign not in unknown
    }
    for sign in unknown:
        if numbers.random() < 0.5:
            answers[sign] = Answer.NO if circumstances.no_is_unknown else Answer.UNKNOWN
    return answers, circumstances


# --- What must come out ---------------------------------------------------------------------------


def is_exact(result: Assessment, answers: Mapping[str, Answer]) -> bool:
    """Compare with every completion; False where there would be too many."""
    drawn, circumstances = result.checklist, result.circumstances
    known = dict(circumstances.known())
    for sign in drawn.countable:
        answer = answers.get(sign, Answer.UNKNOWN)
        if answer in (Answer.SEEN, Answer.TOLD):
            known[sign] = "present"
        elif answer is Answer.NO and not (
            circumstances.alone == "false" or circumstances.interpreter in ("other", "missing")
        ):
            known[sign] = "absent"
    tables = TruthTables(dict(variables_of(drawn)), known)
    if tables.number > MOST_COMPLETIONS:
        return False
    possible, still_open = tables.judged([outcome.when for outcome in drawn.outcomes])
    assert [drawn.outcomes.index(outcome) for outcome in result.possible] == possible
    assert set(result.open) == still_open
    judged = drawn.outcomes[possible[-1]]
    assert result.judged == judged and result.settled == (len(possible) == 1)
    if circumstances.asks == "true" and judged.level is not Level.ACT_NOW:
        shown = "asks-for-help"
    elif circumstances.concern == "true" and judged.level not in (Level.ACT_NOW, Level.SEEK_ADVICE):
        shown = "concern"
    elif judged.level is Level.NOTHING_NOTED and len(possible) > 1:
        shown = "too-little-known"
    else:
        shown = judged.id
    assert result.outcome.id == shown
    return True


@pytest.mark.parametrize("number", [400, pytest.param(20_000, marks=pytest.mark.long)])
def test_any_rule_of_any_kind_with_up_to_twelve_signs_not_known(number: int) -> None:
    compared, undecided, seed = 0, 0, number
    while compared < number:
        seed += 1
        numbers = random.Random(seed)
        drawn = any_checklist(numbers)
        diagram = compile_checklist(drawn)
        for _ in range(4):
            answers, circumstances = any_case(drawn, numbers)
            result = assess(drawn, answers, circumstances, diagram=diagram, reserved=RESERVED)
            try:
                compared += is_exact(result, answers)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}") from error
            undecided += len(result.possible) > 1
    assert undecided > compared / 3, "the cases are too plain: nothing is open in them"


# The random cases above are many and plain; hypothesis looks for the strange ones, and makes them small.
@given(st.lists(conditions(SIGNS[:MOST_UNKNOWN]), min_size=1, max_size=4), st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_any_rule_that_hypothesis_can_think_of(rules: list[Condition], seed: int) -> None:
    hypothesis_case(rules, seed)


@pytest.mark.long
@given(st.lists(conditions(SIGNS[:MOST_UNKNOWN]), min_size=1, max_size=4), st.integers(0, 2**32))
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_twenty_thousand_rules_that_hypothesis_can_think_of(rules: list[Condition], seed: int) -> None:
    hypothesis_case(rules, seed)


def hypothesis_case(rules: list[Condition], seed: int) -> None:
    order = list(Level)
    outcomes = [
        Outcome(f"outcome-{index}", "", order[min(index, 4)], rule) for index, rule in enumerate([*rules, None])
    ]
    drawn = checklist(outcomes, SIGNS[:MOST_UNKNOWN], ["context-sign"])
    answers, circumstances = any_case(drawn, random.Random(seed))
    result = assess(drawn, answers, circumstances, diagram=compile_checklist(drawn), reserved=RESERVED)
    is_exact(result, answers)


@pytest.mark.parametrize("number", [40, pytest.param(1_000, marks=pytest.mark.long)])
def test_every_shipped_checklist_with_sampled_answers(rulebook: Rulebook, number: int) -> None:
    for shipped in rulebook.checklists.values():
        numbers = random.Random(f"{shipped.id} {number}")
        diagram: Diagram = rulebook.diagrams[shipped.id]
        shown = set()
        for _ in range(number):
            answers, circumstances = any_case(shipped, numbers)
            # Most signs absent, else every case of a long list would come to its first outcome.
            keep = numbers.random()
            answers = {
                sign: answer if not answer.is_present or numbers.random() < keep * 8 / len(answers) else Answer.NO
                for sign, answer in answers.items()
            }
            if circumstances.no_is_unknown:
                circumstances = replace(circumstances, alone="true", interpreter="professional")
            result = assess(shipped, answers, circumstances, diagram=diagram, reserved=rulebook.reserved)
            assert is_exact(result, answers)
            shown.add(result.judged.id)
        wanted = len(shipped.outcomes) if number == 1_000 else 3
        assert len(shown) >= wanted, f"{shipped.id} came to {shown} only"


def test_the_second_opinion_is_that_of_trying_every_completion_one_by_one() -> None:
    for seed in range(60):
        numbers = random.Random(seed)
        drawn = any_checklist(numbers)
        rules = [outcome.when for outcome in drawn.outcomes]
        domains = dict(variables_of(drawn))
        names = [name for name in domains if name in CIRCUMSTANCE_VALUES]
        open_signs = set(numbers.sample(SIGNS, 6))
        known = {sign: numbers.choice(["present", "absent"]) for sign in SIGNS if sign not in open_signs}
        known |= {name: numbers.choice(CIRCUMSTANCE_VALUES[name]) for name in names[1:]}
        every = {
            (present, *circumstances.items()): first_that_holds(rules, present, circumstances)
            for present, circumstances in completions(SIGNS, names, known)
        }
        possible, matters = TruthTables(domains, known).judged(rules)
        assert possible == sorted(set(every.values()))
        assert matters & set(SIGNS) == {
            sign
            for sign in open_signs
            for (present, *rest), outcome in every.items()
            if every[present ^ {sign}, *rest] != outcome
        }


# --- Strong, medium and weak, as they are written -------------------------------------------------

GRADED = """\
strengths: {strong: [s-1, s-2], medium: [m-1, m-2, m-3], weak: [w-1, w-2]}
conditions:
  two-strong: {count: {group: first, strength: strong}, at_least: 2}
  strong-and-more: {all: [{count: {group: first, strength: strong}, at_least: 1}, {count: {group: first, strength: [medium, weak]}, at_least: 1}]}
  three-medium: {count: {group: first, strength: medium}, at_least: 3}
  two-medium-and-weak: {all: [{count: {group: first, strength: medium}, at_least: 2}, {count: {group: first, strength: weak}, at_least: 1}]}
  one: {count: all, at_least: 1}
"""
IDS = ["s-1", "s-2", "m-1", "m-2", "m-3", "w-1", "w-2", "other"]


@pytest.fixture
def by_strength(tmp_path: Path) -> Rulebook:
    folder = write_rules(tmp_path / "rules", IDS)
    file = folder / "checklists" / "small.yaml"
    text = file.read_text()
    head, _, rest = text.partition("conditions:\n")
    groups = head.index("groups:")
    head = head[:groups] + (
        f"groups:\n  - {{id: first, title: First, indicators: [{', '.join(IDS[:-1])}]}}\n"
        "  - {id: second, title: Second, indicators: [other]}\n"
    )
    rest = rest[rest.index("outcomes:") :].replace(
        "when: several", "when: {any: [two-strong, strong-and-more, three-medium, two-medium-and-weak]}"
    )
    rest = rest.replace("told: [s-1], seen: [other], outcome: many", "told: [s-1, s-2], outcome: many")
    file.write_text(head + GRADED + rest)
    return read_rulebook(folder)


@pytest.mark.parametrize(
    ("present", "outcome"),
    [
        ("s-1 s-2", "many"),
        ("s-1", "single"),
        ("s-1 m-1", "many"),
        ("s-2 w-2", "many"),
        ("s-1 other", "single"),
        ("m-1 m-2 m-3", "many"),
        ("m-1 m-2", "single"),
        ("m-1 m-2 other", "single"),
        ("m-1 m-2 w-1", "many"),
        ("m-1 w-1 w-2", "single"),
        ("w-1 w-2 other", "single"),
        ("other", "single"),
        ("", "none"),
    ],
)
def test_strong_medium_and_weak_signs_of_a_group(by_strength: Rulebook, present: str, outcome: str) -> None:
    small = by_strength.checklists["small"]
    answers = dict.fromkeys(IDS, Answer.NO) | dict.fromkeys(present.split(), Answer.TOLD)
    result = assess(
        small, answers, Circumstances(), diagram=by_strength.diagrams["small"], reserved=by_strength.reserved
    )
    assert result.outcome.id == outcome
    assert is_exact(result, answers)
