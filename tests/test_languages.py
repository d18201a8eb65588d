"""The language of pages, phrases and cards: chosen without losing an answer, and marked where it is English."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from pathlib import Path

import page as page_validation
import pypdf
import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from click.testing import Result
from flask import Flask
from markupsafe import Markup

from conftest import HOUSE, Clock, Worker, secret
from screening import create_app
from screening.catalogues import as_bytes, path_of
from screening.languages import CatalogueError, Reader, Review, read_languages, sorting_key
from screening.referral.card import CardNumber, card_as_html
from screening.rulebook import Rulebook, RuleError
from screening.session import VISIT_COOKIE
from screening.settings import Settings
from screening.speech import first_sentence
from screening.tally import Vault
from screening.visit.language import way_back
from tally_inside import cells, grown

ASKED = "Has anyone hurt you, threatened you or made you do something you did not want?"
AGREED = (
    "“I ask because I care how you are. You may skip any question and stop at any time, and your care does not depend "
    "on it. Is that all right?”"
)
DUTCH = {
    ("", "Save and continue"): "Bewaren en verder",
    ("", "First, safety"): "Eerst de veiligheid",
    ("indicator/abuse-signs/text", "Shows signs of physical or psychological abuse"): "Tekenen van misbruik",
    ("indicator/abuse-signs/ask", ASKED): "Heeft iemand u pijn gedaan?",
}
#: All that the page says that closes a visit.
CLOSED = {
    ("", text): f"nl: {text}"
    for text in ("Visit guide", "Skip to the page", "Language:", "Closed", "There is nothing here.", "To the start")
}
ARABIC = {
    ("indicator/abuse-signs/ask", ASKED): "هل آذاك أحد؟",
    ("guidance/say-why", AGREED): "هل هذا مناسب لك؟",
    ("", "Useful numbers"): "أرقام مفيدة",
    ("", "Emergency"): "الطوارئ",
    ("", "Day and night"): "ليل نهار",
    ("", "Number"): "الرقم",
    ("", "Hours"): "الأوقات",
    ("", "public holidays"): "العطل الرسمية",
}
Texts = dict[tuple[str, str], str]


def catalogue(
    folder: Path, code: str, said: Texts, reader: Reader = Reader.WORKER, review: Review = Review.DRAFT
) -> Path:
    """A catalogue of exactly these texts below `folder`."""
    path = path_of(folder, code)
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Catalog(locale=Locale.parse(code, sep="-"), fuzzy=False, header_comment="")
    made.header_comment = f"# Made up\n# Reader: {reader}\n# Review: {review}"
    for (context, english), translation in said.items():
        made.add(english, translation, context=context or None)
    path.write_bytes(as_bytes(made))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "translations"
    catalogue(made, "nl", DUTCH)
    catalogue(made, "bg", {}, review=Review.NATIVE)
    catalogue(made, "ar", ARABIC, Reader.PERSON)
    catalogue(made, "fa-AF", ARABIC, Reader.PERSON, Review.NATIVE)
    return made


@pytest.fixture
def speaking(settings: Settings, clock: Clock, folder: Path) -> Flask:
    """The app with small made-up catalogues."""
    return create_app(settings, clock, folder)


@pytest.fixture
def worker(speaking: Flask) -> Worker:
    return Worker(speaking.test_client())


def is_alone_and_may_ask(worker: Worker, **more: str) -> None:
    worker.begins()
    worker.sends("/visit/safety", alone="true", interpreter="professional", age="adult", consent="given", **more)


def chooses(worker: Worker, code: str, field: str = "language") -> str:
    """Choose a language from the page that is open, which is one of a visit."""
    assert worker.page is not None
    worker.sends(worker.page.request.path, move=field)
    return worker.sends("/language" if field == "language" else "/visit/person", **{field: code})


def language_of(page: str) -> tuple[str, str]:
    found = re.search(r'<html lang="([^"]+)" dir="([^"]+)">', page)
    assert found
    return found[1], found[2]


# --- The worker's language ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked_for", "spoken"),
    [
        ("nl", "nl"), ("nl-BE,nl;q=0.9,en;q=0.8", "nl"), ("xx, bg;q=0.5", "bg"), ("en-GB, nl;q=0.5", "en"),
        ("ar", "en"), ("fa-AF, nl;q=0.1", "nl"), ("", "en"), ("nl;q=0", "en"), ("*", "en"), ("nonsense;;q=,", "en"),
    ],
)  # fmt: skip
def test_the_browser_says_in_what_language_pages_begin(speaking: Flask, asked_for: str, spoken: str) -> None:
    page = speaking.test_client().get("/", headers={"Accept-Language": asked_for}).text
    assert language_of(page) == (spoken, "ltr")


def test_the_choice_outside_a_visit_lies_in_a_cookie_that_holds_the_language_alone(worker: Worker) -> None:
    worker.opens("/language?to=/contacts")
    answer = worker.client.post(
        "/language", data={"csrf_token": secret(worker.text), "language": "nl", "to": "/contacts"}
    )
    assert answer.headers["Location"] == "/contacts"
    (cookie,) = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("language=")]
    assert cookie == "language=nl; HttpOnly; Path=/; SameSite=Lax", "no lifetime, no script, nothing else in it"
    assert language_of(worker.opens("/contacts")) == ("nl", "ltr")
    assert language_of(worker.client.get("/supervisor/sign-in").text) == ("nl", "ltr")


def test_a_cookie_that_names_no_language_of_ours_is_passed_by(worker: Worker) -> None:
    for code in ("xx", "ar", "../etc", "nl; x"):
        worker.client.set_cookie("language", code)
        assert language_of(worker.opens("/")) == ("en", "ltr"), code


def test_switching_in_mid_visit_keeps_every_answer_and_saves_the_pages(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    worker.answers(2, documents__withheld="told")
    worker.opens("/visit/1")
    worker.sends("/visit/1", move="language", abuse__signs="seen")
    page = worker.sends("/language", language="nl")
    assert worker.page is not None and worker.page.request.path == "/visit/1", "it comes back to where one was"
    assert language_of(page) == ("nl", "ltr") and "Tekenen van misbruik" in page and "Bewaren en verder" in page
    assert '<input type="radio" name="abuse-signs" value="seen" checked>' in page
    assert '<input type="radio" name="documents-withheld" value="told" checked>' in worker.opens("/visit/2")
    assert language_of(worker.opens("/visit/now")) == ("nl", "ltr")


def test_within_a_visit_the_choice_is_sealed_with_it_and_leaves_with_it(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    worker.opens("/visit/1")
    assert language_of(chooses(worker, "nl")) == ("nl", "ltr")
    assert worker.client.get_cookie("language") is None
    assert language_of(worker.opens("/")) == ("nl", "ltr"), "the pages around an open visit, too"
    worker.opens("/leave")
    assert language_of(worker.opens("/")) == ("en", "ltr")
    assert worker.client.get_cookie("language") is None


def test_whoever_comes_next_is_met_in_the_workers_language_and_without_the_persons(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    worker.opens("/visit/1")
    chooses(worker, "nl")
    chooses(worker, "ar", "person")
    worker.opens("/visit/outcome")
    page = worker.sends("/visit/next")
    assert language_of(page) == ("nl", "ltr") and "العربية" not in page


def test_whoever_begins_again_goes_on_in_the_language_of_before(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    worker.opens("/visit/1")
    chooses(worker, "nl")
    worker.begins()
    assert language_of(worker.text) == ("nl", "ltr")
    assert worker.client.get_cookie("language") is None


def test_an_interruption_within_the_choice_leads_back_to_where_it_was_made(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    worker.opens("/visit/2")
    worker.sends("/visit/2", move="language")
    worker.sends("/language", move="danger")
    worker.sends("/visit/now", move="person")
    worker.sends("/visit/person", move="back")
    assert worker.page is not None and worker.page.request.path == "/visit/2"


@pytest.mark.parametrize(
    ("given", "back"),
    [
        ("/contacts?place=BE", "/contacts?place=BE"), ("/", "/"), ("//evil.example", ""), ("/\\evil.example", ""),
        ("https://evil.example/", ""), ("/\t/evil.example", ""), ("javascript:alert(1)", ""), ("", ""), ("visit", ""),
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere_from_the_choice(given: str, back: str) -> None:
    assert way_back(given) == back


def test_a_language_that_there_is_none_of_is_refused(worker: Worker) -> None:
    worker.opens("/language")
    for code in ("xx", "ar"):
        answer = worker.client.post("/language", data={"csrf_token": secret(worker.text), "language": code})
        assert answer.status_code == 400 and "language=" not in str(answer.headers.getlist("Set-Cookie"))


def test_languages_are_chosen_by_their_own_names_with_the_state_of_their_review(worker: Worker) -> None:
    page = worker.opens("/language")
    listed = re.findall(
        r'value="([a-zA-Z-]+)"[^>]*><span lang="([^"]+)" dir="(\w+)">([^<]+)</span></button> <small>(.*?)<', page
    )
    assert [row[0] for row in listed] == ["en", "nl", "bg"] and all(row[0] == row[1] for row in listed)
    assert [row[3:] for row in listed] == [
        ("English", "the original"),
        ("Nederlands", "draft: not yet read by a native speaker"),
        ("Български", "read by a native speaker"),
    ]
    worker.begins()
    worker.sends("/visit/safety", move="person")
    assert '<span lang="ar" dir="rtl">العربية</span>' in worker.text and 'lang="fa-AF" dir="rtl">دری<' in worker.text


def test_every_page_says_its_language_and_leads_to_another(worker: Worker, speaking: Flask) -> None:
    worker.opens("/language?to=/")
    worker.sends("/language", language="nl", to="/")
    outside = (
        "/",
        "/contacts?place=BE",
        "/help",
        "/practice",
        "/closed",
        "/closed/done",
        "/visit/1",
        "/site",
        "/nowhere",
    )
    for path in (*outside, "/supervisor/sign-in", "/supervisor/away"):
        page = worker.opens(path)
        assert language_of(page) == ("nl", "ltr") and ">Nederlands</a>" in page, path
    is_alone_and_may_ask(worker)
    for path in (
        "safety",
        "1",
        "concern",
        "review",
        "outcome",
        "now",
        "card",
        "sheet",
        "observe",
        "place",
        "contacts",
        "read",
    ):
        page = worker.opens(f"/visit/{path}")
        assert re.search(r'<html lang="nl"', page), path
        assert re.search(r'<button form="page" name="move" value="language"[^>]*>.*Nederlands</button>', page), path
    for path in ("/help", "/help/accessibility"):
        assert 'name="move" value="language"' in worker.opens(path)
    assert language_of(worker.opens("/visit/cover")) == ("nl", "ltr")


# --- What is missing stands in English and says so ----------------------------------------------------

NOTE = "Some words here are not translated yet and stand in English."


def test_what_is_missing_stands_in_english_and_is_marked(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    assert NOTE not in worker.text, "English is whole"
    worker.opens("/visit/1")
    page = chooses(worker, "nl")
    assert page.count(NOTE) == 1
    assert "<legend>Tekenen van misbruik</legend>" in page
    assert '<legend><span lang="en">Is afraid to speak</span></legend>' in page


def test_a_page_that_is_whole_says_nothing_of_it(settings: Settings, clock: Clock, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    path = catalogue(whole, "nl", CLOSED)
    dutch = {"Accept-Language": "nl"}
    page = create_app(settings, clock, whole).test_client().get("/closed", headers=dutch).text
    assert "nl: There is nothing here." in page and NOTE not in page
    path.write_text(path.read_text().replace('msgstr "nl: To the start"', 'msgstr ""'))
    page = create_app(settings, clock, whole).test_client().get("/closed", headers=dutch).text
    assert "To the start" in page and NOTE in page


def test_a_stale_translation_is_not_shown(settings: Settings, clock: Clock, tmp_path: Path) -> None:
    folder = tmp_path / "stale"
    path = catalogue(folder, "nl", DUTCH)
    path.write_text(path.read_text().replace("msgctxt", "#, fuzzy\nmsgctxt"))
    worker = Worker(create_app(settings, clock, folder).test_client())
    is_alone_and_may_ask(worker)
    worker.opens("/visit/1")
    page = chooses(worker, "nl")
    assert "Tekenen van misbruik" not in page and NOTE in page and "Bewaren en verder" in page


def test_the_mark_breaks_no_attribute_no_list_and_no_choice(worker: Worker) -> None:
    worker.opens("/language?to=/")
    worker.sends("/language", language="bg", to="/")
    is_alone_and_may_ask(worker)
    worker.answers(1, abuse__signs="seen", afraid__to__speak="told", afraid__of__others="no")
    worker.answers(2, documents__withheld="told")
    worker.opens("/visit/safety")
    worker.sends("/visit/safety", alone="true", interpreter="professional", age="child", consent="given", danger="true")
    marked = 0
    for path in (
        "/", "/help", "/help/scripts", "/practice", "/contacts?place=BE", "/visit/safety", "/visit/1", "/visit/review",
        "/visit/outcome", "/visit/now", "/visit/sheet", "/visit/read", "/visit/contacts", "/visit/observe",
    ):  # fmt: skip
        page = worker.opens(path)
        assert "&lt;span" not in page, path
        assert not re.search(r'="[^"<>]*<span lang', page) and not re.search(r"<option[^>]*><span", page), path
        assert page.count("<span") == page.count("</span>"), path
        marked += page.count('<span lang="en">')
    assert marked > 100


def test_a_choice_of_words_is_escaped_once(speaking: Flask) -> None:
    with speaking.test_request_context("/"):
        words = ["<b>", Markup('<span lang="en">x</span>')]
        said = speaking.jinja_env.from_string("{{ words | one_of }}").render(words=words)
    assert said == '&lt;b&gt; or <span lang="en">x</span>'


def test_a_sites_own_words_come_first_in_every_language(settings: Settings, clock: Clock, folder: Path) -> None:
    words = settings.instance / "rules" / "wording"
    words.mkdir(parents=True)
    for code, said in (("nl", "Ons eigen woord"), ("en", "Our own word"), ("fa-AF", "سخن ما")):
        name = "indicator/abuse-signs/ask" if code == "fa-AF" else "indicator/abuse-signs/text"
        (words / f"{code}.yaml").write_text(f"language: {code}\ntexts:\n  {name}: {said}\n", encoding="utf-8")
    worker = Worker(create_app(settings, clock, folder).test_client())
    is_alone_and_may_ask(worker)
    assert "<legend>Our own word</legend>" in worker.opens("/visit/1")
    assert "<legend>Ons eigen woord</legend>" in chooses(worker, "nl")
    assert '<legend><span lang="en">Our own word</span></legend>' in chooses(worker, "bg")
    assert ">سخن ما</p>" in chooses(worker, "fa-AF", "person")


def test_a_catalogue_that_cannot_be_read_stops_the_start(settings: Settings, clock: Clock, folder: Path) -> None:
    path = path_of(folder, "nl")
    path.write_text(path.read_text().replace("# Review: draft", "# Review: perhaps"))
    with pytest.raises(CatalogueError, match=r"nl/LC_MESSAGES/messages\.po: its first lines must say"):
        create_app(settings, clock, folder)


def test_a_visit_in_a_language_that_is_gone_goes_on_in_another(
    settings: Settings, clock: Clock, folder: Path, worker: Worker
) -> None:
    is_alone_and_may_ask(worker)
    worker.opens("/visit/1")
    chooses(worker, "nl")
    chooses(worker, "ar", "person")
    path_of(folder, "nl").unlink()
    path_of(folder, "ar").unlink()
    later = Worker(create_app(settings, clock, folder).test_client())
    cookie = worker.client.get_cookie(VISIT_COOKIE)
    assert cookie is not None
    later.client.set_cookie(VISIT_COOKIE, cookie.value)
    page = later.opens("/visit/1")
    assert later.page is not None and later.page.status_code == 200
    assert language_of(page) == ("en", "ltr") and "العربية" not in page


# --- The person's language ----------------------------------------------------------------------------

CHECKED = "has checked these phrases"


def test_a_phrase_stands_in_the_persons_language_above_the_workers(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    worker.opens("/visit/1")
    chooses(worker, "nl")
    page = chooses(worker, "ar", "person")
    pair = '<p class="theirs" lang="ar" dir="rtl">هل آذاك أحد؟</p> <p class="ask">Heeft iemand u pijn gedaan?</p>'
    assert pair in page
    assert page.count('class="theirs"') == 1, "where nothing is translated, the worker's own words stand alone"
    safety = worker.opens("/visit/safety")
    assert '<span class="theirs" lang="ar" dir="rtl">هل هذا مناسب لك؟</span>' in safety
    assert '<b lang="ar" dir="rtl">العربية</b>' in safety


def test_nothing_is_read_out_where_no_question_is_allowed(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    worker.opens("/visit/1")
    chooses(worker, "ar", "person")
    worker.opens("/visit/1")
    worker.sends("/visit/1", move="not-alone")
    page = worker.opens("/visit/1")
    assert "theirs" not in page and CHECKED not in page


def test_the_worker_is_told_once_that_nobody_has_checked_a_draft(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    worker.opens("/visit/1")
    page = chooses(worker, "ar", "person")
    assert page.count("No speaker of Arabic has checked these phrases.") == 1
    assert page.index(CHECKED) < page.index("theirs")
    assert worker.opens("/visit/safety").count(CHECKED) == 1
    worker.opens("/visit/1")
    page = chooses(worker, "fa-AF", "person")
    assert CHECKED not in page and 'lang="fa-AF" dir="rtl">هل آذاك أحد؟<' in page


def test_the_original_is_a_language_of_a_person_too(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    worker.opens("/visit/1")
    chooses(worker, "nl")
    page = chooses(worker, "en", "person")
    assert f'<p class="theirs" lang="en" dir="ltr">{html.escape(ASKED)}</p>' in page and CHECKED not in page
    assert "theirs" not in chooses(worker, "nl", "person"), "the worker's own is said once"


def test_the_choice_can_be_taken_back(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    worker.opens("/visit/card")
    assert '<b lang="ar"' in chooses(worker, "ar", "person")
    assert worker.page is not None and worker.page.request.path == "/visit/card"
    assert '<b lang="ar"' not in chooses(worker, "", "person")


def test_a_site_chooses_which_languages_it_offers(settings: Settings, clock: Clock, folder: Path) -> None:
    rules = settings.instance / "rules"
    rules.mkdir(parents=True)
    (rules / "site.yaml").write_text("languages: [fa-AF, nl]\n")
    worker = Worker(create_app(settings, clock, folder).test_client())
    worker.begins()
    worker.sends("/visit/safety", move="person")
    assert re.findall(r'name="person" value="([^"]+)"', worker.text) == ["fa-AF", "nl"]
    answer = worker.client.post("/visit/person", data={"csrf_token": secret(worker.text), "person": "ar"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[nl, xx]", "site.yaml:1:17: there is no catalogue of 'xx'. Offer some of en, "),
        ("[nl, fa-AE]", "there is no catalogue of 'fa-AE'. Did you mean 'fa-AF'?"),
        ("[nl, nl]", "'nl' is there twice. Remove one"),
        ("[Dutch]", "'languages' cannot be 'Dutch'"),
    ],
)
def test_a_language_that_a_site_cannot_offer_stops_the_start(
    settings: Settings, folder: Path, written: str, said: str
) -> None:
    rules = settings.instance / "rules"
    rules.mkdir(parents=True)
    (rules / "site.yaml").write_text(f"languages: {written}\n")
    with pytest.raises(RuleError) as caught:
        create_app(settings, translations=folder)
    assert said in str(caught.value)


def test_the_longest_visit_in_two_languages_stays_one_small_cookie(
    settings: Settings, clock: Clock, rulebook: Rulebook
) -> None:
    worker = Worker(create_app(settings, clock).test_client())
    worker.begins(checklist="full-assessment")
    safety = {
        "danger": "false",
        "alone": "true",
        "interpreter": "professional",
        "age": "unsure",
        "consent": "not-asked",
    }
    worker.sends("/visit/safety", **safety)
    for number, group in enumerate(rulebook.checklists["full-assessment"].groups, start=1):
        worker.answers(number, **{indicator.id: "told" for indicator in group.indicators})
    worker.opens("/visit/concern")
    worker.sends("/visit/concern", asks="false", concern="false")
    worker.opens("/visit/14")
    chooses(worker, "nl")
    chooses(worker, "zh-Hans", "person")
    cookie = worker.client.get_cookie(VISIT_COOKIE)
    assert cookie is not None and len(cookie.value) < 1024 - len("visit=")


# --- The card -----------------------------------------------------------------------------------------

NUMBERS = (
    CardNumber("0800 12 345", "24/7"),
    CardNumber("02 123 45 67", "Mo-Fr 09:00-17:00"),
    CardNumber("03 765 43 21", "Mo-Fr 08:30-16:00; Sa,Su,PH 09:00-15:00"),
)


@pytest.fixture
def card(speaking: Flask) -> Callable[..., str]:
    """The card of Belgium in a language, handed over by a worker who reads another."""
    known, places = speaking.extensions["languages"], speaking.extensions["rulebook"].places

    def made(code: str, worker: str = "nl") -> str:
        with speaking.app_context():
            return card_as_html(places["BE"], NUMBERS, speaking.jinja_env, known[code], known[worker])

    return made


def words_of(page: str) -> str:
    inner = re.search(r"<main.*?</main>", page, re.S)
    assert inner
    return html.unescape(re.sub(r"<[^>]+>", " ", inner[0]))


def test_a_card_in_a_draft_language_holds_figures_alone(card: Callable[..., str]) -> None:
    page = card("ar")
    assert '<html lang="ar">' in page and '<main class="card" dir="rtl">' in page
    assert re.fullmatch(r"[\d\s:/–]+", words_of(page)), words_of(page)
    assert words_of(page).split() == [
        "0800", "12", "345", "24/7", "02", "123", "45", "67", "09:00–17:00", "03", "765", "43", "21", "112",
    ]  # fmt: skip


def test_a_card_in_a_language_that_was_read_has_its_words_and_days(card: Callable[..., str]) -> None:
    page = card("fa-AF")
    assert '<html lang="fa-AF">' in page and '<main class="card" dir="rtl">' in page
    said = words_of(page)
    for word in ("أرقام مفيدة", "ليل نهار", "الطوارئ", "دوشنبه–جمعه 09:00–17:00", "العطل الرسمية"):
        assert word in said, word
    assert not re.search("[A-Za-z]", said) and not re.search("[٠-٩۰-۹]", said), "digits as on every telephone"
    assert '<b dir="ltr">02 123 45 67</b>' in page, "else its groups would stand in another order"
    assert '<p class="cut" lang="nl" dir="ltr">' in page


def test_a_card_in_the_workers_own_language_has_words_whatever_its_review(card: Callable[..., str]) -> None:
    assert "ma–vr 09:00–17:00" in words_of(card("nl", worker="nl"))
    assert "Useful numbers" in words_of(card("en", worker="nl")), "the original, too"
    assert not re.search("[a-zA-Z]", words_of(card("nl", worker="bg")))


@pytest.mark.parametrize("code", ["ar", "fa-AF", "nl"])
def test_the_card_as_pdf_says_its_language(worker: Worker, code: str) -> None:
    is_alone_and_may_ask(worker)
    worker.opens("/visit/card")
    chooses(worker, code, "person")
    worker.opens("/visit/card")
    answer = worker.client.post("/visit/card", data={"csrf_token": secret(worker.text), "safe": "true"})
    raw = worker.client.get(answer.headers["Location"]).data
    reader = pypdf.PdfReader(io.BytesIO(raw))
    assert reader.trailer["/Root"]["/Lang"] == code
    assert page_validation.validate_pdf_bytes(raw, profile="ua1").is_compliant
    assert "112" in reader.pages[0].extract_text()


# --- The same visit in every language -------------------------------------------------------------------


def test_the_tally_is_the_same_in_every_language(speaking: Flask, settings: Settings, clock: Clock) -> None:
    def counted(code: str) -> set[object]:
        worker = Worker(speaking.test_client())
        worker.client.set_cookie("language", code)
        is_alone_and_may_ask(worker)
        worker.answers(2, documents__withheld="told")
        assert language_of(worker.opens("/visit/outcome")) == (code, "ltr")
        before = cells(speaking.extensions["store"], Vault(settings.keys / "months"))
        worker.sends("/visit/finish")
        return set(grown(before, cells(speaking.extensions["store"], Vault(settings.keys / "months"))))

    assert counted("en") == counted("nl") == counted("bg") != set()


def test_what_commands_say_of_a_case_never_changes(
    command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"answers": {"documents-withheld": "told"}, "circumstances": {"alone": True}, "place": "BE"}
    said = []
    for language in ("en_GB.UTF-8", "nl_BE.UTF-8", "bg_BG.UTF-8"):
        monkeypatch.setenv("LANG", language)
        monkeypatch.setenv("LANGUAGE", language)
        result = command("assess", "alarm-bells", given=given)
        said.append(result.output)
    assert said[0] == said[1] == said[2] and '"outcome": "one-sign"' in said[0]


def test_sheet_and_paper_are_made_in_a_language_by_command(command: Callable[..., Result], tmp_path: Path) -> None:
    given = {"answers": {"documents-withheld": "told"}, "place": "BE"}
    dutch = read_languages(HOUSE / "translations")["nl"].said
    sign = dutch["indicator/documents-withheld/text", "Identity documents are kept by someone else"]
    for arguments in (("sheet", "alarm-bells"), ("paper", "alarm-bells", "--place", "BE")):
        out = tmp_path / "out.pdf"
        result = command(*arguments, "--language", "nl", "-o", str(out), given=given)
        assert result.exit_code == 0, result.output
        reader = pypdf.PdfReader(out)
        assert reader.trailer["/Root"]["/Lang"] == "nl"
        assert sign in " ".join(reader.pages[0].extract_text().split())
        result = command(*arguments, "--language", "ar", "-o", str(out), given=given)
        assert result.exit_code == 2 and "no language 'ar' for the worker. There are en, " in result.output


def test_the_sheet_is_in_the_workers_language(worker: Worker) -> None:
    is_alone_and_may_ask(worker)
    worker.answers(1, abuse__signs="seen")
    worker.opens("/visit/outcome")
    chooses(worker, "nl")
    raw = worker.client.get("/visit/sheet.pdf").data
    reader = pypdf.PdfReader(io.BytesIO(raw))
    assert reader.trailer["/Root"]["/Lang"] == "nl"
    assert "Tekenen van misbruik" in reader.pages[0].extract_text()


# --- Sorting and sentences ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("de", ["Afghanistan", "Ägypten", "Albanien", "Oman", "Österreich", "Pakistan", "Zypern"]),
        ("da", ["Afghanistan", "Zimbabwe", "Ækvatorialguinea", "Østrig", "Ålandsøerne"]),
        ("ro", ["Serbia", "Suedia", "Șipca", "Taiwan", "Turcia", "Țările"]),
        ("es", ["Nigeria", "Nueva Zelanda", "Ñandú", "Omán"]),
        ("fr", ["Égypte", "Émirats arabes unis", "Équateur", "Espagne", "États-Unis", "Éthiopie"]),
        ("bg", ["Австрия", "Жажда", "Замбия", "Ирландия", "Йемен", "Йордания", "Кения"]),
        ("nl", ["België", "Belize", "Bosnië en Herzegovina"]),
    ],
)
def test_names_are_sorted_as_the_language_sorts_them(code: str, names: list[str]) -> None:
    turned = list(reversed(names))
    turned.sort(key=lambda name: sorting_key(name, code))
    assert turned == names


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Call now. Stay with them.", "Call now."),
        ("Rufen Sie z. B. Hilfe. Bleiben Sie da.", "Rufen Sie z. B. Hilfe."),
        ("Zie art. 5 van de wet. Bel dan.", "Zie art. 5 van de wet."),
        ("Say: “Wait outside.” Then close the door.", "Say: “Wait outside.”"),
        ("Обадете се. Останете там.", "Обадете се."),
        ("One sentence alone", "One sentence alone"),
        ("¿Nadie responde? Llame otra vez. Espere.", "¿Nadie responde? Llame otra vez."),
    ],
)
def test_the_first_sentence_ends_where_it_ends(text: str, first: str) -> None:
    assert first_sentence(text) == first


def test_countries_are_listed_as_the_language_sorts_them(worker: Worker) -> None:
    worker.client.set_cookie("language", "nl")
    page = worker.opens("/")
    start = page[page.index('id="place"') : page.index("</select>")]
    names = [
        html.unescape(name)
        for name in re.findall(r"<option value=\"[A-Z]{2}\"[^>]*>([^<]+)", start.split("</optgroup>")[0])
    ]
    assert names == sorted(names, key=lambda name: sorting_key(name, "nl")) and "België" in names and len(names) > 50


def test_hours_and_dates_are_told_by_locale(worker: Worker, clock: Clock) -> None:
    worker.client.set_cookie("language", "nl")
    page = worker.opens("/contacts?place=BE")
    assert re.search(r"\d{1,2} nov 2026", page) and not re.search(r"\d{4}-\d{2}-\d{2}:", page)
