"""What most tests need: the shipped rules, an app with an instance folder of its own, and a worker at a page."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from playwright.sync_api import Browser, Playwright, sync_playwright
from werkzeug.test import TestResponse

from databases import Postgres, postgres
from live import CHROMIUM, FLAGS, WITH_BACK_FORWARD_CACHE, Server, serving
from screening import accounts, create_app
from screening.cli import main
from screening.rulebook import Rulebook, read_rulebook
from screening.settings import Settings
from screening.store import Store

HOUSE = Path(__file__).resolve().parent.parent
NOON = 1_800_000_000.0


class Compiled(BytecodeCache):
    """Templates as they were compiled for the first app of this process: hundreds of apps follow."""

    def __init__(self) -> None:
        self.of: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.of:
            bucket.bytecode_from_string(self.of[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.of[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Compiled()}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The shipped rule files."""
    return read_rulebook(HOUSE / "rules")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path / "instance", keys=tmp_path / "instance" / "keys")


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Flask:
    return create_app(settings, clock)


class Worker:
    """Somebody at the pages: opens them and sends their forms as a browser without JavaScript does."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page: TestResponse | None = None

    def opens(self, address: str) -> str:
        self.page = self.client.get(address)
        return self.page.text

    def begins(self, place: str = "BE", checklist: str = "alarm-bells") -> None:
        self.opens("/")
        self.sends("/visit", checklist=checklist, place=place)

    def sends(self, address: str, **fields: str) -> str:
        """Send the form of the page that is open to `address`, follow the redirect, and return the page's text."""
        return self.sends_from(self.text, address, **fields)

    def sends_from(self, page: str, address: str, **fields: str) -> str:
        given = {name.replace("__", "-"): value for name, value in fields.items()}
        answer = self.client.post(address, data={"csrf_token": secret(page), **given})
        assert answer.status_code == 303, answer.status
        self.page = self.client.get(answer.headers["Location"])
        return self.page.text if self.page.mimetype.startswith("text/") else ""

    def answers(self, number: int, **answers: str) -> str:
        self.opens(f"/visit/{number}")
        return self.sends(f"/visit/{number}", **answers)

    @property
    def text(self) -> str:
        assert self.page is not None
        return self.page.text


def secret(page: str) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match, "the page has no form"
    return match[1]


@pytest.fixture
def worker(app: Flask) -> Worker:
    return Worker(app.test_client())


@pytest.fixture
def another_worker(settings: Settings, clock: Clock) -> Callable[..., Worker]:
    """A worker at an app with other settings: `another_worker(leave_url="https://...")`."""

    def at(**changed: object) -> Worker:
        return Worker(create_app(replace(settings, **changed), clock).test_client())

    return at


@pytest.fixture(scope="session", autouse=True)
def light_passwords() -> Iterator[PasswordHasher]:
    """Passwords weigh a hundredth of what they do in earnest: hundreds are tried. Gives the true hasher."""
    earnest = accounts._HASHER
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))
        yield earnest


@pytest.fixture
def true_weight(light_passwords: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords as heavy as in earnest, where the time that they take is what is tried."""
    monkeypatch.setattr(accounts, "_HASHER", light_passwords)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command on an instance folder of its own, whatever the environment sets: `command("site", "list")`."""
    for name in [*os.environ]:
        if name.startswith("SCREENING_") or name in ("DATABASE_URL", "LOG_LEVEL"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SCREENING_INSTANCE", str(tmp_path / "instance"))

    def run(*arguments: str, given: object = "") -> Result:
        text = given if isinstance(given, str | bytes) else json.dumps(given)
        return CliRunner().invoke(main, list(arguments), input=text)

    return run


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the house, to break."""
    for name in ("screening", "tests", "rules", "templates", "static", "translations", "migrations"):
        shutil.copytree(HOUSE / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HOUSE / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def running_postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the whole run; each test has a database of its own in it."""
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'tally.db'}"
        return
    server: Postgres = request.getfixturevalue("running_postgres")
    name = f"t{uuid4().hex}"
    server.ask("postgres", f"CREATE DATABASE {name}")
    yield server.url(name)
    server.ask("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    store = Store(database)
    yield store
    store.let_go()


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The production server with the shipped rules."""
    with serving(tmp_path_factory.mktemp("live"), {}) as server:
        yield server


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for the whole run: there cannot be two."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=FLAGS, ignore_default_args=WITH_BACK_FORWARD_CACHE
    )
    yield browser
    browser.close()
