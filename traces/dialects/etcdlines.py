"""A line of the trace that etcd-io/raft writes when it is built with the tag `with_tla`, as it is read.

Each line is an entry of a logger, of which those tagged `trace` have an event; the others, and all fields
beside those here, are of no interest. What the words mean is said in etcd.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from raftcheck.tla.errors import did_you_mean

from ..errors import TraceError, plain, printable
from ..events import Number
from ..files import raw_lines

NAMES = (
    "InitState",
    "ApplyConfChange",
    "BecomeFollower",
    "BecomeCandidate",
    "BecomeLeader",
    "Commit",
    "Replicate",
    "ChangeConf",
    "Ready",
    *(
        f"{what}{kind}"
        for kind in (
            "AppendEntriesRequest",
            "AppendEntriesResponse",
            "RequestVoteRequest",
            "RequestVoteResponse",
        )
        for what in ("Send", "Receive")
    ),
    "SendSnapshot",
    "ReceiveSnapshot",
)
"""What can stand under `name`."""

ROLES = {
    "StateFollower": "Follower",
    "StateCandidate": "Candidate",
    "StateLeader": "Leader",
    "StatePreCandidate": None,
}
"""What can stand under `role`, and raft.tla's word for it, if it has one."""

TYPES = ("MsgApp", "MsgAppResp", "MsgHeartbeat", "MsgHeartbeatResp", "MsgVote", "MsgVoteResp", "MsgSnap")
"""What can stand under `type` of a message."""


class EtcdMessage(msgspec.Struct, frozen=True, rename="camel"):
    """A message; `index` and `log_term` are of the entry before `entries`, which is their number."""

    type: str
    term: Number
    source: str = msgspec.field(name="from")
    dest: str = msgspec.field(name="to")
    entries: Number
    log_term: Number
    index: Number
    commit: Number
    reject: bool


class EtcdState(msgspec.Struct, frozen=True):
    term: Number
    vote: str
    commit: Number


class ConfChange(msgspec.Struct, frozen=True):
    newconf: tuple[str, ...] = ()


class Properties(msgspec.Struct, frozen=True):
    cc: ConfChange | None = None


class EtcdEvent(msgspec.Struct, frozen=True):
    """What happened at a server, and its state at that moment; `log` is the last index of its log."""

    name: str
    nid: str
    state: EtcdState
    role: str
    log: Number
    conf: tuple[tuple[str, ...], tuple[str, ...]]
    msg: EtcdMessage | None = None
    prop: Properties | None = None


class _Entry(msgspec.Struct, frozen=True):
    tag: str = ""
    event: msgspec.Raw = msgspec.Raw(b"null")


EtcdLine = tuple[str, EtcdEvent]
"""Where it stands (`etcd.ndjson:7`), and what it says."""

_entry = msgspec.json.Decoder(_Entry)
_event = msgspec.json.Decoder(EtcdEvent)


def read_etcd(path: Path) -> Iterator[EtcdLine]:
    """The events of a file, one by one; TraceError at the first line that is none of etcd's trace."""
    none = True
    for place, raw in raw_lines(path):
        try:
            entry = _entry.decode(raw)
            if entry.tag != "trace":
                continue
            event = _event.decode(entry.event)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            found = printable(str(error)) or type(error).__name__
            raise TraceError(f"{place}: {found}; expected a line of the trace of etcd-io/raft") from None
        none = False
        yield place, _checked(event, place)
    if none:
        raise TraceError(f"{path}: no line is tagged `trace`; expected the trace of etcd-io/raft")


def _checked(event: EtcdEvent, place: str) -> EtcdEvent:
    """The event, whose words are all known, and which has a message if it is about one."""
    words = [("event", event.name, NAMES), ("role", event.role, tuple(ROLES))]
    if event.msg is not None:
        words.append(("type of message", event.msg.type, TYPES))
    for what, word, choices in words:
        if word not in choices:
            hint = did_you_mean(word, choices) or f"; expected one of {', '.join(choices)}"
            raise TraceError(f"{place}: no {what} `{plain(word)}`{hint}")
    if event.name.startswith(("Send", "Receive")) != (event.msg is not None):
        found = "no msg" if event.msg is None else "a msg"
        raise TraceError(
            f"{place}: `{event.name}` has {found}; expected one where something is sent or received"
        )
    return event
