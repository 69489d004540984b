"""Adapters that break one promise each, which `raftcheck selftest` must notice; `sound` keeps them all.

None of them is a Raft: each server counts its ticks as terms, and keeps what clients ask for. But those whose
servers can be started in given states are teaching.py, with a mistake about that.
"""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import msgspec

from raftcheck.properties.adapters import teaching
from raftcheck.properties.node import (
    AppendEntriesRequest,
    Caps,
    Entry,
    Env,
    Message,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)
from raftcheck.traces.events import text_of


class Sound:
    def __init__(self, env: Env) -> None:
        self.env = env
        self.term: int = env.disk.get("term", 0)
        self.log: tuple[Entry, ...] = env.disk.get("log", ())

    def timers(self) -> Any:
        return ("tick",)

    def fire(self, timer: str) -> None:
        self.set_term(self.term + 1)
        for peer in self.env.peers:
            self.env.send(peer, self.term)

    def deliver(self, source: str, payload: int) -> None:
        if payload > self.term:
            self.set_term(payload)

    def set_term(self, term: int) -> None:
        self.term = term
        self.env.disk["term"] = term
        self.env.sync()

    def request(self, request: int, command: bytes) -> bool:
        self.log = (*self.log, Entry(self.term, self.text(command)))
        self.env.disk["log"] = self.log
        self.env.sync()
        return True

    def text(self, command: bytes) -> str:
        return text_of(command)

    def state(self) -> NodeState:
        return NodeState(current_term=self.term, voted_for="", log=self.log)

    def stop(self) -> None:
        pass


class Raising(Sound):
    def set_term(self, term: int) -> None:
        assert term < 3, "too late"
        super().set_term(term)


class Dicing(Sound):
    def fire(self, timer: str) -> None:
        self.set_term(self.term + random.randint(1, 9))


class Unordered(Sound):
    def fire(self, timer: str) -> None:
        self.set_term(self.term + 1)
        for peer in set(self.env.peers):
            self.env.send(peer, self.term)


class Touchy(Sound):
    asked = 0

    def state(self) -> NodeState:
        self.asked += 1
        return NodeState(current_term=self.term, commit_index=self.asked)


class Nervous(Sound):
    """Shows the same however often it is asked, and then does something else."""

    asked = 0

    def state(self) -> NodeState:
        self.asked += 1
        return super().state()

    def set_term(self, term: int) -> None:
        super().set_term(term + self.asked)


class Forgetful(Sound):
    def set_term(self, term: int) -> None:
        self.term = term


class Cached(Sound):
    """Has in memory, beyond a crash, what it was about to write."""

    terms: dict[str, int] = {}  # noqa: RUF012

    def __init__(self, env: Env) -> None:
        super().__init__(env)
        if env.disk:
            self.term = max(self.term, self.terms.get(env.me, 0))

    def set_term(self, term: int) -> None:
        self.terms[self.env.me] = term
        super().set_term(term)


class Idle(Sound):
    def timers(self) -> Any:
        return ("tick", "lease 7")

    def fire(self, timer: str) -> None:
        if timer == "tick":
            super().fire(timer)


class Restless(Sound):
    def stop(self) -> None:
        with suppress(BaseException):
            self.env.disk["stopped"] = True


class Deaf(Sound):
    def request(self, request: int, command: bytes) -> bool:
        return True


class Careless(Sound):
    def text(self, command: bytes) -> str:
        return command.decode("utf-8", "replace")


class Making:
    """The adapter of servers of a kind."""

    caps = Caps(knobs={"window": (1, 2)})

    def __init__(self, kind: type[Sound]) -> None:
        self.kind = kind

    def start(self, env: Env, fresh: bool) -> Sound:
        if fresh:
            Cached.terms.pop(env.me, None)
        return self.kind(env)


sound = Making(Sound)
raising = Making(Raising)
dicing = Making(Dicing)
unordered = Making(Unordered)
touchy = Making(Touchy)
nervous = Making(Nervous)
forgetful = Making(Forgetful)
cached = Making(Cached)
idle = Making(Idle)
restless = Making(Restless)
deaf = Making(Deaf)
careless = Making(Careless)


class Voteless(teaching.Teaching):
    def store(self, env: Env, state: NodeState) -> None:
        super().store(env, msgspec.structs.replace(state, voted_for=""))


class Shortened(teaching.Teaching):
    def store(self, env: Env, state: NodeState) -> None:
        super().store(env, msgspec.structs.replace(state, log=(state.log or ())[:-1]))


class Generous(teaching.Teaching):
    """Makes of each vote one of the next term."""

    def payload_of(self, view: Message) -> Message:
        later = isinstance(view, RequestVoteResponse)
        return msgspec.structs.replace(view, term=view.term + 1) if later else view


class Hesitant(teaching.Teaching):
    """Makes of each vote one that is refused."""

    def payload_of(self, view: Message) -> Message:
        refused = isinstance(view, RequestVoteResponse)
        return msgspec.structs.replace(view, vote_granted=False) if refused else view


class Misplaced(teaching.Teaching):
    """Has entries come after one that is not that before them."""

    def payload_of(self, view: Message) -> Message:
        if isinstance(view, AppendEntriesRequest) and view.entries:
            return msgspec.structs.replace(view, prev_log_index=view.prev_log_index + 1)
        return view


class Uncommitted(teaching.Teaching):
    def payload_of(self, view: Message) -> Message:
        if isinstance(view, AppendEntriesRequest):
            return msgspec.structs.replace(view, commit_index=0)
        return view


class Silent(teaching.Teaching):
    """Makes of who asks for a vote one whose log is too short, which is told so."""

    def payload_of(self, view: Message) -> Message:
        if isinstance(view, RequestVoteRequest):
            return msgspec.structs.replace(view, last_log_index=0, last_log_term=0)
        return view


class Wordless(teaching.Teaching):
    """Has no words for more than one entry."""

    def payload_of(self, view: Message) -> Message:
        if isinstance(view, AppendEntriesRequest) and len(view.entries) > 1:
            raise LookupError("more than one entry")
        return view


class Meddling(teaching.Teaching):
    """Sets its servers to where others are stored."""

    servers: dict[str, teaching.Server] = {}  # noqa: RUF012

    def start(self, env: Env, fresh: bool) -> teaching.Server:
        self.servers[env.me] = super().start(env, fresh)
        return self.servers[env.me]

    def store(self, env: Env, state: NodeState) -> None:
        super().store(env, state)
        if env.me in self.servers and state.current_term:
            self.servers[env.me].role = "Follower"


class Viewless(teaching.Teaching):
    """Breaks no promise, but shows no view of which a message could be made."""

    class Server(teaching.Server):
        def send(self, message: Message) -> None:
            self.env.send(message.dest, message)

    def start(self, env: Env, fresh: bool) -> teaching.Server:
        return self.Server(env)


voteless = Voteless()
shortened = Shortened()
generous = Generous()
hesitant = Hesitant()
misplaced = Misplaced()
uncommitted = Uncommitted()
silent = Silent()
wordless = Wordless()
meddling = Meddling()
viewless = Viewless()
