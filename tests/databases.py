"""A SQLite file and a real PostgreSQL, for the tests of what is stored; nothing less is believed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

#: PostgreSQL refuses to run as root, so root lends it an ordinary user.
ORDINARY = 65534


@dataclass(frozen=True)
class Postgres:
    """A running server: its folder, its port on loopback, and the folder of its programs."""

    folder: Path
    port: int
    programs: Path

    def url(self, database: str) -> str:
        return f"postgresql://screening@127.0.0.1:{self.port}/{database}"

    def run(self, program: str, *arguments: str) -> str:
        """What one of PostgreSQL's own programs says."""
        done = subprocess.run(
            [str(self.programs / program), *arguments], capture_output=True, text=True, check=True, **as_ordinary_user()
        )
        return done.stdout

    def ask(self, database: str, sql: str) -> str:
        return self.run("psql", "-X", "-A", "-t", "-c", sql, self.url(database)).strip()

    def kill(self) -> None:
        """Stop it as a machine that loses its power does."""
        pid = int((self.folder / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 9)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.02)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """All its processes stopped where they stand; the kernel goes on taking what is sent to them, and says so."""
        first = int((self.folder / "postmaster.pid").read_text().split()[0])
        os.kill(first, signal.SIGSTOP)
        # Only now: it could have begun one more.
        all_of_them = [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]
        try:
            for process in all_of_them:
                _signal(process, signal.SIGSTOP)
            yield
        finally:
            for process in all_of_them:
                _signal(process, signal.SIGCONT)

    def kill_all(self) -> None:
        """Every process of it at once, as when the power goes."""
        first = int((self.folder / "postmaster.pid").read_text().split()[0])
        others = list(map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split()))
        for process in (first, *others):
            _signal(process, signal.SIGKILL)
        for process in (first, *others):
            while Path(f"/proc/{process}").exists():
                time.sleep(0.02)

    def promote(self) -> None:
        """Let a standby be the one that may be written."""
        self.run("pg_ctl", "promote", "-w", "-D", str(self.folder))

    def start(self, *options: str) -> None:
        settings = ["-p", str(self.port), "-k", "''", "-c", "listen_addresses=127.0.0.1", *options]
        self.run("pg_ctl", "start", "-w", "-D", str(self.folder), "-l", f"{self.folder}.log", "-o", " ".join(settings))


def _signal(process: int, number: signal.Signals) -> None:
    # One whose connection was closed may be at its end already.
    with suppress(ProcessLookupError):
        os.kill(process, number)


def as_ordinary_user() -> dict[str, object]:
    return {"user": ORDINARY, "group": ORDINARY, "extra_groups": [], "cwd": "/"} if os.getuid() == 0 else {"cwd": "/"}


def programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    assert found, "PostgreSQL is missing; ./test installs it (apt-get install postgresql)"
    return found[-1].parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres(options: Sequence[str] = ()) -> Iterator[Postgres]:
    """A PostgreSQL of our own on a free port, gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="postgres-"))
    if os.getuid() == 0:
        os.chown(home, ORDINARY, ORDINARY)
    server = Postgres(home / "data", free_port(), programs())
    try:
        server.run("initdb", "-D", str(server.folder), "-U", "screening", "-A", "trust", "-E", "UTF8", "--no-sync")
        server.start(*options)
        try:
            yield server
        finally:
            stop(server)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def stop(server: Postgres) -> None:
    """Stop it if it runs."""
    if (server.folder / "postmaster.pid").exists():
        with suppress(subprocess.CalledProcessError):
            server.run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(server.folder))


@contextmanager
def with_standby() -> Iterator[tuple[Postgres, Postgres]]:
    """A PostgreSQL and its synchronous standby: what the first acknowledges is on both."""
    with postgres() as first:
        second = Postgres(first.folder.with_name("standby"), free_port(), first.programs)
        first.run(
            "pg_basebackup", "-R", "-c", "fast", "--no-sync", "-D", str(second.folder), "-d", first.url("postgres")
        )
        second.start()
        try:
            first.ask("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
            first.ask("postgres", "SELECT pg_reload_conf()")
            wait_for_standby(first)
            yield first, second
        finally:
            stop(second)


def wait_for_standby(first: Postgres) -> None:
    """Wait until the standby is one that `first` waits for."""
    ends = time.monotonic() + 30
    while first.ask("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1":
        assert time.monotonic() < ends, "the standby does not come"
        time.sleep(0.1)
