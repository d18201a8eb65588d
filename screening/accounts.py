"""Supervisors: who may see the counts, by password and, where asked for, a code from a telephone."""

from __future__ import annotations

import hmac
import secrets
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from sqlalchemy import Connection, Row, delete, insert, select, update

from screening.store import Store, supervisor

#: Length guards better than signs and figures do; four words make it.
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 1000

#: A code holds for this long, in seconds; the one before and the one after are taken too, for clocks that differ.
STEP: Final = 30

#: RFC 9106, section 4, the second choice: 64 MiB, three passes. Written out, so that an update of the library does
#: not change how long a sign-in takes for some and not for others.
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)

#: How many passwords one process weighs at a time, and how long the next waits for it, in seconds: each takes 64 MiB
#: and a tenth of a second, and the same process answers people in the middle of a visit.
_AT_ONCE: Final = 2
_PATIENCE: Final = 2.0


class AccountError(ValueError):
    """A supervisor cannot be added or removed; the text says why and how to mend it."""


class BusyError(Exception):
    """Too many passwords are being looked at; try again in a moment."""


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Somebody who may see the counts: those of `site` in the grid of outcomes, "" for all sites.

    `sessions` is the generation of their sessions: one that was opened under an older number is over.
    """

    name: str
    site: str
    has_code: bool
    sessions: int


class Accounts:
    """The supervisors of one store. `clock` gives seconds since 1970. All raise StoreError without their database."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._weighing = threading.BoundedSemaphore(_AT_ONCE)
        self._guard = threading.Lock()
        self._nobodys_hash = ""

    def add(self, name: str, password: str, site: str = "", with_code: bool = False) -> str:
        """Add a supervisor; return the address for the telephone that makes their codes, "" without.

        Names that differ in capitals alone are one name. Raises AccountError; then nothing was added.
        """
        name = _plain(name).strip()
        if not name or len(name) > 64 or not name.isprintable():
            raise AccountError("the name must be one line of 1 to 64 characters")
        password = _plain(password)
        if len(password) < SHORTEST_PASSWORD:
            raise AccountError(
                f"the password has {len(password)} characters and needs {SHORTEST_PASSWORD} at least; "
                "four words that have nothing to do with each other are easy to keep"
            )
        if len(password) > LONGEST_PASSWORD:
            raise AccountError(f"the password is longer than {LONGEST_PASSWORD} characters")
        if len(set(password)) < 5 or password.casefold() == name.casefold():
            raise AccountError("the password is too easy to guess; take four words that have nothing to do together")
        secret = pyotp.random_base32() if with_code else ""
        row = {
            "name": name,
            "password_hash": _HASHER.hash(password),
            "site": site,
            "totp_secret": secret,
            "totp_last": 0,
            # Not from one on: somebody who is removed and added again must not come in with a session of before.
            "sessions": secrets.randbelow(2**30),
        }
        with self._store.writing(alone_on=supervisor) as connection:
            if _named(connection, name):
                raise AccountError(f"there is a supervisor {name!r} already; to give a new password, remove and add")
            connection.execute(insert(supervisor).values(row))
        return (
            pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=name, issuer_name="Visit guide") if secret else ""
        )

    def all(self) -> list[Supervisor]:
        """All supervisors, by name."""
        with self._store.reading() as connection:
            return sorted(map(_known, _rows(connection)), key=lambda one: one.name.casefold())

    def remove(self, name: str) -> None:
        """Take a supervisor away; their sessions are over at once. Raises AccountError."""
        with self._store.writing() as connection:
            found = _named(connection, name)
            if found is None:
                there = ", ".join(row.name for row in _rows(connection)) or "there are none"
                raise AccountError(f"there is no supervisor {name!r} (supervisors: {there})")
            connection.execute(delete(supervisor).where(supervisor.c.name == found.name))

    def admit(self, name: str, password: str, code: str) -> Supervisor | None:
        """The supervisor of this name, if password and code are theirs; a code is taken once.

        For a name that nobody has it takes as long as for a wrong password. Raises BusyError.
        """
        # Made before it is known whether there is such a name: made later, it would tell.
        nobodys = self._nobodys()
        with self._store.reading() as connection:
            found = _named(connection, name)
        if not self._weigh(found.password_hash if found else nobodys, _plain(password)) or found is None:
            return None
        if found.totp_secret and not self._burn(found, code):
            return None
        return _known(found)

    def of_session(self, name: str, sessions: int) -> Supervisor | None:
        """The supervisor whose session this is, None when it was ended or they were removed."""
        with self._store.reading() as connection:
            row = connection.execute(select(supervisor).where(supervisor.c.name == name)).first()
        return _known(row) if row is not None and row.sessions == sessions else None

    def end_sessions(self, name: str) -> None:
        """End all sessions of this name, on all devices."""
        with self._store.writing() as connection:
            changed = {"sessions": supervisor.c.sessions + 1}
            connection.execute(update(supervisor).where(supervisor.c.name == name).values(changed))

    def _weigh(self, hash: str, password: str) -> bool:
        if not self._weighing.acquire(timeout=_PATIENCE):
            raise BusyError
        try:
            return _HASHER.verify(hash, password[:LONGEST_PASSWORD])
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError):
            # A hash that cannot be read admits nobody.
            return False
        finally:
            self._weighing.release()

    def _nobodys(self) -> str:
        """A hash that no password fits, to take as long over a name that nobody has."""
        with self._guard:
            if not self._nobodys_hash:
                self._nobodys_hash = _HASHER.hash(secrets.token_urlsafe(32))
            return self._nobodys_hash

    def _burn(self, row: Row[Any], code: str) -> bool:
        """Whether the code is that of this half minute, or of one beside it, and was not used before."""
        given = "".join(_plain(code).split())
        now = int(self._clock()) // STEP
        codes = pyotp.TOTP(row.totp_secret, interval=STEP)
        fits = [
            step
            for step in (now - 1, now, now + 1)
            if hmac.compare_digest(codes.generate_otp(step).encode(), given.encode())
        ]
        if not fits:
            return False
        with self._store.writing() as connection:
            # Looked at and noted in one statement: of two who send the same code at once, one is let in.
            burnt = (
                update(supervisor)
                .where(supervisor.c.name == row.name, supervisor.c.totp_last < fits[0])
                .values(totp_last=fits[0])
                .returning(supervisor.c.name)
            )
            return connection.execute(burnt).first() is not None


def one_name(name: str) -> str:
    """The same text for every way to write one name: whatever counts by name must count these together."""
    return _plain(_plain(name).strip().casefold())


def _plain(text: str) -> str:
    """The same letters by the same signs, whichever keyboard they come from."""
    return unicodedata.normalize("NFKC", text)


def _rows(connection: Connection) -> list[Row[Any]]:
    return list(connection.execute(select(supervisor)))


def _named(connection: Connection, name: str) -> Row[Any] | None:
    wanted = one_name(name)
    return next((row for row in _rows(connection) if one_name(row.name) == wanted), None)


def _known(row: Row[Any]) -> Supervisor:
    return Supervisor(row.name, row.site, bool(row.totp_secret), row.sessions)
