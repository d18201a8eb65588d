"""Help: how a visit goes, what is done with data, what cannot be protected; setting up, scripts, accessibility."""

from __future__ import annotations

from flask import render_template, request

from screening.problems import Answered
from screening.session import HARD_LIMIT
from screening.visit.pages import around_open_visit, bp, go_on, rulebook, settings


def _help_page(template: str) -> Answered:
    if request.method == "POST":
        return go_on()
    return render_template(
        template,
        hard_minutes=HARD_LIMIT // 60,
        explanations=rulebook().explanations,
        scripts=rulebook().scripts,
        sources=rulebook().sources,
        **({"idle_minutes": settings().idle_minutes} | around_open_visit()),
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
