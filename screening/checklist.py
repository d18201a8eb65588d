"""The nouns of a screening: indicators, answers, circumstances, conditions, outcomes and checklists.

Everything here is a value: frozen, without behaviour beyond reading itself, and without any
knowledge of files, pages or storage. Ids are kebab-case and permanent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache, cached_property
from typing import Final


class Answer(StrEnum):
    """What is known of one indicator. SEEN and TOLD are *present*; UNKNOWN is never "no"."""

    SEEN = "seen"
    TOLD = "told"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def is_present(self) -> bool:
        return self is Answer.SEEN or self is Answer.TOLD


class Element(StrEnum):
    """The element of the definition of trafficking that an indicator speaks of (Palermo Protocol, art. 3)."""

    ACT = "act"
    MEANS = "means"
    PURPOSE = "purpose"
    NONE = "none"


class Noted(StrEnum):
    """What was noted of an element. OPEN: no sign of it is noted, and some are not known."""

    NOTED = "noted"
    OPEN = "open"
    NOT_NOTED = "not-noted"


class Level(StrEnum):
    """The one urgency scale that the outcomes of all checklists share, most urgent first."""

    ACT_NOW = "act-now"
    SEEK_ADVICE = "seek-advice"
    STAY_ATTENTIVE = "stay-attentive"
    TOO_LITTLE_KNOWN = "too-little-known"
    NOTHING_NOTED = "nothing-noted"

    @property
    def rank(self) -> int:
        """0 for the most urgent level."""
        return tuple(Level).index(self)


class Strength(StrEnum):
    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


#: Every circumstance with its values, in the order in which they are asked. Two-valued ones are
#: "true" / "false" here, as they are written in rule files and forms. Left out = not known.
CIRCUMSTANCE_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "danger": ("true", "false"),
    "alone": ("true", "false"),
    "interpreter": ("not-needed", "professional", "other", "missing"),
    "age": ("adult", "child", "unsure"),
    "consent": ("given", "refused", "cannot", "not-asked"),
    "asks": ("true", "false"),
    "concern": ("true", "false"),
    "legal-test": ("act-purpose", "act-means-purpose"),
}

#: The circumstances that a worker gives; the others are derived (`legal-test`: from the place).
GIVEN_CIRCUMSTANCES: Final[tuple[str, ...]] = tuple(name for name in CIRCUMSTANCE_VALUES if name != "legal-test")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of the visit, not of the person; each value as in CIRCUMSTANCE_VALUES, None = not known."""

    danger: str | None = None
    alone: str | None = None
    interpreter: str | None = None
    age: str | None = None
    consent: str | None = None
    asks: str | None = None
    concern: str | None = None
    legal_test: str | None = None

    def __post_init__(self) -> None:
        for name, value in self.known():
            if value not in CIRCUMSTANCE_VALUES[name]:
                # Its name and not its value, which may be of a visit: errors are shown and logged.
                # nosemgrep: into-an-exception
                raise ValueError(f"{name} must be one of {', '.join(CIRCUMSTANCE_VALUES[name])}")

    def value(self, name: str) -> str | None:
        """The value of the circumstance called `name` (as in rule files: `legal-test`), None if not known."""
        value: str | None = getattr(self, name.replace("-", "_"))
        return value

    def known(self) -> Iterator[tuple[str, str]]:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if value is not None:
                yield entry.name.replace("_", "-"), value

    @property
    def no_is_unknown(self) -> bool:
        """A "no" said before a companion, or through one, is not an answer (bp/companion/1)."""
        return self.alone == "false" or self.interpreter in ("other", "missing")

    @property
    def questions_allowed(self) -> bool:
        """Whether anything may be asked aloud: alone, understood directly, and not against their will.

        Stricter than `no_is_unknown`: while it is not known that the person is alone, nothing is asked.
        """
        return self.alone == "true" and not self.no_is_unknown and self.consent not in ("refused", "cannot")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One observable sign, once, for every checklist that refers to it.

    `look` says what may be noticed without asking; `ask` is shown only when alone; either may be empty.
    A `context` indicator may be noted but is never counted (place-based or bias-prone); `about` explains why.
    """

    id: str
    text: str
    element: Element
    sources: tuple[str, ...]
    look: str = ""
    ask: str = ""
    context: bool = False
    about: str = ""


@cache
def answer_key(indicator: str) -> int:
    """The 22-bit name under which an indicator's answer is packed.

    By a hash of its id and never by its position: a rule file may be changed during a visit, and an answer must
    never slip from one sign to another. The rule files are refused when two ids share a key.
    """
    return int.from_bytes(hashlib.sha256(indicator.encode()).digest()[:3], "big") >> 2


# --- Conditions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Present:
    """The indicator is seen or told."""

    indicator: str


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The weights of the present indicators add up to `threshold` or more; a plain count has weights of 1.

    `label` is how the rule file names what is counted, for the words of a reason: "all", or "" for a
    list, or "group:freedom", "element:means", "strength:strong" (several joined by a space, and several
    groups, elements or strengths by a comma: "group:work,pay strength:strong").
    """

    weights: tuple[tuple[str, int], ...]
    threshold: int
    label: str = ""

    @property
    def is_count(self) -> bool:
        return all(weight == 1 for _, weight in self.weights)


@dataclass(frozen=True, slots=True)
class CircumstanceIs:
    """The circumstance has one of the values. In guidance alone, "unknown" stands for one not known."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Only over circumstances, so that no sign can lower the urgency."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Named:
    """A condition called by its name in the rule file; reasons are told by that name."""

    name: str
    part: Condition


@dataclass(frozen=True, slots=True)
class LevelIs:
    """Only in guidance: the level of the outcome shown is one of these."""

    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class OutcomeIs:
    """Only in guidance: the outcome shown has one of these ids."""

    outcomes: tuple[str, ...]


Condition = Present | AtLeast | CircumstanceIs | AnyOf | AllOf | Not | Named | LevelIs | OutcomeIs


# --- Checklists ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """One named result. `when` is None for the last of a checklist and for the reserved ones."""

    id: str
    title: str
    level: Level
    when: Condition | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Indicators that are asked together, on one page."""

    id: str
    title: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example, run whenever the rule file is read."""

    name: str
    answers: Mapping[str, Answer]
    circumstances: Circumstances
    outcome: str


@dataclass(frozen=True)
class Checklist:
    """Which indicators, in which groups, how they are judged, and which outcomes there are, most urgent first.

    `explanations` are the ids of texts that a worker may want to read with it; `elements` says whether the elements of
    the definition are shown beside the outcome; `contacts` are the kinds of contacts to ask first. `wording` is what a
    site says in other words: language, name of the text, text.
    """

    id: str
    version: str
    title: str
    audience: tuple[str, ...]
    minutes: int
    about: str
    sources: tuple[str, ...]
    groups: tuple[Group, ...]
    conditions: Mapping[str, Condition]
    outcomes: tuple[Outcome, ...]
    strengths: Mapping[str, Strength] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    explanations: tuple[str, ...] = ()
    elements: bool = False
    contacts: tuple[str, ...] = ()
    wording: tuple[tuple[str, str, str], ...] = ()

    @cached_property
    def indicators(self) -> Mapping[str, Indicator]:
        """All indicators by id, in the order of the groups; `context` ones included."""
        return {indicator.id: indicator for group in self.groups for indicator in group.indicators}

    @cached_property
    def countable(self) -> tuple[str, ...]:
        """The ids that are judged: all but the `context` ones."""
        return tuple(id for id, indicator in self.indicators.items() if not indicator.context)

    @cached_property
    def hash(self) -> str:
        """Twelve hex digits that change with anything that is read or judged, and with no comment or layout."""
        judged = (
            self.id, self.version, self.title, self.audience, self.minutes, self.about, self.sources, self.groups,
            tuple(self.conditions.items()), self.outcomes, tuple(self.strengths.items()),
            self.explanations, self.elements, self.contacts, self.wording,
        )  # fmt: skip
        return hashlib.sha256(json.dumps(judged, default=repr).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Reserved:
    """The outcomes that no checklist defines, in their order of precedence (their words are in rules/reserved.yaml)."""

    asks_for_help: Outcome
    concern: Outcome
    too_little_known: Outcome


# --- Results ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reason:
    """A condition that holds for the outcome shown, and the present indicators that made it true."""

    condition: str
    rule: Condition | None
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the answers say, and no more than they say.

    `outcome` is what is shown; `judged` is the checklist's own, which a reserved outcome may outrank.
    `possible` runs from the most urgent; `open` names the indicators and circumstances that can still
    change the checklist's outcome; `coerced` the ones whose "no" does not count; `red` the red lines.
    """

    checklist: Checklist
    outcome: Outcome
    judged: Outcome
    possible: tuple[Outcome, ...]
    reasons: tuple[Reason, ...]
    red: tuple[str, ...]
    open: tuple[str, ...]
    answers: Mapping[str, Answer]
    circumstances: Circumstances
    present: tuple[str, ...]
    unknown: tuple[str, ...]
    coerced: tuple[str, ...]

    @property
    def level(self) -> Level:
        return self.outcome.level

    @property
    def settled(self) -> bool:
        return len(self.possible) == 1

    @property
    def says_of_the_signs(self) -> bool:
        """Whether the checklist's own outcome adds to a reserved one: "none noted" does only when nothing is open."""
        return self.judged != self.outcome and (self.judged.level is not Level.NOTHING_NOTED or self.settled)

    @property
    def context(self) -> tuple[str, ...]:
        """The `context` indicators that were noted: they explain, and count for nothing."""
        return tuple(
            id
            for id, indicator in self.checklist.indicators.items()
            if indicator.context and self.answers.get(id, Answer.UNKNOWN).is_present
        )

    @property
    def of(self) -> int:
        return len(self.checklist.countable)
