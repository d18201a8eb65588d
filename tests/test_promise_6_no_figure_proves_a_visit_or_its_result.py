"""Promise 6: whoever reads all releases, and knows every other visit, cannot tell if one took place or how it ended.

The whole way is walked for real: visits are counted, the month is closed, and the attacker reads what was released.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from conftest import Clock, Worker
from screening import create_app
from screening.checklist import Level
from screening.settings import Settings
from screening.store import Store
from screening.tally import GRIDS, MAIN, NO_SIGN, OUTCOMES, SIGNS, Counted, Releases, Tally, Vault
from tally_inside import cells

MONTHS = 200


def test_the_best_reader_of_releases_is_right_two_times_in_three(tmp_path: Path) -> None:
    """Each month has one visit or none. The reader knows that, and which it would be, and reads every release.

    By the law of the start values the best that can be done is 2 in 3; a guess is 1 in 2, an exact figure 3 in 3.
    """
    clock, vault = Clock(), Vault(tmp_path / "months")
    store = Store(f"sqlite:///{tmp_path / 'tally.db'}")
    tally = Tally(store, vault, clock, lambda: ["ghent-er"], ["large-debt"])
    visit = Counted(Level.SEEK_ADVICE, (True, True, False, False), "large-debt")
    took_place: dict[str, bool] = {}
    for number in range(MONTHS):
        tally.tend()
        took_place[tally.status().open_month] = number % 2 == 0
        if number % 2 == 0:
            tally.count(tally.issue(), "ghent-er", visit)
        clock.now += 31 * 86_400
    tally.close()
    right = 0
    asked = [month for month in took_place if month in Releases(store).months()]
    for month in asked:
        evidence = Fraction(1)
        for grid, part, level in (
            (OUTCOMES, "ghent-er", "seek-advice"),
            (GRIDS[1], "1100", ""),
            (SIGNS, "large-debt", ""),
        ):
            (row,) = Releases(store).view(grid, [month], parts=[part], levels=[level])
            evidence *= grid.law.odds if row.figure.value > 0 else grid.law.q
            # What a reader learns from all three together is bounded, whatever the figures are.
            assert Fraction(1, 4) <= evidence <= 4
        right += (evidence > 1) == took_place[month] if evidence != 1 else took_place[month]
    assert len(asked) > MONTHS - 10
    assert right / len(asked) <= 2 / 3 + 4 * math.sqrt(2 / 9 / len(asked))
    store.let_go()


def test_there_is_no_true_count_anywhere_even_with_the_key_in_hand(tmp_path: Path, clock: Clock) -> None:
    """The cells of a month without a visit are as full of numbers as those of any other."""
    found = []
    for number in range(40):
        store = Store(f"sqlite:///{tmp_path / f'{number}.db'}")
        vault = Vault(tmp_path / f"months-{number}")
        Tally(store, vault, clock, list, ["large-debt"]).tend()
        found.append(cells(store, vault)["outcomes", MAIN, "nothing-noted"])
        store.let_go()
    assert len(set(found)) > 2 and any(value < 0 for value in found) and any(value > 0 for value in found)


@pytest.mark.parametrize("path", ["/", "/help", "/contacts", "/healthz", "/site", "/closed"])
def test_no_page_tells_anything_of_the_open_month(settings: Settings, clock: Clock, path: str) -> None:
    """The same answer, byte for byte but for the form's secret, before and after fifty visits."""
    app = create_app(replace(settings, place="BE"), clock)

    def read() -> str:
        page = Worker(app.test_client()).opens(path)
        return "\n".join(line for line in page.splitlines() if "csrf_token" not in line)

    before = read()
    tally = app.extensions["tally"]
    for _ in range(50):
        tally.count(tally.issue(), MAIN, Counted(Level.ACT_NOW, (True, True, True, True), NO_SIGN))
    assert read() == before
