"""What a proof came to, for people (a table, and two states for what is refuted) and for programs (JSON)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from raftcheck.tla.symbolic.counterexamples import Counterexample
from raftcheck.tla.symbolic.obligations import Induction
from raftcheck.tla.symbolic.proof import Obligation, Outcome, Verdict, obligations
from raftcheck.tla.values import Value, format_value

POSSIBLE = "(can happen)"
"""In the place of a conjunct: that there is a state in which the action can be taken."""

SHOWN = 5
"""Counterexamples in a table; --json has all."""


Stopped = Literal["", "interrupted", "a process ended"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found of an invariant; `stopped`: by what, before all was decided."""

    module: Path
    invariant: str
    induction: Induction
    verdicts: tuple[Verdict, ...]
    stopped: Stopped
    seconds: float

    @property
    def word(self) -> Literal["proved", "refuted", "vacuous", "unknown", "interrupted"]:
        outcomes = {verdict.outcome for verdict in self.verdicts}
        if self.stopped == "interrupted":
            return "interrupted"
        order: tuple[Outcome, ...] = ("refuted", "vacuous", "unknown")
        otherwise: Outcome = "unknown" if self.stopped else "proved"
        return next((outcome for outcome in order if outcome in outcomes), otherwise)

    def having(self, outcome: str) -> list[Verdict]:
        """The verdicts of that kind, in the order of actions and conjuncts."""
        order = {of: place for place, of in enumerate(obligations(self.induction))}
        return sorted((v for v in self.verdicts if v.outcome == outcome), key=lambda v: order[v.of])


def as_table(proof: Proof) -> RenderableType:
    """A column for each action, a row for each conjunct, and what follows from them."""
    parts: list[RenderableType] = [_grid(proof), "", _legend(proof), ""]
    refuted = proof.having("refuted")
    for verdict in refuted[:SHOWN]:
        parts.extend([_counterexample(proof, verdict), ""])
    if len(refuted) > SHOWN:
        parts.extend([f"{len(refuted) - SHOWN} more are refuted; --json has their states", ""])
    color = "bold green" if proof.word == "proved" else "bold red"
    parts.append(Text(verdict_line(proof), color))
    return Group(*parts)


def verdict_line(proof: Proof) -> str:
    total = len(obligations(proof.induction))
    refuted, unknown = len(proof.having("refuted")), len(proof.having("unknown"))
    proved = len(proof.having("proved"))
    took = f"{proof.seconds:.1f} s"
    counted = f"{refuted:,} refuted, {unknown:,} unknown, {proved:,} proved of {total:,}"
    match proof.word:
        case "proved":
            return f"proved: {proof.invariant} is inductive, by {total:,} obligations in {took}"
        case "refuted":
            return f"refuted: {proof.invariant} is not inductive ({counted}, {took})"
        case "vacuous":
            never = ", ".join(proof.induction.name(verdict.of.action) for verdict in proof.having("vacuous"))
            return f"vacuous: {never} can never happen where {proof.invariant} holds ({counted}, {took})"
        case "unknown":
            if proof.stopped:
                why = "a process was ended from outside, or for want of memory (--processes 1 needs less)"
            else:
                why = "no proof within the time limit"
            return f"unknown: {why}, nothing is refuted ({counted}, {took})"
        case "interrupted":
            return f"interrupted: {counted}, {took}"


def _grid(proof: Proof) -> Table:
    """Seconds of what is proved; `-` where they are less than 0.05."""
    table = Table("conjunct", box=None, padding=(0, 1, 0, 0))
    actions = (None, *range(len(proof.induction.actions)))
    for action in actions:
        table.add_column("Init" if action is None else str(action + 1), justify="right")
    cells = {verdict.of: _cell(verdict) for verdict in proof.verdicts}
    names = [conjunct.name for conjunct in proof.induction.conjuncts]
    for place, name in ((None, POSSIBLE), *enumerate(names)):
        row = [cells.get(Obligation(action, place), Text("")) for action in actions]
        table.add_row(name, *row)
    return table


def _cell(verdict: Verdict) -> Text:
    match verdict.outcome:
        case "proved":
            return Text(f"{verdict.seconds:.1f}" if verdict.seconds >= 0.05 else "-")
        case "refuted" | "vacuous":
            return Text("NO", "bold red")
        case "unknown":
            return Text("?", "bold red")


def _legend(proof: Proof) -> Table:
    """The actions by their numbers, with the time that all conjuncts took."""
    table = Table("", "action", box=None, padding=(0, 2, 0, 0))
    table.add_column("seconds", justify="right")
    for place, action in enumerate(proof.induction.actions):
        seconds = sum(verdict.seconds for verdict in proof.verdicts if verdict.of.action == place)
        table.add_row(str(place + 1), _call(proof.induction.name(place), action.parameters), f"{seconds:.1f}")
    return table


def _call(name: str, arguments: tuple[str, ...]) -> str:
    return f"{name}({', '.join(arguments)})" if arguments else name


def _counterexample(proof: Proof, verdict: Verdict) -> RenderableType:
    """The step, the constants, and the variables before and after it."""
    found = verdict.counterexample
    assert found is not None, verdict
    assert verdict.of.conjunct is not None, verdict
    conjunct = proof.induction.conjuncts[verdict.of.conjunct]
    name = _call(proof.induction.name(verdict.of.action), tuple(map(format_value, found.arguments.values())))
    what = "does not keep" if found.before is not None else "does not imply"
    head = Text(f"{name} {what} {conjunct.name} ({conjunct.span})", "bold")
    constants = "  ".join(
        f"{constant} = {format_value(value)}" for constant, value in found.constants.items()
    )
    return Group(head, f"  {constants}", _states(found))


def _states(found: Counterexample) -> Table:
    """What changes first."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    before = found.before
    for title in ("  variable", "before", "after") if before is not None else ("  variable", "value"):
        table.add_column(title, overflow="fold")
    same: list[tuple[str, ...]] = []
    for name, value in found.after.items():
        if before is None:
            table.add_row(f"  {name}", format_value(value))
        elif before[name] == value:
            same.append((f"  {name}", format_value(value), "the same"))
        else:
            table.add_row(f"  {name}", format_value(before[name]), format_value(value))
    for row in same:
        table.add_row(*row)
    return table


def as_json(proof: Proof) -> dict[str, Any]:
    """The one object of --json."""
    induction = proof.induction
    return {
        "verdict": proof.word,
        "reason": verdict_line(proof),
        "module": str(proof.module),
        "invariant": proof.invariant,
        "seconds": round(proof.seconds, 3),
        "actions": [induction.name(place) for place in range(len(induction.actions))],
        "conjuncts": [conjunct.name for conjunct in induction.conjuncts],
        "obligations": [
            {
                "action": induction.name(verdict.of.action),
                "conjunct": None
                if verdict.of.conjunct is None
                else induction.conjuncts[verdict.of.conjunct].name,
                "verdict": verdict.outcome,
                "seconds": round(verdict.seconds, 3),
                "counterexample": None
                if verdict.counterexample is None
                else _counterexample_json(verdict.counterexample),
            }
            for outcome in ("refuted", "vacuous", "unknown", "proved")
            for verdict in proof.having(outcome)
        ],
    }


def _counterexample_json(found: Counterexample) -> dict[str, Any]:
    return {
        "constants": _texts(found.constants),
        "arguments": _texts(found.arguments),
        "before": None if found.before is None else _texts(found.before),
        "after": _texts(found.after),
    }


def _texts(values: Mapping[str, Value]) -> dict[str, str]:
    """Values as TLA+."""
    return {name: format_value(value) for name, value in values.items()}
