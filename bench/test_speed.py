"""How long things take, side by side in one run: compare the rows with each other, not with another machine's.

Aims on one core: assess() 20 µs; a group page 1 ms; a sheet 60 ms warm, 200 ms at worst (p99), 1 s as the first of a
server; a first visit under 14 KB compressed. For the figures of the sheet alone:

    .venv/bin/pytest bench -k sheet -s
"""

from __future__ import annotations

import gc
import gzip
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, build_opener

import pytest
from flask import Flask
from pytest_benchmark.fixture import BenchmarkFixture

from conftest import Worker, app, clock, rulebook, secret, settings  # noqa: F401
from live import CHROMIUM, FLAGS, serving
from screening import referral
from screening.assessment import assess
from screening.checklist import Answer, Circumstances
from screening.difference import difference
from screening.guidance import fitting
from screening.languages import read_languages
from screening.rulebook import Rulebook, read_rulebook
from screening.server import collect_seldom
from screening.settings import HOUSE
from test_referral import everything

ENGLISH = read_languages(HOUSE / "translations")["en"]

CASES: dict[str, dict[str, Answer]] = {
    "nothing known": {},
    "three of eleven answered": {"large-debt": Answer.TOLD, "afraid-to-speak": Answer.NO, "lives-at-work": Answer.NO},
    "ten of eleven answered": {},
}


@pytest.fixture
def typical(rulebook: Rulebook) -> dict[str, Any]:
    bells = rulebook.checklists["alarm-bells"]
    CASES["ten of eleven answered"] = dict.fromkeys(bells.countable[:-1], Answer.NO) | {"large-debt": Answer.TOLD}
    return {"checklist": bells, "diagram": rulebook.diagrams[bells.id], "reserved": rulebook.reserved}


@pytest.mark.parametrize("case", CASES)
def test_assess(benchmark: BenchmarkFixture, typical: dict[str, Any], case: str) -> None:
    circumstances = Circumstances(alone="true", age="adult")
    result = benchmark(
        assess,
        typical["checklist"],
        CASES[case],
        circumstances,
        diagram=typical["diagram"],
        reserved=typical["reserved"],
    )
    assert result.of == 11


@pytest.mark.parametrize("known", ["nothing", "half", "all"])
def test_assess_the_longest_checklist(benchmark: BenchmarkFixture, rulebook: Rulebook, known: str) -> None:
    """The aim is under 1 ms with half of the answers unknown."""
    full = rulebook.checklists["full-assessment"]
    ids = {"nothing": (), "half": full.countable[::2], "all": full.countable}[known]
    result = benchmark(
        assess,
        full,
        dict.fromkeys(ids, Answer.NO),
        Circumstances(alone="true"),
        diagram=rulebook.diagrams[full.id],
        reserved=rulebook.reserved,
    )
    assert result.of == 59


def test_the_difference_of_two_versions_of_the_longest_checklist(
    benchmark: BenchmarkFixture, rulebook: Rulebook
) -> None:
    full = rulebook.checklists["full-assessment"]
    assert benchmark(difference, full, full).moves == ()


@pytest.mark.parametrize("path", ["/", "/visit/safety", "/visit/2", "/visit/review", "/visit/outcome", "/help"])
def test_page(benchmark: BenchmarkFixture, app: Flask, path: str) -> None:
    worker = Worker(app.test_client())
    worker.begins()
    worker.answers(2, documents__withheld="told")
    assert benchmark(worker.client.get, path).status_code == 200


def test_saving_a_page(benchmark: BenchmarkFixture, app: Flask) -> None:
    worker = Worker(app.test_client())
    worker.begins()
    fields = {"csrf_token": secret(worker.opens("/visit/2")), "documents-withheld": "told"}
    assert benchmark(worker.client.post, "/visit/2", data=fields).status_code == 303


def test_a_complete_visit_without_a_sheet(benchmark: BenchmarkFixture, app: Flask) -> None:
    def visit() -> None:
        worker = Worker(app.test_client())
        worker.begins()
        while worker.page is not None and worker.page.request.path != "/visit/outcome":
            worker.sends(worker.page.request.path)
        worker.sends("/visit/finish")

    benchmark(visit)


def say(what: str, benchmark: BenchmarkFixture) -> float:
    """Print the median and the 99th percentile, as the aims have them, and return the median in seconds."""
    assert benchmark.stats is not None
    data = sorted(benchmark.stats.stats.data)
    middle, worst = data[len(data) // 2], data[min(int(len(data) * 0.99), len(data) - 1)]
    benchmark.extra_info.update(p50=middle, p99=worst)
    print(f"\n{what}: p50 {middle * 1000:.0f} ms, p99 {worst * 1000:.0f} ms of {len(data)}")
    return middle


@pytest.fixture
def as_on_the_server() -> Iterator[None]:
    """The same care for garbage as the server takes, and afterwards the usual one."""
    usual = gc.get_threshold()
    collect_seldom()
    yield
    gc.unfreeze()
    gc.set_threshold(*usual)


@pytest.mark.parametrize("signs", ["three of eleven answered", "all"])
def test_a_sheet_warm(
    benchmark: BenchmarkFixture,
    app: Flask,
    rulebook: Rulebook,
    typical: dict[str, Any],
    as_on_the_server: None,
    signs: str,
) -> None:
    """With all signs noted it is laid out three times: in full, in full but denser, and with what has room."""
    if signs == "all":
        sheet = everything(rulebook, "BE")
        with app.app_context():
            benchmark.pedantic(referral.as_pdf, args=(sheet, app.jinja_env), rounds=60, warmup_rounds=3)
        say("sheet, all signs noted", benchmark)
        return
    assessment = assess(
        typical["checklist"],
        CASES["three of eleven answered"],
        Circumstances(alone="true", age="adult"),
        diagram=typical["diagram"],
        reserved=typical["reserved"],
    )
    sheet = referral.Sheet(
        assessment, rulebook.places["BE"], fitting(rulebook.guidance, assessment), rulebook.sources, rulebook.red
    )
    with app.app_context():
        benchmark.pedantic(referral.as_pdf, args=(sheet, app.jinja_env), rounds=200, warmup_rounds=3)
    say("sheet", benchmark)


@pytest.mark.parametrize("what", ["sheet", "sheet by the browser"])
def test_a_sheet_beside_the_browsers_own_print(
    benchmark: BenchmarkFixture,
    app: Flask,
    rulebook: Rulebook,
    typical: dict[str, Any],
    as_on_the_server: None,
    what: str,
    times: dict[str, float],
) -> None:
    """The same HTML, printed here and by Chromium in the same run: the ratio is to stay under 0.7."""
    from playwright.sync_api import sync_playwright

    assessment = assess(
        typical["checklist"],
        CASES["three of eleven answered"],
        Circumstances(alone="true", age="adult"),
        diagram=typical["diagram"],
        reserved=typical["reserved"],
    )
    sheet = referral.Sheet(
        assessment, rulebook.places["BE"], fitting(rulebook.guidance, assessment), rulebook.sources, rulebook.red
    )
    if what == "sheet":
        with app.app_context():
            benchmark.pedantic(referral.as_pdf, args=(sheet, app.jinja_env), rounds=60, warmup_rounds=3)
    else:
        with app.app_context():
            html = referral.as_html(sheet, app.jinja_env)
        style = (HOUSE / "static" / "sheet.css").read_text(encoding="utf-8")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

            def print_it() -> bytes:
                # A page of its own for each sheet, as a server would need it: nothing of one may stay for the next.
                page = browser.new_page()
                page.set_content(html.replace("</head>", f"<style>{style}</style></head>"))
                pdf = page.pdf(format="A4", tagged=True)
                page.close()
                return pdf

            benchmark.pedantic(print_it, rounds=30, warmup_rounds=3)
            browser.close()
    times[what] = say(what, benchmark)
    if len(times) == 2:
        ratio = times["sheet"] / times["sheet by the browser"]
        print(f"ratio to the browser's own print: {ratio:.2f}")
        benchmark.extra_info["ratio"] = ratio


@pytest.fixture(scope="module")
def times() -> dict[str, float]:
    return {}


@pytest.mark.parametrize("what", ["twin", "card"])
def test_other_paper(benchmark: BenchmarkFixture, app: Flask, rulebook: Rulebook, what: str) -> None:
    belgium = rulebook.places["BE"]
    twin = referral.Twin(
        rulebook.checklists["alarm-bells"], rulebook.reserved, belgium, rulebook.guidance, rulebook.red
    )
    with app.app_context():
        if what == "twin":
            assert benchmark(referral.twin_as_pdf, twin, app.jinja_env)
        else:
            numbers = referral.card_numbers(belgium, [])
            assert benchmark(referral.card_as_pdf, belgium, numbers, app.jinja_env, ENGLISH, ENGLISH)


def fresh(*arguments: str) -> Callable[[], object]:
    command = [sys.executable, "-m", "screening.cli", *arguments]
    return lambda: subprocess.run(command, input=b"{}", capture_output=True, check=True)


def test_a_sheet_cold(benchmark: BenchmarkFixture) -> None:
    """A new process: Python, Flask, the rule files, WeasyPrint and its fonts included."""
    benchmark.pedantic(fresh("sheet", "alarm-bells", "-o", "/dev/null"), rounds=3)
    say("sheet by the command, a new process", benchmark)


@pytest.mark.parametrize("after", [0, 5])
def test_the_first_sheet_of_a_server(benchmark: BenchmarkFixture, tmp_path: Path, after: int) -> None:
    """As soon as it says that it is there, and `after` seconds: by then each worker has warmed its press."""
    folders = iter(range(9))

    def a_visit_begun() -> tuple[tuple[Any, ...], dict[str, Any]]:
        home = servers.enter_context(serving(tmp_path / str(next(folders)), {})).home
        time.sleep(after)
        browser = build_opener(HTTPCookieProcessor(CookieJar()), ProxyHandler({}))
        fields = {"csrf_token": secret(browser.open(home).read().decode()), "checklist": "alarm-bells", "place": "BE"}
        browser.open(f"{home}/visit", urlencode(fields).encode())
        return (browser, home), {}

    def first_sheet(browser: OpenerDirector, home: str) -> None:
        assert browser.open(f"{home}/visit/sheet.pdf").read().startswith(b"%PDF-")

    with ExitStack() as servers:
        benchmark.pedantic(first_sheet, setup=a_visit_begun, rounds=3)
    say(f"first sheet of a server, {after} s after its start", benchmark)


def test_assess_cold(benchmark: BenchmarkFixture) -> None:
    """The same process without WeasyPrint, to be taken off the one above."""
    benchmark.pedantic(fresh("assess", "alarm-bells"), rounds=3)


def test_reading_all_rule_files_again(benchmark: BenchmarkFixture) -> None:
    """The diagrams and every worked example included."""
    assert benchmark.pedantic(read_rulebook, args=(HOUSE / "rules",), rounds=5)


FIRST_READING = """
import time
from pathlib import Path
from screening.rulebook import read_rulebook
began = time.perf_counter(), time.process_time()
read_rulebook(Path("rules"), Path("instance/rules"))
print(time.perf_counter() - began[0], time.process_time() - began[1])
"""


def test_reading_all_rule_files_in_a_new_process(benchmark: BenchmarkFixture) -> None:
    """The aim is under 150 ms. A third of it happens once in a process: the patterns of every country's telephone
    numbers, and the names of the languages. By processor time, since the machine may be busy with other things."""
    taken: list[tuple[float, float]] = []

    def read() -> None:
        said = subprocess.run([sys.executable, "-c", FIRST_READING], cwd=HOUSE, capture_output=True, check=True).stdout
        wall, processor = map(float, said.split())
        taken.append((processor, wall))

    benchmark.pedantic(read, rounds=9)
    processor, wall = sorted(taken)[4]
    print(f"\nreading in a new process: {processor * 1000:.0f} ms of the processor, {wall * 1000:.0f} ms by the clock")
    benchmark.extra_info.update(processor=processor, wall=wall)
    assert processor < 0.150


def test_the_bytes_of_a_first_visit(benchmark: BenchmarkFixture, app: Flask) -> None:
    client = app.test_client()
    page = client.get("/").data
    sizes = {"page": len(gzip.compress(page))}
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode()):
        with client.get(path) as file:
            sizes[path] = len(gzip.compress(file.get_data()))
    total = sum(sizes.values())
    print(f"\nfirst visit, compressed: {total} bytes {sizes}")
    benchmark.extra_info.update(sizes)
    benchmark.pedantic(gzip.compress, args=(page,), rounds=3)
    assert total < 14_000
