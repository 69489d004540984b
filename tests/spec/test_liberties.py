"""Each guard of a liberty is needed: without it a model of three servers or more breaks a property.

What a guard that keeps nothing safe is for, refused traces say (tests/traces/test_guards.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from raftcheck.spec.model import FOLDER, LIBERTIES
from raftcheck.tla import Model, check, load, load_config
from raftcheck.tla.config import Config
from raftcheck.tla.model import State, with_constants

from .changed import changed

MODELS = ("MCliberty1.cfg", "MCliberty2.cfg", "MCliberty3.cfg")


@dataclass(frozen=True, slots=True)
class Guard:
    """What is taken from a liberty, or put in its place, and the property that a model then breaks."""

    liberty: str
    removed: str
    instead: str
    model: int
    breaks: str
    within: str = ""
    """The operator of raft.tla, if not that of the liberty."""


REFUTED: Mapping[str, Guard] = {
    "an older term is taken": Guard(
        "HearOther",
        "        /\\ term > currentTerm[i] \\/ (term = currentTerm[i] /\\ role[i] = Candidate)\n",
        "",
        1,
        "ElectionSafety",
    ),
    "who steps down forgets its vote": Guard(
        "StepDown",
        "UNCHANGED <<messages, currentTerm, votedFor,",
        "votedFor' = [votedFor EXCEPT ![i] = Nil] /\\ UNCHANGED <<messages, currentTerm,",
        1,
        "ElectionSafety",
    ),
    "a vote is said to be given": Guard(
        "RefuseVoteRequest", "mvoteGranted |-> FALSE", "mvoteGranted |-> TRUE", 1, "ElectionSafety"
    ),
    "a follower appends": Guard("LeaderEntry", "    /\\ role[i] = Leader\n", "", 2, "LogMatching"),
    "entries of an older term are taken": Guard(
        "AnswerLater", "Acceptable(i, m)", "HoldsPrevious(log[i], m)", 2, "LeaderAppendOnly", "TakeQuietly"
    ),
    "entries after a gap are taken": Guard(
        "LearnLater", "Acceptable(i, m)", "m.mterm = currentTerm[i]", 2, "QuorumHolds", "TakeQuietly"
    ),
    "more is acknowledged than was stored": Guard(
        "LearnLater",
        "ack <= Min(stored, m.mprevLogIndex + Len(m.mentries))",
        "TRUE",
        2,
        "QuorumHolds",
        "TakeQuietly",
    ),
    "an answer to who is behind, and may yet lead": Guard(
        "AnswerLater", "    /\\ currentTerm[j] >= currentTerm[i]\n", "", 2, "QuorumHolds"
    ),
    "an answer to a candidate": Guard(
        "AnswerLater",
        "    /\\ currentTerm[j] = currentTerm[i] => role[j] # Candidate\n",
        "",
        2,
        "QuorumHolds",
    ),
    "an answer for entries that are others": Guard(
        "AnswerLater", " /\\ SubSeq(log[i], 1, match) = SubSeq(log[j], 1, match)", "", 2, "QuorumHolds"
    ),
    "an answer for more than the leader has": Guard(
        "AnswerLater", "match <= Len(log[j]) /\\", "IF match > Len(log[j]) THEN TRUE ELSE", 2, "QuorumHolds"
    ),
    "what nobody committed is learned": Guard(
        "LearnCommit",
        "        /\\ index <= Len(committed)\n"
        "        /\\ log[i][index].term = committed[index].term\n"
        "        /\\ committed[index].cterm <= currentTerm[i]\n",
        "        /\\ index <= Len(committed) =>\n"
        "            /\\ log[i][index].term = committed[index].term\n"
        "            /\\ committed[index].cterm <= currentTerm[i]\n",
        2,
        "StateMachineSafety",
    ),
    "another entry is learned to be committed": Guard(
        "LearnCommit",
        "        /\\ log[i][index].term = committed[index].term\n",
        "",
        2,
        "StateMachineSafety",
    ),
    "what a later term committed is learned": Guard(
        "LearnCommit",
        "        /\\ committed[index].cterm <= currentTerm[i]\n",
        "",
        3,
        "StateMachineSafety",
    ),
}


def config_of(number: int) -> Config:
    return load_config(FOLDER / MODELS[number - 1])


SLOW = {"an older term is taken"}


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=pytest.mark.deep) if what in SLOW else what for what in REFUTED]
)
def test_without_a_guard_of_a_liberty_a_model_breaks(tmp_path: Path, what: str) -> None:
    guard = REFUTED[what]
    folder = changed(tmp_path, guard.within or guard.liberty, guard.removed, guard.instead)
    config = with_constants(config_of(guard.model), Liberties=frozenset({guard.liberty}))
    if guard.model == 1:
        config = with_constants(config, MaxTerm=1)  # finds them as well, and sooner
    found = check(Model(load(folder / "MCliberty.tla"), config)).violation
    assert found is not None
    assert found.name == guard.breaks, found.message


def test_each_liberty_is_in_a_model_of_three_servers_or_more() -> None:
    declared: set[object] = set()
    for number in range(1, len(MODELS) + 1):
        constants = config_of(number).constants
        servers, liberties = constants["Server"], constants["Liberties"]
        assert isinstance(servers, frozenset)
        assert isinstance(liberties, frozenset)
        assert len(servers) >= 3
        declared |= liberties
    assert declared == {"HearOther", *LIBERTIES}


def votes(candidate: str, *servers: str) -> list[str]:
    """They are asked by it, one after the other, and it counts their answers."""
    return [
        step
        for server in servers
        for step in (
            f'RequestVote("{candidate}", "{server}")',
            f'UpdateTerm("{server}")',
            f'HandleRequestVoteRequest("{server}")',
            f'HandleRequestVoteResponse("{candidate}")',
        )
    ]


def stored(leader: str, *servers: str) -> list[str]:
    """It sends them its entries, one after the other, and hears their answers."""
    return [
        step
        for server in servers
        for step in (
            f'AppendEntries("{leader}", "{server}")',
            f'HandleAppendEntriesRequest("{server}")',
            f'HandleAppendEntriesResponse("{leader}")',
        )
    ]


def steps(text: str) -> list[str]:
    """Of "Timeout n1, Restart n1" the names that actions have."""
    return [
        '{}("{}")'.format(name, '", "'.join(servers)) for name, *servers in map(str.split, text.split(","))
    ]


ROADS: Mapping[int, list[str]] = {
    2: [
        *steps("Timeout n2"),
        *votes("n2", "n1", "n3"),
        *steps("BecomeLeader n2, ClientRequest n2, AppendEntries n2 n3, Restart n2, Timeout n2, Restart n2"),
    ],
    3: [
        *steps("Timeout n1"),
        *votes("n1", "n2", "n3"),
        *steps("BecomeLeader n1, ClientRequest n1"),
        *stored("n1", "n2"),
        *steps("Timeout n5, Timeout n5"),
        *votes("n5", "n2", "n3", "n4"),
        *steps("BecomeLeader n5, ClientRequest n5, Restart n1, Timeout n1, Timeout n1"),
        *votes("n1", "n3", "n4"),
        *steps("BecomeLeader n1, ClientRequest n1"),
        *stored("n1", "n3", "n4"),
        *steps("AdvanceCommitIndex n1"),
    ],
}
"""What leads to where the models begin, without any liberty."""


@pytest.mark.parametrize("number", [2, pytest.param(3, marks=pytest.mark.deep)])
def test_a_model_begins_where_raft_comes_to_without_liberties(number: int) -> None:
    module = load(FOLDER / "MCliberty.tla")
    config = config_of(number)
    (beginning,) = Model(module, config).initial_states()
    plain = with_constants(config, Liberties=frozenset(), Restarting=frozenset({"n1", "n2"}), MaxLogLength=2)
    model = Model(module, replace(plain, init=config_of(1).init))
    states = set(model.initial_states())
    for label in ROADS[number]:
        found: list[State] = []
        for action in model.actions():
            if str(action) == label:
                for state in states:
                    action.run(state, found.append)
        states = set(found)
        assert states, label
    assert beginning in states
