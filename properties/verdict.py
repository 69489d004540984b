"""What a check or a validation came to, for people (a table) and for programs (one JSON object)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from raftcheck.traces.errors import printable
from raftcheck.traces.evidence import EVERYWHERE
from raftcheck.traces.verdict import Validation

from .checking import Check, Word
from .lockstep import kind_of
from .safety import FIELDS

MEANING: Mapping[Word, str] = {
    "conforms": "every step is a step of raft.tla, and every property holds",
    "diverges": "not Raft as raft.tla has it",
    "safe": "the properties hold; raft.tla did not judge every step",
    "vacuous": "no action of raft.tla but what happens to a Raft was taken, so nothing was checked",
}

MEANING_OF_TRACE: Mapping[Word, str] = {
    "conforms": "steps of raft.tla explain every line",
    "diverges": "no steps of raft.tla explain the last line judged",
    "vacuous": "nothing in it could be judged",
    "undecided": "neither accepted nor refused",
}


def as_json(check: Check, actions: Sequence[str]) -> dict[str, Any]:
    """The one object of --json; but for `seconds` it depends on the campaign alone."""
    return {
        "verdict": check.word,
        "schedules": check.schedules,
        "steps": check.steps,
        "seconds": round(check.seconds, 3),
        "actions": {name: check.actions[name] for name in actions},
        "compared": dict(check.compared),
        "warnings": check.evidence.warnings if check.judged else (),
        "failure": _failure(check),
    }


def _failure(check: Check) -> dict[str, Any] | None:
    if check.kept is not None:
        kind, name = kind_of(check.kept.failure)
        return {
            "kind": kind,
            "name": name,
            "actions": len(check.kept.schedule.actions),
            "schedule": str(check.kept.file) if check.kept.lost is None else None,
            "report": check.kept.failure.report(),
        }
    if check.died is not None:
        return {"kind": "finding", "name": "exit", "actions": None, "schedule": None, "report": check.died}
    return None


def as_table(subject: str, check: Check, actions: Sequence[str]) -> RenderableType:
    """How often each action was taken, what was run, what was checked, and the verdict."""
    summary = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    summary.add_row("target", subject)
    summary.add_row("schedules", f"{check.schedules:,}" + (" (interrupted)" if check.interrupted else ""))
    rate = check.steps / check.seconds if check.seconds else 0.0
    summary.add_row("steps", f"{check.steps:,} in {check.seconds:.1f} s, {rate:,.0f} a second")
    summary.add_row("judged", _judged(check))
    never = [name for name in actions if not check.actions[name]]
    if check.judged and never and check.schedules > 1:
        summary.add_row("never taken", ", ".join(never))
    unseen = [name for name in EVERYWHERE if not check.compared[name]]
    if check.judged and unseen:
        summary.add_row("never compared", ", ".join(unseen))
    _warn(summary, check.evidence.warnings if check.word == "conforms" else ())
    summary.add_row("properties", _properties(check))
    summary.add_row("verdict", _verdict(check.word, MEANING))
    return Group(_taken(check.actions, actions), "", summary) if check.judged else summary


def _warn(summary: Table, warnings: Sequence[str]) -> None:
    for place, warning in enumerate(warnings):
        summary.add_row("" if place else "rests on little", Text(warning, "yellow"))


def _taken(taken: Counter[str], actions: Sequence[str]) -> Table:
    table = Table("action of raft.tla", box=None, padding=(0, 2, 0, 0))
    table.add_column("taken", justify="right")
    for name in actions:
        table.add_row(name, f"{taken[name]:,}")
    return table


def _verdict(word: Word, meaning: Mapping[Word, str]) -> Text:
    return Text(f"{word}: {meaning[word]}", "bold green" if word == "conforms" else "bold red")


def _judged(check: Check) -> str:
    if check.judged == check.steps:
        return "every step, by raft.tla"
    if check.judged == 0:
        return "no step: the judge was switched off, or payloads came without a view"
    return f"{check.judged:,} steps, by raft.tla; not those after a payload without a view"


def _properties(check: Check) -> str:
    """The properties for which servers showed enough, and those for which they did not."""
    checked = [name for name in FIELDS if name in check.properties]
    blind = [name for name in FIELDS if name not in check.properties]
    return ", ".join(checked) + (f" (not observable: {', '.join(blind)})" if blind else "")


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
    if trace.never_compared:
        summary.add_row("never compared", ", ".join(trace.never_compared))
    if trace.most_candidates > 1:
        summary.add_row("candidates", _candidates(trace))
    if trace.missing:
        summary.add_row("missing", f"{trace.missing:,} lines, which show nothing, were taken to be there")
    if trace.assumed:
        summary.add_row("assumed", f"{trace.assumed:,} messages that nobody was seen to send")
    _warn(summary, trace.evidence.warnings if word_of(trace) == "conforms" else ())
    summary.add_row("verdict", _verdict(word_of(trace), MEANING_OF_TRACE))
    return Group(_taken(trace.actions, actions), "", summary)


def _candidates(trace: Validation) -> str:
    """How many states explained the trace at most, and which lines made them many."""
    lines = ", ".join(f"{branching.line} ({branching.event})" for branching in trace.branched)
    return (
        f"at most {trace.most_candidates:,} states of raft.tla at a time; more than before after line {lines}"
    )
