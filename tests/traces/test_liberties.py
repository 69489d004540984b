"""Liberties: what Figure 2 does not have is refused unless it is declared, and a mistake beside it always."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from raftcheck.spec.model import FOLDER, LIBERTIES, Liberty, liberties_shown
from raftcheck.tla.config import load_config
from raftcheck.traces.coverage import page
from raftcheck.traces.diagnosis import diagnosis_of
from raftcheck.traces.events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    Message,
    NodeState,
    Other,
    RequestVoteRequest,
    RequestVoteResponse,
    Role,
)
from raftcheck.traces.evidence import Evidence
from raftcheck.traces.export import MODULE, export
from raftcheck.traces.files import read_trace
from raftcheck.traces.refusal import Refusal
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import validate

from .hiding import HIDDEN, hidden

SERVERS = ("n1", "n2", "n3")


def refusal(*events: Event, liberties: Collection[Liberty] = ()) -> Refusal | None:
    """Why one of these events is refused, after Init lines; None if all are accepted."""
    judge = Validator(SERVERS, liberties=liberties)
    for event in (*(line("Init", name, NEW) for name in SERVERS), *events):
        if judge.observe(event) is not None:
            break
    return judge.refusal


def told(*events: Event) -> Refusal:
    """The refusal of one of these events, with all that can be said of it."""
    found = refusal(*events)
    assert found is not None
    inits = [line("Init", name, NEW) for name in SERVERS]
    return diagnosis_of(SERVERS, [*inits, *events][: found.line])


def last_is_refused(*events: Event, liberties: Collection[Liberty] = ()) -> bool:
    found = refusal(*events, liberties=liberties)
    return found is not None and found.line == len(SERVERS) + len(events)


def line(event: str, server: str, state: NodeState | None, *sends: Message, **cause: object) -> Event:
    return Event(event=event, server=server, state=state, sends=sends, **cause)  # type: ignore[arg-type]


def receive(message: Message, state: NodeState, *sends: Message) -> Event:
    return line("Receive", message.dest, state, *sends, message=message)


def timeout(server: str, state: NodeState, *sends: Message) -> Event:
    return line("Timeout", server, state, *sends, timer="tick")


def seen(role: Role, term: int, vote: str, log: str = "", commit: int = 0) -> NodeState:
    """`log`: of each entry its term and its value, as in "1a 1b 2c"."""
    entries = tuple(Entry(int(entry[0]), entry[1:]) for entry in log.split())
    return NodeState(role=role, current_term=term, voted_for=vote, log=entries, commit_index=commit)


NEW = seen("Follower", 0, "")
LED = seen("Leader", 1, "n1")


def ask(source: str, dest: str, term: int) -> Message:
    return RequestVoteRequest(source, dest, term, 0, 0)


def entries(log: str, prev: int = 0, commit: int = 0, dest: str = "n2") -> Message:
    """What n1, the leader of term 1, sends of its log, which is of term 1."""
    part = tuple(Entry(int(entry[0]), entry[1:]) for entry in log.split()[prev:])
    return AppendEntriesRequest("n1", dest, 1, prev, 1 if prev else 0, part, commit)


def ack(match: int) -> Message:
    return AppendEntriesResponse("n2", "n1", 1, True, match)


ASKS = timeout("n1", seen("Candidate", 1, "n1"), ask("n1", "n2", 1), ask("n1", "n3", 1))
VOTES = receive(ask("n1", "n2", 1), seen("Follower", 1, "n1"), RequestVoteResponse("n2", "n1", 1, True))
ELECTED = receive(RequestVoteResponse("n2", "n1", 1, True), LED)
ELECTION = (ASKS, VOTES, ELECTED)
CRASHED = line("Crash", "n1", None, message=ELECTED.message)
RIVAL = timeout("n3", seen("Candidate", 1, "n3"), ask("n3", "n1", 1), ask("n3", "n2", 1))
AGAIN = timeout("n3", seen("Candidate", 2, "n3"), ask("n3", "n1", 2), ask("n3", "n2", 2))
MOVED_ON = (
    RIVAL,
    AGAIN,
    receive(ask("n3", "n1", 2), seen("Follower", 2, "n3"), RequestVoteResponse("n1", "n3", 2, True)),
)
"""n1 is in term 2; that n3 asks for its vote in term 1 is on its way to it."""
COMMITTED = (
    *ELECTION,
    line("ClientRequest", "n1", seen("Leader", 1, "n1", "1a"), entries("1a"), value="a"),
    receive(entries("1a"), seen("Follower", 1, "n1", "1a"), ack(1)),
    receive(ack(1), seen("Leader", 1, "n1", "1a", 1), entries("1a", 1, 1)),
    receive(entries("1a", 1, 1), seen("Follower", 1, "n1", "1a", 1), ack(1)),
    timeout("n1", seen("Leader", 1, "n1", "1a", 1), entries("", 0, 1)),
)
"""n2 has an entry and knows that it is committed; a request that says nothing of it is on its way to it."""


def looks_away(match: int, log: str = "1a", commit: int = 1) -> Event:
    """n2 does not look at the request, and answers by its commit index."""
    return receive(entries("", 0, 1), seen("Follower", 1, "n1", log, commit), ack(match))


def leads(log: str, *sends: Message) -> Event:
    """n1 is elected with a log like this."""
    return receive(RequestVoteResponse("n2", "n1", 1, True), seen("Leader", 1, "n1", log), *sends)


def refused(source: str, dest: str, term: int) -> Message:
    return RequestVoteResponse(source, dest, term, False)


REPLICATED = (
    *COMMITTED[:4],
    receive(entries("1a"), seen("Follower", 1, "n1", "1a")),
)
"""n2 has taken in an entry, and not answered."""

ALLOWED: dict[str, tuple[Liberty, tuple[Event, ...]]] = {
    "a leader gives up": ("StepDown", (*ELECTION, timeout("n1", seen("Follower", 1, "n1")))),
    "a leader gives up once it has sent": (
        "StepDown",
        (*ELECTION, timeout("n1", seen("Follower", 1, "n1"), entries(""), entries("", dest="n3"))),
    ),
    "a candidate gives up when it is refused": (
        "StepDown",
        (
            ASKS,
            RIVAL,
            receive(ask("n1", "n3", 1), seen("Candidate", 1, "n3"), refused("n3", "n1", 1)),
            receive(refused("n3", "n1", 1), seen("Follower", 1, "n1")),
        ),
    ),
    "a late leader is not answered": (
        "IgnoreStaleRequest",
        (
            *ELECTION,
            timeout("n1", LED, entries("")),
            timeout("n2", seen("Candidate", 2, "n2"), ask("n2", "n1", 2)),
            receive(entries(""), seen("Candidate", 2, "n2")),
        ),
    ),
    "a leader does not look at a candidate of a newer term": (
        "IgnoreVoteRequest",
        (*ELECTION, RIVAL, AGAIN, receive(ask("n3", "n1", 2), LED)),
    ),
    "a server does not look at who asks in its term": (
        "IgnoreVoteRequest",
        (ASKS, receive(ask("n1", "n2", 1), NEW)),
    ),
    "a leader refuses a candidate of a newer term, in its own": (
        "RefuseVoteRequest",
        (*ELECTION, RIVAL, AGAIN, receive(ask("n3", "n1", 2), LED, refused("n1", "n3", 1))),
    ),
    "a server that may vote does not": (
        "RefuseVoteRequest",
        (ASKS, receive(ask("n1", "n2", 1), seen("Follower", 1, ""), refused("n2", "n1", 1))),
    ),
    "a leader begins with an entry of its own": (
        "LeaderEntry",
        (ASKS, VOTES, leads("1", entries("1"), entries("1", dest="n3"))),
    ),
    "a leader appends its entry before it sends": (
        "LeaderEntry",
        (*ELECTION, timeout("n1", seen("Leader", 1, "n1", "1"), entries("1"))),
    ),
    "a leader does not show its log, but what it sends": (
        "LeaderEntry",
        (ASKS, VOTES, replace(leads("", entries("1x")), state=NodeState(role="Leader"))),
    ),
    "a leader's entry is seen with the first command": (
        "LeaderEntry",
        (
            *ELECTION[:2],
            replace(ELECTED, state=NodeState(role="Leader")),
            line("ClientRequest", "n1", NodeState(role="Leader"), entries("1 1a"), value="a"),
        ),
    ),
    "a leader crashes once it has stored its entry": (
        "LeaderEntry",
        (ASKS, VOTES, CRASHED, line("Restart", "n1", seen("Follower", 1, "n1", "1"))),
    ),
    "a follower answers by its commit index": ("AckCommitted", (*COMMITTED, looks_away(1))),
    "a candidate only sees that there is a leader": (
        "IgnoreAppendEntries",
        (
            *COMMITTED[:4],
            timeout("n3", seen("Candidate", 1, "n3")),
            timeout("n1", seen("Leader", 1, "n1", "1a"), entries("1a", 1, dest="n3")),
            receive(entries("1a", 1, dest="n3"), seen("Follower", 1, "n3")),
        ),
    ),
    "a follower does not look at an answer of a newer term": (
        "IgnoreResponse",
        (
            *ELECTION,
            timeout("n1", seen("Leader", 1, "n1"), entries("")),
            timeout("n3", seen("Candidate", 1, "n3")),
            timeout("n3", seen("Candidate", 2, "n3"), ask("n3", "n2", 2)),
            receive(ask("n3", "n2", 2), seen("Follower", 2, "n3"), RequestVoteResponse("n2", "n3", 2, True)),
            receive(entries(""), seen("Follower", 2, "n3"), AppendEntriesResponse("n2", "n1", 2, False, 0)),
            line("Crash", "n1", None),
            line("Restart", "n1", seen("Follower", 1, "n1")),
            receive(AppendEntriesResponse("n2", "n1", 2, False, 0), seen("Follower", 1, "n1")),
        ),
    ),
    "a follower takes in entries and answers when its disk has them": (
        "AnswerLater",
        (*REPLICATED, timeout("n2", seen("Follower", 1, "n1", "1a"), ack(1))),
    ),
    "a follower answers, and does not raise its commit index": (
        "LearnLater",
        (*COMMITTED[:6], receive(entries("1a", 1, 1), seen("Follower", 1, "n1", "1a"), ack(1))),
    ),
    "a follower learns from a candidate what is committed": (
        "LearnCommit",
        (
            *COMMITTED[:6],
            timeout("n3", seen("Candidate", 1, "n3"), ask("n3", "n2", 1)),
            receive(ask("n3", "n2", 1), seen("Follower", 1, "n1", "1a", 1), refused("n2", "n3", 1)),
        ),
    ),
    "a leader goes back for a peer that it does not hear": (
        "Rewind",
        (
            *COMMITTED[:6],
            timeout("n1", replace(seen("Leader", 1, "n1", "1a", 1), next_index={"n2": 2, "n3": 2})),
        ),
    ),
}
"""What is refused unless it is declared."""


@pytest.mark.parametrize("what", ALLOWED)
def test_what_is_beyond_figure_2_is_refused_unless_it_is_declared(what: str) -> None:
    liberty, events = ALLOWED[what]
    assert refusal(*events) is not None
    assert refusal(*events, liberties=set(LIBERTIES) - {liberty}) is not None
    assert refusal(*events, liberties={liberty}) is None


@pytest.mark.parametrize("what", ALLOWED)
def test_a_refusal_tells_what_liberty_would_allow_the_line(what: str) -> None:
    liberty, events = ALLOWED[what]
    found = told(*events)
    assert found.liberties == (liberty,)
    assert f"  liberty   --liberty {liberty} would allow the line" in found.report()


@pytest.mark.parametrize("what", ALLOWED)
def test_a_liberty_that_was_taken_is_counted_and_one_that_was_not_is_told_of(what: str) -> None:
    liberty, events = ALLOWED[what]
    declared: set[Liberty] = {liberty, "StepDown", "Rewind"}
    judge = Validator(SERVERS, liberties=declared)
    for event in (*(line("Init", name, NEW) for name in SERVERS), *events):
        assert judge.observe(event) is None
    counts = {name: judge.actions[name] for name in liberties_shown(declared, judge.actions)}
    assert [name for name, times in counts.items() if times] == [liberty]
    evidence = Evidence(judge.actions, len(events), judge.judged.compared, liberties=judge.liberties)
    told_of = {f"liberty {name} was declared and never taken" for name in declared - {liberty}}
    assert {warning for warning in evidence.warnings if warning.startswith("liberty")} == told_of
    covered = page("a trace", evidence, Counter())
    assert all((f">{name}</a>" in covered) == (name in declared) for name in LIBERTIES)


def test_a_refusal_tells_of_liberties_that_allow_the_line_together_or_of_none() -> None:
    both = timeout("n1", replace(seen("Follower", 1, "n1", "1"), role="Follower"))
    assert set(told(*ELECTION, both).liberties) == {"StepDown", "LeaderEntry"}
    assert told(*ELECTION, timeout("n1", seen("Follower", 1, ""))).liberties == ()


def test_each_liberty_is_among_these() -> None:
    assert {liberty for liberty, _ in ALLOWED.values()} == set(LIBERTIES) == set(get_args(Liberty))
    assert all(f'"{liberty}"' in (FOLDER / "raft.tla").read_text() for liberty in LIBERTIES)


NEAR: dict[str, tuple[Event, ...]] = {
    "a leader goes back behind what matches": (
        *COMMITTED[:6],
        timeout("n1", replace(seen("Leader", 1, "n1", "1a", 1), next_index={"n2": 1, "n3": 1})),
    ),
    "a leader goes back as it gets a command": (
        *COMMITTED[:6],
        line(
            "ClientRequest",
            "n1",
            replace(seen("Leader", 1, "n1", "1a 1b", 1), next_index={"n2": 2, "n3": 2}),
            value="b",
        ),
    ),
    "a follower takes what it does not have for committed": (
        *COMMITTED[:6],
        timeout("n3", seen("Follower", 0, "", commit=1)),
    ),
    "a follower takes for committed what is not": (
        *COMMITTED[:5],
        timeout("n2", seen("Follower", 1, "n1", "1a", 1)),
    ),
    "a follower learns from a heartbeat of another log's end": (
        *COMMITTED[:6],
        timeout("n2", seen("Candidate", 2, "n2", "1a")),
        timeout("n2", seen("Candidate", 3, "n2", "1a", 2)),
    ),
    "a follower answers later for more than its leader has": (
        *REPLICATED,
        timeout("n2", seen("Follower", 1, "n1", "1a"), ack(2)),
    ),
    "a follower answers later to who may yet lead": (
        *REPLICATED,
        timeout("n3", seen("Candidate", 1, "n3")),
        timeout("n2", seen("Follower", 1, "n1", "1a"), replace(ack(1), dest="n3")),
    ),
    "a follower answers of itself in the midst of an election": (
        ASKS,
        receive(
            ask("n1", "n2", 1), seen("Follower", 1, "n1"), RequestVoteResponse("n2", "n1", 1, True), ack(0)
        ),
    ),
    "a candidate does not look at votes of a newer term": (
        ASKS,
        RIVAL,
        AGAIN,
        receive(ask("n3", "n2", 2), seen("Follower", 2, "n3"), RequestVoteResponse("n2", "n3", 2, True)),
        timeout("n2", seen("Candidate", 3, "n2"), ask("n2", "n3", 3)),
        receive(ask("n2", "n3", 3), seen("Follower", 3, "n2"), RequestVoteResponse("n3", "n2", 3, True)),
        receive(ask("n1", "n3", 1), seen("Follower", 3, "n2"), RequestVoteResponse("n3", "n1", 3, False)),
        receive(RequestVoteResponse("n3", "n1", 3, False), seen("Candidate", 1, "n1")),
    ),
    "a leader gives up and forgets its vote": (*ELECTION, timeout("n1", seen("Follower", 1, ""))),
    "a leader gives up in another term": (*ELECTION, timeout("n1", seen("Follower", 2, ""))),
    "a leader becomes a candidate of its term": (*ELECTION, timeout("n1", seen("Candidate", 1, "n1"))),
    "a follower takes up its old term as leader": (
        *ELECTION,
        timeout("n1", seen("Follower", 1, "n1")),
        timeout("n1", LED),
    ),
    "a candidate that gave up counts votes": (
        ASKS,
        VOTES,
        timeout("n1", seen("Follower", 1, "n1")),
        ELECTED,
    ),
    "a request that is not looked at leaves its vote": (
        ASKS,
        receive(ask("n1", "n2", 1), seen("Follower", 0, "n1")),
    ),
    "a vote is given, and not told truly": (
        ASKS,
        receive(ask("n1", "n2", 1), seen("Follower", 1, "n1"), refused("n2", "n1", 1)),
    ),
    "a second vote is given": (
        *ELECTION[:2],
        RIVAL,
        receive(ask("n3", "n2", 1), seen("Follower", 1, "n1"), RequestVoteResponse("n2", "n3", 1, True)),
    ),
    "a refusal has the newer term, which was not taken": (
        *ELECTION,
        RIVAL,
        AGAIN,
        receive(ask("n3", "n1", 2), LED, refused("n1", "n3", 2)),
    ),
    "a leader begins with two entries": (ASKS, VOTES, leads("1 1", entries("1 1"))),
    "a leader crashes once it has stored two entries": (
        ASKS,
        VOTES,
        CRASHED,
        line("Restart", "n1", seen("Follower", 1, "n1", "1 1")),
    ),
    "a candidate stores an entry and crashes": (
        ASKS,
        line("Crash", "n1", None),
        line("Restart", "n1", seen("Follower", 1, "n1", "1")),
    ),
    "a leader's entry has another term": (ASKS, VOTES, leads("0")),
    "a leader appends an entry of its own later": (
        *COMMITTED[:4],
        timeout("n1", seen("Leader", 1, "n1", "1a 1")),
    ),
    "a candidate appends an entry": (timeout("n1", seen("Candidate", 1, "n1", "1"), ask("n1", "n2", 1)),),
    "a follower answers beyond its commit index": (*COMMITTED, looks_away(2)),
    "a follower answers by its commit index and deletes": (*COMMITTED, looks_away(1, "")),
    "a follower answers by its commit index and commits": (*COMMITTED, looks_away(1, commit=2)),
    "a follower answers by more than it has, where nothing is committed": (
        *ELECTION,
        timeout("n1", LED, entries("")),
        receive(entries(""), seen("Follower", 1, "n1"), ack(1)),
    ),
}
"""Mistakes, with all liberties declared."""


@pytest.mark.parametrize("what", NEAR)
def test_a_mistake_beside_a_liberty_is_refused(what: str) -> None:
    assert last_is_refused(*NEAR[what], liberties=LIBERTIES)


# --- messages that raft.tla does not have -------------------------------------------------------------------


def hears(server: str, term: int, state: NodeState, *sends: Message, source: str = "n1") -> Event:
    return receive(Other(source, server, term), state, *sends)


OTHERS: dict[str, tuple[Event, ...]] = {
    "it tells nothing": (hears("n2", 1, NEW),),
    "it is of a term that nobody has had, and is not taken": (hears("n2", 7, NEW),),
    "it tells a newer term that a server has": (ASKS, hears("n2", 1, seen("Follower", 1, ""))),
    "it tells a leader a newer term": (
        *ELECTION,
        RIVAL,
        AGAIN,
        hears("n1", 2, seen("Follower", 2, ""), source="n3"),
    ),
    "it tells a candidate that there is a leader": (
        RIVAL,
        *ELECTION,
        hears("n3", 1, seen("Follower", 1, "n3")),
    ),
    "it has a server start an election": (hears("n2", 0, seen("Candidate", 1, "n2"), ask("n2", "n1", 1)),),
    "it has a server take a term and start an election": (
        ASKS,
        hears("n2", 1, seen("Candidate", 2, "n2"), ask("n2", "n1", 2)),
    ),
    "it has a leader append what others were asked for": (
        *ELECTION,
        receive(Other("n2", "n1", 1), seen("Leader", 1, "n1", "1a 1b"), entries("1a 1b")),
    ),
    "it is sent by who has its term": (timeout("n1", NEW, Other("n1", "n2", 0), Other("n1", "n3", 0)),),
    "it is sent for the next term": (timeout("n1", NEW, Other("n1", "n2", 1)),),
    "it is sent among others, in any order": (
        replace(ASKS, sends=(Other("n1", "n3", 1), *(ASKS.sends or ()))),
        replace(VOTES, sends=(Other("n2", "n1", 1), *(VOTES.sends or ()))),
    ),
    "a client's command is passed on": (line("ClientRequest", "n1", NEW, Other("n1", "n2", 0), value="a"),),
    "it is lost": (line("DropMessage", "n2", None, message=Other("n1", "n2", 1)),),
    "it is doubled": (line("DuplicateMessage", "n2", None, message=Other("n1", "n2", 1)),),
    "a server crashes at it": (
        ASKS,
        line("Crash", "n2", None, message=Other("n1", "n2", 1)),
        line("Restart", "n2", seen("Follower", 1, "")),
    ),
}
"""What may come of a message that is none of raft.tla's, with no liberty."""


@pytest.mark.parametrize("what", OTHERS)
def test_a_message_of_no_type_may_lead_to_this(what: str) -> None:
    assert refusal(*OTHERS[what]) is None


MISHEARD: dict[str, tuple[Event, ...]] = {
    "a term that nobody has had is taken": (ASKS, hears("n2", 2, seen("Follower", 2, ""))),
    "another term is taken": (RIVAL, AGAIN, hears("n2", 1, seen("Follower", 2, ""), source="n3")),
    "a term is taken, and the vote kept": (
        ASKS,
        VOTES,
        RIVAL,
        AGAIN,
        hears("n2", 2, seen("Follower", 2, "n1")),
    ),
    "an older term is taken": (*MOVED_ON, hears("n1", 1, seen("Follower", 1, ""))),
    "it brings a vote": (ASKS, hears("n2", 1, seen("Follower", 1, "n1"))),
    "a leader gives up within its term": (*ELECTION, hears("n1", 1, seen("Follower", 1, "n1"), source="n2")),
    "a leader starts an election": (*ELECTION, hears("n1", 1, seen("Candidate", 2, "n1"), source="n2")),
    "a follower appends": (hears("n2", 0, seen("Follower", 0, "", "0a")),),
    "a leader appends in another term": (
        *ELECTION,
        receive(Other("n2", "n1", 1), seen("Leader", 1, "n1", "0a")),
    ),
    "it is answered by a vote": (hears("n2", 0, NEW, RequestVoteResponse("n2", "n1", 0, True)),),
    "it is sent for a term after the next": (timeout("n1", NEW, Other("n1", "n2", 2)),),
    "it is sent by another": (timeout("n1", NEW, Other("n3", "n2", 0)),),
    "a leader passes on a client's command": (
        *ELECTION,
        line("ClientRequest", "n1", LED, Other("n1", "n2", 1), value="a"),
    ),
    "a client's command is passed on, and taken in": (
        line("ClientRequest", "n1", seen("Follower", 0, "", "0a"), Other("n1", "n2", 0), value="a"),
    ),
    "it is sent to itself": (timeout("n1", NEW, Other("n1", "n1", 0)),),
}
"""What may not come of it."""


@pytest.mark.parametrize("what", MISHEARD)
def test_a_message_of_no_type_may_not_lead_to_this(what: str) -> None:
    assert last_is_refused(*MISHEARD[what])


def test_an_exported_trace_takes_its_liberties_along(tmp_path: Path) -> None:
    lines = [(f"trace:{number}", line("Init", name, NEW)) for number, name in enumerate(SERVERS, 1)]
    export(tmp_path, lines, "trace", {"StepDown"})
    constants = load_config(tmp_path / f"{MODULE}.cfg").constants
    assert constants["Liberties"] == {"HearOther", "StepDown"}


LEARNED = Path(__file__).parent / "learned" / "in-a-later-term.ndjson"


def test_what_was_committed_in_a_later_term_is_not_learned_before_that_term() -> None:
    """Figure 8: n2, still in term 2, holds the entry that term 3 committed; the leader of term 2 does not."""
    trace = validate(read_trace(LEARNED), "learned", liberties=LIBERTIES)
    assert trace.refusal is not None
    assert (trace.refusal.line, trace.lines) == (34, 34)


def test_a_finer_line_is_none_of_a_message_that_raft_does_not_have() -> None:
    other = Other("n1", "n2", 0)
    assert refusal(Event(event="Receive", server="n2", message=other)) is None
    assert refusal(Event(event="HandleRequestVoteRequest", server="n2", message=other)) is not None


def test_a_term_that_is_sent_too_early_is_pointed_at() -> None:
    found = told(timeout("n1", NEW, Other("n1", "n2", 7)))
    assert "  observed  sends[0].term = 7\n  allowed   sends[0].term = 1\n" in found.report()


@pytest.mark.parametrize("part", HIDDEN)
@pytest.mark.parametrize("what", ALLOWED)
def test_what_a_liberty_allows_conforms_whatever_is_not_seen_of_it(what: str, part: str) -> None:
    liberty, events = ALLOWED[what]
    assert refusal(*hidden(HIDDEN[part], events), liberties={liberty}) is None
