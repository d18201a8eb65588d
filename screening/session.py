"""The sealed visit: an encrypted, expiring, browser-session cookie; the server keeps nothing between requests."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from flask import Flask, Request, Response
from flask import request as current_request
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from screening.checklist import Answer, Circumstances, answer_key
from screening.keys import SKEW, Keys, UnreadableError

#: The cookie of an open visit, and the one of a browser without a visit (it holds a form secret and nothing else).
#: They are two because a link from another site brings no SameSite=Strict cookie along: with one cookie the start
#: page, opened that way, would replace the visit that is open.
VISIT_COOKIE: Final = "visit"
START_COOKIE: Final = "start"

#: A visit ends this long after it began, in seconds, whatever is done.
HARD_LIMIT: Final = 2 * 60 * 60
#: Reading a page seals the visit anew (so that its idle time begins again) at most this often, in seconds: a slow
#: answer to an earlier request could otherwise carry an older visit over a newer one.
SEAL_AGAIN: Final = 60
#: The sealed text is filled up to a multiple of this, so that its length does not tell how much was answered: one
#: filling holds every shipped sign, and is just under 1 KB as a cookie.
PADDING: Final = 687

#: What the two bits of a packed answer say. UNKNOWN is never packed: in its place stands a "no" that is doubted.
_PACKED: Final = tuple(Answer)
#: The bytes of one packed answer: 22 bits say which indicator, two which answer.
_WIDTH: Final = 3


@dataclass(frozen=True, slots=True)
class Visit:
    """One walk through a checklist. It lives in the browser's sealed cookie alone and is never stored.

    `checklist_hash` is the one the visit began with; `at` is the address to go on from after an interruption; `card`
    says that the person was asked, and that it is safe for them to carry one. `ticket` is what it is counted by, ""
    when none could be had; `walked` names the checklists that were open before this one; `sheet` says that a sheet
    was made. `case` is the practice case it walks, "" for a real one: a practice visit is never counted. `language` is
    what the worker reads, `person` what is said or handed over, "" for none chosen. `doubted` names the signs whose
    "no" was given while no "no" counted: it counts as unknown until it is given anew where one does.
    """

    checklist: str
    checklist_hash: str
    place: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    circumstances: Circumstances = Circumstances()
    at: str = ""
    card: bool = False
    ticket: str = ""
    walked: frozenset[str] = frozenset()
    sheet: bool = False
    case: str = ""
    language: str = ""
    person: str = ""
    doubted: frozenset[str] = frozenset()

    def with_circumstances(self, **changed: str | None) -> Visit:
        return replace(self, circumstances=replace(self.circumstances, **changed))

    def with_answers(self, given: Mapping[str, Answer]) -> Visit:
        """The visit after a page with all its answers. A "no" that stood before and counted is not doubted for it."""
        doubted = set(self.doubted)
        for indicator, answer in given.items():
            if answer is not Answer.NO or not self.circumstances.no_is_unknown:
                doubted.discard(indicator)
            elif self.answers.get(indicator) is not Answer.NO:
                doubted.add(indicator)
        return replace(self, answers={**self.answers, **given}, doubted=frozenset(doubted))

    @property
    def answers_to_show(self) -> Mapping[str, Answer]:
        """The answers that a page comes filled in with. Where a "no" counts, a doubted one is left open, since saving
        the page would give it anew without anybody having asked."""
        if self.circumstances.no_is_unknown:
            return self.answers
        return {indicator: answer for indicator, answer in self.answers.items() if indicator not in self.doubted}


def pack(answers: Mapping[str, Answer], doubted: Collection[str] = ()) -> str:
    """Three bytes for each answer that is not UNKNOWN, in base64, in an order that does not tell which came first."""
    packed = sorted(
        answer_key(indicator) << 2
        | _PACKED.index(Answer.UNKNOWN if answer is Answer.NO and indicator in doubted else answer)
        for indicator, answer in answers.items()
        if answer is not Answer.UNKNOWN
    )
    return base64.b64encode(b"".join(number.to_bytes(_WIDTH, "big") for number in packed)).decode("ascii")


def unpack(packed: str, indicators: Iterable[str]) -> tuple[dict[str, Answer], frozenset[str]]:
    """The answers to those of `indicators` that were packed, and which of them are doubted. Others are dropped.

    Raises UnreadableError when `packed` is not what `pack` makes.
    """
    try:
        raw = base64.b64decode(packed, validate=True)
    except ValueError as error:
        raise UnreadableError from error
    if len(raw) % _WIDTH:
        raise UnreadableError
    numbers = [int.from_bytes(raw[at : at + _WIDTH], "big") for at in range(0, len(raw), _WIDTH)]
    by_key = {number >> 2: _PACKED[number & 3] for number in numbers}
    found = {indicator: by_key[key] for indicator in indicators if (key := answer_key(indicator)) in by_key}
    doubted = frozenset(indicator for indicator, answer in found.items() if answer is Answer.UNKNOWN)
    return found | dict.fromkeys(doubted, Answer.NO), doubted


class SealedSession(CallbackDict[str, Any], SessionMixin):
    """`flask.session`: the open visit, or, where none is open, nothing but a form secret.

    `ended` says why a visit that the browser still had a cookie of is not open: "expired" or "unreadable".
    """

    def __init__(
        self, now: float, content: Mapping[str, Any] | None = None, *, sealed_at: int = 0, ended: str = ""
    ) -> None:
        def changed(_: object) -> None:
            self.modified = True

        super().__init__(content or {}, changed)
        self.modified = False
        self.new = not content
        self.now = now
        self.sealed_at = sealed_at
        self.ended = ended
        self.left = False
        #: Whether this request says that somebody is still there.
        self.is_touch = True

    @property
    def has_visit(self) -> bool:
        return "visit" in self

    @property
    def is_practice(self) -> bool:
        """Whether the visit that is open walks an invented case."""
        return self.has_visit and bool(self["visit"].get("case"))

    @property
    def language(self) -> str:
        """The language that the open visit is read in, "" where none was chosen in it."""
        return str(self["visit"].get("in", "")).partition("/")[0] if self.has_visit else ""

    def begin(self, visit: Visit) -> None:
        """Open a new visit. Whatever was there is dropped, the form secret too, so older forms no longer fit."""
        self.clear()
        self["begun"] = int(self.now)
        self.keep(visit)

    def keep(self, visit: Visit) -> None:
        self["visit"] = {
            "checklist": visit.checklist,
            "hash": visit.checklist_hash,
            "place": visit.place,
            "answers": pack(visit.answers, visit.doubted),
            "known": dict(visit.circumstances.known()),
            "at": visit.at,
            "card": int(visit.card),
            "ticket": visit.ticket,
            "walked": pack(dict.fromkeys(visit.walked, Answer.SEEN)),
            "sheet": int(visit.sheet),
            # Only where there are some: the longest visit must stay one small cookie.
            **({"in": f"{visit.language}/{visit.person}"} if visit.language or visit.person else {}),
            **({"case": visit.case} if visit.case else {}),
        }

    def read(self, indicators: Iterable[str], checklists: Iterable[str]) -> Visit | None:
        """The open visit, None when there is none; the arguments are all ids of all rule files.

        Raises UnreadableError when it was sealed by a version of this program that wrote it otherwise.
        """
        kept = self.get("visit")
        if kept is None:
            return None
        try:
            language, _, person = kept.get("in", "").partition("/")
            answers, doubted = unpack(kept["answers"], indicators)
            circumstances = {name.replace("-", "_"): value for name, value in kept["known"].items()}
            return Visit(
                checklist=kept["checklist"],
                checklist_hash=kept["hash"],
                place=kept["place"],
                answers=answers,
                doubted=doubted,
                circumstances=Circumstances(**circumstances),
                at=kept["at"],
                card=bool(kept["card"]),
                ticket=kept["ticket"],
                walked=frozenset(unpack(kept["walked"], checklists)[0]),
                sheet=bool(kept["sheet"]),
                case=kept.get("case", ""),
                language=language,
                person=person,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableError from error

    def seconds_left(self, idle_seconds: int) -> int:
        """How long the visit surely lasts without another touch: idle and hard limit, less what SEAL_AGAIN may cost."""
        return int(min(idle_seconds - SEAL_AGAIN, self["begun"] + HARD_LIMIT - self.now))

    def seconds_until_end(self, idle_seconds: int) -> int:
        """How long the visit lasts if this request is no touch."""
        return int(max(0, min(self.sealed_at + idle_seconds, self["begun"] + HARD_LIMIT) - self.now))

    def leave(self) -> None:
        """Erase the visit; the answer to this request expires its cookie."""
        self.clear()
        self.left = True


class SealedSessionInterface(SessionInterface):
    """Opens and seals `flask.session` with rotating keys; idle and hard limits are kept here."""

    def __init__(self, keys: Keys, idle_seconds: int, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock
        self.idle_seconds = idle_seconds

    def open_session(self, app: Flask, request: Request) -> SealedSession:
        ended = ""
        sealed = request.cookies.get(VISIT_COOKIE)
        if sealed is not None:
            try:
                opened = self._opened(sealed)
            except UnreadableError:
                ended = "unreadable"
            else:
                if opened is not None:
                    return opened
                ended = "expired"
        sealed = request.cookies.get(START_COOKIE)
        if sealed is not None:
            try:
                opened = self._opened(sealed)
            except UnreadableError:
                # The key has been destroyed meanwhile, as it should be; a new form secret is made, nothing is lost.
                opened = None
            if opened is not None and not opened.has_visit:
                opened.ended = ended
                return opened
        return SealedSession(self._clock(), ended=ended)

    def _opened(self, sealed: str) -> SealedSession | None:
        """The session that was sealed, None when its time is over. Raises UnreadableError."""
        text, sealed_at = self._keys.open(sealed)
        now = self._clock()
        content = json.loads(text)
        if "supervisor" in content:
            # Sealed with the same keys, but no session of a worker: taken as one, its time would begin again.
            raise UnreadableError
        if not -SKEW <= now - sealed_at <= self.idle_seconds or now - content.get("begun", now) > HARD_LIMIT:
            return None
        return SealedSession(now, content, sealed_at=sealed_at)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, SealedSession)
        if session.left:
            for name in (VISIT_COOKIE, START_COOKIE):
                response.delete_cookie(
                    name, path="/", httponly=True, samesite="Strict", secure=current_request.is_secure
                )
            return
        due = session.has_visit and session.is_touch and self._clock() - session.sealed_at >= SEAL_AGAIN
        if not session or not (session.modified or due):
            return
        text = json.dumps(dict(session), separators=(",", ":")).encode()
        response.set_cookie(
            VISIT_COOKIE if session.has_visit else START_COOKIE,
            self._keys.seal(text.ljust(-(-len(text) // PADDING) * PADDING)),
            path="/",
            httponly=True,
            samesite="Strict",
            secure=current_request.is_secure,
        )
