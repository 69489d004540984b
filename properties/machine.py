"""A Hypothesis state machine for any Implementation, over concrete Actions, judged like everything else.

    from raftcheck.properties.machine import machine_of

    TestMyRaft = machine_of(my_raft).TestCase

Hypothesis chooses among what is enabled, and shrinks. Our own scheduler and shrinker are quicker; this is for
people who work that way, with Hypothesis' settings and its database.
"""

from __future__ import annotations

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

DELIVERIES = 3
"""How much likelier each message is to arrive than anything else is to happen to it."""


def machine_of(implementation: Implementation, judged: bool = True) -> type[RuleBasedStateMachine]:
    """The class of machines that run `implementation`; a failure is an AssertionError with the report."""

    class RaftMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.lockstep: Lockstep | None = None
            self.requests = 0

        @initialize(count=st.sampled_from((3, 2, 5, 1, 4)), max_entries=st.sampled_from((None, 1, 2)))
        def start(self, count: int, max_entries: int | None) -> None:
            servers = server_names(count)
            judge = Validator(servers) if judged else None
            self.lockstep = Lockstep(implementation, servers, {"max_entries": max_entries}, judge)
            with watchdog(self.lockstep.cluster):
                self.lockstep.start()
            self.check()

        @precondition(lambda self: self.lockstep is not None)
        @rule(data=st.data())
        def act(self, data: st.DataObject) -> None:
            assert self.lockstep is not None
            choices = enabled_actions(self.lockstep.cluster, f"v{self.requests + 1}")
            if not choices:
                return
            action = data.draw(st.sampled_from(choices), label="action")
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


def enabled_actions(cluster: Cluster, value: str) -> list[Action]:
    """What may happen now, what moves the cluster on more than once; `value` is what a client asks for."""
    network = cluster.network
    actions: list[Action] = []
    for packet in network.arrivals():
        actions += [Deliver(packet.source, packet.dest, packet.number)] * DELIVERIES
    for server in cluster.servers.values():
        if server.life is None:
            actions.append(Restart(server.name))
            continue
        actions += [Timeout(server.name, timer) for timer in server.timers]
        if server.state is None or server.state.role in ("Leader", None):
            actions.append(Request(server.name, value))
        if cluster.caps.durable:
            actions += [Crash(server.name, after, keep) for after, keep in ((0, 0), (1, 0), (2, 1), (4, 0))]
    for packet in network.flight:
        if network.can_duplicate:
            actions.append(Duplicate(packet.source, packet.dest, packet.number))
        if network.can_drop:
            actions.append(Drop(packet.source, packet.dest, packet.number))
    if network.is_cut:
        actions.append(Heal())
    else:
        others = [tuple(name for name in cluster.names if name != alone) for alone in cluster.names]
        actions += [
            Partition(((alone,), rest)) for alone, rest in zip(cluster.names, others, strict=True) if rest
        ]
    return actions
