"""An Event as the TLA+ record that Traceraft.tla reads, and back into words for people.

The one table of names is here: what a field is called in a trace, and in raft.tla.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from raftcheck.tla.values import Domain, Value, boolean, domain_of_set, function

from .events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    Message,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)

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


@cache
def _shape(names: tuple[str, ...]) -> tuple[Domain, tuple[int, ...]]:
    """The domain of records with these fields, and where each of its keys stands in `names`."""
    home = domain_of_set(frozenset(names))
    return home, tuple(names.index(key) for key in home.keys)


def _record(names: tuple[str, ...], values: tuple[Value, ...]) -> Value:
    home, order = _shape(names)
    return home.make(tuple([values[place] for place in order]))


_ENTRY = ("term", "value")
_VOTE_REQUEST = ("mtype", "mterm", "mlastLogTerm", "mlastLogIndex", "msource", "mdest")
_VOTE_RESPONSE = ("mtype", "mterm", "mvoteGranted", "msource", "mdest")
_APPEND_REQUEST = (
    "mtype", "mterm", "mprevLogIndex", "mprevLogTerm", "mentries", "mcommitIndex", "msource", "mdest",
)  # fmt: skip
_APPEND_RESPONSE = ("mtype", "mterm", "msuccess", "mmatchIndex", "msource", "mdest")


def entries(log: tuple[Entry, ...]) -> Value:
    return tuple([_record(_ENTRY, (entry.term, entry.value)) for entry in log])


def message(m: Message) -> Value:
    """A message as a record of raft.tla."""
    match m:
        case AppendEntriesRequest():
            return _record(_APPEND_REQUEST, (
                "AppendEntriesRequest", m.term, m.prev_log_index, m.prev_log_term, entries(m.entries),
                m.commit_index, m.source, m.dest,
            ))  # fmt: skip
        case AppendEntriesResponse():
            success = boolean(m.success)
            return _record(
                _APPEND_RESPONSE,
                ("AppendEntriesResponse", m.term, success, m.match_index, m.source, m.dest),
            )
        case RequestVoteRequest():
            return _record(
                _VOTE_REQUEST,
                ("RequestVoteRequest", m.term, m.last_log_term, m.last_log_index, m.source, m.dest),
            )
        case RequestVoteResponse():
            return _record(
                _VOTE_RESPONSE,
                ("RequestVoteResponse", m.term, boolean(m.vote_granted), m.source, m.dest),
            )


_STATE_VALUES: dict[str, Callable[[Any], Value]] = {
    "log": entries,
    "votes_granted": frozenset,
    "next_index": function,
    "match_index": function,
}


def state(observed: NodeState) -> Value:
    """What was seen of a server's state: a record with just those fields."""
    names = []
    values = []
    for field, name in STATE_FIELDS.items():
        value = getattr(observed, field)
        if value is not None:
            names.append(name)
            values.append(_STATE_VALUES[field](value) if field in _STATE_VALUES else value)
    return _record(tuple(names), tuple(values)) if names else ()


def _is_request(m: Message) -> bool:
    return isinstance(m, AppendEntriesRequest | RequestVoteRequest)


def line(event: Event) -> Value:
    """The event as a line of Traceraft.tla, with the fields that were observed.

    Answers come before requests in `sends`, because a server of raft.tla answers in the very step that
    handles the message, and sends of itself after it.
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
        values.append(tuple([message(m) for m in sorted(event.sends, key=_is_request)]))
    if event.state is not None:
        names.append("state")
        values.append(state(event.state))
    return _record(tuple(names), tuple(values))
