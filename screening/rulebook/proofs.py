"""What a rule file promises, proven when it is read: all it names can happen, and its examples come out as said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from screening.assessment import assess, compile_checklist
from screening.checklist import Answer, Checklist, Example
from screening.diagram import Diagram, DiagramTooLargeError
from screening.guidance import without_next_step
from screening.rulebook.building import Rulebook
from screening.rulebook.entries import Entries
from screening.rulebook.faults import Fault
from screening.rulebook.syntax import Document

#: The diagram is walked one call inside the other, a sign at a time, and Python ends such a walk at a thousand.
MOST_SIGNS = 200


def prove(rulebook: Rulebook, entries: Entries, faults: list[Fault], stop: Callable[[list[Fault]], None]) -> None:
    """Compile every checklist into `rulebook.diagrams` and prove it; `stop` ends it when a stage has found faults."""
    documents = {entry.shape.id: entry.document for entry in entries["checklists"]}
    for checklist in rulebook.checklists.values():
        document = documents[checklist.id]
        if len(checklist.countable) > MOST_SIGNS:
            said = f"the checklist judges {len(checklist.countable)} signs, and at most {MOST_SIGNS} can be"
            faults.append(document.fault(("groups",), said, "Split it into several checklists"))
            continue
        try:
            diagram = compile_checklist(checklist)
        except DiagramTooLargeError as error:
            what, _, remedy = str(error).partition(". ")
            faults.append(document.fault(("outcomes",), what, remedy))
            continue
        rulebook.diagrams[checklist.id] = diagram
        faults.extend(_dead(checklist, diagram, document))
    missing = without_next_step(rulebook.guidance)
    if missing is not None:
        level = missing.pop("level", "any")
        when = ", ".join(f"{name} is {value}" for name, value in missing.items())
        said = f"no guidance gives a next step when the level is {level}" + (f" and {when}" if when else "")
        guidance = entries["guidance"][0].document
        faults.append(guidance.fault((), said, "Add `next_step: true` to an item that holds then"))
    stop(faults)
    for checklist in rulebook.checklists.values():
        faults.extend(_wrong_examples(checklist, rulebook, documents[checklist.id]))
    faults.extend(_wrong_cases(rulebook, entries))
    stop(faults)


def _dead(checklist: Checklist, diagram: Diagram, document: Document) -> Iterator[Fault]:
    reachable, support = diagram.reachable, diagram.support
    exemplified = {example.outcome for example in checklist.examples}
    for index, outcome in enumerate(checklist.outcomes):
        if index not in reachable:
            said = f"the outcome {outcome.id!r} can never be reached"
            yield document.fault(("outcomes", index), said, "Loosen its `when`, or remove the outcome")
        elif outcome.id not in exemplified:
            said = f"the outcome {outcome.id!r} has no example"
            yield document.fault(("outcomes", index), said, "Add a worked example that ends in it")
    for index, group in enumerate(checklist.groups):
        for at, indicator in enumerate(group.indicators):
            if not indicator.context and indicator.id not in support:
                said = f"{indicator.id!r} never changes the outcome"
                yield document.fault(("groups", index, "indicators", at), said, "Judge it, or take it out")


def _wrong_examples(checklist: Checklist, rulebook: Rulebook, document: Document) -> Iterator[Fault]:
    for index, example in enumerate(checklist.examples):
        shown = _shown(example, checklist, rulebook)
        if shown != example.outcome:
            said = f"the example {example.name!r} comes out as {shown}, not {example.outcome}"
            remedy = "Mend the example, or the rule"
            if shown == rulebook.reserved.too_little_known.id and Answer.UNKNOWN in example.answers.values():
                remedy = "Add `others: no` if the rest was looked for and not found, or mend the example"
            yield document.fault(("examples", index, "outcome"), said, remedy)


def _wrong_cases(rulebook: Rulebook, entries: Entries) -> Iterator[Fault]:
    for entry in entries["cases"]:
        case = rulebook.cases[entry.shape.id]
        circumstances = replace(case.expected.circumstances, legal_test=rulebook.places[case.place].legal_test)
        example = replace(case.expected, circumstances=circumstances)
        shown = _shown(example, rulebook.checklists[case.checklist], rulebook)
        if shown != example.outcome:
            said = f"the case {case.id!r} comes out as {shown}, not {example.outcome}"
            yield entry.fault(("expected", "outcome"), said, "Mend what is expected, or the rule")


def _shown(example: Example, checklist: Checklist, rulebook: Rulebook) -> str:
    """The id of the outcome that the example comes to."""
    diagram = rulebook.diagrams[checklist.id]
    answers, circumstances = example.answers, example.circumstances
    return assess(checklist, answers, circumstances, diagram=diagram, reserved=rulebook.reserved).outcome.id
