"""Help: how a visit goes, what is done with data, what cannot be protected; setting up, scripts, accessibility."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from screening.keys import UnreadableError
from screening.problems import Answered, sealed
from screening.session import HARD_LIMIT, Visit
from screening.visit.pages import bp, move, of_an_open_visit, rulebook, settings, time_left


def _open_visit() -> Visit | None:
    """The visit in the middle of which help is read. One that cannot be read is told of by its own pages."""
    try:
        return sealed().read(rulebook().indicators, rulebook().checklists)
    except UnreadableError:
        return None


@of_an_open_visit
def _go_on(visit: Visit) -> Answered:
    """Back to the page that help was opened from, or what the bar says."""
    where = visit.at or url_for("visit.review")
    return move(visit, onward=where, back=where)


def _help_page(template: str) -> Answered:
    if request.method == "POST":
        return _go_on()
    visit = _open_visit()
    of_a_visit: dict[str, Any] = {"visit": visit, "begun": sealed()["begun"], **time_left()} if visit else {}
    return render_template(
        template,
        hard_minutes=HARD_LIMIT // 60,
        explanations=rulebook().explanations,
        scripts=rulebook().scripts,
        sources=rulebook().sources,
        **({"idle_minutes": settings().idle_minutes} | of_a_visit),
    )


@bp.route("/help", methods=["GET", "POST"])
def help() -> Answered:
    return _help_page("help.html")


@bp.route("/help/scripts", methods=["GET", "POST"])
def help_scripts() -> Answered:
    """Every script in full, to read and to print."""
    return _help_page("help-scripts.html")


@bp.route("/help/setting-up", methods=["GET", "POST"])
def help_setting_up() -> Answered:
    """How a computer of a ward is set up, step by step."""
    return _help_page("help-setting-up.html")


@bp.route("/help/accessibility", methods=["GET", "POST"])
def help_accessibility() -> Answered:
    return _help_page("help-accessibility.html")
