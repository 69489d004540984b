"""The judge: are these events a behavior of raft.tla? Lockstep and trace files come through here alike.

The validator keeps the states of Traceraft.tla that explain the trace so far (one, where lines show enough)
and takes every step of Traceraft that the next line allows. What steps there are, what of a line must agree
with the state, and which state may stand for another is said in TLA+; here it is only carried out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field

from raftcheck.spec.model import WITHIN, Liberty, liberty_actions, trace_model
from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.tla.model import Model, State
from raftcheck.tla.values import Value, apply, sweep

from .candidates import MOST_CANDIDATES, Branching, Undecided, unobserved, worst
from .encoding import STATE_FIELDS, line
from .events import Event
from .explanation import explain
from .refusal import Refusal

SWEPT = 5000
"""Lines after which the values are swept of those that only earlier lines had, so that memory stays small."""

KEPT = 8
"""Lines that a judge can go back by, to see whether one came too late."""

STATES_OF_A_LINE = 20
"""States that are looked at to explain one line, for each candidate that may be kept."""


FEW = 8
"""States that are compared one by one rather than hashed."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of Traceraft that explains a part of a line; the operators gone through, outermost first."""

    before: State
    trail: tuple[str, ...]
    after: State


@dataclass(frozen=True, slots=True)
class Explanation:
    """How the last line is explained: from a state that explained all before it, to one that explains it."""

    origin: State
    steps: tuple[Step, ...]
    end: State


@dataclass(slots=True, eq=False)
class Reached:
    """A state that steps of Traceraft lead to on one line.

    origin   the state before the line, which explained all before it
    before   where the last of the steps was taken; None for a state that the line begins with
    trail    the operators that the last of the steps went through
    taken    the actions of raft.tla that all of the steps took
    """

    state: State
    origin: State
    before: Reached | None = None
    trail: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()

    def explanation(self) -> Explanation:
        found = []
        reached = self
        while reached.before is not None:
            found.append(Step(reached.before.state, reached.trail, reached.state))
            reached = reached.before
        return Explanation(self.origin, tuple(found[::-1]), self.state)


@dataclass(slots=True)
class Judged:
    """What a verdict rests on.

    lines     lines judged
    actions   how often each action of raft.tla was taken, and each declared liberty within an action
    most_candidates  the largest number of states that explained the trace up to some line
    assumed   messages that lines received, or may have, although nobody was seen to send them
    missing   lines that were taken to be there unseen
    branched  the lines that multiplied the candidates: the first of them, then those that did most
    """

    lines: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    most_candidates: int = 1
    assumed: int = 0
    missing: int = 0
    branched: tuple[Branching, ...] = ()
    _shapes: Counter[tuple[bool, ...]] = field(default_factory=Counter)

    def count_compared(self, event: Event, role: str) -> None:
        """`role` is the server's after the event: votes count on candidates only, indexes on leaders."""
        state = event.state if event.event not in ("Init", "Crash") else None
        self._shapes[
            event.sends is not None and event.event != "Init",
            event.message is not None,
            state is not None and state.role is not None,
            state is not None and state.current_term is not None,
            state is not None and state.voted_for is not None,
            state is not None and state.log is not None,
            state is not None and state.commit_index is not None,
            state is not None and state.votes_granted is not None and role == "Candidate",
            state is not None and state.next_index is not None and role == "Leader",
            state is not None and state.match_index is not None and role == "Leader",
        ] += 1

    @property
    def compared(self) -> Counter[str]:
        """How often each field of a line was compared with the spec's state."""
        names = ("sends", "message", *STATE_FIELDS)
        counts: Counter[str] = Counter()
        for shape, lines in self._shapes.items():
            counts.update({name: lines for name, there in zip(names, shape, strict=True) if there})
        return counts


class Validator:
    """Judges one trace, event by event. After a refusal it has nothing more to say."""

    def __init__(
        self,
        servers: Sequence[str],
        most_candidates: int = MOST_CANDIDATES,
        liberties: Collection[Liberty] = (),
    ) -> None:
        """At most so many candidates are kept. `liberties`: what the servers may do beyond Figure 2."""
        self.servers = tuple(servers)
        self.liberties = frozenset(liberties)
        self._model: Model = trace_model(self.servers, self.liberties)
        self._take = self._model.step("Take")
        self._next = self._model.trail("TraceNext")
        self._explained = self._model.formula("Explained")
        self._essence = self._model.expression("Essence")
        self._outdoes = self._model.step("Outdoes")
        self._unseen = self._model.variables.index("unseen")
        self._raft = frozenset((*actions_of_raft(), *liberty_actions()))
        self._within = {
            operator: self.liberties.intersection(allowing)
            for operator, allowing in WITHIN.items()
            if not self.liberties.isdisjoint(allowing)
        }
        self._trails: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._earlier: tuple[tuple[Event, list[Reached]], ...] = ()
        self._candidates = [Reached(state, origin=state) for state in self._model.initial_states()]
        """The states that explain the trace up to the last line; that which claims least there is first."""
        self._bound = most_candidates
        self._found = 1
        """How many candidates there were after the line before the last, and how many of them were kept."""
        self._kept = 1
        self._dropped = 0
        """The first line at which candidates were dropped, if any were."""
        self.judged = Judged()
        self.refusal: Refusal | None = None
        self.undecided: Undecided | None = None

    @property
    def actions(self) -> Counter[str]:
        """How often each action of raft.tla was taken."""
        return self.judged.actions

    def observe(self, event: Event) -> Refusal | None:
        """Judges the next event; a Refusal where no step of raft.tla explains it.

        Once a line is undecided, so is the rest: it is not looked at any more.
        """
        assert self.refusal is None, "the trace is refused already"
        if self.undecided is not None:
            return None
        judged = self.judged
        reached: list[Reached] = []
        explained = self._explanations(event, reached)
        if self._found != self._kept:
            self._count_candidates()
        judged.lines += 1
        if judged.lines % SWEPT == 0:
            sweep()
        if not explained:
            if self._dropped:
                self.undecided = Undecided(judged.lines, self._dropped, self._bound, judged.branched)
                return None
            attempts = {each.state: each.taken for each in reached}
            self.refusal = explain(self._model, judged.lines, event, attempts)
            return self.refusal
        self._earlier = (*self._earlier[1 - KEPT :], (event, self._candidates))
        self._candidates = explained
        for name in self.taken:
            judged.actions[name] += 1
        if self._within:
            for step in self.steps():
                for name in step.trail:
                    judged.actions.update(self._within.get(name, ()))
        if event.message is None or self.state[self._unseen]:
            judged.assumed += sum("TraceReveal" in step.trail for step in self.steps())
        judged.count_compared(event, self._role(event, self.state))
        return None

    @property
    def model(self) -> Model:
        """Traceraft for the servers of the trace."""
        return self._model

    @property
    def state(self) -> State:
        """The state of the spec after the last line that was explained."""
        return self._candidates[0].state

    @property
    def taken(self) -> tuple[str, ...]:
        """The actions of raft.tla that explain the last line."""
        return self._candidates[0].taken

    def steps(self) -> list[Step]:
        """The steps of Traceraft that explain the last line, in their order."""
        return list(self._candidates[0].explanation().steps)

    def explanations(self) -> list[Explanation]:
        """One for each state that explains the trace up to here, the one that claims least first."""
        return [reached.explanation() for reached in self._candidates]

    def resume(self, other: Validator, missing: int) -> None:
        """Takes back the refusal of the last line, and goes on from where another judge stands.

        He has seen so many lines more, which are missing in the trace, and has yet to see the one refused.
        """
        assert self.refusal is not None
        self.refusal = None
        self._candidates = other._candidates
        self.judged.lines -= 1
        self.judged.missing += missing

    def instead(self, event: Event) -> Validator | None:
        """A judge who has seen this event in the place of the one refused; None if it is refused as well."""
        other = self._fork(self._candidates)
        other._candidates = other._explanations(event, [])
        return other if other._candidates else None

    def refusing(self, event: Event) -> Refusal | None:
        """Why this event would be refused, if it came next; None if it would not."""
        return self._fork(self._candidates).observe(event)

    def earlier(self) -> Iterator[tuple[Event, Validator]]:
        """The last lines that were accepted, the latest first, each with a judge who has not seen it yet."""
        for event, candidates in reversed(self._earlier):
            yield event, self._fork(candidates)

    def permitting(self, liberties: Collection[Liberty]) -> Validator:
        """A judge who stands where this one does, and allows these liberties besides."""
        other = Validator(self.servers, self._bound, self.liberties.union(liberties))
        return other._fork(self._candidates)

    def beginning_at(self, state: Mapping[str, Value]) -> Validator:
        """A judge of what comes after this state of raft.tla, which has all of its variables."""
        idle = self._model.named(self._model.initial_states()[0])
        begun = tuple({**idle, **state}.values())
        return self._fork([Reached(begun, origin=begun)])

    def _fork(self, candidates: list[Reached]) -> Validator:
        """A judge of what may come after a line that these states explain; it leaves this one as it is."""
        other = copy(self)
        other.judged, other.refusal = Judged(), None
        other._candidates = candidates
        other._found = other._kept = len(candidates)
        return other

    @property
    def candidates(self) -> int:
        """How many states explain the trace so far."""
        return len(self._candidates)

    def states(self) -> list[dict[str, Value]]:
        """What raft.tla knows after the last line that was accepted: the states that explain the trace."""
        return [self._model.named(reached.state) for reached in self._candidates]

    def _explanations(self, event: Event, reached: list[Reached]) -> list[Reached]:
        """What explains the line, of all that steps of Traceraft reach from its beginning.

        Where so little is shown that there are several, that which claims least is first. `reached` takes in
        every state reached.
        """
        reached += self._beginning(line(event))
        seen = _Seen()
        for each in reached:
            seen.adds(each.state)
        # A state that explains the line need not be left, where no other that does is behind it.
        settled = _shows_moves(event)
        explained = []
        for before in reached:  # grows while it is walked
            if self._explained.test(before.state):
                explained.append(before)
                if settled:
                    continue
            for state, trail in self._next(before.state):
                if seen.adds(state):
                    taken = before.taken + self._actions_in(trail)
                    reached.append(Reached(state, before.origin, before, trail, taken))
            if len(reached) > self._bound * STATES_OF_A_LINE:
                self._dropped = self._dropped or self.judged.lines + 1
                break
        if len(explained) > 1:
            explained.sort(key=lambda each: len(each.taken))
        return explained

    def _beginning(self, record: Value) -> list[Reached]:
        """The candidates where a line begins: what the last left open is settled, so that some become one."""
        begun = [
            Reached(state, origin=before.state)
            for before in self._candidates
            for state in self._take(before.state, record)
        ]
        if len(begun) > 1:
            begun = self._not_outdone(list({each.state: each for each in begun}.values()))
        self._found = len(begun)
        return begun[: self._bound]

    def _not_outdone(self, begun: list[Reached]) -> list[Reached]:
        """Without those for whose state another stands, since it explains whatever they do."""
        alike: dict[Value, list[State]] = {}
        for each in begun:
            alike.setdefault(self._essence(each.state), []).append(each.state)
        kept: set[State] = set()
        for group in alike.values():
            best: list[State] = []
            for state in group:
                if not any(self._outdoes(other, state[self._unseen]) for other in best):
                    best = [other for other in best if not self._outdoes(state, other[self._unseen])]
                    best.append(state)
            kept.update(best)
        return [each for each in begun if each.state in kept]

    def _count_candidates(self) -> None:
        """Notes how many explain the trace up to the last line, whether it branched, if some are dropped."""
        judged = self.judged
        if self._found > self._kept:
            last, _ = self._earlier[-1]
            now = Branching(judged.lines, last.server, last.event, self._kept, self._found, unobserved(last))
            judged.branched = worst(judged.branched, now)
            judged.most_candidates = max(judged.most_candidates, self._found)
        if self._found > self._bound:
            self._dropped = self._dropped or judged.lines
        self._kept = min(self._found, self._bound)

    def _role(self, event: Event, after: State) -> str:
        if event.state is None:
            return "not observed"
        return event.state.role or str(apply(self._model.named(after)["role"], event.server))

    def _actions_in(self, trail: tuple[str, ...]) -> tuple[str, ...]:
        """The actions of raft.tla among the operators that a step went through."""
        known = self._trails.get(trail)
        if known is None:
            known = self._trails[trail] = tuple([name for name in trail if name in self._raft])
        return known


class _Seen:
    """The states that were reached on a line. It hashes none while they are few, as on most lines.

    What a run leaves behind, such as `committed`, is hashed anew with every state that has it; that two
    states differ is seen without.
    """

    __slots__ = ("_few", "_many")

    def __init__(self) -> None:
        self._few: list[State] = []
        self._many: set[State] = set()

    def adds(self, state: State) -> bool:
        """Takes in a state; whether it is new."""
        if self._many:
            before = len(self._many)
            self._many.add(state)
            return len(self._many) > before
        if state in self._few:
            return False
        self._few.append(state)
        if len(self._few) > FEW:
            self._many.update(self._few)
        return True


def _shows_moves(event: Event) -> bool:
    """Whether the line shows what a server's own moves change, so that none can go unseen.

    Once a line is explained, only BecomeLeader and AdvanceCommitIndex can follow; they change the role and
    the commit index, and never back. A crash shows nothing.
    """
    state = event.state
    return (
        event.event != "Crash"
        and state is not None
        and state.role is not None
        and state.commit_index is not None
    )
