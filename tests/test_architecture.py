"""Arrows point one way: the table of who may import what, held against the imports in the code."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
PACKAGE = HOUSE / "screening"

#: Each room, the rooms it may use, and the libraries it may use beside Python's own.
TABLE: dict[str, tuple[set[str], set[str]]] = {
    # the pure core: Python's own library and nothing else
    "checklist": (set(), set()),
    "diagram": ({"checklist"}, set()),
    "assessment": ({"checklist", "diagram"}, set()),
    "guidance": ({"checklist", "diagram"}, set()),
    "difference": ({"checklist", "diagram", "assessment"}, set()),
    "practice": ({"checklist"}, set()),
    # places and rule files
    "places": (set(), {"opening_hours"}),
    "rulebook": (
        {"checklist", "diagram", "assessment", "guidance", "places", "practice"},
        {"yaml", "pydantic", "pydantic_core", "phonenumbers", "babel"},
    ),
    # the words in other languages
    "languages": (set(), {"babel"}),
    "catalogues": ({"guidance", "languages", "rulebook"}, {"babel", "jinja2"}),
    # what the doors use
    "settings": (set(), set()),
    "keys": (set(), {"cryptography"}),
    "session": ({"checklist", "keys"}, {"flask", "werkzeug"}),
    "forms": ({"checklist"}, {"wtforms", "werkzeug"}),
    "security": (set(), {"flask", "werkzeug"}),
    "compression": (set(), {"brotli", "flask"}),
    "logs": (set(), set()),
    "postgres": (set(), {"psycopg", "sqlalchemy"}),
    "store": ({"postgres"}, {"sqlalchemy", "alembic"}),
    "sites": ({"keys", "store"}, {"sqlalchemy", "itsdangerous"}),
    "throttle": (set(), {"limits"}),
    "tally": ({"checklist", "keys", "store"}, {"sqlalchemy", "cryptography", "openpyxl"}),
    "accounts": ({"store"}, {"sqlalchemy", "argon2", "pyotp"}),
    "referral": (
        {"assessment", "checklist", "guidance", "languages", "places"},
        {"cssselect2", "jinja2", "weasyprint"},
    ),
    "speech": ({"languages", "places"}, {"babel", "flask", "flask_babel", "jinja2", "markupsafe"}),
    # the doors
    "visit": (
        {
            "assessment",
            "checklist",
            "compression",
            "forms",
            "guidance",
            "keys",
            "places",
            "practice",
            "problems",
            "referral",
            "rulebook",
            "security",
            "session",
            "settings",
            "sites",
            "speech",
            "store",
            "tally",
            "throttle",
        },
        {"flask", "flask_wtf", "werkzeug"},
    ),
    "supervisor": (
        {
            "accounts",
            "checklist",
            "keys",
            "problems",
            "rulebook",
            "security",
            "sites",
            "store",
            "tally",
            "throttle",
        },
        {"babel", "flask", "flask_babel", "flask_wtf", "werkzeug"},
    ),
    "problems": ({"forms", "security", "session"}, {"flask", "flask_wtf", "werkzeug"}),
    "comparison": ({"assessment", "checklist", "difference", "rulebook"}, set()),
    "case": ({"assessment", "checklist", "guidance", "places", "rulebook"}, set()),
    "server": (set(), {"flask", "gunicorn"}),
    "trial": (set(), set()),
    "demo": ({"checklist", "sites", "store", "tally"}, {"sqlalchemy"}),
    "doctor": (
        {"accounts", "keys", "languages", "places", "referral", "rulebook", "settings", "sites", "store", "tally"},
        set(),
    ),
    "cli": (
        {
            "",
            "accounts",
            "case",
            "catalogues",
            "checklist",
            "comparison",
            "demo",
            "diagram",
            "doctor",
            "guidance",
            "languages",
            "places",
            "referral",
            "rulebook",
            "server",
            "settings",
            "sites",
            "speech",
            "store",
            "tally",
            "trial",
        },
        {"click", "flask", "flask_babel"},
    ),
    "": (
        {
            "accounts",
            "compression",
            "keys",
            "languages",
            "logs",
            "places",
            "problems",
            "rulebook",
            "security",
            "session",
            "settings",
            "sites",
            "speech",
            "store",
            "supervisor",
            "tally",
            "throttle",
            "visit",
        },
        {"babel", "flask", "flask_babel", "flask_wtf"},
    ),
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """The room of a file: a module and a package of the same name are one room; "" is screening/__init__.py."""
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative imports hide where an arrow points"
            assert node.module
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_every_room_is_in_the_table_and_every_row_has_a_room() -> None:
    assert {room(path) for path in MODULES} == set(TABLE)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_the_table_allows(path: Path) -> None:
    here = room(path)
    rooms, libraries = TABLE[here]
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "screening":
            there = rest.split(".")[0]
            there = there if (PACKAGE / there).is_dir() or (PACKAGE / f"{there}.py").is_file() else ""
            assert there == here or there in rooms, f"{path.name} may not import {name}"
        else:
            assert top in sys.stdlib_module_names or top in libraries, f"{path.name} may not import {name}"


def test_the_arrows_of_the_table_make_no_circle() -> None:
    left = {name: set(rooms) for name, (rooms, _) in TABLE.items()}
    while left:
        free = {name for name, rooms in left.items() if not rooms & set(left)}
        assert free, f"these import each other in a circle: {sorted(left)}"
        left = {name: rooms for name, rooms in left.items() if name not in free}


def test_the_core_reads_no_file_and_no_clock() -> None:
    forbidden = {"io", "os", "pathlib", "random", "secrets", "socket", "time", "datetime", "subprocess", "logging"}
    for name in ("checklist", "diagram", "assessment", "guidance", "difference", "practice"):
        tops = {found.split(".")[0] for found in imports(PACKAGE / f"{name}.py")}
        assert not tops & forbidden, name
        calls = {
            node.func.id
            for node in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not calls & {"open", "print", "input", "eval", "exec"}, name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_opens_with_one_sentence_and_stays_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(text)) or ""
    assert said.partition("\n\n")[0].endswith("."), "a module opens with the sentence that the README would have"
    assert len(text.splitlines()) <= 400, "split it by notion into a package of the same name"
    assert path.stem.rstrip("s") not in {"util", "helper", "manager", "service", "common", "misc"}


def test_no_words_for_workers_stand_in_python() -> None:
    """Texts on screen live in templates and rule files; only those may call gettext with a literal."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                is_gettext = node.func.id in {"_", "gettext", "ngettext", "lazy_gettext", "pgettext"}
                assert not (is_gettext and any(isinstance(part, ast.Constant) for part in node.args)), path.name
