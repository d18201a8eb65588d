"""The log tells what went wrong and where, and never who asked, what for, or what an error quotes."""

from __future__ import annotations

import ast
import json
import logging
import sys
import time
import urllib.request
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.error import HTTPError

import pytest
from flask import Flask

from conftest import HOUSE, Worker
from live import serving
from screening import create_app
from screening.logs import JsonLines, Lines
from screening.settings import Settings

WORD = "quokka"


def record(name: str, message: object, *arguments: object, error: bool = False) -> logging.LogRecord:
    info = None
    if error:
        try:
            raise ValueError(WORD)
        except ValueError:
            info = sys.exc_info()
    return logging.LogRecord(name, logging.ERROR, __file__, 1, message, arguments, info)


def test_a_line_is_one_json_object_with_the_name_of_the_event() -> None:
    line = JsonLines().format(record("screening.tally", "A visit was not counted: %s.", "OperationalError"))
    said = json.loads(line)
    assert "\n" not in line
    assert datetime.fromisoformat(said.pop("time")).tzinfo is not None
    assert said == {
        "level": "ERROR",
        "part": "screening.tally",
        "event": "A visit was not counted: %s.",
        "message": "A visit was not counted: OperationalError.",
    }


@pytest.mark.parametrize("form", [Lines(), JsonLines()])
def test_an_error_is_told_by_kind_and_place_and_not_by_its_text(form: logging.Formatter) -> None:
    line = form.format(record("screening", "Something failed.", error=True))
    assert "ValueError" in line and "test_logs.py" in line and WORD not in line


@pytest.mark.parametrize("form", [Lines(), JsonLines()])
@pytest.mark.parametrize(
    ("message", "arguments", "left"),
    [
        ("Error handling request %s %s", ("GET", f"/site/{WORD}"), "Error handling request"),
        (ValueError(WORD), (), "ERROR"),
        ("%d of %s", (WORD, WORD), "%d of %s"),
        ("%(ip)s", ({"ip": WORD},), "%(ip)s"),
    ],
)
def test_of_other_libraries_the_words_are_left_out(
    form: logging.Formatter, message: object, arguments: tuple[object, ...], left: str
) -> None:
    line = form.format(record("gunicorn.error", message, *arguments))
    assert WORD not in line and left in line


def test_of_other_libraries_the_numbers_stay() -> None:
    line = Lines().format(record("gunicorn.error", "Worker (pid:%s) exited with code %s.", 17, 9))
    assert line.endswith("gunicorn.error: Worker (pid:17) exited with code 9.")


def test_the_name_of_an_event_never_changes_with_what_is_told() -> None:
    """A sentence put together before it is logged would carry its words into the event, past every rule on words."""
    calls = []
    for path in sorted((HOUSE / "screening").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Name) and owner.id == "log":
                    calls.append(node)
                    assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}"
                    assert not node.keywords, f"{path}:{node.lineno}"
    assert len(calls) > 10


def test_an_error_on_a_page_is_a_line_without_what_was_asked(settings: Settings, capsys) -> None:
    app = create_app(replace(settings, log_format="json"))
    app.add_url_rule("/broken/<word>", view_func=broken)
    capsys.readouterr()
    assert app.test_client().get(f"/broken/{WORD}").status_code == 500
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert said["level"] == "ERROR" and "KeyError" in said["message"] and WORD not in line


def broken(word: str) -> str:
    raise KeyError(word)


def test_what_breaks_below_the_app_is_told_by_the_server_without_what_was_asked(tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "config.toml").write_text('log_format = "json"\n')
    # Nothing of ours breaks there; so a break is put under the app before the server takes it.
    breaking = tmp_path / "sitecustomize.py"
    breaking.write_text(
        "import flask\n"
        "def breaks(self, environ, start_response):\n"
        "    raise RuntimeError(environ['PATH_INFO'])\n"
        "flask.Flask.wsgi_app = breaks\n"
    )
    with serving(tmp_path, {"PYTHONPATH": str(tmp_path)}) as server:
        with pytest.raises(HTTPError, match="500"):
            urllib.request.urlopen(f"{server.home}/site/{WORD}", timeout=20)
        # What it has to say comes through a pipe, which ends with the server.
        given_up = time.monotonic() + 20
        while "RuntimeError" not in server.log.read_text() and time.monotonic() < given_up:
            time.sleep(0.05)
    log = server.log.read_text()
    assert WORD not in log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert any(line["part"] == "gunicorn.error" and line.get("error") == "RuntimeError" for line in lines), log


def test_a_whole_visit_logs_nothing(settings: Settings, capsys) -> None:
    app: Flask = create_app(replace(settings, log_level="DEBUG", log_format="json"))
    capsys.readouterr()
    worker = Worker(app.test_client())
    worker.begins()
    worker.answers(1, no__free__movement="told")
    worker.opens("/visit/outcome")
    worker.sends("/visit/finish")
    assert capsys.readouterr().err == ""
