"""A PostgreSQL that is frozen while the kernels say all is well keeps a visit a few seconds and doubles no count."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from psycopg.pq import TransactionStatus
from sqlalchemy import event, select, text

from conftest import Clock, Worker, secret
from counting_child import VISIT
from databases import Postgres
from screening import create_app
from screening.settings import Settings
from screening.sites import BELIEVED
from screening.store import SILENCE, Store, StoreError, release
from screening.tally import MAIN, NotCountedError, Tally, Vault
from tally_inside import cells, grown, tickets_left


@pytest.fixture
def url(running_postgres: Postgres) -> Iterator[str]:
    name = f"t{uuid4().hex}"
    running_postgres.ask("postgres", f"CREATE DATABASE {name}")
    yield running_postgres.url(name)
    running_postgres.ask("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url)
    yield store
    store.let_go()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "months")


@pytest.fixture
def tally(store: Store, vault: Vault, clock: Clock) -> Tally:
    tally = Tally(store, vault, clock, list, ["large-debt"])
    tally.tend()
    return tally


@pytest.fixture
def app(tmp_path: Path, url: str, clock: Clock) -> Iterator[Flask]:
    app = create_app(Settings(instance=tmp_path, keys=tmp_path / "keys", database_url=url), clock)
    yield app
    app.extensions["store"].let_go()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def at_the_outcome(app: Flask) -> Worker:
    worker = Worker(app.test_client())
    worker.begins()
    while worker.page is not None and worker.page.request.path != "/visit/outcome":
        worker.sends(worker.page.request.path)
    return worker


@pytest.mark.parametrize("teams_are_asked_for", [False, True])
@pytest.mark.parametrize("is_connected", [True, False])
def test_a_visit_that_finishes_waits_three_seconds_at_most_and_says_not_counted(
    running_postgres: Postgres, app: Flask, clock: Clock, is_connected: bool, teams_are_asked_for: bool
) -> None:
    workers = [at_the_outcome(app) for _ in range(2)]
    if not is_connected:
        app.extensions["store"].let_go()
    if teams_are_asked_for:
        clock.now += BELIEVED + 1
    with running_postgres.frozen():
        with at_most(3.5):
            page = workers[0].sends("/visit/finish")
        assert workers[0].page is not None and workers[0].page.request.path == "/closed/uncounted"
        assert "Not counted." in page
        # Nobody else waits for it then, neither to end nor to begin.
        with at_most(1):
            assert "Not counted." in workers[1].sends("/visit/finish")
            workers[1].begins()
        with at_most(1):
            assert app.test_client().get("/healthz").json == {"status": "degraded"}


def test_a_visit_that_begins_waits_as_long_at_most_and_goes_on_uncounted(
    running_postgres: Postgres, app: Flask, clock: Clock
) -> None:
    clock.now += BELIEVED + 1
    worker = Worker(app.test_client())
    with running_postgres.frozen():
        with at_most(3.5):
            worker.begins()
        assert worker.page is not None and worker.page.request.path == "/visit/safety"
        with at_most(1):
            assert "Not counted." in worker.sends("/visit/finish")


def test_a_supervisor_is_told_that_the_counts_are_away(running_postgres: Postgres, app: Flask) -> None:
    app.extensions["accounts"].add("ann", "copper lantern seven rivers")
    client = app.test_client()
    form = {"csrf_token": secret(client.get("/supervisor/sign-in").text), "name": "ann"}
    client.post("/supervisor/sign-in", data={**form, "password": "copper lantern seven rivers"})
    assert client.get("/supervisor").status_code == 200
    with running_postgres.frozen():
        with at_most(6.5):
            assert client.get("/supervisor").status_code == 503
        with at_most(1):
            assert client.get("/supervisor").status_code == 503


def test_what_could_not_be_asked_is_counted_once_when_it_is_sent_again(
    running_postgres: Postgres, tally: Tally, store: Store, vault: Vault
) -> None:
    before, number = cells(store, vault), tally.issue()
    with running_postgres.frozen(), at_most(3), pytest.raises(NotCountedError) as caught:
        tally.count(number, MAIN, VISIT)
    assert not caught.value.in_doubt
    woken(store, tally)
    assert tickets_left(store) == 1
    for _ in range(2):
        tally.count(number, MAIN, VISIT)
    assert grown(before, cells(store, vault))["outcomes", MAIN, "seek-advice"] == 1


def test_a_count_that_is_kept_and_not_acknowledged_is_in_doubt_and_never_doubled(
    running_postgres: Postgres, tally: Tally, store: Store, vault: Vault
) -> None:
    before, number = cells(store, vault), tally.issue()
    with ExitStack() as stack:

        def freeze(_: object) -> None:
            stack.enter_context(running_postgres.frozen())

        event.listen(store.engine, "commit", freeze)
        with at_most(3), pytest.raises(NotCountedError) as caught:
            tally.count(number, MAIN, VISIT)
        event.remove(store.engine, "commit", freeze)
    assert caught.value.in_doubt
    woken(store, tally)
    ends = time.monotonic() + 10
    while tickets_left(store):
        assert time.monotonic() < ends, "it had been sent, and is kept when the server goes on"
        time.sleep(0.05)
    tally.count(number, MAIN, VISIT)
    assert grown(before, cells(store, vault))["outcomes", MAIN, "seek-advice"] == 1


def test_a_worker_is_told_of_a_count_in_doubt(running_postgres: Postgres, app: Flask) -> None:
    worker = at_the_outcome(app)
    engine = app.extensions["store"].engine
    with ExitStack() as stack:

        def freeze(_: object) -> None:
            stack.enter_context(running_postgres.frozen())

        event.listen(engine, "commit", freeze)
        with at_most(3.5):
            assert "Perhaps not counted." in worker.sends("/visit/finish")
        event.remove(engine, "commit", freeze)


def test_after_its_silence_the_database_is_asked_again(running_postgres: Postgres, store: Store) -> None:
    store.prepare()
    with running_postgres.frozen():
        with at_most(7):
            assert not store.is_there()
        with at_most(0.1), pytest.raises(StoreError, match="did not answer a moment ago"), store.reading():
            pass
    time.sleep(SILENCE + 0.1)
    assert store.is_there()


def test_a_slow_server_that_can_speak_is_no_silent_one(store: Store) -> None:
    """Its own limit comes first, says what is wrong, and the next page asks it again."""
    with pytest.raises(StoreError, match="QueryCanceled 57014") as caught, store.reading() as connection:
        connection.execute(text("SELECT pg_sleep(20)"))
    assert not caught.value.in_doubt
    assert store.is_there()


def test_connections_that_the_server_ended_are_made_anew_and_nobody_notices(
    running_postgres: Postgres, store: Store, url: str
) -> None:
    store.prepare()
    with store.reading() as one, store.reading() as other:
        for connection in (one, other):
            connection.execute(select(release))
    database = url.rpartition("/")[2]
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    assert running_postgres.ask("postgres", ended).count("t") == 2
    time.sleep(0.2)
    with store.writing() as one, store.reading() as other:
        for connection in (one, other):
            connection.execute(select(release))


def test_a_reading_begins_no_transaction(store: Store) -> None:
    """It would be two more ways there and back, and a page waits for each."""
    with store.reading() as connection:
        connection.execute(text("SELECT 1"))
        assert connection.connection.dbapi_connection.info.transaction_status == TransactionStatus.IDLE
    with store.writing() as connection:
        connection.execute(text("SELECT 1"))
        assert connection.connection.dbapi_connection.info.transaction_status == TransactionStatus.INTRANS


def woken(store: Store, tally: Tally) -> None:
    """As if the time in which nothing is tried were over."""
    store._silent_until = tally._resting_until = 0.0
