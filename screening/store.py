"""Where counts, teams and supervisors lie: SQLite beside the app, or PostgreSQL for many machines."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

HOUSE = Path(__file__).resolve().parent.parent

#: The newest migration. A database that is further than this was migrated by a newer version of the program, which
#: only ever adds: this one goes on working on it.
SCHEMA: Final = "0001"

#: How long the database may keep a request waiting, in seconds: somebody stands before the page.
PATIENCE: Final = 2

#: How long all may take that a visit asks of it at one time, and how long one answer may take to others, in seconds.
#: Both are longer than a PostgreSQL allows itself (below): one that can still speak says itself what is wrong.
A_VISITS: Final = PATIENCE + 0.5
AN_ANSWERS: Final = 2 * PATIENCE + 1.0

#: For how long nothing is asked of a database that was silent, in seconds: one page waits for it, and not every page.
SILENCE: Final = 5.0

#: One number for all machines that share a PostgreSQL: only one migrates at a time.
_MIGRATING: Final = 7_268_001

#: How long it may wait for another to be done with that, and for one answer then, in seconds.
_A_MIGRATIONS: Final = 60

metadata = MetaData()

#: The month that is being counted: exactly one row, sealed as a whole, of the same length all month. `layout` names
#: its cells and never changes. No time, no sequence, no row per visit.
open_month = Table(
    "open_month",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("layout", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

#: A closed month; `is_whole` is false when its key was lost and it had to be released from fresh start values.
release = Table(
    "release",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("is_whole", Boolean, nullable=False),
)

#: A closed month's cells, frozen: written once, never changed (the database refuses it). The key is the cell's meaning.
release_cell = Table(
    "release_cell",
    metadata,
    Column("grid", String(20), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("part", String(64), primary_key=True),
    Column("level", String(20), primary_key=True),
    Column("value", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: A visit that was begun and not yet counted: the hash of a random number and the month it was issued in.
ticket = Table(
    "ticket",
    metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("month", String(7), nullable=False),
    sqlite_with_rowid=False,
)

#: A team: what it is called, the hash of its code, how many codes it has had, and whether it still counts.
site = Table(
    "site",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("title", String(120), nullable=False),
    Column("code_hash", LargeBinary(32), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("is_retired", Boolean, nullable=False),
)

#: Who may see the counts. `site` is "" for all sites; `sessions` grows with each sign-out and ends older sessions.
supervisor = Table(
    "supervisor",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("password_hash", String(200), nullable=False),
    Column("site", String(40), nullable=False),
    Column("totp_secret", String(64), nullable=False),
    Column("totp_last", Integer, nullable=False),
    Column("sessions", Integer, nullable=False),
)


class StoreError(Exception):
    """The database cannot be used; the text says how it failed, and nothing of what was asked of it.

    `in_doubt` says that it failed while it was to keep what was written: it may be kept, or be kept yet.
    """

    def __init__(self, said: str, in_doubt: bool = False) -> None:
        super().__init__(said)
        self.in_doubt = in_doubt


@dataclass(frozen=True, slots=True)
class StoreState:
    """How a database is: `product` with its version, `schema` ("" before the first migration), `damage` ("" for none).

    `time` is its own clock in seconds since 1970, None where it has none; `keeps_times` says that it notes when each
    row was last written.
    """

    product: str
    schema: str
    damage: str = ""
    time: float | None = None
    keeps_times: bool = False


class Store:
    """One database. Nothing is opened before it is needed.

    `url` is a SQLAlchemy address, "postgresql://..." or "sqlite:///...". Raises StoreError for any other.
    """

    def __init__(self, url: str) -> None:
        try:
            address = make_url(url)
        except ArgumentError:
            raise StoreError("DATABASE_URL is no database address; write postgresql://user@host/name") from None
        if address.drivername in ("postgresql", "postgres"):
            address = address.set(drivername="postgresql+psycopg")
        self.is_sqlite = address.drivername == "sqlite"
        self._within: Callable[[float, float], AbstractContextManager[object]] = lambda *_: nullcontext()
        self._silent_until = 0.0
        if not self.is_sqlite and address.drivername != "postgresql+psycopg":
            raise StoreError("DATABASE_URL must begin with postgresql:// (or sqlite:///)")
        self.file = Path(address.database) if self.is_sqlite and address.database else None
        options: dict[str, Any] = {"connect_args": {"timeout": PATIENCE}}
        if not self.is_sqlite:
            waits = f"-c lock_timeout={PATIENCE}s -c statement_timeout={2 * PATIENCE}s"
            # A machine that has gone silent sends no error: the connection is given up when nothing of it is heard.
            silence = {"tcp_user_timeout": 1000 * PATIENCE, "keepalives_idle": 1, "keepalives_interval": 1}
            options = {
                "connect_args": {"connect_timeout": PATIENCE, "options": waits, "keepalives_count": 2, **silence}
            }
        #: The address as it may be shown: without its password.
        self.address = address.render_as_string(hide_password=True)
        # Parameters stand in no log and no error text.
        self.engine = create_engine(address, hide_parameters=True, pool_size=4, pool_timeout=PATIENCE, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            # Imported here: who has SQLite need not wait for it.
            from screening import postgres

            postgres.make_patient(self.engine)
            self._within = postgres.within
        # A connection must never be used on both sides of a fork.
        os.register_at_fork(after_in_child=lambda: self.engine.dispose(close=False))

    @contextmanager
    def reading(self, within: float = math.inf) -> Iterator[Connection]:
        """Statements that change nothing; `within` so many seconds, where somebody waits. Raises StoreError."""
        # On PostgreSQL each stands alone. In a transaction of its usual kind it would see no other data, and to begin
        # and end that would be two more ways there and back for each.
        options = {"sqlite_begin": "BEGIN"} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        with self._connected(within, AN_ANSWERS, **options) as connection:
            yield connection

    @contextmanager
    def writing(self, alone_on: Table | None = None, within: float = math.inf) -> Iterator[Connection]:
        """A transaction, kept when its block ends well; `alone_on` keeps other writers off that table meanwhile.

        Raises StoreError, also when it is not done `within` so many seconds.
        """
        with self._connected(within, AN_ANSWERS, sqlite_begin="BEGIN IMMEDIATE") as connection:
            if alone_on is not None and not self.is_sqlite:
                # A table of ours; its name can be no value beside the statement.
                lock = f"LOCK TABLE {alone_on.name} IN EXCLUSIVE MODE"
                connection.execute(text(lock))
            yield connection

    @contextmanager
    def _connected(self, in_all: float, an_answer: float, **options: Any) -> Iterator[Connection]:
        began = time.monotonic()
        if began < self._silent_until:
            raise StoreError("it did not answer a moment ago and is not asked at present")
        is_ending = False
        try:
            with self._within(in_all, an_answer), self.engine.connect() as connection:
                connection.execution_options(**options)
                with connection.begin():
                    yield connection
                    is_ending = True
        except DBAPIError as error:
            # The driver's own text may quote what was sent.
            kind = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None) or ""
            if not kind and time.monotonic() - began >= PATIENCE:
                self._silent_until = time.monotonic() + SILENCE
            # A database that can say what went wrong has kept nothing.
            raise StoreError(f"{type(error.orig).__name__} {kind}".strip(), in_doubt=is_ending and not kind) from None
        except SQLAlchemyError as error:
            raise StoreError(type(error).__name__) from None

    def prepare(self) -> None:
        """Make the tables, or bring them to the newest form; nothing is done where they are. Raises StoreError."""
        if self.file is not None:
            try:
                self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                # Only a new file is ever opened here: to close any descriptor of one that is in use would drop all
                # locks that this process holds on it (POSIX), and another program would take its journal away.
                with suppress(FileExistsError):
                    os.close(os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except OSError as error:
                raise StoreError(f"{self.file} cannot be written: {error.strerror}") from None
        if self._version() >= SCHEMA:
            return
        # Imported here: it costs a third of a second, once in the life of a database.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(HOUSE / "migrations").replace("%", "%%"))
        with self._connected(math.inf, _A_MIGRATIONS + 1, sqlite_begin="BEGIN IMMEDIATE") as connection:
            if not self.is_sqlite:
                connection.execute(text(f"SET LOCAL lock_timeout = '{_A_MIGRATIONS}s'"))
                connection.execute(text(f"SET LOCAL statement_timeout = '{_A_MIGRATIONS}s'"))
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _version(self) -> str:
        with self.reading(within=A_VISITS) as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return connection.execute(text("SELECT max(version_num) FROM alembic_version")).scalar() or ""

    def state(self) -> StoreState:
        """How the database is; nothing is made or changed. Raises StoreError."""
        schema = self._version()
        with self.reading() as connection:
            if self.is_sqlite:
                version = connection.exec_driver_sql("SELECT sqlite_version()").scalar()
                damage = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
                return StoreState(f"SQLite {version}", schema, "" if damage == "ok" else str(damage))
            version, keeps, now = connection.execute(
                text(
                    "SELECT current_setting('server_version'), current_setting('track_commit_timestamp'), "
                    "extract(epoch FROM clock_timestamp())"
                )
            ).one()
        return StoreState(f"PostgreSQL {version}", schema, time=float(now), keeps_times=keeps == "on")

    def is_there(self) -> bool:
        """Whether the database answers."""
        try:
            with self.reading(within=A_VISITS) as connection:
                connection.execute(select(1))
        except StoreError:
            return False
        return True

    def forget_what_was(self) -> None:
        """Empty SQLite's journal, so that what was sealed with a key now destroyed does not lie there longer."""
        if self.is_sqlite:
            with self._connected(math.inf, math.inf, sqlite_begin="") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def let_go(self) -> None:
        """Close all connections, before a fork or at the end."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _: object) -> None:
    # Transactions are begun by us: the driver's own way begins them late, and a count could be lost between two.
    connection.isolation_level = None
    for setting in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        # One of the three; a PRAGMA takes no values beside it.
        connection.execute(f"PRAGMA {setting}").close()  # nosemgrep: text-of-a-statement


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options()["sqlite_begin"]
    if begin:
        connection.exec_driver_sql(begin)
