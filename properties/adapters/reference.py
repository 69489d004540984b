"""The reference Raft behind the Node interface.

Payloads are the reference's own messages; their views say the same in the vocabulary of traces. Each
record is one write under a key of its own kind, the log as a whole under "log".
"""

from __future__ import annotations

from dataclasses import dataclass

from raftcheck.reference import messages as rpc
from raftcheck.reference.driver import drain
from raftcheck.reference.raft import Raft
from raftcheck.reference.stable import Append, Record, Stable, TermVote
from raftcheck.traces import events
from raftcheck.traces.events import NOBODY, Message, NodeState, command_of, text_of

from ..node import Caps, Env, Node

ANY_NETWORK = Caps(network="datagram", durable=True, restorable=True)


class DiskStorage:
    """The reference's Storage on the disk of an Env."""

    def __init__(self, env: Env) -> None:
        self._env = env

    def load(self) -> Stable:
        vote: TermVote = self._env.disk.get("vote", TermVote(0, None))
        return Stable(vote.term, vote.voted_for, self._env.disk.get("log", ()))

    def write(self, record: Record) -> None:
        match record:
            case TermVote():
                self._env.disk["vote"] = record
            case Append(prev_index, entries):
                self._env.disk["log"] = self._env.disk.get("log", ())[:prev_index] + entries

    def sync(self) -> None:
        self._env.sync()


class ReferenceNode:
    """One server: a Raft, and its effects carried out as the reference's driver does."""

    def __init__(self, env: Env, raft: Raft, storage: DiskStorage) -> None:
        self.env = env
        self.raft = raft
        self.storage = storage
        self._entries: list[rpc.Entry] = []
        self._shown_log: tuple[events.Entry, ...] = ()

    def deliver(self, source: str, payload: rpc.Message) -> None:
        self.raft.receive(payload)
        self.carry_out()

    def timers(self) -> tuple[str, ...]:
        return self.raft.timers

    def fire(self, timer: str) -> None:
        if timer == "heartbeat":
            self.raft.heartbeat_timeout()
        else:
            self.raft.election_timeout()
        self.carry_out()

    def request(self, request: int, command: bytes) -> bool:
        accepted = self.raft.request(command)
        self.carry_out()
        return accepted

    def carry_out(self) -> None:
        drain(self.raft, self.storage, self.send)

    def send(self, message: rpc.Message) -> None:
        self.env.send(message.dest, message, view_of(message))

    def state(self) -> NodeState:
        raft = self.raft
        leads = raft.role == "Leader"
        return NodeState(
            role=raft.role,
            current_term=raft.current_term,
            voted_for=raft.voted_for or NOBODY,
            log=self._log(),
            commit_index=raft.commit_index,
            votes_granted=tuple(sorted(raft.votes_granted)),
            next_index=dict(raft.next_index) if leads else None,
            match_index=dict(raft.match_index) if leads else None,
        )

    def stop(self) -> None:
        pass

    def _log(self) -> tuple[events.Entry, ...]:
        """The log in the vocabulary of traces, translated again only where it has changed."""
        if self._entries != self.raft.log:
            self._entries = list(self.raft.log)
            self._shown_log = tuple(map(entry_of, self._entries))
        return self._shown_log


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference as an Implementation; each of its parts may be another of the same shape."""

    raft: type[Raft] = Raft
    storage: type[DiskStorage] = DiskStorage
    node: type[ReferenceNode] = ReferenceNode
    caps: Caps = ANY_NETWORK

    def start(self, env: Env, fresh: bool) -> Node:
        storage = self.storage(env)
        servers = (env.me, *env.peers)
        raft = self.raft(env.me, servers, storage.load(), env.config.get("max_entries"))
        return self.node(env, raft, storage)

    def store(self, env: Env, state: NodeState) -> None:
        stable = _stable(state)
        env.disk["vote"] = TermVote(stable.current_term, stable.voted_for)
        env.disk["log"] = stable.log
        env.sync()

    def start_at(self, env: Env, state: NodeState) -> Node:
        self.store(env, state)
        raft = self.raft(env.me, (env.me, *env.peers), _stable(state), env.config.get("max_entries"))
        node = self.node(env, raft, self.storage(env))
        raft.role = state.role or "Follower"
        raft.commit_index = state.commit_index or 0
        votes = frozenset(state.votes_granted or ())
        for voter in sorted(votes, key=lambda voter: voter != env.me):  # the own vote came first
            raft.count_vote(voter)
        raft.votes_granted = votes
        raft.next_index.update(state.next_index or {})
        raft.match_index.update(state.match_index or {})
        return node

    def payload_of(self, view: Message) -> rpc.Message:
        return message_of(view)


def _stable(state: NodeState) -> Stable:
    """What of a state is on disk."""
    log = tuple(rpc.Entry(entry.term, command_of(entry.value)) for entry in state.log or ())
    return Stable(state.current_term or 0, state.voted_for or None, log)


reference = Reference()


def entry_of(entry: rpc.Entry) -> events.Entry:
    return events.Entry(entry.term, text_of(entry.value))


def view_of(message: rpc.Message) -> Message:
    """A message of the reference in the vocabulary of traces."""
    match message:
        case rpc.AppendEntriesRequest(source, dest, term, prev_index, prev_term, entries, commit_index):
            shown = tuple(map(entry_of, entries))
            return events.AppendEntriesRequest(source, dest, term, prev_index, prev_term, shown, commit_index)
        case rpc.AppendEntriesResponse(source, dest, term, success, match_index):
            return events.AppendEntriesResponse(source, dest, term, success, match_index)
        case rpc.RequestVoteRequest(source, dest, term, last_log_index, last_log_term):
            return events.RequestVoteRequest(source, dest, term, last_log_index, last_log_term)
        case rpc.RequestVoteResponse(source, dest, term, vote_granted):
            return events.RequestVoteResponse(source, dest, term, vote_granted)


def message_of(view: Message) -> rpc.Message:
    """The message of the reference that has this view."""
    match view:
        case events.AppendEntriesRequest(source, dest, term, prev_index, prev_term, entries, commit_index):
            sent = tuple(rpc.Entry(entry.term, command_of(entry.value)) for entry in entries)
            return rpc.AppendEntriesRequest(source, dest, term, prev_index, prev_term, sent, commit_index)
        case events.AppendEntriesResponse(source, dest, term, success, match_index):
            return rpc.AppendEntriesResponse(source, dest, term, success, match_index)
        case events.RequestVoteRequest(source, dest, term, last_log_index, last_log_term):
            return rpc.RequestVoteRequest(source, dest, term, last_log_index, last_log_term)
        case events.RequestVoteResponse(source, dest, term, vote_granted):
            return rpc.RequestVoteResponse(source, dest, term, vote_granted)
    raise ValueError(f"{view}: expected one of Figure 2's messages")
