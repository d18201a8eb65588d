"""The tests of the judgement notice when it is broken: each breakage below, one at a time, makes some of them fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROOFS = ["tests/test_diagram.py", "tests/test_assessment.py", "tests/test_exactness.py", "tests/test_difference.py"]

#: what is broken, the file, what stands there, what is put in its place
BROKEN = [
    ("the most urgent outcome is shown", "assessment", "judged = possible[-1]", "judged = possible[0]"),
    ("a no before a companion is a no", "assessment", "answer is NO and not no_is_unknown", "answer is NO"),
    ("a no is believed once the companion is gone", "assessment", " and indicator not in doubted", ""),
    ("unknown is no", "assessment", "        else:\n            unknown.append(indicator)", "        else:\n            known[levels[indicator]] = 0\n            unknown.append(indicator)"),
    ("told counts for nothing", "assessment", "answer is SEEN or answer is TOLD:", "answer is SEEN:"),
    ("signs for context are counted", "checklist", "if not indicator.context)", "if True)"),
    ("too little known is nothing noted", "assessment", "judged.level is Level.NOTHING_NOTED and len(indexes) > 1", "judged.level is Level.NOTHING_NOTED and len(indexes) > 2"),
    ("concern outranks advice", "assessment", "judged.level.rank > Level.SEEK_ADVICE.rank", "judged.level.rank >= Level.SEEK_ADVICE.rank"),
    ("asking for help is outranked", "assessment", 'circumstances.asks == "true" and judged.level is not Level.ACT_NOW', 'circumstances.asks == "true" and judged.level.rank > Level.SEEK_ADVICE.rank'),
    ("an age in doubt is an adult's", "assessment", 'if circumstances.age in ("child", "unsure"):\n        lines', 'if circumstances.age in ("child",):\n        lines'),
    ("a threshold is one too low", "diagram", "if needed <= 0:", "if needed <= 1:"),
    ("a threshold forgets points", "diagram", "go(start + 1, needed - weight)", "go(start + 1, needed - 1)"),
    ("a sum ends too early", "diagram", "if left[start] < needed:", "if left[start] <= needed:"),
    ("any is all", "diagram", "result = self.choose(self.compile(part), self.true, result)", "result = self.choose(self.compile(part), result, self.false)"),
    ("not is forgotten", "diagram", "return self.choose(self.compile(part), self.false, self.true)", "return self.compile(part)"),
    ("what no longer matters stays open", "diagram", "if kept.count(result) != len(kept):", "if True:"),
    ("what still matters is dropped", "diagram", "if kept.count(result) != len(kept):\n                    result = reduced", "if kept.count(result) != len(kept) and level % 7:\n                    result = reduced"),
    ("a known answer is passed over", "diagram", "if value >= 0:", "if value >= 1:"),
    ("the order of outcomes is turned round", "diagram", "for index in reversed(range(len(outcomes) - 1)):", "for index in range(len(outcomes) - 1):"),
    ("a node is taken for another", "diagram", "key = (test, then, other)", "key = (test, then, min(then, other))"),
    ("a difference forgets what it passes by", "difference", "counts[pair] += number * passed_by", "counts[pair] += number"),
]  # fmt: skip


def proofs_fail(folder: Path) -> bool:
    """Run the quick proofs in a copy of the house; whether any fails.

    A worked example of a rule file that comes out otherwise, which stops the reading, is a proof that fails, too. What
    cannot be imported or collected is not (pytest ends with 2 then).
    """
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not long", "-p", "no:cacheprovider", *PROOFS]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode == 1


@pytest.mark.long
def test_the_proofs_hold_where_nothing_is_broken(copied: Path) -> None:
    assert not proofs_fail(copied)


@pytest.mark.long
@pytest.mark.parametrize(("file", "old", "new"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_judgement_is_noticed(copied: Path, file: str, old: str, new: str) -> None:
    path = copied / "screening" / f"{file}.py"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, "the breakage must be in one place"
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert proofs_fail(copied), "nothing noticed it"
