"""Promise 1: after a whole visit, no answer stands in any file: not of the server, its logs, or the browser."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Playwright

from conftest import Worker
from each_once import combinations
from live import CHROMIUM, FLAGS, WITH_BACK_FORWARD_CACHE, Server, hits, serving, walk
from rule_folders import write_rules

IDS = ["plantedzebra", "plantedquagga", "plantedokapi", "plantedbongo"]
#: What their signs say: an id travels in a form alone, and a page or a sheet that is kept holds the text.
TEXTS = ["plantedginkgo", "plantedlarch", "plantedyew", "plantedcycad"]
WORDS = IDS + TEXTS


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose indicators are planted words: an answer cannot be given without one travelling."""
    folder = tmp_path_factory.mktemp("planted")
    rules = write_rules(tmp_path_factory.mktemp("elsewhere") / "rules", IDS)
    signs = (rules / "indicators.yaml").read_text()
    for number, text in enumerate(TEXTS, start=1):
        signs = signs.replace(f"Sign {number}\n", f"Sign {number} {text}\n")
    (rules / "indicators.yaml").write_text(signs)
    with serving(folder, {"SCREENING_RULES": str(rules)}) as server:
        yield server


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A temp folder with a short name: Chromium puts a socket there, whose path may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="t", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def processes_of(profile: Path) -> list[int]:
    """The browser's processes, by the profile that stands in their command lines."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                if f"--user-data-dir={profile}".encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def kill_all_of(profile: Path) -> None:
    """Kill the browser until none of it is left: one of its processes may start another while it is looked through,
    and one that was killed takes a moment to go.
    """
    given_up = time.monotonic() + 20
    while (left := processes_of(profile)) and time.monotonic() < given_up:
        for process in left:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)


def outside_the_tally(folder: Path, server: Server) -> list[str]:
    """Where a planted word stands. The tally names every sign there is, answered or not, from its first moment; what
    it says of them is sealed, and `counts_in_the_open` looks at the rest.
    """
    tally = str(server.folder / "instance" / "tally.db")
    return [hit for hit in hits(folder, WORDS) if not hit.startswith(tally)]


def counts_in_the_open(server: Server) -> dict[str, list[tuple[Any, ...]]]:
    """All that the tally's tables say to whoever has no key, but the tickets, each the hash of a random number."""
    with closing(sqlite3.connect(f"file:{server.folder}/instance/tally.db?mode=ro", uri=True)) as tally:
        tables = [name for (name,) in tally.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        said: dict[str, list[tuple[Any, ...]]] = {
            name: tally.execute(f"SELECT * FROM {name}").fetchall() for name in tables
        }
        said["open_month"] = tally.execute("SELECT month, layout, length(sealed) FROM open_month").fetchall()
    assert all(len(number) == 32 for number, _ in said.pop("ticket"))
    return said


@pytest.mark.parametrize(
    ("end", "javascript"), combinations(["leave", "finish", "close", "kill"], ["script", "no-script"])
)
def test_a_whole_visit_leaves_no_answer_on_any_disk(
    playwright: Playwright, planted: Server, tmp_path: Path, short_folder: Path, end: str, javascript: str
) -> None:
    profile, temporary = tmp_path / "profile", short_folder
    before = counts_in_the_open(planted)
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=CHROMIUM,
        args=FLAGS,
        ignore_default_args=WITH_BACK_FORWARD_CACHE,
        java_script_enabled=javascript == "script",
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    page = context.pages[0]
    # A control: an address is kept in the history, so a search of the profile that finds nothing has searched.
    page.goto(planted.home + "/contacts?control=plantedcontrol")
    walk(page, planted.home, {IDS[0]: "told", IDS[1]: "seen", IDS[2]: "no"})
    assert f"Sign 1 {TEXTS[0]}" in page.content()
    page.click('[name="move"][value="sheet"]')
    page.wait_for_url("**/visit/sheet.pdf")
    assert page.evaluate("document.contentType") == "application/pdf", "shown inline, and not downloaded"
    # The words of a PDF are packed: the sheet itself is searched for, by bytes that no other file has.
    sheet = context.request.get(planted.home + "/visit/sheet.pdf").body()
    packed = sheet[sheet.index(b"stream\n") + 20 :][:64]
    page.goto(planted.home + "/visit/review")
    # Chromium writes its session files some seconds after what happened.
    time.sleep(3)
    if end == "leave":
        page.click("a.leave")
        page.wait_for_url("**/closed")
    elif end == "finish":
        page.goto(planted.home + "/visit/outcome")
        page.click(".finish button")
        page.wait_for_url("**/closed/done")
    if end == "kill":
        kill_all_of(profile)
    try:
        context.close()
    except Error:
        assert end == "kill", "only a browser that was killed cannot be closed"
    assert not processes_of(profile)
    for folder in (profile, temporary, planted.folder):
        assert outside_the_tally(folder, planted) == []
        assert [path for path in folder.rglob("*") if path.is_file() and packed in path.read_bytes()] == []
    assert counts_in_the_open(planted) == before
    if end != "kill":
        assert hits(profile, ["plantedcontrol"]), "the search would have found an answer"


def test_the_search_finds_a_word_in_every_spelling(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("x plantedzebra".encode("utf-16-le"))
    (tmp_path / "b").write_bytes(b"\0plantedzebra")
    (tmp_path / "plantedzebra").touch()
    found = hits(tmp_path, WORDS)
    assert all(any(f"{tmp_path}/{name}: " in hit for hit in found) for name in ("a", "b", "plantedzebra"))


#: Every way on that a page of a visit has.
MOVES = ["next", "back", "review", "danger", "place", "cover", "not-alone", "help", "scripts", "language", "step-4"]


def test_no_answer_stands_in_an_address_a_title_or_a_file_name(worker: Worker) -> None:
    worker.begins()
    given = {"safety": {"age": "child"}, "2": {"documents__withheld": "told"}, "concern": {"asks": "true"}}
    for page, answers in given.items():
        for move in MOVES:
            worker.opens(f"/visit/{page}")
            there = worker.sends(f"/visit/{page}", **answers, move=move)
            assert "<title>Visit guide</title>" in there or move in ("cover", "not-alone")
            assert worker.page is not None and not worker.page.request.query_string, (page, move)
            assert re.fullmatch(r"/[a-z]*|/help/scripts|/visit/([a-z]+|\d)", worker.page.request.path), (page, move)
    for path in ("/visit/2", "/visit/review", "/visit/outcome"):
        assert "<title>Visit guide</title>" in worker.opens(path)
    sheet = worker.client.get("/visit/sheet.pdf")
    assert sheet.headers["Content-Disposition"] == 'inline; filename="guide.pdf"'


def test_an_error_is_logged_without_what_was_sent(planted: Server) -> None:
    assert hits(planted.folder, ["plantedpath"]) == []
    subprocess.run(
        [sys.executable, "-c", f"import urllib.request as u; u.urlopen('{planted.home}/plantedpath?plantedzebra')"],
        capture_output=True,
        check=False,
    )
    assert hits(planted.folder, ["plantedpath"]) == []
    assert outside_the_tally(planted.folder, planted) == []
