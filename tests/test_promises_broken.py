"""Each promise is broken on purpose, one way at a time, and its own test must fail: docs/promises.md is the list."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import HOUSE

#: The tests of each promise, by its number; the part behind "test_" is the file's name.
OF_PROMISES = {int(path.name.split("_")[2]): path.name for path in sorted((HOUSE / "tests").glob("test_promise_*.py"))}


@dataclass(frozen=True, slots=True)
class Break:
    """One way to break a promise: in `file`, `new` is put in the place of `old`, and `test` must fail."""

    promise: int
    what: str
    file: str
    old: str
    new: str
    test: str
    #: Whether the start would refuse it already, because worked examples come out otherwise: they are left out then.
    stops_the_start: bool = False

    @property
    def node(self) -> str:
        """The test for pytest: of the promise's own file, where no other is named."""
        return f"tests/{self.test}" if "::" in self.test else f"tests/{OF_PROMISES[self.promise]}::{self.test}"


IN_ASSESSMENT = "screening/assessment.py"
RESULT = "templates/outcome.html"
SPOKEN = "test_every_example_of_the_checklist_ends_with_reasons_and_a_next_step[BE]"
WALK = "test_a_whole_visit_leaves_no_answer_on_any_disk"
STAGES = "test_no_stage_of_the_reading_lets_it_pass"

BREAKS = [
    Break(1, "a page's answers are written to the log", "screening/visit/walk.py", "    groups = rulebook().checklists[visit.checklist].groups\n    if not 1", "    __import__('logging').getLogger('screening').warning('Kept %s', dict(request.form))\n    groups = rulebook().checklists[visit.checklist].groups\n    if not 1", f"{WALK}[leave-no-script]"),
    Break(1, "the page keeps what it shows in the browser's storage", "static/guide.js", "  const { visit, leave, closed, awake } = body.dataset;\n", "  const { visit, leave, closed, awake } = body.dataset;\n  localStorage.setItem('kept', body.innerText);\n", f"{WALK}[close-script]"),
    Break(1, "a sheet is left in the temp folder", "screening/referral/press.py", "            return press.laid_out(html, most_pages)\n", "            made = press.laid_out(html, most_pages)\n            __import__('pathlib').Path(__import__('tempfile').gettempdir(), 'sheet.html').write_text(html)\n            return made\n", f"{WALK}[finish-no-script]"),
    Break(1, "an answer stands in an address", "screening/visit/pages.py", '        case "next":\n            return keep(visit, onward)', '        case "next":\n            return keep(visit, onward + "?" + "&".join(request.form.values()))', "test_no_answer_stands_in_an_address_a_title_or_a_file_name"),
    Break(1, "an error is told with its text", "screening/security.py", 'log.error("An error was raised and shown as such: %s\\n%s", getattr(kind, "__name__", "Exception"), frames)', 'log.error("An error was raised and shown as such: %s\\n%s", exc_info[1], frames)', "test_logs.py::test_an_error_on_a_page_is_a_line_without_what_was_asked"),
    Break(2, "the visit's cookie stays after leaving", "screening/session.py", "for name in (VISIT_COOKIE, START_COOKIE):", "for name in (START_COOKIE,):", "test_one_tap_on_every_page_and_back_shows_nothing[safety-script]"),
    Break(2, "the browser is not told to drop what it kept", "screening/security.py", """    response.headers["Clear-Site-Data"] = '"cache", "storage"'\n""", "", "test_leaving_expires_our_cookies_by_name_and_clears_what_the_browser_kept[get]"),
    Break(2, "pages may be kept on the disk", "screening/security.py", 'response.headers["Cache-Control"] = "no-store"', 'response.headers["Cache-Control"] = "private"', "test_one_tap_on_every_page_and_back_shows_nothing[outcome-no-script]"),
    Break(2, "a page out of the browser's memory is not asked for anew", "static/guide.js", "    location.reload();\n", "", "test_a_page_that_the_browser_kept_in_memory_is_asked_for_anew"),
    Break(2, "such a page shows until the server answers", "static/guide.js", "    document.documentElement.hidden = true;\n    location.reload();\n", "    location.reload();\n", "test_nothing_of_a_page_in_memory_shows_before_it_was_asked_for_anew"),
    Break(2, "a visit without a touch goes on for two hours", "screening/session.py", "if not -SKEW <= now - sealed_at <= self.idle_seconds or now", "if now", "test_who_walks_away_without_leaving_leaves_nothing_for_long"),
    Break(2, "Shift has to be pressed four times", "static/guide.js", "shifts.length >= 3", "shifts.length > 3", "test_shift_three_times_leaves"),
    Break(3, "a no before a companion is a no", IN_ASSESSMENT, "answer is NO and not no_is_unknown", "answer is NO", "test_whatever_is_unknown_nothing_noted_is_not_shown", True),
    Break(3, "what is not known is a no", IN_ASSESSMENT, "        else:\n            unknown.append(indicator)", "        else:\n            known[levels[indicator]] = 0\n            unknown.append(indicator)", "test_whatever_is_unknown_nothing_noted_is_not_shown", True),
    Break(3, "too little known is told as nothing noted", IN_ASSESSMENT, "judged.level is Level.NOTHING_NOTED and len(indexes) > 1", "judged.level is Level.NOTHING_NOTED and len(indexes) > 9", "test_while_something_is_open_no_page_says_that_none_was_noted[None]", True),
    Break(3, "the result shows a percentage", RESULT, '{{ _("This is not a verdict on anybody.") }}', '{{ _("This is not a verdict on anybody.") }} {{ 100 * (assessment.present | length) // assessment.of }} %', "test_no_page_gives_a_verdict[several]"),
    Break(3, "a rule file says of somebody that they are a victim", "rules/checklists/full-assessment.yaml", "\nabout: ", "\nabout: Whoever has three signs is a victim. ", "test_no_text_of_any_page_or_rule_file_gives_a_verdict"),
    Break(3, "nothing noted is green", RESULT, '<section class="card{% if not is_danger %} {{ assessment.level.value }}{% endif %}">', '<section class="card{% if not is_danger %} {{ assessment.level.value | replace("nothing-noted", "green") }}{% endif %}">', "test_nothing_noted_is_never_green"),
    Break(4, "no step is in sight on the result", RESULT, '{{ around.items(steps[:3 if is_danger else 2], place, "do", short=true) }}\n', "", SPOKEN),
    Break(4, "no sign is in sight on the result", RESULT, "{% for id in assessment.present[:2] %}", "{% for id in assessment.present[:0] %}", SPOKEN),
    Break(4, "the rule is not named", RESULT, '<p>{{ _("The rule:") }}', "<p>", SPOKEN),
    Break(4, "the sources are not named", RESULT, "{{ kit.sources_of(checklist.indicators[id], sources) }}", "", SPOKEN),
    Break(4, "what is open is not told", RESULT, '{% if not assessment.settled %}<a class="fold"', '{% if assessment.settled %}<a class="fold"', SPOKEN),
    Break(4, "all that is not known is told to be open", "templates/reasons.html", "{% if indicator.id in assessment.open %}", "{% if indicator.id in assessment.unknown %}", "test_what_is_not_known_and_can_change_nothing_is_not_told_to_be_open"),
    Break(4, "no contact is shown", RESULT, "{{ calls }}\n", "", SPOKEN),
    Break(4, "a contact that is held back is shown", "screening/places.py", "for c in self.contacts if not c.held_back", "for c in self.contacts", "test_no_contact_that_is_held_back_is_shown"),
    Break(4, "guidance for a level is not chosen", "screening/guidance.py", "return assessment.outcome.level in levels", "return False", SPOKEN),
    Break(5, "asking for help outranks nothing", IN_ASSESSMENT, 'circumstances.asks == "true" and judged.level is not Level.ACT_NOW', 'circumstances.asks == "true" and judged.level.rank > Level.SEEK_ADVICE.rank', "test_no_count_hides_who_asks_for_help[seen]", True),
    Break(5, "danger is no red line", IN_ASSESSMENT, 'if circumstances.danger == "true":\n        lines', "if False:\n        lines", "test_each_red_line_stands_on_every_page[/visit/1]"),
    Break(5, "an age in doubt is an adult's", IN_ASSESSMENT, 'if circumstances.age in ("child", "unsure"):\n        lines', 'if circumstances.age in ("child",):\n        lines', "test_each_red_line_stands_on_every_page[/visit/1]"),
    Break(5, "red lines show on the result alone", "templates/visit.html", "{{ around.red_lines(assessment.red) }}", "", "test_each_red_line_stands_on_every_page[/visit/4]"),
    Break(5, "danger leads to the next page first", "screening/visit/walk.py", '        visit = replace(visit, at=onward)\n        onward = url_for("visit.danger")\n', "        visit = replace(visit, at=onward)\n", "test_danger_shows_the_red_card_at_once"),
    Break(5, "the button for danger leads on to the next page", "screening/visit/pages.py", 'at=at), url_for("visit.danger"))', "at=at), onward)", "test_danger_shows_the_red_card_at_once"),
    Break(6, "counts start at zero", "screening/tally/grids.py", "return [laws[grid].draw() for grid, _, _ in self.cells()]", "return [0 for grid, _, _ in self.cells()]", "test_there_is_no_true_count_anywhere_even_with_the_key_in_hand"),
    Break(6, "the start value is never below zero", "screening/tally/grids.py", "return self._streak(below) - self._streak(below)", "return self._streak(below)", "test_there_is_no_true_count_anywhere_even_with_the_key_in_hand"),
    Break(6, "the start value is one at most", "screening/tally/grids.py", "        while below(self.q.denominator) < self.q.numerator:\n", "        if below(self.q.denominator) < self.q.numerator:\n", "test_laws.py::test_a_hundred_thousand_start_values_follow_their_law"),
    Break(6, "a month opens without its secret numbers", "screening/tally/counting.py", "self._vault.seal(now, layout.written(), layout.starts())", "self._vault.seal(now, layout.written(), [0] * len(layout.cells()))", "test_the_best_reader_of_releases_is_right_two_times_in_three"),
    Break(6, "a visit adds nine", "screening/tally/counting.py", "cells[position] += 1", "cells[position] += 9", "test_counting.py::test_a_visit_adds_one_to_one_cell_of_each_grid"),
    Break(6, "a visit sent twice counts twice", "screening/tally/counting.py", "if connection.execute(burnt).first() is None:\n                    return", "connection.execute(burnt)", "test_counting.py::test_sixty_tickets_sent_twelve_times_each_at_once_count_sixty"),
    Break(6, "a figure below ten is shown in a file", "screening/tally/releases.py", "return self.value >= SHOWN_FROM", "return self.value > 0", "test_exports.py::test_no_figure_below_ten_is_shown_in_any_form"),
    Break(7, "counting that fails is an error", "screening/visit/team.py", '    except NotCountedError as error:\n        log.warning("A visit was', '    except ZeroDivisionError as error:\n        log.warning("A visit was', "test_with_a_database_that_is_frozen"),
    Break(7, "a visit without a ticket cannot begin", "screening/visit/team.py", '    except NotCountedError as error:\n        log.warning("A visit cannot', '    except ZeroDivisionError as error:\n        log.warning("A visit cannot', "test_without_a_folder_to_write_to"),
    Break(7, "keys that cannot be written are an error", "screening/keys.py", "        except OSError as error:\n            self.in_memory = True", "        except ZeroDivisionError as error:\n            self.in_memory = True", "test_without_a_folder_to_write_to"),
    Break(7, "a sheet that cannot be printed is an error", "screening/visit/result.py", "    except referral.PdfUnavailableError:\n        # The visit goes on", "    except ZeroDivisionError:\n        # The visit goes on", "test_without_the_pdf_engine"),
    Break(7, "a font that cannot be written breaks the sheet", "screening/referral/press.py", "    except Exception as error:\n        # Whatever", "    except ZeroDivisionError as error:\n        # Whatever", "test_with_a_disk_on_which_nothing_can_be_written[True]"),
    Break(8, "faults are found and stop nothing", "screening/rulebook/__init__.py", "    if faults:\n        raise RuleError(faults)", "    pass", "test_nothing_starts_with_a_wrong_rule_file[rules0]"),
    Break(8, "worked examples are not run", "screening/rulebook/proofs.py", "        if shown != example.outcome:\n            said = f\"the example", "        if False:\n            said = f\"the example", f"{STAGES}[worked examples]"),
    Break(8, "what can never come out is let pass", "screening/rulebook/proofs.py", "        if index not in reachable:", "        if False:", f"{STAGES}[reachability]"),
    Break(8, "a result without a next step is let pass", "screening/rulebook/proofs.py", "    if missing is not None:", "    if False:", f"{STAGES}[a next step]"),
    Break(8, "a file that nobody reads is passed over", "screening/rulebook/__init__.py", 'if path.suffix.lower() in (".yaml", ".yml") and not known:', "if False:", f"{STAGES}[a stray file]"),
]  # fmt: skip

#: The examples of rule files stop a start as soon as a judgement is wrong. That the tests notice it, too, is seen
#: where the examples are not run.
EXAMPLES = ("screening/rulebook/proofs.py", "        if shown != example.outcome:", "        if False:")


def fails(folder: Path, node: str) -> bool:
    """Run one test in a copy of the house; whether it fails. What cannot be run or prepared is no failure of it."""
    command = [sys.executable, "-m", "pytest", "-q", "-rf", "--tb=short", "-p", "no:cacheprovider", node]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert done.returncode == 0 or f"FAILED {node}" in done.stdout, done.stdout
    return done.returncode == 1


def replace_in(folder: Path, file: str, old: str, new: str, times: int = 1) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(old) == times, "what is broken must stand there"
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.long
@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.what)
def test_a_broken_promise_is_noticed_by_its_own_test(copied: Path, broken: Break) -> None:
    replace_in(copied, broken.file, broken.old, broken.new)
    if broken.stops_the_start:
        replace_in(copied, *EXAMPLES, times=2)
    assert fails(copied, broken.node), "nothing noticed it"
