"""The trace of etcd-io/raft, judged: runs of ours in its words, and the example that comes with it.

RAFTCHECK_FIELD_SPECS names a folder with a clone of github.com/etcd-io/raft in etcd-io+raft (as for
tests/tla/test_field_specs.py); without it, its example is not read.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from raftcheck.properties.adapters.reference import reference
from raftcheck.properties.faults import FAULTS, Fault
from raftcheck.traces.dialects.etcd import EtcdTrace
from raftcheck.traces.dialects.etcdlines import NAMES
from raftcheck.traces.errors import TraceError
from raftcheck.traces.explanation import Refusal
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import Validation, validate

from .etcdtrace import SERVERS, Line, Writer, run_over_streams, write

NOT_SHOWN = {
    "self-vote-missing": "who voted for whom, a candidate does not say",
    "no-stepdown-equal-term-ae": "a message without an answer may have been thrown away",
    "match-not-max": "what a leader knows of its peers",
    "next-not-updated": "what a leader knows of its peers",
    "next-below-match-on-nack": "what a leader knows of its peers",
}
"""The faults of the catalogue that a run over streams betrays, but etcd's trace does not show, and why."""


def hand(
    name: str, term: int, vote: str, role: str = "Follower", log: int = 0, commit: int = 0, **more: Any
) -> Line:
    """A line of one of two servers."""
    state = {"term": term, "vote": vote, "commit": commit}
    line = {"name": name, "nid": "1", "state": state, "role": f"State{role}", "log": log}
    return {**line, "conf": [["1", "2"], []], **more}


UP = [
    line
    for nid in ("1", "2")
    for line in (
        hand("InitState", 0, "0", nid=nid),
        hand("BecomeFollower", 0, "0", nid=nid),
        hand("Ready", 0, "0", nid=nid),
    )
]
CANDIDATE = hand("BecomeCandidate", 1, "1", "Candidate")
READY = hand("Ready", 1, "1", "Candidate")
AGAIN = [hand("InitState", 0, "0"), hand("BecomeFollower", 0, "0")]


def judged(folder: Path, lines: list[Line]) -> Validation:
    write(folder / "etcd.ndjson", lines)
    trace = EtcdTrace(folder / "etcd.ndjson")
    return trace.completed(validate(trace.lines(), "etcd"))


@cache
def told(seed: int) -> tuple[Line, ...]:
    return tuple(Writer().lines(run_over_streams(reference, seed).events))


SEEDS = (*range(7), 10, 27, 63)
"""Runs that have all that is read; the last ones old messages, and candidates who hear of a leader."""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_is_accepted_in_the_words_of_etcd(tmp_path: Path, seed: int) -> None:
    judge = Validator(SERVERS)
    run_over_streams(reference, seed, judge)
    found = judged(tmp_path, list(told(seed)))
    assert (found.refusal, found.undecided, found.vacuous, found.most_candidates) == (None, None, None, 1)
    assert found.servers == ("1", "2", "3")
    # That a message is lost, etcd does not say.
    assert found.actions == Counter({a: n for a, n in judge.actions.items() if a != "DropMessage"})


def test_these_runs_have_all_that_is_read() -> None:
    lines = [line for seed in SEEDS for line in told(seed)]
    beyond = {"ApplyConfChange", "ChangeConf", "SendSnapshot", "ReceiveSnapshot"}
    assert {line["name"] for line in lines} == set(NAMES) - beyond
    types = {"MsgApp", "MsgAppResp", "MsgHeartbeat", "MsgHeartbeatResp", "MsgVote", "MsgVoteResp"}
    assert {line["msg"]["type"] for line in lines if "msg" in line} == types
    assert {line["role"] for line in lines} == {"StateFollower", "StateCandidate", "StateLeader"}


def refused_run(fault: Fault, seeds: range) -> list[Line] | None:
    for seed in seeds:
        outcome = run_over_streams(fault.implementation, seed, Validator(SERVERS))
        if isinstance(outcome.failure, Refusal):
            return list(Writer().lines(outcome.events))
    return None


def caught(folder: Path, seeds: range) -> tuple[set[str], set[str]]:
    """The faults that runs betray, and those of them that the runs betray in the words of etcd."""
    betrayed, found = set(), set()
    for fault in FAULTS:
        lines = refused_run(fault, seeds)
        if lines is not None:
            betrayed.add(fault.id)
            if judged(folder, lines).refusal is not None:
                found.add(fault.id)
    return betrayed, found


def test_faults_are_refused_in_the_words_of_etcd(tmp_path: Path) -> None:
    betrayed, found = caught(tmp_path, range(6))
    assert len(found) >= 12
    assert betrayed - found <= {*NOT_SHOWN, "ae-never-truncates"}


@pytest.mark.deep
def test_of_all_faults_only_those_that_etcd_does_not_show_are_accepted(tmp_path: Path) -> None:
    """Whether the fault shows may depend on the run; so each has several."""
    betrayed: set[str] = set()
    found: set[str] = set()
    for seed in range(20):
        one, other = caught(tmp_path, range(seed, seed + 1))
        betrayed |= one
        found |= other
    assert betrayed - found == set(NOT_SHOWN)
    assert len(found) >= 20


# --- one line changed ---------------------------------------------------------------------------------------

Change = Callable[[Line], Any]


def nth(lines: list[Line], name: str, fits: Callable[[Line], bool] = lambda line: True) -> int:
    return next(place for place, line in enumerate(lines) if line["name"] == name and fits(line))


def _any(line: Line) -> bool:
    return True


def _own(line: Line) -> bool:
    return bool(line["msg"]["from"] == line["msg"]["to"])


def _between(line: Line) -> bool:
    return not _own(line)


def _of(kind: str) -> Callable[[Line], bool]:
    return lambda line: line["msg"]["type"] == kind and not _own(line)


def _has_entries(line: Line) -> bool:
    return bool(line["log"] > 0)


def _acknowledges(line: Line) -> bool:
    return _between(line) and line["msg"]["index"] > 0 and not line["msg"]["reject"]


def _message(**fields: Any) -> Change:
    return lambda line: line["msg"].update(fields)


def _state(**fields: Any) -> Change:
    return lambda line: line["state"].update(fields)


def _log(more: int) -> Change:
    return lambda line: line.update(log=line["log"] + more)


def _other_answer(line: Line) -> None:
    line["msg"]["reject"] = not line["msg"]["reject"]


@pytest.mark.parametrize(
    ("name", "fits", "change"),
    [
        ("Ready", lambda line: line["state"]["vote"] == "2", _state(vote="3")),
        ("Ready", _has_entries, _log(-1)),
        ("Ready", _has_entries, _log(1)),
        ("SendAppendEntriesResponse", _has_entries, _log(1)),
        ("SendAppendEntriesResponse", _between, _state(commit=7)),
        ("SendAppendEntriesResponse", _acknowledges, _other_answer),
        ("SendAppendEntriesResponse", _acknowledges, _message(index=99)),
        ("SendRequestVoteResponse", _between, _other_answer),
        ("SendRequestVoteRequest", _any, _message(index=5)),
        ("SendRequestVoteRequest", _any, _message(term=99)),
        ("SendAppendEntriesRequest", _of("MsgApp"), _message(logTerm=9)),
        ("SendAppendEntriesRequest", _of("MsgApp"), _message(entries=9)),
        ("SendAppendEntriesRequest", _of("MsgHeartbeat"), _message(commit=9)),
        ("ReceiveAppendEntriesRequest", _of("MsgApp"), _message(commit=9)),
        ("ReceiveRequestVoteResponse", _between, _message(term=99)),
        ("ReceiveAppendEntriesResponse", _of("MsgAppResp"), _message(index=9)),
        ("BecomeCandidate", _any, _state(vote="0")),
        ("BecomeCandidate", _any, _state(term=99)),
        ("BecomeLeader", _any, _state(commit=3)),
        ("Commit", lambda line: line["state"]["commit"] > 0, _state(commit=99)),
        ("BecomeFollower", lambda line: line["state"]["term"] > 0, _state(vote="1")),
    ],
)
def test_a_line_with_one_field_changed_is_refused_there(
    tmp_path: Path, name: str, fits: Callable[[Line], bool], change: Change
) -> None:
    lines = changed(name, fits, change)
    found = judged(tmp_path, lines)
    assert found.refusal is not None
    place = next(place for place, line in enumerate(lines) if "changed" in line)
    if name == "ReceiveAppendEntriesRequest":  # what came of the message, its answer says
        place += nth(
            lines[place:], "SendAppendEntriesResponse", lambda line: line["nid"] == lines[place]["nid"]
        )
    assert found.place == f"{tmp_path / 'etcd.ndjson'}:{place + 2}"  # the first line is the logger's own


def changed(name: str, fits: Callable[[Line], bool], change: Change) -> list[Line]:
    """A run in which the first such line is changed."""
    for seed in SEEDS:
        lines = [copied(line) for line in told(seed)]
        if any(line["name"] == name and fits(line) for line in lines):
            line = lines[nth(lines, name, fits)]
            change(line)
            line["changed"] = True
            return lines
    raise AssertionError(name)


def copied(line: Line) -> Line:
    parts = {part: dict(line[part]) for part in ("state", "msg") if part in line}
    return {**line, **parts}


# --- beyond raft.tla ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "ReceiveSnapshot"}, "is about a snapshot"),
        ({"role": "StatePreCandidate"}, "shows a pre-vote"),
        ({"nid": "4"}, "is of server 4, which joins the cluster"),
        ({"conf": [["1", "2"], []]}, "brings another configuration into force"),
        ({"conf": [["1", "2", "3"], ["1", "2"]]}, "brings another configuration into force"),
        (
            {"name": "ApplyConfChange", "prop": {"cc": {"newconf": ["1", "2"]}}},
            "brings another configuration into force",
        ),
    ],
)
def test_what_raft_has_no_words_for_ends_the_judging(tmp_path: Path, change: Line, said: str) -> None:
    """It is no refusal: what came before is accepted, and of what comes after nothing is said."""
    lines = list(told(2))
    place = nth(lines, "BecomeLeader") + 5
    more = (
        {"msg": told(2)[nth(lines, "SendAppendEntriesRequest")]["msg"]} if "Snapshot" in str(change) else {}
    )
    strange = {**{k: v for k, v in lines[place].items() if k != "msg"}, "name": "Ready", **more, **change}
    found = judged(tmp_path, [*lines[:place], strange, *lines[place + 1 :]])
    file = tmp_path / "etcd.ndjson"
    assert found.refusal is None
    assert found.undecided == (
        f"judged up to {file}:{place + 1}; {file}:{place + 2} {said}, which raft.tla does not have"
    )
    assert found.actions["BecomeLeader"] == 1


def test_a_refusal_before_that_is_the_last_word(tmp_path: Path) -> None:
    lines = changed("BecomeCandidate", lambda line: True, lambda line: line["state"].update(vote="0"))
    place = next(place for place, line in enumerate(lines) if "changed" in line)
    found = judged(tmp_path, [*lines[: place + 1], {**lines[place], "role": "StatePreCandidate"}])
    assert (found.refusal is not None, found.undecided) == (True, None)


def test_an_old_request_that_is_answered_unread_ends_the_judging(tmp_path: Path) -> None:
    """Its receiver has the entries, and would learn from it that they are committed."""

    def message(kind: str, source: str, dest: str, **fields: Any) -> Line:
        nothing = dict.fromkeys(("entries", "logTerm", "index", "commit"), 0)
        return {"type": kind, "term": 1, "from": source, "to": dest, "reject": False, **nothing, **fields}

    def leader(name: str, log: int, commit: int, role: str = "Leader", **more: Any) -> Line:
        return hand(name, 1, "1", role, log, commit, **more)

    def follower(name: str, log: int, commit: int, **more: Any) -> Line:
        return hand(name, 1, "1", "Follower", log, commit, nid="2", **more)

    def replicated(index: int, commit: int, learnt: int) -> list[Line]:
        ask = message(
            "MsgApp", "1", "2", index=index - 1, logTerm=min(1, index - 1), entries=1, commit=commit
        )
        answer = message("MsgAppResp", "2", "1", index=index)
        return [
            leader("Replicate", index - 1, commit),
            leader("SendAppendEntriesRequest", index, commit, msg=ask),
            follower("ReceiveAppendEntriesRequest", index - 1, max(0, learnt - 1), msg=ask),
            follower("SendAppendEntriesResponse", index, learnt, msg=answer),
            leader("ReceiveAppendEntriesResponse", index, commit, msg=answer),
            leader("Commit", index, index),
        ]

    ask, vote = message("MsgVote", "1", "2"), message("MsgVoteResp", "2", "1")
    old, answer = message("MsgApp", "1", "2", entries=2, commit=2), message("MsgAppResp", "2", "1", index=1)
    found = judged(
        tmp_path,
        [
            *(*UP, CANDIDATE),
            leader("SendRequestVoteRequest", 0, 0, "Candidate", msg=ask),
            hand("ReceiveRequestVoteRequest", 0, "0", nid="2", msg=ask),
            hand("BecomeFollower", 1, "0", nid="2"),
            hand("SendRequestVoteResponse", 1, "0", nid="2", msg=vote),
            leader("ReceiveRequestVoteResponse", 0, 0, "Candidate", msg=vote),
            leader("BecomeLeader", 0, 0),
            *replicated(1, commit=0, learnt=0),
            *replicated(2, commit=1, learnt=1),
            leader("SendAppendEntriesRequest", 2, 2, msg=old),
            follower("ReceiveAppendEntriesRequest", 2, 1, msg=old),
            follower("SendAppendEntriesResponse", 2, 1, msg=answer),
        ],
    )
    assert found.refusal is None, found.refusal.report(found.place)
    assert found.undecided is not None
    assert "answers an old request by the commit index, unread" in found.undecided
    assert found.actions["AdvanceCommitIndex"] == 2


# --- restarts and steps down --------------------------------------------------------------------------------


def test_who_forgets_what_was_stored_is_refused(tmp_path: Path) -> None:
    """At the second Ready, what the first had is stored."""
    found = judged(tmp_path, [*UP, CANDIDATE, READY, READY, *AGAIN])
    assert found.refusal is not None
    assert found.refusal.action == "Restart"


def test_whether_what_is_lost_was_stored_is_not_guessed(tmp_path: Path) -> None:
    found = judged(tmp_path, [*UP, CANDIDATE, READY, *AGAIN])
    assert found.undecided is not None
    assert "is a restart with less than was in memory, though perhaps not stored" in found.undecided


def test_who_crashes_with_a_message_in_its_hands_may_have_handled_it(tmp_path: Path) -> None:
    vote = {"type": "MsgVote", "term": 1, "from": "1", "to": "2", "reject": False}
    vote |= dict.fromkeys(("entries", "logTerm", "index", "commit", "rejectHint"), 0)
    asked = hand("SendRequestVoteRequest", 1, "1", "Candidate", msg=vote)
    received = hand("ReceiveRequestVoteRequest", 0, "0", msg=vote, nid="2")
    for term, voted in ((0, "0"), (1, "0"), (1, "1")):
        again = [
            {**hand("InitState", 0, "0"), "nid": "2"},
            {**hand("BecomeFollower", term, voted), "nid": "2"},
        ]
        found = judged(tmp_path, [*UP, CANDIDATE, asked, received, *again])
        assert (found.refusal, found.undecided) == (None, None)
    wrong = [again[0], hand("BecomeFollower", 1, "2", nid="2")]
    assert judged(tmp_path, [*UP, CANDIDATE, asked, received, *wrong]).refusal is not None


def test_who_steps_down_of_itself_forgets_nothing_stable(tmp_path: Path) -> None:
    down = hand("BecomeFollower", 1, "1")
    assert judged(tmp_path, [*UP, CANDIDATE, READY, down]).refusal is None
    assert judged(tmp_path, [*UP, CANDIDATE, READY, hand("BecomeFollower", 1, "0")]).refusal is not None


def test_logs_of_the_first_term_are_taken_in(tmp_path: Path) -> None:
    """So etcd begins: with entries for its first configuration, committed."""
    up = [{**line, "log": 3, "state": {"term": 1, "vote": "0", "commit": 3}} for line in UP]
    candidate = hand("BecomeCandidate", 2, "1", "Candidate", log=3, commit=3)
    found = judged(tmp_path, [*up, candidate])
    assert (found.refusal, found.actions) == (None, Counter(Timeout=1))


# --- bad input ----------------------------------------------------------------------------------------------


def complaint(path: Path, content: str) -> str:
    path.write_text(content)
    with pytest.raises(TraceError) as caught_error:
        list(EtcdTrace(path).lines())
    said = str(caught_error.value)
    assert len(said.splitlines()) == 1
    return said.replace(str(path), "etcd.ndjson")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "etcd.ndjson: the file is empty"),
        ('{"tag":"other"}\n', "etcd.ndjson: no line is tagged `trace`"),
        ("nonsense\n", "etcd.ndjson:1: JSON is malformed"),
        ("\xff\n", "etcd.ndjson:1: "),
        ("[" * 100_000 + "\n", "etcd.ndjson:1: "),
        ("[]\n", "etcd.ndjson:1: Expected `object`, got `array`"),
        ('{"tag":"trace"}\n', "etcd.ndjson:1: Expected `object`, got `null`"),
        ('{"tag":"trace","event":{"name":"Ready"}}\n', "etcd.ndjson:1: Object missing required field `nid`"),
    ],
)
def test_rubbish_is_named_in_one_line(tmp_path: Path, content: str, said: str) -> None:
    assert complaint(tmp_path / "etcd.ndjson", content).startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Redy"}, ":8: no event `Redy`; did you mean `Ready`?"),
        ({"role": "StateObserver"}, ":8: no role `StateObserver`; expected one of StateFollower, "),
        ({"name": "SendSnapshot"}, ":8: `SendSnapshot` has no msg; expected one where something is sent"),
        ({"log": -1}, ":8: Expected `int` >= 0 - at `$.log`; expected a line of the trace of etcd-io/raft"),
    ],
)
def test_a_line_that_is_none_of_etcd_is_named(tmp_path: Path, change: Line, said: str) -> None:
    write(tmp_path / "etcd.ndjson", [*UP, {**READY, **change}])
    content = (tmp_path / "etcd.ndjson").read_text()
    assert complaint(tmp_path / "etcd.ndjson", content).startswith(f"etcd.ndjson{said}")


def test_a_log_that_is_far_too_long_is_refused(tmp_path: Path) -> None:
    assert judged(tmp_path, [*UP, {**CANDIDATE, "log": 10**15}]).refusal is not None
    write(tmp_path / "etcd.ndjson", [{**line, "log": 10**15} for line in UP])
    said = complaint(tmp_path / "etcd.ndjson", (tmp_path / "etcd.ndjson").read_text())
    assert "begins with a log of 1,000,000,000,000,000 entries; expected at most 10,000" in said


def test_all_servers_must_come_up(tmp_path: Path) -> None:
    write(tmp_path / "etcd.ndjson", UP[:3])
    said = complaint(tmp_path / "etcd.ndjson", (tmp_path / "etcd.ndjson").read_text())
    assert "the servers 2 of the configuration have not come up; expected the trace of all servers" in said


def test_a_trace_from_the_midst_of_a_life_is_not_judged(tmp_path: Path) -> None:
    """What terms are in its logs, nobody knows."""
    up = [{**line, "log": 3, "state": {"term": 2, "vote": "0", "commit": 3}} for line in UP]
    write(tmp_path / "etcd.ndjson", up)
    said = complaint(tmp_path / "etcd.ndjson", (tmp_path / "etcd.ndjson").read_text())
    assert "begins with a log of 3 entries, of which no line says the terms" in said


# --- the real one -------------------------------------------------------------------------------------------

FOLDER = "RAFTCHECK_FIELD_SPECS"


@pytest.mark.skipif(FOLDER not in os.environ, reason=f"{FOLDER} names no folder of specifications")
def test_the_example_of_etcd_is_accepted_as_far_as_raft_has_words_for_it() -> None:
    trace = EtcdTrace(Path(os.environ[FOLDER], "etcd-io+raft", "tla", "example.ndjson"))
    found = trace.completed(validate(trace.lines(), "example"))
    assert (found.refusal, found.vacuous, found.most_candidates) == (None, None, 1)
    assert found.servers == ("1", "2", "3", "4", "5")
    assert trace.last.endswith(":881")
    assert trace.stopped is not None
    assert "answers an old request by the commit index, unread" in trace.stopped
    assert found.actions["HandleAppendEntriesRequest"] == 104
    assert found.actions["BecomeLeader"] == 1
