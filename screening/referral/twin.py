"""The paper twin: the blank checklist with its scoring, so that a visit done with a pen comes to the same result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from jinja2 import Environment

from screening.assessment import variables_of
from screening.checklist import CIRCUMSTANCE_VALUES, Assessment, Checklist, Circumstances, Level, Reserved
from screening.guidance import Guidance, Kind, fitting
from screening.places import Contact, ContactKind, Place, Site, by_fit
from screening.referral.press import printed
from screening.referral.sheet import Worded

#: What the twin holds at most of what may be left out: items of guidance, contacts, what may be noticed without asking.
_FILLINGS: Final = (
    (14, 8, True),
    (12, 6, True),
    (12, 6, False),
    (9, 4, False),
    (6, 3, False),
    (4, 2, False),
    (3, 2, False),
    (2, 1, False),
)


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


def twin_as_html(twin: Twin, environment: Environment, filling: tuple[int, int, bool] = _FILLINGS[0]) -> str:
    items, contacts, look = filling
    return environment.get_template("twin.html").render(
        twin=twin,
        checklist=twin.checklist,
        place=twin.place,
        red=twin.red,
        site=twin.site,
        numbers={id: number for number, id in enumerate(twin.checklist.countable, start=1)},
        letters={name: chr(ord("A") + index) for index, name in enumerate(twin.checklist.conditions)},
        guidance=_guidance(twin)[:items],
        contacts=_contacts(twin)[:contacts],
        look=look,
        values=CIRCUMSTANCE_VALUES,
        law="legal-test" in dict(variables_of(twin.checklist)),
    )


def twin_as_pdf(twin: Twin, environment: Environment) -> bytes:
    """Two pages at most, tagged, on the place's paper. Raises PdfUnavailableError."""
    return printed((twin_as_html(twin, environment, filling) for filling in _FILLINGS), most_pages=2)


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
