"""Why a line of a trace is refused: the action of raft.tla nearest to it, and where the two part.

Runs only after a refusal. Every state that was reached in the attempt to explain the line is looked at with
the slow evaluator: which step was nearest to being possible, which of its conjuncts was false, and what was
observed where raft.tla allows something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.spec.model import liberty_actions
from raftcheck.tla.errors import TlaError
from raftcheck.tla.evaluator import Evaluator
from raftcheck.tla.explanation import Failure, Source, successors
from raftcheck.tla.model import Model, State
from raftcheck.tla.syntax import And, Builtin, Definition, Expr, Or, Ref, variables_written
from raftcheck.tla.values import Function, Value, apply, format_value, items

from .conjuncts import false_conjunct, is_of_raft, of_field, of_variable, place_of, source_of, text_of
from .events import Event
from .refusal import Conjunct, Difference, Refusal

INTERNAL = {
    "BecomeLeader": ("Candidate", "ObservedRole"),
    "AdvanceCommitIndex": ("Leader", "ObservedCommitIndex"),
}
"""Moves that a server makes of itself: its role before, and what is amiss where the move is missing."""


@dataclass(frozen=True, slots=True)
class _Blocked:
    """A step of Traceraft that could not be taken from a state, and where it stopped."""

    state: State
    step: str
    action: str
    failure: Failure
    failures: tuple[Failure, ...]
    """What all its ways ended with; `failure` is the nearest to success."""
    sources: tuple[Source, ...]
    """Where the variables got their values on these ways."""

    @property
    def inside(self) -> bool:
        """Whether it came as far as into the action of raft.tla."""
        return self.action in self.failure.trail


def explain(model: Model, number: int, event: Event, attempts: Mapping[State, tuple[str, ...]]) -> Refusal:
    """The refusal of a line that none of the attempts explains: the states reached, with the actions taken.

    There is at least one: the line begun, and nothing taken.
    """
    assert attempts, event
    reached = max(attempts, key=lambda attempt: _progress(model, attempt, attempts[attempt]))
    taken = attempts[reached]
    amiss = _amiss(model, reached)
    blocked = list(_blocked(model, reached, event))
    state = model.named(reached)
    nearest = _nearest(blocked, amiss, model, taken, state, event)
    before = reached
    if nearest is not None:
        action = nearest.action
        differences = (
            _differences_of_sends(model, nearest)
            or _differences_of_message(state)
            or amiss.differences(event)
        )
        gives, false = _why_blocked(model, nearest, differences)
    else:
        place = _to_blame(model, taken, amiss)
        action = taken[place] if taken else _cause(event)
        extra = bool(state["unsent"]) and _is_handled(state)
        differences = (
            [Difference("sends", _list(state["unsent"]), "nothing more")]
            if extra
            else amiss.differences(event)
        )
        failure = _nothing_unsent(model) if extra else amiss.first()
        name = "messages" if extra else _observed_name(failure.node)
        earlier = [attempt for attempt, trail in attempts.items() if trail == taken[:place]]
        if taken:
            before, source = _source(model, earlier, action, name, state[name])
            gives, false = (
                (_whole(source), None) if extra else of_variable(model, before, source, event.server)
            )
        else:  # no action gives another value
            gives, false = None, false_conjunct(model, reached, failure)
        taken = taken[:place]
    return Refusal(
        line=number,
        server=event.server,
        event=event.event,
        action=action,
        taken=taken,
        gives=gives,
        false=false,
        differences=tuple(differences),
        message=format_value(state["line"].values[state["line"].domain.index["message"]])
        if event.message
        else "",
        before=_server_state(model.named(before), event.server),
    )


def _why_blocked(
    model: Model, step: _Blocked, differences: Sequence[Difference]
) -> tuple[Conjunct | None, Conjunct | None]:
    """What of raft.tla gives another message than was sent, and the conjunct that is false."""
    failure = step.failure
    if is_of_raft(failure.node):
        return None, false_conjunct(model, step.state, failure)
    if "messages" not in failure.assigned:
        return _why_not_tried(model, step)
    source = source_of(step.sources, "messages", failure.assigned["messages"])
    assert source is not None, step
    field = differences[0].name.removeprefix("sends").strip() if differences else ""
    if field:
        (message,) = _sent(model, step)
        others = [other for other in step.failures if is_of_raft(other.node)]
        found = of_field(model, step.state, source, message, field, others)
        if found is not None:
            return found
    return _whole(source), None


def _whole(source: Source) -> Conjunct:
    return Conjunct(text_of(source.node.span), place_of(source.node.span), ())


def _why_not_tried(model: Model, step: _Blocked) -> tuple[Conjunct | None, Conjunct | None]:
    """What of raft.tla is against a step that Traceraft did not try: it is impossible, or leads elsewhere."""
    body = model.definition(step.step).body
    assert isinstance(body, And)
    (action,) = (item for item in body.items if isinstance(item, Ref) and _names(item, step.action))
    failures: list[Failure] = []
    sources: list[Source] = []
    evaluator = model.evaluator(step.state)
    ways = successors(evaluator, action, {}, model.variables, failures=failures, sources=sources)
    try:
        possible = any(True for _ in ways)
    except TlaError:  # the line lacks what the action would take from it
        return None, false_conjunct(model, step.state, step.failure)
    if not possible:
        return None, false_conjunct(model, step.state, max(failures, key=lambda found: found.depth))
    line = dict(items(model.named(step.state)["line"]))
    server = str(line["server"])
    seen = dict(items(line["state"])) if "state" in line else {}
    for source in sources:
        if source.name in seen and seen[source.name] != apply(source.value, server):
            return of_variable(model, step.state, source, server)
    sent = source_of(sources, "messages", None)
    assert sent is not None, step
    return _whole(sent), None


def _names(node: Ref, action: str) -> bool:
    return isinstance(node.to, Definition) and node.to.name == action


def _source(
    model: Model, states: Sequence[State], action: str, name: str, value: Value
) -> tuple[State, Source]:
    """Where the action gives the variable its value, in a step from one of the states, and from which."""
    step = model.definition(f"Trace{action}").body
    found = []
    for state in states:
        sources: list[Source] = []
        ways = successors(model.evaluator(state), step, {}, model.variables, sources=sources)
        if any(True for _ in ways) and (source := source_of(sources, name, value)) is not None:
            found.append((state, source))
    same = [(state, source) for state, source in found if source.value == value]
    return (same or found)[0]


def _progress(model: Model, reached: State, taken: tuple[str, ...]) -> tuple[int, ...]:
    """How far it came: to the cause or what goes before, with what was sent, and with what was observed."""
    state = model.named(reached)
    amiss = _amiss(model, reached)
    before = 0 if _is_handled(state) else len(taken)
    return int(_is_handled(state)), before, -len(state["unsent"]), -len(amiss.parts), len(taken)


def _is_handled(state: Mapping[str, Value]) -> bool:
    return str(state["handled"]) == "TRUE"


# --- what was observed and is not so ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Amiss:
    """The observations (ObservedTerm, ...) that do not hold in a state, with both sides."""

    parts: tuple[tuple[str, Failure, tuple[Value, Value]], ...]

    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _, _ in self.parts)

    def first(self) -> Failure:
        assert self.parts
        return self.parts[0][1]

    def differences(self, event: Event) -> list[Difference]:
        return [
            Difference(_observed_name(failure.node), format_value(observed), format_value(allowed))
            for _, failure, (allowed, observed) in self.parts
        ]


def _amiss(model: Model, state: State) -> _Amiss:
    evaluator = model.evaluator(state)
    body = model.definition("Observed").body
    assert isinstance(body, And)
    found = []
    for item in body.items:
        assert isinstance(item, Ref)
        assert isinstance(item.to, Definition)
        implication = item.to.body
        assert isinstance(implication, Builtin)
        condition, equality = implication.arguments
        if evaluator.truth(condition) and not evaluator.truth(equality):
            assert isinstance(equality, Builtin)
            allowed, observed = (evaluator.value(side) for side in equality.arguments)
            failure = Failure(0, (item.to.name,), equality, {}, {})
            found.append((item.to.name, failure, (allowed, observed)))
    return _Amiss(tuple(found))


def _to_blame(model: Model, taken: tuple[str, ...], amiss: _Amiss) -> int:
    """The place of the action to blame for what is amiss: the first that writes what differs.

    Where none does, the last that was no sending; 0 where nothing was taken.
    """
    writer = _writer(model, taken, amiss)
    if writer is not None:
        return writer
    acting = [place for place, name in enumerate(taken) if name not in ("RequestVote", "AppendEntries")]
    return acting[-1] if acting else max(0, len(taken) - 1)


def _writer(model: Model, taken: tuple[str, ...], amiss: _Amiss) -> int | None:
    """The place of the first action taken that writes a variable that was observed to be different."""
    for _, failure, _ in reversed(amiss.parts):
        read = model.compiler.reads(failure.node)
        for place, action in enumerate(taken):
            if variables_written(model.definition(action).body) & read:
                return place
    return None


def _observed_name(node: Expr) -> str:
    """The variable of raft.tla that an observation is about: from `... = line.state.log`, log."""
    return text_of(node.span).rsplit(".", 1)[-1]


# --- the steps that were not possible ---------------------------------------------------------------------


def _blocked(model: Model, state: State, event: Event) -> Iterator[_Blocked]:
    """Each step of Traceraft that does not lead on from the state, at the conjunct nearest to success.

    Of those of liberties only one that a finer line names.
    """
    following = model.definition("TraceNext").body
    assert isinstance(following, Or)
    raft = frozenset(actions_of_raft())
    steps = list(following.items)
    if event.event in liberty_actions():
        raft |= {event.event}
        named = model.definition(f"Trace{event.event}")
        steps.append(Ref(named.span, named))
    evaluator = model.evaluator(state)
    for step in steps:
        assert isinstance(step, Ref)
        assert isinstance(step.to, Definition)
        failures: list[Failure] = []
        sources: list[Source] = []
        ways = successors(evaluator, step, {}, model.variables, failures=failures, sources=sources)
        if any(True for _ in ways):
            continue
        failure = max(failures, key=lambda f: f.depth)
        action = step.to.name.removeprefix("Trace")
        if action in raft:
            yield _Blocked(state, step.to.name, action, failure, tuple(failures), tuple(sources))


def _nearest(
    blocked: list[_Blocked],
    amiss: _Amiss,
    model: Model,
    taken: tuple[str, ...],
    state: dict[str, Value],
    event: Event,
) -> _Blocked | None:
    """The step that should have come next; None where all came, and the observation differs."""
    handled, unsent = _is_handled(state), state["unsent"]
    if handled and unsent and not _is_request(unsent[0]):
        return None  # an answer is sent where its request is handled, and by no other step
    role = dict(items(state["role"])).get(event.server)
    for name, (its_role, observation) in INTERNAL.items():
        others = _Amiss(tuple(part for part in amiss.parts if part[0] != observation))
        wanted = handled and role == its_role and len(others.parts) < len(amiss.parts)
        if wanted and _writer(model, taken, others) is None:
            for step in blocked:
                if step.action == name and step.inside:
                    return step
    if handled and not unsent and amiss.parts:
        return None
    begun = [step for step in blocked if _is_begun(step)]
    if not begun and not handled and not amiss.parts:  # a finer line, without what its step needs
        begun = [step for step in blocked if step.action == event.event]
    # The handler of the message is to blame before what else it did not lead to, such as UpdateTerm.
    cause = _cause(event)
    return max(begun, key=lambda step: (step.action == cause, step.failure.depth)) if begun else None


def _is_begun(step: _Blocked) -> bool:
    """Whether the step came as far as its action of raft.tla, or beyond it."""
    return step.inside or len(step.failure.assigned) > 0


def _differences_of_sends(model: Model, step: _Blocked) -> list[Difference]:
    """The fields in which the message that was sent differs from the one that raft.tla sends."""
    if "NextSend" not in text_of(step.failure.node.span):
        return []
    allowed, observed = _sent(model, step), _sent(model, step, "NextSend")
    if len(allowed) == 1 and len(observed) == 1:
        a, o = allowed[0], observed[0]
        if type(a) is Function and type(o) is Function and a.domain is o.domain:
            return _by_field("sends", o, a)
    return [Difference("sends", _list(observed), _list(allowed))]


def _differences_of_message(state: dict[str, Value]) -> list[Difference]:
    """The fields in which the message to be handled differs from the nearest that is in flight."""
    message = dict(items(state["line"])).get("message")
    if message is None or _is_handled(state):
        return []
    flying = [m for m, _ in items(state["messages"]) if m.domain is message.domain]
    if message in flying:
        return []
    differences = [_by_field("message", message, other) for other in sorted(flying, key=format_value)]
    return min(
        differences, key=len, default=[Difference("message", format_value(message), "no such in flight")]
    )


def _by_field(name: str, observed: Function, allowed: Function) -> list[Difference]:
    """What differs between two records of the same fields, in the order of their names."""
    may = dict(allowed.items())
    return [
        Difference(f"{name} {field}", format_value(was), format_value(may[field]))
        for field, was in sorted(observed.items())
        if was is not may[field] and was != may[field]
    ]


def _is_request(message: Value) -> bool:
    return dict(items(message))["mtype"] in ("RequestVoteRequest", "AppendEntriesRequest")


def _nothing_unsent(model: Model) -> Failure:
    """The conjunct of Explained that asks for it."""
    body = model.definition("Explained").body
    assert isinstance(body, And)
    (node,) = (item for item in body.items if model.compiler.reads(item) == {"unsent"})
    return Failure(0, ("Explained",), node, {}, {})


def _sent(model: Model, step: _Blocked, name: str = "Sent") -> list[Value]:
    """The messages that the step sends, or the one that the line says was sent next (NextSend)."""
    evaluator = Evaluator(model.binding, model.named(step.state), {**step.failure.assigned})
    bag = evaluator.value(model.definition(name).body, step.failure.environment)
    return [message for message, _ in items(bag)]


def _list(messages: Sequence[Value]) -> str:
    return ", ".join(map(format_value, messages)) or "nothing"


# --- words ------------------------------------------------------------------------------------------------


def _cause(event: Event) -> str:
    """The action that a line stands for where no step of it was even begun."""
    if event.message is not None and event.event in ("Receive", "Crash"):
        kind = type(event.message).__name__
        return "HearOther" if kind == "Other" else f"Handle{kind}"
    return event.event


def _server_state(state: dict[str, Value], server: str) -> tuple[tuple[str, str], ...]:
    """What raft.tla knows of the server."""
    names = (
        "currentTerm",
        "role",
        "votedFor",
        "log",
        "commitIndex",
        "votesGranted",
        "nextIndex",
        "matchIndex",
    )
    shown = []
    for name in names:
        value = dict(items(state[name]))[server]
        if name in ("nextIndex", "matchIndex") and dict(items(state["role"]))[server] != "Leader":
            continue
        if name == "votesGranted" and dict(items(state["role"]))[server] != "Candidate":
            continue
        shown.append((name, format_value(value)))
    return tuple(shown)
