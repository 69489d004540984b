"""raftos behind the Node interface: its State, with the server around it that raftos.server would be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from raftcheck.traces.events import Role, text_of

from ...node import (
    NOBODY,
    AppendEntriesRequest,
    AppendEntriesResponse,
    Caps,
    Entry,
    Env,
    Message,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)
from .library import FILES, Timer, state
from .loop import Loop

PORT = 1
"""Servers are known by host and port; here the name of a server is its host."""

ROLES: dict[type, Role] = {state.Follower: "Follower", state.Candidate: "Candidate", state.Leader: "Leader"}

VARIABLE = "command"
"""The replicated variable that every client sets."""


class Server:
    """In place of raftos.server.Node: sends are kept, and leave once the call is over.

    The others are a list where raftos has a set, whose order would change from process to process.
    """

    def __init__(self, env: Env, loop: Loop) -> None:
        self.host, self.port = env.me, PORT
        self.loop = loop
        self.cluster = [(peer, PORT) for peer in env.peers]
        self.sent: list[tuple[str, dict[str, Any]]] = []

    @property
    def cluster_count(self) -> int:
        return len(self.cluster)

    async def send(self, data: dict[str, Any], destination: str | tuple[str, int]) -> None:
        host = destination.split(":")[0] if isinstance(destination, str) else destination[0]
        self.sent.append((host, data))

    def broadcast(self, data: dict[str, Any]) -> None:
        for destination in self.cluster:
            self.loop.create_task(self.send(data, destination))


class RaftosNode:
    """One life of one server."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self.loop = Loop()
        self.server = Server(env, self.loop)
        FILES.env = env
        # Of a class of its own: the class itself keeps who leads, for there is one server in a process.
        self.raft = type("State", (state.State,), {})(self.server)
        self._act(self.raft.start)

    def deliver(self, source: str, payload: dict[str, Any]) -> None:
        self._act(self.raft.request_handler, {**payload, "sender": (source, PORT)})

    def timers(self) -> Sequence[str]:
        return [name for name, timer in self._timers().items() if timer.is_active]

    def fire(self, timer: str) -> None:
        self._act(self._timers()[timer].callback)

    def request(self, request: int, command: bytes) -> bool:
        if not isinstance(self.raft.leader, state.Leader):
            return False
        self._act(self._set, request, text_of(command))
        return True

    def state(self) -> NodeState:
        raft, log = self.raft, self.raft.log
        leads = isinstance(raft.state, state.Leader)
        return NodeState(
            role=ROLES[type(raft.state)],
            current_term=raft.storage.term,
            voted_for=_server(raft.storage.voted_for),
            log=tuple(map(_entry, log.cache)),
            commit_index=log.commit_index,
            next_index=_by_server(log.next_index) if leads else None,
            match_index=_by_server(log.match_index) if leads else None,
        )

    def stop(self) -> None:
        pass

    def _set(self, request: int, value: str) -> None:
        """What raftos.Replicated.set does."""
        task = self.loop.create_task(self.raft.set_value(VARIABLE, value))
        task.add_done_callback(lambda done: self.env.reply(request, "ok"))

    def _timers(self) -> dict[str, Timer]:
        """Those of the server's role, by their names in raftos."""
        return {
            name.removesuffix("_timer").replace("_", " "): value
            for name, value in vars(self.raft.state).items()
            if isinstance(value, Timer)
        }

    def _act(self, call: Callable[..., object], *arguments: object) -> None:
        """A call that the event loop would make, and everything that comes of it."""
        FILES.env = self.env
        with suppress(Exception):  # which the loop would log, and go on with what was done until then
            call(*arguments)
        self.loop.run_ready()
        sent, self.server.sent = self.server.sent, []
        for dest, data in sent:
            self.env.send(dest, data, _view(self.env.me, dest, data))


class Raftos:
    caps = Caps(
        network="datagram",
        liberties=frozenset({"StepDown", "IgnoreAppendEntries", "IgnoreVoteRequest"}),
    )

    def start(self, env: Env, fresh: bool) -> RaftosNode:
        return RaftosNode(env)


def _server(address: str | None) -> str:
    return NOBODY if address is None else address.split(":")[0]


def _by_server(indexes: dict[str, int]) -> dict[str, int]:
    return {_server(address): index for address, index in indexes.items()}


def _entry(entry: dict[str, Any]) -> Entry:
    return Entry(entry["term"], entry["command"][VARIABLE])


def _view(source: str, dest: str, data: dict[str, Any]) -> Message:
    term = data["term"]
    match data["type"]:
        case "request_vote":
            return RequestVoteRequest(source, dest, term, data["last_log_index"], data["last_log_term"])
        case "request_vote_response":
            return RequestVoteResponse(source, dest, term, data.get("vote_granted", False))
        case "append_entries":
            previous = data["prev_log_index"], data["prev_log_term"]
            entries = tuple(map(_entry, data["entries"]))
            return AppendEntriesRequest(source, dest, term, *previous, entries, data["commit_index"])
        case _:
            return AppendEntriesResponse(
                source, dest, term, data["success"], data["last_log_index"] if data["success"] else 0
            )
