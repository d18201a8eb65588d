"""Which rule covers which row of the sources, as a page: `python tests/source_coverage.py > docs/coverage.md`."""

from __future__ import annotations

from pathlib import Path

from screening.rulebook import Rulebook, read_rulebook

HERE = Path(__file__).resolve().parent
KINDS = {
    "I": "an indicator",
    "X": "an indicator for context, never counted",
    "G": "an item of guidance",
    "E": "an explanation",
}


def rows() -> list[tuple[str, str]]:
    """Every row of the sources with the kind of what must hold it, from the list that no row ever leaves."""
    lines = (HERE / "source_rows.txt").read_text(encoding="utf-8").splitlines()
    return [(row, kind) for kind, row in (line.split() for line in lines if not line.startswith("#"))]


def covering(rulebook: Rulebook, row: str, kind: str) -> list[str]:
    """The ids of what covers the row in the way its kind asks for."""
    signs = rulebook.indicators.values()
    entries = {
        "I": [sign for sign in signs if not sign.context],
        "X": [sign for sign in signs if sign.context],
        "G": rulebook.guidance,
        "E": rulebook.explanations.values(),
    }[kind]
    return [entry.id for entry in entries if row in entry.sources]


def page(rulebook: Rulebook) -> str:
    lines = [
        "# What covers each row of the sources",
        "",
        "Made by `python tests/source_coverage.py > docs/coverage.md` from `tests/source_rows.txt` and the rule files;",
        "a test keeps it in step. A row is one fact of a document (`rules/sources.yaml` has them in words).",
        "",
        "| row | is held by | which |",
        "|---|---|---|",
    ]
    lines += [f"| {row} | {KINDS[kind]} | {', '.join(covering(rulebook, row, kind))} |" for row, kind in rows()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(read_rulebook(HERE.parent / "rules")), end="")
