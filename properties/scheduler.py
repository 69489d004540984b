"""Makes up schedules: what the world does next, chosen among what is enabled now.

A Plan is drawn once for each schedule: how many servers, how long, how often which kind of thing happens,
and one of three ways to choose the message that arrives next. No way wins everywhere, and features that
are absent from a schedule find as much as those that are present (swarm testing), so plans differ widely.
Chance is a random.Random and nothing else; no set is ever iterated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from .cluster import Cluster, Server
from .network import Packet
from .node import Caps
from .schedules import (
    Action,
    Crash,
    Deliver,
    Drop,
    Duplicate,
    Heal,
    Partition,
    Request,
    Restart,
    Timeout,
    server_names,
)

T = TypeVar("T")

Strategy = Literal["weighted", "priority", "partial-order"]
STRATEGIES: tuple[Strategy, ...] = ("weighted", "priority", "partial-order")

SHORTEST, LONGEST = 60, 300
"""Actions in a schedule: 60 to 80 find mistakes in votes, 150 to 300 those in logs."""

SERVER_COUNTS = (1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 5, 5)
"""Mostly three, as few as show most mistakes; even counts for quorums, one for the lonely leader."""

MAX_ENTRIES = {"max_entries": (None, None, 1, 2)}
"""The knob that every implementation has: small batches reach what large ones step over."""

MANY_ACTIONS = 3000
"""In a longer schedule clients ask for no more than in one of so many: a server shows its whole log."""

MOST_OPERATIONS = 6
"""How far ahead a crash is set: a call of the reference makes up to two writes, a sync and four sends."""


SUDDEN_CRASHES = 0.7
"""The part of the crashes that come in the midst of a call."""

STRAY_REQUESTS = 0.05
"""How often a client asks a server that is not known to lead, for one that does."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How often each kind of action is chosen where it is enabled, relative to one another."""

    deliver: float
    election: float
    """A timer of a server that is not known to lead."""
    heartbeat: float
    """A timer of a leader."""
    request: float
    duplicate: float
    drop: float
    crash: float
    restart: float
    partition: float
    heal: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn once for a schedule."""

    servers: tuple[str, ...]
    config: dict[str, Any]
    length: int
    weights: Weights
    strategy: Strategy
    disorder: float
    """Of weighted choice: how often not the oldest message arrives but any."""
    changes: int
    """Of priority choice: how often on the way a link falls behind all others."""
    crowd: int
    """With as many messages in flight no timer fires and no client asks, until some have arrived."""
    paces: tuple[float, ...]
    """How readily the timers of each server fire, relative to one another."""


def generator_of(seed: int | str, index: int) -> random.Random:
    """The chance of schedule `index` of a campaign; a text as seed does not depend on PYTHONHASHSEED."""
    return random.Random(f"raftcheck/{seed}/{index}")


def draw_plan(rng: random.Random, caps: Caps, servers: int | None = None, length: int | None = None) -> Plan:
    """A plan for an implementation of these caps; `servers` and `length` where they are settled already."""
    count = servers or max(rng.choice(SERVER_COUNTS), caps.fewest_servers)
    crash = rng.choice((0.0, 0.0, 0.2, 0.6)) if caps.durable else 0.0
    duplicate = rng.choice((0.0, 0.0, 0.3, 1.0)) if caps.network == "datagram" else 0.0
    drop = rng.choice((0.0, 0.0, 0.3, 1.0)) if caps.network != "stream" else 0.0
    config = {name: rng.choice(values) for name, values in {**MAX_ENTRIES, **caps.knobs}.items()}
    return Plan(
        servers=server_names(count),
        config=config,
        length=length or rng.randint(SHORTEST, LONGEST),
        weights=Weights(
            deliver=10.0,
            election=rng.choice((0.05, 0.2, 0.5, 1.5)),
            heartbeat=rng.choice((0.3, 1.0, 2.0)),
            request=rng.choice((0.3, 1.0, 2.0)) * min(MANY_ACTIONS / (length or LONGEST), 1.0),
            duplicate=duplicate,
            drop=drop,
            crash=crash,
            restart=rng.choice((0.3, 1.0, 3.0)),
            partition=rng.choice((0.0, 0.0, 0.15, 0.4)) if count > 1 else 0.0,
            heal=rng.choice((0.2, 0.6)),
        ),
        strategy=rng.choice(STRATEGIES),
        disorder=rng.choice((0.0, 0.1, 0.4, 1.0)),
        changes=rng.choice((1, 3, 6, 12)),
        crowd=rng.choice((4, 8, 16, 32)),
        paces=tuple(0.05 + rng.random() ** 3 for _ in range(count)),
    )


def made_up(plan: Plan, rng: random.Random) -> Callable[[Cluster], Iterator[Action]]:
    """The actions of one schedule, as a source for lockstep.run."""

    def actions(cluster: Cluster) -> Iterator[Action]:
        scheduler = Scheduler(plan, rng, cluster)
        for _ in range(plan.length):
            action = scheduler.next()
            if action is None:
                return
            yield action

    return actions


class Scheduler:
    """Chooses the next action of one schedule, looking at the cluster as it is now."""

    def __init__(self, plan: Plan, rng: random.Random, cluster: Cluster) -> None:
        self._plan = plan
        self._random = rng.random
        self._cluster = cluster
        self._choose = _message_choice(plan, rng)
        self._paces = dict(zip(cluster.names, plan.paces, strict=True))
        self._known_readiness: dict[str, float] = {}
        self._requests = 0
        self._arrivals: Sequence[Packet] = ()
        self._leaders: list[Server] = []
        self._others: list[Server] = []
        self._down: list[Server] = []

    def next(self) -> Action | None:
        """What happens next; None if nothing can."""
        self._look()
        options = self._options()
        mark = self._random() * sum(weight for weight, _ in options)
        for weight, choose in options:
            mark -= weight
            if mark < 0:
                return choose()
        return None

    def _look(self) -> None:
        self._arrivals = self._cluster.network.arrivals()
        self._leaders, self._others, self._down = [], [], []
        for server in self._cluster.servers.values():
            if server.state is None:
                self._down.append(server)
            elif server.state.role == "Leader":
                self._leaders.append(server)
            else:
                self._others.append(server)

    def _options(self) -> list[tuple[float, Callable[[], Action]]]:
        """The kinds of action that are enabled, with their weights."""
        weights, network = self._plan.weights, self._cluster.network
        options: list[tuple[float, Callable[[], Action]]] = []
        if self._arrivals:
            options.append((weights.deliver, self._deliver))
        if not self._arrivals or len(network.flight) < self._plan.crowd:
            if any(server.timers for server in self._others):
                options.append((weights.election, lambda: self._timeout(self._others)))
            if self._leaders:
                if any(server.timers for server in self._leaders):
                    options.append((weights.heartbeat, lambda: self._timeout(self._leaders)))
                options.append((weights.request, lambda: self._request(self._leaders)))
            if self._others:
                options.append((weights.request * STRAY_REQUESTS, lambda: self._request(self._others)))
        if network.flight:
            if network.can_duplicate:
                options.append((weights.duplicate, lambda: self._in_flight(Duplicate)))
            if network.can_drop:
                options.append((weights.drop, lambda: self._in_flight(Drop)))
        if self._leaders or self._others:
            options.append((weights.crash, self._crash))
        if self._down:
            options.append((weights.restart, self._restart))
        if network.is_cut:
            options.append((weights.heal, Heal))
        else:
            options.append((weights.partition, self._partition))
        return options

    def _deliver(self) -> Action:
        packet = self._choose(self._arrivals)
        return Deliver(packet.source, packet.dest, packet.number)

    def _timeout(self, servers: Sequence[Server]) -> Action:
        running = [server for server in servers if server.timers]
        mark = self._random() * sum(self._paces[server.name] for server in running)
        for server in running:
            mark -= self._paces[server.name]
            if mark < 0:
                break
        return Timeout(server.name, self._timer(server.timers))

    def _timer(self, timers: Sequence[str]) -> str:
        """One of several timers, each as readily as it fires in this schedule."""
        mark = self._random() * sum(map(self._readiness, timers))
        for timer in timers:
            mark -= self._readiness(timer)
            if mark < 0:
                break
        return timer

    def _readiness(self, timer: str) -> float:
        """How readily a timer of that name fires, relative to others: the same throughout the schedule."""
        known = self._known_readiness.get(timer)
        if known is None:
            of_timer = random.Random(f"{self._plan.paces}/{timer}")
            known = self._known_readiness[timer] = 0.05 + of_timer.random() ** 3
        return known

    def _request(self, servers: Sequence[Server]) -> Action:
        self._requests += 1
        return Request(self._one_of(servers).name, f"v{self._requests}")

    def _in_flight(self, kind: type[Duplicate] | type[Drop]) -> Action:
        packet = self._one_of(self._cluster.network.flight)
        return kind(packet.source, packet.dest, packet.number)

    def _crash(self) -> Action:
        server = self._one_of(self._leaders + self._others)
        after = self._below(MOST_OPERATIONS + 1) if self._random() < SUDDEN_CRASHES else 0
        return Crash(server.name, after, self._below(3))

    def _restart(self) -> Action:
        return Restart(self._one_of(self._down).name)

    def _partition(self) -> Action:
        """Two groups, neither of them empty."""
        names = list(self._cluster.names)
        size = 1 + self._below(len(names) - 1)
        one = [names.pop(self._below(len(names))) for _ in range(size)]
        return Partition((tuple(sorted(one)), tuple(names)))

    def _below(self, bound: int) -> int:
        return int(self._random() * bound)

    def _one_of(self, things: Sequence[T]) -> T:
        return things[int(self._random() * len(things))]


MessageChoice = Callable[[Sequence[Packet]], Packet]
"""A way to choose the message that arrives next, of one or more that may, in the order of sending."""


def _message_choice(plan: Plan, rng: random.Random) -> MessageChoice:
    match plan.strategy:
        case "weighted":
            return _weighted(plan, rng)
        case "priority":
            return _by_priority(plan, rng)
        case "partial-order":
            return _by_partial_order(rng)


def _weighted(plan: Plan, rng: random.Random) -> MessageChoice:
    """The oldest message, and every now and then any."""

    def choose(arrivals: Sequence[Packet]) -> Packet:
        if rng.random() >= plan.disorder:
            return arrivals[0]
        return arrivals[int(rng.random() * len(arrivals))]

    return choose


def _by_priority(plan: Plan, rng: random.Random) -> MessageChoice:
    """The link of highest priority first; at few random moments it falls behind all others.

    Gives long delays of single links, which weights never do. PCT: Burckhardt et al., ASPLOS 2010.
    """
    links: dict[tuple[str, str], float] = {}
    lowest = 0.0
    change = plan.changes / plan.length

    def rank(packet: Packet) -> float:
        link = (packet.source, packet.dest)
        priority = links.get(link)
        if priority is None:
            priority = links[link] = rng.random()
        return priority

    def choose(arrivals: Sequence[Packet]) -> Packet:
        nonlocal lowest
        chosen = max(arrivals, key=rank)
        if rng.random() < change:
            lowest -= 1.0
            links[chosen.source, chosen.dest] = lowest
            chosen = max(arrivals, key=rank)
        return chosen

    return choose


def _by_partial_order(rng: random.Random) -> MessageChoice:
    """The message of highest random priority, drawn again when another one arrives before it at its server.

    Spreads chance over the orders that matter. POS: Yuan, Yang, Gu, CAV 2018.
    """
    priorities: dict[Packet, float] = {}

    def rank(packet: Packet) -> float:
        priority = priorities.get(packet)
        if priority is None:
            priority = priorities[packet] = rng.random()
        return priority

    def choose(arrivals: Sequence[Packet]) -> Packet:
        chosen = max(arrivals, key=rank)
        for packet in arrivals:
            if packet.dest == chosen.dest:
                priorities.pop(packet, None)
        return chosen

    return choose
