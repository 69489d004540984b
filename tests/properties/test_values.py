"""What a node hands out stays as it was: payloads and disk contents travel by value."""

import enum
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from raftcheck.properties.byvalue import by_value, is_immutable
from raftcheck.properties.disk import Disk
from raftcheck.traces.events import Entry


@dataclass(frozen=True)
class Frozen:
    content: Any


@dataclass(frozen=True, slots=True)
class FrozenSlots:
    content: Any
    more: int = 0


@dataclass
class Loose:
    content: Any


class Changing(msgspec.Struct):
    content: int


class Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        *(1, "text", b"bytes", None, True, Colour.RED),
        *((), (1, ("a", b"b")), frozenset({1})),
        *(Frozen(1), FrozenSlots((1,)), FrozenSlots(Frozen("deep")), Entry(1, "v1")),
    ],
)
def test_what_cannot_change_is_shared(value: object) -> None:
    assert by_value(value) is value


@pytest.mark.parametrize(
    "value",
    [[1], {"a": 1}, {1}, bytearray(b"x"), ([],), Frozen([1]), FrozenSlots([1]), Loose(1), Changing(1)],
)
def test_what_can_change_is_copied(value: object) -> None:
    copied = by_value(value)
    assert copied is not value
    assert copied == value


def test_a_frozen_value_that_smuggles_more_than_its_fields_is_copied() -> None:
    value = Frozen(1)
    object.__setattr__(value, "smuggled", [])
    assert not is_immutable(value)


def test_a_crash_loses_what_was_not_synced() -> None:
    disk = Disk()
    disk.write("term", 1)
    disk.sync()
    disk.write("term", 2)
    disk.crash(keep=0)
    assert disk.read("term") == 1


def test_a_crash_may_keep_the_first_of_the_writes_that_were_not_synced() -> None:
    disk = Disk()
    disk.write("term", 1)
    disk.write("log", "a")
    disk.write("log", "b")
    disk.crash(keep=2)
    assert (disk.read("term"), disk.read("log")) == (1, "a")


def test_an_erasure_is_a_write_like_any_other() -> None:
    disk = Disk()
    disk.write("vote", "n1")
    disk.sync()
    disk.erase("vote")
    assert disk.names() == ()
    disk.crash(keep=0)
    assert disk.names() == ("vote",)
    disk.erase("vote")
    disk.sync()
    disk.crash(keep=0)
    assert disk.names() == ()


def test_a_server_reads_what_it_wrote_before_it_is_synced() -> None:
    disk = Disk()
    disk.write("term", 1)
    assert disk.read("term") == 1


def test_the_disk_does_not_change_with_the_value_that_was_written_or_read() -> None:
    disk = Disk()
    log = ["a"]
    disk.write("log", log)
    log.append("b")
    disk.read("log").append("c")
    assert disk.read("log") == ["a"]
