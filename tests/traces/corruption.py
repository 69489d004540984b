"""Lines with one field changed, and why raft.tla has nothing against some of them.

The rules here are written from Figure 2 and from what raft.tla leaves open (a sender may claim less than it
knows, never more), not from Traceraft.tla: they are the second opinion on what the judge refuses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from msgspec.structs import replace

from raftcheck.traces.events import (
    NOBODY,
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    Message,
    NodeState,
    RequestVoteRequest,
    Role,
)

Answer = Literal["refuse", "accept", "either"]


@dataclass(frozen=True, slots=True)
class Change:
    """A line in which one field is another: `field` in words, and the whole line as it now is."""

    field: str
    line: Event


def changes(line: Event, servers: tuple[str, ...]) -> Iterator[Change]:
    """Every field of a line, changed to each of a few values nearby."""
    if line.message is not None:
        for field, message in _of_message(line.message, servers):
            if message.dest == line.server:  # else no judge sees it: wellformed.py
                yield Change(f"message.{field}", replace(line, message=message))
    for place, sent in enumerate(line.sends or ()):
        rest = (line.sends or ())[:place], (line.sends or ())[place + 1 :]
        for field, message in _of_message(sent, servers):
            yield Change(f"sends.{field}", replace(line, sends=(*rest[0], message, *rest[1])))
        yield Change("sends", replace(line, sends=(*rest[0], *rest[1])))
        yield Change("sends", replace(line, sends=(*rest[0], sent, sent, *rest[1])))
    if line.value is not None:
        yield Change("value", replace(line, value=line.value + "x"))
    if line.state is not None:
        for field, state in _of_state(line.state, servers):
            yield Change(field, replace(line, state=state))


def _of_state(state: NodeState, servers: tuple[str, ...]) -> Iterator[tuple[str, NodeState]]:
    for role in get_args(Role):
        if role != state.role:
            yield "role", replace(state, role=role)
    assert state.current_term is not None
    assert state.commit_index is not None
    for term in _nearby(state.current_term):
        yield "current_term", replace(state, current_term=term)
    for index in _nearby(state.commit_index):
        yield "commit_index", replace(state, commit_index=index)
    for vote in (NOBODY, *servers):
        if vote != state.voted_for:
            yield "voted_for", replace(state, voted_for=vote)
    for log in _of_entries(state.log or ()):
        yield "log", replace(state, log=log)
    granted = state.votes_granted or ()
    for server in servers:
        other = tuple(name for name in servers if (name in granted) != (name == server))
        yield "votes_granted", replace(state, votes_granted=other)
    for peer, index in (state.next_index or {}).items():
        for other_index in _nearby(index):
            yield "next_index", replace(state, next_index={**(state.next_index or {}), peer: other_index})
    for peer, index in (state.match_index or {}).items():
        for other_index in _nearby(index):
            yield "match_index", replace(state, match_index={**(state.match_index or {}), peer: other_index})


def _of_message(message: Message, servers: tuple[str, ...]) -> Iterator[tuple[str, Message]]:
    for field in message.__struct_fields__:
        for value in _of_value(getattr(message, field), servers):
            yield field, replace(message, **{field: value})


def _of_value(value: object, servers: tuple[str, ...]) -> Iterator[object]:
    match value:
        case bool():
            yield not value
        case int():
            yield from _nearby(value)
        case str():
            yield from (server for server in servers if server != value)
        case tuple():
            yield from _of_entries(value)


def _of_entries(entries: tuple[Entry, ...]) -> Iterator[tuple[Entry, ...]]:
    for place, entry in enumerate(entries):
        for other in (replace(entry, term=entry.term + 1), replace(entry, value=entry.value + "x")):
            yield (*entries[:place], other, *entries[place + 1 :])
    yield (*entries, Entry(1, "another"))
    if entries:
        yield entries[:-1]


def _nearby(number: int) -> list[int]:
    return [other for other in dict.fromkeys((number + 1, number - 1, 0)) if other >= 0 and other != number]


class History:
    """What the lines so far show of the cluster."""

    def __init__(self) -> None:
        self.in_flight: Counter[Message] = Counter()
        self.last: dict[str, NodeState] = {}
        """The last state seen of each server."""
        self.crash: dict[str, Event] = {}
        """The last crash of each server that is down."""

    def add(self, line: Event) -> None:
        self.in_flight.update(line.sends or ())
        if line.message is not None:
            self.in_flight[line.message] += 1 if line.event == "DuplicateMessage" else -1
        if line.state is not None:
            self.last[line.server] = line.state
        if line.event == "Crash":
            self.crash[line.server] = line

    def answer(self, line: Event, change: Change) -> tuple[Answer, str]:
        """What the judge must say to a line that is right, with one field changed; and why."""
        changed = change.line
        if changed.message != line.message:
            return self._received(changed)
        if changed.sends != line.sends:
            return self._sent(line, changed)
        if changed.value != line.value:
            sent = [m.entries for m in line.sends or () if isinstance(m, AppendEntriesRequest)]
            if line.event == "Crash" and not any(e.value == line.value for log in sent for e in log):
                return "accept", "what was taken in is only seen after the crash"
            return "refuse", "the log has another value"
        return self._seen(line, change)

    def _received(self, changed: Event) -> tuple[Answer, str]:
        assert changed.message is not None
        if self.in_flight[changed.message] < 1:
            return "refuse", "no such message is in flight"
        if changed.event in ("DuplicateMessage", "DropMessage"):
            return "accept", "such a message is in flight as well"
        return "either", "such a message is in flight as well, and may have the same effect"

    def _sent(self, line: Event, changed: Event) -> tuple[Answer, str]:
        sends, others = Counter(line.sends or ()), Counter(changed.sends or ())
        for message in [*(sends - others), *(others - sends)]:
            ((gone, _),) = (sends - others).items() or ((message, 1),)
            if not isinstance(gone, AppendEntriesRequest | RequestVoteRequest):
                return self._answered(line, gone, others - sends)
        for message in others - sends:
            if not self._may_send(line, message):
                return "refuse", "the server has not what it says there"
        return "accept", "whom a server asks, how often, and how much of what it has it says, is its choice"

    def _answered(self, line: Event, answer: Message, instead: Counter[Message]) -> tuple[Answer, str]:
        if not instead and line.event == "Crash":
            return "accept", "an answer need not leave before a crash"
        for other in instead:
            if isinstance(other, AppendEntriesResponse) and isinstance(answer, AppendEntriesResponse):
                only_less = replace(other, match_index=answer.match_index) == answer
                if answer.success and only_less and other.match_index < answer.match_index:
                    return "accept", "a follower may acknowledge less than it has stored"
        return "refuse", "an answer is sent once, to who asked, and says what is so"

    def _may_send(self, line: Event, message: Message) -> bool:
        """Whether a request says only what its sender knows."""
        before, after = self.last[line.server], line.state
        (original, *_) = [m for m in line.sends or () if type(m) is type(message)]
        log = (after or before).log or ()
        if after is None and line.value is not None:
            log = (*log, Entry(original.term, line.value))
        if message.source != line.server or message.dest == line.server or message.term != original.term:
            return False
        match message:
            case RequestVoteRequest():
                last = len(log)
                return (message.last_log_index, message.last_log_term) == (last, _term_at(log, last))
            case AppendEntriesRequest(prev_log_index=prev, entries=entries):
                assert isinstance(original, AppendEntriesRequest)
                commit = (after or before).commit_index or 0
                return (
                    prev <= len(log)
                    and message.prev_log_term == _term_at(log, prev)
                    and log[prev : prev + len(entries)] == entries
                    and message.commit_index <= max(commit, original.commit_index)
                )
        return False

    def _seen(self, line: Event, change: Change) -> tuple[Answer, str]:
        seen, state = line.state, change.line.state
        assert seen is not None
        assert state is not None
        if change.field == "votes_granted" and seen.role != "Candidate":
            return "accept", "votes mean something on a candidate only"
        if line.event == "Restart":
            return self._seen_at_restart(line, change)
        if seen.role == "Leader":
            return self._seen_of_leader(line, change, seen, state)
        return "refuse", "a server is what it was seen to be"

    def _seen_at_restart(self, line: Event, change: Change) -> tuple[Answer, str]:
        crash, before = self.crash[line.server], self.last[line.server]
        sudden = crash.message is not None or crash.timer is not None or crash.value is not None
        if change.field in ("current_term", "voted_for", "log", "commit_index") and sudden:
            return "either", "the server crashed in the midst of something"
        if change.field == "commit_index":
            assert change.line.state is not None
            if (change.line.state.commit_index or 0) <= (before.commit_index or 0):
                return "accept", "how much of its commit index a server remembers is its choice"
        return "refuse", "term, vote and log survive a quiet crash, and nobody comes back but as a follower"

    def _seen_of_leader(
        self, line: Event, change: Change, seen: NodeState, state: NodeState
    ) -> tuple[Answer, str]:
        before = self.last[line.server]
        appends = [m for m in line.sends or () if isinstance(m, AppendEntriesRequest)]
        log, match = seen.log or (), seen.match_index or {}
        match change.field:
            case "role" if before.role != "Leader" and not appends:
                if state.role == "Candidate":
                    return "accept", "a candidate with a quorum may wait before it leads"
            case "commit_index":
                index = state.commit_index or 0
                agreed = 1 + sum(known >= index for known in match.values())
                committable = index <= len(log) and _term_at(log, index) == seen.current_term
                advanced = index > (before.commit_index or 0) and committable
                may_be = index == before.commit_index or (advanced and 2 * agreed > len(match) + 1)
                if may_be and all(sent.commit_index <= index for sent in appends):
                    return "accept", "when a leader commits what is agreed is its choice"
            case "next_index":
                assert seen.next_index is not None
                assert state.next_index is not None
                (peer,) = (p for p, n in state.next_index.items() if n != seen.next_index[p])
                answer = line.message
                heard = isinstance(answer, AppendEntriesResponse) and answer.source == peer
                heard = heard and answer is not None and answer.term == seen.current_term
                touched = (before.role == "Leader" and heard) or peer in [sent.dest for sent in appends]
                if touched and match[peer] < state.next_index[peer] <= len(log) + 1:
                    return (
                        "accept",
                        "where a leader goes on with a peer it heard of or wrote to is its choice",
                    )
        return "refuse", "a leader is what it was seen to be"


def _term_at(log: tuple[Entry, ...], index: int) -> int:
    return log[index - 1].term if index else 0
