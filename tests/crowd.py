"""Many who count at once, each as a process of its own would, and send again what was not acknowledged."""

from __future__ import annotations

import threading
import time
from typing import Self

from conftest import Clock
from counting_child import VISIT
from screening.store import Store
from screening.tally import NotCountedError, Tally, Vault
from tally_inside import cells, grown

#: How long what should go on is waited for, in seconds.
_PATIENCE = 60


class Crowd:
    """Counts visits in the background while something breaks; `check` holds the books against the database."""

    def __init__(self, url: str, vault: Vault, clock: Clock, size: int = 3) -> None:
        self._url, self._vault, self._clock = url, vault, clock
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._count) for _ in range(size)]
        self.acknowledged: list[str] = []
        self.pending: list[str] = []
        self.refused = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _count(self) -> None:
        store = Store(self._url)
        tally = Tally(store, self._vault, self._clock, lambda: ["ghent-er"], ["large-debt"])
        number = ""
        while not self._is_over.is_set():
            try:
                number = number or tally.issue()
                tally.count(number, "ghent-er", VISIT)
            except NotCountedError:
                self.refused += 1
                # As if the time in which nothing is tried were over.
                store._silent_until = tally._resting_until = 0.0
                time.sleep(0.02)
            else:
                self.acknowledged.append(number)
                number = ""
        if number:
            self.pending.append(number)
        store.let_go()

    def wait_for(self, more: int) -> float:
        """Wait until so many more are acknowledged; return how long the first of them took, in seconds."""
        began, had = time.monotonic(), len(self.acknowledged)
        first = 0.0
        while len(self.acknowledged) < had + more:
            first = first or (time.monotonic() - began if len(self.acknowledged) > had else 0.0)
            assert time.monotonic() < began + _PATIENCE, f"{len(self.acknowledged) - had} of {more}: counting stopped"
            time.sleep(0.005)
        return first or time.monotonic() - began

    def check(self, before: dict[tuple[str, str, str], int], store: Store, others: int = 0) -> None:
        """Each acknowledged visit is there once, and so is each that was not, once it is sent again.

        `others` have been counted beside the crowd.
        """

        def counted() -> int:
            return sum(
                more for (grid, *_), more in grown(before, cells(store, self._vault)).items() if grid == "outcomes"
            )

        known = len(self.acknowledged) + others
        assert len(set(self.acknowledged)) == len(self.acknowledged)
        assert known <= counted() <= known + len(self.pending)
        tally = Tally(store, self._vault, self._clock, lambda: ["ghent-er"], ["large-debt"])
        for number in [*self.pending, *self.acknowledged]:
            tally.count(number, "ghent-er", VISIT)
        assert counted() == known + len(self.pending)
