"""The paper twin: the blank checklist with its scoring, so that a visit done with a pen comes to the same result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, product
from string import ascii_uppercase
from typing import Final

from jinja2 import Environment

from screening.assessment import variables_of
from screening.checklist import CIRCUMSTANCE_VALUES, Assessment, Checklist, Circumstances, Level, Reserved
from screening.guidance import Guidance, Kind, fitting
from screening.places import Contact, ContactKind, Place, Site, by_fit
from screening.referral.room import Filling, Least, fitted
from screening.referral.sheet import Worded

#: The ways a twin is set: with what may be noticed without asking, and without.
WITH_LOOK: Final = 0
WITHOUT_LOOK: Final = 1
_LEAST: Final = {WITH_LOOK: Least(9, 4), WITHOUT_LOOK: Least(2, 1)}


@dataclass(frozen=True, slots=True)
class Twin:
    """All that a twin is made from; `red` are the words of the red lines by name."""

    checklist: Checklist
    reserved: Reserved
    place: Place | None
    guidance: tuple[Guidance, ...]
    red: Mapping[str, Worded]
    site: Site = Site()
    language: str = "en"


def twin_as_html(twin: Twin, environment: Environment, filling: Filling | None = None) -> str:
    """The twin as a page; without `filling`, everything that may stand on it."""
    guidance, contacts = _guidance(twin), _contacts(twin)
    if filling is None:
        filling = Filling(len(guidance), len(contacts))
    return environment.get_template("twin.html").render(
        twin=twin,
        checklist=twin.checklist,
        place=twin.place,
        red=twin.red,
        site=twin.site,
        numbers={id: number for number, id in enumerate(twin.checklist.countable, start=1)},
        letters=dict(zip(twin.checklist.conditions, _letters(), strict=False)),
        guidance=guidance[: filling.guidance],
        contacts=contacts[: filling.contacts],
        left_out={
            "guidance": len(guidance[filling.guidance :]),
            "contacts": len(contacts[filling.contacts :]),
        },
        look=filling.spared == WITH_LOOK,
        values=CIRCUMSTANCE_VALUES,
        law="legal-test" in dict(variables_of(twin.checklist)),
    )


def twin_as_pdf(twin: Twin, environment: Environment) -> bytes:
    """Two pages at most, tagged, on the place's paper. Raises PdfUnavailableError.

    Only where the signs and the rules of a checklist alone fill more than two pages does it take more.
    """
    fullest = Filling(len(_guidance(twin)), len(_contacts(twin)))
    return fitted(lambda filling: twin_as_html(twin, environment, filling), fullest, _LEAST, most_pages=2)


def _letters() -> Iterator[str]:
    """A, B, ... Z, AA, AB, ...: as many as a checklist has conditions."""
    for length in count(1):
        for letters in product(ascii_uppercase, repeat=length):
            yield "".join(letters)


def _contacts(twin: Twin) -> Sequence[Contact]:
    wanted = [tuple(ContactKind(kind) for kind in twin.checklist.contacts)]
    return [contact for contact in by_fit(twin.place, wanted) if contact.kind is not ContactKind.EMERGENCY]


def _guidance(twin: Twin) -> list[Guidance]:
    """What to do and not to do where advice is due, as it stands while nothing is known of the visit."""
    known = Circumstances(legal_test=twin.place.legal_test if twin.place else None)
    outcome = replace(twin.reserved.concern, level=Level.SEEK_ADVICE)
    blank = Assessment(
        checklist=twin.checklist,
        outcome=outcome,
        judged=outcome,
        possible=(outcome,),
        reasons=(),
        red=(),
        open=(),
        answers={},
        circumstances=known,
        present=(),
        unknown=(),
        coerced=(),
    )
    return [item for item in _in_order(fitting(twin.guidance, blank)) if item.kind in (Kind.DO, Kind.DONT)]


def _in_order(items: Iterable[Guidance]) -> list[Guidance]:
    """Next steps first, since there is less room than on a screen."""
    return sorted(items, key=lambda item: not item.next_step)
