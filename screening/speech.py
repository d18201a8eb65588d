"""Which language a page speaks: the worker's for what is read, the person's for what is said or handed over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, cast

from babel import Locale
from babel.lists import format_list
from babel.support import NullTranslations
from flask import Flask, current_app, g, has_app_context, has_request_context, request, session
from flask_babel import Babel, Domain, get_locale, gettext
from jinja2 import pass_context, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from markupsafe import Markup, escape

from screening.languages import SOURCE, Language, Reader, locale_of, negotiated, sorting_key
from screening.places import Place

#: Outside a visit the choice lies in this cookie of the browser's session, which holds the language and nothing else.
#: Within one it lies in the sealed visit, and is gone with it.
LANGUAGE_COOKIE: Final = "language"


def tell_untranslated() -> None:
    """Note that something on this page stands in English for want of a translation: the page says so at its foot."""
    if has_app_context():
        g.untranslated = True


def languages() -> Mapping[str, Language]:
    return cast(Mapping[str, Language], current_app.extensions["languages"])


def worker_languages() -> list[Language]:
    """Those in which everything can be read."""
    return [language for language in languages().values() if language.reader is Reader.WORKER]


def person_languages() -> list[Language]:
    """Those that this site offers for what is said or handed over."""
    return list(cast(tuple[Language, ...], current_app.extensions["person_languages"]))


def worker_language() -> Language:
    """The language of what is being read."""
    # Asked for hundreds of times on a page: looking it up each time takes a fifth of the time of the whole.
    found: Language | None = g.get("worker_language")
    if found is None:
        locale = get_locale()
        found = g.worker_language = languages()[SOURCE if locale is None else str(locale).replace("_", "-")]
    return found


def person_language(code: str) -> Language | None:
    """The language of what is said or handed over; None where it is the worker's own, or none (any more)."""
    if not code or code == worker_language().code:
        return None
    return next((language for language in person_languages() if language.code == code), None)


def _chosen() -> str:
    """What the visit says, else the cookie, else the browser; as Babel writes it."""
    codes = [language.code for language in worker_languages()]
    if has_request_context():
        for code in (getattr(session, "language", ""), request.cookies.get(LANGUAGE_COOKIE)):
            if code in codes:
                return str(code).replace("-", "_")
        wanted = [code for code, quality in request.accept_languages if quality > 0]
        return negotiated(worker_languages(), wanted).replace("-", "_")
    return SOURCE


class _Catalogues(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """What Flask-Babel looks texts up in: the catalogues that were read at the start."""

    def get_translations(self) -> NullTranslations:
        return worker_language().messages


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends a sentence: not the one in "z. B.", nor that of "Nr. 5".

    A question is not all: what is to be done comes behind it.
    """
    for stop in re.finditer(r"[.!][”“»\")]*\s+", text):
        before, after = text[: stop.start()], text[stop.end() :]
        if re.search(r"\w\w[”“»\")]*$", before) and (after[0].isupper() or not after[0].isalnum()):
            return text[: stop.end()].rstrip()
    return text


def speak(app: Flask, wording: Mapping[str, Mapping[str, str]]) -> None:
    """Give pages and templates their words. `wording` is what a site says in other words, by language and name."""
    # Not Jinja's own gettext, which goes through four calls for each text: a page has a hundred.
    babel = Babel(app, configure_jinja=False, locale_selector=_chosen)
    babel.domain_instance = _Catalogues()
    environment = app.jinja_env
    environment.globals["worker_language"] = worker_language
    environment.globals["is_untranslated"] = lambda: bool(g.get("untranslated"))

    @app.template_global("_")
    @pass_eval_context
    def say(how: EvalContext, text: str, **words: object) -> str:
        """A text of a template in the worker's language, with `words` filled in, each escaped."""
        return _filled(how, worker_language().messages.gettext(text), words)

    @app.template_global("ngettext")
    @pass_eval_context
    def say_number(how: EvalContext, one: str, many: str, number: int, **words: object) -> str:
        """The same by the number, which is filled in as `num`."""
        said = worker_language().messages.ngettext(one, many, number)
        return _filled(how, said, {"num": number, **words})

    @app.template_global()
    def here() -> str:
        """The address to come back to from the choice of a language."""
        # What somebody wrote behind a question mark is said on no page, but where our own forms put it there.
        is_ours = request.endpoint == "visit.contacts" or request.blueprint == "supervisor"
        return request.full_path.rstrip("?") if is_ours else request.path

    @app.template_filter()
    @pass_eval_context
    def rule_text(how: EvalContext, text: str, name: str, first: bool = False) -> str:
        """A text of a rule file in the worker's language, or its first sentence; `name` is what it is called.

        Where there is no translation it is the English one, marked as such for whoever hears the page.
        """
        if not text:
            return ""
        language = worker_language()
        said = wording.get(language.code, {}).get(name)
        if said is None and language.code != SOURCE:
            said = language.said.get((name, text))
        if said is not None or language.code == SOURCE:
            said = said or text
            return first_sentence(said) if first else said
        tell_untranslated()
        said = wording.get(SOURCE, {}).get(name, text)
        said = first_sentence(said) if first else said
        return Markup('<span lang="en">{}</span>').format(said) if how.autoescape else said

    @app.template_filter()
    @pass_context
    def person_text(context: Context, text: str, name: str) -> str:
        """A text of a rule file in the person's language, "" where none is chosen or nothing is translated."""
        language: Language | None = context.get("person")
        if language is None or not text:
            return ""
        own = wording.get(language.code, {}).get(name)
        english = text if language.code == SOURCE else ""
        return own or language.said.get((name, text), "") or english

    @app.template_global()
    @pass_context
    def to_person(context: Context, text: str) -> str:
        """A text of a template in the person's language; in the worker's, and marked so, where there is none."""
        language: Language | None = context.get("person")
        if language is None:
            return str(gettext(text))
        if language.code == SOURCE:
            return text
        said = language.said.get(("", text))
        return said or Markup('<span lang="{}">{}</span>').format(worker_language().code, gettext(text))

    @app.template_filter()
    def one_of(words: Iterable[str]) -> str:
        """Words joined as a choice: "999 or 112"."""
        # Escaped first: a word may be marked as English.
        joined = format_list([str(escape(word)) for word in words], style="or", locale=_locale())
        return Markup(joined)  # noqa: S704  # nosec B704

    @app.template_filter()
    def country(iso: str) -> str:
        """The name of a country in the worker's language."""
        return str(_locale().territories.get(iso, iso))

    @app.template_filter()
    def language(code: str) -> str:
        """The name of a language in the worker's language."""
        return str(_locale().languages.get(code.replace("-", "_"), code))

    @app.template_filter()
    def by_country(places: Mapping[str, Place]) -> list[tuple[str, str, Place]]:
        """Codes, names in the worker's language, and places, as that language sorts them."""
        return [(iso, name, places[iso]) for iso, name in _sorted_countries(worker_language().code, tuple(places))]


def _filled(how: EvalContext, said: str, words: Mapping[str, object]) -> str:
    if "%" not in said:
        # Nothing is to be filled in, nor is there a doubled per cent sign to be made a single one.
        return Markup(said) if how.autoescape else said  # noqa: S704  # nosec B704
    return Markup(said) % words if how.autoescape else said % words  # noqa: S704  # nosec B704


@lru_cache(maxsize=64)
def _sorted_countries(code: str, isos: tuple[str, ...]) -> list[tuple[str, str]]:
    # Sorting two hundred names takes as long as all the rest of the start page.
    names = locale_of(code).territories
    named = [(iso, str(names.get(iso, iso))) for iso in isos]
    return sorted(named, key=lambda entry: sorting_key(entry[1], code))


def _locale() -> Any:
    return get_locale() or Locale(SOURCE)
