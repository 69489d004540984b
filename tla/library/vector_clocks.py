"""VectorClocks: a log of events in an order in which each comes after what it knew of."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import TlaError
from ..values import Value, apply, finite, found, items, order_key, ordered
from .arguments import number, sequence
from .declaration import Library, Unary
from .functions import FUNCTIONS
from .numbers import NATURALS
from .sequences import SEQUENCES

VECTOR_CLOCKS = Library("VectorClocks", NATURALS, SEQUENCES, FUNCTIONS)


@VECTOR_CLOCKS.operator("IsCausalOrder")
def is_causal_order(log: Value, clock: Unary) -> bool:
    """IsCausalOrder(log, clock): no event comes before one that it knew of."""
    clocks = [dict(items(clock(event))) for event in sequence(log)]
    return all(
        _may_follow(earlier, later) for place, later in enumerate(clocks) for earlier in clocks[:place]
    )


def _may_follow(earlier: dict[Value, Value], later: dict[Value, Value]) -> bool:
    """Whether some node's time is greater in the later clock: it happened after, or independently.

    Of two clocks that differ one is below the other, or each is below the other in some place.
    """
    nodes = earlier.keys() | later.keys()
    return any(number(earlier.get(node, 0)) < number(later.get(node, 0)) for node in nodes)


@dataclass(slots=True, eq=False)
class _Event:
    event: Value
    clock: Value
    time: int
    waits_for: set[_Event] = field(default_factory=set)


@VECTOR_CLOCKS.operator("CausalOrder")
def causal_order(log: Value, clock: Unary, node: Unary, domain: Unary) -> Value:
    """CausalOrder(log, clock, node, domain): the events, each after all that its clock knows of."""
    by_node: dict[Value, list[_Event]] = {}
    for event in sequence(log):
        at, seen = node(event), clock(event)
        by_node.setdefault(at, []).append(_Event(event, seen, number(apply(seen, at))))
    for events in by_node.values():
        events.sort(key=lambda event: event.time)
    for at, events in by_node.items():
        _link(at, events, by_node, domain)
    return tuple(_in_turn([by_node[at] for at in sorted(by_node, key=order_key)]))


def _link(at: Value, events: list[_Event], by_node: dict[Value, list[_Event]], domain: Unary) -> None:
    """Each event waits for the last event of every other node that it is the first here to know of."""
    known = dict.fromkeys(by_node, 0)
    for event in events:
        known[at] = event.time
        for other in ordered(finite(domain(event.clock))):
            time = number(apply(event.clock, other))
            if time <= known.get(other, 0):
                continue
            if found(tuple(by_node.get(other, ())), time) is None:
                raise TlaError(f"the log has no event {time} of a node that a clock in it knows of")
            known[other] = time
            event.waits_for.add(by_node[other][time - 1])


def _in_turn(queues: list[list[_Event]]) -> list[Value]:
    """The events that wait for nothing that has not come, of one node after the other."""
    done: list[Value] = []
    arrived: set[_Event] = set()
    total = sum(map(len, queues))
    while len(done) < total:
        before = len(done)
        for queue in queues:
            if queue and queue[0].waits_for <= arrived:
                arrived.add(queue[0])
                done.append(queue.pop(0).event)
        if len(done) == before:
            raise TlaError("the clocks of the log contradict each other: no event can come next")
    return done
