"""The files of places: their contacts, with numbers that can be dialled as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale

from screening.places import MARKED, Contact, ContactKind, Phone, Place, Reporting, hours_fault
from screening.rulebook.faults import Fault
from screening.rulebook.shapes import ContactShape, PhoneShape, PlaceShape
from screening.rulebook.syntax import Document, Where


def check_contacts(shape: PlaceShape, document: Document) -> Iterator[Fault]:
    """What is wrong with a place beyond its shape."""
    try:
        ZoneInfo(shape.timezone)
    except (LookupError, ValueError, OSError):
        remedy = "Write one of the IANA names, such as Europe/Brussels"
        yield document.fault(("timezone",), f"there is no timezone {shape.timezone!r}", remedy)
    yield from _languages(shape.languages, document, ("languages",))
    for index, contact in enumerate(shape.contacts):
        where: Where = ("contacts", index)
        if (contact.held_back is None) == (contact.publish is None):
            remedy = "Keep one: `publish: true`, or the reason why the contact is held back"
            yield document.fault(where, "a contact needs either `publish` or `held_back`", remedy)
        if ContactKind(contact.kind) in MARKED and not contact.warning:
            remedy = "Add `warning: This is the police.`, or what it is"
            yield document.fault(where, "nothing says that this is the police, or that the police is told", remedy)
        yield from _languages(contact.languages, document, (*where, "languages"))
        try:
            date.fromisoformat(contact.verified.on)
        except ValueError:
            said = f"there is no day {contact.verified.on}"
            yield document.fault((*where, "verified", "on"), said, "Write a date such as 2026-11-24")
        if contact.hours and hours_fault(contact.hours):
            remedy = 'Write OpenStreetMap opening hours, such as "Mo-Fr 09:00-17:00", or leave them out: not known'
            yield document.fault((*where, "hours"), f"these are no opening hours: {contact.hours!r}", remedy)
        if contact.url is not None:
            yield from _url(contact.url, document, (*where, "url"))
        for at, source in enumerate(contact.sources):
            yield from _wrapped(source, document, (*where, "sources", at))
        if not (contact.phones or contact.url or contact.email):
            yield document.fault(where, "a contact without telephone, page and address reaches nobody", "Add one")
        for at, phone in enumerate(contact.phones):
            yield from _phone(phone, shape.iso, document, (*where, "phones", at))
    for profession, entry in shape.reporting.items():
        if entry.known and not entry.sources:
            said = "what the law asks stands here without its source"
            yield document.fault(("reporting", profession), said, "Add `sources: [...]`, or write `known: false`")


#: Addresses that a mail gateway or a counter of visits has wrapped tell others who clicked.
_WRAPPED: Final = re.compile(
    r"[?&](utm_\w+|fbclid|gclid|mc_[ce]id)=|safelinks\.protection|urldefense\.|//(bit\.ly|t\.co|tinyurl\.com|lnkd\.in)/",
    re.I,
)


def _url(url: str, document: Document, where: Where) -> Iterator[Fault]:
    if not url.startswith("https://"):
        yield document.fault(where, f"{url!r} is not encrypted", "Write its https address, or leave it out")
    yield from _wrapped(url, document, where)


def _wrapped(url: str, document: Document, where: Where) -> Iterator[Fault]:
    if _WRAPPED.search(url):
        yield document.fault(where, f"{url!r} tells somebody who opens it", "Write the bare address of the page")


def _languages(codes: list[str], document: Document, where: Where) -> Iterator[Fault]:
    for index, code in enumerate(codes):
        written = re.fullmatch(r"([a-z]{2,3})(-[A-Z][a-z]{3})?(-[A-Z]{2})?", code)
        if written is None or written[1] not in _known_languages():
            remedy = "Write an ISO 639 code, such as nl"
            yield document.fault((*where, index), f"there is no language {code!r}", remedy)


@cache
def _known_languages() -> frozenset[str]:
    """All that have a name, also those without a locale (Romani); less the ones that say "none" or "several"."""
    return frozenset(Locale("en").languages) - {"mul", "und", "zxx"}


def _phone(phone: PhoneShape, iso: str, document: Document, where: Where) -> Iterator[Fault]:
    if phone.e164 is None:
        if len([digit for digit in phone.dial if digit.isdigit()]) > 6:
            said = f"{phone.dial!r} is no short code, and how to dial it from abroad is missing"
            yield document.fault((*where, "dial"), said, 'Add `e164: "+..."`')
        return
    try:
        number = phonenumbers.parse(phone.e164)
        # Parsed as a telephone inside the country would: a trunk zero behind +385 looks valid and cannot be dialled.
        dialled = phonenumbers.parse(phone.dial, iso)
    except phonenumbers.NumberParseException:
        yield document.fault(where, "this is no telephone number", "Compare it with the contact's own page")
        return
    abroad = f"+{phonenumbers.country_code_for_region(iso)}"
    if phone.dial.startswith(abroad):
        said = f"{phone.dial!r} is how it is dialled from abroad"
        yield document.fault((*where, "dial"), said, f"Write it as a telephone in {iso} takes it, without {abroad}")
        return
    if (
        not phonenumbers.is_possible_number(number)
        or phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) != phone.e164
    ):
        said = f"{phone.e164!r} has too few or too many digits, or a trunk zero"
        yield document.fault((*where, "e164"), said, "Compare it with the contact's own page")
    elif dialled != number:
        said = f"{phone.dial!r}, dialled in {iso}, does not reach {phone.e164}"
        yield document.fault((*where, "dial"), said, "Make them the same number")
    elif (
        re.match("1800|0?80[08]", re.sub("[^0-9+]", "", phone.dial))
        and phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.TOLL_FREE
    ):
        # With a digit lost, "1800 555 22" still has the shape of a telephone in Dublin.
        said = f"{phone.dial!r} begins as a free number, and is none: a digit may be missing"
        yield document.fault((*where, "dial"), said, "Compare it with the contact's own page")
    elif not phonenumbers.is_valid_number(number):
        said = f"no telephone has the number {phone.e164!r}"
        yield document.fault((*where, "e164"), said, "Compare it with the contact's own page")


def place_of(shape: PlaceShape) -> Place:
    return Place(
        iso=shape.iso,
        name=shape.name,
        emergency=tuple(shape.emergency),
        timezone=shape.timezone,
        languages=tuple(shape.languages),
        paper=shape.paper,
        legal_test=shape.legal_test,
        legal_test_sources=tuple(shape.legal_test_sources),
        reporting={
            profession: Reporting(profession, entry.text, tuple(entry.sources), entry.known)
            for profession, entry in shape.reporting.items()
        },
        contacts=tuple(_contact(contact) for contact in shape.contacts),
        has_file=True,
    )


def _contact(shape: ContactShape) -> Contact:
    return Contact(
        id=shape.id,
        organisation=shape.organisation,
        kind=ContactKind(shape.kind),
        does=shape.does,
        phones=tuple(
            Phone(phone.dial, phone.e164 or "", phone.reachable_from, phone.free, phone.sms, phone.note)
            for phone in shape.phones
        ),
        sources=tuple(shape.sources),
        verified_on=shape.verified.on,
        verified_how=shape.verified.how,
        verified_by_telephone=shape.verified.by_telephone,
        hours=shape.hours,
        hours_note=shape.hours_note,
        languages=tuple(shape.languages),
        languages_note=shape.languages_note,
        url=shape.url or "",
        email=shape.email or "",
        reachable_from=shape.reachable_from or "",
        warning=shape.warning,
        held_back=shape.held_back or "",
        also=tuple(ContactKind(kind) for kind in shape.also),
    )
