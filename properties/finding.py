"""What is wrong with a node before any question of Raft: it breaks a rule of the seam (node.py).

Only looks. Each check returns None, or what was seen and what was expected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from raftcheck.traces.events import (
    LARGEST,
    NOBODY,
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Message,
    NodeState,
    Other,
    RequestVoteRequest,
    RequestVoteResponse,
)

Kind = Literal[
    "exception",
    "hang",
    "start",
    "state",
    "timers",
    "answer",
    "send",
    "view",
    "disk",
    "reply",
    "quiet",
    "unrepeatable",
    "exit",
    "killed",
    "disturbed",
    "protocol",
]
"""Which rule: a call raised, did not return, or returned nonsense (start, state, timers, the answer of
request); what was sent, written or replied makes no sense; the node acted when it had to be quiet, or not
the same twice; its process ended, was ended by a signal from outside (disturbed: once, and not again), or
spoke otherwise than PROTOCOL.md has it.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """A node broke a rule of the seam."""

    kind: Kind
    server: str
    action: str
    """What the world was doing, in words."""
    seen: str
    expected: str
    at_first: str = ""
    """The report of a failure that was seen before, and not again."""

    def report(self) -> str:
        lines = [
            f"{self.server}: {self.kind} finding, when: {self.action}",
            f"  seen      {self.seen}",
            f"  expected  {self.expected}",
        ]
        if self.at_first:
            lines += ["  at first", *(f"    {line}" for line in self.at_first.splitlines())]
        return "\n".join(lines)


def is_killing(failure: object) -> bool:
    """Whether somebody ended the driver, as it looks; if it is so each time, that is what it leads to."""
    return isinstance(failure, Finding) and failure.kind == "killed"


class Misbehaviour(Exception):
    """Carries a finding from where it is made to whoever runs the cluster."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.report())
        self.finding = finding


class Breach(Exception):
    """Raised in a call of a node by an adapter that can say itself what went wrong behind it."""

    def __init__(self, kind: Kind, seen: str, expected: str) -> None:
        super().__init__(f"{seen}; expected {expected}")
        self.kind = kind
        self.seen = seen
        self.expected = expected


Wrong = tuple[str, str] | None
"""(seen, expected), or None where all is well."""

ROLES = ("Follower", "Candidate", "Leader")


def shown(value: object) -> str:
    """A value for a report: its repr, cut, and never an exception even where the repr is a node's."""
    try:
        text = repr(value)
    except Exception as error:
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return cut(text, 200)


def cut(text: str, most: int) -> str:
    """The text, or as much of its beginning."""
    return text if len(text) <= most else text[: most - 3] + "..."


def is_count(value: object) -> bool:
    """An index or a term: True is an int to Python, but not to a reader; JSON has no larger ones for sure."""
    return type(value) is int and 0 <= value <= LARGEST


def is_text(value: object) -> bool:
    """A str that can be written down: UTF-8 has nothing for half of a surrogate pair."""
    if type(value) is not str:
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def wrong_state(state: NodeState, me: str, servers: tuple[str, ...], known: tuple[Entry, ...]) -> Wrong:
    """Checks what state() of `me` returned for types and ranges; `known` is a log that was sound before."""
    if not isinstance(state, NodeState):
        return f"state() returned {shown(state)}", "a NodeState"
    if state.role is not None and state.role not in ROLES:
        return f"role = {shown(state.role)}", "one of " + ", ".join(ROLES)
    for name in ("current_term", "commit_index"):
        value = getattr(state, name)
        if value is not None and not is_count(value):
            return f"{name} = {shown(value)}", "an int from 0 on"
    vote = state.voted_for
    if vote is not None and vote != NOBODY and vote not in servers:
        return f"voted_for = {shown(vote)}", f"one of {', '.join(servers)}, or '' for nobody"
    if state.log is not None and state.log is not known:
        wrong = _wrong_entries("log", state.log, known)
        if wrong:
            return wrong
    if state.votes_granted is not None and not _are_servers(state.votes_granted, servers):
        return f"votes_granted = {shown(state.votes_granted)}", f"a tuple of {', '.join(servers)}"
    for name, indexes in (("next_index", state.next_index), ("match_index", state.match_index)):
        if indexes is not None and not _are_indexes(indexes, servers):
            return f"{name} = {shown(indexes)}", "a dict from peers to ints from 0 on"
        lacking = [] if indexes is None else [peer for peer in servers if peer not in {me, *indexes}]
        if lacking and state.role in ("Leader", None):
            return f"{name} = {shown(indexes)}, without {', '.join(lacking)}", "an index for each peer"
    return None


def _wrong_entries(name: str, entries: Any, known: tuple[Entry, ...] = ()) -> Wrong:
    if type(entries) is not tuple:
        return f"{name} = {shown(entries)}", "a tuple of Entry"
    for place, entry in enumerate(entries):
        if place < len(known) and entry is known[place]:
            continue
        if not isinstance(entry, Entry) or not is_count(entry.term) or not is_text(entry.value):
            return f"{name}[{place + 1}] = {shown(entry)}", "Entry(term: int from 0 on, value: str)"
    return None


def _are_servers(names: Any, servers: tuple[str, ...]) -> bool:
    return type(names) is tuple and all(name in servers for name in names)


def _are_indexes(indexes: Any, servers: tuple[str, ...]) -> bool:
    return type(indexes) is dict and all(
        peer in servers and is_count(index) for peer, index in indexes.items()
    )


def wrong_view(view: Message, source: str, dest: str) -> Wrong:
    """Checks that a view is a message of raft.tla from the one who sends it to the one who gets it."""
    match view:
        case AppendEntriesRequest():
            sound = (
                is_count(view.prev_log_index) and is_count(view.prev_log_term) and is_count(view.commit_index)
            )
            expected = "prev_log_index, prev_log_term and commit_index ints from 0 on"
            wrong = _wrong_entries("entries", view.entries)
            if wrong:
                return f"{wrong[0]} in {shown(view)}", wrong[1]
        case AppendEntriesResponse():
            sound = type(view.success) is bool and is_count(view.match_index)
            expected = "success a bool, match_index an int from 0 on"
        case RequestVoteRequest():
            sound = is_count(view.last_log_index) and is_count(view.last_log_term)
            expected = "last_log_index and last_log_term ints from 0 on"
        case RequestVoteResponse():
            sound, expected = type(view.vote_granted) is bool, "vote_granted a bool"
        case Other():
            sound, expected = True, ""
        case _:
            return f"view {shown(view)}", "a message of raftcheck.traces.events, or None"
    if not sound:
        return shown(view), expected
    if not is_count(view.term):
        return f"term = {shown(view.term)} in {shown(view)}", "an int from 0 on"
    if view.source != source or view.dest != dest:
        return f"{shown(view)}, sent by {source} to {dest}", "source and dest as sent"
    return None
