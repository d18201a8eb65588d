"""The log: what went wrong and where, as text or JSON; never who asked, what for, or what an error quotes."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Final

_OURS: Final = "screening"

#: What stands for a word that another library wanted to log: it may be an address, a header, or a form.
_LEFT_OUT: Final = "..."

_ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Lines(logging.Formatter):
    """A line for each record: of ours whole, of others' the sentence with its numbers, of an error kind and place."""

    def format(self, record: logging.LogRecord) -> str:
        said = f"{_when(record)} {record.levelname} {record.name}: {_message(record)}"
        return f"{said}\n{self.formatException(record.exc_info)}" if record.exc_info else said

    def formatException(self, ei: _ErrorInfo) -> str:
        kind, frames = _place(ei)
        return f"{kind}\n{''.join(frames)}".rstrip()


class JsonLines(logging.Formatter):
    """The same as one JSON object a line. `event` is the sentence before its words are filled in: an alarm's name."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "time": _when(record),
            "level": record.levelname,
            "part": record.name,
            "event": record.msg if isinstance(record.msg, str) else _LEFT_OUT,
            "message": _message(record),
        }
        if record.exc_info:
            fields["error"], fields["frames"] = _place(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


def log_quietly(level: str, form: str = "text") -> None:
    """Log our own records at `level`, others' at WARNING: libraries print at DEBUG what pages and sheets hold."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Lines())
    root = logging.getLogger()
    root.handlers = [handler]
    # A line that cannot be written would otherwise be printed in full, with what was left out of it.
    logging.raiseExceptions = False
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level)


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _message(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] == _OURS:
        return record.getMessage()
    if not isinstance(record.msg, str):
        # An error that was logged for its text.
        return _LEFT_OUT
    if not isinstance(record.args, tuple) or not record.args:
        return record.msg
    try:
        return record.msg % tuple(one if isinstance(one, int | float) else _LEFT_OUT for one in record.args)
    except (TypeError, ValueError):
        # A sentence that wanted its words in another way goes out without them.
        return record.msg


def _place(error: _ErrorInfo) -> tuple[str, list[str]]:
    """The kind of an error and the lines of code it passed; not its text, which may quote an answer."""
    kind, _, trace = error
    frames = traceback.format_list(traceback.extract_tb(trace))
    return (kind.__name__ if kind else ""), frames
