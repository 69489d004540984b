"""Where the lines of a trace come from: a file, or the files of several servers, merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from .files import read_lines, read_trace
from .merge import Merge
from .verdict import Validation
from .wellformed import Line


class Source(Protocol):
    """A trace that may be read more than once."""

    @property
    def name(self) -> str: ...

    def lines(self) -> Iterator[Line]:
        """The lines, well-formed, from the first."""
        ...

    def completed(self, found: Validation) -> Validation:
        """The verdict on the lines that were last read, with what only the source knows of it."""
        ...


@dataclass(frozen=True, slots=True)
class TraceFile:
    """One file with the lines of all servers."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    def lines(self) -> Iterator[Line]:
        return read_trace(self.path)

    def completed(self, found: Validation) -> Validation:
        return found


@dataclass(slots=True)
class NodeFiles:
    """A file for each server, merged. A refusal is not the last word where their order is a guess."""

    paths: Sequence[Path]
    _merge: Merge = field(default_factory=lambda: Merge(()))

    @property
    def name(self) -> str:
        return ", ".join(map(str, self.paths))

    def lines(self) -> Iterator[Line]:
        self._merge = Merge([read_lines(path) for path in self.paths])
        return iter(self._merge)

    def completed(self, found: Validation) -> Validation:
        return with_order(found, self._merge)


def with_order(found: Validation, merge: Merge) -> Validation:
    """A verdict on merged lines, with what the order up to there has to do with it."""
    if found.refusal is None:
        return found
    undecided = found.undecided
    if merge.guess is not None and merge.guess[0] <= found.lines:
        undecided = f"the order is a guess from {merge.guess[1]} on, whose message was not seen to be sent"
    return replace(found, undecided=undecided, order=merge.stuck if merge.blamed == found.place else None)
