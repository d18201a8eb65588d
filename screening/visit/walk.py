"""The walk: start, what can be seen at first sight, safety, the signs group by group, concern, and review."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from flask import current_app, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import NotFound

from screening import referral
from screening.compression import begins_alike
from screening.forms import (
    CONCERN,
    OBSERVED,
    SAFETY,
    FormError,
    circumstances_page,
    group_page,
    read_checklist,
    read_circumstances,
    read_group,
    read_place,
    read_seen,
    with_seen,
)
from screening.guidance import Kind
from screening.problems import Answered, sealed
from screening.session import Visit
from screening.speech import worker_language
from screening.visit.pages import (
    bp,
    guidance_because_of,
    keep,
    look_at_form,
    move,
    of_an_open_visit,
    page,
    rulebook,
    settings,
)
from screening.visit.team import needs_code, team_here, ticket

#: Stands where the secret of the form will be, in what is kept of the start.
TO_COME: Final = "@@"

#: How a visit may begin: with questions, or with what needs none.
WAYS: Final = {"questions": "visit.safety", "observe": "visit.observe"}


@bp.get("/")
def start() -> Answered:
    if sealed().has_visit:
        return start_page(secret=generate_csrf(), is_open=True, is_practice=sealed().is_practice, **told_at_start())
    beginning, end = current_app.extensions["kept_start"](
        worker_language().code, request.script_root, **told_at_start()
    )
    begins_alike(beginning)
    return current_app.response_class(beginning + generate_csrf().encode() + end)


def told_at_start() -> dict[str, Any]:
    """What the start says of the device, and of what works here."""
    return {
        "sheets_off": referral.pdf_unavailable() is not None,
        "team": team_here(),
        "needs_code": needs_code(),
    }


def start_page(**told: Any) -> str:
    return render_template(
        "start.html",
        checklists=list(rulebook().checklists.values()),
        places=rulebook().places,
        chosen=settings().place,
        site=rulebook().site,
        **told,
    )


def start_without_visit(language: str, root: str, **told: Any) -> tuple[bytes, bytes]:
    """The start as everybody of one team reads it in this language: what stands before the form's secret, and after.

    It is the heaviest page, and `create_app` keeps what this gives back. So it is asked for only where no visit is
    open, and may hang on nothing but what it is given (`root` is where the program lies below its host) and what the
    app began with.
    """
    page = start_page(secret=TO_COME, is_open=False, is_practice=False, **told)
    beginning, _, end = page.rpartition(TO_COME)
    return beginning.encode(), end.encode()


@bp.post("/visit")
def begin() -> Answered:
    look_at_form()
    checklist = rulebook().checklists[read_checklist(rulebook().checklists, request.form)]
    place = read_place(rulebook().places, request.form)
    way = WAYS.get(request.form.get("way", "questions"))
    if way is None:
        raise FormError("no such way through a visit")
    if needs_code():
        return redirect(url_for("visit.team_page"), 303)
    # Whoever began in one language goes on in it; the language of the person before is nobody's business any more.
    spoken = sealed().language
    sealed().begin(Visit(checklist.id, checklist.hash, place=place, ticket=ticket(), language=spoken))
    # One of WAYS.
    return redirect(url_for(way), 303)  # nosemgrep: into-an-address


@bp.route("/visit/observe", methods=["GET", "POST"])
@of_an_open_visit
def observe(visit: Visit) -> Answered:
    """What can be seen and needs no question: one page, and the outcome at once."""
    signs = [sign for sign in rulebook().checklists[visit.checklist].indicators.values() if sign.look]
    if request.method == "GET":
        return page("observe.html", visit, form=circumstances_page(OBSERVED, visit.circumstances))
    answers = with_seen(visit.answers, read_seen((sign.id for sign in signs), request.form))
    visit = replace(visit, answers=answers).with_circumstances(**read_circumstances(OBSERVED, request.form))
    return move(visit, onward=url_for("visit.outcome"), back=url_for("visit.start"))


def after_safety(visit: Visit) -> str:
    """Where the visit goes once the circumstances are known.

    An adult who refuses is asked nothing more; for a child, consent is not the gate, and nothing is asked aloud.
    """
    circumstances = visit.circumstances
    if circumstances.consent == "refused" and circumstances.age not in ("child", "unsure"):
        return url_for("visit.outcome")
    return url_for("visit.group", number=1)


@bp.route("/visit/safety", methods=["GET", "POST"])
@of_an_open_visit
def safety(visit: Visit) -> Answered:
    if request.method == "GET":
        form = circumstances_page(SAFETY, visit.circumstances)
        say = tuple(
            item for item in guidance_because_of(visit, "alone", "true", not_for="false") if item.kind is Kind.SAY
        )
        return page("safety.html", visit, form=form, places=rulebook().places, say=say)
    was_in_danger = visit.circumstances.danger == "true"
    visit = visit.with_circumstances(**read_circumstances(SAFETY, request.form))
    if "place" in request.form:
        visit = replace(visit, place=read_place(rulebook().places, request.form))
    onward = after_safety(visit)
    if visit.circumstances.danger == "true" and not was_in_danger:
        visit = replace(visit, at=onward)
        onward = url_for("visit.danger")
    return move(visit, onward=onward, back=url_for("visit.start"))


@bp.route("/visit/place", methods=["GET", "POST"])
@of_an_open_visit
def where(visit: Visit) -> Answered:
    """Another country: a page of its own, since the list is longer than all the rest of a page."""
    if request.method == "GET":
        return page("where.html", visit, places=rulebook().places)
    visit = replace(visit, place=read_place(rulebook().places, request.form))
    return move(visit, onward=url_for("visit.safety"), back=url_for("visit.safety"))


@bp.route("/visit/now", methods=["GET", "POST"])
@of_an_open_visit
def danger(visit: Visit) -> Answered:
    """The red card, shown at once whenever danger is said. Its address does not tell: a browser's history keeps it."""
    if request.method == "GET":
        return page("danger.html", visit, guidance=guidance_because_of(visit, "danger", "true", not_for="false"))
    onward = visit.at or url_for("visit.safety")
    if request.form.get("move") == "no-danger":
        return keep(visit.with_circumstances(danger="false"), onward)
    return move(visit, onward=onward, back=onward)


@bp.route("/visit/<int:number>", methods=["GET", "POST"])
@of_an_open_visit
def group(visit: Visit, number: int) -> Answered:
    groups = rulebook().checklists[visit.checklist].groups
    if not 1 <= number <= len(groups):
        raise NotFound
    asked = groups[number - 1]
    if request.method == "GET":
        is_alone = visit.circumstances.alone == "true"
        how_to_be_alone = () if is_alone else guidance_because_of(visit, "alone", "false", not_for="true")
        return page(
            "group.html",
            visit,
            form=group_page(asked, visit.answers_to_show),
            group=asked,
            number=number,
            how_to_be_alone=how_to_be_alone,
        )
    visit = visit.with_answers(read_group(asked, request.form))
    is_last = number == len(groups)
    return move(
        visit,
        onward=url_for("visit.concern") if is_last else url_for("visit.group", number=number + 1),
        back=url_for("visit.safety") if number == 1 else url_for("visit.group", number=number - 1),
    )


@bp.route("/visit/concern", methods=["GET", "POST"])
@of_an_open_visit
def concern(visit: Visit) -> Answered:
    if request.method == "GET":
        return page("concern.html", visit, form=circumstances_page(CONCERN, visit.circumstances))
    visit = visit.with_circumstances(**read_circumstances(CONCERN, request.form))
    groups = rulebook().checklists[visit.checklist].groups
    return move(visit, onward=url_for("visit.review"), back=url_for("visit.group", number=len(groups)))


@bp.route("/visit/review", methods=["GET", "POST"])
@of_an_open_visit
def review(visit: Visit) -> Answered:
    if request.method == "GET":
        return page("review.html", visit)
    return move(visit, onward=url_for("visit.outcome"), back=url_for("visit.concern"))
