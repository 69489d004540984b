"""One run: actions on a cluster, every event judged by the spec and watched by the safety properties.

The first thing that goes wrong ends the run. The actions may be made up on the way, by a function that
looks at the cluster; those that were enabled are recorded, and doing them again gives the same run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from raftcheck.traces.events import Event
from raftcheck.traces.refusal import Refusal
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import Witness

from .cluster import Cluster
from .finding import Finding, Misbehaviour
from .node import Implementation, Liberty
from .safety import Property, Safety, Violation, properties_of
from .scenes import Scene, played_by, raft_state
from .schedules import Action
from .watchdog import PATIENCE_SECONDS, watchdog

Source = Iterable[Action] | Callable[[Cluster], Iterable[Action]]
"""Actions, or what makes them up while it looks at the cluster that does them."""


Failure = Refusal | Violation | Finding


def kind_of(failure: Failure) -> tuple[str, str]:
    """What makes two failures the same mistake, as far as one can tell: who complains, and of what."""
    match failure:
        case Violation():
            return "violation", failure.property
        case Finding():
            return "finding", failure.kind
        case Refusal():
            return "refusal", failure.action


@dataclass(slots=True)
class Outcome:
    """What a run was: what was done, what was seen, and what went wrong, if anything."""

    performed: list[Action] = field(default_factory=list)
    """The actions that were enabled."""
    events: list[Event] = field(default_factory=list)
    failure: Failure | None = None
    steps: int = 0
    """Events after the servers' first states."""
    judged: int = 0
    """Steps that the spec has judged; fewer than `steps` after a payload without a view, or if it gave up."""
    undecided: int = 0
    """Steps that the spec did not judge, since it had given up: too many states might explain the run."""
    actions: Counter[str] = field(default_factory=Counter)
    """How often each action of raft.tla was taken."""
    compared: Counter[str] = field(default_factory=Counter)
    """In how many steps each field was compared with raft.tla."""
    liberties: frozenset[Liberty] = frozenset()
    """What raft.tla allows of the implementation beyond Figure 2."""
    properties: tuple[Property, ...] = ()
    """The safety properties for which the servers showed enough."""


class Lockstep:
    """A cluster, and those who watch it. start(), then do() as often as wanted, then finish()."""

    def __init__(
        self,
        implementation: Implementation,
        servers: Sequence[str],
        config: Mapping[str, Any],
        judge: Validator | None = None,
        witnesses: Sequence[Witness] = (),
        record: Callable[[Event], object] | None = None,
        scene: Scene | None = None,
    ) -> None:
        """`scene`: where the servers are at first; without, they start for the first time."""
        self.cluster = Cluster(implementation, servers, config)
        self.outcome = Outcome(liberties=implementation.caps.liberties)
        self._record = record or self.outcome.events.append
        self._scene = scene
        self._judge = judge
        self._witnesses = witnesses
        self._safety = Safety()

    def start(self) -> None:
        """Every server comes up."""
        scene = self._scene
        try:
            first = self.cluster.start() if scene is None else self.cluster.resume(scene)
        except Misbehaviour as misbehaviour:
            self.outcome.failure = misbehaviour.finding
            return
        if scene is not None:
            self._begin_there(played_by(self.cluster.implementation, scene), first)
            return
        if first[0].state is not None:
            self.outcome.properties = properties_of(first[0].state)
        for event in first:
            self._witness(event)
            if self.outcome.failure is not None:
                return

    def _begin_there(self, scene: Scene, first: Sequence[Event]) -> None:
        """Nobody judges how the servers came to where they are."""
        if self._judge is not None:
            self._judge = self._judge.beginning_at(raft_state(scene))
        if first[0].state is not None:
            self.outcome.properties = properties_of(first[0].state)
        for event in first:
            self._record(event)
            self._safety.observe(event)

    def do(self, action: Action) -> bool:
        """Does one action; False if it was not enabled. Not to be called after a failure."""
        outcome = self.outcome
        assert outcome.failure is None, outcome.failure
        try:
            events = self.cluster.step(action)
        except Misbehaviour as misbehaviour:
            outcome.performed.append(action)
            outcome.failure = misbehaviour.finding
            return True
        if events is None:
            return False
        outcome.performed.append(action)
        for event in events:
            outcome.steps += 1
            if self._witness(event):
                outcome.judged += 1
            elif self._judge is not None and self._judge.undecided is not None:
                outcome.undecided += 1
            if outcome.failure is not None:
                break
        return True

    def finish(self) -> Outcome:
        """Every node lets go of its resources; what the run was."""
        try:
            self.cluster.close()
        except Misbehaviour as misbehaviour:
            self.outcome.failure = self.outcome.failure or misbehaviour.finding
        if self._judge is not None:
            self.outcome.actions = self._judge.actions
            self.outcome.compared = self._judge.judged.compared
        return self.outcome

    def _witness(self, event: Event) -> bool:
        """Has everybody look at an event; True if the spec did. It comes first, since it explains more."""
        outcome = self.outcome
        self._record(event)
        judged = self._judge is not None and self.cluster.has_views
        if self._judge is not None and judged:
            outcome.failure = self._judge.observe(event)
            for witness in self._witnesses:
                witness(event, self._judge)
            judged = self._judge.undecided is None
        if outcome.failure is None:
            outcome.failure = self._safety.observe(event)
        return judged


def run(
    implementation: Implementation,
    servers: Sequence[str],
    config: Mapping[str, Any],
    source: Source,
    judge: Validator | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
    witnesses: Sequence[Witness] = (),
    record: Callable[[Event], object] | None = None,
    scene: Scene | None = None,
) -> Outcome:
    """Does the actions of `source`, up to the first failure; witnesses see each event once it is judged.

    `record` takes the events, as they come, in place of the outcome: a run may be long. `scene`: where it
    begins, if not with servers that start for the first time.
    """
    lockstep = Lockstep(implementation, servers, config, judge, witnesses, record, scene)
    outcome = lockstep.outcome
    with watchdog(lockstep.cluster, patience_seconds):
        lockstep.start()
        if outcome.failure is None:
            for action in source(lockstep.cluster) if callable(source) else source:
                lockstep.do(action)
                if outcome.failure is not None:
                    break
        return lockstep.finish()
