"""Judges the traces of `raftcheck validate`, and writes what was asked for beside the verdicts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import click

from raftcheck.spec.model import Liberty
from raftcheck.traces.candidates import MOST_CANDIDATES
from raftcheck.traces.coverage import Covered, page
from raftcheck.traces.dialects.picture import picture
from raftcheck.traces.dialects.timeline import Timeline
from raftcheck.traces.events import Event
from raftcheck.traces.evidence import Evidence, together
from raftcheck.traces.export import export
from raftcheck.traces.files import replaced_trace, write_trace
from raftcheck.traces.shrinking import Beginnings, shrunk
from raftcheck.traces.sources import Source, TraceFile
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import Validation, Witness, validate

from . import verdict
from .console import reading
from .outputs import given, refuse_unwritable


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is written beside the verdict: where, or None where it is not asked for.

    merged       the merged trace
    folder       the trace as a TLA+ module
    shrink       the lines that are enough for a refusal
    coverage     the page with what was exercised of raft.tla
    diagram      the lines from `first` to `last`, drawn
    """

    merged: Path | None
    folder: Path | None
    shrink: Path | None
    coverage: Path | None
    diagram: Path | None
    first: int | None
    last: int | None

    def named(self) -> dict[str, Path]:
        """By the options that ask for it."""
        return given(
            merged=self.merged,
            export=self.folder,
            shrink=self.shrink,
            coverage=self.coverage,
            diagram=self.diagram,
        )

    def refuse_unwritable(self) -> None:
        """OSError where a file could not be written, before work is done that would be lost."""
        for option, path in self.named().items():
            if option == "--export":
                path.mkdir(parents=True, exist_ok=True)
            else:
                refuse_unwritable(path)


class Judging:
    """The judging of traces, one after another; what is written of all together comes last."""

    def __init__(
        self,
        wanted: Wanted,
        lines: int | None,
        candidates: int,
        missing: int,
        liberties: Collection[Liberty] = (),
    ) -> None:
        """`lines`: only the first so many of each trace. The others: as in validate()."""
        self.covered = Covered()
        self._wanted = wanted
        self._lines = lines
        self._candidates = candidates
        self._missing = missing
        self._liberties = liberties
        self._timeline = Timeline(wanted.first, wanted.last)

    def judge(self, source: Source, once: bool) -> Validation:
        """The verdict on a trace. `once`: it cannot be read again, so a refusal is not shrunk."""
        if self._wanted.folder is not None:
            exported = islice(source.lines(), self._lines)
            export(self._wanted.folder, exported, Path(source.name).name, self._liberties)
        beginnings = Beginnings()
        found = source.completed(self._validated(source, beginnings))
        if found.refusal is not None and not once:
            found = self._shrunk(source, found, beginnings)
        elif self._wanted.shrink is not None:
            _not_written(self._wanted.shrink, "nothing is refused")
        diagram = self._wanted.diagram
        first = self._wanted.first or 1
        if diagram is not None and first > self._timeline.lines:
            lines = f"expected --from with a line up to {self._timeline.lines}, the last that was judged"
            _not_written(diagram, f"there is nothing to draw from line {first} on; {lines}")
        elif diagram is not None:
            drawn = picture(diagram.suffix, self._timeline, source.name, verdict.word_of(found))
            diagram.write_text(drawn, encoding="utf-8")
        return found

    def write_coverage(self, judged: Sequence[Validation]) -> Evidence:
        """Writes the page of all traces that were judged; what it rests on."""
        assert self._wanted.coverage is not None
        evidence = together([trace.evidence for trace in judged])
        text = page(", ".join(trace.file for trace in judged), evidence, self.covered.counts)
        self._wanted.coverage.write_text(text, encoding="utf-8")
        return evidence

    def _validated(self, source: Source, beginnings: Beginnings) -> Validation:
        merged = self._wanted.merged
        with (
            reading(source.name) as watch,
            nullcontext() if merged is None else replaced_trace(merged) as write,
        ):
            witnesses: list[Witness] = [beginnings, _telling(source, watch)]
            if write is not None:
                witnesses.append(_writing(write))
            if self._wanted.coverage is not None:
                witnesses.append(self.covered)
            if self._wanted.diagram is not None:
                witnesses.append(self._timeline)
            lines = islice(source.lines(), self._lines)
            return validate(lines, source.name, witnesses, self._candidates, self._missing, self._liberties)

    def _shrunk(self, source: Source, found: Validation, beginnings: Beginnings) -> Validation:
        """The verdict with the lines that are enough for its refusal, if fewer are."""
        assert found.refusal is not None
        smaller = None
        with suppress(KeyboardInterrupt):  # the refusal is the answer, small or not
            smaller = shrunk(source.lines(), found.refusal, beginnings, self._liberties)
        if smaller is None:
            if self._wanted.shrink is not None:
                _not_written(self._wanted.shrink, "no fewer lines were found to be enough")
            return found
        told, events = smaller
        if self._wanted.shrink is not None:
            write_trace(self._wanted.shrink, events)
        return replace(found, refusal=replace(found.refusal, shrunk=told))


def judged_file(path: Path, liberties: Collection[Liberty] = ()) -> Validation:
    """The verdict on a trace file, and nothing written beside it."""
    nothing = Wanted(None, None, None, None, None, None, None)
    return Judging(nothing, None, MOST_CANDIDATES, 0, liberties).judge(TraceFile(path), once=False)


def _not_written(path: Path, why: str) -> None:
    older = "; what stands there is older" if path.exists() else ""
    click.echo(f"{path} is not written: {why}{older}", err=True)


def _telling(source: Source, watch: Callable[[str, int, int | None], None]) -> Witness:
    """Tells how far the source was judged."""

    def witness(_: Event, judge: Validator) -> None:
        if judge.judged.lines % 100 == 0:
            watch(f"{judge.judged.lines:,} lines", source.progress.read, source.progress.size)

    return witness


def _writing(write: Callable[[Event], None]) -> Witness:
    return lambda event, _: write(event)
