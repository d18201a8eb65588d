"""The worker's pages: start, safety, the signs, concern, review, outcome, sheet, leaving; practice and help."""

from screening.visit import help, language, leaving, practice, result, team, walk
from screening.visit.pages import bp

__all__ = ["bp", "help", "language", "leaving", "practice", "result", "team", "walk"]
