"""Why a line of a trace is refused: the action of raft.tla nearest to it, and where the two part.

Runs only after a refusal. Every state that was reached in the attempt to explain the line is looked at with
the slow evaluator: which step was nearest to being possible, which of its conjuncts was false, and what was
observed where raft.tla allows something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from raftcheck.spec.model import FOLDER
from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.tla.environment import Environment
from raftcheck.tla.errors import Span
from raftcheck.tla.evaluator import Evaluator
from raftcheck.tla.explanation import Failure, sides, successors
from raftcheck.tla.model import Model, State
from raftcheck.tla.syntax import And, Builtin, Definition, Expr, Or, Quantifier, Ref, variables_written
from raftcheck.tla.values import Function, Value, format_value, items

from .errors import printable
from .events import Event

INTERNAL = {
    "BecomeLeader": ("Candidate", "ObservedRole"),
    "AdvanceCommitIndex": ("Leader", "ObservedCommitIndex"),
}
"""Moves that a server makes of itself: its role before, and what is amiss where the move is missing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was observed, and what it would have been after the nearest step."""

    name: str
    observed: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that no step of raft.tla explains.

    line         its number in the trace, from 1
    action       the action of raft.tla that comes nearest to it
    taken        the actions that explain a part of the line before that
    conjunct     the conjunct that is false, with its place ("raft.tla:310") and the values of its sides
    differences  observed against allowed
    before       the server's state in the spec before the nearest action
    """

    line: int
    server: str
    event: str
    action: str
    taken: tuple[str, ...]
    place: str
    conjunct: str
    values: tuple[str, ...]
    differences: tuple[Difference, ...]
    message: str
    before: tuple[tuple[str, str], ...]

    def report(self, place: str | None = None) -> str:
        """The refusal for people; `place` is where its line stands, if that is in a file."""
        where = place or f"line {self.line}"
        lines = [f"{where}: {self.server} {self.action} is not a step of raft.tla"]
        width = max([len(d.name) for d in self.differences], default=0)
        for difference in self.differences:
            lines.append(f"  observed  {difference.name:{width}} = {difference.observed}")
            lines.append(f"  allowed   {difference.name:{width}} = {difference.allowed}")
        lines.append(f"  false     {self.conjunct}    ({self.place})")
        lines += [f"            {value}" for value in self.values]
        after = f" after {', '.join(self.taken)}" if self.taken else ""
        lines.append(f"  event     {self.event}{after}")
        if self.message:
            lines.append(f"  message   {self.message}")
        lines += [f"  {'before' if not place else '':8}  {name} = {value}"
                  for place, (name, value) in enumerate(self.before)]  # fmt: skip
        return "\n".join(map(printable, lines))


@dataclass(frozen=True, slots=True)
class _Blocked:
    """A step of Traceraft that could not be taken from a state, and where it stopped."""

    state: State
    step: str
    action: str
    failure: Failure
    inside: bool
    """Whether it stopped in the action of raft.tla itself, and not at what Traceraft adds."""


def explain(model: Model, number: int, event: Event, attempts: Mapping[State, tuple[str, ...]]) -> Refusal:
    """The refusal of a line that none of the attempts explains: the states reached, with the actions taken.

    There is at least one: the line begun, and nothing taken.
    """
    assert attempts, event
    reached = max(attempts, key=lambda attempt: _progress(model, attempt, attempts[attempt]))
    taken = attempts[reached]
    amiss = _amiss(model, reached)
    blocked = list(_blocked(model, reached))
    state = model.named(reached)
    nearest = _nearest(blocked, amiss, model, taken, state, event)
    before = reached
    if nearest is not None:
        action, failure = nearest.action, nearest.failure
        differences = (
            _differences_of_sends(model, nearest)
            or _differences_of_message(state)
            or amiss.differences(event)
        )
    else:
        place = _to_blame(model, taken, amiss)
        action = taken[place] if taken else _cause(event)
        taken = taken[:place]
        before = next(attempt for attempt, earlier in attempts.items() if earlier == taken)
        if state["unsent"] and _is_handled(state):
            failure = _nothing_unsent(model)
            differences = [Difference("sends", _list(state["unsent"]), "nothing more")]
        else:
            failure = amiss.first()
            differences = amiss.differences(event)
    return Refusal(
        line=number,
        server=event.server,
        event=event.event,
        action=action,
        taken=taken,
        place=_place(failure.node.span),
        conjunct=_conjunct(failure.node),
        values=_values(model, reached, failure),
        differences=tuple(differences),
        message=format_value(state["line"].values[state["line"].domain.index["message"]])
        if event.message
        else "",
        before=_server_state(model.named(before), event.server),
    )


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


def _blocked(model: Model, state: State) -> Iterator[_Blocked]:
    """Each step of Traceraft that does not lead on from the state, at the conjunct nearest to success."""
    following = model.definition("TraceNext").body
    assert isinstance(following, Or)
    raft = frozenset(actions_of_raft())
    evaluator = model.evaluator(state)
    for step in following.items:
        assert isinstance(step, Ref)
        assert isinstance(step.to, Definition)
        failures: list[Failure] = []
        if any(True for _ in successors(evaluator, step, {}, model.variables, failures=failures)):
            continue
        failure = max(failures, key=lambda f: f.depth)
        action = step.to.name.removeprefix("Trace")
        if action in raft:
            inside = action in failure.trail
            yield _Blocked(state, step.to.name, action, failure, inside)


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
    evaluator = Evaluator(model.binding, model.named(step.state), {**step.failure.assigned})
    allowed = _messages(evaluator, model, "Sent", step.failure.environment)
    observed = _messages(evaluator, model, "NextSend", step.failure.environment)
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


def _messages(evaluator: Evaluator, model: Model, name: str, environment: Environment) -> list[Value]:
    bag = evaluator.value(model.definition(name).body, environment)
    return [message for message, _ in items(bag)]


def _list(messages: Sequence[Value]) -> str:
    return ", ".join(map(format_value, messages)) or "nothing"


# --- words ------------------------------------------------------------------------------------------------


def _cause(event: Event) -> str:
    """The action that a line stands for where no step of it was even begun."""
    if event.message is not None and event.event in ("Receive", "Crash"):
        return f"Handle{type(event.message).__name__}"
    return event.event


def text_of(span: Span) -> str:
    """The text of a part of the spec, on one line, without comments."""
    lines = (FOLDER / Path(span.file).name).read_text(encoding="utf-8").splitlines()
    part = lines[span.line - 1 : span.end_line]
    part[-1] = part[-1][: span.end_column - 1]
    part[0] = part[0][span.column - 1 :]
    return " ".join(" ".join(line.partition("\\*")[0] for line in part).split())


def _conjunct(node: Expr) -> str:
    """The text of a false conjunct; where it is `\\E x \\in S : ...` and S is empty, without the rest."""
    if isinstance(node, Quantifier) and not node.universal:
        end = node.bounds[-1].span
        return text_of(replace(node.span, end_line=end.end_line, end_column=end.end_column))
    return text_of(node.span)


def _place(span: Span) -> str:
    return f"{Path(span.file).name}:{span.line}"


def _values(model: Model, state: State, failure: Failure) -> tuple[str, ...]:
    """The sides of the false conjunct, with their values, where these are not the text itself."""
    evaluator = model.evaluator(state)
    parts = list(sides(evaluator, failure))
    if isinstance(failure.node, Quantifier):
        at = Evaluator(model.binding, model.named(state), failure.assigned)
        domains = [bound.domain for bound in failure.node.bounds]
        parts += [(domain.span, at.value(domain, failure.environment)) for domain in domains]
    found = []
    for span, value in parts:
        text, shown = text_of(span), format_value(value)
        if text != shown:
            found.append(f"{text} = {shown}")
    return tuple(found)


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
