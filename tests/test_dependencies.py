"""The page of dependencies names every package that is pinned, with the licence that the package itself states."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import metadata

import pytest

from conftest import HOUSE

PAGE = (HOUSE / "docs" / "dependencies.md").read_text(encoding="utf-8")
PINNED = re.findall(
    r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==", (HOUSE / "requirements.txt").read_text(encoding="utf-8"), re.M
)

#: What packages that state no SPDX expression say in their classifiers.
STATED = {
    "MIT License": {"MIT"},
    "BSD License": {"BSD-3-Clause", "BSD-2-Clause"},
    "Apache Software License": {"Apache-2.0"},
    "GNU General Public License v2 or later (GPLv2+)": {"GPL-2.0-or-later"},
    "GNU Lesser General Public License v2 or later (LGPLv2+)": {"LGPL-2.0-or-later"},
    "Mozilla Public License 1.1 (MPL 1.1)": {"MPL-1.1"},
}


def rows(title: str) -> dict[str, list[str]]:
    (text,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "| `" in line[:4]]
    return {line[0].strip("`"): line[1:] for line in cells}


CHOSEN, BROUGHT = rows("What we chose"), rows("What they bring along")


def test_what_we_chose_is_what_pyproject_names() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [*CHOSEN] == sorted(re.split(r"[^a-z0-9-]", name)[0] for name in project["dependencies"])
    assert all(len(cells) == 3 and all(cells) for cells in CHOSEN.values())


def test_every_pinned_package_has_its_line() -> None:
    assert sorted([*CHOSEN, *BROUGHT, "setuptools"]) == sorted(PINNED)
    assert len(PINNED) == int(re.findall(r"(\d+) components", PAGE)[0])


@pytest.mark.parametrize("name", [*CHOSEN, *BROUGHT])
def test_a_licence_is_the_one_that_the_package_states(name: str) -> None:
    told = {**CHOSEN, **BROUGHT}[name][0]
    of_package = metadata(name)
    expression = of_package.get("License-Expression")
    if not expression and not any("License ::" in one for one in of_package.get_all("Classifier") or []):
        expression = of_package.get("License")
    if expression:
        assert told == expression
        return
    stated = [one.rpartition(" :: ")[2] for one in of_package.get_all("Classifier") if one.startswith("License ::")]
    assert len(told.split(" OR ")) == len(stated)
    assert all(STATED[one] & set(told.split(" OR ")) for one in stated), stated


@pytest.mark.parametrize("name", BROUGHT)
def test_what_is_brought_along_is_asked_for_by_whom_it_says(name: str) -> None:
    for by in re.findall(r"[a-z0-9-]+", BROUGHT[name][1].partition(" and others")[0]):
        wanted = {
            re.split(r"[^a-z0-9_.-]", one.lower())[0].replace("_", "-")
            for one in metadata(by).get_all("Requires-Dist") or []
        }
        assert name in wanted, f"{by} asks for {sorted(wanted)}"
