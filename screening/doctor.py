"""The doctor: says of an installation what is well, what is off and why, and what is wrong; it mends nothing."""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from screening import referral
from screening.accounts import Accounts
from screening.keys import ROTATION, SKEW, key_files
from screening.languages import CatalogueError, Review, codes, read_languages
from screening.places import STALE_AFTER
from screening.rulebook import Rulebook, RuleError, read_rulebook
from screening.settings import CONFIG, ENVIRONMENT, HOUSE, SettingError, Settings, read_config, read_settings
from screening.sites import read_sites
from screening.store import SCHEMA, Store, StoreError
from screening.tally import NotCountedError, Tally, Vault, is_far
from screening.tally.months import month_of

#: What a finding says of its part: all is well; something is off or worth a look; it must be mended.
WELL: Final = "well"
NOTE: Final = "note"
WRONG: Final = "wrong"

#: Less free room than this, in bytes, is told before it is none.
LITTLE_ROOM: Final = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is (WELL, NOTE, WRONG), which part, and in words, with the remedy."""

    state: str
    part: str
    said: str


def examine(environment: Mapping[str, str], clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Look at everything that an installation stands on. Nothing is made, changed or destroyed.

    No finding holds a password, a key, a figure, or anything of a visit.
    """
    yield from _program()
    try:
        settings = read_settings(environment)
    except SettingError as error:
        # Where everything else lies is not known either.
        yield Finding(WRONG, "settings", str(error))
        return
    yield _settings(settings, environment)
    yield _languages()
    yield from _rules(settings, clock)
    yield _sheets()
    yield from _folders(settings)
    yield from _keys(settings, clock)
    yield from _database(settings, clock)
    yield _time()


def _program() -> Iterator[Finding]:
    running = f"Screening {version('screening')}, Python {platform.python_version()}, {platform.system()}"
    yield Finding(WELL, "program", f"{running}, in {HOUSE}")
    pinned = re.findall(
        r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^ \\]+)", (HOUSE / "requirements.txt").read_text("utf-8"), re.M
    )
    others = [f"{name} {_installed(name)} (pinned: {wanted})" for name, wanted in pinned if _installed(name) != wanted]
    if others:
        yield Finding(WRONG, "packages", f"not as requirements.txt pins them: {', '.join(others)}. Run ./run again.")
    else:
        yield Finding(WELL, "packages", f"{len(pinned)}, each of the version that requirements.txt pins")


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _settings(settings: Settings, environment: Mapping[str, str]) -> Finding:
    # Names alone: a database's address may hold a password.
    given = [name for name in ENVIRONMENT if environment.get(name, "").strip()]
    given += [name for name in CONFIG if name in read_config(settings.instance / "config.toml")]
    return Finding(WELL, "settings", f"set: {', '.join(given) or 'none, all as they come'}")


def _languages() -> Finding:
    try:
        found = read_languages(HOUSE / "translations")
    except CatalogueError as error:
        return Finding(WRONG, "languages", f"the server would not start: {error}")
    drafts = [code for code, language in found.items() if language.review is Review.DRAFT]
    if drafts:
        said = f"{len(found)}; no speaker has read the drafts: {', '.join(drafts)} (docs/translations.md)"
        return Finding(NOTE, "languages", said)
    return Finding(WELL, "languages", f"{len(found)}, each read by a speaker")


def _rules(settings: Settings, clock: Callable[[], float]) -> Iterator[Finding]:
    try:
        book = read_rulebook(settings.rules, settings.instance / "rules", languages=codes(HOUSE / "translations"))
    except RuleError as error:
        yield Finding(WRONG, "rules", f"the server would not start:\n{error}")
        return
    if settings.place and settings.place not in book.places:
        yield Finding(WRONG, "rules", f"SCREENING_PLACE is {settings.place}, which is no country. Write an ISO code.")
    yield Finding(WELL, "rules", f"{len(book.checklists)} checklists, {len(book.indicators)} indicators: all good")
    missing = ", ".join(book.site.missing)
    if missing:
        said = (
            f"practice only: nobody is named for {missing}. Name them in {settings.instance / 'rules' / 'site.yaml'}."
        )
        yield Finding(NOTE, "readiness", said)
    else:
        yield Finding(WELL, "readiness", "the house has named whom to call")
    yield _contacts(book, settings, clock)


def _contacts(book: Rulebook, settings: Settings, clock: Callable[[], float]) -> Finding:
    today = datetime.fromtimestamp(clock(), UTC).date()
    # Where the house is, if that is said: what is stale elsewhere concerns others.
    places = [book.places[settings.place]] if settings.place in book.places else [*book.places.values()]
    shown = [contact for place in places for contact in place.shown_contacts]
    stale = sum(contact.is_stale(today) for contact in shown)
    called = sum(contact.verified_by_telephone for contact in shown)
    of = settings.place or f"{sum(place.has_file for place in places)} places"
    said = f"{len(shown)} of {of}; {called} were checked by a call; {stale} are stale (older than {STALE_AFTER} days)"
    if not shown or stale or called < len(shown):
        return Finding(NOTE, "contacts", f"{said}. See screening places check.")
    return Finding(WELL, "contacts", said)


def _sheets() -> Finding:
    reason = referral.pdf_unavailable()
    if reason:
        return Finding(NOTE, "sheets", f"PDF is off: {reason}. The browser prints them. ./run says what to install.")
    return Finding(WELL, "sheets", f"PDF, with WeasyPrint {version('weasyprint')}")


def _folders(settings: Settings) -> Iterator[Finding]:
    if os.geteuid() == 0:
        yield Finding(NOTE, "user", "you are root, who may do anything: ask again as the user that the server runs as")
    if not settings.instance.is_dir():
        around = next(folder for folder in settings.instance.absolute().parents if folder.is_dir())
        if os.access(around, os.W_OK | os.X_OK):
            yield Finding(NOTE, "folders", f"{settings.instance} is not there yet: the server makes it when it starts")
        else:
            said = f"{settings.instance} is not there, and this user can make nothing in {around}: no visit is counted."
            yield Finding(WRONG, "folders", f"{said} Make it, and give it to them: chown.")
        return
    faults = list(_permission_faults(settings))
    yield from (Finding(WRONG, "permissions", fault) for fault in faults)
    if not faults:
        yield Finding(WELL, "permissions", "nobody else may write the instance folder and the rules, or read the keys")
    free = shutil.disk_usage(settings.instance).free
    state, remedy = (WRONG, ". Make room, or counting stops.") if free < LITTLE_ROOM else (WELL, "")
    yield Finding(state, "disk", f"{free // 2**20} MB free in {settings.instance}{remedy}")


def _permission_faults(settings: Settings) -> Iterator[str]:
    """What others could read or write that is not for them, and what this user cannot."""
    instance, keys = settings.instance, settings.keys
    for folder in (path for path in (instance, keys, keys / "months") if path.is_dir()):
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            yield f"{folder} cannot be written by this user. Give it to them: chown."
    for path in _readable([instance, instance / "config.toml", settings.rules, instance / "rules"]):
        # By its group it may be: where everybody has a group of their own, that is how files come.
        if path.stat().st_mode & stat.S_IWOTH:
            yield f"{path} can be written by others. Mend it: chmod o-w {path}"
    database = Store(settings.database).file if not settings.database_url else None
    private = [keys, *_below(keys), *([database] if database else [])]
    for path in _readable(private):
        if path.stat().st_mode & 0o077:
            yield f"{path} can be opened by others. Mend it: chmod go= {path}"
        if path.stat().st_uid != instance.stat().st_uid:
            # Most likely root ran a command: the server cannot open what root has made.
            yield f"{path} belongs to another user than {instance}. Mend it: chown {_owner(instance)} {path}"


def _below(folder: Path) -> list[Path]:
    try:
        # Backups and people may know that there is a folder of keys: its tag and its lock are no secret.
        return [path for path in sorted(folder.rglob("*")) if path.suffix == ".key" or path.is_dir()]
    except PermissionError:
        return []


def _readable(paths: list[Path]) -> list[Path]:
    return [path for path in paths if os.access(path, os.F_OK)]


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def _keys(settings: Settings, clock: Callable[[], float]) -> Iterator[Finding]:
    if os.access(settings.keys, os.F_OK) and not os.access(settings.keys, os.R_OK | os.X_OK):
        yield Finding(WRONG, "keys", f"{settings.keys} cannot be read by this user. Ask as the server's.")
        return
    files = key_files(settings.keys)
    if not files:
        yield Finding(NOTE, "keys", f"none in {settings.keys}: no server runs on it, or it keeps its one key in memory")
        return
    now = clock()
    newest, oldest = now - files[0][0], now - files[-1][0]
    if newest < -SKEW:
        yield Finding(
            WRONG, "keys", f"one is from {_long(-newest)} ahead: the clock was wrong, or is. Set it; restart."
        )
    elif oldest > 2 * ROTATION + SKEW:
        # Whoever finds it could open what a browser's disk has kept of visits.
        said = f"one is {_long(oldest)} old and should be destroyed: no server runs. Start it, or delete {files[-1][1]}"
        yield Finding(WRONG, "keys", said)
    elif newest > ROTATION + SKEW:
        yield Finding(
            WRONG, "keys", f"the newest is {_long(newest)} old: they do not rotate. See the log of the server."
        )
    else:
        said = f"the newest is {_long(newest)} old, the oldest {_long(oldest)}; one is made every {_long(ROTATION)}"
        yield Finding(WELL, "keys", said)


def _long(seconds: float) -> str:
    """A stretch of time as one says it."""
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"


def _database(settings: Settings, clock: Callable[[], float]) -> Iterator[Finding]:
    try:
        store = Store(settings.database)
    except StoreError as error:
        yield Finding(WRONG, "database", str(error))
        return
    if store.file is not None and not store.file.exists():
        yield Finding(NOTE, "database", f"{store.file} is not there yet: the server makes it when it starts")
        return
    try:
        state = store.state()
        yield from _state_of_database(store, clock)
        if state.schema:
            yield from _counting(store, settings, clock)
    except StoreError as error:
        said = f"{store.address} cannot be used ({error}): visits go on and are not counted"
        yield Finding(WRONG, "database", said)
    finally:
        store.let_go()


def _state_of_database(store: Store, clock: Callable[[], float]) -> Iterator[Finding]:
    state = store.state()
    where = f"{state.product}, {store.address}"
    if state.damage:
        yield Finding(WRONG, "database", f"{where} is damaged: {state.damage}. Restore a backup (docs/operate.md).")
        return
    if state.time is not None and abs(state.time - clock()) > SKEW:
        apart = _long(abs(state.time - clock()))
        yield Finding(WRONG, "database", f"its clock and this machine's are {apart} apart. Set both by one source.")
    if state.keeps_times:
        yield Finding(WRONG, "database", "it notes when each row was written. Set track_commit_timestamp = off.")
    if state.schema == SCHEMA:
        yield Finding(WELL, "database", f"{where}, schema {state.schema}")
    elif state.schema < SCHEMA:
        at = f"schema {state.schema}" if state.schema else "no tables yet"
        yield Finding(NOTE, "database", f"{where}, {at}: the next start brings it to {SCHEMA}. Back it up first.")
    else:
        yield Finding(NOTE, "database", f"{where}, schema {state.schema}: a newer version of the program was here")


def _counting(store: Store, settings: Settings, clock: Callable[[], float]) -> Iterator[Finding]:
    """Months, teams, supervisors. Never a figure."""
    tally = Tally(store, Vault(settings.keys / "months"), clock, list, ())
    try:
        standing = tally.status()
    except NotCountedError as error:
        raise StoreError(str(error)) from None
    month = month_of(clock())
    if standing.open_month and not standing.key_is_there:
        yield Finding(WRONG, "counts", f"the key of {standing.open_month} is missing. See screening tally status.")
    elif standing.open_month > month or standing.last_release >= month:
        ahead = max(standing.open_month, standing.last_release)
        yield Finding(WRONG, "counts", f"{ahead} is in the database, and the clock says {month}. Set the clock.")
    elif standing.open_month and is_far(standing.open_month, month):
        said = f"the clock says {month} and the open month is {standing.open_month}: nothing is counted. Set the clock,"
        yield Finding(WRONG, "counts", f"{said} or, if it is right: screening tally close")
    else:
        release = standing.last_release or "none yet"
        waits = " (ended: the next request closes it)" if standing.open_month < month else ""
        yield Finding(WELL, "counts", f"open month {standing.open_month or 'none'}{waits}, last release {release}")
    teams = sum(not one.is_retired for one in read_sites(store))
    if teams:
        yield Finding(WELL, "teams", f"{teams}")
    else:
        yield Finding(NOTE, "teams", "none: it answers on this machine alone. See screening site add.")
    supervisors = len(Accounts(store, clock).all())
    yield Finding(WELL, "supervisors", f"{supervisors or 'none: nobody can see the counts'}")


def _time() -> Finding:
    """Whether the clock is kept by the network: months end by it, keys and visits too."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    asking = shutil.which("timedatectl")
    if asking is not None:
        # S603: a program of the system, found by its name, with words of ours.
        asked = subprocess.run(  # noqa: S603  # nosec B603
            [asking, "show", "--property=NTPSynchronized", "--value"], capture_output=True, text=True, check=False
        )
        if asked.stdout.strip() == "yes":
            return Finding(WELL, "time", f"{now}, kept by the network")
        if asked.stdout.strip() == "no":
            return Finding(WRONG, "time", f"{now}, and nothing keeps it right: timedatectl set-ntp true")
    return Finding(NOTE, "time", f"{now}; whether the network keeps it right is not known here")
