"""The three models of the network: what may happen to a message under each, and what may not."""

import pytest

from raftcheck.properties.network import Network
from raftcheck.properties.node import Network as Model

SERVERS = ("n1", "n2", "n3")


def network(model: Model, count: int = 3) -> Network:
    """With messages 1, 2, ... in flight from n1 to n2."""
    made = Network(model, SERVERS)
    for number in range(1, count + 1):
        made.send("n1", "n2", f"payload {number}", None)
    return made


def numbers(made: Network) -> list[int]:
    return [packet.number for packet in made.arrivals()]


def take(made: Network, number: int) -> object:
    packet = made.find("n1", "n2", number)
    assert packet is not None
    return made.take(packet)


def test_a_datagram_may_overtake_another() -> None:
    made = network("datagram")
    assert numbers(made) == [1, 2, 3]
    assert take(made, 2) == "payload 2"
    assert numbers(made) == [1, 3]


@pytest.mark.parametrize("model", ["stream", "stream+gaps"])
def test_a_stream_delivers_in_the_order_of_sending(model: Model) -> None:
    made = network(model)
    assert numbers(made) == [1]
    take(made, 1)
    assert numbers(made) == [2]


def test_streams_between_different_servers_do_not_wait_for_each_other() -> None:
    made = network("stream")
    made.send("n2", "n1", "back", None)
    made.send("n1", "n3", "elsewhere", None)
    assert [(packet.source, packet.dest) for packet in made.arrivals()] == [
        ("n1", "n2"),
        ("n2", "n1"),
        ("n1", "n3"),
    ]


@pytest.mark.parametrize(
    ("model", "duplicates", "drops"),
    [("datagram", True, True), ("stream", False, False), ("stream+gaps", False, True)],
)
def test_only_datagrams_are_duplicated_and_streams_lose_no_single_message(
    model: Model, duplicates: bool, drops: bool
) -> None:
    made = network(model)
    assert (made.can_duplicate, made.can_drop) == (duplicates, drops)


def test_after_a_gap_a_stream_goes_on_with_the_next_message() -> None:
    made = network("stream+gaps")
    take(made, 1)
    assert numbers(made) == [2]


def test_a_cut_only_delays_datagrams() -> None:
    made = network("datagram")
    made.cut([("n1",), ("n2", "n3")])
    made.send("n1", "n2", "payload 4", None)
    assert numbers(made) == []
    assert made.heal()
    assert numbers(made) == [1, 2, 3, 4]


@pytest.mark.parametrize("model", ["stream", "stream+gaps"])
def test_a_cut_loses_what_a_stream_had_in_flight_and_what_is_sent_meanwhile(model: Model) -> None:
    made = network(model)
    made.cut([("n1",), ("n2", "n3")])
    made.send("n1", "n2", "payload 4", None)
    assert made.heal()
    made.send("n1", "n2", "payload 5", None)
    assert numbers(made) == [5]


def test_a_cut_leaves_the_links_within_a_group_alone() -> None:
    made = network("stream")
    made.cut([("n1", "n2"), ("n3",)])
    assert numbers(made) == [1]


def test_a_datagram_for_a_server_that_is_down_waits_for_it() -> None:
    made = network("datagram")
    made.down("n2")
    assert numbers(made) == []
    made.up("n2")
    assert numbers(made) == [1, 2, 3]


def test_a_stream_to_a_server_that_crashes_is_lost() -> None:
    made = network("stream")
    made.down("n2")
    made.up("n2")
    assert made.flight == []


def test_what_a_server_sent_before_it_crashed_may_arrive_until_it_is_back() -> None:
    made = network("stream")
    made.down("n1")
    assert numbers(made) == [1]
    made.up("n1")
    assert made.flight == []


def test_a_message_keeps_its_number_whatever_is_lost_around_it() -> None:
    made = network("datagram")
    take(made, 1)
    made.send("n1", "n2", "payload 4", None)
    assert numbers(made) == [2, 3, 4]
    assert made.find("n1", "n2", 1) is None


def test_each_copy_of_a_duplicated_message_is_a_value_of_its_own() -> None:
    made = Network("datagram", SERVERS)
    made.send("n1", "n2", ["mutable"], None)
    packet = made.find("n1", "n2", 1)
    assert packet is not None
    packet.copies += 1
    first = made.take(packet)
    first.append("changed by the receiver")
    assert made.take(packet) == ["mutable"]
    assert made.flight == []
