"""The chart beside a table: one small panel for each column, all on one scale, each bar with its margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from screening.tally import SHOWN_FROM, Figure

#: A panel in its own units: the picture grows and shrinks as a whole.
_LEFT: Final = 34
_RIGHT: Final = 296
_TOP: Final = 18
_BOTTOM: Final = 126
#: With more bars than this there is no room for a number on each.
_LABELLED: Final = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure: where it stands, and from where to where its margin reaches.

    A figure that is not shown as a number has a bar of the one height that all such have, and no reach.
    """

    span: str
    figure: Figure
    x: float
    width: float
    y: float
    height: float
    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Panel:
    """`lines` are the heights that the scale names: the number and where its line is.

    `is_labelled` says that there is room for a number on each bar.
    """

    name: str
    bars: tuple[Bar, ...]
    lines: tuple[tuple[int, float], ...]
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """`has_own_scale` says that the last panel is on another scale than the others."""

    width: ClassVar = 300
    height: ClassVar = 150
    left: ClassVar = _LEFT
    right: ClassVar = _RIGHT
    bottom: ClassVar = _BOTTOM

    panels: tuple[Panel, ...]
    has_own_scale: bool


@dataclass(frozen=True, slots=True)
class Stripe:
    """A bar that lies in a line of a table, in hundredths of the longest: how long, and what its margin reaches."""

    length: float
    low: float
    high: float


def stripes(figures: Mapping[str, Figure | None]) -> dict[str, Stripe]:
    """A stripe for each figure that is shown as a number, none for any other."""
    shown = {name: figure for name, figure in figures.items() if figure is not None and figure.is_shown}
    whole = max((figure.value + figure.margin for figure in shown.values()), default=1)

    def part(value: int) -> float:
        return round(100 * max(value, 0) / whole, 1)

    return {
        name: Stripe(part(figure.value), part(figure.value - figure.margin), part(figure.value + figure.margin))
        for name, figure in shown.items()
    }


Column = tuple[str, Sequence[tuple[str, Figure | None]]]
"""Its name, and for each span the figure, None where there is none."""


def draw(columns: Sequence[Column], apart: Sequence[Column] = ()) -> Chart:
    """A panel for each column, all on one scale; those `apart` follow, on a scale of their own."""
    return Chart((*_on_one_scale(columns), *_on_one_scale(apart)), bool(apart))


def _on_one_scale(columns: Sequence[Column]) -> list[Panel]:
    shown = [figure for _, cells in columns for _, figure in cells if figure is not None and figure.is_shown]
    # The scale is made of what is shown alone.
    top = _round_up(max((figure.value + figure.margin for figure in shown), default=SHOWN_FROM))
    return [_panel(name, cells, top) for name, cells in columns]


def _panel(name: str, cells: Sequence[tuple[str, Figure | None]], top: int) -> Panel:
    step = (_RIGHT - _LEFT) / max(len(cells), 1)
    width = min(step * 0.7, 40)
    bars = []
    for number, (span, figure) in enumerate(cells):
        if figure is None:
            continue
        middle = _LEFT + (number + 0.5) * step
        y = _height(figure.value if figure.is_shown else SHOWN_FROM, top)
        low = high = y
        if figure.is_shown:
            low = _height(max(figure.value - figure.margin, 0), top)
            high = _height(figure.value + figure.margin, top)
        bars.append(
            Bar(
                span,
                figure,
                round(middle - width / 2, 1),
                round(width, 1),
                y,
                round(_BOTTOM - y, 1),
                round(middle, 1),
                low,
                high,
            )
        )
    lines = tuple((value, _height(value, top)) for value in (0, top // 2, top))
    return Panel(name, tuple(bars), lines, len(cells) <= _LABELLED)


def _height(value: int, top: int) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * value / top, 1)


def _round_up(value: int) -> int:
    """The next number that reads well on a scale, and whose half does too."""
    unit = 10
    while True:
        for times in (1, 2, 4, 6, 8):
            if value <= unit * times:
                return unit * times
        unit *= 10
