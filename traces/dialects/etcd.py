"""The trace of etcd-io/raft (build tag `with_tla`), line by line as events of raft.tla.

Each line shows a server in the midst of its work: what it is at that moment, which is before it has handled
what a Receive line has, and before a vote that a Send line gives. So the message of a Receive line waits for
the lines that say what came of it, and a line with which nothing new is done is an observation alone: a
Timeout of a timer that starts nothing. What the trace does not show is taken so:

- Of a log it shows the length, of a message the number of its entries. What is in them follows from the term
  and the index of an entry, since a term has one leader.
- A server that sends itself a vote or an acknowledgement has it already in raft.tla.
- A heartbeat is an empty AppendEntries behind the entry that it says is committed, its answer a success that
  acknowledges nothing; so is nothing learnt from it but the commit index.
- A change of the configuration is an entry like any other until a server applies it.
- A message without an answer was thrown away, as by a server that has moved on.
- Who steps down without a newer term is to raft.tla a server that restarts and forgets nothing stable.

What raft.tla has no words for (another configuration in force, a snapshot, a pre-vote) ends the reading, as
does a restart where only what was not yet stored is lost: no line says when that was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import cast

import msgspec

from ..errors import TraceError, plain
from ..events import (
    NOBODY,
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    Message,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
    Role,
)
from ..sources import Progress
from ..verdict import Validation
from ..wellformed import Line, well_formed
from .etcdlines import ROLES, EtcdEvent, EtcdLine, EtcdMessage, EtcdState, read_etcd

MOST_OPENING = 10_000
"""Lines until all servers of the cluster have come up: a bound on what is read before the first event."""

BOOT = ("InitState", "ApplyConfChange", "BecomeFollower")
"""The events with which a server comes up."""


MOST_ENTRIES = 10_000
"""Of a log at its beginning, and beyond what was appended: a bound on what is made of a wrong number."""

UNKNOWN = Entry(0, "nobody knows")


class _Beyond(Exception):
    """A line that raft.tla has no words for."""


@dataclass(slots=True)
class EtcdTrace:
    """A file of etcd-io/raft's trace, as far as raft.tla has words for it.

    last     where the last line stands that is a part of the trace so far
    stopped  where the reading ended before the file did, and why
    """

    path: Path
    progress: Progress = field(default_factory=Progress)
    last: str = ""
    stopped: str | None = None

    @property
    def name(self) -> str:
        return str(self.path)

    def lines(self) -> Iterator[Line]:
        self.last, self.stopped = "", None
        return well_formed(self._translated())

    def completed(self, found: Validation) -> Validation:
        if self.stopped is None or found.refusal is not None or found.undecided is not None:
            return found
        return replace(found, undecided=f"judged up to {self.last}; {self.stopped}")

    def _translated(self) -> Iterator[Line]:
        opening, lines = _opening(self.path)
        yield from (init for init, _ in opening.values())
        cluster = _Cluster({server.name: server for _, server in opening.values()})
        for place, event in lines:
            try:
                yield from cluster.translate(place, event)
            except _Beyond as beyond:
                self.stopped = f"{place} {beyond}, which raft.tla does not have"
                return
            self.last = place


@dataclass(slots=True)
class _Server:
    """What the lines so far say of a server.

    waiting   the message that it has received, until a line says what came of it; received_at: that line
    memory    its term, vote and last index when it was last seen
    stored    the same when it had last stored all: at the Ready before the last one
    ready     the same at the last Ready
    """

    name: str
    log: tuple[Entry, ...]
    memory: _Stable
    commit: int
    waiting: Message | None = None
    received_at: str = ""
    restarting: bool = False
    stored: _Stable = field(init=False)
    ready: _Stable = field(init=False)

    def __post_init__(self) -> None:
        self.stored = self.ready = self.memory

    def see(self, event: EtcdEvent) -> None:
        """Takes in the state that a line shows."""
        self.memory, self.commit = _stable(event), event.state.commit


@dataclass(frozen=True, slots=True)
class _Stable:
    """What a server must not lose."""

    term: int
    vote: str
    last_index: int

    def has_less_than(self, other: _Stable) -> bool:
        lost_vote = self.term == other.term and self.vote != other.vote != NOBODY
        return self.term < other.term or lost_vote or self.last_index < other.last_index


def _stable(event: EtcdEvent) -> _Stable:
    return _Stable(event.state.term, _voted_for(event.state), event.log)


class _Cluster:
    """The servers and the messages in flight, while lines become events."""

    def __init__(self, servers: dict[str, _Server]) -> None:
        self._servers = servers
        self._configuration = frozenset(servers)
        self._copies: Counter[EtcdMessage] = Counter()
        self._flying: dict[EtcdMessage, Message] = {}

    def translate(self, place: str, event: EtcdEvent) -> Iterator[Line]:
        """The events that a line stands for. That a message was thrown away is only seen later."""
        server = self._servers.get(event.nid)
        if server is None:
            raise _Beyond(f"is of server {plain(event.nid)}, which joins the cluster")
        self._refuse_what_raft_has_not(event, server)
        for happened in self._events(event, server):
            yield server.received_at if happened.event == "DropMessage" else place, happened
        if event.name.startswith("Receive"):
            server.received_at = place
        if not server.restarting:
            server.see(event)

    def _refuse_what_raft_has_not(self, event: EtcdEvent, server: _Server) -> None:
        if ROLES[event.role] is None:
            raise _Beyond("shows a pre-vote")
        if event.name.endswith("Snapshot") or (event.msg is not None and event.msg.type == "MsgSnap"):
            raise _Beyond("is about a snapshot")
        changed = event.prop and event.prop.cc and event.prop.cc.newconf
        another = bool(changed) and frozenset(changed or ()) != self._configuration
        if server.restarting:
            return
        voters, others = event.conf
        if another or others or frozenset(voters) != self._configuration:
            raise _Beyond("brings another configuration into force")

    def _events(self, event: EtcdEvent, server: _Server) -> Iterator[Event]:
        match event.name:
            case "InitState":
                if server.waiting is not None:
                    yield Event(event="Crash", server=server.name, message=server.waiting, sends=())
                    server.waiting = None
                server.restarting = True
            case "BecomeFollower":
                yield from self._become_follower(event, server)
            case "SendAppendEntriesResponse" | "SendRequestVoteResponse" if not _to_itself(event):
                yield from self._answer(event, server)
            case "ApplyConfChange" if server.restarting:
                pass
            case _:
                yield from self._thrown_away(server)
                yield from self._next(event, server)

    def _thrown_away(self, server: _Server) -> Iterator[Event]:
        """What the server received and did nothing about."""
        if server.waiting is not None:
            yield Event(event="DropMessage", server=server.name, message=server.waiting)
            server.waiting = None

    def _next(self, event: EtcdEvent, server: _Server) -> Iterator[Event]:
        """What begins with this line."""
        state = _state(event, server)
        match event.name:
            case "BecomeCandidate":
                yield Event(event="Timeout", server=server.name, sends=(), state=state)
            case "BecomeLeader":
                yield Event(event="BecomeLeader", server=server.name, state=state)
            case "Commit" if event.state.commit > server.commit:
                yield Event(event="AdvanceCommitIndex", server=server.name, state=state)
            case "Replicate" | "ChangeConf":
                entry = _entry(event.state.term, len(server.log) + 1)
                server.log = (*server.log, entry)
                state = msgspec.structs.replace(state, log=None)  # is appended to after the line is written
                yield Event(
                    event="ClientRequest", server=server.name, value=entry.value, sends=(), state=state
                )
            case "SendAppendEntriesRequest" | "SendRequestVoteRequest":
                sent = self._send(event, server)
                name = event.name.removeprefix("Send").removesuffix("Request")
                yield Event(event=name, server=server.name, sends=(sent,), state=state)
            case "ReceiveAppendEntriesResponse" | "ReceiveRequestVoteResponse" if not _to_itself(event):
                yield from self._receive_response(event, server, state)
            case "ReceiveAppendEntriesRequest" | "ReceiveRequestVoteRequest":
                server.waiting = self._receive(event)
                yield _observation(event, server, state)
            case _:
                if event.name == "Ready":
                    server.stored, server.ready = server.ready, _stable(event)
                yield _observation(event, server, state)

    def _become_follower(self, event: EtcdEvent, server: _Server) -> Iterator[Event]:
        state, waiting = _state(event, server), server.waiting
        if server.restarting:
            has = _stable(event)
            if has.has_less_than(server.memory) and not has.has_less_than(server.stored):
                raise _Beyond("is a restart with less than was in memory, though perhaps not stored")
            server.restarting = False
            server.log = _log(server.log, event.log)
            yield Event(event="Restart", server=server.name, state=state)
        elif event.state.term > server.memory.term:
            cause = waiting if waiting is not None and waiting.term == event.state.term else None
            yield Event(event="UpdateTerm", server=server.name, message=cause, state=state)
            if isinstance(waiting, RequestVoteResponse | AppendEntriesResponse):
                server.waiting = None
                yield Event(event=_handling(waiting), server=server.name, message=waiting)
        elif not isinstance(waiting, AppendEntriesRequest) or waiting.term != event.state.term:
            yield from self._thrown_away(server)
            yield Event(event="Restart", server=server.name, state=state)

    def _receive_response(self, event: EtcdEvent, server: _Server, state: NodeState) -> Iterator[Event]:
        response = self._receive(event)
        if response.term > event.state.term:
            server.waiting = response
            yield _observation(event, server, state)
        else:
            stale = response.term < event.state.term
            name = "DropStaleResponse" if stale else _handling(response)
            yield Event(event=name, server=server.name, message=response, state=state)

    def _answer(self, event: EtcdEvent, server: _Server) -> Iterator[Event]:
        """The server has handled the request that it received."""
        request, server.waiting = server.waiting, None
        sent = self._send(event, server, request)
        name = _handling(request) if request is not None else event.name.replace("Send", "Handle")
        if isinstance(request, AppendEntriesRequest) and isinstance(sent, AppendEntriesResponse):
            _refuse_unread(request, sent, server, event)
            if sent.success:
                server.log = _merged(server.log, request)
            server.log = _log(server.log, event.log)
        state = _state(event, server)
        if isinstance(sent, RequestVoteResponse):
            state = msgspec.structs.replace(state, voted_for=None)  # is given after the line is written
        yield Event(event=name, server=server.name, message=request, sends=(sent,), state=state)

    def _send(self, event: EtcdEvent, server: _Server, request: Message | None = None) -> Message:
        assert event.msg is not None, event
        message = _translated(event.msg, server.log, request)
        self._flying[event.msg] = message
        self._copies[event.msg] += 1
        return message

    def _receive(self, event: EtcdEvent) -> Message:
        """The message as it was sent; one that was not is made up, for the judge to refuse."""
        assert event.msg is not None, event
        message = self._flying.get(event.msg)
        if message is None:
            sender = self._servers.get(event.msg.source)
            return _translated(event.msg, sender.log if sender is not None else (), None)
        self._copies[event.msg] -= 1
        if not self._copies[event.msg]:
            del self._copies[event.msg], self._flying[event.msg]
        return message


def _translated(raw: EtcdMessage, log: tuple[Entry, ...], request: Message | None) -> Message:
    """A message as its sender means it, who has this log, and answers this request, if it is an answer."""
    source, dest, term = raw.source, raw.dest, raw.term
    match raw.type:
        case "MsgVote":
            return RequestVoteRequest(source, dest, term, raw.index, raw.log_term)
        case "MsgVoteResp":
            return RequestVoteResponse(source, dest, term, not raw.reject)
        case "MsgApp":
            entries = _log(log, raw.index + raw.entries)[raw.index :]
            return AppendEntriesRequest(source, dest, term, raw.index, raw.log_term, entries, raw.commit)
        case "MsgHeartbeat":
            known = _log(log, raw.commit)
            previous_term = known[-1].term if known else 0
            return AppendEntriesRequest(source, dest, term, raw.commit, previous_term, (), raw.commit)
        case "MsgHeartbeatResp":
            return AppendEntriesResponse(source, dest, term, True, 0)
    success = not raw.reject and not (request is not None and request.term < term)
    return AppendEntriesResponse(source, dest, term, success, raw.index if success else 0)


def _refuse_unread(
    request: AppendEntriesRequest, sent: AppendEntriesResponse, server: _Server, event: EtcdEvent
) -> None:
    """An old request is answered by the commit index, without looking at its entries or its commit index."""
    end = request.prev_log_index + len(request.entries)
    old = request.prev_log_index < server.commit == sent.match_index
    if old and (sent.match_index > end or event.state.commit < min(request.commit_index, end)):
        raise _Beyond("answers an old request by the commit index, unread")


def _merged(log: tuple[Entry, ...], request: AppendEntriesRequest) -> tuple[Entry, ...]:
    """What is in a log that has taken in a request; how long it then is, the trace shows."""
    previous, entries = request.prev_log_index, request.entries
    held = log[previous : previous + len(entries)] == entries
    return log if held else log[:previous] + entries


def _log(log: tuple[Entry, ...], length: int) -> tuple[Entry, ...]:
    """The log as long as it was seen to be; with entries that nobody has, where that is longer."""
    missing = min(length - len(log), MOST_ENTRIES)
    return (*log, *[UNKNOWN] * missing) if missing > 0 else log[:length]


def _entry(term: int, index: int) -> Entry:
    return Entry(term, f"entry {index} of term {term}")


def _state(event: EtcdEvent, server: _Server) -> NodeState:
    return NodeState(
        role=cast(Role, ROLES[event.role]),
        current_term=event.state.term,
        voted_for=_voted_for(event.state),
        log=_log(server.log, event.log),
        commit_index=event.state.commit,
    )


def _observation(event: EtcdEvent, server: _Server, state: NodeState) -> Event:
    return Event(event="Timeout", server=server.name, timer=event.name, sends=(), state=state)


def _voted_for(state: EtcdState) -> str:
    return NOBODY if state.vote == "0" else state.vote


def _handling(message: Message) -> str:
    return f"Handle{type(message).__name__}"


def _to_itself(event: EtcdEvent) -> bool:
    return event.msg is not None and event.msg.source == event.msg.dest


# --- how it begins ------------------------------------------------------------------------------------------


def _opening(path: Path) -> tuple[dict[str, tuple[Line, _Server]], Iterator[EtcdLine]]:
    """The Init of each server, when it has come up; and the lines that are no part of that.

    A server has come up with its first line that is not of BOOT; all those that the configuration names must.
    """
    lines = read_etcd(path)
    booted: dict[str, EtcdLine] = {}
    up: set[str] = set()
    members: set[str] = set()
    others: list[EtcdLine] = []
    for place, event in lines:
        if event.name in BOOT and event.nid not in up:
            booted[event.nid] = (place, event)
        else:
            up.add(event.nid)
            others.append((place, event))
        members |= _members(event)
        if members and members <= up:
            break
        if len(others) > MOST_OPENING:
            raise TraceError(f"{place}: {_absent(members - up)}; expected that within {MOST_OPENING:,} lines")
    if not members <= booted.keys():
        found = _absent(members - booted.keys())
        raise TraceError(f"{path}: {found}; expected the trace of all servers from their beginning")
    return {name: _begun(*booted[name]) for name in booted}, chain(others, lines)


def _members(event: EtcdEvent) -> set[str]:
    changed = event.prop.cc.newconf if event.prop is not None and event.prop.cc is not None else ()
    return {*event.conf[0], *event.conf[1], *changed}


def _absent(names: Iterable[str]) -> str:
    return f"the servers {', '.join(map(plain, sorted(names)))} of the configuration have not come up"


def _begun(place: str, event: EtcdEvent) -> tuple[Line, _Server]:
    """The Init of a server, and what is known of it. All that is in its log is of the first term."""
    if event.log > 0 and event.state.term > 1:
        found = f"begins with a log of {event.log:,} entries, of which no line says the terms"
        raise TraceError(f"{place}: {found}; expected the trace of a cluster from its beginning")
    if event.log > MOST_ENTRIES:
        found = f"begins with a log of {event.log:,} entries"
        raise TraceError(f"{place}: {found}; expected at most {MOST_ENTRIES:,}")
    log = tuple(_entry(1, index) for index in range(1, event.log + 1))
    server = _Server(event.nid, log, _stable(event), event.state.commit)
    init = Event(event="Init", server=event.nid, state=_state(event, server))
    return (place, init), server
