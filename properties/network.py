"""Messages between servers: who can reach whom, what is in flight, and what the declared model may do to it.

`datagram`: any message in flight may arrive next, be duplicated or be lost; a cut link or a server that
is down only delays. `stream`: each link is a queue; a cut link or a crashed end loses what is in it.
`stream+gaps`: a stream that may lose single messages too. A message keeps its number on its link for
ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from raftcheck.traces.events import Message

from .byvalue import by_value
from .node import Network as Model


class Packet:
    """A message in flight, in one or more copies."""

    __slots__ = ("copies", "dest", "number", "payload", "source", "view")

    def __init__(self, source: str, dest: str, number: int, payload: Any, view: Message | None) -> None:
        self.source = source
        self.dest = dest
        self.number = number
        self.payload = payload
        self.view = view
        self.copies = 1


class Network:
    def __init__(self, model: Model, servers: tuple[str, ...]) -> None:
        self.in_order = model != "datagram"
        self.can_duplicate = model == "datagram"
        self.can_drop = model != "stream"
        self.flight: list[Packet] = []
        """Everything in flight, in the order of sending."""
        self.sent: dict[tuple[str, str], int] = {
            (source, dest): 0 for source in servers for dest in servers if source != dest
        }
        """How many messages have been sent on each link."""
        self._queues: dict[tuple[str, str], dict[int, Packet]] = {link: {} for link in self.sent}
        self._cut: frozenset[tuple[str, str]] = frozenset()
        self._down: set[str] = set()

    def send(self, source: str, dest: str, payload: Any, view: Message | None) -> None:
        link = (source, dest)
        number = self.sent[link] = self.sent[link] + 1
        if self.in_order and (link in self._cut or dest in self._down):
            return
        packet = self._queues[link][number] = Packet(source, dest, number, payload, view)
        self.flight.append(packet)

    def find(self, source: str, dest: str, number: int) -> Packet | None:
        """The message in flight that has this number on this link."""
        queue = self._queues.get((source, dest))
        return None if queue is None else queue.get(number)

    def can_arrive(self, packet: Packet) -> bool:
        """Whether a message in flight may be delivered now."""
        link = (packet.source, packet.dest)
        if packet.dest in self._down or link in self._cut:
            return False
        return not self.in_order or next(iter(self._queues[link])) == packet.number

    def reaches(self, source: str, dest: str) -> bool:
        """Whether two servers, both running, are not cut off from each other."""
        return not {source, dest} & self._down and (source, dest) not in self._cut

    def arrivals(self) -> list[Packet]:
        """The messages that may be delivered now, in the order of sending."""
        if not self.in_order and not self._down and not self._cut:
            return self.flight
        return [packet for packet in self.flight if self.can_arrive(packet)]

    def take(self, packet: Packet) -> Any:
        """One copy leaves the network, delivered or lost; its payload, which nobody else has."""
        packet.copies -= 1
        if packet.copies:
            return by_value(packet.payload)
        self.flight.remove(packet)
        del self._queues[packet.source, packet.dest][packet.number]
        return packet.payload

    def cut(self, groups: Iterable[tuple[str, ...]]) -> None:
        """From now on only servers of the same group reach each other."""
        group_of = {server: place for place, group in enumerate(groups) for server in group}
        self._cut = frozenset((a, b) for a, b in self.sent if group_of.get(a) != group_of.get(b))
        if self.in_order:
            self._lose(self._cut)

    @property
    def is_cut(self) -> bool:
        return bool(self._cut)

    def heal(self) -> bool:
        """Every server reaches every other again; False if nothing was cut."""
        was_cut = bool(self._cut)
        self._cut = frozenset()
        return was_cut

    def down(self, server: str) -> None:
        """A server has crashed. What it sent may still arrive; what a stream carried to it is lost."""
        self._down.add(server)
        if self.in_order:
            self._lose(link for link in self.sent if link[1] == server)

    def up(self, server: str) -> None:
        """A server is back, and its streams are new ones: the rest of the old ones is lost."""
        self._down.discard(server)
        if self.in_order:
            self._lose(link for link in self.sent if link[0] == server)

    def _lose(self, links: Iterable[tuple[str, str]]) -> None:
        for link in links:
            self._queues[link].clear()
        self.flight = [
            packet for packet in self.flight if packet.number in self._queues[packet.source, packet.dest]
        ]
