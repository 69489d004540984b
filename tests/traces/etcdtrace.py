"""A run of ours in the words of etcd-io/raft's trace, for its reader to be tried on."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from raftcheck.properties.cluster import Cluster
from raftcheck.properties.lockstep import Outcome, run
from raftcheck.properties.node import Caps, Implementation
from raftcheck.properties.scheduler import draw_plan, generator_of, made_up
from raftcheck.properties.schedules import Action, Crash
from raftcheck.traces.events import (
    NOBODY,
    AppendEntriesRequest,
    AppendEntriesResponse,
    Event,
    Message,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)
from raftcheck.traces.validate import Validator

Line = dict[str, Any]
"""The event of a line."""

SERVERS = ("n1", "n2", "n3")
NEW = NodeState(role="Follower", current_term=0, voted_for=NOBODY, log=(), commit_index=0)


STREAMS = Caps(network="stream+gaps")
"""Messages are lost, but not doubled: an event of etcd's trace for that there is not."""


def run_over_streams(implementation: Implementation, seed: int, judge: Validator | None = None) -> Outcome:
    """A run in which servers crash between two steps only: what they were at etcd does not show."""
    random = generator_of(seed, 0)
    plan = draw_plan(random, STREAMS, servers=len(SERVERS))

    def source(cluster: Cluster) -> Iterator[Action]:
        for action in made_up(plan, random)(cluster):
            yield Crash(action.server) if isinstance(action, Crash) else action

    return run(implementation, SERVERS, plan.config, source, judge)


def write(path: Path, lines: Iterable[Line]) -> None:
    """As a logger writes it, with a line of its own now and then."""
    with path.open("w") as file:
        file.write(json.dumps({"level": "info", "msg": "started"}) + "\n")
        for line in lines:
            file.write(json.dumps({"level": "debug", "tag": "trace", "ts": 1.5, "event": line}) + "\n")


@dataclass
class Writer:
    """Tells events as etcd does: each line with the state at that moment, in the midst of the handling."""

    before: dict[str, NodeState] = field(default_factory=dict)
    flying: defaultdict[Message, deque[Line]] = field(default_factory=lambda: defaultdict(deque))

    def lines(self, events: Iterable[Event]) -> Iterator[Line]:
        for event in events:
            yield from self._of(event)
            if event.state is not None:
                self.before[event.server] = event.state

    def _of(self, event: Event) -> Iterator[Line]:
        me, after = event.server, event.state
        match event.event:
            case "Init" | "Restart":
                assert after is not None
                yield _line("InitState", me, NEW)
                yield _line("BecomeFollower", me, after)
                yield _line("Ready", me, after)
            case "Timeout":
                assert after is not None
                if after.current_term != self.before[me].current_term:
                    yield _line("BecomeCandidate", me, after)
                    vote = {**_nothing("MsgVoteResp", me, me, after.current_term or 0)}
                    yield _line("SendRequestVoteResponse", me, after, vote)
                    yield _line("ReceiveRequestVoteResponse", me, after, vote)
                yield from self._sent(event, after)
            case "ClientRequest":
                assert after is not None
                yield from self._appended(event, after)
            case "Receive":
                yield from self._received(event)
            case "DropMessage":
                assert event.message is not None
                self.flying[event.message].popleft()

    def _received(self, event: Event) -> Iterator[Line]:
        me, before, after, message = event.server, self.before[event.server], event.state, event.message
        assert after is not None
        assert message is not None
        raw = self.flying[message].popleft()
        yield _line(*self._receive(message), message=raw)
        midst = before
        if after.current_term != before.current_term:
            midst = replace(before, current_term=after.current_term, voted_for=NOBODY, role="Follower")
            yield _line("BecomeFollower", me, midst)
        elif before.role == "Candidate" and after.role == "Follower":
            yield _line("BecomeFollower", me, replace(before, role="Follower"))
        for sent in event.sends or ():
            if isinstance(sent, RequestVoteResponse):
                yield _line("SendRequestVoteResponse", me, midst, self._send(sent))
            elif isinstance(sent, AppendEntriesResponse):
                yield _line("SendAppendEntriesResponse", me, after, self._send(sent, message, raw))
        if after.role == "Leader" and midst.role == "Candidate":
            yield _line("BecomeLeader", me, replace(after, log=midst.log, commit_index=midst.commit_index))
        yield from self._appended(event, after)

    def _appended(self, event: Event, after: NodeState) -> Iterator[Line]:
        """What a leader appends, commits and sends."""
        me, before = event.server, self.before[event.server]
        if after.role == "Leader" and len(after.log or ()) > len(before.log or ()):
            now = replace(after, log=before.log, commit_index=before.commit_index)
            for _ in (after.log or ())[len(before.log or ()) :]:
                yield _line("Replicate", me, now)
            own = {**_nothing("MsgAppResp", me, me, after.current_term or 0), "index": len(after.log or ())}
            now = replace(after, commit_index=before.commit_index)
            yield _line("SendAppendEntriesResponse", me, now, own)
            yield _line("ReceiveAppendEntriesResponse", me, now, own)
        if after.role == "Leader":
            yield _line("Commit", me, after)
        yield from self._sent(event, after)

    def _sent(self, event: Event, after: NodeState) -> Iterator[Line]:
        for sent in event.sends or ():
            if isinstance(sent, AppendEntriesRequest | RequestVoteRequest):
                known = (after.match_index or {}).get(sent.dest, 0)
                yield _line(f"Send{_kind(sent)}", event.server, after, self._send(sent, known=known))
        yield _line("Ready", event.server, after)

    def _receive(self, message: Message) -> tuple[str, str, NodeState]:
        return f"Receive{_kind(message)}", message.dest, self.before[message.dest]

    def _send(
        self, sent: Message, request: Message | None = None, raw: Line | None = None, known: int = 0
    ) -> Line:
        told = _raw(sent, request, raw, known)
        self.flying[sent].append(told)
        return told


def _raw(sent: Message, request: Message | None, raw: Line | None, known: int) -> Line:
    """A message as etcd has it; a heartbeat where it could be one: the receiver has what it commits."""
    match sent:
        case RequestVoteRequest():
            more: Line = {"type": "MsgVote", "index": sent.last_log_index, "logTerm": sent.last_log_term}
        case RequestVoteResponse():
            more = {"type": "MsgVoteResp", "reject": not sent.vote_granted}
        case AppendEntriesRequest(entries=(), prev_log_index=index, commit_index=commit) if (
            index == commit <= known
        ):
            more = {"type": "MsgHeartbeat", "commit": commit}
        case AppendEntriesRequest():
            more = {
                "type": "MsgApp",
                "index": sent.prev_log_index,
                "logTerm": sent.prev_log_term,
                "entries": len(sent.entries),
                "commit": sent.commit_index,
            }
        case AppendEntriesResponse(success=True):
            beat = raw is not None and raw["type"] == "MsgHeartbeat"
            more = {"type": "MsgHeartbeatResp"} if beat else {"type": "MsgAppResp", "index": sent.match_index}
        case AppendEntriesResponse():
            assert isinstance(request, AppendEntriesRequest)
            stale = request.term < sent.term
            refused = {"index": request.prev_log_index, "reject": True, "rejectHint": 1}
            more = {"type": "MsgAppResp"} if stale else {"type": "MsgAppResp", **refused}
    return {**_nothing("", sent.source, sent.dest, sent.term), **more}


def _kind(message: Message) -> str:
    return type(message).__name__


def _nothing(kind: str, source: str, dest: str, term: int) -> Line:
    return {
        "type": kind,
        "term": term,
        "from": _id(source),
        "to": _id(dest),
        "entries": 0,
        "logTerm": 0,
        "index": 0,
        "commit": 0,
        "vote": "0",
        "reject": False,
        "rejectHint": 0,
    }


def _line(name: str, server: str, state: NodeState, message: Line | None = None) -> Line:
    line: Line = {
        "name": name,
        "nid": _id(server),
        "state": {
            "term": state.current_term,
            "vote": _id(state.voted_for or NOBODY),
            "commit": state.commit_index,
        },
        "role": f"State{state.role}",
        "log": len(state.log or ()),
        "conf": [[_id(server) for server in SERVERS], []],
    }
    return line if message is None else {**line, "msg": message}


def _id(server: str) -> str:
    return server.removeprefix("n") or "0"
