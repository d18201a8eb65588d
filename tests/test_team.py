"""Teams at the pages: who may begin, for whom a visit counts, and that it counts once whatever a browser does."""

from __future__ import annotations

import logging
import re
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from flask import Flask

from conftest import Clock, Worker, secret
from screening import create_app, referral
from screening.session import VISIT_COOKIE
from screening.settings import Settings
from screening.sites import Sites
from screening.store import Store
from screening.tally import NotCountedError, Tally, Vault
from screening.visit.leaving import PAPERS
from screening.visit.team import CODES, TEAM_COOKIE, TICKETS
from tally_inside import cells, grown, tickets_left

ELSEWHERE = "192.0.2.7"
PROXY = "192.0.2.80"


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    for throttle in (CODES, PAPERS, TICKETS):
        for name in ("127.0.0.1", ELSEWHERE, PROXY, "main", "ghent-er"):
            throttle.forget(name)


@pytest.fixture
def counting_app(settings: Settings, clock: Clock, database: str) -> Flask:
    """The app on each of the databases."""
    return create_app(replace(settings, database_url=database), clock)


def sites_of(app: Flask) -> Sites:
    return cast(Sites, app.extensions["sites"])


def at(app: Flask, address: str) -> Worker:
    worker = Worker(app.test_client())
    worker.client.environ_base["REMOTE_ADDR"] = address
    return worker


def inside(app: Flask, settings: Settings) -> Callable[[], dict[tuple[str, str, str], int]]:
    store, vault = cast(Store, app.extensions["store"]), Vault(settings.keys / "months")
    return lambda: cells(store, vault)


def walks_to_the_end(worker: Worker) -> None:
    worker.begins()
    worker.sends("/visit/safety", alone="true", interpreter="not-needed", age="adult", consent="given")
    worker.answers(2, documents__withheld="told", little__contact="seen")
    worker.opens("/visit/outcome")


def cookie_of(worker: Worker, name: str) -> str:
    cookie = worker.client.get_cookie(name)
    assert cookie is not None
    return cookie.value


# --- Counted once -----------------------------------------------------------------------------------


def test_a_finished_visit_counts_once_for_its_team(counting_app: Flask, settings: Settings) -> None:
    sites_of(counting_app).add("ghent-er", "Emergency, Ghent")
    counting_app.extensions["tally"].close()
    code = sites_of(counting_app).new_code("ghent-er")
    look = inside(counting_app, settings)
    worker = at(counting_app, ELSEWHERE)
    worker.opens(f"/site/{code}")
    walks_to_the_end(worker)
    before = look()
    worker.sends("/visit/finish")
    assert worker.page is not None and worker.page.request.path == "/closed/done" and "Not counted" not in worker.text
    # The team came in mid-month, so until the next it counts as main.
    found = grown(before, look())
    assert ("outcomes", "main", "seek-advice") in found and ("circumstances", "1110", "") in found
    assert len(found) == 3 and set(found.values()) == {1}


def test_from_the_next_month_a_team_has_cells_of_its_own(counting_app: Flask, settings: Settings, clock: Clock) -> None:
    code = sites_of(counting_app).add("ghent-er", "Emergency, Ghent")
    clock.now += 31 * 86_400
    worker = at(counting_app, ELSEWHERE)
    worker.opens(f"/site/{code}")
    look = inside(counting_app, settings)
    walks_to_the_end(worker)
    before = look()
    worker.opens("/visit/outcome")
    worker.sends("/visit/outcome", move="sheet")
    worker.opens("/visit/outcome")
    worker.sends("/visit/finish")
    found = grown(before, look())
    assert ("outcomes", "ghent-er", "seek-advice") in found and ("circumstances", "1111", "") in found


def test_one_finish_sent_twelve_times_at_once_counts_once_and_is_answered_alike(
    counting_app: Flask, settings: Settings
) -> None:
    look = inside(counting_app, settings)
    worker = Worker(counting_app.test_client())
    walks_to_the_end(worker)
    form, cookie = {"csrf_token": secret(worker.text)}, cookie_of(worker, VISIT_COOKIE)
    before = look()

    def send(_: int) -> tuple[int, str]:
        client = counting_app.test_client()
        client.set_cookie(VISIT_COOKIE, cookie)
        answer = client.post("/visit/finish", data=form)
        return answer.status_code, answer.headers["Location"]

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(send, range(12)))
    # Whoever was locked out for a moment is told "not counted" and has lost nothing: it was counted.
    assert {status for status, _ in answers} == {303} and answers != ("303", "/closed/done")
    assert {place for _, place in answers} <= {"/closed/done", "/closed/uncounted"}
    assert any(place == "/closed/done" for _, place in answers)
    assert sum(grown(before, look()).values()) == 3


def test_back_and_finish_again_counts_nothing_more(counting_app: Flask, settings: Settings) -> None:
    look = inside(counting_app, settings)
    worker = Worker(counting_app.test_client())
    walks_to_the_end(worker)
    page, cookie = worker.text, cookie_of(worker, VISIT_COOKIE)
    before = look()
    worker.sends_from(page, "/visit/finish")
    assert sum(grown(before, look()).values()) == 3
    # The browser's Back shows nothing; the worst that can be is a copy of the cookie from before.
    for _ in range(3):
        worker.client.set_cookie(VISIT_COOKIE, cookie)
        worker.sends_from(page, "/visit/finish")
        assert worker.page is not None and worker.page.request.path == "/closed/done"
    assert sum(grown(before, look()).values()) == 3
    assert tickets_left(cast(Store, counting_app.extensions["store"])) == 0


def test_a_visit_that_is_left_counts_nothing(counting_app: Flask, settings: Settings) -> None:
    look = inside(counting_app, settings)
    worker = Worker(counting_app.test_client())
    walks_to_the_end(worker)
    before = look()
    worker.opens("/leave")
    assert grown(before, look()) == {}


# --- When counting fails ----------------------------------------------------------------------------


def test_with_the_database_away_the_visit_ends_as_always_with_one_quiet_line(
    app: Flask, worker: Worker, settings: Settings
) -> None:
    walks_to_the_end(worker)
    app.extensions["store"].let_go()
    for path in settings.instance.glob("tally.db*"):
        path.unlink()
    (settings.instance / "tally.db").mkdir()
    before = sorted(str(path) for path in settings.instance.rglob("*"))
    worker.sends("/visit/finish")
    assert worker.page is not None and worker.page.request.path == "/closed/uncounted"
    assert worker.text.count("Not counted.") == 1 and worker.client.get_cookie(VISIT_COOKIE) is None
    assert sorted(str(path) for path in settings.instance.rglob("*")) == before, "nothing waits on the disk"
    assert app.test_client().get("/healthz").json == {"status": "degraded"}
    # The next one begins, walks and ends too.
    walks_to_the_end(worker)
    worker.sends("/visit/finish")
    assert "Not counted." in worker.text


def test_after_the_database_is_back_visits_count_again(app: Flask, settings: Settings, worker: Worker) -> None:
    tally = cast(Tally, app.extensions["tally"])
    app.extensions["store"].let_go()
    aside = settings.instance / "aside"
    aside.mkdir()
    for path in settings.instance.glob("tally.db*"):
        shutil.move(path, aside)
    (settings.instance / "tally.db").mkdir()
    with pytest.raises(NotCountedError):
        tally.issue()
    (settings.instance / "tally.db").rmdir()
    for path in aside.iterdir():
        shutil.move(path, settings.instance)
    tally._resting_until = 0.0
    walks_to_the_end(worker)
    look = inside(app, settings)
    before = look()
    worker.sends("/visit/finish")
    assert sum(grown(before, look()).values()) == 3


def test_the_log_tells_nothing_of_what_was_counted(
    settings: Settings,
    clock: Clock,
    database: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("sqlalchemy.engine", "werkzeug", "alembic"):
        caplog.set_level(logging.DEBUG, name)
    app = create_app(replace(settings, database_url=database, log_level="DEBUG"), clock)
    issued: list[str] = []
    issue = app.extensions["tally"].issue
    monkeypatch.setattr(app.extensions["tally"], "issue", lambda: issued.append(issue()) or issued[-1])
    worker = Worker(app.test_client())
    walks_to_the_end(worker)
    worker.sends("/visit/finish")
    app.extensions["tally"]._resting_until = time.monotonic() + 60
    worker.begins()
    worker.sends("/visit/finish")
    said = capsys.readouterr().err
    assert "UPDATE open_month" in said, "the log is open as wide as it goes"
    assert issued and issued[0]
    layout = re.compile(r'\{"sites":.*?\}')
    for word in ("documents-withheld", "little-contact", "seek-advice", "1110", *issued):
        assert word not in layout.sub("", said)


# --- Who may begin ----------------------------------------------------------------------------------


def test_without_a_team_only_the_machine_itself_may_begin(app: Flask) -> None:
    at(app, "127.0.0.1").begins()
    at(app, "::1").begins()
    worker = at(app, ELSEWHERE)
    assert "its team" in worker.opens("/")
    worker.sends("/visit", checklist="alarm-bells", place="BE")
    assert worker.page is not None and worker.page.request.path == "/site"
    assert "No team has been named yet" in worker.text and 'name="code"' not in worker.text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_proxy_that_is_not_trusted_opens_nothing(app: Flask, header: str) -> None:
    """Behind a proxy on the same machine everybody seems to be local."""
    worker = Worker(app.test_client())
    page = worker.client.get("/", headers={header: "127.0.0.1"}).text
    assert "its team" in page
    answer = worker.client.post(
        "/visit",
        data={"csrf_token": secret(page), "checklist": "alarm-bells", "place": "BE"},
        headers={header: "127.0.0.1"},
    )
    assert answer.headers["Location"] == "/site"


def test_a_trusted_proxy_is_believed_and_nobody_else(another_worker: Callable[..., Worker]) -> None:
    worker = another_worker(trusted_proxies=(PROXY,))
    says = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
    for connects, is_let_in in ((PROXY, True), (ELSEWHERE, False), ("127.0.0.1", False)):
        worker.client.environ_base["REMOTE_ADDR"] = connects
        assert ("its team" not in worker.client.get("/", headers=says).text) is is_let_in, connects
    # A trusted proxy that does not say for whom it asks makes nobody local.
    worker.client.environ_base["REMOTE_ADDR"] = PROXY
    assert "its team" in worker.opens("/")
    worker.client.environ_base["REMOTE_ADDR"] = "127.0.0.1"
    assert "its team" in worker.client.get("/", headers={"X-Real-IP": "127.0.0.1"}).text
    # What a client put before the proxy's own word is not believed either.
    worker.client.environ_base["REMOTE_ADDR"] = PROXY
    page = worker.client.get("/", headers={"X-Forwarded-For": f"127.0.0.1, {ELSEWHERE}"}).text
    assert "its team" in page


def test_a_code_opens_a_device_for_its_team(app: Flask) -> None:
    code = sites_of(app).add("ghent-er", "Emergency, Ghent")
    local = Worker(app.test_client())
    assert "its team" in local.opens("/"), "once there is a team, the machine itself needs a code too"
    worker = at(app, ELSEWHERE)
    page = worker.opens("/site")
    answer = worker.client.post(
        "/site", data={"csrf_token": secret(page), "code": f" {code.lower().replace('-', ' ')} "}
    )
    assert answer.status_code == 303 and answer.headers["Location"] == "/"
    set_cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith(f"{TEAM_COOKIE}="))
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=31536000"} <= set(set_cookie.split("; "))
    assert code not in set_cookie
    assert "Team: Emergency, Ghent." in worker.opens("/")
    worker.begins()
    assert worker.page is not None and worker.page.request.path == "/visit/safety"
    # Leaving erases the visit; the device stays the team's.
    worker.opens("/leave")
    assert "Team: Emergency, Ghent." in worker.opens("/")


def test_over_https_the_teams_cookie_travels_by_https_alone(app: Flask) -> None:
    code = sites_of(app).add("ghent-er", "Emergency, Ghent")
    answer = app.test_client().get(f"/site/{code}", base_url="https://guide.example")
    assert "Secure" in next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("site="))


def test_the_link_opens_a_device_and_leaves_no_code_in_a_page(app: Flask) -> None:
    code = sites_of(app).add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    answer = worker.client.get(f"/site/{code}")
    assert answer.status_code == 303 and answer.headers["Location"] == "/" and code not in answer.text
    assert code not in worker.opens("/")


@pytest.mark.parametrize("code", ["ABCD-EFGH-JKLM", "'; DROP TABLE site; --", "é" * 12, "A" * 5000])
def test_a_wrong_code_opens_nothing_and_says_so(app: Flask, code: str) -> None:
    sites_of(app).add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    worker.opens("/site")
    page = worker.sends("/site", code=code)
    assert worker.page is not None and worker.page.request.path == "/site/again"
    assert "That is no team" in page and code not in page
    assert worker.client.get_cookie(TEAM_COOKIE) is None


def test_a_device_is_asked_again_after_a_new_code_and_after_its_team_is_retired(app: Flask) -> None:
    sites = sites_of(app)
    first = sites.add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    worker.opens(f"/site/{first}")
    second = sites.new_code("ghent-er")
    assert "its team" in worker.opens("/")
    worker.opens(f"/site/{first}")
    assert worker.page is not None and "its team" in worker.opens("/"), "the first code is no code any more"
    worker.opens(f"/site/{second}")
    assert "Team: Emergency, Ghent." in worker.opens("/")
    sites.retire("ghent-er")
    sites.add("bruges-er", "Emergency, Bruges")
    assert "its team" in worker.opens("/")
    worker.opens(f"/site/{second}")
    assert "its team" in worker.opens("/")


def test_a_visit_that_goes_on_is_not_ended_by_a_new_code(app: Flask) -> None:
    code = sites_of(app).add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    worker.opens(f"/site/{code}")
    walks_to_the_end(worker)
    sites_of(app).new_code("ghent-er")
    worker.opens("/visit/outcome")
    worker.sends("/visit/finish")
    assert worker.page is not None and worker.page.request.path == "/closed/done"


def test_after_the_team_is_retired_no_next_visit_begins(app: Flask) -> None:
    code = sites_of(app).add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    worker.opens(f"/site/{code}")
    walks_to_the_end(worker)
    sites_of(app).retire("ghent-er")
    sites_of(app).add("bruges-er", "Emergency, Bruges")
    worker.opens("/visit/outcome")
    worker.sends("/visit/next")
    assert worker.page is not None and worker.page.request.path == "/site"
    assert worker.client.get_cookie(VISIT_COOKIE) is None


def test_a_month_never_opens_without_the_teams_that_there_are(settings: Settings, clock: Clock) -> None:
    """The database comes back within the time in which the list of teams, once read as none, is believed."""
    app = create_app(settings, clock)
    sites_of(app).add("ghent-er", "Emergency, Ghent")
    clock.now += 31 * 86_400
    sites_of(app)._known, sites_of(app)._read_at = {}, clock.now
    app.extensions["tally"].close()
    assert ("outcomes", "ghent-er", "act-now") in inside(app, settings)()


@pytest.mark.parametrize("forged", ["ghent-er", "eyJ.x.y", "WyJnaGVudC1lciIsMV0.AAAA", "", "é", "[" * 900])
def test_a_forged_cookie_names_no_team(app: Flask, forged: str) -> None:
    sites_of(app).add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    worker.client.set_cookie(TEAM_COOKIE, forged)
    assert "its team" in worker.opens("/")


def test_a_device_keeps_its_team_while_the_database_is_away(settings: Settings, clock: Clock) -> None:
    app = create_app(settings, clock)
    code = sites_of(app).add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    worker.opens(f"/site/{code}")
    cookie = cookie_of(worker, TEAM_COOKIE)
    app.extensions["store"].let_go()
    for path in settings.instance.glob("tally.db*"):
        path.unlink()
    (settings.instance / "tally.db").mkdir()
    # A start without the database: nothing is known but what is signed.
    again = at(create_app(settings, clock), ELSEWHERE)
    again.client.set_cookie(TEAM_COOKIE, cookie)
    again.begins()
    assert again.page is not None and again.page.request.path == "/visit/safety"


def test_guessing_codes_is_slowed_down(app: Flask) -> None:
    sites_of(app).add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    statuses = [worker.client.get(f"/site/GUESS-{number}").status_code for number in range(12)]
    assert statuses == [303] * 10 + [429] * 2
    assert at(app, PROXY).client.get("/site/GUESS").status_code == 303, "somebody else is not kept out"


def test_whoever_tries_codes_too_often_is_told_how_long_to_wait(app: Flask) -> None:
    sites_of(app).add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    for number in range(11):
        answer = worker.client.get(f"/site/GUESS-{number}")
    seconds = re.search(r"That was tried too often\. Wait (\d+) seconds, then try again\.", answer.text)
    assert seconds and 0 < int(seconds[1]) <= 61
    assert abs(int(answer.headers["Retry-After"]) - int(seconds[1])) <= 1


def test_nobody_elsewhere_can_have_the_server_print_all_the_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A blank checklist takes no code, and two seconds of a process."""
    monkeypatch.setattr(referral, "twin_as_pdf", lambda *_: b"%PDF-")
    stranger, here = at(app, ELSEWHERE), at(app, "127.0.0.1")
    assert [stranger.client.get("/paper.pdf").status_code for _ in range(12)] == [200] * 10 + [429] * 2
    assert "Wait" in stranger.client.get("/paper.pdf").text
    assert at(app, PROXY).client.get("/paper.pdf").status_code == 200, "somebody else is not kept out"
    assert [here.client.get("/paper.pdf").status_code for _ in range(12)] == [200] * 12, "nor the machine itself"


def test_a_right_code_gives_no_tries_back(app: Flask) -> None:
    """Whoever has the code of one team must not guess those of others between two uses of it."""
    code = sites_of(app).add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    given = [path for number in range(6) for path in (f"GUESS-{number}", f"GUESS-{number}A", code)]
    statuses = [worker.client.get(f"/site/{path}").status_code for path in given]
    assert statuses == [303] * 14 + [429] * 4, "ten guesses, and the right code four times between them"


def test_all_addresses_of_one_ipv6_network_are_one(app: Flask) -> None:
    sites_of(app).add("ghent-er", "Emergency, Ghent")
    tries = [at(app, f"2001:db8:0:7::{number:x}").client.get("/site/GUESS").status_code for number in range(1, 13)]
    assert tries == [303] * 10 + [429] * 2
    assert at(app, "2001:db8:0:8::1").client.get("/site/GUESS").status_code == 303, "somebody else is not kept out"
    CODES.forget("2001:db8:0:7::/64")


def test_a_right_code_uses_up_no_tries(app: Flask) -> None:
    code = sites_of(app).add("ghent-er", "Emergency, Ghent")
    places = [at(app, ELSEWHERE).client.get(f"/site/{code}").headers.get("Location") for _ in range(12)]
    assert places == ["/"] * 12, "twelve devices of one ward, behind one address"


def test_a_right_code_is_not_called_wrong_while_the_database_is_away(app: Flask, settings: Settings) -> None:
    code = sites_of(app).add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    form = worker.opens("/site")
    app.extensions["store"].let_go()
    for path in settings.instance.glob("tally.db*"):
        path.unlink()
    (settings.instance / "tally.db").mkdir()
    for answer in (
        worker.client.get(f"/site/{code}"),
        worker.client.post("/site", data={"csrf_token": secret(form), "code": code}),
    ):
        assert answer.status_code == 303
        page = worker.client.get(answer.headers["Location"])
        assert page.status_code == 503 and "cannot be looked up now" in page.text and "no team" not in page.text


def test_a_flood_of_beginnings_is_not_given_tickets_and_still_begins(
    app: Flask, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TICKETS, "allows", lambda _: False)
    walks_to_the_end(worker)
    assert tickets_left(cast(Store, app.extensions["store"])) == 0
    worker.sends("/visit/finish")
    assert "Not counted." in worker.text


def test_the_teams_pages_are_read_and_worked_by_everybody_for_nothing(app: Flask, tmp_path: Path) -> None:
    sites_of(app).add("ghent-er", "Emergency, Ghent")
    worker = at(app, ELSEWHERE)
    for address in ("/contacts", "/help", "/closed", "/healthz"):
        assert worker.client.get(address).status_code == 200, address
