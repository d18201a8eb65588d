"""Settings are read strictly: a wrong one is a sentence that names it and its remedy."""

from __future__ import annotations

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


def config(tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / "config.toml").write_text(text)
    return {"SCREENING_INSTANCE": str(tmp_path)}


def test_the_instance_folder_may_set_more(tmp_path: Path) -> None:
    settings = read_settings(config(tmp_path, 'idle_minutes = 5\ntrusted_proxies = ["127.0.0.1", "2001:db8::1"]\n'))
    assert settings.idle_minutes == 5 and settings.trusted_proxies == ("127.0.0.1", "2001:db8::1")


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
        ("idel_minutes = 20", "no setting 'idel_minutes'"),
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
