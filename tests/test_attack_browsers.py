"""A page of somebody else's that sends our forms, in both browsers: it changes nothing and counts nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from firefox import firefox
from live import Server

#: Every browser calls the first another site, and sends it no cookie of ours; the second is another port of our own
#: host, which gets them: there the origin is all that tells.
ELSEWHERE = {"another-site": "localhost", "another-port": "127.0.0.1"}

FORMS: dict[str, dict[str, str]] = {
    "/visit/2": {"documents-withheld": "no", "move": "next"},
    "/visit/finish": {},
    "/visit/next": {},
    "/visit": {"checklist": "alarm-bells", "place": "FR"},
    "/leave": {},
}


@pytest.fixture(scope="module")
def forger(live: Server) -> Iterator[int]:
    """The port of a server with one page for each of our forms, which sends it by itself."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            target, given = [*FORMS.items()][int(self.path.rpartition("/")[2])] if "forge" in self.path else ("/", {})
            fields = "".join(f'<input name="{name}" value="{value}">' for name, value in given.items())
            page = (
                f'<!doctype html><form method="post" action="{live.home}{target}">{fields}<button>Send</button></form>'
            )
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_chromium_changes_and_counts_nothing_for_a_page_elsewhere(chromium: Browser, live: Server, forger: int) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(live.home)
    page.click("main .primary")
    page.goto(f"{live.home}/visit/2")
    page.check('[name="documents-withheld"][value="told"]')
    with page.expect_navigation():
        page.click("main .primary")
    for host, (number, target) in product(ELSEWHERE.values(), enumerate(FORMS)):
        page.goto(f"http://{host}:{forger}/forge/{number}")
        with page.expect_navigation() as sent:
            page.click("button")
        assert sent.value.status == 403, target
        page.goto(f"{live.home}/visit/review")
        assert "Told" in page.inner_text("body"), target
    context.close()


def test_firefox_changes_and_counts_nothing_for_a_page_elsewhere(tmp_path: Path, live: Server, forger: int) -> None:
    with firefox(tmp_path / "fox") as browser:
        page = browser.tab().goto(live.home)
        page.click("main .primary")
        page.wait_for("/visit/safety")
        page.goto(f"{live.home}/visit/2")
        page.click('[name="documents-withheld"][value="told"]')
        page.click("main .primary")
        page.wait_for("/visit/3")
        for host, (number, target) in product(ELSEWHERE.values(), enumerate(FORMS)):
            page.goto(f"http://{host}:{forger}/forge/{number}")
            page.click("button")
            page.wait_for(target)
            page.goto(f"{live.home}/visit/review")
            assert "Told" in page.text, target
