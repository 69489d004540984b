"""Has an Implementation follow a behavior, move by move, up to the first that it does not make.

reproduced  all was done, and what was seen of the servers agrees with the behavior after each move
refused     the implementation would not do it: no such timer, a request turned away, a message never sent
differs     it did it, and something else came of it

An implementation may send more than the behavior does: that is never delivered. What it need not send,
because nothing of the behavior comes of it, is not asked for. And it may be ahead: lead or commit at once,
where in the behavior that comes later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from raftcheck.tla.values import Function, apply, format_value
from raftcheck.traces import encoding
from raftcheck.traces.encoding import STATE_FIELDS
from raftcheck.traces.errors import printable
from raftcheck.traces.events import AppendEntriesRequest, Event, Message, NodeState

from .cluster import Cluster
from .finding import Finding, Misbehaviour
from .moves import NETWORK, Move, moves_of
from .network import Packet
from .node import Implementation
from .schedules import Action, Crash, Deliver, Drop, Duplicate, Request, Restart, Timeout
from .steps import RaftBehavior, Step, ahead
from .watchdog import PATIENCE_SECONDS, watchdog

ELECTION, HEARTBEAT = "election", "heartbeat"
"""Timers of which one knows what they are for."""

MOST_FIRES = 100
"""How often any other timer is fired before nothing is expected of it any more: where ticks are the clock,
elections begin after 10 or 20."""

COMPARED = ("current_term", "role", "voted_for", "log", "commit_index", "votes_granted", "match_index")
"""The fields of a server's state that are compared; where a leader means to go on is its own business."""

MOST_SHOWN = 3
"""Messages in flight that a report shows."""

Word = Literal["reproduced", "refused", "differs"]


@dataclass(frozen=True, slots=True)
class Departure:
    """Where an implementation leaves the behavior: at this step, in this, and what was expected."""

    word: Word
    step: Step
    what: str
    observed: str
    expected: str

    def report(self) -> str:
        lines = (
            f"{self.word} at step {self.step.number}, {self.step}: {self.what}",
            f"  observed  {self.observed}",
            f"  expected  {self.expected}",
        )
        return "\n".join(map(printable, lines))


@dataclass(slots=True)
class Following:
    """How far an implementation followed a behavior, and what was done and seen on the way.

    done      steps of the behavior that are done
    skipped   those of them that need not be: sends, losses and copies of messages of which nothing comes
    compared  how often each field was
    """

    performed: list[Action] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    done: int = 0
    skipped: int = 0
    compared: Counter[str] = field(default_factory=Counter)
    departure: Departure | None = None
    finding: Finding | None = None
    has_views: bool = True

    @property
    def word(self) -> Word:
        return "reproduced" if self.departure is None else self.departure.word


class _Departs(Exception):
    """Carries a departure from where it is found to the end of the run."""

    def __init__(self, departure: Departure) -> None:
        super().__init__(departure.report())
        self.departure = departure


def follow(
    implementation: Implementation, behavior: RaftBehavior, patience_seconds: float = PATIENCE_SECONDS
) -> Following:
    """Does on the implementation what the behavior does."""
    follower = _Follower(Cluster(implementation, behavior.servers, {}), behavior)
    following, cluster = follower.following, follower.cluster
    with watchdog(cluster, patience_seconds):
        try:
            follower.start()
            moves = moves_of(behavior)
            for move in moves:
                follower.make(move)
            follower.compare_all(moves)
        except _Departs as departs:
            following.departure = departs.departure
        except Misbehaviour as misbehaviour:
            found = following.finding = misbehaviour.finding
            what = f"{found.kind} finding, when: {found.action}"
            following.departure = Departure("refused", follower.step, what, found.seen, found.expected)
        try:
            cluster.close()
        except Misbehaviour as misbehaviour:
            following.finding = following.finding or misbehaviour.finding
    following.has_views = cluster.has_views
    return following


class _Follower:
    """A cluster on its way along a behavior."""

    def __init__(self, cluster: Cluster, behavior: RaftBehavior) -> None:
        self.cluster = cluster
        self.network = cluster.network
        self.behavior = behavior
        self.following = Following()
        self.step = Step(1, "Init", ", ".join(behavior.servers))
        """The step that is being done."""

    def start(self) -> None:
        """All servers come up, as the first state has them."""
        self.following.events += self.cluster.start()
        for server in self.behavior.servers:
            step = self.step = Step(1, "Init", server)
            self.compare(server, Move(step, [step]), COMPARED)

    def make(self, move: Move) -> None:
        """Makes a move, and compares what is seen of its server; raises _Departs where that fails."""
        self.step = cause = move.cause or move.steps[0]
        if cause.action in NETWORK:
            self.following.skipped += not self.exchange(cause, move.needed)
        elif cause.action == "UpdateTerm":
            self.take_term(cause)
            self.compare(cause.server, move, ("current_term", "role"))
        else:
            sent = self.do_cause(cause) if move.cause is not None else ()
            self.compare(cause.server, move, COMPARED)
            if cause.answer is not None and sent is not None:
                self.compare_answer(cause.answer, sent)
        self.following.done += len(move.steps)

    # What is done

    def do(self, action: Action) -> tuple[Event, ...] | None:
        """Has the world do something; what is seen of it, None if it cannot be done."""
        try:
            events = self.cluster.step(action)
        except Misbehaviour:
            self.following.performed.append(action)
            raise
        if events is not None:
            self.following.performed.append(action)
            self.following.events += events
        return events

    def do_cause(self, step: Step) -> tuple[Message, ...] | None:
        """Does what the world does; what the server then sent, None if that cannot be seen."""
        server = step.server
        if step.action == "Timeout":
            return self.elect(server)
        if step.action == "ClientRequest":
            assert step.value is not None, step
            events = self.do(Request(server, step.value))
            if not events:
                self.refuse("the request of a client", f"{server} turns it away", f"{step.value} is taken in")
            return events[0].sends
        if step.action == "Restart":
            if self.do(Crash(server)) is None:
                self.refuse("a crash", "its servers are never crashed (caps.durable)", f"{server} restarts")
            self.do(Restart(server))
            return ()
        assert step.message is not None, step
        packet = self.in_flight(step.message)
        if packet is None:
            self.refuse_message(step.message)
        return self.deliver(packet)

    def elect(self, server: str) -> tuple[Message, ...] | None:
        """Has a server start an election: by its timer, or by as many ticks as it takes."""
        if ELECTION in self.cluster.servers[server].timers:
            return self.fire(server, ELECTION)
        term = self.term_of(server)
        for timer in self.ticks(server):
            for _ in range(MOST_FIRES):
                sent = self.fire(server, timer)
                if self.term_of(server) != term:
                    return sent
        offered = ", ".join(self.cluster.servers[server].timers) or "no timer"
        self.refuse("a timer", f"{server} offers {offered}", f"one that has {server} start an election")

    def fire(self, server: str, timer: str) -> tuple[Message, ...] | None:
        events = self.do(Timeout(server, timer))
        return events[0].sends if events else ()

    def ticks(self, server: str) -> list[str]:
        """The timers of a server of which one cannot tell what they are for."""
        return [timer for timer in self.cluster.servers[server].timers if timer not in (ELECTION, HEARTBEAT)]

    def take_term(self, step: Step) -> None:
        """Delivers a message that has the newer term, and leaves another copy of it where that can be."""
        term = self.behavior.seen(step.number, step.server).current_term
        for packet in self.network.flight:
            view = packet.view
            if view is None or view.dest != step.server or view.term != term:
                continue
            if self.behavior.in_flight(step.number, view):
                self.do(Duplicate(packet.source, packet.dest, packet.number))
                self.deliver(packet)
                return
        self.refuse("a message", self.shown_flight(step.server), f"one of term {term} to {step.server}")

    def deliver(self, packet: Packet) -> tuple[Message, ...] | None:
        source, dest = packet.source, packet.dest
        if self.network.in_order:  # what is before it is lost, where the network may lose it
            for other in list(self.network.flight):
                if (other.source, other.dest) == (source, dest) and other.number < packet.number:
                    self.do(Drop(source, dest, other.number))
        events = self.do(Deliver(source, dest, packet.number))
        if not events:
            self.refuse("a message", "it is behind others in a stream", _shown(packet.view))
        return events[0].sends

    def exchange(self, step: Step, needed: int) -> bool:
        """Sends, duplicates or loses a message; False if no more copies of it are needed."""
        message = step.message
        assert message is not None, step
        packet = self.in_flight(message)
        if step.action == "DropMessage":
            if packet is None or self.count(message) <= needed:
                return False
            return self.do(Drop(packet.source, packet.dest, packet.number)) is not None
        wanted = min(self.behavior.in_flight(step.number, message), needed)
        if self.count(message) >= wanted:
            return wanted > 0
        if packet is not None and self.do(Duplicate(packet.source, packet.dest, packet.number)) is not None:
            return True
        if isinstance(message, AppendEntriesRequest) or step.action == "AnswerLater":
            timers = self.cluster.servers[message.source].timers
            fires = [HEARTBEAT] if HEARTBEAT in timers else self.ticks(message.source) * MOST_FIRES
            for timer in fires:
                self.fire(message.source, timer)
                if self.count(message) >= wanted:
                    return True
        self.refuse_message(message)

    def in_flight(self, message: Message) -> Packet | None:
        return next((packet for packet in self.network.flight if packet.view == message), None)

    def count(self, message: Message) -> int:
        """How many copies of a message are in flight."""
        return sum(packet.copies for packet in self.network.flight if packet.view == message)

    # What is seen

    def term_of(self, server: str) -> int | None:
        state = self.cluster.servers[server].state
        return None if state is None else state.current_term

    def compare(self, server: str, move: Move, fields: Sequence[str]) -> None:
        """Holds a server against the state that the behavior has it in after a move."""
        observed = self.cluster.servers[server].state
        assert observed is not None, f"{server} is down"
        number = move.steps[-1].number
        expected = self.behavior.seen(number, server)
        wrong = _differences(observed, expected, fields)
        if wrong and all(
            _differences(observed, other, fields) for other in ahead(self.behavior, number, server)
        ):
            step, name, wanted = self.blamed(move, server, observed, fields) or (
                move.cause,
                wrong[0],
                expected,
            )
            values = (_field(state, name, server) for state in (observed, wanted))
            self.differ(step or move.steps[0], f"{STATE_FIELDS[name]} of {server}", *values)
        self.following.compared.update(name for name in fields if _is_comparable(observed, expected, name))

    def compare_all(self, moves: Sequence[Move]) -> None:
        """Holds all servers against the last state: a step that is none of raft.tla may have changed several.

        But for those that have done more with a newer term than to take it.
        """
        steps = list(self.behavior.steps)
        beyond = {move.cause.server for move in moves if move.cause and move.cause.action == "UpdateTerm"}
        for server in self.behavior.servers:
            if steps and server not in beyond:
                self.compare(server, Move(steps[-1], steps), COMPARED)

    def blamed(
        self, move: Move, server: str, observed: NodeState, fields: Sequence[str]
    ) -> tuple[Step, str, NodeState] | None:
        """The first step of a move of which a server does not show the change, nor any later one of the same.

        With the field, and the state that the step leads to.
        """
        after = [self.behavior.seen(step.number, server) for step in move.steps]
        for place, step in enumerate(move.steps):
            before = self.behavior.seen(max(step.number - 1, 1), server)
            for name in _differences(before, after[place], _differences(observed, after[place], fields)):
                if not any(_agrees(observed, later, name) for later in after[place + 1 :]):
                    return step, name, after[place]
        return None

    def compare_answer(self, answer: Message, sent: Sequence[Message]) -> None:
        """Holds what a server answered against what it answers in the behavior."""
        if answer not in sent:
            to_same = [m for m in sent if type(m) is type(answer) and m.dest == answer.dest]
            if not to_same:
                self.differ(self.step, "answer", ", ".join(map(_shown, sent)) or "none", _shown(answer))
            seen, wanted = encoding.message(to_same[0]), encoding.message(answer)
            assert isinstance(wanted, Function), wanted
            name, expected = next(
                (name, value) for name, value in wanted.items() if apply(seen, name) != value
            )
            observed = format_value(apply(seen, name))
            self.differ(self.step, f"{name} of the answer", observed, format_value(expected))
        self.following.compared["answer"] += 1

    def shown_flight(self, dest: str, source: str | None = None) -> str:
        """What is on its way to a server, the last sent first."""
        packets = [p for p in self.network.flight if p.dest == dest and source in (None, p.source)]
        if any(packet.view is None for packet in packets):
            return "messages that do not say what they mean (Env.send without a view)"
        shown = [_shown(packet.view) for packet in reversed(packets[-MOST_SHOWN:])]
        more = f", and {len(packets) - MOST_SHOWN} more" if len(packets) > MOST_SHOWN else ""
        return f"in flight: {'; '.join(shown)}{more}" if shown else f"nothing in flight to {dest}"

    # The end of it

    def refuse_message(self, message: Message) -> NoReturn:
        self.refuse("a message never sent", self.shown_flight(message.dest, message.source), _shown(message))

    def refuse(self, what: str, observed: str, expected: str) -> NoReturn:
        raise _Departs(Departure("refused", self.step, what, observed, expected))

    def differ(self, step: Step, what: str, observed: str, expected: str) -> NoReturn:
        raise _Departs(Departure("differs", step, what, observed, expected))


def _is_comparable(observed: NodeState, expected: NodeState, name: str) -> bool:
    """Votes mean something on a candidate only, indexes on a leader only; None is not observable."""
    if getattr(observed, name) is None:
        return False
    if name == "votes_granted":
        return expected.role == "Candidate" and observed.role in ("Candidate", None)
    if name == "match_index":
        return expected.role == "Leader" and observed.role in ("Leader", None)
    return True


def _agrees(observed: NodeState, expected: NodeState, name: str) -> bool:
    """Whether a field can be compared, and is the same."""
    return _is_comparable(observed, expected, name) and _plain(observed, name) == _plain(expected, name)


def _differences(observed: NodeState, expected: NodeState, fields: Sequence[str]) -> list[str]:
    """The fields in which a server is not as expected."""
    return [
        name
        for name in fields
        if _is_comparable(observed, expected, name) and _plain(observed, name) != _plain(expected, name)
    ]


def _plain(state: NodeState, name: str) -> object:
    value = getattr(state, name)
    return frozenset(value) if name == "votes_granted" else value


def _field(state: NodeState, name: str, server: str) -> str:
    """A field as raft.tla has it."""
    return format_value(apply(encoding.state(state, server), STATE_FIELDS[name]))


def _shown(message: Message | None) -> str:
    return "a message without a view" if message is None else format_value(encoding.message(message))
