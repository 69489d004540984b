"""The states that a search has reached: a fingerprint of each, and the step by which it was first reached.

States have numbers, from 0, in the order in which they are reached. The initial ones come first.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

SHORT = (1 << 64) - 1
"""The part of a fingerprint that is kept for each number: enough to tell the successors of a state apart."""


class Reached:
    """Per state a fingerprint among the `known`, and 16 bytes by which a behavior is found again."""

    __slots__ = ("before", "initial", "known", "shorts", "taken")

    def __init__(self) -> None:
        self.known: set[int] = set()
        self.shorts = array("Q")
        self.before = array("I")
        self.taken = array("I")
        self.initial = 0

    def __len__(self) -> int:
        return len(self.shorts)

    def begin(self, key: int) -> None:
        """Numbers a new initial state; none may come after another state."""
        self.add(key, 0, 0)
        self.initial += 1

    def add(self, key: int, before: int, place: int) -> None:
        """Numbers a new state, to which the action at that place led from the state of number `before`."""
        self.known.add(key)
        self.shorts.append(key & SHORT)
        self.before.append(before)
        self.taken.append(place)

    def extend(self, shorts: Sequence[int], before: Sequence[int], taken: Sequence[int]) -> None:
        """Numbers new states in this order, which are among the `known` of one process or another."""
        self.shorts.extend(shorts)
        self.before.extend(before)
        self.taken.extend(taken)

    def is_at(self, number: int, key: int) -> bool:
        """Whether the state of that number, among the successors of the one before, is that with this key."""
        return self.shorts[number] == key & SHORT

    def path(self, number: int) -> list[int]:
        """The numbers of the states up to that one, along the steps by which each was first reached."""
        path = [number]
        while number >= self.initial:
            number = self.before[number]
            path.append(number)
        path.reverse()
        return path
