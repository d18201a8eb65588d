"""What a supervisor chose to see: months and how they are put together, sites, levels; read from an address."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict

from screening.checklist import Level
from screening.tally import SPANS
from screening.tally.months import following, is_month, last_quarters

#: How many quarters are shown when nothing is chosen. Small sites can be read by the quarter at best.
QUARTERS: Final = 4


class ChoiceError(ValueError):
    """A choice cannot be met: `why` names the sentence that says so, `what` the thing, `status` the answer's code."""

    def __init__(self, why: str, what: str = "", status: int = 404) -> None:
        super().__init__(why)
        self.why = why
        # What nobody could have chosen on a page is not repeated.
        self.what = what if re.fullmatch(r"[a-z0-9-]{1,40}", what) else ""
        self.status = status


@dataclass(frozen=True, slots=True)
class Choice:
    """`months` are closed ones, oldest first; `sites` and `levels` are None for all; `page` begins at 1."""

    months: tuple[str, ...]
    span: str
    sites: tuple[str, ...] | None
    levels: tuple[str, ...] | None
    page: int

    def spans(self) -> dict[str, int]:
        """The spans of these months, oldest first, and how many of the months are in each."""
        found: dict[str, int] = {}
        for month in self.months:
            name = SPANS[self.span](month)
            found[name] = found.get(name, 0) + 1
        return found


def read_choice(
    given: MultiDict[str, str], closed: Mapping[str, bool], own_site: str, known_sites: Collection[str]
) -> Choice:
    """The choice that an address makes among the closed months. Raises ChoiceError.

    `own_site` is the one site that may be seen, "" when all may. Without any month in the address the last four
    closed quarters are shown.
    """
    months = read_months(given.get("from", ""), given.get("to", ""), closed)
    span = given.get("span", "") or "quarter"
    if span not in SPANS:
        raise ChoiceError("no-span", status=400)
    page = given.get("page", "") or "1"
    if not re.fullmatch(r"[1-9][0-9]{0,4}", page):
        raise ChoiceError("no-page")
    return Choice(
        months,
        span,
        _sites(given.getlist("site"), own_site, known_sites),
        read_levels(given.getlist("level")),
        int(page),
    )


def read_months(first: str, last: str, closed: Mapping[str, bool]) -> tuple[str, ...]:
    """The closed months from `first` to `last`; of "" for both, those of the last four closed quarters.

    A month that is open and one that never was are refused alike. Raises ChoiceError.
    """
    for month in (first, last):
        if month and month not in closed:
            raise ChoiceError("no-month", month if is_month(month) else "")
    if first and last and first > last:
        raise ChoiceError("order", status=400)
    if not closed:
        return ()
    if not first and not last:
        recent = set(last_quarters(following(max(closed)), QUARTERS))
        return tuple(month for month in closed if month in recent) or tuple(closed)
    return tuple(month for month in closed if (first or month) <= month <= (last or month))


def read_levels(given: Iterable[str]) -> tuple[str, ...] | None:
    """The levels named, in their order, None for none named. Raises ChoiceError."""
    wanted = {level for level in given if level}
    for level in wanted - {level.value for level in Level}:
        raise ChoiceError("no-level", level)
    return tuple(level.value for level in Level if level.value in wanted) or None


def _sites(given: Iterable[str], own_site: str, known_sites: Collection[str]) -> tuple[str, ...] | None:
    wanted = sorted({site for site in given if site})
    if own_site:
        # Whether a site of another name exists is not told either.
        for site in wanted:
            if site != own_site:
                raise ChoiceError("foreign-site", own_site, status=403)
        return (own_site,)
    for site in wanted:
        if site not in known_sites:
            raise ChoiceError("no-site", site)
    return tuple(wanted) or None
