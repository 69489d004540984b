"""Traces without messages, held against a search with raft.tla itself that tries everything there is to try.

The search knows nothing of what Traceraft.tla keeps of unseen sends: after each line it has the server send
all that raft.tla lets it send, who has received a message may receive it again, and each line is tried with
every message. What the judge accepts the search must find; what the search finds, the judge must accept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from random import Random

import pytest
from msgspec.structs import replace

from raftcheck.spec.model import FOLDER
from raftcheck.tla.config import parse_config
from raftcheck.tla.model import Model, State
from raftcheck.tla.modules import load
from raftcheck.tla.values import Value, function, items
from raftcheck.traces.events import Event, Message, NodeState
from raftcheck.traces.validate import Validator

from .records import message_of, state_of

SERVERS = ("n1", "n2", "n3")
CONFIG = """
SPECIFICATION Spec
CONSTANTS
    Server = {"n1", "n2", "n3"}
    Value = {"v"}
    Nil = ""
    Liberties = {}
"""
HANDLERS = (
    "HandleRequestVoteRequest",
    "HandleRequestVoteResponse",
    "HandleAppendEntriesRequest",
    "HandleAppendEntriesResponse",
    "DropStaleResponse",
)


@cache
def raft() -> Model:
    return Model(load(FOLDER / "raft.tla"), parse_config(CONFIG))


def take(action: str, state: State, *arguments: Value) -> list[State]:
    """Where the action leads; every message that was in flight still is, once."""
    return [_merged(state, after) for after in raft().step(action)(state, *arguments)]


def _merged(before: State, after: State) -> State:
    flying = {message: 1 for bag in (before[0], after[0]) for message, _ in items(bag)}
    return (function(flying), *after[1:])


def closed(states: Iterable[State], server: str, names: tuple[str, ...]) -> list[State]:
    """All that these actions of a server lead to, in any number."""
    found = dict.fromkeys(states)
    todo = list(found)
    for state in todo:  # grows while it is walked
        for name in names:
            for after in take(name, state, server):
                if after not in found:
                    found[after] = None
                    todo.append(after)
    return todo


def sent(state: State, server: str) -> State:
    """All requests that the server may send now are in flight; what it expects next stays as it is."""
    after = state
    for peer in SERVERS:
        for name in ("RequestVote", "AppendEntries"):
            for sending in take(name, after, server, peer):
                after = (_merged(after, sending)[0], *after[1:])
    return after


def with_message(state: State, message: Message) -> State | None:
    """Only this message is in flight, if it is at all."""
    of_it = [value for value, _ in items(state[0]) if message_of(value) == message]
    return (function({of_it[0]: 1}), *state[1:]) if of_it else None


def shown(state: State, server: str) -> NodeState:
    """What a line shows. What a leader sends next it may change as it sends, so that is left out."""
    return meant(replace(state_of(raft().named(state), server), next_index=None))


def meant(state: NodeState) -> NodeState:
    """Votes mean something on a candidate only, and what matches on a leader only."""
    votes = (state.votes_granted or ()) if state.role == "Candidate" else None
    match = (state.match_index or dict.fromkeys(SERVERS[1:], 0)) if state.role == "Leader" else None
    return replace(state, votes_granted=votes, match_index=match)


def steps(state: State, event: Event, any_number: bool) -> Iterator[State]:
    """Where a line may lead: by its cause, and what the server does of itself; its state is not looked at."""
    server = event.server
    own = ("BecomeLeader", "AdvanceCommitIndex")
    if event.event == "Timeout":
        caused = [after for after in take("Timeout", state, server) if dict(items(after[3]))[server]]
        caused.append(state)
    elif event.event == "ClientRequest":
        caused = take("ClientRequest", state, server)
    elif event.event == "Restart":
        yield from take("Restart", state, server)
        return
    elif any_number:
        yield from closed([state], server, ("UpdateTerm", *HANDLERS, *own))
        return
    else:
        caused = []
        choices = [message_of(message) for message, _ in items(state[0])]
        for message in choices if event.message is None else [event.message]:
            alone = with_message(state, message)
            if alone is None or message.dest != server:
                continue
            for begun in [alone, *take("UpdateTerm", alone, server)]:
                for name in HANDLERS:
                    for after in take(name, begun, server):
                        caused.append(_merged(state, after))
    yield from closed(caused, server, own)


def explained(events: Iterable[Event], any_number: bool) -> int | None:
    """The first line that the search does not explain."""
    candidates = list(raft().initial_states())
    for number, event in enumerate(events, 1):
        found: dict[State, None] = {}
        for state in candidates:
            several = any_number and event.event == "Receive" and event.message is None
            for after in steps(state, event, several):
                if shown(after, event.server) == event.state:
                    found[sent(after, event.server)] = None
        if not found:
            return number
        candidates = list(found)
    return None


def refused(events: Iterable[Event]) -> int | None:
    judge = Validator(SERVERS)
    for server in SERVERS:
        assert judge.observe(Event(event="Init", server=server)) is None
    for number, event in enumerate(events, 1):
        if judge.observe(event) is not None:
            return number
        assert judge.undecided is None
    return None


def walk(random: Random, length: int) -> list[Event]:
    """A trace that is right: lines of a random behavior, with all of the state, and some with the message."""
    (state,) = raft().initial_states()
    events: list[Event] = []
    while len(events) < length:
        server = random.choice(SERVERS)
        kind = random.choices(["Timeout", "Receive", "ClientRequest", "Restart"], [0.7, 12, 2, 0.3])[0]
        line = Event(event=kind, server=server, value="v" if kind == "ClientRequest" else None)
        if kind == "Receive":
            to_it = [m for m in (message_of(value) for value, _ in items(state[0])) if m.dest == server]
            if not to_it:
                continue
            line = replace(line, message=random.choice(to_it))
        after = [found for found in steps(state, line, False) if len(shown(found, server).log or ()) <= 2]
        if not after:
            continue
        reached = sent(random.choice(after), server)
        if shown(reached, server) == shown(state, server) and random.random() < 0.7:
            continue  # most messages change nothing
        state = reached
        hides = random.random() < 0.7
        events.append(replace(line, message=None if hides else line.message, state=shown(state, server)))
    return events


def changed(random: Random, events: list[Event]) -> list[Event]:
    """One line with one field of another line's state."""
    found = []
    states = [event.state for event in events if event.state is not None]
    for place, state in enumerate(states):
        for field in ("current_term", "voted_for", "log", "commit_index", "role", "votes_granted"):
            for other in states:
                changed = meant(replace(state, **{field: getattr(other, field)}))
                if changed != state:
                    found.append((place, changed))
    place, changed = random.choice(found)
    return [*events[:place], replace(events[place], state=changed), *events[place + 1 : place + 3]]


def differences(seeds: Iterable[int], length: int) -> Iterator[tuple[int | None, int | None, int | None]]:
    """The lines refused by the search with one message a line, the judge, the search with any number."""
    for seed in seeds:
        random = Random(seed)
        events = walk(random, length)
        for trace in (events, changed(random, events), changed(random, events)):
            yield explained(trace, False), refused(trace), explained(trace, True)


def later(one: int | None, other: int | None) -> bool:
    """The first of two refused lines is not before the second."""
    return one is None or (other is not None and one >= other)


def check(seeds: Iterable[int], length: int) -> int:
    wrong = 0
    for strict, judge, loose in differences(seeds, length):
        assert later(judge, strict), "refused, although one message a line explains it"
        assert later(loose, judge), "accepted, although raft.tla cannot explain it"
        wrong += judge is not None
    return wrong


def test_the_judge_accepts_what_a_search_finds_and_nothing_else() -> None:
    assert check(range(100, 106), 11) >= 6


@pytest.mark.deep
def test_the_judge_accepts_what_a_search_finds_and_nothing_else_in_many_runs() -> None:
    assert check(range(1000, 1060), 14) >= 60
