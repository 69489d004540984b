"""The command `raftcheck validate`: its options, where its answer goes, and how it ends."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import click

from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.traces.coverage import Covered, page
from raftcheck.traces.events import Event
from raftcheck.traces.evidence import together
from raftcheck.traces.export import export
from raftcheck.traces.files import read_trace
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import Witness, validate

from . import verdict
from .console import CONFORMS, DIVERGES, counting, show
from .coverage import coverage_json, coverage_table


@click.command("validate")
@click.argument("traces", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="TRACE...")
@click.option("--lines", type=click.IntRange(min=1), help="Only the first lines, so many. [default: all]")
@click.option(
    "--export",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write the trace into this folder as a TLA+ module, for TLC to judge.",
)
@click.option(
    "--coverage",
    type=click.Path(path_type=Path),
    metavar="OUT.html",
    help="Count which parts of raft.tla the explanation went through; write a page with its text.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def validate_command(
    traces: tuple[Path, ...], lines: int | None, folder: Path | None, coverage: Path | None, as_json: bool
) -> int:
    """Judge trace files, of raftcheck's or of a cluster's, by spec/raft.tla."""
    if folder is not None and len(traces) > 1:
        raise click.UsageError(f"--export with {len(traces)} traces; expected one, for the module is of one")
    judged = []
    covered = Covered()
    witnesses: list[Witness] = [covered] if coverage is not None else []
    for trace in traces:
        if folder is not None:
            module = export(folder, islice(read_trace(trace), lines), trace.name)
        with counting("lines", None) as watch:

            def progress(_: Event, judge: Validator) -> None:
                if judge.judged.lines % 100 == 0:
                    watch(judge.judged.lines)

            judged.append(validate(islice(read_trace(trace), lines), str(trace), [*witnesses, progress]))
        if not as_json:
            show(verdict.trace_table(judged[-1], actions_of_raft()))
            click.echo(verdict.trace_report(judged[-1]))
            if folder is not None:
                click.echo(f"\nexported    {module}, which says how to ask TLC")
    found = verdict.traces_json(judged, actions_of_raft()) if as_json else {}
    if coverage is not None:
        evidence = together([trace.evidence for trace in judged])
        coverage.write_text(page(", ".join(map(str, traces)), evidence, covered.counts), encoding="utf-8")
        found["coverage"] = coverage_json(covered.counts, evidence.actions)
        if not as_json:
            show(coverage_table(covered.counts, evidence.actions))
    if as_json:
        click.echo(json.dumps(found))
    return CONFORMS if all(verdict.word_of(trace) == "conforms" for trace in judged) else DIVERGES
