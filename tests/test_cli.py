"""The commands: the JSON that others build on, and one clear line for whatever is wrong."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from screening.cli import main
from screening.rulebook import Rulebook


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    for name in ("SCREENING_PLACE", "SCREENING_RULES", "SCREENING_KEYS", "SCREENING_LEAVE_URL", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SCREENING_INSTANCE", str(tmp_path / "instance"))

    def run(*arguments: str, given: object = "") -> Result:
        text = given if isinstance(given, str | bytes) else json.dumps(given)
        return CliRunner().invoke(main, list(arguments), input=text)

    return run


def test_assess_prints_the_whole_shape(command, rulebook: Rulebook) -> None:
    result = command(
        "assess", "alarm-bells", given={"answers": {"large-debt": "told"}, "circumstances": {}, "place": "BE"}
    )
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    bells = rulebook.checklists["alarm-bells"]
    assert {**said, "guidance": None, "open": None} == {
        "checklist": "alarm-bells",
        "version": bells.version,
        "hash": bells.hash,
        "outcome": "one-sign",
        "level": "stay-attentive",
        "possible": ["several-signs", "one-sign"],
        "settled": False,
        "reasons": [{"condition": "one", "indicators": ["large-debt"]}],
        "open": None,
        "present": 1,
        "unknown": 10,
        "of": 11,
        "red": [],
        "guidance": None,
        "place": "BE",
        "emergency": ["112"],
    }
    assert set(said["open"]) == set(bells.countable) - {"large-debt"}
    assert "ask-in-doubt" in said["guidance"] and "law-act-purpose" in said["guidance"]


def test_assess_all_gives_one_assessment_for_each_checklist(command, rulebook: Rulebook, tmp_path: Path) -> None:
    case = {"answers": {"large-debt": "told"}, "circumstances": {"danger": True}, "place": "US"}
    (tmp_path / "case.json").write_text(json.dumps(case))
    for result in (command("assess", "--all", given=case), command("assess", "--all", str(tmp_path / "case.json"))):
        said = json.loads(result.stdout)["assessments"]
        assert [one["checklist"] for one in said] == list(rulebook.checklists)
        assert said[0]["red"] == ["danger"] and said[0]["emergency"] == ["911"]


def test_assess_reads_a_file_or_standard_input(command, tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text("{}")
    assert (
        command("assess", "alarm-bells", str(tmp_path / "case.json")).stdout
        == command("assess", "alarm-bells", "-", given="{}").stdout
    )
    said = json.loads(command("assess", "alarm-bells", given="{}").stdout)
    assert (said["outcome"], said["place"], said["emergency"]) == ("too-little-known", None, [])


@pytest.mark.parametrize(("place", "emergency"), [("GB", ["999", "112"]), ("JP", ["110", "119"]), ("GA", [])])
def test_a_country_without_a_file_still_has_its_number(command, place: str, emergency: list[str]) -> None:
    assert json.loads(command("assess", "alarm-bells", given={"place": place}).stdout)["emergency"] == emergency


def test_the_place_of_the_house_holds_where_none_is_given(command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCREENING_PLACE", "FR")
    assert json.loads(command("assess", "alarm-bells", given="{}").stdout)["place"] == "FR"


@pytest.mark.parametrize(
    ("checklist", "given", "named"),
    [
        ("alarm-bell", "{}", "'alarm-bells'"),
        ("alarm-bells", "{", "line 1, column"),
        ("alarm-bells", "", "not JSON"),
        ("alarm-bells", "[]", "not a case"),
        ("alarm-bells", "[" * 100_000, "JSON|nested"),
        ("alarm-bells", {"answer": {}}, "'answers'"),
        ("alarm-bells", {"answers": []}, '"answers" must be'),
        ("alarm-bells", {"answers": {"large-debts": "told"}}, "'large-debt'"),
        ("alarm-bells", {"answers": {"large-debt": "yes"}}, "seen, told, no, unknown"),
        ("alarm-bells", {"answers": {"large-debt": True}}, "seen, told, no, unknown"),
        ("alarm-bells", {"answers": {"large-debt": ["told"]}}, "seen, told, no, unknown"),
        ("alarm-bells", '{"answers": {"large-debt": "told", "large-debt": "no"}}', "'large-debt' is given twice"),
        ("alarm-bells", {"circumstances": {"angry": True}}, "no circumstance 'angry'"),
        ("alarm-bells", {"circumstances": {"legal-test": "act-purpose"}}, "no circumstance 'legal-test'"),
        ("alarm-bells", {"circumstances": {"alone": "yes"}}, "true, false"),
        ("alarm-bells", {"circumstances": {"alone": "true"}}, "true, false"),
        ("alarm-bells", {"circumstances": {"age": "old"}}, "adult, child, unsure"),
        ("alarm-bells", {"circumstances": {"age": True}}, "adult, child, unsure"),
        ("alarm-bells", {"circumstances": {"age": 17}}, "adult, child, unsure"),
        ("alarm-bells", {"place": "Belgium"}, "ISO country code"),
        ("alarm-bells", {"place": "be"}, "ISO country code"),
        ("alarm-bells", {"place": "XX"}, "ISO country code"),
        ("alarm-bells", {"place": 32}, "ISO country code"),
        ("alarm-bells", b"\xff\xfe", "UTF-8|JSON"),
    ],
)
@pytest.mark.parametrize("what", ["assess", "sheet"])
def test_what_is_wrong_is_named_in_one_line(
    command, tmp_path: Path, what: str, checklist: str, given: object, named: str
) -> None:
    import re

    out = tmp_path / "out.pdf"
    extra = ["-o", str(out)] if what == "sheet" else []
    result = command(what, checklist, *extra, given=given)
    assert result.exit_code == 2 and result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if "WARNING" not in line]
    assert len(lines) == 1 and re.search(named, lines[0]), result.stderr
    assert not out.exists(), "nothing is half done"


def test_a_file_that_is_not_there_and_one_too_many_are_named(command) -> None:
    result = command("assess", "alarm-bells", "nowhere.json")
    assert result.exit_code == 2 and "nowhere.json: No such file" in result.stderr
    result = command("assess", "alarm-bells", "one.json", "two.json")
    assert result.exit_code == 2 and "one file at a time" in result.stderr


def test_assess_without_a_checklist_says_what_is_missing(command) -> None:
    result = command("assess")
    assert result.exit_code == 2 and "name a checklist, or --all" in result.stderr


def test_an_answer_to_a_sign_of_another_checklist_is_accepted_and_ignored(command, tmp_path: Path, monkeypatch) -> None:
    from rule_folders import write_rules

    rules = write_rules(tmp_path / "rules")
    more = (rules / "indicators.yaml").read_text() + (
        "- id: of-another\n  text: Another\n  element: none\n  sources: [doc/signs/1]\n"
    )
    (rules / "indicators.yaml").write_text(more)
    monkeypatch.setenv("SCREENING_RULES", str(rules))
    said = json.loads(command("assess", "small", given={"answers": {"of-another": "told"}}).stdout)
    assert (said["present"], said["of"], said["outcome"]) == (0, 4, "too-little-known")


def test_rules_check_counts_what_is_good(command) -> None:
    result = command("rules", "check")
    assert (result.exit_code, result.stdout) == (0, "6 checklists, 64 indicators, 4 places: all good\n")


def test_rules_check_of_a_folder_that_is_none(command, tmp_path: Path) -> None:
    result = command("rules", "check", str(tmp_path / "nowhere"))
    assert result.exit_code == 1 and "no such folder" in result.stderr


def test_rules_list_names_version_and_hash(command, rulebook: Rulebook) -> None:
    bells = rulebook.checklists["alarm-bells"]
    assert bells.hash in command("rules", "list").stdout
    said = json.loads(command("rules", "list", "--json").stdout)
    assert said[0] == {
        "id": "alarm-bells",
        "title": "Alarm bells",
        "version": bells.version,
        "hash": bells.hash,
        "indicators": list(bells.indicators),
    }
    assert [one["id"] for one in said] == list(rulebook.checklists)


def test_sheet_writes_a_pdf(command, tmp_path: Path) -> None:
    out = tmp_path / "sheet.pdf"
    result = command("sheet", "alarm-bells", "-o", str(out), given={"answers": {"large-debt": "told"}, "place": "BE"})
    assert result.exit_code == 0, result.stderr
    assert out.read_bytes().startswith(b"%PDF-")


def test_sheet_into_a_folder_that_is_none(command, tmp_path: Path) -> None:
    result = command("sheet", "alarm-bells", "-o", str(tmp_path / "no" / "sheet.pdf"), given="{}")
    assert result.exit_code == 1 and "No such file or directory" in result.stderr


def test_serve_on_a_port_that_is_taken_says_so(command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = command("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1 and "cannot be used" in result.stderr and "--port" in result.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("SCREENING_PLACE", "Belgium"), ("SCREENING_PLACE", "XX"), ("LOG_LEVEL", "LOUD")]
)
def test_a_wrong_setting_stops_the_start(command, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    result = command("serve", "--port", "18998")
    assert result.exit_code == 2 and name in result.stderr
