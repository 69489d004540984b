"""Has a cluster go through rounds: each step of spec/Rounds.tla as Actions, made up on the way.

What a round comes to depends on the implementation, so the cluster is looked at: which message is meant, and
which timer begins an election. What an implementation will not do is left out, and the way goes on: it leads
to where mistakes show, and the judge looks at each step as ever.

With datagrams, a message is lost by not being delivered. With streams, who takes no part in a round is cut
off, so that what was on its way is lost; a message that is held back is lost as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence

from raftcheck.traces.events import AppendEntriesRequest

from .cluster import Cluster
from .following import ELECTION, HEARTBEAT, MOST_FIRES
from .network import Packet
from .scenarios import Round
from .schedules import Action, Crash, Deliver, Duplicate, Heal, Partition, Request, Restart, Timeout

MOST_DELIVERIES = 12
"""Between two servers in a round: pre-votes, hints and what else is said there come to an end."""

Sent = Mapping[tuple[str, str], int]
"""How many messages had been sent on each link."""


def directed(rounds: Sequence[Round], names: Mapping[str, str]) -> Callable[[Cluster], Iterator[Action]]:
    """The actions of these rounds, for lockstep.run; `names` are those of the servers of the model."""

    def actions(cluster: Cluster) -> Iterator[Action]:
        director = _Director(cluster)
        for step in rounds:
            yield from director.round(step.action, names[step.server], [names[peer] for peer in step.peers])
        if cluster.network.is_cut:
            yield Heal()

    return actions


class _Director:
    """Makes up the actions of one round after the other. Each is done before the next is asked for."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._network = cluster.network
        self._requests = 0
        self._held: dict[tuple[str, str], int] = {}
        """The number of the message that is held back on a link."""

    def round(self, action: str, server: str, peers: Sequence[str]) -> Iterator[Action]:
        match action:
            case "ClientRequest":
                self._requests += 1
                yield from self._to_the_end(Request(server, f"r{self._requests}"), server)
            case "Restart":
                yield Crash(server)
                yield Restart(server)
            case "Elect" | "ElectTwice":
                yield from self._elect(server, peers, twice=action == "ElectTwice")
            case "Exchange" | "Depose" | "Offer":
                yield from self._replicate(server, peers[0], answered=action != "Offer")
            case "Hold":
                yield from self._hold(server, peers[0])
            case "ArriveRequest" | "ArriveAnswer":
                number = self._held.pop((server, peers[0]), None)
                if number is not None:
                    yield from self._to_the_end(Deliver(server, peers[0], number), peers[0])
            case _:
                raise AssertionError(action)

    # Rounds

    def _elect(self, candidate: str, voters: Sequence[str], twice: bool) -> Iterator[Action]:
        yield from self._cut_off_all_but({candidate, *voters})
        before = dict(self._network.sent)
        yield from self._fire(candidate, ELECTION)
        yield from self._converse(candidate, voters, before, twice=twice)

    def _replicate(self, leader: str, peer: str, answered: bool) -> Iterator[Action]:
        yield from self._cut_off_all_but({leader, peer})
        if self._network.in_order:
            if self._newest(leader, peer) is None:
                yield from self._fire(leader, HEARTBEAT)
            yield from self._converse(leader, [peer], self._network.sent, answers=answered)
            return
        request = yield from self._request(leader, peer)
        before = dict(self._network.sent)
        if request is not None:
            yield from self._to_the_end(_delivery(request), peer)
        answer = self._newest(peer, leader, before)
        if answer is not None and answered:
            yield from self._to_the_end(_delivery(answer), leader)
        elif answer is not None:
            self._held[peer, leader] = answer.number

    def _hold(self, leader: str, peer: str) -> Iterator[Action]:
        yield from self._cut_off_all_but({leader, peer})
        request = yield from self._request(leader, peer)
        if request is not None:
            self._held[leader, peer] = request.number

    # Parts of rounds

    def _request(self, leader: str, peer: str) -> Generator[Action, None, Packet | None]:
        """What the leader would send to a peer now; it is in flight already, if that can be."""
        packet = self._newest(leader, peer)
        if packet is None or not self._is_up_to_date(packet):
            yield from self._fire(leader, HEARTBEAT)
            packet = self._newest(leader, peer)
        return packet

    def _is_up_to_date(self, packet: Packet) -> bool:
        """Whether a leader would send the same again; what cannot be seen is as it should be."""
        view, state = packet.view, self._cluster.servers[packet.source].state
        if not isinstance(view, AppendEntriesRequest) or state is None:
            return view is None
        following = None if state.next_index is None else state.next_index.get(view.dest)
        return (
            state.current_term in (None, view.term)
            and state.commit_index in (None, view.commit_index)
            and following in (None, view.prev_log_index + 1)
            and (state.log is None or bool(view.entries) == (view.prev_log_index < len(state.log)))
        )

    def _fire(self, server: str, wanted: str) -> Iterator[Action]:
        """Fires the timer of that name; where ticks are the clock, all others until something is sent."""
        timers = self._cluster.servers[server].timers
        if wanted in timers:
            yield Timeout(server, wanted)
            return
        before = self._sent_by(server)
        for timer in timers:
            for _ in range(MOST_FIRES if timer not in (ELECTION, HEARTBEAT) else 0):
                if self._sent_by(server) == before:
                    yield Timeout(server, timer)

    def _converse(
        self, server: str, peers: Sequence[str], before: Sent, *, twice: bool = False, answers: bool = True
    ) -> Iterator[Action]:
        """What the server and its peers send to one another arrives, the oldest first, until it leads.

        If it leads already, until all is said.
        """
        links = [(server, peer) for peer in peers] + [(peer, server) for peer in peers if answers]
        led = self._leads(server)
        idle = self._idle(server, *peers)
        for _ in range(MOST_DELIVERIES * len(peers)):
            packet = next((p for p in self._network.arrivals() if self._is_among(p, links, before)), None)
            if packet is not None:
                if twice and packet.copies == 1:
                    yield Duplicate(packet.source, packet.dest, packet.number)
                    yield _delivery(packet)
                yield _delivery(packet)
            elif not (yield from self._work(idle)):
                return
            if self._leads(server) and not led:
                return

    def _to_the_end(self, action: Action, server: str) -> Iterator[Action]:
        """The action, and what work it leaves to the server."""
        idle = self._idle(server)
        yield action
        for _ in range(MOST_FIRES):
            if not (yield from self._work(idle)):
                return

    def _idle(self, *servers: str) -> dict[str, set[str]]:
        """The timers that there are while no work waits."""
        return {name: set(self._cluster.servers[name].timers) for name in servers}

    def _work(self, idle: Mapping[str, set[str]]) -> Generator[Action, None, bool]:
        """Fires one of the timers that there were not before: work that waits, as for a disk."""
        for name, known in idle.items():
            for timer in self._cluster.servers[name].timers:
                if timer not in {*known, ELECTION, HEARTBEAT}:
                    known.add(timer)
                    yield Timeout(name, timer)
                    return True
        return False

    def _cut_off_all_but(self, servers: Collection[str]) -> Iterator[Action]:
        """Where messages come in order, all others are on their own; a datagram may be late without that."""
        if self._network.in_order:
            others = [name for name in self._cluster.names if name not in servers]
            yield Partition((tuple(sorted(servers)), *((name,) for name in others)))

    # What is looked at

    def _leads(self, server: str) -> bool:
        state = self._cluster.servers[server].state
        return state is not None and state.role == "Leader"

    def _newest(self, source: str, dest: str, before: Sent | None = None) -> Packet | None:
        """The last message in flight on a link, sent since `before`, and not held back."""
        link = (source, dest)
        known = before[link] if before is not None else 0
        packets = [p for p in self._network.flight if (p.source, p.dest) == link and p.number > known]
        return next((p for p in reversed(packets) if p.number != self._held.get(link)), None)

    def _sent_by(self, server: str) -> int:
        return sum(count for (source, _), count in self._network.sent.items() if source == server)

    def _is_among(self, packet: Packet, links: Collection[tuple[str, str]], before: Sent) -> bool:
        """Whether a message is of these links, and of this round, unless it is in the way of such."""
        link = (packet.source, packet.dest)
        return link in links and (self._network.in_order or packet.number > before[link])


def _delivery(packet: Packet) -> Deliver:
    return Deliver(packet.source, packet.dest, packet.number)
