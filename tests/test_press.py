"""The press prints every script in our own fonts, writes nothing to disk, and stays as small as it was."""

from __future__ import annotations

import io
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pypdf
import pypdfium2 as pdfium
import pytest
from flask import Flask
from fontTools.ttLib import TTFont

from conftest import HOUSE
from live import serving
from screening import referral
from screening.referral.press import FAMILIES, FONTS, PdfUnavailableError, _press, laid_out
from screening.rulebook import Rulebook
from screening.speech import languages, worker_language
from test_referral import everything, sheet

#: A sentence in each script and the languages that need letters of their own.
SCRIPTS = {
    "en": "You may come back at any time.",
    "fr": "Vous pouvez revenir à tout moment, même à Noël. Œuvre, cœur, ça",
    "ro": "Puteți reveni oricând. Țară, știință, întâi",
    "pl": "Możesz wrócić o każdej porze. Zażółć gęślą jaźń",
    "tr": "İstediğiniz zaman dönebilirsiniz. Iğdır, şöyle",
    "vi": "Bạn có thể quay lại bất cứ lúc nào. Ưở ẫ ệ ỹ",
    "el": "Μπορείτε να επιστρέψετε οποτεδήποτε. ΐ ΰ ώ",
    "bg": "Можете да се върнете по всяко време. вгджзийклптцшщю",
    "uk": "Ви можете повернутися будь-коли. Ґанок, їжак, є",
    "ar": "يمكنك العودة في أي وقت",
    "fa": "هر زمان می‌توانید برگردید. پ چ ژ گ",
    "th": "คุณกลับมาได้ทุกเมื่อ",
}


def page(language: str, text: str) -> str:
    direction = "rtl" if language in ("ar", "fa") else "ltr"
    return (
        f"<!DOCTYPE html><html lang='{language}' dir='{direction}'><head><meta charset='utf-8'/>"
        f"<title>Visit guide</title></head><body class='a4'><main><h1>{text}</h1><p>{text}</p></main></body></html>"
    )


def fonts_in(raw: bytes) -> set[str]:
    found = pypdf.PdfReader(io.BytesIO(raw)).pages[0]["/Resources"]["/Font"]
    return {str(font.get_object()["/BaseFont"]) for font in found.values()}


@pytest.mark.parametrize("language", SCRIPTS)
def test_every_script_is_printed_in_our_fonts_and_no_letter_is_missing(
    language: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        raw = laid_out(page(language, SCRIPTS[language]), None).pdf
    assert not [record.getMessage() for record in caplog.records], "such as a letter that no font has"
    names = fonts_in(raw)
    assert names and all(re.search("Sheet|Source|Vazirmatn|Noto-Sans-Thai|NotoSansThai", name) for name in names), names
    # Two readers: one puts the vowels of Thai beside their letters, the other the words of Arabic in their order.
    if language in ("ar", "fa"):
        said = pdfium.PdfDocument(raw)[0].get_textpage().get_text_range()
    else:
        said = pypdf.PdfReader(io.BytesIO(raw)).pages[0].extract_text()
    # What joins no letters in Persian is no glyph, so it cannot be read out of a page.
    written = SCRIPTS[language].replace("\u200c", "")
    assert " ".join(said.split()).count(written) == 2, "the text can be copied out as it was written"


def test_bulgarian_has_its_own_letter_forms() -> None:
    """The same letters are drawn otherwise in Bulgarian: another glyph, and so other bytes."""
    letters = "вгджзийклптцшщю"
    forms = {}
    for language in ("bg", "uk"):
        raw = laid_out(page(language, letters), None).pdf
        content = pypdf.PdfReader(io.BytesIO(raw)).pages[0].get_contents()
        assert content is not None
        forms[language] = content.get_data()
    assert forms["bg"] != forms["uk"]


@pytest.mark.parametrize("letter", ["\U00012000", "\u10d0"], ids=["in no font at all", "in a font of the system"])
def test_a_letter_that_our_fonts_lack_is_never_printed_in_another_font_or_as_a_box(
    letter: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The control of the tests above. The browser prints such a page, and the log quotes nothing of it."""
    with caplog.at_level(logging.DEBUG), pytest.raises(PdfUnavailableError, match="none of our fonts") as raised:
        laid_out(page("en", f"word {letter}"), None)
    said = caplog.text + str(raised.value)
    assert "none of our fonts" in caplog.text
    assert letter not in said and f"{ord(letter):04X}" not in said, "a letter of an answer"


def test_every_letter_of_rule_files_pages_and_catalogues_is_in_our_fonts() -> None:
    ours = {letter for _, weight, path in FONTS.values() if weight == 400 for letter in TTFont(path).getBestCmap()}
    # The glossary is printed on nothing; Chinese has fonts of its own, which whoever needs them adds.
    rules = [path for path in (HOUSE / "rules").rglob("*.yaml") if path.name != "glossary.yaml"]
    catalogues = [path for path in (HOUSE / "translations").rglob("*.po") if "zh_Hans" not in path.parts]
    assert len(catalogues) == 18
    for path in [*rules, *(HOUSE / "templates").glob("*.html"), *catalogues]:
        lacking = {letter for letter in path.read_text("utf-8") if letter > " " and ord(letter) not in ours}
        assert not lacking, path


def test_whole_fonts_and_their_licence_are_in_the_house() -> None:
    licence = (HOUSE / "static" / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert all(word in licence for word in ("SIL Open Font License", "Adobe", "Vazirmatn", "Noto Sans Thai"))
    assert {family for family, _, _ in FONTS.values()} >= set(FAMILIES) - {"Sheet Chinese"}
    for _, _, path in FONTS.values():
        assert path.stat().st_size > 40_000, "subset fonts print wrong letters without a word"


def test_nothing_of_a_sheet_is_written_but_fonts(tmp_path: Path) -> None:
    """Every file that the whole process opens for writing, seen from outside it."""
    strace = shutil.which("strace")
    assert strace, "install strace"
    case = '{"answers": {"large-debt": "told", "abuse-signs": "seen"}, "place": "BE"}'
    program = "from screening.cli import main; main(['sheet', 'alarm-bells', '-', '-o', '/dev/stdout'])"
    trace = tmp_path / "trace"
    done = subprocess.run(
        [strace, "-f", "-qq", "-s", "300", "-e", "trace=open,openat,creat,rename,renameat2,mkdir,mkdirat,link,symlink",
         "-o", str(trace), sys.executable, "-B", "-c", program],
        input=case.encode(), capture_output=True, cwd=HOUSE, check=False,
        env={**os.environ, "SCREENING_INSTANCE": "/proc/none"},
    )  # fmt: skip
    assert done.returncode == 0 and done.stdout.startswith(b"%PDF-"), done.stderr
    written = set()
    for line in trace.read_text(errors="replace").splitlines():
        call = re.search(r'(\w+)\((?:AT_FDCWD, )?"([^"]*)"(.*)', line)
        if (
            call
            and " = -1 " not in line
            and (call[1] not in ("open", "openat") or re.search("O_WRONLY|O_RDWR|O_CREAT", call[3]))
        ):
            written.add(call[2])
    allowed = re.compile(r"/dev/(stdout|null|tty)$|/tmp/[^/]*weasyprint[^/]*(/|$)|fontconfig|/proc/")
    others = {path for path in written if not allowed.search(path)}
    # WeasyPrint hands our fonts over as files in a folder of its own, which it removes.
    assert all(path.endswith((".ttf", ".otf", ".conf")) or Path(path).suffix == "" for path in others), others
    for path in others:
        assert not Path(path).is_file(), path


@pytest.mark.long
def test_our_short_list_of_defaults_prints_what_the_long_one_of_weasyprint_does(
    app: Flask, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a tag that is new on a paper would be set as plain running text."""
    belgium = rulebook.places["BE"]
    twin = referral.Twin(
        rulebook.checklists["full-assessment"], rulebook.reserved, belgium, rulebook.guidance, rulebook.red
    )
    made = everything(rulebook, "BE"), sheet(rulebook, {"large-debt": "told"}, "US")
    with _press() as press:
        pass

    def papers() -> list[bytes]:
        with app.app_context():
            worker = worker_language()
            return [
                *(referral.as_pdf(one, app.jinja_env) for one in made),
                referral.twin_as_pdf(twin, app.jinja_env),
                *(
                    referral.card_as_pdf(belgium, referral.card_numbers(belgium, []), app.jinja_env, language, worker)
                    for language in (worker, languages()["ar"])
                ),
            ]

    short = papers()
    monkeypatch.delattr(press.paper, "_ua_stylesheets")
    assert papers() == short


def test_a_press_goes_from_one_thread_to_the_next() -> None:
    """What is warm stays of use although the threads of a server come and go, and two never have the same."""
    used: list[object] = []

    def use() -> None:
        with _press() as press:
            used.append(press)

    def use_in_a_thread() -> None:
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()

    use_in_a_thread()
    use_in_a_thread()
    with _press() as press:
        use_in_a_thread()
    assert used[0] is used[1] is press is not used[2]


def test_a_server_warms_a_press_for_each_worker_and_leaves_no_font_behind(tmp_path: Path) -> None:
    """Nobody has asked for a sheet; WeasyPrint puts the fonts of a press into a folder of its own."""

    def folders() -> list[Path]:
        return list((tmp_path / "tmp").glob("weasyprint-*"))

    with serving(tmp_path, {}) as server:
        deadline = time.monotonic() + 60
        while len(folders()) < 2:
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.1)
    # The shell around the server is gone before the server is.
    deadline = time.monotonic() + 60
    while folders():
        assert time.monotonic() < deadline, "fonts are left behind"
        time.sleep(0.1)
    assert "Traceback" not in server.log.read_text()


@pytest.mark.long
def test_five_hundred_sheets_leave_the_memory_as_it_was(app: Flask, rulebook: Rulebook) -> None:
    def resident() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * 4096

    made = [everything(rulebook, "BE"), sheet(rulebook, {"large-debt": "told"}, "US")]
    with app.app_context():
        for number in range(100):
            referral.as_pdf(made[number % 2], app.jinja_env)
        before = resident()
        for number in range(500):
            referral.as_pdf(made[number % 2], app.jinja_env)
    assert resident() - before < 40_000_000
