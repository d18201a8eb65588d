"""What the environment sets, read once and strictly: a wrong setting stops the start with a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

HOUSE = Path(__file__).resolve().parent.parent

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingError(ValueError):
    """A setting cannot be used; the text says which, why, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things lie and what holds by default. `place` is an ISO country code, or "" for none chosen."""

    instance: Path = HOUSE / "instance"
    keys: Path = HOUSE / "instance" / "keys"
    rules: Path = HOUSE / "rules"
    place: str = ""
    leave_url: str = ""
    log_level: str = "WARNING"
    idle_minutes: int = 20


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings of design section 8 from `environment` (such as os.environ). Raises SettingError.

    An empty variable counts as not set. Whether the place exists is checked where the rule files are read.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    instance = Path(given.get("SCREENING_INSTANCE", HOUSE / "instance"))
    place = given.get("SCREENING_PLACE", "")
    if place and not re.fullmatch("[A-Z]{2}", place):
        raise SettingError(
            f"SCREENING_PLACE is {place!r}, which is no ISO country code. Write two capital letters, such as BE."
        )
    leave_url = given.get("SCREENING_LEAVE_URL", "")
    if leave_url:
        parts = urlsplit(leave_url)
        # The address goes into a Content-Security-Policy: anything but a plain https address could widen it.
        if parts.scheme != "https" or not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", parts.netloc):
            raise SettingError(
                f"SCREENING_LEAVE_URL is {leave_url!r}. Write a whole address that begins with https://, "
                "such as https://www.example.org/."
            )
    log_level = given.get("LOG_LEVEL", "WARNING").upper()
    if log_level not in LOG_LEVELS:
        raise SettingError(f"LOG_LEVEL is {log_level!r}. Write one of {', '.join(LOG_LEVELS)}.")
    return Settings(
        instance=instance,
        keys=Path(given.get("SCREENING_KEYS", instance / "keys")),
        rules=Path(given.get("SCREENING_RULES", HOUSE / "rules")),
        place=place,
        leave_url=leave_url,
        log_level=log_level,
    )
