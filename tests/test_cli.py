"""The commands: the JSON that others build on, and one clear line for whatever is wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pypdf
import pytest

from screening.rulebook import Rulebook


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
        ("alarm-bells", {"circumstances": {"alone": "true"}}, "true, false, without quotes"),
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
    assert (result.exit_code, result.stdout) == (0, "6 checklists, 64 indicators, 57 places: all good\n")


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


def test_sheet_says_what_another_checklist_makes_of_the_same_answers(command, tmp_path: Path) -> None:
    """As the sheet on the screen does."""
    out = tmp_path / "sheet.pdf"
    for checklist, says_so in (("labour-exploitation", True), ("alarm-bells", False)):
        command("sheet", checklist, "-o", str(out), given={"answers": {"little-contact": "told"}})
        said = " ".join(pypdf.PdfReader(out).pages[0].extract_text().split())
        assert ("The same answers, judged by “Alarm bells”: One alarm bell." in said) is says_so


def test_sheet_into_a_folder_that_is_none(command, tmp_path: Path) -> None:
    result = command("sheet", "alarm-bells", "-o", str(tmp_path / "no" / "sheet.pdf"), given="{}")
    assert result.exit_code == 1 and "No such file or directory" in result.stderr


def test_serve_on_a_port_that_is_taken_says_so(command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = command("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1 and "cannot be used" in result.stderr and "--port" in result.stderr


def test_serve_on_what_is_no_address_says_so(command) -> None:
    result = command("serve", "--host", "999.1.1.1", "--port", "18998")
    assert result.exit_code == 1
    assert result.stderr == "Error: 999.1.1.1 is no address of this machine. Name one with --host.\n"


def test_the_language_of_the_source_has_no_critical_sentences(command) -> None:
    result = command("translations", "critical", "--language", "en")
    assert result.exit_code == 2 and "what the texts are written in" in result.stderr


def test_a_dash_is_standard_output(command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for what, given in (("sheet", "{}"), ("paper", "")):
        result = command(what, "alarm-bells", "-o", "-", given=given)
        assert result.exit_code == 0 and result.stdout_bytes.startswith(b"%PDF-"), what
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["rules", "schemas", "{}/made"],
        ["translations", "extract", "{}/made"],
        ["translations", "begin", "it", "--for", "person", "{}/made"],
    ],
)
def test_a_place_that_cannot_be_written_is_one_line(command, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "file").write_text("no folder")
    result = command(*(argument.format(tmp_path / "file") for argument in arguments))
    assert result.exit_code == 1 and result.stderr.count("\n") == 1, result
    assert str(tmp_path / "file") in result.stderr and "Not a directory" in result.stderr


def test_the_trial_needs_no_code_and_is_in_nobodys_counts(command, tmp_path: Path) -> None:
    """The house's own server has teams, a proxy and a page to leave to: each of them once stopped the trial."""
    assert command("site", "add", "ghent-er", "Emergency, Ghent").exit_code == 0
    instance = tmp_path / "instance"
    (instance / "config.toml").write_text('trusted_proxies = ["127.0.0.1"]\n')
    before = (instance / "tally.db").read_bytes()
    around = os.environ | {"SCREENING_LEAVE_URL": "https://example.org/", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "screening.cli", "serve", "--check"],
        env=around,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0 and done.stdout.endswith("finished and erased\n"), done
    assert (instance / "tally.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["instance"], "and nothing stays"


def test_the_trial_reads_the_rules_of_the_house(command, tmp_path: Path) -> None:
    path = tmp_path / "instance" / "rules" / "site.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("nme: Ward 3\n")
    result = command("serve", "--check")
    assert result.exit_code == 1 and "the server did not start" in result.stderr and "nme" in result.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("SCREENING_PLACE", "Belgium"), ("SCREENING_PLACE", "XX"), ("LOG_LEVEL", "LOUD")]
)
def test_a_wrong_setting_stops_the_start(command, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    result = command("serve", "--port", "18998")
    assert result.exit_code == 2 and name in result.stderr


# --- For the people who write rules ---------------------------------------------------------------


def test_rules_show_is_a_page_with_signs_conditions_in_words_outcomes_and_examples(command) -> None:
    result = command("rules", "show", "alarm-bells")
    assert result.exit_code == 0
    for said in (
        "# Alarm bells",
        "- Must pay back a large debt\n  large-debt · Means · 004/bells/10, 003/control/1\n  Look: Speaks of owing",
        "- several: 2 or more of the 11 signs",
        "- abuse: “Shows signs of physical or psychological abuse”",
        "1. Several alarm bells (several-signs, Seek advice)\n   When: several",
        "- a large debt alone is one sign and not several\n  Told: “Must pay back a large debt”\n  No: 10.",
    ):
        assert said in result.stdout, result.stdout
    assert "&#39;" not in result.stdout and "&lt;" not in result.stdout


@pytest.mark.parametrize(
    ("checklist", "said"),
    [
        ("act-means-purpose", "means-not-asked: (Age: Under 18 or Unsure) or Legal test: Act and purpose are enough"),
        ("act-means-purpose", "When: act and purpose and (means or means-not-asked)"),
        ("act-means-purpose", "several: 2 or more of the signs of Means or Purpose"),
        ("recruitment-and-control", "recruited: 1 or more of the signs in “How it began”"),
        ("full-assessment", "several: 2 or more of the signs outside “How it began”"),
        ("full-assessment", "Never counted, since it says something of a place"),
    ],
)
def test_rules_show_says_each_rule_in_words(command, checklist: str, said: str) -> None:
    assert said in command("rules", "show", checklist).stdout


def test_rules_show_lists_the_names_of_the_texts(command) -> None:
    names = command("rules", "show", "alarm-bells", "--texts").stdout.splitlines()
    assert "checklist/alarm-bells/title" in names and "indicator/large-debt/ask" in names and len(names) > 40


def test_rules_show_of_what_is_no_checklist(command) -> None:
    result = command("rules", "show", "alarm-bels")
    assert result.exit_code == 2 and "did you mean 'alarm-bells'?" in result.stderr


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The small checklist with other words, a higher threshold, and one example that comes out otherwise."""
    from rule_folders import write_rules

    write_rules(tmp_path / "old")
    path = write_rules(tmp_path / "new") / "checklists" / "small.yaml"
    text = path.read_text().replace("several: {count: all, at_least: 2}", "several: {count: all, at_least: 3}")
    text = text.replace(
        "told: [sign-a], seen: [sign-d], outcome: many", "told: [sign-a, sign-b, sign-c], outcome: many"
    )
    path.write_text(text.replace("title: Many", "title: A lot").replace("minutes: 1", "minutes: 2"))
    return path


def test_rules_diff_says_what_changed_in_words_examples_and_results(command, tmp_path: Path, newer: Path) -> None:
    for old, new in [
        (tmp_path / "old", tmp_path / "new"),
        (tmp_path / "old" / "checklists" / "small.yaml", newer),
        (tmp_path / "old", newer),
    ]:
        result = command("rules", "diff", str(old), str(new))
        assert result.exit_code == 0, result.stderr
        for said in (
            "outcome/small/many/title\n    - Many\n    + A lot",
            "minutes\n    - 1\n    + 2",
            "several\n    - 2 or more of the 4 signs\n    + 3 or more of the 4 signs",
            "  two\n    - many\n    + single",
            "6 of 16 complete sets of answers: many (Seek advice) -> single (Stay attentive)",
            "such as: “Sign 3”, “Sign 4”; no other sign",
        ):
            assert said in result.stdout, result.stdout


def test_rules_diff_takes_an_older_file_of_any_name(command, tmp_path: Path, newer: Path, monkeypatch) -> None:
    kept = tmp_path / "small.yaml.last-month"
    kept.write_text((tmp_path / "old" / "checklists" / "small.yaml").read_text())
    monkeypatch.setenv("SCREENING_RULES", str(tmp_path / "old"))
    result = command("rules", "diff", str(kept), str(newer))
    assert result.exit_code == 0 and "6 of 16 complete sets" in result.stdout


def test_rules_diff_of_the_same_and_of_words_alone(command, tmp_path: Path, newer: Path) -> None:
    assert command("rules", "diff", str(tmp_path / "old"), str(tmp_path / "old")).stdout == "No checklist changed.\n"
    signs = tmp_path / "new" / "indicators.yaml"
    write = (tmp_path / "old" / "checklists" / "small.yaml").read_text()
    newer.write_text(write)
    signs.write_text(signs.read_text().replace("text: Sign 1", "text: Sign one"))
    said = command("rules", "diff", str(tmp_path / "old"), str(tmp_path / "new")).stdout
    assert "- Sign 1\n    + Sign one" in said and "No set of answers comes out otherwise (16 compared)." in said


def test_rules_diff_names_what_is_only_in_one_and_what_is_wrong(command, tmp_path: Path, newer: Path) -> None:
    other = newer.with_name("other.yaml")
    other.write_text(newer.read_text().replace("id: small", "id: other"))
    said = command("rules", "diff", str(tmp_path / "old"), str(tmp_path / "new")).stdout
    assert "# other: only in the new version" in said
    said = command("rules", "diff", str(tmp_path / "new"), str(tmp_path / "old")).stdout
    assert "# other: only in the old version" in said
    other.write_text("id: [")
    result = command("rules", "diff", str(tmp_path / "old"), str(tmp_path / "new"))
    assert result.exit_code == 1 and "checklists/other.yaml:1:" in result.stderr
    assert command("rules", "diff", str(tmp_path / "old"), str(tmp_path / "nowhere")).exit_code == 2
    other.write_text(newer.read_text().replace("id: small", "id: other"))
    result = command("rules", "diff", str(tmp_path / "old"), str(other))
    assert result.exit_code == 2 and "no checklist of the id" in result.stderr


def test_rules_schemas_writes_what_editors_need(command, tmp_path: Path) -> None:
    result = command("rules", "schemas", str(tmp_path / "made"))
    assert result.exit_code == 0 and (tmp_path / "made" / "checklist.json").is_file()


def test_rules_check_reads_the_rules_of_a_site_too(command, tmp_path: Path) -> None:
    path = tmp_path / "instance" / "rules" / "wording" / "en.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("language: en\ntexts: {indicator/large-debt/text: Owes a lot}\n")
    assert command("rules", "check").exit_code == 0
    hashes = [line.split()[2] for line in command("rules", "list").stdout.splitlines()]
    path.unlink()
    assert hashes[0] != command("rules", "list").stdout.split()[2]
    path.write_text("language: en\ntexts: {nothing: Owes a lot}\n")
    result = command("rules", "check")
    assert result.exit_code == 1 and "instance/rules/wording/en.yaml:2:9" in result.stderr


# --- Places ---------------------------------------------------------------------------------------


def test_places_check_lists_what_is_stale_unverified_and_missing_and_passes(command) -> None:
    result = command("places", "check")
    assert result.exit_code == 0
    assert "BE: 12 shown, 0 verified by telephone, 1 held back" in result.stdout
    assert "AL: 0 shown, 0 verified by telephone, 1 held back" in result.stdout
    for role in ("security", "night", "child-protection", "social-worker"):
        assert f"missing: this site has named nobody for {role}" in result.stdout
    assert "in 57 places: valid; practice only" in result.stdout.splitlines()[-1]


def test_places_check_says_what_was_checked_too_long_ago(command, tmp_path: Path, monkeypatch) -> None:
    from rule_folders import write_rules

    rules = write_rules(tmp_path / "rules")
    monkeypatch.setenv("SCREENING_RULES", str(rules))
    place = rules / "places" / "be.yaml"
    place.write_text(place.read_text().replace("2026-11-23", "2020-02-29"))
    result = command("places", "check", "--stale-after", "365")
    assert result.exit_code == 0 and "  stale: be-centre was checked on 2020-02-29" in result.stdout
    assert "stale" not in command("places", "check", "--stale-after", "100000").stdout
    place.write_text(place.read_text().replace("2020-02-29", "2999-01-01"))
    result = command("places", "check")
    assert result.exit_code == 0 and "  not yet: be-centre was checked on 2999-01-01, a day to come" in result.stdout


def test_places_check_fails_on_what_is_invalid_and_on_nothing_else(command, tmp_path: Path, monkeypatch) -> None:
    from rule_folders import write_rules

    rules = write_rules(tmp_path / "rules")
    monkeypatch.setenv("SCREENING_RULES", str(rules))
    place = rules / "places" / "be.yaml"
    good = place.read_text()
    place.write_text(
        good.replace('{dial: "02 511 64 64", e164: "+3225116464", reachable_from: anywhere}', '{dial: "123456"}')
    )
    assert command("places", "check").exit_code == 0, "a short code that no metadata knows is no fault"
    place.write_text(good.replace('"02 511 64 64"', '"02 511 64 65"'))
    result = command("places", "check")
    assert result.exit_code == 1 and "does not reach +3225116464" in result.stderr


def test_places_check_is_ready_once_the_site_has_named_its_contacts(command, tmp_path: Path) -> None:
    from test_places import SITE

    path = tmp_path / "instance" / "rules" / "site.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(SITE)
    result = command("places", "check")
    assert "missing" not in result.stdout and result.stdout.splitlines()[-1].endswith("valid; ready")
