"""The catalogues: nothing is left out of them, what was translated stays, and what a translation loses is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from conftest import HOUSE
from screening.catalogues import Text, begun, lacks, path_of, to_translate, updated
from screening.languages import (
    CatalogueError,
    Reader,
    heading,
    negotiated,
    paths,
    read_catalogue,
    read_languages,
)
from screening.rulebook import Rulebook, RuleError, not_kept, read_glossary

TEXTS = [
    Text("", "Save and continue", places=("safety.html:3",)),
    Text("", "%(num)s sign", "%(num)s signs"),
    Text("guidance/call", "Call {emergency}."),
    Text("indicator/debt/ask", "Do you owe money?", for_person=True),
    Text("script/opening/say/1", "“I am [your role] here.”"),
]


def catalogue(
    folder: Path, said: dict[str, str | tuple[str, ...]], code: str = "nl", reader: Reader = Reader.WORKER
) -> Path:
    """A catalogue of TEXTS below `folder` in which these are translated."""
    path = path_of(folder, code)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = begun(code, reader, TEXTS).decode()
    for original, translation in said.items():
        if isinstance(translation, tuple):
            for number, form in enumerate(translation):
                text = text.replace(f'msgstr[{number}] ""', f'msgstr[{number}] "{form}"')
        else:
            text = text.replace(f'msgid "{original}"\nmsgstr ""', f'msgid "{original}"\nmsgstr "{translation}"')
    path.write_text(text, encoding="utf-8")
    return path


WHOLE: dict[str, str | tuple[str, ...]] = {
    "Save and continue": "Bewaren en verder",
    "%(num)s sign": ("%(num)s teken", "%(num)s tekens"),
    "Call {emergency}.": "Bel {emergency}.",
    "Do you owe money?": "Bent u iemand geld schuldig?",
    "“I am [your role] here.”": "„Ik ben hier [uw functie].”",
}


def test_every_text_of_templates_and_rule_files_is_extracted(rulebook: Rulebook) -> None:
    texts = {text.key for text in to_translate(HOUSE / "templates", rulebook)}
    assert {("", "Save and continue"), ("red/danger/title", "Danger now")} <= texts
    assert set(rulebook.texts.items()) <= texts
    words = "\n".join(path.read_text(encoding="utf-8") for path in (HOUSE / "templates").rglob("*.html"))
    written = re.findall(r'_\("((?:[^"\\]|\\.)*)"', words)
    assert len(written) > 400
    assert {text for text in written if ("", text) not in texts} == set()


def test_every_name_that_a_template_gives_to_a_rule_text_is_extracted(rulebook: Rulebook) -> None:
    kinds = {text.context.split("/")[0] for text in to_translate(HOUSE / "templates", rulebook)}
    for path in (HOUSE / "templates").rglob("*.html"):
        for kind in re.findall(r'rule_text\("(\w+)/', path.read_text(encoding="utf-8")):
            assert kind in kinds, (path.name, kind)


def test_what_is_read_to_the_person_is_all_that_their_catalogue_asks_for(tmp_path: Path, rulebook: Rulebook) -> None:
    path = catalogue(tmp_path, {}, "ar", Reader.PERSON)
    assert [lack.key for lack in lacks(path, TEXTS)] == [("indicator/debt/ask", "Do you owe money?")]
    asked = {f"indicator/{one.id}/ask" for one in rulebook.indicators.values() if one.ask}
    read_out = {text.context for text in to_translate(HOUSE / "templates", rulebook) if text.for_person}
    assert asked <= read_out and {name for name in read_out if name.startswith("guidance/say")}


def test_a_whole_catalogue_lacks_nothing(tmp_path: Path) -> None:
    assert lacks(catalogue(tmp_path, WHOLE), TEXTS) == []


@pytest.mark.parametrize(
    ("original", "translation", "what"),
    [
        ("Save and continue", "", "not translated"),
        ("Call {emergency}.", "Bel 112.", "has lost {emergency}"),
        ("Call {emergency}.", "Bel {emergency} {nummer}.", "has {nummer}"),
        ("%(num)s sign", ("een teken", "tekens"), "has lost %(num)s"),
        ("%(num)s sign", ("een teken", ""), "not translated"),
        ("“I am [your role] here.”", "„Ik ben hier.”", "has lost [1]"),
        ("Save and continue", "Bewaar alles wat u hebt geschreven, en ga dan rustig verder", "say it shorter"),
        ("Save and continue", "Bewaren ", "begins or ends with a space"),
    ],
)
def test_what_a_translation_has_lost_is_named(
    tmp_path: Path, original: str, translation: str | tuple[str, ...], what: str
) -> None:
    (lack,) = lacks(catalogue(tmp_path, WHOLE | {original: translation}), TEXTS)
    assert what in str(lack) and str(lack).startswith(f"{path_of(tmp_path, 'nl')}:")
    assert lack.line > 1


def test_a_singular_may_leave_its_number_out(tmp_path: Path) -> None:
    assert lacks(catalogue(tmp_path, WHOLE | {"%(num)s sign": ("een teken", "%(num)s tekens")}), TEXTS) == []


def test_an_update_keeps_what_is_translated_and_marks_what_was_changed(tmp_path: Path) -> None:
    path = catalogue(tmp_path, WHOLE)
    before = path.read_bytes()
    assert updated(path, TEXTS) == before, "the same texts give the same bytes"
    changed = [
        *[text for text in TEXTS if text.context != "guidance/call"],
        Text("guidance/call", "Call {emergency} now."),
        Text("", "Back"),
    ]
    path.write_bytes(updated(path, changed))
    named = {lack.key[1]: lack.what for lack in lacks(path, changed)}
    assert named.keys() == {"Call {emergency} now.", "Back"}
    assert "was changed in English" in named["Call {emergency} now."]
    assert 'msgstr "Bel {emergency}."' in path.read_text(encoding="utf-8"), "the old one helps whoever mends it"
    language = read_languages(tmp_path)["nl"]
    assert language.messages.upgettext("guidance/call", "Call {emergency} now.") == "Call {emergency} now."
    # What is no longer asked for is dropped.
    path.write_bytes(updated(path, TEXTS[:1]))
    with path.open("rb") as file:
        assert [message.id for message in read_po(file) if message.id] == ["Save and continue"]


def test_a_text_that_is_missing_is_given_in_english_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    catalogue(tmp_path, {"Save and continue": "Bewaren en verder"})
    messages = read_languages(tmp_path, lambda: told.append("told"))["nl"].messages
    assert messages.gettext("Save and continue") == "Bewaren en verder" and told == []
    assert messages.gettext("Nothing of the kind") == "Nothing of the kind" and told == ["told"]
    assert messages.ngettext("%(num)s sign", "%(num)s signs", 2) == "%(num)s signs" and len(told) == 2
    assert messages.upgettext("guidance/call", "Call {emergency}.") == "Call {emergency}." and len(told) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("# Reader: worker\n", "", "its first lines must say"),
        ("# Review: draft", "# Review: fine", "its first lines must say"),
        ('msgid "Save', 'mssgid "Save', "cannot be read"),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = catalogue(tmp_path, WHOLE)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError, match=said) as error:
        read_languages(tmp_path)
    assert str(path) in str(error.value)


def test_a_folder_that_is_no_language_is_named(tmp_path: Path) -> None:
    path = catalogue(tmp_path, WHOLE)
    path.parent.parent.rename(tmp_path / "klingon-x")
    with pytest.raises(CatalogueError, match="no language"):
        read_languages(tmp_path)


def test_languages_are_chosen_by_their_own_names_and_english_comes_first(tmp_path: Path) -> None:
    for code in ("bg", "nl", "fa-AF", "zh-Hans"):
        catalogue(tmp_path, {}, code)
    languages = read_languages(tmp_path)
    assert [language.own_name for language in languages.values()] == [
        "English",
        "Nederlands",
        "Български",
        "دری",
        "简体中文",
    ]
    assert {code: one.direction for code, one in languages.items() if one.direction == "rtl"} == {"fa-AF": "rtl"}
    assert not languages["nl"].is_reviewed and languages["en"].is_reviewed


def test_the_browsers_wishes_are_taken_in_their_order(tmp_path: Path) -> None:
    catalogue(tmp_path, {}, "nl")
    catalogue(tmp_path, {}, "ar", Reader.PERSON)
    languages = read_languages(tmp_path).values()
    assert negotiated(languages, ["nl-BE", "en"]) == "nl"
    assert negotiated(languages, ["ar", "NL"]) == "nl", "a worker reads no catalogue that is for the person"
    assert negotiated(languages, ["xx", "en-GB", "nl"]) == "en"
    assert negotiated(languages, []) == "en"


def test_the_glossary_names_a_word_that_stands_for_another(tmp_path: Path) -> None:
    path = tmp_path / "glossary.yaml"
    path.write_text(
        "- id: sign\n  english: [sign, signs]\n  but: [sign in]\n  words: {nl: [teken], de: [zeichen]}\n",
        encoding="utf-8",
    )
    terms = read_glossary(path)
    assert [term.id for term in not_kept(terms, "One sign is noted", "Eén signaal is genoteerd", "nl")] == ["sign"]
    assert list(not_kept(terms, "One sign is noted", "Eén Teken is genoteerd", "nl")) == []
    assert list(not_kept(terms, "Sign in", "Aanmelden", "nl")) == []
    assert list(not_kept(terms, "One sign is noted", "Un signe est noté", "fr")) == [], "no word was agreed on"
    wrong = catalogue(tmp_path, WHOLE | {"%(num)s sign": ("%(num)s signaal", "%(num)s signalen")})
    assert [lack.what for lack in lacks(wrong, TEXTS, terms)] == ["says 'sign' in another word than teken"]


def test_a_glossary_with_a_term_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "glossary.yaml"
    path.write_text("- {id: sign, english: [sign]}\n- {id: sign, english: [signs]}\n", encoding="utf-8")
    with pytest.raises(RuleError, match="twice"):
        read_glossary(path)


def test_the_shipped_catalogues_lack_nothing(command) -> None:
    result = command("translations", "check")
    assert result.exit_code == 0, result.stderr[-2_000:]
    shipped = {path.parent.parent.name: heading(read_catalogue(path), path) for path in paths(HOUSE / "translations")}
    for_workers = {code for code, (reader, _) in shipped.items() if reader is Reader.WORKER}
    assert for_workers == {"fr", "nl", "de", "es", "da", "ro", "bg"}
    assert len(shipped) == 19
    glossary = read_glossary(HOUSE / "rules" / "glossary.yaml")
    spoken = {code.replace("_", "-") for code in shipped}
    assert set().union(*(term.words for term in glossary)) == spoken, "each language has its words"
    assert len(glossary) >= 20 and all(for_workers <= term.words.keys() for term in glossary)


def test_the_template_of_all_catalogues_is_up_to_date(command, tmp_path: Path) -> None:
    assert command("translations", "extract", str(tmp_path)).exit_code == 0
    shipped = (HOUSE / "translations" / "messages.pot").read_bytes()
    assert (tmp_path / "messages.pot").read_bytes() == shipped, "run: screening translations update"


def test_commands_begin_and_update_a_catalogue(command, tmp_path: Path) -> None:
    assert command("translations", "begin", "it", "--for", "person", str(tmp_path)).exit_code == 0
    result = command("translations", "check", str(tmp_path))
    assert result.exit_code == 2 and "it" in result.stdout and "0 %" in result.stdout
    for code in ("it", "en", "tlh-x"):
        refused = command("translations", "begin", code, "--for", "person", str(tmp_path))
        assert refused.exit_code == 2 and refused.stderr.startswith("screening: ")
    before = path_of(tmp_path, "it").read_bytes()
    assert command("translations", "update", str(tmp_path)).exit_code == 0
    assert path_of(tmp_path, "it").read_bytes() == before
