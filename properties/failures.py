"""Keeps a failure to be read and done again: schedule.json, report.txt, trace.ndjson, trace.html."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from raftcheck.traces.dialects.picture import drawing
from raftcheck.traces.errors import printable
from raftcheck.traces.events import Event
from raftcheck.traces.files import write_trace

from .known import label_of
from .lockstep import Failure, Outcome, kind_of
from .scenes import Scene, lines
from .schedules import Schedule, describe, to_json
from .targets import is_command

FOLDER = Path(".raftcheck", "failures")


@dataclass(frozen=True, slots=True)
class Kept:
    """A failing schedule, its outcome, and the file that the schedule is in.

    lost       why it is not there
    elsewhere  the file is of another target
    """

    schedule: Schedule
    outcome: Outcome
    file: Path
    lost: str | None = None
    elsewhere: bool = False

    @property
    def failure(self) -> Failure:
        assert self.outcome.failure is not None, f"nothing failed in {self.file}"
        return self.outcome.failure

    def report(self) -> str:
        """The failure, the actions that lead to it, and how to see it again."""
        schedule = self.schedule
        origin = f"{schedule.target}, seed {schedule.seed}" if schedule.seed else schedule.target
        config = f" with {schedule.config}" if schedule.config else ""
        # A file is not to say which program is run: that one must be asked for.
        target = f" {schedule.target}" if self.elsewhere or is_command(schedule.target) else ""
        again = f"raftcheck replay {self.file}{target}" if self.lost is None else f"not kept: {self.lost}"
        width = len(str(len(schedule.actions)))
        return "\n".join(
            [
                *map(printable, self.failure.report().split("\n")),
                "",
                *_beginning(schedule.scene),
                f"{origin}: {len(schedule.actions)} actions on {', '.join(schedule.servers)}{config}",
                *(
                    f"  {number:{width}}  {describe(action)}"
                    for number, action in enumerate(schedule.actions, 1)
                ),
                "",
                f"name      {label_of(self.failure)}",
                f"replay    {again}",
            ]
        )


def _beginning(scene: Scene | None) -> list[str]:
    """Where a schedule begins, if not with servers that start for the first time."""
    return [] if scene is None else ["in this state:", *(f"  {line}" for line in lines(scene)), ""]


def keep(schedule: Schedule, outcome: Outcome, folder: Path = FOLDER) -> Kept:
    """Writes a failing schedule and its outcome under a name that says what it is, if that can be written."""
    assert outcome.failure is not None, f"nothing failed in schedule {schedule.seed}"
    path = folder / name_of(schedule, outcome.failure)
    kept = Kept(schedule, outcome, path / "schedule.json")
    try:
        _write(kept, path)
    except OSError as error:
        return replace(kept, lost=said(error))
    return kept


def said(error: OSError) -> str:
    """In a few words, which file cannot be written, and why."""
    return f"{error.filename or 'output'}: {error.strerror}"


def _write(kept: Kept, path: Path) -> None:
    schedule, outcome = kept.schedule, kept.outcome
    path.mkdir(parents=True, exist_ok=True)
    kept.file.write_bytes(to_json(schedule))
    (path / "report.txt").write_text(kept.report() + "\n", encoding="utf-8")
    if schedule.scene is not None:
        return  # a trace begins where servers start
    write_trace(path / "trace.ndjson", tellable(outcome.events))
    if outcome.judged:
        name = name_of(schedule, kept.failure)
        drawn = drawing(schedule.servers, tellable(outcome.events), name, outcome.liberties)
        (path / "trace.html").write_text(drawn, encoding="utf-8")


def tellable(events: Iterable[Event]) -> Iterator[Event]:
    """The events up to the first that says nothing of its message, because that came without a view."""
    return takewhile(_tells, events)


def told(write: Callable[[Event], object]) -> Callable[[Event], None]:
    """Takes events as they come, and passes on those that tellable() would."""
    going = True

    def take(event: Event) -> None:
        nonlocal going
        going = going and _tells(event)
        if going:
            write(event)

    return take


def _tells(event: Event) -> bool:
    return event.event not in _WITH_MESSAGE or event.message is not None


_WITH_MESSAGE = frozenset({"Receive", "DuplicateMessage", "DropMessage"})


def name_of(schedule: Schedule, failure: Failure) -> str:
    """Target, mistake and seed: the same failure has the same name, and goes to the same place."""
    return joined(schedule.target, kind_of(failure)[1], schedule.seed)


def joined(target: str, mistake: str, origin: str) -> str:
    """A name for a folder."""
    parts = (target.removeprefix("raftcheck.properties.faults:"), mistake, origin.replace("/", "-"))
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", "-".join(filter(None, parts))).lstrip("-._")
