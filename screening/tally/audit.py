"""The proof that the counts keep their promise: the bounds, the draws of the laws, and the best insider tried."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from screening.checklist import Level
from screening.tally.grids import GRIDS, MAIN, NO_SIGN, OUTCOMES, SIGNS, Counted, Grid, Law, Layout

#: What docs/privacy.md promises: how far the figures can change the odds that one particular visit took place, and
#: those between two accounts of one that did; by all grids together, and by the outcomes alone.
TOOK_PLACE: Final = (4, 2)
WHICH_ACCOUNT: Final = (16, 4)

DRAWS: Final = 100_000
TRIALS: Final = 20_000
#: A sampler that keeps to its law fails a test this strict once in a million audits.
LEAST_P: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is, what was found, and whether it holds."""

    what: str
    found: str
    holds: bool


def audit(grids: Sequence[Grid] = GRIDS, draws: int = DRAWS, trials: int = TRIALS) -> Iterator[Finding]:
    """Look at everything the promise rests on, one finding after the other."""
    together = math.prod((grid.law.odds for grid in grids), start=Fraction(1))
    alone = next(grid.law.odds for grid in grids if grid.name == OUTCOMES.name)
    for what, factor, bound in (
        ("odds that a visit took place, all grids", together, TOOK_PLACE[0]),
        ("odds that a visit took place, outcomes", alone, TOOK_PLACE[1]),
        ("odds between two accounts, all grids", together**2, WHICH_ACCOUNT[0]),
        ("odds between two accounts, outcomes", alone**2, WHICH_ACCOUNT[1]),
    ):
        yield Finding(what, f"at most x{factor}, promised x{bound}", factor <= bound)
    for grid in grids:
        p = fit(grid.law, started(grid, draws))
        yield Finding(f"{draws} start values of {grid.name}", f"p = {p:.3g} for their law", p >= LEAST_P)
    best = best_insider(grids)
    right = tried_insider(grids, trials) / trials
    leeway = 4 * math.sqrt(best * (1 - best) / trials)
    found = f"right in {right:.1%} of {trials} trials, at most {best:.1%} by the law"
    yield Finding("an insider who knows every other visit", found, abs(right - best) <= leeway)


def started(grid: Grid, draws: int) -> list[int]:
    """The first `draws` start values that months which open give the cells of this grid."""
    # Of the other grids as few cells as there can be: they are drawn with it and thrown away.
    sites = range(draws // 5 if grid.name == OUTCOMES.name else 0)
    signs = range(draws if grid.name == SIGNS.name else 0)
    layout = Layout.of(map("site-{}".format, sites), map("sign-{}".format, signs))
    of_grid = [position for position, (name, _, _) in enumerate(layout.cells()) if name == grid.name]
    values: list[int] = []
    while len(values) < draws:
        starts = layout.starts()
        values += [starts[position] for position in of_grid]
    return values[:draws]


def fit(law: Law, values: Sequence[int]) -> float:
    """The chance that numbers which follow the law look as unlike it as these do (chi-square)."""
    draws = len(values)
    seen = Counter(values)
    reach = 0
    while draws * law.probability(reach + 1) >= 10:
        reach += 1
    expected = {k: draws * law.probability(k) for k in range(-reach, reach + 1)}
    beyond = draws - sum(expected.values())
    unlike = sum((seen[k] - wanted) ** 2 / wanted for k, wanted in expected.items())
    unlike += (draws - sum(seen[k] for k in expected) - beyond) ** 2 / beyond
    return _chi_square_beyond(unlike, len(expected))


def _chi_square_beyond(value: float, freedom: int) -> float:
    """Wilson and Hilferty's normal approximation (1931), good to the digits that matter here."""
    spread = 2 / (9 * freedom)
    return 0.5 * math.erfc(((value / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(2 * spread))


def best_insider(grids: Sequence[Grid]) -> float:
    """How often the best insider is right who knows all but one visit, and guesses whether that one took place.

    In each cell only one thing tells: whether what is left over is above zero, which it is with 1/(1+q) if the visit
    took place and q/(1+q) if not. Before looking, either is as likely.
    """
    right = 0.0
    for pattern in itertools.product((True, False), repeat=len(grids)):
        there = math.prod(
            _above(grid.law, took_place=True, is_above=seen) for grid, seen in zip(grids, pattern, strict=True)
        )
        absent = math.prod(
            _above(grid.law, took_place=False, is_above=seen) for grid, seen in zip(grids, pattern, strict=True)
        )
        right += max(there, absent) / 2
    return right


def _above(law: Law, took_place: bool, is_above: bool) -> float:
    q = float(law.q)
    chance = 1 / (1 + q) if took_place else q / (1 + q)
    return chance if is_above else 1 - chance


def tried_insider(grids: Sequence[Grid], trials: int) -> int:
    """How often that insider is right when it is really tried, with the cells and positions that counting uses."""
    layout = Layout.of([], [])
    counted = Counted(Level.SEEK_ADVICE, (True, False, True, False), NO_SIGN)
    positions = layout.positions(MAIN, counted)
    laws = {grid.name: grid.law for grid in grids}
    cells = layout.cells()
    right = 0
    for trial in range(trials):
        took_place = trial % 2
        evidence = 1.0
        for position in positions:
            law = laws[cells[position][0]]
            left_over = law.draw() + took_place
            evidence *= float(law.odds) if left_over > 0 else float(law.q)
        # Evidence that tells nothing is guessed either way, right in half of the cases.
        right += (evidence > 1) == took_place if evidence != 1 else trial % 4 < 2
    return right
