"""Promise 7: nowhere to write, a full disk, no PDF engine, a frozen database: the visit goes on and says what fails."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from databases import Postgres
from live import Server, serving, walk


def finishes_a_visit(chromium: Browser, server: Server, *, pdf: bool | None, counted: bool = True) -> None:
    context = chromium.new_context()
    page = context.new_page()
    walk(page, server.home, {"documents-withheld": "told", "abuse-signs": "seen"})
    assert "Several alarm bells" in page.inner_text("h1")
    answer = context.request.get(server.home + "/visit/sheet.pdf")
    if pdf is None:
        # WeasyPrint puts fonts into a temp file, so here the sheet is the page that the browser prints.
        assert answer.ok and "Referral sheet" in answer.text()
    elif pdf:
        assert answer.body().startswith(b"%PDF-")
    else:
        assert answer.ok and answer.url.endswith("/visit/sheet") and "Referral sheet" in answer.text()
        page.click('main [value="sheet"]')
        page.wait_for_url("**/visit/sheet")
        assert "Print this page" in page.inner_text("body")
        page.goto(server.home + "/visit/outcome")
    page.click(".finish button")
    page.wait_for_url("**/closed/done" if counted else "**/closed/uncounted")
    assert ("not counted" in page.inner_text("main").lower()) is not counted
    context.close()


def health(server: Server, chromium: Browser) -> str:
    context = chromium.new_context()
    said = context.request.get(server.home + "/healthz").json()["status"]
    context.close()
    return str(said)


def test_without_a_folder_to_write_to(chromium: Browser, tmp_path: Path) -> None:
    # /proc takes no folder from anybody, root included.
    with serving(tmp_path, {"SCREENING_INSTANCE": "/proc/none"}) as server:
        finishes_a_visit(chromium, server, pdf=True, counted=False)
        assert "visits are sealed with one key in memory" in server.log.read_text()
        assert health(server, chromium) == "degraded"


@pytest.mark.parametrize("already_started", [False, True])
def test_with_a_disk_on_which_nothing_can_be_written(chromium: Browser, tmp_path: Path, already_started: bool) -> None:
    if already_started:
        with serving(tmp_path, {}):
            assert list((tmp_path / "instance" / "keys").glob("*.key"))
    # No file may grow by a byte: every write fails as on a full disk. (The log goes through a pipe.)
    with serving(tmp_path, {}, before="ulimit -f 0;") as server:
        finishes_a_visit(chromium, server, pdf=None, counted=False)
        in_memory = "sealed with one key in memory" in server.log.read_text()
        assert in_memory is not already_started, "a key that is there already goes on being used"


def test_with_a_database_that_is_frozen(chromium: Browser, running_postgres: Postgres, tmp_path: Path) -> None:
    running_postgres.ask("postgres", "CREATE DATABASE frozen")
    with serving(tmp_path, {"DATABASE_URL": running_postgres.url("frozen")}) as server:
        finishes_a_visit(chromium, server, pdf=True)
        context = chromium.new_context()
        page = context.new_page()
        walk(page, server.home, {"documents-withheld": "told"})
        with running_postgres.frozen():
            began = time.monotonic()
            page.click(".finish button")
            page.wait_for_url("**/closed/uncounted")
            assert time.monotonic() - began < 4
            assert "Not counted." in page.inner_text("main")
            finishes_a_visit(chromium, server, pdf=True, counted=False)
        context.close()
    running_postgres.ask("postgres", "DROP DATABASE frozen WITH (FORCE)")


def test_without_the_pdf_engine(chromium: Browser, tmp_path: Path) -> None:
    # Libraries of these names that are none stand before the real ones: WeasyPrint cannot be loaded.
    for name in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0"):
        (tmp_path / name).write_bytes(b"not a library")
    with serving(tmp_path, {"LD_LIBRARY_PATH": str(tmp_path)}) as server:
        assert "Sheets as PDF are off" in server.log.read_text()
        finishes_a_visit(chromium, server, pdf=False)
        assert health(server, chromium) == "degraded"
        context = chromium.new_context()
        page = context.new_page()
        page.goto(server.home)
        assert "Sheets as PDF are off" in page.inner_text("main")
        context.close()
