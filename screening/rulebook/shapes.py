"""The shape of each rule file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter, WithJsonSchema

#: No longer than the tables of the counts have room for.
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
#: The limits are those of a page and of a sheet: a pasted chapter would push a sheet's contacts off it.
WORDS = r"\S"
Text = Annotated[str, Field(min_length=1, max_length=600, pattern=WORDS)]
Short = Annotated[str, Field(min_length=1, max_length=200, pattern=WORDS)]
Long = Annotated[str, Field(min_length=1, max_length=2_000, pattern=WORDS)]
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
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
DIAL = r"^[(+ ]*[0-9][()+ -]*[0-9][0-9()+ -]*$"
#: As HTML has it.
LANGUAGE = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$"
LanguageCode = Annotated[str, Field(pattern=LANGUAGE)]


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


class ExpectedShape(Shape):
    seen: list[str] = []
    told: list[str] = []
    no: list[str] = []
    others: Literal["no", "unknown"] = "unknown"
    circumstances: dict[str, Value] = {}
    outcome: str


class StoryShape(Shape):
    start: Text
    safety: Text
    groups: dict[str, Text] = {}
    concern: Remark = ""


Sentences = Annotated[list[Text], Field(min_length=1)]


class DiscussionShape(Shape):
    notice: Sentences
    mistakes: Sentences
    why: Text
    next: Sentences


class CaseShape(Shape):
    format: Literal[1]
    id: Id
    title: Short
    about: Short
    checklist: str
    place: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    story: StoryShape
    expected: ExpectedShape
    discussion: DiscussionShape
    sources: References


class ScriptShape(Shape):
    id: Id
    title: Short
    about: Text
    at: list[Literal["danger", "alone", "interpreter", "age", "consent", "asks", "concern"]] = []
    say: Sentences
    avoid: list[Text] = []
    sources: References


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
    dial: Annotated[str, Field(pattern=DIAL)]
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
    email: Annotated[str, Field(pattern=EMAIL)] | None = None
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
    phone: Annotated[str, Field(pattern=DIAL)]
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
    languages: list[LanguageCode] = []


class TermShape(Shape):
    id: Id
    english: Annotated[list[Short], Field(min_length=1)]
    but: list[Short] = []
    note: Remark = ""
    words: dict[
        LanguageCode,
        Annotated[list[Short], Field(min_length=1)],
    ] = {}


class WordingShape(Shape):
    language: LanguageCode
    texts: Annotated[dict[str, Long], Field(min_length=1)]


SOURCES = TypeAdapter(list[SourceShape])
INDICATORS = TypeAdapter(list[IndicatorShape])
EXPLANATIONS = TypeAdapter(list[ExplanationShape])
# Without any there would be no next step, and no line to say so at.
GUIDANCE = TypeAdapter(Annotated[list[GuidanceShape], Field(min_length=1)])
RESERVED = TypeAdapter(ReservedShape)
EMERGENCY = TypeAdapter(EmergencyShape)
CHECKLIST = TypeAdapter(ChecklistShape)
PLACE = TypeAdapter(PlaceShape)
CASE = TypeAdapter(CaseShape)
SCRIPTS = TypeAdapter(list[ScriptShape])
GLOSSARY = TypeAdapter(list[TermShape])
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
    "case": CASE,
    "glossary": GLOSSARY,
    "scripts": SCRIPTS,
    "wording": WORDING,
    "site": SITE,
}
