"""docs/security.md keeps its word: every requirement stands once, and every test that is named is there."""

from __future__ import annotations

import re
from collections import Counter

from conftest import HOUSE

PAGE = (HOUSE / "docs" / "security.md").read_text(encoding="utf-8")

#: OWASP ASVS 5.0.0: how many requirements of levels 1 and 2 each section has; in each they stand before those of 3.
SECTIONS = {
    1: [2, 9, 11, 3, 2],
    2: [3, 3, 4, 1],
    3: [0, 2, 4, 6, 5, 0, 2],
    4: [3, 1, 2, 4],
    5: [1, 3, 2, 3],
    6: [3, 12, 4, 4, 5, 3, 0, 4],
    7: [3, 4, 2, 5, 2, 2],
    8: [2, 3, 1, 1],
    9: [3, 4],
    10: [2, 2, 4, 11, 5, 2, 3],
    11: [2, 3, 3, 4, 1, 1, 0],
    12: [3, 2, 4],
    13: [1, 5, 2, 5],
    14: [2, 4, 3],
    15: [3, 3, 7, 0],
    16: [1, 5, 4, 3, 3],
    17: [1, 4, 2],
}
ALL = {
    f"{chapter}.{section}.{number}"
    for chapter, counts in SECTIONS.items()
    for section, count in enumerate(counts, start=1)
    for number in range(1, count + 1)
}


def cells() -> list[str]:
    """The first cell of each line of the tables on the standard."""
    part = PAGE.partition("## OWASP ASVS")[2].partition("## Telling us")[0]
    lines = [line for line in part.splitlines() if line.startswith("|") and not line.startswith(("| number", "|---"))]
    return [line.split("|")[1].strip() for line in lines]


def test_every_requirement_stands_once_and_none_is_made_up() -> None:
    named: Counter[str] = Counter()
    for cell in cells():
        for word in cell.split():
            within = f"{word[1:]}." if word.startswith("V") else word if word.count(".") == 2 else f"{word}."
            found = {one for one in ALL if one == within or (within.endswith(".") and one.startswith(within))}
            assert found, f"there is no {word}"
            named.update(found)
    assert len(ALL) == 253
    assert set(named) == ALL, sorted(ALL - set(named))
    assert not [one for one, times in named.items() if times > 1]


def test_every_test_and_file_that_is_named_is_there() -> None:
    there = {
        name
        for path in (HOUSE / "tests").glob("*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.M)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 90
    assert named <= there, sorted(named - there)
    for path in re.findall(r"`((?:tests|bench)/[\w./]+)`", PAGE):
        assert (HOUSE / path).exists(), path
    for path in re.findall(r"\]\(([\w./]+)\)", PAGE):
        assert (HOUSE / "docs" / path).exists(), path
