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


def test_danger_shows_the_red_card_at_once(worker: Worker) -> None:
    """Said on the page on safety, or by the button that is on every page."""
    worker.begins()
    worker.opens("/visit/safety")
    assert "<h1>Danger now</h1>" in worker.sends("/visit/safety", danger="true", move="next")
    for path in PAGES:
        worker.begins()
        worker.opens(path)
        card = worker.sends(path, move="danger")
        assert worker.page is not None and worker.page.request.path == "/visit/now", path
        assert "<h1>Danger now</h1>" in card and 'href="tel:112"' in card, path


def test_nothing_on_the_result_looks_more_urgent_than_danger(worker: Worker) -> None:
    worker.begins()
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", danger="true", alone="true", age="adult", consent="given")
    worker.answers(1, abuse__signs="seen")
    page = worker.opens("/visit/outcome")
    main = page[page.index("<main") :]
    solid = main[main.index('<section class="card now"') : main.index("<h1")]
    assert '<p class="big">' in solid and 'href="tel:112"' in solid
    assert main.count('href="tel:112"') == 1 and 'class="card"' in main, "and the level steps back"
    now = main[main.index('id="now"') : main.index('id="call"')]
    assert now.index("Call 112 now") < now.index("Keep yourself") and "In doubt" not in now.split("</li>")[0]


def test_before_a_companion_nothing_shows_that_the_person_asked_for_help(worker: Worker, rulebook: Rulebook) -> None:
    worker.begins()
    worker.opens("/visit/concern")
    assert 'class="red"' in worker.sends("/visit/concern", asks="true")
    worker.sends("/visit/review", move="not-alone")
    page = worker.opens("/visit/2")
    assert 'class="watched"' in page and 'class="red"' not in page
    fold = page[page.index("<details") : page.index("</details>")]
    assert rulebook.red["asks"].title in fold and "open" not in fold.split(">")[0]
    assert rulebook.red["asks"].title not in fold[fold.index("<summary>") : fold.index("</summary>")]


@pytest.mark.parametrize("answer", ["no", "seen"])
def test_no_count_hides_who_asks_for_help(worker: Worker, rulebook: Rulebook, answer: str) -> None:
    worker.begins()
    for number, group in enumerate(rulebook.checklists["alarm-bells"].groups, start=1):
        worker.answers(number, **{sign.id.replace("-", "__"): answer for sign in group.indicators})
    worker.opens("/visit/concern")
    worker.sends("/visit/concern", asks="true")
    page = worker.opens("/visit/outcome")
    assert "<h1>The person asks for help</h1>" in page
    assert 'class="red"' not in page, "the result says it, and says it once"
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
