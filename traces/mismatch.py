"""What kind of mistake a refused line is: a field, a message, the order of lines, or their grain.

Each kind is a supposition under which the line is accepted. Of several, the one is told after which most of
the lines that follow are accepted as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from msgspec.structs import replace

from raftcheck.tla.values import items

from .encoding import message, message_of
from .events import Event
from .ignoring import WHOLE_LINES, Search, accepted, other_names
from .refusal import Mismatch
from .validate import Validator

MOST_MESSAGES = 20
"""Messages in flight that a server is supposed to have handled as well, at most."""


@dataclass(frozen=True, slots=True)
class _Supposition:
    """What would make the line acceptable, and how many of the lines that follow would be too."""

    mismatch: Mismatch
    lines: int
    likely: bool = True


def mismatch_of(
    judge: Validator, event: Event, line: int, following: Sequence[Event] | None, search: Search
) -> Mismatch:
    """The kind of mistake that a refused line is; `search` has found what of it can be ignored.

    Of equals it is one that leaves all fields as they were observed; but the fields where nothing that
    follows speaks for another, or what is supposed besides (a timer, a restart) left no trace. It is the
    fields, too, where the lines are known to be whole and in order, and there is nothing `following`.
    """
    fields = _of_fields(judge, event, search)
    if following is None:
        return fields.mismatch
    others = [*_orders(judge, event, line, following), *_grains(judge, event, following)]
    likely = [each for each in others if each.likely and (each.lines > 0 or fields.lines < 0)]
    return max((*likely, fields, *others), key=lambda each: each.lines).mismatch


# --- fields -------------------------------------------------------------------------------------------------


def _of_fields(judge: Validator, event: Event, search: Search) -> _Supposition:
    if search.found:
        best = search.found[0]
        names = [difference.name for difference in best.fields]
        if names == ["message"]:
            return _Supposition(_ANOTHER if _is_flying(judge, event) else _NEVER_SENT, best.lines)
        return _Supposition(_kind_of(names, event), best.lines)
    if event.message is not None and not _is_flying(judge, event):
        return _Supposition(_NEVER_SENT, -1)
    return _Supposition(Mismatch("action", "the action is not possible in this state"), -1)


_NEVER_SENT = Mismatch("message extra", "the message is not in flight: nobody sent it, or it is here already")

_ANOTHER = Mismatch("message content", "the line shows what comes of another message that is in flight")


def _kind_of(names: Sequence[str], event: Event) -> Mismatch:
    if names == ["event"]:
        return Mismatch("grain", "the line is acceptable under the name of another event")
    if names == ["sends"] and not event.sends:
        return Mismatch("message missing", "raft.tla sends an answer that is not among the sends")
    if all(name.startswith("sends[") and "." not in name for name in names):
        return Mismatch("message extra", "raft.tla sends less")
    if any(name.startswith(("state.", "value")) for name in names):
        return Mismatch("state", "the server is not what the steps of raft.tla lead to")
    return Mismatch("message content", "a message says something else than raft.tla has in it")


def _is_flying(judge: Validator, event: Event) -> bool:
    assert event.message is not None
    sought = message(event.message)
    return any(sought == m for state in judge.states() for m, _ in items(state["messages"]))


# --- order --------------------------------------------------------------------------------------------------


def _orders(judge: Validator, event: Event, line: int, following: Sequence[Event]) -> Iterator[_Supposition]:
    """The line comes a little later or earlier; of its own server's lines it may have passed but one."""
    later = judge
    for place, other in enumerate(following, 1):
        passing = later.instead(other)
        if passing is None or (other.server == event.server and place > 1):
            break
        later = passing
        after = later.instead(event)
        if after is not None:
            lines = place + accepted(after, following[place:])
            yield _Supposition(_moved("after", line + place), lines)
            break
        if other.server == event.server:
            break
    passed: list[Event] = []
    for place, (other, before) in enumerate(judge.earlier(), 1):
        passed.insert(0, other)
        after = before.instead(event)
        if after is not None and accepted(after, passed) == place:
            lines = accepted(after, [*passed, *following]) - place
            yield _Supposition(_moved("before", line - place), lines)
            break
        if other.server == event.server:
            break


def _moved(where: str, near: int) -> Mismatch:
    return Mismatch("order", f"the line is acceptable {where} line {near}", near)


# --- grain --------------------------------------------------------------------------------------------------


def _grains(judge: Validator, event: Event, following: Sequence[Event]) -> Iterator[_Supposition]:
    """The line is more than one step, or less than the whole of one."""
    for name in other_names(event):
        after = judge.instead(replace(event, event=name))
        if after is not None:
            told = Mismatch("grain", f"the line is acceptable as a line of {name}")
            yield _Supposition(told, accepted(after, following), likely=name in WHOLE_LINES)
    for first, second in _splits(judge, event):
        between = judge.instead(first)
        after = between.instead(second) if between is not None else None
        if after is not None:
            extra = second if first.event == event.event and first.message == event.message else first
            what = f"{type(extra.message).__name__} from {extra.message.source}" if extra.message else ""
            place = "before it" if extra is first else "after it"
            words = f"the line is acceptable as two, with a {extra.event} {what}".rstrip()
            told = Mismatch("grain", f"{words} {place}")
            yield _Supposition(told, accepted(after, following), likely=extra.message is not None)


def _splits(judge: Validator, event: Event) -> Iterator[tuple[Event, Event]]:
    """Two lines that together show what this one shows, the other of a message in flight or of a timer."""
    if event.event in ("Init", "Crash"):
        return
    known = judge.states()[0]["messages"]
    flying = [m for m, _ in items(known) if dict(items(m))["mdest"] == event.server]
    others = [Event(event=name, server=event.server) for name in ("Timeout", "Restart")]
    others += [
        Event(event="Receive", server=event.server, message=message_of(m))
        for m in islice(flying, MOST_MESSAGES)
    ]
    sends = event.sends
    for other in others:
        for place in range(1 if sends is None else len(sends) + 1):
            first, second = (None, None) if sends is None else (sends[:place], sends[place:])
            yield replace(other, sends=first), replace(event, sends=second)
            yield replace(event, sends=first, state=None), replace(other, sends=second, state=event.state)
