"""Drivers: what they do is done here as if it were a node's; what they do wrong is a finding, never ours."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from raftcheck.properties.cluster import Cluster
from raftcheck.properties.drivers import DriverError
from raftcheck.properties.finding import Finding
from raftcheck.properties.lockstep import Outcome, run
from raftcheck.properties.node import Caps, Liberty
from raftcheck.properties.schedules import Action, Crash, Deliver, Partition, Request, Restart, Timeout
from raftcheck.properties.stdio import Stdio
from raftcheck.traces.events import Event

TICK = Timeout("n1", "tick")
DRIVER = Path(__file__).with_name("counting_driver.py")


def driver(fault: str = "") -> Stdio:
    return Stdio([sys.executable, "-S", "-I", str(DRIVER), fault])


@pytest.fixture(scope="module")
def counting() -> Iterator[Stdio]:
    """One that does nothing wrong."""
    stdio = driver()
    yield stdio
    stdio.close()


def do(stdio: Stdio, *actions: Action, patience_seconds: float = 2.0) -> Outcome:
    return run(stdio, ("n1", "n2"), {"step": 1}, actions, patience_seconds=patience_seconds)


def finding(fault: str, *actions: Action, patience_seconds: float = 2.0) -> Finding:
    stdio = driver(fault)
    outcome = do(stdio, *(actions or (TICK,)), patience_seconds=patience_seconds)
    stdio.close()
    assert isinstance(outcome.failure, Finding), outcome.failure
    assert outcome.performed[-1:] == [TICK]
    assert "\n" not in outcome.failure.seen
    return outcome.failure


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def terms(events: list[Event]) -> list[int | None]:
    return [event.state and event.state.current_term for event in events]


def test_a_driver_says_what_it_is_made_for(counting: Stdio) -> None:
    assert (counting.caps.network, counting.caps.durable, counting.caps.links) == ("datagram", True, False)
    assert counting.caps.knobs == {"step": (1, 2)}
    assert counting.greeting.name == "counting"


def test_all_that_a_driver_says_of_itself_is_taken_over() -> None:
    stdio = driver("capable")
    liberties: frozenset[Liberty] = frozenset({"StepDown", "LeaderEntry"})
    expected = Caps("datagram", False, False, liberties, 2, {"step": (1, 2)}, restorable=True)
    assert stdio.caps == expected
    stdio.close()


def test_a_reply_of_a_driver_is_that_of_a_server() -> None:
    found = finding('{"ops":[["reply",99,"ok"]],"timers":[],"state":{}}')
    assert (found.kind, found.seen) == ("reply", "reply() to request 99")


def test_what_a_server_does_is_done_in_its_order(counting: Stdio) -> None:
    cluster = Cluster(counting, ("n1", "n2", "n3"), {"step": 2})
    cluster.start()
    cluster.step(TICK)
    assert cluster.servers["n1"].disk.read("count") == b"2"
    assert [(p.dest, p.payload) for p in cluster.network.flight] == [
        ("n2", b"[2, null]"),
        ("n3", b"[2, null]"),
    ]
    events = cluster.step(Deliver("n1", "n3", 1))
    assert events is not None
    assert events[0].state is not None
    assert events[0].state.commit_index == 1
    assert cluster.step(Request("n1", "v1")) is not None
    cluster.close()


@pytest.mark.parametrize(
    ("after", "keep", "count", "sends"),
    [(1, 9, 0, 0), (2, 9, 1, 0), (3, 0, 0, 0), (3, 1, 1, 0), (4, 0, 1, 0)],
)
def test_a_crash_in_the_midst_of_a_call_cuts_what_was_done(
    counting: Stdio, after: int, keep: int, count: int, sends: int
) -> None:
    outcome = do(counting, Crash("n1", after, keep), TICK, Restart("n1"), TICK)
    assert outcome.failure is None
    assert [event.event for event in outcome.events[2:]] == ["Crash", "Restart", "Timeout"]
    assert terms(outcome.events[3:]) == [count, count + 1]


def test_a_driver_forgets_one_run_before_the_next(counting: Stdio) -> None:
    first, second = do(counting, TICK, TICK), do(counting, TICK, TICK)
    assert first.failure is None
    assert terms(first.events) == [0, 0, 1, 2]
    assert second.events == first.events


def test_a_run_that_was_left_does_not_touch_the_next(counting: Stdio) -> None:
    left = Cluster(counting, ("n1", "n2"), {})
    left.start()
    following = Cluster(counting, ("n2", "n1"), {})
    following.start()
    left.close()
    assert following.step(TICK) is not None


def test_servers_are_told_of_their_streams() -> None:
    stdio = driver("links")
    cluster = Cluster(stdio, ("n1", "n2"), {})
    cluster.start()
    cluster.step(Partition((("n1",), ("n2",))))
    assert cluster.servers["n2"].disk.read("n1") == b"false"
    stdio.close()


RUBBISH = {
    "rubbish": "(byte 4); the driver answered fire by 'tick!\\n'",
    "twice": "answered fire by '{}\\n', and then wrote '{}\\n'",
    "{}": "missing required field `ops`",
    '{"ops":{},"timers":[],"state":{}}': "Expected `array`, got `object` - at `$.ops`",
    '{"ops":[["forget"]],"timers":[],"state":{}}': "Invalid value 'forget' - at `$.ops[0][0]`",
    '{"ops":[["send","n2",1]],"timers":[],"state":{}}': "at `$.ops[0]`",
    '{"ops":[],"timers":[7],"state":{}}': "Expected `str`, got `int` - at `$.timers[0]`",
    '{"ops":[],"timers":[],"state":{"role":"leader"}}': "Invalid enum value 'leader' - at `$.state.role`",
    '{"ops":[],"timers":[],"state":{"current_term":-1}}': "at `$.state.current_term`",
    '{"ops":[],"timers":[],"state":{"comit_index":1}}': "unknown field `comit_index`",
    '{"ops":[],"timers":[],"state":{}} {}': "trailing characters",
    '{"error":5}': "Expected `str`, got `int` - at `$.error`",
    '{"error":"x","code":7}': "unknown field `code`",
    "no text": "byte 11 of the answer, 0xff, is not UTF-8",
}


@pytest.mark.parametrize("fault", RUBBISH)
def test_an_answer_that_is_none_is_shown_with_what_is_wrong(fault: str) -> None:
    found = finding(fault)
    assert (found.kind, found.server, found.action) == ("protocol", "n1", "tick timer of n1 fires")
    assert RUBBISH[fault] in found.seen


def test_a_driver_that_ends_is_reported_with_what_it_said_on_stderr() -> None:
    found = finding("exit")
    assert found.kind == "exit"
    said = "on stderr: first | second | third | ... | 7 | 8 | the end"
    assert found.seen == f"the driver ended with status 3, asked for fire; {said}"
    assert "was ended by SIGSEGV" in finding("killed").seen
    assert "closed its stdout" in finding("closed").seen
    assert finding("outlived").seen == "the driver ended with status 3, asked for fire; on stderr: gone"


def test_a_signal_from_outside_is_told_from_a_mistake() -> None:
    assert (finding("ended").kind, finding("killed").kind) == ("killed", "exit")
    assert finding("ended").seen == "the driver was ended by SIGKILL, asked for fire"


def test_a_driver_that_takes_long_to_start_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where it is started in the midst of a run, which the watchdog looks at."""
    monkeypatch.setattr("raftcheck.properties.driverprocess.SAY_SECONDS", 0.1)
    stdio = driver("slow0.5")
    assert stdio.caps
    stdio.close()
    assert do(stdio, TICK, patience_seconds=0.1).failure is None
    stdio.close()
    said = "raftcheck: waiting for the driver to answer hello, 60 s at most\n"
    assert capsys.readouterr().err == 2 * said


def test_a_driver_that_hangs_is_ended_and_reported() -> None:
    found = finding("hang", patience_seconds=0.2)
    assert found.kind == "hang"
    assert found.seen == "the driver does not answer fire; on stderr: waiting for a lock"
    found = finding("half", patience_seconds=0.2)
    assert (found.kind, found.expected) == ("hang", "a newline")
    assert found.seen == """the driver does not end its answer to fire, '{"ops":[]'"""


def test_a_line_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("raftcheck.properties.driverprocess.LONGEST_LINE", 2**24)
    found = finding("endless")
    assert (found.kind, found.expected) == ("protocol", "a line of at most 16,777,216 bytes")


def test_an_answer_too_many_is_found_before_the_next_request() -> None:
    stdio = driver("late")
    cluster = Cluster(stdio, ("n1", "n2"), {})
    cluster.start()
    cluster.step(TICK)
    time.sleep(0.1)
    outcome = run(stdio, ("n1",), {}, [])
    assert isinstance(outcome.failure, Finding)
    assert "wrote 'one more\\n' without being asked" in outcome.failure.seen


def test_an_answer_too_many_is_not_taken_for_what_a_server_did() -> None:
    """It comes when the next request is on its way, to n2, who seems to send to itself."""
    stdio = driver("again")
    found = do(stdio, TICK, Timeout("n2", "tick")).failure
    stdio.close()
    assert isinstance(found, Finding)
    assert found.kind == "protocol"
    assert "without being asked" in found.seen


def test_an_error_that_a_driver_tells_is_a_finding() -> None:
    found = finding("error")
    assert (found.kind, found.seen) == ("exception", "error 'index out of range' in answer to fire")


def test_only_what_is_on_the_disk_can_be_erased() -> None:
    assert finding("erase").seen == "the driver erased 'no such key'"


def test_a_driver_may_talk_on_stderr_and_have_large_values() -> None:
    for fault in ("talk", "big"):
        stdio = driver(fault)
        assert do(stdio, TICK, Crash("n1"), Restart("n1"), TICK).failure is None
        stdio.close()


def test_after_a_finding_the_next_run_has_another_process() -> None:
    stdio = driver("exit")
    first, second = do(stdio, TICK), do(stdio, TICK)
    assert first.failure == second.failure
    assert first.events == second.events
    assert isinstance(first.failure, Finding)
    stdio.close()


def test_no_process_is_left_when_it_is_not_wanted_any_more() -> None:
    stdio = driver()
    assert stdio.caps
    assert stdio._process is not None
    pid = stdio._process._process.pid
    assert is_running(pid)
    del stdio
    assert not is_running(pid)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("no-such-driver",), "no-such-driver: No such file or directory; expected a program"),
        (("cat",), "Object contains unknown field `op`"),
        (("true",), "the driver ended with status 0, asked for"),
        ((sys.executable, "-S", "-I", str(DRIVER), "newer"), "speaks protocol 2; expected protocol 1"),
    ],
)
def test_what_is_no_driver_is_said_in_one_line(command: tuple[str, ...], said: str) -> None:
    with pytest.raises(DriverError) as caught:
        print(Stdio(command).caps)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_interrupt_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    stdio = driver("hang")
    cluster = Cluster(stdio, ("n1",), {})
    cluster.start()
    assert stdio._process is not None
    pid = stdio._process._process.pid
    before = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            cluster.step(TICK)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not is_running(pid)
