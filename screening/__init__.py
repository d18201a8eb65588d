"""Screening: a checklist for trafficking in persons that leaves no trace; here its parts are put together."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, MutableMapping
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_datetime, format_time, get_day_names
from flask import Flask
from flask.templating import Environment
from flask_babel import get_locale
from flask_wtf.csrf import CSRFProtect

from screening import problems, supervisor, visit
from screening.accounts import Accounts
from screening.compression import compress
from screening.keys import Keys
from screening.languages import Language, read_languages
from screening.logs import log_quietly
from screening.places import Contact, Opening, Place, SiteContact, opening
from screening.rulebook import Rulebook, read_rulebook
from screening.security import QuietFlask, believe, protect
from screening.session import SealedSessionInterface
from screening.settings import HOUSE, SettingError, Settings, read_settings
from screening.sites import Sites
from screening.speech import speak, tell_untranslated
from screening.store import Store, StoreError
from screening.tally import Releases, Tally, Vault
from screening.throttle import Throttle


def create_app(
    settings: Settings | None = None,
    clock: Callable[[], float] = time.time,
    translations: Path = HOUSE / "translations",
) -> Flask:
    """The whole program, ready to serve; `translations` is the folder of the catalogues.

    Raises SettingError for a setting, RuleError for a rule file and CatalogueError for a catalogue that cannot be used:
    none of them reaches a visit.
    """
    settings = settings or read_settings(os.environ)
    # Read once, before the workers fork, and shared by them.
    languages = read_languages(translations, tell_untranslated)
    rulebook = read_rulebook(settings.rules, settings.instance / "rules", languages=languages)
    if settings.place and settings.place not in rulebook.places:
        raise SettingError(f"SCREENING_PLACE is {settings.place}, which is no country. Write an ISO code, such as BE.")
    log_quietly(settings.log_level, settings.log_format)
    app = QuietFlask(
        __name__,
        template_folder=str(HOUSE / "templates"),
        static_folder=str(HOUSE / "static"),
        instance_path=str(settings.instance.resolve()),
    )
    app.jinja_environment = Templates
    # An address with two slashes is another one. To lead on from it would repeat in an answer what somebody sent.
    app.url_map.merge_slashes = False
    app.config.update(
        # The secret that guards a form is random, new for each visit, and lies in the sealed cookie. Flask-WTF signs
        # it on the way into the page, which needs a key but adds nothing: this one is no secret.
        WTF_CSRF_SECRET_KEY="screening",  # noqa: S106  # nosec B106
        # A form is good for as long as its visit.
        WTF_CSRF_TIME_LIMIT=None,
        # Our own check of the origin stands beside the secret and knows more cases.
        WTF_CSRF_SSL_STRICT=False,
    )
    keys = Keys(settings.keys, clock)
    visits = SealedSessionInterface(keys, settings.idle_minutes * 60, clock)
    app.session_interface = supervisor.SupervisorSessionInterface(keys, visits, clock)
    offered = rulebook.site.languages or tuple(languages)
    app.extensions.update(rulebook=rulebook, settings=settings, keys=keys, clock=clock)
    app.extensions.update(languages=languages, person_languages=tuple(languages[code] for code in offered))
    app.extensions.update(
        counts(settings, rulebook, clock),
        sign_ins=Throttle(supervisor.TRIES),
        sign_ins_by_name=Throttle(supervisor.TRIES_FOR_A_NAME),
    )
    # One for each language and team. Where there are more than it keeps, a start takes as long as any other page.
    app.extensions["kept_start"] = lru_cache(maxsize=64)(visit.walk.start_without_visit)
    app.wsgi_app = believe(settings.trusted_proxies, app.wsgi_app)  # type: ignore[method-assign, assignment]
    protect(app, settings.leave_url)
    compress(app)
    app.before_request(app.extensions["tally"].tend)
    forms = CSRFProtect(app)
    # Leaving asks for nothing; beginning looks at its form itself.
    forms.exempt("screening.visit.leaving.leave")
    forms.exempt("screening.visit.walk.begin")
    forms.exempt("screening.visit.practice.begin_practice")
    address_files(app)
    speak(app, rulebook.wording)
    app.jinja_env.globals["is_demo"] = settings.is_demo
    tell_the_hour(app, clock)
    app.register_blueprint(visit.bp)
    app.register_blueprint(supervisor.bp)
    app.register_blueprint(problems.bp)
    return app


class Templates(Environment):
    """Our templates. None has global names of its own, so all share one table of them.

    Jinja would lay a second table over it for each, and look through both name by name at every import.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def counts(settings: Settings, rulebook: Rulebook, clock: Callable[[], float]) -> dict[str, Any]:
    """The database with what lies in it: teams, counts, releases, supervisors. Without it visits go on uncounted."""
    try:
        store = Store(settings.database)
    except StoreError as error:
        raise SettingError(str(error)) from None
    sites = Sites(store, settings.keys, clock)
    signs = [id for id, indicator in rulebook.indicators.items() if not indicator.context]

    def counting() -> list[str]:
        # Not what is believed of the teams: a month that opened without them would have no cells for them.
        return [one.id for one in sites.all() if not one.is_retired]

    tally = Tally(store, Vault(settings.keys / "months"), clock, counting, signs)
    tally.tend()
    # No connection may lie on both sides of the fork that makes the workers.
    store.let_go()
    return {
        "store": store,
        "sites": sites,
        "tally": tally,
        "releases": Releases(store),
        "accounts": Accounts(store, clock),
    }


def tell_the_hour(app: Flask, clock: Callable[[], float]) -> None:
    """Give the templates who answers now, in words of the reader's language; the sheet never asks for the hour."""

    def now() -> datetime:
        return datetime.fromtimestamp(clock(), UTC)

    @app.template_global("opening")
    def opening_of(contact: Contact | SiteContact, place: Place | None) -> Opening:
        """Whether the contact answers now, by the place's own time."""
        if place is None or not place.timezone:
            return Opening(None)
        return opening(contact.hours, place.timezone, place.iso, now())

    @app.template_global()
    def is_stale(contact: Contact) -> bool:
        return contact.is_stale(now().date())

    @app.template_filter()
    def clock_time(moment: datetime) -> str:
        """The time of an instant in its own zone: "18:00"."""
        return str(format_time(moment.time(), "HH:mm", locale=get_locale() or "en"))

    @app.template_filter()
    def day_and_time(moment: datetime) -> str:
        """The day of the week and the time, or the time alone if it is the same day there: "Monday 09:00"."""
        today = now().astimezone(moment.tzinfo).date()
        pattern = "HH:mm" if moment.date() == today else "EEEE HH:mm"
        if (moment.date() - today).days > 6:
            pattern = "d MMMM HH:mm"
        return str(format_datetime(moment.replace(tzinfo=None), pattern, locale=get_locale() or "en"))

    @app.template_filter()
    def days_in_words(hours: str, language: Language | None = None) -> str:
        """Opening hours with the days in `language`, else the worker's: "Mo-Fr 09:00-17:00" is "Mon–Fri ...".

        The digits are those on every telephone.
        """
        names = get_day_names("abbreviated", locale=language.locale if language else get_locale() or "en")
        days = {code: names[index] for index, code in enumerate(("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"))}
        hours = re.sub(r"\b(Mo|Tu|We|Th|Fr|Sa|Su)\b", lambda found: days[found[0]], hours)
        hours = hours.replace("-", "–").replace(",", ", ")
        is_arabic = language is not None and language.direction == "rtl"
        return hours.replace(",", "،").replace(";", "؛") if is_arabic else hours

    @app.template_filter()
    def day(iso: str) -> str:
        """A date in running text: "24 Nov 2026". In the narrow columns of a paper it stands as it is written."""
        locale = get_locale() or "en"
        # American English would put the month first, and nobody elsewhere could tell 11/12.
        return str(format_date(date.fromisoformat(iso), "d MMM y" if str(locale) == "en" else "medium", locale=locale))


def address_files(app: Flask) -> None:
    """Give the templates the addresses of our own files."""
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    versions = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        for path in Path(str(app.static_folder)).iterdir()
        if path.is_file()
    }

    @app.template_global()
    def asset(name: str) -> str:
        """The address of one of our own files, which changes with its content."""
        return f"/static/{name}?v={versions[name]}"
