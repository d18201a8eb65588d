"""The choice of a language: the worker's on every page, the person's within a visit; each by its own name."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import redirect, render_template, request, url_for

from screening.forms import read_language
from screening.problems import Answered
from screening.session import Visit
from screening.speech import LANGUAGE_COOKIE, person_languages, worker_languages
from screening.visit.pages import around_open_visit, bp, go_on, keep, move, of_an_open_visit, open_visit, page


def way_back(given: str) -> str:
    """The address to return to if it is one of ours, "" for any other: nobody is led elsewhere from here."""
    return given if re.fullmatch(r"/(?![/\\])[^\s\\]*", given) else ""


@bp.route("/language", methods=["GET", "POST"])
def language() -> Answered:
    if request.method == "GET":
        return render_template(
            "language.html",
            languages=worker_languages(),
            back=way_back(request.args.get("to", "")),
            **around_open_visit(),
        )
    if "language" not in request.form:
        return go_on()
    code = read_language([one.code for one in worker_languages()], request.form, "language")
    back = way_back(request.form.get("to", ""))
    visit = open_visit()
    if visit is not None:
        # With the visit, and gone with it: nothing that outlives a visit may come from one.
        return keep(replace(visit, language=code), back or visit.at or url_for("visit.review"))
    response = redirect(back or url_for("visit.start"), 303)
    # Lax and not Strict, which would be left out on the way from an intranet page: the start would be in two languages.
    response.set_cookie(LANGUAGE_COOKIE, code, path="/", httponly=True, samesite="Lax", secure=request.is_secure)
    return response


@bp.route("/visit/person", methods=["GET", "POST"])
@of_an_open_visit
def person(visit: Visit) -> Answered:
    """In which language phrases are shown beside the worker's own, and the card is made."""
    back = visit.at or url_for("visit.safety")
    if request.method == "GET":
        return page("person.html", visit, languages=person_languages())
    if "person" not in request.form:
        return move(visit, onward=back, back=back)
    code = read_language([one.code for one in person_languages()], request.form, "person")
    return keep(replace(visit, person=code), back)
