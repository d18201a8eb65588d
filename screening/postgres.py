"""PostgreSQL, never waited for longer than somebody can wait: what does not answer in time is given up by us.

Its own limits do not help against a server that is frozen or behind a dead network: it is the one who should keep
them, and the kernels of both machines go on telling each other that all is well.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from select import POLLIN, poll
from typing import Any, Final

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError


@dataclass(frozen=True, slots=True)
class _Time:
    """Until when all must be answered, and for how long one answer may be waited for, in seconds."""

    ends: float = math.inf
    an_answer: float = math.inf


_ENDLESS: Final = _Time()
_time: ContextVar[_Time] = ContextVar("time", default=_ENDLESS)


class SilentError(psycopg.OperationalError):
    """The server has not answered in time. What it was asked last may have been done, or may be done yet."""


@contextmanager
def within(seconds: float, an_answer: float) -> Iterator[None]:
    """Let what is asked of PatientConnections in this block take so many seconds in all, and so many for an answer."""
    token = _time.set(_Time(time.monotonic() + seconds, an_answer))
    try:
        yield
    finally:
        _time.reset(token)


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed when its server does not answer `within` the time; raises SilentError then."""

    def wait(self, gen: PQGen[RV], *how: Any, **named: Any) -> RV:
        return super().wait(self._until_the_end(gen), *how, **named)

    def _until_the_end(self, gen: PQGen[RV]) -> PQGen[RV]:
        """The steps of `gen`, and none of them when the time is over. Psycopg looks in at least ten times a second."""
        given = _time.get()
        ends = min(given.ends, time.monotonic() + given.an_answer)
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > ends:
                    # The answer may still come, and nothing else that is asked may be taken to be what it answers.
                    self.pgconn.finish()
                    raise SilentError("the server does not answer")
                wanted = gen.send(ready)
        except StopIteration as end:
            result: RV = end.value
            return result


def make_patient(engine: Engine) -> None:
    """Let all connections of the engine be PatientConnections, and those that have ended be made anew."""

    @event.listens_for(engine, "do_connect")
    def connect(_: object, __: object, arguments: Any, named: Any) -> psycopg.Connection[Any]:
        return PatientConnection.connect(*arguments, **named)

    @event.listens_for(engine, "checkout")
    def look(connection: psycopg.Connection[Any], _: object, __: object) -> None:
        # A server sends nothing unasked but its farewell, and news that a new connection has anyhow. To ask whether it
        # is there, as SQLAlchemy can, would be one more way there and back for all that is done.
        if connection.closed or _has_news(connection.pgconn.socket):
            raise InvalidatePoolError


def _has_news(socket: int) -> bool:
    looking = poll()
    looking.register(socket, POLLIN)
    return bool(looking.poll(0))
