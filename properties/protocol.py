"""The messages between raftcheck and a driver, as typed values: PROTOCOL.md says what they mean.

A request is one line of JSON, and so is its answer. Payloads and values on disk are never looked into: they
stay the JSON text that the driver wrote.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from raftcheck.traces.events import Entry, Message, NodeState

from .node import Liberty, Network, Outcome

VERSION = 1

Plain = bool | int | float | str | None


class _Request(msgspec.Struct, frozen=True, tag_field="op", tag=str.lower):
    pass


class Hello(_Request, frozen=True):
    protocol: int = VERSION


class Reset(_Request, frozen=True):
    servers: tuple[str, ...]
    config: dict[str, Any]
    seed: str


class Start(_Request, frozen=True):
    server: str
    fresh: bool
    disk: dict[str, msgspec.Raw]


class Deliver(_Request, frozen=True):
    server: str
    source: str
    payload: msgspec.Raw


class Fire(_Request, frozen=True):
    server: str
    timer: str


class Request(_Request, frozen=True):
    server: str
    request: int
    command: str


class Link(_Request, frozen=True):
    server: str
    peer: str
    up: bool


class State(_Request, frozen=True):
    server: str


class Stop(_Request, frozen=True):
    server: str


class Durable(msgspec.Struct, frozen=True):
    """What of a state is on disk (Figure 2); `voted_for` is "" for nobody."""

    current_term: int
    voted_for: str
    log: tuple[Entry, ...]


class Store(_Request, frozen=True):
    server: str
    state: Durable


class Payload(_Request, frozen=True):
    view: Message


class _Op(msgspec.Struct, frozen=True, array_like=True, tag=str.lower, forbid_unknown_fields=True):
    """Something that a server did in a call: a list that begins with its name."""


class Write(_Op, frozen=True):
    key: str
    value: msgspec.Raw


class Erase(_Op, frozen=True):
    key: str


class Sync(_Op, frozen=True):
    pass


class Send(_Op, frozen=True):
    to: str
    payload: msgspec.Raw
    view: Message | None


class Reply(_Op, frozen=True):
    request: int
    outcome: Outcome
    value: Any = None


Ops = tuple[Write | Erase | Sync | Send | Reply, ...]


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Capabilities(_Answer, frozen=True):
    """Caps, as a driver says them."""

    network: Network
    durable: bool = True
    links: bool = False
    fewest_servers: int = 1
    liberties: tuple[Liberty, ...] = ()
    knobs: dict[str, tuple[Plain, ...]] = {}
    restorable: bool = False


class Greeting(_Answer, frozen=True):
    """The answer to Hello."""

    protocol: int
    name: str
    caps: Capabilities


class Nothing(_Answer, frozen=True):
    """The answer to Reset and Stop."""


class Shown(_Answer, frozen=True):
    """The answer to State."""

    timers: tuple[str, ...]
    state: NodeState


class Acted(_Answer, frozen=True):
    """The answer to what makes a server act."""

    ops: Ops
    timers: tuple[str, ...]
    state: NodeState


class Requested(_Answer, frozen=True):
    """The answer to Request."""

    accepted: bool
    ops: Ops
    timers: tuple[str, ...]
    state: NodeState


class Stored(_Answer, frozen=True):
    """The answer to Store."""

    disk: dict[str, msgspec.Raw]


class Made(_Answer, frozen=True):
    """The answer to Payload."""

    payload: msgspec.Raw


class Failed(_Answer, frozen=True):
    """The answer to a request that went wrong inside of the driver."""

    error: str


A = TypeVar("A")

encode = msgspec.json.Encoder().encode
_decoders: dict[type, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind)
    for kind in (Greeting, Nothing, Shown, Acted, Requested, Stored, Made, Failed)
}


class Rubbish(ValueError):
    """A line that is no such answer, and why."""


class _Perhaps(msgspec.Struct, frozen=True):
    """Whether an answer tells of an error, in whatever way."""

    error: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode(line: bytes, kind: type[A]) -> A | Failed:
    """The answer in a line, or that there is none; Rubbish if the line is neither."""
    try:
        answer: A = _decoders[kind].decode(line)
    except _UNREADABLE as error:
        try:
            failed: Failed = _decoders[Failed].decode(line)
        except _UNREADABLE as no_failure:
            raise Rubbish(_why(line, no_failure if _tells_of_an_error(line) else error)) from None
        return failed
    return answer


def _why(line: bytes, error: Exception) -> str:
    try:
        line.decode()
    except UnicodeDecodeError as wrong:
        return f"byte {wrong.start + 1} of the answer, {line[wrong.start]:#04x}, is not UTF-8"
    return str(error)


def _tells_of_an_error(line: bytes) -> bool:
    try:
        return msgspec.json.decode(line, type=_Perhaps).error is not msgspec.UNSET
    except _UNREADABLE:
        return False
