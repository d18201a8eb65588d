"""No contact and no number of the directory is lost: each is shown, corrected, or held back with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import HOUSE
from screening.places import Contact
from screening.rulebook import Rulebook, read_rulebook

LISTED = [
    line.split(" | ")
    for line in (Path(__file__).parent / "directory_rows.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
CONTACTS: dict[str, Contact] = {
    contact.id: contact for place in read_rulebook(HOUSE / "rules").places.values() for contact in place.contacts
}


#: Contacts for the red lines, found on public pages after the directory was made.
LOOKED_UP = {
    "be-guardianship", "be-esperanto", "be-minor-ndako", "be-sexual-assault-centres", "be-ecoute-violences-conjugales",
    "be-1712", "nl-centrum-seksueel-geweld", "nl-veilig-thuis", "us-domestic-violence", "gb-domestic-abuse",
    "au-1800respect", "de-kinderschutzhotline", "de-hilfe-telefon-missbrauch",
}  # fmt: skip
#: 911 stands in the directory as the country's number, and not as a contact.
SHORT_IN_US = {"us-emergency"}


def digits(number: str) -> str:
    return "".join(character for character in number if character.isdigit())


def test_the_list_is_whole() -> None:
    assert len({row for row, *_ in LISTED}) == 170
    assert len([number for _, _, number, _ in LISTED if number != "-"]) == 202
    assert len({row.split("-")[0] for row, *_ in LISTED}) == 57


@pytest.mark.parametrize(("row", "id", "number", "became"), LISTED, ids=[f"{row[0]} {row[2]}" for row in LISTED])
def test_each_row_is_shown_corrected_or_held_back(row: str, id: str, number: str, became: str) -> None:
    if became == "corrected":
        country = row.split("-")[0].lower()
        dialled = {
            phone.dial for contact in CONTACTS.values() if contact.id.startswith(country) for phone in contact.phones
        }
        of_offices = {d for d in dialled if digits(d) == digits(number)} - {"112"}
        assert not of_offices, "a number that is wrong in the source stands nowhere"
        return
    contact = CONTACTS[id]
    assert bool(contact.held_back) == (became == "held-back")
    assert number == "-" or number in {phone.e164 for phone in contact.phones} | {
        digits(phone.dial) for phone in contact.phones if not phone.e164
    }


def test_what_is_held_back_says_why_and_nothing_from_memory_is_shown(rulebook: Rulebook) -> None:
    for contact in CONTACTS.values():
        if "memory" in contact.verified_how or "directory/memory" in contact.sources:
            assert contact.held_back, contact.id
        assert not contact.held_back or len(contact.held_back) > 15, contact.id


@pytest.mark.parametrize(
    ("id", "dial", "e164"),
    [
        ("fr-police", "17", ""),
        ("ie-garda-line-for-children", "1800 555 222", "+3531800555222"),
        ("hr-sos-help-line", "0800 77 99", "+3858007799"),
        ("nl-labour-authority", "0800 5151", "+318005151"),
        ("lv-crime-victim-support-line", "116006", ""),
        ("be-surya", "04 232 40 30", "+3242324030"),
        ("ro-border-police", "0219590", "+40219590"),
        ("it-telefono-azzurro", "1 96 96", ""),
    ],
)
def test_the_corrections_hold(id: str, dial: str, e164: str) -> None:
    found = {(digits(phone.dial), phone.e164) for phone in CONTACTS[id].phones}
    assert (digits(dial), e164) in found, found


def test_every_country_of_the_directory_has_a_file_and_no_other_number_than_the_listed(rulebook: Rulebook) -> None:
    listed = {number for _, _, number, became in LISTED if became != "corrected"}
    with_file = {iso for iso, place in rulebook.places.items() if place.has_file}
    assert {row.split("-")[0] for row, *_ in LISTED} == with_file
    for contact in CONTACTS.values():
        for phone in contact.phones:
            known = phone.e164 in listed or digits(phone.dial) in listed
            assert known or contact.id in LOOKED_UP | SHORT_IN_US, f"{contact.id}: {phone.dial}"


def test_what_was_looked_up_beyond_the_directory_says_where(rulebook: Rulebook) -> None:
    for id in LOOKED_UP:
        assert all(source.startswith("https://") for source in CONTACTS[id].sources), id
        assert CONTACTS[id].kind in ("child", "sexual-violence", "domestic-violence"), id


@pytest.mark.parametrize("kind", ["police", "crimestoppers"])
def test_police_and_what_goes_to_them_say_so(kind: str) -> None:
    for contact in CONTACTS.values():
        assert contact.kind != kind or contact.warning, contact.id
