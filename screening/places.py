"""Places and their contacts: the emergency number, who can advise, and how to reach them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Contact:
    """An organisation. `hours` is OpenStreetMap opening_hours, "" = unknown (never "closed").

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
