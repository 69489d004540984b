"""A stretch of a judged trace, as pictures need it: what happened line by line, and where each message went.

A witness keeps a window of lines, so that memory does not grow with the trace. Of a message that was sent
before the window, only the receipt is known.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec.structs import replace

from raftcheck.tla.values import Value, apply, field, items

from ..events import Event, Message
from ..refusal import Refusal
from ..validate import Validator

USUAL_LINES = 60
"""The window, unless another is asked for: the last lines that were judged."""

MOST_LINES = 2_000
MOST_BYTES = 16 * 2**20
"""The longest window, in lines and in what they say: nobody reads more, and memory is bounded."""

LAST_ENTRIES = 12
"""Of a log, so many entries are kept."""

NOT_TAKEN = frozenset({"UpdateTerm"})
"""Finer lines that look at their message and leave it in flight."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """What raft.tla knows of a server; of its log, the terms and values of the last entries."""

    role: str
    term: int
    voted_for: str
    commit_index: int
    log_length: int
    last_entries: tuple[tuple[int, str], ...]
    votes_granted: tuple[str, ...]
    next_index: Mapping[str, int]
    match_index: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Moment:
    """A line, without the state that was observed, and what raft.tla makes of it.

    after  its server after it (of a refused line, before it)
    taken  the actions of raft.tla that explain it
    size   bytes of the line
    """

    number: int
    event: Event
    after: ServerState
    taken: tuple[str, ...]
    refusal: Refusal | None
    size: int


Fate = Literal["received", "lost", "in flight"]


@dataclass(frozen=True, slots=True)
class Flight:
    """A message on its way between moments, which are given by their places in the window.

    sent   None: before the window, or it was not seen
    ended  where it was received or lost; None: not within the window
    """

    message: Message
    sent: int | None
    ended: int | None
    fate: Fate


class Timeline:
    """Keeps the lines from `first` to `last` (numbers from 1), or the last USUAL_LINES that are judged.

    Of a window longer than MOST_LINES or MOST_BYTES the end is kept.
    """

    def __init__(self, first: int | None = None, last: int | None = None) -> None:
        self.moments: deque[Moment] = deque()
        self.before: dict[str, ServerState] = {}
        """What each server was before the first of the lines kept."""
        self.down: set[str] = set()
        """The servers that had crashed by then, and not come back."""
        self.lines = 0
        """Lines judged so far."""
        self._first, self._last = first or 1, last
        self._most = USUAL_LINES if first is None and last is None else MOST_LINES
        self._bytes = 0

    @property
    def servers(self) -> tuple[str, ...]:
        """In the order of their Init lines."""
        return tuple(self.before)

    def __call__(self, event: Event, judge: Validator) -> None:
        self.lines = judge.judged.lines
        if self._last is not None and self.lines > self._last:
            return
        after = _server_state(judge, event.server)
        if event.event == "Init" or self.lines < self._first:
            self._pass(event, after)
            return
        size = len(msgspec.json.encode(event))
        event = replace(event, state=None)
        taken = () if judge.refusal else judge.taken
        self.moments.append(Moment(self.lines, event, after, taken, judge.refusal, size))
        self._bytes += size
        while len(self.moments) > self._most or (self._bytes > MOST_BYTES and len(self.moments) > 1):
            left = self.moments.popleft()
            self._bytes -= left.size
            self._pass(left.event, left.after)

    def _pass(self, event: Event, after: ServerState) -> None:
        """Keeps of a line before the window what it led to."""
        self.before[event.server] = after
        if event.event == "Crash":
            self.down.add(event.server)
        elif event.event == "Restart":
            self.down.discard(event.server)

    def flights(self) -> list[Flight]:
        """The messages seen in the window, in the order in which they ended; then those that did not."""
        found: list[Flight] = []
        flying: dict[Message, deque[int | None]] = defaultdict(deque)
        for place, moment in enumerate(self.moments):
            message = moment.event.message
            if message is not None and moment.event.event not in NOT_TAKEN:
                copies = flying[message]
                sent = copies.popleft() if copies else None
                if moment.event.event == "DuplicateMessage":
                    copies.extend((sent, sent))
                else:
                    fate: Fate = "lost" if moment.event.event == "DropMessage" else "received"
                    found.append(Flight(message, sent, place, fate))
            for message in moment.event.sends or ():
                flying[message].append(place)
        for message, copies in flying.items():
            found += [Flight(message, sent, None, "in flight") for sent in copies if sent is not None]
        return found


def _server_state(judge: Validator, server: str) -> ServerState:
    named = judge.model.named(judge.state)

    def of(variable: str) -> Value:
        return apply(named[variable], server)

    def of_peers(variable: str) -> dict[str, int]:
        return {peer: index for peer, index in items(of(variable)) if peer != server}

    log = of("log")
    return ServerState(
        role=of("role"),
        term=of("currentTerm"),
        voted_for=of("votedFor"),
        commit_index=of("commitIndex"),
        log_length=len(log),
        last_entries=tuple((field(entry, "term"), field(entry, "value")) for entry in log[-LAST_ENTRIES:]),
        votes_granted=tuple(sorted(of("votesGranted"))),
        next_index=of_peers("nextIndex"),
        match_index=of_peers("matchIndex"),
    )
