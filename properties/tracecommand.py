"""The command `raftcheck validate`: its options, where its answer goes, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

import click

from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.traces.candidates import MOST_CANDIDATES
from raftcheck.traces.coverage import Covered, page
from raftcheck.traces.dialects import READERS
from raftcheck.traces.dialects.picture import check_suffix, picture
from raftcheck.traces.dialects.timeline import Timeline
from raftcheck.traces.events import Event
from raftcheck.traces.evidence import together
from raftcheck.traces.export import export
from raftcheck.traces.files import trace_file, write_trace
from raftcheck.traces.shrinking import Beginnings, shrunk
from raftcheck.traces.sources import NodeFiles, Source, TraceFile
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import Witness, validate

from . import verdict
from .console import CONFORMS, DIVERGES, INCOMPLETE, INTERRUPTED, reading, show
from .coverage import coverage_json, coverage_table, page_file

STATUS = {"conforms": CONFORMS, "undecided": INCOMPLETE}
"""How it ends where this is the worst verdict; DIVERGES with any other."""


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
    as_json: bool,
) -> int:
    """Judge trace files, of raftcheck's or of a cluster's, by spec/raft.tla."""
    if dialect is not None and merge:
        raise click.UsageError(
            "--merge is for traces of raftcheck's own format; expected it without --dialect"
        )
    read = TraceFile if dialect is None else READERS[dialect]
    sources: list[Source] = [NodeFiles(traces)] if merge else [read(trace) for trace in traces]
    if merged is not None and not merge:
        raise click.UsageError("--merged says where the merged trace goes; expected --merge with it")
    if merged is not None and merged.resolve() in [trace.resolve() for trace in traces]:
        raise click.UsageError(f"--merged {merged} is one of the files to merge; expected another")
    if shrink is not None and shrink.resolve() in [trace.resolve() for trace in traces]:
        raise click.UsageError(f"--shrink {shrink} is one of the traces; expected another file")
    if shrink is not None and len(sources) > 1:
        raise click.UsageError(f"--shrink with {len(traces)} traces; expected one, for the file is of one")
    if folder is not None and len(sources) > 1:
        raise click.UsageError(f"--export with {len(traces)} traces; expected one, for the module is of one")
    if diagram is not None:
        if len(sources) > 1:
            raise click.UsageError(f"--diagram with {len(traces)} traces; expected one")
        if first is not None and last is not None and last < first:
            raise click.UsageError(f"--from {first} --to {last}; expected a line and one after it")
        check_suffix(diagram)
    elif first is not None or last is not None:
        raise click.UsageError("--from or --to without --diagram; expected them together")
    pipes = [trace for trace in traces if trace.exists() and not trace.is_file()]
    if pipes and (folder is not None or shrink is not None):
        raise click.UsageError(f"{pipes[0]} can be read but once; expected a file with --export or --shrink")
    judged = []
    covered, timeline = Covered(), Timeline(first, last)
    witnesses: list[Witness] = [covered] if coverage is not None else []
    witnesses += [timeline] if diagram is not None else []
    for source in sources:
        if folder is not None:
            module = export(folder, islice(source.lines(), lines), Path(source.name).name)
        with (
            reading(source.name) as watch,
            nullcontext() if merged is None else trace_file(merged) as write,
        ):
            beginnings = Beginnings()
            own = [_telling(source, watch), *([_writing(write)] if write is not None else [])]
            taken = islice(source.lines(), lines)
            seen: list[Witness] = [*witnesses, beginnings, *own]
            found = validate(taken, source.name, seen, candidates)
        found = source.completed(found)
        smaller = None
        if found.refusal is not None and not pipes:
            with suppress(KeyboardInterrupt):  # the refusal is the answer, small or not
                smaller = shrunk(source.lines(), found.refusal, beginnings)
        if smaller is not None and found.refusal is not None:
            told, events = smaller
            found = replace(found, refusal=replace(found.refusal, shrunk=told))
            if shrink is not None:
                write_trace(shrink, events)
        elif shrink is not None:
            why = "nothing is refused" if found.refusal is None else "no fewer lines were found to be enough"
            click.echo(f"{shrink} is not written: {why}", err=True)
        judged.append(found)
        if not as_json:
            show(verdict.trace_table(judged[-1], actions_of_raft()))
            click.echo(verdict.trace_report(judged[-1]))
            if folder is not None:
                click.echo(f"\nexported    {module}, which says how to ask TLC")
        if diagram is not None:
            word = verdict.word_of(judged[-1])
            diagram.write_text(picture(diagram.suffix, timeline, source.name, word), encoding="utf-8")
        if found.interrupted:
            break
    answer = verdict.traces_json(judged, actions_of_raft())
    if coverage is not None:
        evidence = together([trace.evidence for trace in judged])
        coverage.write_text(page(", ".join(map(str, traces)), evidence, covered.counts), encoding="utf-8")
        answer["coverage"] = coverage_json(covered.counts, evidence.actions)
        if not as_json:
            show(coverage_table(covered.counts, evidence.actions))
    if as_json:
        click.echo(json.dumps(answer))
    return INTERRUPTED if judged[-1].interrupted else STATUS.get(answer["verdict"], DIVERGES)


def _telling(source: Source, watch: Callable[[str, int, int | None], None]) -> Witness:
    """Tells how far the source was judged."""

    def witness(_: Event, judge: Validator) -> None:
        if judge.judged.lines % 100 == 0:
            watch(f"{judge.judged.lines:,} lines", source.progress.read, source.progress.size)

    return witness


def _writing(write: Callable[[Event], None]) -> Witness:
    return lambda event, _: write(event)
