"""The languages: what pages and rule files say in each, read from its catalogue, with the state of its review."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import NullTranslations, Translations

#: The language of the templates and the rule files themselves; it has no catalogue.
SOURCE: Final = "en"
DOMAIN: Final = "messages"


class Review(StrEnum):
    """Who has read a catalogue: nobody who speaks the language, a native speaker, or a professional translator."""

    DRAFT = "draft"
    NATIVE = "native speaker"
    PROFESSIONAL = "professional"


class Reader(StrEnum):
    """For whom a catalogue is: a worker reads everything, a person what is read out or handed over."""

    WORKER = "worker"
    PERSON = "person"


class CatalogueError(ValueError):
    """A catalogue cannot be used; the text says which, where, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language with what is said in it. `code` is as HTML has it, such as "nl" or "fa-AF".

    `messages` are for gettext; `said` has the same texts by name ("" for one of a template) and English, no plurals,
    and nothing in place of what is missing.
    """

    code: str
    reader: Reader
    review: Review
    messages: NullTranslations
    said: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)

    @property
    def locale(self) -> Locale:
        return Locale.parse(self.code, sep="-")

    @property
    def own_name(self) -> str:
        """Its name in itself, by which it is chosen, with a capital where the script has them."""
        return _name_and_direction(self.code)[0]

    @property
    def direction(self) -> str:
        """How it is written: "ltr" or "rtl"."""
        return _name_and_direction(self.code)[1]

    @property
    def is_reviewed(self) -> bool:
        """Whether somebody whose language it is has read it."""
        return self.review is not Review.DRAFT


class _English(NullTranslations):
    """The original, where a language has no translation of it; each time it is used, that is told."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self._tell = tell

    def gettext(self, message: str) -> str:
        self._tell()
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self._tell()
        return msgid1 if n == 1 else msgid2

    def pgettext(self, context: str, message: str) -> str:
        self._tell()
        return message

    def upgettext(self, context: str, message: str) -> str:
        return self.pgettext(context, message)


def read_languages(folder: Path, tell_untranslated: Callable[[], None] = lambda: None) -> Mapping[str, Language]:
    """Every language below `folder`, by code, English first and the others by their own names.

    `tell_untranslated` is called whenever a text is asked for that a catalogue does not have: then it is in English.
    Raises CatalogueError.
    """
    found = [_language(path, path.stat().st_mtime_ns, tell_untranslated) for path in paths(folder)]
    found.sort(key=lambda language: sorting_key(language.own_name, SOURCE))
    english = Language(SOURCE, Reader.WORKER, Review.PROFESSIONAL, NullTranslations())
    return {language.code: language for language in (english, *found)}


def paths(folder: Path) -> list[Path]:
    """The catalogues below `folder`, in gettext's layout: LANGUAGE/LC_MESSAGES/messages.po."""
    return sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def codes(folder: Path) -> list[str]:
    """The languages that there is a catalogue of below `folder`, and English, as HTML has them."""
    return [SOURCE, *(path.parent.parent.name.replace("_", "-") for path in paths(folder))]


def locale_of(code: str) -> Locale:
    """What CLDR knows of a language; `code` as HTML has it, such as "nl" or "fa-AF". Raises CatalogueError."""
    try:
        return Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        raise CatalogueError(f"{code!r} is no language. Write it like nl, zh-Hans or fa-AF.") from None


@lru_cache(maxsize=256)
def _name_and_direction(code: str) -> tuple[str, str]:
    # Kept, since every page says both of its language.
    locale = locale_of(code)
    # Babel's own composed name of Dari would be "Persian (Afghanistan)".
    name = str(locale.languages.get(str(locale)) or locale.get_display_name(locale) or code)
    return name[:1].upper() + name[1:], str(locale.text_direction)


def read_catalogue(path: Path) -> Catalog:
    """The file of a catalogue as it is. Raises CatalogueError."""
    locale = locale_of(path.parent.parent.name.replace("_", "-"))
    try:
        with path.open("rb") as file:
            return read_po(file, locale=locale, domain=DOMAIN, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        raise CatalogueError(f"{path} cannot be read: {error}. Mend it there.") from None


def heading(catalogue: Catalog, path: Path) -> tuple[Reader, Review]:
    """For whom a catalogue is, and who has read it, as its first lines say. Raises CatalogueError."""
    given = dict(re.findall(r"^# (Reader|Review): (.+?) *$", catalogue.header_comment, re.MULTILINE))
    try:
        return Reader(given["Reader"]), Review(given["Review"])
    except (KeyError, ValueError):
        raise CatalogueError(
            f"{path}: its first lines must say for whom it is, and who has read it: "
            f"`# Reader: {' | '.join(Reader)}` and `# Review: {' | '.join(Review)}`."
        ) from None


def negotiated(languages: Iterable[Language], wanted: Iterable[str]) -> str:
    """The first wanted language (codes as browsers send them, best first) that a worker can have; else English."""
    offered = {language.code.lower(): language.code for language in languages if language.reader is Reader.WORKER}
    for code in wanted:
        parts = code.lower().replace("_", "-").split("-")
        for length in range(len(parts), 0, -1):
            if (found := offered.get("-".join(parts[:length]))) is not None:
                return found
    return SOURCE


#: Letters that a language sorts behind another one and not as the same: (the letters, each behind the one before).
_OWN_LETTERS: Final = {
    "bg": ("ий",),
    "da": ("zæøå",),
    "es": ("nñ",),
    "ro": ("aăâ", "iî", "sș", "tț"),
}
#: What has no parts to be taken apart into.
_AS_OTHERS: Final = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "þ": "th", "ð": "d"})


def sorting_key(text: str, code: str) -> tuple[object, ...]:
    """By what names are sorted in the language `code`: å behind z in Danish, ș behind s in Romanian, ä as a in German.

    Marks and capitals decide only between names that are the same without them. It serves lists of countries and
    languages; a whole collation would be a library of thirty megabytes.
    """
    behind = {
        letter: (group[0], place) for group in _OWN_LETTERS.get(code, ()) for place, letter in enumerate(group[1:], 1)
    }
    letters: list[tuple[str, int]] = []
    for letter in unicodedata.normalize("NFC", text.casefold()):
        if letter in behind:
            letters.append(behind[letter])
            continue
        bare = unicodedata.normalize("NFD", letter.translate(_AS_OTHERS))
        letters += [(part, 0) for part in bare if part.isalnum() or part.isspace()]
    return (letters, text)


@lru_cache(maxsize=64)
def _language(path: Path, changed: int, tell_untranslated: Callable[[], None]) -> Language:
    # `changed` is when the file was: who starts the program again in the same process finds what is new.
    catalogue = read_catalogue(path)
    reader, review = heading(catalogue, path)
    for message in list(catalogue):
        # Of a plural that lacks a form, the compiler would make English without a word about it.
        if isinstance(message.id, (tuple, list)) and not all(message.string or ()):
            catalogue.delete(message.id, message.context)
    # Compiled here and not kept as a file: what is compiled beforehand is one day older than what it was made from.
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    messages = Translations(compiled, domain=DOMAIN)
    messages.add_fallback(_English(tell_untranslated))
    said = {
        (message.context or "", message.id): str(message.string)
        for message in catalogue
        if message.id and message.string and not message.fuzzy and isinstance(message.id, str)
    }
    return Language(path.parent.parent.name.replace("_", "-"), reader, review, messages, said)
