"""A small rule folder of its own, whole and right; each test breaks one thing in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SOURCES = """\
- id: doc
  title: A document
  citation: Where it is found
  short: Doc
  rows: [signs/1, advice/1, {id: advice/2, citation: a page}]
"""
GUIDANCE = """\
- id: call
  kind: do
  when: always
  next_step: true
  text: Call {emergency} in danger, else somebody who knows.
  sources: [doc/advice/1]
- id: alone
  kind: dont
  when: {all: [{circumstance: alone, is: [false, unknown]}, {level: [seek-advice]}]}
  text: Do not speak of it before others.
  sources: [doc/advice/2]
"""
EXPLANATIONS = """\
- id: limits
  title: What it cannot say
  text: Nothing about anybody.
  sources: [doc/advice/1]
"""
SCRIPTS = """\
- id: opening
  title: Opening
  about: Once you are alone.
  at: [consent]
  say: [Is it all right if I ask?]
  sources: [doc/advice/1]
"""
RESERVED = """\
outcomes:
  asks-for-help: {title: Asks for help, level: seek-advice}
  concern: {title: Your concern, level: seek-advice}
  too-little-known: {title: Too little is known, level: too-little-known}
red:
  danger: {title: Danger, text: "Call {emergency}."}
  child: {title: A child, text: Treat as a child.}
  asks: {title: Asks, text: Believe.}
"""
EMERGENCY = """\
regions:
  DE: ["112"]
  GA: []
"""
PLACE = """\
format: 1
iso: BE
name: Belgium
timezone: Europe/Brussels
languages: [nl, fr, de]
paper: A4
emergency: ["112"]
legal-test: act-purpose
legal-test-sources: [doc/advice/1]
reporting:
  health: {known: true, text: A right in listed cases., sources: [doc/advice/1]}
  social: {known: false, text: Ask your lawyer.}
contacts:
  - id: be-centre
    organisation: A centre
    kind: victim-support
    does: Advice.
    phones:
      - {dial: "02 511 64 64", e164: "+3225116464", reachable_from: anywhere}
    sources: [doc/advice/1]
    verified: {on: 2026-11-23, how: not by telephone}
    publish: true
"""


def indicators(ids: Sequence[str]) -> str:
    return "".join(
        f"- id: {id}\n  text: Sign {number}\n  ask: How is it with sign {number}?\n  element: means\n"
        f"  sources: [doc/signs/1]\n"
        for number, id in enumerate(ids, start=1)
    )


def checklist(ids: Sequence[str]) -> str:
    half = max(1, len(ids) // 2)
    return f"""\
format: 1
id: small
version: 2026-11-24
title: Small
audience: [health]
minutes: 1
about: A small checklist.
sources: [doc/signs/1]
groups:
  - id: first
    title: First
    indicators: [{", ".join(ids[:half])}]
  - id: second
    title: Second
    indicators: [{", ".join(ids[half:])}]
conditions:
  several: {{count: all, at_least: 2}}
  one: {{count: all, at_least: 1}}
outcomes:
  - {{id: many, title: Many, level: seek-advice, when: several}}
  - {{id: single, title: Single, level: stay-attentive, when: one}}
  - {{id: none, title: None, level: nothing-noted}}
examples:
  - {{name: two, told: [{ids[0]}], seen: [{ids[-1]}], outcome: many}}
  - {{name: one, told: [{ids[0]}], others: no, outcome: single}}
  - {{name: nothing, others: no, outcome: none}}
"""


CASE = """\
format: 1
id: somebody
title: Somebody
about: A ward.
checklist: small
place: BE
story:
  start: Somebody comes.
  safety: They are alone.
  groups:
    first: Something is said.
  concern: Nothing is asked for.
expected:
  told: [sign-a]
  circumstances: {alone: true, asks: false, concern: false}
  outcome: single
discussion:
  notice: [What was said.]
  mistakes: [To hear more than was said.]
  why: One sign was told.
  next: [To see them again.]
sources: [doc/advice/1]
"""


def write_rules(folder: Path, ids: Sequence[str] = ("sign-a", "sign-b", "sign-c", "sign-d")) -> Path:
    """Write a whole rule folder whose indicators have these ids, and return it."""
    files = {
        "sources.yaml": SOURCES,
        "indicators.yaml": indicators(ids),
        "explanations.yaml": EXPLANATIONS,
        "guidance.yaml": GUIDANCE,
        "scripts.yaml": SCRIPTS,
        "reserved.yaml": RESERVED,
        "emergency.yaml": EMERGENCY,
        "checklists/small.yaml": checklist(ids),
        "places/be.yaml": PLACE,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
