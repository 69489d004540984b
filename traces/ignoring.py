"""The smallest sets of observed fields that, if ignored, make a refused line acceptable.

A field of the state is ignored by not comparing it; one of a message, by putting there what raft.tla allows
instead. What might be allowed is guessed from what is at hand (messages in flight, the server's log, numbers
nearby); whether it is, says the judge, who sees the line so changed in the place of the refused one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from msgspec.structs import replace

from raftcheck.spec.model import actions
from raftcheck.tla.values import Value, apply, format_value, function, items

from .encoding import RECORD_FIELDS, STATE_FIELDS, line, message, message_of
from .events import AppendEntriesRequest, Entry, Event, Message, RequestVoteRequest
from .refusal import Difference, Ignorable
from .validate import Validator
from .wellformed import misfit

MOST_FIELDS = 4
"""How many fields a set has, at most; more only of the state, where nothing must be guessed."""

MOST_JUDGED = 1_000
"""How many sets of a size are tried, at most; fewer where many states of raft.tla explain the trace."""

MOST_SETS = 5
"""Sets of the same size that are kept, the best first."""

WHOLE = 2
"""To ignore a whole message, all that was sent, or the event counts as so many fields."""

NEARBY = 6
"""How far from a number another is looked for; and how many messages, of those that come nearest."""

WHOLE_LINES = ("Receive", "Timeout", "ClientRequest")
"""Events of which a line tells all that came of them."""

FEW = 3
"""Guesses at a part of the line, where it is not the only part that is wrong."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a search came to: the sets, and whether its bound ended it before everything was tried."""

    found: tuple[Ignorable, ...]
    bounded: bool


@dataclass(frozen=True, slots=True)
class _Edit:
    """A change of a line: the names of the fields that it ignores, and what that counts.

    `allowed` says what takes their place, in words; a field of the state has what the judge finds.
    """

    names: tuple[str, ...]
    size: int
    made: Callable[[Event], Event]
    allowed: tuple[str, ...] = ()


def smallest(judge: Validator, event: Event, following: Sequence[Event] = ()) -> Search:
    """The smallest sets of fields to ignore in a line that the judge refuses, best first.

    The best is the one after which most of the `following` lines are accepted: where one field is wrong, the
    other fields and the lines that follow are what really happened.
    """
    parts = list(_parts(judge, event))
    bounded = False
    for size in range(1, max(MOST_FIELDS, len(STATE_FIELDS)) + 1):
        left = max(100, MOST_JUDGED // judge.candidates)
        if size > 2:  # the more fields, the fewer guesses at each
            parts = [part[:FEW] for part in parts]
        if size > MOST_FIELDS:
            parts = [part for part in parts if part and part[0].names[0].startswith("state.")]
        found: dict[tuple[str, ...], tuple[tuple[int, int], Ignorable]] = {}
        for edits in _combinations(parts, size):
            names = tuple(name for edit in edits for name in edit.names)
            if left == 0:
                bounded = True
                break
            if names in found:
                continue
            left -= 1
            changed = event
            for edit in edits:
                changed = edit.made(changed)
            after = judge.instead(changed) if misfit(changed) is None else None
            if after is not None:
                lines = accepted(after, following)
                fields = chain(*(_told(judge, event, edit, after) for edit in edits))
                told = Ignorable(tuple(sorted(fields, key=_in_line)), lines)
                found[names] = ((-lines, size - len(names) + ("sends" in names)), told)
        if found:
            ranked = sorted(found.values(), key=lambda each: each[0])
            return Search(tuple(told for _, told in ranked[:MOST_SETS]), bounded)
    return Search((), bounded)


def _combinations(parts: Sequence[Sequence[_Edit]], size: int) -> Iterator[tuple[_Edit, ...]]:
    """The ways to take at most one edit of each part, which together count `size`: few edits before many."""
    for count in range(1, size + 1):
        yield from _taking(count, parts, size)


def _taking(count: int, parts: Sequence[Sequence[_Edit]], size: int) -> Iterator[tuple[_Edit, ...]]:
    if count == 0:
        if size == 0:
            yield ()
        return
    for place, part in enumerate(parts):
        for edit in part:
            if edit.size <= size:
                for rest in _taking(count - 1, parts[place + 1 :], size - edit.size):
                    yield (edit, *rest)


def accepted(judge: Validator, lines: Iterable[Event]) -> int:
    """How many of the lines the judge accepts, up to the first that is refused."""
    count = 0
    for event in lines:
        after = judge.instead(event)
        if after is None:
            break
        judge, count = after, count + 1
    return count


# --- what can be ignored ------------------------------------------------------------------------------------


def _parts(judge: Validator, event: Event) -> Iterator[list[_Edit]]:
    """For each part of the line, the ways to ignore something of it: what is tried first comes first."""
    known = judge.states()[0]
    if event.sends:
        yield [_Edit(("sends",), WHOLE, partial(_with, "sends", None))]
    yield [
        _Edit(("event",), WHOLE, partial(_with, "event", name), (format_value(name),))
        for name in other_names(event)
    ]
    for field in STATE_FIELDS:
        if event.state is not None and getattr(event.state, field) is not None:
            yield [_Edit((f"state.{field}",), 1, partial(_without, field))]
    if event.message is not None:
        yield list(_edits_of_message(event, known))
    if event.value is not None:
        yield [
            _Edit(("value",), 1, partial(_with, "value", value), (format_value(value),))
            for value in _values_at_hand(event)
        ]
    if event.sends is not None:
        yield from _parts_of_sends(judge, event, known)


def other_names(event: Event) -> list[str]:
    """What a line of the same cause may be: the whole of what came of it, or a single action."""
    if event.event in ("Init", "Crash", "Restart", "DuplicateMessage", "DropMessage"):
        return []
    names = WHOLE_LINES if event.event in actions() else actions()
    return [name for name in names if name != event.event and misfit(replace(event, event=name)) is None]


def _with(field: str, value: object, event: Event) -> Event:
    return replace(event, **{field: value})


def _without(field: str, event: Event) -> Event:
    assert event.state is not None
    return replace(event, state=replace(event.state, **{field: None}))


def _sending(place: int, messages: tuple[Message, ...], event: Event) -> Event:
    if event.sends is None:  # ignored as a whole
        return event
    return replace(event, sends=(*event.sends[:place], *messages, *event.sends[place + 1 :]))


def _edits_of_message(event: Event, known: dict[str, Value]) -> Iterator[_Edit]:
    """Other messages in flight, the nearest first."""
    assert event.message is not None
    flying = [message_of(m) for m, _ in items(known["messages"]) if dict(items(m))["mdest"] == event.server]
    for other in _nearest(event.message, flying):
        yield _in_place_of(event.message, other, "message", partial(_with, "message", other))


def _parts_of_sends(judge: Validator, event: Event, known: dict[str, Value]) -> Iterator[list[_Edit]]:
    """What was sent, the last message first: one that is left out changes the places of those after it."""
    sends = event.sends or ()
    answers = list(_answers(judge, event))
    logs = list(_logs(event, known))
    numbers = _numbers(event, known)
    for place, sent in reversed(list(enumerate(sends))):
        near = sorted(answers, key=partial(_distance, sent))
        others = chain(near, _requests(sent, logs), _with_one_other(sent, numbers, judge.servers))
        edits = [
            _in_place_of(sent, other, f"sends[{place}]", partial(_sending, place, (other,)))
            for other in others
            if type(other) is type(sent) and other != sent
        ]
        gone = _Edit((f"sends[{place}]",), WHOLE, partial(_sending, place, ()), ("nothing",))
        yield sorted([*edits, gone], key=lambda edit: edit.size)
    if not any(type(answer) in map(type, sends) for answer in answers):
        yield [
            _Edit(("sends",), 1, partial(_with, "sends", (answer, *sends)), (_shown(answer),))
            for answer in answers
        ]


def _in_place_of(observed: Message, other: Message, name: str, made: Callable[[Event], Event]) -> _Edit:
    """One message in the place of another: the fields in which they differ are ignored."""
    if type(observed) is not type(other):
        return _Edit((name,), WHOLE, made, (_shown(other),))
    fields = _differing(observed, other)
    return _Edit(
        tuple(f"{name}.{field}" for field in fields),
        len(fields),
        made,
        tuple(_shown_field(other, field) for field in fields),
    )


def _differing(one: Message, other: Message) -> list[str]:
    return [field for field in one.__struct_fields__ if getattr(one, field) != getattr(other, field)]


def _distance(one: Message, other: Message) -> tuple[int, int]:
    """In how many fields they differ, and how far their numbers are apart; what is of another type is far."""
    if type(one) is not type(other):
        return 2 * WHOLE, 0
    pairs = [(getattr(one, field), getattr(other, field)) for field in _differing(one, other)]
    return len(pairs), sum(abs(a - b) for a, b in pairs if isinstance(a, int))


def _nearest(observed: Message, others: Iterable[Message]) -> list[Message]:
    """Of all the messages, those that differ in the fewest fields."""
    return sorted(set(others) - {observed}, key=lambda m: (_distance(observed, m), _shown(m)))[: 2 * NEARBY]


# --- what might be allowed ----------------------------------------------------------------------------------


def _answers(judge: Validator, event: Event) -> list[Message]:
    """The answers that raft.tla allows to what the line handles."""
    for open_line in (replace(event, sends=None), replace(event, sends=None, state=None)):
        after = judge.instead(open_line)
        if after is not None:
            return _new_messages(judge, after)
    return []


def _new_messages(judge: Validator, after: Validator) -> list[Message]:
    """The messages that are in flight after a line and were not before."""
    flying = dict(items(judge.states()[0]["messages"]))
    bags = [items(state["messages"]) for state in after.states()]
    return [message_of(m) for m in dict.fromkeys(m for bag in bags for m, n in bag if n > flying.get(m, 0))]


def _requests(sent: Message, logs: Sequence[tuple[Entry, ...]]) -> Iterator[Message]:
    """Requests like this one that agree with a log."""
    for log in logs:
        match sent:
            case RequestVoteRequest():
                yield replace(sent, last_log_index=len(log), last_log_term=_term_at(log, len(log)))
            case AppendEntriesRequest(prev_log_index=prev, entries=entries):
                for start in _around(min(prev, len(log)), len(log)):
                    for count in sorted({len(entries), len(entries) + 1, max(0, len(entries) - 1), 0}):
                        part = log[start : start + count]
                        term = _term_at(log, start)
                        yield replace(sent, prev_log_index=start, prev_log_term=term, entries=part)


def _with_one_other(sent: Message, numbers: Sequence[int], servers: Sequence[str]) -> Iterator[Message]:
    """The message with one field that has another value."""
    for field in sent.__struct_fields__:
        was = getattr(sent, field)
        for value in _other_values(was, numbers, servers):
            if value != was:
                yield replace(sent, **{field: value})


def _other_values(was: object, numbers: Sequence[int], servers: Sequence[str]) -> Iterable[object]:
    match was:
        case bool():
            return (not was,)
        case int():
            return sorted({*_around(was, was + NEARBY), *numbers}, key=lambda other: abs(other - was))
        case str():
            return servers
    return ()


def _logs(event: Event, known: dict[str, Value]) -> Iterator[tuple[Entry, ...]]:
    """The server's log: as it was seen, as raft.tla has it before the line, and with the value taken in."""
    if event.state is not None and event.state.log is not None:
        yield event.state.log
    before = tuple(Entry(**dict(items(entry))) for entry in apply(known["log"], event.server))
    yield before
    if event.value is not None:
        yield (*before, Entry(apply(known["currentTerm"], event.server), event.value))


def _numbers(event: Event, known: dict[str, Value]) -> list[int]:
    """Terms and indexes that the server knows."""
    term = apply(known["currentTerm"], event.server)
    of_line = [event.message.term] if event.message is not None else []
    length = len(apply(known["log"], event.server))
    return [term, term + 1, *of_line, apply(known["commitIndex"], event.server), length, length + 1]


def _values_at_hand(event: Event) -> list[str]:
    """The values that were last taken into a log, as far as the line shows it."""
    logs = [m.entries for m in event.sends or () if isinstance(m, AppendEntriesRequest)]
    if event.state is not None and event.state.log is not None:
        logs.append(event.state.log)
    shown = [log[-1].value for log in logs if log]
    return [value for value in dict.fromkeys(shown) if value != event.value]


def _around(number: int, highest: int) -> list[int]:
    """The numbers from 0 to `highest` that are near to one, the nearest first."""
    near = range(max(0, number - NEARBY), min(highest, number + NEARBY) + 1)
    return sorted(near, key=lambda other: abs(other - number))


def _term_at(log: tuple[Entry, ...], index: int) -> int:
    return log[index - 1].term if index else 0


# --- words --------------------------------------------------------------------------------------------------


def _told(judge: Validator, event: Event, edit: _Edit, after: Validator) -> Iterator[Difference]:
    """For each field that the edit ignores, what was observed and what is allowed."""
    for place, name in enumerate(edit.names):
        if edit.allowed:
            allowed = edit.allowed[place]
        elif name == "sends":
            allowed = " or ".join(dict.fromkeys(_in_short([m]) for m in _new_messages(judge, after)))
            allowed = allowed or "nothing"
        else:
            allowed = _state_after(after, event.server, name)
        yield Difference(name, _observed(event, name), allowed)


def _in_line(difference: Difference) -> tuple[bool, str]:
    """The order of the fields in a set: the state first."""
    return not difference.name.startswith("state."), difference.name


def _in_short(messages: Iterable[Message]) -> str:
    return ", ".join(f"{type(m).__name__} to {m.dest}" for m in messages) or "nothing"


def _observed(event: Event, name: str) -> str:
    """What a field of the line says, as raft.tla has it."""
    part, _, field = name.partition(".")
    if part == "state":
        state = dict(items(line(event)))["state"]
        return format_value(apply(state, STATE_FIELDS[field]))
    if part == "sends":
        return _in_short(event.sends or ())
    if part in ("value", "event"):
        return format_value(getattr(event, part))
    sends, observed = event.sends or (), event.message
    if part != "message":
        observed = sends[int(part.removeprefix("sends[").removesuffix("]"))]
    assert observed is not None, name
    return _shown_field(observed, field) if field else _shown(observed)


def _state_after(after: Validator, server: str, name: str) -> str:
    """What raft.tla has for a field of the state; where that is open, each of what it may be."""
    variable = STATE_FIELDS[name.removeprefix("state.")]
    values = []
    for state in after.states():
        value = apply(state[variable], server)
        if variable in ("nextIndex", "matchIndex"):
            value = function({peer: index for peer, index in items(value) if peer != server})
        values.append(format_value(value))
    return " or ".join(list(dict.fromkeys(values))[:NEARBY])


def _shown(m: Message) -> str:
    return format_value(message(m))


def _shown_field(m: Message, field: str) -> str:
    return format_value(apply(message(m), RECORD_FIELDS[field]))
