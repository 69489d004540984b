"""Random walks: what TLC's -simulate does, for models that are too large to be searched.

A walk begins in any of the initial states. From each state the actions are tried in random order, until one
leads somewhere within the constraints; all its successors are tested, and one of them is taken. All choices
are uniform, and follow from the seed alone. What is said of whole behaviors is not looked at.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from .bounds import Stopped, Watch
from .checker import Progress, Result, Step, Violation, after_violation
from .compiler import RUNTIME_ERRORS
from .errors import TlaError
from .model import Action, Model, State
from .requirements import Broken, Requirements
from .run import Run, configuration, current, no_search, running
from .values import Value, record

Witness = Callable[[Sequence[Step]], bool]
"""Is shown each walk; False ends the simulation."""


def simulate(
    model: Model,
    *,
    seed: int,
    walks: int | None,
    depth: int,
    seconds: float | None = None,
    progress: Progress | None = None,
    witness: Witness | None = None,
) -> Result:
    """So many walks (None: until something else ends it) of `depth` steps at most; stops at a violation.

    The Result has no distinct states, as none is remembered; its depth is the number of states of the longest
    walk. Raises TlaError for what is wrong with the model itself, such as a false ASSUME.
    """
    simulation = _Simulation(model, seed, walks, depth, seconds, progress, witness)
    chance = random.Random(seed)
    run = replace(current(), facts=simulation.fact, trace=simulation.trace, random=chance)
    with running(run):
        model.check_assumptions()
        return simulation.run(run)


class _Simulation:
    def __init__(
        self,
        model: Model,
        seed: int,
        walks: int | None,
        depth: int,
        seconds: float | None,
        progress: Progress | None,
        witness: Witness | None,
    ) -> None:
        self.model = model
        self.seed, self.walks, self.depth = seed, walks, depth
        self.actions = model.actions()
        self.requirements = Requirements(model)
        self.random = random.Random(seed)
        self.progress = progress
        self.witness = witness
        self.result = Result()
        self.watch = Watch(self.tell, seconds, memory=None)
        self.walked: list[Step] = []

    def tell(self) -> None:
        if self.progress is not None:
            self.result.seconds = self.watch.seconds
            self.progress(self.result)

    def run(self, run: Run) -> Result:
        result = self.result
        try:
            with self.watch.guard():
                initial = self.initial_states()
                while initial and (self.walks is None or result.walks < self.walks):
                    self.walk(self.random.choice(initial), run)
                    result.walks += 1
                    if self.witness is not None and not self.witness(self.walked):
                        raise Stopped("witness")
                self.test_postcondition()
        except Broken as broken:
            result.violation = Violation(broken.kind, broken.name, tuple(self.walked), broken.message)
            result.depth = max(result.depth, len(self.walked))
            result.warnings += after_violation(self.model, run, result.violation)
        except Stopped as stopped:
            result.stopped = stopped.reason
        except KeyboardInterrupt:
            result.stopped = self.watch.overdue or "interrupt"
        result.seconds = self.watch.seconds
        return result

    def test_postcondition(self) -> None:
        reference = self.model.config.postcondition
        self.walked = []
        try:
            if reference is not None and not self.model.check_postcondition():
                raise Broken("postcondition", reference.name)
        except TlaError as error:
            raise Broken("error", reference.name if reference else "", str(error)) from error

    def trace(self) -> Value:
        """The states of the walk so far, as records."""
        return tuple(record(**self.model.named(step.state)) for step in self.walked)

    def fact(self, name: str) -> Value:
        """What TLCGet says of the walks; no state is remembered, so that none are counted as distinct."""
        result = self.result
        known: dict[str, Value] = {
            "level": len(self.walked),
            "diameter": result.walks,
            "duration": int(self.watch.seconds),
        }
        if name == "stats":
            return record(
                traces=result.walks,
                duration=known["duration"],
                generated=result.generated,
                behavior=record(id=result.walks),
                worker=0,
            )
        if name == "config":
            return configuration(
                mode="simulate",
                seed=self.seed,
                deadlock=self.model.config.check_deadlock,
                depth=self.depth,
                traces=-1 if self.walks is None else self.walks,
            )
        return known[name] if name in known else no_search(name)

    def initial_states(self) -> list[State]:
        """Those within the constraints; all are tested."""
        within: list[State] = []
        for state in self.model.initial_states():
            self.result.generated += 1
            self.walked = [Step(None, state)]
            self.requirements.test(state, self.requirements.invariants)
            self.requirements.test(state, self.requirements.initial + self.requirements.always, "property")
            if self.requirements.within(state, self.requirements.constraints):
                within.append(state)
        self.result.initial = len(set(within))
        return within

    def walk(self, state: State, run: Run) -> None:
        self.walked = [Step(None, state)]
        for _ in range(self.depth):
            self.watch.look()
            if run.stopping:
                raise Stopped("exit")
            step = self.step(state)
            if step is None:
                break
            self.walked.append(step)
            state = step.state
        self.result.depth = max(self.result.depth, len(self.walked))

    def step(self, state: State) -> Step | None:
        """A random step; None where all lead out of the constraints."""
        order = list(self.actions)
        any_successor = False
        for place in range(len(order)):
            chosen = self.random.randrange(place, len(order))
            order[place], order[chosen] = order[chosen], order[place]
            action = order[place]
            found = self.successors(state, action)
            any_successor = any_successor or bool(found)
            within = [successor for successor in found if self.leads(state, action, successor)]
            if within:
                return Step(action, self.random.choice(within))
        if not any_successor and self.model.config.check_deadlock:
            raise Broken("deadlock", "deadlock")
        return None

    def successors(self, state: State, action: Action) -> list[State]:
        found: list[State] = []
        try:
            action.run(state, found.append)
        except RUNTIME_ERRORS as error:
            raise self.requirements.failed(error, action, state) from error
        if found:
            self.result.generated += len(found)
            self.result.actions[action.name] += len(found)
        return found

    def leads(self, state: State, action: Action, successor: State) -> bool:
        """Tests a step and the state that it leads to; whether a walk may go there."""
        requirements = self.requirements
        self.walked.append(Step(action, successor))
        requirements.test(successor, requirements.invariants)
        requirements.test(successor, requirements.always, "property")
        within = requirements.within(successor, requirements.constraints)
        reached = self.walked.pop()  # of a step, the level is that of the state before
        try:
            requirements.test_step(state, successor)
            return within and requirements.allowed(state, successor)
        except Broken:
            self.walked.append(reached)
            raise
