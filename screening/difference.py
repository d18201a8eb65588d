"""The exact difference of two versions of a checklist: how many sets of answers come out otherwise, and one of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from screening.assessment import variables_of
from screening.checklist import Checklist, Outcome
from screening.diagram import Diagram, compile_together


@dataclass(frozen=True, slots=True)
class Move:
    """`number` complete sets of answers came out as `before` and come out as `after`; `example` is one of them.

    It gives each variable of either version a value: "absent" or "present" for a sign, its own for a circumstance.
    """

    before: Outcome
    after: Outcome
    number: int
    example: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """What came out otherwise, by the order of the outcomes; `of` is the number of all complete sets of answers."""

    moves: tuple[Move, ...]
    of: int


def difference(old: Checklist, new: Checklist) -> Difference:
    """Compare the judgement of two versions: an outcome is another one when its id or its level differs.

    A complete set of answers says of every sign of either version whether it is present, and of every circumstance
    that either speaks of which value it has. A version ignores what it does not know. Reserved outcomes outrank those
    of any version alike and play no part.

    Raises DiagramTooLargeError.
    """
    variables = dict([*variables_of(old), *variables_of(new)])
    before, after = compile_together(
        variables.items(), [[outcome.when for outcome in version.outcomes] for version in (old, new)]
    )
    walk = _Walk(before, after)
    counts = walk.counted(before.root, after.root)
    moves = []
    for (first, second), number in sorted(counts.items()):
        was, becomes = old.outcomes[first], new.outcomes[second]
        if (was.id, was.level) != (becomes.id, becomes.level):
            moves.append(Move(was, becomes, number * walk.above(before.root, after.root), walk.example(first, second)))
    return Difference(tuple(moves), walk.sizes[0])


class _Walk:
    """Both diagrams, walked side by side; they have the same variables in the same order."""

    def __init__(self, before: Diagram, after: Diagram) -> None:
        self.before, self.after = before, after
        self.variables = before.variables
        #: How many sets of values the variables from each level on have.
        self.sizes = [1]
        for _, values in reversed(self.variables):
            self.sizes.insert(0, self.sizes[0] * len(values))
        self.memo: dict[tuple[int, int], Counter[tuple[int, int]]] = {}

    def level(self, first: int, second: int) -> int:
        """The level of the variable that decides next in either."""
        return min(_level(self.before, first), _level(self.after, second))

    def above(self, first: int, second: int) -> int:
        """How many sets of values have the variables before the one that decides next."""
        return self.sizes[0] // self.sizes[self.level(first, second)]

    def counted(self, first: int, second: int) -> Counter[tuple[int, int]]:
        """By outcome before and after: how many sets of values of the variables from their own level on."""
        counts = self.memo.get((first, second))
        if counts is None:
            level = self.level(first, second)
            counts = Counter()
            if level == len(self.variables):
                counts[first, second] = 1
            else:
                for follow in self.following(first, second, level):
                    # The variables passed by may have any value.
                    passed_by = self.sizes[level + 1] // self.sizes[self.level(*follow)]
                    for pair, number in self.counted(*follow).items():
                        counts[pair] += number * passed_by
            self.memo[first, second] = counts
        return counts

    def following(self, first: int, second: int, level: int) -> list[tuple[int, int]]:
        width = len(self.variables[level][1])
        return list(
            zip(_follow(self.before, first, level, width), _follow(self.after, second, level, width), strict=True)
        )

    def example(self, was: int, becomes: int) -> dict[str, str]:
        """A way to this pair that takes each variable's first value where it can: a sign is absent."""
        found = {name: values[0] for name, values in self.variables}
        pair = (self.before.root, self.after.root)
        while (level := self.level(*pair)) < len(self.variables):
            name, values = self.variables[level]
            for value, follow in zip(values, self.following(*pair, level), strict=True):
                if self.counted(*follow)[was, becomes]:
                    found[name], pair = value, follow
                    break
        return found


def _level(diagram: Diagram, id: int) -> int:
    return diagram.nodes[id - diagram.outcomes][0] if id >= diagram.outcomes else len(diagram.variables)


def _follow(diagram: Diagram, id: int, level: int, width: int) -> tuple[int, ...]:
    return diagram.nodes[id - diagram.outcomes][1] if _level(diagram, id) == level else (id,) * width
