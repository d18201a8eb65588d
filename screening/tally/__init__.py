"""The tally: anonymised counts that cannot single anyone out, counted once and released by the month."""

from screening.tally.counted import counted
from screening.tally.counting import NotCountedError, Tally, is_far
from screening.tally.grids import CIRCUMSTANCES, FACTS, GRIDS, MAIN, NO_SIGN, OUTCOMES, SIGNS, Counted, Grid, Layout
from screening.tally.releases import SHOWN_FROM, SPANS, Figure, Releases, Row, by_fact, together
from screening.tally.vault import KeyLostError, Vault

__all__ = [
    "CIRCUMSTANCES",
    "FACTS",
    "GRIDS",
    "MAIN",
    "NO_SIGN",
    "OUTCOMES",
    "SHOWN_FROM",
    "SIGNS",
    "SPANS",
    "Counted",
    "Figure",
    "Grid",
    "KeyLostError",
    "Layout",
    "NotCountedError",
    "Releases",
    "Row",
    "Tally",
    "Vault",
    "by_fact",
    "counted",
    "is_far",
    "together",
]
