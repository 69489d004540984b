"""Lines that a trace may lack: what a server may have done unseen before a line that else nothing explains.

A logger that takes samples, or loses some lines, leaves gaps. They are looked for only where a line is
refused, and just before it; so what is found is a behavior of raft.tla, but where nothing is found a gap
further back might have helped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .events import AppendEntriesRequest, Entry, Event
from .validate import Validator

MOST_TRIED = 2_000
"""Ways to fill one gap that are tried."""

MOST_VALUES = 8
"""Commands, among those that a line shows, which a leader may have taken in unseen just before it."""


class Gaps:
    """Fills the gaps of one trace, each with at most `bound` lines that nobody saw."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self._unseen: Counter[str] = Counter()

    def seen(self, event: Event) -> None:
        """The server of a line that is explained was seen again."""
        self._unseen.pop(event.server, None)

    def fill(self, judge: Validator, event: Event) -> list[Event] | None:
        """The fewest lines after which the judge accepts the event that he refuses; None if there are none.

        They show nothing but that something happened. Each server has at most `bound` since it was seen.
        """
        source = [] if event.message is None else [event.message.source]
        servers = dict.fromkeys([event.server, *source, *judge.servers])
        tried = 0
        todo: list[tuple[Validator, tuple[Event, ...]]] = [(judge, ())]
        for before, lines in todo:  # grows while it is walked
            taken = self._unseen + Counter(line.server for line in lines)
            for server in servers:
                if taken[server] == self.bound:
                    continue
                for line in _unseen_lines(server, event):
                    tried += 1
                    if tried > MOST_TRIED:
                        return None
                    after = before.instead(line)
                    if after is None:
                        continue
                    if after.instead(event) is not None:
                        self._unseen.update(other.server for other in (*lines, line))
                        return [*lines, line]
                    todo.append((after, (*lines, line)))
        return None


def _unseen_lines(server: str, event: Event) -> Iterator[Event]:
    """What a server may have done without being seen, as lines that show nothing more."""
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
