"""A judged trace as a sequence diagram for Mermaid, which many pages and editors draw.

It has no slanted arrows: a message stands where it was received or lost, with the line that sent it.
"""

from __future__ import annotations

from collections.abc import Iterator

from raftcheck.tla.page import visible

from .timeline import Flight, Moment, Timeline
from .words import changes, of_message, of_moment, reason

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,.:/()'=-")


def mermaid(timeline: Timeline) -> str:
    """The text of the diagram."""
    return "\n".join(["sequenceDiagram", *(f"    {line}" for line in _lines(timeline))]) + "\n"


def _lines(timeline: Timeline) -> Iterator[str]:
    name = {server: f"s{place}" for place, server in enumerate(timeline.servers, 1)}
    for server, short in name.items():
        yield f"participant {short} as {_escaped(server)}"
    flights = timeline.flights()
    ended = {flight.ended: flight for flight in flights}
    for place, moment in enumerate(timeline.moments):
        if place in ended:
            yield _arrow(ended[place], name, timeline)
        yield from _notes(moment, name[moment.event.server])
    for flight in flights:
        if flight.ended is None:
            yield _arrow(flight, name, timeline)


def _arrow(flight: Flight, name: dict[str, str], timeline: Timeline) -> str:
    """A message is solid with a head; lost, with a cross; not received, open."""
    sign = {"received": "->>", "lost": "-x", "in flight": "-)"}[flight.fate]
    sent = "" if flight.sent is None else f", sent in line {timeline.moments[flight.sent].number}"
    message = flight.message
    return f"{name[message.source]}{sign}{name[message.dest]}: {_escaped(of_message(message) + sent)}"


def _notes(moment: Moment, short: str) -> Iterator[str]:
    """What is not a message: elections, commits, crashes, the refused line."""
    said = f": {of_moment(moment)}"
    if moment.event.event in ("Receive", "DropMessage"):
        said = "".join(f": {change}" for change in changes(moment))
    if moment.refusal is not None:
        said = f" refused: {reason(moment.refusal)}"
    if said:
        yield f"Note over {short}: {_escaped(f'line {moment.number}{said}')}"


def _escaped(text: str) -> str:
    """All but plain letters as numbers, so that nothing of a trace is read as a part of the diagram."""
    return "".join(c if c in PLAIN else f"#{ord(c)};" for c in visible(text))
