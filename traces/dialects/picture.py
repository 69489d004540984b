"""Which picture of a trace goes into a file of that name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from raftcheck.spec.model import Liberty

from ..errors import TraceError, plain
from ..events import Event
from ..validate import Validator
from .diagram import Diagram
from .mermaid import mermaid
from .shiviz import shiviz
from .timeline import Timeline

SUFFIXES = (".html", ".svg", ".mmd", ".log", ".shiviz")


def check_suffix(path: Path) -> None:
    """TraceError where the name of the file does not say what is wanted."""
    if path.suffix not in SUFFIXES:
        seen = f"`{plain(path.suffix)}`" if path.suffix else "no suffix"
        raise TraceError(f"{path}: {seen} says no kind of diagram; expected one of {', '.join(SUFFIXES)}")


def drawing(
    servers: Sequence[str], events: Iterable[Event], subject: str, liberties: Collection[Liberty] = ()
) -> str:
    """The page on the last of these events, judged up to a refusal."""
    judge, timeline = Validator(servers, liberties=liberties), Timeline()
    for event in events:
        judge.observe(event)
        timeline(event, judge)
        if judge.refusal is not None:
            break
    return Diagram(timeline, subject, "diverges" if judge.refusal else "steps of raft.tla").page()


def picture(suffix: str, timeline: Timeline, subject: str, verdict: str) -> str:
    """The text of the file: a page, a drawing, a diagram for Mermaid, or a log for ShiViz."""
    match suffix:
        case ".html":
            return Diagram(timeline, subject, verdict).page()
        case ".svg":
            return Diagram(timeline, subject, verdict).svg()
        case ".mmd":
            return mermaid(timeline)
        case _:
            return shiviz(timeline)
