"""Promise 5: they show at once, on whatever page one is, whatever the answers."""

from __future__ import annotations

import pytest

from conftest import Worker
from screening.rulebook import Rulebook

PAGES = ["/visit/safety", "/visit/1", "/visit/4", "/visit/concern", "/visit/review", "/visit/outcome"]


@pytest.mark.parametrize("path", PAGES)
def test_each_red_line_stands_on_every_page(worker: Worker, rulebook: Rulebook, path: str) -> None:
    worker.begins()
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", danger="true", age="unsure")
    worker.opens("/visit/concern")
    worker.sends("/visit/concern", asks="true")
    page = worker.opens(path)
    main = page[page.index("<main") :]
    for name in ("danger", "child", "asks"):
        assert rulebook.red[name].title in main
    assert main.index('class="red"') < main.index("<h1"), "before anything else"
    assert 'href="tel:112"' in main


@pytest.mark.parametrize("answer", ["no", "seen"])
def test_no_count_hides_who_asks_for_help(worker: Worker, rulebook: Rulebook, answer: str) -> None:
    worker.begins()
    for number, group in enumerate(rulebook.checklists["alarm-bells"].groups, start=1):
        worker.answers(number, **{sign.id.replace("-", "__"): answer for sign in group.indicators})
    worker.opens("/visit/concern")
    worker.sends("/visit/concern", asks="true")
    page = worker.opens("/visit/outcome")
    assert "<h1>The person asks for help</h1>" in page
    assert 'class="card seek-advice"' in page


def test_the_red_lines_come_first_on_the_sheet(worker: Worker, rulebook: Rulebook) -> None:
    worker.begins()
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", danger="true", age="child")
    page = worker.opens("/visit/sheet")
    assert (
        page.index(rulebook.red["danger"].title) < page.index(rulebook.red["child"].title) < page.index("Signs noted")
    )


def test_a_child_is_never_turned_away_by_consent(worker: Worker) -> None:
    worker.begins()
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", age="child", consent="refused", alone="true")
    page = worker.opens("/visit/outcome")
    assert "does not wait for anybody&#39;s consent" in page and "before you have child-protection advice" in page
