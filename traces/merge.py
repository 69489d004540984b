"""One trace out of several files, each of other servers, by cause and effect; no clock is needed.

Each file keeps its order, and a line that takes a message from the network comes after the line that sent it.
A message has one receiver, so all lines that can take it are in one file: what may come next may come next
whatever other files do first. So no order runs into a dead end that another avoids, and since a step of
raft.tla reads nothing but its server and its message, the verdict is the same in all of them.

Where lines do not show what they sent, or received, clocks say more of the order (clocks.py), and else
what the sender's lines show (unseen.py), or the receiver's (shown.py); that is a guess (guess.py). Times
only choose among lines that may all come next. In memory are the next line of each file, the messages in
flight, the last lines without sends, and the last that each server has shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from .clocks import Clocks
from .errors import TraceError, plain
from .events import LARGEST, Event, Message
from .guess import Guess, Guesses
from .inflight import InFlight
from .shown import Shown
from .unseen import hides_message
from .wellformed import MOST_SERVERS, Line, known, opened

MOST_PLACES = 50
"""Lines whose places are remembered: more than are looked at around a refused one."""

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _File:
    """A file as far as it is read: `head` is its next line, None at its end."""

    number: int
    servers: tuple[str, ...]
    lines: Iterator[Line]
    head: Line | None = None
    finds: bool = False
    """Whether the next line finds its message; once it does, no other file can take that away."""
    seen_unshown: int = 0
    """How many lines of the sender were looked at for having sent it unseen."""
    taken: int = 0
    clock: int = 0
    time: datetime = NEVER

    def __post_init__(self) -> None:
        self.advance()

    def advance(self) -> None:
        self.head = next(self.lines, None)
        self.finds, self.seen_unshown = False, 0
        if self.head is not None:
            event = self.head[1]
            self.time = event.time or self.time
            if isinstance(event.clock, int):
                self.clock = event.clock

    def order(self) -> tuple[int, datetime, int, int]:
        """Which file goes on first: by clock, by time, else the one that lags behind."""
        return self.clock, self.time, self.taken, self.number


class Merge:
    """The lines of several files as one trace, well-formed; to be walked once.

    places   where the last of its lines stand, by their numbers in the merged trace
    stuck    why no line of any file can come next, once that is so. The line that is to blame, at the place
             `blamed`, comes last, for the judge to refuse; TraceError if it is asked for more
    """

    def __init__(self, files: Sequence[Iterator[Line]]) -> None:
        self._unopened = files
        self._files: dict[str, _File] = {}
        self._in_flight = InFlight()
        self._clocks = Clocks()
        self._shown = Shown(())
        self._guesses = Guesses()
        self.places: dict[int, str] = {}
        self._taken = 0
        self.stuck: str | None = None
        self.blamed: str | None = None

    @property
    def guess(self) -> Guess | None:
        """The first line whose place was guessed, if there is any."""
        return self._guesses.first()

    def __iter__(self) -> Iterator[Line]:
        openings = [opened(lines) for lines in self._unopened]
        inits = _all_of([opening for opening, _ in openings])
        yield from known(inits.values(), inits)
        self._taken = len(inits)
        self._shown = Shown(inits)
        for line in inits.values():
            self._clocks.take(line)
            self._shown.take(line[1])
        files = [
            _File(number, tuple(opening), known(_own(opening, following, inits), inits))
            for number, (opening, following) in enumerate(openings)
        ]
        self._files = {server: file for file in files for server in file.servers}
        while waiting := [file for file in files if file.head is not None]:
            file = self._next(waiting)
            yield self._taken_from(file)
            if self.stuck is not None:
                raise TraceError(self.stuck)
            file.advance()

    def _next(self, waiting: list[_File]) -> _File:
        """The file whose next line comes next: clocks hold it back unless none can come else.

        What shows its message comes first, since more is known after it.
        """
        for file in waiting:
            file.finds = file.finds or self._finds(file)
        free = [file for file in waiting if not self._waits(file, waiting)]
        for ready in (free, waiting):
            for sent in (self._is_shown, self._is_sent, self._may_be_unseen):
                found = [file for file in ready if sent(file)]
                if found:
                    return min(found, key=_File.order)
        file = self._blame(waiting)
        self.blamed = _place(file)
        return file

    def _finds(self, file: _File) -> bool:
        event = _event(file)
        if hides_message(event):
            return self._in_flight.has(event) and self._shown.accounts_for(event)
        if self._in_flight.has(event):
            return True
        found, file.seen_unshown = self._in_flight.may_have(event, file.seen_unshown)
        return found

    def _waits(self, file: _File, waiting: list[_File]) -> bool:
        event = _event(file)
        return any(
            other is not file and self._clocks.waits_for(event, _event(other), other.servers)
            for other in waiting
        )

    def _is_shown(self, file: _File) -> bool:
        return file.finds and not hides_message(_event(file))

    def _is_sent(self, file: _File) -> bool:
        return file.finds

    def _may_be_unseen(self, file: _File) -> bool:
        """Whether what the next line takes may have been sent in a line that does not show it."""
        event = _event(file)
        return event.message is None or self._in_flight.hides_sends_of(event.message.source)

    def _taken_from(self, file: _File) -> Line:
        line = file.head
        assert line is not None, file
        event = line[1]
        self._taken += 1
        self.places[self._taken] = line[0]
        self.places.pop(self._taken - MOST_PLACES, None)
        if self.stuck is None:
            self._guesses.take(self._taken, line, self._is_certain(file), self._in_flight.is_seen(event))
        counted = self._clocks.counted(event.server)
        self._clocks.take(line)
        self._in_flight.take(line, counted)
        self._shown.take(event)
        file.taken += 1
        return line

    def _is_certain(self, file: _File) -> bool:
        """Whether clocks say that whatever the next line of a file knows of has come before it."""
        event = _event(file)
        source = event.message.source if event.message is not None else None
        return all(
            self._clocks.surely_before(event, server, other.head[1] if other.head is not None else None)
            for server, other in self._files.items()
            if other is not file and source in (None, server)
        )

    # --- no line can come next ------------------------------------------------------------------------------

    def _blame(self, waiting: list[_File]) -> _File:
        """The file that all others wait for, and why it cannot go on itself.

        Reads on in the files of the senders: nothing comes after the line to blame.
        """
        file = min(waiting, key=_File.order)
        asked: list[tuple[str, str]] = []
        files: list[_File] = []
        nearest: dict[Message, tuple[str, Message]] = {}
        wanted = [message for other in waiting if (message := _event(other).message) is not None]
        while file not in files:
            files.append(file)
            assert file.head is not None, file
            place, event = file.head
            message = event.message
            assert message is not None, event
            sender = self._files[message.source]
            if sender not in files or message not in [other for _, other in nearest.values()]:
                self._look_ahead(sender, message, wanted, nearest)
            found = nearest.get(message)
            if found is None or found[1] != message:
                self.stuck = _missing(place, event, message, found)
                return file
            asked.append((place, found[0]))
            file = sender
        asked = asked[files.index(file) :]
        chain_of_waits = ", but ".join(f"{place} receives what {sent} sends" for place, sent in asked)
        self.stuck = f"{asked[0][0]}: out of order: {chain_of_waits}; expected each message to be sent first"
        return file

    def _look_ahead(
        self,
        sender: _File,
        message: Message,
        wanted: list[Message],
        nearest: dict[Message, tuple[str, Message]],
    ) -> None:
        """Finds where a message will be sent in the rest of a file; else the nearest that was or will be.

        The rest can be read but once: what is nearest to the other messages wanted is found on the way.
        """
        head = [sender.head] if sender.head is not None else []
        ahead = ((place, other) for place, event in chain(head, sender.lines) for other in event.sends or ())
        for place, other in chain(self._in_flight.to(message.dest), ahead):
            for sought in wanted:
                best = nearest.get(sought)
                if _distance(other, sought) < (LARGEST if best is None else _distance(best[1], sought)):
                    nearest[sought] = place, other
            if other == message:
                return


def _all_of(openings: Iterable[dict[str, Line]]) -> dict[str, Line]:
    """The Init lines of all files, by server."""
    inits: dict[str, Line] = {}
    for opening in openings:
        for server, (place, event) in opening.items():
            if server in inits:
                first = inits[server][0]
                expected = f"only {first}, since all lines of a server are in one file"
                raise TraceError(f"{place}: a second Init of `{plain(server)}`; expected {expected}")
            inits[server] = (place, event)
            if len(inits) > MOST_SERVERS:
                raise TraceError(f"{place}: one Init more; expected at most {MOST_SERVERS} servers")
    return inits


def _place(file: _File) -> str:
    assert file.head is not None, file
    return file.head[0]


def _own(opening: dict[str, Line], following: Iterator[Line], inits: dict[str, Line]) -> Iterator[Line]:
    """The lines of a file, none of which is of a server whose Init is in another."""
    for place, event in following:
        if event.server in inits and event.server not in opening:
            found = f"a line of `{plain(event.server)}`, whose Init is {inits[event.server][0]}"
            raise TraceError(f"{place}: {found}; expected all lines of a server in one file")
        yield place, event


def _event(file: _File) -> Event:
    assert file.head is not None, file
    return file.head[1]


def _missing(place: str, event: Event, message: Message, nearest: tuple[str, Message] | None) -> str:
    kind, source = type(message).__name__, plain(message.source)
    found = f"{place}: message missing: `{source}` sends no such {kind} to `{plain(event.server)}` before"
    if nearest is None:
        return f"{found}, nor any like it; expected each message to be sent"
    where, other = nearest
    differing = ", ".join(
        f"{name} {_told(getattr(other, name))} instead of {_told(getattr(message, name))}"
        for name in _differences(other, message)
    )
    return f"{found}; nearest to it is that of {where}, with {differing}"


def _differences(one: Message, other: Message) -> list[str]:
    return [name for name in one.__struct_fields__ if getattr(one, name) != getattr(other, name)]


def _distance(one: Message, other: Message) -> int:
    """In how many fields two messages differ; LARGEST if type, source or receiver differ."""
    alike = type(one) is type(other) and (one.source, one.dest) == (other.source, other.dest)
    return len(_differences(one, other)) if alike else LARGEST


def _told(value: object) -> str:
    return f"{len(value)} entries" if isinstance(value, tuple) else plain(str(value))
