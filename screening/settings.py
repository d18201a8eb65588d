"""What the environment sets, read once and strictly: a wrong setting stops the start with a sentence."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
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
    #: Where counts, teams and supervisors lie; "" is SQLite in the instance folder.
    database_url: str = ""
    idle_minutes: int = 20
    #: Whether every page says that all figures are invented: `screening demo` sets it, and nothing else can.
    is_demo: bool = False
    #: The addresses of reverse proxies whose word on who asks is believed.
    trusted_proxies: tuple[str, ...] = ()

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.instance.resolve() / 'tally.db'}"


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
    own = read_config(instance / "config.toml")
    return Settings(
        instance=instance,
        keys=Path(given.get("SCREENING_KEYS", instance / "keys")),
        rules=Path(given.get("SCREENING_RULES", HOUSE / "rules")),
        place=place,
        leave_url=leave_url,
        log_level=log_level,
        database_url=given.get("DATABASE_URL", ""),
        idle_minutes=own.get("idle_minutes", 20),
        trusted_proxies=tuple(own.get("trusted_proxies", ())),
    )


def read_config(path: Path) -> dict[str, Any]:
    """What `instance/config.toml` sets, {} where there is none. Anything unknown in it raises SettingError.

    idle_minutes: after how many minutes without a touch a visit ends, 5 to 45.
    trusted_proxies: the addresses of the reverse proxies that may say who asks, such as ["127.0.0.1"].
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{path} cannot be read: {error}. Mend it, or remove it to go on without.") from None
    for name, value in given.items():
        if name == "idle_minutes":
            if type(value) is not int or not 5 <= value <= 45:
                raise SettingError(f"{path}: idle_minutes is {value!r}. Write a whole number from 5 to 45.")
        elif name == "trusted_proxies":
            if not isinstance(value, list) or not all(isinstance(one, str) and _is_address(one) for one in value):
                raise SettingError(f'{path}: trusted_proxies is {value!r}. Write a list such as ["127.0.0.1"].')
        else:
            raise SettingError(f"{path}: there is no setting {name!r}. There are idle_minutes and trusted_proxies.")
    return given


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
