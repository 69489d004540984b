"""The command `raftcheck scenarios`: those that there are, or the shortest way to a goal of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec
from msgspec.structs import replace
from rich.table import Table

from raftcheck.tla.errors import counted

from .adapters.reference import reference
from .console import CONFORMS, DIVERGES, INCOMPLETE, INTERRUPTED, Seconds, show, telling
from .directing import directed
from .lockstep import run
from .outputs import given, refuse_unwritable
from .scenarios import Bounds, Round, scenarios
from .schedules import MOST_SERVERS, Schedule, describe, server_names, to_json
from .targets import REFERENCE

LEAN_FROM = 5
"""Servers. Figure 8 is found among 122,427 states then, and was not in minutes without."""


@click.command("scenarios")
@click.argument("goal", required=False)
@click.option("--servers", type=click.IntRange(1, MOST_SERVERS), help="[default: 3]")
@click.option("--terms", type=click.IntRange(min=1), help="[default: 2]")
@click.option("--log-length", type=click.IntRange(min=1), help="[default: 1]")
@click.option("--max-entries", type=click.IntRange(min=1), help="Of one AppendEntries. [default: no bound]")
@click.option("--held", type=click.IntRange(min=0), help="Messages held back. [default: 0]")
@click.option("--restarts", type=click.IntRange(min=0), help="[default: 0]")
@click.option(
    "--lean/--no-lean",
    default=None,
    help=f"Leave out steps that seldom lead anywhere. [default: with {LEAN_FROM} servers or more]",
)
@click.option("--seconds", type=Seconds(), help="Give up after as many seconds.")
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option("--schedule", type=click.Path(path_type=Path), help="Write the way as a schedule.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def scenarios_command(
    goal: str | None,
    seconds: float | None,
    processes: int,
    schedule: Path | None,
    as_json: bool,
    **bounded: int | None,
) -> int:
    """List the scenarios, or search a shortest way to GOAL.

    GOAL is a formula over the names of spec/Rounds.tla, Raft in whole rounds: of a state, or of a step, where
    it has primes. The options bound the search; for the name of a scenario, the defaults are its bounds. The
    schedule is what the reference does on that way: `raftcheck replay FILE TARGET` does it on another Raft.

    Ends with 0 if there is a way, 1 if there is none within the bounds, 2 if the input is bad, 3 if the time
    was over before, 130 if interrupted.
    """
    if goal is None:
        _list(as_json)
        return CONFORMS
    outputs = given(schedule=schedule)
    for path in outputs.values():
        refuse_unwritable(path)
    from .ways import way_to  # the search engine, which a list does not need, takes a while to import

    known = next((found for found in scenarios() if found.name == goal), None)
    goal, bounds = (goal, Bounds()) if known is None else (known.goal, known.bounds)
    bounds = replace(bounds, **{name: bound for name, bound in bounded.items() if bound is not None})
    if bounded["lean"] is None and bounds.servers >= LEAN_FROM:
        bounds = replace(bounds, lean=True)
    with telling("searching") as tell:
        way, result = way_to(
            goal,
            bounds,
            seconds=seconds,
            processes=processes,
            progress=lambda so_far: tell(f"{so_far.distinct:,} states, {so_far.depth - 1} actions deep"),
        )
    rounds = () if way is None else way.rounds
    done = _schedule(rounds, bounds)
    if schedule is not None and way is not None:
        schedule.write_bytes(to_json(done))
    if as_json:
        told = {
            "found": way is not None,
            "rounds": [str(step) for step in rounds],
            "actions": len(done.actions),
            "states": result.distinct,
            "seconds": round(result.seconds, 3),
            "stopped": result.stopped,
        }
        click.echo(json.dumps(told))
    elif way is None:
        lean = "; the search was lean, which leaves some out: --no-lean" if bounds.lean else ""
        why = f"stopped ({result.stopped})" if result.stopped else f"there is none within these bounds{lean}"
        click.echo(f"no way found: {why}; {result.distinct:,} states in {result.seconds:.1f} s")
    elif not rounds:
        click.echo("The goal holds before the first round.")
    else:
        _show_way(rounds, done)
        actions = counted(len(done.actions), "action")
        click.echo(f"\n{actions}; {result.distinct:,} states in {result.seconds:.1f} s")
    if result.stopped == "interrupt":
        return INTERRUPTED
    return CONFORMS if way is not None else INCOMPLETE if result.stopped else DIVERGES


def _list(as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode({"scenarios": scenarios()}))
        return
    table = Table("scenario", "servers", "rounds", "what happens", box=None, padding=(0, 2, 0, 0))
    for found in scenarios():
        table.add_row(found.name, str(found.bounds.servers), str(len(found.rounds)), found.title)
    show(table)


def _schedule(rounds: tuple[Round, ...], bounds: Bounds) -> Schedule:
    """What the reference does on a way."""
    names = server_names(bounds.servers)
    config = {"max_entries": bounds.max_entries}
    outcome = run(reference, names, config, directed(rounds, dict(zip(names, names, strict=True))))
    return Schedule(names, tuple(outcome.performed), config, "", REFERENCE)


def _show_way(rounds: tuple[Round, ...], done: Schedule) -> None:
    table = Table("rounds", "actions", box=None, padding=(0, 2, 0, 0))
    table.add_row("\n".join(map(str, rounds)), "\n".join(map(describe, done.actions)))
    show(table)
