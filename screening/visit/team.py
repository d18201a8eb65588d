"""The team a device belongs to, its code, and the counting of a visit for it."""

from __future__ import annotations

import logging
from typing import Final, cast

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.exceptions import TooManyRequests

from screening.problems import Answered
from screening.security import asked_from, is_local
from screening.session import Visit
from screening.sites import Sites
from screening.store import StoreError
from screening.tally import MAIN, NotCountedError, Tally, counted
from screening.throttle import Throttle
from screening.visit.pages import bp, judged

log = logging.getLogger(__name__)

#: The cookie that names a device's team. It is no session: it holds for a year and says nothing of anybody.
TEAM_COOKIE: Final = "site"
_A_YEAR: Final = 365 * 24 * 60 * 60

#: How often a code may be tried from one address, and how many visits of one team may begin: a flood of visits that
#: are none would fill the database with tickets.
CODES: Final = Throttle("10/minute;60/hour")
TICKETS: Final = Throttle("600/minute")


def sites() -> Sites:
    return cast(Sites, current_app.extensions["sites"])


def team() -> str:
    """The id of this device's team, MAIN where there are no teams."""
    return sites().of_device(request.cookies.get(TEAM_COOKIE)) or MAIN


def team_here() -> str:
    """What this device's team is called, "" where there are no teams or it has none."""
    id = team()
    return "" if id == MAIN else sites().title(id)


def needs_code() -> bool:
    """Whether a visit may not begin here before the team's code was given.

    Without any team the program serves the machine it runs on and nobody else.
    """
    if team() != MAIN:
        return False
    return bool(sites().active()) or not is_local()


def ticket() -> str:
    """A ticket for a visit that begins, "" when none can be had: the visit goes on and is not counted."""
    if not TICKETS.allows(team()):
        log.warning("More visits begin than one team can walk: some are not counted.")
        return ""
    try:
        return cast(Tally, current_app.extensions["tally"]).issue()
    except NotCountedError as error:
        log.warning("A visit cannot be counted: %s.", error)
        return ""


def count(visit: Visit) -> str:
    """Count the visit; the page that says it was not counted, or perhaps not, "" when all is well.

    All is well, too, when the visit was sent twice and counted once. A practice visit is never counted, even if it
    should ever come with a ticket.
    """
    if visit.case:
        return ""
    if not visit.ticket:
        return "visit.uncounted"
    walked = [judged(visit, by=id) for id in (visit.checklist, *sorted(visit.walked - {visit.checklist}))]
    try:
        current_app.extensions["tally"].count(visit.ticket, team(), counted(walked, visit.sheet))
    except NotCountedError as error:
        log.warning("A visit was %snot counted: %s.", "perhaps " if error.in_doubt else "", error)
        return "visit.perhaps_counted" if error.in_doubt else "visit.uncounted"
    return ""


@bp.get("/site")
def team_page() -> Answered:
    return render_template("team.html", has_failed=False, team=team_here(), teams=bool(sites().active()))


@bp.get("/site/again")
def team_page_again() -> Answered:
    return render_template("team.html", has_failed=True, team=team_here(), teams=bool(sites().active()))


@bp.get("/site/away")
def code_is_away() -> Answered:
    """Said when the database does not answer: the code may well be right."""
    return render_template("team-away.html"), 503


@bp.post("/site")
def give_code() -> Answered:
    return _enter(request.form.get("code", ""))


@bp.get("/site/<code>")
def follow_link(code: str) -> Answered:
    """The link that a new device is opened with: it leads to the start, and its code is in no page."""
    return _enter(code)


def _enter(code: str) -> Answered:
    if wait := CODES.seconds_left(asked_from()):
        raise TooManyRequests(retry_after=wait)
    try:
        cookie = sites().cookie_for(code)
    except StoreError as error:
        log.warning("A team's code cannot be looked up: %s.", error)
        return redirect(url_for("visit.code_is_away"), 303)
    if not cookie:
        # A right one takes no try: a ward opens its devices one after the other behind one address. Nor does it give
        # any back, or whoever knows the code of one team could guess those of others for ever.
        CODES.allows(asked_from())
        return redirect(url_for("visit.team_page_again"), 303)
    response = redirect(url_for("visit.start"), 303)
    # Lax and not Strict: the link stands in an intranet, and the first page it leads to must know the team.
    response.set_cookie(
        TEAM_COOKIE, cookie, max_age=_A_YEAR, path="/", httponly=True, samesite="Lax", secure=request.is_secure
    )
    return response
