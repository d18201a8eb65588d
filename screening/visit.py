"""The worker's pages: start, safety, the signs group by group, concern, review, outcome, sheet, and leaving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import NotFound

from screening import referral
from screening.assessment import assess
from screening.checklist import Assessment, Circumstances
from screening.forms import (
    CONCERN,
    SAFETY,
    FormError,
    circumstances_page,
    group_page,
    read_checklist,
    read_circumstances,
    read_group,
    read_place,
)
from screening.guidance import Guidance, Kind, fitting
from screening.keys import UnreadableError
from screening.places import Place
from screening.problems import Answered, ended_page, sealed
from screening.rulebook import Rulebook
from screening.security import forget_pages
from screening.session import HARD_LIMIT, Visit
from screening.settings import Settings

bp = Blueprint("visit", __name__)

Given = ParamSpec("Given")


def rulebook() -> Rulebook:
    return cast(Rulebook, current_app.extensions["rulebook"])


def settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])


def of_an_open_visit(view: Callable[Concatenate[Visit, Given], Answered]) -> Callable[Given, Answered]:
    """Give the view the open visit; without one, lead to the page that says so.

    A POST is never answered with a page: browsers write the bodies of rendered POSTs to disk.
    """

    @wraps(view)
    def with_visit(*args: Given.args, **kwargs: Given.kwargs) -> Answered:
        try:
            visit = sealed().read(rulebook().indicators)
        except UnreadableError:
            sealed().ended = "unreadable"
            visit = None
        if visit is None or visit.checklist not in rulebook().checklists:
            return redirect(url_for("visit.safety"), 303) if request.method == "POST" else ended_page()
        return view(visit, *args, **kwargs)

    return with_visit


# --- What every page of a visit needs -----------------------------------------------------------


def place_of(visit: Visit) -> Place | None:
    return rulebook().places.get(visit.place)


def judged(visit: Visit) -> Assessment:
    checklist = rulebook().checklists[visit.checklist]
    place = place_of(visit)
    circumstances = replace(visit.circumstances, legal_test=place.legal_test if place else None)
    return assess(
        checklist,
        visit.answers,
        circumstances,
        diagram=rulebook().diagrams[checklist.id],
        reserved=rulebook().reserved,
    )


def guidance_because_of(visit: Visit, name: str, value: str, *, not_for: str) -> tuple[Guidance, ...]:
    """The guidance that this value of a circumstance calls for, and that the value `not_for` does not."""

    def chosen(given: str) -> tuple[Guidance, ...]:
        blank = replace(visit, answers={}, circumstances=Circumstances()).with_circumstances(**{name: given})
        return fitting(rulebook().guidance, judged(blank))

    without = chosen(not_for)
    return tuple(item for item in chosen(value) if item not in without)


def page(template: str, visit: Visit, **context: Any) -> str:
    """A page of the visit: the red lines and the three ways out are on every one of them."""
    checklist = rulebook().checklists[visit.checklist]
    assessment = context.pop("assessment", None) or judged(visit)
    return render_template(
        template,
        visit=visit,
        checklist=checklist,
        place=place_of(visit),
        assessment=assessment,
        red_words=rulebook().red,
        changed=visit.checklist_hash != checklist.hash,
        **time_left(),
        **context,
    )


def time_left() -> dict[str, int]:
    """What a page says of the idle limit, and the seconds after which its script leaves."""
    minutes = settings().idle_minutes
    return {"idle_minutes": minutes, "seconds_left": sealed().seconds_left(minutes * 60)}


def keep(visit: Visit, to: str) -> Answered:
    """Seal the visit and lead on to the address `to`."""
    sealed().keep(visit)
    return redirect(to, 303)


def move(visit: Visit, *, onward: str, back: str) -> Answered:
    """Do what the pressed button says: on, back, to the review, or one of the buttons that every page has."""
    match request.form.get("move", "next"):
        case "next":
            return keep(visit, onward)
        case "back":
            return keep(visit, back)
        case "review":
            return keep(visit, url_for("visit.review"))
        case "danger":
            # Pressed on the red card itself, it must not lead from the card to the card.
            at = visit.at if request.path == url_for("visit.danger") else request.path
            return keep(replace(visit.with_circumstances(danger="true"), at=at), url_for("visit.danger"))
        case "not-alone":
            return keep(visit.with_circumstances(alone="false"), request.path)
        case "alone":
            return keep(visit.with_circumstances(alone="true"), request.path)
        case _:
            raise FormError("no such move")


def after_safety(visit: Visit) -> str:
    """Where the visit goes once the circumstances are known.

    An adult who refuses is asked nothing more; for a child, consent is not the gate, and nothing is asked aloud.
    """
    circumstances = visit.circumstances
    if circumstances.consent == "refused" and circumstances.age not in ("child", "unsure"):
        return url_for("visit.outcome")
    return url_for("visit.group", number=1)


# --- Before a visit -----------------------------------------------------------------------------


@bp.get("/")
def start() -> Answered:
    return render_template(
        "start.html",
        checklists=rulebook().checklists.values(),
        places=rulebook().places,
        chosen=settings().place,
        is_open=sealed().has_visit,
        sheets_off=referral.pdf_unavailable() is not None,
    )


@bp.post("/visit")
def begin() -> Answered:
    try:
        current_app.extensions["csrf"].protect()
    except CSRFError:
        # The start page stays open on a ward's screen for longer than its secret lasts. Where the browser vouches for
        # the origin and nothing is lost by it, that is no reason to turn somebody in a hurry away.
        vouched_for = "Origin" in request.headers and request.form.get("csrf_token")
        if not vouched_for or sealed().has_visit:
            raise
    checklist = rulebook().checklists[read_checklist(rulebook().checklists, request.form)]
    place = read_place(rulebook().places, request.form)
    sealed().begin(Visit(checklist=checklist.id, checklist_hash=checklist.hash, place=place))
    return redirect(url_for("visit.safety"), 303)


# --- The visit ----------------------------------------------------------------------------------


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


@bp.route("/visit/danger", methods=["GET", "POST"])
@of_an_open_visit
def danger(visit: Visit) -> Answered:
    """The red card, shown at once whenever danger is said."""
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
            form=group_page(asked, visit.answers),
            group=asked,
            number=number,
            how_to_be_alone=how_to_be_alone,
        )
    visit = replace(visit, answers={**visit.answers, **read_group(asked, request.form)})
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


@bp.route("/visit/outcome", methods=["GET", "POST"])
@of_an_open_visit
def outcome(visit: Visit) -> Answered:
    if request.method == "POST":
        return move(visit, onward=url_for("visit.outcome"), back=url_for("visit.review"))
    assessment = judged(visit)
    guidance = fitting(rulebook().guidance, assessment)
    return page(
        "outcome.html",
        visit,
        assessment=assessment,
        sources=rulebook().sources,
        guidance={kind.value: [item for item in guidance if item.kind is kind] for kind in Kind},
        contacts=referral.by_fit(assessment, place_of(visit)),
        sheets_off=referral.pdf_unavailable() is not None,
    )


def sheet_of(visit: Visit) -> referral.Sheet:
    assessment = judged(visit)
    return referral.Sheet(
        assessment=assessment,
        place=place_of(visit),
        guidance=fitting(rulebook().guidance, assessment),
        sources=rulebook().sources,
        red=rulebook().red,
        language=str(get_locale() or "en"),
    )


@bp.get("/visit/sheet.pdf")
@of_an_open_visit
def sheet_pdf(visit: Visit) -> Answered:
    try:
        pdf = referral.as_pdf(sheet_of(visit), current_app.jinja_env)
    except referral.PdfUnavailableError:
        # The visit goes on: the same sheet as a page that the browser prints.
        return redirect(url_for("visit.sheet"), 303)
    response = current_app.response_class(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="guide.pdf"'
    return response


@bp.route("/visit/sheet", methods=["GET", "POST"])
@of_an_open_visit
def sheet(visit: Visit) -> Answered:
    if request.method == "POST":
        return move(visit, onward=url_for("visit.outcome"), back=url_for("visit.outcome"))
    return referral.as_html(sheet_of(visit), current_app.jinja_env, around={"visit": visit, **time_left()})


@bp.get("/visit/awake")
@of_an_open_visit
def awake(visit: Visit) -> Answered:
    """Begin the idle time again: somebody is still there. Says how many seconds that gives."""
    sealed().modified = True
    return {"seconds": time_left()["seconds_left"]}


@bp.post("/visit/finish")
@of_an_open_visit
def finish(visit: Visit) -> Answered:
    return leave()


# --- Leaving ------------------------------------------------------------------------------------


@bp.route("/leave", methods=["GET", "POST"])
def leave() -> Answered:
    """Erase the visit and go to a neutral page. Nothing is asked, nothing can refuse: it is one tap."""
    sealed().leave()
    return forget_pages(redirect(settings().leave_url or url_for("visit.closed"), 303))


@bp.get("/closed")
def closed() -> Answered:
    return forget_pages(current_app.make_response(render_template("closed.html")))


# --- Without a visit ----------------------------------------------------------------------------


@bp.get("/contacts")
def contacts() -> Answered:
    try:
        chosen = read_place(rulebook().places, request.args) or settings().place
    except FormError:
        raise NotFound from None
    return render_template("contacts.html", places=rulebook().places, place=rulebook().places.get(chosen))


@bp.get("/help")
def help() -> Answered:
    return render_template(
        "help.html", is_open=sealed().has_visit, hard_minutes=HARD_LIMIT // 60, idle_minutes=settings().idle_minutes
    )


@bp.get("/healthz")
def healthz() -> Answered:
    keys_rotate = not current_app.extensions["keys"].in_memory
    sheets = referral.pdf_unavailable() is None
    return {"status": "ok" if keys_rotate and sheets else "degraded"}
