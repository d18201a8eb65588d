"""One visit tried on the real server, from the start page to the sheet, to see that an installation works."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

#: How long the server may take to answer for the first time, in seconds.
PATIENCE = 60


class TrialError(Exception):
    """The trial failed; the text says at which step, and what was seen."""


def try_visit(own_rules: Path) -> Iterator[str]:
    """Start the server on a free port, walk one visit, stop it; yield a line for each step. Raises TrialError.

    In a folder of its own, with the house's own rule files in `own_rules`, if there are any: nobody took this visit, so
    it is in nobody's counts, and it needs no team's code.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "screening.cli", "serve", "--port", str(port)]
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        if own_rules.is_dir():
            (Path(folder) / "rules").symlink_to(own_rules.resolve())
        apart = {"SCREENING_INSTANCE": folder, "SCREENING_KEYS": "", "DATABASE_URL": "", "SCREENING_LEAVE_URL": ""}
        # Ourselves, with a number of ours.
        with subprocess.Popen(  # nosec B603
            command, env=os.environ | apart, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as server:
            try:
                yield from _walk(f"http://127.0.0.1:{port}", server)
            finally:
                server.terminate()
                try:
                    server.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    server.kill()


def _walk(home: str, server: subprocess.Popen[str]) -> Iterator[str]:
    # A proxy of the environment has no business between us and ourselves.
    browser = build_opener(HTTPCookieProcessor(CookieJar()), ProxyHandler({}))

    def ask(path: str, form: Mapping[str, str] | None = None) -> tuple[str, bytes]:
        body = urlencode(form).encode() if form is not None else None
        try:
            with browser.open(Request(home + path, data=body), timeout=60) as answer:
                return answer.url.removeprefix(home), answer.read()
        except HTTPError as error:
            raise TrialError(f"{path} answered {error.code}") from None

    deadline = time.monotonic() + PATIENCE
    while True:
        if server.poll() is not None:
            said = server.stdout.read() if server.stdout else ""
            raise TrialError(f"the server did not start:\n{said}")
        try:
            path, page = ask("/")
            break
        except (URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise TrialError(f"no answer from {home} within {PATIENCE} seconds") from None
            time.sleep(0.1)
    yield f"start page: {len(page)} bytes"
    checklist = _found(rb'name="checklist" value="([a-z0-9-]+)"', page, "a checklist")
    path, page = ask("/visit", {"csrf_token": _secret(page), "checklist": checklist})
    steps = 0
    while path != "/visit/outcome":
        steps += 1
        if steps > 100:
            raise TrialError(f"the visit did not come to an end; it stood at {path}")
        path, page = ask(path, {"csrf_token": _secret(page), "move": "next"})
    yield f"visit: {steps} pages to the outcome"
    path, sheet = ask("/visit/sheet.pdf")
    if sheet.startswith(b"%PDF-"):
        yield f"sheet: a PDF of {len(sheet)} bytes"
    else:
        yield "sheet: no PDF can be made here (Pango is missing); it is a page that the browser prints"
    path, _ = ask("/visit/finish", {"csrf_token": _secret(page)})
    if path != "/closed/done":
        raise TrialError(f"the visit did not close; it stood at {path}")
    yield "finished and erased"


def _secret(page: bytes) -> str:
    return _found(rb'name="csrf_token" value="([^"]+)"', page, "the secret of the form")


def _found(pattern: bytes, page: bytes, what: str) -> str:
    match = re.search(pattern, page)
    if match is None:
        raise TrialError(f"{what} is missing from a page")
    return match[1].decode("ascii")
