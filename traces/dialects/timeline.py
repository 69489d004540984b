"""A stretch of a judged trace, as pictures need it: what happened line by line, and where each message went.

A witness keeps a window of lines, so that memory does not grow with the trace. Of a message that was sent
before the window, only the receipt is known.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from raftcheck.tla.model import State
from raftcheck.tla.values import Value, apply, items

from ..events import Event, Message
from ..refusal import Refusal
from ..validate import Validator

USUAL_LINES = 60
"""The window, unless another is asked for: the last lines that were judged."""

MOST_LINES = 2_000
"""The longest window: more is neither drawn in bounded memory nor read by anybody."""

NOT_TAKEN = frozenset({"UpdateTerm"})
"""Finer lines that look at their message and leave it in flight."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A line, the actions of raft.tla that explain it, and the state after it; if it is refused, before."""

    number: int
    event: Event
    taken: tuple[str, ...]
    state: State
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class ServerState:
    """What raft.tla knows of a server."""

    role: str
    term: int
    voted_for: str
    commit_index: int
    log: tuple[Value, ...]
    votes_granted: tuple[str, ...]
    next_index: Mapping[str, int]
    match_index: Mapping[str, int]


_OF_A_SERVER = frozenset(
    ["role", "currentTerm", "votedFor", "commitIndex", "log", "votesGranted", "nextIndex", "matchIndex"]
)

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

    Of a longer window the last MOST_LINES are kept.
    """

    def __init__(self, first: int | None = None, last: int | None = None) -> None:
        self.moments: deque[Moment] = deque()
        self.servers: tuple[str, ...] = ()
        self.lines = 0
        """Lines judged so far."""
        self.down: set[str] = set()
        """The servers that had crashed before the first of the lines kept, and not come back."""
        self._first, self._last = first or 1, last
        self._most = USUAL_LINES if first is None and last is None else MOST_LINES
        self._before: State = ()
        self._judge: Validator | None = None

    def __call__(self, event: Event, judge: Validator) -> None:
        self._judge = judge
        self.lines = judge.judged.lines
        if event.event == "Init":
            self.servers += (event.server,)
        if event.event == "Init" or self.lines < self._first:
            self._pass(event, judge.state)
        elif self._last is None or self.lines <= self._last:
            taken = () if judge.refusal else judge.taken
            self.moments.append(Moment(self.lines, event, taken, judge.state, judge.refusal))
        if len(self.moments) > self._most:
            left = self.moments.popleft()
            self._pass(left.event, left.state)

    def _pass(self, event: Event, after: State) -> None:
        """Keeps of a line before the window what it led to."""
        self._before = after
        if event.event == "Crash":
            self.down.add(event.server)
        elif event.event == "Restart":
            self.down.discard(event.server)

    def before(self, server: str) -> ServerState:
        """What the server was before the first of the lines."""
        return self._server(self._before, server)

    def after(self, moment: Moment, server: str) -> ServerState:
        """What the server was after the line; of a refused line, before it."""
        return self._server(moment.state, server)

    def _server(self, state: State, server: str) -> ServerState:
        assert self._judge is not None
        named = self._judge.model.named(state)
        of = {name: apply(value, server) for name, value in named.items() if name in _OF_A_SERVER}
        return ServerState(
            role=of["role"],
            term=of["currentTerm"],
            voted_for=of["votedFor"],
            commit_index=of["commitIndex"],
            log=of["log"],
            votes_granted=tuple(sorted(of["votesGranted"])),
            next_index=_of_peers(of["nextIndex"], server),
            match_index=_of_peers(of["matchIndex"], server),
        )

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


def _of_peers(index: Value, server: str) -> dict[str, int]:
    return {peer: number for peer, number in items(index) if peer != server}
