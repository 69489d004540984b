"""What a run or a trace exercised of raft.tla, for people (a table) and for programs (JSON)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from raftcheck.spec.model import liberties_shown
from raftcheck.tla.coverage import Counts
from raftcheck.traces.coverage import part, places, unseen, where


def page_file(_: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    """Where the page goes; not over a trace that stands there because the page was forgotten."""
    if path is not None and path.suffix not in (".html", ".htm"):
        raise click.UsageError(f"{option.opts[0]} {path} is no page; expected a name such as out.html")
    return path


def coverage_json(counts: Counts, taken: Mapping[str, int]) -> dict[str, Any]:
    """How many parts of raft.tla there are, and those of which something was not seen."""
    return {
        "places": len(places(liberties_shown((), taken))),
        "unseen": [
            {"place": where(gap), "operator": gap.place.operator, "part": part(gap), "seen": gap.words}
            for gap in unseen(counts, taken)
        ],
    }


def coverage_table(counts: Counts, taken: Mapping[str, int]) -> RenderableType:
    """What was not seen in raft.tla, a line each."""
    gaps = unseen(counts, taken)
    parts = places(liberties_shown((), taken))
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for gap in gaps:
        table.add_row(where(gap), gap.words, Text(part(gap)))
    return Group("", f"not seen in {len(gaps)} of {len(parts)} parts of raft.tla", table)
