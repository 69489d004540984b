"""Coarse lines told finer: one line for each action of raft.tla that explains a coarse one.

What explains a line is found by the judge. Where it finds several explanations, which happens after a crash,
lines are held back until one is left. A line leaves out what its action did not change, so that a long log is
not repeated in all of them; but the role and the commit index, which the next action may change unseen, stand
in each, and the term and the vote in each restart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain

from msgspec.structs import replace

from raftcheck.spec.model import Liberty, liberty_actions
from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.tla.model import Model, State
from raftcheck.tla.values import Value, apply, items

from .decoding import message_of, state_of
from .encoding import RECENT, STATE_FIELDS
from .events import NOBODY, Event, Message
from .validate import Step, Validator
from .wellformed import TAKES

ALWAYS = ("role", "commit_index")

RESTARTED = (*ALWAYS, "current_term", "voted_for")
"""What a restart shows: a crash may leave a term or a vote of which no line tells."""

Held = tuple["Held", Sequence[Event]] | None
"""Lines that are held back, the last first: an explanation's, after those that it shares with others."""

_message = lru_cache(RECENT)(message_of)


class Finer:
    """Takes the events of a cluster, one by one, and passes finer lines on. finish() comes after the last.

    A line that raft.tla refuses is passed on as it is, and so are all after it.
    """

    def __init__(self, write: Callable[[Event], object], liberties: Collection[Liberty] = ()) -> None:
        self._liberties = liberties
        self._write = write
        self._opening: list[Event] = []
        self._judge: Validator | None = None
        self._held: dict[State, Held] = {}

    def __call__(self, event: Event) -> None:
        if self._judge is None and event.event == "Init":
            self._opening.append(event)
        elif self._judge is None:
            servers = [first.server for first in self._opening]
            self._judge = Validator(servers, liberties=self._liberties)
            for first in self._opening:
                self._explain(first, self._judge)
            self._explain(event, self._judge)
        else:
            self._explain(event, self._judge)

    def finish(self) -> None:
        """Passes on what is still held back, as the explanation has it that claims least."""
        held = next(iter(self._held.values()), None)
        self._held.clear()
        found = []
        while held is not None:
            held, explained = held
            found.append(explained)
        for line in chain.from_iterable(reversed(found)):
            self._write(line)

    def _explain(self, event: Event, judge: Validator) -> None:
        if judge.refusal is not None or judge.observe(event) is not None:
            self.finish()
            self._write(event)
            return
        self._held = {
            found.end: (self._held.get(found.origin), lines(event, found.steps, judge.model))
            for found in judge.explanations()
        }
        if len(self._held) == 1:
            self.finish()


@cache
def _actions() -> frozenset[str]:
    return frozenset((*actions_of_raft(), *liberty_actions()))


def lines(event: Event, steps: Sequence[Step], model: Model) -> list[Event]:
    """A line for each action among the steps that explain an event, and one for what is no action.

    A crash between writing a new term and writing the vote stays as it is: no finer line says that.
    """
    if event.event == "Init":
        return [event]
    found = []
    for step in steps:
        before, after = model.named(step.before), model.named(step.after)
        action = next((name for name in step.trail if name in _actions()), None)
        if action == "Timeout" and apply(after["votedFor"], event.server) == NOBODY:
            return [event]
        if action is not None:
            found.append(_line(action, event, before, after))
        elif event.event == "Timeout" and "TraceIdle" in step.trail:
            # A timer that starts nothing, or heartbeats, which follow.
            found.append(replace(event, sends=(), state=state_of(after, event.server, ALWAYS)))
    if event.event == "Crash":
        found.append(Event(event="Crash", server=event.server, sends=()))
    return found


def _line(action: str, event: Event, before: Mapping[str, Value], after: Mapping[str, Value]) -> Event:
    gone, sent = _difference(before["messages"], after["messages"])
    if action in ("DropMessage", "DuplicateMessage"):
        (message,) = gone or sent
        return Event(event=action, server=message.dest, message=message)
    server = event.server
    # How much a server stored before it crashed is its own choice: there, all of its state is needed.
    shown = RESTARTED if action == "Restart" else ALWAYS
    fields = STATE_FIELDS if event.event == "Crash" else _changed(server, before, after, shown)
    takes = TAKES.get(action, ())
    value = event.value
    if action == "ClientRequest" and value is None:  # it came from another server
        value = str(apply(apply(after["log"], server)[-1], "value"))
    return Event(
        event=action,
        server=server,
        timer=event.timer if "timer" in takes else None,
        message=event.message if "message" in takes else None,
        value=value if "value" in takes else None,
        sends=tuple(sent),
        state=state_of(after, server, fields),
    )


def _changed(
    server: str, before: Mapping[str, Value], after: Mapping[str, Value], always: Sequence[str]
) -> Iterator[str]:
    for field, variable in STATE_FIELDS.items():
        old, new = before[variable], after[variable]
        if field in always or (old is not new and apply(old, server) != apply(new, server)):
            yield field


def _difference(before: Value, after: Value) -> tuple[list[Message], list[Message]]:
    """The messages of which the network has fewer, and those of which it has more."""
    if before is after:
        return [], []
    old, new = dict(items(before)), dict(items(after))
    gone = [_message(message) for message, copies in old.items() if new.get(message, 0) < copies]
    sent = [_message(message) for message, copies in new.items() if old.get(message, 0) < copies]
    return gone, sent
