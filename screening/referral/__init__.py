"""What leaves the room on paper: the referral sheet, the safety card, and the blank checklist to fill in by hand."""

from screening.referral.card import card_as_pdf, card_numbers
from screening.referral.press import PdfUnavailableError, pdf_unavailable
from screening.referral.sheet import Sheet, as_html, as_pdf, wanted
from screening.referral.twin import Twin, twin_as_html, twin_as_pdf

__all__ = [
    "PdfUnavailableError",
    "Sheet",
    "Twin",
    "as_html",
    "as_pdf",
    "card_as_pdf",
    "card_numbers",
    "pdf_unavailable",
    "twin_as_html",
    "twin_as_pdf",
    "wanted",
]
