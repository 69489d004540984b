"""Small modules with invariants, in the fragment, and what can be put into them."""

from __future__ import annotations

ELECTION = r"""
---- MODULE Election ----
EXTENDS Naturals
CONSTANTS Node, Quorum, Term
ASSUME Node # {} /\ Quorum # {} /\ Quorum \subseteq SUBSET Node
ASSUME \A q, r \in Quorum : q \cap r # {}
ASSUME Term \subseteq Nat /\ 0 \in Term
VARIABLES past, votes, leaders, chief, state
TypeOK ==
    /\ past \in [Node -> SUBSET Term]
    /\ votes \in SUBSET (Node \X Term \X Node)
    /\ leaders \in [Term -> SUBSET Node]
    /\ chief \in [Term -> Node]
    /\ state \in [Node -> {"idle", "leads"}]
Init ==
    /\ past = [n \in Node |-> {}]
    /\ votes = {}
    /\ leaders = [t \in Term |-> {}]
    /\ chief \in [Term -> Node]
    /\ state = [n \in Node |-> "idle"]
Vote(n, t, c) ==
    /\ t \notin past[n]
    /\ past' = [past EXCEPT ![n] = @ \cup {u \in Term : u <= t}]
    /\ votes' = votes \cup {<<n, t, c>>}
    /\ state' = [state EXCEPT ![n] = "idle"]
    /\ UNCHANGED <<leaders, chief>>
Lead(c, t, q) ==
    /\ \A n \in q : <<n, t, c>> \in votes
    /\ leaders' = [leaders EXCEPT ![t] = @ \cup {c}]
    /\ chief' = [chief EXCEPT ![t] = c]
    /\ state' = [state EXCEPT ![c] = IF \A u \in Term : u \in past[c] => u <= t THEN "leads" ELSE @]
    /\ UNCHANGED <<past, votes>>
Next ==
    \/ \E n, c \in Node, t \in Term : Vote(n, t, c)
    \/ \E c \in Node, t \in Term, q \in Quorum : Lead(c, t, q)
OneLeader == \A t \in Term, c, d \in Node : c \in leaders[t] /\ d \in leaders[t] => c = d
OneVote == \A n, c, d \in Node, t \in Term : <<n, t, c>> \in votes /\ <<n, t, d>> \in votes => c = d
VotesArePast == \A n, c \in Node, t \in Term : <<n, t, c>> \in votes => t \in past[n]
Elected ==
    \A t \in Term : \E q \in Quorum : \A n \in q, c \in Node : c \in leaders[t] => <<n, t, c>> \in votes
ChiefLeads == \A t \in Term : leaders[t] # {} => chief[t] \in leaders[t]
Inductive == TypeOK /\ OneLeader /\ OneVote /\ VotesArePast /\ Elected /\ ChiefLeads
Alone == OneLeader
====
"""


def election(*changes: tuple[str, str]) -> str:
    """The module with parts of its text replaced, each of which stands in it once."""
    text = ELECTION
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text
