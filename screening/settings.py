"""What the environment and `instance/config.toml` set, read once and strictly: a wrong one stops the start."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

HOUSE = Path(__file__).resolve().parent.parent

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

#: What the environment may set. Any other name that begins as ours do is a mistake, and stops the start.
ENVIRONMENT: Final = (
    "SCREENING_INSTANCE",
    "SCREENING_KEYS",
    "SCREENING_RULES",
    "SCREENING_PLACE",
    "SCREENING_LEAVE_URL",
    "DATABASE_URL",
    "LOG_LEVEL",
)


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
    #: How many processes answer.
    workers: int = 2
    #: How a line of the log is written: "text" for people, "json" for programs that collect logs.
    log_format: str = "text"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.instance.resolve() / 'tally.db'}"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from `environment` (such as os.environ) and from config.toml. Raises SettingError.

    An empty variable counts as not set. Whether the place exists is checked where the rule files are read.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    for name in given:
        if name.startswith("SCREENING_") and name not in ENVIRONMENT:
            raise SettingError(f"There is no setting {name}{_instead(name)}. Take it out of the environment.")
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
        **own,
    )


def read_config(path: Path) -> dict[str, Any]:
    """What `instance/config.toml` sets, {} where there is none. Anything unknown in it raises SettingError."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{path} cannot be read: {error}. Mend it, or remove it to go on without.") from None
    for name, value in given.items():
        if name not in CONFIG:
            raise SettingError(f"{path}: there is no setting {name!r}{_instead(name)}. There are {', '.join(CONFIG)}.")
        is_good, remedy = CONFIG[name]
        if not is_good(value):
            raise SettingError(f"{path}: {name} is {value!r}. {remedy}")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def _whole_number(least: int, most: int) -> Callable[[Any], bool]:
    # True and False are whole numbers to Python, and a mistake here.
    return lambda value: type(value) is int and least <= value <= most


def _are_addresses(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and _is_address(one) for one in value)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _instead(name: str) -> str:
    """What was meant, as far as one can tell."""
    bare = name.upper().removeprefix("SCREENING_")
    if bare.lower() in CONFIG and bare.lower() != name:
        return f": {bare.lower()} stands in config.toml, in the instance folder"
    for meant in (bare, f"SCREENING_{bare}"):
        if meant in ENVIRONMENT:
            return f": {meant} is set in the environment"
    close = get_close_matches(name, [*ENVIRONMENT, *CONFIG], n=1)
    return f" (did you mean {close[0]}?)" if close else ""


#: What config.toml may set: whether a value is good, and what to write instead of one that is not.
CONFIG: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "idle_minutes": (_whole_number(5, 45), "Write a whole number from 5 to 45."),
    "trusted_proxies": (_are_addresses, 'Write a list such as ["127.0.0.1"].'),
    "workers": (_whole_number(1, 64), "Write a whole number from 1 to 64: how many processes answer."),
    "log_format": (lambda value: value in ("text", "json"), 'Write "text" or "json".'),
}
