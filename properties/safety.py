"""The five properties of Figure 3, and that terms never go back, over the states that are observed.

A second witness beside the spec: it shares no decision with it, and knows only what servers show. It
keeps the history that the properties speak of, and looks only at the server that changed. What a server
does not show is not checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from raftcheck.traces.events import Entry, Event, NodeState

Property = Literal[
    "ElectionSafety",
    "LeaderAppendOnly",
    "LogMatching",
    "LeaderCompleteness",
    "StateMachineSafety",
    "TermsDoNotDecrease",
]

FIELDS: dict[Property, tuple[str, ...]] = {
    "ElectionSafety": ("role", "current_term"),
    "LeaderAppendOnly": ("role", "current_term", "log"),
    "LogMatching": ("log",),
    "LeaderCompleteness": ("role", "current_term", "log", "commit_index"),
    "StateMachineSafety": ("log", "commit_index"),
    "TermsDoNotDecrease": ("current_term",),
}
"""What a server must show for a property to be checked."""

Log = Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Violation:
    """A property of Figure 3 does not hold: of which servers, where, and what was seen."""

    property: Property
    servers: tuple[str, ...]
    index: int
    """The log index it is about; 0 where it is about none."""
    seen: str
    expected: str

    def report(self) -> str:
        place = f" at index {self.index}" if self.index else ""
        return (
            f"{self.property} does not hold: {', '.join(self.servers)}{place}\n"
            f"  seen      {self.seen}\n"
            f"  expected  {self.expected}"
        )


@dataclass(frozen=True, slots=True)
class Committed:
    """An entry that some leader committed, and the lowest term in which one did."""

    entry: Entry
    term: int
    leader: str


class Safety:
    """Watches a cluster from its first states on."""

    def __init__(self) -> None:
        self._last: dict[str, NodeState] = {}
        """What each server showed last; kept over a crash, for what is durable."""
        self._leaders: dict[int, tuple[str, Log]] = {}
        """By term: its leader, and the log with which the leader was first seen."""
        self._links: dict[tuple[int, int], tuple[Entry, int, str]] = {}
        """By index and term of an entry: the entry, the term of the one before it, and who had it first."""
        self._applied: dict[int, tuple[Entry, str]] = {}
        """By index: the entry that a server holds committed, and who was the first."""
        self._committed: dict[int, Committed] = {}
        """By index: what leaders committed."""

    def observe(self, event: Event) -> Violation | None:
        """Takes in the next event; the first property that it breaks, if any."""
        state = event.state
        if state is None:
            return None
        server = event.server
        before = self._last.get(server, _UNKNOWN)
        self._last[server] = state
        broken = self._term(server, before, state)
        if event.event == "Restart":  # a new life: only what is durable goes on
            before = _UNKNOWN
        if broken is None and state.role == "Leader":
            broken = self._leader(server, before, state)
        if broken is None and state.log is not None:
            log = state.log
            same = len(log) if log is before.log else _common_length(before.log or (), log)
            if same < len(log):
                broken = self._entries(server, log, same)
            if broken is None and state.commit_index is not None:
                first = min(same, before.commit_index or 0) + 1
                broken = self._commits(server, before, state, log[: state.commit_index], first)
        return broken

    def _term(self, server: str, before: NodeState, state: NodeState) -> Violation | None:
        if before.current_term is None or state.current_term is None:
            return None
        if state.current_term >= before.current_term:
            return None
        seen = f"current_term {before.current_term}, then {state.current_term}"
        return Violation("TermsDoNotDecrease", (server,), 0, seen, "terms only grow, also over a crash")

    def _leader(self, server: str, before: NodeState, state: NodeState) -> Violation | None:
        """Election Safety; Leader Completeness of a new leader, Leader Append-Only of an old one."""
        term, log = state.current_term, state.log
        if term is None:
            return None
        known = self._leaders.get(term)
        if known is None:
            self._leaders[term] = (server, log or ())
            if log is not None:
                return _first(self._lacks(term, index) for index in self._committed)
            return None
        if known[0] != server:
            seen = f"both lead term {term}"
            return Violation("ElectionSafety", (known[0], server), 0, seen, "at most one leader in a term")
        if before.role == "Leader" and before.current_term == term and log is not before.log:
            kept = _common_length(before.log or (), log or ())
            if kept < len(before.log or ()):
                seen = f"the leader of term {term} had {shown_log(before.log)} and now has {shown_log(log)}"
                expected = "a leader only appends to its log"
                return Violation("LeaderAppendOnly", (server,), kept + 1, seen, expected)
        return None

    def _entries(self, server: str, log: Log, same: int) -> Violation | None:
        """Log Matching, entry by entry: index and term settle the entry and, by induction, all before it."""
        links = self._links
        previous_term = log[same - 1].term if same else 0
        for index in range(same + 1, len(log) + 1):
            entry = log[index - 1]
            known = links.setdefault((index, entry.term), (entry, previous_term, server))
            if known[1] != previous_term or known[0] != entry:
                seen = (
                    f"{known[2]} has {shown_entry(known[0])} after an entry of term {known[1]}, "
                    f"{server} has {shown_entry(entry)} after one of term {previous_term}"
                )
                expected = "two logs with an entry of the same index and term are the same up to there"
                return Violation("LogMatching", (known[2], server), index, seen, expected)
            previous_term = entry.term
        return None

    def _commits(
        self, server: str, before: NodeState, state: NodeState, committed: Log, first: int
    ) -> Violation | None:
        """State Machine Safety; of what a leader has just committed, Leader Completeness of later leaders."""
        for index in range(first, len(committed) + 1):
            entry = committed[index - 1]
            known = self._applied.setdefault(index, (entry, server))
            if known[0] != entry:
                seen = (
                    f"{known[1]} committed {shown_entry(known[0])}, {server} committed {shown_entry(entry)}"
                )
                expected = "no two servers commit different entries at the same index"
                return Violation("StateMachineSafety", (known[1], server), index, seen, expected)
        term = state.current_term
        if state.role != "Leader" or term is None:
            return None
        for index in range((before.commit_index or 0) + 1, len(committed) + 1):
            known_commit = self._committed.get(index)
            if known_commit is None or term < known_commit.term:
                self._committed[index] = Committed(committed[index - 1], term, server)
                lacking = _first(self._lacks(later, index) for later in self._leaders)
                if lacking:
                    return lacking
        return None

    def _lacks(self, term: int, index: int) -> Violation | None:
        """Leader Completeness of one leader about one entry, keyed on the term in which it was committed.

        The term in the entry would be the wrong key: an entry of an old term may be committed late, and
        leaders between its term and that commit need not have it.
        """
        committed = self._committed[index]
        leader, log = self._leaders[term]
        if term <= committed.term or (index <= len(log) and log[index - 1] == committed.entry):
            return None
        seen = (
            f"{committed.leader} committed {shown_entry(committed.entry)} in term {committed.term}, "
            f"{leader} leads term {term} with {shown_log(log)}"
        )
        expected = "what is committed in a term is in the logs of the leaders of all later terms"
        return Violation("LeaderCompleteness", (committed.leader, leader), index, seen, expected)


_UNKNOWN = NodeState()


def properties_of(state: NodeState) -> tuple[Property, ...]:
    """The properties that can be checked of a server that shows what `state` shows."""
    return tuple(
        name for name, fields in FIELDS.items() if all(getattr(state, field) is not None for field in fields)
    )


def shown_entry(entry: Entry) -> str:
    return f"{entry.value}@{entry.term}"


def shown_log(log: Log | None) -> str:
    return "[" + " ".join(map(shown_entry, log or ())) + "]"


def _common_length(one: Log, other: Log) -> int:
    """How many entries two logs have in common from the start."""
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a is not b and a != b:
            return index
    return min(len(one), len(other))


def _first(found: Iterable[Violation | None]) -> Violation | None:
    return next((violation for violation in found if violation is not None), None)
