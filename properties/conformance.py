"""Conformance as a test in a file of tests: random schedules on one Raft, in groups.

    from raftcheck.properties.conformance import conformance_test
    from raftcheck.properties.node import Caps

    test_my_raft = conformance_test(start=MyRaft().start, caps=Caps(network="stream"), schedules=200)

The pytest plugin (plugin.py) makes each group a test of its own, so that they can be spread over processes;
nothing here knows pytest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .campaign import Campaign, result_of
from .checking import Check, kept_of
from .checkverdict import MEANING
from .failures import FOLDER
from .node import Caps, Env, Implementation, Node
from .schedules import MOST_SERVERS
from .targets import implementation_of

SCHEDULES = 100
"""Of a test that is not told how many: some 15,000 steps, a few seconds."""

GROUP = 25
"""Schedules in a group, at least: half a second, beside which starting a test costs nothing."""

MOST_GROUPS = 100
"""With more schedules the groups grow, so that a report stays readable."""


class Start(Protocol):
    """`start` of an Implementation."""

    def __call__(self, env: Env, fresh: bool) -> Node: ...


@dataclass(frozen=True, slots=True)
class ConformanceTest:
    """An Implementation, and what it is to be tested with. `marks`: of pytest."""

    start: Start
    caps: Caps
    schedules: int
    seed: int
    servers: int | None
    marks: Sequence[Any]


def conformance_test(
    start: Start,
    caps: Caps | None = None,
    *,
    schedules: int = SCHEDULES,
    seed: int = 0,
    servers: int | None = None,
    marks: Sequence[Any] = (),
) -> ConformanceTest:
    """A test, to be given a name that begins with `test`: random schedules on a Raft, judged by raft.tla.

    `start` and `caps` are those of an Implementation (node.py). ValueError for what makes no test.
    """
    if schedules < 1:
        raise ValueError(f"schedules = {schedules}; expected 1 or more")
    if servers is not None and not 1 <= servers <= MOST_SERVERS:
        raise ValueError(f"servers = {servers}; expected 1 to {MOST_SERVERS}")
    test = ConformanceTest(start, caps or Caps(), schedules, seed, servers, marks)
    implementation_of(test)
    return test


def groups(schedules: int) -> Iterator[range]:
    """The schedules 0, 1, 2, ... in groups, which depend on nothing but their number."""
    size = max(GROUP, -(-schedules // MOST_GROUPS))
    return (range(first, min(first + size, schedules)) for first in range(0, schedules, size))


def complaint(
    implementation: Implementation, campaign: Campaign, indexes: range, folder: Path = FOLDER
) -> str | None:
    """What is wrong with these schedules of a campaign: the first failure, made small and kept, if any."""
    so_far = Check()
    for index in indexes:
        result = result_of(implementation, campaign, index)
        so_far.add(result)
        if result.failed is not None:
            *_, kept = kept_of(implementation, campaign, result.failed, folder)
            return kept.report()
    return f"vacuous: {MEANING['vacuous']}" if so_far.word == "vacuous" else None
