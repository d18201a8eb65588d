"""The supervisor's session: a sealed cookie of its own under /supervisor, over after half an hour without a page."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final, cast

from flask import Flask, Request, Response, session
from flask import request as current_request
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from screening.keys import SKEW, Keys, UnreadableError

PREFIX: Final = "/supervisor"
COOKIE: Final = "supervisor"

#: A session is over this long after the last page, and this long after the sign-in whatever is done, in seconds.
IDLE: Final = 30 * 60
LONGEST: Final = 2 * 60 * 60

#: Reading pages seals the session anew at most this often, in seconds.
SEAL_AGAIN: Final = 60


class SupervisorSession(CallbackDict[str, Any], SessionMixin):
    """`flask.session` on the supervisors' pages: who is signed in, and the secret of their forms.

    `has_visit`, `ended`, `language` and `leave` are what every page may ask of a session: no visit is ever in this one.
    `is_over` says that the browser came with a session whose time had passed.
    """

    has_visit: Final = False
    ended: Final = ""
    language: Final = ""

    def __init__(self, content: dict[str, Any] | None = None, *, sealed_at: int = 0, is_over: bool = False) -> None:
        def changed(_: object) -> None:
            self.modified = True

        super().__init__(content or {}, changed)
        self.modified = False
        self.new = not content
        self.sealed_at = sealed_at
        self.is_over = is_over
        self.left = False

    def sign_in(self, name: str, sessions: int, now: float) -> None:
        """Begin anew, with a new form secret: nothing of the time before the password goes on."""
        self.clear()
        self["who"] = {"name": name, "sessions": sessions, "begun": int(now)}

    @property
    def who(self) -> tuple[str, int] | None:
        """The name and the generation of sessions that were signed in with."""
        kept = self.get("who")
        return (kept["name"], kept["sessions"]) if kept else None

    def leave(self) -> None:
        """End it; the answer to this request expires the cookie."""
        self.clear()
        self.left = True


def signed() -> SupervisorSession:
    """`flask.session` by its own type, on a page of the supervisors'."""
    return cast(SupervisorSession, session)


class SupervisorSessionInterface(SessionInterface):
    """Opens and seals the session of the supervisors' pages, and leaves that of all others to `elsewhere`."""

    def __init__(self, keys: Keys, elsewhere: SessionInterface, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._elsewhere = elsewhere
        self._clock = clock

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        if not is_supervisors(request):
            return self._elsewhere.open_session(app, request)
        sealed = request.cookies.get(COOKIE)
        if sealed is None:
            return SupervisorSession()
        try:
            text, sealed_at = self._keys.open(sealed)
        except UnreadableError:
            # Mostly one of hours ago, whose key is destroyed.
            return SupervisorSession(is_over=True)
        kept = json.loads(text)
        # A worker's cookie is sealed with the same keys; it holds nothing by this name.
        content = kept.get("supervisor")
        if not isinstance(content, dict):
            return SupervisorSession()
        now = self._clock()
        begun = content.get("who", {}).get("begun", now)
        if not -SKEW <= now - sealed_at <= IDLE or now - begun > LONGEST:
            return SupervisorSession(is_over="who" in content)
        return SupervisorSession(content, sealed_at=sealed_at)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, SupervisorSession):
            self._elsewhere.save_session(app, session, response)
            return
        how: dict[str, Any] = {
            "path": PREFIX,
            "httponly": True,
            "samesite": "Strict",
            "secure": current_request.is_secure,
        }
        if session.left:
            response.delete_cookie(COOKIE, **how)
        due = "who" in session and self._clock() - session.sealed_at >= SEAL_AGAIN
        if not session.left and session and (session.modified or due):
            text = json.dumps({"supervisor": dict(session)}, separators=(",", ":")).encode()
            response.set_cookie(COOKIE, self._keys.seal(text), **how)


def is_supervisors(request: Request) -> bool:
    return request.path == PREFIX or request.path.startswith(PREFIX + "/")
