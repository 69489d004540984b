"""What was observed of a Raft: entries, messages, a server's state, and events, as frozen values.

One Event is one line of an ndjson trace (FORMAT.md). Names are spec/raft.tla's in snake_case, messages
without the leading m. Nothing here decides anything, and nothing here knows an implementation.
Log indexes are 1-based; 0 means before the first entry.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Literal

import msgspec

Role = Literal["Follower", "Candidate", "Leader"]

NOBODY = ""
"""The `voted_for` of a server that has not voted in its term (raft.tla: Nil)."""

LARGEST = 2**53
"""The largest index or term: every reader of JSON has integers up to here."""

Number = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
"""A term or an index. Beyond 2^53 there are languages whose numbers are not exact (RFC 8259, §6)."""

Time = Annotated[
    datetime,
    msgspec.Meta(
        tz=True,
        extra_json_schema={"pattern": r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$"},
    ),
]
"""RFC 3339, with its time zone: what loggers of most languages write. Finer than a microsecond is rounded."""

Clock = Number | dict[str, Number]
"""A logical clock when the line is written: Lamport's, or a vector clock, which names servers."""

WORLD_EVENTS = (
    "Init",
    "Timeout",
    "Receive",
    "ClientRequest",
    "Crash",
    "Restart",
    "DuplicateMessage",
    "DropMessage",
)
"""What the world can do; any other event of a trace is the name of an action of raft.tla."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A log entry: the term in which a leader received it, and the client's command as text."""

    term: Number
    value: str


class RequestVoteRequest(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True, gc=False):
    """§5.2, §5.4.1; raft.tla!RequestVote."""

    source: str
    dest: str
    term: Number
    last_log_index: Number
    last_log_term: Number


class RequestVoteResponse(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True, gc=False):
    """§5.2; raft.tla!HandleRequestVoteRequest."""

    source: str
    dest: str
    term: Number
    vote_granted: bool


class AppendEntriesRequest(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """§5.3; raft.tla!AppendEntries. `commit_index` is Figure 2's leaderCommit."""

    source: str
    dest: str
    term: Number
    prev_log_index: Number
    prev_log_term: Number
    entries: tuple[Entry, ...]
    commit_index: Number


class AppendEntriesResponse(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True, gc=False):
    """§5.3; raft.tla!HandleAppendEntriesRequest. `match_index` is 0 in a refusal."""

    source: str
    dest: str
    term: Number
    success: bool
    match_index: Number


class Other(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True, gc=False):
    """A message that raft.tla does not have: pre-vote, transfer of leadership, a part of a snapshot, ...

    `term` is the sender's, or one more. Nothing else of it is read.
    """

    source: str
    dest: str
    term: Number


Message = RequestVoteRequest | RequestVoteResponse | AppendEntriesRequest | AppendEntriesResponse | Other


class NodeState(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """A server as seen from outside; None is "not observable" and is never compared.

    `voted_for` is NOBODY when there is no vote; `votes_granted` counts only while Candidate,
    `next_index` and `match_index` (by peer, without the server itself) only while Leader.
    """

    role: Role | None = None
    current_term: Number | None = None
    voted_for: str | None = None
    log: tuple[Entry, ...] | None = None
    commit_index: Number | None = None
    votes_granted: tuple[str, ...] | None = None
    next_index: dict[str, Number] | None = None
    match_index: dict[str, Number] | None = None


class Event(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a trace: this happened at `server`; afterwards it is in `state`, having sent `sends`.

    `event` is what the world did (Init, Timeout, Receive, ClientRequest, Crash, Restart, DuplicateMessage,
    DropMessage) or, for a finer line, the action of raft.tla that the server took. `sends` is exact: an
    empty tuple is "sent nothing", None is "not observed". `clock` and `time` serve to bring files together
    (merge.py); the judge reads neither.
    """

    event: str
    server: str
    timer: str | None = None
    message: Message | None = None
    value: str | None = None
    sends: tuple[Message, ...] | None = None
    state: NodeState | None = None
    clock: Clock | None = None
    time: Time | None = None


def text_of(command: bytes) -> str:
    """A client's command as it stands in traces: UTF-8 where that is possible, else base64; injective."""
    try:
        text = command.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    else:
        if not text.startswith("base64:"):
            return text
    return "base64:" + base64.b64encode(command).decode("ascii")


def command_of(text: str) -> bytes:
    """The inverse of text_of."""
    if text.startswith("base64:"):
        return base64.b64decode(text.removeprefix("base64:"), validate=True)
    return text.encode("utf-8")
