"""The seam where a Raft is plugged in: what the harness gives (Env), what it asks for (Implementation, Node).

Rules of the seam:
- The harness owns network, time and disk. A node sees no clock: time is the named timers that may fire now.
- When a call of a Node returns, the node is quiet: it acts only inside calls.
- What stands in `Env.disk` at the last `Env.sync()` survives a crash. Of what was written since then, a crash
  keeps the first few writes or none. Write, sync, and only then send what depends on it.
- Payloads are opaque and travel by value. The view beside a payload says what it means in the vocabulary of
  raft.tla; with views the spec judges each step, without them only states are checked.
- A crash can come at any call of `disk`, `sync` or `send`. It shows as an exception that is no `Exception`:
  let it pass.

Nothing here runs anything; cluster.py does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from raftcheck.spec.model import Liberty
from raftcheck.traces.events import (
    NOBODY,
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Message,
    NodeState,
    Other,
    RequestVoteRequest,
    RequestVoteResponse,
)

__all__ = [
    "NOBODY",
    "AppendEntriesRequest",
    "AppendEntriesResponse",
    "Caps",
    "Entry",
    "Env",
    "Implementation",
    "Liberty",
    "LinkedNode",
    "Message",
    "Network",
    "Node",
    "NodeState",
    "Other",
    "Outcome",
    "RequestVoteRequest",
    "RequestVoteResponse",
    "Restorable",
    "Resumable",
]

Network = Literal["datagram", "stream", "stream+gaps"]
"""What may happen to messages between two servers.

datagram     loss, duplication, reordering, delay
stream       in order, each once; a cut of the link or a crash of an end loses what was in flight (TCP)
stream+gaps  in order, but single messages may be lost (a queue that drops when full)
"""

Outcome = Literal["ok", "fail", "unknown"]
"""What a client is told: it is done, it will never be done, or nobody can say."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What an implementation is made for; it is tested under nothing that it does not claim to bear."""

    network: Network = "datagram"
    durable: bool = True
    """False: it keeps nothing on disk, so no server of it is ever crashed."""
    links: bool = False
    """Its nodes are LinkedNodes, which are told when a stream breaks or is made; not with datagrams."""
    liberties: frozenset[Liberty] = frozenset()
    """What it does beyond Figure 2, of what raft.tla knows to be safe, and is accused of otherwise."""
    fewest_servers: int = 1
    """A cluster has so many at least: to some Rafts a server on its own is a case apart."""
    knobs: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Its own configuration as a part of the search: of each, one value is drawn into Env.config."""
    restorable: bool = False
    """It is a Restorable: its servers can be started from a given state, for `raftcheck synth`."""


class Env(Protocol):
    """What a node may use, and all that it may use. One Env is one life of one server."""

    @property
    def me(self) -> str: ...

    @property
    def peers(self) -> Sequence[str]:
        """The other servers of the cluster."""

    @property
    def config(self) -> Mapping[str, Any]:
        """What the schedule wants, to be ignored freely: a value of each knob of caps, and `max_entries`.

        That is how many entries one AppendEntries has at most; None: as many as there are. A replayed
        schedule may leave out any of them. All lives of all servers of a run are given the same object.
        """

    @property
    def disk(self) -> MutableMapping[str, Any]:
        """Survives a crash up to the last sync. Values are copied, in and out."""

    def sync(self) -> None:
        """Makes everything written so far durable."""

    def send(self, to: str, payload: Any, view: Message | None = None) -> None:
        """Hands `payload` to the network; `view` says the same in the vocabulary of raft.tla."""

    def reply(self, request: int, outcome: Outcome, value: Any = None) -> None:
        """Answers the client of `request`."""


class Node(Protocol):
    """A running server."""

    def deliver(self, source: str, payload: Any) -> None:
        """A message from `source` has arrived."""

    def timers(self) -> Collection[str]:
        """The named timers that may fire now: "election", "heartbeat", "tick", "compact", "disk 3", ...

        Everything is a timer that may happen inside of a node at a moment that the node does not choose.
        """

    def fire(self, timer: str) -> None:
        """`timer`, one of timers(), has run out."""

    def request(self, request: int, command: bytes) -> bool:
        """A client asks for `command`. False: refused now, and nothing has changed."""

    def state(self) -> NodeState:
        """What the server believes; None for what it cannot show. Changes nothing."""

    def stop(self) -> None:
        """The server has crashed, or the run is over: let go of resources, write nothing."""


class LinkedNode(Node, Protocol):
    """A node whose caps have `links`: it knows of the streams to its peers."""

    def link(self, peer: str, up: bool) -> None:
        """The stream to `peer` has been made, or is broken: what was in flight on it is lost.

        A server starts without streams, and is told at once, once it runs, which peers it reaches.
        """


class Implementation(Protocol):
    """A Raft to be checked."""

    @property
    def caps(self) -> Caps: ...

    def start(self, env: Env, fresh: bool) -> Node:
        """A server comes up: for the first time (`fresh`), or after a crash, with what its disk kept."""


class Restorable(Implementation, Protocol):
    """An implementation whose servers can be started from a given state, as if after a crash (scenes.py).

    Its caps have `restorable`.
    """

    def store(self, env: Env, state: NodeState) -> None:
        """Puts on disk what a server in this state has there: its term, its vote and its log; and syncs."""

    def payload_of(self, view: Message) -> Any:
        """The payload that says the same as this view, which is a message of Figure 2; changes nothing.

        Where a payload says more than a view, it is one that a server could have sent. Asked only in a run
        of which all servers have been started.
        """


class Resumable(Restorable, Protocol):
    """An implementation whose servers can be put into any state: leader, candidate, with what they know."""

    def start_at(self, env: Env, state: NodeState) -> Node:
        """A server that goes on in this state; its disk has what store() puts there."""
