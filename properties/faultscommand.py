"""The command `raftcheck faults`: how well mistakes are found."""

from __future__ import annotations

import json

import click

from . import faultcheck
from .campaign import usable_processes
from .console import CONFORMS, DIVERGES, INTERRUPTED, Seconds, counting, show

FAULT_SCHEDULES, FAULT_SECONDS = 5000, 60.0
"""What a fault may cost at most before it counts as one that lives."""


@click.command("faults")
@click.argument("ids", nargs=-1)
@click.option("--seed", type=int, default=0, show_default=True, help="Where all chance comes from.")
@click.option("--schedules", type=click.IntRange(min=1), default=FAULT_SCHEDULES, show_default=True)
@click.option("--seconds", type=Seconds(), default=FAULT_SECONDS, show_default=True)
@click.option("--processes", type=click.IntRange(min=1), help="[default: as many as there are processors]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
def faults_command(
    ids: tuple[str, ...], seed: int, schedules: int, seconds: float, processes: int | None, as_json: bool
) -> int:
    """Check each fault of the catalogue: whether it is caught, how soon, and what the report names."""
    chosen = faultcheck.choose(ids)
    caught = []
    with counting("faults", len(chosen)) as watch:
        for result in faultcheck.catch(chosen, seed, schedules, seconds, processes or usable_processes()):
            caught.append(result)
            watch(len(caught))
    interrupted = any(result.check.interrupted for result in caught)
    if as_json:
        click.echo(json.dumps({"seed": seed, "faults": [result.as_json() for result in caught]}))
    else:
        show(faultcheck.as_table(caught))
    if interrupted:
        return INTERRUPTED
    return CONFORMS if all(result.is_right for result in caught) else DIVERGES
