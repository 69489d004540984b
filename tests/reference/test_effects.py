"""Figure 2: persistent state is updated on stable storage before a server responds; a restart finds it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftcheck.reference.driver import drain
from raftcheck.reference.messages import (
    AppendEntriesRequest,
    Entry,
    RequestVoteRequest,
    RequestVoteResponse,
)
from raftcheck.reference.raft import Effects, Raft
from raftcheck.reference.stable import Append, Record, Stable, TermVote, replay
from raftcheck.reference.storage import MemoryStorage

from .cluster import Cluster, candidate, elected, entries, names, server


class Recorder:
    """A storage and a network that write down what is done to them, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def load(self) -> Stable:
        return Stable()

    def write(self, record: Record) -> None:
        self.done.append(f"write {type(record).__name__}")

    def sync(self) -> None:
        self.done.append("sync")

    def send(self, message: object) -> None:
        self.done.append(f"send {type(message).__name__}")


# What is promised is recorded


@pytest.mark.parametrize(
    ("raft", "act", "records"),
    [
        pytest.param(
            server(term=4),
            lambda raft: raft.receive(RequestVoteRequest("n2", "n1", 4, 0, 0)),
            (TermVote(4, "n2"),),
            id="a vote",
        ),
        pytest.param(
            server(term=4),
            lambda raft: raft.receive(RequestVoteRequest("n2", "n1", 5, 0, 0)),
            (TermVote(5, None), TermVote(5, "n2")),
            id="a vote in a new term",
        ),
        pytest.param(
            server(2, term=4),
            lambda raft: raft.receive(RequestVoteRequest("n2", "n1", 5, 0, 0)),
            (TermVote(5, None),),
            id="a refusal in a new term",
        ),
        pytest.param(
            server(term=4, voted_for="n2"),
            lambda raft: raft.receive(RequestVoteRequest("n2", "n1", 4, 0, 0)),
            (),
            id="the same vote again",
        ),
        pytest.param(
            server(term=4), Raft.election_timeout, (TermVote(5, "n1"),), id="a candidate's own vote"
        ),
        pytest.param(
            server(1, 1, term=2),
            lambda raft: raft.receive(AppendEntriesRequest("n2", "n1", 2, 1, 1, entries(2, 2), 0)),
            (Append(1, entries(2, 2)),),
            id="entries that conflict",
        ),
        pytest.param(
            server(1, 1),
            lambda raft: raft.receive(AppendEntriesRequest("n2", "n1", 1, 0, 0, entries(1), 1)),
            (),
            id="entries that are there",
        ),
    ],
)
def test_what_an_answer_promises_is_recorded(
    raft: Raft, act: Callable[[Raft], None], records: tuple[Record, ...]
) -> None:
    """Figure 2: currentTerm, votedFor and log[] are persistent; commitIndex is volatile."""
    act(raft)
    assert raft.take_effects().records == records


def test_a_leader_records_its_own_entry() -> None:
    """§5.3: it counts itself towards the majority that stores the entry."""
    raft = candidate()
    raft.receive(RequestVoteResponse("n2", "n1", 1, True))
    raft.request(b"x")
    assert raft.take_effects().records == (Append(0, (Entry(1, b"x"),)),)


def test_effects_are_handed_out_once() -> None:
    raft = server()
    raft.election_timeout()
    assert raft.take_effects() != Effects((), ())
    assert raft.take_effects() == Effects((), ())


# Persist, then send


def test_nothing_is_sent_before_all_is_written_and_synced() -> None:
    """Figure 2."""
    recorder = Recorder()
    raft = server(1, term=1)
    raft.receive(AppendEntriesRequest("n2", "n1", 2, 0, 0, entries(2), 0))
    raft.receive(AppendEntriesRequest("n2", "n1", 2, 1, 2, (), 0))
    drain(raft, recorder, recorder.send)
    assert recorder.done == [
        "write TermVote",
        "write Append",
        "sync",
        "send AppendEntriesResponse",
        "send AppendEntriesResponse",
    ]


def test_without_a_new_promise_nothing_is_synced() -> None:
    recorder = Recorder()
    raft = server(1)
    raft.receive(AppendEntriesRequest("n2", "n1", 1, 1, 1, (), 1))
    drain(raft, recorder, recorder.send)
    assert recorder.done == ["send AppendEntriesResponse"]


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_nothing_is_sent_when_the_storage_fails(operation: str) -> None:
    """Figure 2: an answer would promise what the server will have forgotten."""

    class Failing(Recorder):
        def write(self, record: Record) -> None:
            super().write(record)
            if operation == "write":
                raise OSError("disk")

        def sync(self) -> None:
            raise OSError("disk")

    recorder = Failing()
    raft = server()
    raft.election_timeout()
    with pytest.raises(OSError, match="disk"):
        drain(raft, recorder, recorder.send)
    assert recorder.done == ["write TermVote"]


# Restart


def test_a_restart_keeps_term_vote_and_log_and_nothing_else() -> None:
    """Figure 2, raft.tla!Restart."""
    cluster = elected()
    cluster.request("n1", b"x")
    cluster.deliver_all()
    cluster.restart("n1")
    raft = cluster["n1"]
    assert (raft.current_term, raft.voted_for, raft.log) == (1, "n1", [Entry(1, b"x")])
    assert (raft.role, raft.commit_index, raft.votes_granted) == ("Follower", 0, frozenset())


def test_a_server_does_not_vote_twice_in_a_term_even_if_it_restarts() -> None:
    """§5.2, Figure 2."""
    cluster = Cluster([()] * 3)
    cluster.election_timeout("n2")
    cluster.deliver_all(among=("n1", "n2"))
    cluster.restart("n1")
    cluster["n1"].receive(RequestVoteRequest("n3", "n1", 1, 0, 0))
    assert cluster["n1"].take_effects().messages == (RequestVoteResponse("n1", "n3", 1, False),)


def test_records_that_a_crash_kept_without_the_rest_are_a_state_between_two_actions() -> None:
    """The new term alone is UpdateTerm; between the old log and the merged one there is nothing."""
    raft = server(1, 1)
    raft.receive(AppendEntriesRequest("n2", "n1", 2, 1, 1, entries(2), 0))
    records = raft.take_effects().records
    before = (TermVote(1, None), Append(0, entries(1, 1)))
    assert replay((*before, *records[:1])) == Stable(2, None, entries(1, 1))
    assert replay((*before, *records)) == Stable(2, None, entries(1, 2))


def test_memory_storage_loses_in_a_crash_what_was_not_synced() -> None:
    storage = MemoryStorage()
    storage.write(TermVote(1, "n1"))
    storage.sync()
    storage.write(TermVote(2, "n2"))
    storage.crash()
    storage.sync()
    assert storage.load() == Stable(1, "n1", ())


def test_memory_storage_may_keep_the_first_records_of_those_not_synced() -> None:
    storage = MemoryStorage()
    storage.write(TermVote(1, "n1"))
    storage.write(Append(0, entries(1)))
    storage.write(TermVote(2, "n2"))
    storage.crash(keep=2)
    assert storage.load() == Stable(1, "n1", entries(1))


steps = st.sampled_from(names(3)).flatmap(
    lambda name: st.tuples(st.sampled_from(("timeout", "heartbeat", "request", "restart")), st.just(name))
) | st.tuples(st.sampled_from(("deliver", "deliver", "duplicate", "lose")), st.integers(0, 9))


@given(st.lists(steps, max_size=80))
def test_the_storage_always_says_what_the_server_remembers(schedule: list[tuple[str, str | int]]) -> None:
    """Figure 2: else a restart would forget a promise."""
    cluster = Cluster([()] * 3)
    for step in schedule:
        match step:
            case ("timeout", str(name)):
                cluster.election_timeout(name)
            case ("heartbeat", str(name)):
                cluster.heartbeat_timeout(name)
            case ("request", str(name)):
                cluster[name].request(b"x")
                cluster.drain(name)
            case ("restart", str(name)):
                cluster.restart(name)
            case (what, int(number)) if cluster.under_way:
                message = cluster.under_way.pop(number % len(cluster.under_way))
                if what == "duplicate":
                    cluster.under_way.append(message)
                if what != "lose":
                    cluster[message.dest].receive(message)
                    cluster.drain(message.dest)
        for name in cluster.names:
            raft = cluster[name]
            assert cluster.storages[name].load() == Stable(raft.current_term, raft.voted_for, tuple(raft.log))
