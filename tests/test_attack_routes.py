"""Every address by every method, errors too: the headers are there, and no made-up host or address leads elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from conftest import Clock, Worker, secret
from screening import create_app
from screening.security import HEADERS, POLICY
from screening.session import VISIT_COOKIE
from screening.settings import Settings
from screening.visit.language import way_back
from screening.visit.team import CODES

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "X"]
FORM = "application/x-www-form-urlencoded"

#: What a cache may keep: our own files, the same for everybody.
OUR_FILE = "/static/guide.css"
#: The two that say that the database is away are 503 by themselves.
AWAY = {"/site/away", "/supervisor/away"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    instance = tmp_path_factory.mktemp("instance")
    app = create_app(Settings(instance=instance, keys=instance / "keys"), Clock())

    def breaks() -> str:
        raise RuntimeError

    app.add_url_rule("/breaks", "breaks", breaks)
    return app


@pytest.fixture(scope="module")
def cookie(app: Flask) -> str:
    worker = Worker(app.test_client())
    worker.begins()
    kept = worker.client.get_cookie(VISIT_COOKIE)
    assert kept is not None
    return kept.value


def addresses(app: Flask) -> list[str]:
    """One for each rule: a view that is added is among them by itself."""
    parts = {"<int:number>": "1", "<code>": "none", "<grid>": "outcomes", "<path:filename>": "guide.css"}
    found = set()
    for rule in app.url_map.iter_rules():
        address = str(rule)
        for part, given_ in parts.items():
            address = address.replace(part, given_)
        assert "<" not in address, "say above what stands for the new part of an address"
        found.add(address)
    return sorted(found - {"/breaks"})


def check_headers(answer: TestResponse) -> None:
    about = (answer.request.method, answer.request.path, answer.status)
    for name, value in HEADERS.items():
        assert answer.headers.get_all(name) == [value], (name, about)
    policy = POLICY.format(form_action="'self'")
    assert answer.headers.get_all("Content-Security-Policy") == [policy], about
    is_file = answer.request.path == OUR_FILE and answer.request.method in ("GET", "HEAD")
    is_file = is_file and answer.status_code in (200, 304)
    assert (answer.headers["Cache-Control"] == "no-store") is not is_file, about
    assert answer.mimetype, about
    assert not answer.mimetype.startswith("text/") or "charset=utf-8" in answer.content_type, about
    assert not {"Access-Control-Allow-Origin", "Server", "X-Powered-By"} & set(answer.headers.keys()), about


@pytest.mark.parametrize("is_open", [True, False], ids=["visit", "no-visit"])
def test_every_route_by_every_method_carries_every_header(app: Flask, cookie: str, is_open: bool) -> None:
    there = addresses(app)
    assert len(there) > 45
    for address in there:
        for method in METHODS:
            # Sheets take a second each; that they can be had is tried elsewhere.
            if address.endswith(".pdf") and method not in ("GET", "POST", "TRACE"):
                continue
            client = app.test_client()
            if is_open:
                client.set_cookie(VISIT_COOKIE, cookie)
            with client.open(address, method=method) as answer:
                assert answer.status_code < 500 or address in AWAY, (method, address, answer.status)
                # A method that is not for this address does nothing at all.
                assert answer.status_code != 200 or method in ("GET", "HEAD", "OPTIONS"), (method, address)
                check_headers(answer)


def test_every_kind_of_error_carries_every_header_and_says_nothing_of_the_program(app: Flask, cookie: str) -> None:
    browser = app.test_client()
    browser.set_cookie(VISIT_COOKIE, cookie)
    token = secret(browser.get("/visit/1").text)
    stranger = app.test_client()

    def post(path: str, **how: object) -> TestResponse:
        return browser.post(path, **{"data": {"csrf_token": token}, **how})  # type: ignore[arg-type]

    def too_often() -> TestResponse:
        for _ in range(10):
            stranger.get("/site/none")
        return stranger.get("/site/none")

    chunked = {"Transfer-Encoding": "chunked", "Content-Type": FORM}
    errors: dict[int, list[Callable[[], TestResponse]]] = {
        400: [
            lambda: post("/visit/1", data={"x": "y"}),
            lambda: post("/visit/1", data={"csrf_token": token, "move": "nowhere"}),
            lambda: app.test_client(use_cookies=False).get("/visit/1", headers={"Cookie": "visit=none"}),
        ],
        403: [lambda: post("/visit/1", headers={"Origin": "https://elsewhere.example"})],
        404: [
            lambda: browser.get("/nowhere"),
            lambda: browser.get("/visit/99"),
            lambda: browser.get("/visit/" + "9" * 5000),
            lambda: browser.get("/static/../cli.py"),
            lambda: browser.get("/static/%00"),
            lambda: browser.get("/contacts?place=XX"),
            lambda: browser.get("/paper.pdf?number=0"),
        ],
        405: [lambda: browser.get("/visit"), lambda: browser.put("/"), lambda: browser.open("/", method="TRACE")],
        409: [lambda: browser.get("/older")],
        410: [lambda: app.test_client().get("/visit/1")],
        411: [lambda: post("/visit/1", data=None, input_stream=io.BytesIO(b"x"), headers=chunked)],
        413: [lambda: post("/visit/1", data={"x": "y" * 70_000})],
        415: [lambda: post("/visit/1", data=b"{}", content_type="application/json")],
        416: [lambda: browser.get(OUR_FILE, headers={"Range": "bytes=9999999-"})],
        429: [too_often],
        500: [lambda: browser.get("/breaks")],
        503: [lambda: browser.get("/site/away"), lambda: browser.get("/supervisor/away")],
    }
    for code, ways in errors.items():
        for way in ways:
            with way() as answer:
                assert answer.status_code == code, (code, answer.status, answer.request.path)
                check_headers(answer)
                for word in ("Traceback", "screening.", "werkzeug", "Werkzeug", "RuntimeError", 'File "', ".py"):
                    assert word not in answer.text, (code, word)
    CODES.forget("127.0.0.1")


HOSTS = ["elsewhere.example", "localhost@elsewhere.example", "[", "a b", "localhost:99999", "\x00", "", "é"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_made_up_host_is_in_no_answer(app: Flask, cookie: str, host: str) -> None:
    for address in [*addresses(app), "//visit/1", "/supervisor/", "/visit/1/", "/nowhere"]:
        if address.endswith(".pdf"):
            continue
        headers = {"Host": host, "X-Forwarded-Host": "elsewhere.example", "Cookie": f"{VISIT_COOKIE}={cookie}"}
        with app.test_client(use_cookies=False).get(address, headers=headers) as answer:
            assert answer.status_code < 500 or address in AWAY, (address, answer.status)
            assert answer.headers.get("Location", "/").startswith("/")
            assert "elsewhere.example" not in answer.text
            assert "Domain" not in answer.headers.get("Set-Cookie", "")


PIECES = ["/", "//", "\\", ".", "..", "%2e", "%2f", "%5c", "%00", "\t", "\n", "\r", " ", "@", "?", "#", ":", "http:",
          "javascript:", "elsewhere.example", "visit", "1", "é", "%c0%ae", "\u2028", "\u3002", "/visit/1"]  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.text(max_size=12))
@example("//elsewhere.example")
@example("/\\elsewhere.example")
@example("/\t/elsewhere.example")
@example("https://elsewhere.example")
def test_the_way_back_never_leads_elsewhere(app: Flask, to: str) -> None:
    back = way_back(to)
    # As a browser reads it: what stands before the path is another host, and it drops tabs and line ends.
    read = "".join(sign for sign in back if sign not in "\t\r\n").replace("\\", "/")
    assert read == "" or (read.startswith("/") and not read.startswith("//"))
    client = app.test_client()
    token = secret(client.get("/language").text)
    answer = client.post("/language", data={"csrf_token": token, "language": "en", "to": to})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/") and not answer.headers["Location"].startswith(("//", "/\\"))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from([*PIECES, "static", "supervisor", "site", "visit", "outcomes", "file", "help"]), max_size=8
    ),
    st.sampled_from(
        ["", "?from=2026-13&to=", "?number=\u0663", "?place=%00", "?page=99999999", "?format=../x&by=site"]
    ),
    st.sampled_from(["GET", "HEAD", "OPTIONS"]),
)
@example(["static", "//", "\\"], "", "GET")
@example(["static", "/", "\\"], "", "OPTIONS")
@example(["\t", "/", "\\"], "", "GET")
def test_no_address_breaks_anything(app: Flask, pieces: list[str], query: str, method: str) -> None:
    CODES.forget("127.0.0.1")
    # The test client drops tabs and line ends, and would take what follows two slashes for the name of a host.
    address = "/" + "".join(pieces).lstrip("/\t\r\n") + query
    with app.test_client().open(address, method=method) as answer:
        assert answer.status_code < 500 or answer.request.path in AWAY
        check_headers(answer)
        # Werkzeug leads on with the whole address: nowhere else than here.
        leads_to = answer.headers.get("Location", "/")
        assert leads_to.startswith(("/", "http://localhost/")) and not leads_to.startswith(("//", "/\\"))
