"""The real server and a real browser, for the tests that believe nothing less."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
#: Playwright turns the back-forward cache off; what Back shows must be tested with it on.
WITH_BACK_FORWARD_CACHE = ["--disable-back-forward-cache"]


@dataclass(frozen=True)
class Server:
    home: str
    log: Path
    folder: Path


@contextmanager
def serving(folder: Path, environment: Mapping[str, str], before: str = "") -> Iterator[Server]:
    """The production server with `folder`/instance and `folder`/tmp; `before` is shell that goes before it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    log.unlink(missing_ok=True)
    whole = os.environ | {
        "SCREENING_INSTANCE": str(folder / "instance"),
        "TMPDIR": str(folder / "tmp"),
        "LOG_LEVEL": "DEBUG",
        **environment,
    }
    command = f"({before} exec {sys.executable} -m screening.cli serve --port {port}) 2>&1 | cat > {log}"
    server = subprocess.Popen(["sh", "-c", command], env=whole, start_new_session=True)
    home = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while "Screening is at" not in (log.read_text() if log.exists() else ""):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield Server(home, log, folder)
    finally:
        os.killpg(server.pid, 15)
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, 9)
            server.wait()


def walk(page: Page, home: str, answers: Mapping[str, str], *, place: str = "BE") -> None:
    """Walk a visit to its outcome, alone with an adult who agrees, giving these answers."""
    page.goto(home)
    page.select_option("#place", place)
    with page.expect_navigation():
        page.click("main .primary")
    for name, value in {"alone": "true", "interpreter": "not-needed", "age": "adult"}.items():
        page.check(f'[name="{name}"][value="{value}"]')
    with page.expect_navigation():
        page.click("main .primary")
    while not page.url.endswith("/visit/outcome"):
        for name, value in answers.items():
            radio = page.locator(f'[name="{name}"][value="{value}"]')
            if radio.count():
                radio.check()
        # The click returns before the next page is there, and its radios would be looked for on none.
        with page.expect_navigation():
            page.click("main .primary")


def hits(folder: Path, words: list[str]) -> list[str]:
    """Where below `folder` one of `words` stands in a file or a name, as UTF-8 or UTF-16."""
    found = []
    spelt = [(word, word.encode(code)) for word in words for code in ("utf-8", "utf-16-le", "utf-16-be")]
    for path in folder.rglob("*"):
        found += [f"{path}: {word} in the name" for word in words if word in path.name]
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            found += [f"{path}: {word}" for word, raw in spelt if raw in content]
    return found
