"""Makes what a version leaves behind, once, when it is released: `python tests/released/make.py VERSION`.

Today's program opens it in `tests/test_upgrade.py`, and so must every later one. Never make a version's files anew:
they are worth something only as long as the code of that time wrote them.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent.parent.parent)]

from conftest import NOON, Clock
from counting_child import VISIT
from databases import postgres
from screening import create_app
from screening.settings import Settings

PASSWORD = "four words of no sense"
MONTH = 31 * 86_400


def leave_behind(database_url: str, instance: Path) -> None:
    """Two closed months, an open one with a count, a visit in progress, a team and a supervisor."""
    clock = Clock()
    app = create_app(Settings(instance=instance, keys=instance / "keys", database_url=database_url), clock)
    tally = app.extensions["tally"]
    app.extensions["sites"].add("ward", "Ward")
    app.extensions["accounts"].add("Ann", PASSWORD)
    for month in range(3):
        clock.now = NOON + month * MONTH
        tally.tend()
        for _ in range(40):
            tally.count(tally.issue(), "ward", VISIT)
    (instance / "ticket").write_text(tally.issue())
    app.extensions["store"].let_go()


def make(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary, postgres() as server:
        for kind, url in (("sqlite", ""), ("postgresql", server.url("postgres"))):
            instance = Path(temporary) / kind
            leave_behind(url, instance)
            (folder / kind).mkdir(parents=True)
            shutil.copy(instance / "ticket", folder / kind)
            (key,) = (instance / "keys" / "months").iterdir()
            shutil.copy(key, folder / kind)
        with sqlite3.connect(Path(temporary) / "sqlite" / "tally.db") as opened:
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        opened.close()
        shutil.copy(Path(temporary) / "sqlite" / "tally.db", folder / "sqlite")
        dump = server.run("pg_dump", "--no-owner", "--inserts", server.url("postgres"))
        # Newer servers guard a dump with words that older ones do not know.
        lines = [line for line in dump.splitlines(keepends=True) if not line.startswith(("\\", "--"))]
        (folder / "postgresql" / "tally.sql").write_text("".join(lines))


if __name__ == "__main__":
    make(Path(__file__).parent / sys.argv[1])
