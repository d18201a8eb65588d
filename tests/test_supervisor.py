"""The supervisors' pages: what they show, to whom, and what they refuse."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from html import unescape

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.test import TestResponse

from conftest import Clock, Worker, secret
from screening import create_app
from screening.accounts import Accounts
from screening.checklist import Level
from screening.demo import SITES, invent
from screening.settings import Settings
from screening.store import Store, release, release_cell
from screening.supervisor.session import IDLE, LONGEST
from screening.tally import OUTCOMES, Releases

PASSWORD = "copper lantern seven rivers"


@pytest.fixture(scope="module")
def time() -> Clock:
    """It goes on from test to test, and never back."""
    return Clock()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, time: Clock) -> Flask:
    """An app with two years of invented releases before January 2027, and two supervisors."""
    folder = tmp_path_factory.mktemp("served")
    app = create_app(Settings(instance=folder, keys=folder / "keys"), time)
    signs = [id for id, one in app.extensions["rulebook"].indicators.items() if not one.context]
    invent(app.extensions["store"], app.extensions["sites"], signs, until="2027-01")
    accounts: Accounts = app.extensions["accounts"]
    accounts.add("ann", PASSWORD)
    accounts.add("bob", PASSWORD, site="hill-er")
    return app


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, code: str = "") -> TestResponse:
    """Send the form of the sign-in and open what it leads to."""
    page = client.get("/supervisor/sign-in").text
    fields = {"csrf_token": secret(page), "name": name, "password": password, "code": code}
    answer = client.post("/supervisor/sign-in", data=fields)
    assert answer.status_code == 303, "a form with a password is never answered with a page"
    return client.get(answer.headers["Location"])


@pytest.fixture
def ann(served: Flask) -> FlaskClient:
    """She may see all sites."""
    client = served.test_client()
    assert "How visits ended" in sign_in(client, "ann").text
    return client


@pytest.fixture
def bob(served: Flask) -> FlaskClient:
    """He may see one."""
    client = served.test_client()
    assert "How visits ended" in sign_in(client, "bob").text
    return client


def rows(page: str, number: int = 0) -> list[list[str]]:
    """The cells of the table of this number, as their text."""
    table = re.findall(r'<table class="figures">(.*?)</table>', page, re.S)[number]
    return [
        [
            " ".join(unescape(re.sub("<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        for row in re.findall("<tr[^>]*>(.*?)</tr>", table, re.S)
    ]


# Signing in and out.


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/outcomes",
        "/circumstances",
        "/signs",
        "/outcomes?from=2026-01",
        "/outcomes/file",
        "/signs/file?format=json",
    ],
)
def test_without_a_sign_in_there_is_nothing_to_see(served: Flask, path: str) -> None:
    answer = served.test_client().get("/supervisor" + path)
    assert answer.status_code == 303 and answer.headers["Location"] == "/supervisor/sign-in"


def test_the_sign_in_leads_back_to_the_page_that_was_asked_for(served: Flask) -> None:
    client = served.test_client()
    client.get("/supervisor/outcomes?from=2026-02&to=2026-03&span=month")
    assert "February 2026 to March 2026" in sign_in(client, "ann").text


def test_a_download_is_not_led_back_to(served: Flask) -> None:
    client = served.test_client()
    client.get("/supervisor/outcomes/file?format=json")
    assert sign_in(client, "ann").mimetype == "text/html"


def test_wrong_name_wrong_password_and_wrong_code_are_told_alike(served: Flask) -> None:
    accounts: Accounts = served.extensions["accounts"]
    accounts.add("carol", PASSWORD, with_code=True)
    pages = {
        re.sub(r'value="[^"]*"', "", sign_in(served.test_client(), *given).text)
        for given in (("nobody", PASSWORD), ("ann", "not the password"), ("carol", PASSWORD, "123456"), ("", ""))
    }
    accounts.remove("carol")
    (page,) = pages
    assert "That did not fit" in page
    # Four tries of five in a minute are used up; whoever comes in starts anew.
    sign_in(served.test_client(), "ann")


def test_a_code_lets_in_once(served: Flask, time: Clock) -> None:
    accounts: Accounts = served.extensions["accounts"]
    address = accounts.add("dora", PASSWORD, with_code=True)
    code = pyotp.parse_uri(address).at(int(time.now))
    assert "How visits ended" in sign_in(served.test_client(), "dora", code=code).text
    assert "That did not fit" in sign_in(served.test_client(), "dora", code=code).text
    accounts.remove("dora")


def test_whoever_tries_too_often_is_told_how_long_to_wait(settings: Settings) -> None:
    app = create_app(settings)
    app.extensions["accounts"].add("ann", PASSWORD)
    pages = [sign_in(app.test_client(), "ann", "wrong wrong wrong").text for _ in range(6)]
    assert all("That did not fit" in page for page in pages[:5])
    assert re.search(r"Wait \d+ seconds", pages[5])
    assert "That was tried too often" in sign_in(app.test_client(), "ann").text, "the right password too"


def test_one_name_is_guarded_whatever_address_it_is_tried_from(settings: Settings) -> None:
    app = create_app(settings)
    app.extensions["accounts"].add("ann", PASSWORD)
    # Wide letters, capitals and spaces are the same name to the sign-in, and must be to the guard.
    for number, name in enumerate(
        ("nobody", "Nobody", "NOBODY ", "Ｎobody", "ｎobody", " nobody", "nobodY", "nobOdy") * 2
    ):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"10.0.0.{number}"
        page = sign_in(client, name, "wrong wrong wrong").text
    assert "That was tried too often" in page, "and a name that nobody has is guarded alike"
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "10.0.0.99"
    assert "How visits ended" in sign_in(client, "ann").text


def test_one_address_cannot_keep_a_supervisor_out(settings: Settings) -> None:
    app = create_app(settings)
    app.extensions["accounts"].add("ann", PASSWORD)
    client = app.test_client()
    for _ in range(320):
        fields = {"csrf_token": secret(client.get("/supervisor/sign-in").text), "name": "ann", "password": "wrong"}
        client.post("/supervisor/sign-in", data=fields)
    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "10.0.0.9"
    assert "How visits ended" in sign_in(elsewhere, "ann").text


def test_a_failed_sign_in_is_logged_without_what_was_sent(served: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in(served.test_client(), "plantedzebra", "plantedquagga")
    text = " ".join(record.getMessage() + str(record.args) for record in caplog.records)
    assert "sign-in failed" in text and "planted" not in text
    sign_in(served.test_client(), "ann")


def test_the_cookie_is_the_supervisors_own(served: Flask) -> None:
    client = served.test_client()
    page = client.get("/supervisor/sign-in")
    fields = {"csrf_token": secret(page.text), "name": "ann", "password": PASSWORD}
    (cookie,) = client.post("/supervisor/sign-in", data=fields).headers.getlist("Set-Cookie")
    assert cookie.startswith("supervisor=") and "ann" not in cookie
    for part in ("HttpOnly", "SameSite=Strict", "Path=/supervisor"):
        assert part in cookie
    assert "Expires" not in cookie and "Max-Age" not in cookie
    over_https = client.get("/supervisor/sign-in", base_url="https://localhost")
    assert "Secure" in over_https.headers.get("Set-Cookie", "Secure")


def test_a_sign_in_touches_no_open_visit(served: Flask) -> None:
    worker = Worker(served.test_client())
    worker.client.set_cookie(
        "site", served.extensions["sites"].cookie_for(served.extensions["sites"].new_code("hill-er"))
    )
    worker.begins()
    worker.answers(2, documents__withheld="told")
    sign_in(worker.client, "ann")
    assert "Told" in worker.opens("/visit/review")
    worker.client.get("/leave")
    assert worker.client.get("/supervisor").status_code == 200


def test_a_workers_cookie_is_no_sign_in_and_the_other_way_round(served: Flask, ann: FlaskClient) -> None:
    cookie = ann.get_cookie("supervisor", path="/supervisor")
    assert cookie is not None
    thief = served.test_client()
    thief.set_cookie("visit", cookie.value)
    thief.set_cookie("start", cookie.value)
    assert thief.get("/visit/safety").status_code == 400
    start = thief.get("/").headers["Set-Cookie"]
    thief.set_cookie("supervisor", start.partition("=")[2].partition(";")[0], path="/supervisor")
    assert thief.get("/supervisor").status_code == 303


def test_a_session_is_over_half_an_hour_after_the_last_page(ann: FlaskClient, time: Clock) -> None:
    for _ in range(2):
        time.now += IDLE - 60
        assert ann.get("/supervisor").status_code == 200
    time.now += IDLE + 1
    answer = ann.get("/supervisor/signs")
    assert answer.status_code == 303
    page = ann.get(answer.headers["Location"]).text
    assert "Your session is over: it ends 30 minutes after the last page" in page
    assert "Which signs weigh" in sign_in(ann, "ann").text, "and it goes on where it was"


def test_a_session_is_over_two_hours_after_the_sign_in_whatever_is_done(ann: FlaskClient, time: Clock) -> None:
    for _ in range(LONGEST // 600):
        time.now += 600
        assert ann.get("/supervisor").status_code == 200
    time.now += 1
    assert ann.get("/supervisor").status_code == 303


def test_signing_out_ends_the_session_on_every_device(served: Flask, ann: FlaskClient) -> None:
    elsewhere = served.test_client()
    sign_in(elsewhere, "ann")
    stolen = ann.get_cookie("supervisor", path="/supervisor")
    page = ann.get("/supervisor").text
    answer = ann.post("/supervisor/sign-out", data={"csrf_token": secret(page)})
    assert answer.status_code == 303 and answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert ann.get_cookie("supervisor", path="/supervisor") is None
    assert "You are signed out" in ann.get(answer.headers["Location"]).text
    assert elsewhere.get("/supervisor").status_code == 303
    assert stolen is not None
    ann.set_cookie("supervisor", stolen.value, path="/supervisor")
    assert ann.get("/supervisor").status_code == 303, "a copy of the cookie opens nothing either"


def test_a_form_of_ours_alone_signs_out(served: Flask, ann: FlaskClient) -> None:
    assert ann.post("/supervisor/sign-out", data={"some": "thing"}).status_code == 303
    assert ann.post("/supervisor/sign-out", data={"csrf_token": "forged"}).status_code == 303
    assert ann.get("/supervisor").status_code == 200, "still signed in"
    assert (
        ann.post("/supervisor/sign-out", data={"a": "b"}, headers={"Origin": "https://elsewhere.example"}).status_code
        == 403
    )


def test_a_sign_out_from_an_older_page_says_that_one_is_still_signed_in(served: Flask, ann: FlaskClient) -> None:
    older = secret(ann.get("/supervisor").text)
    ann.delete_cookie("supervisor", path="/supervisor")
    sign_in(ann, "ann")
    answer = ann.post("/supervisor/sign-out", data={"csrf_token": older})
    assert answer.status_code == 303
    page = ann.get(answer.headers["Location"]).text
    assert "You are still signed in" in page
    assert (
        "You are signed out"
        in ann.post("/supervisor/sign-out", data={"csrf_token": secret(page)}, follow_redirects=True).text
    )
    assert ann.get("/supervisor/still-signed-in").headers["Location"] == "/supervisor/sign-in"


def test_a_sign_in_form_of_yesterday_loses_nothing(served: Flask, time: Clock) -> None:
    client = served.test_client()
    page = client.get("/supervisor/sign-in").text
    time.now += 20 * 3600
    fields = {"csrf_token": secret(page), "name": "ann", "password": PASSWORD}
    answer = client.post("/supervisor/sign-in", data=fields)
    assert answer.status_code == 303
    assert "This page had been open for too long" in client.get(answer.headers["Location"]).text


def test_no_page_is_kept_by_the_browser(ann: FlaskClient) -> None:
    for path in ("", "/sign-in", "/signed-out", "/circumstances", "/signs", "/outcomes/file", "/outcomes?from=1999-01"):
        assert ann.get("/supervisor" + path).headers["Cache-Control"] == "no-store", path


# What is shown.


def test_the_last_four_closed_quarters_are_shown_when_nothing_is_chosen(ann: FlaskClient) -> None:
    page = ann.get("/supervisor").text
    assert "January 2026 to December 2026" in page
    found = rows(page)
    assert [row[0] for row in found] == ["Time", "Q1 2026", "Q2 2026", "Q3 2026", "Q4 2026", "Together"]
    assert found[0][1:] == [
        "Act now",
        "Seek advice",
        "Stay attentive",
        "Too little is known",
        "Nothing noted",
        "All levels",
    ]
    assert page.count('<figure class="panel">') == 6


def test_every_figure_is_the_sum_of_frozen_cells_with_its_margin(served: Flask, ann: FlaskClient) -> None:
    releases: Releases = served.extensions["releases"]
    page = ann.get("/supervisor/outcomes?from=2025-02&to=2026-04&span=quarter&site=hill-er&site=street-team").text
    found = {row[0]: row[1:] for row in rows(page)}
    assert list(found)[1] == "Q1 2025 2 of 3 months"
    months = [month for month in releases.months() if "2025-02" <= month <= "2026-04"]
    assert len(months) == 15
    for row in releases.view(OUTCOMES, months, ("quarter", "level"), ["hill-er", "street-team"]):
        shown = next(cells for name, cells in found.items() if name.startswith(f"{row.span[5:]} {row.span[:4]}"))
        levels = ["act-now", "seek-advice", "stay-attentive", "too-little-known", "nothing-noted"]
        value = str(row.figure.value) if row.figure.is_shown else "<10 (may be zero)"
        assert shown[levels.index(row.level)] == f"{value} ± {row.figure.margin}"
    whole = releases.view(OUTCOMES, months, (), ["hill-er", "street-team"])[0].figure
    assert found["Together"][-1] == f"{whole.value} ± {whole.margin}"


def test_levels_can_be_chosen(ann: FlaskClient) -> None:
    found = rows(ann.get("/supervisor/outcomes?level=act-now&level=seek-advice").text)
    assert found[0] == ["Time", "Act now", "Seek advice", "These levels"]


def test_sites_stand_by_title_with_what_has_no_site_last(ann: FlaskClient) -> None:
    names = [row[0] for row in rows(ann.get("/supervisor").text, 1)]
    assert names == ["Site", *sorted(title for title, _ in SITES.values()), "Without a site of its own"]


def test_all_sites_ticked_are_none_chosen(ann: FlaskClient, bob: FlaskClient) -> None:
    ticked = [*SITES, "main"]
    page = ann.get("/supervisor/outcomes", query_string={"site": ticked, "span": "year"}).text
    assert rows(page) == rows(ann.get("/supervisor/outcomes?span=year").text)
    assert "All sites." in page and 'type="hidden" name="site"' not in page
    files = [
        ann.get("/supervisor/outcomes/file", query_string={"format": "json", **sites}).data
        for sites in ({"site": ticked}, {})
    ]
    assert files[0] == files[1]
    assert 'type="hidden" name="site"' in ann.get("/supervisor/outcomes", query_string={"site": ticked[1:]}).text
    assert "All sites." not in bob.get("/supervisor/outcomes?site=hill-er").text


def test_a_site_leads_to_its_own_levels_and_keeps_the_months(ann: FlaskClient) -> None:
    page = ann.get("/supervisor/outcomes?from=2026-01&to=2026-02&span=month").text
    link = re.search(r'href="([^"]+)">Hill hospital', page)
    assert link
    onward = ann.get(unescape(link[1])).text
    assert "January 2026 to February 2026" in onward and "Hill hospital, emergency." in onward


def test_every_fact_of_the_circumstances_is_a_sum_over_eight_combinations(served: Flask, ann: FlaskClient) -> None:
    page = ann.get("/supervisor/circumstances?from=2026-01&to=2026-01&span=month").text
    found = rows(page)
    assert [len(row) for row in found] == [6, 6]
    assert all(cell.endswith("± 16") for cell in found[1][1:5]) and found[1][5].endswith("± 23")
    assert len(rows(page, 1)) == 17


def test_signs_stand_by_their_text_the_most_frequent_first(served: Flask, ann: FlaskClient) -> None:
    page = ann.get("/supervisor/signs").text
    shown = [int(row[5].split()[0]) for row in rows(page)[1:]]
    assert shown == sorted(shown, reverse=True) and shown[-1] >= 10
    under = rows(page, 1)[1:]
    assert all(row[5].startswith("<10 (may be zero) ± ") for row in under)
    names = [row[0] for row in under]
    indicators = served.extensions["rulebook"].indicators
    assert names == [indicators[id].text for id in sorted(indicators) if indicators[id].text in names], (
        "an order by figures would tell them"
    )


def test_one_site_sees_its_own_outcomes_and_what_is_counted_for_all(bob: FlaskClient, served: Flask) -> None:
    page = bob.get("/supervisor").text
    releases: Releases = served.extensions["releases"]
    months = [month for month in releases.months() if month.startswith("2026")]
    own = releases.view(OUTCOMES, months, (), ["hill-er"])[0].figure
    assert rows(page)[-1][-1] == f"{own.value} ± {own.margin}"
    for title, _ in SITES.values():
        assert (title in page) is (title == "Hill hospital, emergency")
    assert page.count('<table class="figures">') == 1
    assert bob.get("/supervisor/circumstances").status_code == bob.get("/supervisor/signs").status_code == 200
    assert bob.get("/supervisor/outcomes?site=hill-er").status_code == 200


# What is refused.


@pytest.mark.parametrize("site", ["street-team", "main", "no-such-site", "no<b>"])
@pytest.mark.parametrize("path", ["outcomes", "outcomes/file"])
def test_a_foreign_site_is_refused_and_whether_it_exists_is_not_told(bob: FlaskClient, site: str, path: str) -> None:
    answer = bob.get(f"/supervisor/{path}?site={site}&format=csv")
    assert answer.status_code == 403
    assert "You may see the outcomes of Hill hospital, emergency" in answer.text and f"{site}<" not in answer.text


@pytest.mark.parametrize("path", ["outcomes", "circumstances", "signs", "outcomes/file", "signs/file"])
@pytest.mark.parametrize("month", ["2027-01", "2027-02", "2024-12", "1999-01"])
def test_a_month_that_is_not_closed_is_refused_whether_it_is_open_or_never_was(
    ann: FlaskClient, path: str, month: str
) -> None:
    for name in ("from", "to"):
        answer = ann.get(f"/supervisor/{path}?{name}={month}")
        assert answer.status_code == 404
        assert "is no closed month. There are figures from January 2025 to December 2026" in answer.text


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("from=2026-13", 404, "That is no closed month"),
        ("from=<b>", 404, "That is no closed month"),
        ("from=2026-06&to=2026-01", 400, "The first month comes after the last"),
        ("span=week", 400, "by month, by quarter or by year"),
        ("level=high", 404, "There is no level of that name: high"),
        ("level=<b>", 404, "There is no level of that name: ?"),
        ("site=nowhere", 404, "There is no site of that name: nowhere"),
        ("page=2", 404, "fewer pages"),
        ("page=0", 404, "fewer pages"),
        ("page=x", 404, "fewer pages"),
    ],
)
def test_a_choice_that_cannot_be_met_is_told(ann: FlaskClient, query: str, code: int, said: str) -> None:
    answer = ann.get(f"/supervisor/outcomes?{query}")
    assert answer.status_code == code and said in answer.text and 'class="primary"' in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("query", "code"), [("format=pdf", 400), ("by=week", 400), ("by=sign", 400), ("format=csv", 200)]
)
def test_a_file_of_another_kind_is_told(ann: FlaskClient, query: str, code: int) -> None:
    assert ann.get(f"/supervisor/outcomes/file?{query}").status_code == code


def test_lines_by_two_names_that_exclude_each_other_are_told(ann: FlaskClient) -> None:
    answer = ann.get("/supervisor/circumstances/file?by=fact,combination")
    assert answer.status_code == 400 and "not for both" in answer.text


@pytest.mark.parametrize("path", ["circumstances", "signs", "circumstances/file", "signs/file"])
@pytest.mark.parametrize("query", ["level=act-now", "site=hill-er", "site=nowhere"])
def test_what_is_counted_for_all_together_is_not_shown_for_a_part(
    ann: FlaskClient, bob: FlaskClient, path: str, query: str
) -> None:
    for client in (ann, bob):
        answer = client.get(f"/supervisor/{path}?{query}")
        assert answer.status_code == 400 and "for all sites and levels together" in answer.text
    assert ann.get(f"/supervisor/{path}?site=&level=").status_code == 200


def test_there_is_no_grid_of_another_name(ann: FlaskClient) -> None:
    answer = ann.get("/supervisor/everything/file")
    assert answer.status_code == 404 and "To the counts" in answer.text


def test_before_the_first_release_the_pages_say_so(settings: Settings, clock: Clock) -> None:
    app = create_app(settings, clock)
    app.extensions["accounts"].add("ann", PASSWORD)
    client = app.test_client()
    assert "No month has closed yet" in sign_in(client, "ann").text
    for path in ("circumstances", "signs"):
        assert "No month has closed yet" in client.get(f"/supervisor/{path}").text
    for path in ("outcomes/file", "outcomes?from=2027-01"):
        answer = client.get(f"/supervisor/{path}")
        assert answer.status_code == 404 and "no figures until the first month has ended" in answer.text


def test_a_month_that_lost_its_key_is_named(settings: Settings, clock: Clock) -> None:
    app = create_app(settings, clock)
    store: Store = app.extensions["store"]
    with store.writing() as connection:
        cell = {"grid": "outcomes", "month": "2026-12", "part": "main", "level": "act-now", "value": 30}
        connection.execute(insert(release_cell).values(cell))
        connection.execute(insert(release).values(month="2026-12", is_whole=False))
    app.extensions["accounts"].add("ann", PASSWORD)
    page = sign_in(app.test_client(), "ann").text
    assert "were lost with their key" in page and "December 2026." in page
    assert rows(page)[1][0] == "Q4 2026 1 of 3 months"


def test_with_the_database_away_it_is_said_and_visits_go_on(settings: Settings, clock: Clock) -> None:
    app = create_app(settings, clock)
    app.extensions["accounts"].add("ann", PASSWORD)
    client = app.test_client()
    sign_in(client, "ann")
    app.extensions["store"].let_go()
    (settings.instance / "tally.db").rename(settings.instance / "moved.db")
    (settings.instance / "tally.db").mkdir()
    answer = client.get("/supervisor/signs")
    assert answer.status_code == 503 and "The counts cannot be reached" in answer.text
    page = client.get("/supervisor/sign-in")
    assert page.status_code == 503
    fresh = app.test_client()
    form = {"csrf_token": secret(fresh.get("/supervisor/sign-in").text), "name": "ann", "password": PASSWORD}
    answer = fresh.post("/supervisor/sign-in", data=form)
    assert answer.status_code == 303 and fresh.get(answer.headers["Location"]).status_code == 503
    assert client.get("/").status_code == 200


# What is never told.


def test_the_open_month_is_out_of_reach(served: Flask, ann: FlaskClient, time: Clock) -> None:
    """Counting in the open month changes not a byte of any page or file."""
    paths = [
        f"/supervisor{path}"
        for path in ("", "/circumstances", "/signs", "/outcomes/file?by=site,level&format=json", "/signs/file?by=sign")
    ] + ["/healthz"]

    def told() -> list[str]:
        return [re.sub(r'name="csrf_token" value="[^"]*"', "", ann.get(path).text) for path in paths]

    before = told()
    worker = Worker(served.test_client())
    worker.client.set_cookie(
        "site", served.extensions["sites"].cookie_for(served.extensions["sites"].new_code("hill-er"))
    )
    for _ in range(3):
        worker.begins()
        worker.answers(2, documents__withheld="told")
        worker.opens("/visit/outcome")
        worker.sends("/visit/finish")
    assert told() == before


def test_only_releases_are_read(served: Flask, ann: FlaskClient) -> None:
    """The open month's row may be gone and its table with it: no page notices."""
    from sqlalchemy import event

    asked: list[str] = []
    listener: Callable[..., None] = lambda *given: asked.append(given[2])  # noqa: E731
    engine = served.extensions["store"].engine
    event.listen(engine, "before_cursor_execute", listener)
    try:
        for path in ("", "/circumstances", "/signs", "/outcomes?site=hill-er&span=month", "/outcomes/file?by=site"):
            assert ann.get("/supervisor" + path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", listener)
    tables = set(re.findall(r"FROM (\w+)", " ".join(asked)))
    assert tables and tables <= {"release", "release_cell", "supervisor", "site"}


def test_pages_of_many_sites(settings: Settings, clock: Clock) -> None:
    app = create_app(settings, clock)
    ids = [f"site-{number:02}" for number in range(45)]
    with app.extensions["store"].writing() as connection:
        cells = [
            {"grid": "outcomes", "month": "2026-12", "part": id, "level": level.value, "value": 30}
            for id in ids
            for level in Level
        ]
        connection.execute(insert(release_cell), cells)
        connection.execute(insert(release).values(month="2026-12", is_whole=True))
    app.extensions["accounts"].add("ann", PASSWORD)
    client = app.test_client()
    pages = [sign_in(client, "ann").text, *(client.get(f"/supervisor/outcomes?page={n}").text for n in (2, 3))]
    seen = [[row[0] for row in rows(page, 1)[1:]] for page in pages]
    assert [len(names) for names in seen] == [20, 20, 5] and [*seen[0], *seen[1], *seen[2]] == ids
    assert "Page 2 of 3" in pages[1] and "Earlier" in pages[1] and "Further" in pages[1]
    assert "Further" not in pages[2]


def test_the_demonstration_says_so_on_every_page(settings: Settings, another_worker: Callable[..., Worker]) -> None:
    demo, real = another_worker(is_demo=True), another_worker()
    for path in ("/", "/help", "/contacts", "/supervisor/sign-in", "/nowhere", "/visit/safety"):
        assert "Demonstration: all figures and sites are invented" in demo.opens(path), path
        assert "Demonstration" not in real.opens(path)


def test_a_file_is_the_same_whatever_language_its_reader_has(ann: FlaskClient) -> None:
    english = ann.get("/supervisor/outcomes/file?format=csv").data
    ann.set_cookie("language", "nl")
    assert 'lang="nl"' in ann.get("/supervisor/outcomes").text
    assert ann.get("/supervisor/outcomes/file?format=csv").data == english
