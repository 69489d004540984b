"""When a verdict rests on little: what did not happen, and what was hardly compared, in sentences.

That a trace conforms says nothing of what is not in it. These are no errors: a short trace is a short trace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from raftcheck.spec.model import LIBERTIES, Liberty

from .errors import plain

MILESTONES = {
    "BecomeLeader": "no election was won",
    "ClientRequest": "no leader took in a command",
    "AdvanceCommitIndex": "no leader committed an entry",
}
"""Actions of raft.tla without which most of Raft was not seen."""

WORLD = frozenset({"Restart", "DuplicateMessage", "DropMessage"})
"""Actions of raft.tla that no Raft takes: they happen to it, also to one that does nothing."""

EVERYWHERE = ("sends", "role", "current_term", "voted_for", "log", "commit_index")
"""Fields that every line of an event of a server can have."""

SHARE = 0.01
"""A field in fewer of the lines says little of the others. Not more: finer lines have only what changes."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on: actions taken, lines judged but for Init, fields compared in how many.

    `silent` servers had no line but their Init; `liberties` were declared.
    """

    actions: Mapping[str, int]
    lines: int
    compared: Mapping[str, int]
    silent: tuple[str, ...] = ()
    liberties: frozenset[Liberty] = frozenset()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What one might believe that it rests on, and it does not."""
        return tuple(self._warnings())

    def _warnings(self) -> Iterator[str]:
        taken = [name for name, times in self.actions.items() if times]
        if len(taken) == 1:
            yield f"the only action of raft.tla that was taken is {taken[0]}"
        for name, sentence in MILESTONES.items():
            if not self.actions.get(name):
                yield sentence
        for liberty in LIBERTIES:
            if liberty in self.liberties and not self.actions.get(liberty):
                yield f"liberty {liberty} was declared and never taken"
        if self.silent:
            yield f"no line is of {', '.join(map(plain, self.silent))}, but for Init"
        for name in EVERYWHERE:
            times = self.compared.get(name, 0)
            if 0 < times < SHARE * self.lines:
                yield f"{name} was compared in {times:,} of {self.lines:,} lines only"


def raft_acted(taken: Mapping[str, int]) -> bool:
    """Whether a Raft did anything at all."""
    return any(times and name not in WORLD for name, times in taken.items())


def together(parts: Sequence[Evidence]) -> Evidence:
    """What several verdicts rest on."""
    actions, compared = Counter[str](), Counter[str]()
    for part in parts:
        actions.update(part.actions)
        compared.update(part.compared)
    liberties = frozenset[Liberty]().union(*(part.liberties for part in parts))
    return Evidence(actions, sum(part.lines for part in parts), compared, liberties=liberties)
