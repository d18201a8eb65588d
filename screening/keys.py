"""The rotating keys that seal a visit: made every two hours, each destroyed four hours after it was made."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

log = logging.getLogger(__name__)

#: A key seals for this long, in seconds, and opens for as long again; then nobody can open what it sealed.
ROTATION: Final = 2 * 60 * 60
#: A clock may step back this far, in seconds, before a key or a cookie counts as coming from the future.
SKEW: Final = 60

CACHEDIR_TAG: Final = (
    "Signature: 8a477f597d28d172789f06886806bc55\n# Keys that are destroyed within hours: never back them up.\n"
)


class UnreadableError(Exception):
    """What was given cannot be opened: altered, cut short, or sealed with a key that has been destroyed."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, down to the disk, or leave none. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def settle(folder: Path) -> None:
    """See to it that the names in `folder` outlive a loss of power, as the files do. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems settle a name by themselves, and cannot be asked.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def make_once(path: Path, content: bytes) -> None:
    """Make a key's file unless it is there: of two that make it at once, one is first and both use it.

    Raises OSError when the folder cannot be written.
    """
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.new")
    write_whole(unfinished, content)
    try:
        # A link never replaces what is there.
        os.link(unfinished, path)
    except FileExistsError:
        return
    finally:
        unfinished.unlink()
    # What it seals may lie on another disk, and outlive it there.
    settle(path.parent)


def destroy(path: Path) -> None:
    """Overwrite a key and unlink it. A file system that keeps old blocks may still hold it: Help says so.

    One that is gone already was destroyed by another worker. Raises OSError.
    """
    try:
        with path.open("r+b") as file:
            file.write(b"\0" * os.fstat(file.fileno()).st_size)
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    finally:
        path.unlink(missing_ok=True)


def key_files(folder: Path) -> list[tuple[int, Path]]:
    """The keys of visits in `folder`, newest first: when each was made (seconds since 1970), and its file."""
    made = [(int(path.stem), path) for path in folder.glob("*.key") if path.stem.isdigit()]
    return sorted(made, reverse=True)


class Keys:
    """Seal and open short texts with keys that lie in `folder` and live for four hours at most.

    Workers and machines that share the folder share the keys; a file lock stands between them. If the
    folder cannot be written at the start, one key is kept in memory alone: made before the workers fork,
    it serves them all, and is gone when the program ends; what the keys in the folder sealed still opens. If it
    can no longer be written later, the last key goes on being used, so that a full disk ends no visit. A file that
    is no key, or that this user may not read, is passed over and said so in the log.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._keys: list[tuple[int, Fernet]] = []
        self._read_at = -1
        self._tended_by = -1
        self._guard = threading.RLock()
        self.in_memory = False
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            tag = folder / "CACHEDIR.TAG"
            if not tag.exists() or tag.stat().st_size != len(CACHEDIR_TAG):
                tag.write_text(CACHEDIR_TAG, encoding="ascii")
            self.tend()
        except OSError as error:
            self.in_memory = True
            self._keys = [(0, Fernet(Fernet.generate_key())), *self._readable()]
            log.warning(
                "The key folder %s cannot be written (%s): visits are sealed with one key in memory and end with a "
                "restart. Make the folder writable, or name another in SCREENING_KEYS.",
                folder,
                error.strerror,
            )

    def seal(self, text: bytes) -> str:
        """The text encrypted and authenticated under the newest key, safe in a cookie; its time can be read."""
        return self._current()[0][1].encrypt_at_time(text, int(self._clock())).decode("ascii")

    def open(self, sealed: str) -> tuple[bytes, int]:
        """The text and the time (seconds since 1970) at which it was sealed. Raises UnreadableError."""
        for _, key in self._current():
            try:
                token = sealed.encode("ascii")
                return key.decrypt(token), key.extract_timestamp(token)
            except (InvalidToken, UnicodeEncodeError):
                continue
        raise UnreadableError

    def watch(self) -> None:
        """Tend the keys from now on, in a thread of this process: threads survive no fork, so each worker calls it."""
        with self._guard:
            if not self.in_memory and self._tended_by != os.getpid():
                self._tended_by = os.getpid()
                threading.Thread(target=self._keep_tending, daemon=True, name="keys").start()

    def tend(self) -> float:
        """Make a new key when it is due, destroy the ones whose time is over; return the seconds until the next time.

        Raises OSError when the folder cannot be written.
        """
        with self._guard, self._lock():
            now = self._clock()
            self._read()
            if not self._keys or not -SKEW <= now - self._keys[0][0] < ROTATION:
                made = int(now)
                self._write(made)
                # A key "from the future" (the clock was set back) may not outrank the new one.
                for later, path in key_files(self._folder):
                    if later > made:
                        destroy(path)
            for made, path in key_files(self._folder):
                # By its age and never by how many there are: two machines may make one each at the same moment.
                if now - made >= 2 * ROTATION:
                    destroy(path)
            self._read()
            return max(1.0, self._keys[0][0] + ROTATION - now)

    def _current(self) -> list[tuple[int, Fernet]]:
        """The keys, the one that seals first: read again whenever the folder has changed, so that a destroyed key is
        forgotten; those that cannot be destroyed are forgotten in their time."""
        if self.in_memory:
            self._keys = self._keys[:1] + [one for one in self._keys[1:] if self._clock() - one[0] < 2 * ROTATION]
            return self._keys
        with self._guard:
            self.watch()
            try:
                if self._folder.stat().st_mtime_ns != self._read_at:
                    self._read()
                if (
                    not self._keys
                    or self._clock() - self._keys[0][0] >= ROTATION
                    or self._keys[0][0] - self._clock() > SKEW
                ):
                    self.tend()
            except OSError as error:
                if not self._keys:
                    raise
                log.warning(
                    "The key folder %s cannot be used (%s): the last key stays in use.", self._folder, error.strerror
                )
            return self._keys

    def _keep_tending(self) -> None:
        # Without this thread the keys of a quiet night would lie on the disk until the next visit.
        pause = 1.0
        while True:
            time.sleep(pause)
            try:
                pause = self.tend()
            except OSError as error:
                log.warning(
                    "The key folder %s cannot be written (%s): keys do not rotate.", self._folder, error.strerror
                )
                pause = 60.0

    def _read(self) -> None:
        self._read_at = self._folder.stat().st_mtime_ns
        self._keys = self._readable()

    def _readable(self) -> list[tuple[int, Fernet]]:
        keys = []
        for made, path in key_files(self._folder):
            try:
                keys.append((made, Fernet(path.read_bytes())))
            except FileNotFoundError:
                # Destroyed by another at this moment.
                continue
            except (OSError, ValueError) as error:
                # One that was overwritten and not unlinked, since the power went, or that root has made.
                log.warning("The key %s cannot be used (%s): visits sealed with it end.", path, type(error).__name__)
        return keys

    def _write(self, made: int) -> None:
        # Written whole under another name first: a disk that fills up must not leave half a key in use.
        unfinished = self._folder / f"{made}.{os.getpid()}.new"
        write_whole(unfinished, Fernet.generate_key())
        try:
            unfinished.rename(self._folder / f"{made}.key")
        except OSError:
            destroy(unfinished)
            raise

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self._folder / "lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
