"""What the rules beside this file catch, and what they let pass; never run.

The rules that catch a line are named at its end, and no other catches any (tests/test_attack_code.py).
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, session, url_for
from sqlalchemy import Connection, insert, literal_column, text
from werkzeug.datastructures import MultiDict

from screening.checklist import Answer, Assessment, Circumstances
from screening.problems import sealed
from screening.server import LONGEST_SILENCE
from screening.session import Visit
from screening.store import site, ticket
from screening.visit.language import way_back
from screening.visit.pages import judged, of_an_open_visit, open_visit

log = logging.getLogger(__name__)
bp = Blueprint("examples", __name__)


# Into a log.


def logs_a_field() -> None:
    log.warning("Sent: %s", request.form["age"])  # caught: into-a-log


def logs_by_way_of_names() -> None:
    given = request.args.get("place", "")
    words = [given.upper()]
    log.info("Sent: %s", ", ".join(words))  # caught: into-a-log


def logs_a_cookie_and_where_from() -> None:
    logging.error("%s", request.cookies)  # caught: into-a-log
    log.error("%s", request.remote_addr)  # caught: into-a-log
    log.error("%s", request.path)  # caught: into-a-log


def logs_the_visit(visit: Visit) -> None:
    log.debug("%s", visit)  # caught: into-a-log


def logs_answers(one: Any) -> None:
    print(one.answers)  # caught: into-a-log
    sys.stderr.write(str(one.circumstances))  # caught: into-a-log, into-a-file


def logs_what_was_judged(visit: Visit) -> None:
    outcome = judged(visit).outcome
    if outcome:
        log.info("A visit ended: %s", outcome.id)  # caught: into-a-log


def logs_the_session() -> None:
    log.info("%s", dict(session))  # caught: into-a-log
    log.info("%s", sealed())  # caught: into-a-log
    log.info("%s", open_visit())  # caught: into-a-log


@bp.get("/examples/<code>")
def logs_a_part_of_its_address(code: str) -> str:
    log.info("%s", code)  # caught: into-a-log
    return ""


@bp.route("/examples/<int:number>", methods=["GET", "POST"])
@of_an_open_visit
def logs_a_part_behind_a_door(visit: Visit, number: int) -> str:
    log.info("%s", number)
    log.info("%s", visit.place)  # caught: into-a-log
    return ""


def logs_kind_and_number(visit: Visit, error: Exception) -> None:
    log.warning("Not counted: %s.", type(error).__name__)
    log.warning("%d answers.", len(visit.answers))


# Into an exception.


def raises_a_value(given: MultiDict[str, str]) -> None:
    raise ValueError(f"no such choice: {given['age']}")  # caught: into-an-exception


def raises_an_answer(answers: Mapping[str, Answer]) -> None:
    for sign, answer in answers.items():
        raise KeyError(sign, answer)  # caught: into-an-exception


def raises_circumstances(circumstances: Circumstances) -> None:
    try:
        raise KeyError
    except KeyError as error:
        raise ValueError(circumstances.age) from error  # caught: into-an-exception


class Known:
    age = "old"

    def known(self) -> dict[str, str]:
        return {"age": self.age}

    def raises_what_is_known(self) -> None:
        for name, value in self.known().items():
            raise ValueError(f"{name} cannot be {value!r}")  # caught: into-an-exception


def raises_an_assessment(assessment: Assessment) -> None:
    assert assessment.outcome, f"{assessment}"  # caught: into-an-exception


def refuses_with_what_was_asked() -> None:
    abort(400, request.args["place"])  # caught: into-an-exception


def notes_what_was_asked() -> None:
    try:
        raise KeyError
    except KeyError as error:
        error.add_note(request.form["age"])  # caught: into-an-exception
        raise


def raises_without_it() -> None:
    if "age" not in request.form:
        raise ValueError("no such choice for age")


# Into an address.


def leads_to_an_answer(visit: Visit) -> Any:
    return redirect(url_for("visit.outcome", known=visit.circumstances.age))  # caught: into-an-address


def leads_wherever_it_is_asked_to() -> Any:
    return redirect(request.args.get("to", "/"))  # caught: into-an-address


def names_an_answer_in_a_header(response: Response) -> None:
    response.headers["X-Age"] = request.form["age"]  # caught: into-an-address
    response.location = request.form["to"]  # caught: into-an-address


def leads_to_a_page_of_ours(visit: Visit) -> Any:
    back = way_back(request.args.get("to", ""))
    if visit.card:
        return redirect(url_for("visit.card"), 303)
    return redirect(back or url_for("visit.start"), 303)


# Into a statement.


def asks_with_a_word_inside(connection: Connection) -> None:
    name = request.args["site"]
    connection.execute(text("SELECT 1 FROM " + name))  # caught: into-a-statement, text-of-a-statement
    connection.exec_driver_sql(f"SELECT {request.args['x']}")  # caught: into-a-statement, text-of-a-statement
    literal_column(request.args["by"])  # caught: into-a-statement


def asks_in_pieces(connection: Connection, name: str) -> None:
    connection.execute(text(f"SELECT 1 FROM {name}"))  # caught: text-of-a-statement
    connection.execute(text("SELECT 1 FROM %s" % name))  # caught: text-of-a-statement  # noqa: UP031
    connection.execute(text("SELECT 1 FROM {}".format(name)))  # caught: text-of-a-statement  # noqa: UP032


def asks_with_a_value_beside(connection: Connection, visit: Visit) -> None:
    connection.execute(insert(ticket), {"hash": visit.ticket})
    connection.execute(text(f"SELECT {LONGEST_SILENCE}"))
    connection.execute(site.select().where(site.c.id == bp.name))


# Into a file.


def keeps_an_answer(visit: Visit, folder: Path) -> None:
    (folder / "visits").write_text(str(visit.answers))  # caught: into-a-file
    with open(folder / "visits", "a") as file:
        file.write(visit.place)  # caught: into-a-file


def names_a_file_by_what_was_asked(folder: Path) -> None:
    Path(request.args["name"]).touch()  # caught: into-a-file
    (folder / request.args["name"]).read_text()  # caught: into-a-file
    tempfile.mkstemp(prefix=request.form["age"])  # caught: into-a-file


def hands_an_answer_to_a_program(visit: Visit) -> None:
    subprocess.run(["lp", visit.place], check=True)  # caught: into-a-file


def keeps_what_is_nobodys(folder: Path) -> None:
    (folder / "key").write_text("random")
