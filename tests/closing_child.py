"""A process that counts and closes month after month until it is killed: prints each time that it came to."""

from __future__ import annotations

import sys
from pathlib import Path

from counting_child import VISIT
from screening.store import Store
from screening.tally import Tally, Vault

MONTH = 31 * 86_400

if __name__ == "__main__":
    url, keys, now = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    tally = Tally(Store(url), Vault(keys), lambda: now, lambda: ["ghent-er"], ["large-debt"])
    # What takes long the first time is done before the first word.
    tally.tend()
    while True:
        print(now, flush=True)
        tally.close()
        tally.count(tally.issue(), "ghent-er", VISIT)
        now += MONTH
