"""Traces of which a part was not observed, of the reference and of faults planted in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from msgspec.structs import replace

from raftcheck.properties import faults
from raftcheck.properties.campaign import Campaign, run_schedule
from raftcheck.traces.events import Event

Hide = Callable[[Event], Event | None]
"""What is left of a line."""


def without(field: str) -> Hide:
    """Nobody shows this field of its state."""

    def hide(event: Event) -> Event:
        return event if event.state is None else replace(event, state=replace(event.state, **{field: None}))

    return hide


def no_message(event: Event) -> Event | None:
    """Nobody shows what was received; the network shows nothing."""
    return None if event.event in ("DropMessage", "DuplicateMessage") else replace(event, message=None)


def no_sends(event: Event) -> Event:
    return replace(event, sends=None)


def no_messages(event: Event) -> Event | None:
    left = no_message(event)
    return None if left is None else no_sends(left)


HIDDEN: dict[str, Hide] = {
    "term": without("current_term"),
    "votedFor": without("voted_for"),
    "log": without("log"),
    "commitIndex": without("commit_index"),
    "message": no_message,
    "sends": no_sends,
    "all messages": no_messages,
}
"""What is left out in turn."""

FAULTS: dict[str, int] = {
    "vote-no-votedfor": 6,
    "vote-not-cleared-new-term": 15,
    "vote-no-uptodate": 2,
    "vote-volatile": 6,
    "term-volatile": 6,
    "ack-before-fsync": 10,
    "ae-no-prevterm": 72,
    "ae-truncate-always": 5,
    "ae-never-truncates": 8,
    "ae-duplicate-appends": 7,
    "ae-stale-term-accepted": 17,
    "leader-overwrites-own-log": 17,
    "commit-old-term": 7,
    "commit-unverified-suffix": 17,
    "commit-last-stored": 17,
}
"""Faults in votes, log, commit and persistence, each with the seed of a short run in which it is seen."""


def hidden(hide: Hide, events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(left for left in map(hide, events) if left is not None)


@cache
def run_of_fault(fault: str, seed: int) -> tuple[tuple[str, ...], tuple[Event, ...]]:
    """A random schedule on the reference with a fault, judged by nobody yet."""
    (found,) = (each for each in faults.FAULTS if each.id == fault)
    schedule, outcome = run_schedule(found, Campaign(fault, seed, 1, 3, judged=False), 0)
    return schedule.servers, tuple(outcome.events)
