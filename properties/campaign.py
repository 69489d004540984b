"""Many schedules of one seed, over as many processes as there are, as if one after the other.

Schedule k of seed S is the same on every machine. Results come in the order of k, and nothing after the first
failure counts, so that a campaign says the same however many processes ran it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from itertools import count, islice

from raftcheck.tla.coverage import Counts
from raftcheck.tla.orphans import end_with_parent
from raftcheck.tla.values import sweep
from raftcheck.traces.coverage import Covered
from raftcheck.traces.events import Event
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import Witness

from .finding import is_killing
from .known import is_known, label_of
from .lockstep import Outcome, run
from .mixing import drawn, scenario_for
from .node import Implementation, Liberty
from .safety import Property
from .schedules import Schedule
from .targets import load_target
from .watchdog import blocked

BATCH = 4
"""Schedules that a process runs at a time: a quarter of a second or so, for progress and for an early end."""


SWEPT = 64
"""Schedules after which values are swept of those that only earlier ones had, so that memory stays small."""


class ProcessDied(Exception):
    """A process that ran schedules has ended: nothing but the implementation can have ended it."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is run: schedules 0, 1, 2, ... of a seed on a target."""

    target: str
    seed: int
    schedules: int | None = None
    """How many; None: until nobody wants more."""
    servers: int | None = None
    length: int | None = None
    judged: bool = True
    covered: bool = False
    """Whether to count what the steps went through in the text of raft.tla."""
    known: tuple[str, ...] = ()
    """Names of failures that are passed over (known.py)."""
    scenario: str | None = None
    """The one that all schedules begin with; None: each of them in turn, and most schedules with none."""

    def new_judge(self, servers: Sequence[str], liberties: Collection[Liberty]) -> Validator | None:
        """The spec as the judge of one run."""
        return Validator(servers, liberties=liberties) if self.judged else None


@dataclass(frozen=True, slots=True)
class Failed:
    """A schedule that failed, and what was said of it then."""

    schedule: Schedule
    report: str
    killed: bool = False
    """Whether somebody ended the driver, as it looks: then it may be no failure of the Raft."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one schedule came to."""

    index: int
    steps: int
    judged: int
    undecided: int
    actions: Counter[str]
    compared: Counter[str]
    covered: Counts
    properties: tuple[Property, ...]
    failed: Failed | None
    liberties: frozenset[Liberty] = frozenset()
    known: str | None = None
    """The name of a failure that was passed over."""
    disturbed: tuple[Schedule, Outcome] | None = None
    """The first try, if somebody ended the driver: the result is that of another try."""
    scenario: str | None = None
    """What the schedule began with, if it was directed."""


Results = Generator[Result, None, None]


def run_schedule(
    implementation: Implementation,
    campaign: Campaign,
    index: int,
    witnesses: Sequence[Witness] = (),
    record: Callable[[Event], object] | None = None,
) -> tuple[Schedule, Outcome]:
    """One schedule of a campaign, with the actions that were enabled, and its outcome.

    `record` takes the events in place of the outcome.
    """
    caps = implementation.caps
    scenario = scenario_for(index, caps, campaign.servers, campaign.scenario)
    plan, source = drawn(campaign.seed, index, caps, campaign.servers, campaign.length, scenario)
    judge = campaign.new_judge(plan.servers, caps.liberties)
    outcome = run(
        implementation, plan.servers, plan.config, source, judge, witnesses=witnesses, record=record
    )
    schedule = Schedule(
        servers=plan.servers,
        actions=tuple(outcome.performed),
        config=plan.config,
        seed=f"{campaign.seed}/{index}",
        target=campaign.target,
    )
    return schedule, outcome


def results(campaign: Campaign, processes: int = 1) -> Results:
    """The results in order, up to the first failure; ProcessDied if the implementation ends a process."""
    indexes = count() if campaign.schedules is None else iter(range(campaign.schedules))
    batches = iter(lambda: tuple(islice(indexes, BATCH)), ())
    run_all = _one_by_one(campaign, batches) if processes == 1 else _in_parallel(campaign, batches, processes)
    with closing(run_all):
        for result in run_all:
            yield result
            if result.failed is not None:
                return


def _one_by_one(campaign: Campaign, batches: Iterator[tuple[int, ...]]) -> Results:
    implementation = load_target(campaign.target)
    for batch in batches:
        for index in batch:
            yield result_of(implementation, campaign, index)


def result_of(implementation: Implementation, campaign: Campaign, index: int) -> Result:
    """What schedule `index` of a campaign comes to."""
    covered = Covered()
    witnesses = [covered] if campaign.covered else []
    schedule, outcome = run_schedule(implementation, campaign, index, witnesses, record=lambda _: None)
    disturbed = None
    if is_killing(outcome.failure):
        disturbed = schedule, Outcome(performed=outcome.performed, failure=outcome.failure)
        covered.counts.clear()
        schedule, outcome = run_schedule(implementation, campaign, index, witnesses, record=lambda _: None)
    if index % SWEPT == SWEPT - 1:
        sweep()
    failure = outcome.failure
    scenario = scenario_for(index, implementation.caps, campaign.servers, campaign.scenario)
    known = failure is not None and is_known(failure, campaign.known)
    return Result(
        index=index,
        steps=outcome.steps,
        judged=outcome.judged,
        undecided=outcome.undecided,
        actions=Counter(outcome.actions),
        compared=outcome.compared,
        covered=covered.counts,
        properties=outcome.properties,
        failed=None if failure is None or known else Failed(schedule, failure.report(), is_killing(failure)),
        liberties=outcome.liberties,
        known=label_of(failure) if failure is not None and known else None,
        disturbed=disturbed,
        scenario=None if scenario is None else scenario.name,
    )


def _in_parallel(campaign: Campaign, batches: Iterator[tuple[int, ...]], processes: int) -> Results:
    # Ctrl-C waits: a pool that is interrupted as it starts its processes never ends them.
    # A forked process has what its parent has compiled of the spec; where there is no fork, it begins anew.
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else None)
    pool = ProcessPoolExecutor(processes, context, _begin, (campaign,))
    running: deque[tuple[tuple[int, ...], Future[list[Result]]]] = deque()
    try:
        while True:
            with blocked(signal.SIGINT):
                for batch in islice(batches, 2 * processes - len(running)):
                    running.append((batch, pool.submit(_run_batch, batch)))
            if not running:
                return
            batch, future = running.popleft()
            try:
                yield from future.result()
            except BrokenProcessPool:
                raise ProcessDied(
                    f"a process died that ran schedules from {batch[0]} on of seed {campaign.seed}"
                ) from None
    finally:
        with blocked(signal.SIGINT):
            pool.shutdown(wait=True, cancel_futures=True)


_mine: tuple[Implementation, Campaign]
"""In a process of the pool: what it runs."""


def _begin(campaign: Campaign) -> None:
    """A process of the pool gets ready. It leaves Ctrl-C to its parent, and stdout to the verdict."""
    global _mine
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    sys.stdout = sys.stderr
    _mine = (load_target(campaign.target), campaign)


def _run_batch(indexes: tuple[int, ...]) -> list[Result]:
    """The results up to the first failure."""
    found = []
    for index in indexes:
        found.append(result_of(*_mine, index))
        if found[-1].failed is not None:
            break
    return found


def usable_processes() -> int:
    """As many as this process may use at the same time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
