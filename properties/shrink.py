"""A smaller schedule with the same failure: delta debugging of recorded actions (Zeller, Hildebrandt 2002).

Any subset of a schedule is a schedule, so most of it is deletion. What a deletion would spoil is the numbers
of messages: with one send less, number 7 is another message. So while a schedule shrinks, each message is
known by what sent it (which action, and as its how-manieth on the link), and gets its number when the smaller
schedule runs. And what shows in a long schedule may show in short ones that have nothing to do with it, so a
few are made up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import msgspec

from raftcheck.traces.validate import Validator

from .cluster import Cluster
from .finding import Finding
from .known import is_known
from .lockstep import Failure, Outcome, Source, kind_of, run
from .node import Implementation
from .scheduler import draw_plan, generator_of, made_up
from .schedules import Action, Crash, Deliver, Drop, Duplicate, Heal, Partition, Schedule
from .watchdog import PATIENCE_SECONDS

MOST_RUNS = 3000
"""In search of a smaller schedule. Counted, not timed, so that the result is always the same."""

MOST_PAIRED = 40
"""Of a longer schedule no pairs are tried: there are too many, for too little."""

MOST_MADE_UP = 150
"""New schedules that are tried in place of one that cannot be made smaller."""

HANG_COST = 600
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
    known: Collection[str] = (),
) -> tuple[Schedule, Outcome]:
    """The smallest schedule found on which the same mistake shows, and its outcome.

    A known failure (known.py) is not taken for it.
    Needs a schedule that does the same each time; if the failure does not come again, nothing gets smaller.
    """
    shrinker = _Shrinker(implementation, failure, new_judge, known)
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
        known: Collection[str],
    ) -> None:
        self._implementation = implementation
        self._kind = kind_of(failure)
        self._known = known
        self._new_judge = new_judge
        self._runs_left = MOST_RUNS
        self._made_up = 0
        hangs = isinstance(failure, Finding) and failure.kind == "hang"
        self._patience_seconds = HANG_PATIENCE_SECONDS if hangs else PATIENCE_SECONDS

    def first(self, schedule: Schedule) -> Case | None:
        """The schedule as it is, with its messages found."""
        plain = tuple(Step(place, action) for place, action in enumerate(schedule.actions))
        return self._attempt(schedule.servers, schedule.config, plain, by_origin=False)

    def smallest(self, case: Case) -> Case:
        case = self._shorter(case)
        while better := self._simpler(case) or self._without_a_pair(case) or self._elsewhere(case):
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

    def _elsewhere(self, case: Case) -> Case | None:
        """The first case that has nothing to do with this one but the mistake, and is shorter."""
        while self._made_up < MOST_MADE_UP and len(case.steps) > 1 and self._runs_left > 0:
            self._made_up += 1
            rng = generator_of("shrink", self._made_up)
            servers = 1 + self._made_up % min(3, len(case.servers))
            plan = draw_plan(rng, self._implementation.caps, servers, len(case.steps) - 1)
            outcome = self._run(plan.servers, plan.config, made_up(plan, rng))
            if self._is_same(outcome.failure):
                plain = tuple(Step(place, action) for place, action in enumerate(outcome.performed))
                return self._attempt(plan.servers, plan.config, plain, by_origin=False)
        return None

    def _simpler(self, case: Case) -> Case | None:
        """The first variant with fewer servers or plainer values that fails as well; None if none does."""
        for servers, config, steps in _variants(case):
            # With fewer servers another step may be the one that wins an election and sends: then the
            # messages have their numbers still, but other origins.
            for by_origin in (True, False) if servers != case.servers else (True,):
                simpler = self._attempt(servers, config, steps, by_origin)
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
        outcome = self._run(servers, config, tried.actions)
        if not self._is_same(outcome.failure):
            return None
        return Case(servers, config, tried.performed(outcome.performed), outcome)

    def _is_same(self, failure: Failure | None) -> bool:
        return failure is not None and kind_of(failure) == self._kind and not is_known(failure, self._known)

    def _run(self, servers: tuple[str, ...], config: dict[str, Any], source: Source) -> Outcome:
        judge = self._new_judge(servers)
        outcome = run(self._implementation, servers, config, source, judge, self._patience_seconds)
        hung = isinstance(outcome.failure, Finding) and outcome.failure.kind == "hang"
        self._runs_left -= HANG_COST if hung else 1
        return outcome


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
    if len(config) > 1:
        for knob in config:
            yield servers, {name: value for name, value in config.items() if name != knob}, steps
    for count in range(1, len(servers)):
        # Under the first names: a judge is compiled for each set of names.
        for few in combinations(servers, count):
            names = dict(zip(few, servers, strict=False))
            yield servers[:count], config, tuple(_among(names, steps))
    for place, step in enumerate(steps):
        if isinstance(step.action, Crash):
            for after, keep in ((0, 0), (step.action.after, 0), (step.action.after - 1, step.action.keep)):
                if after >= 0 and (after, keep) < (step.action.after, step.action.keep):
                    crash = replace(step, action=Crash(step.action.server, after, keep))
                    yield servers, config, (*steps[:place], crash, *steps[place + 1 :])


def _among(names: dict[str, str], steps: Iterable[Step]) -> Iterator[Step]:
    """The steps that are about these servers only, with each server under its new name."""
    for step in steps:
        action = _renamed(step.action, names)
        if action is not None:
            yield replace(step, action=action)


def _renamed(action: Action, names: dict[str, str]) -> Action | None:
    """The action under the new names; None if it is about a server that has none."""
    match action:
        case Deliver(source, dest, number) | Duplicate(source, dest, number) | Drop(source, dest, number):
            known = source in names and dest in names
            return type(action)(names[source], names[dest], number) if known else None
        case Partition(groups):
            return Partition(tuple(tuple(names[old] for old in group if old in names) for group in groups))
        case Heal():
            return action
        case _:
            known = action.server in names
            return msgspec.structs.replace(action, server=names[action.server]) if known else None
