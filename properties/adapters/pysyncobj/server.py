"""A server of PySyncObj as a Node: each call is one message, timer or command, and one round of its loop.

Time is PySyncObj's own reckoning: its timeouts are so far apart that setting the clock on by one of them
lets nothing else run out. No field of PySyncObj is ever written, but many are read.
"""

# PySyncObj has no types.
# mypy: disable-error-code="import-untyped, import-not-found"

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

from pysyncobj.config import FAIL_REASON
from pysyncobj.journal import MemoryJournal
from pysyncobj.node import Node
from pysyncobj.transport import Transport

from raftcheck.traces.events import Role, text_of

from ...node import NOBODY, Entry, Env, NodeState
from .private import Clock, Idle, Middling, copy_of
from .views import Outbox, Stored, entry_of

HEARTBEAT = 16
FALLBACK = 10**6
ELECTION = 10**12
NEVER = 10**18
"""After how long a heartbeat is due, a leader without answers gives up, an election is due; and never.

No schedule has a million of one of them between two of the next.
"""

BATCHES = {"large": (2**16, ()), "small": (24, ()), "pieces": (62, ("." * 97,)), "scraps": (20, ())}
"""Bytes in one AppendEntries, and what is added to each command.

large    all entries that there are (the default)
small    two entries, or three if a leader's own is among them
pieces   a command goes in three pieces
scraps   as pieces, but PySyncObj fails with every command (FINDINGS.md); so no search has it
"""

KNOBS: Mapping[str, tuple[Any, ...]] = {
    "batches": ("large", "small", "small", "pieces"),
    "batch_of_rounds": (True, False),
    "snapshot_bytes": (2**16, 128),
    "sending_time": (1, 1, 9),
}
"""Configuration that is part of the search; the first value of each is the default.

batch_of_rounds   what clients ask is sent with the next heartbeat (appendEntriesUseBatch), or at once
snapshot_bytes    in one part of a snapshot
sending_time      how long it takes to send a message: a round ends with the 17th of them, or with the 2nd
"""

ROLES: tuple[Role, ...] = ("Follower", "Candidate", "Leader")


class Peer(Node):  # type: ignore[misc]
    """The name of a server. PySyncObj keeps these in sets, whose order must be the same in every process."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._hash = zlib.crc32(name.encode())

    def __hash__(self) -> int:
        return self._hash


class Wires(Transport):  # type: ignore[misc]
    """The connections of one server; a message travels pickled, as it does between sockets."""

    def __init__(self, env: Env, clock: Clock, term: Callable[[], int]) -> None:
        super().__init__(None, None, ())
        self._env = env
        self._clock = clock
        self._term = term
        self._sending_time = env.config.get("sending_time", 1)
        self._outboxes = {name: Outbox(env.me, name) for name in env.peers}
        self.peers = {name: Peer(name) for name in env.peers}
        self.connected: set[str] = set()

    def send(self, node: Peer, message: dict[str, Any]) -> bool:
        if node.id not in self.connected:
            return False
        self._clock.now += self._sending_time
        view = self._outboxes[node.id].view(message, self._term())
        self._env.send(node.id, pickle.dumps(message), view)
        return True

    def receive(self, source: str, payload: bytes) -> None:
        self._onMessageReceived(self.peers[source], pickle.loads(payload))

    def connect(self, name: str) -> None:
        self.connected.add(name)
        self._outboxes[name].connect()
        self._onNodeConnected(self.peers[name])

    def disconnect(self, name: str) -> None:
        self.connected.discard(name)
        self._onNodeDisconnected(self.peers[name])


class Server:
    """One life of a server."""

    def __init__(self, env: Env, journal: Any | None) -> None:
        """`journal`: one of PySyncObj's, or None for what it has by default."""
        self._env = env
        # A journal alone does not survive compaction: what it drops must be in a dump file then.
        self._compacts = journal is None
        self._clock = Clock()
        self._wires = Wires(env, self._clock, lambda: self._raft.raftCurrentTerm)
        names = copy_of(
            "pysyncobj.syncobj",
            monotonicTime=self._clock.read,
            random=Middling,
            createPoller=lambda kind: Idle(),
            createJournal=lambda file: MemoryJournal() if journal is None else journal,
            PIPE_NOTIFIER_ENABLED=False,
        )
        batch_bytes, self._padding = BATCHES[env.config.get("batches", "large")]
        conf = names.SyncObjConf(
            autoTick=False,
            appendEntriesPeriod=HEARTBEAT,
            leaderFallbackTimeout=FALLBACK,
            raftMinTimeout=ELECTION,
            raftMaxTimeout=ELECTION + 1,
            connectionTimeout=ELECTION + 1,
            logCompactionMinTime=NEVER,
            logCompactionMinEntries=NEVER,
            appendEntriesBatchSizeBytes=batch_bytes,
            appendEntriesUseBatch=env.config.get("batch_of_rounds", True),
            logCompactionBatchSize=env.config.get("snapshot_bytes", 2**16),
        )
        self._machine = machine_class(names)(self._applied)
        self._raft = names.SyncObj(
            Peer(env.me),
            self._wires.peers.values(),
            conf,
            consumers=[self._machine],
            transport=self._wires,
        )
        self._stored: list[Stored] = []
        self._shown: tuple[Entry, ...] = ()

    # What happens to it

    def deliver(self, source: str, payload: bytes) -> None:
        self._wires.receive(source, payload)
        self._raft.doTick()

    def timers(self) -> tuple[str, ...]:
        names = []
        if not self._leads:
            names += ["election"] if self._wires.connected or not self._env.peers else []
        else:
            names += ["fallback", "heartbeat"] if self._env.peers else ["heartbeat"]
        if self._compacts and self._raft.raftLastApplied - 1 > len(self._machine.history):
            names.append("compact")
        return tuple(names)

    def fire(self, timer: str) -> None:
        match timer:
            case "election":
                self._clock.now += ELECTION + 1
            case "fallback":
                self._clock.now += FALLBACK + 1
            case "heartbeat":
                self._clock.now += HEARTBEAT + 1
            case "compact":
                self._raft.forceLogCompaction()
        self._raft.doTick()

    def request(self, request: int, command: bytes) -> bool:
        if not self._leads:
            return False
        self._machine.put(text_of(command), *self._padding, callback=partial(self._answer, request))
        self._raft.doTick()
        return True

    def link(self, peer: str, up: bool) -> None:
        if up:
            self._wires.connect(peer)
        else:
            self._wires.disconnect(peer)

    def stop(self) -> None:
        self._raft.destroy()

    # What is seen of it

    def state(self) -> NodeState:
        return state_of(self._raft, self._env.me, self._wires.peers, self._log())

    @property
    def _leads(self) -> bool:
        return bool(self._raft._isLeader())

    def _log(self) -> tuple[Entry, ...]:
        """What the last snapshot stands for, and what the journal has after it."""
        stored = self._raft._SyncObj__raftLog[:]
        if stored != self._stored:
            self._stored = stored
            history = self._machine.history
            # A journal that has nothing in it is a mistake, of which PySyncObj dies at its next round.
            before = history[: max(stored[0][1] - 2, 0)] if stored else history
            after = (entry_of(command, term) for command, index, term in stored if index > 1)
            self._shown = (*(Entry(term, text) for term, text in before), *after)
        return self._shown

    def _applied(self) -> tuple[tuple[int, str], ...]:
        """Term and command of every entry that the machine has applied."""
        log = self._log()[: self._raft.raftLastApplied - 1]
        return tuple((entry.term, entry.value) for entry in log)

    def _answer(self, request: int, result: None, error: int) -> None:
        match error:
            case FAIL_REASON.SUCCESS:
                self._env.reply(request, "ok")
            case FAIL_REASON.DISCARDED:
                self._env.reply(request, "fail")
            case _:
                self._env.reply(request, "unknown")


def state_of(raft: Any, me: str, peers: Mapping[str, Node], log: tuple[Entry, ...]) -> NodeState:
    """What a SyncObj believes, in raft.tla's numbers: PySyncObj's indexes less one, but for a match of 0.

    Where `me` and the names of `peers` are not what PySyncObj calls them, the vote is translated.
    """
    next_index = match_index = None
    if raft._isLeader():
        following, matching = raft._SyncObj__raftNextIndex, raft._SyncObj__raftMatchIndex
        next_index = {name: following[peer] - 1 for name, peer in peers.items()}
        match_index = {name: max(matching[peer] - 1, 0) for name, peer in peers.items()}
    match raft._SyncObj__votedForNodeId:
        case None:
            voted_for = NOBODY
        case raft.selfNode.id:
            voted_for = me
        case vote:
            voted_for = next(name for name, peer in peers.items() if peer.id == vote)
    return NodeState(
        role=ROLES[raft._SyncObj__raftState],
        current_term=raft.raftCurrentTerm,
        voted_for=voted_for,
        log=log,
        commit_index=raft.raftCommitIndex - 1,
        next_index=next_index,
        match_index=match_index,
    )


def machine_class(names: ModuleType) -> Any:
    """The replicated object, made of what a copy of PySyncObj's module has."""

    class Machine(names.SyncObjConsumer):  # type: ignore[name-defined,misc]
        """Takes commands, and keeps all that it has applied, so that a snapshot is the whole log."""

        def __init__(self, applied: Callable[[], tuple[tuple[int, str], ...]]) -> None:
            super().__init__()
            self._applied = applied
            self.history: tuple[tuple[int, str], ...] = ()
            """As of the last snapshot that was taken or received."""

        @names.replicated  # type: ignore[untyped-decorator]
        def put(self, text: str, *padding: str) -> None:
            """The command is kept in the log, and there is nothing else to be done with it."""

        def _serialize(self) -> dict[str, Any]:
            self.history = self._applied()
            return {"history": self.history}

        def _deserialize(self, data: dict[str, Any]) -> None:
            self.history = data["history"]

    return Machine
