"""Pages and files go out small, in the form that the browser takes."""

from __future__ import annotations

import gzip

import brotli
import pytest

from conftest import Worker

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, br;q=0", "gzip"),
        ("deflate", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("path", ["/", "/static/guide.css"])
def test_the_smallest_form_that_the_browser_takes(worker: Worker, accepted: str, sent: str | None, path: str) -> None:
    plain = worker.client.get(path, buffered=True)
    answer = worker.client.get(path, headers={"Accept-Encoding": accepted}, buffered=True)
    assert answer.headers.get("Content-Encoding") == sent and "Accept-Encoding" in answer.headers["Vary"]
    assert answer.content_length == len(answer.data)
    if sent:
        whole = UNPACK[sent](answer.data)
        assert len(answer.data) < len(whole) / 2
        # The page's secret is new each time.
        assert path == "/" or whole == plain.data


def test_a_file_that_is_still_the_same_is_not_sent_again(worker: Worker) -> None:
    given = {"Accept-Encoding": "br"}
    tag = worker.client.get("/static/guide.css", headers=given, buffered=True).headers["ETag"]
    again = worker.client.get("/static/guide.css", headers={**given, "If-None-Match": tag}, buffered=True)
    assert again.status_code == 304 and "Content-Encoding" not in again.headers


def test_a_sheet_is_sent_as_it_is(worker: Worker) -> None:
    worker.begins()
    answer = worker.client.get("/visit/sheet.pdf", headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in answer.headers and answer.data.startswith(b"%PDF-")
