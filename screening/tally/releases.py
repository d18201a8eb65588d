"""What supervisors see: sums of the frozen numbers of closed months, each with its margin, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, literal, select

from screening.checklist import Level
from screening.store import Store, release, release_cell
from screening.tally.grids import CIRCUMSTANCES, FACTS, GRIDS, Grid
from screening.tally.months import quarter_of, year_of

#: A figure below this is shown as "<10": for legibility, since it may be zero; the privacy does not rest on it.
SHOWN_FROM: Final = 10

#: How months may be put together.
SPANS: Final[dict[str, Callable[[str], str]]] = {"month": str, "quarter": quarter_of, "year": year_of}

GRID_NAMES: Final = {grid.name: grid for grid in GRIDS}


@dataclass(frozen=True, slots=True)
class Figure:
    """A sum of frozen cells. `margin` is how far it is from the count in nine of ten cases."""

    value: int
    cells: int
    margin: int

    @property
    def is_shown(self) -> bool:
        """Whether it is shown as a number; where not, as "<10 (may be zero)"."""
        return self.value >= SHOWN_FROM


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a view: the span, part and level it sums, "" for what it sums over."""

    span: str
    part: str
    level: str
    figure: Figure


def together(grid: Grid, figures: Iterable[Figure | None]) -> Figure | None:
    """The sum of figures of `grid` that share no cell; those that are None add nothing, None for nothing at all."""
    there = [figure for figure in figures if figure is not None]
    if not there:
        return None
    cells = sum(figure.cells for figure in there)
    return Figure(sum(figure.value for figure in there), cells, grid.law.margin(cells))


def by_fact(rows: Iterable[Row]) -> list[Row]:
    """The rows of a view of CIRCUMSTANCES by part, put together by fact: all visits (""), and those where it held."""
    cells: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        cells[row.span].append(row)
    found = []
    for span, here in cells.items():
        for number, fact in enumerate(("", *FACTS)):
            held = [row.figure for row in here if not fact or row.part[number - 1] == "1"]
            figure = together(CIRCUMSTANCES, held)
            if figure is not None:
                found.append(Row(span, fact, "", figure))
    return found


class Releases:
    """The closed months of one store. Reads releases alone: the open month is out of its reach."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # What a closed month adds up to never changes, so it is asked for once: (sum, cells) by level over all parts,
        # and the parts. Without this a page about many sites and years would add up a hundred thousand cells.
        self._sums: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
        self._parts: dict[tuple[str, str], tuple[str, ...]] = {}

    def months(self) -> dict[str, bool]:
        """The closed months, oldest first, and whether each is whole. Raises StoreError."""
        with self._store.reading() as connection:
            rows = connection.execute(select(release.c.month, release.c.is_whole).order_by(release.c.month))
            return {row.month: row.is_whole for row in rows}

    def parts(self, grid: Grid, months: Sequence[str]) -> list[str]:
        """The parts (sites, facts or signs) that these months have cells for. Raises StoreError."""
        cell = release_cell.c
        missing = [month for month in months if (grid.name, month) not in self._parts]
        if missing:
            found: dict[str, list[str]] = {}
            chosen = select(cell.month, cell.part).where(cell.grid == grid.name, cell.month.in_(missing)).distinct()
            with self._store.reading() as connection:
                for month, part in connection.execute(chosen.order_by(cell.month, cell.part)):
                    found.setdefault(month, []).append(part)
            # Mostly they are the same month after month, and kept once.
            same = {parts: parts for parts in self._parts.values()}
            for month, parts in found.items():
                self._parts[grid.name, month] = same.setdefault(tuple(parts), tuple(parts))
        differing = {self._parts.get((grid.name, month), ()) for month in months}
        return sorted({part for parts in differing for part in parts})

    def view(
        self,
        grid: Grid,
        months: Sequence[str],
        by: Iterable[str] = (),
        parts: Sequence[str] | None = None,
        levels: Sequence[str] | None = None,
    ) -> list[Row]:
        """Sums over the cells of `grid` in `months`, one row for each value of what `by` names.

        `by` names "month", "quarter" or "year", and "part" and "level"; `parts` and `levels` choose among the cells.
        Every figure on every page and in every export comes from here, so all of them add up. Raises StoreError.
        """
        wanted = set(by)
        span = next((name for name in SPANS if name in wanted), "")
        told = SPANS[span] if span else lambda _: ""
        by_level = "level" in wanted
        sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])

        def add(month: str, part: str, level: str, value: int, cells: int) -> None:
            if levels is None or level in levels:
                whole = sums[told(month), part, level if by_level else ""]
                whole[0] += value
                whole[1] += cells

        if parts is None and "part" not in wanted:
            for month, found in self._whole(grid, months):
                for level, (value, cells) in found.items():
                    add(month, "", level, value, cells)
        else:
            for row in self._cells(grid, months, "part" in wanted, by_level or levels is not None, parts):
                add(*row)
        order = {level.value: level.rank for level in Level}
        return [
            Row(*key, Figure(value, cells, grid.law.margin(cells)))
            for key, (value, cells) in sorted(
                sums.items(), key=lambda item: (item[0][0], item[0][1], order.get(item[0][2], -1))
            )
        ]

    def _whole(self, grid: Grid, months: Sequence[str]) -> list[tuple[str, dict[str, tuple[int, int]]]]:
        """For each month what all parts add up to, by level."""
        cell = release_cell.c
        missing = [month for month in months if (grid.name, month) not in self._sums]
        if missing:
            chosen = (
                select(cell.month, cell.level, func.sum(cell.value), func.count())
                .where(cell.grid == grid.name, cell.month.in_(missing))
                .group_by(cell.month, cell.level)
            )
            found: dict[str, dict[str, tuple[int, int]]] = {}
            with self._store.reading() as connection:
                for month, level, value, cells in connection.execute(chosen):
                    found.setdefault(month, {})[level] = (int(value), cells)
            for month, sums in found.items():
                self._sums[grid.name, month] = sums
        return [(month, self._sums.get((grid.name, month), {})) for month in months]

    def _cells(
        self, grid: Grid, months: Sequence[str], by_part: bool, by_level: bool, parts: Sequence[str] | None
    ) -> Iterator[tuple[str, str, str, int, int]]:
        """Month, part, level, sum and number of cells, for each month; "" for what is summed over."""
        cell = release_cell.c
        columns = [cell.month, *([cell.part] if by_part else []), *([cell.level] if by_level else [])]
        chosen = (
            select(
                cell.month,
                cell.part if by_part else literal(""),
                cell.level if by_level else literal(""),
                func.sum(cell.value),
                func.count(),
            )
            .where(cell.grid == grid.name, cell.month.in_(months))
            .group_by(*columns)
        )
        if parts is not None:
            chosen = chosen.where(cell.part.in_(parts))
        with self._store.reading() as connection:
            for month, part, level, value, cells in connection.execute(chosen):
                yield month, part, level, int(value), cells
