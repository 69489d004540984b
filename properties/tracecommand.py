"""The command `raftcheck validate`: its options, where its answer goes, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from raftcheck.spec.model import LIBERTIES, Liberty
from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.traces.candidates import MOST_CANDIDATES
from raftcheck.traces.dialects import READERS
from raftcheck.traces.dialects.picture import check_suffix
from raftcheck.traces.export import MODULE
from raftcheck.traces.sources import NodeFiles, Source, TraceFile

from . import verdict
from .console import CONFORMS, DIVERGES, INCOMPLETE, INTERRUPTED, show
from .coverage import coverage_json, coverage_table, page_file
from .judging import Judging, Wanted
from .outputs import refuse_clashes

STATUS = {"conforms": CONFORMS, "undecided": INCOMPLETE}
"""How it ends where this is the worst verdict; DIVERGES with any other."""


OF_ONE_TRACE = ("--export", "--shrink", "--diagram")
READS_AGAIN = ("--export", "--shrink")


@click.command("validate")
@click.argument("traces", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="TRACE...")
@click.option("--merge", is_flag=True, help="The files are one trace, each with the lines of other servers.")
@click.option("--merged", type=click.Path(path_type=Path), help="Write the merged trace, as far as judged.")
@click.option("--dialect", type=click.Choice(sorted(READERS)), help="The trace is of another tool.")
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
    callback=page_file,
    metavar="OUT.html",
    help="Count which parts of raft.tla the explanation went through; write a page with its text.",
)
@click.option(
    "--shrink",
    type=click.Path(path_type=Path),
    metavar="OUT.ndjson",
    help="If the trace is refused, write those of its lines that are enough for it.",
)
@click.option(
    "--diagram",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Draw the last lines that were judged: OUT.html, .svg, .mmd (for Mermaid) or .log (for ShiViz).",
)
@click.option("--from", "first", type=click.IntRange(min=1), help="The first line in the diagram.")
@click.option("--to", "last", type=click.IntRange(min=1), help="The last line in the diagram.")
@click.option(
    "--candidates",
    type=click.IntRange(min=1),
    default=MOST_CANDIDATES,
    show_default=True,
    metavar="N",
    help="Where little is shown, keep at most N states of raft.tla that explain the trace so far.",
)
@click.option(
    "--missing",
    type=click.IntRange(min=0),
    default=0,
    metavar="K",
    help="Up to K lines of a server may be missing before each of its lines. [default: 0]",
)
@click.option(
    "--liberty",
    "liberties",
    type=click.Choice(LIBERTIES),
    multiple=True,
    help="The servers may do this beyond Figure 2 of the paper; as often as needed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def validate_command(
    traces: tuple[Path, ...],
    merge: bool,
    merged: Path | None,
    dialect: str | None,
    lines: int | None,
    folder: Path | None,
    coverage: Path | None,
    shrink: Path | None,
    diagram: Path | None,
    first: int | None,
    last: int | None,
    candidates: int,
    missing: int,
    liberties: tuple[Liberty, ...],
    as_json: bool,
) -> int:
    """Judge trace files, of raftcheck's or of a cluster's, by spec/raft.tla."""
    wanted = Wanted(merged, folder, shrink, coverage, diagram, first, last)
    _refuse_contradictions(traces, wanted, merge, dialect)
    wanted.refuse_unwritable()
    read = TraceFile if dialect is None else READERS[dialect]
    sources: list[Source] = [NodeFiles(traces)] if merge else [read(trace) for trace in traces]
    judging = Judging(wanted, lines, candidates, missing, liberties)
    judged = []
    for source in sources:
        judged.append(judging.judge(source, once=any(map(_is_pipe, traces))))
        if not as_json:
            show(verdict.trace_table(judged[-1], actions_of_raft()))
            click.echo(verdict.trace_report(judged[-1]))
            if folder is not None:
                click.echo(f"exported    {folder / MODULE}.tla, which says how to ask TLC\n")
        if judged[-1].interrupted:
            break
    answer = verdict.traces_json(judged, actions_of_raft())
    if coverage is not None:
        evidence = judging.write_coverage(judged)
        answer["coverage"] = coverage_json(judging.covered.counts, evidence.actions)
        if not as_json:
            show(coverage_table(judging.covered.counts, evidence.actions))
    if as_json:
        click.echo(json.dumps(answer))
    return INTERRUPTED if judged[-1].interrupted else STATUS.get(answer["verdict"], DIVERGES)


def _refuse_contradictions(traces: Sequence[Path], wanted: Wanted, merge: bool, dialect: str | None) -> None:
    """click.UsageError for options that say nothing together, or would write over a trace."""
    if merge and dialect is not None:
        raise click.UsageError(
            "--merge is for traces of raftcheck's own format; expected it without --dialect"
        )
    if wanted.merged is not None and not merge:
        raise click.UsageError("--merged says where the merged trace goes; expected --merge with it")
    refuse_clashes(wanted.named(), traces, "one of the traces")
    for option in wanted.named():
        if option in OF_ONE_TRACE and len(traces) > 1 and not merge:
            raise click.UsageError(f"{option} with {len(traces)} traces; expected one, for it is of one")
        if option in READS_AGAIN and any(map(_is_pipe, traces)):
            raise click.UsageError(f"{option} with a pipe, which can be read but once; expected a file")
    if wanted.diagram is None and (wanted.first is not None or wanted.last is not None):
        raise click.UsageError("--from or --to without --diagram; expected them together")
    if wanted.first is not None and wanted.last is not None and wanted.last < wanted.first:
        raise click.UsageError(f"--from {wanted.first} --to {wanted.last}; expected a line and one after it")
    if wanted.diagram is not None:
        check_suffix(wanted.diagram)


def _is_pipe(trace: Path) -> bool:
    return trace.exists() and not trace.is_file()
