"""The result: what the answers say and what to do now, the sheet, and the way on to another checklist."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from flask import current_app, redirect, request, url_for

from screening import referral
from screening.assessment import elements_noted, means_asked_for, more_urgent
from screening.checklist import Answer, Assessment, Checklist
from screening.forms import read_checklist
from screening.guidance import Kind, fitting
from screening.places import Place, Wanted, by_fit, nobody_answers
from screening.problems import Answered
from screening.session import Visit
from screening.speech import person_language, worker_language
from screening.visit.pages import around, bp, inline, judged, keep, move, of_an_open_visit, page, place_of, rulebook

#: The row of the sources that says what to do when nobody answers.
NIGHT_PLAN: Final = "bp/night/1"


def judged_more_urgent(visit: Visit, assessment: Assessment) -> Assessment | None:
    """What another checklist makes of the same answers, where that is more urgent."""
    others = [judged(visit, by=id) for id in rulebook().checklists if id != visit.checklist]
    return more_urgent(others, assessment)


def deeper(visit: Visit) -> list[tuple[Checklist, int, int]]:
    """The other checklists with the number of signs that each would add, and of those that are answered already."""
    answered = {id for id, answer in visit.answers_to_show.items() if answer is not Answer.UNKNOWN}
    others = [one for one in rulebook().checklists.values() if one.id != visit.checklist]
    counted = [(one, len(answered.intersection(one.countable))) for one in others]
    return [(one, len(one.countable) - known, known) for one, known in counted if known < len(one.countable)]


@bp.route("/visit/outcome", methods=["GET", "POST"])
@of_an_open_visit
def outcome(visit: Visit) -> Answered:
    if request.method == "POST":
        for field, onward in (("checklist", url_for("visit.group", number=1)), ("result", url_for("visit.outcome"))):
            if field in request.form:
                # The answers stay: they belong to signs, and not to a checklist.
                chosen = rulebook().checklists[read_checklist(rulebook().checklists, request.form, field)]
                walked = visit.walked | {visit.checklist}
                return keep(replace(visit, checklist=chosen.id, checklist_hash=chosen.hash, walked=walked), onward)
        return move(visit, onward=url_for("visit.outcome"), back=url_for("visit.review"))
    assessment = judged(visit)
    guidance = fitting(rulebook().guidance, assessment)
    return page(
        "outcome.html",
        visit,
        assessment=assessment,
        sources=rulebook().sources,
        also=judged_more_urgent(visit, assessment),
        elements=elements_noted(assessment) if assessment.checklist.elements else {},
        means_asked_for=means_asked_for(assessment.circumstances),
        deeper=deeper(visit),
        can_go_deeper=assessment.circumstances.questions_allowed and "danger" not in assessment.red,
        guidance={kind.value: [item for item in guidance if item.kind is kind] for kind in Kind},
        **whom_to_call(place_of(visit), referral.wanted(assessment)),
        sheets_off=referral.pdf_unavailable() is not None,
    )


def whom_to_call(place: Place | None, wanted: Wanted) -> dict[str, Any]:
    """What the list of contacts needs: who answers now comes first, or the plan for when nobody does."""
    now = datetime.fromtimestamp(current_app.extensions["clock"](), UTC)
    plan = [item for item in rulebook().guidance if NIGHT_PLAN in item.sources]
    return {
        "contacts": by_fit(place, wanted, now, {worker_language().code}),
        "site": rulebook().site,
        "night_plan": plan if place and place.has_file and nobody_answers(place, wanted, now) else [],
    }


@bp.route("/visit/reasons", methods=["GET", "POST"])
@of_an_open_visit
def reasons(visit: Visit) -> Answered:
    """Which fact of which document each sign rests on, and what could still change the result."""
    if request.method == "POST":
        return move(visit, onward=url_for("visit.outcome"), back=url_for("visit.outcome"))
    return page("reasons.html", visit, sources=rulebook().sources)


@bp.route("/visit/read", methods=["GET", "POST"])
@of_an_open_visit
def read(visit: Visit) -> Answered:
    """What is good to know, and how good such a checklist is: for when there is time."""
    if request.method == "POST":
        return move(visit, onward=url_for("visit.outcome"), back=url_for("visit.outcome"))
    know = [item for item in fitting(rulebook().guidance, judged(visit)) if item.kind is Kind.KNOW]
    return page("read.html", visit, know=know, sources=rulebook().sources, explanations=rulebook().explanations)


@bp.route("/visit/contacts", methods=["GET", "POST"])
@of_an_open_visit
def whom(visit: Visit) -> Answered:
    """All contacts of the place, in the order that fits this visit."""
    if request.method == "POST":
        return move(visit, onward=url_for("visit.outcome"), back=url_for("visit.outcome"))
    place = place_of(visit)
    return page("whom.html", visit, **whom_to_call(place, referral.wanted(judged(visit))))


def sheet_of(visit: Visit) -> referral.Sheet:
    assessment = judged(visit)
    return referral.Sheet(
        assessment=assessment,
        place=place_of(visit),
        guidance=fitting(rulebook().guidance, assessment),
        sources=rulebook().sources,
        red=rulebook().red,
        language=worker_language().code,
        also=judged_more_urgent(visit, assessment),
        site=rulebook().site,
        practice=bool(visit.case),
    )


@bp.get("/visit/sheet.pdf")
@of_an_open_visit
def sheet_pdf(visit: Visit) -> Answered:
    try:
        pdf = referral.as_pdf(sheet_of(visit), current_app.jinja_env)
    except referral.PdfUnavailableError:
        # The visit goes on: the same sheet as a page that the browser prints.
        return redirect(url_for("visit.sheet"), 303)
    return inline(pdf)


@bp.route("/visit/sheet", methods=["GET", "POST"])
@of_an_open_visit
def sheet(visit: Visit) -> Answered:
    if request.method == "POST":
        return move(visit, onward=url_for("visit.outcome"), back=url_for("visit.outcome"))
    return referral.as_html(sheet_of(visit), current_app.jinja_env, around=around(visit))


@bp.route("/visit/card", methods=["GET", "POST"])
@of_an_open_visit
def card(visit: Visit) -> Answered:
    """Whether a card is safe to carry; the way to it leads through this question alone."""
    if request.method == "GET":
        numbers = referral.card_numbers(place_of(visit), referral.wanted(judged(visit)), visit.person)
        return page("card-question.html", visit, numbers=numbers, unprintable=referral.pdf_unavailable() is not None)
    if request.form.get("safe") == "true" and visit.circumstances.alone != "false":
        return keep(replace(visit, card=True), url_for("visit.card_pdf"))
    return move(visit, onward=url_for("visit.outcome"), back=url_for("visit.outcome"))


@bp.get("/visit/card.pdf")
@of_an_open_visit
def card_pdf(visit: Visit) -> Answered:
    if not visit.card or visit.circumstances.alone == "false":
        return redirect(url_for("visit.card"), 303)
    place = place_of(visit)
    numbers = referral.card_numbers(place, referral.wanted(judged(visit)), visit.person)
    worker = worker_language()
    language = person_language(visit.person) or worker
    try:
        pdf = referral.card_as_pdf(place, numbers, current_app.jinja_env, language, worker, practice=bool(visit.case))
    except referral.PdfUnavailableError:
        return redirect(url_for("visit.card"), 303)
    return inline(pdf)
