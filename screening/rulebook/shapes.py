"""The shape of each rule file, and a plain sentence for each way of missing it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from screening.rulebook.faults import Fault, meant
from screening.rulebook.syntax import Document

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
#: The limits are those of a page and of a sheet: a pasted chapter would push a sheet's contacts off it.
_WORDS = r"\S"
Text = Annotated[str, Field(min_length=1, max_length=600, pattern=_WORDS)]
Short = Annotated[str, Field(min_length=1, max_length=200, pattern=_WORDS)]
Long = Annotated[str, Field(min_length=1, max_length=2_000, pattern=_WORDS)]
Remark = Annotated[str, Field(max_length=600)]
#: Marks where a condition stands: those are read by `conditions`, and not by their shape.
CONDITION = "x-condition"
WrittenCondition = Annotated[Any, WithJsonSchema({CONDITION: True})]
References = Annotated[list[str], Field(min_length=1)]
LevelName = Literal["act-now", "seek-advice", "stay-attentive", "too-little-known", "nothing-noted"]
KindName = Literal[
    "emergency", "trafficking-hotline", "victim-support", "child", "missing-children", "sexual-violence",
    "domestic-violence", "women", "labour", "migrant", "legal-aid", "police", "crimestoppers", "other",
]  # fmt: skip
Reach = Literal["inside", "anywhere"]
#: An address with a host.
URL = r"^https?://[^\s<>\"'/?#@.]+(\.[^\s<>\"'/?#@.]+)+([/?#][^\s<>\"']*)?$"
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_DIAL = r"^[(+ ]*[0-9][()+ -]*[0-9][0-9()+ -]*$"


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RowShape(Shape):
    id: Text
    fact: Remark = ""
    citation: Remark = ""


# Unions say by themselves which half is meant: otherwise one mistake is told twice, once for each half. The tags
# stand in brackets, so that a sentence can pass them by.
Row = Annotated[
    Annotated[Text, Tag("(text)")] | Annotated[RowShape, Tag("(row)")],
    Discriminator(lambda given: "(row)" if isinstance(given, dict) else "(text)"),
]
Value = Annotated[
    Annotated[str, Tag("(text)")] | Annotated[bool, Tag("(flag)")],
    Discriminator(lambda given: "(flag)" if isinstance(given, bool) else "(text)"),
]


class SourceShape(Shape):
    id: Id
    title: Text
    citation: Text
    short: Text
    rows: Annotated[list[Row], Field(min_length=1)]


class IndicatorShape(Shape):
    id: Id
    text: Short
    look: Remark = ""
    ask: Remark = ""
    element: Literal["act", "means", "purpose", "none"]
    sources: References
    context: bool = False
    about: Remark = ""


class ExplanationShape(Shape):
    id: Id
    title: Short
    text: Long
    sources: References


class GroupShape(Shape):
    id: Id
    title: Short
    indicators: Annotated[list[str], Field(min_length=1)]


class OutcomeShape(Shape):
    id: Id
    title: Short
    level: LevelName
    when: WrittenCondition = None
    about: Remark = ""


class StrengthsShape(Shape):
    strong: list[str] = []
    medium: list[str] = []
    weak: list[str] = []


class ExampleShape(Shape):
    name: Text
    seen: list[str] = []
    told: list[str] = []
    no: list[str] = []
    others: Literal["no", "unknown"] = "unknown"
    circumstances: dict[str, Value] = {}
    outcome: str


class ChecklistShape(Shape):
    format: Literal[1]
    id: Id
    version: Short
    title: Short
    audience: Annotated[list[Literal["health", "social"]], Field(min_length=1)]
    minutes: Annotated[int, Field(ge=1)]
    about: Text
    sources: References
    explanations: list[str] = []
    elements: bool = False
    contacts: list[KindName] = []
    groups: Annotated[list[GroupShape], Field(min_length=1)]
    conditions: dict[Id, WrittenCondition] = {}
    strengths: StrengthsShape = StrengthsShape()
    outcomes: Annotated[list[OutcomeShape], Field(min_length=2)]
    examples: Annotated[list[ExampleShape], Field(min_length=1)]


class GuidanceShape(Shape):
    id: Id
    kind: Literal["do", "dont", "say", "know"]
    when: WrittenCondition
    text: Text
    sources: References
    next_step: bool = False


class ReservedOutcomeShape(Shape):
    title: Short
    level: LevelName
    about: Remark = ""


class ReservedOutcomesShape(Shape):
    asks_for_help: Annotated[ReservedOutcomeShape, Field(alias="asks-for-help")]
    concern: ReservedOutcomeShape
    too_little_known: Annotated[ReservedOutcomeShape, Field(alias="too-little-known")]


class RedLineShape(Shape):
    title: Short
    text: Text


class RedShape(Shape):
    danger: RedLineShape
    child: RedLineShape
    asks: RedLineShape


class ReservedShape(Shape):
    outcomes: ReservedOutcomesShape
    red: RedShape


Number = Annotated[str, Field(pattern=r"^[0-9]{2,6}$")]


class EmergencyShape(Shape):
    regions: dict[Annotated[str, Field(pattern="^[A-Z]{2}$")], list[Number]]


class PhoneShape(Shape):
    dial: Annotated[str, Field(pattern=_DIAL)]
    e164: Annotated[str, Field(pattern=r"^\+[0-9]{6,15}$")] | None = None
    reachable_from: Reach = "inside"
    free: bool | None = None
    sms: bool = False
    note: str = ""


class VerifiedShape(Shape):
    on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    how: Text
    by_telephone: bool = False


class ContactShape(Shape):
    id: Id
    organisation: Text
    kind: KindName
    also: list[KindName] = []
    does: Text
    phones: list[PhoneShape] = []
    hours: str = ""
    hours_note: str = ""
    languages: list[str] = []
    languages_note: str = ""
    url: Annotated[str, Field(pattern=URL)] | None = None
    email: Annotated[str, Field(pattern=_EMAIL)] | None = None
    reachable_from: Reach | None = None
    warning: str = ""
    sources: References
    verified: VerifiedShape
    publish: Literal[True] | None = None
    held_back: Text | None = None


class ReportingShape(Shape):
    known: bool
    text: Text
    sources: list[str] = []


class PlaceShape(Shape):
    format: Literal[1]
    iso: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    name: Text
    timezone: Text
    languages: Annotated[list[str], Field(min_length=1)]
    paper: Literal["A4", "Letter"]
    emergency: Annotated[list[Number], Field(min_length=1)]
    legal_test: Annotated[Literal["act-purpose", "act-means-purpose"], Field(alias="legal-test")]
    legal_test_sources: Annotated[References, Field(alias="legal-test-sources")]
    reporting: dict[Literal["health", "social"], ReportingShape] = {}
    contacts: list[ContactShape] = []


class SiteContactShape(Shape):
    name: Text
    phone: Annotated[str, Field(pattern=_DIAL)]
    hours: str = ""
    note: str = ""


class SiteContactsShape(Shape):
    security: SiteContactShape | None = None
    night: SiteContactShape | None = None
    child_protection: Annotated[SiteContactShape | None, Field(alias="child-protection")] = None
    social_worker: Annotated[SiteContactShape | None, Field(alias="social-worker")] = None


class SiteShape(Shape):
    name: str = ""
    contacts: SiteContactsShape = SiteContactsShape()
    policy: str = ""


class WordingShape(Shape):
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    texts: Annotated[dict[str, Long], Field(min_length=1)]


SOURCES = TypeAdapter(list[SourceShape])
INDICATORS = TypeAdapter(list[IndicatorShape])
EXPLANATIONS = TypeAdapter(list[ExplanationShape])
GUIDANCE = TypeAdapter(list[GuidanceShape])
RESERVED = TypeAdapter(ReservedShape)
EMERGENCY = TypeAdapter(EmergencyShape)
CHECKLIST = TypeAdapter(ChecklistShape)
PLACE = TypeAdapter(PlaceShape)
WORDING = TypeAdapter(WordingShape)
SITE = TypeAdapter(SiteShape)

#: What the JSON schema of each shape is called.
SCHEMA_NAMES: Mapping[str, TypeAdapter[Any]] = {
    "sources": SOURCES,
    "indicators": INDICATORS,
    "explanations": EXPLANATIONS,
    "guidance": GUIDANCE,
    "reserved": RESERVED,
    "emergency": EMERGENCY,
    "checklist": CHECKLIST,
    "place": PLACE,
    "wording": WORDING,
    "site": SITE,
}


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
    if context.get("pattern") == _WORDS:
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
    _DIAL: "Write the number as one dials it inside the country: digits and spaces",
    r"^\+[0-9]{6,15}$": "Write the number from abroad: + and digits, without spaces",
    r"^[a-z]{2,3}$": "Write the language as its code in small letters, such as nl",
    URL: "Write the whole address, such as https://www.example.org/help",
    _EMAIL: "Write an address such as help@example.org",
    r"^\d{4}-\d{2}-\d{2}$": "Write a date such as 2026-11-24",
}


def _field_names() -> frozenset[str]:
    names: set[str] = set()
    for shape in Shape.__subclasses__():
        names |= {entry.alias or name for name, entry in shape.model_fields.items()}
    return frozenset(names)


_NAMES = _field_names()
