"""The three grids that a visit is counted in, and the law of the secret number at which each of their cells starts."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from screening.checklist import Level

#: The site that counts where no site is named, and for one that was added after the month began.
MAIN: Final = "main"
#: The sign of a visit in which none was noted, or one that was added after the month began.
NO_SIGN: Final = "none"

#: What the grid of circumstances asks of a visit, in the order of its cells' names.
FACTS: Final = ("alone", "interpreter", "consent", "sheet")


@dataclass(frozen=True, slots=True)
class Law:
    """A whole number k with the probability (1-q)/(1+q) * q^|k|: the difference of two streaks of luck.

    Whoever sees a cell cannot tell its count from the next by more than the factor 1/q in odds. `q` is a fraction, so
    that the numbers drawn follow the law exactly; floating-point noise does not.
    """

    q: Fraction

    def draw(self, below: Callable[[int], int] = secrets.randbelow) -> int:
        """A number by this law; `below(n)` gives a whole number from 0 to n-1, each as likely, from the system."""
        return self._streak(below) - self._streak(below)

    def _streak(self, below: Callable[[int], int]) -> int:
        length = 0
        while below(self.q.denominator) < self.q.numerator:
            length += 1
        return length

    @property
    def odds(self) -> Fraction:
        """The factor in odds that one cell can reveal of one visit."""
        return 1 / self.q

    @property
    def deviation(self) -> float:
        """The standard deviation of one start value."""
        q = float(self.q)
        return math.sqrt(2 * q) / (1 - q)

    def probability(self, k: int) -> float:
        q = float(self.q)
        return (1 - q) / (1 + q) * q ** abs(k)

    def margin(self, cells: int) -> int:
        """How far a sum of this many cells is from its count in nine of ten cases."""
        return _margin(self, cells)


@lru_cache(maxsize=4096)
def _margin(law: Law, cells: int) -> int:
    if cells <= 0:
        return 0
    if cells > 40:
        # The sum of many is normal to well within a unit; 1.6449 is the normal law's quantile for nine of ten.
        return math.ceil(1.6449 * law.deviation * math.sqrt(cells))
    reach = 60
    one = [law.probability(k) for k in range(-reach, reach + 1)]
    total = one
    for _ in range(cells - 1):
        total = _sum_of(total, one)
    middle = len(total) // 2
    within, margin = total[middle], 0
    while within < 0.9:
        margin += 1
        within += total[middle - margin] + total[middle + margin]
    return margin


def _sum_of(left: Sequence[float], right: Sequence[float]) -> list[float]:
    total = [0.0] * (len(left) + len(right) - 1)
    for at, a in enumerate(left):
        for offset, b in enumerate(right):
            total[at + offset] += a * b
    # What lies this far out weighs less than one in a million.
    cut = max(0, (len(total) - 801) // 2)
    return total[cut : len(total) - cut]


@dataclass(frozen=True, slots=True)
class Grid:
    name: str
    law: Law


OUTCOMES: Final = Grid("outcomes", Law(Fraction(1, 2)))
CIRCUMSTANCES: Final = Grid("circumstances", Law(Fraction(2, 3)))
SIGNS: Final = Grid("signs", Law(Fraction(3, 4)))
GRIDS: Final = (OUTCOMES, CIRCUMSTANCES, SIGNS)

#: What all grids together may reveal of one visit, as a factor in odds: the promise that docs/privacy.md states.
MOST_ODDS: Final = 4


class LawError(ValueError):
    """The laws of the grids together reveal more than is promised."""


def keep_the_promise(grids: Iterable[Grid] = GRIDS) -> None:
    """Raise LawError when the grids together can change the odds of a visit by more than MOST_ODDS."""
    together = math.prod((grid.law.odds for grid in grids), start=Fraction(1))
    if together > MOST_ODDS:
        raise LawError(f"the start values let the odds of a visit change by {together}, and no more than {MOST_ODDS}")


@dataclass(frozen=True, slots=True)
class Counted:
    """What one visit adds to the counts: a level, four facts (in the order of FACTS), and one sign or NO_SIGN."""

    level: Level
    facts: tuple[bool, bool, bool, bool]
    sign: str


Cell = tuple[str, str, str]
"""A grid's name, the part (a site, four facts, or a sign), and the level, "" where the grid has none."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The cells of one month, in a fixed order: the sites and signs that there were when it opened."""

    sites: tuple[str, ...]
    signs: tuple[str, ...]

    @classmethod
    def of(cls, sites: Iterable[str], signs: Iterable[str]) -> Layout:
        """The layout for these sites and signs; MAIN and NO_SIGN are always there."""
        return cls(tuple(sorted({MAIN, *sites})), tuple(sorted({NO_SIGN, *signs})))

    @classmethod
    def read(cls, text: str) -> Layout:
        """What `written` wrote."""
        kept = json.loads(text)
        return cls(tuple(kept["sites"]), tuple(kept["signs"]))

    def written(self) -> str:
        return json.dumps({"sites": self.sites, "signs": self.signs}, separators=(",", ":"))

    def cells(self) -> list[Cell]:
        """All cells, each once, whether anything is ever counted in them or not."""
        facts = [format(number, f"0{len(FACTS)}b") for number in range(2 ** len(FACTS))]
        return [
            *((OUTCOMES.name, site, level.value) for site in self.sites for level in Level),
            *((CIRCUMSTANCES.name, fact, "") for fact in facts),
            *((SIGNS.name, sign, "") for sign in self.signs),
        ]

    def starts(self) -> list[int]:
        """A start value for each cell, by its grid's law, fresh from the system's own randomness."""
        laws = {grid.name: grid.law for grid in GRIDS}
        return [laws[grid].draw() for grid, _, _ in self.cells()]

    def positions(self, site: str, counted: Counted) -> tuple[int, int, int]:
        """Where a visit adds one: exactly one cell of each grid."""
        levels = list(Level)
        at_site = self.sites.index(site if site in self.sites else MAIN)
        sign = self.signs.index(counted.sign if counted.sign in self.signs else NO_SIGN)
        outcomes = len(self.sites) * len(levels)
        facts = int("".join("1" if fact else "0" for fact in counted.facts), 2)
        return (
            at_site * len(levels) + levels.index(counted.level),
            outcomes + facts,
            outcomes + 2 ** len(FACTS) + sign,
        )
