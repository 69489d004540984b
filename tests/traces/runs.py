"""Runs of the reference, as the events that a trace is made of."""

from __future__ import annotations

import copy
from functools import cache

from raftcheck.properties.adapters.reference import reference
from raftcheck.properties.campaign import Campaign, run_schedule
from raftcheck.traces.events import Event
from raftcheck.traces.validate import Validator

Run = tuple[tuple[str, ...], tuple[Event, ...]]
"""The servers of a cluster, and what was observed of it."""


@cache
def run(seed: int, servers: int | None = None) -> Run:
    """A random schedule on the reference, with every field of every line, judged by nobody yet."""
    schedule, outcome = run_schedule(reference, Campaign("reference", seed, 1, servers, judged=False), 0)
    assert outcome.failure is None, outcome.failure
    return schedule.servers, tuple(outcome.events)


def forked(judge: Validator) -> Validator:
    """A judge who has seen the same, and may see something else from here on."""
    other = copy.copy(judge)
    other.judged = copy.deepcopy(judge.judged)
    return other


def judged(servers: tuple[str, ...], events: tuple[Event, ...]) -> Validator:
    """The judge after these events, of which only the last may be refused."""
    judge = Validator(servers)
    for event in events:
        judge.observe(event)
    return judge
