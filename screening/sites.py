"""Teams and their codes; a device keeps its team in a signed cookie that is checked without the database."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import insert, select, update

from screening.keys import make_once
from screening.store import A_VISITS, Store, StoreError, site

log = logging.getLogger(__name__)

#: How long the list of teams is believed before it is read again, in seconds: a retired team stops at most this late.
BELIEVED: Final = 30.0

#: Letters and figures that nobody confuses when they are read out or typed.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH: Final = 12

#: What counts where no team is named; no team may be called so.
_TAKEN: Final = "main"


class SiteError(ValueError):
    """A team cannot be added, retired or given a new code; the text says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class Site:
    """A team. `generation` says how many codes it has had: what an older code opened is closed."""

    id: str
    title: str
    generation: int
    is_retired: bool


def read_sites(store: Store) -> list[Site]:
    """All teams, retired ones too, by id. Raises StoreError."""
    with store.reading(within=A_VISITS) as connection:
        rows = connection.execute(
            select(site.c.id, site.c.title, site.c.generation, site.c.is_retired).order_by(site.c.id)
        )
        return [Site(row.id, row.title, row.generation, row.is_retired) for row in rows]


class Sites:
    """The teams that visits are counted for. Without any, the program is for one team on one machine.

    `keys` is the folder of the key that signs a device's cookie; `clock` gives seconds since 1970.
    """

    def __init__(self, store: Store, keys: Path, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._guard = threading.Lock()
        self._known: dict[str, Site] | None = None
        self._read_at = -BELIEVED
        path = keys / "sites.key"
        try:
            make_once(path, secrets.token_bytes(32))
            key = path.read_bytes()
        except OSError:
            # Devices are asked for their code again after a restart; `Keys` has said that the folder is not writable.
            key = b""
        if len(key) != 32 or not any(key):
            # With half a key, or none, anybody could sign.
            log.warning("The key %s cannot be used: devices are asked for their team's code again.", path)
            key = secrets.token_bytes(32)
        self._signer = URLSafeSerializer(key, salt="site")

    # What pages ask.

    def known(self) -> Mapping[str, Site] | None:
        """All teams by id, retired ones too, as last read; None when the database was never there to read them."""
        with self._guard:
            if not 0 <= self._clock() - self._read_at < BELIEVED:
                # Set first: while the database is away, one request in so long waits for it.
                self._read_at = self._clock()
                try:
                    self._known = {one.id: one for one in self.all()}
                except StoreError:
                    # What was known stays good: a team does not lose its guide with the database.
                    return self._known
            return self._known

    def active(self) -> list[Site]:
        return [one for one in (self.known() or {}).values() if not one.is_retired]

    def of_device(self, cookie: str | None) -> str:
        """The id of the team that a device's cookie names, "" for none, a forged, an outdated, or a retired one."""
        if cookie is None:
            return ""
        try:
            id, generation = self._signer.loads(cookie)
        except (BadSignature, ValueError, TypeError):
            return ""
        known = self.known()
        if known is None:
            # The signature is ours: that must do while the database is away.
            return str(id)
        one = known.get(id)
        if one is None or one.generation < generation:
            # Newer than what was last read; nobody but us can have signed it.
            self.forget_what_is_known()
            one = (self.known() or {}).get(id)
        return one.id if one and not one.is_retired and one.generation == generation else ""

    def title(self, id: str) -> str:
        """What a team is called, its id where that is not known."""
        one = (self.known() or {}).get(id)
        return one.title if one else id

    def titles(self) -> dict[str, str]:
        """What each team is or was called."""
        return {one.id: one.title for one in (self.known() or {}).values()}

    def cookie_for(self, code: str) -> str:
        """The cookie for a device whose user gave this code, "" when it is no team's. Raises StoreError."""
        with self._store.reading(within=A_VISITS) as connection:
            row = connection.execute(
                select(site.c.id, site.c.generation).where(
                    site.c.code_hash == _hash(code), site.c.is_retired.is_(False)
                )
            ).first()
        if row is None:
            return ""
        self.forget_what_is_known()
        return str(self._signer.dumps([row.id, row.generation]))

    def forget_what_is_known(self) -> None:
        """Read the teams again when they are next asked for."""
        self._read_at = -BELIEVED

    # What commands do. All raise StoreError when the database cannot be used.

    def all(self) -> list[Site]:
        """All teams, retired ones too, by id."""
        return read_sites(self._store)

    def add(self, id: str, title: str) -> str:
        """Add a team and return its code, which is kept nowhere in the clear. Raises SiteError."""
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id) or len(id) > 40:
            raise SiteError(f"{id!r} is no id: write small letters, figures and hyphens, such as ghent-er, 40 at most")
        if id == _TAKEN:
            raise SiteError(f"{id!r} is what counts where no site is named; choose another id")
        title = title.strip()
        if not title or len(title) > 120 or not title.isprintable():
            raise SiteError("the title must be one line of 1 to 120 characters")
        if any(one.id == id for one in self.all()):
            raise SiteError(f"there is a site {id!r} already; ids are permanent, also those of retired sites")
        code = _new_code()
        with self._store.writing() as connection:
            connection.execute(
                insert(site).values(id=id, title=title, code_hash=_hash(code), generation=1, is_retired=False)
            )
        self.forget_what_is_known()
        return code

    def new_code(self, id: str) -> str:
        """Give a team a new code and return it; the devices that its older codes let in are asked again."""
        generation = self._active(id).generation
        code = _new_code()
        self._change(id, code_hash=_hash(code), generation=generation + 1)
        return code

    def retire(self, id: str) -> None:
        """Close a team: its devices are asked for a code, its releases stay. Raises SiteError."""
        self._active(id)
        self._change(id, is_retired=True)

    def _active(self, id: str) -> Site:
        known = {one.id: one for one in self.all()}
        if id not in known:
            there = ", ".join(known) or "there are none"
            raise SiteError(f"there is no site {id!r} (sites: {there})")
        if known[id].is_retired:
            raise SiteError(f"the site {id!r} is retired; add one under another id")
        return known[id]

    def _change(self, id: str, **values: object) -> None:
        with self._store.writing() as connection:
            connection.execute(update(site).where(site.c.id == id).values(**values))
        self.forget_what_is_known()


def _new_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, _CODE_LENGTH, 4))


def _hash(code: str) -> bytes:
    """The hash of a code as it may be typed: small letters, spaces and hyphens make no difference."""
    return hashlib.sha256(re.sub(r"[\s-]", "", code).upper().encode()).digest()
