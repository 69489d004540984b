"""What the search of a model came to, for people (tables and a counterexample) and for programs (JSON)."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from raftcheck.tla.behaviors import to_itf, to_module, to_text
from raftcheck.tla.checker import Violation

from .modelcheck import Answer


def as_table(answer: Answer) -> RenderableType:
    """How often each action was taken, what was searched, what was checked, and the verdict."""
    question = answer.question
    summary = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    by = " by TLC" if question.engine == "tlc" else ""
    summary.add_row("model", f"{question.module.name} with {question.config.name}{by}")
    if question.walks is not None:
        summary.add_row("walks", _walks(answer))
    if answer.config.has_behavior:
        summary.add_row("states", _states(answer))
        summary.add_row("time", _time(answer))
        if never := never_taken(answer):
            summary.add_row("never taken", ", ".join(never))
        summary.add_row("checked", ", ".join(checked(answer)) or "no property")
        if answer.unchecked:
            summary.add_row("not checked", f"{', '.join(answer.unchecked)} {_why_unchecked(answer)}")
    if answer.alias_error:
        summary.add_row("alias", f"not shown: {answer.alias_error}")
    for warning in answer.result.warnings:
        summary.add_row("warning", warning)
    summary.add_row("verdict", _verdict(answer))
    return Group(_coverage(answer), "", summary) if answer.actions else summary


def never_taken(answer: Answer) -> list[str]:
    return [name for name in answer.actions if not answer.result.actions[name]]


def _coverage(answer: Answer) -> Table:
    """What each action led to; of random walks, no state is remembered, so none is known to be new."""
    result, is_search = answer.result, answer.question.walks is None
    table = Table("action", box=None, padding=(0, 2, 0, 0))
    table.add_column("generated", justify="right")
    if is_search:
        table.add_column("new", justify="right")
    for name in answer.actions:
        new = [f"{result.found[name]:,}"] if is_search else []
        table.add_row(name, f"{result.actions[name]:,}", *new)
    return table


def _walks(answer: Answer) -> str:
    walks = answer.question.walks
    assert walks is not None
    # TLC does not tell how many it took.
    number = f"{answer.result.walks:,}" if answer.question.engine == "raftcheck" else "some"
    return f"{number} of at most {walks.depth:,} steps, seed {walks.seed}"


def _states(answer: Answer) -> str:
    result = answer.result
    if answer.question.walks is not None:
        return f"{result.generated:,} generated"
    counted = f"{result.distinct:,} distinct of {result.generated:,} generated"
    return f"{counted}, {result.initial:,} initial, depth {result.depth:,}"


def _time(answer: Answer) -> str:
    result = answer.result
    rate = result.generated / result.seconds if result.seconds else 0.0
    return f"{result.seconds:.1f} s, {rate:,.0f} states a second"


def checked(answer: Answer) -> list[str]:
    """What had to hold, and was looked at, by the names that the configuration gives."""
    config = answer.config
    names = [*config.invariants, *config.properties]
    if config.postcondition is not None:
        names.append(config.postcondition)
    listed = [reference.name for reference in names if reference.name not in answer.unchecked]
    return [*listed, "no deadlock"] if config.check_deadlock else listed


def _why_unchecked(answer: Answer) -> str:
    return "(a simulation)" if answer.question.walks is not None else "(the search is not complete)"


def _verdict(answer: Answer) -> Text:
    return Text(verdict_line(answer), "bold green" if answer.word == "holds" else "bold red")


def verdict_line(answer: Answer) -> str:
    result = answer.result
    match answer.word:
        case "holds":
            if not answer.config.has_behavior:
                return "holds: every ASSUME is true"
            return "holds: in every reachable state"
        case "violated":
            assert result.violation is not None
            return f"violated: {blame(result.violation)}"
        case "vacuous":
            return "vacuous: there is no initial state, so nothing was checked"
        case "incomplete":
            return f"not complete: {_reason(answer)}; nothing is violated so far"


def _reason(answer: Answer) -> str:
    question, result = answer.question, answer.result
    left = f" ({result.queue:,} left in the queue)" if question.walks is None else ""
    match result.stopped:
        case "time":
            return f"the time was over{left}"
        case "memory":
            return f"the memory was used up{left}"
        case "depth":
            return f"the depth was reached{left}"
        case "interrupt":
            return f"interrupted{left}"
        case "exit":
            return f"the model asked for the end{left}"
    return "a simulation sees a part of the states"


def blame(found: Violation) -> str:
    """What is violated, and where."""
    match found.kind:
        case "deadlock":
            what = "deadlock"
        case "error":
            what = f"an error in {found.name}" if found.name else "an error"
        case _ if not found.name:
            article = "an" if found.kind[0] in "aeiou" else "a"
            what = f"{article} {found.kind} of the configuration is false"
        case _:
            what = f"{found.kind} {found.name} is false"
    if not found.behavior:
        return what
    if found.loop is not None:
        return f"{what} of a behavior that never ends"
    steps = len(found.behavior) - 1
    where = f"after {steps} step{'s' if steps != 1 else ''}" if steps else "in an initial state"
    return f"{what} {where}"


def as_text(answer: Answer) -> str:
    """The counterexample for people; empty where nothing is violated."""
    found = answer.result.violation
    if found is None:
        return ""
    behavior = to_text(answer.behavior) if answer.behavior is not None else ""
    return f"{behavior}\n{found.message}\n" if found.message else behavior


def as_itf(answer: Answer) -> str:
    """The counterexample as ITF; empty where there is none."""
    itf = _itf(answer)
    return json.dumps(itf, indent=1, ensure_ascii=False) + "\n" if itf is not None else ""


def _itf(answer: Answer) -> dict[str, Any] | None:
    return None if answer.behavior is None else to_itf(answer.behavior, answer.question.module.name)


def as_module(answer: Answer, name: str) -> str:
    """The counterexample as a TLA+ module of that name; empty where there is none."""
    return "" if answer.behavior is None else to_module(answer.behavior, name, answer.constants)


def as_json(answer: Answer) -> dict[str, Any]:
    """The one object of --json; but for `seconds` it depends on the question alone, with one worker."""
    question, result, found = answer.question, answer.result, answer.result.violation
    return {
        "verdict": answer.word,
        "reason": verdict_line(answer),
        "module": str(question.module),
        "config": str(question.config),
        "engine": question.engine,
        "distinct": result.distinct,
        "generated": result.generated,
        "initial": result.initial,
        "depth": result.depth,
        "queue": result.queue,
        "walks": result.walks,
        "seconds": round(result.seconds, 3),
        "stopped": result.stopped,
        "checked": checked(answer),
        "not_checked": list(answer.unchecked),
        "actions": {
            name: {"generated": result.actions[name], "new": result.found[name]} for name in answer.actions
        },
        "never_taken": never_taken(answer),
        "warnings": list(result.warnings),
        "violation": None
        if found is None
        else {"kind": found.kind, "name": found.name, "message": found.message, "behavior": _itf(answer)},
    }
