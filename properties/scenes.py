"""Scenes: a cluster in the middle of a run, as a value: from there a schedule may begin.

A scene has what raft.tla knows of a state: the servers, the messages in flight, who was elected, and what was
committed. It is put onto a Cluster if the implementation is Restorable (node.py): each server in its state,
or where the implementation is not Resumable, as it comes back from a crash in that state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard

import msgspec

from raftcheck.tla.values import Value, function, record
from raftcheck.traces import encoding
from raftcheck.traces.events import AppendEntriesRequest, Entry, Message, NodeState, Other

from .errors import UsageProblem
from .node import Implementation, Restorable, Resumable


class NotRestorable(UsageProblem):
    """An implementation that cannot be started from a given state: one line."""


class Election(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An election that was won: the term, who leads it, and the log with which it was won."""

    term: int
    leader: str
    log: tuple[Entry, ...]


class Commit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry that was committed, first by the leader of this term."""

    entry: Entry
    term: int


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A state of raft.tla. `states` has the servers in order, each with all that a NodeState can show.

    The k-th of `commits` was committed at index k. The n-th of the messages from one server to another has
    the number n on that link.
    """

    states: dict[str, NodeState]
    messages: tuple[Message, ...] = ()
    elections: tuple[Election, ...] = ()
    commits: tuple[Commit, ...] = ()

    @property
    def servers(self) -> tuple[str, ...]:
        return tuple(self.states)


def restorable(implementation: Implementation) -> TypeGuard[Restorable]:
    return implementation.caps.restorable


def resumable(implementation: Implementation) -> TypeGuard[Resumable]:
    return restorable(implementation) and callable(getattr(implementation, "start_at", None))


def check_restorable(implementation: Implementation) -> None:
    """NotRestorable where no scene can be put onto its servers."""
    if not restorable(implementation):
        raise NotRestorable(
            "the target cannot be started from a given state: its caps are without `restorable`; expected "
            "one whose caps have it (Restorable in properties/node.py; PROTOCOL.md), such as reference, etcd"
        )


def played_by(implementation: Implementation, scene: Scene) -> Scene:
    """The scene as the implementation can have it; NotRestorable if it cannot have any."""
    check_restorable(implementation)
    if resumable(implementation):
        return scene
    states = {server: after_crash(state) for server, state in scene.states.items()}
    return msgspec.structs.replace(scene, states=states)


def after_crash(state: NodeState) -> NodeState:
    """What a crash leaves of a state: term, vote and log (Figure 2)."""
    return NodeState(
        role="Follower",
        current_term=state.current_term,
        voted_for=state.voted_for,
        log=state.log,
        commit_index=0,
        votes_granted=(),
    )


def lines(scene: Scene) -> list[str]:
    """The scene in words: a line for each server, and for each message in flight."""
    width = max(map(len, scene.servers))
    found = []
    for server, state in scene.states.items():
        log = " ".join(f"{entry.term}:{entry.value}" for entry in state.log or ()) or "empty"
        told = f"{server:{width}}  {state.role} in term {state.current_term}"
        told += f", voted for {state.voted_for}" if state.voted_for else ""
        told += f", log {log}, commit index {state.commit_index}"
        if state.role == "Candidate":
            told += f", votes of {', '.join(state.votes_granted or ())}"
        if state.next_index is not None and state.match_index is not None:
            match = ", ".join(f"{peer} {index}" for peer, index in state.match_index.items())
            after = ", ".join(f"{peer} {index}" for peer, index in state.next_index.items())
            told += f", match {match}, next {after}"
        found.append(told)
    return found + [f"in flight: {_told(message)}" for message in scene.messages]


def _told(message: Message) -> str:
    fields = {name: getattr(message, name) for name in message.__struct_fields__[2:]}
    if isinstance(message, AppendEntriesRequest):
        fields["entries"] = " ".join(f"{entry.term}:{entry.value}" for entry in message.entries) or "none"
    said = ", ".join(f"{name} {value}" for name, value in fields.items())
    return f"{type(message).__name__} from {message.source} to {message.dest}, {said}"


def raft_state(scene: Scene) -> Mapping[str, Value]:
    """The values of raft.tla's variables."""
    states, servers = scene.states, scene.servers
    bag: dict[Value, int] = {}
    for message in scene.messages:
        told = encoding.message(message)
        bag[told] = bag.get(told, 0) + 1
    return {
        "messages": function(bag),
        "currentTerm": function({i: states[i].current_term or 0 for i in servers}),
        "role": function({i: states[i].role or "Follower" for i in servers}),
        "votedFor": function({i: states[i].voted_for or "" for i in servers}),
        "log": function({i: encoding.entries(states[i].log or ()) for i in servers}),
        "commitIndex": function({i: states[i].commit_index or 0 for i in servers}),
        "votesGranted": function({i: frozenset(states[i].votes_granted or ()) for i in servers}),
        "nextIndex": function({i: _of_peers(states[i].next_index, servers, 1) for i in servers}),
        "matchIndex": function({i: _of_peers(states[i].match_index, servers, 0) for i in servers}),
        "elections": frozenset(
            record(eterm=won.term, eleader=won.leader, elog=encoding.entries(won.log))
            for won in scene.elections
        ),
        "committed": tuple(
            record(term=commit.entry.term, value=commit.entry.value, cterm=commit.term)
            for commit in scene.commits
        ),
    }


def _of_peers(indexes: Mapping[str, int] | None, servers: tuple[str, ...], otherwise: int) -> Value:
    known = indexes or {}
    return function({server: known.get(server, otherwise) for server in servers})


def wrong_scene(scene: Scene, servers: tuple[str, ...]) -> str | None:
    """What the types cannot say: the servers are those of the schedule, and no index leads out of a log."""
    known = f"expected {', '.join(servers)}"
    if scene.servers != servers:
        return f"states: of {', '.join(scene.servers) or 'nobody'}; {known}"
    for server, state in scene.states.items():
        if state.current_term is None or state.log is None or state.role is None:
            return f"states.{server}: without role, current_term or log; expected all of them"
        if (state.commit_index or 0) > min(len(state.log), len(scene.commits)):
            return f"states.{server}.commit_index: {state.commit_index}; expected no more than is committed"
        named = {*(state.votes_granted or ()), *(state.next_index or ()), *(state.match_index or ())}
        if not named <= set(servers) or state.voted_for not in (None, "", *servers):
            return f"states.{server}: names a server that is none; {known}"
        if any(not 0 < index <= len(state.log) + 1 for index in (state.next_index or {}).values()) or any(
            index > len(state.log) for index in (state.match_index or {}).values()
        ):
            return f"states.{server}: next_index or match_index leads out of the log"
    for place, message in enumerate(scene.messages):
        if {message.source, message.dest} - set(servers) or message.source == message.dest:
            return f"messages[{place}]: from {message.source} to {message.dest}; {known}"
        if isinstance(message, Other):
            return f"messages[{place}]: Other, which does not say what it is; expected a message of Figure 2"
    return None
