"""The command `raftcheck check`: random schedules, and the trace of one."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

import click

from raftcheck.traces.coverage import page
from raftcheck.traces.files import node_files, trace_file
from raftcheck.traces.finer import Finer

from .answers import answer, status_of
from .campaign import Campaign, run_schedule, usable_processes
from .checking import check
from .console import Seconds, counting
from .coverage import page_file
from .failures import told
from .known import check_known
from .mixing import check_fits
from .outputs import given, refuse_clashes, refuse_unwritable
from .schedules import MOST_SERVERS
from .targetargument import WithTarget
from .targets import REFERENCE, load_target

SCHEDULES = 400
"""Of a check that is not told how many: some 60,000 steps, with every action taken hundreds of times."""


@click.command("check", cls=WithTarget)
@click.argument("target", default=REFERENCE)
@click.option("--seed", type=int, default=0, show_default=True, help="Where all chance comes from.")
@click.option(
    "--schedules", type=click.IntRange(min=1), help=f"How many schedules to run. [default: {SCHEDULES}]"
)
@click.option("--seconds", type=Seconds(), help="Stop after as many seconds.")
@click.option(
    "--servers", type=click.IntRange(1, MOST_SERVERS), help="Cluster size. [default: drawn, mostly 3]"
)
@click.option(
    "--length", type=click.IntRange(min=1), help="Actions in a schedule. [default: drawn, 60 to 300]"
)
@click.option("--processes", type=click.IntRange(1, 256), help="[default: as many as there are processors]")
@click.option(
    "--trace", type=click.Path(path_type=Path), help="Write the failing or the last run as a trace."
)
@click.option("--fine", is_flag=True, help="In the trace, a line for each action of raft.tla.")
@click.option(
    "--per-node", is_flag=True, help="The trace in a file for each server: run.n1.ndjson of run.ndjson."
)
@click.option(
    "--coverage",
    type=click.Path(path_type=Path),
    callback=page_file,
    metavar="OUT.html",
    help="Count which parts of raft.tla the steps went through; write a page with its text.",
)
@click.option(
    "--scenario",
    metavar="NAME",
    help="Begin all schedules with it; `raftcheck scenarios` lists them. [default: every eighth, in turn]",
)
@click.option("--no-judge", is_flag=True, help="Only the safety properties, without the spec.")
@click.option(
    "--known",
    multiple=True,
    metavar="NAME",
    help="Pass over failures of this name, which the report says, or of this action. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
def check_command(
    target: str,
    seed: int,
    schedules: int | None,
    seconds: float | None,
    servers: int | None,
    length: int | None,
    processes: int | None,
    trace: Path | None,
    fine: bool,
    per_node: bool,
    coverage: Path | None,
    scenario: str | None,
    no_judge: bool,
    known: tuple[str, ...],
    as_json: bool,
) -> int:
    """Run random schedules on TARGET.

    TARGET is `reference`; a Raft that raftcheck has an adapter for (etcd, hashicorp, libraft, pysyncobj,
    raft-rs, raftos, teaching); module:attribute of an Implementation; or, after --, the command of a driver:
    raftcheck check -- ./driver --verbose
    """
    implementation = load_target(target)
    if schedules is None and seconds is None:
        schedules = SCHEDULES
    if (fine or per_node) and trace is None:
        option = "--fine" if fine else "--per-node"
        raise click.UsageError(f"{option} is of a trace; expected --trace FILE beside it")
    if no_judge and coverage is not None:
        raise click.UsageError("--coverage is of raft.tla, which --no-judge leaves out; expected one of them")
    fewest = implementation.caps.fewest_servers
    if servers is not None and servers < fewest:
        raise click.UsageError(f"--servers {servers}; expected {fewest} or more, as {target} wants")
    check_known(known)
    if scenario is not None:
        check_fits(scenario, implementation.caps, servers)
    judged, covered = not no_judge, coverage is not None
    campaign = Campaign(target, seed, schedules, servers, length, judged, covered, known, scenario)
    outputs = given(trace=trace, coverage=coverage)
    refuse_clashes(outputs, (), "read")
    for path in outputs.values():
        refuse_unwritable(path)
    with counting("schedules", schedules) as watch:
        found = check(
            campaign, processes or usable_processes(), seconds, lambda so_far: watch(so_far.schedules)
        )
    answer(f"{target}, seed {seed}", found, as_json)
    if trace is not None and (found.kept is not None or found.schedules):
        with node_files(trace) if per_node else trace_file(trace) as write:
            finer = Finer(write, implementation.caps.liberties)
            record = told(finer if fine else write)
            if found.kept is not None:
                for event in found.kept.outcome.events:
                    record(event)
            else:
                with redirect_stdout(sys.stderr):
                    run_schedule(implementation, campaign, found.schedules - 1, record=record)
            finer.finish()
    if coverage is not None:
        coverage.write_text(page(f"{target}, seed {seed},", found.evidence, found.covered), encoding="utf-8")
    return status_of(found)
