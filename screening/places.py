"""Places and their contacts: what fits, who answers at an instant, how to reach them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

from opening_hours import (  # type: ignore[attr-defined]  # its types leave the errors out
    OpeningHours,
    ParserError,
    State,
    UnknownCountryError,
)

#: A contact that was checked longer ago than this, in days, says so.
STALE_AFTER: Final = 180
LONGEST_HOURS: Final = 200
#: When somebody mostly answers where the hours are not known: a guess, and only for what is put first on a page.
OFFICE_HOURS: Final = "Mo-Fr 08:00-18:00; PH off"


class ContactKind(StrEnum):
    """In the order in which contacts are shown when nothing else decides."""

    EMERGENCY = "emergency"
    TRAFFICKING_HOTLINE = "trafficking-hotline"
    VICTIM_SUPPORT = "victim-support"
    CHILD = "child"
    MISSING_CHILDREN = "missing-children"
    SEXUAL_VIOLENCE = "sexual-violence"
    DOMESTIC_VIOLENCE = "domestic-violence"
    WOMEN = "women"
    LABOUR = "labour"
    MIGRANT = "migrant"
    LEGAL_AID = "legal-aid"
    POLICE = "police"
    CRIMESTOPPERS = "crimestoppers"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number: `dial` as a telephone takes it inside the country, `e164` (or "" for a short code) from abroad."""

    dial: str
    e164: str = ""
    reachable_from: str = "inside"
    free: bool | None = None
    sms: bool = False
    note: str = ""

    @property
    def link(self) -> str:
        """The digits that a tap dials: from abroad where that works, and else as inside the country.

        Many exchanges refuse a free or a short national number behind the code of its own country (+31 800 ...), and
        those of North America none.
        """
        if self.e164 and (self.reachable_from == "anywhere" or self.e164.startswith("+1")):
            return self.e164
        return "".join(character for character in self.dial if character in "+0123456789")


@dataclass(frozen=True, slots=True)
class Contact:
    """An organisation. `hours` is OpenStreetMap opening_hours, "" = unknown (never "closed").

    `also` names the other kinds that it stands for, so that whoever needs those finds it.
    `held_back` gives the reason why it is never shown, "" for one that is. `warning` is said before the number.
    """

    id: str
    organisation: str
    kind: ContactKind
    does: str
    phones: tuple[Phone, ...]
    sources: tuple[str, ...]
    verified_on: str
    verified_how: str
    verified_by_telephone: bool
    hours: str = ""
    hours_note: str = ""
    languages: tuple[str, ...] = ()
    languages_note: str = ""
    url: str = ""
    email: str = ""
    reachable_from: str = ""
    warning: str = ""
    held_back: str = ""
    also: tuple[ContactKind, ...] = ()

    @property
    def kinds(self) -> frozenset[ContactKind]:
        """All that it is for: its kind, and what else it helps with."""
        return frozenset((self.kind, *self.also))

    def is_stale(self, on: date, after: int = STALE_AFTER) -> bool:
        """Whether it was checked more than `after` days before this day."""
        return on - date.fromisoformat(self.verified_on) > timedelta(days=after)


@dataclass(frozen=True, slots=True)
class Reporting:
    """What the law asks of one profession here; `known` False means: ask whom `text` names."""

    profession: str
    text: str
    sources: tuple[str, ...]
    known: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A country: emergency numbers, contacts, legal test, reporting.

    `has_file` is False for one of which nothing but its emergency numbers is known.
    """

    iso: str
    name: str
    emergency: tuple[str, ...]
    timezone: str = ""
    languages: tuple[str, ...] = ()
    paper: str = "A4"
    legal_test: str | None = None
    legal_test_sources: tuple[str, ...] = ()
    reporting: Mapping[str, Reporting] | None = None
    contacts: tuple[Contact, ...] = ()
    has_file: bool = False

    @property
    def shown_contacts(self) -> tuple[Contact, ...]:
        """The contacts that may be shown, in the order of ContactKind."""
        order = tuple(ContactKind)
        return tuple(sorted((c for c in self.contacts if not c.held_back), key=lambda c: order.index(c.kind)))


@dataclass(frozen=True, slots=True)
class SiteContact:
    """Somebody in the house, by role (see ROLES); `phone` as it is dialled there."""

    role: str
    name: str
    phone: str
    hours: str = ""
    note: str = ""


#: Whom a team must have named before it asks anybody anything (WHO: referral options first), in the order shown.
ROLES: Final = ("security", "night", "child-protection", "social-worker")


@dataclass(frozen=True, slots=True)
class Site:
    """What a team says of its own house; `policy` is where its rules are found.

    `languages` are those that it offers for what is said or handed over, in its order; none: all that there are.
    """

    name: str = ""
    contacts: Mapping[str, SiteContact] | None = None
    policy: str = ""
    languages: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The roles that nobody is named for. While there are any, the program is for practice only."""
        return tuple(role for role in ROLES if role not in (self.contacts or {}))


# --- Who answers now ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether somebody answers at an instant: True, False, or None where the hours are not known (never "closed").

    `until` is when that changes, in the place's own time: None for day and night, or where nothing is known. `holiday`
    says that the day is, or may be, a public holiday on which the hours may not hold.
    """

    now: bool | None
    until: datetime | None = None
    holiday: bool = False

    @property
    def always(self) -> bool:
        return self.now is True and self.until is None


def opening(hours: str, timezone: str, country: str, instant: datetime) -> Opening:
    """Who answers at `instant` (aware of its zone) by these opening hours (OpenStreetMap), in the place's own time."""
    if not hours:
        return Opening(None)
    local = instant.astimezone(ZoneInfo(timezone))
    read, knows_holidays = _read(hours, timezone, country)
    state, _ = read.state(local)
    if state is State.UNKNOWN:
        return Opening(None)
    change = read.next_change(local)
    always = state is State.OPEN and change is None
    holiday = not always and "PH" not in hours and (not knows_holidays or _is_holiday(timezone, country, local))
    return Opening(state is State.OPEN, change, holiday)


def hours_fault(hours: str) -> str:
    """What is wrong with opening hours, "" for nothing."""
    if len(hours) > LONGEST_HOURS:
        return f"they are longer than {LONGEST_HOURS} characters"
    try:
        OpeningHours(hours)
    except ParserError as error:
        return str(error).partition("\n")[0] or "they cannot be read"
    return ""


@lru_cache(maxsize=512)
def _read(hours: str, timezone: str, country: str) -> tuple[OpeningHours, bool]:
    """The hours, and whether there is a calendar of the country's public holidays."""
    try:
        return OpeningHours(hours, timezone=ZoneInfo(timezone), country=country), True
    except UnknownCountryError:
        return OpeningHours(hours, timezone=ZoneInfo(timezone)), False


def _is_holiday(timezone: str, country: str, local: datetime) -> bool:
    read, known = _read("PH 00:00-24:00", timezone, country)
    return known and read.is_open(local)


# --- What fits ------------------------------------------------------------------------------------

ADVICE: Final = (ContactKind.TRAFFICKING_HOTLINE, ContactKind.VICTIM_SUPPORT)
CHILD: Final = (ContactKind.CHILD, ContactKind.MISSING_CHILDREN)
#: The emergency number stands apart and on every page, so its row comes last; police are never the first to ask.
_LAST: Final = (ContactKind.POLICE, ContactKind.CRIMESTOPPERS, ContactKind.OTHER, ContactKind.EMERGENCY)

#: Who must say so before the number, lest somebody calls them without meaning to.
MARKED: Final = (ContactKind.POLICE, ContactKind.CRIMESTOPPERS)


#: Kinds of contacts that are asked for together, the most pressing group first.
Wanted = Sequence[tuple[ContactKind, ...]]


def tier(contact: Contact, wanted: Wanted) -> int:
    """How well a contact fits, 0 best: by the first group of `wanted` that it is in; then advice on trafficking, then
    other help, then the rest.
    """
    for index, group in enumerate((*wanted, ADVICE)):
        if not contact.kinds.isdisjoint(group):
            return index
    return len(wanted) + (2 if contact.kind in _LAST else 1)


def by_fit(
    place: Place | None,
    wanted: Wanted,
    instant: datetime | None = None,
    languages: Collection[str] = (),
) -> tuple[Contact, ...]:
    """The contacts of the place that may be shown, those first that fit; then who answers at `instant`, who may, who
    does not; then those who speak one of `languages`; telephones before pages; then by kind, and the order of the file.

    Without an instant the hour plays no part: the same input gives the same sheet.
    """
    if place is None:
        return ()
    others = [kind for kind in ContactKind if kind not in (*CHILD, *_LAST)]
    kinds = [*dict.fromkeys([*chain.from_iterable(wanted), *ADVICE, *others, *CHILD, *_LAST])]

    def rank(contact: Contact) -> tuple[int, bool, int, bool, int]:
        answers = 0
        if instant is not None and contact.phones:
            answers = {True: 0, None: 1, False: 2}[opening(contact.hours, place.timezone, place.iso, instant).now]
        speaks = not languages or not contact.languages or bool(set(languages) & set(contact.languages))
        fit = tier(contact, wanted)
        # A page to be read is no answer, and comes behind every telephone of its tier.
        return fit, not contact.phones, answers, not speaks, kinds.index(contact.kind)

    return tuple(sorted(place.shown_contacts, key=rank))


def nobody_answers(place: Place, wanted: Wanted, instant: datetime) -> bool:
    """Whether it is time for the night plan: nobody who fits surely answers, and where the hours are not known it is
    not a time at which offices mostly do."""
    states = [
        opening(one.hours, place.timezone, place.iso, instant).now
        for one in place.shown_contacts
        if one.phones and tier(one, wanted) <= len(wanted)
    ]
    if True in states:
        return False
    return None not in states or opening(OFFICE_HOURS, place.timezone, place.iso, instant).now is not True
