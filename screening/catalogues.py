"""The work on catalogues: what there is to translate, what a catalogue still lacks, and what a translation has lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po
from jinja2.ext import babel_extract

from screening.guidance import Kind
from screening.languages import DOMAIN, Reader, Review, heading, locale_of, read_catalogue
from screening.rulebook import Rulebook, Term, not_kept

#: What a text goes through in a template, and which argument is the text. What goes through `to_person` is read out
#: or handed over.
TO_PERSON: Final = "to_person"
KEYWORDS: Final = ("_", "gettext", "ngettext", "pgettext", TO_PERSON)
#: As the templates are really read: else a text with a line break would have another name here.
_AS_READ: Final = {
    "trimmed": "true",
    "newstyle_gettext": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    # A template that cannot be read is an error, and not one without texts.
    "silent": "false",
}

_EMPTY_HEADER: Final = re.compile(
    '"(POT-Creation-Date|PO-Revision-Date|Generated-By|Report-Msgid-Bugs-To|Last-Translator|Language-Team|Project-Id)'
)
_PLACEHOLDER: Final = re.compile(r"%\(\w+\)s|%%|\{\w+\}|\[[^\]]*\]")
#: Longer than this a translation pushes other things from where they belong: pages and papers are tried with it.
_TIMES_AS_LONG: Final = 1.8
_AND_LONGER_BY: Final = 24


#: The sentences in which a wrong word does harm: danger, consent, asking for help. By the beginnings of their names in
#: the rule files, and in English where they stand in a template. Each has a back-translation beside it for reviewers.
CRITICAL: Final = ("red/", "outcome/reserved/asks-for-help/", "guidance/emergency-", "guidance/say-")
CRITICAL_IN_TEMPLATES: Final = (
    "Is there danger now?",
    "Could the person be killed, seriously hurt, taken away, or harm themselves soon?",
    "Danger now",
    "Call %(number)s",
    "Emergency",
    "Does the person agree to be asked?",
    "Ask only when you are alone. Say first what you must pass on, and that they may skip or stop at any time.",
    "Agrees",
    "Says no",
    "Cannot answer",
    "Does the person ask for help, or say they are exploited?",
    "Not known",
    "Ask: is it safe for you to carry this?",
)
_BACK: Final = "Back-translation:"


@dataclass(frozen=True, slots=True)
class Text:
    """A text to translate: `context` is its name in the rule files, "" for one of a template; `plural` or ""."""

    context: str
    text: str
    plural: str = ""
    places: tuple[str, ...] = ()
    for_person: bool = False

    @property
    def id(self) -> str | tuple[str, str]:
        return (self.text, self.plural) if self.plural else self.text

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.text


@dataclass(frozen=True, slots=True)
class Lack:
    """What is wrong with a translation: which catalogue and line, what, and how to mend it."""

    path: Path
    line: int
    key: tuple[str, str]
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what} ({' '.join(self.key).strip()[:80]!r})"


def to_translate(templates: Path, rulebook: Rulebook) -> list[Text]:
    """Every text that a worker or a person reads, each once, in the order of templates and rule files."""
    found = {text.key: text for text in (*_of_templates(templates), *_of_rules(rulebook))}
    return list(found.values())


def _of_templates(folder: Path) -> Iterator[Text]:
    together: dict[tuple[str, str], Text] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".html", ".txt"):
            continue
        with path.open("rb") as file:
            for line, function, message, _ in babel_extract(file, KEYWORDS, [], _AS_READ):
                said = [message] if isinstance(message, str) else [part for part in message or () if part]
                context = said.pop(0) if function == "pgettext" else ""
                plural = said[1] if function == "ngettext" else ""
                place = f"{path.relative_to(folder).as_posix()}:{line}"
                known = together.get((context, said[0]), Text(context, said[0]))
                together[context, said[0]] = replace(
                    known,
                    plural=known.plural or plural,
                    places=(*known.places, place),
                    for_person=known.for_person or function == TO_PERSON,
                )
    yield from together.values()


def _of_rules(rulebook: Rulebook) -> Iterator[Text]:
    said_aloud = {f"guidance/{item.id}" for item in rulebook.guidance if item.kind is Kind.SAY}
    for name, text in rulebook.texts.items():
        asked = name.startswith("indicator/") and name.endswith("/ask")
        yield Text(name, text, for_person=asked or name in said_aloud)
    for id, source in rulebook.sources.items():
        yield Text(f"source/{id}/title", source.title)
        yield Text(f"source/{id}/short", source.short)
        for row, entry in source.rows.items():
            if entry.fact:
                yield Text(f"source/{id}/{row}", entry.fact)
    for place in rulebook.places.values():
        for profession, duty in (place.reporting or {}).items():
            yield Text(f"place/{place.iso}/reporting/{profession}", duty.text)
        for contact in place.contacts:
            house = f"contact/{contact.id}"
            yield from _named(
                {
                    f"{house}/does": contact.does,
                    f"{house}/warning": contact.warning,
                    f"{house}/hours": contact.hours_note,
                    f"{house}/languages": contact.languages_note,
                    f"{house}/how": contact.verified_how,
                }
            )
            yield from (Text(f"{house}/phone", phone.note) for phone in contact.phones if phone.note)


def _named(texts: Mapping[str, str]) -> Iterator[Text]:
    yield from (Text(name, text) for name, text in texts.items() if text)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A critical text in a language; `back` is what it says, put back into English by somebody else ("": by nobody)."""

    name: str
    english: str
    said: str
    back: str


def is_critical(text: Text) -> bool:
    return text.context.startswith(CRITICAL) if text.context else text.text in CRITICAL_IN_TEMPLATES


def critical(path: Path, texts: Iterable[Text]) -> list[Sentence]:
    """The critical texts that the catalogue at `path` must have, as they stand there. Raises CatalogueError.

    A back-translation is a remark on the entry: `# Back-translation: ...`, which every editor of catalogues shows.
    """
    catalogue = read_catalogue(path)
    reader, _ = heading(catalogue, path)
    found = []
    for text in for_reader(texts, reader):
        if not is_critical(text):
            continue
        message = catalogue.get(text.id, text.context or None)
        said = _all(message.string)[0] if message and not message.fuzzy else ""
        remarks = " ".join(message.user_comments) if message else ""
        back = remarks.partition(_BACK)[2].strip()
        found.append(Sentence(text.context or "template", text.text, said, back))
    return found


def template_of(texts: Iterable[Text]) -> Catalog:
    """The template that every catalogue is made from."""
    catalogue = Catalog(project="Screening", charset="utf-8", fuzzy=False, header_comment="# All that is translated.")
    for text in texts:
        # No line numbers: they change with every edit of a template, and say little.
        places = sorted({place.split(":")[0] for place in text.places})
        catalogue.add(text.id, context=text.context or None, locations=[(place, 0) for place in places])
    return catalogue


def begun(code: str, reader: Reader, texts: Iterable[Text]) -> bytes:
    """A catalogue in which nothing is translated yet; `code` as HTML has it. Raises CatalogueError for no language."""
    locale = locale_of(code)
    catalogue = template_of(for_reader(texts, reader))
    catalogue.locale, catalogue.fuzzy = locale, False
    catalogue.header_comment = f"# {locale.english_name}\n# Reader: {reader}\n# Review: {Review.DRAFT}"
    return as_bytes(catalogue)


def for_reader(texts: Iterable[Text], reader: Reader) -> list[Text]:
    """Those of `texts` that a catalogue for this reader must have."""
    return [text for text in texts if reader is Reader.WORKER or text.for_person]


def updated(path: Path, texts: Iterable[Text]) -> bytes:
    """The catalogue at `path` with exactly these texts: what was translated stays.

    A text of a rule file that was changed keeps its old translation as `fuzzy`, for whoever mends it; until then it
    is shown in English. What is no longer asked for is dropped. Raises CatalogueError.
    """
    old = read_catalogue(path)
    reader, _ = heading(old, path)
    by_key = {_key(message): message for message in old if message.id}
    by_context = {message.context: message for message in old if message.id and message.context}
    new = template_of(for_reader(texts, reader))
    new.locale, new.header_comment = old.locale, old.header_comment
    for message in new:
        if not message.id:
            continue
        known = by_key.get(_key(message))
        if known is not None and isinstance(known.id, tuple) == isinstance(message.id, tuple):
            message.string, message.flags = known.string, known.flags
            message.previous_id, message.user_comments = known.previous_id, known.user_comments
        elif (stale := by_context.get(message.context or "")) is not None and stale.string:
            message.string, message.previous_id = stale.string, [_first(stale.id)]
            message.flags.add("fuzzy")
    return as_bytes(new)


def as_bytes(catalogue: Catalog) -> bytes:
    """The catalogue as it is kept: the same texts give the same bytes."""
    file = BytesIO()
    write_po(file, catalogue, width=0, include_previous=True, ignore_obsolete=True, omit_header=False)
    # The dates say when somebody ran a command, and make every change a conflict; the others are nobody's.
    lines = file.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not _EMPTY_HEADER.match(line)).encode()


def lacks(path: Path, texts: Iterable[Text], terms: tuple[Term, ...] = ()) -> list[Lack]:
    """All that is wrong with the catalogue at `path`; `terms` are those of the glossary, which it is to keep.

    Raises CatalogueError where it cannot be read at all.
    """
    language = path.parent.parent.name.replace("_", "-")
    catalogue = read_catalogue(path)
    reader, _ = heading(catalogue, path)
    wanted = {text.key: text for text in for_reader(texts, reader)}
    there: dict[tuple[str, str], Message] = {_key(message): message for message in catalogue if message.id}
    found = [
        Lack(path, 1, key, "is not in the catalogue: run `screening translations update`")
        for key in wanted
        if key not in there
    ]
    for key, message in there.items():
        if key not in wanted:
            found.append(Lack(path, message.lineno or 1, key, "is no longer asked for: run `update`"))
        else:
            faults = list(_faults_of(message, catalogue)) or list(_words_lost(message, terms, language))
            found += [Lack(path, message.lineno or 1, key, what) for what in faults]
    return found


def _faults_of(message: Message, catalogue: Catalog) -> Iterator[str]:
    if message.fuzzy:
        yield "was changed in English: mend the translation, and take the word fuzzy away"
        return
    said, originals = _all(message.string), _all(message.id)
    if not all(said) or (len(originals) > 1 and len(said) != catalogue.num_plurals):
        yield "is not translated"
        return
    original = max(originals, key=len)
    for string in said:
        lost = sorted(set(_marks(original)) - set(_marks(string)))
        added = sorted(set(_marks(string)) - set(_marks(original)))
        # A singular may leave its number out: "one sign".
        if lost and not (len(originals) > 1 and string is said[0] and lost == ["%(num)s"]):
            yield f"has lost {', '.join(lost)}"
        if added:
            yield f"has {', '.join(added)}, which the original does not"
        if len(string) > len(original) * _TIMES_AS_LONG + _AND_LONGER_BY:
            yield f"has {len(string)} letters for {len(original)}: say it shorter"
        if not message.context and set('<>"') & set(string) - set(original):
            # The texts of templates stand in tags and attributes as they are; those of rule files never do.
            yield 'has <, > or ", which would break the page: write the quotes of the language'
        if string != string.strip() and original == original.strip():
            yield "begins or ends with a space"


def _words_lost(message: Message, terms: tuple[Term, ...], language: str) -> Iterator[str]:
    for term in not_kept(terms, _all(message.id)[-1], " ".join(_all(message.string)), language):
        yield f"says {term.english[0]!r} in another word than {', '.join(term.words[language])}"


def _marks(text: str) -> list[str]:
    """The placeholders. What stands in square brackets the speaker fills in: its words may differ, its number not."""
    marks = _PLACEHOLDER.findall(text)
    brackets = [mark for mark in marks if mark.startswith("[")]
    return [mark for mark in marks if not mark.startswith("[")] + [
        f"[{number}]" for number, _ in enumerate(brackets, 1)
    ]


def _key(message: Message) -> tuple[str, str]:
    return message.context or "", _first(message.id)


def _first(id: Any) -> str:
    return _all(id)[0]


def _all(strings: Any) -> tuple[str, ...]:
    """Babel has a text as a string, and one with plural forms as a tuple or a list."""
    return tuple(strings) if isinstance(strings, (tuple, list)) else (strings or "",)


def path_of(folder: Path, code: str) -> Path:
    """Where the catalogue of a language lies: `code` as HTML has it, such as "fa-AF"."""
    return folder / code.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"
