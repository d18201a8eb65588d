"""What every text of the rule files is called, and what a site says in other words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from screening.checklist import Checklist, Indicator, Outcome, Reserved
from screening.guidance import Guidance
from screening.practice import PracticeCase, Script
from screening.rulebook.entries import Entry
from screening.rulebook.faults import Fault, meant
from screening.rulebook.syntax import Document, Where

#: Language -> name of a text -> what the site says there.
Wording = Mapping[str, Mapping[str, str]]


class Titled(Protocol):
    """What has a title and a text."""

    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...


#: The only texts in which {emergency} stands for a number.
_WITH_PLACEHOLDER = ("guidance/", "red/")


def texts_of(checklist: Checklist) -> dict[str, str]:
    """All that is read on the way through a checklist, by name; those that say nothing are left out."""
    house = f"checklist/{checklist.id}"
    named = {f"{house}/title": checklist.title, f"{house}/about": checklist.about}
    named.update({f"group/{checklist.id}/{group.id}": group.title for group in checklist.groups})
    for outcome in checklist.outcomes:
        named.update(_outcome(checklist.id, outcome))
    for indicator in checklist.indicators.values():
        named.update(_indicator(indicator))
    return {name: text for name, text in named.items() if text}


def texts(
    checklists: Iterable[Checklist],
    indicators: Iterable[Indicator],
    guidance: Iterable[Guidance],
    reserved: Reserved,
    titled: Mapping[str, Mapping[str, Titled]],
) -> dict[str, str]:
    """Every text of the rule files by name. `titled` holds what has a title and a text: "red", "explanation"."""
    named = {name: text for checklist in checklists for name, text in texts_of(checklist).items()}
    for indicator in indicators:
        named.update(_indicator(indicator))
    named.update({f"guidance/{item.id}": item.text for item in guidance})
    for outcome in (reserved.asks_for_help, reserved.concern, reserved.too_little_known):
        named.update(_outcome("reserved", outcome))
    for kind, entries in titled.items():
        for id, entry in entries.items():
            named |= {f"{kind}/{id}/title": entry.title, f"{kind}/{id}/text": entry.text}
    return {name: text for name, text in named.items() if text}


def texts_for_training(scripts: Iterable[Script], cases: Iterable[PracticeCase]) -> dict[str, str]:
    """Every text of scripts and practice cases by name; sentences of a list by their number, from 1."""
    named: dict[str, str] = {}
    for script in scripts:
        house = f"script/{script.id}"
        named |= {f"{house}/title": script.title, f"{house}/about": script.about}
        named |= _numbered(f"{house}/say", script.say) | _numbered(f"{house}/avoid", script.avoid)
    for case in cases:
        house, story, discussion = f"case/{case.id}", case.story, case.discussion
        named |= {f"{house}/title": case.title, f"{house}/about": case.about, f"{house}/why": discussion.why}
        named |= {f"{house}/{part}": getattr(story, part) for part in ("start", "safety", "concern")}
        named |= {f"{house}/groups/{group}": text for group, text in story.groups.items()}
        for part in ("notice", "mistakes", "next"):
            named |= _numbered(f"{house}/{part}", getattr(discussion, part))
    return {name: text for name, text in named.items() if text}


def _numbered(house: str, sentences: Iterable[str]) -> dict[str, str]:
    return {f"{house}/{number}": text for number, text in enumerate(sentences, start=1)}


def _indicator(indicator: Indicator) -> dict[str, str]:
    return {f"indicator/{indicator.id}/{part}": getattr(indicator, part) for part in ("text", "look", "ask", "about")}


def _outcome(house: str, outcome: Outcome) -> dict[str, str]:
    return {f"outcome/{house}/{outcome.id}/{part}": getattr(outcome, part) for part in ("title", "about")}


def wording_of(entries: Iterable[Entry], named: Mapping[str, str], faults: list[Fault]) -> Wording:
    """What the files of a site say in other words; `named` are the texts that there are."""
    wording: dict[str, dict[str, str]] = {}
    for entry in entries:
        for name, text in entry.shape.texts.items():
            where: Where = ("texts", name)
            if name not in named:
                remedy = meant(name, named, "`screening rules show CHECKLIST --texts` lists the names")
                faults.append(entry.fault(where, f"there is no text {name!r}", remedy, at_key=True))
            elif not name.startswith(_WITH_PLACEHOLDER) and "{" in text:
                said = "{emergency} stands for a number in guidance and red lines only"
                faults.append(entry.fault(where, said, "Take the braces out"))
            elif "{emergency}" in named[name] and "{emergency}" not in text:
                # Else the number that a worker needs most would be gone from the page.
                said = "the emergency number is lost from this text"
                faults.append(entry.fault(where, said, "Say {emergency} where the number belongs"))
            else:
                faults.extend(placeholders(entry.document, text, where))
        wording[entry.shape.language] = dict(entry.shape.texts)
    return wording


def placeholders(document: Document, text: str, where: Where) -> Iterator[Fault]:
    for name in re.findall(r"\{[^}]*\}?", text):
        if name != "{emergency}":
            yield document.fault(where, f"{name} is no placeholder", "Write {emergency}, or no braces")
