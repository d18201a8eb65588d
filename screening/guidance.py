"""Which guidance fits an assessment: what to do, not to do, say and know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from screening.checklist import Assessment, Condition


class Kind(StrEnum):
    DO = "do"
    DONT = "dont"
    SAY = "say"
    KNOW = "know"


@dataclass(frozen=True, slots=True)
class Guidance:
    """One thing to do, not to do, say or know. In `text`, `{emergency}` stands for the place's emergency number."""

    id: str
    kind: Kind
    when: Condition
    text: str
    sources: tuple[str, ...]
    next_step: bool = False


def fitting(guidance: Iterable[Guidance], assessment: Assessment) -> tuple[Guidance, ...]:
    """The items whose `when` holds, in the order of the rule file."""
    raise NotImplementedError
