"""Releases as files: the same bytes each time, everything adds up, and no figure below ten in any of them."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import time
from html import unescape
from pathlib import Path
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import insert

from conftest import Clock
from screening import create_app
from screening.checklist import Level
from screening.demo import invent
from screening.settings import Settings
from screening.sites import Sites
from screening.store import Store, release, release_cell
from screening.tally import CIRCUMSTANCES, OUTCOMES, SIGNS, Layout, Releases
from screening.tally.exports import FORMATS, HIDDEN, Export, ExportError, as_csv, as_json, as_xlsx, export
from screening.tally.months import months_from
from test_supervisor import PASSWORD, sign_in

SITES = ["ghent-er", "quiet-er"]
SIGN_IDS = ["large-debt", "little-contact", "afraid-to-speak"]
LAYOUT = Layout.of(SITES, SIGN_IDS)


def freeze(store: Store, month: str, values: list[int], *, is_whole: bool = True) -> None:
    with store.writing() as connection:
        cells = [
            {"grid": grid, "month": month, "part": part, "level": level, "value": value}
            for (grid, part, level), value in zip(LAYOUT.cells(), values, strict=True)
        ]
        connection.execute(insert(release_cell), cells)
        connection.execute(insert(release).values(month=month, is_whole=is_whole))


@pytest.fixture
def releases(store: Store) -> Releases:
    """Three months; the values grow by one from cell to cell, from below zero on."""
    store.prepare()
    for number, month in enumerate(("2026-11", "2026-12", "2027-01")):
        freeze(store, month, [at - 5 + number for at in range(len(LAYOUT.cells()))])
    return Releases(store)


def made(releases: Releases, by: str = "month,site,level", **chosen: object) -> Export:
    return export(releases, OUTCOMES, list(releases.months()), by.split(",") if by else (), **chosen)


def test_the_lines_of_a_csv_are_what_was_asked_for(releases: Releases) -> None:
    lines = as_csv(made(releases, "quarter,level", sites=["ghent-er"])).decode().splitlines()
    assert lines[0] == "quarter,level,value,margin,lost"
    assert lines[1:3] == ["2026-Q4,act-now,<10 (may be zero),5,0", "2026-Q4,seek-advice,<10 (may be zero),5,0"]
    assert len(lines) == 11
    assert as_csv(made(releases, "", sites=["main"])).decode().splitlines() == ["value,margin,lost", "45,13,0"]


def test_json_says_what_it_holds(releases: Releases) -> None:
    read = json.loads(as_json(made(releases, "site", levels=["act-now"]), ["What it means."]))
    assert {**read, "rows": len(read["rows"])} == {
        "grid": "outcomes",
        "months": ["2026-11", "2026-12", "2027-01"],
        "lost": [],
        "by": ["site"],
        "sites": None,
        "levels": ["act-now"],
        "about": ["What it means."],
        "rows": 3,
    }
    assert read["rows"][0] == {"site": "ghent-er", "value": HIDDEN, "margin": 6, "lost": 0}
    assert read["rows"][2] == {"site": "quiet-er", "value": 18, "margin": 6, "lost": 0}


def test_a_workbook_holds_numbers_as_numbers_and_says_what_they_mean(releases: Releases) -> None:
    book = load_workbook(io.BytesIO(as_xlsx(made(releases), ["What it means."])))
    assert book.sheetnames == ["outcomes", "about"]
    lines = list(book["outcomes"].values)
    assert lines[0] == ("month", "site", "level", "value", "margin", "lost")
    assert {type(line[3]) for line in lines[1:]} == {int, str} and all(isinstance(line[4], int) for line in lines[1:])
    assert book["about"]["A1"].value == "What it means."


def test_a_month_that_lost_its_counts_is_marked_in_every_file_and_claims_no_margin(
    releases: Releases, store: Store
) -> None:
    freeze(store, "2027-02", [50] * len(LAYOUT.cells()), is_whole=False)
    by_month = made(releases, "month", sites=["ghent-er"])
    assert by_month.lost == ("2027-02",)
    assert [line[0] for line in by_month.lines() if line[2] is None and line[3] == 1] == ["2027-02"]
    assert as_csv(by_month).decode().splitlines()[-1] == "2027-02,250,,1"
    assert as_csv(made(releases, "quarter", sites=["ghent-er"])).decode().splitlines()[-1].endswith(",,1")
    assert [line[1:] for line in made(releases, "").lines()] == [(None, 1)]
    read = json.loads(as_json(by_month))
    assert read["lost"] == ["2027-02"] and read["rows"][-1]["margin"] is None and read["rows"][-1]["lost"] == 1
    sheet = load_workbook(io.BytesIO(as_xlsx(by_month))).worksheets[0]
    assert list(sheet.values)[-1] == ("2027-02", 250, None, 1)
    # Of months that are whole nothing of this is said.
    assert export(releases, OUTCOMES, ["2026-11"], ["month"]).lost == ()


def test_circumstances_and_signs_by_names_that_can_be_read(releases: Releases) -> None:
    months = list(releases.months())
    facts = export(releases, CIRCUMSTANCES, months, ["year", "fact"])
    assert [line[:2] for line in facts.lines()] == [
        (year, fact) for year in ("2026", "2027") for fact in ("all", "alone", "interpreter", "consent", "sheet")
    ]
    combinations = export(releases, CIRCUMSTANCES, months, ["combination"])
    names = [line[0] for line in combinations.lines()]
    assert names[0] == "none" and names[-1] == "alone+interpreter+consent+sheet" and len(set(names)) == 16
    assert [line[0] for line in export(releases, SIGNS, months, ["sign"]).lines()] == sorted([*SIGN_IDS, "none"])


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_choice_gives_the_same_bytes_today_and_after_a_restart(
    releases: Releases, store: Store, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = FORMATS[ending][0]
    first = write(made(releases), ["What it means."])
    later = time.time() + 90_000_000
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    again = Releases(Store(store.engine.url.render_as_string(hide_password=False)))
    assert write(made(again), ["What it means."]) == first
    freeze(store, "2027-02", [77] * len(LAYOUT.cells()))
    months = ["2026-11", "2026-12", "2027-01"]
    assert write(export(again, OUTCOMES, months, ["month", "site", "level"]), ["What it means."]) == first


def test_a_workbook_has_no_time_of_its_own(releases: Releases) -> None:
    with ZipFile(io.BytesIO(as_xlsx(made(releases)))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert str(time.gmtime().tm_year).encode() not in archive.read("docProps/core.xml")


@pytest.mark.parametrize(
    ("grid", "by", "said"),
    [
        (OUTCOMES, ["week"], "cannot be told by 'week'; there are month, quarter, year, site, level"),
        (SIGNS, ["level"], "cannot be told by 'level'"),
        (OUTCOMES, ["month", "year"], "one of month, quarter, year at a time"),
        (CIRCUMSTANCES, ["fact", "combination"], "one of fact, combination at a time"),
    ],
)
def test_lines_that_cannot_be_made_are_told(releases: Releases, grid: object, by: list[str], said: str) -> None:
    with pytest.raises(ExportError, match=said):
        export(releases, grid, list(releases.months()), by)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_line_is_the_sum_of_the_lines_below_it(releases: Releases, data: st.DataObject) -> None:
    """Before it is hidden: figures of a finer view add up to those of a coarser one, cell by cell and by number."""
    months = data.draw(st.lists(st.sampled_from(list(releases.months())), unique=True, min_size=1))
    sites = data.draw(st.none() | st.lists(st.sampled_from(["main", *SITES]), unique=True, min_size=1))
    levels = data.draw(st.none() | st.lists(st.sampled_from([level.value for level in Level]), unique=True, min_size=1))
    coarse = set(data.draw(st.lists(st.sampled_from(["quarter", "part", "level"]), unique=True)))
    fine = {"quarter", "part", "level"}
    below: dict[tuple[str, str, str], list[int]] = {}
    for row in releases.view(OUTCOMES, months, fine, sites, levels):
        key = tuple(
            value if name in coarse else ""
            for name, value in (("quarter", row.span), ("part", row.part), ("level", row.level))
        )
        whole = below.setdefault(key, [0, 0])
        whole[0] += row.figure.value
        whole[1] += row.figure.cells
    above = {
        (row.span, row.part, row.level): [row.figure.value, row.figure.cells]
        for row in releases.view(OUTCOMES, months, coarse, sites, levels)
    }
    assert above == below


# No figure below ten, on any page and in any file, whatever was released.


@pytest.fixture(scope="module")
def ann(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("served")
    app = create_app(Settings(instance=folder, keys=folder / "keys"), Clock())
    sites: Sites = app.extensions["sites"]
    for id in SITES:
        sites.add(id, f"Team {id}")
    app.extensions["accounts"].add("ann", PASSWORD)
    client = app.test_client()
    sign_in(client, "ann")
    return client


NEXT_MONTH = months_from("3000-01", "3999-12")
#: Mostly small: that is where something could show.
VALUES = st.lists(
    st.integers(-12, 14) | st.integers(-400, 4000), min_size=len(LAYOUT.cells()), max_size=len(LAYOUT.cells())
)


def figures_in(page: str) -> list[str]:
    """Every figure on a page, with its margin cut off: in tables, on bars, and in what is read aloud."""
    cells = re.findall(r'<td(?: class="is-under")?>(.*?)</td>', page, re.S)
    told = [unescape(re.sub("<[^>]+>", "", cell)) for cell in cells]
    told += [
        part.partition(": ")[2]
        for title in re.findall("<title id[^>]*>(.*?)</title>", page, re.S)
        for part in unescape(title).split(". ")
        if ": " in part
    ]
    told += [
        unescape(text) for text in re.findall(r'<text x="[^"]*" y="[^"]*" text-anchor="middle">(.*?)</text>', page)
    ]
    return [one.partition("±")[0].strip().rstrip(".") for one in told]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_no_figure_below_ten_is_shown_in_any_form(ann: FlaskClient, values: list[int]) -> None:
    month = next(NEXT_MONTH)
    freeze(ann.application.extensions["store"], month, values)
    query = f"from={month}&to={month}&span=month"
    for grid, lines_by in (
        ("outcomes", ("level", "site", "site,level", "")),
        ("circumstances", ("fact", "combination", "")),
        ("signs", ("sign", "")),
    ):
        page = ann.get(f"/supervisor/{grid}?{query}").text
        found = figures_in(page)
        assert len(found) > 4
        for figure in found:
            assert figure in (HIDDEN, "<10") or int(figure) >= 10, figure
        under = re.findall(r'<rect class="amount under"[^>]* height="([^"]+)"', page)
        assert len(set(under)) <= 2, "one height for each of the two scales"
        for by, ending in itertools.product(lines_by, FORMATS):
            file = ann.get(f"/supervisor/{grid}/file?{query}&by={by}&format={ending}")
            assert file.status_code == 200
            for value in values_in(file.data, ending):
                assert value == HIDDEN or int(value) >= 10, value


def values_in(file: bytes, ending: str) -> list[object]:
    if ending == "csv":
        return [line["value"] for line in csv.DictReader(io.StringIO(file.decode()))]
    if ending == "json":
        return [line["value"] for line in json.loads(file)["rows"]]
    header, *lines = load_workbook(io.BytesIO(file)).worksheets[0].values
    return [line[header.index("value")] for line in lines]


def test_page_and_files_tell_the_same_words(ann: FlaskClient) -> None:
    freeze(ann.application.extensions["store"], "2999-12", [0] * len(LAYOUT.cells()))
    query = "from=2999-12&to=2999-12"
    page = unescape(re.sub("<[^>]+>", "", ann.get(f"/supervisor/outcomes?{query}").text))
    assert HIDDEN in page
    for ending in FORMATS:
        assert set(values_in(ann.get(f"/supervisor/outcomes/file?{query}&format={ending}").data, ending)) == {HIDDEN}


def test_a_file_is_named_by_its_months_and_meant_to_be_kept(ann: FlaskClient) -> None:
    freeze(ann.application.extensions["store"], "2998-12", [20] * len(LAYOUT.cells()))
    for ending, (_, kind) in FORMATS.items():
        answer = ann.get(f"/supervisor/signs/file?from=2998-12&to=2998-12&by=sign&format={ending}")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="signs-2998-12-2998-12.{ending}"'
        assert answer.mimetype == kind and answer.headers["X-Content-Type-Options"] == "nosniff"
        again = ann.get(f"/supervisor/signs/file?from=2998-12&to=2998-12&by=sign&format={ending}")
        assert again.data == answer.data
    assert b"drawn at random" in ann.get("/supervisor/signs/file?from=2998-12&to=2998-12&format=json").data


def test_a_file_of_a_lost_month_names_it_in_words(ann: FlaskClient) -> None:
    freeze(ann.application.extensions["store"], "2997-12", [20] * len(LAYOUT.cells()), is_whole=False)
    path = "/supervisor/signs/file?from=2997-12&to=2997-12&by=sign&format="
    assert b"lost with their key" in ann.get(path + "json").data
    about = [line[0] for line in load_workbook(io.BytesIO(ann.get(path + "xlsx").data))["about"].values]
    assert any("lost with their key" in line and "2997-12" in line for line in about)
    assert "lost" not in " ".join(ann.get("/supervisor/signs/file?from=2998-12&format=json").json["about"])


def test_a_file_of_the_demonstration_says_so_in_its_name_and_its_words(tmp_path: Path, ann: FlaskClient) -> None:
    app = create_app(Settings(instance=tmp_path, keys=tmp_path / "keys", is_demo=True), Clock())
    freeze(app.extensions["store"], "2026-12", [20] * len(LAYOUT.cells()))
    app.extensions["accounts"].add("ann", PASSWORD)
    client = app.test_client()
    sign_in(client, "ann")
    answer = client.get("/supervisor/signs/file?by=sign&format=json")
    assert 'filename="demonstration-signs-2026-12-2026-12.json"' in answer.headers["Content-Disposition"]
    assert answer.json["about"][0].startswith("Demonstration: all figures and sites are invented")
    freeze(ann.application.extensions["store"], "2996-12", [20] * len(LAYOUT.cells()))
    assert "Demonstration" not in ann.get("/supervisor/signs/file?from=2996-12&to=2996-12&format=json").text


def test_a_file_that_is_too_long_is_left_to_the_command(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, keys=tmp_path / "keys"), Clock())
    store: Store = app.extensions["store"]
    parts = [f"site-{number}" for number in range(900)]
    for month in months_from("2026-01", "2026-12"):
        with store.writing() as connection:
            cells = [
                {"grid": "outcomes", "month": month, "part": part, "level": "act-now", "value": 1} for part in parts
            ]
            connection.execute(insert(release_cell), cells)
            connection.execute(insert(release).values(month=month, is_whole=True))
    app.extensions["accounts"].add("ann", PASSWORD)
    client = app.test_client()
    sign_in(client, "ann")
    answer = client.get("/supervisor/outcomes/file?span=month&by=site,level")
    assert answer.status_code == 400 and "screening tally export" in answer.text
    assert client.get("/supervisor/outcomes/file?span=quarter&by=site").status_code == 200


def test_what_is_invented_has_every_site_month_and_cell(store: Store, clock: Clock, tmp_path: Path) -> None:
    store.prepare()
    invent(store, Sites(store, tmp_path, clock), SIGN_IDS, until="2027-01")
    releases = Releases(store)
    months = releases.months()
    assert list(months) == list(months_from("2025-01", "2026-12")) and all(months.values())
    assert len(releases.parts(OUTCOMES, list(months))) == 9
    for grid in (OUTCOMES, CIRCUMSTANCES, SIGNS):
        whole = releases.view(grid, list(months))[0].figure
        assert 8_000 < whole.value < 16_000, grid.name
