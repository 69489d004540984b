"""Nodes that are no Raft, to see what the cluster does with them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from raftcheck.properties.lockstep import Outcome, run
from raftcheck.properties.node import Caps, Env, Node, NodeState
from raftcheck.properties.schedules import Action


class Counting:
    """Counts its ticks on disk, tells them to its peers, and keeps what it hears."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self.count: int = env.disk.get("count", 0)
        self.heard: list[Any] = []
        self.stopped = False

    def deliver(self, source: str, payload: Any) -> None:
        self.heard.append(payload)

    def timers(self) -> Collection[str]:
        return ("tick",)

    def fire(self, timer: str) -> None:
        self.count += 1
        self.env.disk["count"] = self.count
        self.env.disk["twice"] = 2 * self.count
        self.env.sync()
        for peer in self.env.peers:
            self.env.send(peer, self.count)

    def request(self, request: int, command: bytes) -> bool:
        return False

    def state(self) -> NodeState:
        return NodeState(current_term=self.count)

    def stop(self) -> None:
        self.stopped = True


class Linked(Counting):
    """Knows which peers it reaches, and shows how many; counts what it is told on disk."""

    def __init__(self, env: Env) -> None:
        super().__init__(env)
        self.reached: set[str] = set()

    def link(self, peer: str, up: bool) -> None:
        assert up != (peer in self.reached), (peer, up)
        self.reached ^= {peer}
        self.env.disk["told"] = self.env.disk.get("told", 0) + 1

    def state(self) -> NodeState:
        return NodeState(commit_index=len(self.reached))


class Making:
    """The Implementation of nodes of a class; keeps those that it has started."""

    def __init__(self, kind: Callable[[Env], Any], caps: Caps | None = None) -> None:
        self.kind = kind
        self.caps = caps or Caps()
        self.nodes: list[Any] = []
        self.fresh: list[bool] = []

    def start(self, env: Env, fresh: bool) -> Node:
        self.nodes.append(self.kind(env))
        self.fresh.append(fresh)
        node: Node = self.nodes[-1]
        return node


def do(kind: Callable[[Env], Any], *actions: Action, servers: tuple[str, ...] = ("n1", "n2")) -> Outcome:
    """What comes of these actions, unjudged."""
    return run(Making(kind), servers, {}, actions, patience_seconds=0.2)
