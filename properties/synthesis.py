"""States that a solver makes, and one handler run from each: is the implementation inductive, a step deep?

Each state is one of RaftAbstract of which its inductive invariant and a goal hold (Goals.tla): it may be far
from the first state, and Raft must bear it all the same. From each, a few handlers are run on the
implementation and judged by raft.tla as in any other run. The first that goes wrong ends it.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from itertools import combinations, islice
from pathlib import Path
from typing import Literal

from raftcheck.spec.model import FOLDER as SPEC
from raftcheck.tla.errors import TlaError
from raftcheck.tla.goals import GOAL, in_goal, with_goal
from raftcheck.tla.symbolic import synthesis
from raftcheck.tla.symbolic.synthesis import State, Synthesis
from raftcheck.tla.values import Value
from raftcheck.traces.validate import Validator

from .failures import FOLDER, Kept, keep
from .lockstep import Outcome, run
from .node import Implementation
from .onestep import AbstractState, Beginning, beginning
from .scenes import Scene, played_by, resumable
from .schedules import Schedule, server_names
from .targets import load_target
from .watchdog import blocked

BASE = SPEC / "Goals.tla"
"""What a goal may speak of."""

LAST_TERM, LAST_INDEX, VALUES = 4, 3, ("v1", "v2")
"""The universe: Figure 8 goes up to term 4; three entries make room for a conflict with a suffix."""

HANDLERS = 4
"""Handlers that are run from one state, each from the beginning."""

Word = Literal["conforms", "diverges", "vacuous", "undecided", "interrupted"]

MEANING: Mapping[Word, str] = {
    "conforms": "every handler takes steps of raft.tla",
    "diverges": "not Raft as raft.tla has it",
    "vacuous": "unsatisfiable: no state of this universe has it, so nothing was checked",
    "undecided": "z3 does not know of a state",
    "interrupted": "no handler went wrong up to there",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: so many states of a goal, and what TARGET does in them."""

    goal: str
    target: str
    states: int
    servers: int
    seed: int


@dataclass(slots=True)
class Found:
    """What came of it, so far.

    states    states made, each witnessed by evaluation
    handlers  handlers run, and in `steps` what was seen of them
    outcome   why there are no more states
    first     where the first handler was run, as an example
    """

    states: int = 0
    handlers: int = 0
    steps: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    outcome: synthesis.Outcome = "found"
    first: Scene | None = None
    kept: Kept | None = None
    seconds: float = 0.0
    interrupted: bool = False

    def add(self, schedule: Schedule, outcome: Outcome) -> None:
        """Counts a handler that was run."""
        self.first = self.first or schedule.scene
        self.handlers += 1
        self.steps += outcome.steps
        self.actions.update(outcome.actions)

    @property
    def word(self) -> Word:
        if self.kept is not None:
            return "diverges"
        if self.interrupted:
            return "interrupted"
        if self.states:
            return "conforms"
        return "undecided" if self.outcome == "unknown" else "vacuous"


def universe(servers: tuple[str, ...]) -> dict[str, Value]:
    """The constants of RaftAbstract: a quorum is any smallest majority."""
    quorums = combinations(servers, len(servers) // 2 + 1)
    return {
        "Server": frozenset(servers),
        "Quorum": frozenset(map(frozenset, quorums)),
        "Term": frozenset(range(LAST_TERM + 1)),
        "Index": frozenset(range(LAST_INDEX + 1)),
        "Value": frozenset(VALUES),
    }


def states_of(goal: str, servers: tuple[str, ...], seed: int) -> Synthesis:
    """What makes the states of a goal; TlaError, with the place, for a goal that is none."""
    module = with_goal(BASE, goal)
    try:
        return Synthesis(module, universe(servers), ("Inductive", "Concrete", GOAL), seed)
    except TlaError as error:
        raise in_goal(str(error), goal) from None


def beginnings(
    state: State, servers: tuple[str, ...], chance: random.Random, durable: bool, resumable: bool = True
) -> Iterator[Beginning]:
    """Handlers to be run from a state, without end."""
    read = AbstractState(state, servers, range(LAST_TERM + 1))
    while True:
        yield beginning(read, chance, durable, resumable)


def check_synthesized(
    question: Question,
    watch: Callable[[int], None] = lambda states: None,
    folder: Path = FOLDER,
) -> Found:
    """Makes the states and runs the handlers, up to the first that goes wrong, or an interrupt."""
    implementation = load_target(question.target)
    servers = server_names(question.servers)
    found = Found()
    begun = time.perf_counter()
    with redirect_stdout(sys.stderr):
        try:
            with blocked(signal.SIGINT):
                made = states_of(question.goal, servers, question.seed)
            judge = Validator(servers, liberties=implementation.caps.liberties)
            chance = random.Random(question.seed)
            for state in islice(_whole(made.states()), question.states):
                found.states += 1
                for schedule in _schedules(question, found.states, state, implementation, chance):
                    outcome = run_scene(implementation, schedule, judge)
                    found.add(schedule, outcome)
                    if outcome.failure is not None:
                        found.kept = keep(schedule, outcome, folder)
                        break
                watch(found.states)
                if found.kept is not None:
                    break
            found.outcome = made.outcome
        except KeyboardInterrupt:
            found.interrupted = True
    found.seconds = time.perf_counter() - begun
    return found


def _whole(states: Iterator[State]) -> Iterator[State]:
    """The same. An interrupt waits for the state that is being made: z3's bindings turn it into an error."""
    while True:
        with blocked(signal.SIGINT):
            state = next(states, None)
        if state is None:
            return
        yield state


def _schedules(
    question: Question, number: int, state: State, implementation: Implementation, chance: random.Random
) -> Iterator[Schedule]:
    """What is done from the state of that number: each begins in a scene, and has one handler."""
    servers = server_names(question.servers)
    seed = f"{question.goal[:24]}/{question.seed}/{number}"
    caps = implementation.caps
    made = beginnings(state, servers, chance, caps.durable, resumable(implementation))
    for begun in islice(made, HANDLERS):
        knobs = {knob: chance.choice(values) for knob, values in caps.knobs.items()}
        config = {"max_entries": chance.choice((None, 1, 2)), **knobs}
        yield Schedule(servers, begun.actions, config, seed, question.target, begun.scene)


def run_scene(implementation: Implementation, schedule: Schedule, judge: Validator | None) -> Outcome:
    """Runs a schedule that begins in a scene."""
    assert schedule.scene is not None, schedule.seed
    scene = played_by(implementation, schedule.scene)
    return run(implementation, schedule.servers, schedule.config, schedule.actions, judge, scene=scene)
