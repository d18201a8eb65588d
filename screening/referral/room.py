"""What finds room on paper: everything if it can, else what is needed most, and never less than that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from screening.referral.press import laid_out

#: In which order entries go, each kind down to so many: what an entry is worth depends on how many are left.
_ORDER: Final = (("contact", 4), ("guidance", 4), ("contact", 2), ("guidance", 0), ("contact", 0))


@dataclass(frozen=True, slots=True)
class Filling:
    """How many items of guidance and how many contacts a paper holds, and how sparingly the rest is set: 0 is the
    fullest way, and each paper says what a higher number means. What must stand on it stands on it in every way.
    """

    guidance: int
    contacts: int
    spared: int = 0


@dataclass(frozen=True, slots=True)
class Least:
    """With fewer items of guidance or fewer contacts than this, the next way of setting the rest is tried first.

    `shortens` is the `data-spare` of all that this way sets shorter than the way before it, where it is marked: where
    even the whole of that would not be enough, the way is not tried.
    """

    guidance: int
    contacts: int
    shortens: str = ""


def fitted(html_of: Callable[[Filling], str], fullest: Filling, least: Mapping[int, Least], most_pages: int) -> bytes:
    """The PDF with the most entries that takes no more than `most_pages`; `least` has each way that is to be tried.

    The spare rows of the HTML carry `data-spare`, "guidance" or "contact": it is laid out, their heights are measured,
    and as many are left out as it runs over. What must stand on the paper is never left out: where that alone is
    longer, the paper is longer. Raises PdfUnavailableError.
    """
    lacking = 0.0
    heights: Mapping[str, Sequence[float]] = {}
    for way, fewest in sorted(least.items()):
        if fewest.shortens and lacking > sum(heights.get(fewest.shortens, ())):
            continue
        filling: Filling | None = replace(fullest, spared=way)
        heights = {}
        freed = 0.0
        while filling is not None:
            laid = laid_out(html_of(filling), most_pages)
            if laid.pdf:
                return laid.pdf
            # What it still runs over, after rows are gone, is not made up for by the last ones alone: all are weighed
            # again, by the heights of all.
            # So is the line that says what was left out; no room is kept for it beforehand, since it may need none.
            over = freed + laid.over
            heights = heights or laid.spare
            filling, freed = with_less(replace(fullest, spared=way), heights, over, fewest)
            lacking = over - freed
    # What must stand on it is longer than that: then it has the whole of another page.
    return fitted(html_of, fullest, {max(least): least[max(least)]}, most_pages + 1)


def with_less(
    filling: Filling, heights: Mapping[str, Sequence[float]], over: float, least: Least
) -> tuple[Filling | None, float]:
    """The filling with as few entries less as make up for `over`, and how much that frees.

    None where all that may go does not. `heights` are those of all entries of the filling.
    """
    still = {kind: len(heights.get(kind, ())) for kind in ("guidance", "contact")}
    freed = 0.0
    for kind, at_least in _ORDER:
        kept = max(at_least, least.contacts if kind == "contact" else least.guidance)
        while freed < over and still[kind] > kept:
            still[kind] -= 1
            freed += heights[kind][still[kind]]
    if freed < over:
        return None, freed
    # The last row that went may have been a tall one: what has room in its place comes back.
    for kind in ("contact", "guidance"):
        while still[kind] < len(heights.get(kind, ())) and freed - heights[kind][still[kind]] >= over:
            freed -= heights[kind][still[kind]]
            still[kind] += 1
    return replace(filling, guidance=still["guidance"], contacts=still["contact"]), freed
