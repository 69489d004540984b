"""From which line on the order of merged lines is a guess: its message was not shown, or not seen to be sent.

A crash that shows no cause may have handled a message that it does not show, as other lines of its server do.
That is known only once they have come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .events import Event
from .unseen import hides_message, sends_unseen
from .wellformed import CAUSES, Line


@dataclass(frozen=True, slots=True)
class Guess:
    """A line whose place among those of other files is guessed: its number in the merged trace, and why."""

    number: int
    place: str
    why: str


class Guesses:
    """The first guess there is, and the crashes that may have been one before it."""

    def __init__(self) -> None:
        self._first: Guess | None = None
        self._crashes: dict[str, Guess] = {}
        self._tells: set[str] = set()
        self._hides: set[str] = set()
        self._sends_unseen = False

    def first(self) -> Guess | None:
        """The first of all, if there is any."""
        return min(self._all(), key=lambda guess: guess.number, default=None)

    def _all(self) -> Iterator[Guess]:
        if self._first is not None:
            yield self._first
        for server, guess in self._crashes.items():
            # Whoever shows all sends, and no Receive without its message, has no other message to hide.
            unknown = server not in self._tells and (self._hides or self._sends_unseen)
            if server in self._hides or unknown:
                yield guess

    def take(self, number: int, line: Line, certain: bool, seen: bool) -> None:
        """Takes in a line. `certain`: by clocks, nothing it knows of comes later; `seen`: so by messages."""
        place, event = line
        self._sends_unseen = self._sends_unseen or sends_unseen(event)
        if hides_message(event):
            self._hides.add(event.server)
        elif event.message is not None and event.event != "DropMessage":
            self._tells.add(event.server)
        if certain:
            return
        if _shows_no_cause(event):
            guess = Guess(number, place, "which may hide what it was handling")
            self._crashes.setdefault(event.server, guess)
        elif not seen and self._first is None:
            hides = hides_message(event)
            why = "which does not show its message" if hides else "whose message was not seen to be sent"
            self._first = Guess(number, place, why)


def _shows_no_cause(event: Event) -> bool:
    return event.event == "Crash" and all(getattr(event, cause) is None for cause in CAUSES)
