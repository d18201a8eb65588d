"""Guessing at the supervisors' door: names, passwords and codes are told apart by no word, no byte and no time.

What is guarded, and how often one may try: tests/test_supervisor.py and tests/test_team.py. How the accounts
weigh names: tests/test_accounts.py.
"""

from __future__ import annotations

import re
import time
from statistics import median

import pytest
from flask import Flask
from flask.testing import FlaskClient

from conftest import secret
from screening.accounts import Accounts
from screening.supervisor.session import COOKIE, PREFIX

PASSWORD = "copper lantern seven rivers"
WRONG = {
    "nobody's name": {"name": "eve", "password": "some other password", "code": ""},
    "a wrong password": {"name": "ann", "password": "some other password", "code": ""},
    "a wrong password beside a code": {"name": "bob", "password": "some other password", "code": "000000"},
    "a right password without its code": {"name": "bob", "password": PASSWORD, "code": ""},
    "a right password with a wrong code": {"name": "bob", "password": PASSWORD, "code": "x"},
    "no password": {"name": "ann", "password": "", "code": ""},
    "a very long password": {"name": "ann", "password": "x" * 60_000, "code": ""},
}


@pytest.fixture
def guarded(app: Flask) -> Flask:
    accounts: Accounts = app.extensions["accounts"]
    accounts.add("ann", PASSWORD)
    accounts.add("bob", PASSWORD, with_code=True)
    return app


def forget_tries(app: Flask) -> None:
    app.extensions["sign_ins"].forget("127.0.0.1")
    for name in ("ann", "bob", "eve"):
        app.extensions["sign_ins_by_name"].forget(name)


def tries(client: FlaskClient, fields: dict[str, str]) -> tuple[float, str]:
    """The processor time that one try takes, and all that is told: of the answer, and of the page that it leads to."""
    page = client.get("/supervisor/sign-in").text
    began = time.process_time()
    answer = client.post("/supervisor/sign-in", data={"csrf_token": secret(page), **fields})
    took = time.process_time() - began
    cookie = client.get_cookie(COOKIE, path=PREFIX)
    assert cookie is not None
    after = client.get(answer.headers["Location"])
    own = secret(after.text)
    headers = [(name, value) for name, value in answer.headers if name != "Set-Cookie"]
    return took, f"{answer.status} {headers} {len(cookie.value)} {after.status} {after.text.replace(own, '')}"


def test_every_way_to_be_wrong_is_told_in_the_same_bytes(guarded: Flask) -> None:
    told = set()
    for fields in WRONG.values():
        forget_tries(guarded)
        told.add(tries(guarded.test_client(), fields)[1])
    assert len(told) == 1


@pytest.mark.usefixtures("true_weight")
def test_every_way_to_be_wrong_takes_the_same_time(guarded: Flask) -> None:
    """By the processor's clock, taken in turns, and as a share of each other: a busy machine changes none of it."""
    ways = [one for name, one in WRONG.items() if "long" not in name]
    took: list[list[float]] = [[] for _ in ways]
    for _ in range(5):
        for number, fields in enumerate(ways):
            forget_tries(guarded)
            took[number].append(tries(guarded.test_client(), fields)[0])
    usual = [median(times) for times in took]
    assert max(usual) / min(usual) < 1.5, usual


def test_whoever_waits_is_told_so_whether_there_is_such_a_name_or_not(guarded: Flask) -> None:
    told = set()
    for name in ("ann", "eve"):
        forget_tries(guarded)
        for _ in range(6):
            took, said = tries(guarded.test_client(), {"name": name, "password": "some other password", "code": ""})
        # The seconds that are left depend on when it was asked.
        told.add("".join(sign for sign in said if not sign.isdigit()))
    assert len(told) == 1
    assert took < 0.05, "and no password is weighed meanwhile"


def test_the_sign_in_is_a_form_that_managers_of_passwords_can_fill(guarded: Flask) -> None:
    page = guarded.test_client().get("/supervisor/sign-in").text
    (field,) = re.findall(r'<input[^>]*name="password"[^>]*>', page)
    assert 'type="password"' in field and 'autocomplete="current-password"' in field
    assert 'maxlength="1000"' in field, "as long as a password may be"
    assert "paste" not in page
