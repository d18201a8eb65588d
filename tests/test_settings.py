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
