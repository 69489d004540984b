"""The command `raftcheck validate`: its options, where its answer goes, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import click

from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.traces.verdict import validate_file

from . import verdict
from .console import CONFORMS, DIVERGES, counting, show


@click.command("validate")
@click.argument("traces", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="TRACE...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def validate_command(traces: tuple[Path, ...], as_json: bool) -> int:
    """Judge trace files, of raftcheck's or of a cluster's, by spec/raft.tla."""
    judged = []
    for trace in traces:
        with counting("lines", None) as watch:
            judged.append(validate_file(trace, lambda lines: None if lines % 100 else watch(lines)))
        if not as_json:
            show(verdict.trace_table(judged[-1], actions_of_raft()))
            click.echo(verdict.trace_report(judged[-1]))
    if as_json:
        click.echo(json.dumps(verdict.traces_json(judged, actions_of_raft())))
    return CONFORMS if all(verdict.word_of(trace) == "conforms" for trace in judged) else DIVERGES
