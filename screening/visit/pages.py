"""What every page of a visit needs: the open visit, its assessment, the red lines, and the moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError

from screening import referral
from screening.assessment import assess
from screening.checklist import Assessment, Circumstances
from screening.forms import FormError
from screening.guidance import Guidance, fitting
from screening.keys import UnreadableError
from screening.places import Place
from screening.problems import Answered, ended_page, sealed
from screening.rulebook import Rulebook
from screening.session import Visit
from screening.settings import Settings
from screening.speech import person_language

bp = Blueprint("visit", __name__)

#: The pages that lead back to where they were opened from; Help has several.
INTERRUPTIONS: Final = ("visit.danger", "visit.help", "visit.language", "visit.person")

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
            visit = sealed().read(rulebook().indicators, rulebook().checklists)
        except UnreadableError:
            sealed().ended = "unreadable"
            visit = None
        if visit is None or visit.checklist not in rulebook().checklists:
            return redirect(url_for("visit.safety"), 303) if request.method == "POST" else ended_page()
        return view(visit, *args, **kwargs)

    return with_visit


def open_visit() -> Visit | None:
    """The visit that is open, for a page that is there without one, too. One that cannot be read counts as none."""
    try:
        return sealed().read(rulebook().indicators, rulebook().checklists)
    except UnreadableError:
        return None


def around_open_visit() -> dict[str, Any]:
    """What the bar of a visit needs on a page that is there without one, too: {} where none is open."""
    visit = open_visit()
    return around(visit) if visit else {}


def around(visit: Visit) -> dict[str, Any]:
    """What the bar and the script of a page of this visit need."""
    return {"visit": visit, "begun": sealed()["begun"], **time_left()}


@of_an_open_visit
def go_on(visit: Visit) -> Answered:
    """Back to the page that such a page was opened from, or what the bar says."""
    where = visit.at or url_for("visit.review")
    return move(visit, onward=where, back=where)


def look_at_form() -> None:
    """Take the form of a page that begins something. Raises CSRFError for one that is forged, or could lose a visit."""
    try:
        current_app.extensions["csrf"].protect()
    except CSRFError:
        # The start page stays open on a ward's screen for longer than its secret lasts. Where the browser vouches for
        # the origin and nothing is lost by it, that is no reason to turn somebody in a hurry away.
        vouched_for = "Origin" in request.headers and request.form.get("csrf_token")
        if not vouched_for or sealed().has_visit:
            raise


def place_of(visit: Visit) -> Place | None:
    return rulebook().places.get(visit.place)


def judged(visit: Visit, by: str = "") -> Assessment:
    """The visit's answers, judged by the checklist with the id `by`, else by its own."""
    checklist = rulebook().checklists[by or visit.checklist]
    place = place_of(visit)
    circumstances = replace(visit.circumstances, legal_test=place.legal_test if place else None)
    return assess(
        checklist,
        visit.answers,
        circumstances,
        diagram=rulebook().diagrams[checklist.id],
        reserved=rulebook().reserved,
        doubted=visit.doubted,
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
        person=person_language(visit.person),
        checklist=checklist,
        place=place_of(visit),
        assessment=assessment,
        red_words=rulebook().red,
        site=context.pop("site", rulebook().site),
        changed=visit.checklist_hash != checklist.hash,
        **around(visit),
        **context,
    )


def time_left() -> dict[str, int]:
    """What a page says of the idle limit, and the seconds after which its script leaves."""
    minutes = settings().idle_minutes
    return {"idle_minutes": minutes, "seconds_left": sealed().seconds_left(minutes * 60)}


def inline(pdf: bytes) -> Answered:
    """A PDF shown in the browser under a neutral name: a download would stay on the disk.

    It is no touch: what takes seconds to make must not bring back a visit that was left in another tab meanwhile.
    """
    sealed().is_touch = False
    response = current_app.response_class(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="guide.pdf"'
    return response


def keep(visit: Visit, to: str) -> Answered:
    """Seal the visit and lead on to the address `to`."""
    sealed().keep(visit)
    return redirect(to, 303)


def steps(visit: Visit) -> list[str]:
    """The addresses of the steps of a visit, in their order: safety, each group, concern, review, outcome."""
    groups = rulebook().checklists[visit.checklist].groups
    return [
        url_for("visit.safety"),
        *(url_for("visit.group", number=number) for number in range(1, len(groups) + 1)),
        url_for("visit.concern"),
        url_for("visit.review"),
        url_for("visit.outcome"),
    ]


def move(visit: Visit, *, onward: str, back: str) -> Answered:
    """Do what the pressed button says: on, back, to a step, or one of the buttons that every page has."""
    asked = request.form.get("move", "next")
    # An interruption leads on from where it was pressed; pressed within another one, from where that one was.
    at = visit.at if (request.endpoint or "").startswith(INTERRUPTIONS) else request.path
    if asked.startswith("step-"):
        jumps = {f"step-{number}": address for number, address in enumerate(steps(visit), start=1)}
        if asked in jumps:
            return keep(visit, jumps[asked])
    if asked.startswith("scripts-") and (script := asked.removeprefix("scripts-")) in rulebook().scripts:
        # By its number there: the history of a browser keeps anchors too, and "disclosure" would tell of the visit.
        number = [*rulebook().scripts].index(script) + 1
        there = url_for("visit.help_scripts", _anchor=str(number))  # nosemgrep: into-an-address
        return keep(replace(visit, at=at), there)
    match asked:
        case "next":
            return keep(visit, onward)
        case "back":
            return keep(visit, back)
        case "review":
            return keep(visit, url_for("visit.review"))
        case "danger":
            return keep(replace(visit.with_circumstances(danger="true"), at=at), url_for("visit.danger"))
        case "place":
            return keep(visit, url_for("visit.where"))
        case "cover":
            # Without JavaScript; with it, the page covers itself in place.
            return keep(replace(visit, at=at), url_for("visit.cover"))
        case "not-alone":
            # Whoever came in must not find on the screen what the person just told.
            return keep(replace(visit.with_circumstances(alone="false"), at=at), url_for("visit.cover"))
        case "help":
            return keep(replace(visit, at=at), url_for("visit.help"))
        case "scripts":
            return keep(replace(visit, at=at), url_for("visit.help_scripts"))
        case "language" | "person":
            # One of these two words.
            return keep(replace(visit, at=at), url_for(f"visit.{asked}"))  # nosemgrep: into-an-address
        case "alone":
            return keep(visit.with_circumstances(alone="true"), request.path)
        case "sheet":
            # Noted by the form and not by the sheet: a slow sheet could bring back a visit that was left meanwhile.
            there = "visit.sheet" if referral.pdf_unavailable() else "visit.sheet_pdf"
            return keep(replace(visit, sheet=True), url_for(there))
        case "sheet-as-page":
            return keep(replace(visit, sheet=True), url_for("visit.sheet"))
        case _:
            raise FormError("no such move")
