"""Counting a visit exactly once, and closing months by the calendar; the true count exists nowhere at any time."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from screening.store import A_VISITS, Store, StoreError, open_month, release, release_cell, ticket
from screening.tally.grids import Counted, Layout, keep_the_promise
from screening.tally.months import following, month_of, months_from
from screening.tally.vault import KeyLostError, Vault

log = logging.getLogger(__name__)

#: After a failure nothing is tried for this long, in seconds: only one visit in so long waits for what is broken.
PAUSE: Final = 30.0

#: The program was written in this month: a clock that shows an earlier one is wrong.
WRITTEN_IN: Final = "2026-11"

#: So many months are released at once without being asked for; what looks like more is a clock that jumped.
MOST_AT_ONCE: Final = 12

RESTING: Final = "counting failed a moment ago and is not tried at present"

_TICKET = 16


class NotCountedError(Exception):
    """A visit could not be counted, or a month not closed; the text says why, and nothing of the visit.

    `in_doubt` says that it may have been counted: the database fell silent while it was to keep the count.
    """

    def __init__(self, said: str, in_doubt: bool = False) -> None:
        super().__init__(said)
        self.in_doubt = in_doubt


def is_far(present: str, now: str) -> bool:
    """Whether `now` is so long after the open month that the program closes nothing by itself."""
    return len([*months_from(present, now)]) > MOST_AT_ONCE + 1


class ClockError(Exception):
    """The clock shows a time that it cannot be, and months end by it."""


@dataclass(frozen=True, slots=True)
class Status:
    """What may be told of the open month: its name, whether its key opens it, the last release. Never a figure."""

    open_month: str
    key_is_there: bool
    last_release: str


class Tally:
    """The counts: a ticket at the start of a visit, one count for it at the end, a release for each month that ended.

    `sites` gives the ids of the sites that count from the next month on, `signs` those of the indicators.
    `clock` gives seconds since 1970. Raises LawError when the grids reveal more than is promised.
    """

    def __init__(
        self,
        store: Store,
        vault: Vault,
        clock: Callable[[], float],
        sites: Callable[[], Sequence[str]],
        signs: Sequence[str],
    ) -> None:
        keep_the_promise()
        self._store = store
        self._vault = vault
        self._clock = clock
        self._sites = sites
        self._signs = tuple(signs)
        self._month = ""
        self._resting_until = 0.0
        self._guard = threading.Lock()

    @property
    def is_resting(self) -> bool:
        """Whether counting failed a moment ago and is not tried at present."""
        return time.monotonic() < self._resting_until

    def issue(self) -> str:
        """A ticket for a visit that begins: random, linked to nothing. Raises NotCountedError."""
        number = secrets.token_bytes(_TICKET)
        with self._working():
            self._turn()
            with self._store.writing(within=A_VISITS) as connection:
                connection.execute(insert(ticket).values(hash=_hash(number), month=month_of(self._clock())))
        return urlsafe_b64encode(number).rstrip(b"=").decode("ascii")

    def count(self, number: str, site: str, counted: Counted) -> None:
        """Count a visit if its ticket is still there, and burn the ticket, both or neither.

        Sent twice, or with a ticket that never was, it counts nothing and says nothing of it. Raises NotCountedError
        when it cannot be counted now; the ticket is still good then, or burned where it was counted all the same: to
        count it again never counts it twice.
        """
        try:
            burning = _hash(urlsafe_b64decode(number + "=" * (-len(number) % 4)))
        except ValueError:
            return
        with self._working():
            self._turn()
            with self._store.writing(within=A_VISITS) as connection:
                # Counted by what comes back: the number of rows is not told by every driver.
                burnt = delete(ticket).where(ticket.c.hash == burning).returning(ticket.c.month)
                if connection.execute(burnt).first() is None:
                    return
                self._add_one(connection, site, counted)

    def _add_one(self, connection: Connection, site: str, counted: Counted) -> None:
        row = connection.execute(select(open_month).with_for_update()).one()
        cells = self._vault.open(row.month, row.layout, row.sealed)
        for position in Layout.read(row.layout).positions(site, counted):
            cells[position] += 1
        # What was counted is no parameter: only the whole, sealed anew, and as long as before.
        sealed = self._vault.seal(row.month, row.layout, cells)
        connection.execute(update(open_month).where(open_month.c.month == row.month).values(sealed=sealed))

    def tend(self) -> None:
        """Close what has ended, if that was not seen to yet. Never raises: it stands before pages that cannot wait."""
        if self._month == month_of(self._clock()) or self.is_resting:
            return
        try:
            with self._working():
                self._turn()
        except NotCountedError as error:
            log.warning("The month could not be closed: %s. It is tried again.", error)

    def close(self, without_key: bool = False) -> list[str]:
        """Release every month that has ended, open the present one; return the names of those released.

        `without_key` releases a month whose key is lost from fresh start values, and marks it so: its counts are gone.
        By itself, without this being called, the program releases a year at most. Raises NotCountedError.
        """
        with self._working(tries_anyway=True):
            return self._close(without_key, is_asked=True)

    def status(self) -> Status:
        """Raises NotCountedError."""
        with self._working(tries_anyway=True), self._store.reading() as connection:
            row = connection.execute(select(open_month)).first()
            last = connection.execute(select(func.max(release.c.month))).scalar() or ""
        if row is None:
            return Status("", False, last)
        return Status(row.month, self._vault.opens(row.month, row.layout, row.sealed), last)

    def _turn(self) -> None:
        """Close what has ended, unless this process has seen to it in this month."""
        now = month_of(self._clock())
        with self._guard:
            if self._month == now:
                return
            if self.is_resting:
                raise NotCountedError(RESTING)
            self._close()
            self._month = now

    def _close(self, without_key: bool = False, is_asked: bool = False) -> list[str]:
        now = month_of(self._clock())
        if now < WRITTEN_IN:
            raise ClockError(f"the clock says {now}, when this program was not written yet: set it")
        self._store.prepare()
        with self._store.reading() as connection:
            present = connection.execute(select(open_month.c.month)).scalar()
        if present is not None and present >= now:
            if self._vault.has_before(present):
                # A PostgreSQL that was restarted shows what its standby may not have, and the standby's month may be
                # needed yet, with its key. What is written now is kept when both have it, and all that was before it.
                with self._store.writing() as connection:
                    connection.execute(update(open_month).where(open_month.c.month == present).values(month=present))
            self._vault.destroy_before(present)
            return []
        if present is not None and not is_asked and is_far(present, now):
            # A release is for good, and so is a destroyed key: no stray clock may do that to a year.
            raise ClockError(
                f"the clock says {now} and the open month is {present}: set the clock, or, if it is right, "
                "run: screening tally close"
            )
        released: list[str] = []
        sites = self._sites()
        with self._store.writing(alone_on=open_month) as connection:
            row = connection.execute(select(open_month)).first()
            if row is not None and row.month >= now:
                # Another machine was first.
                return []
            layout = Layout.of(sites, self._signs)
            if row is not None:
                is_whole = True
                try:
                    cells = self._vault.open(row.month, row.layout, row.sealed)
                except KeyLostError:
                    # Another machine may have the key: to release without it is for a person to decide.
                    if not without_key:
                        raise
                    is_whole, cells = False, Layout.read(row.layout).starts()
                self._release(connection, row.month, Layout.read(row.layout), cells, is_whole)
                released.append(row.month)
                # A month in which nothing ran is released too: that there is none would tell that nobody was there.
                for skipped in months_from(following(row.month), now):
                    if skipped != now:
                        self._release(connection, skipped, layout, layout.starts(), is_whole=True)
                        released.append(skipped)
                # A visit lasts hours, so a ticket of the month before is good; an older one is nobody's any more.
                connection.execute(delete(ticket).where(ticket.c.month < row.month))
                connection.execute(delete(open_month))
            self._vault.make(now)
            sealed = self._vault.seal(now, layout.written(), layout.starts())
            connection.execute(insert(open_month).values(month=now, layout=layout.written(), sealed=sealed))
        # Only now: were it destroyed before the release is kept, a crash between the two would lose the month.
        self._vault.destroy_before(now)
        self._store.forget_what_was()
        return released

    def _release(self, connection: Connection, month: str, layout: Layout, cells: list[int], is_whole: bool) -> None:
        rows = [
            {"grid": grid, "month": month, "part": part, "level": level, "value": value}
            for (grid, part, level), value in zip(layout.cells(), cells, strict=True)
        ]
        connection.execute(insert(release_cell), rows)
        # Last: from here on the database takes no cell for this month any more.
        connection.execute(insert(release).values(month=month, is_whole=is_whole))

    @contextmanager
    def _working(self, tries_anyway: bool = False) -> Iterator[None]:
        """Turn what goes wrong into NotCountedError, and rest after it; a person who gives a command is not put off."""
        if self.is_resting and not tries_anyway:
            raise NotCountedError(RESTING)
        try:
            yield
        except (StoreError, KeyLostError, ClockError, OSError) as error:
            self._resting_until = time.monotonic() + PAUSE
            said = error.strerror if isinstance(error, OSError) else str(error)
            raise NotCountedError(said or type(error).__name__, getattr(error, "in_doubt", False)) from None
        else:
            self._resting_until = 0.0


def _hash(number: bytes) -> bytes:
    return hashlib.sha256(number).digest()
