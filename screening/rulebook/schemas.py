"""The shapes of the rule files as JSON schemas, for editors that complete and check while one types."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from screening.checklist import CIRCUMSTANCE_VALUES, Element, Level, Strength
from screening.guidance import UNKNOWN
from screening.rulebook.shapes import CONDITION, SCHEMA_NAMES

_TEXT = {"type": "string"}


def schemas() -> dict[str, str]:
    """The text of each schema by its name: "checklist", "indicators" ..."""
    return {name: _text(name, adapter) for name, adapter in SCHEMA_NAMES.items()}


def _text(name: str, adapter: TypeAdapter[Any]) -> str:
    schema = adapter.json_schema(by_alias=True)
    if _replaced(schema):
        schema.setdefault("$defs", {})["Condition"] = _condition(in_guidance=name == "guidance")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": name}
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _replaced(part: Any) -> bool:
    """Put the schema of conditions wherever one stands; whether there was any."""
    if isinstance(part, dict):
        here = bool(part.pop(CONDITION, False))
        if here:
            part["$ref"] = "#/$defs/Condition"
        return any(list(map(_replaced, part.values()))) or here
    return isinstance(part, list) and any(list(map(_replaced, part)))


def _condition(*, in_guidance: bool) -> dict[str, Any]:
    one = {"$ref": "#/$defs/Condition"}
    several = {"type": "array", "items": one, "minItems": 1}

    def form(**keys: Any) -> dict[str, Any]:
        return {"type": "object", "properties": keys, "required": list(keys), "additionalProperties": False}

    def one_or_more(kind: dict[str, Any]) -> dict[str, Any]:
        return {"anyOf": [kind, {"type": "array", "items": kind, "minItems": 1}]}

    at_least = {"type": "integer", "minimum": 1}
    forms = [_TEXT | {"description": "an indicator's id, or the name of another condition"}]
    forms += [form(any=several), form(all=several), {**form(**{"not": one}), "description": "over circumstances only"}]
    for name, values in CIRCUMSTANCE_VALUES.items():
        allowed: list[str | bool] = [value == "true" if value in ("true", "false") else value for value in values]
        if in_guidance:
            allowed.append(UNKNOWN)
        forms.append(form(circumstance={"const": name}, **{"is": one_or_more({"enum": allowed})}))
    if in_guidance:
        forms.append(form(level=one_or_more({"enum": [level.value for level in Level]})))
        forms.append(form(outcome=one_or_more(_TEXT)))
    else:
        chosen = {
            "type": "object",
            "properties": {
                "group": one_or_more(_TEXT),
                "element": one_or_more({"enum": [element.value for element in Element]}),
                "strength": one_or_more({"enum": [strength.value for strength in Strength]}),
            },
            "minProperties": 1,
            "additionalProperties": False,
        }
        ids = {"type": "array", "items": _TEXT, "minItems": 1}
        forms.append(form(count={"anyOf": [{"const": "all"}, ids, chosen]}, at_least=at_least))
        weights = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}, "minProperties": 1}
        forms.append(form(sum=weights, at_least=at_least))
    return {"anyOf": forms}
