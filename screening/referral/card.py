"""The safety card: bank-card size, for the person, with numbers and hours and not a word of what they are for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from jinja2 import Environment

from screening.languages import Language
from screening.places import ADVICE, ContactKind, Place, Wanted, by_fit
from screening.referral.press import laid_out

#: What fits on a card and is still read.
MOST_NUMBERS: Final = 4
#: Who helps a person who was harmed; never police or an authority, since a card is found.
_HELPING: Final = (
    *ADVICE,
    ContactKind.SEXUAL_VIOLENCE,
    ContactKind.DOMESTIC_VIOLENCE,
    ContactKind.WOMEN,
)


@dataclass(frozen=True, slots=True)
class CardNumber:
    """A number as it is dialled in the country, and its opening hours ("" where they are not known)."""

    dial: str
    hours: str

    @property
    def times(self) -> str:
        """The hours in figures alone: "24/7", or the time where it is the same whenever somebody answers; else ""."""
        if self.hours == "24/7":
            return self.hours
        found = set(re.findall(r"\d\d:\d\d-\d\d:\d\d", self.hours))
        return found.pop().replace("-", "–") if len(found) == 1 else ""


def card_numbers(place: Place | None, wanted: Wanted, language: str = "") -> tuple[CardNumber, ...]:
    """The numbers that a card for this place holds, the ones that fit first, then those that speak `language`, a code.

    No name goes with them.
    """
    chosen: list[CardNumber] = []
    helping = {*_HELPING, *chain.from_iterable(wanted)} - {ContactKind.EMERGENCY}
    for contact in by_fit(place, wanted, languages={language, language.partition("-")[0]} - {""}):
        if contact.kind in helping and not contact.warning:
            chosen += [CardNumber(phone.dial, contact.hours) for phone in contact.phones[:1] if not phone.sms]
    return tuple(chosen[:MOST_NUMBERS])


def card_as_html(
    place: Place | None,
    numbers: Sequence[CardNumber],
    environment: Environment,
    language: Language,
    worker: Language,
    *,
    practice: bool = False,
) -> str:
    """The card as a page in `language`, with the few words for the worker in theirs; `practice` marks an invented case.

    Where neither a speaker of the language nor the worker has read the words, figures stand alone.
    """
    is_own = language.code == worker.code
    return environment.get_template("card.html").render(
        place=place,
        numbers=numbers,
        language=language,
        worker=worker,
        person=None if is_own else language,
        in_words=is_own or language.is_reviewed,
        paper=place.paper if place else "A4",
        practice=practice,
    )


def card_as_pdf(
    place: Place | None,
    numbers: Sequence[CardNumber],
    environment: Environment,
    language: Language,
    worker: Language,
    *,
    practice: bool = False,
) -> bytes:
    """One card with cut marks on the place's paper. Raises PdfUnavailableError."""
    return laid_out(card_as_html(place, numbers, environment, language, worker, practice=practice), None).pdf
