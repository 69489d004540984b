"""What is claimed of an adapter whose servers can be started from a given state (Restorable in node.py).

The servers of a fresh cluster are started where those of another run were when a message came to one of them.
From there the message itself and one that is made of its view must lead to the same. To a candidate a vote is
something else than to a follower, so there it stands again before; who leads is not brought to lead again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeGuard

import msgspec

from raftcheck.traces.events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Message,
    NodeState,
    Other,
    RequestVoteResponse,
)

from .byvalue import by_value
from .cluster import Cluster
from .finding import Breach, Finding, Misbehaviour, shown
from .node import Caps, Outcome, Restorable
from .scenes import Scene, after_crash
from .schedules import Action, Deliver, Timeout
from .watchdog import watchdog

Source = Callable[[Cluster], Iterator[Action]]

TAKEN = 0.25
"""Which part of the messages that arrive are tried: of 16 schedules some three hundred."""

COMPARED = ("role", "current_term", "voted_for", "log", "votes_granted")
"""What a message makes of a server; and the commit index, where the view has one."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A message on its way, and where the servers were; one that was down is as before its first start.

    `stands`: it is an answer to a candidate, which is where it was before it stood.
    """

    config: Mapping[str, Any]
    states: dict[str, NodeState]
    view: Message
    payload: Any
    stands: bool


class Sampling:
    """Does the actions of a source, and takes samples on the way."""

    def __init__(self, source: Source, config: Mapping[str, Any]) -> None:
        self._source = source
        self._config = config
        self._rng = Random(0)
        self.samples: list[Sample] = []

    def actions(self, cluster: Cluster) -> Iterator[Action]:
        for action in self._source(cluster):
            if isinstance(action, Deliver) and self._rng.random() < TAKEN:
                self._take(cluster, action)
            yield action

    def _take(self, cluster: Cluster, action: Deliver) -> None:
        packet = cluster.network.find(action.source, action.dest, action.number)
        seen = {name: server.state for name, server in cluster.servers.items()}
        if packet is None or not _is_of_figure_2(packet.view):
            return
        if all(state is None or _shows_what_is_stored(state) for state in seen.values()):
            view = packet.view
            states = {name: _stored(state or NodeState()) for name, state in seen.items()}
            stands = isinstance(view, RequestVoteResponse) and _stands(seen[view.dest], view.term)
            if stands:
                before = msgspec.structs.replace(states[view.dest], current_term=view.term - 1, voted_for="")
                states[view.dest] = before
            self.samples.append(Sample(self._config, states, view, by_value(packet.payload), stands))


def _stands(state: NodeState | None, term: int) -> bool:
    return state is not None and (state.role, state.current_term) == ("Candidate", term)


def _is_of_figure_2(view: Message | None) -> TypeGuard[Message]:
    return view is not None and not isinstance(view, Other)


def _shows_what_is_stored(state: NodeState) -> bool:
    return None not in (state.current_term, state.voted_for, state.log)


def _stored(state: NodeState) -> NodeState:
    return after_crash(
        NodeState(current_term=state.current_term or 0, voted_for=state.voted_for or "", log=state.log or ())
    )


def unlike(implementation: Restorable, sample: Sample) -> str | None:
    """What speaks against it: the servers start in their states, and the message can be made of its view."""
    restarting = Restarting(implementation)
    original = _arrival(restarting, sample, made=False)
    if isinstance(original, Finding):
        return _told(original)
    made = _arrival(restarting, sample, made=True)
    if isinstance(made, Finding):
        return _told(made)
    for name, was in original.items():
        if made[name] != was:
            said = f"{name} {shown(was)}, and with one that is made of its view {shown(made[name])}"
            return f"{_brief(sample.view)} leads to {said}"
    return None


def _arrival(restarting: Restarting, sample: Sample, made: bool) -> dict[str, Any] | Finding:
    """What comes of the message where it arrives: of the receiver's state and of what it sends."""
    view = sample.view
    cluster = Cluster(restarting, tuple(sample.states), sample.config)
    with watchdog(cluster):
        try:
            cluster.resume(Scene(sample.states, (view,) if made else ()))
            if not made:
                cluster.network.send(view.source, view.dest, by_value(sample.payload), view)
            last = cluster.network.sent[view.source, view.dest]
            if sample.stands:
                cluster.step(Timeout(view.dest, "election"))
            events = cluster.step(Deliver(view.source, view.dest, last))
            cluster.close()
        except Misbehaviour as misbehaviour:
            return misbehaviour.finding
    assert events, f"{view} is the only message on its link"
    event = events[0]
    state = event.state or NodeState()
    found = {name: getattr(state, name) for name in COMPARED}
    if isinstance(view, AppendEntriesRequest):  # of other messages a view does not say all (LearnCommit)
        found["commit_index"] = state.commit_index
    if view.term >= (sample.states[view.dest].current_term or 0):  # an older one need not be answered
        found["sends"] = event.sends and tuple(map(_without_match_index, event.sends))
    return found


def _without_match_index(view: Message) -> Message:
    """Of two messages with one view, one may ask for less: a heartbeat, and a request without entries."""
    return msgspec.structs.replace(view, match_index=0) if isinstance(view, AppendEntriesResponse) else view


def _brief(view: Message) -> str:
    return f"{type(view).__name__} from {view.source} to {view.dest} in term {view.term}"


def _told(finding: Finding) -> str:
    return f"{finding.server}, {finding.action}: {finding.seen}; expected {finding.expected}"


class Restarting:
    """The same, but its servers can only be started as they come back from a crash."""

    def __init__(self, implementation: Restorable) -> None:
        self.caps: Caps = implementation.caps
        self.start = implementation.start
        self.store = implementation.store
        self.payload_of = implementation.payload_of


class Using:
    """Between the actions of a source, has states stored and messages made, and does nothing with them."""

    def __init__(self, implementation: Restorable) -> None:
        self._implementation = implementation
        self.wrong: str | None = None

    def around(self, source: Source) -> Source:
        def actions(cluster: Cluster) -> Iterator[Action]:
            for action in source(cluster):
                try:
                    self._use(cluster)
                except Exception as error:
                    self.wrong = str(error) if isinstance(error, Breach) else shown(error)
                    return
                yield action

        return actions

    def _use(self, cluster: Cluster) -> None:
        for server in cluster.servers.values():
            if server.life is not None and server.state is not None and _shows_what_is_stored(server.state):
                scratch = _Scratch(server.life.me, server.life.peers, server.life.config)
                self._implementation.store(scratch, _stored(server.state))
        views = [packet.view for packet in cluster.network.flight if _is_of_figure_2(packet.view)]
        for view in views[:1]:
            self._implementation.payload_of(view)


class _Scratch:
    """An Env with a disk of its own, to which nobody listens."""

    def __init__(self, me: str, peers: Sequence[str], config: Mapping[str, Any]) -> None:
        self.me = me
        self.peers = peers
        self.config = config
        self.disk: MutableMapping[str, Any] = {}

    def sync(self) -> None:
        pass

    def send(self, to: str, payload: Any, view: Message | None = None) -> None:
        pass

    def reply(self, request: int, outcome: Outcome, value: Any = None) -> None:
        pass
