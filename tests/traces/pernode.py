"""A run, told by its servers: each has its lines, and its own idea of the time."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from msgspec.structs import replace

from raftcheck.traces.events import Clock, Event, Message
from raftcheck.traces.wellformed import Line

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)

Files = dict[str, tuple[Event, ...]]
"""By server, the lines that are in its file."""

Clocked = tuple[Event, ...]
"""Lines, each with a logical clock."""


def by_server(events: Iterable[Event]) -> Files:
    files: dict[str, list[Event]] = {}
    for event in events:
        files.setdefault(event.server, []).append(event)
    return {server: tuple(lines) for server, lines in files.items()}


def per_node(events: Iterable[Event], random: Random, skew_seconds: float = 60) -> Files:
    """The files of a run in which a line came every 10 ms, by clocks that are up to so much wrong."""
    skews: dict[str, timedelta] = {}
    timed = []
    for number, event in enumerate(events):
        skew = skews.setdefault(event.server, timedelta(seconds=random.uniform(-1, 1) * skew_seconds))
        timed.append(replace(event, time=NOON + skew + number * timedelta(milliseconds=10)))
    return by_server(timed)


def lines_of(files: Files) -> list[Iterator[Line]]:
    """The files as they are read: n2.ndjson:7."""
    return [
        iter([(f"{name}.ndjson:{number}", event) for number, event in enumerate(events, 1)])
        for name, events in files.items()
    ]


Counts = dict[str, int]


def vector(events: Sequence[Event]) -> Clocked:
    """With vector clocks that tick once a line."""
    return _clocked(events, ticks=lambda event: 1, clock=dict)


def ticking_often(events: Sequence[Event]) -> Clocked:
    """With vector clocks that tick when a message arrives, and again whenever one leaves."""
    return _clocked(events, ticks=lambda event: 1 + len(event.sends or ()), clock=dict)


def lamport(events: Sequence[Event]) -> Clocked:
    """With numbers as Lamport's: more than whatever came before, as the sum of a vector clock is."""
    return _clocked(events, ticks=lambda event: 1, clock=lambda counts: sum(counts.values()))


def _clocked(
    events: Sequence[Event], ticks: Callable[[Event], int], clock: Callable[[Counts], Clock]
) -> Clocked:
    clocked = []
    known: dict[str, Counts] = defaultdict(dict)
    sent: dict[Message, deque[Counts]] = defaultdict(deque)
    for event in events:
        me = event.server
        begun = known[me].get(me, 0) + 1
        for server, count in _taken(event, sent).items():
            known[me][server] = max(known[me].get(server, 0), count)
        known[me][me] = begun + ticks(event) - 1
        for place, message in enumerate(event.sends or (), 1):
            sent[message].append({**known[me], me: min(begun + place, known[me][me])})
        clocked.append(replace(event, clock=clock(known[me])))
    return tuple(clocked)


def _taken(event: Event, sent: dict[Message, deque[Counts]]) -> Counts:
    """The clock that came with the message of an event."""
    if event.message is None or not sent[event.message]:
        return {}
    if event.event == "DuplicateMessage":
        sent[event.message].append(sent[event.message][0])
        return sent[event.message][0]
    return sent[event.message].popleft()
