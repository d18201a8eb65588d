"""Months, quarters and years by their names, such as "2026-11", "2026-Q4" and "2026"; the calendar is UTC's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime


def month_of(now: float) -> str:
    """The month of an instant in seconds since 1970."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m")


def is_month(name: str) -> bool:
    return re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", name) is not None


def following(month: str) -> str:
    """The month after this one."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1:04}-01" if number == 12 else f"{year:04}-{number + 1:02}"


def months_from(first: str, last: str) -> Iterator[str]:
    """All months from `first` to `last`, both with them; none when `last` is before `first`."""
    while first <= last:
        yield first
        first = following(first)


def quarter_of(month: str) -> str:
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def year_of(month: str) -> str:
    return month[:4]


def last_quarters(month: str, count: int) -> list[str]:
    """The months of the last `count` quarters that had ended before `month` began, oldest first."""
    year, quarter = int(month[:4]), (int(month[5:]) - 1) // 3
    first = year * 4 + quarter - count
    start = f"{first // 4:04}-{first % 4 * 3 + 1:02}"
    end = f"{year:04}-{quarter * 3 + 1:02}"
    return [name for name in months_from(start, end) if name != end]
