"""The rule files, read strictly into the nouns: a file that is wrong never reaches a visit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from screening.rulebook.building import RedLine, Rulebook, Source, build
from screening.rulebook.faults import Fault, RuleError
from screening.rulebook.proofs import prove
from screening.rulebook.shapes import CHECKLIST, EMERGENCY, GUIDANCE, INDICATORS, PLACE, RESERVED, SOURCES, shaped
from screening.rulebook.syntax import Document, read_document

__all__ = ["Fault", "RedLine", "RuleError", "Rulebook", "Source", "read_rulebook"]

_FILES: dict[str, TypeAdapter[Any]] = {
    "sources": SOURCES,
    "indicators": INDICATORS,
    "guidance": GUIDANCE,
    "reserved": RESERVED,
    "emergency": EMERGENCY,
}


def read_rulebook(folder: Path) -> Rulebook:
    """Read every rule file below `folder`.

    Raises RuleError with all faults of the first stage that finds any: syntax, structure, unique ids, references,
    reachability, worked examples. A later stage would only stumble over what an earlier one has named.
    """
    faults: list[Fault] = []
    documents = _documents(folder, faults)
    _stop_at(faults)
    shapes: dict[str, Any] = {}
    for name, document in documents.items():
        adapter = _FILES.get(name) or (CHECKLIST if name.startswith("checklists/") else PLACE)
        shapes[name] = shaped(adapter, document, faults)
    _stop_at(faults)
    rulebook = build(documents, shapes, faults, _stop_at)
    prove(rulebook, documents, faults, _stop_at)
    return rulebook


def _stop_at(faults: list[Fault]) -> None:
    if faults:
        raise RuleError(faults)


def _documents(folder: Path, faults: list[Fault]) -> dict[str, Document]:
    """The documents by name: "sources", "checklists/alarm-bells", "places/be" ..."""
    house = folder.resolve()
    if not house.is_dir():
        faults.append(Fault(str(folder), 1, 1, "there is no such folder", "Name the folder of the rule files"))
        return {}
    names = list(_FILES)
    for kind in ("checklists", "places"):
        names += [f"{kind}/{path.stem}" for path in sorted((house / kind).glob("*.yaml"))]
    if not any(name.startswith("checklists/") for name in names):
        faults.append(Fault(f"{house.name}/checklists", 1, 1, "there is no checklist", "Add one, named ID.yaml"))
    known = {f"{name}.yaml" for name in names}
    for path in sorted(house.rglob("*")):
        inside = path.relative_to(house).as_posix()
        # .YAML too: a file that is passed over in silence is a rule that nobody follows.
        if path.suffix.lower() in (".yaml", ".yml") and inside not in known:
            remedy = "Name it .yaml and put it in checklists/ or places/, or take it out of the folder"
            faults.append(Fault(f"{house.name}/{inside}", 1, 1, "no such rule file is known", remedy))
    return {name: read_document(house / f"{name}.yaml", f"{house.name}/{name}.yaml", faults) for name in names}
