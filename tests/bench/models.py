"""The models of bench_checker: those of spec/, and others where an environment variable names their folder.

RAFTCHECK_FIELD_SPECS   the Raft specifications of Vanlightly, Ongaro, etcd: see tests/tla/test_field_specs.py
RAFTCHECK_TLA_EXAMPLES  the public collection of examples, tlaplus/Examples

What others wrote is copied into a temporary folder for the time of a run, with other values for a few
constants, or under a module of ours that bounds it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from raftcheck.spec.model import FOLDER


@dataclass(frozen=True, slots=True)
class Subject:
    """A model: its module, its configuration, and what is changed of them.

    constants   values in the place of those that the configuration gives
    without     statements that are left out, such as SYMMETRY, with all that follows them up to the next one
    more        statements beside those of the configuration
    bounds      a module that extends the model and is searched in its place
    """

    name: str
    module: Path
    config: Path | None
    constants: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    more: str = ""
    bounds: str = ""

    def prepared(self, folder: Path) -> tuple[Path, Path]:
        """The module and the configuration, written into the folder with all modules beside the module."""
        for beside in self.module.parent.glob("*.tla"):
            shutil.copy(beside, folder)
        module = folder / self.module.name
        if self.bounds:
            module = folder / "Bounded.tla"
            module.write_text(self.bounds)
        text = self.config.read_text() if self.config is not None else ""
        for name, value in self.constants.items():
            text, changed = re.subn(rf"(?m)^(\s*{name}\s*=).*$", rf"\1 {value}", text)
            assert changed == 1, (self.name, name)
        for statement in self.without:
            text, changed = re.subn(rf"(?m)^{statement}\s+\w+\s*$", "", text)
            assert changed == 1, (self.name, statement)
        config = folder / "Bounded.cfg"
        config.write_text(f"{text}\n{self.more}\n")
        return module, config


ONGARO = r"""---- MODULE Bounded ----
EXTENDS raft
CONSTANTS MaxTerm, MaxLogLength, MaxMessages
Bounds ==
    /\ \A i \in Server : currentTerm[i] <= MaxTerm /\ Len(log[i]) <= MaxLogLength
    /\ Cardinality(DOMAIN messages) <= MaxMessages
    /\ \A m \in DOMAIN messages : messages[m] <= 1
OneLeaderInATerm == \A e, f \in elections : e.eterm = f.eterm => e.eleader = f.eleader
====
"""

ONGARO_CONFIG = """
SPECIFICATION Spec
CONSTANTS
    Server = {s1, s2} Value = {v1} Nil = Nil
    Follower = Follower Candidate = Candidate Leader = Leader
    RequestVoteRequest = RequestVoteRequest RequestVoteResponse = RequestVoteResponse
    AppendEntriesRequest = AppendEntriesRequest AppendEntriesResponse = AppendEntriesResponse
    MaxTerm = 2 MaxLogLength = 2 MaxMessages = 2
CONSTRAINT Bounds
INVARIANT OneLeaderInATerm
"""

ETCD = r"""---- MODULE Bounded ----
EXTENDS MCetcdraft
CONSTANT MaxMessages
Bounds ==
    /\ Cardinality(DOMAIN messages) + Cardinality(DOMAIN pendingMessages) <= MaxMessages
    /\ \A m \in DOMAIN messages : messages[m] <= 1
    /\ \A m \in DOMAIN pendingMessages : pendingMessages[m] <= 1
====
"""

EXAMPLES = {
    "Disruptor": "Disruptor/Disruptor_MPMC",  # a ring buffer with several readers and writers
    "Chameneos": "Chameneos/Chameneos",  # processes that meet
    "TokenRing": "ewd426/TokenRing",  # self-stabilization, with a temporal property
    "ACP_SB": "acp/ACP_SB_TLC",  # atomic commitment
    "FastPaxos": "SimplifiedFastPaxos/FastPaxos",  # consensus
}


def subjects() -> Iterator[Subject]:
    for config in ("MCraft2.cfg", "MCraft3.cfg"):
        yield Subject(config.removesuffix(".cfg"), FOLDER / "MCraft.tla", FOLDER / config)
    field_specs = os.environ.get("RAFTCHECK_FIELD_SPECS")
    if field_specs:
        yield from _of_the_field(Path(field_specs))
    examples = os.environ.get("RAFTCHECK_TLA_EXAMPLES")
    if examples:
        for name, path in EXAMPLES.items():
            place = Path(examples) / "specifications" / path
            yield Subject(name, place.with_suffix(".tla"), place.with_suffix(".cfg"))


def _of_the_field(folder: Path) -> Iterator[Subject]:
    vanlightly = folder / "Vanlightly+raft-tlaplus/specifications/standard-raft/Raft.tla"
    config = vanlightly.with_suffix(".cfg")
    small, ends = {"MaxElections": "1"}, "CHECK_DEADLOCK FALSE"
    yield Subject("Vanlightly, symmetry", vanlightly, config, {**small, "MaxRestarts": "1"}, more=ends)
    yield Subject("Vanlightly", vanlightly, config, small, ("SYMMETRY",), ends)
    ongaro = folder / "ongardie+raft.tla/raft.tla"
    yield Subject("Ongaro", ongaro, None, more=ONGARO_CONFIG, bounds=ONGARO)
    etcd = folder / "etcd-io+raft/tla/MCetcdraft.tla"
    two = {"InitServer": "{s1, s2}", "Server": "{s1, s2}", "ReconfigurationLimit": "0"}
    two |= {"MaxTermLimit": "2", "RequestLimit": "1"}
    few = "CONSTANT MaxMessages = 2 CONSTRAINT Bounds"
    yield Subject("MCetcdraft", etcd, etcd.with_suffix(".cfg"), two, more=few, bounds=ETCD)
