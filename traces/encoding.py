"""An Event as the TLA+ record that Traceraft.tla reads, and back into words for people.

The one table of names is here: what a field is called in a trace, and in raft.tla.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, get_args

from raftcheck.tla.values import Value, boolean, domain_of_set, function, items, truth

from .events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    Message,
    NodeState,
    Other,
    RequestVoteRequest,
    RequestVoteResponse,
)

RECENT = 1024
"""Logs and messages that are remembered: a log changes seldom, and a message is seen sent and received."""

LONG = 256
"""Entries of a log or message that is not remembered: as many of these would take memory without bound."""

STATE_FIELDS = {
    "role": "role",
    "current_term": "currentTerm",
    "voted_for": "votedFor",
    "log": "log",
    "commit_index": "commitIndex",
    "votes_granted": "votesGranted",
    "next_index": "nextIndex",
    "match_index": "matchIndex",
}
"""Fields of NodeState to the variables of raft.tla."""

RECORD_FIELDS = {
    "source": "msource",
    "dest": "mdest",
    "term": "mterm",
    "last_log_index": "mlastLogIndex",
    "last_log_term": "mlastLogTerm",
    "vote_granted": "mvoteGranted",
    "prev_log_index": "mprevLogIndex",
    "prev_log_term": "mprevLogTerm",
    "entries": "mentries",
    "commit_index": "mcommitIndex",
    "success": "msuccess",
    "match_index": "mmatchIndex",
}
"""Fields of messages to those of raft.tla."""


class _Shape:
    """Records with these fields; `of` takes the values in the order of the names."""

    __slots__ = ("_known", "_new", "_order")

    def __init__(self, *names: str) -> None:
        home = domain_of_set(frozenset(names))
        self._known = home.functions.get
        self._new = home.new
        self._order = tuple([names.index(key) for key in home.keys])

    def of(self, *values: Value) -> Value:
        ordered = tuple([values[place] for place in self._order])
        return self._known(ordered) or self._new(ordered)


_shape = cache(_Shape)
_entry = _Shape("term", "value").of
_vote_request = _Shape("mtype", "mterm", "mlastLogTerm", "mlastLogIndex", "msource", "mdest").of
_vote_response = _Shape("mtype", "mterm", "mvoteGranted", "msource", "mdest").of
_append_request = _Shape(
    "mtype", "mterm", "mprevLogIndex", "mprevLogTerm", "mentries", "mcommitIndex", "msource", "mdest"
).of
_append_response = _Shape("mtype", "mterm", "msuccess", "mmatchIndex", "msource", "mdest").of
_other = _Shape("mtype", "mterm", "msource", "mdest").of


def entries(log: tuple[Entry, ...]) -> Value:
    """A log, or the entries of a message, as a sequence of raft.tla."""
    return _recent_entries(log) if len(log) <= LONG else _entries(log)


def message(m: Message) -> Value:
    """A message as a record of raft.tla."""
    is_long = isinstance(m, AppendEntriesRequest) and len(m.entries) > LONG
    return _message(m) if is_long else _recent_message(m)


def _entries(log: tuple[Entry, ...]) -> Value:
    return tuple([_entry(entry.term, entry.value) for entry in log])


def _message(m: Message) -> Value:
    match m:
        case AppendEntriesRequest():
            return _append_request(
                "AppendEntriesRequest", m.term, m.prev_log_index, m.prev_log_term, entries(m.entries),
                m.commit_index, m.source, m.dest,
            )  # fmt: skip
        case AppendEntriesResponse():
            success = boolean(m.success)
            return _append_response("AppendEntriesResponse", m.term, success, m.match_index, m.source, m.dest)
        case RequestVoteRequest():
            return _vote_request(
                "RequestVoteRequest", m.term, m.last_log_term, m.last_log_index, m.source, m.dest
            )
        case RequestVoteResponse():
            granted = boolean(m.vote_granted)
            return _vote_response("RequestVoteResponse", m.term, granted, m.source, m.dest)
        case Other():
            return _other("Other", m.term, m.source, m.dest)


_recent_entries = lru_cache(RECENT)(_entries)
_recent_message = lru_cache(RECENT)(_message)


def message_of(record: Value) -> Message:
    """The message that a record of raft.tla is."""
    fields = dict(items(record))
    kind = _MESSAGES[fields["mtype"]]
    values = {name: fields[RECORD_FIELDS[name]] for name in kind.__struct_fields__}
    for name in ("vote_granted", "success"):
        if name in values:
            values[name] = truth(values[name])
    if "entries" in values:
        values["entries"] = tuple([Entry(**dict(items(entry))) for entry in values["entries"]])
    return kind(**values)


_MESSAGES: dict[Value, type[Message]] = {kind.__name__: kind for kind in get_args(Message)}

_STATE_VALUES: dict[str, Callable[[Any], Value]] = {
    "log": entries,
    "votes_granted": frozenset,
}


def state(observed: NodeState, server: str) -> Value:
    """What was seen of a server's state: a record with just those fields.

    Some servers keep an index for themselves among those of their peers; it says nothing, and is left out.
    """
    names = []
    values = []
    for field, name in STATE_FIELDS.items():
        value = getattr(observed, field)
        if value is not None:
            names.append(name)
            if field in ("next_index", "match_index"):
                value = function({peer: index for peer, index in value.items() if peer != server})
            elif field in _STATE_VALUES:
                value = _STATE_VALUES[field](value)
            values.append(value)
    return _shape(*names).of(*values) if names else ()


def _place_of(m: Message) -> int:
    match m:
        case RequestVoteResponse() | AppendEntriesResponse():
            return 0
        case RequestVoteRequest() | AppendEntriesRequest():
            return 1
        case Other():
            return 2


def line(event: Event) -> Value:
    """The event as a line of Traceraft.tla, with the fields that were observed.

    Answers come before requests in `sends`, because a server of raft.tla answers in the very step that
    handles the message, and sends of itself after it. What is not raft.tla's comes last.
    """
    names = ["event", "server"]
    values: list[Value] = [event.event, event.server]
    if event.timer is not None:
        names.append("timer")
        values.append(event.timer)
    if event.message is not None:
        names.append("message")
        values.append(message(event.message))
    if event.value is not None:
        names.append("value")
        values.append(event.value)
    if event.sends is not None:
        names.append("sends")
        values.append(tuple([message(m) for m in sorted(event.sends, key=_place_of)]))
    if event.state is not None:
        names.append("state")
        values.append(state(event.state, event.server))
    return _shape(*names).of(*values)
