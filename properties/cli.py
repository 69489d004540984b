"""The command line: check, replay, faults, validate.

Exit status: 0 conforms, 1 a divergence was found (or nothing was checked), 2 bad input or usage, said in one line
(where, what was seen, what was expected), 130 interrupted. stdout has the answer, stderr the progress.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from raftcheck.traces.validate import ACTIONS

from .campaign import Campaign, run_schedule, usable_processes
from .checking import Check, check, replay
from .failures import report
from .lockstep import kind_of
from .schedules import MOST_SERVERS, ScheduleError, load
from .targets import REFERENCE, TargetError, load_target
from .verdict import as_json, as_table

CONFORMS, DIVERGES, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

SCHEDULES = 400
"""Of a check that is not told how many: some 60,000 steps, in which every action is taken thousands of times."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point."""
    try:
        status = cli.main(arguments, prog_name="raftcheck", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        status = BAD_INPUT
    except click.ClickException as error:
        status = _complain(error.format_message())
    except (TargetError, ScheduleError) as error:
        status = _complain(str(error))
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    sys.exit(status)


def _complain(problem: str) -> int:
    click.echo("raftcheck: " + " ".join(problem.split()), err=True)
    return BAD_INPUT


@click.group()
def cli() -> None:
    """Random schedules on a Raft, every step judged by spec/raft.tla."""
