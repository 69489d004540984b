"""Runs a campaign to its end, its first failure or its interruption; makes a failure small and keeps it."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from raftcheck.tla.coverage import Counts
from raftcheck.traces.diagnosis import diagnosis_of
from raftcheck.traces.evidence import Evidence, raft_acted
from raftcheck.traces.refusal import Refusal
from raftcheck.traces.validate import Validator

from .campaign import Campaign, Failed, ProcessDied, Result, results
from .failures import FOLDER, Kept, keep
from .finding import Finding
from .lockstep import Outcome, kind_of, run
from .node import Implementation, Liberty
from .safety import Property
from .schedules import Schedule
from .shrink import shrink
from .targets import load_target

Word = Literal["conforms", "diverges", "safe", "undecided", "vacuous"]


@dataclass(slots=True)
class Check:
    """What a campaign came to, so far."""

    schedules: int = 0
    steps: int = 0
    judged: int = 0
    undecided: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    covered: Counts = field(default_factory=Counter)
    properties: set[Property] = field(default_factory=set)
    seconds: float = 0.0
    interrupted: bool = False
    kept: Kept | None = None
    died: str | None = None
    """Where the implementation ended the whole process, if it did."""
    liberties: frozenset[Liberty] = frozenset()
    """What raft.tla allows of the implementation beyond Figure 2."""
    known: Counter[str] = field(default_factory=Counter)
    """In how many schedules a known failure was passed over, by its name."""
    disturbed: list[Kept] = field(default_factory=list)
    """Schedules that were done again, for at first somebody ended the driver."""
    directed: Counter[str] = field(default_factory=Counter)
    """How many schedules began with a scenario, by its name."""

    @property
    def word(self) -> Word:
        """The verdict. A pass says what it rests on: nothing at all, the properties alone, or the spec."""
        if self.kept is not None and kind_of(self.kept.failure)[1] == "disturbed":
            return "undecided"
        if self.kept is not None or self.died is not None:
            return "diverges"
        if self.steps == 0 or (self.judged and not raft_acted(self.actions)):
            return "vacuous"
        return "conforms" if self.judged == self.steps else "safe"

    @property
    def evidence(self) -> Evidence:
        """What the verdict of raft.tla rests on."""
        declared = self.liberties if self.schedules > 1 else frozenset()  # one schedule need not take all
        return Evidence(self.actions, self.judged, self.compared, liberties=declared)

    def add(self, result: Result) -> None:
        self.schedules += 1
        self.steps += result.steps
        self.judged += result.judged
        self.undecided += result.undecided
        self.actions.update(result.actions)
        self.compared.update(result.compared)
        self.covered.update(result.covered)
        self.properties.update(result.properties)
        self.liberties = result.liberties
        if result.known is not None:
            self.known[result.known] += 1
        if result.scenario is not None:
            self.directed[result.scenario] += 1


def check(
    campaign: Campaign,
    processes: int = 1,
    most_seconds: float | None = None,
    watch: Callable[[Check], None] = lambda so_far: None,
    folder: Path = FOLDER,
) -> Check:
    """Runs the campaign. What a node prints goes to stderr: stdout belongs to the verdict."""
    so_far = Check()
    begin = time.perf_counter()
    failed = None
    with redirect_stdout(sys.stderr):
        try:
            with closing(results(campaign, processes)) as run_so_far:
                for result in run_so_far:
                    so_far.add(result)
                    if result.disturbed is not None:
                        so_far.disturbed.append(keep(*result.disturbed, folder))
                    so_far.seconds = time.perf_counter() - begin
                    watch(so_far)
                    failed = result.failed
                    if most_seconds is not None and so_far.seconds >= most_seconds:
                        break
            if failed is not None:
                for kept in kept_of(load_target(campaign.target), campaign, failed, folder):
                    so_far.kept = kept
        except ProcessDied as death:
            so_far.died = str(death)
        except KeyboardInterrupt:
            so_far.interrupted = True
    so_far.seconds = time.perf_counter() - begin
    return so_far


def kept_of(
    implementation: Implementation, campaign: Campaign, failed: Failed, folder: Path
) -> Iterator[Kept]:
    """Keeps the failure as it was found, and then, unless interrupted, a smaller one in its place."""
    schedule = failed.schedule
    outcome = replay(implementation, schedule, campaign.judged)
    if outcome.failure is None:
        outcome.failure = Finding(
            kind="disturbed" if failed.killed else "unrepeatable",
            server=", ".join(schedule.servers),
            action="the same schedule a second time",
            seen="no failure, where at first there was one",
            expected="that nobody ends the driver"
            if failed.killed
            else "the same: a node takes time and chance from nowhere but its Env",
            at_first=failed.report,
        )
        yield keep(schedule, outcome, folder)
        return
    kept = keep(schedule, outcome, folder)
    yield kept
    new_judge = partial(campaign.new_judge, liberties=implementation.caps.liberties)
    smaller, outcome = shrink(implementation, schedule, kept.failure, new_judge, campaign.known)
    yield keep(smaller, diagnosed(smaller, outcome), folder)


def replay(implementation: Implementation, schedule: Schedule, judged: bool) -> Outcome:
    """Does a schedule again."""
    judge = Validator(schedule.servers, liberties=implementation.caps.liberties) if judged else None
    outcome = run(
        implementation, schedule.servers, schedule.config, schedule.actions, judge, scene=schedule.scene
    )
    return outcome if schedule.scene is not None else diagnosed(schedule, outcome)


def diagnosed(schedule: Schedule, outcome: Outcome) -> Outcome:
    """The outcome, with all that can be said of a refused step: it takes too long to be done in every run."""
    if isinstance(outcome.failure, Refusal):
        outcome.failure = diagnosis_of(schedule.servers, outcome.events, outcome.liberties)
    return outcome


def check_of(schedule: Schedule, outcome: Outcome, file: Path, elsewhere: bool) -> Check:
    """What one run of a schedule came to, as of a campaign. `elsewhere`: not on the target of the file."""
    kept = Kept(schedule, outcome, file, elsewhere=elsewhere) if outcome.failure is not None else None
    return Check(
        schedules=1,
        steps=outcome.steps,
        judged=outcome.judged,
        undecided=outcome.undecided,
        actions=Counter(outcome.actions),
        compared=Counter(outcome.compared),
        properties=set(outcome.properties),
        liberties=outcome.liberties,
        kept=kept,
    )
