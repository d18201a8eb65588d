"""What counting a visit costs, on SQLite and on PostgreSQL: aims under 5 ms and under 15 ms (p50) with 500 sites.

With 5,000, as many as a country's emergency departments, it says where one database for all ends (docs/scale.md).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from conftest import Clock, clock, database, running_postgres, store  # noqa: F401
from counting_child import VISIT
from screening.store import Store
from screening.tally import Tally, Vault


@pytest.fixture(params=[500, 5000])
def tally(request: pytest.FixtureRequest, store: Store, tmp_path: Path, clock: Clock) -> Tally:
    """A tally with so many sites and 59 signs: the row that every count seals anew is as long as it ever gets."""
    tally = Tally(
        store,
        Vault(tmp_path / "months"),
        clock,
        lambda: [f"site-{number}" for number in range(request.param)],
        [f"sign-{number}" for number in range(59)],
    )
    tally.tend()
    return tally


def test_issuing_a_ticket(benchmark: BenchmarkFixture, tally: Tally) -> None:
    assert benchmark(tally.issue)


def test_counting_a_visit(benchmark: BenchmarkFixture, tally: Tally) -> None:
    benchmark.pedantic(
        lambda ticket: tally.count(ticket, "site-7", VISIT),
        setup=lambda: ((tally.issue(),), {}),
        rounds=200,
        warmup_rounds=5,
    )


def test_closing_a_month(benchmark: BenchmarkFixture, tally: Tally, clock: Clock) -> None:
    def next_month() -> None:
        clock.now += 31 * 86_400

    benchmark.pedantic(tally.close, setup=next_month, rounds=5)
