"""Servers on storage in memory, the messages under way between them, and the states that the paper draws.

Messages arrive in the order in which they were sent, or never. A log is written as the paper draws it: by
the terms of its entries.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from raftcheck.reference.driver import drain
from raftcheck.reference.messages import Entry, Message
from raftcheck.reference.raft import Raft
from raftcheck.reference.stable import Append, Stable, TermVote
from raftcheck.reference.storage import MemoryStorage


def names(count: int) -> tuple[str, ...]:
    return tuple(f"n{number}" for number in range(1, count + 1))


def entries(*terms: int) -> tuple[Entry, ...]:
    return tuple(Entry(term, b"") for term in terms)


def terms(log: Iterable[Entry]) -> tuple[int, ...]:
    return tuple(entry.term for entry in log)


def server(*log: int, term: int | None = None, voted_for: str | None = None, count: int = 3) -> Raft:
    """A follower n1 in a cluster of `count`; its term is that of its last entry if not given."""
    current_term = max(log, default=0) if term is None else term
    return Raft("n1", names(count), Stable(current_term, voted_for, entries(*log)))


def candidate(*log: int, count: int = 3) -> Raft:
    """n1 after its election timeout; the requests for votes have left."""
    raft = server(*log, count=count)
    raft.election_timeout()
    raft.take_effects()
    return raft


class Cluster:
    """Runs n1, n2, ... with the given logs. Every server drains its effects after every input."""

    def __init__(self, logs: Sequence[Sequence[int]], max_entries: int | None = None) -> None:
        self.names = names(len(logs))
        self.max_entries = max_entries
        self.under_way: list[Message] = []
        self.storages: Mapping[str, MemoryStorage] = {name: MemoryStorage() for name in self.names}
        self.servers: dict[str, Raft] = {}
        for name, log in zip(self.names, logs, strict=True):
            storage = self.storages[name]
            storage.write(TermVote(max(log, default=0), None))
            storage.write(Append(0, entries(*log)))
            storage.sync()
            self.restart(name)

    def __getitem__(self, name: str) -> Raft:
        return self.servers[name]

    def logs(self) -> list[tuple[int, ...]]:
        return [terms(self[name].log) for name in self.names]

    def restart(self, name: str) -> None:
        """The server starts from its storage, whether it ran before or not."""
        self.storages[name].crash()
        self.servers[name] = Raft(name, self.names, self.storages[name].load(), self.max_entries)

    def election_timeout(self, name: str) -> None:
        self[name].election_timeout()
        self.drain(name)

    def heartbeat_timeout(self, name: str) -> None:
        self[name].heartbeat_timeout()
        self.drain(name)

    def request(self, name: str, value: bytes = b"") -> None:
        assert self[name].request(value), f"{name} is no leader"
        self.drain(name)

    def drain(self, name: str) -> None:
        drain(self[name], self.storages[name], self.under_way.append)

    def deliver_all(self, among: Collection[str] | None = None) -> None:
        """Until nothing is under way; what comes from or goes to a server outside `among` is lost."""
        reachable = self.names if among is None else among
        for _ in range(10_000):
            if not self.under_way:
                return
            message = self.under_way.pop(0)
            if message.source in reachable and message.dest in reachable:
                self[message.dest].receive(message)
                self.drain(message.dest)
        raise AssertionError(f"never quiet: {self.under_way}")

    def elect(self, name: str, votes: Collection[str]) -> None:
        """`name` becomes leader by these servers' votes (its own counts too); nobody hears that it leads."""
        self.election_timeout(name)
        while self.under_way and self[name].role == "Candidate":
            message = self.under_way.pop(0)
            if message.source in votes and message.dest in votes:
                self[message.dest].receive(message)
                self.drain(message.dest)
        assert self[name].role == "Leader", f"{name} has only the votes of {sorted(self[name].votes_granted)}"
        self.under_way.clear()


def elected(count: int = 3, max_entries: int | None = None) -> Cluster:
    """n1 leads term 1, and everybody knows; logs are empty."""
    cluster = Cluster([()] * count, max_entries)
    cluster.election_timeout("n1")
    cluster.deliver_all()
    return cluster


FIGURE_7_LEADER = (1, 1, 1, 4, 4, 5, 5, 6, 6, 6)
FIGURE_7_FOLLOWERS = {
    "a": (1, 1, 1, 4, 4, 5, 5, 6, 6),
    "b": (1, 1, 1, 4),
    "c": (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6),
    "d": (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7),
    "e": (1, 1, 1, 4, 4, 4, 4),
    "f": (1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3),
}


def figure_7() -> Cluster:
    """n1 leads term 8, n2 to n7 are the followers (a) to (f); nobody has heard yet that it leads.

    Term 7 was that of (d), which n1 only knew as a candidate. (c) and (d) have later logs and cannot
    have voted for n1.
    """
    cluster = Cluster([FIGURE_7_LEADER, *FIGURE_7_FOLLOWERS.values()])
    cluster.election_timeout("n1")
    cluster.under_way.clear()
    cluster.elect("n1", votes=("n1", "n2", "n3", "n6", "n7"))
    return cluster


def figure_8(at: str) -> Cluster:
    """The moments (a), (b) and (c) of Figure 8: n1 to n5 are S1 to S5, a crashed server hears nothing.

    (a) S1 leads term 2 and has replicated index 2 to S2 alone. (b) S1 is down; S5 leads term 3 by the
    votes of S3 and S4, and has another entry at index 2. (c) S5 is down; S1 is back, leads term 4 and has
    replicated its entry of term 2 to S3 as well: a majority.
    """
    cluster = Cluster([(1,)] * 5)
    cluster.elect("n1", votes=("n1", "n2", "n3"))
    cluster.request("n1")
    cluster.deliver_all(among=("n1", "n2"))
    if at == "a":
        return cluster
    cluster.election_timeout("n5")  # term 2 again, in which most have voted
    cluster.deliver_all(among=("n5",))
    cluster.elect("n5", votes=("n3", "n4", "n5"))
    cluster.request("n5")
    cluster.deliver_all(among=("n5",))
    if at == "b":
        return cluster
    cluster.restart("n1")
    cluster.election_timeout("n1")  # term 3 again
    cluster.deliver_all(among=("n1",))
    cluster.elect("n1", votes=("n1", "n2", "n3"))
    cluster.heartbeat_timeout("n1")
    cluster.deliver_all(among=("n1", "n2", "n3"))
    return cluster
