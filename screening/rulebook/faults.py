"""What is wrong in a rule file: where, what, and how to mend it; all of a stage at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches


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
    """The rule files cannot be used; `faults` are all those of the first stage that found any."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def meant(name: str, known: Collection[str], otherwise: str) -> str:
    """The remedy for a name that is not known."""
    close = get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else otherwise
