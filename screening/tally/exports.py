"""Releases as files: CSV, JSON and XLSX, by one version the same bytes for the same choice."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from screening.tally.grids import CIRCUMSTANCES, FACTS, OUTCOMES, SIGNS, Grid
from screening.tally.releases import SPANS, Figure, Releases, Row, by_fact

#: What stands in place of a figure that is not shown, in every file. Programs read it, so it is not translated.
HIDDEN: Final = "<10 (may be zero)"

#: By what else than time the lines of a grid can be made.
LINES_BY: Final[Mapping[str, tuple[str, ...]]] = {
    OUTCOMES.name: ("site", "level"),
    CIRCUMSTANCES.name: ("fact", "combination"),
    SIGNS.name: ("sign",),
}

#: The name of the part that each of these stands for in a view.
_IN_VIEW: Final = {"site": "part", "combination": "part", "fact": "part", "sign": "part", "level": "level"}

#: Zip files know no time before this.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)


class ExportError(ValueError):
    """This cannot be exported; the text says why, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Export:
    """What was asked for, and its lines. `sites` and `levels` are None for all; `by` names the columns.

    `lost` are those of the months whose counts were lost with their key: no count is in what stands in their place.
    """

    grid: Grid
    months: tuple[str, ...]
    by: tuple[str, ...]
    sites: tuple[str, ...] | None
    levels: tuple[str, ...] | None
    rows: tuple[Row, ...]
    lost: tuple[str, ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        return (*self.by, "value", "margin", "lost")

    def lines(self) -> list[tuple[str | int | None, ...]]:
        """What `header` names. A line with lost months in it has no margin: its count may be any distance away."""
        lines = []
        for row in self.rows:
            lost = self._lost_in(row.span)
            margin = None if lost else row.figure.margin
            lines.append((*(self._named(row, name) for name in self.by), shown(row.figure), margin, lost))
        return lines

    def _lost_in(self, span: str) -> int:
        """How many of the months of this span, "" for all there are, are lost."""
        told = next((SPANS[name] for name in self.by if name in SPANS), lambda _: "")
        return sum(told(month) == span for month in self.lost)

    def _named(self, row: Row, name: str) -> str:
        if name in SPANS:
            return row.span
        if name == "level":
            return row.level
        if name == "combination":
            held = [fact for fact, bit in zip(FACTS, row.part, strict=True) if bit == "1"]
            return "+".join(held) or "none"
        return row.part or "all"


def shown(figure: Figure) -> int | str:
    """A figure as it may leave: the number from ten on, the same words for anything below."""
    return figure.value if figure.is_shown else HIDDEN


def export(
    releases: Releases,
    grid: Grid,
    months: Sequence[str],
    by: Sequence[str],
    sites: Sequence[str] | None = None,
    levels: Sequence[str] | None = None,
) -> Export:
    """The lines of `grid` over closed months, one for each value of what `by` names.

    `by` may name one of "month", "quarter" and "year", and those of LINES_BY. Raises ExportError and StoreError.
    """
    possible = (*SPANS, *LINES_BY[grid.name])
    for name in by:
        if name not in possible:
            raise ExportError(f"{grid.name} cannot be told by {name!r}; there are {', '.join(possible)}")
    for group in (tuple(SPANS), ("fact", "combination")):
        if len(set(by) & set(group)) > 1:
            raise ExportError(f"lines are made by one of {', '.join(group)} at a time")
    ordered = tuple(name for name in possible if name in by)
    in_view = [_IN_VIEW.get(name, name) for name in ordered]
    rows = releases.view(grid, months, in_view, sites, levels)
    if "fact" in ordered:
        rows = by_fact(rows)
    return Export(
        grid,
        tuple(months),
        ordered,
        tuple(sites) if sites is not None else None,
        tuple(levels) if levels is not None else None,
        tuple(rows),
        tuple(month for month, is_whole in releases.months().items() if month in months and not is_whole),
    )


def as_csv(what: Export, about: Sequence[str] = ()) -> bytes:
    """Lines for any spreadsheet, in UTF-8. A comment would be read as a line, so `about` is left out."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(what.header)
    writer.writerows(what.lines())
    return text.getvalue().encode()


def as_json(what: Export, about: Sequence[str] = ()) -> bytes:
    return (
        json.dumps(
            {
                "grid": what.grid.name,
                "months": what.months,
                "lost": what.lost,
                "by": what.by,
                "sites": what.sites,
                "levels": what.levels,
                "about": list(about),
                "rows": [dict(zip(what.header, line, strict=True)) for line in what.lines()],
            },
            indent=1,
        )
        + "\n"
    ).encode()


def as_xlsx(what: Export, about: Sequence[str] = ()) -> bytes:
    """A workbook: the lines, and a sheet with what they mean."""
    # Not at the top: whoever starts the program would wait for it, and only who asks for a workbook needs it.
    from openpyxl import Workbook
    from openpyxl.writer.excel import ExcelWriter

    book = Workbook(write_only=True)
    book.properties.creator = "Visit guide"
    book.properties.created = book.properties.modified = datetime(*_NO_TIME)
    sheet = book.create_sheet(what.grid.name)
    sheet.freeze_panes = "A2"
    for number in range(len(what.header)):
        sheet.column_dimensions[chr(ord("A") + number)].width = 24
    sheet.append([_bold(sheet, name) for name in what.header])
    for line in what.lines():
        sheet.append(line)
    meaning = book.create_sheet("about")
    meaning.column_dimensions["A"].width = 110
    for sentence in about:
        meaning.append([sentence])
    written = io.BytesIO()
    # Not book.save(): it writes the present time into the file.
    with ZipFile(written, "w") as archive:
        ExcelWriter(book, archive).save()
    return _without_times(written)


def _bold(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell = WriteOnlyCell(sheet, value=text)
    cell.font = Font(bold=True)
    return cell


def _without_times(written: io.BytesIO) -> bytes:
    """The same archive, whose entries have no time of their own."""
    timeless = io.BytesIO()
    with ZipFile(written) as given, ZipFile(timeless, "w") as archive:
        for name in given.namelist():
            entry = ZipInfo(name, date_time=_NO_TIME)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, given.read(name))
    return timeless.getvalue()


#: How a file is written, by the ending of its name, and as what it is sent.
FORMATS: Final[Mapping[str, tuple[Callable[[Export, Sequence[str]], bytes], str]]] = {
    "csv": (as_csv, "text/csv"),
    "json": (as_json, "application/json"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
