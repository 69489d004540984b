"""What a validation came to, for people (a table) and for programs (one JSON object)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from raftcheck.spec.model import liberties_shown
from raftcheck.traces.errors import printable
from raftcheck.traces.verdict import Validation

Word = Literal["conforms", "diverges", "vacuous", "undecided"]

MEANING: Mapping[Word, str] = {
    "conforms": "steps of raft.tla explain every line",
    "diverges": "no steps of raft.tla explain the last line judged",
    "vacuous": "nothing in it could be judged",
    "undecided": "neither accepted nor refused",
}


def warn(summary: Table, warnings: Sequence[str]) -> None:
    for place, warning in enumerate(warnings):
        summary.add_row("" if place else "rests on little", Text(warning, "yellow"))


def taken_table(taken: Counter[str], actions: Sequence[str], liberties: Sequence[str]) -> Table:
    """How often each action was taken; below them, in a part of their own, the liberties."""
    table = Table("action of raft.tla", box=None, padding=(0, 2, 0, 0))
    table.add_column("taken", justify="right")
    for name in actions:
        table.add_row(name, f"{taken[name]:,}")
    if liberties:
        table.add_section()
        table.add_row("liberties taken", "", style="bold")
    for name in liberties:
        table.add_row(name, f"{taken[name]:,}")
    return table


def verdict_text(word: str, meaning: str) -> Text:
    return Text(f"{word}: {meaning}", "bold green" if word == "conforms" else "bold red")


def word_of(trace: Validation) -> Word:
    """The verdict on one trace."""
    if trace.vacuous is not None:
        return "vacuous"
    if trace.undecided is not None:
        return "undecided"
    return "conforms" if trace.refusal is None else "diverges"


def trace_report(trace: Validation) -> str:
    """What is wrong with one trace, empty if nothing is."""
    said = [printable(f"{trace.file}: {why}") for why in (trace.vacuous, trace.undecided) if why is not None]
    if trace.undecided is not None and trace.refusal is not None:
        said.append("It may conform all the same. As it was judged, it went no further than this:")
    if trace.refusal is not None:
        said.append(trace.refusal.report(trace.place))
    if trace.order is not None:
        said.append(printable(trace.order))
    return "".join(f"\n{part}" for part in said)


def traces_json(traces: Sequence[Validation], actions: Sequence[str]) -> dict[str, Any]:
    """The one object of validate --json; the verdict is the worst of the traces'."""
    words = [word_of(trace) for trace in traces]
    worst = next((word for word in ("diverges", "vacuous", "undecided") if word in words), "conforms")
    return {
        "verdict": worst,
        "traces": [
            {
                "file": trace.file,
                "verdict": word,
                "lines": trace.lines,
                "servers": trace.servers,
                "seconds": round(trace.seconds, 3),
                "actions": {name: trace.actions[name] for name in actions},
                "liberties": {name: trace.actions[name] for name in _liberties(trace)},
                "compared": dict(trace.compared),
                "never_compared": trace.never_compared,
                "candidates": trace.most_candidates,
                "branched": [asdict(branching) for branching in trace.branched],
                "assumed": trace.assumed,
                "missing": trace.missing,
                "warnings": trace.evidence.warnings,
                "failure": trace_report(trace).strip() or None,
                "refusal": asdict(trace.refusal) if trace.refusal is not None else None,
            }
            for trace, word in zip(traces, words, strict=True)
        ],
    }


def trace_table(trace: Validation, actions: Sequence[str]) -> RenderableType:
    """How often each action explained a line, what was compared, and the verdict."""
    summary = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    summary.add_row("trace", printable(f"{trace.file}, of {', '.join(trace.servers)}"))
    summary.add_row("lines", f"{trace.lines:,} in {trace.seconds:.1f} s")
    never = [name for name in _liberties(trace) if not trace.actions[name]]
    if never:
        summary.add_row("never taken", ", ".join(never))
    if trace.never_compared:
        summary.add_row("never compared", ", ".join(trace.never_compared))
    if trace.most_candidates > 1:
        summary.add_row("candidates", _candidates(trace))
    if trace.missing:
        summary.add_row("missing", f"{trace.missing:,} lines, which show nothing, were taken to be there")
    if trace.assumed:
        summary.add_row("assumed", f"{trace.assumed:,} messages that nobody was seen to send")
    warn(summary, trace.evidence.warnings if word_of(trace) == "conforms" else ())
    summary.add_row("verdict", verdict_text(word_of(trace), MEANING[word_of(trace)]))
    return Group(taken_table(trace.actions, actions, _liberties(trace)), "", summary)


def _liberties(trace: Validation) -> tuple[str, ...]:
    return liberties_shown(trace.evidence.liberties, trace.actions)


def _candidates(trace: Validation) -> str:
    """How many states explained the trace at most, and which lines made them many."""
    lines = ", ".join(f"{branching.line} ({branching.event})" for branching in trace.branched)
    return (
        f"at most {trace.most_candidates:,} states of raft.tla at a time; more than before after line {lines}"
    )
