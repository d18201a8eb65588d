"""A case as JSON, for the commands: answers, circumstances and place in; the assessment out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from screening.assessment import assess, more_urgent
from screening.checklist import CIRCUMSTANCE_VALUES, GIVEN_CIRCUMSTANCES, Answer, Assessment, Checklist, Circumstances
from screening.guidance import fitting
from screening.places import Place
from screening.rulebook import Rulebook


class CaseError(ValueError):
    """A case cannot be read; the text is one line that names what is wrong."""


@dataclass(frozen=True, slots=True)
class Case:
    answers: Mapping[str, Answer]
    circumstances: Circumstances
    place: Place | None


def read_case(text: str, rulebook: Rulebook, default_place: str = "") -> Case:
    """Read {"answers": {...}, "circumstances": {...}, "place": "BE"}; each part may be left out. Raises CaseError."""
    try:
        given = json.loads(text, object_pairs_hook=_without_doubles)
    except json.JSONDecodeError as error:
        raise CaseError(f"this is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise CaseError("this is not a case: it is nested far too deep") from None
    if not isinstance(given, dict):
        raise CaseError('this is not a case: write {"answers": {...}, "circumstances": {...}, "place": "BE"}')
    for name in given:
        if name not in ("answers", "circumstances", "place"):
            raise CaseError(f"a case has no part called {name!r}{_meant(name, ('answers', 'circumstances', 'place'))}")
    place = _place(given.get("place"), rulebook, default_place)
    circumstances = _circumstances(_part(given, "circumstances"))
    if place:
        circumstances = replace(circumstances, legal_test=place.legal_test)
    return Case(_answers(_part(given, "answers"), rulebook), circumstances, place)


def read_checklist(name: str, rulebook: Rulebook) -> Checklist:
    """The checklist with this id. Raises CaseError."""
    if name not in rulebook.checklists:
        raise CaseError(f"there is no checklist {name!r}{_meant(name, rulebook.checklists)}")
    return rulebook.checklists[name]


def judge(case: Case, checklist: Checklist, rulebook: Rulebook) -> Assessment:
    return assess(
        checklist,
        case.answers,
        case.circumstances,
        diagram=rulebook.diagrams[checklist.id],
        reserved=rulebook.reserved,
    )


def judge_more_urgent(case: Case, assessment: Assessment, rulebook: Rulebook) -> Assessment | None:
    """What another checklist than that of `assessment` makes of the same case, where that is more urgent."""
    others = [one for one in rulebook.checklists.values() if one.id != assessment.checklist.id]
    return more_urgent((judge(case, one, rulebook) for one in others), assessment)


def as_json(assessment: Assessment, case: Case, rulebook: Rulebook) -> dict[str, Any]:
    """The assessment in the shape that `screening assess` prints; others build on it."""
    return {
        "checklist": assessment.checklist.id,
        "version": assessment.checklist.version,
        "hash": assessment.checklist.hash,
        "outcome": assessment.outcome.id,
        "level": assessment.level.value,
        "possible": [outcome.id for outcome in assessment.possible],
        "settled": assessment.settled,
        "reasons": [
            {"condition": reason.condition, "indicators": list(reason.indicators)} for reason in assessment.reasons
        ],
        "open": list(assessment.open),
        "present": len(assessment.present),
        "unknown": len(assessment.unknown),
        "of": assessment.of,
        "red": list(assessment.red),
        "guidance": [item.id for item in fitting(rulebook.guidance, assessment)],
        "place": case.place.iso if case.place else None,
        "emergency": list(case.place.emergency) if case.place else [],
    }


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise CaseError(f"{name!r} is given twice")
        found[name] = value
    return found


def _meant(name: str, known: Any) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _part(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = given.get(name, {})
    if not isinstance(part, dict):
        raise CaseError(f'"{name}" must be {{"name": value, ...}}')
    return part


def _answers(given: Mapping[str, Any], rulebook: Rulebook) -> dict[str, Answer]:
    answers = {}
    for indicator, answer in given.items():
        if indicator not in rulebook.indicators:
            raise CaseError(f"there is no indicator {indicator!r}{_meant(indicator, rulebook.indicators)}")
        if not isinstance(answer, str) or answer not in tuple(Answer):
            raise CaseError(f"{indicator!r} is answered {json.dumps(answer)}; write one of {', '.join(Answer)}")
        answers[indicator] = Answer(answer)
    return answers


def _circumstances(given: Mapping[str, Any]) -> Circumstances:
    read: dict[str, str] = {}
    for name, value in given.items():
        if name not in GIVEN_CIRCUMSTANCES:
            raise CaseError(f"there is no circumstance {name!r}{_meant(name, GIVEN_CIRCUMSTANCES)}")
        if value is None:
            continue
        values = CIRCUMSTANCE_VALUES[name]
        two_valued = values == ("true", "false")
        written = json.dumps(value) if isinstance(value, bool) else value
        if isinstance(value, bool) is not two_valued or written not in values:
            allowed = ", ".join(values) + (", without quotes" if two_valued else "")
            raise CaseError(f"circumstance {name!r} is {json.dumps(value)}; write one of {allowed}")
        read[name] = written
    return Circumstances(**read)


def _place(given: Any, rulebook: Rulebook, default_place: str) -> Place | None:
    if given is None:
        return rulebook.places.get(default_place)
    if not isinstance(given, str) or given not in rulebook.places:
        raise CaseError(f"place {json.dumps(given)} is no ISO country code; write two capital letters, such as BE")
    return rulebook.places[given]
