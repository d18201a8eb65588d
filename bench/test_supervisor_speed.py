"""What a supervisor waits for with 10 years and 500 sites of releases: the aim is under 30 ms for the default page.

On a machine that is busy with other things each way to PostgreSQL and back waits for its turn: a page goes there three
times, once for each statement (tests/test_postgres.py).
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy import insert

from conftest import Clock, running_postgres, secret  # noqa: F401
from databases import Postgres
from screening import create_app
from screening.settings import Settings
from screening.store import release, release_cell, site
from screening.tally import Layout
from screening.tally.months import months_from

PASSWORD = "copper lantern seven rivers"
SITES = [f"site-{number:03}" for number in range(500)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def supervisor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Somebody who is signed in, before 312,000 cells."""
    url = ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("running_postgres")
        server.ask("postgres", "CREATE DATABASE supervised")
        url = server.url("supervised")
    folder = tmp_path_factory.mktemp("supervised")
    app = create_app(Settings(instance=folder, keys=folder / "keys", database_url=url), Clock())
    layout = Layout.of(SITES, [f"sign-{number}" for number in range(64)])
    chance = random.Random(6)
    store = app.extensions["store"]
    for month in months_from("2017-01", "2026-12"):
        with store.writing() as connection:
            cells = [
                {"grid": grid, "month": month, "part": part, "level": level, "value": chance.randrange(-4, 60)}
                for grid, part, level in layout.cells()
            ]
            connection.execute(insert(release_cell), cells)
            connection.execute(insert(release).values(month=month, is_whole=True))
    with store.writing() as connection:
        named = {"generation": 1, "is_retired": False}
        rows = [{"id": id, "title": f"Team {id}", "code_hash": id.encode().ljust(32), **named} for id in SITES]
        connection.execute(insert(site), rows)
    app.extensions["sites"].forget_what_is_known()
    app.extensions["accounts"].add("ann", PASSWORD)
    client = app.test_client()
    form = {"csrf_token": secret(client.get("/supervisor/sign-in").text), "name": "ann", "password": PASSWORD}
    client.post("/supervisor/sign-in", data=form)
    yield client
    store.let_go()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/outcomes?page=12",
        "/outcomes?site=site-007&span=month",
        "/outcomes?from=2017-01&to=2026-12&span=year",
        "/circumstances",
        "/signs",
    ],
)
def test_page(benchmark: BenchmarkFixture, supervisor: FlaskClient, path: str) -> None:
    assert benchmark(supervisor.get, "/supervisor" + path).status_code == 200


def test_the_first_page_after_a_start(benchmark: BenchmarkFixture, supervisor: FlaskClient) -> None:
    """What closed months add up to has not been asked for yet."""
    releases = supervisor.application.extensions["releases"]

    def forget() -> None:
        releases._sums.clear()
        releases._parts.clear()

    answer = benchmark.pedantic(supervisor.get, args=("/supervisor",), setup=forget, rounds=5)
    assert answer.status_code == 200


@pytest.mark.parametrize("ending", ["csv", "json", "xlsx"])
def test_a_file_of_ten_thousand_lines(benchmark: BenchmarkFixture, supervisor: FlaskClient, ending: str) -> None:
    path = f"/supervisor/outcomes/file?by=site,level&format={ending}"
    assert benchmark.pedantic(supervisor.get, args=(path,), rounds=2).status_code == 200


def test_a_sign_in(benchmark: BenchmarkFixture, supervisor: FlaskClient) -> None:
    """Nearly all of it is Argon2, and meant to take its time."""
    accounts = supervisor.application.extensions["accounts"]
    assert benchmark.pedantic(accounts.admit, args=("ann", PASSWORD, ""), rounds=3) is not None
