"""A process that counts visits until it is killed: prints each ticket, and again once its count is acknowledged."""

from __future__ import annotations

import sys
from pathlib import Path

from screening.checklist import Level
from screening.store import Store
from screening.tally import Counted, Tally, Vault

NOON = 1_800_000_000.0
VISIT = Counted(Level.SEEK_ADVICE, (True, False, True, False), "large-debt")


def tally_at(url: str, keys: Path) -> Tally:
    return Tally(Store(url), Vault(keys), lambda: NOON, lambda: ["ghent-er"], ["large-debt"])


if __name__ == "__main__":
    tally = tally_at(sys.argv[1], Path(sys.argv[2]))
    while True:
        ticket = tally.issue()
        print("ticket", ticket, flush=True)
        tally.count(ticket, "ghent-er", VISIT)
        print("counted", ticket, flush=True)
