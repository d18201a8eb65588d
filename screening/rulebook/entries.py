"""One entry of a rule file: what it says, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from screening.rulebook.faults import Fault
from screening.rulebook.syntax import Document, Where


@dataclass(frozen=True, slots=True)
class Entry:
    """A whole file, or one entry of a file that is a list; `where` leads to it inside its document."""

    shape: Any
    document: Document
    where: Where = ()

    def fault(self, where: Where, what: str, remedy: str, *, at_key: bool = False) -> Fault:
        return self.document.fault((*self.where, *where), what, remedy, at_key=at_key)

    def line(self, where: Where, seen_from: Document) -> str:
        """Where something stands, for a sentence in another place: "line 12", with the file if it is another."""
        line, _ = self.document.position((*self.where, *where))
        return f"line {line}" if self.document is seen_from else f"line {line} of {self.document.path}"

    @property
    def file_name(self) -> str:
        """The name of the file, without its folder and its ending."""
        return PurePosixPath(self.document.path).stem


#: The entries of all rule files by kind: "sources", "indicators", "explanations", "guidance", "reserved", "emergency",
#: "checklists", "places", "wording", "scripts", "cases". Those of a site come behind ours.
Entries = Mapping[str, list[Entry]]
