"""The reduced decision diagram of a checklist: which outcomes are still possible, and what can still change them.

A reduced ordered multi-terminal decision diagram over indicators (absent, present) and circumstances (their
values). Such a diagram is canonical: after it has been restricted to what is known and reduced again, the terminals
left are exactly the outcomes still possible, and the variables left exactly the ones that can still change the
outcome, for any rule. (Bryant 1986, "Graph-based algorithms for Boolean function manipulation".)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from screening.checklist import (
    AllOf,
    AnyOf,
    AtLeast,
    CircumstanceIs,
    Condition,
    LevelIs,
    Named,
    Not,
    OutcomeIs,
    Present,
)

#: A rule that needs more nodes is refused: the worst case is exponential, so the cap is part of the design.
LARGEST: Final = 200_000

#: Diagrams are walked one call inside the other, a variable at a time, and Python ends such a walk at a thousand.
MOST_TOGETHER: Final = 250

#: The values of an indicator, as a variable: a sign that is seen or told is present, one that is not so is absent.
ABSENT_PRESENT: Final = ("absent", "present")

Variable = tuple[str, tuple[str, ...]]


class DiagramTooLargeError(Exception):
    """The rules judge too many signs together in too many ways."""


class Diagram:
    """A compiled rule. Immutable; asking it changes nothing in it, so threads may share it and no answer stays in it.

    Below `outcomes` an id is the terminal of that outcome; the node of a larger id is `nodes[id - outcomes]`: the
    level of its variable and, for each value, the id that follows.
    """

    __slots__ = ("levels", "nodes", "outcomes", "root", "variables")

    def __init__(
        self, variables: Sequence[Variable], nodes: Sequence[tuple[int, tuple[int, ...]]], root: int, outcomes: int
    ) -> None:
        self.variables = tuple(variables)
        self.nodes = tuple(nodes)
        self.root = root
        self.outcomes = outcomes
        self.levels: Mapping[str, int] = {name: level for level, (name, _) in enumerate(self.variables)}

    def restrict(self, known: Sequence[int]) -> tuple[list[int], list[int]]:
        """The outcomes still possible and the levels still open, each in order.

        `known` holds for each level the index of its value, or -1 where it is not known. Exact; takes a time that
        grows with the nodes it meets. Nothing is remembered between calls: what is known are somebody's answers.
        """
        outcomes, nodes = self.outcomes, self.nodes
        memo: dict[int, int] = {}
        reduced: dict[tuple[int, tuple[int, ...]], int] = {}
        possible = set()

        def go(id: int) -> int:
            if id < outcomes:
                possible.add(id)
                return id
            done = memo.get(id)
            if done is not None:
                return done
            level, follow = nodes[id - outcomes]
            value = known[level]
            if value >= 0:
                result = go(follow[value])
            else:
                kept = tuple([go(each) for each in follow])
                result = kept[0]
                if kept.count(result) != len(kept):
                    result = reduced.setdefault((level, kept), outcomes + len(reduced))
            memo[id] = result
            return result

        go(self.root)
        # Each node made here hangs from the root: it stands in its parent, or is what its parent was reduced to.
        return sorted(possible), sorted({level for level, _ in reduced})

    @property
    def reachable(self) -> frozenset[int]:
        """The outcomes that some answers lead to."""
        return frozenset(self.restrict([-1] * len(self.variables))[0])

    @property
    def support(self) -> frozenset[str]:
        """The variables that matter for some answers."""
        return frozenset(self.variables[level][0] for level, _ in self.nodes)

    def way_to(self, outcome: int) -> dict[str, str] | None:
        """Values of some variables that lead to `outcome` whatever the others are; None if nothing does."""
        dead: set[int] = set()

        def go(id: int) -> dict[str, str] | None:
            if id < self.outcomes:
                return {} if id == outcome else None
            if id in dead:
                return None
            level, follow = self.nodes[id - self.outcomes]
            name, values = self.variables[level]
            for value, after in zip(values, follow, strict=True):
                rest = go(after)
                if rest is not None:
                    return {name: value, **rest}
            dead.add(id)
            return None

        return go(self.root)


def compile_diagram(variables: Iterable[Variable], outcomes: Sequence[Condition | None]) -> Diagram:
    """The diagram that leads to the index of the first of `outcomes` that holds; the last is None and always holds.

    `variables` names every indicator (with ABSENT_PRESENT) and circumstance that the conditions speak of, with its
    values. Raises DiagramTooLargeError.
    """
    assert outcomes and outcomes[-1] is None
    return _Builder(_ordered(dict(variables), outcomes), len(outcomes)).build(outcomes)


def compile_together(variables: Iterable[Variable], versions: Sequence[Sequence[Condition | None]]) -> list[Diagram]:
    """One diagram for each of `versions`, all in one order of the variables, so that they can be walked side by side.

    Each version is a list of outcomes as compile_diagram takes it. Raises DiagramTooLargeError.
    """
    order = _ordered(dict(variables), [condition for outcomes in versions for condition in outcomes])
    if len(order) > MOST_TOGETHER:
        raise DiagramTooLargeError(
            f"the versions judge {len(order)} signs and circumstances together, and at most {MOST_TOGETHER} can be. "
            "Compare versions that are nearer to each other"
        )
    return [_Builder(order, len(outcomes)).build(outcomes) for outcomes in versions]


def _ordered(domains: Mapping[str, tuple[str, ...]], outcomes: Sequence[Condition | None]) -> list[Variable]:
    """The variables in an order derived from the rule: what is judged together stands together.

    The order decides the size: dealt out at random, a rule of 67 signs takes a hundred times as many nodes. The
    circumstances come first, since they mostly choose between rules; then the smallest sets that are counted.
    """
    parts = [part for condition in outcomes if condition is not None for part in _parts(condition)]
    names: dict[str, None] = {part.name: None for part in parts if isinstance(part, CircumstanceIs)}
    counts = sorted((part for part in parts if isinstance(part, AtLeast)), key=lambda count: len(count.weights))
    for count in counts:
        names.update(dict.fromkeys(name for name, _ in count.weights))
    names.update(dict.fromkeys(part.indicator for part in parts if isinstance(part, Present)))
    names.update(dict.fromkeys(domains))
    return [(name, domains[name]) for name in names]


def _parts(condition: Condition) -> Iterator[Condition]:
    yield condition
    match condition:
        case AnyOf(parts) | AllOf(parts):
            for part in parts:
                yield from _parts(part)
        case Not(part) | Named(_, part):
            yield from _parts(part)


class _Builder:
    """Makes each node once. While building, two more terminals stand for "does not hold" and "holds"."""

    def __init__(self, variables: Sequence[Variable], outcomes: int) -> None:
        self.variables = variables
        self.levels = {name: level for level, (name, _) in enumerate(variables)}
        self.outcomes = outcomes
        self.false, self.true = outcomes, outcomes + 1
        self.first = outcomes + 2
        self.nodes: list[tuple[int, tuple[int, ...]]] = []
        self.ids: dict[tuple[int, tuple[int, ...]], int] = {}
        self.chosen: dict[tuple[int, int, int], int] = {}
        self.compiled: dict[Condition, int] = {}

    def build(self, outcomes: Sequence[Condition | None]) -> Diagram:
        root = len(outcomes) - 1
        for index in reversed(range(len(outcomes) - 1)):
            condition = outcomes[index]
            assert condition is not None
            root = self.choose(self.compile(condition), index, root)
        return self.finish(root)

    def node(self, level: int, follow: tuple[int, ...]) -> int:
        if follow.count(follow[0]) == len(follow):
            return follow[0]
        id = self.ids.get((level, follow))
        if id is None:
            if len(self.nodes) >= LARGEST:
                raise DiagramTooLargeError(
                    f"the outcomes take more than {LARGEST:,} nodes to judge exactly. "
                    "Judge fewer signs together, use smaller weights, or split the checklist"
                )
            id = self.ids[level, follow] = self.first + len(self.nodes)
            self.nodes.append((level, follow))
        return id

    def compile(self, condition: Condition) -> int:
        id = self.compiled.get(condition)
        if id is None:
            id = self.compiled[condition] = self.compile_new(condition)
        return id

    def compile_new(self, condition: Condition) -> int:
        match condition:
            case Present(indicator):
                return self.node(self.levels[indicator], (self.false, self.true))
            case AtLeast(weights, threshold):
                return self.at_least(weights, threshold)
            case CircumstanceIs(name, values):
                level = self.levels[name]
                domain = self.variables[level][1]
                return self.node(level, tuple(self.true if value in values else self.false for value in domain))
            case AnyOf(parts):
                result = self.false
                for part in parts:
                    result = self.choose(self.compile(part), self.true, result)
                return result
            case AllOf(parts):
                result = self.true
                for part in parts:
                    result = self.choose(self.compile(part), result, self.false)
                return result
            case Not(part):
                return self.choose(self.compile(part), self.false, self.true)
            case Named(_, part):
                return self.compile(part)
            case LevelIs() | OutcomeIs():
                raise TypeError("levels and outcomes are conditions of guidance, not of a checklist")

    def at_least(self, weights: Sequence[tuple[str, int]], threshold: int) -> int:
        """By dynamic programming over (item, points still needed)."""
        items = sorted((self.levels[name], weight) for name, weight in weights)
        left = [sum(weight for _, weight in items[start:]) for start in range(len(items) + 1)]
        memo: dict[tuple[int, int], int] = {}

        def go(start: int, needed: int) -> int:
            if needed <= 0:
                return self.true
            if left[start] < needed:
                return self.false
            id = memo.get((start, needed))
            if id is None:
                level, weight = items[start]
                id = self.node(level, (go(start + 1, needed), go(start + 1, needed - weight)))
                memo[start, needed] = id
            return id

        return go(0, threshold)

    def choose(self, test: int, then: int, other: int) -> int:
        """The diagram that is `then` where `test` holds and `other` where it does not."""
        if test == self.true:
            return then
        if test == self.false or then == other:
            return other
        key = (test, then, other)
        id = self.chosen.get(key)
        if id is None:
            level = min(self.level(test), self.level(then), self.level(other))
            width = len(self.variables[level][1])
            ways = map(self.choose, *[self.follow(each, level, width) for each in key])
            id = self.chosen[key] = self.node(level, tuple(ways))
        return id

    def level(self, id: int) -> int:
        return self.nodes[id - self.first][0] if id >= self.first else len(self.variables)

    def follow(self, id: int, level: int, width: int) -> tuple[int, ...]:
        if self.level(id) == level:
            return self.nodes[id - self.first][1]
        return (id,) * width

    def finish(self, root: int) -> Diagram:
        """Only the nodes that hang from the root, numbered anew."""
        names: dict[int, int] = {}
        kept: list[tuple[int, tuple[int, ...]]] = []

        def go(id: int) -> int:
            if id < self.outcomes:
                return id
            if id not in names:
                level, follow = self.nodes[id - self.first]
                after = tuple([go(each) for each in follow])
                names[id] = self.outcomes + len(kept)
                kept.append((level, after))
            return names[id]

        return Diagram(self.variables, kept, go(root), self.outcomes)
