"""Conditions as they are written, read into the nouns; every name in them is looked up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from screening.checklist import (
    CIRCUMSTANCE_VALUES,
    AllOf,
    AnyOf,
    AtLeast,
    CircumstanceIs,
    Condition,
    Element,
    Indicator,
    Level,
    LevelIs,
    Named,
    Not,
    OutcomeIs,
    Present,
    Strength,
)
from screening.guidance import UNKNOWN
from screening.rulebook.faults import Fault, meant
from screening.rulebook.syntax import DEEPEST, Document, Where

#: Stands for a condition that could not be read, so that reading goes on and finds the other faults too.
NEVER = AnyOf(())

#: Conditions are written out where they are named; a few names that each name another twice would never come to an end.
MOST_PARTS = 20_000

#: The diagram asks of every sign how many points are still needed. Its cap counts the nodes it keeps, and not these
#: steps: weights in the thousands of millions would fill the memory before a node too many is made.
MOST_STEPS = 200_000

_FORMS = ("any", "all", "not", "count", "sum", "circumstance", "level", "outcome")


@dataclass
class Reader:
    """Reads the conditions of one document. `outcomes` is None in a checklist, where levels and outcomes are none.

    `indicators` are those that may be named, `elsewhere` all others there are.
    """

    document: Document
    faults: list[Fault]
    indicators: Mapping[str, Indicator]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    strengths: Mapping[str, Strength] = field(default_factory=dict)
    named: Mapping[str, Any] = field(default_factory=dict)
    outcomes: Collection[str] | None = None
    elsewhere: Collection[str] = ()
    used: set[str] = field(default_factory=set)
    _reading: list[str] = field(default_factory=list)
    _circles: set[Where] = field(default_factory=set)
    _parts_read: int = 0

    @property
    def in_guidance(self) -> bool:
        return self.outcomes is not None

    def read(self, written: Any, where: Where) -> Condition:
        self._parts_read += 1
        if self._parts_read > MOST_PARTS:
            if self._parts_read == MOST_PARTS + 1:
                what = f"the conditions, written out where they are named, have more than {MOST_PARTS:,} parts"
                self._wrong(("conditions",), what, "Name fewer conditions in one another")
            return NEVER
        if isinstance(written, str):
            return self._name(written, where)
        if isinstance(written, list):
            remedy = "Write {any: [...]} where one is enough, or {all: [...]}"
            return self._wrong(where, "a list is no condition", remedy)
        if not isinstance(written, dict):
            return self._wrong(where, "this is no condition", "Write a name, or {count: all, at_least: 2}")
        forms = [form for form in _FORMS if form in written]
        if len(forms) != 1:
            what = "a condition must have exactly one of " + ", ".join(_FORMS)
            return self._wrong(
                where, what, "Split it with {all: [...]} or {any: [...]}" if forms else "Write one of them"
            )
        (form,) = forms
        second = {"count": "at_least", "sum": "at_least", "circumstance": "is"}.get(form)
        for key in written:
            if key not in (form, second):
                remedy = meant(key, [second] if second else [], "Remove it")
                self.faults.append(
                    self.document.fault((*where, key), f"{key!r} is not known here", remedy, at_key=True)
                )
        if second and second not in written:
            return self._wrong(where, f"{second!r} is missing", f"Add `{second}: ...`")
        match form:
            case "any" | "all":
                return self._parts(form, written[form], (*where, form))
            case "not":
                return self._not(written["not"], (*where, "not"))
            case "count":
                return self._count(written, where)
            case "sum":
                return self._sum(written, where)
            case "circumstance":
                return self._circumstance(written, where)
            case _:
                return self._of_guidance(form, written[form], (*where, form))

    def _wrong(self, where: Where, what: str, remedy: str, *, at_key: bool = False) -> Condition:
        self.faults.append(self.document.fault(where, what, remedy, at_key=at_key))
        return NEVER

    def _name(self, name: str, where: Where) -> Condition:
        if name in self.named:
            self.used.add(name)
            if name in self._reading:
                if where in self._circles:
                    return NEVER
                self._circles.add(where)
                circle = " -> ".join([*self._reading[self._reading.index(name) :], name])
                return self._wrong(where, f"the conditions go in a circle: {circle}", "Break it")
            if len(self._reading) >= DEEPEST:
                what = f"{name!r} is the {DEEPEST + 1}th condition named inside another"
                return self._wrong(where, what, "Write it out, or name fewer in one another")
            self._reading.append(name)
            condition = Named(name, self.read(self.named[name], ("conditions", name)))
            self._reading.pop()
            return condition
        if name in self.indicators:
            return self._indicator(name, where, lambda: Present(name))
        if name == "always" and self.in_guidance:
            return AllOf(())
        if name in self.elsewhere:
            return self._wrong(where, f"{name!r} is not in this checklist", "Add it to a group, or take it out here")
        for word, form in ((" or ", "any"), (" and ", "all")):
            if word in name:
                remedy = f"Write {{{form}: [{', '.join(name.split(word))}]}}"
                return self._wrong(where, f"{name!r} is no condition", remedy)
        remedy = meant(name, [*self.named, *self.indicators], "Write it under `conditions`, or name one there is")
        return self._wrong(where, f"no condition or indicator is called {name!r}", remedy)

    def _indicator(self, id: str, where: Where, condition: Any) -> Condition:
        if self.indicators[id].context:
            return self._wrong(where, f"{id!r} is for context and never counted", "Take another sign")
        read: Condition = condition()
        return read

    def _parts(self, form: str, written: Any, where: Where) -> Condition:
        if not isinstance(written, list) or not written:
            return self._wrong(where, f"{form!r} must be a list of conditions", f"Write {{{form}: [one, another]}}")
        parts = tuple(self.read(part, (*where, index)) for index, part in enumerate(written))
        return AnyOf(parts) if form == "any" else AllOf(parts)

    def _not(self, written: Any, where: Where) -> Condition:
        part = self.read(written, where)
        if _speaks_of_signs(part):
            # Else a sign could lower the urgency.
            return self._wrong(where, "'not' is for circumstances only, never for signs", "Turn the condition round")
        return Not(part)

    def _at_least(self, written: Any, where: Where, weights: list[tuple[str, int]], label: str) -> Condition:
        if not isinstance(written, int) or isinstance(written, bool) or written < 1:
            return self._wrong(where, "'at_least' must be a whole number from 1", "Write digits, without quotes")
        most = sum(weight for _, weight in weights)
        if not most:
            return self._wrong(where, "no sign is counted here", "Choose signs that there are, with weights above 0")
        if written > most:
            what = f"at_least {written} can never be reached: all together make {most}"
            return self._wrong(where, what, f"Write {most} or less")
        if written * len(weights) > MOST_STEPS:
            what = f"{len(weights)} signs with at_least {written} are too much to judge exactly"
            remedy = f"Divide the weights, until signs times at_least is {MOST_STEPS:,} or less"
            return self._wrong(where, what, remedy)
        return AtLeast(tuple(weights), written, label)

    def _count(self, written: Mapping[str, Any], where: Where) -> Condition:
        chosen, place = written["count"], (*where, "count")
        countable = [id for id, indicator in self.indicators.items() if not indicator.context]
        label = "all"
        if self.in_guidance:
            return self._wrong(where, "guidance cannot count signs", "Choose by level or outcome")
        if isinstance(chosen, list):
            label = ""
            before = len(self.faults)
            for index, id in enumerate(chosen):
                self._listed(id, chosen[:index], (*place, index))
            if len(self.faults) > before:
                return NEVER
            ids = chosen
        elif isinstance(chosen, dict) and chosen:
            ids, parts = countable, []
            for kind, name in chosen.items():
                members = self._members_of_any(kind, name, (*place, kind))
                if members is None:
                    return NEVER
                ids = [id for id in ids if id in members]
                parts.append(f"{kind}:{','.join(name) if isinstance(name, list) else name}")
            label = " ".join(parts)
        elif chosen == "all":
            ids = countable
        else:
            return self._wrong(place, "it is not said what is counted", "Write all, [ids], or {group: id}")
        return self._at_least(written["at_least"], (*where, "at_least"), [(id, 1) for id in ids], label)

    def _listed(self, id: Any, before: list[Any], where: Where, *, at_key: bool = False) -> None:
        if isinstance(id, str) and id in self.elsewhere:
            remedy = "Add it to a group, or take it out here"
            self._wrong(where, f"{id!r} is not in this checklist", remedy, at_key=at_key)
        elif not isinstance(id, str) or id not in self.indicators:
            remedy = meant(str(id), [*self.indicators], "Name one there is")
            self._wrong(where, f"no indicator is called {id!r} here", remedy, at_key=at_key)
        elif self.indicators[id].context:
            self._wrong(where, f"{id!r} is for context and never counted", "Take it out", at_key=at_key)
        elif id in before:
            self._wrong(where, f"{id!r} is counted twice", "Name it once", at_key=at_key)

    def _members_of_any(self, kind: str, names: Any, where: Where) -> Collection[str] | None:
        """The members of the group, element or strength called `names`, or of any of several in a list."""
        if not isinstance(names, list) or not names:
            return self._members(kind, names, where)
        each = []
        for index, name in enumerate(names):
            if name in names[:index]:
                self._wrong((*where, index), f"{name!r} is named twice", "Name it once")
                return None
            members = self._members(kind, name, (*where, index))
            if members is None:
                return None
            each.append(members)
        return {id for members in each for id in members}

    def _members(self, kind: str, name: Any, where: Where) -> Collection[str] | None:
        match kind:
            case "group":
                known: Collection[str] = self.groups
                members: Collection[str] = self.groups.get(str(name), ())
            case "element":
                known = [element.value for element in Element]
                members = {id for id, indicator in self.indicators.items() if indicator.element == name}
            case "strength":
                known = [strength.value for strength in Strength]
                members = {id for id, strength in self.strengths.items() if strength == name}
            case _:
                remedy = meant(kind, ["group", "element", "strength"], "Write group, element or strength")
                self.faults.append(self.document.fault(where, f"{kind!r} is not known here", remedy, at_key=True))
                return None
        # What was written may be a list or a mapping, which no dict can be asked for.
        if not isinstance(name, str) or name not in known:
            self._wrong(
                where, f"no {kind} is called {name!r}", meant(str(name), known, f"There are {', '.join(known)}")
            )
            return None
        return members

    def _sum(self, written: Mapping[str, Any], where: Where) -> Condition:
        given, place = written["sum"], (*where, "sum")
        if self.in_guidance:
            return self._wrong(where, "guidance cannot count signs", "Choose by level or outcome")
        if not isinstance(given, dict) or not given:
            return self._wrong(
                place, "'sum' must give each sign its weight", "Write {sum: {one: 2, another: 1}, at_least: 3}"
            )
        before = len(self.faults)
        for id, weight in given.items():
            self._listed(id, [], (*place, id), at_key=True)
            if not isinstance(weight, int) or isinstance(weight, bool) or weight < 0:
                self._wrong(
                    (*place, id), "a weight must be a whole number, not below 0", "No sign may lower the urgency"
                )
        if len(self.faults) > before:
            return NEVER
        return self._at_least(written["at_least"], (*where, "at_least"), [*given.items()], "")

    def _circumstance(self, written: Mapping[str, Any], where: Where) -> Condition:
        name, given = written["circumstance"], written["is"]
        if not isinstance(name, str) or name not in CIRCUMSTANCE_VALUES:
            remedy = meant(str(name), CIRCUMSTANCE_VALUES, f"There are {', '.join(CIRCUMSTANCE_VALUES)}")
            return self._wrong((*where, "circumstance"), f"no circumstance is called {name!r}", remedy)
        allowed = [*CIRCUMSTANCE_VALUES[name], *([UNKNOWN] if self.in_guidance else [])]
        values = given if isinstance(given, list) else [given]
        texts = [str(value).lower() if isinstance(value, bool) else value for value in values]
        if not texts:
            return self._wrong((*where, "is"), "no value is given", f"Write one of {', '.join(allowed)}")
        for index, text in enumerate(texts):
            if text not in allowed:
                place = (*where, "is", index) if isinstance(given, list) else (*where, "is")
                remedy = meant(str(text), allowed, f"Write one of {', '.join(allowed)}")
                return self._wrong(place, f"{name!r} is never {text!r}", remedy)
        return CircumstanceIs(name, tuple(texts))

    def _of_guidance(self, form: str, given: Any, where: Where) -> Condition:
        if self.outcomes is None:
            return self._wrong(where, f"{form!r} is a condition of guidance only", "Use a sign or a circumstance")
        known: Collection[str] = [level.value for level in Level] if form == "level" else self.outcomes
        names = given if isinstance(given, list) and given else [given]
        for index, name in enumerate(names):
            if name not in known:
                place = (*where, index) if isinstance(given, list) else where
                remedy = meant(str(name), known, f"There are {', '.join(known)}")
                return self._wrong(place, f"no {form} is called {name!r}", remedy)
        return LevelIs(tuple(Level(name) for name in names)) if form == "level" else OutcomeIs(tuple(names))


def _speaks_of_signs(condition: Condition) -> bool:
    match condition:
        case Present() | AtLeast():
            return True
        case AnyOf(parts) | AllOf(parts):
            return any(_speaks_of_signs(part) for part in parts)
        case Not(part) | Named(_, part):
            return _speaks_of_signs(part)
        case _:
            return False
