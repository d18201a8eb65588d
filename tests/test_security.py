"""The headers of every answer, errors and redirects and files included."""

from __future__ import annotations

import pytest

from conftest import Worker

ADDRESSES = [
    ("/", 200),
    ("/visit/safety", 200),
    ("/visit/1", 200),
    ("/visit/outcome", 200),
    ("/visit/sheet", 200),
    ("/visit/sheet.pdf", 200),
    ("/contacts", 200),
    ("/help", 200),
    ("/closed", 200),
    ("/closed/done", 200),
    ("/closed/uncounted", 200),
    ("/closed/perhaps", 200),
    ("/leave", 303),
    ("/nowhere", 404),
    ("/visit", 405),
    ("/healthz", 200),
    ("/static/guide.css", 200),
    ("/static/nothing.css", 404),
]


@pytest.mark.parametrize(("path", "code"), ADDRESSES)
def test_every_answer_carries_the_headers(worker: Worker, path: str, code: int) -> None:
    worker.begins()
    answer = worker.client.get(path)
    assert answer.status_code == code
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Frame-Options"] == "DENY"
    answer.close()
    is_file = path == "/static/guide.css"
    assert (answer.headers["Cache-Control"] == "no-store") is not is_file


def test_our_files_change_their_address_with_their_content(worker: Worker) -> None:
    page = worker.opens("/")
    assert "/static/guide.css?v=" in page and "/static/guide.js?v=" in page
    assert "<style" not in page and " style=" not in page and "onclick" not in page


def test_a_host_that_is_made_up_leads_nowhere_else(worker: Worker) -> None:
    answer = worker.client.get("/leave", headers={"Host": "elsewhere.example"})
    assert answer.headers["Location"] == "/closed"
