"""Logical clocks of a trace: what the clock of a line says of the order of lines.

A clock is the server's when it writes the line, after all that it sent. It never runs back, and whoever
receives a message has a clock past the one with which it was sent. Nothing more is asked of it: a clock may
tick once a line or more often, so a line stands for all the ticks since the line of its server before it.
"""

from __future__ import annotations

from collections.abc import Iterable

from .errors import TraceError, plain
from .events import Clock, Event
from .wellformed import Line

BEFORE = -1
"""What a server has counted before its first line: less than any clock says."""


class Clocks:
    """What the clocks of the lines so far have counted. All are of one kind: numbers, or vector clocks."""

    def __init__(self) -> None:
        self._last: dict[str, Clock] = {}
        self._first: tuple[str, type] | None = None

    def counted(self, server: str) -> int:
        """What a server had counted of itself at the last of its lines."""
        return _part(self._last.get(server, BEFORE), server)

    def take(self, line: Line) -> None:
        """Takes in the clock of a line; TraceError if it is none that could follow."""
        place, event = line
        clock = event.clock
        if clock is None:
            return
        self._first = self._first or (place, type(clock))
        if type(clock) is not self._first[1]:
            kinds = f"{_kind(clock)}, but {self._first[0]} has {_kind(self._first[1]())}"
            raise TraceError(f"{place}: clock is {kinds}; expected one kind of clock")
        for name, before in self._counted(event.server):
            now = _part(clock, name)
            if now < before:
                found = (
                    f"clock of `{plain(event.server)}` runs back, for `{plain(name)}` from {before} to {now}"
                )
                raise TraceError(f"{place}: {found}; expected one that never does")
        self._last[event.server] = clock

    def _counted(self, server: str) -> Iterable[tuple[str, int]]:
        """What the last clock of a server has counted, of each server that it knows of."""
        last = self._last.get(server, {})
        return [(server, last)] if isinstance(last, int) else last.items()

    def waits_for(self, event: Event, other: Event, servers: Iterable[str]) -> bool:
        """Whether the clock of an event says that another comes before it.

        The other is the next line of a file of these servers. It comes first if its number is less, or if the
        event knows of something that happened at them after their lines so far, unless the other knows of the
        event.
        """
        clock = event.clock
        if clock is None:
            return False
        if isinstance(clock, int):
            return isinstance(other.clock, int) and other.clock < clock
        if isinstance(other.clock, dict) and other.clock.get(event.server, BEFORE) >= clock[event.server]:
            return False
        return any(clock.get(server, BEFORE) > self.counted(server) for server in servers)

    def surely_before(self, event: Event, server: str, other: Event | None) -> bool:
        """Whether an event knows of nothing that happened at a server after its lines so far.

        The other is the next line of the server's file, None at its end. Numbers seldom say so: a clock that
        ticks more than once in a line may have a larger number there than the receiver of what was sent.
        """
        clock, counted = event.clock, self.counted(server)
        if clock is None or (counted == BEFORE and (other is None or other.clock is None)):
            return False
        if other is None:
            return True
        return clock <= counted + 1 if isinstance(clock, int) else clock.get(server, BEFORE) <= counted


def knows_of(clock: Clock, server: str, counted: int) -> bool:
    """Whether a clock is past what a server had counted of itself."""
    return _part(clock, server) > counted


def _part(clock: Clock, server: str) -> int:
    return clock if isinstance(clock, int) else clock.get(server, BEFORE)


def _kind(clock: Clock) -> str:
    return "a number" if isinstance(clock, int) else "an object"
