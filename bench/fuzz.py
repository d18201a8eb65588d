"""Rule files that nobody would write: atheris changes small ones, led by the lines of the reader that each reaches.

    PYTHONPATH=.venv/lib/python3.11/site-packages:. .venv-attack/bin/python bench/fuzz.py [--seconds 60] [--found DIR]

Whatever is read must be taken, or refused with line, column and remedy. A file that breaks the reader, or holds it for
five seconds, is kept in DIR, and the exit is not 0. `./test all` tries the same 10,000 files each time: what it says
does not hang on luck. Whoever changes the reader lets it run for half an hour.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["screening.rulebook"], enable_loader_override=False):
    from screening.rulebook import RuleError, read_rulebook

HOUSE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOUSE / "tests"))

from rule_folders import CASE, write_rules  # noqa: E402

#: How long one file may take, in seconds: libFuzzer calls more than that a fault.
LONGEST = 5


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--seconds", type=int, default=60, help="how long (default 60)")
    given.add_argument("--runs", type=int, default=-1, help="at most so many files")
    given.add_argument("--seed", type=int, default=0, help="the same files each time (0: others)")
    given.add_argument("--found", type=Path, default=Path(), help="where to keep what broke it (default: here)")
    wanted = given.parse_args()

    with tempfile.TemporaryDirectory() as scratch:
        rules = write_rules(Path(scratch) / "rules")
        (rules / "cases").mkdir()
        (rules / "cases" / "somebody.yaml").write_text(CASE, encoding="utf-8")
        read_rulebook(rules)
        whole = {path: path.read_bytes() for path in sorted(rules.rglob("*.yaml"))}
        paths = list(whole)
        first = [Path(scratch) / f"{number}" for number in range(len(paths))]
        for number, (file, raw) in enumerate(zip(first, whole.values(), strict=True)):
            file.write_bytes(bytes([number]) + raw)

        def one(data: bytes) -> None:
            """The first byte says in place of which file the others stand."""
            if not data:
                return
            path = paths[data[0] % len(paths)]
            path.write_bytes(data[1:])
            try:
                read_rulebook(rules)
            except RuleError as error:
                for fault in error.faults:
                    assert fault.line >= 1 and fault.column >= 1 and fault.what and fault.remedy, fault
            except BaseException:
                # libFuzzer would keep it with a byte before it, and not when it is interrupted.
                (wanted.found / path.name).write_bytes(data[1:])
                raise
            finally:
                path.write_bytes(whole[path])

        limits = [
            f"-max_total_time={wanted.seconds}",
            f"-runs={wanted.runs}",
            f"-seed={wanted.seed}",
            f"-timeout={LONGEST}",
            "-rss_limit_mb=1024",
            "-max_len=4096",
            "-len_control=0",
        ]
        where = f"-artifact_prefix={wanted.found.resolve()}/"
        atheris.Setup(
            [sys.argv[0], *limits, where, "-print_final_stats=1", f"-seed_inputs={','.join(map(str, first))}"], one
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
