"""The command `raftcheck validate`: its options, where its answer goes, and how it ends."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import click

from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.traces.events import Event
from raftcheck.traces.export import export
from raftcheck.traces.files import read_trace
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import validate

from . import verdict
from .console import CONFORMS, DIVERGES, counting, show


@click.command("validate")
@click.argument("traces", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="TRACE...")
@click.option("--lines", type=click.IntRange(min=1), help="Only the first lines, so many. [default: all]")
@click.option(
    "--export",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write the trace into this folder as a TLA+ module, for TLC to judge.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def validate_command(traces: tuple[Path, ...], lines: int | None, folder: Path | None, as_json: bool) -> int:
    """Judge trace files, of raftcheck's or of a cluster's, by spec/raft.tla."""
    if folder is not None and len(traces) > 1:
        raise click.UsageError(f"--export with {len(traces)} traces; expected one, for the module is of one")
    judged = []
    for trace in traces:
        if folder is not None:
            module = export(folder, islice(read_trace(trace), lines), trace.name)
        with counting("lines", None) as watch:

            def progress(_: Event, judge: Validator) -> None:
                if judge.judged.lines % 100 == 0:
                    watch(judge.judged.lines)

            judged.append(validate(islice(read_trace(trace), lines), str(trace), [progress]))
        if not as_json:
            show(verdict.trace_table(judged[-1], actions_of_raft()))
            click.echo(verdict.trace_report(judged[-1]))
            if folder is not None:
                click.echo(f"\nexported    {module}, which says how to ask TLC")
    if as_json:
        click.echo(json.dumps(verdict.traces_json(judged, actions_of_raft())))
    return CONFORMS if all(verdict.word_of(trace) == "conforms" for trace in judged) else DIVERGES
