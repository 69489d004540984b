"""What makes the lines of a trace fit to be judged: each has what its event needs, and its servers exist.

Types are the business of events.py, and what Raft allows is the judge's. Here are only the rules between
the fields of a line, and between a line and the first lines: Init for each server, before anything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain

from raftcheck.spec.model import actions, liberty_actions
from raftcheck.tla.errors import did_you_mean

from .errors import TraceError, plain
from .events import NOBODY, WORLD_EVENTS, Event, NodeState

Line = tuple[str, Event]
"""Where it stands (`trace.ndjson:7`), and what it says."""

MOST_SERVERS = 99
"""Far more than anybody's Raft has: a bound on what must be read before the first line can be judged."""

CAUSES = ("message", "timer", "value")
"""The fields that say what an event is about."""

TAKES: Mapping[str, tuple[str, ...]] = {
    "Timeout": ("timer",),
    "ClientRequest": ("value",),
    "Crash": CAUSES,
    **dict.fromkeys(("Receive", "DuplicateMessage", "DropMessage"), ("message",)),
    **dict.fromkeys(("UpdateTerm", "DropStaleResponse"), ("message",)),
    **dict.fromkeys(("HandleRequestVoteRequest", "HandleRequestVoteResponse"), ("message",)),
    **dict.fromkeys(("HandleAppendEntriesRequest", "HandleAppendEntriesResponse"), ("message",)),
    **dict.fromkeys(("IgnoreStaleRequest", "IgnoreVoteRequest", "IgnoreAppendEntries"), ("message",)),
    **dict.fromkeys(("IgnoreResponse", "RefuseVoteRequest", "HearOther"), ("message",)),
}
"""Which of the CAUSES a line of an event may have; none where it is not listed."""

NEEDS: Mapping[str, str] = {
    "DuplicateMessage": "message",
    "DropMessage": "message",
    "ClientRequest": "value",
    "RequestVote": "sends",
    "AppendEntries": "sends",
    "HearOther": "message",
    "AnswerLater": "sends",
}
"""What a line of an event must have. A finer line may leave its message out: any that fits will do."""


@cache
def event_names() -> tuple[str, ...]:
    """All that can stand under `event`: what the world does, and finer, the actions of raft.tla."""
    return tuple(dict.fromkeys((*WORLD_EVENTS, *actions(), *liberty_actions())))


def well_formed(lines: Iterator[Line]) -> Iterator[Line]:
    """The lines of a trace, one by one; TraceError at the first that cannot be judged."""
    opening, following = opened(lines)
    yield from known(chain(opening.values(), following), opening)


def opened(lines: Iterator[Line]) -> tuple[dict[str, Line], Iterator[Line]]:
    """The Init lines at the beginning, by server, and the lines after them; each has what its event needs."""
    lines = _fitting(lines)
    opening: dict[str, Line] = {}
    for place, event in lines:
        if event.event != "Init":
            if not opening:
                raise TraceError(f"{place}: no Init before this {event.event}; expected one for each server")
            return opening, _following(chain([(place, event)], lines))
        if event.server in opening:
            first = opening[event.server][0]
            raise TraceError(f"{place}: a second Init of `{plain(event.server)}`; expected only {first}")
        if len(opening) == MOST_SERVERS:
            raise TraceError(f"{place}: one Init more; expected at most {MOST_SERVERS} servers")
        opening[event.server] = (place, event)
    return opening, lines


def _following(lines: Iterator[Line]) -> Iterator[Line]:
    for place, event in lines:
        if event.event == "Init":
            raise TraceError(f"{place}: an Init after other events; expected all Inits at the beginning")
        yield place, event


def known(lines: Iterable[Line], servers: Collection[str]) -> Iterator[Line]:
    """The lines, none of which names a server that is not one of these, which have an Init."""
    for place, event in lines:
        stranger = _stranger(event, servers)
        if stranger is not None:
            raise TraceError(f"{place}: {stranger}")
        yield place, event


def _fitting(lines: Iterator[Line]) -> Iterator[Line]:
    for place, event in lines:
        problem = misfit(event)
        if problem is not None:
            raise TraceError(f"{place}: {problem}")
        yield place, event


def misfit(event: Event) -> str | None:
    """What an event has that it may not have, or lacks."""
    kind = event.event
    if kind not in event_names():
        hint = did_you_mean(kind, event_names()) or f"; expected one of {', '.join(event_names())}"
        return f"no event `{plain(kind)}`{hint}"
    given = [name for name in CAUSES if getattr(event, name) is not None]
    for name in given:
        if name not in TAKES.get(kind, ()):
            takers = ", ".join(other for other, names in TAKES.items() if name in names)
            return f"`{kind}` has a {name}; expected one only of {takers}"
    if len(given) > 1:
        return f"`{kind}` has a {' and a '.join(given)}; expected the one that was being handled"
    if kind == "Crash" and event.state is not None:
        return "`Crash` has a state; expected none, since what a crash leaves is seen at the Restart"
    needed = NEEDS.get(kind)
    if needed is not None and getattr(event, needed) in (None, ()):
        return f"`{kind}` has no {needed}; expected what was " + ("sent" if needed == "sends" else "handled")
    if event.message is not None and event.message.dest != event.server:
        seen = f"message.dest is `{plain(event.message.dest)}`"
        return f"{seen}, but the line is of `{plain(event.server)}`; expected the same server"
    if isinstance(event.clock, dict) and event.server not in event.clock:
        return f"clock does not name `{plain(event.server)}` itself; expected what it has counted so far"
    if event.server == NOBODY:
        return "server is empty; expected a name (the empty text stands for nobody)"
    return None


def _stranger(event: Event, servers: Collection[str]) -> str | None:
    """A name in an event that is not the name of a server."""
    for field, name in _names_in(event):
        if name not in servers:
            choices = tuple(map(plain, servers))
            hint = did_you_mean(plain(name), choices) or f"; expected one of {', '.join(choices)}"
            return f"{field}: no server `{plain(name)}` has an Init line{hint}"
    return None


def _names_in(event: Event) -> Iterator[tuple[str, str]]:
    """Where an event names a server, and the name."""
    yield "server", event.server
    if event.message is not None:
        yield "message.source", event.message.source
    for place, message in enumerate(event.sends or ()):
        yield f"sends[{place}].source", message.source
        yield f"sends[{place}].dest", message.dest
    if isinstance(event.clock, dict):
        yield from (("clock", name) for name in event.clock)
    if event.state is not None:
        yield from _names_in_state(event.state)


def _names_in_state(state: NodeState) -> Iterator[tuple[str, str]]:
    if state.voted_for:
        yield "state.voted_for", state.voted_for
    for field in ("votes_granted", "next_index", "match_index"):
        for name in getattr(state, field) or ():
            yield f"state.{field}", name
