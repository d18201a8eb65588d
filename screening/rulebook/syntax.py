"""From the text of a rule file to plain data, with the line and column of every value.

YAML cut down to its 1.2 core. Refused is what every YAML library reads without a word and wrongly: text cut off by
" #", text that runs over lines, keys given twice, `no` read as false; and what can blow up: anchors, aliases, tags.
PyYAML's events and nodes are read, never its constructors, so no tag can run anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from screening.rulebook.faults import Fault

LARGEST_FILE: Final = 1_000_000
MOST_NODES: Final = 20_000
DEEPEST: Final = 12

Where = tuple[int | str, ...]

_BOOLEAN: Final = re.compile("true|True|TRUE|false|False|FALSE")
_NULL: Final = re.compile("~|null|Null|NULL|")
# Longer numbers stay text: they are telephone numbers and codes, and lose digits as numbers.
_INTEGER: Final = re.compile("[-+]?[0-9]{1,18}")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?")
# Also the line breaks that YAML counts and editors do not (\r alone, U+0085, U+2028, U+2029: every line named below
# them would be wrong), a byte order mark that is not at the beginning, and the marks that turn the order of letters
# round (U+202A to U+202E, U+2066 to U+2069): with them a reviewer reads another rule than the one that is judged.
_UNPRINTABLE: Final = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
#: With what anything but text begins. Most of a rule file is text, and is not asked four times what else it may be.
_NOT_ONLY_TEXT: Final = frozenset("tTfFnN~+-.0123456789")
_LONG_ESCAPE: Final = re.compile(r"\\U([0-9A-Fa-f]{8})")

#: What PyYAML says, in part, and what we say instead.
_SENTENCES: Final = (
    (
        "mapping values are not allowed",
        "a colon with a space stands in unquoted text",
        'Put the whole text in "quotes", or a condition in {braces}',
    ),
    ("while scanning a quoted scalar", "a quote is opened and never closed", "Close it"),
    (
        "that cannot start any token",
        "unquoted text cannot begin with this character",
        'Put the whole text in "quotes"',
    ),
    (
        "sequence entries are not allowed here",
        "a dash stands where text begins",
        'Put the whole text in "quotes", or each entry of a list on a line of its own',
    ),
    (
        "expected '<document start>'",
        "this belongs to nothing above it",
        "Indent it as its neighbours are, or remove it",
    ),
    ("expected <block end>", "this line does not fit the indentation above", "Indent it as its neighbours are"),
    ("could not find expected ':'", "a key has no colon behind it", "Write `key: value`"),
    ("got ':'", "a second colon stands in one part", "Put it in {braces}, such as {count: {group: work}, at_least: 1}"),
    ("while parsing a flow", "a bracket is opened and not closed where it should be", "Close it, and part with commas"),
)


@dataclass(slots=True)
class Document:
    """The data of one file: dicts, lists, str, int, float, bool, None; and its text, which tells where each stands.

    `any_name` says that the file need not be called what it holds.
    """

    path: str
    any_name: bool = False
    data: Any = None
    text: str = ""
    #: What PyYAML read the text with: libyaml refuses some that its own parser takes.
    loader: Any = field(default=yaml.SafeLoader, compare=False)
    _tree: yaml.Node | None = field(default=None, compare=False)

    def fault(self, where: Where, what: str, remedy: str, *, at_key: bool = False) -> Fault:
        """A fault at the value (or the key) that `where` leads to, or at the nearest that stands around it."""
        line, column = self.position(where, at_key)
        return Fault(self.path, line, column, what, remedy)

    def position(self, where: Where, at_key: bool = False) -> tuple[int, int]:
        # Looked up where there is a fault to tell, and only then: hardly any file has one, and to note where each value
        # stands takes longer than to read it.
        if self._tree is None:
            self._tree = yaml.compose(self.text, Loader=self.loader)
        key: yaml.Node | None = None
        value, is_there = self._tree, True
        for step in where:
            found = _inside(value).get(step)
            # Steps that are not in the file (pydantic names the parts of a union) are passed over.
            if found is None:
                is_there = False
            else:
                key, value = found
        if value is None:
            return 1, 1
        if at_key and is_there and key is not None:
            return key.start_mark.line + 1, key.start_mark.column + 1
        line, column = value.start_mark.line, value.start_mark.column
        if isinstance(value, yaml.ScalarNode) and not value.value and not value.style:
            # Where nothing stands, libyaml points at what comes next, and PyYAML's own parser behind what came before.
            lines = self.text.split("\n")
            # Of a question mark at the very end it says that the value stands on the line after the last.
            line = min(line, len(lines) - 1)
            column = len(lines[line][:column].rstrip()) or column
        return line + 1, column + 1


def _inside(node: yaml.Node | None) -> dict[int | str, tuple[yaml.Node | None, yaml.Node]]:
    """What stands in a mapping or a list: the key, where it has one, and the value, by the step that leads to it."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: (key, value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return {index: (None, value) for index, value in enumerate(node.value)}
    return {}


def read_document(path: Path, shown: str, faults: list[Fault], *, any_name: bool = False) -> Document:
    """Read one file; what is wrong is added to `faults`, and the data is None then."""
    document = Document(shown, any_name)
    before = len(faults)
    text = _text(path, shown, faults)
    if text is None:
        return document
    for line, content in enumerate(text.split("\n"), start=1):
        if "\t" in content:
            faults.append(Fault(shown, line, content.index("\t") + 1, "a tab is used", "Use spaces"))
    if len(faults) > before:
        return document
    if yaml.__with_libyaml__:
        try:
            # Ten times as fast, with the same marks. What libyaml refuses is read again without it, since a fault
            # must be told in the same words everywhere.
            found: list[Fault] = []
            document.data = _Reading(text, shown, found, yaml.CSafeLoader).whole()
        except (yaml.YAMLError, ValueError, OverflowError):
            document.data = _read_slowly(text, shown, faults)
        else:
            document.loader = yaml.CSafeLoader
            faults.extend(found)
    else:
        document.data = _read_slowly(text, shown, faults)
    if len(faults) > before:
        document.data = None
    elif document.data is None:
        faults.append(Fault(shown, 1, 1, "the file is empty", "Write at least one entry, or remove the file"))
    else:
        document.text = text
    return document


def _read_slowly(text: str, shown: str, faults: list[Fault]) -> Any:
    found: list[Fault] = []
    try:
        data = _Reading(text, shown, found, yaml.SafeLoader).whole()
    except yaml.MarkedYAMLError as error:
        # What was found before, such as text that runs on behind an open bracket, mostly comes of this.
        found = [_sentence(error, shown, text)]
    except (ValueError, OverflowError):
        # PyYAML hands \UFFFFFFFF to chr(), and overlong digits to int(), without looking.
        found = [_unreadable(text, shown)]
    else:
        faults.extend(found)
        return data
    faults.extend(found)
    return None


def _text(path: Path, shown: str, faults: list[Fault]) -> str | None:
    if path.exists() and not path.is_file():
        # A folder; or a pipe, which whoever reads it would wait for without end.
        faults.append(Fault(shown, 1, 1, "this is no file", "Put a file in its place, or remove it"))
        return None
    try:
        with path.open("rb") as file:
            # No more than that: what is larger is refused unread.
            raw = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        faults.append(Fault(shown, 1, 1, "this file is missing", "Put it back; every rule folder needs it"))
        return None
    except OSError as error:
        faults.append(Fault(shown, 1, 1, f"this file cannot be read ({error.strerror})", "Mend its permissions"))
        return None
    if len(raw) > LARGEST_FILE:
        faults.append(Fault(shown, 1, 1, f"the file is larger than {LARGEST_FILE:,} bytes", "Split it"))
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8", errors="replace")
        line, column = good.count("\n") + 1, len(good) - (good.rfind("\n") + 1) + 1
        faults.append(Fault(shown, line, column, "this is not UTF-8", "Save the file as UTF-8"))
        return None
    text = text.replace("\r\n", "\n")
    bad = _UNPRINTABLE.search(text)
    if bad:
        what = "an invisible control character stands here"
        faults.append(Fault(shown, *_line_and_column(text, bad.start()), what, "Delete it"))
        return None
    return text


def _line_and_column(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _unreadable(text: str, shown: str) -> Fault:
    for escape in _LONG_ESCAPE.finditer(text):
        if int(escape[1], 16) > 0x10FFFF:
            what = f"{escape[0]} stands for no character"
            return Fault(shown, *_line_and_column(text, escape.start()), what, "Write the character itself")
    return Fault(shown, 1, 1, "this is not the YAML of a rule file", "Compare it with a rule file that works")


def _sentence(error: yaml.MarkedYAMLError, shown: str, text: str) -> Fault:
    said = f"{error.context or ''} {error.problem or ''}"
    what, remedy = f"this is not the YAML of a rule file ({error.problem})", "Compare it with a rule file that works"
    mark, opened = error.problem_mark or error.context_mark, error.context_mark
    left_open = bool(opened and mark and opened.line < mark.line)
    for part, sentence, mend in _SENTENCES:
        # A key on the next line is a colon too many only for a reader that still waits for the bracket.
        if part in said and not (left_open and part == "got ':'"):
            what, remedy = sentence, mend
            if part.startswith("while scanning a quoted") and error.context_mark:
                mark = error.context_mark
            break
    if left_open and re.search("while parsing a flow|simple key", said):
        # What was opened, or has no colon, stands on the line that is told; what follows it is right.
        mark = opened
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.split("\n")
    if "expected ':'" in said and (squeezed := re.match(r"[\s-]*[a-z0-9_-]+:(?=\S)", lines[line - 1])):
        return Fault(shown, line, squeezed.end(), "a space is missing behind the colon", "Write `key: value`")
    if "but found '<scalar>'" in said and re.search("[\"'] *$", lines[line - 1][: column - 1]):
        what = "text stands behind a closing quote"
        return Fault(shown, line, column, what, "Put quotes round the whole text, and “these” inside it")
    for number in range(line - 1, max(line - 3, -1), -1):
        dash = re.match(r"\s*-(?=[a-z])", lines[number])
        if dash:
            return Fault(shown, number + 1, dash.end(), "a space is missing behind the dash", "Write `- id: ...`")
    if "mapping values are not allowed" in said:
        # YAML's own reading of it, text with a colon, is right only where the line has a key before that colon.
        before = lines[line - 1][: column - 1]
        key = re.match(r"\s*(?:- )?[^:]*?[a-z0-9] ?([{[])", before)
        if key and key.end() <= before.find(": ") + 1:
            return Fault(shown, line, key.end(), "a colon is missing before the bracket", "Write `key: {...}`")
        if ": " not in before:
            what = "this line does not fit the indentation above"
            remedy = "Indent it as its neighbours are, and see that the line above has its colon"
            return Fault(shown, line, len(before) - len(before.lstrip()) + 1, what, remedy)
    return Fault(shown, line, column, what, remedy)


class _Reading:
    """One walk through the events: builds the data, and refuses what YAML allows and a rule file does not."""

    def __init__(self, text: str, shown: str, faults: list[Fault], loader: Any) -> None:
        self.lines = text.split("\n")
        self.shown = shown
        self.faults = faults
        self.next: Callable[[], Any] = loader(text).get_event
        self.nodes = 0

    def whole(self) -> Any:
        """The data of the file; None where there is none or reading stopped."""
        data, documents = None, 0
        while (event := self.next()) is not None:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse(event.start_mark, "a second document begins here", "Keep one document in a file")
                    break
            elif isinstance(event, NodeEvent):
                try:
                    data = self.built(event, 0)
                except _Stop:
                    break
        return data

    def refuse(self, mark: Any, what: str, remedy: str) -> None:
        self.faults.append(Fault(self.shown, mark.line + 1, mark.column + 1, what, remedy))

    def built(self, event: Any, depth: int) -> Any:
        if isinstance(event, AliasEvent):
            self.refuse(event.start_mark, "an alias (*) is used", "Write the value out")
            return None
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self.refuse(event.start_mark, f"the file has more than {MOST_NODES:,} values", "Split it")
            raise _Stop
        if event.anchor is not None:
            remedy = "Remove it, and write the value out where it is used"
            self.refuse(event.start_mark, "an anchor (&) is used", remedy)
        if event.tag is not None:
            self.refuse(event.start_mark, "a tag (!) is used", "Remove it; quote the text if it begins with !")
        if isinstance(event, ScalarEvent):
            return self.scalar(event)
        if depth == DEEPEST:
            self.refuse(event.start_mark, f"the file is nested deeper than {DEEPEST} levels", "Flatten it")
            raise _Stop
        if isinstance(event, SequenceStartEvent):
            return self.sequence(depth + 1)
        return self.mapping(depth + 1)

    def sequence(self, depth: int) -> list[Any]:
        entries: list[Any] = []
        while not isinstance(event := self.next(), SequenceEndEvent):
            entries.append(self.built(event, depth))
        return entries

    def mapping(self, depth: int) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        marks: dict[str, Any] = {}
        while not isinstance(key := self.next(), MappingEndEvent):
            self.built(key, depth)
            # What stands under a key that cannot be used is read all the same: its faults are told, too.
            value = self.built(self.next(), depth)
            if not isinstance(key, ScalarEvent):
                self.refuse(key.start_mark, "a key is not a word", "Write `key: value`")
            elif key.value in entries:
                what = f"{key.value!r} is given twice (first on line {marks[key.value].line + 1})"
                self.refuse(key.start_mark, what, "Keep one of them")
            else:
                entries[key.value] = value
                marks[key.value] = key.start_mark
        return entries

    def scalar(self, event: Any) -> Any:
        text: str = event.value
        # PyYAML's own parser names a plain style None, libyaml's "".
        if event.style:
            # The first question, the quick one, is about more signs than are refused.
            if not text.isprintable() and _UNPRINTABLE.search(text):
                # Written as an escape, such as \x07: it would reach pages and sheets all the same.
                self.refuse(event.start_mark, "an invisible control character is written in this text", "Delete it")
            return text
        start, end = event.start_mark, event.end_mark
        if start.line != end.line:
            self.refuse(start, "unquoted text runs over several lines", 'Put the whole text in "quotes"')
        elif text and "#" in self.lines[end.line] and re.match(r"\s+#", self.lines[end.line][end.column :]):
            self.refuse(
                end,
                "behind unquoted text, everything from # on would be lost",
                'Put the whole text in "quotes", or the remark on a line of its own',
            )
        if text and text[0] not in _NOT_ONLY_TEXT:
            return text
        return _plain(text)


class _Stop(Exception):
    """Too much has been read."""


def _plain(text: str) -> Any:
    if _BOOLEAN.fullmatch(text):
        return text.lower() == "true"
    if _NULL.fullmatch(text):
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
