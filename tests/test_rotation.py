"""Keys are replaced while people work: no visit ends by it, on one machine or on many."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from conftest import Clock, Worker, secret
from screening import create_app
from screening.keys import ROTATION, Keys
from screening.session import HARD_LIMIT
from screening.settings import Settings


@pytest.mark.parametrize("minutes_old", [0, 1, 45, 75, 119])
def test_no_rotation_ends_a_visit_on_machines_that_share_the_keys(
    settings: Settings, clock: Clock, minutes_old: int
) -> None:
    """Whatever the age of the key it begins under, a visit lasts its two hours, on whichever machine."""
    machines = [create_app(settings, clock) for _ in range(2)]
    clock.now += minutes_old * 60
    clients = [app.test_client() for app in machines]
    worker = Worker(clients[0])
    worker.begins()
    secret_of_the_form = secret(worker.opens("/visit/1"))
    began = clock.now
    made = set()
    while clock.now + 19 * 60 <= began + HARD_LIMIT:
        clock.now += 19 * 60
        for client in clients:
            client.set_cookie("visit", worker.client.get_cookie("visit").value)
            worker.client = client
            page = worker.opens("/visit/1")
            assert worker.page.status_code == 200 and secret(page), f"{(clock.now - began) / 60} minutes"
            made |= {path.name for path in settings.keys.glob("*.key")}
    # The form that was opened first still fits.
    sent = {"csrf_token": secret_of_the_form, "move": "next", "no-free-movement": "told"}
    assert worker.client.post("/visit/1", data=sent).headers["Location"] == "/visit/2"
    assert len(made - {"sites.key"}) == (2 if minutes_old + 114 >= 120 else 1), "the keys did rotate"
    clock.now = began + HARD_LIMIT + 1
    worker.opens("/visit/1")
    assert worker.page.status_code == 410


def test_a_supervisor_stays_signed_in_over_a_rotation(settings: Settings, clock: Clock) -> None:
    app = create_app(settings, clock)
    app.extensions["accounts"].add("Ann", "four words of no sense")
    worker = Worker(app.test_client())
    clock.now += ROTATION - 60
    worker.opens("/supervisor/sign-in")
    worker.sends("/supervisor/sign-in", name="Ann", password="four words of no sense")
    clock.now += 120
    assert "Sign out" in worker.opens("/supervisor")
    assert len(list(settings.keys.glob("[0-9]*.key"))) == 2


def test_keys_that_are_deleted_by_hand_end_visits_and_say_so(settings: Settings, clock: Clock) -> None:
    worker = Worker(create_app(settings, clock).test_client())
    worker.begins()
    for path in settings.keys.glob("[0-9]*.key"):
        path.unlink()
    again = create_app(settings, clock).test_client()
    again.set_cookie("visit", worker.client.get_cookie("visit").value)
    assert again.get("/visit/1").status_code == 400
    fresh = Worker(again)
    fresh.begins()
    assert fresh.page.status_code == 200


def test_a_new_key_for_the_teams_asks_devices_again_and_ends_no_visit(settings: Settings, clock: Clock) -> None:
    app = create_app(settings, clock)
    code = app.extensions["sites"].add("ward", "Ward")
    worker = Worker(app.test_client())
    worker.opens("/site")
    worker.sends("/site", code=code)
    worker.begins()
    cookies = [worker.client.get_cookie(name) for name in ("visit", "site")]
    (settings.keys / "sites.key").unlink()
    again = Worker(create_app(settings, clock).test_client())
    for cookie in cookies:
        again.client.set_cookie(cookie.key, cookie.value)
    assert "csrf_token" in again.opens("/visit/1") and again.page.status_code == 200
    again.opens("/leave")
    again.begins()
    assert 'name="code"' in again.text, "the next visit asks for the code"


def test_two_keys_made_at_the_same_moment_end_no_visit(settings: Settings, clock: Clock) -> None:
    """As on a shared folder whose new file another machine sees late: neither may cost the key before its time."""
    worker = Worker(create_app(settings, clock).test_client())
    clock.now += ROTATION - 60
    worker.begins()
    clock.now += 60
    Keys(settings.keys, clock)
    (settings.keys / f"{int(clock.now) + 1}.key").write_bytes(Fernet.generate_key())
    clock.now += 2
    again = create_app(settings, clock).test_client()
    again.set_cookie("visit", worker.client.get_cookie("visit").value)
    assert len(list(settings.keys.glob("[0-9]*.key"))) == 3
    assert again.get("/visit/1").status_code == 200
