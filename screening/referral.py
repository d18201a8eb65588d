"""The referral sheet: an assessment as one page to print, as HTML and as PDF; it fetches nothing and writes nothing."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

from jinja2 import Environment

from screening.assessment import elements_noted, means_asked_for
from screening.checklist import Assessment
from screening.guidance import Guidance, Kind
from screening.places import ADVICE, CHILD, ContactKind, Place, Site, Wanted, by_fit

log = logging.getLogger(__name__)

STATIC: Final = Path(__file__).resolve().parent.parent / "static"

#: Our own scheme for our own fonts: nothing that a text could name leads to them or to anything else.
FONTS: Final = {
    "sheet-font:regular": STATIC / "fonts" / "SourceSans3-Regular.ttf",
    "sheet-font:semibold": STATIC / "fonts" / "SourceSans3-SemiBold.ttf",
}
FONT_FACES: Final = (
    "@font-face { font-family: 'Sheet'; font-weight: 400; src: url('sheet-font:regular') format('truetype') }"
    "@font-face { font-family: 'Sheet'; font-weight: 600; src: url('sheet-font:semibold') format('truetype') }"
)


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
    *(Filling(*most) for most in ((10, 6), (8, 5), (7, 4), (6, 3), (4, 3))),
    Filling(6, 3, unknown_by_name=False),
    *(
        Filling(*most, in_rows=False, unknown_by_name=False)
        for most in ((6, 3), (4, 3), (3, 3), (2, 2), (1, 2), (0, 2), (0, 1))
    ),
)


class PdfUnavailableError(Exception):
    """No PDF can be made here; the text says why."""


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

    `also` is what another checklist makes of the same answers, where that is more urgent.
    """

    assessment: Assessment
    place: Place | None
    guidance: tuple[Guidance, ...]
    sources: Mapping[str, Sourced]
    red: Mapping[str, Worded]
    language: str = "en"
    also: Assessment | None = None
    site: Site = Site()


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
    reason = pdf_unavailable()
    if reason is not None:
        raise PdfUnavailableError(reason)
    for filling in FILLINGS:
        html = as_html(sheet, environment, filling=filling)
        try:
            pages, pdf = _press().printed(html, pages=1 if filling is not FILLINGS[-1] else 2)
        except Exception as error:
            # Whatever breaks in there (WeasyPrint puts our fonts into a temp file, and a disk may be full), the visit
            # goes on with the page that the browser prints. The error's text is left out: it may quote the sheet.
            log.error("The sheet could not be made as PDF: %s", type(error).__name__)
            raise PdfUnavailableError(f"it could not be rendered ({type(error).__name__})") from None
        if pdf:
            return pdf
    raise PdfUnavailableError(f"the sheet would take {pages} pages")


@cache
def pdf_unavailable() -> str | None:
    """Why no PDF can be made here, None when it can. The first call loads WeasyPrint, which takes a second."""
    try:
        import weasyprint  # noqa: F401 (whether it can be loaded is the question)
    except (ImportError, OSError) as error:
        # WeasyPrint raises OSError when the Pango library is not there.
        return f"WeasyPrint or its Pango library cannot be loaded ({type(error).__name__})"
    return None


class _Press:
    """WeasyPrint with our fonts and our stylesheet.

    One for each thread: a FontConfiguration that threads share aborts the program, hangs, or prints other bytes.
    """

    def __init__(self) -> None:
        from weasyprint import CSS
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher, URLFetcherResponse

        class Refusing(URLFetcher):  # type: ignore[misc]  # weasyprint has no types
            """Refuses every address: what a text on the sheet names is never fetched, on the network or on disk."""

            def fetch(self, url: str, headers: Any = None) -> Any:
                raise ValueError("a sheet fetches nothing")

        class OwnFonts(URLFetcher):  # type: ignore[misc]
            """For our own two lines of font faces alone; the sheet's text never meets it."""

            def fetch(self, url: str, headers: Any = None) -> Any:
                return URLFetcherResponse(url, FONTS[url].read_bytes(), {"Content-Type": "font/ttf"})

        self.refusing = Refusing()
        self.fonts = FontConfiguration()
        self.styles = [
            CSS(string=FONT_FACES, font_config=self.fonts, url_fetcher=OwnFonts()),
            CSS(string=(STATIC / "sheet.css").read_text("utf-8"), font_config=self.fonts, url_fetcher=self.refusing),
        ]

    def printed(self, html: str, pages: int) -> tuple[int, bytes]:
        """How many pages it takes, and the PDF if there are no more than `pages`, else nothing."""
        from weasyprint import HTML

        page = HTML(string=html, url_fetcher=self.refusing)
        document = page.render(stylesheets=self.styles, font_config=self.fonts, pdf_variant="pdf/ua-1")
        if len(document.pages) > pages:
            return len(document.pages), b""
        return len(document.pages), bytes(document.write_pdf(pdf_variant="pdf/ua-1"))


_presses = threading.local()


def _press() -> _Press:
    if not hasattr(_presses, "press"):
        _presses.press = _Press()
        # WeasyPrint's fonts cannot be let go once Python is half gone: this thread's go before that.
        atexit.register(_presses.__dict__.clear)
    press: _Press = _presses.press
    return press
