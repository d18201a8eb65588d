"""What the browser is shown when a request cannot be met: always what happened, and a way on."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app, redirect, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import Conflict, HTTPException
from werkzeug.wrappers import Response as BaseResponse

from screening.forms import FormError
from screening.security import forget_pages
from screening.session import SealedSession

bp = Blueprint("problems", __name__)

Answered = str | BaseResponse | tuple[str, int] | dict[str, str] | dict[str, int]


def sealed() -> SealedSession:
    """`flask.session` by its own type."""
    return cast(SealedSession, session)


def ended_page() -> Answered:
    """The page in place of a visit that is not open (any more): neutral, and with a way on."""
    reason = sealed().ended
    sealed().leave()
    response = current_app.make_response(render_template("ended.html", reason=reason))
    # A cookie that cannot be opened is a bad request; a visit that is over is gone.
    response.status_code = 400 if reason == "unreadable" else 410
    return forget_pages(response)


@bp.app_errorhandler(CSRFError)
def older_form(error: CSRFError) -> Answered:
    """A form without the secret of the open visit: forged, or left over from an earlier visit in another tab.

    The second may carry answers, and the browser would write them to disk with the page that answers it: so that
    one is led to a page of its own. A form without any secret is none of our pages'.
    """
    if "csrf_token" in request.form:
        return redirect(url_for("problems.older"), 303)
    return problem(error)


@bp.get("/older")
def older() -> Answered:
    if not sealed().has_visit:
        return ended_page()
    raise Conflict


@bp.app_errorhandler(FormError)
def unknown_choice(error: FormError) -> Answered:
    return render_template("problem.html", code=400, is_open=sealed().has_visit), 400


@bp.app_errorhandler(HTTPException)
def problem(error: HTTPException) -> Answered:
    code = error.code or 500
    if code < 400:
        return cast(Response, error.get_response())
    wait = getattr(error, "retry_after", None)
    page = render_template("problem.html", code=code, wait=wait, is_open=sealed().has_visit)
    response = current_app.make_response((page, code))
    if error.response is None:
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
    return response
