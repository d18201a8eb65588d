"""Signing in and out; what went wrong is said on a page of its own, since no POST is answered with one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec, cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError

from screening.accounts import Accounts, BusyError, Supervisor, one_name
from screening.problems import Answered
from screening.security import asked_from, forget_pages
from screening.store import StoreError
from screening.supervisor.session import IDLE, PREFIX, signed
from screening.throttle import Throttle

log = logging.getLogger(__name__)

bp = Blueprint("supervisor", __name__, url_prefix=PREFIX)

#: How often a sign-in may be tried from one address, and for one name, whether there is such a name or not. The longer
#: one tries, the slower it goes. Nobody is made to wait in here: a request that sleeps keeps a visit from its page.
TRIES: Final = "5/minute;30/hour;100/day"
#: More than one address has, or anybody who knows a supervisor's name could keep them out by trying wrong passwords.
TRIES_FOR_A_NAME: Final = "15/minute;90/hour;300/day"

#: A longer address is not led back to after the sign-in: it would not fit into the cookie.
_LONGEST_ADDRESS: Final = 1500

Given = ParamSpec("Given")


def accounts() -> Accounts:
    return cast(Accounts, current_app.extensions["accounts"])


def tries() -> Throttle:
    return cast(Throttle, current_app.extensions["sign_ins"])


def tries_for_a_name() -> Throttle:
    return cast(Throttle, current_app.extensions["sign_ins_by_name"])


def who() -> Supervisor | None:
    """The supervisor who is signed in, None when nobody is. Raises StoreError."""
    kept = signed().who
    return accounts().of_session(*kept) if kept else None


def of_a_supervisor(view: Callable[Concatenate[Supervisor, Given], Answered]) -> Callable[Given, Answered]:
    """Give the view the supervisor who is signed in; lead anybody else to the sign-in, and from there back."""

    @wraps(view)
    def with_supervisor(*args: Given.args, **kwargs: Given.kwargs) -> Answered:
        supervisor = who()
        if supervisor is None:
            session = signed()
            is_over = session.is_over or session.who is not None
            session.clear()
            session["why"] = "over" if is_over else ""
            address = request.full_path.rstrip("?")
            # A download is not led back to: it would leave the browser standing on the sign-in.
            if request.method == "GET" and len(address) <= _LONGEST_ADDRESS and request.path.count("/") < 3:
                session["at"] = address
            return redirect(url_for("supervisor.sign_in"), 303)
        return view(supervisor, *args, **kwargs)

    return with_supervisor


@bp.get("/sign-in")
def sign_in() -> Answered:
    if who() is not None:
        return redirect(url_for("supervisor.outcomes"), 303)
    why = signed().pop("why", "")
    wait = signed().pop("wait", 0)
    return render_template("supervisor/sign-in.html", why=why, wait=wait, idle_minutes=IDLE // 60)


@bp.post("/sign-in")
def send_sign_in() -> Answered:
    name = request.form.get("name", "")
    here, there = asked_from(), one_name(name)
    # An address that is kept out uses up nobody's tries but its own.
    if not (tries().allows(here) and tries_for_a_name().allows(there)):
        return _again("wait", wait=max(tries().seconds_left(here), tries_for_a_name().seconds_left(there), 1))
    try:
        supervisor = accounts().admit(name, request.form.get("password", ""), request.form.get("code", ""))
    except BusyError:
        return _again("busy")
    if supervisor is None:
        # Without the name: somebody may have typed the password there.
        log.warning("A supervisor's sign-in failed.")
        return _again("wrong")
    tries().forget(here)
    tries_for_a_name().forget(there)
    onward = signed().get("at") or url_for("supervisor.outcomes")
    signed().sign_in(supervisor.name, supervisor.sessions, current_app.extensions["clock"]())
    # An address that we sealed ourselves, below PREFIX.
    return redirect(onward, 303)  # nosemgrep: into-an-address


def _again(why: str, wait: int = 0) -> Answered:
    signed().update(why=why, wait=wait)
    return redirect(url_for("supervisor.sign_in"), 303)


@bp.post("/sign-out")
def sign_out() -> Answered:
    """End this session and every other of the same supervisor: whoever signs out may have forgotten one elsewhere."""
    supervisor = who()
    if supervisor is not None:
        accounts().end_sessions(supervisor.name)
    signed().leave()
    return forget_pages(redirect(url_for("supervisor.signed_out"), 303))


@bp.get("/signed-out")
def signed_out() -> Answered:
    return forget_pages(current_app.make_response(render_template("supervisor/signed-out.html")))


@bp.errorhandler(CSRFError)
def older_form(error: CSRFError) -> Answered:
    """A form whose secret is over, or that is none of ours: nothing is lost by signing in again."""
    if request.endpoint == "supervisor.sign_out":
        # Silence would leave a screen open to whoever comes next.
        return redirect(url_for("supervisor.still_signed_in"), 303)
    return _again("older")


@bp.get("/still-signed-in")
def still_signed_in() -> Answered:
    """Said when a sign-out was none, with a form that is fresh."""
    if who() is None:
        return redirect(url_for("supervisor.sign_in"), 303)
    return render_template("supervisor/still-signed-in.html")


@bp.errorhandler(StoreError)
def is_away(error: StoreError) -> Answered:
    log.warning("The counts cannot be read: %s.", error)
    if request.method == "POST":
        return redirect(url_for("supervisor.away"), 303)
    return away()


@bp.get("/away")
def away() -> Answered:
    return render_template("supervisor/refused.html", why="away", what="", onward=url_for("supervisor.outcomes")), 503
