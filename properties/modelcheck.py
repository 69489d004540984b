"""Searches a model, with our engine or with TLC: what is asked, and what came of it.

Both engines answer alike, so that nothing after this knows which of them it was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

from raftcheck.tla.behaviors import Behavior
from raftcheck.tla.checker import Result, Step, Violation, check
from raftcheck.tla.compiler import RUNTIME_ERRORS
from raftcheck.tla.config import Config, load_config
from raftcheck.tla.errors import TlaError
from raftcheck.tla.model import Model, State
from raftcheck.tla.modules import load
from raftcheck.tla.run import current, no_search, running
from raftcheck.tla.simulation import simulate
from raftcheck.tla.tlc import Options, Tlc
from raftcheck.tla.values import Value

Engine = Literal["raftcheck", "tlc"]
Word = Literal["holds", "violated", "vacuous", "incomplete"]
Progress = Callable[[Result], None]


@dataclass(frozen=True, slots=True)
class Walks:
    """Random walks in place of a search; `number` None: until the time is over."""

    seed: int
    number: int | None
    depth: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be searched, and how far. `memory` is in bytes, `depth` in states on a path."""

    module: Path
    config: Path
    engine: Engine = "raftcheck"
    walks: Walks | None = None
    deadlock: bool = True
    workers: int = 1
    seconds: float | None = None
    memory: int | None = None
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine found.

    `actions` are the names of all actions, also of those never taken; `behavior` is the counterexample, as
    far as there is one (a postcondition has none), and shows the variables where ALIAS ends in an error;
    `constants` are the values of the model's constants, as the configuration gives them; `unchecked` names
    the properties of whole behaviors and the postcondition where not all states are known, so that nothing
    can be said of them (of such a property, a part that speaks of states or steps was checked).
    """

    question: Question
    config: Config
    result: Result
    actions: tuple[str, ...]
    behavior: Behavior | None
    constants: Mapping[str, Value]
    alias_error: str = ""
    unchecked: tuple[str, ...] = ()

    @property
    def word(self) -> Word:
        """The verdict. Only a search that was not cut short, and had a state to begin with, says `holds`."""
        if self.result.violation is not None:
            return "violated"
        if self.result.stopped or self.question.walks is not None:
            return "incomplete"
        return "holds" if self.result.distinct or not self.config.has_behavior else "vacuous"


def answer(question: Question, progress: Progress | None = None) -> Answer:
    """Searches the model. TlaError for what is wrong with the model itself, or where TLC is not installed."""
    return (_ask_tlc if question.engine == "tlc" else _ask)(question, progress)


def _config(question: Question) -> Config:
    config = load_config(question.config)
    return config if question.deadlock else replace(config, check_deadlock=False)


def _ask(question: Question, progress: Progress | None) -> Answer:
    module = load(question.module)
    config = _config(question)
    model = Model(module, config)
    if not module.variables and not config.has_behavior:
        model.check_assumptions()
        return Answer(question, config, Result(), (), None, config.constants)
    names = model.action_names()
    if question.walks is not None:
        result = simulate(
            model,
            seed=question.walks.seed,
            walks=question.walks.number,
            depth=question.walks.depth,
            seconds=question.seconds,
            progress=progress,
        )
    else:
        result = check(
            model,
            progress,
            seconds=question.seconds,
            memory=question.memory,
            depth=question.depth,
            workers=question.workers,
        )
    behavior, alias_error = _counterexample(model, result.violation)
    unchecked = _unchecked(model, result) if question.walks is not None or result.stopped else ()
    return Answer(question, config, result, names, behavior, config.constants, alias_error, unchecked)


def _unchecked(model: Model, result: Result) -> tuple[str, ...]:
    """What is looked at when all states are known or all walks made, by the names in the configuration."""
    names = [name for name, _ in model.properties().violations]
    postcondition = model.config.postcondition if result.stopped else None
    return tuple(dict.fromkeys([*names, postcondition.name] if postcondition is not None else names))


def _counterexample(model: Model, found: Violation | None) -> tuple[Behavior | None, str]:
    """The states, as ALIAS shows them where it can, and why it cannot."""
    if found is None or not found.behavior:
        return None, ""
    plain = _behavior(found, model.variables)
    if model.config.alias is None:
        return plain, ""
    last = plain.states[-1 if found.loop is None else found.loop]
    steps = pairwise((*plain.states, last))
    try:
        shown = [_aliased(model, level, *step) for level, step in enumerate(steps, 1)]
    except RUNTIME_ERRORS as error:
        return plain, " ".join(str(error).split())
    names = _in_order(shown[0], model.variables)
    if any(fields.keys() != shown[0].keys() for fields in shown):
        return plain, "not the same fields in all states"
    states = tuple(tuple(fields[name] for name in names) for fields in shown)
    return replace(plain, variables=names, states=states), ""


def _aliased(model: Model, level: int, state: State, successor: State) -> Mapping[str, Value]:
    """What ALIAS shows of a state, which is at that level of the behavior: TLCGet("level")."""

    def fact(name: str) -> Value:
        return level if name == "level" else no_search(name)

    with running(replace(current(), facts=fact)):
        return model.alias(state, successor)


def _ask_tlc(question: Question, progress: Progress | None) -> Answer:
    if not question.module.is_file():  # TLC takes a while to say so
        raise TlaError(f"{question.module}: no such file; expected a TLA+ module")
    config = _config(question)
    walks = question.walks
    options = Options(
        workers=question.workers,
        memory=question.memory,
        seconds=question.seconds,
        deadlock=config.check_deadlock,
        simulate=walks is not None,
        walks=walks.number if walks is not None else None,
        depth=walks.depth if walks is not None else None,
        seed=walks.seed if walks is not None else None,
    )
    opinion = Tlc.find().check(question.module, question.config, options, progress)
    result, found = opinion.result, opinion.result.violation
    behavior = None
    if found is not None and found.behavior:
        names = _in_order(opinion.variables, _declared(question.module))
        behavior = _behavior(found, opinion.variables).in_order(names)
    return Answer(question, config, result, tuple(result.actions), behavior, config.constants)


def _declared(module: Path) -> tuple[str, ...]:
    """The variables in the order of their declaration; TLC has an order of its own."""
    try:
        return tuple(variable.name for variable in load(module).variables)
    except TlaError:  # TLC may know parts of the language that the engine here does not
        return ()


def _behavior(found: Violation, variables: tuple[str, ...]) -> Behavior:
    states = tuple(step.state for step in found.behavior)
    return Behavior(variables, states, tuple(map(_label, found.behavior)), found.loop)


def _in_order(names: Collection[str], variables: tuple[str, ...]) -> tuple[str, ...]:
    """The variables as they are declared, or the fields of an alias as they are sorted."""
    return variables if set(names) == set(variables) else tuple(sorted(names))


def _label(step: Step) -> str:
    return "" if step.action is None else str(step.action)
