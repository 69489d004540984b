"""Several processes share one search, level by level, and find what one process finds, in the same order.

The states are divided by their fingerprints: each is owned by one process, which alone remembers it and
searches from it. A process offers the states that it finds to their owners. Of a level's offers an owner
chooses those that are new, each from the first state that leads there; and all agree on the numbers of what
was chosen, so that states are numbered as by one process alone, under VIEW and SYMMETRY, too.

States are sent by the places of their values in a table for each variable, which both ends build up: a value
itself is mostly sent once. The processes are forked, so that nothing is compiled twice. The one that leads
has place 0; it passes on what the others send, looks at bounds, tells the progress, and ends the others.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from .errors import TlaError
from .fingerprints import BYTES
from .model import State
from .requirements import Broken
from .values import Value

LOOK_EVERY = 0.2
"""Seconds between two looks at the bounds while others are waited for."""

TABLE_MOST = 50_000
"""Values of one variable that both ends of a link know; then they begin anew."""


@dataclass(slots=True)
class Offers:
    """States that one process found, in the order in which it found them, for the process that owns them.

    orders   where each stands among all that are found in a level: `order`
    keys     their fingerprints
    taken    the places of the actions that led there
    """

    orders: array[int] = field(default_factory=lambda: array("Q"))
    keys: list[int] = field(default_factory=list)
    taken: array[int] = field(default_factory=lambda: array("I"))
    states: list[State] = field(default_factory=list)


def order(before: int, place: int) -> int:
    """Orders what a process finds: from the state of number `before`, at that place among all it finds."""
    return before << 32 | place


def before(order: int) -> int:
    """The number of the state before."""
    return order >> 32


@dataclass(frozen=True, slots=True)
class Fault:
    """What was found broken from the state of that number: after the action at that place, at a successor."""

    number: int
    broken: Broken
    place: int
    successor: State | None


@dataclass(frozen=True, slots=True)
class Report:
    """What one process says of its part of a level.

    generated   successors, by the places of actions
    stopping    whether the model asked for the end of the search
    """

    generated: list[int]
    fault: Fault | None
    stopping: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is kept by all of the new states of one process, in their order."""

    orders: array[int]
    shorts: array[int]
    taken: array[int]


class _Numbering(dict[Value, int]):
    """The places of values, and those that were given a place lately."""

    def __init__(self) -> None:
        self.fresh: list[Value] = []

    def __missing__(self, value: Value) -> int:
        self.fresh.append(value)
        place = self[value] = len(self)
        return place


class Encoder:
    """Writes states for another process: of each variable, the values that are new to it, and places."""

    def __init__(self, variables: int) -> None:
        self._tables = [_Numbering() for _ in range(variables)]

    def encode(self, offers: Offers, report: Report) -> bytes:
        columns = []
        for table, column in zip(self._tables, zip(*offers.states, strict=True), strict=bool(offers.states)):
            anew = len(table) >= TABLE_MOST
            if anew:
                table.clear()
            places = array("I", map(table.__getitem__, column))
            columns.append((anew, table.fresh, places))
            table.fresh = []
        keys = b"".join([key.to_bytes(BYTES, "big") for key in offers.keys])
        message = (columns, keys, offers.orders, offers.taken, report)
        return pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)


class Decoder:
    """Reads what one Encoder wrote, in the same order."""

    def __init__(self, variables: int) -> None:
        self._tables: list[list[Value]] = [[] for _ in range(variables)]

    def decode(self, data: bytes) -> tuple[Offers, Report]:
        columns, written, orders, taken, report = pickle.loads(data)
        values = []
        for table, (anew, fresh, places) in zip(self._tables, columns, strict=bool(columns)):
            if anew:
                table.clear()
            table += fresh
            values.append(map(table.__getitem__, places))
        keys = [int.from_bytes(written[at : at + BYTES], "big") for at in range(0, len(written), BYTES)]
        return Offers(orders, keys, taken, list(zip(*values, strict=True))), report


Exchange = Callable[[list[bytes]], list[bytes]]
"""Gives each process a message, and returns what each has for this one; what it says to itself is dropped."""


class Link:
    """What connects one process of a team, at that place of so many, with the others."""

    def __init__(
        self, place: int, size: int, variables: int, exchange: Exchange, look: Callable[[], None]
    ) -> None:
        """`look` is to be called often."""
        self.place = place
        self.size = size
        self.look = look
        self._exchange = exchange
        self._encoders = [Encoder(variables) for _ in range(size)]
        self._decoders = [Decoder(variables) for _ in range(size)]

    def offer(self, offers: Sequence[Offers], report: Report) -> list[tuple[Offers, Report]]:
        """Gives each process its offers, those of its own, too; what all offer to this one, and report."""
        written = [
            b"" if place == self.place else encoder.encode(each, report)
            for place, (encoder, each) in enumerate(zip(self._encoders, offers, strict=True))
        ]
        return [
            (offers[place], report) if place == self.place else decoder.decode(data)
            for place, (decoder, data) in enumerate(zip(self._decoders, self._exchange(written), strict=True))
        ]

    def agree(self, chosen: Chosen) -> list[Chosen]:
        """What each process has chosen."""
        received = self._exchange([pickle.dumps(chosen)] * self.size)
        return [chosen if place == self.place else pickle.loads(data) for place, data in enumerate(received)]


Work = Callable[[Link], None]
"""What each process of a team does."""


class _Team:
    """The other processes, as the one that leads sees them."""

    def __init__(self, links: list[Connection], others: list[ForkProcess], look: Callable[[], None]) -> None:
        self._links = links
        self._others = others
        self._look = look

    def exchange(self, own: list[bytes]) -> list[bytes]:
        packets = [own, *(self._received(place) for place in range(len(self._links)))]
        for place, link in enumerate(self._links, 1):
            try:
                link.send_bytes(pickle.dumps([packet[place] for packet in packets]))
            except OSError as error:
                raise TlaError(f"a worker process has ended: {error}") from None
        return [packet[0] for packet in packets]

    def _received(self, place: int) -> list[bytes]:
        link, other = self._links[place], self._others[place]
        while not wait([link, other.sentinel], LOOK_EVERY):
            self._look()
        try:
            if link.poll():
                received: list[bytes] | str = pickle.loads(link.recv_bytes())
                if isinstance(received, str):
                    raise TlaError(f"a worker process failed: {received}")
                return received
        except (EOFError, OSError):
            pass  # it has ended; how, is said below
        other.join()
        code = other.exitcode or 0
        how = f"was ended by signal {-code}" if code < 0 else f"failed with exit status {code}"
        raise TlaError(f"a worker process {how}; the search cannot go on without it")


def team(size: int, variables: int, work: Work, look: Callable[[], None]) -> None:
    """Has the work done by that many processes, of which this one leads; then the others are ended."""
    if "fork" not in multiprocessing.get_all_start_methods():
        raise TlaError("several workers need a system that can fork processes; expected one worker")
    context = multiprocessing.get_context("fork")
    links: list[Connection] = []
    others: list[ForkProcess] = []
    try:
        for place in range(1, size):
            link, far = context.Pipe()
            links.append(link)
            other = context.Process(
                target=_take_part, args=(far, list(links), place, size, variables, work), daemon=True
            )
            other.start()
            others.append(other)
            far.close()
        work(Link(0, size, variables, _Team(links, others, look).exchange, look))
    finally:
        for link in links:
            link.close()
        for other in others:
            other.kill()
            other.join()


def _take_part(
    far: Connection, others: list[Connection], place: int, size: int, variables: int, work: Work
) -> None:
    """What another process does, until the one that leads closes the connection."""
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, signal.SIG_IGN)  # the one that leads gets it, too
    for other in others:
        other.close()

    def exchange(own: list[bytes]) -> list[bytes]:
        far.send_bytes(pickle.dumps(own))
        received: list[bytes] = pickle.loads(far.recv_bytes())
        return received

    with suppress(EOFError, OSError):  # the one that leads has enough
        try:
            work(Link(place, size, variables, exchange, lambda: None))
        except (EOFError, OSError):
            raise
        except Exception as error:
            far.send_bytes(pickle.dumps(f"{type(error).__name__}: {error}"))
