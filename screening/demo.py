"""A separate instance with two years of invented releases, to judge the supervisors' pages before a month closes."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import insert

from screening.checklist import Level
from screening.sites import Sites
from screening.store import Store, release, release_cell
from screening.tally import FACTS, NO_SIGN, Counted, Layout
from screening.tally.months import months_from

#: Invented sites, with how many visits they see in a month: large and small, since that is what decides on use.
SITES: Final[Mapping[str, tuple[str, int]]] = {
    "harbour-er": ("Harbour hospital, emergency", 140),
    "hill-er": ("Hill hospital, emergency", 90),
    "river-maternity": ("River clinic, maternity", 55),
    "north-practice": ("North district, family practice", 30),
    "street-team": ("Street outreach team", 70),
    "night-shelter": ("Night shelter", 40),
    "labour-desk": ("Labour rights desk", 25),
    "youth-clinic": ("Youth clinic", 12),
}
MONTHS: Final = 24

#: How the invented visits end, in the order of the levels.
_LEVELS: Final = (0.06, 0.17, 0.27, 0.22, 0.28)
#: How often each circumstance is so, in the order of FACTS.
_FACTS: Final = (0.62, 0.71, 0.55, 0.18)
_WITHOUT_SIGN: Final = 0.35


def invent(store: Store, sites: Sites, signs: Sequence[str], until: str, months: int = MONTHS) -> None:
    """Add the invented sites and a release for each of the `months` before the month `until`.

    The visits are invented, the start values are drawn as they are for real counts. `store` must be empty and its
    tables made. Raises StoreError.
    """
    for id, (title, _) in SITES.items():
        sites.add(id, title)
    layout = Layout.of(SITES, signs)
    # The same invented visits in each demonstration.
    chance = random.Random(2)  # noqa: S311  # nosec B311
    with store.writing() as connection:
        for number, month in enumerate(_before(until, months)):
            cells = layout.starts()
            for id, (_, usual) in SITES.items():
                # More with the seasons and the years, so that there is something to see.
                season = 1 + 0.2 * ((number + 3) % 12 in (0, 1, 2)) + 0.008 * number
                for _visit in range(max(0, round(chance.gauss(usual * season, usual**0.5)))):
                    for position in layout.positions(id, _visit_of(chance, signs)):
                        cells[position] += 1
            rows = [
                {"grid": grid, "month": month, "part": part, "level": level, "value": value}
                for (grid, part, level), value in zip(layout.cells(), cells, strict=True)
            ]
            connection.execute(insert(release_cell), rows)
            connection.execute(insert(release).values(month=month, is_whole=True))


def _visit_of(chance: random.Random, signs: Sequence[str]) -> Counted:
    level = chance.choices(list(Level), _LEVELS)[0]
    without = not signs or chance.random() < _WITHOUT_SIGN
    # A few signs are met often and most of them seldom.
    sign = NO_SIGN if without else signs[min(int(chance.expovariate(6 / len(signs))), len(signs) - 1)]
    alone, interpreter, consent, sheet = (chance.random() < often for often in _FACTS)
    return Counted(level, (alone, interpreter, consent, sheet), sign)


def _before(until: str, months: int) -> list[str]:
    year, number = int(until[:4]), int(until[5:])
    first = year * 12 + number - 1 - months
    return list(months_from(f"{first // 12:04}-{first % 12 + 1:02}", until))[:-1]


assert len(_FACTS) == len(FACTS) and len(_LEVELS) == len(Level)  # noqa: S101
