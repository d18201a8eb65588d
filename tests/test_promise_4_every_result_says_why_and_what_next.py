"""Promise 4: which signs, which rule, which source, what is open; guidance; a contact or what to do without one."""

from __future__ import annotations

import pytest

from conftest import Worker
from screening.checklist import Answer
from screening.rulebook import Rulebook


def examples(rulebook: Rulebook) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    return [
        (
            example.name,
            {id: answer.value for id, answer in example.answers.items()},
            dict(example.circumstances.known()),
        )
        for example in rulebook.checklists["alarm-bells"].examples
    ]


@pytest.mark.parametrize("place", ["BE", "US", "JP", "GA", ""])
def test_every_example_of_the_checklist_ends_with_reasons_and_a_next_step(
    worker: Worker, rulebook: Rulebook, place: str
) -> None:
    bells = rulebook.checklists["alarm-bells"]
    for name, answers, circumstances in examples(rulebook):
        worker.begins(place=place)
        worker.opens("/visit/safety")
        worker.sends(
            "/visit/safety", **{key: value for key, value in circumstances.items() if key in ("alone", "interpreter")}
        )
        for number, group in enumerate(bells.groups, start=1):
            worker.answers(number, **{sign.id.replace("-", "__"): answers[sign.id] for sign in group.indicators})
        worker.opens("/visit/concern")
        worker.sends(
            "/visit/concern", **{key: value for key, value in circumstances.items() if key in ("asks", "concern")}
        )
        page = worker.opens("/visit/outcome")
        for id, answer in answers.items():
            if Answer(answer).is_present:
                row = page[page.index(f"{bells.indicators[id].text}\n") :]
                assert "Victim-support centre (BE)" in row[:400], (name, id)
        assert "<h2>Why</h2>" in page and "<h2>What now</h2>" in page and "<h2>Whom to call</h2>" in page, name
        assert page.count("<li>") >= 2, name
        assert "call" in page.lower() and "Nobody answers?" in page, name
        if place in ("BE", "US"):
            first = page[page.index('<ul class="dial">') :]
            assert 'href="tel:' in first[: first.index("</ul>")], name
        elif place:
            assert "No contact is listed here" in page, name
        else:
            assert "Choose the country" in page, name
        has_number = bool(place) and bool(rulebook.places[place].emergency)
        assert ('href="tel:' in page) == has_number, name
        assert has_number or "112 in Europe, 911 in North America" in page, name
