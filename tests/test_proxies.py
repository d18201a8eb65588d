"""Behind nginx and Caddy, as docs/operate says: a visit works, and neither writes down who asks or what for."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from conftest import HOUSE
from live import hits, serving, walk

CONFIGURATIONS = HOUSE / "docs" / "operate"
NAME = "visit.example.org"
#: What only somebody who asks brings along (a team's code, an answer, their browser), and by what names proxies write
#: down who it was.
PLANTED = ["QUOKKA-CODE", "large-debt", "Quokka/1.0", "client: ", "remote_ip", "remote_addr"]

#: Long, because a machine that only runs `./test` has none of them; `.ci/run` installs both.
pytestmark = pytest.mark.long
BOTH = [
    pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"))
    for name in ("nginx", "caddy")
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def with_these(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def nginx(folder: Path, app: int, port: int) -> list[list[str]]:
    """nginx with our file as it stands, but for ports, the name, and where it keeps what does not fit into memory."""
    certificate = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout key.pem -out cert.pem"
    subprocess.run(certificate.split(), cwd=folder, check=True, capture_output=True)
    ours = with_these(
        (CONFIGURATIONS / "nginx.conf").read_text(),
        {
            "listen 80": f"listen 127.0.0.1:{free_port()}",
            "listen 443": f"listen 127.0.0.1:{port}",
            "127.0.0.1:8000": f"127.0.0.1:{app}",
            f"/etc/ssl/{NAME}.pem": f"{folder}/cert.pem",
            f"/etc/ssl/private/{NAME}.key": f"{folder}/key.pem",
            NAME: "localhost",
        },
    )
    (folder / "site.conf").write_text(ours)
    kept = "".join(
        f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        # The log of nginx itself at its usual level, and an access log, which our file must turn off.
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log {folder}/access.log; {kept}\ninclude {folder}/site.conf; }}\n"
    )
    command = [str(shutil.which("nginx")), "-c", f"{folder}/nginx.conf", "-p", str(folder)]
    return [[*command, "-t"], command]


def caddy(folder: Path, app: int, port: int) -> list[list[str]]:
    """Caddy with our file as it stands, but for ports, the name, and a certificate of its own making."""
    ours = with_these(
        (CONFIGURATIONS / "Caddyfile").read_text(),
        {
            f"\n{NAME} {{": f"\nhttps://localhost:{port} {{\n\ttls internal",
            "admin off": "admin off\n\tskip_install_trust\n\tauto_https disable_redirects",
            "127.0.0.1:8000": f"127.0.0.1:{app}",
        },
    )
    (folder / "Caddyfile").write_text(ours)
    program = str(shutil.which("caddy"))
    return [
        [program, action, "--config", str(path), "--adapter", "caddyfile"]
        for action, path in (
            ("validate", CONFIGURATIONS / "Caddyfile"),
            ("validate", folder / "Caddyfile"),
            ("run", folder / "Caddyfile"),
        )
    ]


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    """A proxy, whose own words go to `folder`/said."""
    with (folder / "said").open("wb") as said:
        proxy = subprocess.Popen(command, stdout=said, stderr=said, env={"HOME": str(folder)})
        try:
            deadline = time.monotonic() + 30
            while True:
                assert proxy.poll() is None and time.monotonic() < deadline, (folder / "said").read_text()
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)
            yield
        finally:
            proxy.terminate()
            proxy.wait(timeout=20)


def ask(port: int, path: str, body: bytes = b"") -> str:
    """The status that somebody is answered with who may be none of ours."""
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUser-Agent: Quokka/1.0\r\n"
    head += (
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as bare,
        ssl._create_unverified_context().wrap_socket(bare, server_hostname="localhost") as line,
    ):
        line.sendall(head.encode() + body)
        return line.recv(12).decode().partition(" ")[2]


@pytest.mark.parametrize("name", BOTH)
def test_a_visit_works_behind_it_and_nothing_is_written_down(chromium: Browser, tmp_path: Path, name: str) -> None:
    folder, instance = tmp_path / "proxy", tmp_path / "app" / "instance"
    folder.mkdir()
    instance.mkdir(parents=True)
    (instance / "config.toml").write_text('trusted_proxies = ["127.0.0.1"]\n')
    added = subprocess.run(
        [sys.executable, "-m", "screening.cli", "site", "add", "ward", "Ward"],
        env=os.environ | {"SCREENING_INSTANCE": str(instance)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    (code,) = re.findall(r"devices: (\S+)", added.stdout)
    port = free_port()
    with ExitStack() as app, ExitStack() as proxy:
        server = app.enter_context(serving(tmp_path / "app", {"LOG_LEVEL": "WARNING"}))
        *checks, command = globals()[name](folder, int(server.home.rpartition(":")[2]), port)
        for check in checks:
            said = subprocess.run(check, capture_output=True, text=True, env={"HOME": str(folder)})
            assert said.returncode == 0 and "[warn]" not in said.stderr, said.stderr
        proxy.enter_context(running(command, folder, port))

        home = f"https://localhost:{port}"
        context = chromium.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"{home}/site/{code}")
        walk(page, home, {"large-debt": "told"})
        assert {cookie["name"]: cookie["secure"] for cookie in context.cookies()}["visit"] is True
        sheet = context.request.get(f"{home}/visit/sheet.pdf")
        assert sheet.body().startswith(b"%PDF-") and sheet.headers["cache-control"] == "no-store"
        assert "max-age" in sheet.headers["strict-transport-security"]
        with page.expect_navigation():
            page.locator('[formaction="/visit/finish"], form[action="/visit/finish"] button').first.click()
        assert page.url == f"{home}/closed/done", "and it was counted"
        context.close()

        # What goes wrong is what proxies like to write down.
        assert ask(port, "/site/QUOKKA-CODE") == "303"
        assert ask(port, "/visit/1", b"large-debt=told") == "400"
        # nginx refuses it by its length; Caddy passes it on, and the app may hang up before it was sent whole.
        assert ask(port, "/visit/1", b"large-debt=told&" * 5000) in (("413",) if name == "nginx" else ("413", "502"))
        with socket.create_connection(("127.0.0.1", port)) as raw, suppress(OSError):
            raw.sendall(b"GET /site/QUOKKA-CODE HTTP/1.0\r\n\r\n")
            raw.recv(1000)
        app.close()
        # It finishes what it has begun, and is gone.
        deadline = time.monotonic() + 30
        while ask(port, "/site/QUOKKA-CODE") != "502":
            assert time.monotonic() < deadline
            time.sleep(0.2)
    for path in ("site.conf", "nginx.conf", "Caddyfile"):
        (folder / path).unlink(missing_ok=True)
    assert hits(folder, [*PLANTED, code]) == []
    assert "QUOKKA" not in server.log.read_text()
    written = [path for path in folder.rglob("*") if path.name == "access.log" and path.stat().st_size]
    assert written == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_is_sound_and_as_shut_in_as_the_page_says(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    environment.write_text("")
    unit = with_these(
        (CONFIGURATIONS / "screening.service").read_text(),
        {"/srv/screening/.venv": str(HOUSE / ".venv"), "/etc/screening/environment": str(environment)},
    )
    (tmp_path / "screening.service").write_text(unit)
    path = str(tmp_path / "screening.service")
    verified = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", path], capture_output=True, text=True
    )
    (exposure,) = re.findall(r"exposure level for screening.service: ([\d.]+)", said.stdout)
    (promised,) = re.findall(r"gives it ([\d.]+) of 10", (HOUSE / "docs" / "operate.md").read_text("utf-8"))
    assert float(exposure) <= float(promised)
