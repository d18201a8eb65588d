"""The worker's pages: start, safety, the signs group by group, concern, review, outcome, sheet, and leaving."""

from screening.visit import leaving, result, team, walk
from screening.visit.pages import bp

__all__ = ["bp", "leaving", "result", "team", "walk"]
