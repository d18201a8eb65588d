"""All combinations for a test: `./test` tries each value once, `./test all` every combination."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest


def combinations(*values: Sequence[Any]) -> list[Any]:
    """The parameters for `pytest.mark.parametrize`, one list of values for each name."""
    most = max(map(len, values))
    # From one to the next all values change, so that each has come when the longest list is through.
    once = {tuple(of[number % len(of)] for of in values) for number in range(most)}
    return [pytest.param(*one, marks=[] if one in once else [pytest.mark.long]) for one in product(*values)]
