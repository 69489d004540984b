"""A judged trace as a log for ShiViz: what happened at each server, with vector clocks.

The first line is the expression by which ShiViz is to read the rest; the second, empty, says that it is one
run. Two lines an event: what happened, and the server with its clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from raftcheck.tla.page import visible

from .timeline import Timeline
from .words import of_moment

EXPRESSION = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})"

Clock = dict[str, int]


def shiviz(timeline: Timeline) -> str:
    """The text of the log. A message that was not seen to be sent is no cause of anything."""
    return "\n".join([EXPRESSION, "", *_events(timeline)]) + "\n"


def _events(timeline: Timeline) -> Iterator[str]:
    received = {f.ended: f.sent for f in timeline.flights() if f.fate == "received" and f.sent is not None}
    clocks: dict[str, Clock] = {server: {} for server in timeline.servers}
    at: list[Clock] = []
    for place, moment in enumerate(timeline.moments):
        server = moment.event.server
        clock = clocks[server]
        if moment.event.event not in ("DropMessage", "DuplicateMessage"):  # the network's, and nobody's event
            if place in received:
                for other, time in at[received[place]].items():
                    clock[other] = max(clock.get(other, 0), time)
            clock[server] = clock.get(server, 0) + 1
            said = of_moment(moment)
            refused = "refused: " if moment.refusal else ""
            yield visible(f"{moment.number}: {refused}{said}").replace("\n", " ")
            yield f"{_host(server)} {json.dumps({_host(name): time for name, time in clock.items()})}"
        at.append(dict(clock))


def _host(server: str) -> str:
    """A name without spaces, different for different servers."""
    return re.sub(r"[^\w.:-]", lambda found: f"%{ord(found[0]):x}", server)
