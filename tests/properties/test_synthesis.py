"""States that a solver makes: they are states of raft.tla, and one handler from each is judged by it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from functools import cache
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from raftcheck.properties.adapters.reference import Reference, reference
from raftcheck.properties.cluster import Cluster
from raftcheck.properties.faults import FAULTS
from raftcheck.properties.finding import Misbehaviour
from raftcheck.properties.lockstep import kind_of
from raftcheck.properties.node import Env, Node, NodeState
from raftcheck.properties.onestep import AbstractState, beginning
from raftcheck.properties.scenes import Scene, after_crash, raft_state
from raftcheck.properties.schedules import (
    Deliver,
    Schedule,
    ScheduleError,
    Timeout,
    from_json,
    server_names,
    to_json,
)
from raftcheck.properties.synthesis import (
    LAST_TERM,
    VALUES,
    Question,
    check_synthesized,
    run_scene,
    states_of,
)
from raftcheck.spec.model import FOLDER
from raftcheck.tla.config import load_config
from raftcheck.tla.model import Model, with_constants
from raftcheck.tla.modules import load
from raftcheck.traces.events import AppendEntriesRequest, Entry
from raftcheck.traces.validate import Validator

from .test_cli import CommandLine, raftcheck

__all__ = ["raftcheck"]

GOALS = ("Figure8", "Deposed", "LongSuffix", "SplitVote", "LongButOld", "CommitsOfOld")
SERVERS = server_names(3)
INVARIANTS = ("TypeOK", "ElectionSafety", "LogMatching", "LeaderCompleteness", "StateMachineSafety")


@cache
def abstract_states(goal: str) -> list[AbstractState]:
    made = states_of(goal, SERVERS, 3).states()
    return [AbstractState(state, SERVERS, range(LAST_TERM + 1)) for state in islice(made, 20)]


# --- states ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("goal", GOALS)
def test_states_of_a_goal_are_states_of_raft(goal: str) -> None:
    """raft.tla's own invariants hold of what a state of RaftAbstract becomes."""
    config = with_constants(
        load_config(FOLDER / "raft.cfg"), Server=frozenset(SERVERS), Value=frozenset(VALUES)
    )
    model = Model(load(FOLDER / "raft.tla"), config)
    chance = random.Random(1)
    for state in abstract_states(goal):
        told = raft_state(beginning(state, chance, durable=True).scene)
        vector = tuple(told[name] for name in model.variables)
        for name in INVARIANTS:
            assert model.formula(name).test(vector), (name, told)


@pytest.mark.parametrize("goal", GOALS)
def test_a_bid_names_the_end_of_a_log_of_older_terms(goal: str) -> None:
    """Else a server would be asked for its vote by a message that nobody can send."""
    bids = [bid for state in abstract_states(goal) for bid in state.bids]
    assert bids
    for term, _, last_term, last_index in bids:
        assert last_term < term
        assert (last_index == 0) == (last_term == 0)


def test_figure_8_has_an_entry_of_an_old_term_on_a_majority_and_a_newer_one_against_it() -> None:
    for state in abstract_states("Figure8"):
        assert any(
            entry.term < other.term < term
            and state.commit[term] == 0
            and sum(index <= state.acked.get((i, term), 0) for i in SERVERS) >= 2
            for term, leader in state.leaders.items()
            if state.current_term[leader] == term
            for index, entry in enumerate(state.logs[leader], 1)
            for server in SERVERS
            for other in state.logs[server][index - 1 : index]
        )


SHOW = """
from raftcheck.properties.schedules import server_names
from raftcheck.properties.synthesis import states_of
from raftcheck.tla.values import format_value
made = states_of("Deposed", server_names(3), 7).states()
for _ in range(2):
    print({name: format_value(value) for name, value in next(made).items()})
"""


def test_states_of_a_seed_depend_on_no_hash() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", SHOW],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(said) == 1
    assert "leaderLog" in said.pop()


# --- handlers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["reference", "teaching"])
def test_a_raft_that_conforms_does_so_a_step_from_any_state(target: str, tmp_path: Path) -> None:
    for goal in GOALS[2:3]:
        found = check_synthesized(Question(goal, target, 15, 3, 1), folder=tmp_path)
        assert found.word == "conforms", found.kept and found.kept.report()
        assert (found.states, found.handlers) == (15, 60)
        assert found.actions["HandleAppendEntriesRequest"] > 0


def test_most_faults_fall_to_one_handler() -> None:
    """Here are few states, of three servers; bench_synthesis.py has more."""
    states = [state for goal in GOALS for state in abstract_states(goal)]
    judge = Validator(SERVERS)
    caught = set()
    for fault in FAULTS:
        chance = random.Random(5)
        for place, state in enumerate(states):
            begun = beginning(state, chance, durable=True)
            schedule = Schedule(SERVERS, begun.actions, seed=str(place), scene=begun.scene)
            failure = run_scene(fault, schedule, judge).failure
            if failure is not None:
                assert kind_of(failure)[1] in (fault.action, *fault.also), failure.report()
                caught.add(fault.id)
                break
    assert len(caught) >= 15
    assert {"commit-old-term", "vote-no-uptodate", "vote-volatile"} <= caught


@pytest.mark.deep
def test_a_thousand_states_for_each_of_five_goals() -> None:
    for goal in GOALS[:5]:
        made = states_of(goal, SERVERS, 1)
        assert sum(1 for _ in islice(made.states(), 1000)) == 1000


@pytest.mark.deep
@pytest.mark.parametrize("goal", GOALS)
def test_the_reference_conforms_a_step_from_a_thousand_states(goal: str, tmp_path: Path) -> None:
    found = check_synthesized(Question(goal, "reference", 1000, 4, 11), folder=tmp_path)
    assert found.word == "conforms", found.kept and found.kept.report()
    assert found.states == 1000


# --- the command ----------------------------------------------------------------------------------------

FAULT = "raftcheck.properties.faults:ae_never_truncates"


def test_a_divergence_is_kept_and_replayed(raftcheck: CommandLine) -> None:
    ended = raftcheck("synth", "LongSuffix", FAULT, "--states", "60", "--json")
    assert ended.status == 1
    failure = ended.answer["failure"]
    assert failure["name"] == "HandleAppendEntriesRequest"
    again = raftcheck("replay", failure["schedule"], "--json")
    assert again.status == 1
    assert again.answer["failure"]["report"] == failure["report"]
    mended = raftcheck("replay", failure["schedule"], "reference")
    assert mended.status == 0, mended.out


def test_the_answer_depends_on_the_question_alone(raftcheck: CommandLine) -> None:
    asked = ("synth", "SplitVote", "--states", "8", "--seed", "4", "--json")
    one, two = raftcheck(*asked), raftcheck(*asked)
    assert one.status == 0
    assert {**one.answer, "seconds": 0} == {**two.answer, "seconds": 0}
    assert one.answer["handlers"] == 32


def test_states_of_a_goal_may_be_few_or_none(raftcheck: CommandLine) -> None:
    none = raftcheck(
        "synth", "\\E t \\in Term, c, d \\in Server : {<<t, c>>, <<t, d>>} \\subseteq leaders /\\ c # d"
    )
    assert none.status == 1
    assert "unsatisfiable: no state of this universe has it" in none.out
    nothing = "left = [i \\in Server |-> {}] /\\ leaders = {} /\\ bids = {}"
    few = raftcheck("synth", nothing, "--json")
    assert few.status == 0
    assert (few.answer["states"], few.answer["complete"]) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Figur8"], "GOAL:1:1: unknown operator `Figur8`; did you mean `Figure8`?"),
        (["Leads(n1, 4)"], "GOAL:1:7: unknown operator `n1`"),
        (["\\E i \\in Server :"], "GOAL:1:17: saw the end of the module after `:`, expected an expression"),
        (["commit"], "GOAL:1:1: expected a formula, saw something of [Term -> Index]"),
        (
            ["Figure8", "tests.properties.tiny_raft:tiny"],
            "the target cannot be started from a given state: its caps are without `restorable`",
        ),
        (["Figure8", "referenc"], "referenc"),
    ],
)
def test_bad_input_is_said_in_one_line(raftcheck: CommandLine, arguments: list[str], said: str) -> None:
    ended = raftcheck("synth", *arguments)
    assert ended.status == 2
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_an_interrupt_keeps_what_was_found(tmp_path: Path) -> None:
    def watch(states: int) -> None:
        if states == 3:
            raise KeyboardInterrupt

    found = check_synthesized(Question("Figure8", "reference", 1000, 3, 0), watch, tmp_path)
    assert found.interrupted
    assert (found.states, found.handlers, found.word) == (3, 12, "interrupted")


def test_an_interrupt_in_the_midst_of_a_state_waits_for_it() -> None:
    """z3's bindings would make an error of it."""
    code = "from raftcheck.properties.entry import main; main()"
    command = [sys.executable, "-c", code, "synth", "TRUE", "--states", "100000", "--json"]
    for seconds in (1.0, 2.3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(seconds)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (130, "")
        assert json.loads(out)["verdict"] == "interrupted"


# --- scenes ---------------------------------------------------------------------------------------------


def a_scene() -> Scene:
    """n1 leads term 2 and has sent n2 its second entry."""
    log = (Entry(1, "v1"), Entry(2, "v2"))
    indexes = {"n2": 1, "n3": 0}
    leader = NodeState(
        role="Leader", current_term=2, voted_for="n1", log=log, commit_index=0, votes_granted=(),
        next_index={"n2": 2, "n3": 3}, match_index=indexes,
    )  # fmt: skip
    follower = after_crash(NodeState(current_term=2, voted_for="n1", log=log[:1]))
    sent = AppendEntriesRequest("n1", "n2", 2, 1, 1, log[1:], 0)
    return Scene({"n1": leader, "n2": follower, "n3": follower}, (sent,))


def test_a_run_may_begin_in_a_scene() -> None:
    schedule = Schedule(SERVERS, (Deliver("n1", "n2", 1), Deliver("n2", "n1", 1)), scene=a_scene())
    outcome = run_scene(reference, schedule, Validator(SERVERS))
    assert outcome.failure is None
    assert outcome.actions["AdvanceCommitIndex"] == 1
    last = outcome.events[-1].state
    assert last is not None
    assert last.commit_index == 2


def test_one_that_cannot_be_put_into_a_state_begins_after_a_crash() -> None:
    from raftcheck.properties.adapters.teaching import implementation

    schedule = Schedule(SERVERS, (Timeout("n1", "heartbeat"), Timeout("n1", "election")), scene=a_scene())
    outcome = run_scene(implementation, schedule, Validator(SERVERS))
    assert outcome.performed == [Timeout("n1", "election")]
    assert outcome.failure is None


class Elsewhere(Reference):
    """Starts in a term of its own."""

    def start_at(self, env: Env, state: NodeState) -> Node:
        return super().start_at(env, msgspec.structs.replace(state, current_term=7))


def test_a_server_that_is_not_in_the_state_is_accused() -> None:
    cluster = Cluster(Elsewhere(), SERVERS, {})
    with pytest.raises(Misbehaviour) as accused:
        cluster.resume(a_scene())
    finding = accused.value.finding
    assert (finding.kind, finding.seen, finding.expected) == ("start", "current_term 7", "current_term 2")


def test_a_scene_survives_its_file() -> None:
    schedule = Schedule(SERVERS, (Deliver("n1", "n2", 1),), scene=a_scene())
    assert from_json(to_json(schedule), "x.json") == schedule


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"n3":{"role"', '"n4":{"role"', "scene.states: of n1, n2, n4; expected n1, n2, n3"),
        ('"dest":"n2"', '"dest":"n1"', "scene.messages[0]: from n1 to n1; expected n1, n2, n3"),
        ('"commit_index":0,"votes', '"commit_index":9,"votes', "scene.states.n1.commit_index: 9"),
        ('"next_index":{"n2":2', '"next_index":{"n2":9', "next_index or match_index leads out of the log"),
        ('"voted_for":"n1"', '"voted_for":"x"', "scene.states.n1: names a server that is none"),
        ('"role":"Leader",', "", "scene.states.n1: without role, current_term or log"),
    ],
)
def test_a_wrong_scene_is_refused(before: str, after: str, said: str) -> None:
    text = to_json(Schedule(SERVERS, (), scene=a_scene())).decode()
    assert before in text
    with pytest.raises(ScheduleError) as refused:
        from_json(text.replace(before, after, 1).encode(), "x.json")
    assert said in str(refused.value)
