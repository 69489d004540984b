"""Values of raft.tla in the vocabulary of traces: what encoding.py does, the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from raftcheck.tla.errors import TlaError
from raftcheck.tla.values import TRUE, Function, Value, apply, format_value

from .encoding import STATE_FIELDS
from .events import Message, NodeState

_NAMES = {
    "msource": "source",
    "mdest": "dest",
    "mterm": "term",
    "mlastLogIndex": "last_log_index",
    "mlastLogTerm": "last_log_term",
    "mvoteGranted": "vote_granted",
    "mprevLogIndex": "prev_log_index",
    "mprevLogTerm": "prev_log_term",
    "mentries": "entries",
    "mcommitIndex": "commit_index",
    "msuccess": "success",
    "mmatchIndex": "match_index",
}
"""Fields of a message of raft.tla."""


def message_of(value: Value) -> Message:
    """The message that a record of raft.tla is; TlaError, with what is wrong, for what is none."""
    if not isinstance(value, Function):
        raise TlaError(f"saw {_short(value)} among the messages, expected a record with mtype, mterm, ...")
    fields = dict(value.items())
    plain = {_NAMES[name]: _plain(part) for name, part in fields.items() if name in _NAMES}
    try:
        found: Message = msgspec.convert({"type": fields.get("mtype"), **plain}, type=Message)
    except msgspec.ValidationError as error:
        raise TlaError(f"the message {_short(value)} is none of raft.tla: {error}") from None
    return found


def state_of(
    state: Mapping[str, Value], server: str, fields: Iterable[str] = tuple(STATE_FIELDS)
) -> NodeState:
    """What a state of raft.tla has of a server in these fields; of the indexes, those of its peers."""
    plain = {name: _plain(apply(state[STATE_FIELDS[name]], server)) for name in fields}
    if "votes_granted" in plain:
        votes = plain["votes_granted"]
        plain["votes_granted"] = tuple(sorted(votes, key=repr)) if isinstance(votes, list) else votes
    for name in ("next_index", "match_index"):
        if isinstance(plain.get(name), dict):
            plain[name].pop(server, None)
    try:
        return msgspec.convert(plain, NodeState)
    except msgspec.ValidationError as error:
        raise TlaError(f"the state of {server} is none of raft.tla: {error}") from None


def _plain(value: Value) -> Any:
    match value:
        case Function():
            return {name: _plain(part) for name, part in value.items()}
        case tuple() | frozenset():
            return [_plain(item) for item in value]
        case int() | str():
            return value
    return value is TRUE


def _short(value: Value) -> str:
    text = format_value(value)
    return text if len(text) <= 100 else text[:97] + "..."
