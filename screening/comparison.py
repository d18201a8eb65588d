"""What changed between two versions of a checklist: its words, its signs, its rules, its examples, its results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from screening.assessment import assess
from screening.checklist import Answer, Checklist, Example
from screening.difference import Difference, difference
from screening.rulebook import Rulebook, texts_of


@dataclass(frozen=True, slots=True)
class Version:
    """A checklist, and the rulebook that it was read with."""

    checklist: Checklist
    rulebook: Rulebook


@dataclass(frozen=True, slots=True)
class Changed:
    """Something called `name` was `before` and is `after`; either is None where it was not there."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`texts` and `facts` (version, minutes, order of outcomes ...) by name; `examples` by name with their outcomes."""

    old: Version
    new: Version
    texts: tuple[Changed, ...]
    facts: tuple[Changed, ...]
    examples: tuple[Changed, ...]
    results: Difference

    @property
    def conditions(self) -> tuple[str, ...]:
        """The names of the conditions of either version."""
        return tuple(dict.fromkeys([*self.old.checklist.conditions, *self.new.checklist.conditions]))


def compare(old: Version, new: Version) -> Comparison:
    """Raises DiagramTooLargeError."""
    return Comparison(
        old=old,
        new=new,
        texts=tuple(_changed(texts_of(old.checklist), texts_of(new.checklist))),
        facts=tuple(_changed(_facts(old.checklist), _facts(new.checklist))),
        examples=tuple(_examples(old, new)),
        results=difference(old.checklist, new.checklist),
    )


def _changed(before: dict[str, str], after: dict[str, str]) -> Iterator[Changed]:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Changed(name, before.get(name), after.get(name))


def _facts(checklist: Checklist) -> dict[str, str]:
    facts = {
        "version": checklist.version,
        "minutes": str(checklist.minutes),
        "audience": ", ".join(checklist.audience),
        "sources": ", ".join(checklist.sources),
        "explanations": ", ".join(checklist.explanations),
        "elements": "true" if checklist.elements else "false",
        "outcomes": ", ".join(outcome.id for outcome in checklist.outcomes),
    }
    facts |= {f"group {group.id}": ", ".join(sign.id for sign in group.indicators) for group in checklist.groups}
    facts |= {f"level of {outcome.id}": outcome.level.value for outcome in checklist.outcomes}
    for sign in checklist.indicators.values():
        facts[f"element of {sign.id}"] = sign.element.value
        facts[f"sources of {sign.id}"] = ", ".join(sign.sources)
        facts[f"context of {sign.id}"] = "true" if sign.context else "false"
    return facts | {f"strength of {id}": strength.value for id, strength in checklist.strengths.items()}


def _examples(old: Version, new: Version) -> Iterator[Changed]:
    """The examples of either version that come out otherwise; one that was rewritten counts as two."""
    kept = [example for example in new.checklist.examples if example not in old.checklist.examples]
    for example in [*old.checklist.examples, *kept]:
        before, after = _shown(example, old), _shown(example, new)
        if before != after:
            yield Changed(example.name, before, after)


def _shown(example: Example, version: Version) -> str:
    # An example that answers everything in its own version means "and nothing else" in the other, too.
    otherwise = Answer.UNKNOWN if Answer.UNKNOWN in example.answers.values() else Answer.NO
    checklist = version.checklist
    answers = {id: example.answers.get(id, otherwise) for id in checklist.countable}
    return assess(
        checklist,
        answers,
        example.circumstances,
        diagram=version.rulebook.diagrams[checklist.id],
        reserved=version.rulebook.reserved,
    ).outcome.id
