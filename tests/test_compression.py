"""Pages and files go out small, in the form that the browser takes."""

from __future__ import annotations

import gzip

import brotli
import pytest
from flask import Flask

from conftest import Worker, secret

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


@pytest.mark.parametrize("encoding", UNPACK)
def test_what_is_kept_of_the_start_is_the_same_page_with_a_secret_of_ones_own(app: Flask, encoding: str) -> None:
    def without_secret(page: str) -> str:
        return page.replace(secret(page), "")

    sent, secrets = set(), set()
    for _ in range(3):
        worker = Worker(app.test_client())
        packed = worker.client.get("/", headers={"Accept-Encoding": encoding}).data
        page = UNPACK[encoding](packed).decode()
        assert without_secret(page) == without_secret(worker.opens("/")) and page.endswith("</html>")
        form = {"csrf_token": secret(page), "checklist": "alarm-bells", "place": "BE"}
        assert worker.client.post("/visit", data=form).headers["Location"] == "/visit/safety"
        secrets.add(secret(page))
        sent.add(packed[:3000])
    # The secret is packed on its own, and nothing of it into what all have in common.
    assert len(secrets) == 3 and len(sent) == 1


def test_nothing_of_a_visit_is_in_what_is_kept_of_the_start(app: Flask) -> None:
    """Not even that there is one, nor that it is practice: each of the three sees its own start, in any order."""

    def starts(worker: Worker) -> tuple[bool, bool]:
        page = worker.opens("/")
        return "A visit is open" in page, "A practice visit is open" in page

    nobody, visiting, practising = (Worker(app.test_client()) for _ in range(3))
    visiting.begins()
    practising.opens("/practice")
    practising.sends("/practice", case="kitchen-burn")
    for _ in range(2):
        assert starts(visiting) == (True, False)
        assert starts(practising) == (False, True)
        assert starts(nobody) == (False, False)
    assert app.extensions["kept_start"].cache_info().currsize == 1


def test_the_start_is_kept_apart_for_each_language_and_team(app: Flask) -> None:
    languages = ("en", "nl", "fr", "nl", "en")
    pages = [app.test_client().get("/", headers={"Accept-Language": code}).text for code in languages]
    assert [page.partition('lang="')[2][:2] for page in pages] == [*languages]
    code = app.extensions["sites"].add("ward", "Ward @@ 7")
    ward = app.test_client()
    ward.get(f"/site/{code}")
    assert "Ward @@ 7" in ward.get("/").text
    assert "Ward @@ 7" not in app.test_client().get("/").text
