"""The press: a page as a tagged PDF in our own fonts; it fetches nothing and writes nothing."""

from __future__ import annotations

import atexit
import ctypes.util
import gc
import io
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree  # nosec B405

log = logging.getLogger(__name__)

STATIC: Final = Path(__file__).resolve().parent.parent.parent / "static"

#: Our fonts by family: Latin, Greek, Cyrillic and Vietnamese; Arabic script; Thai. Whole fonts: subset ones print wrong
#: letters without a warning. Chinese is an extra because of its size (ten megabytes a weight): it is used where its
#: files have been put beside the others.
FAMILIES: Final = {
    "Sheet": "SourceSans3",
    "Sheet Arabic": "Vazirmatn",
    "Sheet Thai": "NotoSansThai",
    "Sheet Chinese": "NotoSansSC",
}
WEIGHTS: Final = {400: "Regular", 600: "SemiBold"}

#: Our own scheme for our own fonts: nothing that a text could name leads to them or to anything else.
FONTS: Final = {
    f"sheet-font:{file}-{weight}": (family, number, path)
    for family, file in FAMILIES.items()
    for number, weight in WEIGHTS.items()
    if (path := STATIC / "fonts" / f"{file}-{weight}.ttf").is_file()
}
FONT_FACES: Final = "".join(
    f"@font-face {{ font-family: '{family}'; font-weight: {weight}; src: url('{url}') format('truetype') }}"
    for url, (family, weight, _) in FONTS.items()
)


class PdfUnavailableError(Exception):
    """No PDF can be made here, or of this; the text says why, and quotes nothing of what was to be printed."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A page as it was laid out: the PDF if it takes no more pages than it may, else how far it runs over.

    `over` and the heights of its `spare` rows (those with `data-spare`, by what that says) are in CSS pixels.
    """

    pdf: bytes
    over: float = 0.0
    spare: Mapping[str, Sequence[float]] = field(default_factory=dict)


def laid_out(html: str, most_pages: int | None) -> Laid:
    """`html` as a PDF, if it takes no more than `most_pages`; None: as many as it takes.

    Every element of `html` is closed, as in XML. The same HTML gives the same bytes. Raises PdfUnavailableError.
    """
    reason = pdf_unavailable()
    if reason is not None:
        raise PdfUnavailableError(reason)
    try:
        with _press() as press:
            return press.laid_out(html, most_pages)
    except PdfUnavailableError as error:
        log.error("A page could not be made as PDF: %s", error)
        raise
    except Exception as error:
        # Whatever breaks in there (WeasyPrint puts our fonts into a temp file, and a disk may be full), the visit
        # goes on with the page that the browser prints. The error's text is left out: it may quote the sheet.
        log.error("A page could not be made as PDF: %s", type(error).__name__)
        raise PdfUnavailableError(f"it could not be rendered ({type(error).__name__})") from None


@cache
def pdf_unavailable() -> str | None:
    """Why no PDF can be made here, None when it can. The first call loads WeasyPrint, which takes a second."""
    try:
        # WeasyPrint prints where its own manual is; ours says in a sentence what is off.
        with _libraries_by_their_full_names(), redirect_stdout(io.StringIO()):
            import weasyprint  # noqa: F401 (whether it can be loaded is the question)
    except (ImportError, OSError) as error:
        # WeasyPrint raises OSError when the Pango library is not there.
        return f"WeasyPrint or its Pango library cannot be loaded ({type(error).__name__})"
    return None


@contextmanager
def _libraries_by_their_full_names() -> Iterator[None]:
    """Keep WeasyPrint from searching for its libraries by short names, which on Linux none of them has.

    Python searches by asking gcc, ld and ldconfig, fifty times in all: a quarter of a second, and a file of the
    linker's. The full names, such as libpango-1.0.so.0, need no search.
    """
    if sys.platform != "linux":
        yield
        return
    search = ctypes.util.find_library
    ctypes.util.find_library = lambda name: None
    try:
        yield
    finally:
        ctypes.util.find_library = search


class _Wordless(logging.Filter):
    """WeasyPrint's remarks without their words: they quote letters of the page, and a page holds answers."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = "WeasyPrint has a remark on a page (%s)", (record.levelname,)
        return True


class _Press:
    """WeasyPrint with our fonts and our stylesheets, for one page at a time.

    A FontConfiguration that two threads use at once aborts the program, hangs, or prints other bytes.
    """

    def __init__(self) -> None:
        from cssselect2 import ElementWrapper
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher, URLFetcherResponse

        class Refusing(URLFetcher):  # type: ignore[misc]  # weasyprint has no types
            """Refuses every address: what a text on the sheet names is never fetched, on the network or on disk."""

            def fetch(self, url: str, headers: Any = None) -> Any:
                raise ValueError("a sheet fetches nothing")

        class OwnFonts(URLFetcher):  # type: ignore[misc]
            """For our own two lines of font faces alone; the sheet's text never meets it."""

            def fetch(self, url: str, headers: Any = None) -> Any:
                return URLFetcherResponse(url, FONTS[url][2].read_bytes(), {"Content-Type": "font/ttf"})

        defaults = CSS(string=(STATIC / "paper.css").read_text("utf-8"))

        class Paper(HTML):  # type: ignore[misc]
            """A page of ours, read in a tenth of the time that an HTML parser takes, and styled in half of it.

            WeasyPrint knows every element there is, and makes six notes and markers for each, which we never have.
            """

            def __init__(self, string: str, url_fetcher: URLFetcher) -> None:
                self.base_url = None
                self.url_fetcher = url_fetcher
                self.media_type = "print"
                # Templates of ours, in which every text is escaped: there is no entity to expand.
                root = ElementTree.fromstring(string)  # noqa: S314  # nosec B314
                self.wrapper_element = ElementWrapper.from_html_root(root, content_language=None)
                self.etree_element = root

            def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
                return [defaults]

        self.paper = Paper
        self.refusing = Refusing()
        self.fonts = FontConfiguration()
        self.styles = [
            CSS(string=FONT_FACES, font_config=self.fonts, url_fetcher=OwnFonts()),
            CSS(string=(STATIC / "sheet.css").read_text("utf-8"), font_config=self.fonts, url_fetcher=self.refusing),
        ]

    def laid_out(self, html: str, most_pages: int | None) -> Laid:
        # Adding it once more changes nothing.
        logging.getLogger("weasyprint").addFilter(_WORDLESS)
        page = self.paper(string=html, url_fetcher=self.refusing)
        document = page.render(stylesheets=self.styles, font_config=self.fonts, pdf_variant="pdf/ua-1")
        if most_pages is None or len(document.pages) <= most_pages:
            pdf = bytes(document.write_pdf(pdf_variant="pdf/ua-1"))
            # Pango takes a font of the system for a letter that ours do not have, other bytes on every machine, or
            # prints a box. The browser that prints the page instead may have the letter.
            if any(font.missing or font.family not in FAMILIES for font in document.fonts.values()):
                raise PdfUnavailableError("a letter on it is in none of our fonts")
            return Laid(pdf)
        # Writing takes as long again as laying out, so what is too long is not written.
        return _measured([page._page_box for page in document.pages], most_pages)


def _measured(pages: Sequence[Any], most_pages: int) -> Laid:
    """How far these pages run over, read from WeasyPrint's own boxes, since it has no public way to ask."""
    over = 0.0
    spare: dict[Any, float] = {}
    headings = set()
    for number, page in enumerate(pages, start=1):
        # One element may have several boxes on a page; the outermost comes first and has the margins.
        boxes: dict[Any, Any] = {}
        for box in page.descendants():
            if box.element is not None and box.element.tag == box.element_tag:
                boxes.setdefault(box.element, box)
        top, lowest = page.content_box_y(), page.content_box_y()
        for element, box in boxes.items():
            if element.tag in ("tr", "li", "p"):
                lowest = max(lowest, box.border_box_y() + box.border_height())
            if element.tag == "thead":
                # A table that is broken says its heading again, which takes room only because it runs over.
                over -= box.margin_height() if element in headings and number > most_pages else 0.0
                headings.add(element)
            if "data-spare" in element.attrib:
                spare[element] = spare.get(element, 0.0) + box.margin_height()
        if number > most_pages:
            over += lowest - top
        elif number == most_pages:
            over -= max(0.0, top + page.height - lowest)
    rows: dict[str, list[float]] = {}
    for element, height in spare.items():
        rows.setdefault(element.attrib["data-spare"], []).append(height)
    return Laid(b"", max(over, 1.0), rows)


_WORDLESS: Final = _Wordless()

#: The presses that nobody is using. A press goes from one thread to the next, never to two: what is warm stays of use
#: although a server's threads come and go, and there are never more than sheets that were made at the same time.
_idle: Final[list[_Press]] = []


@atexit.register
def _let_go() -> None:
    """Have every press remove its fonts now: once Python is half gone, WeasyPrint cannot."""
    _idle.clear()
    # What a document holds in a circle would keep its press until then.
    gc.collect()


@contextmanager
def _press() -> Iterator[_Press]:
    """A press that is nobody else's meanwhile."""
    try:
        press = _idle.pop()
    except IndexError:
        press = _Press()
    try:
        yield press
    finally:
        _idle.append(press)
