"""The pictures of the README, taken of the real program with an invented visit: `.venv/bin/python tests/pictures.py`.

They are taken anew by hand after a change of looks, and looked at: no test can say whether a picture is a good one.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from live import CHROMIUM, FLAGS, serving, walk

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1100, "height": 700}
#: What makes the pages say that they are set up: an invented house.
SITE = """name: Ward 3
contacts:
  security: {name: Security desk, phone: "7000"}
  night: {name: Night manager, phone: "7001"}
  child-protection: {name: Child protection, phone: "7002"}
  social-worker: {name: Social work, phone: "7003"}
"""
ANSWERS = {"documents-withheld": "seen", "large-debt": "told", "afraid-to-speak": "seen", "no-free-movement": "no"}


def keep(name: str, picture: bytes | Image.Image) -> None:
    """Write a picture as a small PNG: a page has few colours."""
    image = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
    path = FOLDER / f"{name}.png"
    image.convert("RGB").quantize(48, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1024} KB")


@contextmanager
def demonstration() -> Iterator[tuple[str, str]]:
    """The address of a demonstration, and the password of its sign-in."""
    command = [sys.executable, "-m", "screening.cli", "demo", "--port", "8765"]
    around = os.environ | {"PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=around)
    try:
        assert running.stdout
        said = ""
        while "password: " not in said:
            said = running.stdout.readline()
            assert said or running.poll() is None, "the demonstration did not start"
        address, password = re.findall(r"(http://\S+?)/supervisor .*password: (\S+)", said)[0]
        yield address, password
    finally:
        running.terminate()
        running.wait(timeout=30)


def take_visit(page: Page, home: str) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto(home)
    keep("start", page.screenshot())
    page.set_viewport_size(PHONE)
    walk(page, home, ANSWERS)
    keep("result", page.screenshot())
    sheet = page.request.get(f"{home}/visit/sheet.pdf").body()
    keep("sheet", pypdfium2.PdfDocument(sheet)[0].render(scale=1.1).to_pil())
    page.goto(f"{home}/visit/2")
    keep("signs", page.screenshot())
    page.goto(f"{home}/leave")


def take_supervisor(page: Page) -> None:
    page.set_viewport_size({"width": 1100, "height": 900})
    with demonstration() as (home, password):
        page.goto(f"{home}/supervisor")
        page.fill("#name", "demo")
        page.fill("#password", password)
        with page.expect_navigation():
            page.click("main .primary")
        page.goto(f"{home}/supervisor/outcomes")
        time.sleep(0.2)
        keep("supervisor", page.screenshot())


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        rules = Path(folder) / "instance" / "rules"
        rules.mkdir(parents=True)
        (rules / "site.yaml").write_text(SITE)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(device_scale_factor=1.5, locale="en")
        with serving(Path(folder), {"LOG_LEVEL": "WARNING"}) as server:
            take_visit(page, server.home)
        take_supervisor(page)
        browser.close()


if __name__ == "__main__":
    main()
