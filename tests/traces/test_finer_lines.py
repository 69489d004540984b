"""Finer lines: any behavior of raft.tla, told action by action, is accepted as just those actions."""

from __future__ import annotations

from collections import Counter
from functools import cache
from random import Random

import pytest
from msgspec.structs import replace

from raftcheck.spec.model import FOLDER, actions
from raftcheck.tla.config import parse_config
from raftcheck.tla.model import Action, Model, State
from raftcheck.tla.modules import load
from raftcheck.tla.values import Value, items
from raftcheck.traces.events import Event, Message
from raftcheck.traces.validate import Validator

from .records import message_of, state_of
from .runs import forked

SERVERS = ("n1", "n2", "n3")
SEEDS = range(5)

CONFIG = """
SPECIFICATION Spec
CONSTANTS
    Server = {"n1", "n2", "n3"}
    Value = {"v1", "v2"}
    Nil = ""
    Liberties = {}
    MaxTerm = 0  MaxLogLength = 0  MaxInFlight = 0  MaxCopies = 0  Losing = TRUE  Restarting = {}
    StoredChoices <- MCStoredChoices
    SelfVoteChoices <- MCSelfVoteChoices
"""
"""The widest choices, but a server that lives stores all that it takes in, and votes for itself."""

RARELY = {"Timeout": 0.05, "Restart": 0.05, "DuplicateMessage": 0.2, "DropMessage": 0.2, "RequestVote": 0.5}
"""Actions that are almost always enabled, and would leave room for nothing else."""


Step = tuple[str, str, dict[str, Value], dict[str, Value]]
"""An action, the server that takes it ("" for the network), and the variables before and after."""


@cache
def model() -> tuple[Model, tuple[Action, ...]]:
    found = Model(load(FOLDER / "MCraft.tla"), parse_config(CONFIG))
    return found, found.actions()


@cache
def behavior(seed: int) -> tuple[Step, ...]:
    """A behavior of raft.tla at random."""
    random = Random(seed)
    raft, every_action = model()
    (state,) = set(raft.initial_states())
    steps: list[Step] = []
    for _ in range(70):
        enabled: dict[str, list[tuple[str, State]]] = {}
        for action in every_action:
            found: list[State] = []
            action.run(state, found.append)
            server = action.arguments[0] if action.arguments else ""
            enabled.setdefault(action.name, []).extend((server, successor) for successor in found)
        names = [name for name, successors in enabled.items() if successors]
        (name,) = random.choices(names, [RARELY.get(name, 1.0) for name in names])
        server, successor = random.choice(enabled[name])
        steps.append((name, server, raft.named(state), raft.named(successor)))
        state = successor
    return tuple(steps)


def line_of(step: Step) -> Event:
    """What a server that logs each action would write, if it could see everything."""
    name, server, before, after = step
    flying, then = in_flight(before), in_flight(after)
    gone, sent = list((flying - then).elements()), tuple((then - flying).elements())
    if not server:  # what the network does to a message
        (message,) = gone or sent
        return Event(event=name, server=message.dest, message=message)
    state = state_of(after, server)
    if name == "ClientRequest":
        assert state.log
        return Event(event=name, server=server, value=state.log[-1].value, sends=(), state=state)
    return Event(event=name, server=server, message=gone[0] if gone else None, sends=sent, state=state)


def in_flight(variables: dict[str, Value]) -> Counter[Message]:
    return Counter({message_of(message): copies for message, copies in items(variables["messages"])})


@pytest.mark.parametrize("seed", SEEDS)
def test_a_behavior_of_raft_told_action_by_action_is_accepted_as_these_actions(seed: int) -> None:
    taken: Counter[str] = Counter()
    judge = Validator(SERVERS)
    for step in behavior(seed):
        taken[step[0]] += 1
        refusal = judge.observe(line_of(step))
        assert refusal is None, refusal.report()
    assert judge.actions == taken
    assert judge.judged.most_candidates == 1


def test_these_behaviors_take_every_action() -> None:
    taken = {step[0] for seed in SEEDS for step in behavior(seed)}
    assert taken == set(actions())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_finer_line_needs_no_message_where_any_that_fits_will_do(seed: int) -> None:
    judge = Validator(SERVERS)
    for step in behavior(seed):
        line = line_of(step)
        refusal = judge.observe(replace(line, message=None) if step[1] else line)
        assert refusal is None, refusal.report()


@pytest.mark.parametrize("seed", SEEDS)
def test_an_action_told_under_the_name_of_another_is_refused(seed: int) -> None:
    """But for actions of the network, and others that may change nothing: any line could be one of them."""
    judge = Validator(SERVERS)
    random = Random(seed)
    telling = [name for name in actions() if name not in RARELY or name == "RequestVote"]
    for step in behavior(seed):
        line = line_of(step)
        other = random.choice([name for name in telling if name != step[0]])
        if step[1]:
            assert forked(judge).observe(replace(line, event=other)) is not None, (line, other)
        assert judge.observe(line) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_finer_and_coarser_lines_can_be_mixed(seed: int) -> None:
    """What the handler of a message does is one coarse line, if the server has taken the term already."""
    judge = Validator(SERVERS)
    for step in behavior(seed):
        line = line_of(step)
        if step[0].startswith("Handle") or step[0] == "DropStaleResponse":
            line = replace(line, event="Receive")
        assert judge.observe(line) is None
