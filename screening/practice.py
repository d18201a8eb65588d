"""Practice: invented cases with the answers a careful worker would give, what a walk makes otherwise, and scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from screening.checklist import GIVEN_CIRCUMSTANCES, Answer, Checklist, Circumstances, Example

#: A part of a story: its name, which is that of the page it belongs to, and its text.
Part = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Story:
    """What a worker meets, in the order of the pages; `groups` by the id of the group. A part may be empty."""

    start: str
    safety: str
    groups: Mapping[str, str]
    concern: str

    def parts(self, checklist: Checklist) -> tuple[Part, ...]:
        """Every part that says something, in the order in which `checklist` asks."""
        groups = ((f"groups/{group.id}", self.groups.get(group.id, "")) for group in checklist.groups)
        named = (("start", self.start), ("safety", self.safety), *groups, ("concern", self.concern))
        return tuple(part for part in named if part[1])


@dataclass(frozen=True, slots=True)
class Discussion:
    """What is talked through afterwards: what to notice, what is easily got wrong, why this outcome, what next."""

    notice: tuple[str, ...]
    mistakes: tuple[str, ...]
    why: str
    next: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PracticeCase:
    """An invented case to practise with. Nobody in it is real, and a visit that walks it is never counted.

    `checklist` and `place` are ids; `expected` holds the answers and circumstances that a careful worker would give,
    and the outcome they come to: it is tried when the rule files are read, as a worked example is.
    """

    id: str
    title: str
    about: str
    checklist: str
    place: str
    story: Story
    expected: Example
    discussion: Discussion
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """Words of our own for one moment of a visit: what one can say, and what is better left unsaid.

    `at` names the circumstances beside whose question it is offered; none for one that stands in Help alone.
    """

    id: str
    title: str
    about: str
    at: tuple[str, ...]
    say: tuple[str, ...]
    avoid: tuple[str, ...]
    sources: tuple[str, ...]


class Otherwise(StrEnum):
    """In which way an answer differs from the expected one."""

    #: Present in the story, and not noted.
    MISSED = "missed"
    #: Noted as present, and not in the story.
    ADDED = "added"
    #: Answered "no" where nobody looked, asked, or could have been told.
    CLOSED = "closed"
    #: Left open where the story says no.
    LEFT_OPEN = "left-open"
    #: Seen where it was told, or told where it was seen.
    HOW_KNOWN = "how-known"


@dataclass(frozen=True, slots=True)
class Compared:
    """What a walk made otherwise: indicators by the way in which they differ, and circumstances as
    (name, given, expected), None for one not known. Nothing in it says right or wrong.
    """

    answers: Mapping[Otherwise, tuple[str, ...]]
    circumstances: tuple[tuple[str, str | None, str | None], ...]

    @property
    def is_the_same(self) -> bool:
        return not self.answers and not self.circumstances


def compare(
    case: PracticeCase, checklist: Checklist, answers: Mapping[str, Answer], circumstances: Circumstances
) -> Compared:
    """Hold the answers of a walk beside those that the case expects, in the order of its `checklist`.

    An answer to an indicator of another checklist is passed by, as `assess` does.
    """
    found: dict[Otherwise, tuple[str, ...]] = {}
    for id in checklist.indicators:
        given = answers.get(id, Answer.UNKNOWN)
        expected = case.expected.answers.get(id, Answer.UNKNOWN)
        if given is not expected:
            way = _otherwise(given, expected)
            found[way] = (*found.get(way, ()), id)
    return Compared(
        answers={way: found[way] for way in Otherwise if way in found},
        circumstances=tuple(_circumstances(circumstances, case.expected.circumstances)),
    )


def _otherwise(given: Answer, expected: Answer) -> Otherwise:
    if given.is_present and expected.is_present:
        return Otherwise.HOW_KNOWN
    if expected.is_present:
        return Otherwise.MISSED
    if given.is_present:
        return Otherwise.ADDED
    return Otherwise.CLOSED if given is Answer.NO else Otherwise.LEFT_OPEN


def _circumstances(given: Circumstances, expected: Circumstances) -> Iterator[tuple[str, str | None, str | None]]:
    for name in GIVEN_CIRCUMSTANCES:
        if given.value(name) != expected.value(name):
            yield name, given.value(name), expected.value(name)
