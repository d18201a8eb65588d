"""Who fits, who answers at an instant, and what a site says of its own house."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from conftest import HOUSE, Clock, Worker
from rule_folders import write_rules
from screening import create_app
from screening.places import ContactKind, Opening, Phone, by_fit, hours_fault, nobody_answers, opening
from screening.rulebook import Rulebook, RuleError, read_rulebook
from screening.settings import Settings

WEEK = "Mo-Fr 09:00-17:00"
NIGHT = "Mo-Su 22:00-06:00"
DENMARK = "Mo-Fr 08:30-16:00; Sa,Su,PH 09:00-15:00"
GERMAN = "Mo,We,Fr 09:00-14:00; Tu,Th 15:00-20:00"

#: hours, timezone, country, local time, whether somebody answers, until when (local), whether it may be a holiday.
#: Worked out by hand with a calendar: 2026-11-24 is a Tuesday; clocks go back on 2026-10-25 and forward on 2026-03-29
#: in Europe, back on 2026-11-01 and forward on 2026-03-08 in the United States.
BY_HAND = [
    (WEEK, "Europe/Brussels", "BE", "2026-11-24 08:59", False, "2026-11-24 09:00", False),
    (WEEK, "Europe/Brussels", "BE", "2026-11-24 09:00", True, "2026-11-24 17:00", False),
    (WEEK, "Europe/Brussels", "BE", "2026-11-24 16:59", True, "2026-11-24 17:00", False),
    (WEEK, "Europe/Brussels", "BE", "2026-11-24 17:00", False, "2026-11-25 09:00", False),
    (WEEK, "Europe/Brussels", "BE", "2026-11-27 17:00", False, "2026-11-30 09:00", False),  # Friday evening
    (WEEK, "Europe/Brussels", "BE", "2026-11-28 12:00", False, "2026-11-30 09:00", False),  # Saturday
    (WEEK, "Europe/Brussels", "BE", "2026-11-29 23:59", False, "2026-11-30 09:00", False),  # Sunday
    (WEEK, "Europe/Brussels", "BE", "2026-11-30 09:00", True, "2026-11-30 17:00", False),
    (WEEK, "Europe/Brussels", "BE", "2026-12-25 10:00", True, "2026-12-25 17:00", True),  # Christmas, a Friday
    (WEEK, "Europe/Brussels", "BE", "2026-07-21 10:00", True, "2026-07-21 17:00", True),  # Belgium's own day
    (WEEK, "Europe/Paris", "FR", "2026-07-21 10:00", True, "2026-07-21 17:00", False),  # no holiday in France
    (WEEK, "Europe/Paris", "FR", "2026-07-14 10:00", True, "2026-07-14 17:00", True),  # France's own day
    (WEEK, "Europe/Brussels", "BE", "2026-10-25 12:00", False, "2026-10-26 09:00", False),  # clocks go back
    (WEEK, "Europe/Brussels", "BE", "2026-03-29 12:00", False, "2026-03-30 09:00", False),  # clocks go forward
    (NIGHT, "Europe/Brussels", "BE", "2026-11-24 21:59", False, "2026-11-24 22:00", False),
    (NIGHT, "Europe/Brussels", "BE", "2026-11-24 22:00", True, "2026-11-25 06:00", False),
    (NIGHT, "Europe/Brussels", "BE", "2026-11-24 23:59", True, "2026-11-25 06:00", False),
    (NIGHT, "Europe/Brussels", "BE", "2026-11-25 00:00", True, "2026-11-25 06:00", False),
    (NIGHT, "Europe/Brussels", "BE", "2026-11-25 05:59", True, "2026-11-25 06:00", False),
    (NIGHT, "Europe/Brussels", "BE", "2026-11-25 06:00", False, "2026-11-25 22:00", False),
    (NIGHT, "Europe/Brussels", "BE", "2026-10-25 02:30", True, "2026-10-25 06:00", False),  # the hour that comes twice
    (NIGHT, "Europe/Brussels", "BE", "2026-03-29 03:30", True, "2026-03-29 06:00", False),  # after the hour that is not
    (NIGHT, "America/New_York", "US", "2026-11-01 01:30", True, "2026-11-01 06:00", False),
    (NIGHT, "America/New_York", "US", "2026-03-08 03:30", True, "2026-03-08 06:00", False),
    (DENMARK, "Europe/Copenhagen", "DK", "2026-11-24 08:29", False, "2026-11-24 08:30", False),
    (DENMARK, "Europe/Copenhagen", "DK", "2026-11-24 15:59", True, "2026-11-24 16:00", False),
    (DENMARK, "Europe/Copenhagen", "DK", "2026-11-28 14:59", True, "2026-11-28 15:00", False),
    (DENMARK, "Europe/Copenhagen", "DK", "2026-11-28 15:00", False, "2026-11-29 09:00", False),
    (
        DENMARK,
        "Europe/Copenhagen",
        "DK",
        "2026-12-25 08:45",
        False,
        "2026-12-25 09:00",
        False,
    ),  # hours of holidays hold
    (DENMARK, "Europe/Copenhagen", "DK", "2026-12-25 15:30", False, "2026-12-26 09:00", False),
    (GERMAN, "Europe/Berlin", "DE", "2026-11-24 14:59", False, "2026-11-24 15:00", False),
    (GERMAN, "Europe/Berlin", "DE", "2026-11-24 15:00", True, "2026-11-24 20:00", False),
    (GERMAN, "Europe/Berlin", "DE", "2026-11-25 14:00", False, "2026-11-26 15:00", False),
    (GERMAN, "Europe/Berlin", "DE", "2026-11-27 14:00", False, "2026-11-30 09:00", False),
    ("07:30-19:30", "Europe/Malta", "MT", "2026-11-29 07:30", True, "2026-11-29 19:30", False),
    ("07:30-19:30", "Europe/Malta", "MT", "2026-11-29 19:30", False, "2026-11-30 07:30", False),
    ("Mo-Fr 07:00-22:00", "Europe/Riga", "LV", "2026-11-18 10:00", True, "2026-11-18 22:00", True),  # Latvia's own day
    ("24/7", "Australia/Sydney", "AU", "2026-11-24 03:00", True, None, False),
    ("24/7", "Europe/Bucharest", "RO", "2026-12-25 03:00", True, None, False),
    ("", "Europe/Brussels", "BE", "2026-11-24 10:00", None, None, False),
    (WEEK, "Asia/Kathmandu", "NP", "2026-11-24 10:00", True, "2026-11-24 17:00", True),  # no calendar: it may be one
    (WEEK, "Australia/Sydney", "AU", "2026-11-24 08:00", False, "2026-11-24 09:00", False),
]


@pytest.mark.parametrize(("hours", "timezone", "country", "at", "answers", "until", "holiday"), BY_HAND)
def test_who_answers_is_what_was_worked_out_by_hand(
    hours: str, timezone: str, country: str, at: str, answers: bool | None, until: str | None, holiday: bool
) -> None:
    zone = ZoneInfo(timezone)
    local = datetime.fromisoformat(at).replace(tzinfo=zone)
    # Asked from anywhere in the world: the place's own time decides.
    for instant in (local, local.astimezone(UTC), local.astimezone(ZoneInfo("Pacific/Auckland"))):
        found = opening(hours, timezone, country, instant)
        changes = None if until is None else datetime.fromisoformat(until).replace(tzinfo=zone)
        assert found == Opening(answers, changes, holiday)


def test_there_are_forty_instants() -> None:
    assert len(BY_HAND) >= 40


@pytest.mark.parametrize("hours", ["Mo-Fr 25:00-9", "daily", "Mo-Fr 9 to 5", "x" * 300, "Mo-Fr 09:00-17:00;;;["])
def test_hours_that_are_none_are_named(hours: str) -> None:
    assert hours_fault(hours)


def test_every_hour_of_the_place_files_can_be_read(rulebook: Rulebook) -> None:
    for place in rulebook.places.values():
        for contact in place.contacts:
            assert not contact.hours or not hours_fault(contact.hours), contact.id


NOON = datetime(2026, 11, 24, 12, 0, tzinfo=ZoneInfo("Europe/Brussels"))
THREE = datetime(2026, 11, 24, 3, 0, tzinfo=ZoneInfo("Europe/Brussels"))


def test_fit_comes_before_the_hour_and_the_hour_before_the_file(rulebook: Rulebook) -> None:
    bulgaria = rulebook.places["BG"]
    noon = [contact.id for contact in by_fit(bulgaria, (), NOON)]
    night = [contact.id for contact in by_fit(bulgaria, (), THREE)]
    assert noon[:3] == ["bg-a21", "bg-national-commission-for-combating", "bg-animus-association"]
    assert night[:3] == ["bg-a21", "bg-animus-association", "bg-national-commission-for-combating"]
    child = [contact.kind for contact in by_fit(bulgaria, [(ContactKind.CHILD,)], THREE)]
    assert child[0] is ContactKind.CHILD


def test_what_presses_more_comes_first_even_if_it_may_not_answer(worker: Worker, clock: Clock) -> None:
    """A child's contact of unknown hours stands before a hotline that answers day and night."""
    at(clock, THREE)
    worker.begins(place="CY", checklist="labour-exploitation")
    worker.sends("/visit/safety", age="child", alone="true", interpreter="not-needed", danger="true")
    worker.opens("/visit/concern")
    worker.sends("/visit/concern", asks="true")
    page = worker.opens("/visit/contacts")
    names = ["Helpline for child exploitation", "Social Welfare Services", "undeclared work", "This is the police."]
    places = [page.index(name, page.index("Whom to call")) for name in names]
    assert places == sorted(places)
    worker.begins(place="BG", checklist="alarm-bells")
    worker.sends("/visit/safety", danger="true")
    page = worker.opens("/visit/contacts")
    page = page[page.index("<main") :]
    assert page.index("Emergency number") < page.index("A21")


def test_without_an_instant_the_order_is_always_the_same(rulebook: Rulebook) -> None:
    for place in rulebook.places.values():
        order = [contact.id for contact in by_fit(place, ())]
        assert order == [contact.id for contact in by_fit(place, ())]
        kinds = [contact.kind for contact in by_fit(place, ())]
        police = [index for index, kind in enumerate(kinds) if kind is ContactKind.POLICE]
        helping = [index for index, kind in enumerate(kinds) if kind in (ContactKind.VICTIM_SUPPORT, ContactKind.CHILD)]
        assert not police or not helping or min(police) > max(helping), place.iso


def test_who_speaks_the_language_comes_first_among_equals(rulebook: Rulebook) -> None:
    belgium = rulebook.places["BE"]
    wanted = [(ContactKind.DOMESTIC_VIOLENCE,)]
    assert by_fit(belgium, wanted, None, {"nl"})[0].id == "be-1712"
    assert by_fit(belgium, wanted, None, {"fr"})[0].id == "be-ecoute-violences-conjugales"


@pytest.mark.parametrize(
    ("iso", "at", "plan"),
    [
        ("BE", NOON, False),  # hours unknown, but a weekday's noon
        ("BE", THREE, True),
        ("BE", datetime(2026, 12, 25, 12, 0, tzinfo=ZoneInfo("Europe/Brussels")), True),
        ("BG", THREE, False),  # day and night
        ("FR", THREE, True),
        ("FR", NOON, False),
        ("US", THREE, False),
        ("DE", THREE, False),  # the line for women takes trafficking, day and night
        ("NL", THREE, True),
        ("AL", NOON, True),  # nobody is shown at all
    ],
)
def test_the_night_plan_is_for_when_nobody_surely_answers(
    rulebook: Rulebook, iso: str, at: datetime, plan: bool
) -> None:
    assert nobody_answers(rulebook.places[iso], (), at) is plan


@pytest.mark.parametrize(
    ("dial", "e164", "reachable_from", "link"),
    [
        ("02 511 64 64", "+3225116464", "anywhere", "+3225116464"),
        ("0800 5151", "+318005151", "inside", "08005151"),  # a Dutch exchange need not know +31 800
        ("13 12 37", "+61131237", "inside", "131237"),
        ("02800", "+4702800", "inside", "02800"),
        ("(888) 373-7888", "+18883737888", "inside", "+18883737888"),
        ("020-50 50 50", "+4620505050", "inside", "020505050"),
        ("116 111", "", "inside", "116111"),
    ],
)
def test_a_tap_dials_what_the_country_s_telephones_take(dial: str, e164: str, reachable_from: str, link: str) -> None:
    assert Phone(dial, e164, reachable_from).link == link


def test_every_link_of_every_place_is_the_number_that_stands_there(rulebook: Rulebook) -> None:
    for place in rulebook.places.values():
        for phone in (phone for contact in place.shown_contacts for phone in contact.phones):
            assert re.fullmatch(r"\+?[0-9]{2,15}", phone.link), phone
            if phone.e164:
                assert phonenumbers.parse(phone.link, place.iso) == phonenumbers.parse(phone.e164), phone


def test_a_contact_is_found_for_all_that_it_stands_for(rulebook: Rulebook) -> None:
    child = by_fit(rulebook.places["NL"], [(ContactKind.CHILD,)], THREE)
    assert child[0].id == "nl-veilig-thuis", "it takes reports on children, and is open at night"
    assert by_fit(rulebook.places["DE"], (), THREE)[0].id == "de-hilfetelefon"


def test_what_was_checked_long_ago_is_stale(rulebook: Rulebook) -> None:
    contact = rulebook.places["BE"].contacts[0]
    assert not contact.is_stale(date(2027, 5, 22)) and contact.is_stale(date(2027, 5, 23))


# --- On the pages ---------------------------------------------------------------------------------


def at(clock: Clock, moment: datetime) -> None:
    clock.now = moment.timestamp()


def contacts(worker: Worker, place: str) -> str:
    """The contacts of a visit with two signs that were told."""
    worker.begins(place=place)
    worker.answers(2, documents__withheld="told")
    worker.answers(3, large__debt="told")
    page = worker.opens("/visit/contacts")
    return page[page.index("<main") : page.index("</main")]


@pytest.mark.parametrize("place", ["BE", "FR", "NL", "DE", "RO", "BG", "IE", "US", "AU", "JP"])
@pytest.mark.parametrize("hour", [12, 3])
def test_ten_places_by_day_and_at_three_in_the_night_have_a_way_on(
    worker: Worker, clock: Clock, rulebook: Rulebook, place: str, hour: int
) -> None:
    zone = ZoneInfo(rulebook.places[place].timezone or "UTC")
    at(clock, datetime(2026, 11, 24, hour, 0, tzinfo=zone))
    first = by_fit(rulebook.places[place], (), datetime.fromtimestamp(clock.now, UTC))[:1]
    contacts(worker, place)
    page = worker.opens("/visit/outcome")
    page = page[page.index('id="call"') : page.index("On paper")]
    assert f'href="tel:{rulebook.places[place].emergency[0]}"' in page
    assert all(contact.organisation in page and f"tel:{contact.phones[0].link}" in page for contact in first)
    for page in (contacts(worker, place), worker.opens(f"/contacts?place={place}")):
        assert f'href="tel:{rulebook.places[place].emergency[0]}"' in page
        assert "Nobody answers?" in page and "senior on duty" in page and page.count("Nobody answers?") == 1
        assert "closed" not in page.lower()
        for contact in rulebook.places[place].contacts:
            if contact.held_back:
                assert contact.organisation not in page or contact.organisation in {
                    shown.organisation for shown in rulebook.places[place].shown_contacts
                }
            else:
                for phone in contact.phones:
                    assert f"{'sms' if phone.sms else 'tel'}:{phone.link}" in page


def test_the_page_says_until_when_and_from_when(worker: Worker, clock: Clock) -> None:
    at(clock, datetime(2026, 11, 24, 12, 0, tzinfo=ZoneInfo("Europe/Paris")))
    assert "Open now until 18:00" in contacts(worker, "FR")
    at(clock, datetime(2026, 11, 24, 7, 0, tzinfo=ZoneInfo("Europe/Paris")))
    assert "Opens 09:00" in contacts(worker, "FR")
    at(clock, datetime(2026, 11, 28, 12, 0, tzinfo=ZoneInfo("Europe/Paris")))
    page = contacts(worker, "FR")
    assert "Opens Monday 09:00" in page and "(Mon–Fri 09:00–18:00)" in page
    at(clock, datetime(2026, 7, 14, 12, 0, tzinfo=ZoneInfo("Europe/Paris")))
    assert "It may be different on public holidays." in contacts(worker, "FR")
    at(clock, THREE)
    page = contacts(worker, "BE")
    assert "Hours unknown" in page
    assert page.index("nobody listed for this is sure to answer") < page.index("PAG-ASA"), "the night plan stands first"
    assert "Nobody answers? Treat, tell the senior on duty" in page[: page.index("PAG-ASA")]
    at(clock, NOON)
    assert "nobody listed for this is sure to answer" not in contacts(worker, "BE")


@pytest.mark.parametrize(
    ("place", "unlisted"),
    [
        ("BE", None),
        ("BG", "care after sexual violence, violence at home"),
        ("HU", "child protection, care after sexual violence, violence at home"),
        ("FR", "care after sexual violence"),
        ("IE", "violence at home"),
        ("AU", "child protection"),
        ("NL", None),
        ("AL", "child protection, care after sexual violence, violence at home"),
    ],
)
def test_where_a_red_line_has_no_contact_the_page_names_whom_to_ask(
    worker: Worker, place: str, unlisted: str | None
) -> None:
    page = contacts(worker, place)
    if unlisted is None:
        assert "Not listed here" not in page
    else:
        assert f"Not listed here: {unlisted}. Ask the safeguarding lead" in page


def test_a_contact_that_was_not_checked_for_long_says_so(worker: Worker, clock: Clock) -> None:
    at(clock, datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    assert "the number may have changed" not in contacts(worker, "BE")
    at(clock, datetime(2027, 11, 24, 12, 0, tzinfo=UTC))
    assert "the number may have changed" in contacts(worker, "BE")


def test_the_sheet_knows_no_hour(worker: Worker, clock: Clock) -> None:
    at(clock, NOON)
    contacts(worker, "FR")
    noon = worker.opens("/visit/sheet")
    at(clock, datetime(2026, 11, 24, 12, 15, tzinfo=ZoneInfo("Europe/Brussels")))
    assert "Mon–Fri 09:00–18:00" in noon and "Open now" not in noon
    table = noon[noon.index("Whom to call") : noon.index("To fill in by hand")]
    later = worker.opens("/visit/sheet")
    assert table in later


# --- A site's own ---------------------------------------------------------------------------------

SITE = """\
name: Emergency department
contacts:
  security: {name: Security desk, phone: "7777", hours: 24/7}
  night: {name: Senior on duty, phone: "7001", hours: "Mo-Fr 18:00-08:00; Sa-Su 00:00-24:00"}
  child-protection: {name: Safeguarding lead, phone: "7002", hours: "Mo-Fr 08:00-17:00"}
  social-worker: {name: Social service, phone: "7003", hours: "Mo-Fr 08:00-17:00", note: Voice mail at night}
policy: Intranet, Safeguarding, page 4
"""


@pytest.fixture
def at_site(settings: Settings, clock: Clock) -> Callable[[str], Worker]:
    def worker(text: str) -> Worker:
        path = settings.instance / "rules" / "site.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return Worker(create_app(settings, clock).test_client())

    return worker


def test_until_a_site_has_named_its_contacts_it_is_for_practice_only(
    worker: Worker, at_site: Callable[[str], Worker]
) -> None:
    assert "Not yet set up for real use: your team has not named whom to call" in worker.opens("/")
    assert "Not yet set up" in worker.client.get("/").text
    named = at_site(SITE)
    assert "Not yet set up" not in named.opens("/")
    partly = at_site(SITE.replace("  night: ", "  #night: "))
    page = partly.opens("/")
    assert "Not yet set up" in page and "At night and on holidays" in page and "Social worker here" not in page


def test_the_contacts_of_the_house_come_first(at_site: Callable[[str], Worker], clock: Clock) -> None:
    worker = at_site(SITE)
    at(clock, THREE)
    page = contacts(worker, "BE")
    assert page.index("Security desk") < page.index("PAG-ASA") and 'href="tel:7002"' in page
    assert "Voice mail at night" in page and "Intranet, Safeguarding, page 4" in page
    assert "Security desk, 7777" in worker.opens("/visit/sheet")
    worker.opens("/visit/safety")
    card = worker.sends("/visit/safety", danger="true")
    assert card.index("7777") < card.index("Call 112"), "the house's own number comes first in danger"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hours: 24/7", "hours: always", "instance/rules/site.yaml:3:57: these are no opening hours: 'always'"),
        ('phone: "7777"', "phone: desk", "'phone' cannot be 'desk'"),
        ("  security:", "  securty:", "'securty' is not known here. Did you mean 'security'?"),
        ("{name: Security desk, ", "{", "'name' is missing"),
    ],
)
def test_a_site_file_that_is_wrong_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "instance" / "rules" / "site.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(SITE.replace(old, new, 1))
    with pytest.raises(RuleError) as caught:
        read_rulebook(HOUSE / "rules", path.parent)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    publish: true", "    hours: daily\n    publish: true", "these are no opening hours: 'daily'"),
        ("    publish: true", "    url: http://www.example.org\n    publish: true", "is not encrypted. Write its https address"),
        ("    publish: true", "    url: https://www.example.org/?utm_source=mail\n    publish: true", "tells somebody who opens it"),
        ("    publish: true", "    url: https://eur01.safelinks.protection.outlook.com/x\n    publish: true", "tells somebody who opens it"),
        ("    phones:\n      - {dial: \"02 511 64 64\", e164: \"+3225116464\", reachable_from: anywhere}\n", "", "reaches nobody"),
        ("kind: victim-support", "kind: police", "be.yaml:.*: nothing says that this is the police.*Add `warning: This is the police"),
        ("kind: victim-support", "kind: crimestoppers", "nothing says that this is the police"),
        ('dial: "02 511 64 64"', 'dial: "+32 2 511 64 64"', "is how it is dialled from abroad. Write it as a telephone in BE takes it"),
        ('dial: "02 511 64 64", e164: "+3225116464"', 'dial: "02 111 11 11", e164: "+3221111111"', "no telephone has the number '.3221111111'"),
        ('dial: "02 511 64 64", e164: "+3225116464"', 'dial: "0808 11 11 11", e164: "+32808111111"', "begins as a free number, and is none"),
        ("A right in listed cases., sources: [doc/advice/1]", "Report it.", "what the law asks stands here without its source"),
        ("    sources: [doc/advice/1]\n    verified", '    sources: ["https://urldefense.com/v3/x"]\n    verified', "tells somebody who opens it"),
    ],
)  # fmt: skip
def test_a_place_file_that_is_wrong_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = write_rules(tmp_path / "rules")
    path = folder / "places" / "be.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(RuleError, match=said):
        read_rulebook(folder)
