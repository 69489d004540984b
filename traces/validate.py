"""The judge: are these events a behavior of raft.tla? Lockstep and trace files come through here alike.

The validator keeps the states of Traceraft.tla that explain the trace so far (one, where lines show enough)
and takes every step of Traceraft that the next line allows. What steps there are, and what of a line must
agree with the state, is said in TLA+; here it is only carried out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.spec.model import trace_model
from raftcheck.tla.model import Model, State

from .encoding import STATE_FIELDS, line
from .events import Event
from .explanation import Refusal, explain

WORLD_EVENTS = ("Init", "Timeout", "Receive", "ClientRequest", "Crash", "Restart", "DuplicateMessage", "DropMessage")
"""What the world can do; any other event of a trace is the name of an action of raft.tla."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A state of Traceraft reached while a line is being explained, and the actions taken to reach it."""

    state: State
    taken: tuple[str, ...]


@dataclass(slots=True)
class Judged:
    """What a verdict rests on.

    lines     lines judged
    actions   how often each action of raft.tla was taken
    compared  how often each field of a line was compared with the spec's state
    most_candidates  the largest number of states that explained the trace up to some line
    """

    lines: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    most_candidates: int = 1


class Validator:
    """Judges one trace, event by event. After a refusal it has nothing more to say."""

    def __init__(self, servers: Sequence[str]) -> None:
        self._model: Model = trace_model(tuple(servers))
        self._take = self._model.step("Take")
        self._next = self._model.trail("TraceNext")
        self._explained = self._model.formula("Explained")
        self._raft = frozenset(actions_of_raft())
        self._candidates: list[State] = self._model.initial_states()
        self.judged = Judged()
        self.refusal: Refusal | None = None

    @property
    def actions(self) -> Counter[str]:
        """How often each action of raft.tla was taken."""
        return self.judged.actions

    def observe(self, event: Event) -> Refusal | None:
        """Judges the next event; a Refusal where no step of raft.tla explains it."""
        assert self.refusal is None, "the trace is refused already"
        judged = self.judged
        judged.lines += 1
        record = line(event)
        begun = [Attempt(state, ()) for before in self._candidates for state in self._take(before, record)]
        attempts = self._attempts(begun)
        explained = [attempt for attempt in attempts if self._explained.test(attempt.state)]
        if not explained:
            self.refusal = explain(self._model, judged.lines, event, attempts)
            return self.refusal
        self._candidates = list(dict.fromkeys(attempt.state for attempt in explained))
        judged.most_candidates = max(judged.most_candidates, len(self._candidates))
        judged.actions.update(explained[0].taken)
        self._count_compared(event)
        return None

    def _attempts(self, begun: list[Attempt]) -> list[Attempt]:
        """Every state that steps of Traceraft reach from the beginning of the line, each once."""
        attempts = begun
        reached = {attempt.state for attempt in begun}
        for attempt in attempts:  # grows while it is walked
            for state, trail in self._next(attempt.state):
                if state not in reached:
                    reached.add(state)
                    taken = tuple([name for name in trail if name in self._raft])
                    attempts.append(Attempt(state, attempt.taken + taken))
        return attempts

    def _count_compared(self, event: Event) -> None:
        compared = self.judged.compared
        if event.sends is not None:
            compared["sends"] += 1
        if event.message is not None:
            compared["message"] += 1
        if event.state is not None and event.event != "Init":
            for name in STATE_FIELDS:
                if getattr(event.state, name) is not None:
                    compared[name] += 1
