"""The referral sheet: an assessment as one page to print, for the next professional."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from jinja2 import Environment

from screening.assessment import elements_noted, means_asked_for
from screening.checklist import Assessment
from screening.guidance import Guidance, Kind
from screening.places import ADVICE, CHILD, ContactKind, Place, Site, Wanted, by_fit
from screening.referral.press import TooLongError, printed


@dataclass(frozen=True, slots=True)
class Filling:
    """What a sheet holds at most: items of guidance, contacts; each sign in a row of its own or in running text; what
    is not known by name or by group. No sign that was noted and no red line is ever left out.
    """

    guidance: int
    contacts: int
    in_rows: bool = True
    unknown_by_name: bool = True


#: From the fullest that is tried to the barest.
FILLINGS: Final = (
    *(Filling(*most) for most in ((10, 4), (8, 4), (6, 3), (4, 3))),
    Filling(6, 3, unknown_by_name=False),
    *(
        Filling(*most, in_rows=False, unknown_by_name=False)
        for most in ((6, 3), (4, 3), (3, 3), (2, 2), (1, 2), (0, 2), (0, 1))
    ),
)


class Sourced(Protocol):
    @property
    def short(self) -> str: ...


class Worded(Protocol):
    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a sheet is made from. `sources` are by document id, `red` the words of the red lines by name.

    `also` is what another checklist makes of the same answers, where that is more urgent; `practice` marks the sheet
    of an invented case as such.
    """

    assessment: Assessment
    place: Place | None
    guidance: tuple[Guidance, ...]
    sources: Mapping[str, Sourced]
    red: Mapping[str, Worded]
    language: str = "en"
    also: Assessment | None = None
    site: Site = Site()
    practice: bool = False


def wanted(assessment: Assessment) -> Wanted:
    """The kinds of contacts this assessment calls for: danger, a child, who asks for help, then the checklist's."""
    groups = [
        ("danger" in assessment.red, (ContactKind.EMERGENCY,)),
        ("child" in assessment.red, CHILD),
        ("asks" in assessment.red, ADVICE),
        (True, tuple(ContactKind(kind) for kind in assessment.checklist.contacts)),
    ]
    return [kinds for called_for, kinds in groups if called_for and kinds]


def as_html(
    sheet: Sheet,
    environment: Environment,
    *,
    filling: Filling = FILLINGS[0],
    around: Mapping[str, Any] | None = None,
) -> str:
    """The sheet as a page.

    `around` is what the page around it needs on a screen, None for the PDF: there is only the sheet.
    """
    items = [item for item in sheet.guidance if item.kind in (Kind.DO, Kind.DONT)]
    contacts = [
        contact
        for contact in by_fit(sheet.place, wanted(sheet.assessment))
        if contact.kind is not ContactKind.EMERGENCY
    ]
    return environment.get_template("sheet.html").render(
        sheet=sheet,
        assessment=sheet.assessment,
        checklist=sheet.assessment.checklist,
        place=sheet.place,
        sources=sheet.sources,
        red=sheet.red,
        guidance=items[: filling.guidance],
        contacts=contacts[: filling.contacts],
        left_out=max(0, len(items) - filling.guidance) + max(0, len(contacts) - filling.contacts),
        filling=filling,
        elements=elements_noted(sheet.assessment) if sheet.assessment.checklist.elements else {},
        means_asked_for=means_asked_for(sheet.assessment.circumstances),
        site=sheet.site,
        unnamed=sheet.assessment.circumstances.consent == "refused" and "child" not in sheet.assessment.red,
        **(around or {}),
        screen=around is not None,
    )


def as_pdf(sheet: Sheet, environment: Environment) -> bytes:
    """The sheet as one tagged page (PDF/UA-1) of the place's paper; the same input gives the same bytes.

    What is least needed is left out until it fits: guidance from its end, then contacts, never a sign or a red line.
    What does not fit even so takes a second page. Raises PdfUnavailableError.
    """
    try:
        return printed(as_html(sheet, environment, filling=filling) for filling in FILLINGS)
    except TooLongError:
        return printed([as_html(sheet, environment, filling=FILLINGS[-1])], most_pages=2)
