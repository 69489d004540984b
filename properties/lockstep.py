"""One run: actions on a cluster, every event judged by the spec and watched by the safety properties.

The first thing that goes wrong ends the run. The actions may be made up on the way, by a function that looks at
the cluster; those that were enabled are recorded, and doing them again gives the same run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from raftcheck.traces.events import Event

from .cluster import Cluster
from .finding import Finding, Misbehaviour
from .node import Implementation
from .safety import Property, Safety, Violation, properties_of
from .schedules import Action
from .watchdog import PATIENCE_SECONDS, watchdog

Source = Iterable[Action] | Callable[[Cluster], Iterable[Action]]
"""Actions, or what makes them up while it looks at the cluster that does them."""


class Refusal(Protocol):
    line: int
    server: str
    action: str

    def report(self) -> str: ...


class Judge(Protocol):
    actions: Counter[str]

    def observe(self, event: Event) -> Refusal | None: ...


Failure = Refusal | Violation | Finding


def kind_of(failure: Failure) -> tuple[str, str]:
    """What makes two failures the same mistake, as far as one can tell: who complains, and of what."""
    match failure:
        case Violation():
            return "violation", failure.property
        case Finding():
            return "finding", failure.kind
        case _:
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
    """Steps that the spec has judged; fewer than `steps` if a payload came without a view."""
    actions: Counter[str] = field(default_factory=Counter)
    """How often each action of raft.tla was taken."""
    properties: tuple[Property, ...] = ()
    """The safety properties for which the servers showed enough."""


def run(
    implementation: Implementation,
    servers: Sequence[str],
    config: Mapping[str, Any],
    source: Source,
    judge: Judge | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Outcome:
    outcome = Outcome()
    cluster = Cluster(implementation, servers, config)
    safety = Safety()
    with watchdog(cluster, patience_seconds):
        try:
            if not _witness(cluster.start(), outcome, cluster, safety, judge):
                actions = source(cluster) if callable(source) else source
                for action in actions:
                    outcome.performed.append(action)
                    events = cluster.step(action)
                    if events is None:
                        outcome.performed.pop()
                    elif _witness(events, outcome, cluster, safety, judge):
                        break
            cluster.close()
        except Misbehaviour as misbehaviour:
            outcome.failure = outcome.failure or misbehaviour.finding
            with suppress(Misbehaviour):  # one is enough
                cluster.close()
    outcome.steps = max(0, len(outcome.events) - len(cluster.names))
    outcome.judged = max(0, outcome.judged - len(cluster.names))
    if judge is not None:
        outcome.actions = judge.actions
    if outcome.events and (state := outcome.events[0].state) is not None:
        outcome.properties = properties_of(state)
    return outcome


def _witness(
    events: Iterable[Event], outcome: Outcome, cluster: Cluster, safety: Safety, judge: Judge | None
) -> bool:
    """Takes in what was seen; True if something is wrong with it. The spec comes first: it explains more."""
    for event in events:
        outcome.events.append(event)
        if judge is not None and cluster.has_views:
            outcome.judged += 1
            outcome.failure = judge.observe(event)
        if outcome.failure is None:
            outcome.failure = safety.observe(event)
        if outcome.failure is not None:
            return True
    return False
