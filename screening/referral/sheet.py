"""The referral sheet: an assessment as one page to print, for the next professional."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from jinja2 import Environment

from screening.assessment import elements_noted, means_asked_for
from screening.checklist import Assessment
from screening.guidance import Guidance, Kind
from screening.places import ADVICE, CHILD, Contact, ContactKind, Place, Site, Wanted, by_fit
from screening.referral.room import Filling, Least, fitted

#: The ways a sheet is set, the fullest first. No sign that was noted and no red line is left out in any of them.
ROOMY: Final = 0  # tall boxes to write in
IN_ROWS: Final = 1  # each sign in a row of its own, with its sources; what is not known by name
BY_GROUP: Final = 2  # what is not known by group
DENSE: Final = 3  # the signs as running text without their sources, low boxes
_LEAST: Final = {IN_ROWS: Least(4, 3), BY_GROUP: Least(4, 3, shortens="unknown"), DENSE: Least(0, 1)}
#: The contacts that fit best have a row each; all the others together count as one entry more.
_CONTACTS_IN_ROWS: Final = 4
#: With more lines than about this there is no room for tall boxes, and it need not be tried.
_ROOMY_LINES: Final = 20


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
    filling: Filling | None = None,
    around: Mapping[str, Any] | None = None,
) -> str:
    """The sheet as a page; without `filling`, as the browser is to print it, which nobody can measure beforehand.

    `around` is what the page around it needs on a screen, None for the PDF: there is only the sheet.
    """
    guidance, contacts = _guidance(sheet), _contacts(sheet)
    if filling is None:
        filling = _for_the_browser(sheet)
    rows = contacts[: min(filling.contacts, _CONTACTS_IN_ROWS)]
    more = contacts[_CONTACTS_IN_ROWS:] if filling.contacts > _CONTACTS_IN_ROWS else []
    return environment.get_template("sheet.html").render(
        sheet=sheet,
        assessment=sheet.assessment,
        checklist=sheet.assessment.checklist,
        place=sheet.place,
        sources=sheet.sources,
        red=sheet.red,
        guidance=guidance[: filling.guidance],
        contacts=rows,
        more_contacts=more,
        left_out={
            "guidance": len(guidance[filling.guidance :]),
            "contacts": len(contacts) - len(rows) - len(more),
        },
        in_rows=filling.spared < DENSE,
        unknown_by_name=filling.spared < BY_GROUP,
        boxes={ROOMY: "tall", DENSE: "low"}.get(filling.spared, ""),
        elements=elements_noted(sheet.assessment) if sheet.assessment.checklist.elements else {},
        means_asked_for=means_asked_for(sheet.assessment.circumstances),
        site=sheet.site,
        unnamed=sheet.assessment.circumstances.consent == "refused" and "child" not in sheet.assessment.red,
        **(around or {}),
        screen=around is not None,
    )


def as_pdf(sheet: Sheet, environment: Environment) -> bytes:
    """The sheet as one tagged page (PDF/UA-1) of the place's paper; the same input gives the same bytes.

    What is least needed is left out until it fits: contacts behind the first, guidance from its end, never a sign or
    a red line; the sheet says what. Only where signs and red lines alone fill more than a page does it take another.
    Raises PdfUnavailableError.
    """
    assessment, guidance = sheet.assessment, len(_guidance(sheet))
    contacts = min(len(_contacts(sheet)), _CONTACTS_IN_ROWS + 1)
    least = dict(_LEAST)
    if not assessment.unknown:
        del least[BY_GROUP]
    lines = len(assessment.present) + len(assessment.unknown) // 3 + guidance + contacts
    if lines <= _ROOMY_LINES:
        least[ROOMY] = Least(guidance, contacts)
    fullest = Filling(guidance, contacts)
    return fitted(lambda filling: as_html(sheet, environment, filling=filling), fullest, least, most_pages=1)


def _guidance(sheet: Sheet) -> list[Guidance]:
    return [item for item in sheet.guidance if item.kind in (Kind.DO, Kind.DONT)]


def _contacts(sheet: Sheet) -> list[Contact]:
    fitting = by_fit(sheet.place, wanted(sheet.assessment))
    return [contact for contact in fitting if contact.kind is not ContactKind.EMERGENCY]


def _for_the_browser(sheet: Sheet) -> Filling:
    """What about fits on a page, by the number of signs."""
    present = len(sheet.assessment.present)
    if present <= 3:
        return Filling(10, 4, IN_ROWS)
    return Filling(6, 3, BY_GROUP) if present <= 11 else Filling(2, 2, DENSE)
