"""Broken variants of raft.tla, each with a guard removed or changed, and what comes of their counterexamples.

TLC finds a shortest counterexample to `Trap` in the variant under Coderaft; on record in counterexamples/ is
what it prints, from the violation on, mostly with -difftrace. `outcome` says beforehand what the reference
makes of it, and `why`. A `fault` is a reference with the same mistake: that one follows it to its end.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from raftcheck.properties.following import Word
from raftcheck.spec.model import FOLDER
from raftcheck.tla.behaviorfiles import behavior_of
from raftcheck.tla.behaviors import Behavior
from raftcheck.tla.tlc import Tlc

RECORDED = Path(__file__).parent / "counterexamples"


@dataclass(frozen=True, slots=True)
class Variant:
    """A change to raft.tla, and what it breaks; `overrides` are choices that it takes another way."""

    id: str
    removed: str
    instead: str
    trap: str
    outcome: Word
    why: str
    action: str = ""
    """Where the reference leaves the counterexample."""
    fault: str = ""
    servers: int = 2
    terms: int = 1
    entries: int = 1
    in_flight: int = 2
    restarting: str = ""
    guide: str = "TRUE"
    """A constraint that leads TLC to the counterexample sooner."""
    overrides: tuple[tuple[str, str], ...] = ()
    """Choices of Coderaft.cfg that are to be others, or, if empty, those of raft.tla."""
    more: str = ""
    """Definitions for trap, guide and overrides."""

    def write(self, folder: Path) -> Path:
        """The module and its configuration, with raft.tla changed beside it."""
        for name in ("MCraft.tla", "Coderaft.tla"):
            (folder / name).write_text((FOLDER / name).read_text())
        text = (FOLDER / "raft.tla").read_text()
        assert text.count(self.removed) == 1, f"{self.id}: {text.count(self.removed)} places to change"
        (folder / "raft.tla").write_text(text.replace(self.removed, self.instead))
        module = folder / "Variant.tla"
        module.write_text(
            "---- MODULE Variant ----\nEXTENDS Coderaft\n"
            f"{self.more}\nTrap ==\n{self.trap}\nGuide ==\n{self.guide}\n====\n"
        )
        config = (FOLDER / "Coderaft.cfg").read_text()
        servers = ", ".join(f'"n{number}"' for number in range(1, self.servers + 1))
        constants = {
            "Server": f"{{{servers}}}",
            "Value": '{"v1"}',
            "MaxTerm": self.terms,
            "MaxLogLength": self.entries,
            "MaxInFlight": self.in_flight,
            "MaxCopies": 1,
            "Losing": "FALSE",
            "Restarting": f'{{"{self.restarting}"}}' if self.restarting else "{}",
        }
        for name, value in constants.items():
            config = re.sub(rf"^( +{name} +=) .*$", rf"\1 {value}", config, flags=re.MULTILINE)
        for name, override in self.overrides:
            config = re.sub(
                rf"^ +{name} +<-.*\n",
                f"    {name} <- {override}\n" if override else "",
                config,
                flags=re.MULTILINE,
            )
        config = config[: config.index("INVARIANTS")] + "INVARIANT Trap\nCONSTRAINT Guide\n"
        (folder / "Variant.cfg").write_text(config.replace("CHECK_DEADLOCK FALSE\n", ""))
        return module

    def counterexample(self, folder: Path) -> str:
        """What TLC prints of it, from the violation on."""
        self.write(folder)
        command = Tlc.find().command("tlc2.TLC", folder)
        command += ["-deadlock", "-difftrace", "-workers", "1", "-metadir", str(folder)]
        command += ["-config", "Variant.cfg", "Variant.tla"]
        output = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
        begin, end = output.find("Error: Invariant"), output.rfind(" states generated")
        assert begin >= 0, f"{self.id}: {output[-2000:]}"
        return output[begin : output.rindex("\n", begin, end)].rstrip() + "\n"

    @property
    def behavior(self) -> Behavior:
        """The counterexample on record."""
        return on_record(self.id)


def on_record(id: str) -> Behavior:
    path = RECORDED / f"{id}.txt"
    return behavior_of(path.read_bytes(), str(path))


NO_COMMIT = "\\A i \\in Server : commitIndex[i] = 0"
LEADS = "\\E e \\in elections : e.eterm = m.mterm /\\ e.eleader = "

VARIANTS = (
    # Elections
    Variant(
        id="vote-no-votedfor",
        removed="                     /\\ votedFor[i] \\in {Nil, m.msource}\n",
        instead="",
        trap="ElectionSafety",
        servers=3,
        in_flight=4,
        outcome="differs",
        why="the reference gives its second vote of a term to nobody",
        action="HandleRequestVoteRequest",
        fault="vote_no_votedfor",
    ),
    Variant(
        id="vote-no-uptodate",
        removed="                     /\\ UpToDate(m, log[i])\n",
        instead="",
        trap="""\\A i, j \\in Server :
    role[i] = Leader /\\ j \\in votesGranted[i] /\\ currentTerm[j] = currentTerm[i]
        => LastTerm(log[j]) <= LastTerm(log[i])""",
        terms=2,
        outcome="differs",
        why="the reference gives no vote to a candidate without its entry",
        action="HandleRequestVoteRequest",
        fault="vote_no_uptodate",
    ),
    Variant(
        id="quorum-half",
        removed="IsQuorum(servers) == 2 * Cardinality(servers) > Cardinality(Server)",
        instead="IsQuorum(servers) == 2 * Cardinality(servers) >= Cardinality(Server)",
        trap="ElectionSafety",
        outcome="differs",
        why="to the reference, one of two servers is no majority",
        action="BecomeLeader",
        fault="quorum_half",
    ),
    Variant(
        id="leader-without-votes",
        removed="    /\\ IsQuorum(votesGranted[i])\n",
        instead="",
        trap="ElectionSafety",
        servers=3,
        in_flight=4,
        outcome="differs",
        why="the reference leads with the votes of a majority only",
        action="BecomeLeader",
    ),
    Variant(
        id="leader-times-out",
        removed="    /\\ role[i] \\in {Follower, Candidate}\n",
        instead="",
        trap="\\A e, f \\in elections : e.eleader = f.eleader => e = f",
        terms=2,
        outcome="refused",
        why="a leader of the reference has no election timer",
        action="Timeout",
    ),
    Variant(
        id="vote-of-old-term",
        removed="""        /\\ m.mterm = currentTerm[i]
        /\\ messages' = Discard(m)
        /\\ votesGranted'""",
        instead="""        /\\ messages' = Discard(m)
        /\\ votesGranted'""",
        trap="\\A i \\in Server : \\A j \\in votesGranted[i] : currentTerm[j] >= currentTerm[i]",
        terms=2,
        outcome="differs",
        why="the reference does not count a vote of the term before",
        action="HandleRequestVoteResponse",
    ),
    Variant(
        id="refusal-counts",
        removed="IF role[i] = Candidate /\\ m.mvoteGranted",
        instead="IF role[i] = Candidate",
        trap="ElectionSafety",
        outcome="differs",
        why="to the reference, a refusal is no vote",
        action="HandleRequestVoteResponse",
    ),
    Variant(
        id="term-keeps-vote",
        removed="        /\\ votedFor'    = [votedFor EXCEPT ![i] = Nil]\n",
        instead="        /\\ votedFor'    = votedFor\n",
        trap="""\\A m \\in DOMAIN messages :
    m.mtype = RequestVoteResponse /\\ m.mterm = 2 /\\ votedFor[m.msource] # m.mdest => m.mvoteGranted""",
        terms=2,
        guide='currentTerm["n1"] = 2 => role["n1"] = Follower',
        outcome="differs",
        why="in a new term, the reference has a vote to give",
        action="HandleRequestVoteRequest",
        fault="vote_not_cleared_new_term",
    ),
    Variant(
        id="asks-for-too-much",
        removed="                         mlastLogIndex |-> Len(log[i]),",
        instead="                         mlastLogIndex |-> Len(log[i]) + 1,",
        trap="""\\A m \\in DOMAIN messages : m.mtype = RequestVoteRequest =>
    m.mlastLogIndex <= Len(log[m.msource])""",
        outcome="refused",
        why="the reference does not claim an entry that it does not have",
        action="RequestVote",
    ),
    # Crashes
    Variant(
        id="restart-forgets-vote",
        removed="    /\\ UNCHANGED <<messages, currentTerm, votedFor, log, historyVars>>",
        instead="""    /\\ votedFor' = [votedFor EXCEPT ![i] = Nil]
    /\\ UNCHANGED <<messages, currentTerm, log, historyVars>>""",
        trap="ElectionSafety",
        servers=3,
        in_flight=4,
        restarting="n3",
        outcome="differs",
        why="the vote of the reference is on its disk",
        action="Restart",
        fault="vote_volatile",
    ),
    Variant(
        id="restart-keeps-role",
        removed="Restart(i) ==\n    /\\ role' = [role EXCEPT ![i] = Follower]\n",
        instead="Restart(i) ==\n    /\\ role' = role\n",
        trap="\\A i \\in Server : role[i] = Leader => i \\in votesGranted[i]",
        restarting="n1",
        outcome="differs",
        why="the reference comes back as a follower",
        action="Restart",
        fault="two_leaders_restart",
    ),
    # Replication
    Variant(
        id="append-old-term",
        removed="Acceptable(i, m) == m.mterm = currentTerm[i] /\\ HoldsPrevious(log[i], m)",
        instead="Acceptable(i, m) == HoldsPrevious(log[i], m)",
        trap=f"\\A m \\in DOMAIN messages : m.mtype = AppendEntriesResponse /\\ m.msuccess => {LEADS}m.mdest",
        terms=2,
        outcome="differs",
        why="the reference refuses a leader of the term before, and stays a candidate",
        action="HandleAppendEntriesRequest",
    ),
    Variant(
        id="append-no-prevterm",
        removed="    /\\ m.mprevLogTerm = TermAt(xlog, m.mprevLogIndex)\n",
        instead="",
        trap="LogMatching",
        servers=3,
        terms=3,
        entries=2,
        in_flight=4,
        guide="""    /\\ \\A e \\in elections :
        <<e.eterm, e.eleader, e.elog>> \\in
            {<<1, "n1", <<>>>>, <<2, "n3", <<>>>>,
             <<3, "n1", <<[term |-> 1, value |-> "v1"]>>>>}
    /\\ log["n2"] = <<>> /\\ role["n2"] = Follower /\\ commitIndex["n1"] = 0
    /\\ Len(log["n3"]) = 1 => currentTerm["n3"] >= 2
    /\\ \\A m \\in DOMAIN messages : m.mterm + 1 >= currentTerm[m.msource]""",
        outcome="differs",
        why="the reference refuses what follows an entry of another term",
        action="HandleAppendEntriesRequest",
        fault="ae_no_prevterm",
    ),
    Variant(
        id="append-truncates",
        removed="""    IF \\A k \\in 1..Len(entries) :
            prev + k <= Len(xlog) /\\ xlog[prev + k].term = entries[k].term
    THEN xlog
    ELSE SubSeq(xlog, 1, prev) \\o entries""",
        instead="    SubSeq(xlog, 1, prev) \\o entries",
        trap="""\\A m \\in DOMAIN messages : m.mtype = AppendEntriesResponse =>
    m.mmatchIndex <= Len(log[m.msource])""",
        in_flight=3,
        overrides=(("StoredChoices", "StoredHere"),),
        more="StoredHere(i, new) == {Len(new)}",
        outcome="differs",
        why="a heartbeat that is late leaves the log of the reference alone",
        action="HandleAppendEntriesRequest",
        fault="ae_truncate_always",
    ),
    Variant(
        id="append-keeps-conflicts",
        removed="""    ELSE SubSeq(xlog, 1, prev) \\o entries""",
        instead="""    ELSE xlog \\o SubSeq(entries, Len(xlog) - prev + 1, Len(entries))""",
        trap="""\\A m \\in DOMAIN messages :
    m.mtype = AppendEntriesResponse /\\ m.msuccess /\\ role[m.mdest] = Leader
        /\\ currentTerm[m.mdest] = m.mterm /\\ currentTerm[m.msource] = m.mterm
        => SubSeq(log[m.msource], 1, m.mmatchIndex) = SubSeq(log[m.mdest], 1, m.mmatchIndex)""",
        servers=3,
        terms=2,
        in_flight=4,
        guide='\\A e \\in elections : <<e.eterm, e.eleader>> \\in {<<1, "n1">>, <<2, "n2">>}',
        outcome="differs",
        why="the reference deletes an entry that conflicts with its leader's",
        action="HandleAppendEntriesRequest",
        fault="ae_never_truncates",
    ),
    Variant(
        id="append-again",
        removed="""    IF \\A k \\in 1..Len(entries) :
            prev + k <= Len(xlog) /\\ xlog[prev + k].term = entries[k].term
    THEN xlog
    ELSE SubSeq(xlog, 1, prev) \\o entries""",
        instead="    xlog \\o entries",
        trap="\\A i \\in Server : Len(log[i]) <= 1",
        in_flight=3,
        outcome="differs",
        why="the reference has the entry already",
        action="HandleAppendEntriesRequest",
        fault="ae_duplicate_appends",
    ),
    Variant(
        id="append-leaves-candidate",
        removed="        /\\ role'        = [role EXCEPT ![i] = Follower]\n        /\\ log'",
        instead="        /\\ role'        = role\n        /\\ log'",
        trap="""\\A m \\in DOMAIN messages : m.mtype = AppendEntriesResponse /\\ m.msuccess =>
    role[m.msource] # Candidate \\/ currentTerm[m.msource] # m.mterm""",
        servers=3,
        in_flight=4,
        outcome="differs",
        why="a candidate of the reference follows the leader of its term",
        action="HandleAppendEntriesRequest",
    ),
    Variant(
        id="candidate-appends",
        removed="""AppendEntries(i, j) ==
    /\\ role[i] = Leader
""",
        instead="AppendEntries(i, j) ==\n",
        trap=f"\\A m \\in DOMAIN messages : m.mtype = AppendEntriesRequest => {LEADS}m.msource",
        outcome="refused",
        why="a candidate of the reference sends no entries",
        action="AppendEntries",
    ),
    Variant(
        id="request-at-follower",
        removed="""ClientRequest(i) ==
    /\\ role[i] = Leader
""",
        instead="ClientRequest(i) ==\n",
        trap="elections = {} => \\A i \\in Server : log[i] = <<>>",
        outcome="refused",
        why="a follower of the reference turns a client away",
        action="ClientRequest",
    ),
    Variant(
        id="acknowledges-too-much",
        removed="        /\\ ack <= agreed\n",
        instead="",
        trap="""\\A m \\in DOMAIN messages : m.mtype = AppendEntriesResponse =>
    m.mmatchIndex <= Len(log[m.msource])""",
        overrides=(("AckChoices", "AckBeyond"),),
        more="AckBeyond(i, m) == {m.mprevLogIndex + Len(m.mentries) + 1}",
        outcome="differs",
        why="the reference acknowledges what it has stored, and no more",
        action="HandleAppendEntriesRequest",
    ),
    Variant(
        id="match-falls",
        removed="THEN Max(matchIndex[i][j], m.mmatchIndex) ELSE",
        instead="THEN m.mmatchIndex ELSE",
        trap="""\\A i, j \\in Server : role[i] = Leader /\\ i # j => commitIndex[i] <= matchIndex[i][j]""",
        in_flight=3,
        outcome="differs",
        why="what is known to match in the reference stays known when an older answer comes late",
        action="HandleAppendEntriesResponse",
        fault="match_not_max",
    ),
    # Commit
    Variant(
        id="commit-without-quorum",
        removed="        /\\ IsQuorum({i} \\cup {j \\in Server : matchIndex[i][j] >= index})\n",
        instead="",
        trap="\\A k \\in 1..Len(committed) : IsQuorum({j \\in Server : Len(log[j]) >= k})",
        overrides=(("CommitTargets", ""),),
        outcome="differs",
        why="the reference commits what a majority stores",
        action="AdvanceCommitIndex",
        fault="commit_last_stored",
    ),
    Variant(
        id="commit-old-term",
        removed="        /\\ log[i][index].term = currentTerm[i]\n",
        instead="",
        trap="""\\A k \\in 1..Len(committed) : committed[k].cterm > committed[k].term =>
    \\E l \\in k..Len(committed) : committed[l].term = committed[k].cterm""",
        terms=2,
        in_flight=3,
        overrides=(("CommitTargets", ""),),
        outcome="differs",
        why="the reference does not commit an entry of an older term by counting (Figure 8)",
        action="AdvanceCommitIndex",
        fault="commit_old_term",
    ),
    Variant(
        id="commit-claimed",
        removed="CommitChoices(i, j) == 0..commitIndex[i]",
        instead="CommitChoices(i, j) == 0..Len(log[i])",
        trap="""\\A m \\in DOMAIN messages : m.mtype = AppendEntriesRequest =>
    m.mcommitIndex <= Len(committed)""",
        overrides=(("CommitChoices", ""),),
        outcome="refused",
        why="the reference names no commit index beyond its own",
        action="AppendEntries",
    ),
    # What the reference does as well, and may
    Variant(
        id="answer-ignored",
        removed="        /\\ m.mterm < currentTerm[i]\n",
        instead="",
        trap="""\\A i, j \\in Server :
    /\\ role[i] = Candidate /\\ votedFor[j] = i /\\ currentTerm[i] = currentTerm[j]
    /\\ messages = EmptyBag /\\ arrived = {} /\\ due = {}
    => j \\in votesGranted[i]""",
        outcome="reproduced",
        why="an answer that nobody looks at may as well have been lost, which raft.tla allows",
    ),
    Variant(
        id="one-leader-at-a-time",
        removed="(role[i] = Leader /\\ role[j] = Leader /\\ currentTerm[i] = currentTerm[j]) => i = j",
        instead="(role[i] = Leader /\\ role[j] = Leader) => i = j",
        trap="ElectionSafety",
        servers=3,
        terms=2,
        in_flight=4,
        outcome="reproduced",
        why="the property is wrong: a leader that was not told goes on in its older term",
    ),
    Variant(
        id="guard-in-vain",
        removed="        /\\ m.mterm = currentTerm[i] => role[i] # Leader\n",
        instead="",
        trap=NO_COMMIT,
        outcome="reproduced",
        why="no leader gets entries of its own term: nothing is broken, and the way to a commit raft.tla's",
    ),
)
