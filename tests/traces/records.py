"""Values of raft.tla read back as what they mean: written without the encoding, to be its inverse."""

from __future__ import annotations

from typing import Any, get_args

from raftcheck.tla.values import FALSE, TRUE, Value, apply, items
from raftcheck.traces.events import Entry, Message, NodeState

MESSAGE_FIELDS = {
    "term": "mterm",
    "source": "msource",
    "dest": "mdest",
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


def entries_of(value: Value) -> tuple[Entry, ...]:
    return tuple(Entry(**dict(items(entry))) for entry in value)


def message_of(value: Value) -> Message:
    """The message that a record of raft.tla is."""
    fields: dict[str, Any] = dict(items(value))
    name = fields.pop("mtype")
    (kind,) = (kind for kind in get_args(Message) if kind.__name__ == name)
    found = {}
    for field in kind.__struct_fields__:
        seen = fields.pop(MESSAGE_FIELDS[field])
        found[field] = entries_of(seen) if field == "entries" else seen
        if seen is TRUE or seen is FALSE:
            found[field] = seen is TRUE
    assert not fields, fields
    message: Message = kind(**found)
    return message


def state_of(variables: dict[str, Value], server: str) -> NodeState:
    """Everything that can be seen of a server in a state of raft.tla."""
    own = {name: apply(value, server) for name, value in variables.items() if name in OF_SERVERS}
    return NodeState(
        role=own["role"],
        current_term=own["currentTerm"],
        voted_for=own["votedFor"],
        log=entries_of(own["log"]),
        commit_index=own["commitIndex"],
        votes_granted=tuple(sorted(own["votesGranted"])),
        next_index={peer: index for peer, index in items(own["nextIndex"]) if peer != server},
        match_index={peer: index for peer, index in items(own["matchIndex"]) if peer != server},
    )


OF_SERVERS = (
    "role",
    "currentTerm",
    "votedFor",
    "log",
    "commitIndex",
    "votesGranted",
    "nextIndex",
    "matchIndex",
)
"""The variables that are functions from servers."""
