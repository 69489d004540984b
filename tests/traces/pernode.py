"""A run, told by its servers: each has its lines, and its own idea of the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from msgspec.structs import replace

from raftcheck.traces.events import Event
from raftcheck.traces.wellformed import Line

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)

Files = dict[str, tuple[Event, ...]]
"""By server, the lines that are in its file."""


def per_node(events: Iterable[Event], random: Random, skew_seconds: float = 60) -> Files:
    """The files of a run in which a line came every 10 ms, by clocks that are up to so much wrong."""
    skews: dict[str, timedelta] = {}
    files: dict[str, list[Event]] = {}
    for number, event in enumerate(events):
        skew = skews.setdefault(event.server, timedelta(seconds=random.uniform(-1, 1) * skew_seconds))
        line = replace(event, time=NOON + skew + number * timedelta(milliseconds=10))
        files.setdefault(event.server, []).append(line)
    return {server: tuple(lines) for server, lines in files.items()}


def lines_of(files: Files) -> list[Iterator[Line]]:
    """The files as they are read: n2.ndjson:7."""
    return [
        iter([(f"{server}.ndjson:{number}", event) for number, event in enumerate(events, 1)])
        for server, events in files.items()
    ]
