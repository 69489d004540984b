"""The command `raftcheck synth`: states that a solver makes, and one handler from each."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.table import Table

from raftcheck.spec.model import actions as actions_of_raft

from .answers import not_kept
from .console import CONFORMS, DIVERGES, INCOMPLETE, INTERRUPTED, counting, show
from .lockstep import kind_of
from .scenes import check_restorable, lines
from .schedules import MOST_SERVERS
from .synthesis import LAST_INDEX, LAST_TERM, MEANING, VALUES, Found, Question, check_synthesized
from .targetargument import WithTarget
from .targets import REFERENCE, load_target
from .verdict import taken_table, verdict_text

STATES = 1000
STATUS = {
    "conforms": CONFORMS,
    "diverges": DIVERGES,
    "vacuous": DIVERGES,
    "undecided": INCOMPLETE,
    "interrupted": INTERRUPTED,
}


@click.command("synth", cls=WithTarget)
@click.argument("goal")
@click.argument("target", default=REFERENCE)
@click.option("--states", type=click.IntRange(min=1), default=STATES, show_default=True)
@click.option(
    "--servers", type=click.IntRange(1, MOST_SERVERS), default=3, show_default=True, help="Cluster size."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Where all chance comes from."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
def synth_command(goal: str, target: str, states: int, servers: int, seed: int, as_json: bool) -> int:
    """Make states of Raft that satisfy GOAL, and run one handler of TARGET from each.

    GOAL is a formula of TLA+ on the variables of spec/RaftAbstract.tla, or the name of one of those in
    spec/Goals.tla: Figure8, Deposed, LongSuffix, SplitVote, LongButOld, CommitsOfOld. Servers are "n1",
    "n2", ..., terms 0 to 4, indexes 0 to 3. Each state is made by z3 and satisfies the inductive invariant
    besides; each step of TARGET is judged by raft.tla.

    TARGET is one that can be started from a given state: `reference`, `teaching`, `etcd`, `raft-rs`,
    module:attribute of a Restorable (properties/node.py), or a driver that declares it (PROTOCOL.md).

    Ends with 0 if every step is one of raft.tla, with 1 if not, or if no state satisfies GOAL, with 2 if the
    input is bad, with 3 if z3 does not know, 130 if interrupted.
    """
    check_restorable(load_target(target))
    question = Question(goal, target, states, servers, seed)
    with counting("states", states) as watch:
        found = check_synthesized(question, watch)
    if found.kept is not None and found.kept.lost is not None:
        not_kept(found.kept.lost)
    if as_json:
        click.echo(json.dumps(_as_json(question, found)))
    else:
        show(_as_table(question, found))
        if found.kept is not None:
            click.echo("\n" + found.kept.report())
    return STATUS[found.word]


def _as_table(question: Question, found: Found) -> RenderableType:
    """What was made, what was run, and the verdict."""
    summary = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    summary.add_row("goal", question.goal)
    values = ", ".join(VALUES)
    size = f"{question.servers} servers, terms 0 to {LAST_TERM}, indexes 0 to {LAST_INDEX}, values {values}"
    summary.add_row("universe", size)
    summary.add_row("target", f"{question.target}, seed {question.seed}")
    stopped = " (interrupted)" if found.interrupted else ", which are all" if found.outcome == "all" else ""
    summary.add_row("states", f"{found.states:,}, by z3 and by evaluation{stopped}")
    summary.add_row("handlers", f"{found.handlers:,}, {found.steps:,} steps in {found.seconds:.1f} s")
    if found.first is not None and found.kept is None:
        for place, line in enumerate(lines(found.first)):
            summary.add_row("" if place else "the first", line)
    summary.add_row("verdict", verdict_text(found.word, MEANING[found.word]))
    return Group(taken_table(found.actions, actions_of_raft(), ()), "", summary) if found.steps else summary


def _as_json(question: Question, found: Found) -> dict[str, Any]:
    """The one object of --json; but for `seconds` it depends on the question alone."""
    kept = found.kept
    failure = None
    if kept is not None:
        kind, name = kind_of(kept.failure)
        place = str(kept.file) if kept.lost is None else None
        failure = {"kind": kind, "name": name, "schedule": place, "report": kept.failure.report()}
    return {
        "verdict": found.word,
        "goal": question.goal,
        "target": question.target,
        "servers": question.servers,
        "seed": question.seed,
        "states": found.states,
        "complete": found.outcome == "all",
        "handlers": found.handlers,
        "steps": found.steps,
        "seconds": round(found.seconds, 3),
        "actions": {name: found.actions[name] for name in actions_of_raft()},
        "failure": failure,
    }
