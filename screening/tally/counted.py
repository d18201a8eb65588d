"""What of a visit is counted: one level, four facts and one sign, and nothing else of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from screening.checklist import Assessment, Level
from screening.tally.grids import NO_SIGN, Counted


def counted(
    assessments: Sequence[Assessment],
    sheet_made: bool,
    choose: Callable[[Sequence[str]], str] = secrets.choice,
) -> Counted:
    """What a visit adds to the counts; `assessments` are those by each checklist that was walked, at least one.

    `choose` draws one of the present signs, each as likely: so each visit counts once, and the signs without bias.
    """
    circumstances = assessments[0].circumstances
    signs = sorted({sign for assessment in assessments for sign in assessment.present})
    red = {line for assessment in assessments for line in assessment.red}
    noted = bool(signs) or circumstances.concern == "true" or circumstances.asks == "true"
    act_now = "danger" in red or ("child" in red and noted)
    return Counted(
        level=Level.ACT_NOW if act_now else min((one.level for one in assessments), key=lambda level: level.rank),
        facts=(
            circumstances.alone == "true",
            circumstances.interpreter in ("not-needed", "professional"),
            circumstances.consent == "given",
            sheet_made,
        ),
        sign=choose(signs) if signs else NO_SIGN,
    )
