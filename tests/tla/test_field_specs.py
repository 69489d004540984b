"""The Raft specifications that others wrote, with their configurations as they are: what TLC finds in them.

RAFTCHECK_FIELD_SPECS names a folder with clones of these repositories, in folders of these names:

    etcd-io+raft                  github.com/etcd-io/raft, its folder tla/
    ongardie+raft.tla             github.com/ongardie/raft.tla
    Vanlightly+raft-tlaplus       github.com/Vanlightly/raft-tlaplus
    CCF                           github.com/microsoft/CCF, its folder tla/consensus/

Nothing of them is copied here. Where a model has more states than one waits for, a few constants are given
other values, or a module of ours bounds it. The counts are TLC's (version 2026.04.29, one worker).
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from raftcheck.properties.modelcommand import model_command
from raftcheck.tla import Config, Model, TlaError, check, load, load_config, parse_config
from raftcheck.tla.checker import Result, Violation

FOLDER = "RAFTCHECK_FIELD_SPECS"

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(FOLDER not in os.environ, reason=f"{FOLDER} names no folder of specifications"),
]

FIELD = Path(os.environ.get(FOLDER, ""))
ETCD = FIELD / "etcd-io+raft" / "tla"
ONGARO = FIELD / "ongardie+raft.tla"
VANLIGHTLY = FIELD / "Vanlightly+raft-tlaplus" / "specifications"
CCF = FIELD / "CCF" / "tla" / "consensus"

Counts = tuple[int, int, int]
"""Distinct states, generated states, depth."""


def counts(result: Result) -> Counts:
    return result.distinct, result.generated, result.depth


def assigned(config: Config, statements: str) -> Config:
    """The configuration, with what these statements say in the place of what it says."""
    said = parse_config(statements)
    return replace(
        config,
        constants={**config.constants, **said.constants},
        spans={**config.spans, **said.spans},
        constraints=config.constraints + said.constraints,
        invariants=config.invariants + said.invariants,
        check_deadlock=config.check_deadlock and said.check_deadlock,
    )


def searched(module: Path, config: Config) -> Result:
    return check(Model(load(module), config))


def violation_of(result: Result) -> Violation:
    assert result.violation is not None
    return result.violation


# --- etcd: a trace of its implementation ------------------------------------------------------------------


def test_the_trace_of_etcd_is_accepted_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ETCD)
    result = searched(ETCD / "Traceetcdraft.tla", load_config("Traceetcdraft.cfg"))
    assert result.violation is None
    assert counts(result) == (4998, 5140, 4998)


def test_the_first_lines_of_the_trace_are_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ETCD)
    monkeypatch.setenv("MAX_TRACE", "500")
    result = searched(ETCD / "Traceetcdraft.tla", load_config("Traceetcdraft.cfg"))
    assert result.violation is None
    assert counts(result) == (520, 535, 520)


def changed_trace(folder: Path, line: int, path: str, value: object) -> Path:
    """A copy of the trace of etcd with one field of one line changed."""
    lines = (ETCD / "example.ndjson").read_text().splitlines()
    event = json.loads(lines[line - 1])
    *outer, last = path.split(".")
    inside = event["event"]
    for name in outer:
        inside = inside[name]
    assert inside[last] != value
    inside[last] = value
    lines[line - 1] = json.dumps(event)
    trace = folder / "changed.ndjson"
    trace.write_text("\n".join(lines) + "\n")
    return trace


# The field, what it becomes, and the distinct states of TLC, where it was waited for.
CHANGED = [
    (85, "msg.index", 6, 86),
    (102, "role", "StateFollower", 106),
    (111, "state.commit", 77, 115),
    (112, "state.term", 9, None),
    (2001, "state.commit", 43, None),
    (3103, "msg.term", 1, None),
    (4603, "role", "StateFollower", None),
]


@pytest.mark.parametrize(("line", "path", "value", "distinct"), CHANGED)
def test_a_trace_with_one_field_changed_is_refused_at_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: int, path: str, value: object, distinct: int | None
) -> None:
    """Nothing explains the line: the behavior stutters there for ever, and its last state says so by `l`."""
    monkeypatch.setenv("JSON", str(changed_trace(tmp_path, line, path, value)))
    model = Model(load(ETCD / "Traceetcdraft.tla"), load_config(ETCD / "Traceetcdraft.cfg"))
    result = check(model)
    violation = violation_of(result)
    assert (violation.kind, violation.name) == ("property", "TraceMatched")
    assert violation.loop == len(violation.behavior) - 1
    assert violation.behavior[-1].state[model.variables.index("l")] == line
    assert distinct is None or counts(result) == (distinct, distinct, distinct)


def test_the_command_ends_with_the_line_that_nothing_explains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JSON", str(changed_trace(tmp_path, 111, "state.commit", 77)))
    told = CliRunner().invoke(model_command, [str(ETCD / "Traceetcdraft.tla")], standalone_mode=False)
    assert told.return_value == 1
    assert "violated: property TraceMatched is false" in " ".join(told.output.split())
    assert told.output.endswith("     /\\ l = 111\n     /\\ pl = 110\n     stuttering\n")


# --- models, searched --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """A model of others under statements of ours, and what TLC finds: deadlock after so many states, or none.

    `bounds` is a module of ours that extends it; `plain` drops SYMMETRY and VIEW.
    """

    module: Path
    counts: Counts
    statements: str = ""
    deadlock: int = 0
    plain: bool = False
    bounds: str = ""

    def search(self, folder: Path) -> Result:
        config = assigned(load_config(self.module.with_suffix(".cfg")), self.statements)
        if self.plain:
            config = replace(config, symmetry=None, view=None)
        if not self.bounds:
            return searched(self.module, config)
        for module in self.module.parent.glob("*.tla"):
            shutil.copy(module, folder)
        bounded = folder / "Bounded.tla"
        bounded.write_text(self.bounds.replace("MODEL", self.module.stem))
        return searched(bounded, config)


STANDARD, PULL = VANLIGHTLY / "standard-raft", VANLIGHTLY / "pull-raft"
RAFT = STANDARD / "Raft.tla"
ADD_REMOVE = STANDARD / "RaftWithReconfigAddRemove.tla"
JOINT = STANDARD / "RaftWithReconfigJointConsensus.tla"
PULL_RAFT, PULL_RAFT_2 = PULL / "PullRaft.tla", PULL / "PullRaftVariant2.tla"
KRAFT, KRAFT_RECONFIG = PULL / "KRaft.tla", PULL / "KRaftWithReconfig.tla"
FLEXIBLE = VANLIGHTLY / "flexible-raft" / "FlexibleRaft.tla"
FSYNC = VANLIGHTLY / "raft-and-fsync" / "RaftFsync.tla"

ENDS = "CHECK_DEADLOCK FALSE "
TWO = ENDS + "CONSTANT Server = {n1, n2} "
ONE_ELECTION = ENDS + "CONSTANT MaxElections = 1 "
ONE_VALUE = ONE_ELECTION + "Value = {v1} "
TWO_MEMBERS = TWO + "InitClusterSize = 2 MaxClusterSize = 2 MinClusterSize = 1 "
THREE_MEMBERS = (
    ENDS + "CONSTANTS Server = {n1, n2, n3} InitClusterSize = 2 MaxElections = 0 MaxValuesPerTerm = 0 "
)
TWO_HOSTS = (
    ONE_VALUE + "Hosts = {n1, n2} InitClusterSize = 2 MaxClusterSize = 3"
    " MaxRestarts = 0 MaxAddReconfigs = 0 MaxRemoveReconfigs = 0 MaxSpawnedServers = 2"
)
THREE_OF_FIVE = ONE_VALUE + "Server = {n1, n2, n3} ElectionQuorumSize = 2 ReplicationQuorumSize = 2"

FIRST_LEVELS = """---- MODULE Bounded ----
EXTENDS MODEL, TLC
CONSTANT MaxLevel
FirstLevels == TLCGet("level") < MaxLevel
====
"""


def levels(number: int) -> str:
    return f"{ENDS} CONSTANT MaxLevel = {number} CONSTRAINT FirstLevels"


CASES = {
    # With the configurations as they are, a deadlock is found: all that is allowed to happen has happened.
    "Raft": Case(RAFT, (86097, 244009, 19), deadlock=18),
    "Joint": Case(JOINT, (115859, 280147, 12), deadlock=11),
    "PullRaft": Case(PULL_RAFT, (105961, 311817, 20), deadlock=19),
    "PullRaftVariant2": Case(PULL_RAFT_2, (120527, 344832, 21), deadlock=20),
    "KRaft": Case(KRAFT, (137909, 369099, 19), deadlock=18),
    "RaftFsync": Case(FSYNC, (164265, 498783, 20), deadlock=19),
    # The configuration forgets a constant.
    "AddRemove": Case(ADD_REMOVE, (18026, 41821, 10), "CONSTANT MaxClusterSize = 4", deadlock=9),
    # Bounded, so that all states are searched.
    "Raft of two": Case(RAFT, (1090, 1622, 28), TWO),
    "Raft of two, plain": Case(RAFT, (2224, 3277, 28), TWO, plain=True),
    "Raft, one election": Case(RAFT, (6247, 15570, 35), ONE_ELECTION),
    "Raft, one election, plain": Case(RAFT, (37345, 93145, 35), ONE_ELECTION, plain=True),
    "AddRemove of two": Case(ADD_REMOVE, (70685, 102792, 46), TWO_MEMBERS),
    "AddRemove of three": Case(
        ADD_REMOVE, (752, 1364, 25), THREE_MEMBERS + "MaxClusterSize = 3 MaxRemoveReconfigs = 0"
    ),
    "Joint of two": Case(JOINT, (580, 778, 23), TWO + "InitClusterSize = 2 MaxReconfigs = 1"),
    "Joint of three": Case(JOINT, (4964, 8860, 39), THREE_MEMBERS + "MaxReconfigs = 1"),
    "PullRaft, one election": Case(PULL_RAFT, (219, 550, 19), ONE_VALUE),
    "PullRaft, one election, plain": Case(PULL_RAFT, (1270, 3202, 19), ONE_VALUE, plain=True),
    "PullRaftVariant2, one election": Case(PULL_RAFT_2, (206, 477, 20), ONE_VALUE),
    "PullRaftVariant2, one election, plain": Case(PULL_RAFT_2, (1192, 2770, 20), ONE_VALUE, plain=True),
    "KRaft, one election": Case(KRAFT, (1759, 3894, 30), ONE_ELECTION),
    "KRaft, one election, plain": Case(KRAFT, (10468, 23167, 30), ONE_ELECTION, plain=True),
    "KRaftWithReconfig of two": Case(KRAFT_RECONFIG, (428, 545, 22), TWO_HOSTS),
    "FlexibleRaft of three": Case(FLEXIBLE, (20430, 57260, 29), THREE_OF_FIVE),
    "FlexibleRaft of three, plain": Case(FLEXIBLE, (122413, 343189, 29), THREE_OF_FIVE, plain=True),
    "RaftFsync of two": Case(FSYNC, (2744, 5280, 30), TWO),
    "RaftFsync of two, plain": Case(FSYNC, (5579, 10655, 30), TWO, plain=True),
    "RaftFsync, one election": Case(FSYNC, (31052, 88370, 32), ONE_ELECTION),
    # As far as some depth. No other bound makes an end of what etcd's model sends.
    "KRaftWithReconfig, 5 levels": Case(KRAFT_RECONFIG, (2600, 29265, 5), levels(6), bounds=FIRST_LEVELS),
    "FlexibleRaft, 9 levels": Case(FLEXIBLE, (818, 6041, 9), levels(10), bounds=FIRST_LEVELS),
    "MCetcdraft, 7 levels": Case(
        ETCD / "MCetcdraft.tla", (4058, 65849, 7), levels(8), bounds=FIRST_LEVELS
    ),
    "MCetcdraft, 5 levels, plain": Case(
        ETCD / "MCetcdraft.tla", (292, 4536, 5), levels(6), plain=True, bounds=FIRST_LEVELS
    ),
    "MCetcdraft of two": Case(
        ETCD / "MCetcdraft.tla",
        (24021, 258781, 35),
        "CONSTANTS InitServer = {s1, s2} Server = {s1, s2} MaxTermLimit = 2 RequestLimit = 1"
        " ReconfigurationLimit = 0 MaxMessages = 2 CONSTRAINT FewMessages",
        bounds="""---- MODULE Bounded ----
EXTENDS MODEL
CONSTANT MaxMessages
FewMessages ==
    /\\ Cardinality(DOMAIN messages) + Cardinality(DOMAIN pendingMessages) <= MaxMessages
    /\\ \\A m \\in DOMAIN messages : messages[m] <= 1
    /\\ \\A m \\in DOMAIN pendingMessages : pendingMessages[m] <= 1
====
""",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_tlc_finds_is_found(case: Case, tmp_path: Path) -> None:
    result = case.search(tmp_path)
    if case.deadlock:
        assert violation_of(result).kind == "deadlock"
        assert len(violation_of(result).behavior) == case.deadlock
    else:
        assert result.violation is None, result.violation
    assert counts(result) == case.counts


def test_a_constant_that_a_configuration_forgets_is_named() -> None:
    with pytest.raises(TlaError, match=r"the constant `MaxClusterSize` \(.*\.tla:88:27\) is given no value"):
        searched(ADD_REMOVE, load_config(ADD_REMOVE.with_suffix(".cfg")))


# --- Ongaro's, which comes without a configuration ---------------------------------------------------------

BOUNDED_RAFT = r"""---- MODULE Bounded ----
EXTENDS raft
CONSTANTS MaxTerm, MaxLogLength, MaxMessages

Bounds ==
    /\ \A i \in Server : currentTerm[i] <= MaxTerm /\ Len(log[i]) <= MaxLogLength
    /\ Cardinality(DOMAIN messages) <= MaxMessages
    /\ \A m \in DOMAIN messages : messages[m] <= 1

Servers == Permutations(Server)
OneLeaderInATerm == \A e, f \in elections : e.eterm = f.eterm => e.eleader = f.eleader
CommitsWhatItHas == \A i \in Server : commitIndex[i] <= Len(log[i])
CommitsForEver == [][\A i \in Server : commitIndex'[i] >= commitIndex[i]]_vars
====
"""

RAFT_BOUNDS = """
SPECIFICATION Spec
CONSTANTS
    Server = {s1, s2} Value = {v1} Nil = Nil
    Follower = Follower Candidate = Candidate Leader = Leader
    RequestVoteRequest = RequestVoteRequest RequestVoteResponse = RequestVoteResponse
    AppendEntriesRequest = AppendEntriesRequest AppendEntriesResponse = AppendEntriesResponse
    MaxTerm = 2 MaxLogLength = 1 MaxMessages = 2
CONSTRAINT Bounds
INVARIANTS OneLeaderInATerm CommitsWhatItHas
"""


@pytest.mark.parametrize(
    ("statements", "expected", "states"),
    [
        pytest.param("", (15254, 152835, 32), 0, id="all"),
        pytest.param("SYMMETRY Servers", (7651, 76636, 32), 0, id="symmetry"),
        # A crash forgets the commit index.
        pytest.param("PROPERTY CommitsForEver", (9034, 82024, 17), 17, id="a property that is false"),
    ],
)
def test_raft_as_ongaro_wrote_it(tmp_path: Path, statements: str, expected: Counts, states: int) -> None:
    shutil.copy(ONGARO / "raft.tla", tmp_path)
    bounded = tmp_path / "Bounded.tla"
    bounded.write_text(BOUNDED_RAFT)
    result = searched(bounded, parse_config(RAFT_BOUNDS + statements))
    assert counts(result) == expected
    assert (len(result.violation.behavior) if result.violation is not None else 0) == states


# --- CCF's, told by the environment what to search ---------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({"RAFT_CONFIGS": "1C1N"}, (80, 116, 10), id="one server"),
        pytest.param({"RAFT_CONFIGS": "1C2N", "REQUEST_COUNT": "0"}, (93, 162, 15), id="no request"),
        pytest.param({}, (5485, 10067, 39), id="as it is"),
        pytest.param(
            {"RAFT_CONFIGS": "3C2N", "REQUEST_COUNT": "0"}, (10483, 25670, 47), id="reconfiguration"
        ),
    ],
)
def test_raft_of_ccf(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: Counts) -> None:
    """Which composes actions, checks nine properties of steps, a refinement, and a POSTCONDITION."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = searched(CCF / "MCccfraft.tla", load_config(CCF / "MCccfraft.cfg"))
    assert result.violation is None
    assert counts(result) == expected


def test_the_abstract_log_of_ccf() -> None:
    result = searched(CCF / "MCabs.tla", load_config(CCF / "MCabs.cfg"))
    assert result.violation is None
    assert counts(result) == (349, 5819, 4)
