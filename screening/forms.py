"""From a checklist to the forms of its pages, and from what is sent back to answers and circumstances."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import ClassVar, cast

from werkzeug.datastructures import MultiDict
from wtforms import Form, RadioField
from wtforms.fields import SelectChoice

from screening.checklist import CIRCUMSTANCE_VALUES, Answer, Circumstances, Group

#: What a circumstance carries when it is left open. It is never a value of the core, where None is "not known".
UNKNOWN = "unknown"

#: What the safety page asks, in its order, what the page on concern asks, and what can be said at first sight.
SAFETY = ("danger", "alone", "interpreter", "age", "consent")
CONCERN = ("asks", "concern")
OBSERVED = ("age", "concern")


class FormError(ValueError):
    """A form was sent that none of our pages can send: an unknown answer, place or checklist."""


def _choices(values: Iterable[str]) -> list[SelectChoice]:
    # The label is the value: the words on screen live in the templates.
    return [SelectChoice(value=value, label=value) for value in values]


class PageForm(Form):  # type: ignore[misc]  # WTForms has no types
    """A form of ours: the fields it has, and what each of them says when it was not sent."""

    defaults: ClassVar[Mapping[str, str]]


def _form_class(values: Mapping[str, Iterable[str]], default: str) -> type[PageForm]:
    fields = {name: RadioField(choices=_choices(each), default=default) for name, each in values.items()}
    return cast(type[PageForm], type("PageForm", (PageForm,), {**fields, "defaults": dict.fromkeys(fields, default)}))


@lru_cache(maxsize=64)
def group_form(indicators: tuple[str, ...]) -> type[PageForm]:
    """The form of one group's page: four answers for each indicator, "unknown" preset.

    Built once per group, since building a form class costs more than the rest of a page.
    """
    return _form_class(dict.fromkeys(indicators, Answer), Answer.UNKNOWN.value)


@lru_cache(maxsize=8)
def circumstances_form(names: tuple[str, ...]) -> type[PageForm]:
    """The form of the circumstances called `names`, each of which may be left open."""
    return _form_class({name: (*CIRCUMSTANCE_VALUES[name], UNKNOWN) for name in names}, UNKNOWN)


def group_page(group: Group, answers: Mapping[str, Answer]) -> Form:
    """The form of a group's page with the answers given so far."""
    form = group_form(tuple(indicator.id for indicator in group.indicators))
    return form(data={indicator.id: answers.get(indicator.id, Answer.UNKNOWN).value for indicator in group.indicators})


def circumstances_page(names: Sequence[str], circumstances: Circumstances) -> Form:
    return circumstances_form(tuple(names))(data={name: circumstances.value(name) or UNKNOWN for name in names})


def read_group(group: Group, sent: MultiDict[str, str]) -> dict[str, Answer]:
    """The answers of a group's page. One that was not sent is unknown. Raises FormError."""
    form = group_form(tuple(indicator.id for indicator in group.indicators))
    return {name: Answer(value) for name, value in _read(form, sent).items()}


def read_seen(signs: Iterable[str], sent: MultiDict[str, str]) -> dict[str, bool]:
    """Which of `signs` were ticked as seen. Raises FormError."""
    ticked = {sign: sent.get(sign) for sign in signs}
    if wrong := [sign for sign, value in ticked.items() if value not in (None, Answer.SEEN.value)]:
        raise FormError(f"no such choice for {', '.join(wrong)}")
    return {sign: value is not None for sign, value in ticked.items()}


def with_seen(answers: Mapping[str, Answer], ticked: Mapping[str, bool]) -> dict[str, Answer]:
    """The answers after a page of ticks. What was told stays told when its tick is left; no tick is never a "no"."""
    after = dict(answers)
    for sign, is_ticked in ticked.items():
        given = answers.get(sign, Answer.UNKNOWN)
        is_present = given in (Answer.SEEN, Answer.TOLD)
        if is_ticked != is_present:
            after[sign] = Answer.SEEN if is_ticked else Answer.UNKNOWN
    return after


def read_circumstances(names: Sequence[str], sent: MultiDict[str, str]) -> dict[str, str | None]:
    """The circumstances called `names`; None for one left open. Raises FormError."""
    read = _read(circumstances_form(tuple(names)), sent)
    return {name: None if value == UNKNOWN else value for name, value in read.items()}


def read_checklist(checklists: Collection[str], sent: MultiDict[str, str], field: str = "checklist") -> str:
    """The id of the checklist chosen in `field`. Raises FormError."""
    return _chosen(field, checklists, sent)


def read_case(cases: Collection[str], sent: MultiDict[str, str]) -> str:
    """The id of the practice case chosen. Raises FormError."""
    return _chosen("case", cases, sent)


def read_place(places: Iterable[str], sent: MultiDict[str, str]) -> str:
    """The place chosen, an ISO country code, or "" when it was left open. Raises FormError."""
    return _chosen("place", ("", *places), sent)


def read_language(codes: Iterable[str], sent: MultiDict[str, str], field: str) -> str:
    """The code of the language chosen in `field`, or "" for none. Raises FormError."""
    return _chosen(field, ("", *codes), sent)


def _chosen(field: str, values: Collection[str], sent: MultiDict[str, str]) -> str:
    # No form of WTForms: it would make an object for each of two hundred countries.
    value = sent.get(field, "")
    if value not in values:
        raise FormError(f"no such choice for {field}")
    return value


def _read(form_class: type[PageForm], sent: MultiDict[str, str]) -> dict[str, str]:
    # A field that was not sent falls back to its default; WTForms itself would read it as None.
    complete = MultiDict({name: sent.get(name, default) for name, default in form_class.defaults.items()})
    form = form_class(formdata=complete)
    if not form.validate():
        # The names of the fields only: what was sent must not travel in an exception.
        raise FormError(f"no such choice for {', '.join(sorted(form.errors))}")
    return {name: str(field.data) for name, field in form._fields.items()}
