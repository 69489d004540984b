"""Lines that a trace may lack: what a server may have done unseen, where else nothing explains a line.

A logger that takes samples, or loses some lines, leaves gaps. They are looked for where a line is refused:
just before it, then further back. What is found is a behavior of raft.tla; where nothing is found, more gaps,
or one still further back, might have helped.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from .events import AppendEntriesRequest, Entry, Event
from .validate import Validator

MOST_TRIED = 2_000
"""Lines that are judged to find one gap just before a line, and as many to find it further back."""

MOST_VALUES = 8
"""Commands, among those that a line shows, which a leader may have taken in unseen."""

BACK = 64
"""Lines before the one that is refused among which there may be a gap that explains it."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A judge who accepts the line that was refused, and the lines that he takes to be missing."""

    judge: Validator
    unseen: tuple[Event, ...]


class _Enough(Exception):
    """MOST_TRIED lines were judged."""


class Gaps:
    """Fills the gaps of one trace: before each line of a server there are at most `bound` lines missing."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._lines: Counter[str] = Counter()
        """How many lines of each server were seen."""
        self._filled: Counter[tuple[str, int]] = Counter()
        """How many are taken to be missing after so many of a server."""
        self._passed: deque[tuple[Event, Validator]] = deque(maxlen=BACK)
        """The last lines, each with a judge who has not seen it yet."""
        self._tried = 0

    def observe(self, judge: Validator, event: Event) -> None:
        """Has the judge see the event, after lines that are missing if that is what it takes."""
        refusal = judge.observe(event)
        if self._bound == 0:
            return
        if refusal is not None:
            filled = self.fill(judge, event)
            if filled is None:
                return
            judge.resume(filled.judge, len(filled.unseen))
            judge.observe(event)
        self._seen(event, judge)

    def _seen(self, event: Event, judge: Validator) -> None:
        """A line was explained."""
        self._lines[event.server] += 1
        self._passed.append((event, next(judge.earlier())[1]))

    def fill(self, judge: Validator, event: Event) -> Filled | None:
        """The fewest lines with which the judge accepts the event that he refuses, if any were found."""
        for filled in (self._filled_here, self._filled_before):
            self._tried = 0
            with suppress(_Enough):
                found = filled(judge, event)
                if found is not None:
                    return found
        return None

    def _filled_here(self, judge: Validator, event: Event) -> Filled | None:
        """With the gap just before the line."""
        todo: list[tuple[Validator, tuple[Event, ...]]] = [(judge, ())]
        for before, lines in todo:  # grows while it is walked
            taken = Counter(line.server for line in lines)
            for line in self._unseen_lines(event, judge.servers):
                server = line.server
                room = self._bound - self._filled[server, self._lines[server]] - taken[server]
                after = self._judged(before, [line]) if room > 0 else None
                if after is None:
                    continue
                if self._judged(after, [event]) is not None:
                    for unseen in (*lines, line):
                        self._filled[unseen.server, self._lines[unseen.server]] += 1
                    return Filled(after, (*lines, line))
                todo.append((after, (*lines, line)))
        return None

    def _filled_before(self, _: Validator, event: Event) -> Filled | None:
        """With one line that is missing further back."""
        passed = list(self._passed)
        following: deque[Event] = deque()
        lines = self._lines.copy()
        for place in reversed(range(len(passed))):
            last, before = passed[place]
            following.appendleft(last)
            lines[last.server] -= 1
            for line in self._unseen_lines(event, before.servers):
                gap = line.server, lines[line.server]
                after = self._judged(before, [line]) if self._filled[gap] < self._bound else None
                if after is None or self._judged(after, [*following, event]) is None:
                    continue
                self._filled[gap] += 1
                self._passed.clear()
                for other in following:
                    self._passed.append((other, after))
                    after = after.instead(other)
                    assert after is not None, other
                return Filled(after, (line,))
        return None

    def _judged(self, judge: Validator, events: Iterable[Event]) -> Validator | None:
        """A judge who has seen these as well; None where one is refused."""
        for event in events:
            self._tried += 1
            if self._tried > MOST_TRIED:
                raise _Enough
            after = judge.instead(event)
            if after is None:
                return None
            judge = after
        return judge

    def _unseen_lines(self, event: Event, servers: Iterable[str]) -> Iterator[Event]:
        """What servers may have done without being seen, as lines that show nothing more.

        First the sender of the message, then the server of the line, then the others.
        """
        sender = [] if event.message is None else [event.message.source]
        for server in dict.fromkeys([*sender, event.server, *servers]):
            for happened in ("Receive", "Timeout", "Restart"):
                yield Event(event=happened, server=server)
            for value in _values(event):
                yield Event(event="ClientRequest", server=server, value=value)


def _values(event: Event) -> list[str]:
    """The last commands that a line shows, the latest first."""
    entries: list[Entry] = list((event.state.log if event.state else None) or ())
    for message in (event.message, *(event.sends or ())):
        if isinstance(message, AppendEntriesRequest):
            entries += message.entries
    return list(dict.fromkeys(entry.value for entry in reversed(entries)))[:MOST_VALUES]
