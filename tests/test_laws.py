"""The counts keep their promise: the laws of their start values, the bounds, and what any filter can reveal."""

from __future__ import annotations

import ast
import math
import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Clock
from counting_child import VISIT
from screening.checklist import Level
from screening.store import Store
from screening.tally import (
    CIRCUMSTANCES,
    GRIDS,
    NO_SIGN,
    OUTCOMES,
    SIGNS,
    Counted,
    Grid,
    Layout,
    Releases,
    Tally,
    Vault,
    grids,
)
from screening.tally.audit import audit, best_insider, fit, started, tried_insider
from screening.tally.grids import Law, LawError, keep_the_promise
from screening.tally.releases import SPANS, Figure, Row, by_fact

LEVELS = list(Level)

#: A margin is reckoned once and remembered, so the first call is slow.
without_deadline = settings(deadline=None)


def weakened(grid: Grid) -> tuple[Grid, ...]:
    """The three grids with the law of one weakened by one step: 1/2 to 1/3, 2/3 to 1/2, 3/4 to 2/3."""
    weaker = {Fraction(1, 2): Fraction(1, 3), Fraction(2, 3): Fraction(1, 2), Fraction(3, 4): Fraction(2, 3)}
    return tuple(replace(one, law=Law(weaker[one.law.q])) if one is grid else one for one in GRIDS)


# --- The laws ---------------------------------------------------------------------------------------


def test_the_laws_are_those_that_are_promised() -> None:
    assert {grid.name: grid.law.q for grid in GRIDS} == {
        "outcomes": Fraction(1, 2),
        "circumstances": Fraction(2, 3),
        "signs": Fraction(3, 4),
    }
    assert math.prod(grid.law.odds for grid in GRIDS) == grids.MOST_ODDS == 4


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid.name)
def test_a_hundred_thousand_start_values_follow_their_law(grid: Grid) -> None:
    assert fit(grid.law, started(grid, 100_000)) > 1e-6


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid.name)
def test_start_values_of_another_law_are_noticed(grid: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    (other,) = (one for one in weakened(grid) if one.name == grid.name)
    monkeypatch.setattr(Law, "draw", lambda _: Law._streak(other.law, _from_0) - Law._streak(other.law, _from_0))
    assert fit(grid.law, started(grid, 100_000)) < 1e-6


_from_0 = random.Random(7).randrange


@pytest.mark.parametrize(
    ("law", "deviation", "margin", "of_four"),
    [(OUTCOMES.law, 2.0, 3, 6), (CIRCUMSTANCES.law, 3.46, 6, 12), (SIGNS.law, 4.9, 8, 16)],
)
def test_margins_are_those_of_the_law(law: Law, deviation: float, margin: int, of_four: int) -> None:
    assert law.deviation == pytest.approx(deviation, abs=0.01)
    assert law.margin(1) == margin
    drawn = random.Random(3).randrange
    sums = [sum(law.draw(drawn) for _ in range(4)) for _ in range(4_000)]
    within = sum(abs(total) <= law.margin(4) for total in sums) / len(sums)
    assert within > 0.88 and sum(abs(total) <= law.margin(4) - 1 for total in sums) / len(sums) < 0.915
    assert abs(law.margin(4) - of_four) <= 1


@without_deadline
@given(cells=st.integers(1, 200), q=st.sampled_from([grid.law.q for grid in GRIDS]))
def test_a_margin_never_shrinks_with_more_cells(cells: int, q: Fraction) -> None:
    assert Law(q).margin(cells) <= Law(q).margin(cells + 1) + 1
    assert isinstance(Law(q).margin(cells), int)


def test_one_of_the_four_circumstances_as_a_whole_is_within_16() -> None:
    # Seen alone, say, is the sum of half of the 16 cells.
    assert CIRCUMSTANCES.law.margin(8) in (16, 17)


def test_start_values_come_from_the_systems_own_randomness_and_are_whole() -> None:
    imported = {
        alias.name
        for node in ast.walk(ast.parse(Path(grids.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert "secrets" in imported and "random" not in imported and "numpy" not in imported
    asked: list[int] = []

    def below(n: int) -> int:
        asked.append(n)
        return n - 1

    assert OUTCOMES.law.draw(below) == 0 and asked == [2, 2]
    assert all(type(value) is int for value in Layout.of(["a"], ["b"]).starts())


# --- The bounds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid.name)
def test_a_program_with_a_weaker_law_does_not_start(
    grid: Grid, store: Store, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_the_promise()
    with pytest.raises(LawError, match="no more than 4"):
        keep_the_promise(weakened(grid))
    monkeypatch.setattr(keep_the_promise, "__defaults__", (weakened(grid),))
    with pytest.raises(LawError):
        Tally(store, Vault(tmp_path), clock, list, [])


def test_the_audit_holds() -> None:
    findings = list(audit())
    assert len(findings) == 8
    assert [finding for finding in findings if not finding.holds] == []


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid.name)
def test_the_audit_fails_when_a_law_is_weakened_by_one_step(grid: Grid) -> None:
    failed = {finding.what for finding in audit(weakened(grid), draws=20_000, trials=2_000) if not finding.holds}
    assert {"odds that a visit took place, all grids", "odds between two accounts, all grids"} <= failed
    assert ("odds that a visit took place, outcomes" in failed) is (grid is OUTCOMES)


def test_the_audit_notices_start_values_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Layout, "starts", lambda layout: [0] * len(layout.cells()))
    failed = [finding.what for finding in audit(draws=2_000, trials=100) if not finding.holds]
    assert [what.split()[-1] for what in failed] == ["outcomes", "circumstances", "signs"]


def test_the_audit_notices_an_insider_who_is_right_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Layout, "positions", lambda *_: (0, 0, 0))
    # With all three counts in one cell of the outcomes the insider is told the same thing three times.
    assert not list(audit(draws=1_000))[-1].holds


@without_deadline
@given(
    q=st.sampled_from([grid.law.q for grid in GRIDS]),
    count=st.integers(0, 30),
    seen=st.integers(-60, 90),
)
def test_no_figure_changes_the_odds_of_one_visit_by_more_than_its_law_says(q: Fraction, count: int, seen: int) -> None:
    def chance(n: int) -> Fraction:
        return (1 - q) / (1 + q) * q ** abs(seen - n)

    assert q <= chance(count + 1) / chance(count) <= 1 / q


@without_deadline
@given(one=st.integers(0, 5), two=st.integers(0, 5), seen=st.lists(st.integers(-9, 9), min_size=6, max_size=6))
def test_between_two_accounts_of_a_visit_the_outcomes_change_the_odds_by_4_at_most(
    one: int, two: int, seen: list[int]
) -> None:
    q = OUTCOMES.law.q

    def chance(counted_in: int) -> Fraction:
        return math.prod((q ** abs(k - (at == counted_in)) for at, k in enumerate(seen)), start=Fraction(1))

    assert Fraction(1, 4) <= chance(one) / chance(two) <= 4


@pytest.mark.parametrize(("others", "trials"), [(0, 20_000), (9, 20_000)])
def test_the_best_insider_by_the_outcomes_alone_is_right_two_times_in_three(others: int, trials: int) -> None:
    """Whoever knows every other visit, or sent all others himself, still guesses; `others` makes no difference."""
    drawn = random.Random(others).randrange
    right = 0
    for trial in range(trials):
        took_place = trial % 2
        released = OUTCOMES.law.draw(drawn) + others + took_place
        right += (released - others > 0) == took_place
    best = best_insider([OUTCOMES])
    assert best == pytest.approx(2 / 3)
    assert right / trials <= best + 3 * math.sqrt(best * (1 - best) / trials)


def test_all_three_grids_tell_the_best_insider_no_more_than_the_outcomes_do() -> None:
    # The other two together can just outweigh the outcomes, which makes a tie and no better guess.
    assert best_insider(GRIDS) == pytest.approx(2 / 3)
    assert tried_insider(GRIDS, 20_000) / 20_000 == pytest.approx(best_insider(GRIDS), abs=0.015)


# --- The grids --------------------------------------------------------------------------------------


@without_deadline
@given(
    sites=st.lists(st.sampled_from(["a", "b", "main", "zz-top"]), unique=True),
    signs=st.lists(st.sampled_from(["debt", "none", "papers"]), unique=True),
    site=st.text(max_size=6) | st.sampled_from(["a", "b", "main", "zz-top"]),
    sign=st.text(max_size=6) | st.sampled_from(["debt", "none", "papers"]),
    level=st.sampled_from(LEVELS),
    facts=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
)
def test_a_visit_lands_in_exactly_one_cell_of_each_grid_that_says_what_it_was(
    sites: list[str], signs: list[str], site: str, sign: str, level: Level, facts: tuple[bool, bool, bool, bool]
) -> None:
    layout = Layout.of(sites, signs)
    cells = layout.cells()
    assert len(set(cells)) == len(cells)
    assert Layout.read(layout.written()) == layout
    found = [cells[position] for position in layout.positions(site, Counted(level, facts, sign))]
    assert found == [
        ("outcomes", site if site in sites else "main", level.value),
        ("circumstances", "".join("01"[fact] for fact in facts), ""),
        ("signs", sign if sign in signs else NO_SIGN, ""),
    ]


def test_a_site_without_a_visit_has_the_same_cells_as_one_with_many() -> None:
    cells = Counter(part for grid, part, _ in Layout.of(["busy", "quiet"], []).cells() if grid == "outcomes")
    assert cells == {"busy": 5, "quiet": 5, "main": 5}


# --- What a supervisor can ask ----------------------------------------------------------------------

SITES = ["a-er", "b-er", "c-er"]
MONTHS = ["2027-01", "2027-02", "2027-03", "2027-04"]


@pytest.fixture
def releases(store: Store, tmp_path: Path, clock: Clock) -> Releases:
    """Four closed months of three sites with a visit now and then."""
    tally = Tally(store, Vault(tmp_path / "months"), clock, lambda: SITES, ["large-debt", "little-contact"])
    for month in range(5):
        for site in SITES[: (month + 1) % 4]:
            tally.count(tally.issue(), site, VISIT)
        clock.now += (31, 28, 31, 30, 0)[month] * 86_400
    assert tally.close() == [] and list(Releases(store).months()) == MONTHS
    return Releases(store)


def test_every_view_is_the_sum_of_its_parts(releases: Releases) -> None:
    chance = random.Random(5)
    for _ in range(60):
        grid = chance.choice(GRIDS)
        months = chance.sample(MONTHS, chance.randint(1, 4))
        everywhere = releases.parts(grid, MONTHS)
        parts = chance.sample(everywhere, chance.randint(1, len(everywhere)))
        span = chance.choice(list(SPANS))
        (whole,) = releases.view(grid, months, parts=parts)
        for by in ([span], ["part"], ["level"], [span, "part", "level"]):
            rows = releases.view(grid, months, by=by, parts=parts)
            assert sum(row.figure.value for row in rows) == whole.figure.value
            assert sum(row.figure.cells for row in rows) == whole.figure.cells
            assert all(row.figure.margin == grid.law.margin(row.figure.cells) for row in rows)


def test_two_thousand_views_reveal_the_frozen_cells_and_nothing_else(releases: Releases) -> None:
    """The best that any filters can do is to recover the cells as they were released, which everybody may see."""
    chance = random.Random(8)
    frozen = {
        (row.span, row.part, row.level): row.figure.value
        for row in releases.view(OUTCOMES, MONTHS, by=("month", "part", "level"))
    }
    cells = sorted(frozen)
    asked, answered = [], []
    for _ in range(2_000):
        months = set(chance.sample(MONTHS, chance.randint(1, 3)))
        sites = set(chance.sample([*SITES, "main"], chance.randint(1, 3)))
        levels = set(chance.sample([level.value for level in LEVELS], chance.randint(1, 4)))
        (row,) = releases.view(OUTCOMES, sorted(months), parts=sorted(sites), levels=sorted(levels))
        asked.append([month in months and site in sites and level in levels for month, site, level in cells])
        answered.append(row.figure.value)
    solved, left_over, rank, _ = np.linalg.lstsq(np.array(asked, float), np.array(answered, float), rcond=None)
    assert rank == len(cells) and left_over.max() < 1e-6
    assert {cell: round(value) for cell, value in zip(cells, solved, strict=True)} == frozen


def test_releases_share_no_cell_and_do_not_change_when_a_later_month_closes(
    releases: Releases, store: Store, tmp_path: Path, clock: Clock
) -> None:
    before = {grid.name: releases.view(grid, MONTHS, by=("month", "part", "level")) for grid in GRIDS}
    clock.now += 31 * 86_400
    again = Tally(store, Vault(tmp_path / "months"), clock, lambda: SITES, ["large-debt", "little-contact"])
    assert again.close() == ["2027-05"]
    # After a restart too: a new object, a new connection.
    later = Releases(store)
    for grid in GRIDS:
        rows = later.view(grid, [*MONTHS, "2027-05"], by=("month", "part", "level"))
        assert [row for row in rows if row.span != "2027-05"] == before[grid.name]
        assert len({(row.span, row.part, row.level) for row in rows}) == len(rows)


def test_a_view_asks_for_released_cells_and_nothing_else(releases: Releases, store: Store) -> None:
    from sqlalchemy import event

    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda _c, _k, statement, *_: asked.append(statement))
    releases.months()
    releases.parts(SIGNS, MONTHS)
    releases.view(SIGNS, [*MONTHS, "2027-05"], by=("month", "part"))
    assert any("release_cell" in statement for statement in asked)
    assert not any("open_month" in statement or "ticket" in statement for statement in asked)
    assert releases.view(SIGNS, ["2027-05"], by=("month", "part")) == [], "the open month is no release"


def test_a_figure_is_a_number_from_ten_on(releases: Releases) -> None:
    rows = releases.view(OUTCOMES, MONTHS, by=("month", "part", "level"))
    assert any(row.figure.value < 0 for row in rows), "start values are shown as they are nowhere, but kept"
    assert all(row.figure.is_shown is (row.figure.value >= 10) for row in rows)
    # Not left to what the draws happen to be.
    assert [Figure(value, 1, 0).is_shown for value in (-1, 0, 9, 10, 11)] == [False, False, False, True, True]


def test_a_fact_is_the_sum_of_the_visits_in_which_it_held_and_of_no_others() -> None:
    rows = [Row("", part, "", Figure(value, 1, 0)) for part, value in (("1000", 40), ("1001", 20), ("0110", 5))]
    found = {row.part: row.figure.value for row in by_fact(rows)}
    assert found == {"": 65, "alone": 60, "interpreter": 5, "consent": 5, "sheet": 20}
