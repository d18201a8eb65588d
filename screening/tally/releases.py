"""What supervisors see: sums of the frozen numbers of closed months, each with its margin, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

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

    def months(self) -> dict[str, bool]:
        """The closed months, oldest first, and whether each is whole. Raises StoreError."""
        with self._store.reading() as connection:
            rows = connection.execute(select(release.c.month, release.c.is_whole).order_by(release.c.month))
            return {row.month: row.is_whole for row in rows}

    def parts(self, grid: Grid, months: Sequence[str]) -> list[str]:
        """The parts (sites, facts or signs) that these months have cells for. Raises StoreError."""
        chosen = select(release_cell.c.part).where(release_cell.c.grid == grid.name, release_cell.c.month.in_(months))
        with self._store.reading() as connection:
            return list(connection.execute(chosen.distinct().order_by(release_cell.c.part)).scalars())

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
        cell = release_cell.c
        columns = [
            *([cell.month] if span else []),
            *([cell.part] if "part" in wanted else []),
            *([cell.level] if "level" in wanted else []),
        ]
        chosen = select(*columns, func.sum(cell.value).label("value"), func.count().label("cells")).where(
            cell.grid == grid.name, cell.month.in_(months)
        )
        if parts is not None:
            chosen = chosen.where(cell.part.in_(parts))
        if levels is not None:
            chosen = chosen.where(cell.level.in_(levels))
        if columns:
            chosen = chosen.group_by(*columns)
        sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        with self._store.reading() as connection:
            for row in connection.execute(chosen).mappings():
                key = (SPANS[span](row["month"]) if span else "", row.get("part", ""), row.get("level", ""))
                sums[key][0] += row["value"] or 0
                sums[key][1] += row["cells"]
        order = {level.value: level.rank for level in Level}
        return [
            Row(*key, Figure(value, cells, grid.law.margin(cells)))
            for key, (value, cells) in sorted(
                sums.items(), key=lambda item: (item[0][0], item[0][1], order.get(item[0][2], -1))
            )
        ]
