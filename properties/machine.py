"""A Hypothesis state machine for any Implementation, over concrete Actions, judged like everything else.

    from raftcheck.properties.machine import machine_of

    TestMyRaft = machine_of(my_raft).TestCase

Hypothesis chooses among what is enabled, and shrinks. Our own scheduler and shrinker are quicker; this is for
people who work that way, with Hypothesis' settings and its database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from raftcheck.traces.validate import Validator

from .cluster import Cluster
from .lockstep import Lockstep
from .node import Implementation
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
    describe,
    server_names,
)
from .watchdog import watchdog

WEIGHTS: Mapping[type[Action], int] = {
    Deliver: 12,
    Timeout: 2,
    Request: 2,
    Restart: 2,
    Heal: 2,
    Duplicate: 1,
    Drop: 1,
    Crash: 1,
    Partition: 1,
}
"""How often each kind is chosen where it is enabled: what moves a cluster on more than what disturbs it."""


CRASHES = ((0, 0), (1, 0), (2, 0), (2, 1), (3, 0), (4, 0))
"""After how many operations, and with how many unsynced writes kept: around writes, sync and sends."""


def machine_of(implementation: Implementation, judged: bool = True) -> type[RuleBasedStateMachine]:
    """The class of machines that run `implementation`; a failure is an AssertionError with the report."""
    drawn = {"max_entries": (None, 1, 2), **implementation.caps.knobs}
    knobs = {name: st.sampled_from(values) for name, values in drawn.items()}

    class RaftMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.lockstep: Lockstep | None = None
            self.requests = 0

        @initialize(count=st.sampled_from((3, 2, 5, 1, 4)), config=st.fixed_dictionaries(knobs))
        def start(self, count: int, config: dict[str, Any]) -> None:
            servers = server_names(max(count, implementation.caps.fewest_servers))
            judge = Validator(servers, liberties=implementation.caps.liberties) if judged else None
            self.lockstep = Lockstep(implementation, servers, config, judge)
            with watchdog(self.lockstep.cluster):
                self.lockstep.start()
            self.check()

        @precondition(lambda self: self.lockstep is not None)
        @rule(data=st.data())
        def act(self, data: st.DataObject) -> None:
            assert self.lockstep is not None
            choices = enabled_actions(self.lockstep.cluster, f"v{self.requests + 1}")
            kinds = [kind for kind in choices for _ in range(WEIGHTS[kind])]
            if not kinds:
                return
            kind = data.draw(st.sampled_from(kinds), label="kind")
            action = data.draw(st.sampled_from(choices[kind]), label="action")
            self.requests += isinstance(action, Request)
            with watchdog(self.lockstep.cluster):
                self.lockstep.do(action)
            self.check()

        def check(self) -> None:
            assert self.lockstep is not None
            outcome = self.lockstep.outcome
            if outcome.failure is not None:
                steps = "\n".join(f"  {describe(action)}" for action in outcome.performed)
                raise AssertionError(f"{outcome.failure.report()}\n\nafter\n{steps}")

        def teardown(self) -> None:
            if self.lockstep is not None:
                self.lockstep.finish()

    return RaftMachine


def enabled_actions(cluster: Cluster, value: str) -> dict[type[Action], list[Action]]:
    """What may happen now, by its kind; `value` is what a client asks for."""
    network = cluster.network
    alive = [server for server in cluster.servers.values() if server.life is not None]
    leading = [server for server in alive if server.state is None or server.state.role in ("Leader", None)]
    crashing = alive if cluster.caps.durable else []
    arrivals, flight = network.arrivals(), network.flight
    alone = [name for name in cluster.names if len(cluster.names) > 1 and not network.is_cut]
    actions: dict[type[Action], list[Action]] = {
        Deliver: [Deliver(packet.source, packet.dest, packet.number) for packet in arrivals],
        Timeout: [Timeout(server.name, timer) for server in alive for timer in server.timers],
        Request: [Request(server.name, value) for server in leading],
        Restart: [Restart(server.name) for server in cluster.servers.values() if server.life is None],
        Heal: [Heal()] if network.is_cut else [],
        Duplicate: [Duplicate(p.source, p.dest, p.number) for p in flight if network.can_duplicate],
        Drop: [Drop(p.source, p.dest, p.number) for p in flight if network.can_drop],
        Crash: [Crash(server.name, after, keep) for server in crashing for after, keep in CRASHES],
        Partition: [Partition(((name,), _others(name, cluster.names))) for name in alone],
    }
    return {kind: enabled for kind, enabled in actions.items() if enabled}


def _others(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(other for other in names if other != name)
