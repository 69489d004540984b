"""The states that explain a trace so far, its candidates: how many may be kept, and what is said of it.

Where little is shown they may be too many, and some are dropped. A trace that one of the others explains is
explained. Where none is left nothing can be said: that is undecided, and never a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass

from .encoding import STATE_FIELDS
from .errors import printable
from .events import Event

MOST_CANDIDATES = 1_000
"""States that are kept to explain a trace: one where all is shown, dozens where crashes leave much open."""

MOST_BRANCHINGS = 3
"""Lines that are named, beside the first, where candidates became many."""


@dataclass(frozen=True, slots=True)
class Branching:
    """A line after which there were more states that explain the trace than before it.

    hidden   what the line did not show
    """

    line: int
    server: str
    event: str
    before: int
    after: int
    hidden: tuple[str, ...]

    @property
    def factor(self) -> float:
        return self.after / self.before


@dataclass(frozen=True, slots=True)
class Undecided:
    """No state that was kept explains a line, but some were dropped before: nothing can be said.

    line      the line that none explains
    dropped   the line at which states were dropped first
    bound     how many were kept
    branched  as in Judged
    """

    line: int
    dropped: int
    bound: int
    branched: tuple[Branching, ...]

    def report(self, place: str) -> str:
        """Why, in one line; `place` is where the line stands."""
        lines = ", ".join(
            f"{b.line} ({b.event} of {b.server}, {b.before} to {b.after})" for b in self.branched
        )
        hidden = dict.fromkeys(name for branching in self.branched for name in branching.hidden)
        return printable(
            f"no decision at {place}, for more than {self.bound:,} states of raft.tla explain the trace up to"
            f" line {self.dropped}, and those that were kept do not explain this one; they became many at"
            f" line {lines}; expected lines that show {' or '.join(hidden) or 'more'} there, or --candidates"
            f" above {self.bound}"
        )


def unobserved(event: Event) -> tuple[str, ...]:
    """What a line might show that it does not."""
    names = [] if event.sends is not None else ["sends"]
    if event.message is None and event.event not in ("Init", "Timeout", "ClientRequest", "Restart"):
        names.append("message")
    if event.event != "Crash":
        names += [field for field in STATE_FIELDS if getattr(event.state, field, None) is None]
    return tuple(names)


def worst(branched: tuple[Branching, ...], now: Branching) -> tuple[Branching, ...]:
    """The first line that branched, and of all others the few that did most."""
    first, *others = *branched, now
    others.sort(key=lambda branching: -branching.factor)
    return (first, *others[:MOST_BRANCHINGS])
