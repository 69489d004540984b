"""Behaviors on implementations: which step is which, what is done for it, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from raftcheck.properties.adapters.reference import Reference, ReferenceNode, reference
from raftcheck.properties.cli import main
from raftcheck.properties.node import Caps, Implementation, NodeState
from raftcheck.properties.replaying import Replay, replay_behavior
from raftcheck.properties.schedules import Crash, Deliver, Drop, Duplicate, Request, Timeout, load
from raftcheck.properties.steps import HISTORY, as_raft
from raftcheck.reference import messages as rpc
from raftcheck.spec.model import FOLDER, LIBERTIES, Liberty, raft_model
from raftcheck.tla.behaviors import Behavior, from_itf, to_itf
from raftcheck.tla.config import load_config
from raftcheck.tla.errors import TlaError
from raftcheck.tla.model import Model, with_constants
from raftcheck.tla.modules import load as load_module
from raftcheck.tla.notation import parse_value
from raftcheck.tla.values import Function, ModelValue, Value, apply, function
from raftcheck.traces.decoding import message_of
from raftcheck.traces.events import AppendEntriesRequest, AppendEntriesResponse
from raftcheck.traces.verdict import validate_file

from .variants import RECORDED, VARIANTS, Variant, on_record

COMMIT = on_record("guard-in-vain")
"""Two servers, up to a commit; all steps are raft.tla's."""
FIGURE_8 = on_record("commit-old-term")

State = dict[str, Value]


def replayed(behavior: Behavior, on: Implementation = reference, judged: bool = True) -> Replay:
    return replay_behavior(on, "target", behavior, "behavior", judged)


def outcome(behavior: Behavior, on: Implementation = reference) -> tuple[str, int]:
    """The word, and the step at which the behavior is left."""
    following = replayed(behavior, on).following
    return following.word, following.departure.step.number if following.departure else 0


def taken(
    *path: tuple[str, ...],
    also: Callable[[State], bool],
    last: Callable[[State], bool] = lambda _: True,
    model: Model | None = None,
) -> Behavior:
    """A behavior of raft.tla: actions with their arguments, each to the first state that is `also` wanted.

    The `last` state is to be such besides.
    """
    model = model or raft_model(("n1", "n2", "n3"))
    states = [model.initial_states()[0]]
    for place, (action, *arguments) in enumerate(path, 1):
        reached = [(state, model.named(state)) for state in model.step(action)(states[-1], *arguments)]
        found = [state for state, named in reached if also(named) and (place < len(path) or last(named))]
        assert found, f"{action}({', '.join(arguments)}) is not enabled"
        states.append(found[0])
    labels = [f"{action}({', '.join(arguments)})" for action, *arguments in path]
    return Behavior(model.variables, tuple(states), ("", *labels))


def votes_for_itself(state: State) -> bool:
    return all(
        apply(state["role"], server) != "Candidate" or apply(state["votedFor"], server) == server
        for server in ("n1", "n2", "n3")
    )


def election(*then: tuple[str, ...]) -> Behavior:
    """n1 gets the vote of n2, and that is that, but for what comes then."""
    path = [
        ("Timeout", "n1"),
        ("RequestVote", "n1", "n2"),
        ("UpdateTerm", "n2"),
        ("HandleRequestVoteRequest", "n2"),
        ("HandleRequestVoteResponse", "n1"),
    ]
    return taken(*path, *then, also=votes_for_itself)


def changed(behavior: Behavior, variable: str, place: int, value: Callable[[Value], Value]) -> Behavior:
    """The behavior with another value of a variable from a state on."""
    at = behavior.variables.index(variable)
    states = [list(state) for state in behavior.states]
    for state in states[place:]:
        state[at] = value(state[at])
    return replace(behavior, states=tuple(map(tuple, states)))


def server(name: str, value: Value) -> Callable[[Value], Value]:
    """The function with this value at a server."""

    def change(of: Value) -> Value:
        assert isinstance(of, Function)
        return function({**dict(of.items()), name: value})

    return change


# The steps, however they are told


def translated(value: Value, names: dict[Value, Value]) -> Value:
    match value:
        case tuple():
            return tuple(translated(item, names) for item in value)
        case frozenset():
            return frozenset(translated(item, names) for item in value)
        case Function():
            return function({translated(k, names): translated(v, names) for k, v in value.items()})
    return names.get(value, value)


def with_names(behavior: Behavior, names: dict[Value, Value]) -> Behavior:
    states = tuple(tuple(translated(value, names) for value in state) for state in behavior.states)
    return replace(behavior, states=states)


def without_history(behavior: Behavior) -> Behavior:
    kept = [name for name in behavior.variables if name not in HISTORY]
    places = [behavior.variables.index(name) for name in kept]
    return replace(
        behavior,
        variables=tuple(kept),
        states=tuple(tuple(state[place] for place in places) for state in behavior.states),
    )


MODEL_VALUES: dict[Value, Value] = {
    name: ModelValue(name)
    for name in ("n1", "n2", "v1", "Leader", "Follower", "Candidate", "AppendEntriesRequest")
}

TOLD = {
    "with model values": lambda told: with_names(told, MODEL_VALUES | {"": ModelValue("Nil")}),
    "with names as Apalache has them": lambda told: with_names(
        told, {"n1": "1_OF_SERVER", "n2": "2_OF_SERVER", "": "Nil_OF_SERVER"}
    ),
    "with numbers for values": lambda told: with_names(told, {"v1": 1}),
    "without labels": lambda told: replace(told, labels=("",) * len(told.labels)),
    "without history": without_history,
    "with the names of modules": lambda told: replace(
        told, variables=tuple(f"checks::raft::{name}" for name in told.variables)
    ),
    "with the name of an instance": lambda told: replace(
        told, variables=tuple(f"R!{name}" for name in told.variables)
    ),
    "as ITF": lambda told: from_itf(json.loads(json.dumps(to_itf(told, "x")))),
    "as a lasso": lambda told: replace(told, loop=0),
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_a_behavior_is_the_same_however_it_is_told(told: Callable[[Behavior], Behavior]) -> None:
    assert outcome(told(COMMIT)) == ("reproduced", 0)
    assert outcome(told(FIGURE_8)) == ("differs", 28)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.id)
def test_labels_are_hints_only(variant: Variant) -> None:
    told = variant.behavior
    with_labels, without = as_raft(told, "with"), as_raft(TOLD["without labels"](told), "without")
    assert [step.number for step in with_labels.steps] == [step.number for step in without.steps]
    assert with_labels.unlawful == without.unlawful


def test_a_wrong_label_is_passed_over_where_raft_allows_something_else() -> None:
    assert outcome(replace(COMMIT, labels=('Timeout("n2")',) * len(COMMIT.labels))) == ("reproduced", 0)


def test_quint_tells_the_action_in_a_variable() -> None:
    itf = to_itf(replace(COMMIT, labels=("",) * len(COMMIT.states)), "x")
    itf["vars"] = [*itf["vars"], "mbt::actionTaken"]
    for state, label in zip(itf["states"], COMMIT.labels, strict=True):
        state["mbt::actionTaken"] = label or "init"
    assert from_itf(itf).labels == COMMIT.labels


# What is done


def test_what_a_server_does_next_of_itself_belongs_to_the_call_before() -> None:
    found = replayed(election(("Timeout", "n3"), ("BecomeLeader", "n1")))
    assert found.word == "conforms"
    assert found.following.performed == [
        Timeout("n1", "election"),
        Deliver("n1", "n2", 1),
        Deliver("n2", "n1", 1),
        Timeout("n3", "election"),
    ]


def test_a_server_may_be_ahead_of_the_behavior() -> None:
    """The reference leads with the second vote of three; the behavior may come to that never."""
    assert outcome(election()) == ("reproduced", 0)
    assert outcome(election(("Timeout", "n3"))) == ("reproduced", 0)


def test_but_not_after_the_behavior_went_another_way() -> None:
    found = replayed(election(("Timeout", "n1"))).following.departure
    assert found is not None
    assert (found.word, found.step.number, found.observed) == ("refused", 7, "n1 offers heartbeat")


def test_a_newer_term_without_its_message_is_taken_with_it_nevertheless() -> None:
    half = taken(("Timeout", "n1"), ("RequestVote", "n1", "n2"), ("UpdateTerm", "n2"), also=votes_for_itself)
    assert outcome(half) == ("reproduced", 0)
    other = taken(
        *[("Timeout", "n1"), ("RequestVote", "n1", "n2"), ("UpdateTerm", "n2"), ("Timeout", "n2")],
        ("HandleRequestVoteRequest", "n2"),
        also=votes_for_itself,
    )
    found = replayed(other)
    assert found.word == "conforms", found.report()
    assert Duplicate("n1", "n2", 1) in found.following.performed


def test_a_newer_term_is_not_taken_with_an_older_message() -> None:
    """n2 takes term 2, and looks at the request of term 1; the reference votes in term 2 at once."""
    crossed = taken(
        *[("Timeout", "n1"), ("RequestVote", "n1", "n2"), ("Timeout", "n1"), ("RequestVote", "n1", "n2")],
        *[("UpdateTerm", "n2"), ("HandleRequestVoteRequest", "n2")],
        also=lambda state: (
            votes_for_itself(state)
            and apply(state["currentTerm"], "n2") in (0, 2)
            and apply(state["votedFor"], "n2") == ""
        ),
    )
    departure = replayed(crossed).following.departure
    assert departure is not None
    assert (departure.what, departure.observed) == ("votedFor of n2", '"n1"')


def test_a_request_that_the_code_does_not_repeat_is_duplicated() -> None:
    path = [("RequestVote", "n1", "n2"), ("HandleRequestVoteRequest", "n2")]
    twice = taken(
        *[("Timeout", "n1"), ("RequestVote", "n1", "n2"), ("UpdateTerm", "n2"), *path, path[1]],
        also=votes_for_itself,
    )
    found = replayed(twice)
    assert found.word == "conforms", found.report()
    assert found.following.performed.count(Deliver("n1", "n2", 1)) == 2


def test_a_step_of_a_coarser_grain_is_done_with_all_that_belongs_to_it() -> None:
    """A candidate that asks in the step that makes it one; a vote in the step that takes the term."""
    told = election()
    finer = [0, 2, 4, 5]
    coarser = replace(
        told,
        states=tuple(told.states[place] for place in finer),
        labels=("", 'StartElection("n1")', "", ""),
    )
    found = replayed(coarser)
    assert [step.action for step in found.raft.steps] == [
        "Timeout",
        "HandleRequestVoteRequest",
        "HandleRequestVoteResponse",
    ]
    assert [step.number for step in found.raft.unlawful] == [2, 3]
    assert found.following.word == "reproduced"
    assert found.word == "undecided"  # since raft.tla has nothing against what the reference did


def test_what_nothing_comes_of_is_left_out() -> None:
    lost = taken(
        *[("Timeout", "n1"), ("RequestVote", "n1", "n2"), ("RequestVote", "n1", "n2"), ("DropMessage",)],
        ("Timeout", "n2"),
        also=votes_for_itself,
    )
    found = replayed(lost)
    assert found.word == "conforms"
    assert found.following.skipped == 2
    assert found.following.performed == [
        Timeout("n1", "election"),
        Drop("n1", "n2", 1),
        Timeout("n2", "election"),
    ]


def test_a_crash_that_costs_nothing_is_one_where_the_behavior_says_so() -> None:
    crash = taken(("Timeout", "n1"), ("Restart", "n1"), ("Restart", "n1"), also=votes_for_itself)
    assert crash.states[-1] == crash.states[-2]
    assert replayed(crash).following.performed.count(Crash("n1")) == 2


def test_a_choice_of_raft_that_the_code_makes_otherwise_is_a_difference() -> None:
    """A vote that a crash between two writes has lost."""
    found = replayed(taken(("Timeout", "n1"), also=lambda state: not votes_for_itself(state)))
    assert not found.raft.unlawful
    assert found.following.departure is not None
    assert found.following.departure.what == "votedFor of n1"
    assert (found.word, found.failure) == ("diverges", None)
    assert "raft.tla allows as well" in found.why


def test_a_behavior_that_begins_elsewhere_differs_at_once() -> None:
    assert outcome(changed(COMMIT, "currentTerm", 0, server("n2", 5))) == ("differs", 1)


# Implementations of all kinds


class Ticking(ReferenceNode):
    """Ticks for a clock: every third starts an election, and each is a heartbeat."""

    ticks = 0

    def timers(self) -> tuple[str, ...]:
        return ("tick",)

    def fire(self, timer: str) -> None:
        self.ticks += 1
        if self.raft.role == "Leader":
            super().fire("heartbeat")
        elif self.ticks % 3 == 0:
            super().fire("election")


class Silent(ReferenceNode):
    def send(self, message: rpc.Message) -> None:
        self.env.send(message.dest, message)


class Blind(ReferenceNode):
    def state(self) -> NodeState:
        return NodeState()


class Raising(ReferenceNode):
    def request(self, request: int, command: bytes) -> bool:
        raise RuntimeError("no room")


class Stillborn(ReferenceNode):
    def state(self) -> NodeState:
        raise RuntimeError("not yet")


class Asleep(ReferenceNode):
    def timers(self) -> Collection[str]:  # type: ignore[override]
        return ("nap",)

    def fire(self, timer: str) -> None:
        pass


@pytest.mark.parametrize(
    "on",
    [
        Reference(caps=Caps("stream+gaps")),
        Reference(node=Ticking),
        Reference(node=Blind),
    ],
    ids=["stream+gaps", "ticks", "nothing observable"],
)
def test_implementations_of_all_kinds_come_to_a_commit(on: Reference) -> None:
    assert outcome(COMMIT, on) == ("reproduced", 0)


@pytest.mark.parametrize(
    ("on", "what", "observed"),
    [
        (Reference(caps=Caps("stream")), "a message", "it is behind others in a stream"),
        (Reference(node=Silent), "a message never sent", "do not say what they mean"),
        (Reference(node=Asleep), "a timer", "n1 offers nap"),
        (Reference(node=Raising), "exception finding", "no room"),
        (Reference(node=Stillborn), "exception finding", "not yet"),
    ],
    ids=["a stream", "without views", "without elections", "raises", "raises at once"],
)
def test_implementations_that_refuse_say_what_they_offer(on: Reference, what: str, observed: str) -> None:
    departure = replayed(COMMIT, on).following.departure
    assert departure is not None
    assert departure.word == "refused"
    assert what in departure.what
    assert observed in departure.observed


def test_who_is_never_crashed_refuses_a_crash() -> None:
    crash = taken(("Timeout", "n1"), ("Restart", "n1"), also=votes_for_itself)
    departure = replayed(crash, Reference(caps=Caps(durable=False))).following.departure
    assert departure is not None
    assert "never crashed" in departure.observed


def test_what_raises_diverges() -> None:
    found = replayed(COMMIT, Reference(node=Raising))
    assert found.word == "diverges"
    assert found.failure is found.following.finding is not None
    assert found.following.performed[-1] == Request("n1", "v1")


def test_a_step_that_changes_another_server_as_well_differs_at_the_end() -> None:
    spooky = changed(COMMIT, "currentTerm", len(COMMIT.states) - 1, server("n2", 7))
    found = replayed(spooky)
    assert found.following.departure is not None
    assert found.following.departure.what == "currentTerm of n2"
    assert found.following.departure.step.number == len(COMMIT.states)
    assert found.word == "conforms"


# What it means


def forbidden_at_the_end() -> Behavior:
    """n1 leads without a vote, after an election."""
    return changed(election(("Timeout", "n3")), "role", 6, server("n3", "Leader"))


def test_to_leave_a_forbidden_behavior_where_it_is_forbidden_is_right() -> None:
    found = replayed(forbidden_at_the_end())
    assert [step.number for step in found.raft.unlawful] == [7]
    assert (found.word, found.following.word) == ("conforms", "differs")


def test_to_leave_it_before_says_nothing() -> None:
    begin = changed(forbidden_at_the_end(), "votedFor", 1, server("n1", ""))
    found = replayed(changed(begin, "votesGranted", 1, server("n1", frozenset())))
    assert found.raft.unlawful[0].number > 2
    assert (found.word, found.following.departure and found.following.departure.step.number) == (
        "undecided",
        2,
    )


def test_where_nothing_is_seen_of_what_is_forbidden_nothing_is_said() -> None:
    """Where a leader means to go on is not compared; raft.tla judges what the target did."""
    odd = changed(COMMIT, "nextIndex", len(COMMIT.states) - 1, server("n1", function({"n1": 9, "n2": 9})))
    assert replayed(odd).raft.unlawful
    assert replayed(odd).following.word == "reproduced"
    assert replayed(odd).word == "undecided"
    assert replayed(odd, judged=False).word == "diverges"


# What is no behavior of a Raft


def nested(depth: int) -> Value:
    value: Value = ()
    for _ in range(depth):
        value = (value,)
    return value


@pytest.mark.parametrize(
    ("behavior", "problem"),
    [
        (Behavior(("x",), ((1,),), ("",)), "no variable messages"),
        (changed(COMMIT, "currentTerm", 0, lambda _: (1, 2)), "expected terms of 1 to 9 servers"),
        (changed(COMMIT, "role", 0, lambda _: 7), "role = 7; expected a value for each"),
        (changed(COMMIT, "role", 0, server("n1", "King")), "Invalid enum value 'King'"),
        (changed(COMMIT, "log", 0, server("n1", (1, 2))), "the state of n1 is none of raft.tla"),
        (changed(COMMIT, "currentTerm", 0, server("n1", 2**60)), "the state of n1"),
        (changed(COMMIT, "messages", 3, lambda _: parse_value("([a |-> 1] :> 1)")), "is none of raft.tla"),
        (changed(COMMIT, "messages", 3, lambda _: frozenset({7})), "saw 7 among the messages"),
        (changed(COMMIT, "votesGranted", 0, server("n1", 7)), "the state of n1"),
        (changed(COMMIT, "log", 5, lambda _: 7), "log = 7; expected a value for each"),
        (changed(COMMIT, "matchIndex", 5, server("n1", 7)), "the state of n1"),
        (with_names(COMMIT, {"n1": "n\x1b[31m1"}), "expected terms of 1 to 9 servers"),
        (changed(COMMIT, "elections", 2, lambda _: nested(500)), "nested too deeply"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_behavior_of_a_raft_is_refused_in_one_line(behavior: Behavior, problem: str) -> None:
    with pytest.raises(TlaError) as refused:
        replayed(behavior)
    assert problem in str(refused.value)
    assert str(refused.value).startswith("behavior: ")
    assert "\n" not in str(refused.value)


# The command


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str, str]]:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["replay", *arguments])
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return run


Command = Callable[..., tuple[object, str, str]]
FAULT = "raftcheck.properties.faults:commit_old_term"


@pytest.mark.parametrize(
    ("file", "target", "status", "expected"),
    [
        ("guard-in-vain", (), 0, ("reproduced", "conforms: it follows a behavior of raft.tla")),
        ("commit-old-term", (), 0, ("differs at step 28, AdvanceCommitIndex(n2)", "observed 0")),
        ("commit-old-term", (FAULT,), 1, ("reproduced", "diverges", "AdvanceCommitIndex is not a step")),
        ("leader-times-out", ("reference",), 0, ("refused at step 11", "n1 offers heartbeat")),
    ],
)
def test_people_read_this(
    command: Command, file: str, target: Sequence[str], status: int, expected: Sequence[str]
) -> None:
    ended, out, _ = command(str(RECORDED / f"{file}.txt"), *target)
    assert ended == status
    assert not [text for text in expected if text not in " ".join(out.split())]


def test_programs_read_this(command: Command) -> None:
    ended, out, _ = command(str(RECORDED / "commit-old-term.txt"), "--json")
    answer = json.loads(out)
    assert ended == 0
    assert answer["departure"] == {
        "step": 28,
        "action": "AdvanceCommitIndex(n2)",
        "field": "commitIndex of n2",
        "observed": "0",
        "expected": "1",
    }
    assert [step["step"] for step in answer["unlawful"]] == [28]
    assert (answer["verdict"], answer["outcome"]) == ("conforms", "differs")
    assert answer["compared"]["log"] > 10


def test_what_was_done_is_kept_as_a_schedule_and_a_trace(command: Command, tmp_path: Path) -> None:
    ended, *_ = command(
        str(RECORDED / "commit-old-term.txt"), FAULT, "--schedule", "done.json", "--trace", "done.ndjson"
    )
    assert ended == 1
    assert load(tmp_path / "done.json").target == FAULT
    ended, out, _ = command("done.json")
    assert ended == 1
    assert "AdvanceCommitIndex is not a step of raft.tla" in out
    refused = validate_file(tmp_path / "done.ndjson").refusal
    assert refused is not None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("Model checking completed. No error has been found.\n", "no state of a behavior"),
        ('{"states": [{"x": 1}], "vars": ["x"]}', "no variable"),
        ('{"states": 7}', "states"),
        ("[1, 2]", "no state"),
        ("State 1: <I>\n/\\ x = \x1b[31m\n", "expected"),
    ],
)
def test_rubbish_is_refused_in_one_line(command: Command, tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "rubbish").write_text(content)
    ended, out, err = command("rubbish")
    assert (ended, out) == (2, "")
    assert problem in err
    assert len(err.splitlines()) == 1
    assert err[:-1].isprintable()


# Liberties


def with_liberties(*liberties: Liberty) -> Implementation:
    """The reference, which says that it may do more than Figure 2 has; it does not."""
    return Reference(caps=replace(reference.caps, liberties=frozenset(liberties)))


@cache
def raft_at_liberty() -> Model:
    config = with_constants(
        load_config(FOLDER / "raft.cfg"),
        Liberties=frozenset((*LIBERTIES, "HearOther")),
        Value=frozenset({"v1"}),
    )
    return Model(load_module(FOLDER / "raft.tla"), config, memoise=False)


def replicates(state: State) -> bool:
    """Requests have an entry, and answers acknowledge it."""
    bag = state["messages"]
    messages = [message_of(m) for m in bag.domain.keys] if isinstance(bag, Function) else []
    return votes_for_itself(state) and all(
        (not isinstance(m, AppendEntriesRequest) or len(m.entries) == 1)
        and (not isinstance(m, AppendEntriesResponse) or m.match_index == 1)
        for m in messages
    )


ASKED = (("Timeout", "n1"), ("RequestVote", "n1", "n2"))
ELECTED = (
    *ASKED,
    ("UpdateTerm", "n2"),
    ("HandleRequestVoteRequest", "n2"),
    ("HandleRequestVoteResponse", "n1"),
    ("BecomeLeader", "n1"),
)
APPENDED = (*ELECTED, ("ClientRequest", "n1"), ("AppendEntries", "n1", "n2"))
APPENDED_TO_N3 = (*ELECTED, ("ClientRequest", "n1"), ("AppendEntries", "n1", "n3"))
TAKEN = (*APPENDED, ("HandleAppendEntriesRequest", "n2"))
LED = (*TAKEN, ("HandleAppendEntriesResponse", "n1"), ("AdvanceCommitIndex", "n1"))
AT_LIBERTY: dict[str, tuple[Liberty, tuple[tuple[str, ...], ...], Callable[[State], bool]]] = {
    "steps down": ("StepDown", (*ELECTED, ("StepDown", "n1")), lambda _: True),
    "goes on elsewhere": (
        "Rewind",
        (*ELECTED, ("ClientRequest", "n1"), ("Rewind", "n1", "n2")),
        lambda state: apply(apply(state["nextIndex"], "n1"), "n2") == 2,
    ),
    "answers later": (
        "AnswerLater",
        (*TAKEN, ("DropMessage",), ("AnswerLater", "n2", "n1")),
        lambda _: True,
    ),
    "does not answer": (
        "AnswerLater",
        TAKEN,
        lambda state: bool(apply(state["log"], "n2")) and state["messages"] == (),
    ),
    "refuses": ("RefuseVoteRequest", (*ASKED, ("RefuseVoteRequest", "n2")), lambda _: True),
    "learns": ("LearnCommit", (*LED, ("LearnCommit", "n2")), lambda _: True),
    "is no candidate any more": (
        "IgnoreAppendEntries",
        (("Timeout", "n3"), *APPENDED_TO_N3, ("IgnoreAppendEntries", "n3")),
        lambda _: True,
    ),
}


@pytest.mark.parametrize("what", AT_LIBERTY)
@pytest.mark.parametrize("labelled", [True, False])
def test_a_liberty_is_lawful_where_the_target_declares_it(what: str, labelled: bool) -> None:
    liberty, path, last = AT_LIBERTY[what]
    behavior = taken(*path, also=replicates, last=last, model=raft_at_liberty())
    if not labelled:
        behavior = replace(behavior, labels=("",) * len(behavior.states))
    assert not as_raft(behavior, what, frozenset({liberty})).unlawful
    (step,) = as_raft(behavior, what, frozenset(LIBERTIES) - {liberty}).unlawful
    assert (step.number, step.missing) == (len(path) + 1, liberty)
    found = replayed(behavior)
    assert [step.missing for step in found.raft.unlawful] == [liberty]
    assert f"without the liberty {liberty}" in found.why


def test_a_liberty_that_a_target_declares_and_does_not_take_says_nothing_against_it() -> None:
    behavior = taken(*AT_LIBERTY["steps down"][1], also=replicates, model=raft_at_liberty())
    found = replayed(behavior, with_liberties("StepDown"))
    assert (found.word, found.raft.unlawful) == ("undecided", ())
    assert "does not take a liberty that it declares, and need not" in found.why


def test_an_entry_of_the_leaders_own_is_like_a_clients() -> None:
    behavior = taken(*ELECTED, ("LeaderEntry", "n1"), also=replicates, model=raft_at_liberty())
    for liberties, action in (frozenset({"LeaderEntry"}), "LeaderEntry"), (frozenset(), "ClientRequest"):
        raft = as_raft(behavior, "leads", liberties)
        assert (raft.steps[-1].action, raft.unlawful) == (action, ())
