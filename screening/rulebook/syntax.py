"""From the text of a rule file to plain data, with the line and column of every value.

YAML cut down to its 1.2 core. Refused is what every YAML library reads without a word and wrongly: text cut off by
" #", text that runs over lines, keys given twice, `no` read as false; and what can blow up: anchors, aliases, tags.
PyYAML's node tree is read, never its constructors, so no tag can run anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

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
# them would be wrong), and a byte order mark that is not at the beginning.
_UNPRINTABLE: Final = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_LONG_ESCAPE: Final = re.compile(r"\\U([0-9A-Fa-f]{8})")

#: What PyYAML says, in part, and what we say instead.
_SENTENCES: Final = (
    (
        "mapping values are not allowed",
        "a colon with a space stands in unquoted text",
        'Put the whole text in "quotes"',
    ),
    ("while scanning a quoted scalar", "a quote is opened and never closed", "Close it"),
    ("expected <block end>", "this line does not fit the indentation above", "Indent it as its neighbours are"),
    ("could not find expected ':'", "a key has no colon behind it", "Write `key: value`"),
    ("while parsing a flow", "a bracket is opened and not closed where it should be", "Close it, and part with commas"),
)


class _Loader(yaml.SafeLoader):
    """Resolves nothing by itself: what a plain scalar means is decided below."""

    yaml_implicit_resolvers: dict[str, Any] = {}


@dataclass(slots=True)
class Document:
    """The data of one file: dicts, lists, str, int, float, bool, None; and where each value and key stands."""

    path: str
    data: Any = None
    values: dict[Where, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Where, tuple[int, int]] = field(default_factory=dict)

    def fault(self, where: Where, what: str, remedy: str, *, at_key: bool = False) -> Fault:
        """A fault at the value (or the key) that `where` leads to, or at the nearest that stands around it."""
        line, column = self.position(where, at_key)
        return Fault(self.path, line, column, what, remedy)

    def position(self, where: Where, at_key: bool = False) -> tuple[int, int]:
        if at_key and where in self.keys:
            return self.keys[where]
        found = self.values.get((), (1, 1))
        path: Where = ()
        for step in where:
            # Steps that are not in the file (pydantic names the parts of a union) are passed over.
            if (*path, step) in self.values:
                path = (*path, step)
                found = self.values[path]
        return found


def read_document(path: Path, shown: str, faults: list[Fault]) -> Document:
    """Read one file; what is wrong is added to `faults`, and the data is None then."""
    document = Document(shown)
    before = len(faults)
    text = _text(path, shown, faults)
    if text is None:
        return document
    for line, content in enumerate(text.split("\n"), start=1):
        if "\t" in content:
            faults.append(Fault(shown, line, content.index("\t") + 1, "a tab is used", "Use spaces"))
    if len(faults) > before:
        return document
    try:
        faults.extend(list(_refused(text, shown)))
        if len(faults) > before:
            return document
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        faults.append(_sentence(error, shown))
        return document
    except (ValueError, OverflowError):
        # PyYAML hands \UFFFFFFFF to chr(), and overlong digits to int(), without looking.
        faults.append(_unreadable(text, shown))
        return document
    except RecursionError:
        faults.append(Fault(shown, 1, 1, f"the file is nested deeper than {DEEPEST} levels", "Flatten it"))
        return document
    if node is None:
        faults.append(Fault(shown, 1, 1, "the file is empty", "Write at least one entry, or remove the file"))
        return document
    document.data = _built(node, (), document, faults)
    return document


def _text(path: Path, shown: str, faults: list[Fault]) -> str | None:
    try:
        raw = path.read_bytes()
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


def _refused(text: str, shown: str) -> Iterator[Fault]:
    """What YAML allows and a rule file does not; looked for in the events, before any tree is built."""
    lines = text.split("\n")
    nodes = depth = documents = 0

    def fault(mark: Any, what: str, remedy: str) -> Fault:
        return Fault(shown, mark.line + 1, mark.column + 1, what, remedy)

    # PyYAML's events are typed loosely: marks that might be None, tags on some kinds only.
    events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
    for event in events:
        start, end, tag = event.start_mark, event.end_mark, getattr(event, "tag", None)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                yield fault(start, "a second document begins here", "Keep one document in a file")
                return
        if isinstance(event, yaml.AliasEvent):
            yield fault(start, "an alias (*) is used", "Write the value out")
            continue
        if not isinstance(event, yaml.NodeEvent):
            depth -= isinstance(event, yaml.CollectionEndEvent)
            continue
        nodes += 1
        if nodes > MOST_NODES:
            yield fault(start, f"the file has more than {MOST_NODES:,} values", "Split it")
            return
        if event.anchor is not None:
            yield fault(start, "an anchor (&) is used", "Remove it, and write the value out where it is used")
        if tag is not None:
            yield fault(start, "a tag (!) is used", "Remove it; quote the text if it begins with !")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                yield fault(start, f"the file is nested deeper than {DEEPEST} levels", "Flatten it")
                return
        if isinstance(event, yaml.ScalarEvent) and _UNPRINTABLE.search(event.value):
            # Written as an escape, such as \x07: it would reach pages and sheets all the same.
            yield fault(start, "an invisible control character is written in this text", "Delete it")
        if isinstance(event, yaml.ScalarEvent) and event.style is None:
            if start.line != end.line:
                yield fault(start, "unquoted text runs over several lines", 'Put the whole text in "quotes"')
            elif event.value and re.match(r"\s+#", lines[end.line][end.column :]):
                yield fault(
                    end,
                    "behind unquoted text, everything from # on would be lost",
                    'Put the whole text in "quotes", or the remark on a line of its own',
                )


def _sentence(error: yaml.MarkedYAMLError, shown: str) -> Fault:
    said = f"{error.context or ''} {error.problem or ''}"
    what, remedy = f"this is not the YAML of a rule file ({error.problem})", "Compare it with a rule file that works"
    mark = error.problem_mark or error.context_mark
    for part, sentence, mend in _SENTENCES:
        if part in said:
            what, remedy = sentence, mend
            if part.startswith("while scanning a quoted") and error.context_mark:
                mark = error.context_mark
            break
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Fault(shown, line, column, what, remedy)


def _built(node: yaml.Node, where: Where, document: Document, faults: list[Fault]) -> Any:
    document.values[where] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.ScalarNode):
        return _plain(node.value) if node.style is None else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_built(each, (*where, index), document, faults) for index, each in enumerate(node.value)]
    assert isinstance(node, yaml.MappingNode)
    built: dict[str, Any] = {}
    for key, value in node.value:
        mark = (key.start_mark.line + 1, key.start_mark.column + 1)
        if not isinstance(key, yaml.ScalarNode):
            faults.append(Fault(document.path, *mark, "a key is not a word", "Write `key: value`"))
            continue
        if key.value in built:
            first = document.keys[*where, key.value][0]
            what = f"{key.value!r} is given twice (first on line {first})"
            faults.append(Fault(document.path, *mark, what, "Keep one of them"))
            continue
        document.keys[*where, key.value] = mark
        built[key.value] = _built(value, (*where, key.value), document, faults)
    return built


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
