"""A rule file held against its shape, and a plain sentence for each way of missing it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from screening.rulebook.faults import Fault, meant
from screening.rulebook.shapes import DIAL, EMAIL, LANGUAGE, URL, WORDS, Shape
from screening.rulebook.syntax import Document

Wanted = TypeVar("Wanted")


def shaped(adapter: TypeAdapter[Wanted], document: Document, faults: list[Fault]) -> Wanted | None:
    """The document in its shape, or None with everything that is wrong added to `faults`."""
    try:
        return adapter.validate_python(document.data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        unknown = [
            (details["loc"][:-1], str(details["loc"][-1])) for details in found if details["type"] == "extra_forbidden"
        ]
        for details in found:
            *around, last = details["loc"] or ("",)
            if details["type"] == "missing" and any(
                place == tuple(around) and get_close_matches(name, [str(last)]) for place, name in unknown
            ):
                # It is there, and misspelt: the other fault says so.
                continue
            missing = [
                str(one["loc"][-1]) for one in found if one["type"] == "missing" and one["loc"][:-1] == tuple(around)
            ]
            what, remedy = _sentence(details, missing)
            at_key = details["type"] in ("extra_forbidden", "invalid_key")
            where = tuple(step for step in details["loc"] if step != "[key]")
            faults.append(document.fault(where, what, remedy, at_key=at_key or details["loc"][-1:] == ("[key]",)))
        return None


_TYPES: Mapping[str, tuple[str, str]] = {
    "string_type": ("text", 'Put it in "quotes"'),
    "int_type": ("a whole number", "Write digits, without quotes"),
    "bool_type": ("true or false", "Write true or false, without quotes"),
    "list_type": ("a list", "Write [one, another], or one entry a line, each behind a dash"),
    "dict_type": ("a mapping", "Write `key: value`"),
    "model_type": ("a mapping", "Write `key: value`"),
    "model_attributes_type": ("a mapping", "Write `key: value`"),
}


def _sentence(details: ErrorDetails, missing: list[str]) -> tuple[str, str]:
    """What is wrong and how to mend it; `missing` are the keys that are not there beside the one that is wrong."""
    kind, given, context = details["type"], details["input"], details.get("ctx", {})
    steps = [step for step in details["loc"] if not str(step).startswith("(")]
    if steps[-1:] == ["[key]"]:
        return f"the name {given!r} cannot stand here", _remedy(details)
    name = next((str(step) for step in reversed(steps) if isinstance(step, str)), "")
    # A fault in a list stands at one of its entries.
    the = f"{name!r}" if name else "this file"
    if steps and isinstance(steps[-1], int):
        the = f"an entry of {the}"
    if kind == "missing":
        return f"{name!r} is missing", f"Add `{name}: ...`"
    if kind == "extra_forbidden":
        known = missing if get_close_matches(name, missing) else _NAMES - {name}
        return f"{name!r} is not known here", meant(name, known, "Remove it, or look up its name in docs/rules.md")
    if kind in _TYPES:
        wanted, remedy = _TYPES[kind]
        said = (
            "nothing"
            if given is None
            else "a list"
            if isinstance(given, list)
            else "a mapping"
            if isinstance(given, dict)
            else repr(given)
        )
        return f"{the} must be {wanted}, not {said}", remedy
    if context.get("pattern") == WORDS:
        return f"{the} is blank", "Write some words"
    if kind in ("literal_error", "string_pattern_mismatch"):
        return f"{the} cannot be {given!r}", _remedy(details)
    if kind in ("string_too_short", "too_short"):
        least, actual = context.get("min_length"), context.get("actual_length", 0)
        if actual:
            return f"{the} has only {actual}", f"Write at least {least}"
        return f"{the} is empty", "Write some words" if kind == "string_too_short" else "Write at least one"
    if kind == "string_too_long":
        most = context.get("max_length")
        return f"{the} has {len(given):,} characters, and at most {most:,} fit", "Say it shorter"
    if kind == "greater_than_equal":
        return f"{the} is {given!r}, which is too small", f"Write {context.get('ge')} or more"
    return f"{the} does not fit: {details['msg']}", "Compare it with an entry that works"


def _remedy(details: ErrorDetails) -> str:
    """How to mend a word that is not one of those allowed, or does not look like one."""
    context = details.get("ctx", {})
    if details["type"] == "literal_error":
        expected = str(context.get("expected", "")).replace("'", "")
        return meant(str(details["input"]), expected.replace(" or ", ", ").split(", "), f"Write {expected}")
    return _PATTERNS.get(str(context.get("pattern")), "Compare it with an entry that works")


_PATTERNS: Mapping[str, str] = {
    "^[a-z0-9]+(-[a-z0-9]+)*$": "Write an id in small letters and digits, with single hyphens between",
    "^[A-Z]{2}$": "Write an ISO country code: two capital letters",
    "^[0-9]{2,6}$": "Write an emergency number: digits in quotes",
    DIAL: "Write the number as one dials it inside the country: digits and spaces",
    r"^\+[0-9]{6,15}$": "Write the number from abroad: + and digits, without spaces",
    LANGUAGE: "Write the language as its code, such as nl, zh-Hans or fa-AF",
    URL: "Write the whole address, such as https://www.example.org/help",
    EMAIL: "Write an address such as help@example.org",
    r"^\d{4}-\d{2}-\d{2}$": "Write a date such as 2026-11-24",
}


def _field_names() -> frozenset[str]:
    names: set[str] = set()
    for shape in Shape.__subclasses__():
        names |= {entry.alias or name for name, entry in shape.model_fields.items()}
    return frozenset(names)


_NAMES = _field_names()
