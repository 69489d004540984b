"""What a check came to, for people (a table) and for programs (one JSON object)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .checking import Check, Word
from .lockstep import kind_of
from .safety import FIELDS

MEANING: dict[Word, str] = {
    "conforms": "every step is a step of raft.tla, and every property holds",
    "diverges": "not Raft as raft.tla has it",
    "safe": "the properties hold; raft.tla did not judge every step",
    "vacuous": "nothing happened, so nothing was checked",
}


def as_json(check: Check, actions: Sequence[str]) -> dict[str, Any]:
    """The one object of --json; but for `seconds` it depends on the campaign alone."""
    return {
        "verdict": check.word,
        "schedules": check.schedules,
        "steps": check.steps,
        "seconds": round(check.seconds, 3),
        "actions": {name: check.actions[name] for name in actions},
        "failure": _failure(check),
    }


def _failure(check: Check) -> dict[str, Any] | None:
    if check.kept is not None:
        kind, name = kind_of(check.kept.failure)
        return {
            "kind": kind,
            "name": name,
            "actions": len(check.kept.schedule.actions),
            "schedule": str(check.kept.file),
            "report": check.kept.failure.report(),
        }
    if check.died is not None:
        return {"kind": "finding", "name": "exit", "actions": None, "schedule": None, "report": check.died}
    return None


def as_table(subject: str, check: Check, actions: Sequence[str]) -> RenderableType:
    """How often each action was taken, what was run, what was checked, and the verdict."""
    taken = Table("action of raft.tla", box=None, padding=(0, 2, 0, 0))
    taken.add_column("taken", justify="right")
    for name in actions:
        taken.add_row(name, f"{check.actions[name]:,}")
    summary = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    summary.add_row("target", subject)
    summary.add_row("schedules", f"{check.schedules:,}" + (" (interrupted)" if check.interrupted else ""))
    rate = check.steps / check.seconds if check.seconds else 0.0
    summary.add_row("steps", f"{check.steps:,} in {check.seconds:.1f} s, {rate:,.0f} a second")
    summary.add_row("judged", _judged(check))
    never = [name for name in actions if not check.actions[name]]
    if check.judged and never and check.schedules > 1:
        summary.add_row("never taken", ", ".join(never))
    summary.add_row("properties", _properties(check))
    style = "bold green" if check.word == "conforms" else "bold red"
    summary.add_row("verdict", Text(f"{check.word}: {MEANING[check.word]}", style))
    return Group(taken, "", summary) if check.judged else summary


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
