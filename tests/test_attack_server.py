"""The production server and what no browser sends: it answers or hangs up, logs nothing, and goes on."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from live import Server, hits, serving
from screening.server import LONGEST_SILENCE

PLANTED = "planted-zebra"


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("attacked"), {}) as server:
        yield server


def connected(server: Server) -> socket.socket:
    at = urlsplit(server.home)
    assert at.hostname and at.port
    return socket.create_connection((at.hostname, at.port), timeout=30)


def said(server: Server, raw: bytes) -> bytes:
    """What comes back for these bytes until the server hangs up; it may hang up while they are being sent."""
    with connected(server) as connection:
        answer = b""
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                answer += piece
        except (ConnectionResetError, BrokenPipeError):
            pass
        return answer


def codes(answer: bytes) -> list[int]:
    """The status of each answer."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([line, "Host: localhost", *headers, "", ""]).encode("latin-1") + body


FORM = "Content-Type: application/x-www-form-urlencoded"
HIDDEN = b"GET /site/planted-zebra HTTP/1.1\r\nHost: localhost\r\n\r\n"

#: What is sent, and what may come back: the codes, or nothing where the server only hangs up.
ODD = {
    "an absolute address": (request("GET http://elsewhere.example/visit/1 HTTP/1.1"), {410, 404}),
    "two slashes": (request("GET //visit/1 HTTP/1.1"), {404, 410}),
    "dots": (request("GET /static/../../screening/cli.py HTTP/1.1"), {404}),
    "dots in percents": (request("GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), {404}),
    "a slash in percents": (request("GET /static/..%2f..%2fetc%2fpasswd HTTP/1.1"), {404}),
    "a backslash": (request("GET /static/..\\..\\etc\\passwd HTTP/1.1"), {404}),
    "overlong UTF-8": (request("GET /static/%c0%ae%c0%ae/%c0%af HTTP/1.1"), {404}),
    "a NUL in percents": (request("GET /static/guide.css%00.png HTTP/1.1"), {404}),
    "a NUL": (b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n", {400, 404}),
    "no UTF-8": (b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n", {400, 404}),
    "a star": (request("OPTIONS * HTTP/1.1"), {200, 400, 404}),
    "TRACE": (request("TRACE / HTTP/1.1", f"X-Planted: {PLANTED}"), {405}),
    "CONNECT": (request("CONNECT elsewhere.example:443 HTTP/1.1"), {400, 404, 405}),
    "a method that is none": (request("PLANTED-ZEBRA / HTTP/1.1"), {400, 405}),
    "small letters": (request("get / HTTP/1.1"), {400, 405}),
    "an older HTTP": (b"GET / HTTP/0.9\r\n\r\n", {400, 505}),
    "a newer HTTP": (request("GET / HTTP/3.0"), {400, 505}),
    "HTTP/2 at once": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
    "no line": (b"\r\n\r\n\r\n", {400}),
    "a line without an end": (b"GET /" + b"a" * 20_000, {400, 414}),
    "a long line": (request(f"GET /site/{PLANTED}{'a' * 9000} HTTP/1.1"), {400, 414}),
    "a long header": (request("GET / HTTP/1.1", "X: " + "a" * 20_000), {400, 431}),
    "many headers": (request("GET / HTTP/1.1", *(f"X-{n}: {PLANTED}" for n in range(200))), {400, 431}),
    "a header without a name": (request("GET / HTTP/1.1", ": x"), {400}),
    "a header with a space": (request("GET / HTTP/1.1", "Content-Length : 5"), {400}),
    "a folded header": (request("GET / HTTP/1.1", "X: a", f" {PLANTED}"), {400}),
    "a header with an underscore": (request("GET / HTTP/1.1", "Content_Length: 5"), {200, 400}),
    "a host in punycode": (b"GET / HTTP/1.1\r\nHost: xn--\r\n\r\n", {200, 400}),
    "two hosts": (request("GET / HTTP/1.1", "Host: elsewhere.example"), {200, 400}),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", {200, 400}),
    "a host that is none": (b"GET / HTTP/1.1\r\nHost: [\r\n\r\n", {200, 400}),
    "two lengths": (request("POST /visit HTTP/1.1", FORM, "Content-Length: 3", "Content-Length: 4", body=b"a=bc"), {400}),
    "a length twice": (request("POST /visit HTTP/1.1", FORM, "Content-Length: 3, 3", body=b"a=b"), {400}),
    "a length below nought": (request("POST /visit HTTP/1.1", FORM, "Content-Length: -1"), {400}),
    "a length with a sign": (request("POST /visit HTTP/1.1", FORM, "Content-Length: +3", body=b"a=b"), {400}),
    "a length in other digits": (request("POST /visit HTTP/1.1", FORM, "Content-Length: \xb2"), {400}),
    "a length too long": (request("POST /visit HTTP/1.1", FORM, f"Content-Length: {10**30}"), {400, 413}),
    "a length and chunks": (
        request("POST /visit HTTP/1.1", FORM, "Content-Length: 4", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + HIDDEN),
        {400},
    ),
    "chunks of nonsense": (
        request("POST /visit HTTP/1.1", FORM, "Transfer-Encoding: chunked", body=b"zz\r\nplanted-zebra\r\n"),
        {400, 411},
    ),
    "chunks below nought": (request("POST /visit HTTP/1.1", FORM, "Transfer-Encoding: chunked", body=b"-1\r\n"), {400, 411}),
    "chunks without an end": (
        request("POST /visit HTTP/1.1", FORM, "Transfer-Encoding: chunked", body=b"ffffffffff\r\nx"),
        {400, 411},
    ),
    "chunks": (request("POST /visit HTTP/1.1", FORM, "Transfer-Encoding: chunked", body=b"3\r\na=b\r\n0\r\n\r\n"), {411}),
    "chunks of another name": (request("POST /visit HTTP/1.1", FORM, "Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), {400, 501}),
    "chunks spelt oddly": (request("POST /visit HTTP/1.1", FORM, "Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"), {400, 501}),
    "a body to GET": (request("GET / HTTP/1.1", "Content-Length: 55", body=HIDDEN + b"  "), {200}),
    "a form in pieces": (
        request("POST /visit HTTP/1.1", "Content-Type: multipart/form-data; boundary=x", "Content-Length: 6", body=b"--x\r\n\r"),
        {415},
    ),
    "an expectation": (request("POST /visit HTTP/1.1", FORM, "Expect: 100-continue", "Content-Length: 3", body=b"a=b"), {100, 400}),
    "an expectation of nothing": (request("GET / HTTP/1.1", "Expect: a miracle"), {200, 400, 417}),
    "a proxy's word": (request("GET / HTTP/1.1", "X-Forwarded-For: 127.0.0.1", "X-Script-Name: /planted-zebra"), {200}),
    "another root": (request("GET / HTTP/1.1", "Script-Name: /planted-zebra", "SCRIPT_NAME: /planted-zebra"), {200, 400}),
    "an upgrade": (request("GET / HTTP/1.1", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA"), {200, 400}),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_request_is_answered_or_ended_and_breaks_nothing(attacked: Server, name: str) -> None:
    raw, expected = ODD[name]
    answer = said(attacked, raw)
    assert set(codes(answer)) <= expected and len(codes(answer)) <= 2, answer[:400]
    assert answer or b"\x16" in raw or raw.startswith(b"\r\n") or b"without" in raw or len(raw) > 9000, "no word at all"
    assert PLANTED.encode() not in answer and b"Traceback" not in answer, answer[:400]
    assert urlopen(f"{attacked.home}/healthz", timeout=20).status == 200
    assert not hits(attacked.folder, [PLANTED])


def test_what_stands_behind_a_request_is_never_read_as_one_of_somebody_else(attacked: Server) -> None:
    """One answer too many is how a proxy in front would come to give somebody the answer of another."""
    for raw in (
        request(
            "POST /leave HTTP/1.1", FORM, "Content-Length: 4", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + HIDDEN
        ),
        request("POST /leave HTTP/1.1", FORM, "Content-Length: 0", f"Content-Length: {len(HIDDEN)}", body=HIDDEN),
        request("GET / HTTP/1.1", f"Content-Length: {len(HIDDEN)}", body=HIDDEN),
        request("TRACE / HTTP/1.1", "Content-Length: x", body=HIDDEN),
    ):
        answer = said(attacked, raw)
        assert b"/site/again" not in answer, answer[:600]


def test_an_upload_is_refused_before_it_is_sent(attacked: Server) -> None:
    for kind, code in ((FORM, 413), ("Content-Type: multipart/form-data; boundary=x", 413)):
        for length in (70_000, 100_000_000):
            with connected(attacked) as connection:
                began = time.monotonic()
                connection.sendall(request("POST /visit HTTP/1.1", kind, f"Content-Length: {length}"))
                answer = connection.recv(65_536)
                assert codes(answer) == [code], answer[:200]
                assert time.monotonic() - began < 5
                # And whoever sends it all the same does so into a line that is cut.
                sent = 0
                try:
                    while sent < length:
                        sent += connection.send(b"a" * min(65_536, length - sent))
                except OSError:
                    pass
                assert sent < length or length == 70_000
    assert urlopen(f"{attacked.home}/healthz", timeout=20).status == 200


def waits(server: Server, times: int) -> list[float]:
    took = []
    for _ in range(times):
        began = time.monotonic()
        assert urlopen(f"{server.home}/healthz", timeout=60).status == 200
        took.append(time.monotonic() - began)
    return took


STALLED = {
    "in the head": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Planted: planted-zebra\r\n",
    "in the form": request("POST /visit HTTP/1.1", FORM, "Content-Length: 500", body=b"planted-zebra="),
    "at once": b"",
}


@pytest.mark.parametrize(
    "where", ["in the head", *(pytest.param(one, marks=pytest.mark.long) for one in [*STALLED][1:])]
)
def test_whoever_falls_silent_keeps_others_waiting_for_seconds_and_not_for_ever(attacked: Server, where: str) -> None:
    """More than there are threads, two processes with four each; without a limit nobody else is ever answered."""
    stalled = [connected(attacked) for _ in range(10)]
    try:
        for connection in stalled:
            connection.sendall(STALLED[where])
        # Those behind the first eight wait for a second round.
        assert max(waits(attacked, 6)) < 2 * LONGEST_SILENCE + 5
        assert median(waits(attacked, 5)) < 1, "afterwards all is as before"
    finally:
        for connection in stalled:
            connection.close()
    assert not hits(attacked.folder, [PLANTED])


def test_a_silence_is_no_error_in_the_log(tmp_path: Path) -> None:
    with serving(tmp_path, {}) as server, connected(server) as head, connected(server) as form:
        head.sendall(STALLED["in the head"])
        form.sendall(STALLED["in the form"])
        assert codes(form.recv(65_536)) in ([400], [])
        assert head.recv(65_536) == b""
    assert "ERROR" not in server.log.read_text() and "Traceback" not in server.log.read_text()
