"""Supervisors: who is let in, how often a code is taken, and what a name gives away; on both databases."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import select

from conftest import Clock
from screening.accounts import STEP, AccountError, Accounts, BusyError
from screening.store import Store, StoreError, supervisor

PASSWORD = "copper lantern seven rivers"


@pytest.fixture
def accounts(store: Store, clock: Clock) -> Accounts:
    store.prepare()
    return Accounts(store, clock)


def codes_of(address: str) -> pyotp.TOTP:
    return pyotp.TOTP(parse_qs(urlsplit(address).query)["secret"][0])


def test_only_name_and_password_together_let_in(accounts: Accounts) -> None:
    accounts.add("Ann Peeters", PASSWORD, site="ghent-er")
    admitted = accounts.admit("ann peeters ", PASSWORD, "")
    assert admitted is not None and (admitted.name, admitted.site, admitted.has_code) == (
        "Ann Peeters",
        "ghent-er",
        False,
    )
    assert accounts.admit("Ann Peeters", PASSWORD + ".", "") is None
    assert accounts.admit("Ann Peeters", "", "") is None
    assert accounts.admit("Nobody", PASSWORD, "") is None
    assert accounts.admit("", "", "") is None


def test_the_same_letters_by_other_signs_are_the_same_password(accounts: Accounts) -> None:
    accounts.add("Zoë", "café café café")
    assert accounts.admit("Zoe\u0308", "cafe\u0301 cafe\u0301 cafe\u0301", "") is not None


@pytest.mark.usefixtures("true_weight")
def test_the_password_stands_nowhere(accounts: Accounts, store: Store) -> None:
    accounts.add("ann", PASSWORD)
    accounts.add("bob", PASSWORD)
    with store.reading() as connection:
        hashes = [row.password_hash for row in connection.execute(select(supervisor))]
    assert len(set(hashes)) == 2 and all(hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$") for hash in hashes)


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("ann", "eleven char", "has 11 characters and needs 12"),
        ("ann", "", "has 0 characters"),
        ("ann", "aaaaaaaaaaaaaaaa", "too easy"),
        ("copper lantern seven", "Copper Lantern Seven", "too easy"),
        ("ann", "long " * 300, "longer than 1000"),
        ("", PASSWORD, "1 to 64"),
        ("a\nb", PASSWORD, "one line"),
        ("n" * 65, PASSWORD, "1 to 64"),
    ],
)
def test_what_cannot_be_added_is_said_and_nothing_is_added(
    accounts: Accounts, name: str, password: str, said: str
) -> None:
    with pytest.raises(AccountError, match=said):
        accounts.add(name, password)
    assert accounts.all() == []


def test_a_name_is_there_once_whatever_its_capitals(accounts: Accounts) -> None:
    accounts.add("ann", PASSWORD)
    with pytest.raises(AccountError, match="already"):
        accounts.add("Ann", PASSWORD)
    assert [one.name for one in accounts.all()] == ["ann"]


def test_a_code_is_asked_for_and_taken_once(accounts: Accounts, clock: Clock) -> None:
    codes = codes_of(accounts.add("ann", PASSWORD, with_code=True))
    code = codes.at(int(clock.now))
    assert accounts.admit("ann", PASSWORD, "") is None
    assert accounts.admit("ann", "wrong " + PASSWORD, code) is None, "a wrong password burns no code"
    assert accounts.admit("ann", PASSWORD, f" {code[:3]} {code[3:]} ") is not None
    assert accounts.admit("ann", PASSWORD, code) is None, "it was used"
    assert accounts.admit("ann", PASSWORD, codes.at(int(clock.now) - STEP)) is None, "an older one than the one used"
    clock.now += STEP
    assert accounts.admit("ann", PASSWORD, codes.at(int(clock.now))) is not None


def test_a_code_holds_for_half_a_minute_beside_its_own(accounts: Accounts, clock: Clock) -> None:
    codes = codes_of(accounts.add("ann", PASSWORD, with_code=True))
    for off, is_taken in ((-2 * STEP, False), (-STEP, True), (STEP, True), (2 * STEP, False)):
        assert (accounts.admit("ann", PASSWORD, codes.at(int(clock.now) + off)) is not None) is is_taken, off


def test_of_two_who_send_the_same_code_at_once_one_is_let_in(accounts: Accounts, clock: Clock) -> None:
    code = codes_of(accounts.add("ann", PASSWORD, with_code=True)).at(int(clock.now))

    def send(_: int) -> object:
        while True:
            try:
                return accounts.admit("ann", PASSWORD, code)
            except (BusyError, StoreError):
                # As the page says: try again in a moment.
                continue

    with ThreadPoolExecutor(4) as threads:
        admitted = list(threads.map(send, range(4)))
    assert sum(one is not None for one in admitted) == 1


def test_signing_out_ends_every_session(accounts: Accounts) -> None:
    accounts.add("ann", PASSWORD)
    accounts.add("bob", PASSWORD)
    ann, bob = accounts.admit("ann", PASSWORD, ""), accounts.admit("bob", PASSWORD, "")
    assert ann and bob and accounts.of_session("ann", ann.sessions) == ann
    accounts.end_sessions("ann")
    assert accounts.of_session("ann", ann.sessions) is None
    assert accounts.of_session("bob", bob.sessions) == bob
    assert accounts.of_session("nobody", bob.sessions) is None


def test_whoever_is_removed_and_added_again_does_not_come_in_with_an_older_session(accounts: Accounts) -> None:
    accounts.add("ann", PASSWORD)
    before = accounts.all()[0]
    accounts.remove("ANN")
    assert accounts.of_session("ann", before.sessions) is None
    with pytest.raises(AccountError, match=r"no supervisor 'ann' \(supervisors: there are none\)"):
        accounts.remove("ann")
    accounts.add("ann", PASSWORD)
    assert accounts.of_session("ann", before.sessions) is None


@pytest.mark.usefixtures("true_weight")
def test_an_unknown_name_takes_as_long_as_a_wrong_password(accounts: Accounts) -> None:
    accounts.add("ann", PASSWORD, with_code=True)

    def seconds(name: str) -> float:
        took = []
        for _ in range(5):
            began = time.process_time()
            assert accounts.admit(name, "some other password", "123456") is None
            took.append(time.process_time() - began)
        return min(took)

    seconds("nobody")
    assert seconds("nobody") == pytest.approx(seconds("ann"), rel=0.5)


def test_a_hash_that_cannot_be_read_admits_nobody(accounts: Accounts, store: Store) -> None:
    accounts.add("ann", PASSWORD)
    with store.writing() as connection:
        connection.execute(supervisor.update().values(password_hash="plain"))
    assert accounts.admit("ann", "plain", "") is None
