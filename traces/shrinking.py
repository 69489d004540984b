"""A refused trace, cut down to the lines that matter: all accepted but the last, which is refused as it was.

First goes what can have had no effect on the refused line (its causal past stays), then whatever else can go,
half of the lines at a time and in the end one by one (delta debugging: Zeller, Hildebrandt 2002). A line that
is refused once others are gone goes with them.

All but a short trace begins anew before one of the last elections, with Init lines that say what raft.tla
has of each server there; messages that were in flight are lost. So only the end of a long trace is needed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import msgspec

from raftcheck.spec.model import Liberty
from raftcheck.tla.values import apply, items

from .events import Entry, Event, Message, NodeState
from .refusal import Refusal, Shrunk
from .validate import Validator
from .wellformed import Line

MOST_LINES = 1_000
"""Lines before the refused one that are looked at, at most."""

SHORT = 40
"""A trace of no more lines begins where it does, however much it tells before the last election."""

MOST_BYTES = 32 * 2**20
"""Of these lines together, as JSON."""

MOST_JUDGED = 20_000
"""Lines that are judged in all trials together, at most: some 3 s."""

MOST_BEGINNINGS = 32
"""Elections before which a long trace may begin anew, the last of them."""


@dataclass(slots=True)
class Beginnings:
    """A witness of a verdict: remembers what raft.tla had before the last elections."""

    found: deque[tuple[int, Validator]] = field(default_factory=lambda: deque(maxlen=MOST_BEGINNINGS))
    """The number of the line that starts an election, and a judge who has not seen it yet."""

    def __call__(self, event: Event, judge: Validator) -> None:
        if judge.refusal is None and "Timeout" in judge.taken:
            _, before = next(judge.earlier())
            self.found.append((judge.judged.lines, before))


def shrunk(
    lines: Iterable[Line], refusal: Refusal, beginnings: Beginnings, liberties: Collection[Liberty] = ()
) -> tuple[Shrunk, list[Event]] | None:
    """The lines of the trace that are enough for its refusal, and as events, with their Init lines.

    None where no fewer lines were found to be enough.
    """
    for begins, opening, following in _beginnings(*_end(lines, refusal.line), refusal, beginnings):
        trial = _Trial([event for _, event in opening], refusal, liberties)
        found = trial.reduced(following)
        if found is not None:
            shown = found.lines if begins is not None else [*opening, *found.lines]
            told = Shrunk(tuple(place for place, _ in shown), begins, found.bounded)
            fewer = len(shown) < refusal.line
            return (told, [event for _, event in (*opening, *found.lines)]) if fewer else None
    return None


_Beginning = tuple[str | None, list[Line], list[Line]]
"""The line before which it is, if it is not that of the trace; Init lines, and the lines after them."""


def _beginnings(
    first: int, end: list[Line], refusal: Refusal, beginnings: Beginnings
) -> Iterator[_Beginning]:
    """Where the trace may begin: a short one where it does, others before the last elections."""
    if refusal.line > SHORT:
        for number, before in reversed(beginnings.found):
            if number > first:
                place, _ = end[number - first]
                yield (
                    place,
                    [(place, _init(before, server)) for server in before.servers],
                    end[number - first :],
                )
    if first == 1:
        opening = list(takewhile(lambda line: line[1].event == "Init", end[:-1]))
        yield None, opening, end[len(opening) :]


def _end(lines: Iterable[Line], last: int) -> tuple[int, list[Line]]:
    """The last lines up to the refused one, as many as may be kept, and the number of the first of them."""
    kept: deque[tuple[int, Line]] = deque()
    size = 0
    for number, (place, event) in enumerate(lines, 1):
        if number > last - MOST_LINES:
            length = len(msgspec.json.encode(event))
            kept.append((length, (place, event)))
            size += length
            while size > MOST_BYTES and len(kept) > 1:
                size -= kept.popleft()[0]
        if number == last:
            break
    return last - len(kept) + 1, [line for _, line in kept]


def _init(judge: Validator, server: str) -> Event:
    """The first line of a server that is what raft.tla has of it, but a follower."""
    state = judge.states()[0]
    log = tuple(Entry(**dict(items(entry))) for entry in apply(state["log"], server))
    seen = NodeState(
        role="Follower",
        current_term=apply(state["currentTerm"], server),
        voted_for=apply(state["votedFor"], server),
        log=log,
        commit_index=apply(state["commitIndex"], server),
    )
    return Event(event="Init", server=server, state=seen)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Lines that are enough, with the judge before each; `bounded` if there was no time to leave out more."""

    lines: list[Line]
    judges: list[Validator]
    bounded: bool = False


class _Trial:
    """Tries fewer and fewer lines, up to a bound."""

    def __init__(self, opening: Sequence[Event], refusal: Refusal, liberties: Collection[Liberty]) -> None:
        judge = Validator([event.server for event in opening], liberties=liberties)
        for event in opening:
            judge.observe(event)
        self.judge = judge
        self.refusal = refusal
        self.left = MOST_JUDGED

    def reduced(self, lines: Sequence[Line]) -> _Kept | None:
        """As few of the lines as are found to be enough; None if not even all of them are."""
        if self.judge.refusal is not None:
            return None
        kept = self.enough(self.judge, _causal_past(lines)) or self.enough(self.judge, lines)
        if kept is None:
            return None
        size = len(kept.lines) // 2
        while size and self.left > 0:
            before = len(kept.lines)
            kept = self.without_parts(kept, size)
            if size > 1 or len(kept.lines) == before:
                size //= 2
        return _Kept(kept.lines, kept.judges, self.left <= 0)

    def without_parts(self, kept: _Kept, size: int) -> _Kept:
        """Leaves out what can go, `size` lines at a time, the last first; never the refused line."""
        end = len(kept.lines) - 1
        while end > 0 and self.left > 0:
            start = max(0, end - size)
            rest = self.enough(kept.judges[start], kept.lines[end:])
            if rest is not None:
                kept = _Kept(kept.lines[:start] + rest.lines, kept.judges[:start] + rest.judges)
            end = start
        return kept

    def enough(self, judge: Validator, lines: Sequence[Line]) -> _Kept | None:
        """Those of the lines that are accepted, and the last, if it is refused after them as it was."""
        kept = _Kept([], [])
        for line in lines[:-1]:
            after = judge.instead(line[1])
            self.left -= 1
            if after is not None:
                kept.lines.append(line)
                kept.judges.append(judge)
                judge = after
        kept.lines.append(lines[-1])
        kept.judges.append(judge)
        return kept if self.is_refused(judge, lines[-1][1]) else None

    def is_refused(self, judge: Validator, event: Event) -> bool:
        self.left -= 1
        refusal = judge.refusing(event) if judge.instead(event) is None else None
        return refusal is not None and _reason(refusal) == _reason(self.refusal)


def _reason(refusal: Refusal) -> tuple[object, ...]:
    """What makes two refusals the same."""
    names = tuple(difference.name for difference in refusal.differences)
    return refusal.server, refusal.action, refusal.conjunct.place, names


def _causal_past(lines: Sequence[Line]) -> list[Line]:
    """The last line, and those that can have had an effect on it: of its server, and of who sent to it."""
    servers = {lines[-1][1].server}
    awaited: set[Message] = set()
    past = []
    for line in reversed(lines):
        event = line[1]
        sent = awaited.intersection(event.sends or ())
        if event.server in servers or sent:
            past.append(line)
            servers.add(event.server)
            awaited -= sent
            if event.message is not None:
                awaited.add(event.message)
    return past[::-1]
