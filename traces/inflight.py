"""What is in flight while lines come one by one: messages, and what was perhaps sent unseen."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from .clocks import knows_of
from .errors import TraceError
from .events import Clock, Event, Message
from .unseen import TAKEN_WITHOUT_NAME, hides_message, may_have_sent, sends_unseen
from .wellformed import Line

MOST_UNSHOWN = 100
"""Lines without sends that are remembered of each server, for what they may have sent."""


@dataclass(slots=True)
class _Copies:
    """Copies of a message: how many, and where the first was sent, and what its sender had counted before.

    Equal messages cannot be told apart; so of none more is known than of the first.
    """

    place: str
    counted: int
    number: int = 0


@dataclass(slots=True)
class _Hidden:
    """The last lines of a server that may have sent something unseen, and how many there were in all.

    `counted` is what the server had counted before the first of all.
    """

    last: deque[Event] = field(default_factory=lambda: deque(maxlen=MOST_UNSHOWN))
    number: int = 0
    counted: int = 0


class InFlight:
    """The messages to each server, and of each server the lines that do not show their sends."""

    def __init__(self) -> None:
        self._copies: defaultdict[str, dict[Message, _Copies]] = defaultdict(dict)
        self._hidden: defaultdict[str, _Hidden] = defaultdict(_Hidden)

    def to(self, server: str) -> Iterator[tuple[str, Message]]:
        """The messages on their way to a server, each with the place where it was first sent."""
        return ((copies.place, message) for message, copies in self._copies[server].items())

    def has(self, event: Event) -> bool:
        """Whether an event finds a message that was seen to be sent, if it needs one.

        One that does not say which finds it also where something was perhaps sent unseen.
        """
        if event.message is not None:
            return event.message in self._copies[event.server]
        endings = TAKEN_WITHOUT_NAME.get(event.event)
        if endings is None or any(type(m).__name__.endswith(endings) for m in self._copies[event.server]):
            return True
        return any(hidden.number for server, hidden in self._hidden.items() if server != event.server)

    def may_have(self, event: Event, looked_at: int) -> tuple[bool, int]:
        """Whether the message of an event was perhaps sent unseen, and in how many lines that was looked for.

        The first `looked_at` lines of its sender that do not show their sends were looked at before.
        """
        if event.message is None:
            return False, 0
        hidden = self._hidden[event.message.source]
        new = min(hidden.number - looked_at, len(hidden.last))
        found = any(may_have_sent(hidden.last[-place], event.message) for place in range(1, new + 1))
        return found, hidden.number

    def hides_sends_of(self, server: str) -> bool:
        """Whether a server has sent something unseen, perhaps."""
        return self._hidden[server].number > 0

    def is_seen(self, event: Event) -> bool:
        """Whether it was seen to be sent what an event takes, and is known which message that is."""
        if event.message is not None:
            return event.message in self._copies[event.server]
        return not hides_message(event)

    def take(self, line: Line, counted: int) -> None:
        """A line takes its message, and sends; `counted` is what the clock of its server had counted before.

        TraceError if its clock knows neither of what was sent to it nor of what may have been sent unseen.
        """
        place, event = line
        coming = self._copies[event.server]
        copies = coming.get(event.message) if event.message is not None else None
        if event.message is not None and copies is not None:
            if event.clock is not None and not self._knows_of_sending(event.clock, event.message, copies):
                found = f"clock does not know of {copies.place}, where the message was sent"
                raise TraceError(f"{place}: {found}; expected a clock past that line's")
            copies.number += {"DuplicateMessage": 1, "UpdateTerm": 0}.get(event.event, -1)
            if copies.number == 0:
                del coming[event.message]
        for message in event.sends or ():
            self._copies[message.dest].setdefault(message, _Copies(place, counted)).number += 1
        if sends_unseen(event):
            hidden = self._hidden[event.server]
            if hidden.number == 0:
                hidden.counted = counted
            hidden.last.append(event)
            hidden.number += 1

    def _knows_of_sending(self, clock: Clock, message: Message, copies: _Copies) -> bool:
        """Whether a clock is past a line that sent a message, or may have sent its equal unseen."""
        hidden = self._hidden[message.source]
        return knows_of(clock, message.source, copies.counted) or (
            hidden.number > 0 and knows_of(clock, message.source, hidden.counted)
        )
