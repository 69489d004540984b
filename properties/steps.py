"""A behavior as Steps: which action of raft.tla each of its steps is, with its arguments, or is most like.

A step is known by its two states; what a model checker calls it is only a hint. So the behavior may be one
of raft.tla, of a module that bounds it (further variables are passed over), or of a variant of it that allows
what raft.tla does not. A step is lawful if raft.tla allows it, with the liberties that are declared: that is
asked of Traceraft, with all that there is to be seen. One that is not is taken for what it would be with a
liberty that is not declared, or else for the action that its changes look like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from raftcheck.spec.model import LIBERTIES, WITHIN, Liberty, liberty_actions, raft_model, trace_model
from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.tla.behaviors import Behavior
from raftcheck.tla.errors import TlaError
from raftcheck.tla.model import Model
from raftcheck.tla.values import Function, ModelValue, Value, apply, format_value, function
from raftcheck.traces.decoding import message_of, state_of
from raftcheck.traces.encoding import STATE_FIELDS, line
from raftcheck.traces.encoding import message as encoded
from raftcheck.traces.events import (
    NOBODY,
    AppendEntriesRequest,
    AppendEntriesResponse,
    Event,
    Message,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)

from .schedules import MOST_SERVERS

HISTORY: Mapping[str, Value] = {"elections": frozenset(), "committed": ()}
"""Variables that no server reads, and what stands for them where a behavior goes without."""

HANDLERS: Mapping[type[Message], str] = {
    RequestVoteRequest: "HandleRequestVoteRequest",
    RequestVoteResponse: "HandleRequestVoteResponse",
    AppendEntriesRequest: "HandleAppendEntriesRequest",
    AppendEntriesResponse: "HandleAppendEntriesResponse",
}
SENDS: Mapping[type[Message], str] = {
    RequestVoteRequest: "RequestVote",
    AppendEntriesRequest: "AppendEntries",
}

NO_LIBERTY: frozenset[Liberty] = frozenset()

State = Mapping[str, Value]
"""A state by the names of raft.tla's variables. Servers and whatever clients bring are strings in it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a behavior as an action of raft.tla.

    number   of the state that it leads to, counted from 1, as TLC does
    server   whose step it is; for DuplicateMessage and DropMessage, that of the message's destination
    message  what it handles, sends, duplicates or loses
    answer   what it sends in return
    value    what a client brings
    lawful   whether raft.tla allows this step
    missing  the liberty with which it would, of those that are not declared, if there is one
    """

    number: int
    action: str
    server: str
    message: Message | None = None
    answer: Message | None = None
    value: str | None = None
    lawful: bool = True
    missing: Liberty | None = None

    def __str__(self) -> str:
        match self.action:
            case "DuplicateMessage" | "DropMessage":
                return f"{self.action} of {_from(self.message)}"
            case "RequestVote" | "AppendEntries" | "AnswerLater" if self.message is not None:
                return f"{self.action}({self.server}, {self.message.dest})"
        of = f" of {_from(self.message)}" if self.message is not None else ""
        return f"{self.action}({self.server}){of}"


def _from(message: Message | None) -> str:
    assert message is not None
    return f"{type(message).__name__} from {message.source} to {message.dest}"


@dataclass(frozen=True, slots=True)
class RaftBehavior:
    """A behavior read as one of raft.tla: its servers, its states, and its steps, but for those that change
    nothing of raft.tla's."""

    servers: tuple[str, ...]
    states: tuple[State, ...]
    steps: tuple[Step, ...]
    loops: bool = False

    @property
    def unlawful(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if not step.lawful)

    def seen(self, number: int, server: str) -> NodeState:
        """What a state has of a server."""
        return state_of(self.states[number - 1], server)

    def in_flight(self, number: int, message: Message) -> int:
        """How many copies of a message the network has in a state."""
        return copies(self.states[number - 1]).get(encoded(message), 0)


def copies(state: State) -> dict[Value, int]:
    """The messages in flight, each with the number of its copies."""
    bag = state["messages"]
    return dict(bag.items()) if isinstance(bag, Function) else {}  # <<>> is the empty one


def as_raft(behavior: Behavior, name: str, liberties: frozenset[Liberty] = NO_LIBERTY) -> RaftBehavior:
    """The steps of a behavior; TlaError, with its name, where it is none of a Raft as raft.tla's.

    `liberties`: what its servers may do beyond Figure 2.
    """
    try:
        places = _places(behavior)
        known: dict[Value, Value] = {}
        states = tuple(
            _state({variable: state[place] for variable, place in places.items()}, known)
            for state in behavior.states
        )
        servers = _servers(states[0])
        for state in states:
            _check(state, servers)
        for server in servers:
            state_of(states[0], server)
        states = tuple(_with_nobody(state, servers) for state in states)
        steps = []
        for number, (before, after) in enumerate(pairwise(states), 2):
            label = behavior.labels[number - 1]
            step = _step(number, before, after, servers, label, liberties)
            if step is not None:
                steps.append(step)
    except TlaError as error:
        raise TlaError(f"{name}: {error}") from None
    except RecursionError:
        raise TlaError(f"{name}: nested too deeply; expected a behavior of raft.tla") from None
    return RaftBehavior(servers, states, tuple(steps), behavior.loop is not None)


# --- states ------------------------------------------------------------------------------------------------


def _places(behavior: Behavior) -> dict[str, int]:
    """Where the variables of raft.tla are; other tools put the names of modules before them."""
    variables = raft_model(("n1",)).variables
    plain = [name.replace("::", "!").rpartition("!")[2] for name in behavior.variables]
    missing = [name for name in variables if name not in plain and name not in HISTORY]
    if missing:
        seen = ", ".join(behavior.variables[:12])
        raise TlaError(f"no variable {', '.join(missing)}; expected those of raft.tla, saw {seen}")
    return {name: plain.index(name) for name in variables if name in plain}


def _state(state: State, known: dict[Value, Value]) -> State:
    plain = {name: _plain(value, known) for name, value in state.items()}
    messages, votes = plain["messages"], plain["votesGranted"]
    if isinstance(messages, frozenset):
        plain["messages"] = function(dict.fromkeys(messages, 1))
    # TLC's JSON has lists for sets.
    if isinstance(plain.get("elections"), tuple):
        plain["elections"] = frozenset(plain["elections"])
    if isinstance(votes, Function):
        plain["votesGranted"] = function(
            {
                server: frozenset(given) if isinstance(given, tuple) else given
                for server, given in votes.items()
            }
        )
    return plain


def _plain(value: Value, known: dict[Value, Value]) -> Value:
    """The value with strings in the place of model values, and of what clients bring."""
    found = known.get(value)
    if found is None:
        found = known[value] = _made_plain(value, known)
    return found


def _made_plain(value: Value, known: dict[Value, Value]) -> Value:
    match value:
        case ModelValue():
            return value.name
        case tuple():
            return tuple(_plain(item, known) for item in value)
        case frozenset():
            return frozenset(_plain(item, known) for item in value)
        case Function():
            parts = {_plain(name, known): _plain(part, known) for name, part in value.items()}
            if "term" in parts and not isinstance(parts.get("value", ""), str):
                parts["value"] = format_value(parts["value"])
            return function(parts)
    return value


def _servers(state: State) -> tuple[str, ...]:
    terms = state["currentTerm"]
    names = list(terms.domain.keys) if isinstance(terms, Function) else []
    if not 1 <= len(names) <= MOST_SERVERS or not all(map(_is_name, names)):
        seen = format_value(terms)[:60]
        raise TlaError(f"currentTerm = {seen}; expected terms of 1 to {MOST_SERVERS} servers with names")
    return tuple(sorted(map(str, names)))


def _is_name(value: Value) -> bool:
    return isinstance(value, str) and value.isprintable() and value != NOBODY


def _check(state: State, servers: tuple[str, ...]) -> None:
    """TlaError where a variable has not the shape of raft.tla's; what is in it, _step looks at."""
    for name in ("currentTerm", *STATE_FIELDS.values()):
        value = state[name]
        if not isinstance(value, Function) or value.domain.set != frozenset(servers):
            listed = ", ".join(servers)
            raise TlaError(f"{name} = {format_value(value)[:60]}; expected a value for each of {listed}")
    bag = state["messages"]
    counts = bag.values if isinstance(bag, Function) else bag
    if not isinstance(counts, tuple) or not all(type(count) is int and count > 0 for count in counts):
        raise TlaError(f"messages = {format_value(bag)[:60]}; expected a bag, or a set")


def _with_nobody(state: State, servers: tuple[str, ...]) -> State:
    """Whatever it is called that stands for no vote."""
    votes = state["votedFor"]
    assert isinstance(votes, Function)
    named = {server: vote if vote in servers else NOBODY for server, vote in votes.items()}
    return {**state, "votedFor": function(named)}


# --- steps -------------------------------------------------------------------------------------------------


def _step(
    number: int,
    before: State,
    after: State,
    servers: tuple[str, ...],
    label: str,
    liberties: frozenset[Liberty],
) -> Step | None:
    """What the step is; None if it changes nothing of raft.tla's, and is not said to be a crash that costs
    nothing: to code it may cost something."""
    hint = _named_in(label)
    candidates = list(_candidates(number, before, after, servers))
    if not candidates:
        named = [server for server in servers if hint == "Restart" and _told(server, label)]
        return Step(number, "Restart", named[0]) if named else None
    beyond = list(_beyond(number, before, after, servers))
    for each in (candidates, beyond):
        each.sort(key=lambda step: (step.action != hint, not _told(step.server, label)))
    hinted = [step for step in beyond if step.action == hint]
    for step in (*hinted, *candidates, *beyond):
        if _allowed(step, before, after, servers, liberties):
            return step
    for step in (*candidates, *beyond):
        missing = _missing(step, before, after, servers, liberties)
        if missing is not None:
            return replace(step, lawful=False, missing=missing)
    # The order of the candidates is that of how much they look like it, but for the hint.
    return replace(candidates[0], lawful=False)


def _missing(
    step: Step, before: State, after: State, servers: tuple[str, ...], liberties: frozenset[Liberty]
) -> Liberty | None:
    """A liberty with which this step would be lawful."""
    if step.action == "HandleAppendEntriesRequest":
        may = [liberty for allowing in WITHIN.values() for liberty in allowing]
    else:
        may = [liberty for liberty in LIBERTIES if liberty == step.action]
    for liberty in may:
        if liberty not in liberties and _allowed(step, before, after, servers, liberties | {liberty}):
            return liberty
    return None


def _named_in(label: str) -> str:
    """The action of raft.tla that a label tells of, also where it is `MCTimeout` or `TimeoutOfLeader`."""
    name = label.partition("(")[0]
    known = (*actions_of_raft(), *liberty_actions())
    return max((action for action in known if action in name), key=len, default="")


def _told(server: str, label: str) -> bool:
    """Whether a server is the first argument of a label."""
    first = label.partition("(")[2].rstrip(")").partition(",")[0]
    return first.strip().strip('"') == server


def _candidates(number: int, before: State, after: State, servers: tuple[str, ...]) -> Iterator[Step]:
    """All that the step can be by what it does to the network, the likeliest first."""
    gone, come = _exchanged(before, after)
    changed = _changed(before, after, servers)
    if gone:
        message = gone[0]
        is_request = isinstance(message, tuple(SENDS))
        answer = next((m for m in come if is_request and m.dest == message.source), None)
        handled = Step(number, HANDLERS[type(message)], message.dest, message, answer)
        dropped = Step(number, "DropMessage", message.dest, message)
        if is_request:
            yield from (handled, dropped) if come or changed else (dropped, handled)
        else:
            stale = Step(number, "DropStaleResponse", message.dest, message)
            terms = before["currentTerm"]
            is_stale = not changed and apply(terms, message.dest) != message.term
            yield from (stale, handled, dropped) if is_stale else (handled, stale, dropped)
        return
    sends = [step for message in come[:1] for step in _sends(number, before, message)]
    own = [step for server in changed for step in _own(number, before, after, server)]
    # To send may move the sender's nextIndex. What moves more is of a coarser grain than raft.tla, and
    # code will send with it what there is to send.
    moves = any(before[name] != after[name] for name in before if name not in ("messages", "nextIndex"))
    yield from (*own, *sends) if moves else (*sends, *own)


def _sends(number: int, before: State, message: Message) -> Iterator[Step]:
    """What a step can be that adds a message."""
    if encoded(message) in copies(before):
        yield Step(number, "DuplicateMessage", message.dest, message)
    if type(message) in SENDS:
        yield Step(number, SENDS[type(message)], message.source, message)
    elif encoded(message) not in copies(before):
        yield Step(number, "Restart", message.source)  # an answer to nothing: of no action


def _own(number: int, before: State, after: State, server: str) -> Iterator[Step]:
    """What a step of a server can be that touches no message."""
    then, now = state_of(before, server), state_of(after, server)
    entries, added = now.log or (), len(now.log or ()) - len(then.log or ())
    likely = "Restart"
    if (now.current_term or 0) > (then.current_term or 0):
        likely = "UpdateTerm" if now.role == "Follower" else "Timeout"
    elif now.role == "Leader" and then.role != "Leader":
        likely = "BecomeLeader"
    elif added == 1:
        likely = "ClientRequest"
    elif (now.commit_index or 0) > (then.commit_index or 0):
        likely = "AdvanceCommitIndex"
    own = ("UpdateTerm", "Timeout", "BecomeLeader", "ClientRequest", "AdvanceCommitIndex", "Restart")
    for action in sorted(own, key=lambda name: name != likely):
        if action != "ClientRequest":
            yield Step(number, action, server)
        elif added == 1:
            yield Step(number, action, server, value=entries[-1].value)


def _beyond(number: int, before: State, after: State, servers: tuple[str, ...]) -> Iterator[Step]:
    """All that the step can be of what only a liberty allows.

    Of a message that is not looked at, and of which nothing comes, the network may as well have lost it.
    """
    gone, come = _exchanged(before, after)
    changed = _changed(before, after, servers)
    if gone:
        message = gone[0]
        if isinstance(message, RequestVoteRequest):
            for answer in come[:1]:
                yield Step(number, "RefuseVoteRequest", message.dest, message, answer)
        elif isinstance(message, AppendEntriesRequest) and changed:
            yield Step(number, "IgnoreAppendEntries", message.dest, message)
    elif come:
        if isinstance(come[0], AppendEntriesResponse):
            yield Step(number, "AnswerLater", come[0].source, come[0])
    else:
        for server in changed:
            for action in ("HearOther", "StepDown", "LeaderEntry", "LearnCommit", "Rewind"):
                yield Step(number, action, server)


def _exchanged(before: State, after: State) -> tuple[list[Message], list[Message]]:
    """The messages of which there are fewer, and more."""
    had, has = copies(before), copies(after)
    gone = [message_of(m) for m, count in had.items() if has.get(m, 0) < count]
    come = [message_of(m) for m, count in has.items() if had.get(m, 0) < count]
    return gone, come


def _changed(before: State, after: State, servers: tuple[str, ...]) -> list[str]:
    """The servers of which something is different."""
    if all(before[name] is after[name] for name in before if name != "messages"):
        return []
    return [server for server in servers if state_of(before, server) != state_of(after, server)]


def _allowed(
    step: Step, before: State, after: State, servers: tuple[str, ...], liberties: frozenset[Liberty]
) -> bool:
    """Whether raft.tla, with these liberties, has this action lead from the one state to the other."""
    if step.action in liberty_actions() and step.action not in ("HearOther", *liberties):
        return False
    if step.action in ("Timeout", "UpdateTerm", "HearOther"):  # of which a line shows less than a state does
        model = raft_model(servers)
        found = model.step(step.action)(_vector(model, before), step.server)
        return any(after.items() <= dict(zip(model.variables, state, strict=True)).items() for state in found)
    model = trace_model(servers, liberties)
    shown = step.action not in ("DuplicateMessage", "DropMessage")
    is_send = step.action in (*SENDS.values(), "AnswerLater")
    sends = step.message if is_send else step.answer
    event = Event(
        event=step.action,
        server=step.server,
        message=None if is_send else step.message,
        value=step.value,
        sends=(sends,) if sends is not None else (),
        state=state_of(after, step.server) if shown else None,
    )
    places = {name: model.variables.index(name) for name in after}
    # Whatever else Traceraft remembers is as it is at the beginning of a trace.
    idle = list(model.initial_states()[0])
    for name, value in before.items():
        idle[places[name]] = value
    return any(
        all(state[places[name]] == value for name, value in after.items())
        for begun in model.step("Take")(tuple(idle), line(event))
        for state in model.step("TraceNext")(begun)
    )


def _vector(model: Model, state: State) -> tuple[Value, ...]:
    return tuple({**HISTORY, **state}[name] for name in model.variables)


def ahead(behavior: RaftBehavior, number: int, server: str) -> Iterator[NodeState]:
    """What a server may be seen to be in this state if it makes moves of its own at once."""
    model = raft_model(behavior.servers)
    todo = [_vector(model, behavior.states[number - 1])]
    known = set(todo)
    for state in todo:  # grows while it is walked
        for action in ("BecomeLeader", "AdvanceCommitIndex"):
            found = [after for after in model.step(action)(state, server) if after not in known]
            known.update(found)
            todo += found
        yield state_of(dict(zip(model.variables, state, strict=True)), server)
