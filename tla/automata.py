"""Automata for temporal formulas: generalised Buchi, with promises on the moves.

A state of the automaton is the set of formulas that what is left of a behavior must satisfy. A move reads one
step and says which atoms must be true of it and which false, what is left to satisfy after it, and which of
the formulas <>f it puts off. A behavior is accepted if some run on it puts off none of them for ever: each
promise is kept (not put off) by infinitely many moves. (After Couvreur, On-the-fly verification of linear
temporal logic, 1999.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .temporal import All, Always, Eventually, Formula, Is, Some

Obligations = frozenset[Formula]


@dataclass(frozen=True, slots=True)
class Move:
    """To state `target`, by a step of which the atoms in `yes` are true and those in `no` false.

    `yes` and `no` have one bit for each atom, `keeps` one for each promise.
    """

    yes: int
    no: int
    target: int
    keeps: int

    def allows(self, letter: int) -> bool:
        """Whether a step may be read of which just the atoms in `letter` are true."""
        return letter & self.yes == self.yes and not letter & self.no


@dataclass(frozen=True, slots=True)
class Automaton:
    """`moves` has those of each state; state 0 is the first. `promises` has a bit for each promise."""

    moves: tuple[tuple[Move, ...], ...]
    promises: int


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to satisfy formulas: what must be so of the first step, and of the rest of the behavior."""

    yes: int
    no: int
    later: Obligations
    postponed: Obligations

    def includes(self, other: _Way) -> bool:
        """Whether it asks of a behavior at most what the other asks."""
        return (
            self.yes & other.yes == self.yes
            and self.no & other.no == self.no
            and self.later <= other.later
            and self.postponed <= other.postponed
        )


_FREE = _Way(0, 0, frozenset(), frozenset())


def automaton(formulas: Obligations) -> Automaton:
    """The automaton that accepts just the behaviors that satisfy all of the formulas."""
    start = _reduced(formulas)
    numbers = {start: 0}
    todo = [start]
    ways: list[list[_Way]] = []
    for state in todo:
        found = _ways(state)
        ways.append(found)
        for way in found:
            if way.later not in numbers:
                numbers[way.later] = len(numbers)
                todo.append(way.later)
    promises = sorted({p for found in ways for way in found for p in way.postponed}, key=repr)
    bits = {promise: 1 << place for place, promise in enumerate(promises)}
    every = (1 << len(promises)) - 1
    return Automaton(
        tuple(
            tuple(
                Move(w.yes, w.no, numbers[w.later], every & ~sum(bits[p] for p in w.postponed)) for w in found
            )
            for found in ways
        ),
        every,
    )


def _ways(formulas: Obligations) -> list[_Way]:
    """The ways to satisfy all formulas, without those that ask more than another."""
    found = [_FREE]
    # In an order that does not change from run to run, so that counterexamples do not either.
    for formula in sorted(formulas, key=repr):
        found = _least(list(_products(found, _ways_of(formula))))
    return _least([_Way(w.yes, w.no, _reduced(w.later), w.postponed) for w in found])


def _ways_of(formula: Formula) -> list[_Way]:
    match formula:
        case Is(atom, positive):
            bit = 1 << atom
            return [
                _Way(bit, 0, frozenset(), frozenset()) if positive else _Way(0, bit, frozenset(), frozenset())
            ]
        case All(parts):
            return _ways(parts)
        case Some(parts):
            return _least([way for part in sorted(parts, key=repr) for way in _ways_of(part)])
        case Always(body):
            return [_Way(w.yes, w.no, w.later | {formula}, w.postponed) for w in _ways_of(body)]
        case Eventually(body):
            again = frozenset((formula,))
            return [*_ways_of(body), _Way(0, 0, again, again)]


def _products(left: list[_Way], right: list[_Way]) -> Iterator[_Way]:
    for one in left:
        for other in right:
            yes, no = one.yes | other.yes, one.no | other.no
            if not yes & no:
                yield _Way(yes, no, one.later | other.later, one.postponed | other.postponed)


def _least(ways: list[_Way]) -> list[_Way]:
    kept: list[_Way] = []
    for way in dict.fromkeys(ways):
        if not any(other.includes(way) for other in kept):
            kept = [other for other in kept if not way.includes(other)] + [way]
    return kept


def _reduced(formulas: Obligations) -> Obligations:
    """Without what another of the formulas implies: <>f beside []<>f."""
    return frozenset(f for f in formulas if not (isinstance(f, Eventually) and Always(f) in formulas))
