"""Mistakes that can be made in Raft, as changes of the text of raft.tla and of RaftAbstract.tla."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mistake:
    """changes    what stands in the module, each in one place, and what is put there instead
    action     the action that goes wrong by it
    conjuncts  those of the invariant of which one, or some, may be found broken
    bounds     the constants of RefinesAbstract.cfg that have to be others for it to show
    within     a state predicate: where to search, if there is too much elsewhere
    """

    name: str
    changes: Mapping[str, str]
    action: str
    conjuncts: frozenset[str] = frozenset()
    bounds: Mapping[str, str] = field(default_factory=dict)
    within: str = "TRUE"

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def with_mistake(spec: Path, module: str, mistake: Mistake, folder: Path) -> Path:
    """A copy of the modules of `spec` in the folder, where the module is mistaken: that copy."""
    for path in (*spec.glob("*.tla"), *spec.glob("*.cfg")):
        shutil.copy(path, folder)
    changed = folder / f"{module}.tla"
    text = changed.read_text(encoding="utf-8")
    for right, wrong in mistake.changes.items():
        assert text.count(right) == 1, (
            f"{mistake.name}: expected one place in {module}.tla that says\n{right}"
        )
        text = text.replace(right, wrong)
    changed.write_text(text, encoding="utf-8")
    return changed


TWO_LEADERS = r'\A i \in Server : role[i] # Follower => <<i, currentTerm[i]>> \in {<<"n1", 1>>, <<"n2", 2>>}'
"""The first leads in term 1 and the second in term 2, or they would like to."""

AGREES = r"""/\ ack <= agreed
        /\ messages' = Reply([mtype       |-> AppendEntriesResponse,
                              mterm       |-> currentTerm[i],
                              msuccess    |-> TRUE,
                              mmatchIndex |-> ack"""
"""What a server acknowledges of entries that it took in."""

IN_RAFT = (
    Mistake(
        "second vote in a term",
        {r"votedFor[i] \in {Nil, m.msource}": "TRUE"},
        action="HandleRequestVoteRequest",
    ),
    Mistake(
        "no up-to-date check",
        {"UpToDate(m, log[i])": "TRUE"},
        action="HandleRequestVoteRequest",
    ),
    Mistake(
        "vote lost at a restart",
        {
            r"/\ UNCHANGED <<messages, currentTerm, votedFor, log, historyVars>>": (
                r"/\ votedFor' = [votedFor EXCEPT ![i] = Nil]"
                r" /\ UNCHANGED <<messages, currentTerm, log, historyVars>>"
            )
        },
        action="Restart",
    ),
    Mistake(
        "commit by counting an older term",
        {"log[i][index].term = currentTerm[i]": "TRUE"},
        action="AdvanceCommitIndex",
    ),
    Mistake(
        "minority quorum",
        {"2 * Cardinality(servers) > Cardinality(Server)": "2 * Cardinality(servers) >= Cardinality(Server)"},
        action="BecomeLeader",
    ),
    Mistake(
        "log match on the index alone",
        {"m.mprevLogTerm = TermAt(xlog, m.mprevLogIndex)": "TRUE"},
        action="HandleAppendEntriesRequest",
        bounds={"Server": '{"n1", "n2", "n3"}', "MaxLogLength": "1", "Restarting": "{}"},
        within=TWO_LEADERS,
    ),
    Mistake(
        "acknowledges more than agrees",
        {
            AGREES: AGREES.replace("mmatchIndex |-> ack", "mmatchIndex |-> Len(new)"),
        },
        action="HandleAppendEntriesRequest",
        bounds={"Server": '{"n1", "n2", "n3"}', "MaxLogLength": "1", "Restarting": "{}"},
        within=TWO_LEADERS,
    ),
    Mistake(
        "commits more than agrees",
        {"Max(@, Min(m.mcommitIndex, agreed))": "Max(@, Min(m.mcommitIndex, Len(new)))"},
        action="HandleAppendEntriesRequest",
        bounds={"Server": '{"n1", "n2", "n3"}', "MaxLogLength": "1", "Restarting": "{}"},
        within=TWO_LEADERS,
    ),
    Mistake(
        "leader overwrites its log",
        {
            "\\E v \\in ClientValues(i) :\n        log' = [log EXCEPT ![i] = Append(@,": (
                "\\E v \\in ClientValues(i) :\n"
                "        log' = [log EXCEPT ![i] = Append(SubSeq(@, 1, Len(@) - 1),"
            )
        },
        action="ClientRequest",
        bounds={"Value": '{"v1", "v2"}'},
    ),
    Mistake(
        "a commit without a quorum",
        {r"IsQuorum({i} \cup {j \in Server : matchIndex[i][j] >= index})": "TRUE"},
        action="AdvanceCommitIndex",
    ),
)

IN_RAFT_ABSTRACT = (
    Mistake(
        "second vote in a term",
        {r"votedFor[i] \subseteq {c}": "TRUE"},
        action="Vote",
        conjuncts=frozenset({"VoteIsStable", "OneVote"}),
    ),
    Mistake(
        "no up-to-date check",
        {"UpToDate(u, k, log[i])": "TRUE"},
        action="Vote",
        conjuncts=frozenset({"ChoosableIsWanted"}),
    ),
    Mistake(
        "vote lost at a restart",
        {r"/\ votedFor' = votedFor": r"/\ votedFor' = [votedFor EXCEPT ![i] = {}]"},
        action="Restart",
        conjuncts=frozenset({"VoteIsStable"}),
    ),
    Mistake(
        "commit by counting an older term",
        {
            r"/\ \E v \in Value : <<k, t, v>> \in leaderLog[t]": (
                r"/\ \E u \in Term, v \in Value : <<k, u, v>> \in leaderLog[t]"
            )
        },
        action="AdvanceCommitIndex",
        conjuncts=frozenset({"CommitIsOfTerm", "LeaderCompleteness"}),
    ),
    Mistake(
        "minority quorum",
        {r"\A q, r \in Quorum : q \cap r # {}": "TRUE"},
        action="BecomeLeader",
    ),
    Mistake(
        "log match on the index alone",
        {
            r"p = 0 \/ Agree(log[i], leaderLog[t], p)": (
                r"p = 0 \/ \E u \in Term, v \in Value : <<p, u, v>> \in log[i]"
            )
        },
        action="AppendEntries",
    ),
    Mistake(
        "leader overwrites its log",
        {
            "lastIndex[t] < k": "0 < k /\\ lastIndex[t] = k",
            r"[log EXCEPT ![i] = @ \cup": r"[log EXCEPT ![i] = {e \in @ : e[1] < k} \cup",
            r"[leaderLog EXCEPT ![t] = @ \cup": r"[leaderLog EXCEPT ![t] = {e \in @ : e[1] < k} \cup",
        },
        action="ClientRequest",
    ),
    Mistake(
        "a commit without a quorum",
        {r"\A s \in q : <<s, t, k>> \in acked": "TRUE"},
        action="AdvanceCommitIndex",
    ),
)
