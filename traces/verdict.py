"""The verdict on a trace file, and what it rests on.

A trace that the spec accepts because nothing happened in it, or nothing of it could be seen, conforms to
everything; so what was taken and what was compared is part of the verdict.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from raftcheck.spec.model import Liberty

from .candidates import MOST_CANDIDATES, Branching
from .diagnosis import LOOKED_AHEAD, diagnosed
from .encoding import STATE_FIELDS
from .errors import TraceError
from .events import Event
from .evidence import Evidence, raft_acted
from .files import read_trace
from .refusal import Refusal
from .sampling import Gaps
from .validate import Judged, Validator
from .wellformed import Line


@dataclass(frozen=True, slots=True)
class Validation:
    """A trace file, judged: accepted if it is neither refused, nor undecided, nor vacuous.

    lines            lines judged: all of the file, or up to the one that is refused or undecided
    place            where the last of them stands: file and line
    actions          how often each action of raft.tla was taken to explain them
    compared         how many lines had each field where it could be compared with the spec
    never_compared   the fields that no line had so
    most_candidates  the largest number of states of the spec that explained the trace up to some line
    branched         the lines that made them many
    assumed          messages that lines received although nobody was seen to send them
    missing          lines that were taken to be missing
    vacuous          why acceptance would mean nothing, if so
    evidence         what the verdict rests on
    undecided        why neither acceptance nor a refusal is the last word, if so
    order            why several files cannot be put in order beyond the line that is refused, if so
    interrupted      Ctrl-C came before the end: these are the lines judged until then
    """

    file: str
    lines: int
    place: str
    servers: tuple[str, ...]
    actions: Counter[str]
    compared: Counter[str]
    never_compared: tuple[str, ...]
    most_candidates: int
    branched: tuple[Branching, ...]
    assumed: int
    missing: int
    refusal: Refusal | None
    vacuous: str | None
    evidence: Evidence
    seconds: float
    undecided: str | None = None
    order: str | None = None
    interrupted: bool = False


Witness = Callable[[Event, Validator], None]
"""Is shown every line once it is judged, and the judge."""


def validate_file(
    path: str | Path, progress: Callable[[int], None] | None = None, witnesses: Sequence[Witness] = ()
) -> Validation:
    """Judges a trace file line by line; TraceError at the first line that cannot be judged.

    `progress` is told after each line how many lines were judged.
    """
    if progress is not None:
        witnesses = [*witnesses, lambda _, judge: progress(judge.judged.lines)]
    return validate(read_trace(path), str(path), witnesses)


def validate(
    lines: Iterator[Line],
    name: str,
    witnesses: Sequence[Witness] = (),
    most_candidates: int = MOST_CANDIDATES,
    missing: int = 0,
    liberties: Collection[Liberty] = (),
) -> Validation:
    """Judges well-formed lines, one by one, up to a refusal; `name` is what they are called together.

    At most so many candidates, states of the spec that explain the trace so far, are kept. So many lines of a
    server may be missing between two of its lines; then there is no refusal, but only what is undecided.
    `liberties`: what the servers may do beyond Figure 2.

    Ctrl-C ends it after the last line that was judged.
    """
    begun = time.perf_counter()
    opening, lines = _opening(lines)
    servers = tuple(event.server for _, event in opening)
    judge = Validator(servers, most_candidates, liberties)
    judged, last, interrupted = 0, name, False
    silent = dict.fromkeys(servers)
    gaps = Gaps(missing)
    try:
        for place, event in chain(opening, lines):
            gaps.observe(judge, event)
            judged, last = judged + 1, place
            for witness in witnesses:
                witness(event, judge)
            if event.event != "Init":
                silent.pop(event.server, None)
            if judge.refusal is not None or judge.undecided is not None:
                break
    except KeyboardInterrupt:
        interrupted = True
    refusal = judge.refusal
    if refusal is not None:
        with suppress(KeyboardInterrupt):  # what is known of the refusal so far is the answer then
            refusal = diagnosed(judge, event, _following(lines))
    interrupted = interrupted and refusal is None
    undecided = _undecided(judge, last, missing, judged if interrupted else None)
    compared = judge.judged.compared
    return Validation(
        file=name,
        lines=judged,
        place=last,
        servers=servers,
        actions=judge.actions,
        compared=compared,
        never_compared=tuple(name for name in ("sends", "message", *STATE_FIELDS) if not compared[name]),
        most_candidates=judge.judged.most_candidates,
        branched=judge.judged.branched,
        assumed=judge.judged.assumed,
        missing=judge.judged.missing,
        refusal=refusal,
        vacuous=_vacuous(judge.judged) if refusal is None and undecided is None else None,
        evidence=Evidence(judge.actions, judged - len(servers), compared, tuple(silent), judge.liberties),
        seconds=time.perf_counter() - begun,
        undecided=undecided,
        interrupted=interrupted,
    )


def _opening(lines: Iterator[Line]) -> tuple[list[Line], Iterator[Line]]:
    """The Init lines, with which a trace begins, and the others."""
    opening: list[Line] = []
    for line in lines:
        if line[1].event != "Init":
            return opening, chain([line], lines)
        opening.append(line)
    return opening, lines


def _undecided(judge: Validator, place: str, missing: int, interrupted: int | None) -> str | None:
    """Why there is neither acceptance nor a refusal, if so.

    `place` is that of the last line judged, `interrupted` after how many lines Ctrl-C came.
    """
    if judge.undecided is not None:
        return judge.undecided.report(place)
    if judge.refusal is not None and missing:
        return f"up to {missing} missing lines of each server, here or before, do not explain it; others may"
    if interrupted is not None:
        return f"interrupted after {interrupted:,} lines, which steps of raft.tla explain"
    return None


def _following(lines: Iterator[Line]) -> list[Event]:
    """The next lines, up to one that is no event: the verdict has been given before it."""
    found: list[Event] = []
    with suppress(TraceError):
        for _, event in islice(lines, LOOKED_AHEAD):
            found.append(event)
    return found


def _vacuous(judged: Judged) -> str | None:
    if not judged.actions:
        return f"no action of raft.tla was taken in {judged.lines} lines; expected something to happen"
    if not judged.compared:
        return "no line has a state or sends; expected something that was observed"
    if not raft_acted(judged.actions):
        taken = " and ".join(sorted(judged.actions))
        return f"only {taken} was taken, which is nothing that a Raft does; expected a Raft that acts"
    return None
