"""Settings are read strictly: a wrong one is a sentence that names it and its remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from screening.settings import HOUSE, SettingError, read_settings


def test_without_settings_everything_lies_in_the_house() -> None:
    settings = read_settings({})
    assert settings.instance == HOUSE / "instance"
    assert settings.keys == HOUSE / "instance" / "keys"
    assert settings.rules == HOUSE / "rules"
    assert settings.place == ""


def test_keys_lie_in_the_instance_folder_unless_they_are_put_elsewhere() -> None:
    assert read_settings({"SCREENING_INSTANCE": "/srv/x"}).keys == Path("/srv/x/keys")
    assert read_settings({"SCREENING_INSTANCE": "/srv/x", "SCREENING_KEYS": "/run/k"}).keys == Path("/run/k")


def test_an_empty_setting_counts_as_not_set() -> None:
    assert read_settings({"SCREENING_PLACE": " ", "LOG_LEVEL": ""}) == read_settings({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SCREENING_PLACE", "Belgium"),
        ("SCREENING_PLACE", "be"),
        ("SCREENING_LEAVE_URL", "http://example.org/"),
        ("SCREENING_LEAVE_URL", "https://example.org; script-src *"),
        ("SCREENING_LEAVE_URL", "javascript:alert(1)"),
        ("SCREENING_LEAVE_URL", "https://user:word@example.org/"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name) as caught:
        read_settings({name: value})
    assert "Write" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SCREENING_PLAICE", r"did you mean SCREENING_PLACE\?"),
        ("SCREENING_SERVICE_HOST", "no setting SCREENING_SERVICE_HOST"),
        ("SCREENING_IDLE_MINUTES", "idle_minutes stands in config.toml"),
        ("SCREENING_WORKERS", "workers stands in config.toml"),
        ("SCREENING_DATABASE_URL", "DATABASE_URL is set in the environment"),
    ],
)
def test_an_unknown_setting_in_the_environment_stops_the_start(name: str, meant: str) -> None:
    with pytest.raises(SettingError, match=meant) as caught:
        read_settings({name: "4"})
    assert name in str(caught.value) and "Take it out" in str(caught.value)
    assert read_settings({name: " "}) == read_settings({}), "an empty one is not set"


@pytest.mark.parametrize(
    "command", [["serve"], ["rules", "list"], ["tally", "status"], ["sheet", "alarm-bells", "-o", "x"]]
)
def test_every_command_stops_at_an_unknown_setting(command: list[str], tmp_path: Path) -> None:
    around = os.environ | {"SCREENING_INSTANCE": str(tmp_path / "instance"), "SCREENING_PLAICE": "BE"}
    said = subprocess.run(
        [sys.executable, "-m", "screening.cli", *command], env=around, capture_output=True, text=True, timeout=60
    )
    assert (said.returncode, said.stdout) == (2, ""), said
    assert said.stderr.count("\n") == 1 and "SCREENING_PLAICE" in said.stderr
    assert not (tmp_path / "instance").exists(), "nothing is begun"


def config(tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / "config.toml").write_text(text)
    return {"SCREENING_INSTANCE": str(tmp_path)}


def test_the_instance_folder_may_set_more(tmp_path: Path) -> None:
    text = 'idle_minutes = 5\ntrusted_proxies = ["127.0.0.1", "2001:db8::1"]\nworkers = 8\nlog_format = "json"\n'
    settings = read_settings(config(tmp_path, text))
    assert settings.idle_minutes == 5 and settings.trusted_proxies == ("127.0.0.1", "2001:db8::1")
    assert settings.workers == 8 and settings.log_format == "json"


def test_counts_lie_beside_the_keys_unless_they_are_put_elsewhere(tmp_path: Path) -> None:
    assert read_settings({"SCREENING_INSTANCE": str(tmp_path)}).database == f"sqlite:///{tmp_path.resolve()}/tally.db"
    assert read_settings({"DATABASE_URL": "postgresql://u@h/d"}).database == "postgresql://u@h/d"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("idle_minutes = 4", "idle_minutes is 4"),
        ("idle_minutes = 46", "5 to 45"),
        ("idle_minutes = true", "whole number"),
        ('idle_minutes = "20"', "whole number"),
        ("idle_minutes = 20.0", "whole number"),
        ('trusted_proxies = "127.0.0.1"', "Write a list"),
        ('trusted_proxies = ["proxy.example"]', "Write a list"),
        ("trusted_proxies = [1]", "Write a list"),
        ('trusted_proxies = ["10.0.0.0/8"]', "Write a list"),
        ("workers = 0", "workers is 0. Write a whole number from 1 to 64"),
        ("workers = 65", "1 to 64"),
        ("workers = false", "whole number"),
        ('log_format = "xml"', 'Write "text" or "json"'),
        ("log_format = 1", 'Write "text" or "json"'),
        ("idel_minutes = 20", r"no setting 'idel_minutes' \(did you mean idle_minutes\?\)"),
        ('place = "BE"', "SCREENING_PLACE is set in the environment"),
        ('database_url = "x"', "DATABASE_URL is set in the environment"),
        ("[server]\nworkers = 4", "no setting 'server'"),
        ("idle_minutes = ", "cannot be read"),
        ("idle_minutes = 20\nidle_minutes = 20", "cannot be read"),
    ],
)
def test_a_wrong_line_in_the_instance_folder_stops_the_start(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingError, match=named) as caught:
        read_settings(config(tmp_path, text))
    assert str(tmp_path / "config.toml") in str(caught.value)


def test_a_config_that_is_no_text_stops_the_start(tmp_path: Path) -> None:
    environment = config(tmp_path, "")
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingError, match="cannot be read"):
        read_settings(environment)
