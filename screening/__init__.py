"""Screening: a checklist for trafficking in persons that leaves no trace; here its parts are put together."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_datetime, format_time, get_day_names
from babel.lists import format_list
from flask import Flask
from flask_babel import Babel, get_locale, pgettext
from flask_wtf.csrf import CSRFProtect

from screening import problems, supervisor, visit
from screening.accounts import Accounts
from screening.compression import compress
from screening.keys import Keys
from screening.logs import log_quietly
from screening.places import Contact, Opening, Place, SiteContact, opening
from screening.rulebook import Rulebook, read_rulebook
from screening.security import QuietFlask, believe, protect
from screening.session import SealedSessionInterface
from screening.settings import HOUSE, SettingError, Settings, read_settings
from screening.sites import Sites
from screening.store import Store, StoreError
from screening.tally import Releases, Tally, Vault
from screening.throttle import Throttle


def create_app(settings: Settings | None = None, clock: Callable[[], float] = time.time) -> Flask:
    """The whole program, ready to serve.

    Raises SettingError for a setting and RuleError for a rule file that cannot be used: neither reaches a visit.
    """
    settings = settings or read_settings(os.environ)
    rulebook = read_rulebook(settings.rules, settings.instance / "rules")
    if settings.place and settings.place not in rulebook.places:
        raise SettingError(f"SCREENING_PLACE is {settings.place}, which is no country. Write an ISO code, such as BE.")
    log_quietly(settings.log_level, settings.log_format)
    app = QuietFlask(
        __name__,
        template_folder=str(HOUSE / "templates"),
        static_folder=str(HOUSE / "static"),
        instance_path=str(settings.instance.resolve()),
    )
    app.config.update(
        BABEL_TRANSLATION_DIRECTORIES=str(HOUSE / "translations"),
        # The secret that guards a form is random, new for each visit, and lies in the sealed cookie. Flask-WTF signs
        # it on the way into the page, which needs a key but adds nothing: this one is no secret.
        WTF_CSRF_SECRET_KEY="screening",  # noqa: S106
        # A form is good for as long as its visit.
        WTF_CSRF_TIME_LIMIT=None,
        # Our own check of the origin stands beside the secret and knows more cases.
        WTF_CSRF_SSL_STRICT=False,
    )
    keys = Keys(settings.keys, clock)
    visits = SealedSessionInterface(keys, settings.idle_minutes * 60, clock)
    app.session_interface = supervisor.SupervisorSessionInterface(keys, visits, clock)
    app.extensions.update(rulebook=rulebook, settings=settings, keys=keys, clock=clock)
    app.extensions.update(
        counts(settings, rulebook, clock),
        sign_ins=Throttle(supervisor.TRIES),
        sign_ins_by_name=Throttle(supervisor.TRIES_FOR_A_NAME),
    )
    app.wsgi_app = believe(settings.trusted_proxies, app.wsgi_app)  # type: ignore[method-assign, assignment]
    protect(app, settings.leave_url)
    compress(app)
    app.before_request(app.extensions["tally"].tend)
    forms = CSRFProtect(app)
    # Leaving asks for nothing; beginning looks at its form itself.
    forms.exempt("screening.visit.leaving.leave")
    forms.exempt("screening.visit.walk.begin")
    forms.exempt("screening.visit.practice.begin_practice")
    Babel(app)
    word_templates(app, rulebook.wording)
    app.jinja_env.globals["is_demo"] = settings.is_demo
    tell_the_hour(app, clock)
    app.register_blueprint(visit.bp)
    app.register_blueprint(supervisor.bp)
    app.register_blueprint(problems.bp)
    return app


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
    def days_in_words(hours: str) -> str:
        """Opening hours with the days in the reader's language: "Mo-Fr 09:00-17:00" is "Mon–Fri 09:00–17:00"."""
        names = get_day_names("abbreviated", locale=get_locale() or "en")
        for index, code in enumerate(("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")):
            hours = re.sub(rf"\b{code}\b", names[index], hours)
        return hours.replace("-", "–").replace(",", ", ")


def word_templates(app: Flask, wording: Mapping[str, Mapping[str, str]]) -> None:
    """Give the templates what they need for words: the texts of rule files, lists, and addresses of our own files.

    `wording` is what a site says in other words, by language and name of the text.
    """
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals["get_locale"] = get_locale
    versions = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        for path in Path(str(app.static_folder)).iterdir()
        if path.is_file()
    }

    @app.template_filter()
    def rule_text(text: str, context: str) -> str:
        """A text of a rule file in the reader's language; `context` is its name, for a site and for translators."""
        own = wording.get(str(get_locale() or "en"), {}).get(context)
        return own or (str(pgettext(context, text)) if text else "")

    @app.template_filter()
    def one_of(words: list[str]) -> str:
        """Words joined as a choice: "999 or 112"."""
        return format_list(list(words), style="or", locale=get_locale() or "en")

    @app.template_filter()
    def country(iso: str) -> str:
        """The name of a country in the reader's language."""
        return str((get_locale() or Locale("en")).territories.get(iso, iso))

    @app.template_filter()
    def language(code: str) -> str:
        """The name of a language in the reader's language."""
        return str((get_locale() or Locale("en")).languages.get(code, code))

    @app.template_filter()
    def by_country(places: Mapping[str, Place]) -> list[tuple[str, str, Place]]:
        """Codes, names in the reader's language, and places, sorted by name."""
        names = (get_locale() or Locale("en")).territories
        named = [(iso, str(names.get(iso, iso)), place) for iso, place in places.items()]
        return sorted(named, key=lambda entry: entry[1])

    @app.template_global()
    def asset(name: str) -> str:
        """The address of one of our own files, which changes with its content."""
        return f"/static/{name}?v={versions[name]}"
