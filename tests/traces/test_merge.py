"""Files of several servers are one trace: however they are merged, the verdict is that on the run."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from random import Random

import pytest
from msgspec.structs import replace

from raftcheck.properties.campaign import Campaign, run_schedule
from raftcheck.properties.faults import FAULTS
from raftcheck.properties.verdict import trace_report
from raftcheck.traces.errors import TraceError
from raftcheck.traces.events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Event,
    Message,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)
from raftcheck.traces.explanation import Refusal
from raftcheck.traces.merge import Merge
from raftcheck.traces.sources import with_order
from raftcheck.traces.verdict import Validation, validate
from raftcheck.traces.wellformed import Line

from .hiding import HIDDEN, hidden
from .pernode import Clocked, Files, by_server, lamport, lines_of, per_node, ticking_often, vector
from .runs import run

ASK_2, ASK_3 = RequestVoteRequest("n1", "n2", 1, 0, 0), RequestVoteRequest("n1", "n3", 1, 0, 0)
GRANT_2 = RequestVoteResponse("n2", "n1", 1, True)
INITS = tuple(Event(event="Init", server=server) for server in ("n1", "n2", "n3"))
TIMEOUT = Event(event="Timeout", server="n1", sends=(ASK_2, ASK_3))
VOTE = Event(event="Receive", server="n2", message=ASK_2, sends=(GRANT_2,))
WON = Event(event="Receive", server="n1", message=GRANT_2, sends=())
ELECTION = (*INITS, TIMEOUT, VOTE, WON)


def alone(events: Sequence[Event]) -> Validation:
    return validate(iter([(f"run:{number}", event) for number, event in enumerate(events, 1)]), "run")


def merged(files: Files) -> Validation:
    merge = Merge(lines_of(files))
    return with_order(validate(iter(merge), "files"), merge)


def complaint(files: Files) -> str:
    with pytest.raises(TraceError) as caught:
        list(Merge(lines_of(files)))
    return str(caught.value)


def shuffled(files: Files, random: Random) -> Files:
    servers = list(files)
    random.shuffle(servers)
    return {server: files[server] for server in servers}


# --- the verdict is that on the single file -----------------------------------------------------------------


def same_if_accepted(seed: int) -> None:
    random = Random(seed)
    _, events = run(seed)
    single, several = alone(events), merged(shuffled(per_node(events, random), random))
    assert (single.refusal, several.refusal, several.undecided) == (None, None, None)
    assert (several.lines, several.actions, several.compared) == (
        single.lines,
        single.actions,
        single.compared,
    )


def same_if_refused(seed: int, events: Sequence[Event]) -> None:
    random = Random(seed)
    files = shuffled(per_node(events, random), random)
    single, several = alone(events), merged(files)
    assert single.refusal is not None
    assert several.refusal is not None
    assert several.undecided is None
    server, number = several.place.split(".ndjson:")
    refused = files[server][int(number) - 1]
    assert replace(refused, time=None) == events[single.lines - 1]
    # Which lines are its neighbours, and so whether it would do in another place, depends on the order.
    for name in ("action", "taken", "gives", "false", "differences", "message", "before"):
        assert getattr(several.refusal, name) == getattr(single.refusal, name), name


def refused_runs() -> Iterator[tuple[int, tuple[Event, ...]]]:
    """Runs of planted faults that the spec refuses, without end."""
    for seed, fault in enumerate(cycle(FAULTS)):
        _, outcome = run_schedule(fault.implementation, Campaign(fault.id, seed, 1), 0)
        if isinstance(outcome.failure, Refusal):
            yield seed, tuple(outcome.events)


@pytest.mark.parametrize("seed", range(12))
def test_files_of_servers_whose_clocks_are_a_minute_wrong_are_accepted_as_their_run_is(seed: int) -> None:
    same_if_accepted(seed)


def test_files_of_servers_whose_clocks_are_a_minute_wrong_are_refused_where_their_run_is() -> None:
    for _, (seed, events) in zip(range(6), refused_runs(), strict=False):
        same_if_refused(seed, events)


@pytest.mark.deep
def test_files_of_200_runs_are_accepted_and_of_200_refused_as_their_runs_are() -> None:
    for seed in range(200):
        same_if_accepted(seed)
    for _, (seed, events) in zip(range(200), refused_runs(), strict=False):
        same_if_refused(seed, events)


def test_any_order_by_cause_and_effect_gives_the_same_verdict() -> None:
    """The times of each file are as they like, so that they choose another order each time."""
    _, events = run(5)
    orders = set()
    for seed in range(20):
        files = per_node(events, Random(seed), skew_seconds=1)
        merge = Merge(lines_of(files))
        found = validate(_kept(merge, orders), "files")
        assert (found.refusal, found.lines, found.actions) == (None, len(events), alone(events).actions)
    assert len(orders) > 10


def _kept(lines: Merge, orders: set[tuple[str, ...]]) -> Iterator[Line]:
    taken = []
    for line in lines:
        taken.append(line[0])
        yield line
    orders.add(tuple(taken))


# --- a message that cannot come -----------------------------------------------------------------------------


def test_a_receive_without_a_send_is_refused_and_the_nearest_send_named() -> None:
    sent = AppendEntriesRequest("n1", "n2", 1, 0, 0, (), 0)
    received = replace(sent, commit_index=4)
    events = [
        *(*INITS, TIMEOUT, VOTE, replace(WON, sends=(sent,))),
        Event(event="Receive", server="n2", message=received),
    ]
    found = merged(by_server(events))
    assert (found.place, found.refusal is not None, found.undecided) == ("n2.ndjson:3", True, None)
    assert found.order == (
        "n2.ndjson:3: message missing: `n1` sends no such AppendEntriesRequest to `n2` before; "
        "nearest to it is that of n1.ndjson:3, with commit_index 0 instead of 4"
    )


def test_a_receive_without_any_such_send_says_so() -> None:
    found = merged(by_server([*INITS, replace(TIMEOUT, sends=(ASK_3,)), VOTE, WON]))
    assert found.place == "n2.ndjson:2"
    assert found.order == (
        "n2.ndjson:2: message missing: `n1` sends no such RequestVoteRequest to `n2` before, "
        "nor any like it; expected each message to be sent"
    )


def test_the_line_to_blame_is_found_behind_those_that_wait_for_it() -> None:
    """n3 waits for n2, which waits for n1, which waits for a message that n3 has not sent."""
    beat = AppendEntriesRequest("n2", "n3", 1, 0, 0, (), 0)
    lost = AppendEntriesResponse("n3", "n1", 1, True, 0)
    files = by_server(
        [
            *INITS,
            Event(event="Receive", server="n1", message=lost, sends=(ASK_2,)),
            Event(event="Receive", server="n2", message=ASK_2, sends=(beat,)),
            Event(event="Receive", server="n3", message=beat, sends=()),
        ]
    )
    for seed in range(6):
        found = merged(shuffled(files, Random(seed)))
        assert found.place == "n1.ndjson:2"
        assert found.order is not None
        assert "`n3` sends no such AppendEntriesResponse to `n1` before" in found.order


def test_files_that_wait_for_each_other_are_out_of_order() -> None:
    files = by_server([*INITS, TIMEOUT, VOTE, WON])
    files["n1"] = (INITS[0], WON, TIMEOUT)
    found = merged(files)
    assert found.refusal is not None
    assert found.order == (
        "n1.ndjson:2: out of order: n1.ndjson:2 receives what n2.ndjson:2 sends, "
        "but n2.ndjson:2 receives what n1.ndjson:3 sends; expected each message to be sent first"
    )


def test_only_those_that_wait_for_each_other_are_out_of_order() -> None:
    """n1 waits for n2, which waits for n3, which waits for what n2 sends, sooner than what n1 waits for."""
    ask_n3, ask_n1 = RequestVoteRequest("n2", "n3", 3, 0, 0), RequestVoteRequest("n2", "n1", 9, 0, 0)
    ask_n2 = RequestVoteRequest("n3", "n2", 5, 0, 0)
    files = {
        "n1": (INITS[0], Event(event="Receive", server="n1", message=ask_n1)),
        "n2": (
            INITS[1],
            Event(event="Receive", server="n2", message=ask_n2, sends=()),
            Event(event="Timeout", server="n2", sends=(ask_n3,)),
            Event(event="Timeout", server="n2", sends=(ask_n1,)),
        ),
        "n3": (
            INITS[2],
            Event(event="Receive", server="n3", message=ask_n3, sends=()),
            Event(event="Timeout", server="n3", sends=(ask_n2,)),
        ),
    }
    found = merged(files)
    assert found.place == "n2.ndjson:2"
    assert found.order == (
        "n2.ndjson:2: out of order: n2.ndjson:2 receives what n3.ndjson:3 sends, "
        "but n3.ndjson:2 receives what n2.ndjson:3 sends; expected each message to be sent first"
    )


def test_a_message_is_received_once_unless_the_network_doubles_it() -> None:
    twice = replace(VOTE, sends=(GRANT_2,))
    again = Event(event="DuplicateMessage", server="n2", message=ASK_2)
    assert merged(by_server([*INITS, TIMEOUT, again, VOTE, twice])).refusal is None
    found = merged(by_server([*INITS, TIMEOUT, VOTE, twice, again]))
    assert found.place == "n2.ndjson:3"
    assert found.order is not None


def test_a_newer_term_is_taken_from_a_message_that_is_still_to_be_handled() -> None:
    newer = Event(event="UpdateTerm", server="n2", message=ASK_2, sends=())
    vote = replace(VOTE, event="HandleRequestVoteRequest")
    assert merged(by_server([*INITS, TIMEOUT, newer, vote])).order is None


def test_a_message_that_is_missing_behind_the_refused_line_is_another_matter() -> None:
    """The judge looks ahead, to tell a mistake in a line from one in the order of lines."""
    wrong = replace(VOTE, state=NodeState(current_term=7))
    missing = replace(VOTE, message=replace(ASK_2, term=9))
    found = merged(by_server([*INITS, TIMEOUT, wrong, missing]))
    assert (found.place, found.refusal is not None, found.order) == ("n2.ndjson:2", True, None)


def test_nothing_comes_after_the_line_to_blame() -> None:
    """Even a judge that took it must not take the rest of the files for nothing."""
    lines = iter(Merge(lines_of(by_server([*INITS, replace(TIMEOUT, sends=()), VOTE]))))
    assert [next(lines)[0] for _ in range(5)][-1] == "n2.ndjson:2"
    with pytest.raises(TraceError, match=r"^n2\.ndjson:2: message missing: "):
        next(lines)


# --- a part was not observed --------------------------------------------------------------------------------


def partly_shown(events: Sequence[Event], random: Random) -> tuple[Event, ...]:
    """A run of which fields were left out at random, each kind in its own proportion of the lines."""
    sends, message, fields = (
        random.choice((0, 0.3, 1)),
        random.choice((0.1, 0.3, 1)),
        random.choice((0, 0.3, 0.7)),
    )
    return tuple(
        event if event.event == "Init" else _partly(event, sends, message, fields, random) for event in events
    )


def _partly(event: Event, sends: float, message: float, fields: float, random: Random) -> Event:
    state = event.state
    if state is not None:
        left_out = [name for name in state.__struct_fields__ if random.random() < fields]
        state = replace(state, **dict.fromkeys(left_out))
    return replace(
        event,
        sends=None if random.random() < sends else event.sends,
        message=None if event.event == "Receive" and random.random() < message else event.message,
        state=state,
    )


def unclocked(events: Sequence[Event]) -> Clocked:
    return tuple(events)


CLOCKS = (unclocked, vector, lamport, ticking_often)


def verdict_on_a_part(seed: int) -> str:
    """That on the files of a correct run, with clocks from before a part was left out; never a refusal."""
    random = Random(seed)
    _, events = run(seed, random.choice((2, 3)))
    clocks = CLOCKS[seed % len(CLOCKS)]
    shown = partly_shown(clocks(events[:MOST_LINES]), random)
    files = per_node(shown, random, skew_seconds=random.choice((0, 0.1, 60)))
    if random.random() < 0.5:
        files = {server: tuple(replace(e, time=None) for e in lines) for server, lines in files.items()}
    merge = Merge(lines_of(shuffled(files, random)))
    found = with_order(validate(iter(merge), "files", most_candidates=MOST_STATES), merge)
    if found.undecided is not None:
        return f"{clocks.__name__} undecided"
    assert found.refusal is None, (seed, clocks.__name__, found.refusal.report(found.place))
    return f"{clocks.__name__} conforms"


MOST_LINES, MOST_STATES = 60, 50
"""Of a run in which a part was left out: enough for elections, and little enough to be judged soon."""


def test_a_correct_run_of_which_a_part_was_not_observed_never_diverges() -> None:
    verdicts = Counter(verdict_on_a_part(seed) for seed in range(24))
    assert verdicts["vector conforms"] > 2, verdicts


@pytest.mark.deep
def test_400_correct_runs_of_which_a_part_was_not_observed_never_diverge() -> None:
    verdicts = Counter(verdict_on_a_part(seed) for seed in range(400))
    print(verdicts)
    assert verdicts["vector conforms"] >= 95, verdicts


HIDDEN_VOTE = replace(VOTE, message=None, sends=None, state=NodeState(current_term=1, voted_for="n1"))
HIDDEN_WON = replace(WON, message=None, sends=None, state=NodeState(role="Leader", current_term=1))
HIDDEN_ELECTION = (
    *INITS,
    Event(event="Timeout", server="n1", state=NodeState(current_term=0)),
    Event(event="Timeout", server="n1", state=NodeState(current_term=0)),
    replace(TIMEOUT, sends=None, state=NodeState(role="Candidate", current_term=1)),
    HIDDEN_VOTE,
    HIDDEN_WON,
)


def test_what_servers_show_of_themselves_puts_lines_without_messages_in_order() -> None:
    for seed in range(6):
        found = merged(shuffled(by_server(HIDDEN_ELECTION), Random(seed)))
        assert (found.refusal, found.lines) == (None, len(HIDDEN_ELECTION)), seed


def test_the_order_that_would_do_is_told_by_the_place_in_a_file() -> None:
    command = Event(event="ClientRequest", server="n1", value="v1", sends=())
    found = merged(by_server([*INITS, TIMEOUT, VOTE, command, WON]))
    assert (found.place, found.undecided) == ("n1.ndjson:3", None)
    assert found.refusal is not None
    assert found.refusal.mismatch is not None
    assert found.refusal.mismatch.text == "the line is acceptable after n1.ndjson:4"


def test_a_refusal_after_a_line_that_hides_its_message_is_undecided() -> None:
    for seed in range(6):
        events = [*HIDDEN_ELECTION, replace(TIMEOUT, state=NodeState(current_term=7))]
        found = merged(shuffled(by_server(events), Random(seed)))
        assert found.refusal is not None
        assert found.undecided is not None
        assert found.undecided.startswith("the order is a guess from n")
        assert found.undecided.endswith(" on, which does not show its message")


def test_the_report_says_first_that_the_order_is_a_guess() -> None:
    events = [*HIDDEN_ELECTION, replace(TIMEOUT, state=NodeState(current_term=7))]
    first, second, third, *_ = trace_report(merged(by_server(events))).strip().splitlines()
    assert first.startswith("files: the order is a guess from n")
    assert second == "It may conform all the same. As it was judged, it went no further than this:"
    assert third.startswith("n1.ndjson:6: n1 ")


def test_a_crash_that_may_hide_its_message_is_a_guess_too() -> None:
    """n2 crashed as it handled what n1 asked; nobody shows messages, so nothing says which came first."""
    crash = Event(event="Crash", server="n2")
    back = Event(event="Restart", server="n2", state=NodeState(current_term=1))
    hidden_timeout = replace(TIMEOUT, sends=None)
    found = merged({"n2": (INITS[1], crash, back), "n1": (INITS[0], hidden_timeout)})
    assert (found.place, found.undecided) == (
        "n2.ndjson:3",
        "the order is a guess from n2.ndjson:2 on, which may hide what it was handling",
    )


def test_a_crash_of_a_server_that_shows_messages_hides_none() -> None:
    crash = Event(event="Crash", server="n2")
    wrong = Event(event="Restart", server="n2", state=NodeState(current_term=7))
    found = merged(by_server([*INITS, TIMEOUT, VOTE, crash, wrong]))
    assert (found.place, found.undecided) == ("n2.ndjson:4", None)


@pytest.mark.parametrize("clocks", [vector, lamport], ids=lambda clocks: clocks.__name__)
def test_clocks_hold_a_line_back_that_shows_no_message(clocks: Callable[[Sequence[Event]], Clocked]) -> None:
    """n2 answers the leader in its second line, so the first must not come before the leader is elected."""
    beat = AppendEntriesRequest("n1", "n2", 1, 0, 0, (), 0)
    answer = AppendEntriesResponse("n2", "n1", 1, True, 0)
    events = [
        *INITS,
        TIMEOUT,
        VOTE,
        replace(WON, sends=(beat,)),
        Event(event="Receive", server="n2", message=beat, sends=(answer,)),
    ]
    shown = [
        replace(
            event,
            message=None if place in (4, 6) else event.message,
            sends=event.sends if place == 6 else None,
        )
        for place, event in enumerate(clocks(events))
    ]
    for seed in range(6):
        found = merged(shuffled(by_server(shown), Random(seed)))
        assert (found.refusal, found.lines) == (None, len(events)), seed


def test_a_clock_need_not_know_of_a_message_whose_equal_may_have_been_sent_unseen() -> None:
    """n2 says yes twice; only its second line shows so, and n1 receives what the first one sent."""
    again = replace(VOTE, clock={"n2": 3, "n1": 2})
    events = [
        *(replace(init, clock={init.server: 1}) for init in INITS),
        replace(TIMEOUT, sends=(ASK_2, ASK_3, ASK_2), clock={"n1": 2}),
        replace(VOTE, sends=None, clock={"n2": 2, "n1": 2}),
        again,
        Event(event="Timeout", server="n1", sends=(), clock={"n1": 3}),
        replace(WON, clock={"n1": 4, "n2": 2}),
    ]
    lines = list(Merge(lines_of(by_server(events))))
    assert len(lines) == len(events)
    events[4] = replace(events[4], sends=())
    assert "clock does not know of n2.ndjson:3, where the message was sent" in complaint(by_server(events))


# --- logical clocks -----------------------------------------------------------------------------------------


def unsent(files: Files) -> Files:
    return {server: tuple(replace(event, sends=None) for event in events) for server, events in files.items()}


def in_order(files: Files) -> bool:
    """Whether the merged lines, which show no sends, receive nothing before it was sent."""
    flying: list[Message] = []
    for place, event in Merge(lines_of(unsent(files))):
        server, number = place.split(".ndjson:")
        if event.message is not None and event.event != "DuplicateMessage":
            if event.message not in flying:
                return False
            flying.remove(event.message)
        elif event.message is not None:
            flying.append(event.message)
        flying += files[server][int(number) - 1].sends or ()
    return True


@pytest.mark.parametrize("clocks", [vector, lamport, ticking_often], ids=lambda clocks: clocks.__name__)
@pytest.mark.parametrize("seed", range(8))
def test_clocks_order_what_messages_do_not(seed: int, clocks: Callable[[Sequence[Event]], Clocked]) -> None:
    random = Random(seed)
    _, events = run(seed)
    files = shuffled(per_node(clocks(events), random), random)
    assert in_order(files)
    found = merged(files)
    assert (found.refusal, found.lines) == (None, len(events))


@pytest.mark.parametrize(("left_out", "seed"), [*zip(HIDDEN, range(len(HIDDEN)), strict=True)])
def test_clocks_order_lines_of_which_a_part_was_not_observed(left_out: str, seed: int) -> None:
    _, events = run(seed)
    shown = hidden(HIDDEN[left_out], vector(events))
    found = merged(per_node(shown, Random(seed)))
    assert (found.refusal, found.undecided, found.lines) == (None, None, len(shown))


def test_the_order_of_lines_that_say_not_what_they_received_is_a_guess() -> None:
    wrong = replace(WON, message=None, state=NodeState(current_term=7))
    assert merged(by_server([*INITS, TIMEOUT, VOTE, wrong])).undecided is not None
    assert merged(by_server(vector([*INITS, TIMEOUT, VOTE, wrong]))).undecided is None


def test_without_clocks_the_order_of_what_is_not_shown_is_a_guess() -> None:
    """So the test before this one rests on the clocks."""
    assert not all(in_order(per_node(run(seed)[1], Random(seed))) for seed in range(8))


def test_a_refusal_that_rests_on_a_guess_is_undecided() -> None:
    wrong = replace(WON, state=NodeState(current_term=7))
    events = [*INITS, TIMEOUT, replace(VOTE, sends=None), wrong]
    found = merged(by_server(events))
    assert (found.place, found.refusal is not None) == ("n1.ndjson:3", True)
    assert found.undecided == (
        "the order is a guess from n1.ndjson:3 on, whose message was not seen to be sent"
    )
    assert merged(by_server(vector(events))).undecided is None
    assert merged(by_server([*events[:-1], WON])).undecided is None


def test_the_clock_of_one_side_alone_is_a_guess_too() -> None:
    wrong = replace(WON, state=NodeState(current_term=7), clock=5)
    events = [*INITS, TIMEOUT, replace(VOTE, sends=None), wrong]
    assert merged(by_server(events)).undecided is not None
    assert merged(by_server([*events[:4], replace(events[4], clock=1), wrong])).undecided is None


def test_a_guess_after_the_refused_line_does_not_touch_the_verdict() -> None:
    wrong = replace(TIMEOUT, state=NodeState(current_term=7))
    found = merged(by_server([*INITS, wrong, replace(VOTE, sends=None), WON]))
    assert found.refusal is not None
    assert (found.place, found.undecided) == ("n1.ndjson:2", None)


@pytest.mark.parametrize(
    ("clocks", "said"),
    [
        ((5, 4), "n1.ndjson:3: clock of `n1` runs back, for `n1` from 5 to 4; expected one that never does"),
        (
            ({"n1": 1, "n3": 2}, {"n1": 2, "n3": 1}),
            "n1.ndjson:3: clock of `n1` runs back, for `n3` from 2 to 1; expected one that never does",
        ),
        (
            ({"n1": 1, "n3": 2}, {"n1": 2}),
            "n1.ndjson:3: clock of `n1` runs back, for `n3` from 2 to -1; expected one that never does",
        ),
        (
            (3, {"n1": 4}),
            "n1.ndjson:3: clock is an object, but n1.ndjson:2 has a number; expected one kind of clock",
        ),
        (
            ({"n1": 4}, 4),
            "n1.ndjson:3: clock is a number, but n1.ndjson:2 has an object; expected one kind of clock",
        ),
        (
            (1, {"n3": 4}),
            "n1.ndjson:3: clock does not name `n1` itself; expected what it has counted so far",
        ),
        (
            (1, {"n1": 4, "n9": 1}),
            "n1.ndjson:3: clock: no server `n9` has an Init line; expected one of n1, n2, n3",
        ),
    ],
)
def test_a_clock_that_cannot_be_is_bad_input(clocks: tuple[int, int], said: str) -> None:
    first, second = clocks
    files = by_server([*INITS, replace(TIMEOUT, clock=first), VOTE, replace(WON, clock=second)])
    assert complaint(files) == said


@pytest.mark.parametrize(
    ("sent", "received"), [(3, 2), ({"n1": 3}, {"n2": 9}), ({"n1": 3}, {"n1": 2, "n2": 9})]
)
def test_a_receiver_whose_clock_does_not_know_of_the_send_is_bad_input(
    sent: int | dict[str, int], received: int | dict[str, int]
) -> None:
    before = 2 if isinstance(sent, int) else {"n1": 2}
    files = by_server(
        [
            *INITS,
            Event(event="Timeout", server="n1", sends=(), clock=before),
            replace(TIMEOUT, clock=sent),
            replace(VOTE, clock=received),
        ]
    )
    assert complaint(files) == (
        "n2.ndjson:2: clock does not know of n1.ndjson:3, where the message was sent; "
        "expected a clock past that line's"
    )


def test_messages_count_more_than_clocks() -> None:
    """n3 says that it knows of a line of n1 that waits for n3 itself."""
    known = {"n1": 2, "n3": 1}
    answer = RequestVoteResponse("n3", "n1", 1, True)
    events = [
        *INITS,
        replace(TIMEOUT, clock={"n1": 1}),
        Event(event="Receive", server="n3", message=ASK_3, sends=(answer,), clock=known),
        Event(event="Receive", server="n1", message=answer, sends=()),
    ]
    assert merged(by_server(events)).refusal is None


# --- files --------------------------------------------------------------------------------------------------


def test_one_file_may_have_several_servers() -> None:
    files = by_server(ELECTION)
    together = {"n2": files["n2"], "n1 and n3": (INITS[0], INITS[2], *files["n1"][1:], *files["n3"][1:])}
    found = merged(together)
    assert (found.refusal, found.servers, found.lines) == (None, ("n2", "n1", "n3"), 6)


def test_a_single_file_is_merged_with_nothing() -> None:
    assert [event for _, event in Merge(lines_of({"all": ELECTION}))] == list(ELECTION)


def test_a_server_is_in_one_file() -> None:
    files = by_server(ELECTION) | {"again": (INITS[1], VOTE)}
    assert complaint(files) == (
        "again.ndjson:1: a second Init of `n2`; expected only n2.ndjson:1, "
        "since all lines of a server are in one file"
    )


def test_a_line_of_a_server_of_another_file_is_taken_for_what_it_is() -> None:
    """Its Init is elsewhere, so the file itself may not be complete."""
    files = by_server(ELECTION)
    files["n3"] = (*files["n3"], VOTE)
    assert complaint(files).startswith("n3.ndjson:2: a line of `n2`, whose Init is n2.ndjson:1; ")


def test_each_file_begins_with_an_init() -> None:
    files = by_server(ELECTION)
    files["n2"] = files["n2"][1:]
    assert complaint(files) == "n2.ndjson:1: no Init before this Receive; expected one for each server"


def test_a_server_without_a_file_is_no_server() -> None:
    files = by_server(ELECTION)
    del files["n3"]
    assert complaint(files).startswith("n1.ndjson:2: sends[1].dest: no server `n3` has an Init line")


# --- memory -------------------------------------------------------------------------------------------------


def test_of_each_file_one_line_is_read_ahead() -> None:
    read = 0

    def counted(lines: Iterator[Line]) -> Iterator[Line]:
        nonlocal read
        for line in lines:
            read += 1
            yield line

    files = [counted(lines) for lines in lines_of(per_node(run(3)[1], Random(3)))]
    for taken, _ in enumerate(Merge(files), 1):
        assert read <= max(taken, len(files)) + len(files)


def test_memory_does_not_grow_with_the_files() -> None:
    def beating() -> Iterator[Line]:
        yield "n1:1", INITS[0]
        for number in range(1000):
            yield "n1", Event(event="Timeout", server="n1", sends=(beat(number),))
            yield "n1", Event(event="Receive", server="n1", message=answer(number), sends=())

    def answering() -> Iterator[Line]:
        yield "n2:1", INITS[1]
        for number in range(1000):
            sends = (answer(number),)
            yield "n2", Event(event="Receive", server="n2", message=beat(number), sends=sends)
            yield "n2", Event(event="ClientRequest", server="n2", value="x" * 1000)

    tracemalloc.start()
    assert sum(1 for _ in Merge([beating(), answering()])) == 4002
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 400_000


def beat(number: int) -> AppendEntriesRequest:
    return AppendEntriesRequest("n1", "n2", 1, number, 1, (), 0)


def answer(number: int) -> AppendEntriesResponse:
    return AppendEntriesResponse("n2", "n1", 1, True, number)
