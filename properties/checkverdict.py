"""What a check came to, for people (a table) and for programs (one JSON object)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from raftcheck.spec.model import liberties_shown
from raftcheck.traces.errors import printable
from raftcheck.traces.evidence import EVERYWHERE

from .checking import Check, Word
from .failures import Kept
from .finding import Finding
from .known import label_of
from .lockstep import kind_of
from .safety import FIELDS
from .verdict import taken_table, verdict_text, warn

MEANING: Mapping[Word, str] = {
    "conforms": "every step is a step of raft.tla, and every property holds",
    "diverges": "not Raft as raft.tla has it",
    "safe": "the properties hold; raft.tla did not judge every step",
    "undecided": "the driver was ended from outside, so its Raft is not judged",
    "vacuous": "no action of raft.tla but what happens to a Raft was taken, so nothing was checked",
}


def as_json(check: Check, actions: Sequence[str]) -> dict[str, Any]:
    """The one object of --json; but for `seconds` it depends on the campaign alone."""
    return {
        "verdict": check.word,
        "schedules": check.schedules,
        "directed": dict(check.directed),
        "steps": check.steps,
        "seconds": round(check.seconds, 3),
        "actions": {name: check.actions[name] for name in actions},
        "liberties": {name: check.actions[name] for name in _liberties(check)},
        "compared": dict(check.compared),
        "warnings": check.evidence.warnings if check.judged else (),
        "known": dict(check.known),
        "disturbed": [_disturbed(kept) for kept in check.disturbed],
        "failure": _failure(check),
    }


def _failure(check: Check) -> dict[str, Any] | None:
    if check.kept is not None:
        kind, name = kind_of(check.kept.failure)
        return {
            "kind": kind,
            "name": name,
            "label": label_of(check.kept.failure),
            "actions": len(check.kept.schedule.actions),
            "schedule": str(check.kept.file) if check.kept.lost is None else None,
            "report": check.kept.failure.report(),
        }
    if check.died is not None:
        return {
            "kind": "finding",
            "name": "exit",
            "label": "exit",
            "actions": None,
            "schedule": None,
            "report": check.died,
        }
    return None


def as_table(subject: str, check: Check, actions: Sequence[str]) -> RenderableType:
    """How often each action was taken, what was run, what was checked, and the verdict."""
    summary = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    summary.add_row("target", subject)
    summary.add_row("schedules", f"{check.schedules:,}" + (" (interrupted)" if check.interrupted else ""))
    if check.directed:
        summary.add_row("directed", f"{check.directed.total():,} of them, by {_counted(check.directed)}")
    rate = check.steps / check.seconds if check.seconds else 0.0
    summary.add_row("steps", f"{check.steps:,} in {check.seconds:.1f} s, {rate:,.0f} a second")
    summary.add_row("judged", _judged(check))
    never = [name for name in (*actions, *_liberties(check)) if not check.actions[name]]
    if check.judged and never and check.schedules > 1:
        summary.add_row("never taken", ", ".join(never))
    unseen = [name for name in EVERYWHERE if not check.compared[name]]
    if check.judged and unseen:
        summary.add_row("never compared", ", ".join(unseen))
    warn(summary, check.evidence.warnings if check.word == "conforms" else ())
    summary.add_row("properties", _properties(check))
    for place, (name, count) in enumerate(sorted(check.known.items())):
        summary.add_row("" if place else "known", f"{name} in {count:,} schedules, passed over")
    for place, kept in enumerate(check.disturbed):
        summary.add_row("" if place else "disturbed", Text(printable(_disturbed(kept)), overflow="fold"))
    but = ", but for what is known" if check.known else ""
    summary.add_row("verdict", verdict_text(check.word, MEANING[check.word] + but))
    if not check.judged:
        return summary
    return Group(taken_table(check.actions, actions, _liberties(check)), "", summary)


def _disturbed(kept: Kept) -> str:
    """One line of a schedule that was done again, and where the first try is to be seen."""
    assert isinstance(kept.failure, Finding), kept.failure
    where = kept.file if kept.lost is None else f"not kept, {kept.lost}"
    return f"{kept.failure.seen}, from outside or for want of memory; schedule done again ({where})"


def _counted(directed: Mapping[str, int]) -> str:
    return f"{len(directed)} scenarios" if len(directed) > 1 else f"the scenario {next(iter(directed))}"


def _liberties(check: Check) -> tuple[str, ...]:
    return liberties_shown(check.liberties, check.actions)


def _judged(check: Check) -> str:
    if check.judged == check.steps:
        return "every step, by raft.tla"
    unseen = check.steps - check.judged - check.undecided
    if check.judged == 0 and unseen:
        return "no step: the judge was switched off, or payloads came without a view"
    left = [f"{unseen:,} after a payload without a view"] if unseen else []
    if check.undecided:
        left.append(
            f"{check.undecided:,} where it gave up, after too many states of raft.tla that explain a run"
        )
    return f"{check.judged:,} steps, by raft.tla; not {', nor '.join(left)}"


def _properties(check: Check) -> str:
    """The properties for which servers showed enough, and those for which they did not."""
    checked = [name for name in FIELDS if name in check.properties]
    blind = [name for name in FIELDS if name not in check.properties]
    return ", ".join(checked) + (f" (not observable: {', '.join(blind)})" if blind else "")
