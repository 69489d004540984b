"""One life of one server: the Env that a node is given, from start to crash.

Counts the operations of the node, so that a crash can come at any of them, and refuses what breaks the
rules of the seam. After the crash it is dead: every further use of it ends where it began.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Literal, NoReturn, get_args

from raftcheck.traces.events import Message

from .byvalue import by_value
from .disk import Disk
from .finding import Finding, Kind, shown, wrong_view
from .node import Outcome

OUTCOMES = get_args(Outcome)


class Halt(BaseException):
    """Ends a call of a node from inside: its server has crashed, or has done what no node may do.

    No `Exception`, so that no handler of the node takes it for a mistake of its own.
    """


class Life:
    """Env, plus what the cluster wants to know of it: what was sent, whether it still lives."""

    __slots__ = (
        "_disk",
        "_requests",
        "config",
        "disk",
        "fuse",
        "keep",
        "me",
        "peers",
        "sends",
        "state",
        "wrong",
    )

    def __init__(
        self, me: str, servers: tuple[str, ...], config: Mapping[str, Any], disk: Disk, requests: set[int]
    ) -> None:
        self.me = me
        self.peers = tuple(server for server in servers if server != me)
        self.config = config
        self.disk: MutableMapping[str, Any] = _DiskOfLife(self, disk)
        self.sends: list[tuple[str, Any, Message | None]] = []
        """What has left in the call that is going on: (to, payload, view)."""
        self.fuse = 0
        """The crash comes in place of the fuse-th operation from now; 0: none is due."""
        self.keep = 0
        """How many of the writes that are not synced then survive that crash."""
        self.state: Literal["quiet", "acting", "dead"] = "quiet"
        self.wrong: tuple[Kind, str, str] | None = None
        """The first rule that was broken: kind, seen, expected."""
        self._disk = disk
        self._requests = requests

    def sync(self) -> None:
        self.operation("sync()")
        self._disk.sync()

    def send(self, to: str, payload: Any, view: Message | None = None) -> None:
        self.operation("send()")
        if to not in self.peers:
            known = ", ".join(self.peers) or "none"
            self.refuse("send", f"send() to {shown(to)}", f"one of the peers: {known}")
        if view is not None:
            wrong = wrong_view(view, self.me, to)
            if wrong:
                self.refuse("view", *wrong)
        try:
            kept = by_value(payload)
        except Exception as error:
            self.refuse("send", f"payload {shown(payload)}: {shown(error)}", "a payload that can be copied")
        self.sends.append((to, kept, view))

    def reply(self, request: int, outcome: Outcome, value: Any = None) -> None:
        self.operation("reply()", can_crash=False)
        if request not in self._requests:
            self.refuse("reply", f"reply() to request {shown(request)}", "a request made to this server")
        if outcome not in OUTCOMES:
            self.refuse("reply", f"reply() with outcome {shown(outcome)}", "one of " + ", ".join(OUTCOMES))

    def operation(self, name: str, can_crash: bool = True) -> None:
        """Comes before each thing that a node does to the world; raises Halt in place of what must not be."""
        if self.state == "dead":
            raise Halt
        if self.state == "quiet":
            self.refuse(
                "quiet", f"{name} outside start(), deliver(), fire() and request()", "nothing done there"
            )
        if self.fuse and can_crash:
            self.fuse -= 1
            if self.fuse == 0:
                self.state = "dead"
                raise Halt

    def refuse(self, kind: Kind, seen: str, expected: str) -> NoReturn:
        if self.wrong is None:
            self.wrong = (kind, seen, expected)
        self.state = "dead"
        raise Halt

    def finding(self, action: str) -> Finding | None:
        """What this life did wrong, if anything; `action` is what the world was doing."""
        if self.wrong is None:
            return None
        kind, seen, expected = self.wrong
        return Finding(kind, self.me, action, seen, expected)


class _DiskOfLife(MutableMapping[str, Any]):
    """The server's disk as this life may use it."""

    __slots__ = ("_disk", "_life")

    def __init__(self, life: Life, disk: Disk) -> None:
        self._life = life
        self._disk = disk

    def __getitem__(self, key: str) -> Any:
        return self._disk.read(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._life.operation("a write to disk")
        if type(key) is not str:
            self._life.refuse("disk", f"disk[{shown(key)}] = {shown(value)}", "keys that are str")
        try:
            self._disk.write(key, value)
        except Exception as error:
            seen = f"disk[{shown(key)}] = {shown(value)}: {shown(error)}"
            self._life.refuse("disk", seen, "a value that can be copied")

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._life.operation("an erasure on disk")
        self._disk.erase(key)

    def __contains__(self, key: object) -> bool:
        return key in self._disk.names()

    def __iter__(self) -> Iterator[str]:
        return iter(self._disk.names())

    def __len__(self) -> int:
        return len(self._disk.names())
