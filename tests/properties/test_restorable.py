"""Targets whose servers start in given states: drivers as well, and what they may do wrong about it."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import pytest

from raftcheck.properties.adapters.teaching import Teaching
from raftcheck.properties.adapters.teaching import implementation as teaching
from raftcheck.properties.cluster import Cluster
from raftcheck.properties.finding import Misbehaviour
from raftcheck.properties.node import Message, NodeState
from raftcheck.properties.onestep import AbstractState, beginning
from raftcheck.properties.scenes import Scene, after_crash, wrong_scene
from raftcheck.properties.schedules import Schedule, server_names, to_json
from raftcheck.properties.stdio import Stdio
from raftcheck.properties.synthesis import LAST_TERM, run_scene, states_of
from raftcheck.traces.events import Entry, Other, RequestVoteRequest
from raftcheck.traces.validate import Validator

from .test_cli import CommandLine, raftcheck

__all__ = ["raftcheck"]

DRIVER = Path(__file__).with_name("teaching_driver.py")
SERVERS = server_names(3)


def command(fault: str = "") -> tuple[str, ...]:
    """The end of a command line, which has that driver as its target."""
    return "--", sys.executable, str(DRIVER), fault


def a_scene(*messages: Message) -> Scene:
    log = (Entry(1, "v1"), Entry(2, "base64:/wD+"))
    states = {
        "n1": NodeState(current_term=2, voted_for="n2", log=log),
        "n2": NodeState(current_term=2, voted_for="n2", log=log[:1]),
        "n3": NodeState(current_term=0, voted_for="", log=()),
    }
    return Scene({name: after_crash(state) for name, state in states.items()}, messages)


def test_a_driver_starts_where_the_scene_is() -> None:
    stdio = Stdio(command()[1:])
    asks = RequestVoteRequest("n2", "n1", 2, 1, 1)
    cluster = Cluster(stdio, SERVERS, {})
    events = cluster.resume(a_scene(asks))
    assert {event.server: event.state for event in events} == a_scene().states
    disk = cluster.servers["n1"].disk
    assert (disk.read("vote"), disk.is_synced) == (b'[2,"n2"]', True)
    (packet,) = cluster.network.flight
    assert packet.view == asks
    cluster.close()
    stdio.close()


def test_a_driver_that_conforms_does_so_a_step_from_any_state(raftcheck: CommandLine) -> None:
    ended = raftcheck("synth", "LongSuffix", "--states", "15", "--json", *command())
    assert ended.status == 0, ended.out
    assert (ended.answer["states"], ended.answer["handlers"]) == (15, 60)
    assert ended.answer["actions"]["HandleAppendEntriesRequest"] > 0
    same = raftcheck("synth", "LongSuffix", "teaching", "--states", "15", "--json")
    assert ended.answer["actions"] == same.answer["actions"]


def test_a_divergence_of_a_driver_is_kept_and_replayed(raftcheck: CommandLine) -> None:
    ended = raftcheck("synth", "SplitVote", "--states", "60", "--json", *command("forgiving"))
    assert ended.status == 1
    failure = ended.answer["failure"]
    assert (failure["kind"], failure["name"]) == ("refusal", "HandleRequestVoteRequest")
    assert "in flight: RequestVoteRequest" in Path(failure["schedule"]).with_name("report.txt").read_text()
    again = raftcheck("replay", failure["schedule"], "--json", *command("forgiving"))
    assert again.status == 1
    assert again.answer["failure"]["report"] == failure["report"]
    assert raftcheck("replay", failure["schedule"], *command()).status == 0


@pytest.mark.parametrize(
    ("fault", "kind", "seen"),
    [
        (
            "store rubbish",
            "protocol",
            "Expected `object`, got `int` - at `$.disk`; the driver answered store by",
        ),
        ("store error", "exception", "error 'what is a vote?' in answer to store"),
        ("store forgets", "start", "voted_for ''"),
        ("payload rubbish", "protocol", "got `array`; the driver answered payload by"),
        ("payload error", "exception", "error 'what is a view?' in answer to payload"),
        ("payload exits", "exit", "the driver ended with status 1, asked for payload"),
    ],
)
def test_what_a_driver_answers_wrong_is_a_finding(
    raftcheck: CommandLine, fault: str, kind: str, seen: str
) -> None:
    ended = raftcheck("synth", "LongSuffix", "--states", "20", "--json", *command(fault))
    assert ended.status == 1
    failure = ended.answer["failure"]
    assert (failure["kind"], failure["name"]) == ("finding", kind)
    (line,) = [line for line in failure["report"].splitlines() if line.startswith("  seen")]
    assert seen in line
    assert "when: the start in a given state" in failure["report"]


def test_what_cannot_make_a_message_is_accused() -> None:
    class Mute(Teaching):
        def payload_of(self, view: Message) -> Message:
            raise LookupError("no words")

    cluster = Cluster(Mute(), SERVERS, {})
    with pytest.raises(Misbehaviour) as accused:
        cluster.resume(a_scene(RequestVoteRequest("n2", "n1", 2, 1, 1)))
    finding = accused.value.finding
    assert (finding.server, finding.kind) == ("n2", "exception")
    assert "LookupError('no words')" in finding.seen


@pytest.mark.parametrize("arguments", [("synth", "Figure8"), ("replay", "scene.json")])
def test_a_driver_that_does_not_say_so_is_not_asked(
    raftcheck: CommandLine, arguments: tuple[str, ...]
) -> None:
    Path("scene.json").write_bytes(to_json(Schedule(SERVERS, (), scene=a_scene())))
    counting = ("--", sys.executable, str(DRIVER.with_name("counting_driver.py")))
    ended = raftcheck(*arguments, *counting)
    assert ended.status == 2
    assert "cannot be started from a given state: its caps are without `restorable`" in ended.err
    assert ended.err.count("\n") == 1


def test_who_says_so_must_have_what_it_takes(raftcheck: CommandLine) -> None:
    Path("half_a_raft.py").write_text(
        "from raftcheck.properties.adapters.teaching import Teaching\n"
        "class Half(Teaching):\n    payload_of = None\n"
    )
    ended = raftcheck("synth", "Figure8", "half_a_raft:Half")
    assert ended.status == 2
    assert "caps.restorable = True without payload_of(); expected store() and payload_of()" in ended.err
    assert ended.err.count("\n") == 1


def test_other_is_no_message_of_a_scene() -> None:
    assert wrong_scene(a_scene(RequestVoteRequest("n2", "n1", 2, 1, 1)), SERVERS) is None
    wrong = wrong_scene(a_scene(Other("n2", "n1", 2)), SERVERS)
    assert wrong is not None
    assert wrong.startswith("messages[0]: Other")


def test_servers_that_can_only_come_back_are_followers_and_each_handler_is_run() -> None:
    made = states_of("Figure8", SERVERS, 1).states()
    state = AbstractState(next(made), SERVERS, range(LAST_TERM + 1))
    chance = random.Random(1)
    begun = [beginning(state, chance, durable=False, resumable=False) for _ in range(60)]
    assert {own.role for each in begun for own in each.scene.states.values()} == {"Follower"}
    judge = Validator(SERVERS)
    for each in begun:
        outcome = run_scene(teaching, Schedule(SERVERS, each.actions, scene=each.scene), judge)
        assert outcome.performed == list(each.actions)
    leads: Any = beginning(state, chance, durable=False).scene.states.values()
    assert "Leader" in {own.role for own in leads}
