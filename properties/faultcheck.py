"""How well raftcheck finds mistakes: the fault catalogue, each fault checked like any other target."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from raftcheck.traces.validate import Validator

from .campaign import Campaign
from .checking import Check, check
from .errors import UsageProblem
from .faults import FAULTS, Fault
from .lockstep import kind_of
from .scheduler import SERVER_COUNTS
from .schedules import server_names


class UnknownFault(UsageProblem):
    """An id that is not in the catalogue: one line."""


@dataclass(frozen=True, slots=True)
class Caught:
    """What the check of one fault came to."""

    fault: Fault
    check: Check

    @property
    def name(self) -> str | None:
        """What the report names: an action, a property, a kind of finding; None if the fault lives."""
        return kind_of(self.check.kept.failure)[1] if self.check.kept else None

    @property
    def is_right(self) -> bool:
        return self.name in self.expected

    @property
    def expected(self) -> tuple[str, ...]:
        return (self.fault.action, *self.fault.also)

    def as_json(self) -> dict[str, Any]:
        kept = self.check.kept
        return {
            "fault": self.fault.id,
            "caught": kept is not None,
            "schedules": self.check.schedules,
            "seconds": round(self.check.seconds, 3),
            "actions": len(kept.schedule.actions) if kept else None,
            "named": self.name,
            "expected": list(self.expected),
        }


def target_of(fault: Fault) -> str:
    return f"raftcheck.properties.faults:{fault.id.replace('-', '_')}"


def catch(
    faults: Sequence[Fault],
    seed: int,
    schedules: int,
    most_seconds: float,
    processes: int,
    judged: bool = True,
) -> Iterator[Caught]:
    """Checks each fault until it is caught, or all its schedules or seconds are used up."""
    for count in set(SERVER_COUNTS) if judged else ():
        Validator(server_names(count))  # compiled here once, instead of in each process of each campaign
    for fault in faults:
        campaign = Campaign(target_of(fault), seed, schedules, judged=judged)
        caught = Caught(fault, check(campaign, processes, most_seconds))
        yield caught
        if caught.check.interrupted:
            return


def as_table(all_caught: Sequence[Caught]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("fault", "named in the report"):
        table.add_column(heading)
    for heading in ("schedules", "seconds", "actions"):
        table.add_column(heading, justify="right")
    for caught in all_caught:
        kept = caught.check.kept
        name = "LIVES" if kept is None else str(caught.name)
        if kept is not None and not caught.is_right:
            name += f" (expected {' or '.join(caught.expected)})"
        size = str(len(kept.schedule.actions)) if kept else ""
        numbers = (f"{caught.check.schedules:,}", f"{caught.check.seconds:.1f}", size)
        table.add_row(caught.fault.id, name, *numbers, style=None if caught.is_right else "bold red")
    return table


def choose(ids: Sequence[str]) -> tuple[Fault, ...]:
    """The faults of these ids; all if none is given."""
    known = {fault.id: fault for fault in FAULTS}
    for name in ids:
        if name not in known:
            similar = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean `{similar[0]}`?" if similar else f"expected an id such as `{FAULTS[0].id}`"
            raise UnknownFault(f"no fault `{name}`; {hint}")
    return tuple(known[name] for name in ids) if ids else FAULTS
