"""Where the lines of a trace come from: a file, or the files of several servers, merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from .files import read_lines
from .merge import Merge
from .verdict import Validation
from .wellformed import Line, well_formed


@dataclass(slots=True)
class Progress:
    """How many bytes were read, of how many; `size` is None where that is not known."""

    size: int | None = None
    read: int = 0

    @classmethod
    def of(cls, paths: Iterable[Path]) -> Progress:
        """That of files, if all of them are: a pipe has no size."""
        paths = list(paths)
        return cls(sum(path.stat().st_size for path in paths) if all(map(Path.is_file, paths)) else None)

    def passed(self, size: int) -> None:
        self.read += size


class Source(Protocol):
    """A trace that may be read more than once."""

    @property
    def name(self) -> str: ...

    @property
    def progress(self) -> Progress:
        """How far the lines were read since lines() was called."""
        ...

    def lines(self) -> Iterator[Line]:
        """The lines, well-formed, from the first."""
        ...

    def completed(self, found: Validation) -> Validation:
        """The verdict on the lines that were last read, with what only the source knows of it."""
        ...


@dataclass(slots=True)
class TraceFile:
    """One file with the lines of all servers."""

    path: Path
    progress: Progress = field(default_factory=Progress)

    @property
    def name(self) -> str:
        return str(self.path)

    def lines(self) -> Iterator[Line]:
        self.progress = Progress.of([self.path])
        return well_formed(read_lines(self.path, self.progress.passed))

    def completed(self, found: Validation) -> Validation:
        return found


@dataclass(slots=True)
class NodeFiles:
    """A file for each server, merged. A refusal is not the last word where their order is a guess."""

    paths: Sequence[Path]
    progress: Progress = field(default_factory=Progress)
    _merge: Merge = field(default_factory=lambda: Merge(()))

    @property
    def name(self) -> str:
        return ", ".join(map(str, self.paths))

    def lines(self) -> Iterator[Line]:
        self.progress = Progress.of(self.paths)
        self._merge = Merge([read_lines(path, self.progress.passed) for path in self.paths])
        return iter(self._merge)

    def completed(self, found: Validation) -> Validation:
        return with_order(found, self._merge)


def with_order(found: Validation, merge: Merge) -> Validation:
    """A verdict on merged lines, with what the order up to there has to do with it."""
    if found.refusal is None:
        return found
    refusal, undecided = found.refusal, found.undecided
    if refusal.mismatch is not None:
        refusal = replace(refusal, mismatch=refusal.mismatch.placed(merge.places))
    guess = merge.guess
    if guess is not None and guess.number <= found.lines:
        undecided = f"the order is a guess from {guess.place} on, {guess.why}"
    order = merge.stuck if merge.blamed == found.place else None
    return replace(found, refusal=refusal, undecided=undecided, order=order)
