"""Whole visits at the real server, many at once: how many a second, how long each page takes, and whether all count.

    python bench/load.py                     SQLite, as many visits as the machine takes, no sheets
    python bench/load.py --rate 15           so many visits begun a second, whatever the server makes of it
    python bench/load.py --sheets 10         a sheet in one of ten visits
    python bench/load.py --database postgres a PostgreSQL started for it, and two servers behind one key folder

It asks for pages packed, as browsers do. The driver shares the cores with the server, so the figures are those of a
server that has not the whole machine; what the driver took of it is said. It is no test: it says what it saw, and ends
with an error only where a visit was lost or an acknowledged one was not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import brotli

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests")]

from databases import postgres
from live import serving
from screening.store import Store
from screening.tally import Vault
from tally_inside import cells

SECRET = re.compile(rb'name="csrf_token" value="([^"]+)"')
CLOCK = os.sysconf("SC_CLK_TCK")
ANSWERS = {"large-debt": "told", "afraid-to-speak": "seen", "lives-at-work": "no"}


@dataclass
class Seen:
    """What the driver saw: seconds by page, visits that were acknowledged as counted, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    visits: list[float] = field(default_factory=list)
    counted: int = 0
    uncounted: int = 0
    errors: list[str] = field(default_factory=list)


class Browser:
    """The least of a browser: one connection that is kept, cookies, forms, redirects."""

    def __init__(self, home: str, seen: Seen) -> None:
        self.host, self.port = urlsplit(home).hostname, urlsplit(home).port
        self.seen = seen
        self.cookies: dict[str, str] = {}
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, path: str, form: Mapping[str, str] | None = None) -> tuple[str, bytes]:
        """The page that the server leads to: its path and its bytes as they came."""
        status, headers, body = await self._once(path, form)
        if status == 303:
            path = urlsplit(headers["location"]).path
            status, headers, body = await self._once(path, None)
        if status != 200:
            raise ConnectionError(f"{path} answered {status}")
        return path, body

    async def _once(self, path: str, form: Mapping[str, str] | None) -> tuple[int, dict[str, str], bytes]:
        body = urlencode(form).encode() if form is not None else b""
        lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        lines.append("Accept-Encoding: gzip, deflate, br")
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
            lines.append(f"Origin: http://{self.host}:{self.port}")
        began = time.perf_counter()
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        assert self.reader is not None
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in head[1:]:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                crumb = value.split(";")[0].partition("=")
                self.cookies.pop(crumb[0], None)
                if crumb[2].strip('"'):
                    self.cookies[crumb[0]] = crumb[2]
            elif name:
                headers[name.lower()] = value
        content = await self.reader.readexactly(int(headers.get("content-length", "0")))
        took = time.perf_counter() - began
        if headers.get("content-encoding") == "br":
            content = brotli.decompress(content)
        name = re.sub(r"/visit/\d+", "/visit/GROUP", path)
        self.seen.seconds[f"{'GET ' if form is None else 'POST'} {name}"].append(took)
        if headers.get("connection") == "close":
            await self.close()
        return int(head[0].split()[1]), headers, content

    async def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None


async def visit(home: str, seen: Seen, sheet: bool) -> None:
    """One visit from the start page to the end."""
    browser = Browser(home, seen)
    began = time.perf_counter()
    try:
        path, page = await browser.ask("/")
        path, page = await browser.ask(
            "/visit", {"csrf_token": secret(page), "checklist": "alarm-bells", "place": "BE"}
        )
        while path != "/visit/outcome":
            given = {"alone": "true", "interpreter": "not-needed", "age": "adult", "consent": "given", **ANSWERS}
            named = {name: value for name, value in given.items() if f'name="{name}"'.encode() in page}
            path, page = await browser.ask(path, {"csrf_token": secret(page), **named, "move": "next"})
        if sheet:
            await browser.ask("/visit/outcome", {"csrf_token": secret(page), "move": "sheet"})
        path, _ = await browser.ask("/visit/finish", {"csrf_token": secret(page)})
    except (OSError, EOFError, ValueError) as error:
        seen.errors.append(f"{type(error).__name__}: {error}")
        return
    finally:
        await browser.close()
    seen.visits.append(time.perf_counter() - began)
    seen.counted += path == "/closed/done"
    seen.uncounted += path != "/closed/done"


def secret(page: bytes) -> str:
    match = SECRET.search(page)
    if match is None:
        raise ValueError("a page has no form")
    return match[1].decode()


async def drive(homes: list[str], seconds: float, at_once: int, rate: float, sheets: int) -> tuple[Seen, float]:
    """Visits for so many seconds: `at_once` at a time, or begun at `rate` a second; what was seen, and how long."""
    seen, number, began = Seen(), 0, time.perf_counter()

    async def next_visit() -> None:
        nonlocal number
        number += 1
        await visit(homes[number % len(homes)], seen, bool(sheets) and number % sheets == 0)

    async def one_after_another() -> None:
        while time.perf_counter() - began < seconds:
            await next_visit()

    if not rate:
        await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    else:
        running = set()
        while (elapsed := time.perf_counter() - began) < seconds:
            running.add(asyncio.create_task(next_visit()))
            await asyncio.sleep(max(0.0, (len(running) / rate) - elapsed))
        await asyncio.gather(*running)
    return seen, time.perf_counter() - began


@dataclass(frozen=True)
class Use:
    """What processes have used: CPU seconds so far, and memory in MB now."""

    cpu: float
    memory: float


def use_of(folders: list[Path]) -> Use:
    """What the servers whose instance is below one of `folders` use, read from the kernel."""
    cpu = memory = 0.0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # What a process was started with, such as SCREENING_INSTANCE, tells whose it is.
            if not any(
                f"SCREENING_INSTANCE={folder}".encode() in (entry / "environ").read_bytes() for folder in folders
            ):
                continue
            times = (entry / "stat").read_text().rpartition(") ")[2].split()
            cpu += (int(times[11]) + int(times[12])) / CLOCK
            for line in (entry / "smaps_rollup").read_text().splitlines():
                memory += int(line.split()[1]) / 1024 if line.startswith("Pss:") else 0.0
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return Use(cpu, memory)


@contextmanager
def servers(database: str, folder: Path) -> Iterator[tuple[list[str], list[Path], str, Path]]:
    """Their addresses, their folders, the database's URL, and the folder of the keys."""
    keys = folder / "keys"
    with ExitStack() as stack:
        if database == "sqlite":
            url = f"sqlite:///{folder / 'one' / 'instance' / 'tally.db'}"
            names = ["one"]
        else:
            server = stack.enter_context(postgres())
            server.run("createdb", "-h", "127.0.0.1", "-p", str(server.port), "-U", "screening", "load")
            url, names = server.url("load"), ["one", "two"]
        homes = []
        for name in names:
            environment = {"SCREENING_KEYS": str(keys), "LOG_LEVEL": "WARNING"}
            environment |= {} if database == "sqlite" else {"DATABASE_URL": url}
            homes.append(stack.enter_context(serving(folder / name, environment)).home)
        yield homes, [folder / name for name in names], url, keys


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    # A team may begin 600 visits a minute at each process, and all are of one team here: half a minute is too long.
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--rate", type=float, default=0, help="visits begun a second, instead of so many at once")
    parser.add_argument("--sheets", type=int, default=0, help="a sheet in one of so many visits")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="load-") as made, servers(given.database, Path(made)) as found:
        homes, folders, url, keys = found
        store, vault = Store(url), Vault(keys / "months")
        # The first visits load what the pages need.
        asyncio.run(drive(homes, 2, 4, 0, 1))
        before, used, own = sum_of_levels(store, vault), use_of(folders), time.process_time()
        seen, took = asyncio.run(drive(homes, given.seconds, given.at_once, given.rate, given.sheets))
        own = time.process_time() - own
        now, counted = use_of(folders), sum_of_levels(store, vault) - before
    print(f"{given.database}, {len(homes)} server(s), {os.cpu_count()} cores, the driver among them; {took:.1f} s")
    print(f"visits: {len(seen.visits)}, {len(seen.visits) / took:.1f} a second; errors: {len(seen.errors)}")
    print(f"acknowledged as counted: {seen.counted}; in the tally: {counted}; said to be uncounted: {seen.uncounted}")
    each, cpu = max(1, len(seen.visits)), now.cpu - used.cpu
    print(f"servers: {cpu / took:.2f} cores, {1000 * cpu / each:.1f} ms a visit, {now.memory:.0f} MB")
    print(f"driver: {own / took:.2f} cores, {1000 * own / each:.1f} ms a visit")
    print(f"\n{'page':34} {'number':>7} {'p50 ms':>8} {'p99 ms':>8}")
    for name, values in sorted(seen.seconds.items()):
        print(f"{name:34} {len(values):7} {percentile(values, 0.5):8.1f} {percentile(values, 0.99):8.1f}")
    everything = [value for values in seen.seconds.values() for value in values]
    print(f"{'all':34} {len(everything):7} {percentile(everything, 0.5):8.1f} {percentile(everything, 0.99):8.1f}")
    for error in seen.errors[:5]:
        print(error, file=sys.stderr)
    return int(bool(seen.errors) or counted != seen.counted)


def sum_of_levels(store: Store, vault: Vault) -> int:
    """How many visits the open month holds, start values and all: only differences mean something."""
    found = cells(store, vault)
    grid = next(iter(found))[0]
    return sum(value for cell, value in found.items() if cell[0] == grid)


if __name__ == "__main__":
    sys.exit(main())
