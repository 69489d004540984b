"""A smaller schedule with the same failure: delta debugging of recorded actions (Zeller, Hildebrandt 2002).

Any subset of a schedule is a schedule, so most of it is deletion. What a deletion would spoil is the numbers
of messages: with one send less, number 7 is another message. So while a schedule shrinks, each message is
known by what sent it (which action, and as its how-manieth on the link), and gets its number when the smaller
schedule runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from raftcheck.traces.validate import Validator

from .cluster import Cluster
from .finding import Finding
from .lockstep import Failure, Outcome, kind_of, run
from .node import Implementation
from .schedules import Action, Crash, Deliver, Drop, Duplicate, Heal, Partition, Schedule
from .watchdog import PATIENCE_SECONDS

MOST_RUNS = 3000
"""In search of a smaller schedule. Counted, not timed, so that the result is always the same."""

MOST_PAIRED = 40
"""Of a longer schedule no pairs are tried: there are too many, for too little."""

HANG_COST = 300
"""A run that hangs counts as so many others, since it takes its time."""

HANG_PATIENCE_SECONDS = 0.5

Addressed = Deliver | Duplicate | Drop
Sent = dict[tuple[str, str], int]
"""How many messages have been sent on each link."""

START = -1
"""The place of what the servers send when they first start."""


@dataclass(frozen=True, slots=True)
class Step:
    """An action, and which message it is about, if any, whatever is deleted elsewhere.

    `origin` is the place of the step that sent the message, and `ordinal` says
    as its how-manieth on the link.
    """

    place: int
    action: Action
    origin: int = START
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """A schedule that fails, taken apart."""

    servers: tuple[str, ...]
    config: dict[str, Any]
    steps: tuple[Step, ...]
    outcome: Outcome


def shrink(
    implementation: Implementation,
    schedule: Schedule,
    failure: Failure,
    new_judge: Callable[[Sequence[str]], Validator | None],
) -> tuple[Schedule, Outcome]:
    """The smallest schedule found on which the same mistake shows, and its outcome.

    Needs a schedule that does the same each time; if the failure does not come again, nothing gets smaller.
    """
    shrinker = _Shrinker(implementation, failure, new_judge)
    case = shrinker.first(schedule)
    if case is None:
        judge = new_judge(schedule.servers)
        return schedule, run(implementation, schedule.servers, schedule.config, schedule.actions, judge)
    case = shrinker.smallest(case)
    smaller = Schedule(
        servers=case.servers,
        actions=tuple(case.outcome.performed),
        config=case.config,
        seed=schedule.seed,
        target=schedule.target,
    )
    return smaller, case.outcome


class _Shrinker:
    def __init__(
        self,
        implementation: Implementation,
        failure: Failure,
        new_judge: Callable[[Sequence[str]], Validator | None],
    ) -> None:
        self._implementation = implementation
        self._kind = kind_of(failure)
        self._new_judge = new_judge
        self._runs_left = MOST_RUNS
        hangs = isinstance(failure, Finding) and failure.kind == "hang"
        self._patience_seconds = HANG_PATIENCE_SECONDS if hangs else PATIENCE_SECONDS

    def first(self, schedule: Schedule) -> Case | None:
        """The schedule as it is, with its messages found."""
        plain = tuple(Step(place, action) for place, action in enumerate(schedule.actions))
        return self._attempt(schedule.servers, schedule.config, plain, by_origin=False)

    def smallest(self, case: Case) -> Case:
        case = self._shorter(case)
        while (better := self._simpler(case) or self._without_a_pair(case)) is not None:
            case = self._shorter(better)
        return case

    def _shorter(self, case: Case) -> Case:
        """Without all that can be spared: halves, quarters, ..., single steps, the last ones first."""
        size = max(1, len(case.steps) // 2)
        while True:
            end = len(case.steps)
            while end > 0:
                start = max(0, end - size)
                shorter = self._attempt(case.servers, case.config, case.steps[:start] + case.steps[end:])
                case = shorter or case
                end = min(start, len(case.steps))
            if size == 1:
                return case
            size //= 2

    def _without_a_pair(self, case: Case) -> Case | None:
        """The first case without two steps that can only be spared together; None if there is none."""
        if len(case.steps) > MOST_PAIRED:
            return None
        for late in range(len(case.steps) - 1, 0, -1):
            for early in range(late - 1, -1, -1):
                steps = case.steps[:early] + case.steps[early + 1 : late] + case.steps[late + 1 :]
                shorter = self._attempt(case.servers, case.config, steps)
                if shorter is not None:
                    return shorter
        return None

    def _simpler(self, case: Case) -> Case | None:
        """The first variant with fewer servers or plainer values that fails as well; None if none does."""
        for servers, config, steps in _variants(case):
            simpler = self._attempt(servers, config, steps)
            if simpler is not None:
                return simpler
        return None

    def _attempt(
        self, servers: tuple[str, ...], config: dict[str, Any], steps: Sequence[Step], by_origin: bool = True
    ) -> Case | None:
        """The case that these steps make, if the same mistake shows in it."""
        if self._runs_left <= 0:
            return None
        tried = _Tried(steps, by_origin)
        judge = self._new_judge(servers)
        outcome = run(self._implementation, servers, config, tried.actions, judge, self._patience_seconds)
        hung = isinstance(outcome.failure, Finding) and outcome.failure.kind == "hang"
        self._runs_left -= HANG_COST if hung else 1
        if outcome.failure is None or kind_of(outcome.failure) != self._kind:
            return None
        return Case(servers, config, tried.performed(outcome.performed), outcome)


class _Tried:
    """Runs steps as actions, and takes the actions apart again into steps."""

    def __init__(self, steps: Sequence[Step], by_origin: bool) -> None:
        self._steps = steps
        self._by_origin = by_origin
        self._yielded: list[tuple[Action, Sent]] = []
        """Each action, with how much had been sent on each link before it."""

    def actions(self, cluster: Cluster) -> Iterator[Action]:
        sent = cluster.network.sent
        spans: dict[int, tuple[Sent, Sent]] = {START: (dict.fromkeys(sent, 0), dict(sent))}
        for step in self._steps:
            action = _addressed(step, spans) if self._by_origin else step.action
            if action is None:
                continue
            before = dict(sent)
            self._yielded.append((action, before))
            yield action
            spans[step.place] = (before, dict(sent))

    def performed(self, actions: Sequence[Action]) -> tuple[Step, ...]:
        """The steps of those actions that were enabled."""
        yielded = iter(self._yielded)
        history: list[Sent] = []
        steps: list[Step] = []
        for place, action in enumerate(actions):
            history.append(next(before for done, before in yielded if done is action))
            if isinstance(action, Addressed):
                steps.append(Step(place, action, *_origin(action, history)))
            else:
                steps.append(Step(place, action))
        return tuple(steps)


def _addressed(step: Step, spans: dict[int, tuple[Sent, Sent]]) -> Action | None:
    """The action, with the number that its message has now if it has one; None if that was not sent."""
    action = step.action
    if not isinstance(action, Addressed):
        return action
    if step.origin not in spans:
        return None
    link = (action.source, action.dest)
    before, after = spans[step.origin]
    number = before.get(link, 0) + step.ordinal
    if number > after.get(link, 0):
        return None
    return action if number == action.number else msgspec.structs.replace(action, number=number)


def _origin(action: Addressed, history: list[Sent]) -> tuple[int, int]:
    """What sent the message: the last place before which less than its number had been sent."""
    link = (action.source, action.dest)
    for place in range(len(history) - 2, -1, -1):
        if history[place][link] < action.number:
            return place, action.number - history[place][link]
    return START, action.number


def _variants(case: Case) -> Iterator[tuple[tuple[str, ...], dict[str, Any], Sequence[Step]]]:
    """Simpler cases of as many steps or fewer, each simpler in one thing."""
    servers, config, steps = case.servers, case.config, case.steps
    if config:
        yield servers, {}, steps
    for server in reversed(servers if len(servers) > 1 else ()):
        rest = tuple(name for name in servers if name != server)
        yield rest, config, tuple(_without(server, steps))
    for place, step in enumerate(steps):
        if isinstance(step.action, Crash):
            for after, keep in ((0, 0), (step.action.after, 0), (step.action.after - 1, step.action.keep)):
                if after >= 0 and (after, keep) < (step.action.after, step.action.keep):
                    crash = replace(step, action=Crash(step.action.server, after, keep))
                    yield servers, config, (*steps[:place], crash, *steps[place + 1 :])


def _without(server: str, steps: Iterable[Step]) -> Iterator[Step]:
    """The steps in a cluster that lacks one server."""
    for step in steps:
        match step.action:
            case Deliver(source, dest, _) | Duplicate(source, dest, _) | Drop(source, dest, _):
                concerned = server in (source, dest)
            case Partition(groups):
                smaller = tuple(tuple(name for name in group if name != server) for group in groups)
                yield replace(step, action=Partition(smaller))
                continue
            case Heal():
                concerned = False
            case action:
                concerned = action.server == server
        if not concerned:
            yield step
