"""The simulated cluster: which events come of which actions, and what a crash leaves."""

from typing import Any

import pytest

from raftcheck.properties.adapters.reference import reference
from raftcheck.properties.cluster import Cluster
from raftcheck.properties.finding import Finding
from raftcheck.properties.lockstep import run
from raftcheck.properties.node import Caps, Env
from raftcheck.properties.scheduler import draw_plan, generator_of
from raftcheck.properties.schedules import (
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
)
from raftcheck.traces.events import Entry, Event, RequestVoteRequest, RequestVoteResponse

from .nodes import Counting, Linked, Making, do

TICK = Timeout("n1", "tick")
STREAMS = Caps(network="stream", links=True)


def elected(*servers: str) -> Cluster:
    """A cluster of the reference that n1 leads in term 1, with its first heartbeats in flight."""
    cluster = Cluster(reference, servers, {})
    cluster.start()
    cluster.step(Timeout("n1", "election"))
    for peer in servers[1:]:
        cluster.step(Deliver("n1", peer, 1))
        cluster.step(Deliver(peer, "n1", 1))
    return cluster


def only(events: tuple[Event, ...] | None) -> Event:
    assert events is not None
    assert len(events) == 1
    return events[0]


def test_every_server_shows_its_first_state() -> None:
    events = Cluster(reference, ("n1", "n2"), {}).start()
    assert [(event.event, event.server) for event in events] == [("Init", "n1"), ("Init", "n2")]
    assert all(event.state is not None and event.state.log == () for event in events)


def test_a_timeout_shows_timer_sends_and_state() -> None:
    cluster = Cluster(reference, ("n1", "n2"), {})
    cluster.start()
    event = only(cluster.step(Timeout("n1", "election")))
    assert (event.event, event.server, event.timer) == ("Timeout", "n1", "election")
    assert event.sends == (RequestVoteRequest("n1", "n2", 1, 0, 0),)
    assert event.state is not None
    assert (event.state.role, event.state.current_term, event.state.voted_for) == ("Candidate", 1, "n1")


def test_a_delivery_shows_the_message_that_was_received() -> None:
    cluster = Cluster(reference, ("n1", "n2"), {})
    cluster.start()
    cluster.step(Timeout("n1", "election"))
    event = only(cluster.step(Deliver("n1", "n2", 1)))
    assert event.event == "Receive"
    assert event.message == RequestVoteRequest("n1", "n2", 1, 0, 0)
    assert event.sends == (RequestVoteResponse("n2", "n1", 1, True),)


def test_an_accepted_request_shows_its_value_and_a_refused_one_nothing() -> None:
    cluster = elected("n1", "n2")
    event = only(cluster.step(Request("n1", "v1")))
    assert (event.event, event.value) == ("ClientRequest", "v1")
    assert event.state is not None
    assert event.state.log == (Entry(1, "v1"),)
    assert cluster.step(Request("n2", "v2")) == ()


def test_duplicates_and_drops_are_events_of_the_receiver() -> None:
    cluster = Cluster(reference, ("n1", "n2"), {})
    cluster.start()
    cluster.step(Timeout("n1", "election"))
    for action, name in (
        (Duplicate("n1", "n2", 1), "DuplicateMessage"),
        (Drop("n1", "n2", 1), "DropMessage"),
    ):
        event = only(cluster.step(action))
        assert (event.event, event.server, event.state) == (name, "n2", None)
        assert isinstance(event.message, RequestVoteRequest)
    assert cluster.step(Deliver("n1", "n2", 1)) is not None
    assert cluster.step(Deliver("n1", "n2", 1)) is None


@pytest.mark.parametrize(
    "action",
    [
        Deliver("n1", "n2", 1),
        Deliver("n1", "n9", 1),
        Duplicate("n1", "n2", 9),
        Drop("n2", "n1", 1),
        Timeout("n1", "heartbeat"),
        Timeout("n9", "election"),
        Restart("n1"),
        Request("n9", "v1"),
        Crash("n9"),
        Heal(),
    ],
)
def test_an_action_that_is_not_enabled_does_nothing(action: Action) -> None:
    cluster = Cluster(reference, ("n1", "n2"), {})
    cluster.start()
    before = {server.name: server.state for server in cluster.servers.values()}
    assert cluster.step(action) is None
    assert {server.name: server.state for server in cluster.servers.values()} == before


def test_a_server_that_is_down_does_nothing_until_it_is_restarted() -> None:
    cluster = elected("n1", "n2")
    assert only(cluster.step(Crash("n1"))) == Event(event="Crash", server="n1", sends=())
    for action in (Timeout("n1", "heartbeat"), Request("n1", "v1"), Crash("n1"), Deliver("n2", "n1", 1)):
        assert cluster.step(action) is None
    event = only(cluster.step(Restart("n1")))
    assert event.event == "Restart"
    assert event.state is not None
    assert (event.state.role, event.state.current_term, event.state.voted_for) == ("Follower", 1, "n1")


def test_servers_in_different_groups_do_not_reach_each_other() -> None:
    cluster = elected("n1", "n2")
    assert cluster.step(Partition((("n1",), ("n2",)))) == ()
    assert cluster.step(Deliver("n1", "n2", 2)) is None
    assert cluster.step(Heal()) == ()
    assert cluster.step(Deliver("n1", "n2", 2)) is not None


# A tick of Counting is five operations: two writes, sync, and with three servers two sends.


@pytest.mark.parametrize(
    ("after", "keep", "count", "twice", "sends"),
    [
        (1, 0, 0, 0, 0),
        (2, 0, 0, 0, 0),
        (2, 1, 1, 0, 0),
        (3, 0, 0, 0, 0),
        (3, 1, 1, 0, 0),
        (3, 2, 1, 2, 0),
        (3, 9, 1, 2, 0),
        (4, 0, 1, 2, 0),
        (5, 0, 1, 2, 1),
    ],
)
def test_a_crash_comes_in_place_of_an_operation_and_keeps_what_was_synced_and_the_first_writes(
    after: int, keep: int, count: int, twice: int, sends: int
) -> None:
    cluster = Cluster(Making(Counting), ("n1", "n2", "n3"), {})
    cluster.start()
    assert cluster.step(Crash("n1", after, keep)) == ()
    event = only(cluster.step(TICK))
    assert (event.event, event.server, event.timer, event.state) == ("Crash", "n1", "tick", None)
    assert len(cluster.network.flight) == sends
    disk = cluster.servers["n1"].disk
    assert (disk.names() and disk.read("count")) == (count or ())
    assert (disk.read("twice") if "twice" in disk.names() else 0) == twice
    assert only(cluster.step(Restart("n1"))).state is not None
    assert cluster.servers["n1"].state.current_term == count  # type: ignore[union-attr]


def test_a_crash_may_wait_for_a_later_call() -> None:
    cluster = Cluster(Making(Counting), ("n1", "n2"), {})
    cluster.start()
    cluster.step(Crash("n1", 5))  # a tick is four operations here
    assert only(cluster.step(TICK)).event == "Timeout"
    assert only(cluster.step(TICK)).event == "Crash"


def test_what_was_written_and_never_synced_is_lost_in_a_quiet_crash() -> None:
    class Lazy(Counting):
        def fire(self, timer: str) -> None:
            self.count += 1
            self.env.disk["count"] = self.count

    for keep, count in ((0, 0), (1, 1), (2, 2)):
        outcome = do(Lazy, TICK, TICK, Crash("n1", 0, keep), Restart("n1"))
        assert outcome.events[-1].state is not None
        assert outcome.events[-1].state.current_term == count


def test_a_node_cannot_survive_its_crash_by_catching_everything() -> None:
    class Stubborn(Counting):
        def fire(self, timer: str) -> None:
            for _ in range(3):
                try:
                    super().fire(timer)
                except BaseException:
                    continue

    outcome = do(Stubborn, Crash("n1", 2), TICK, Restart("n1"))
    assert outcome.failure is None
    assert [event.event for event in outcome.events[2:]] == ["Crash", "Restart"]
    assert outcome.events[-1].state is not None
    assert outcome.events[-1].state.current_term == 0


def test_what_a_node_raises_after_its_crash_is_not_held_against_it() -> None:
    class Upset(Counting):
        def fire(self, timer: str) -> None:
            try:
                super().fire(timer)
            finally:
                raise ValueError("cannot go on")

    assert do(Upset, Crash("n1", 1), TICK).failure is None


def test_nodes_are_told_whether_they_are_fresh_and_are_stopped_in_the_end() -> None:
    making = Making(Counting)
    cluster = Cluster(making, ("n1", "n2"), {})
    cluster.start()
    cluster.step(Crash("n2"))
    cluster.step(Restart("n2"))
    cluster.close()
    assert making.fresh == [True, True, False]
    assert [node.stopped for node in making.nodes] == [True, True, True]


def test_payloads_do_not_change_with_their_sender() -> None:
    class Sharing(Counting):
        def fire(self, timer: str) -> None:
            payload = ["fresh"]
            for peer in self.env.peers:
                self.env.send(peer, payload)
            payload.append("changed by the sender")

    making = Making(Sharing)
    cluster = Cluster(making, ("n1", "n2"), {})
    cluster.start()
    cluster.step(TICK)
    cluster.step(Deliver("n1", "n2", 1))
    assert making.nodes[1].heard == [["fresh"]]


def test_what_was_seen_does_not_change_with_the_node() -> None:
    cluster = elected("n1", "n2")
    state = cluster.servers["n1"].state
    assert state is not None
    cluster.step(Request("n1", "v1"))
    cluster.step(Deliver("n1", "n2", 3))
    cluster.step(Deliver("n2", "n1", 2))
    assert (state.next_index, state.match_index) == ({"n2": 1}, {"n2": 0})
    assert cluster.servers["n1"].state.match_index == {"n2": 1}  # type: ignore[union-attr]


def test_a_payload_without_a_view_leaves_the_sends_unobserved() -> None:
    outcome = do(Counting, TICK, Deliver("n1", "n2", 1))
    assert [event.sends for event in outcome.events] == [(), (), None, ()]
    assert outcome.events[-1].message is None


def test_a_node_sees_the_configuration_and_cannot_change_it() -> None:
    seen: list[Any] = []

    class Configured(Counting):
        def __init__(self, env: Env) -> None:
            super().__init__(env)
            seen.append(env.config["max_entries"])
            with pytest.raises(TypeError):
                env.config["max_entries"] = 3  # type: ignore[index]

    Cluster(Making(Configured), ("n1",), {"max_entries": 2}).start()
    assert seen == [2]


def test_an_implementation_without_a_disk_is_not_crashed_by_the_scheduler() -> None:
    caps = Caps(durable=False)
    assert all(draw_plan(generator_of(0, index), caps).weights.crash == 0 for index in range(50))


def told(events: tuple[Event, ...] | None) -> list[tuple[str, str | None]]:
    """Which servers were told of a stream, and what."""
    assert events is not None
    return [(event.server, event.timer) for event in events if event.timer and event.timer.startswith("link")]


def test_each_server_is_told_which_streams_are_made_and_broken() -> None:
    cluster = Cluster(Making(Linked, STREAMS), ("n1", "n2", "n3"), {})
    first = cluster.start()
    assert [event.event for event in first] == 3 * ["Init"] + 6 * ["Timeout"]
    assert told(first)[:3] == [("n1", "link n2 up"), ("n1", "link n3 up"), ("n2", "link n1 up")]
    cut = [("n1", "link n2 down"), ("n1", "link n3 down"), ("n2", "link n1 down"), ("n3", "link n1 down")]
    assert told(cluster.step(Partition((("n1",), ("n2", "n3"))))) == cut
    assert told(cluster.step(TICK)) == []
    another = [("n1", "link n2 up"), ("n2", "link n1 up"), ("n2", "link n3 down"), ("n3", "link n2 down")]
    assert told(cluster.step(Partition((("n1", "n2"), ("n3",))))) == another
    assert told(cluster.step(Crash("n2"))) == [("n1", "link n2 down")]
    assert told(cluster.step(Heal())) == [("n1", "link n3 up"), ("n3", "link n1 up")]
    back = [("n1", "link n2 up"), ("n2", "link n1 up"), ("n2", "link n3 up"), ("n3", "link n2 up")]
    assert told(cluster.step(Restart("n2"))) == back
    assert cluster.step(Heal()) is None


def test_a_server_may_crash_as_it_is_told_of_a_stream() -> None:
    cluster = Cluster(Making(Linked, STREAMS), ("n1", "n2"), {})
    cluster.start()
    cluster.step(Crash("n1", 1))
    events = cluster.step(Partition((("n1",), ("n2",))))
    assert events is not None
    assert [(event.event, event.server) for event in events] == [("Crash", "n1"), ("Timeout", "n2")]
    assert told(cluster.step(Restart("n1"))) == []


def test_who_is_to_be_told_of_streams_must_listen() -> None:
    outcome = run(Making(Counting, STREAMS), ("n1", "n2"), {}, [])
    assert isinstance(outcome.failure, Finding)
    assert outcome.failure.kind == "start"
    assert "has no link()" in outcome.failure.seen


def test_servers_without_links_are_told_nothing() -> None:
    cluster = Cluster(Making(Counting), ("n1", "n2"), {})
    assert told(cluster.start()) == []
    assert told(cluster.step(Partition((("n1",), ("n2",))))) == []
