"""The glossary: one word for one notion in every language, and where a translation uses another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from screening.rulebook.faults import Fault, RuleError
from screening.rulebook.sentences import shaped
from screening.rulebook.shapes import GLOSSARY
from screening.rulebook.syntax import read_document


@dataclass(frozen=True, slots=True)
class Term:
    """A notion: the words for it in English, phrases in which they mean something else, and the words of a language.

    `words` are by language; the first is the word, the others forms that stand for it too (parts of words).
    """

    id: str
    english: tuple[str, ...]
    but: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]

    def is_meant_in(self, text: str) -> bool:
        """Whether this English text speaks of it."""
        text = re.sub(r"%\(\w+\)s", " ", text)
        for phrase in self.but:
            text = re.sub(rf"\b{re.escape(phrase)}\b", " ", text, flags=re.IGNORECASE)
        return any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in self.english)

    def is_kept_in(self, translation: str, language: str) -> bool:
        """Whether the translation has one of the words; True where the language has none for it."""
        said = translation.casefold()
        return any(word.casefold() in said for word in self.words.get(language, ())) or language not in self.words


def read_glossary(path: Path) -> tuple[Term, ...]:
    """The terms of `path` (rules/glossary.yaml). Raises RuleError with every fault."""
    faults: list[Fault] = []
    document = read_document(path, f"{path.parent.name}/{path.name}", faults)
    shapes = shaped(GLOSSARY, document, faults) or []
    first: dict[str, int] = {}
    for index, shape in enumerate(shapes):
        if first.setdefault(shape.id, index) != index:
            faults.append(document.fault((index, "id"), f"term {shape.id!r} is there twice", "Remove one"))
    if faults:
        raise RuleError(faults)
    return tuple(
        Term(
            shape.id,
            tuple(shape.english),
            tuple(shape.but),
            {language: tuple(words) for language, words in shape.words.items()},
        )
        for shape in shapes
    )


def not_kept(terms: tuple[Term, ...], original: str, translation: str, language: str) -> Iterator[Term]:
    """The terms that the original speaks of, and that the translation does not name by their word."""
    yield from (term for term in terms if term.is_meant_in(original) and not term.is_kept_in(translation, language))
