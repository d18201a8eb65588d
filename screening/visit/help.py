"""Help: how a visit goes, what is done with data, what cannot be protected; setting up, scripts, accessibility."""

from __future__ import annotations

from flask import render_template

from screening.problems import Answered, sealed
from screening.session import HARD_LIMIT
from screening.visit.pages import bp, rulebook, settings


def _help_page(template: str) -> str:
    return render_template(
        template,
        is_open=sealed().has_visit,
        hard_minutes=HARD_LIMIT // 60,
        idle_minutes=settings().idle_minutes,
        explanations=rulebook().explanations,
        scripts=rulebook().scripts,
        sources=rulebook().sources,
    )


@bp.get("/help")
def help() -> Answered:
    return _help_page("help.html")


@bp.get("/help/scripts")
def help_scripts() -> Answered:
    """Every script in full, to read and to print."""
    return _help_page("help-scripts.html")


@bp.get("/help/setting-up")
def help_setting_up() -> Answered:
    """How a computer of a ward is set up, step by step."""
    return _help_page("help-setting-up.html")


@bp.get("/help/accessibility")
def help_accessibility() -> Answered:
    return _help_page("help-accessibility.html")
