"""Several processes share one search, level by level, and find what one process finds, in the same order.

Of the states of a level each process expands its part. What is new to it goes to all the others, and
all of them put it together in the order of the states that it was found from. So every process numbers the
states as one process alone would, under VIEW and SYMMETRY, too; a process that finds a violation says only
from which state, and the one that leads expands the first of these states again.

States are sent by the places of their values in a table for each variable, which both ends of a link build
up: a value itself is sent once. The processes are forked, so that nothing is compiled twice. The one that
leads passes on what the others send; it alone looks at bounds, tells the progress, and ends the others.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from .errors import TlaError
from .model import State
from .values import Value

LOOK_EVERY = 0.2
"""Seconds between two looks at the bounds while others are waited for."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one process found in its part of a level.

    before, taken   for each new state, the number of the state before and the place of the action
    states          the new states, in the order of `before`
    generated       successors, by the places of actions
    violated        the number of the state at which something is violated, or None
    stopping        whether the model asked for the end of the search
    """

    before: array[int]
    taken: array[int]
    states: list[State]
    generated: list[int]
    violated: int | None
    stopping: bool


class Encoder:
    """Writes shares for others: of each variable, the values that they do not know yet, and places."""

    def __init__(self, variables: int) -> None:
        self._tables: list[dict[Value, int]] = [{} for _ in range(variables)]

    def encode(self, share: Share) -> bytes:
        columns = [array("I") for _ in self._tables]
        fresh: list[list[Value]] = [[] for _ in self._tables]
        for place, (table, column, new) in enumerate(zip(self._tables, columns, fresh, strict=True)):
            for state in share.states:
                value = state[place]
                known = table.get(value)
                if known is None:
                    known = table[value] = len(table)
                    new.append(value)
                column.append(known)
        rest = (share.before, share.taken, share.generated, share.violated, share.stopping)
        return pickle.dumps((fresh, columns, rest), protocol=pickle.HIGHEST_PROTOCOL)


class Decoder:
    """Reads what one Encoder wrote, in the same order."""

    def __init__(self, variables: int) -> None:
        self._tables: list[list[Value]] = [[] for _ in range(variables)]

    def decode(self, data: bytes) -> Share:
        message = pickle.loads(data)
        if isinstance(message, str):
            raise TlaError(f"a worker process failed: {message}")
        fresh, columns, (before, taken, generated, violated, stopping) = message
        for table, new in zip(self._tables, fresh, strict=True):
            table += new
        values = [map(table.__getitem__, column) for table, column in zip(self._tables, columns, strict=True)]
        return Share(before, taken, list(zip(*values, strict=True)), generated, violated, stopping)


Work = Callable[[int, int], Share]
"""Expands the part of a level that is due to the process at that place, of so many."""

Merge = Callable[[Sequence[Share]], bool]
"""Puts the shares of all processes together; whether there is another level."""


class Team:
    """The processes that help the one that leads, which has place 0."""

    def __init__(
        self, size: int, variables: int, links: list[Connection], helpers: list[ForkProcess]
    ) -> None:
        self.size = size
        self._encoder = Encoder(variables)
        self._decoders = [Decoder(variables) for _ in links]
        self._links = links
        self._helpers = helpers

    def shares(self, own: Share, look: Callable[[], None]) -> list[Share]:
        """The shares of all, the own one first. `look` is called while the others are waited for."""
        received = [self._received(place, look) for place in range(len(self._links))]
        decoded = [decoder.decode(data) for decoder, data in zip(self._decoders, received, strict=True)]
        written = [self._encoder.encode(own), *received]
        for place, link in enumerate(self._links, 1):
            for other, data in enumerate(written):
                if other != place:
                    self._send(link, data)
        return [own, *decoded]

    def _received(self, place: int, look: Callable[[], None]) -> bytes:
        link, helper = self._links[place], self._helpers[place]
        while not wait([link, helper.sentinel], LOOK_EVERY):
            look()
        try:
            if link.poll():
                return link.recv_bytes()
        except (EOFError, OSError):
            pass  # it has ended; how, is said below
        helper.join()
        code = helper.exitcode or 0
        how = f"was ended by signal {-code}" if code < 0 else f"failed with exit status {code}"
        raise TlaError(f"a worker process {how}; the search cannot go on without it")

    def _send(self, link: Connection, data: bytes) -> None:
        try:
            link.send_bytes(data)
        except OSError as error:
            raise TlaError(f"a worker process has ended: {error}") from None


@contextmanager
def team(size: int, variables: int, work: Work, merge: Merge) -> Iterator[Team]:
    """Forks the other processes of a team of that size; at the end, they are ended."""
    if "fork" not in multiprocessing.get_all_start_methods():
        raise TlaError("several workers need a system that can fork processes; expected one worker")
    context = multiprocessing.get_context("fork")
    links: list[Connection] = []
    helpers: list[ForkProcess] = []
    try:
        for place in range(1, size):
            link, far = context.Pipe()
            links.append(link)
            helper = context.Process(
                target=_help, args=(far, list(links), place, size, variables, work, merge), daemon=True
            )
            helper.start()
            helpers.append(helper)
            far.close()
        yield Team(size, variables, links, helpers)
    finally:
        for link in links:
            link.close()
        for helper in helpers:
            helper.kill()
            helper.join()


def _help(
    link: Connection,
    others: list[Connection],
    place: int,
    size: int,
    variables: int,
    work: Work,
    merge: Merge,
) -> None:
    """What another process does: its share of each level, until the one that leads closes the link."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that leads gets it, too
    for other in others:
        other.close()
    encoder, decoders = Encoder(variables), [Decoder(variables) for _ in range(size - 1)]
    with suppress(EOFError, OSError):  # the one that leads has enough
        while True:
            try:
                own = work(place, size)
            except Exception as error:
                link.send_bytes(pickle.dumps(f"{type(error).__name__}: {error}"))
                return
            link.send_bytes(encoder.encode(own))
            received = [link.recv_bytes() for _ in decoders]
            shares = [decoder.decode(data) for decoder, data in zip(decoders, received, strict=True)]
            shares.insert(place, own)
            try:
                if not merge(shares):
                    return
            except Exception:
                return  # the one that leads comes to the same, and says so
