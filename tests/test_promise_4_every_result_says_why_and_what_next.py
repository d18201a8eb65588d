"""Promise 4: which signs, which rule, which source, what is open; guidance; a contact or what to do without one."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from conftest import Worker
from screening.assessment import assess
from screening.checklist import Answer, Assessment, Circumstances
from screening.guidance import fitting
from screening.rulebook import Rulebook


class InSight(HTMLParser):
    """The text of each section of a page by its id, without what lies in a fold.

    The fold that a whole result lies in before a companion is no fold here: it is opened when nobody else looks.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sections: dict[str, str] = {}
        self._folds: list[bool] = []
        self._section = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "details":
            self._folds.append("aside-note" not in (given.get("class") or ""))
        elif tag == "section":
            self._section = given.get("id") or ""
        elif tag == "li":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self._folds.pop()
        elif tag == "section":
            self._section = ""

    def handle_data(self, data: str) -> None:
        if self._section and not any(self._folds):
            self.sections[self._section] = self.sections.get(self._section, "") + data


def examples(rulebook: Rulebook) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    return [
        (
            example.name,
            {id: answer.value for id, answer in example.answers.items()},
            dict(example.circumstances.known()),
        )
        for example in rulebook.checklists["alarm-bells"].examples
    ]


def assessed(
    rulebook: Rulebook, answers: dict[str, str], circumstances: dict[str, str], by: str = "alarm-bells"
) -> Assessment:
    return assess(
        rulebook.checklists[by],
        {id: Answer(answer) for id, answer in answers.items()},
        Circumstances(**circumstances),
        diagram=rulebook.diagrams[by],
        reserved=rulebook.reserved,
    )


def says_why_and_what_next_in_sight(
    rulebook: Rulebook, in_sight: dict[str, str], judged: Assessment, name: str
) -> None:
    """What must be there without opening a fold: signs, and the first step that the guidance has for this result."""
    texts = [judged.checklist.indicators[id].text for id in judged.present]
    assert all(text in in_sight["why"] for text in texts[:2]), name
    assert texts or "No sign is noted" in in_sight["why"], name
    assert f"{len(judged.unknown)} of {judged.of} signs" in in_sight["why"], name
    steps = [item.text for item in fitting(rulebook.guidance, judged) if item.next_step]
    assert steps, name
    # The first sentence is shown; a number may stand in it, which is another in each place.
    first = re.split(r"[.:;]|\{", steps[0])[0]
    assert len(first) > 10 and first in in_sight["now"], (name, first)


def says_what_is_open(rulebook: Rulebook, worker: Worker, page: str, judged: Assessment, name: str) -> None:
    rules = [reason.rule for reason in judged.reasons if reason.rule]
    assert page.count("The rule:") == len(rules), name
    settled = "More answers will not change this result; it rules nothing out." in page
    assert settled == judged.settled and ('href="/visit/reasons#open"' in page) != judged.settled, name
    reasons = unescape(worker.opens("/visit/reasons"))
    listed = reasons.partition('id="open"')[2].partition("</ul>")[0]
    for id, indicator in judged.checklist.indicators.items():
        assert (indicator.text in listed) == (id in judged.open), (name, id)


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
        judged = assessed(rulebook, answers, circumstances)
        says_why_and_what_next_in_sight(rulebook, InSight(page).sections, judged, name)
        says_what_is_open(rulebook, worker, page, judged, name)
        has_number = bool(place) and bool(rulebook.places[place].emergency)
        assert ('href="tel:' in page) == has_number, name
        assert has_number or "112 in Europe, 911 in North America" in page, name


def test_what_is_not_known_and_can_change_nothing_is_not_told_to_be_open(worker: Worker, rulebook: Rulebook) -> None:
    answers, id = {"moved-or-housed-by-others": "told"}, "recruitment-and-control"
    judged = assessed(rulebook, answers, {}, by=id)
    assert set(judged.unknown) - set(judged.open), "else this tells nothing"
    worker.begins(checklist=id)
    for number, group in enumerate(rulebook.checklists[id].groups, start=1):
        if any(sign.id in answers for sign in group.indicators):
            worker.answers(number, **{sign.replace("-", "__"): answer for sign, answer in answers.items()})
    says_what_is_open(rulebook, worker, worker.opens("/visit/outcome"), judged, id)


def test_no_contact_that_is_held_back_is_shown(worker: Worker, rulebook: Rulebook) -> None:
    places = [place for place in rulebook.places.values() if any(contact.held_back for contact in place.contacts)]
    assert len(places) > 5
    for place in places:
        shown = {contact.organisation for contact in place.contacts if not contact.held_back}
        held_back = {contact.organisation for contact in place.contacts if contact.held_back} - shown
        worker.begins(place=place.iso)
        for path in ("/visit/outcome", "/visit/contacts", "/visit/sheet", f"/contacts?place={place.iso}"):
            page = unescape(worker.opens(path))
            assert not [name for name in held_back if name in page], (place.iso, path)
