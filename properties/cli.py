"""The command line: check, replay, faults, validate, model.

Exit status: 0 conforms, 1 a divergence was found or nothing was checked, 2 bad input or usage, said in one
line (where, what was seen, what was expected), 3 a model was not searched completely, 130 interrupted, 141
nobody reads the answer. stdout has the answer, stderr the progress.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import click

from raftcheck.tla.errors import TlaError
from raftcheck.traces.coverage import page
from raftcheck.traces.errors import TraceError, printable
from raftcheck.traces.files import node_files, trace_file
from raftcheck.traces.finer import Finer

from . import faultcheck
from .answers import answer, status_of
from .campaign import Campaign, run_schedule, usable_processes
from .checking import check
from .console import BAD_INPUT, BROKEN_PIPE, CONFORMS, DIVERGES, INTERRUPTED, Seconds, counting, show
from .coverage import page_file
from .failures import told
from .faultcheck import UnknownFault
from .modelcommand import model_command
from .outputs import given, refuse_clashes, refuse_unwritable
from .replaycommand import replay_command
from .schedules import MOST_SERVERS, ScheduleError
from .targets import REFERENCE, TargetError, load_target
from .tracecommand import validate_command

SCHEDULES = 400
"""Of a check that is not told how many: some 60,000 steps, with every action taken hundreds of times."""

FAULT_SCHEDULES, FAULT_SECONDS = 5000, 60.0
"""What a fault may cost at most before it counts as one that lives."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point; ends the process with the exit status."""
    _open_closed_streams()
    try:
        status = cli.main(arguments, prog_name="raftcheck", standalone_mode=False)
    except click.ClickException as error:
        status = _complain(error.format_message())
    except (TargetError, ScheduleError, TraceError, TlaError, UnknownFault) as error:
        status = _complain(str(error))
    except OSError as error:
        status = _complain(
            f"{error.filename or 'output'}: {error.strerror}; expected a file that can be written"
        )
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    sys.exit(status)


def _open_closed_streams() -> None:
    """Where the shell has closed stdout or stderr (`>&-`), what is written there goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (to the end)


def _complain(problem: str) -> int:
    click.echo("raftcheck: " + printable(" ".join(problem.split())), err=True)
    return BAD_INPUT


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> int:
        """Also ends well where nobody reads the answer; click would end with the status of a violation."""
        try:
            status: int = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # What is left in the buffer goes nowhere; else it would fail again when the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BROKEN_PIPE
        return status


@click.group(cls=_Commands, invoke_without_command=True)
@click.version_option(package_name="raftcheck", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> int:
    """Random schedules on a Raft, every step judged by spec/raft.tla."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return BAD_INPUT


cli.add_command(model_command)
cli.add_command(replay_command)
cli.add_command(validate_command)


@cli.command("check")
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
@click.option("--no-judge", is_flag=True, help="Only the safety properties, without the spec.")
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
    no_judge: bool,
    as_json: bool,
) -> int:
    """Run random schedules on TARGET: `reference`, or module:attribute of an Implementation."""
    implementation = load_target(target)
    if schedules is None and seconds is None:
        schedules = SCHEDULES
    if (fine or per_node) and trace is None:
        option = "--fine" if fine else "--per-node"
        raise click.UsageError(f"{option} is of a trace; expected --trace FILE beside it")
    if no_judge and coverage is not None:
        raise click.UsageError("--coverage is of raft.tla, which --no-judge leaves out; expected one of them")
    campaign = Campaign(target, seed, schedules, servers, length, not no_judge, coverage is not None)
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
            finer = Finer(write)
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


@cli.command("faults")
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
