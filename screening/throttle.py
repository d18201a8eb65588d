"""How often something may be tried: kept in memory, under a key that is gone when the program ends."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Final

from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

_KEY: Final = secrets.token_bytes(32)


class Throttle:
    """Limits such as "5/minute;20/hour", for whoever or whatever is named; each process keeps its own count.

    Names (an address, a site) are kept as a keyed hash alone: the memory of this program is no list of who was here.
    """

    def __init__(self, limits: str) -> None:
        self._limits = parse_many(limits)
        self._counting = FixedWindowRateLimiter(MemoryStorage())

    def allows(self, name: str) -> bool:
        """Take one try; False when there are none left."""
        who = _hash(name)
        # Every limit takes the try, also when another has refused it already.
        return False not in [self._counting.hit(limit, who) for limit in self._limits]

    def seconds_left(self, name: str) -> int:
        """How long until there is a try again; 0 when there is one now."""
        who = _hash(name)
        windows = [self._counting.get_window_stats(limit, who) for limit in self._limits]
        return max((int(window.reset_time - time.time()) + 1 for window in windows if window.remaining <= 0), default=0)

    def forget(self, name: str) -> None:
        """Start anew for this name."""
        for limit in self._limits:
            self._counting.clear(limit, _hash(name))


def _hash(name: str) -> str:
    return hmac.new(_KEY, name.encode(), hashlib.sha256).hexdigest()
