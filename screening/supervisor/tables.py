"""The tables of a page: lines and columns of figures, each a sum of frozen numbers or a sum of such sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from screening.checklist import Level
from screening.supervisor.choice import Choice
from screening.tally import CIRCUMSTANCES, FACTS, OUTCOMES, SIGNS, Figure, Grid, Releases, by_fact, together

#: The name of the column and the line that sum the others.
ALL: Final = ""

#: With more spans than this a table of sites or signs has their sum alone: a screen is not endlessly wide.
_WIDEST: Final = 6

#: How many sites stand on one page.
SITES_ON_A_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, ALL for the sum, and a figure for each column, None where there is none.

    `months` says, where it is not all of them, in how many of the months the line was counted.
    """

    name: str
    figures: tuple[Figure | None, ...]
    months: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    lines: tuple[Line, ...]

    def by_column(self) -> list[tuple[str, list[tuple[str, Figure | None]]]]:
        """For each column its figures by line, without the line that sums them."""
        lines = [line for line in self.lines if line.name != ALL]
        return [
            (name, [(line.name, line.figures[number]) for line in lines]) for number, name in enumerate(self.columns)
        ]


def outcomes(releases: Releases, choice: Choice) -> Table:
    """A line for each span and a column for each level, both with their sum."""
    rows = releases.view(OUTCOMES, choice.months, (choice.span, "level"), choice.sites, choice.levels)
    figures = {(row.span, row.level): row.figure for row in rows}
    levels = choice.levels or tuple(level.value for level in Level)
    lines = [_with_sum(OUTCOMES, span, [figures.get((span, level)) for level in levels]) for span in choice.spans()]
    return Table((*levels, ALL), _with_sum_below(OUTCOMES, lines))


def by_site(releases: Releases, choice: Choice, sites: Sequence[str]) -> Table:
    """A line for each of `sites` and a column for each span, with their sum."""
    spans = tuple(choice.spans())
    is_narrow = len(spans) <= _WIDEST
    by = (choice.span, "part") if is_narrow else ("part",)
    figures = {
        (row.part, row.span): row.figure for row in releases.view(OUTCOMES, choice.months, by, sites, choice.levels)
    }
    levels = len(choice.levels or Level)
    lines = []
    for site in sites:
        found = [figures.get((site, span)) for span in spans] if is_narrow else []
        whole = together(OUTCOMES, found) if is_narrow else figures.get((site, ""))
        months = whole.cells // levels if whole else 0
        is_short = whole is not None and months < len(choice.months)
        lines.append(Line(site, (*found, whole), months if is_short else None))
    return Table((*(spans if is_narrow else ()), ALL), tuple(lines))


def circumstances(releases: Releases, choice: Choice) -> Table:
    """A line for each span; a column for each fact that held, and one for all visits."""
    rows = by_fact(releases.view(CIRCUMSTANCES, choice.months, (choice.span, "part")))
    figures = {(row.span, row.part): row.figure for row in rows}
    lines = [Line(span, tuple(figures.get((span, fact)) for fact in (*FACTS, ALL))) for span in choice.spans()]
    return Table((*FACTS, ALL), _with_sum_below(CIRCUMSTANCES, lines))


def combinations(releases: Releases, choice: Choice) -> Table:
    """A line for each of the combinations of facts, over all the months."""
    rows = releases.view(CIRCUMSTANCES, choice.months, ("part",))
    return Table((ALL,), tuple(Line(row.part, (row.figure,)) for row in reversed(rows)))


def signs(releases: Releases, choice: Choice) -> Table:
    """A line for each sign and a column for each span, with their sum.

    The most frequent first. Those whose sum is not shown as a number stand in the order of their names: the order
    would tell it otherwise.
    """
    spans = tuple(choice.spans())
    is_narrow = len(spans) <= _WIDEST
    rows = releases.view(SIGNS, choice.months, (choice.span, "part") if is_narrow else ("part",))
    figures = {(row.part, row.span): row.figure for row in rows}
    lines = []
    for sign in sorted({row.part for row in rows}):
        found = [figures.get((sign, span)) for span in spans] if is_narrow else []
        whole = together(SIGNS, found) if is_narrow else figures[sign, ""]
        is_short = whole is not None and whole.cells < len(choice.months)
        lines.append(Line(sign, (*found, whole), whole.cells if whole and is_short else None))

    def rank(line: Line) -> int:
        whole = line.figures[-1]
        return -whole.value if whole is not None and whole.is_shown else 0

    return Table((*(spans if is_narrow else ()), ALL), tuple(sorted(lines, key=rank)))


def _with_sum(grid: Grid, name: str, figures: Sequence[Figure | None]) -> Line:
    return Line(name, (*figures, together(grid, figures)))


def _with_sum_below(grid: Grid, lines: Iterable[Line]) -> tuple[Line, ...]:
    lines = list(lines)
    if len(lines) < 2:
        return tuple(lines)
    columns = zip(*(line.figures for line in lines), strict=True)
    return (*lines, Line(ALL, tuple(together(grid, column) for column in columns)))
