"""The supervisors' pages and downloads: figures of closed months, each with its margin, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, Final, cast

from babel.dates import format_date
from flask import current_app, render_template, request, url_for
from flask_babel import force_locale, get_locale
from werkzeug.exceptions import NotFound

from screening.accounts import Supervisor
from screening.checklist import Level
from screening.problems import Answered
from screening.rulebook import Rulebook
from screening.sites import Sites
from screening.supervisor import tables
from screening.supervisor.chart import draw, stripes
from screening.supervisor.choice import Choice, ChoiceError, read_choice
from screening.supervisor.door import bp, of_a_supervisor
from screening.tally import MAIN, NO_SIGN, OUTCOMES, Releases
from screening.tally.exports import FORMATS, LINES_BY, ExportError, export
from screening.tally.releases import GRID_NAMES

#: A download with more lines than this is made by the command: it would keep others from their pages.
_LONGEST_DOWNLOAD: Final = 50_000


def releases() -> Releases:
    return cast(Releases, current_app.extensions["releases"])


def titles() -> dict[str, str]:
    return cast(Sites, current_app.extensions["sites"]).titles()


@bp.get("/outcomes")
@of_a_supervisor
def outcomes(supervisor: Supervisor) -> Answered:
    closed = releases().months()
    named = titles()
    choice = every_site_is_none(read_choice(request.args, closed, supervisor.site, {MAIN, *named}), supervisor)
    if not choice.months:
        return page("outcomes", supervisor, closed, choice)
    there = sites_of(choice, named)
    last_page = max(1, -(-len(there) // tables.SITES_ON_A_PAGE))
    if choice.page > last_page:
        raise ChoiceError("no-page")
    first = (choice.page - 1) * tables.SITES_ON_A_PAGE
    table = tables.outcomes(releases(), choice)
    *levels, whole = table.by_column()
    return page(
        "outcomes",
        supervisor,
        closed,
        choice,
        table=table,
        chart=draw(levels, [whole]),
        sites=tables.by_site(releases(), choice, there[first : first + tables.SITES_ON_A_PAGE]),
        all_sites=[] if supervisor.site else sites_of(replace(choice, sites=None), named),
        titles=named,
        site_address=address_of_site(),
        kept=carried(without="" if choice.sites else "site"),
        last_page=last_page,
    )


@bp.get("")
def home() -> Answered:
    return outcomes()


@bp.get("/circumstances")
@of_a_supervisor
def circumstances(supervisor: Supervisor) -> Answered:
    closed = releases().months()
    of_all_sites_and_levels()
    choice = read_choice(request.args, closed, "", ())
    if not choice.months:
        return page("circumstances", supervisor, closed, choice)
    table = tables.circumstances(releases(), choice)
    return page(
        "circumstances",
        supervisor,
        closed,
        choice,
        table=table,
        chart=draw(table.by_column()),
        combinations=tables.combinations(releases(), choice),
    )


@bp.get("/signs")
@of_a_supervisor
def signs(supervisor: Supervisor) -> Answered:
    closed = releases().months()
    of_all_sites_and_levels()
    choice = read_choice(request.args, closed, "", ())
    if not choice.months:
        return page("signs", supervisor, closed, choice)
    indicators = cast(Rulebook, current_app.extensions["rulebook"]).indicators
    table = tables.signs(releases(), choice)
    bars = stripes({line.name: line.figures[-1] for line in table.lines if line.name != NO_SIGN})
    return page("signs", supervisor, closed, choice, table=table, stripes=bars, indicators=indicators)


@bp.get("/<grid>/file")
@of_a_supervisor
def download(supervisor: Supervisor, grid: str) -> Answered:
    """The figures as a file. They are frozen: the same address gives them for ever, by one version the same bytes."""
    if grid not in GRID_NAMES:
        raise NotFound
    is_by_site = grid == OUTCOMES.name
    named = titles()
    closed = releases().months()
    if not is_by_site:
        of_all_sites_and_levels()
    choice = read_choice(request.args, closed, supervisor.site if is_by_site else "", {MAIN, *named})
    if not choice.months:
        raise ChoiceError("no-release")
    if is_by_site:
        choice = every_site_is_none(choice, supervisor)
    ending = request.args.get("format", "csv")
    by = [name for name in request.args.get("by", "").split(",") if name]
    if ending not in FORMATS or not set(by) <= set(LINES_BY[grid]):
        raise ChoiceError("no-format", status=400)
    sites = len(sites_of(choice, named)) if "site" in by else 1
    if len(choice.spans()) * sites * len(Level) > _LONGEST_DOWNLOAD:
        raise ChoiceError("too-long", status=400)
    try:
        made = export(releases(), GRID_NAMES[grid], choice.months, (choice.span, *by), choice.sites, choice.levels)
    except ExportError:
        # Each of the names is one; together they make no lines.
        raise ChoiceError("one-at-a-time", status=400) from None
    write, kind = FORMATS[ending]
    # In English whoever asks, as its columns are: what is one file must be the same bytes for all who compare it.
    with force_locale("en"):
        about = render_template("supervisor/about.txt", grid=grid, lost=made.lost).strip().splitlines()
    response = current_app.response_class(write(made, about), mimetype=kind)
    # A file goes on without its page, which says so at its top.
    whose = "demonstration-" if current_app.extensions["settings"].is_demo else ""
    name = f"{whose}{grid}-{choice.months[0]}-{choice.months[-1]}.{ending}"
    # A grid, months and an ending that there are; the rest was refused above.
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'  # nosemgrep: into-an-address
    return response


def of_all_sites_and_levels() -> None:
    """Raise ChoiceError for a choice that this page has not: to show other figures than were asked for is no answer."""
    if any(request.args.getlist("site") + request.args.getlist("level")):
        raise ChoiceError("all-together", status=400)


@bp.errorhandler(ChoiceError)
def refused(error: ChoiceError) -> Answered:
    closed = releases().months()
    page = render_template(
        "supervisor/refused.html",
        why=error.why,
        what=error.what,
        closed=list(closed),
        title=titles().get(error.what, ""),
        onward=url_for("supervisor.outcomes"),
    )
    return page, error.status


def every_site_is_none(choice: Choice, supervisor: Supervisor) -> Choice:
    """The choice without its sites where all there are were ticked: the figures are the same, the address is short."""
    if supervisor.site or choice.sites is None or not set(releases().parts(OUTCOMES, choice.months)) <= {*choice.sites}:
        return choice
    return replace(choice, sites=None)


def sites_of(choice: Choice, named: Mapping[str, str]) -> list[str]:
    """The sites that these months have figures of, by their titles; what counts without a site comes last."""
    there = choice.sites if choice.sites is not None else releases().parts(OUTCOMES, choice.months)
    return sorted(there, key=lambda site: (site == MAIN, named.get(site, site).casefold(), site))


def page(grid: str, supervisor: Supervisor, closed: Mapping[str, bool], choice: Choice, **context: Any) -> str:
    """One of the three pages."""
    return render_template(
        f"supervisor/{grid}.html",
        grid=grid,
        supervisor=supervisor,
        own_title=titles().get(supervisor.site, "") if supervisor.site else "",
        closed=list(closed),
        lost=[month for month in choice.months if not closed[month]],
        choice=choice,
        spans=choice.spans(),
        levels=[level.value for level in Level],
        lines_by=LINES_BY[grid],
        **{"kept": carried(), **context},
    )


def address_of_site() -> str:
    """The address of this page for one site, whose id is to follow."""
    others = carried(without="site")
    return f"{url_for('supervisor.outcomes', **cast(Any, others))}{'&' if others else '?'}site="


def carried(without: str = "") -> dict[str, list[str]]:
    """The choice of this page as the addresses of others carry it on."""
    given = {name: request.args.getlist(name) for name in ("from", "to", "span", "site", "level") if name != without}
    return {name: values for name, values in given.items() if any(values)}


@bp.app_template_filter("span_name")
def span_name(name: str, is_short: bool = False) -> str:
    """A month, quarter or year in the reader's language: "2026-11" is "November 2026", "2026-Q4" is "Q4 2026"."""
    return _span_name(name, is_short, str(get_locale() or "en"))


@lru_cache(maxsize=2048)
def _span_name(name: str, is_short: bool, locale: str) -> str:
    year, _, rest = name.partition("-")
    if not rest:
        return name
    is_quarter = rest.startswith("Q")
    first = date(int(year), (int(rest[1:]) - 1) * 3 + 1 if is_quarter else int(rest), 1)
    pattern = "QQQ y" if is_quarter else "LLL y" if is_short else "LLLL y"
    return str(format_date(first, pattern, locale=locale))
