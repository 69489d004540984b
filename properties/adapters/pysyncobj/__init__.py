"""PySyncObj behind the Node interface: its own code, in process, without its threads, sockets and clock.

`implementation` is PySyncObj as it is by default, in memory; `journaled` keeps a journal and may crash. Both
work with whatever release is importable.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...node import Caps, Env, LinkedNode
from .journal import file_journal
from .server import KNOBS, Server

IN_MEMORY = Caps(
    network="stream",
    durable=False,
    links=True,
    liberties=frozenset({"StepDown", "IgnoreStaleRequest", "IgnoreVoteRequest", "LeaderEntry"}),
    knobs=KNOBS,
)
"""By default PySyncObj keeps nothing on disk, so that none of its servers may ever crash."""


@dataclass(frozen=True, slots=True)
class PySyncObj:
    """The release that is importable, with or without its journal."""

    caps: Caps

    def start(self, env: Env, fresh: bool) -> LinkedNode:
        return Server(env, file_journal(env) if self.caps.durable else None)


implementation = PySyncObj(IN_MEMORY)
journaled = PySyncObj(replace(IN_MEMORY, durable=True))
