"""From a state of RaftAbstract.tla to a run of one handler: a scene of raft.tla, and what happens there.

RaftAbstract keeps what was sent as history, so any message that it has may arrive now: a bid, a vote, a part
of a leader's log, an acknowledgement, or a refusal of either. What it leaves open (who still acts as leader,
which votes have been counted, what a leader knows of its peers) is drawn.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from raftcheck.tla.values import Value, apply
from raftcheck.traces.events import (
    NOBODY,
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Message,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
    Role,
)

from .scenes import Commit, Election, Scene, after_crash
from .schedules import Action, Crash, Deliver, Request, Restart, Timeout

ACTS = 0.85
"""How often a server that won its election, or stands for one, has not crashed or heard otherwise since."""

LATER = 3
"""How much likelier a message of its term is for a server than each of the others."""

Log = tuple[Entry, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Beginning:
    """A scene, and the actions that come next: one handler, and perhaps a crash and what is left of it."""

    scene: Scene
    actions: tuple[Action, ...]


class AbstractState:
    """A state of RaftAbstract of which Inductive and Concrete hold (Goals.tla), for reading."""

    def __init__(self, state: Mapping[str, Value], servers: Sequence[str], terms: Sequence[int]) -> None:
        self.servers = tuple(servers)
        self.terms = tuple(terms)
        self.current_term = {
            i: min(term for term in terms if term not in apply(state["left"], i)) for i in servers
        }
        self.voted_for = {i: next(iter(apply(state["votedFor"], i)), NOBODY) for i in servers}
        self.logs = {i: _log(apply(state["log"], i)) for i in servers}
        self.leader_logs = {term: _log(_at(state["leaderLog"], term)) for term in terms}
        self.leaders: dict[int, str] = dict(sorted(state["leaders"]))
        self.commit = {term: _at(state["commit"], term) for term in terms}
        self.known = {i: max((index for _, index in apply(state["applied"], i)), default=0) for i in servers}
        self.bids = sorted(state["bids"])
        self.votes = sorted(state["votes"])
        self.acked: dict[tuple[str, int], int] = {}
        for server, term, index in sorted(state["acked"]):
            self.acked[server, term] = index

    def elections(self) -> tuple[Election, ...]:
        return tuple(
            Election(term, leader, tuple(entry for entry in self.leader_logs[term] if entry.term < term))
            for term, leader in self.leaders.items()
        )

    def commits(self) -> tuple[Commit, ...]:
        found = []
        for index in range(1, max(self.commit.values()) + 1):
            term = min(term for term in self.terms if self.commit[term] >= index)
            found.append(Commit(self.leader_logs[term][index - 1], term))
        return tuple(found)

    # --- servers ----------------------------------------------------------------------------------------

    def node_state(self, server: str, chance: random.Random) -> NodeState:
        term, log = self.current_term[server], self.logs[server]
        role: Role = "Follower"
        votes: tuple[str, ...] = ()
        commit_index = self.known[server]
        next_index, match_index = None, None
        if chance.random() < ACTS:
            if self.leaders.get(term) == server:
                role = "Leader"
                commit_index = max(commit_index, self.commit[term])
                peers = [peer for peer in self.servers if peer != server]
                match_index = {peer: chance.randint(0, self.acked.get((peer, term), 0)) for peer in peers}
                next_index = {
                    peer: chance.randint(match + 1, len(log) + 1) for peer, match in match_index.items()
                }
            elif self.voted_for[server] == server:
                role, votes = "Candidate", self._counted(server, term, chance)
        return NodeState(
            role=role,
            current_term=term,
            voted_for=self.voted_for[server],
            log=log,
            commit_index=commit_index,
            votes_granted=votes,
            next_index=next_index,
            match_index=match_index,
        )

    def _counted(self, server: str, term: int, chance: random.Random) -> tuple[str, ...]:
        """Votes that a candidate may have counted without having won: its own, and fewer than a majority."""
        others = [i for i, t, c in self.votes if (t, c) == (term, server) and i != server]
        most = min(len(others), len(self.servers) // 2 - 1)
        return tuple(sorted([server, *chance.sample(others, chance.randint(0, max(most, 0)))]))

    # --- messages ---------------------------------------------------------------------------------------

    def request_vote(self, chance: random.Random) -> Message | None:
        heard = [(bid, j) for bid in self.bids for j in self.servers if j != bid[1]]
        chosen = self._draw(chance, heard, lambda each: each[0][0] == self.current_term[each[1]])
        if chosen is None:
            return None
        (term, candidate, last_term, last_index), dest = chosen
        return RequestVoteRequest(candidate, dest, term, last_index, last_term)

    def vote(self, chance: random.Random) -> Message | None:
        given = [vote for vote in self.votes if vote[0] != vote[2]]
        chosen = self._draw(chance, given, lambda vote: vote[1] == self.current_term[vote[2]])
        return None if chosen is None else RequestVoteResponse(chosen[0], chosen[2], chosen[1], True)

    def refused_vote(self, chance: random.Random) -> Message | None:
        refused = [
            RequestVoteResponse(i, candidate, term, False)
            for asked, candidate, *_ in self.bids
            for i in self.servers
            for term in range(asked, self.current_term[i] + 1)
            if i != candidate
        ]
        return self._draw(chance, refused, lambda m: m.term == self.current_term[m.dest])

    def append_entries(self, chance: random.Random) -> Message | None:
        heard = [(term, d, j) for term, d in self.leaders.items() for j in self.servers if j != d]
        chosen = self._draw(chance, heard, lambda each: each[0] == self.current_term[each[2]])
        if chosen is None:
            return None
        term, leader, dest = chosen
        log = self.leader_logs[term]
        previous = chance.randint(0, len(log))
        last = chance.randint(previous, len(log))
        committed = max(self.commit[t] for t in self.terms if t <= term)
        return AppendEntriesRequest(
            leader,
            dest,
            term,
            previous,
            log[previous - 1].term if previous else 0,
            log[previous:last],
            chance.randint(0, committed),
        )

    def acknowledgement(self, chance: random.Random) -> Message | None:
        given = [(i, term, self.leaders[term]) for i, term in self.acked if self.leaders.get(term, i) != i]
        chosen = self._draw(chance, given, lambda each: each[1] == self.current_term[each[2]])
        if chosen is None:
            return None
        server, term, leader = chosen
        index = chance.randint(0, self.acked[server, term])
        return AppendEntriesResponse(server, leader, term, True, index)

    def refused_entries(self, chance: random.Random) -> Message | None:
        refused = [
            AppendEntriesResponse(i, leader, term, False, 0)
            for asked, leader in self.leaders.items()
            for i in self.servers
            for term in range(asked, self.current_term[i] + 1)
            if i != leader
        ]
        return self._draw(chance, refused, lambda m: m.term == self.current_term[m.dest])

    def _draw(self, chance: random.Random, choices: Sequence[T], now: Callable[[T], bool]) -> T | None:
        """One of the choices, rather one that is of the receiver's term."""
        if not choices:
            return None
        weights = [LATER if now(choice) else 1 for choice in choices]
        return chance.choices(choices, weights)[0]


def _log(entries: frozenset[tuple[int, int, str]]) -> Log:
    return tuple(Entry(term, value) for _, term, value in sorted(entries))


def _at(table: Value, term: int) -> Value:
    return apply(table, term)


def beginning(
    state: AbstractState, chance: random.Random, durable: bool, resumable: bool = True
) -> Beginning:
    """A scene in this state, and one handler of a server. `durable`: its servers may crash.

    `resumable`: they can be in any state; otherwise each has just come back from a crash in its own.
    """
    states = {server: state.node_state(server, chance) for server in state.servers}
    if not resumable:
        states = {server: after_crash(own) for server, own in states.items()}
    messages: tuple[Message, ...] = ()
    inputs = [
        state.request_vote,
        state.vote,
        state.refused_vote,
        state.append_entries,
        state.append_entries,
        state.acknowledgement,
        state.refused_entries,
    ]
    message = None
    place = chance.randrange(len(inputs) + 2)
    if place < len(inputs):
        message = inputs[place](chance)
    if message is not None:
        server, messages = message.dest, (message,)
        handler: Action = Deliver(message.source, message.dest, 1)
    else:
        server = chance.choice(state.servers)
        leads = states[server].role == "Leader"
        timer = Timeout(server, "heartbeat" if leads else "election")
        handler = Request(server, "new") if leads and chance.random() < 0.5 else timer
    scene = Scene(states, messages, state.elections(), state.commits())
    return Beginning(scene, _with_crash(handler, server, chance) if durable else (handler,))


def _with_crash(handler: Action, server: str, chance: random.Random) -> tuple[Action, ...]:
    """The handler, and in half of all cases a crash, in the midst of it or after it, and the restart."""
    kind = chance.randrange(4)
    if kind < 2:
        return (handler,)
    if kind == 2:
        return handler, Crash(server), Restart(server)
    return Crash(server, chance.randint(1, 4), chance.randint(0, 2)), handler, Restart(server)
