"""Lighthouse on the pages that matter, on a slow telephone line: `.venv/bin/python bench/lighthouse.py LIGHTHOUSE`.

LIGHTHOUSE is its program: `npm install lighthouse` in a folder of its own, then `node_modules/.bin/lighthouse`. It is
no part of `./test`, since it brings a hundred packages of another language. Exits 1 where a page has less than 100;
a machine that is busy with other things takes its points away (the blocking time is measured, not reckoned).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from playwright.sync_api import sync_playwright

from live import CHROMIUM, FLAGS, serving, walk

CATEGORIES = ("performance", "accessibility", "best-practices")
PAGES = (
    "/",
    "/visit/safety",
    "/visit/1",
    "/visit/observe",
    "/visit/outcome",
    "/visit/review",
    "/contacts?place=BE",
    "/supervisor/sign-in",
)


def scores(lighthouse: str, address: str, cookie: str) -> dict[str, object]:
    """What each category gives the page, of 100, with what was found wanting; slow 4G and a slow phone are its own."""
    command = [
        lighthouse,
        address,
        f"--only-categories={','.join(CATEGORIES)}",
        "--output=json",
        "--quiet",
        "--chrome-flags=--headless=new --no-sandbox",
        f"--extra-headers={json.dumps({'Cookie': cookie})}",
    ]
    said = subprocess.run(command, env=os.environ | {"CHROME_PATH": CHROMIUM}, capture_output=True, check=True)
    report = json.loads(said.stdout)
    found: dict[str, object] = {name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}
    for name in CATEGORIES:
        for part in report["categories"][name]["auditRefs"]:
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 1:
                found[audit["title"]] = audit.get("displayValue", audit["score"])
    return found


def main(lighthouse: str) -> int:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), {}) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        walk(page, server.home, {"documents-withheld": "told", "abuse-signs": "seen"})
        cookie = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
        browser.close()
        worst = 100
        for path in PAGES:
            found = scores(lighthouse, server.home + path, cookie)
            print(path, found, f"load {os.getloadavg()[0]:.1f}", flush=True)
            worst = min(worst, *(int(str(found[name])) for name in CATEGORIES))
    return 0 if worst == 100 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
