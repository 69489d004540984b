"""Each guard of a liberty has a trace that is refused for its sake alone: the liberty is declared.

Without the guard the same trace conforms. Of the guards whose loss would be unsafe, models say so as well
(tests/spec/test_liberties.py); the others keep what is allowed to what implementations do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from raftcheck.spec.model import Liberty, trace_config
from raftcheck.tla.model import Model
from raftcheck.tla.modules import load
from raftcheck.traces import validate as judging
from raftcheck.traces.events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)

from ..spec.changed import changed
from .test_liberties import (
    COMMITTED,
    ELECTION,
    LED,
    NEW,
    RIVAL,
    SERVERS,
    ack,
    ask,
    entries,
    last_is_refused,
    line,
    receive,
    refusal,
    seen,
    timeout,
)


@dataclass(frozen=True, slots=True)
class Beside:
    """A mistake beside liberties, in the last of the events, and what of raft.tla refuses it."""

    liberties: tuple[Liberty, ...]
    operator: str
    removed: str
    instead: str
    events: tuple[Event, ...]


def finer(event: str, server: str, state: NodeState) -> Event:
    return Event(event=event, server=server, state=state)


def votes(term: int, source: str, dest: str) -> RequestVoteResponse:
    return RequestVoteResponse(source, dest, term, True)


def agrees(source: str, match: int) -> AppendEntriesResponse:
    """An answer to n3, the leader of term 2."""
    return AppendEntriesResponse(source, "n3", 2, True, match)


BEHIND = (
    *ELECTION,
    line("ClientRequest", "n1", seen("Leader", 1, "n1", "1a"), value="a"),
    timeout("n3", seen("Candidate", 1, "n3")),
    timeout("n3", seen("Candidate", 2, "n3"), ask("n3", "n1", 2), ask("n3", "n2", 2)),
    receive(ask("n3", "n2", 2), seen("Follower", 2, "n3"), votes(2, "n2", "n3")),
    receive(votes(2, "n2", "n3"), seen("Leader", 2, "n3")),
    receive(ask("n3", "n1", 2), seen("Follower", 2, "", "1a"), RequestVoteResponse("n1", "n3", 2, False)),
)
"""n3 leads term 2; n1 follows, and has an entry of term 1 that n3 has not."""

OVERTAKEN = (
    *BEHIND,
    line("ClientRequest", "n3", seen("Leader", 2, "n3", "2b"), value="b"),
)
"""n3 has another entry there."""

SENT = AppendEntriesRequest("n3", "n2", 2, 0, 0, (Entry(2, "b"),), 0)

SECOND = AppendEntriesRequest("n3", "n1", 2, 1, 2, (Entry(2, "c"),), 0)

TOLD = (
    *OVERTAKEN,
    timeout("n3", seen("Leader", 2, "n3", "2b"), SENT),
    receive(SENT, seen("Follower", 2, "n3", "2b"), agrees("n2", 1)),
    receive(agrees("n2", 1), seen("Leader", 2, "n3", "2b", 1)),
)
"""That entry is committed."""

TWO = (
    *COMMITTED[:7],
    line("ClientRequest", "n1", seen("Leader", 1, "n1", "1a 1b", 1), value="b"),
)

LEADS_AGAIN = (
    *COMMITTED[:7],
    line("Crash", "n1", None),
    line("Restart", "n1", seen("Follower", 1, "n1", "1a")),
    timeout("n1", seen("Candidate", 2, "n1", "1a"), RequestVoteRequest("n1", "n2", 2, 1, 1)),
    receive(
        RequestVoteRequest("n1", "n2", 2, 1, 1), seen("Follower", 2, "n1", "1a", 1), votes(2, "n2", "n1")
    ),
    receive(votes(2, "n2", "n1"), seen("Leader", 2, "n1", "1a")),
)
"""n1 leads term 2, and has forgotten that its entry of term 1 is committed."""

LATE = (*COMMITTED, timeout("n2", seen("Candidate", 2, "n2", "1a", 1)))
"""n2 is in term 2; a request of term 1 is on its way to it."""

GUARDS: Mapping[str, Beside] = {
    "who leads nothing steps down": Beside(
        ("StepDown",),
        "StepDown",
        "    /\\ role[i] \\in {Candidate, Leader}\n",
        "",
        (finer("StepDown", "n2", NEW),),
    ),
    "a request of the term is called stale": Beside(
        ("IgnoreStaleRequest",),
        "IgnoreStaleRequest",
        "        /\\ m.mterm < currentTerm[i]\n",
        "",
        (*ELECTION, timeout("n1", LED, entries("")), receive(entries(""), seen("Follower", 1, "n1"))),
    ),
    "entries of an older term are not looked at": Beside(
        ("IgnoreAppendEntries",),
        "IgnoreAppendEntries",
        "        /\\ m.mterm = currentTerm[i]\n",
        "",
        (*LATE, receive(entries("", 0, 1), seen("Follower", 2, "n2", "1a", 1))),
    ),
    "a candidate does not look at a vote": Beside(
        ("IgnoreResponse",),
        "IgnoreResponse",
        "        /\\ role[i] # (IF type = RequestVoteResponse THEN Candidate ELSE Leader)\n",
        "",
        (
            *ELECTION[:2],
            receive(
                votes(1, "n2", "n1"), replace(seen("Candidate", 1, "n1"), votes_granted=frozenset({"n1"}))
            ),
        ),
    ),
    "a follower appends": Beside(
        ("LeaderEntry",),
        "LeaderEntry",
        "    /\\ role[i] = Leader\n",
        "",
        (*ELECTION, finer("LeaderEntry", "n2", seen("Follower", 1, "n1", "1"))),
    ),
    "a leader appends a second entry of its own": Beside(
        ("LeaderEntry",),
        "LeaderEntry",
        "    /\\ LastTerm(log[i]) # currentTerm[i]\n",
        "",
        (*COMMITTED[:4], timeout("n1", seen("Leader", 1, "n1", "1a 1"))),
    ),
    "a request of an older term is answered by the commit index": Beside(
        ("AckCommitted",),
        "AckCommitted",
        "    /\\ m.mterm = currentTerm[i]\n",
        "",
        (
            *LATE,
            receive(
                entries("", 0, 1),
                seen("Follower", 2, "n2", "1a", 1),
                AppendEntriesResponse("n2", "n1", 2, True, 1),
            ),
        ),
    ),
    "entries after a gap are answered by the commit index": Beside(
        ("AckCommitted",),
        "AckCommitted",
        "    /\\ m.mprevLogIndex < commitIndex[i]\n",
        "",
        (
            *TWO,
            timeout("n1", seen("Leader", 1, "n1", "1a 1b", 1), entries("1a 1b", 2)),
            receive(entries("1a 1b", 2), seen("Follower", 1, "n1", "1a", 1), ack(1)),
        ),
    ),
    "entries after another one are taken in, and answered later": Beside(
        ("AnswerLater",),
        "TakeQuietly",
        "    /\\ Acceptable(i, m)\n",
        "    /\\ m.mterm = currentTerm[i] /\\ m.mprevLogIndex <= Len(log[i])\n",
        (
            *OVERTAKEN,
            line("ClientRequest", "n3", seen("Leader", 2, "n3", "2b 2c"), value="c"),
            timeout("n3", seen("Leader", 2, "n3", "2b 2c"), SECOND),
            receive(SECOND, seen("Follower", 2, "", "1a 2c")),
        ),
    ),
    "a candidate answers later": Beside(
        ("AnswerLater",),
        "AnswerLater",
        "    /\\ role[i] = Follower\n",
        "",
        (
            *ELECTION,
            timeout("n3", seen("Candidate", 1, "n3")),
            timeout("n3", seen("Candidate", 2, "n3"), ask("n3", "n1", 2)),
            receive(ask("n3", "n1", 2), seen("Follower", 2, "n3"), votes(2, "n1", "n3")),
            receive(votes(2, "n1", "n3"), seen("Leader", 2, "n3")),
            timeout("n2", seen("Candidate", 2, "n2")),
            line(
                "AnswerLater", "n2", seen("Candidate", 2, "n2"), AppendEntriesResponse("n2", "n3", 2, True, 0)
            ),
        ),
    ),
    "a follower answers itself": Beside(
        ("AnswerLater",),
        "AnswerLater",
        "    /\\ i # j\n",
        "",
        (*COMMITTED[:7], timeout("n2", seen("Follower", 1, "n1", "1a", 1), replace(ack(1), dest="n2"))),
    ),
    "an answer to who is behind": Beside(
        ("AnswerLater",),
        "AnswerLater",
        "    /\\ currentTerm[j] >= currentTerm[i]\n",
        "",
        (*COMMITTED[:7], timeout("n2", seen("Follower", 1, "n1", "1a", 1), replace(ack(1), dest="n3"))),
    ),
    "an answer to a candidate": Beside(
        ("AnswerLater",),
        "AnswerLater",
        "    /\\ currentTerm[j] = currentTerm[i] => role[j] # Candidate\n",
        "",
        (
            *COMMITTED[:7],
            RIVAL,
            timeout("n2", seen("Follower", 1, "n1", "1a", 1), replace(ack(1), dest="n3")),
        ),
    ),
    "an answer for more than the leader has": Beside(
        ("AnswerLater",),
        "AnswerLater",
        "match <= Len(log[j]) /\\",
        "IF match > Len(log[j]) THEN TRUE ELSE",
        (
            *BEHIND,
            timeout("n1", seen("Follower", 2, "", "1a"), agrees("n1", 1)),
        ),
    ),
    "an answer for entries that are others": Beside(
        ("AnswerLater",),
        "AnswerLater",
        " /\\ SubSeq(log[i], 1, match) = SubSeq(log[j], 1, match)",
        "",
        (
            *OVERTAKEN,
            timeout("n1", seen("Follower", 2, "", "1a"), agrees("n1", 1)),
        ),
    ),
    "a leader learns what only counting in its term tells it": Beside(
        ("LearnCommit",),
        "LearnCommit",
        "    /\\ role[i] # Leader\n",
        "",
        (*LEADS_AGAIN, timeout("n1", seen("Leader", 2, "n1", "1a", 1))),
    ),
    "a commit index goes back": Beside(
        ("LearnCommit",),
        "LearnCommit",
        "        /\\ index > commitIndex[i]\n",
        "        /\\ index > 0\n",
        (
            *TWO,
            timeout("n1", seen("Leader", 1, "n1", "1a 1b", 1), entries("1a 1b", 1)),
            receive(entries("1a 1b", 1), seen("Follower", 1, "n1", "1a 1b", 1), ack(2)),
            receive(ack(2), seen("Leader", 1, "n1", "1a 1b", 2), entries("1a 1b", 2, 2)),
            receive(entries("1a 1b", 2, 2), seen("Follower", 1, "n1", "1a 1b", 2), ack(2)),
            timeout("n2", seen("Follower", 1, "n1", "1a 1b", 1)),
        ),
    ),
    "what nobody committed is learned": Beside(
        ("LearnCommit",),
        "LearnCommit",
        "        /\\ index <= Len(committed)\n"
        "        /\\ log[i][index].term = committed[index].term\n"
        "        /\\ committed[index].cterm <= currentTerm[i]\n",
        "        /\\ index <= Len(committed) =>\n"
        "            /\\ log[i][index].term = committed[index].term\n"
        "            /\\ committed[index].cterm <= currentTerm[i]\n",
        (*COMMITTED[:5], timeout("n2", seen("Follower", 1, "n1", "1a", 1))),
    ),
    "another entry is learned to be committed": Beside(
        ("LearnCommit",),
        "LearnCommit",
        "        /\\ log[i][index].term = committed[index].term\n",
        "",
        (*TOLD, timeout("n1", seen("Follower", 2, "", "1a", 1))),
    ),
    "who does not lead rewinds": Beside(
        ("Rewind",),
        "Rewind",
        "    /\\ role[i] = Leader\n",
        "",
        (
            *COMMITTED[:7],
            finer("Rewind", "n2", replace(seen("Follower", 1, "n1", "1a", 1), next_index={"n1": 2, "n3": 1})),
        ),
    ),
    "entries tell what is committed, but not by their commit index": Beside(
        ("LearnCommit",),
        "TraceLearnCommit",
        'IF "LearnLater" \\in Liberties THEN {AppendEntriesRequest} ELSE {}',
        "{AppendEntriesRequest}",
        (
            *COMMITTED[:6],
            timeout("n1", seen("Leader", 1, "n1", "1a", 1), entries("1a", 1)),
            receive(entries("1a", 1), seen("Follower", 1, "n1", "1a", 1), ack(1)),
        ),
    ),
}


@pytest.mark.parametrize("what", GUARDS)
def test_a_guard_of_a_liberty_refuses_the_mistake_beside_it(what: str) -> None:
    assert last_is_refused(*GUARDS[what].events, liberties=GUARDS[what].liberties)


@pytest.mark.deep
@pytest.mark.parametrize("what", GUARDS)
def test_without_the_guard_the_mistake_would_conform(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = GUARDS[what]
    folder = changed(tmp_path, guard.operator, guard.removed, guard.instead)
    liberties = frozenset(guard.liberties)
    model = Model(load(folder / "Traceraft.tla"), trace_config(SERVERS, liberties), memoise=False)
    monkeypatch.setattr(judging, "trace_model", lambda servers, liberties: model)
    assert refusal(*guard.events, liberties=liberties) is None
