"""Staying, finishing and leaving; and what can be read without a visit."""

from __future__ import annotations

from typing import Final

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound, ServiceUnavailable, TooManyRequests

from screening import referral
from screening.forms import FormError, read_place
from screening.problems import Answered, sealed
from screening.security import asked_from, forget_pages, is_local
from screening.session import Visit
from screening.speech import worker_language
from screening.throttle import Throttle
from screening.visit.pages import bp, inline, of_an_open_visit, rulebook, settings, time_left
from screening.visit.practice import finish_practice
from screening.visit.result import whom_to_call
from screening.visit.team import count, needs_code, ticket

#: How often an address may have a blank checklist made. Anybody may ask for one, and each keeps a process for two
#: seconds.
PAPERS: Final = Throttle("10/minute;60/hour")


@bp.get("/visit/awake")
@of_an_open_visit
def awake(visit: Visit) -> Answered:
    """Begin the idle time again: somebody is still there. Says how many seconds that gives."""
    sealed().modified = True
    return {"seconds": time_left()["seconds_left"]}


@bp.post("/visit/finish")
@of_an_open_visit
def finish(visit: Visit) -> Answered:
    """Count the visit once and erase it. Counting that fails is said in a line and keeps nobody."""
    if visit.case:
        return finish_practice(visit)
    failed = count(visit)
    sealed().leave()
    if failed:
        return forget_pages(redirect(url_for(failed), 303))
    return forget_pages(redirect(settings().leave_url or url_for("visit.done"), 303))


@bp.post("/visit/next")
@of_an_open_visit
def next_person(visit: Visit) -> Answered:
    """Count the visit, forget it, and begin one for whoever comes next, at the same place."""
    if visit.case:
        # Nobody comes next in practice, and no practice visit may become a real one.
        return finish_practice(visit)
    failed = count(visit)
    if failed:
        sealed().leave()
        return forget_pages(redirect(url_for(failed), 303))
    if needs_code():
        # The team was retired or has a new code: what was begun may end, and nothing more begins.
        sealed().leave()
        return forget_pages(redirect(url_for("visit.team_page"), 303))
    # Whoever went deeper began with the short one, and begins with it again.
    id = next(iter(rulebook().checklists)) if visit.walked else visit.checklist
    sealed().begin(
        Visit(id, rulebook().checklists[id].hash, place=visit.place, ticket=ticket(), language=visit.language)
    )
    return forget_pages(redirect(url_for("visit.safety"), 303))


@bp.get("/visit/cover")
@of_an_open_visit
def cover(visit: Visit) -> Answered:
    """A neutral page to cover the screen with: at once when one is no longer alone, and always without JavaScript.

    To show it is no touch.
    """
    sealed().is_touch = False
    left = sealed().seconds_until_end(settings().idle_minutes * 60)
    return render_template(
        "cover.html", begun=sealed()["begun"], at=visit.at or url_for("visit.safety"), seconds_left=left
    )


@bp.route("/leave", methods=["GET", "POST"])
def leave() -> Answered:
    """Erase the visit and go to a neutral page. Nothing is asked, nothing can refuse: it is one tap."""
    sealed().leave()
    return forget_pages(redirect(settings().leave_url or url_for("visit.closed"), 303))


@bp.get("/closed")
def closed() -> Answered:
    return forget_pages(current_app.make_response(render_template("closed.html")))


@bp.get("/closed/done")
def done() -> Answered:
    """After a visit was finished, in peace: it says so. Leaving says nothing."""
    return forget_pages(current_app.make_response(render_template("closed.html", is_done=True)))


@bp.get("/closed/uncounted")
def uncounted() -> Answered:
    page = render_template("closed.html", is_uncounted=True, onward=settings().leave_url)
    return forget_pages(current_app.make_response(page))


@bp.get("/closed/perhaps")
def perhaps_counted() -> Answered:
    """The database fell silent while it was to keep the count. It says so, and nothing is tried again."""
    page = render_template("closed.html", is_in_doubt=True, onward=settings().leave_url)
    return forget_pages(current_app.make_response(page))


@bp.get("/contacts")
def contacts() -> Answered:
    try:
        chosen = read_place(rulebook().places, request.args) or settings().place
    except FormError:
        raise NotFound from None
    place = rulebook().places.get(chosen)
    return render_template("contacts.html", places=rulebook().places, place=place, **whom_to_call(place, ()))


@bp.get("/paper.pdf")
def paper() -> Answered:
    """The blank checklist, without a visit. The address tells no more than which of the list it is."""
    checklists = list(rulebook().checklists.values())
    chosen = request.args.get("number", "1")
    try:
        place = read_place(rulebook().places, request.args) or settings().place
    except FormError:
        raise NotFound from None
    if not (chosen.isascii() and chosen.isdigit() and 1 <= int(chosen[:4]) <= len(checklists)):
        raise NotFound
    if not is_local() and not PAPERS.allows(asked_from()):
        raise TooManyRequests(retry_after=PAPERS.seconds_left(asked_from()))
    twin = referral.Twin(
        checklist=checklists[int(chosen) - 1],
        reserved=rulebook().reserved,
        place=rulebook().places.get(place),
        guidance=rulebook().guidance,
        red=rulebook().red,
        site=rulebook().site,
        language=worker_language().code,
    )
    try:
        return inline(referral.twin_as_pdf(twin, current_app.jinja_env))
    except referral.PdfUnavailableError:
        # There is no page of it that the browser could print instead.
        raise ServiceUnavailable from None


@bp.get("/healthz")
def healthz() -> Answered:
    keys_rotate = not current_app.extensions["keys"].in_memory
    sheets = referral.pdf_unavailable() is None
    counts = not current_app.extensions["tally"].is_resting
    return {"status": "ok" if keys_rotate and sheets and counts else "degraded"}
