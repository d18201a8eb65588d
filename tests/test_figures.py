"""Charts, choices and sums, each by itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert
from werkzeug.datastructures import MultiDict

from screening.store import Store, release, release_cell
from screening.supervisor.chart import draw, stripes
from screening.supervisor.choice import ChoiceError, read_choice
from screening.tally import OUTCOMES, Figure, Releases, together
from screening.tally.months import months_from

FIGURES = st.builds(Figure, st.integers(-50, 500), st.integers(1, 60), st.integers(1, 60))


@settings(deadline=None)
@given(st.lists(FIGURES, min_size=1, max_size=30))
def test_a_bar_below_ten_looks_like_every_other_and_moves_no_scale(figures: list[Figure]) -> None:
    chart = draw([("one", [(str(number), figure) for number, figure in enumerate(figures)])])
    (panel,) = chart.panels
    under = [bar for bar in panel.bars if not bar.figure.is_shown]
    assert len({(bar.y, bar.height, bar.low, bar.high) for bar in under}) <= 1
    same = [figure if figure.is_shown else Figure(-9, 1, 1) for figure in figures]
    assert [(bar.y, bar.height, bar.low, bar.high) for bar in panel.bars] == [
        (bar.y, bar.height, bar.low, bar.high)
        for bar in draw([("one", [(str(number), figure) for number, figure in enumerate(same)])]).panels[0].bars
    ]
    assert stripes({str(number): figure for number, figure in enumerate(figures)}).keys() == {
        str(number) for number, figure in enumerate(figures) if figure.is_shown
    }


@settings(deadline=None)
@given(st.lists(FIGURES, min_size=1, max_size=130))
def test_every_bar_and_its_margin_stay_within_the_picture(figures: list[Figure]) -> None:
    chart = draw([("one", [(str(number), figure) for number, figure in enumerate(figures)])])
    for bar in chart.panels[0].bars:
        assert chart.left <= bar.x and bar.x + bar.width <= chart.right
        assert 10 <= bar.high <= bar.y <= bar.low <= chart.bottom
        assert bar.y + bar.height == pytest.approx(chart.bottom)
    for value, y in chart.panels[0].lines:
        assert value >= 0 and 10 <= y <= chart.bottom


def test_figures_that_are_not_there_leave_a_gap_and_add_nothing() -> None:
    chart = draw([("one", [("a", None), ("b", Figure(20, 1, 3))])], [("all", [])])
    assert [bar.span for bar in chart.panels[0].bars] == ["b"] and chart.panels[1].bars == ()
    assert together(OUTCOMES, [None, None]) is None
    assert together(OUTCOMES, [Figure(20, 1, 3), None, Figure(-3, 2, 4)]) == Figure(17, 3, OUTCOMES.law.margin(3))


def closed(first: str, last: str) -> dict[str, bool]:
    return dict.fromkeys(months_from(first, last), True)


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        # In the middle of a quarter it is left out, and four whole ones are shown.
        ("2024-01", "2026-11", ("2025-10", "2026-09")),
        ("2024-01", "2026-12", ("2026-01", "2026-12")),
        # The first quarter there is may have begun before the program did.
        ("2026-05", "2026-10", ("2026-05", "2026-09")),
        # No quarter has closed yet: what there is.
        ("2026-10", "2026-11", ("2026-10", "2026-11")),
    ],
)
def test_what_is_shown_when_nothing_is_chosen(first: str, last: str, shown: tuple[str, str]) -> None:
    choice = read_choice(MultiDict(), closed(first, last), "", ())
    assert choice.months == tuple(months_from(*shown)) and choice.span == "quarter"


def test_one_end_of_the_months_may_be_left_open() -> None:
    months = closed("2025-01", "2026-12")
    assert read_choice(MultiDict({"from": "2026-11"}), months, "", ()).months == ("2026-11", "2026-12")
    assert read_choice(MultiDict({"to": "2025-02"}), months, "", ()).months == ("2025-01", "2025-02")


def test_an_empty_field_is_no_choice() -> None:
    given = MultiDict([("from", ""), ("to", ""), ("span", ""), ("site", ""), ("level", ""), ("page", "")])
    choice = read_choice(given, closed("2026-01", "2026-03"), "", ())
    assert (choice.sites, choice.levels, choice.page) == (None, None, 1)


def test_whoever_has_one_site_never_has_another_or_none() -> None:
    months = closed("2026-01", "2026-03")
    assert read_choice(MultiDict(), months, "own", {"own", "other"}).sites == ("own",)
    with pytest.raises(ChoiceError) as caught:
        read_choice(MultiDict([("site", "own"), ("site", "other")]), months, "own", {"own", "other"})
    assert caught.value.status == 403 and caught.value.what == "own"


def test_a_release_that_comes_later_is_seen_by_a_program_that_runs(store: Store) -> None:
    """What was added up once is kept; what was not there is not kept as missing."""
    store.prepare()
    releases = Releases(store)
    asked = ["2026-11", "2026-12"]
    for number, month in enumerate(asked):
        assert sum(row.figure.value for row in releases.view(OUTCOMES, asked)) == 40 * number
        assert releases.parts(OUTCOMES, asked) == ["main"] * number
        with store.writing() as connection:
            cell = {"grid": "outcomes", "month": month, "part": "main", "level": "act-now", "value": 40}
            connection.execute(insert(release_cell).values(cell))
            connection.execute(insert(release).values(month=month, is_whole=True))
    whole = Figure(80, 2, OUTCOMES.law.margin(2))
    for by in ((), ("level",), ("part",), ("part", "level")):
        assert [row.figure for row in releases.view(OUTCOMES, asked, by)] == [whole]
        assert [row.figure for row in releases.view(OUTCOMES, asked, by, parts=["main"])] == [whole]
        assert [row.figure for row in releases.view(OUTCOMES, asked, by, levels=["act-now"])] == [whole]
        assert releases.view(OUTCOMES, asked, by, levels=["seek-advice"]) == []
