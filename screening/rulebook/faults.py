"""What is wrong in a rule file: where, what, and how to mend it; all of a stage at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

#: A file that is something else altogether has thousands; the first ones tell what it is.
MOST_TOLD: Final = 100


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault; line and column count from 1."""

    path: str
    line: int
    column: int
    what: str
    remedy: str

    def __str__(self) -> str:
        end = "" if self.remedy.endswith((".", "?", "!")) else "."
        return f"{self.path}:{self.line}:{self.column}: {self.what}. {self.remedy}{end}"


class RuleError(Exception):
    """The rule files cannot be used; `faults` are all those of the first stage that found any.

    As text: the first MOST_TOLD of them, and how many more there are.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        told = [str(fault) for fault in self.faults[:MOST_TOLD]]
        if len(self.faults) > MOST_TOLD:
            told.append(f"... and {len(self.faults) - MOST_TOLD:,} more. Mend these first, and check again.")
        super().__init__("\n".join(told))


def meant(name: str, known: Collection[str], otherwise: str) -> str:
    """The remedy for a name that is not known."""
    close = get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else otherwise
