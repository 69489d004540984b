"""When a verdict rests on little: what did not happen, and what was hardly compared, in sentences.

That a trace conforms says nothing of what is not in it. These are no errors: a short trace is a short trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

MILESTONES = {
    "BecomeLeader": "no election was won",
    "ClientRequest": "no leader took in a command",
    "AdvanceCommitIndex": "no leader committed an entry",
}
"""Actions of raft.tla without which most of Raft was not seen."""

EVERYWHERE = ("sends", "role", "current_term", "voted_for", "log", "commit_index")
"""Fields that every line of an event of a server can have."""

SHARE = 0.1
"""A field that is in fewer of the lines does not say much of the others."""


def warnings(
    actions: Mapping[str, int], lines: int, compared: Mapping[str, int], silent: Sequence[str] = ()
) -> tuple[str, ...]:
    """What a verdict on as many lines, without the Init lines, does not rest on; `silent` servers had none."""
    return tuple(_warnings(actions, lines, compared, silent))


def _warnings(
    actions: Mapping[str, int], lines: int, compared: Mapping[str, int], silent: Sequence[str]
) -> Iterator[str]:
    taken = [name for name, times in actions.items() if times]
    if len(taken) == 1:
        yield f"the only action of raft.tla that was taken is {taken[0]}"
    for name, sentence in MILESTONES.items():
        if not actions.get(name):
            yield sentence
    if silent:
        yield f"no line is of {', '.join(silent)}, but for Init"
    for name in EVERYWHERE:
        times = compared.get(name, 0)
        if 0 < times < SHARE * lines:
            yield f"{name} was compared in {times:,} of {lines:,} lines only"
