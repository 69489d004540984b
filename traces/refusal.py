"""What is said of a line that no step of raft.tla explains, as data, and as a report for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from raftcheck.spec.model import Liberty

from .errors import printable

MOST_CHARACTERS = 300
"""The longest line of a report; the values themselves are in the Refusal."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was observed, and what it would have been after the nearest step."""

    name: str
    observed: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Conjunct:
    """A part of the spec: its text, where it stands ("raft.tla:310"), and the values of its sides."""

    text: str
    place: str
    values: tuple[str, ...]

    def lines(self, label: str) -> list[str]:
        first = f"  {label:9} {self.text}    ({self.place})"
        return [first, *(f"            {value}" for value in self.values)]


@dataclass(frozen=True, slots=True)
class Ignorable:
    """Fields of a line without which it is accepted, each with what was allowed instead.

    lines   how many of the lines that follow, as far as they were looked at, are then accepted too
    """

    fields: tuple[Difference, ...]
    lines: int


Kind = Literal["state", "message content", "message missing", "message extra", "order", "grain", "action"]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The kind of mistake, and what would make the line acceptable; `near` is a line that the text names."""

    kind: Kind
    text: str
    near: int | None = field(default=None, compare=False)

    def placed(self, places: Mapping[int, str]) -> Mismatch:
        """The same, naming that line by the place where it stands, if that is known."""
        if self.near is None or self.near not in places:
            return self
        return replace(self, text=self.text.replace(f"line {self.near}", places[self.near]))


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Lines of the trace that are enough for the refusal.

    places   where they stand, the refused one last
    begins   the line before which they begin, from what raft.tla has there; None: from the Init lines
    bounded  whether a bound ended the search for fewer
    """

    places: tuple[str, ...]
    begins: str | None
    bounded: bool

    def text(self) -> str:
        told = f"{'; '.join(_places(self.places))} are enough"
        if self.begins is not None:
            told += f", from what raft.tla has before {self.begins.rpartition(':')[2]}"
        return told + (" (as far as was tried)" if self.bounded else "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that no step of raft.tla explains.

    line         its number in the trace, from 1
    action       the action of raft.tla that comes nearest to it
    taken        the actions that explain a part of the line before that
    gives        what gives another value in that action than was observed, if that is where they part
    false        the conjunct that is false: the action's, or that of a condition on which `gives` rests
    differences  observed against allowed
    before       the server's state in the spec before the nearest action

    and, where it is worth the time (diagnosis.py),

    ignorable    the smallest sets of fields without which the line is accepted, best first
    bounded      whether a bound ended the search for them before all sets were tried
    mismatch     the kind of mistake
    liberties    what would allow the line if it were declared: one, or several together
    shrunk       the lines that matter (shrinking.py), where that is less than all
    """

    line: int
    server: str
    event: str
    action: str
    taken: tuple[str, ...]
    gives: Conjunct | None
    false: Conjunct | None
    differences: tuple[Difference, ...]
    message: str
    before: tuple[tuple[str, str], ...]
    ignorable: tuple[Ignorable, ...] = ()
    bounded: bool = False
    mismatch: Mismatch | None = None
    liberties: tuple[Liberty, ...] = ()
    shrunk: Shrunk | None = None

    @property
    def conjunct(self) -> Conjunct:
        """Where observation and raft.tla part: the false conjunct, or else what gives another value."""
        found = self.false or self.gives
        assert found is not None, self
        return found

    def report(self, place: str | None = None) -> str:
        """The refusal for people; `place` is where its line stands, if that is in a file."""
        where = place or f"line {self.line}"
        lines = [f"{where}: {self.server} {self.action} is not a step of raft.tla"]
        differences = self.ignorable[0].fields if self.ignorable else self.differences
        width = max([len(d.name) for d in differences], default=0)
        for difference in differences:
            lines.append(f"  observed  {difference.name:{width}} = {difference.observed}")
            lines.append(f"  allowed   {difference.name:{width}} = {difference.allowed}")
        if self.gives is not None:
            lines += self.gives.lines("gives")
        if self.false is not None:
            lines += self.false.lines("false")
        lines += self._diagnosis()
        if self.shrunk is not None:
            lines.append(f"  lines     {self.shrunk.text()}")
        after = f" after {', '.join(self.taken)}" if self.taken else ""
        lines.append(f"  event     {self.event}{after}")
        if self.message:
            lines.append(f"  message   {self.message}")
        lines += [f"  {'before' if not number else '':8}  {name} = {value}"
                  for number, (name, value) in enumerate(self.before)]  # fmt: skip
        return "\n".join(_cut(printable(line)) for line in lines)

    def _diagnosis(self) -> list[str]:
        """What would make the line acceptable."""
        if self.mismatch is None:
            return []
        lines = [f"  mismatch  {self.mismatch.kind}: {self.mismatch.text}"]
        for number, found in enumerate(self.ignorable):
            names = ", ".join(difference.name for difference in found.fields)
            lines.append(f"  {'or' if number else 'accepted':9} without {names}")
        if not self.ignorable:
            lines.append("  accepted  not even without all of its state, or a few fields")
        if self.bounded:
            lines[-1] += " (as far as was tried)"
        if self.liberties:
            options = " ".join(f"--liberty {name}" for name in self.liberties)
            lines.append(f"  liberty   {options} would allow the line (of an adapter: Caps.liberties)")
        return lines


def _cut(line: str) -> str:
    """The line without its middle if it is long; a log differs at its end, if anywhere."""
    return (
        line
        if len(line) <= MOST_CHARACTERS
        else f"{line[: MOST_CHARACTERS // 2]} ... {line[-MOST_CHARACTERS // 2 :]}"
    )


def _places(places: Iterable[str]) -> Iterator[str]:
    """Where lines stand, file by file, as `n1.ndjson:4, 7-9`; of one file, the numbers."""
    of_file: dict[str, list[int]] = {}
    for place in places:
        file, _, number = place.rpartition(":")
        of_file.setdefault(file, []).append(int(number))
    for file, numbers in of_file.items():
        ranges = ", ".join(_ranges(sorted(numbers)))
        yield ranges if len(of_file) == 1 else f"{file}:{ranges}"


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    first = last = numbers[0]
    for number in [*numbers[1:], None]:
        if number is not None and number == last + 1:
            last = number
            continue
        yield f"{first}" if first == last else f"{first}-{last}"
        if number is not None:
            first = last = number
