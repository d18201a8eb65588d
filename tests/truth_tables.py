"""A second opinion on the judgement: every completion at once, each a bit of one large number.

It shares nothing with the decision diagrams and looks at all completions, so it is exact by construction; and since a
condition over 4,096 completions is one number of 4,096 bits, thousands of rules can be tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from screening.checklist import AllOf, AnyOf, AtLeast, CircumstanceIs, Condition, Named, Not, Present


class TruthTables:
    """All completions of what is not known: `domains` names every variable with its values, `known` some of them."""

    def __init__(self, domains: Mapping[str, Sequence[str]], known: Mapping[str, str]) -> None:
        self.known = known
        self.open: dict[str, tuple[int, Sequence[str]]] = {}
        self.number = 1
        for name, values in domains.items():
            if name not in known:
                # A completion's bit is a number whose digits are the values: each variable has its stride.
                self.open[name] = (self.number, values)
                self.number *= len(values)
        self.every = (1 << self.number) - 1

    def where(self, name: str, value: str) -> int:
        """The completions in which the variable has this value."""
        if name in self.known:
            return self.every if self.known[name] == value else 0
        stride, values = self.open[name]
        once = ((1 << stride) - 1) << (stride * list(values).index(value))
        return once * (self.every // ((1 << (stride * len(values))) - 1))

    def holds(self, condition: Condition) -> int:
        """The completions in which the condition holds."""
        match condition:
            case Present(indicator):
                return self.where(indicator, "present")
            case AtLeast(weights, threshold):
                # reached[n]: where the signs so far make n points or more.
                reached = [self.every] + [0] * threshold
                for indicator, weight in weights:
                    present = self.where(indicator, "present")
                    for points in range(threshold, 0, -1):
                        reached[points] |= reached[max(0, points - weight)] & present
                return reached[threshold]
            case CircumstanceIs(name, values):
                found = 0
                for value in values:
                    found |= self.where(name, value)
                return found
            case AnyOf(parts):
                found = 0
                for part in parts:
                    found |= self.holds(part)
                return found
            case AllOf(parts):
                found = self.every
                for part in parts:
                    found &= self.holds(part)
                return found
            case Not(part):
                return self.every & ~self.holds(part)
            case Named(_, part):
                return self.holds(part)
        raise AssertionError(condition)

    def outcomes(self, rules: Sequence[Condition | None]) -> list[int]:
        """For each rule the completions in which it is the first that holds; None always holds."""
        left, found = self.every, []
        for rule in rules:
            here = left if rule is None else left & self.holds(rule)
            found.append(here)
            left &= ~here
        assert not left
        return found

    def judged(self, rules: Sequence[Condition | None]) -> tuple[list[int], set[str]]:
        """The indexes of the rules still possible, and the variables that can still change which it is."""
        tables = self.outcomes(rules)
        return [index for index, table in enumerate(tables) if table], {
            name for name in self.open if any(self.turns(table, name) for table in tables)
        }

    def turns(self, table: int, name: str) -> bool:
        """Whether this variable, by itself, leads into or out of the table in some completion of the others."""
        stride, values = self.open[name]
        first = self.where(name, values[0])
        return any((table >> (stride * step)) & first != table & first for step in range(1, len(values)))
