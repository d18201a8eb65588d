"""Practice: the list of invented cases, the story beside the questions, and the talk about it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from screening.checklist import Checklist
from screening.forms import read_case
from screening.practice import Part, PracticeCase, Script, compare
from screening.problems import Answered, sealed
from screening.security import forget_pages
from screening.session import Visit
from screening.visit.pages import bp, judged, keep, look_at_form, move, of_an_open_visit, page, rulebook

#: The part of the story that is told on each page beside those of the groups.
PARTS: Final = {
    "visit.safety": "safety",
    "visit.concern": "concern",
    **dict.fromkeys(("visit.review", "visit.outcome", "visit.discussion"), "all"),
}


@bp.get("/practice")
def practice() -> Answered:
    """The cases, each behind the checklist it is walked with. No team's code is asked for: nothing is counted."""
    by_checklist: list[tuple[Checklist, list[PracticeCase]]] = []
    for checklist in rulebook().checklists.values():
        cases = [case for case in rulebook().cases.values() if case.checklist == checklist.id]
        if cases:
            by_checklist.append((checklist, cases))
    session = sealed()
    return render_template(
        "practice.html",
        by_checklist=by_checklist,
        is_practice=session.is_practice,
        is_real=session.has_visit and not session.is_practice,
    )


@bp.post("/practice")
def begin_practice() -> Answered:
    look_at_form()
    if sealed().has_visit and not sealed().is_practice:
        # A visit with somebody real would be gone: the list says that it must be finished or left first.
        return redirect(url_for("visit.practice"), 303)
    case = rulebook().cases[read_case(rulebook().cases, request.form)]
    checklist = rulebook().checklists[case.checklist]
    spoken = sealed().language
    sealed().begin(Visit(checklist.id, checklist.hash, place=case.place, case=case.id, language=spoken))
    return redirect(url_for("visit.safety"), 303)


@dataclass(frozen=True, slots=True)
class Told:
    """A case as far as it is told on a page: what came before, and what belongs to this page."""

    case: PracticeCase
    before: tuple[Part, ...]
    now: tuple[Part, ...]


@bp.app_template_global()
def told(visit: Visit) -> Told | None:
    """The story as far as it is told on the page that is asked for; None when its case is in the files no longer."""
    case = rulebook().cases.get(visit.case)
    if case is None:
        return None
    checklist = rulebook().checklists[case.checklist]
    parts = case.story.parts(checklist)
    here = _here(visit, checklist)
    if here is None:
        # A page that may be opened from any other, such as the red card, must not tell what is still to come.
        return Told(case, (), ())
    if here == "all":
        return Told(case, parts, ())
    order = ["start", "safety", *(f"groups/{group.id}" for group in checklist.groups), "concern"]
    # What happens before the first question has no page of its own.
    current = {here, "start"} if here == "safety" else {here}
    before = tuple(part for part in parts if order.index(part[0]) < order.index(here) and part[0] not in current)
    return Told(case, before, tuple(part for part in parts if part[0] in current))


def _here(visit: Visit, checklist: Checklist) -> str | None:
    """The part of the story that belongs to the page that is asked for; "all" where all of it has been told."""
    if visit.checklist != checklist.id:
        # Whoever went on to another checklist has heard it to its end.
        return "all"
    if request.endpoint == "visit.group":
        number = (request.view_args or {})["number"]
        return f"groups/{checklist.groups[number - 1].id}"
    return PARTS.get(request.endpoint or "")


@bp.app_template_global()
def scripts_at(circumstance: str) -> list[Script]:
    """The scripts that are offered beside the question for this circumstance."""
    return [script for script in rulebook().scripts.values() if circumstance in script.at]


@bp.route("/visit/discussion", methods=["GET", "POST"])
@of_an_open_visit
def discussion(visit: Visit) -> Answered:
    """The walk beside what the case expects. Nothing in it is a mark: careful people differ, and say why."""
    case = rulebook().cases.get(visit.case)
    if case is None:
        raise NotFound
    if request.method == "POST":
        return move(visit, onward=url_for("visit.outcome"), back=url_for("visit.outcome"))
    checklist = rulebook().checklists[case.checklist]
    careful = replace(
        visit,
        checklist=case.checklist,
        place=case.place,
        answers=case.expected.answers,
        circumstances=case.expected.circumstances,
        doubted=frozenset(),
    )
    return page(
        "discussion.html",
        visit,
        case=case,
        by=checklist,
        given=judged(visit, by=case.checklist),
        expected=judged(careful),
        compared=compare(case, checklist, visit.answers, visit.circumstances),
        parts=case.story.parts(checklist),
        sources=rulebook().sources,
    )


def finish_practice(visit: Visit) -> Answered:
    """Lead from the result to the discussion, and from there, with all erased, to the list. Nothing is counted."""
    if visit.case in rulebook().cases and request.form.get("practice") != "over":
        return keep(visit, url_for("visit.discussion"))
    sealed().leave()
    return forget_pages(redirect(url_for("visit.practice"), 303))
