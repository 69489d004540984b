"""A node that breaks a rule of the seam is reported as a finding, and never by an error of ours."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from raftcheck.properties.finding import Breach, Finding
from raftcheck.properties.lockstep import Outcome, run
from raftcheck.properties.node import (
    AppendEntriesRequest,
    Entry,
    Env,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)
from raftcheck.properties.schedules import Action, Crash, Request, Restart, Timeout

from .nodes import Counting, Making, do

TICK = Timeout("n1", "tick")


def finding(kind: Callable[[Env], Any], *actions: Action) -> Finding:
    outcome: Outcome = do(kind, *(actions or (TICK,)))
    assert isinstance(outcome.failure, Finding), outcome.failure
    assert outcome.failure.report()
    return outcome.failure


def firing(fire: Callable[[Env], object]) -> type[Counting]:
    """A node that does this when it ticks."""

    class Firing(Counting):
        def fire(self, timer: str) -> None:
            fire(self.env)

    return Firing


def showing(state: object) -> type[Counting]:
    """A node that shows this once it has ticked."""

    class Showing(Counting):
        def fire(self, timer: str) -> None:
            self.count = 1

        def state(self) -> Any:
            return state if self.count else NodeState()

    return Showing


def test_an_exception_is_reported_with_the_place_in_the_nodes_code() -> None:
    def fail(env: Env) -> None:
        raise ZeroDivisionError("by design")

    found = finding(firing(fail))
    assert (found.kind, found.server, found.action) == ("exception", "n1", "tick timer of n1 fires")
    assert "ZeroDivisionError('by design')" in found.seen
    assert "test_findings.py" in found.seen
    assert "cluster.py" not in found.seen


@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit(), RecursionError(), MemoryError()])
def test_no_exception_is_too_special_to_be_reported(error: BaseException) -> None:
    def fail(env: Env) -> None:
        raise error

    assert finding(firing(fail)).kind == "exception"


def test_an_exception_whose_text_raises_is_reported_as_well() -> None:
    class Unspeakable(Exception):
        def __repr__(self) -> str:
            raise ValueError("no words")

    def fail(env: Env) -> None:
        raise Unspeakable

    assert "Unspeakable" in finding(firing(fail)).seen


def test_an_adapter_may_say_itself_what_went_wrong_behind_it() -> None:
    def fail(env: Env) -> None:
        raise Breach("exit", "the process of the Raft ended", "a process that goes on")

    found = finding(firing(fail))
    assert (found.kind, found.seen) == ("exit", "the process of the Raft ended")
    assert found.expected == "a process that goes on"


def test_only_the_keyboard_interrupts_a_run() -> None:
    def interrupt(env: Env) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do(firing(interrupt), TICK)


def test_a_call_that_does_not_return_is_ended_and_reported() -> None:
    def hang(env: Env) -> None:
        while True:
            time.sleep(0.01)

    found = finding(firing(hang))
    assert (found.kind, found.server) == ("hang", "n1")


def test_a_start_that_fails_is_reported() -> None:
    def fail(env: Env) -> Counting:
        raise OSError("no such file")

    found = finding(fail)
    assert (found.kind, found.server, found.action) == ("exception", "n1", "the first start")


def test_a_start_that_returns_no_node_is_reported() -> None:
    found = finding(lambda env: None)
    assert found.kind == "start"
    assert "None" in found.seen
    assert "a Node" in found.expected


def test_a_restart_that_fails_is_reported() -> None:
    class Unrestartable(Counting):
        def __init__(self, env: Env) -> None:
            super().__init__(env)
            assert "count" not in env.disk

    found = finding(Unrestartable, TICK, Crash("n1"), Restart("n1"))
    assert (found.kind, found.action) == ("exception", "restart n1")


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        (None, "state() returned None"),
        ({"role": "Leader"}, "state() returned"),
        (NodeState(role="leader"), "role = 'leader'"),  # type: ignore[arg-type]
        (NodeState(current_term=-1), "current_term = -1"),
        (NodeState(current_term="1"), "current_term = '1'"),  # type: ignore[arg-type]
        (NodeState(current_term=True), "current_term = True"),
        (NodeState(commit_index=1.5), "commit_index = 1.5"),  # type: ignore[arg-type]
        (NodeState(voted_for="n9"), "voted_for = 'n9'"),
        (NodeState(voted_for=1), "voted_for = 1"),  # type: ignore[arg-type]
        (NodeState(log=[Entry(1, "v1")]), "log = [Entry"),  # type: ignore[arg-type]
        (NodeState(log=(Entry(1, b"v1"),)), "log[1] = Entry"),  # type: ignore[arg-type]
        (NodeState(log=(Entry(1, "v1"), (2, "v2"))), "log[2] = (2, 'v2')"),  # type: ignore[arg-type]
        (NodeState(votes_granted=("n1", "n7")), "votes_granted"),
        (NodeState(votes_granted={"n1"}), "votes_granted"),  # type: ignore[arg-type]
        (NodeState(next_index={"n2": -1}), "next_index = {'n2': -1}"),
        (NodeState(match_index=[0, 0]), "match_index = [0, 0]"),  # type: ignore[arg-type]
        (NodeState(role="Leader", match_index={"n1": 0}), "match_index = {'n1': 0}, without n2"),
        (NodeState(next_index={}), "next_index = {}, without n2"),
    ],
)
def test_a_state_that_is_nonsense_is_reported_field_by_field(state: object, seen: str) -> None:
    found = finding(showing(state))
    assert found.kind == "state"
    assert seen in found.seen
    assert found.expected


@pytest.mark.parametrize("timers", [None, 3, "election", [1], [None]])
def test_timers_must_be_a_collection_of_names(timers: object) -> None:
    class Untimed(Counting):
        def timers(self) -> Any:
            return timers if self.count else ()

        def request(self, request: int, command: bytes) -> bool:
            self.count += 1
            return True

    found = finding(Untimed, Request("n1", "v1"))
    assert found.kind == "timers"
    assert repr(timers) in found.seen


@pytest.mark.parametrize("answer", [None, 1, "yes"])
def test_a_request_is_answered_with_true_or_false(answer: object) -> None:
    class Vague(Counting):
        def request(self, request: int, command: bytes) -> Any:
            return answer

    assert finding(Vague, Request("n1", "v1")).kind == "answer"


def test_a_refused_request_must_not_send() -> None:
    class Forwarding(Counting):
        def request(self, request: int, command: bytes) -> bool:
            self.env.send("n2", command)
            return False

    found = finding(Forwarding, Request("n1", "v1"))
    assert (found.kind, "sent 1 messages" in found.seen) == ("answer", True)


def test_a_refused_request_must_not_change_the_state() -> None:
    class Moved(Counting):
        def request(self, request: int, command: bytes) -> bool:
            self.count += 1
            return False

    found = finding(Moved, Request("n1", "v1"))
    assert (found.kind, "the state changed" in found.seen) == ("answer", True)


@pytest.mark.parametrize("to", ["n9", "n1", "", None, ["n2"]])
def test_a_message_must_go_to_a_peer(to: Any) -> None:
    found = finding(firing(lambda env: env.send(to, "hello")))
    assert (found.kind, found.expected) == ("send", "one of the peers: n2")


def test_a_payload_must_be_a_value_that_can_be_copied() -> None:
    found = finding(firing(lambda env: env.send("n2", {"lock": threading.Lock()})))
    assert (found.kind, found.expected) == ("send", "a payload that can be copied")


@pytest.mark.parametrize(
    "view",
    [
        "RequestVoteRequest",
        {"type": "RequestVoteRequest"},
        RequestVoteRequest("n1", "n2", -1, 0, 0),
        RequestVoteRequest("n1", "n2", 1, "0", 0),  # type: ignore[arg-type]
        RequestVoteRequest("n1", "n3", 1, 0, 0),
        RequestVoteRequest("n2", "n1", 1, 0, 0),
        RequestVoteResponse("n1", "n2", 1, 1),  # type: ignore[arg-type]
        AppendEntriesRequest("n1", "n2", 1, 0, 0, [Entry(1, "v1")], 0),  # type: ignore[arg-type]
        AppendEntriesRequest("n1", "n2", 1, 0, 0, (("v1", 1),), 0),  # type: ignore[arg-type]
        AppendEntriesRequest("n1", "n2", 1, 0, None, (), 0),  # type: ignore[arg-type]
    ],
)
def test_a_view_must_be_a_message_from_the_sender_to_the_receiver(view: Any) -> None:
    assert finding(firing(lambda env: env.send("n2", "payload", view))).kind == "view"


def test_a_disk_takes_names_and_values_that_can_be_copied() -> None:
    def odd_key(env: Env) -> None:
        env.disk[1] = "x"  # type: ignore[index]

    def odd_value(env: Env) -> None:
        env.disk["lock"] = threading.Lock()

    assert finding(firing(odd_key)).kind == "disk"
    assert finding(firing(odd_value)).kind == "disk"


def test_a_reply_must_be_to_a_request_of_this_server() -> None:
    assert finding(firing(lambda env: env.reply(7, "ok"))).kind == "reply"


def test_a_reply_must_have_an_outcome_that_a_client_understands() -> None:
    class Replying(Counting):
        def request(self, request: int, command: bytes) -> bool:
            self.env.reply(request, "done")  # type: ignore[arg-type]
            return True

    assert finding(Replying, Request("n1", "v1")).kind == "reply"


def test_a_node_must_be_quiet_while_it_shows_its_state() -> None:
    class Loud(Counting):
        def state(self) -> NodeState:
            if self.count:
                self.env.send(self.env.peers[0], "look at me")
            return super().state()

    found = finding(Loud)
    assert found.kind == "quiet"
    assert "send()" in found.seen


def test_a_rule_that_is_broken_counts_even_if_the_node_catches_everything() -> None:
    def swallow(env: Env) -> None:
        with suppress(BaseException):
            env.send("n9", "hello")

    assert finding(firing(swallow)).kind == "send"


def test_a_finding_ends_the_run_at_its_action() -> None:
    outcome = do(firing(lambda env: env.send("n9", "x")), Timeout("n2", "tock"), TICK, TICK)
    assert outcome.performed == [TICK]


def test_a_node_that_fails_when_it_is_stopped_is_reported() -> None:
    class Unstoppable(Counting):
        def stop(self) -> None:
            os.stat(self.env.me + "/no/such/file")

    assert finding(Unstoppable, TICK, Crash("n1")).action == "crash n1 now, keeping 0 unsynced writes"
    assert finding(Unstoppable, TICK).action == "the end of the run"


def test_an_implementation_is_not_touched_by_a_finding_in_another_run() -> None:
    making = Making(firing(lambda env: env.send("n9", "x")))
    first = run(making, ("n1", "n2"), {}, [TICK])
    second = run(making, ("n1", "n2"), {}, [TICK])
    assert first.failure == second.failure
