"""Replays a behavior on an Implementation, and says what that means.

raft.tla decides what is good news. To follow a behavior that it allows is right, and so is not to follow one
that it forbids, up to the step that it forbids. What the servers did on the way is judged by raft.tla
besides, as in lockstep.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from raftcheck.spec.model import liberty_actions
from raftcheck.tla.behaviors import Behavior, to_itf, to_text
from raftcheck.traces.dialects.picture import drawing
from raftcheck.traces.encoding import STATE_FIELDS
from raftcheck.traces.errors import printable
from raftcheck.traces.events import Event
from raftcheck.traces.files import write_trace
from raftcheck.traces.validate import Validator

from .failures import FOLDER, joined, tellable
from .following import COMPARED, MOST_SHOWN, Following, follow
from .lockstep import Failure
from .node import Implementation, Liberty
from .safety import Safety
from .schedules import Schedule, to_json
from .steps import RaftBehavior, Step, as_raft

Word = Literal["conforms", "diverges", "undecided"]


@dataclass(frozen=True, slots=True)
class Replay:
    """A behavior, how far the target followed it, and what raft.tla or a property has against what it did."""

    name: str
    target: str
    behavior: Behavior
    raft: RaftBehavior
    following: Following
    failure: Failure | None
    judged: bool
    """Whether raft.tla was asked about each step of the target."""
    liberties: frozenset[Liberty] = frozenset()
    """What the target may do beyond Figure 2."""

    @property
    def word(self) -> Word:
        """undecided: the target did not come to what raft.tla forbids, or nothing can be seen of that.

        Or it did not take a liberty, which it may take and need not.
        """
        departure, unlawful = self.following.departure, self.raft.unlawful
        if self.failure is not None:
            return "diverges"
        if not unlawful:
            if departure is None:
                return "conforms"
            return "undecided" if departure.step.action in liberty_actions() else "diverges"
        if departure is None:  # what the behavior did against raft.tla was not seen here
            return "undecided" if self.judged else "diverges"
        return "conforms" if departure.step.number >= unlawful[0].number else "undecided"

    @property
    def why(self) -> str:
        """The verdict in words."""
        if self.failure is not None:
            return "what it did is not Raft as raft.tla has it"
        departure, unlawful = self.following.departure, self.raft.unlawful
        followed, forbidden = departure is None, bool(unlawful)
        if not forbidden and followed:
            return "it follows a behavior of raft.tla"
        if not forbidden:
            instead = "; what it did instead, raft.tla allows as well" if self.judged else ""
            if self.word == "undecided":
                return f"it does not take a liberty that it declares, and need not{instead}"
            return f"it does not follow a behavior of raft.tla{instead}"
        without = _without(unlawful[0])
        if followed:
            seen = ", as far as can be seen; raft.tla allows all that it did" if self.judged else ""
            return f"it follows a behavior that raft.tla forbids{without}{seen}"
        when = "where" if self.word == "conforms" else "before"
        return f"it leaves the behavior {when} raft.tla forbids it{without}"

    @property
    def schedule(self) -> Schedule:
        """What was done, to be done again."""
        return Schedule(
            self.raft.servers, tuple(self.following.performed), seed=self.name, target=self.target
        )

    def report(self) -> str:
        """Where it left the behavior, and what it did wrong, as far as it did."""
        departure, failure = self.following.departure, self.failure
        parts = [part.report() for part in (departure, failure) if part is not None]
        return "\n\n".join(parts)


def replay_behavior(
    implementation: Implementation, target: str, behavior: Behavior, name: str, judged: bool = True
) -> Replay:
    """Replays; TlaError where it is no behavior of a Raft as raft.tla's."""
    liberties = implementation.caps.liberties
    raft = as_raft(behavior, name, liberties)
    following = follow(implementation, raft)
    judged = judged and following.has_views
    failure = following.finding or _failure(raft.servers, following.events, judged, liberties)
    return Replay(name, target, behavior, raft, following, failure, judged, liberties)


def _failure(
    servers: Sequence[str], events: Sequence[Event], judged: bool, liberties: Collection[Liberty]
) -> Failure | None:
    """What raft.tla, where it can judge, and the properties have against what was seen."""
    judge = Validator(servers, liberties=liberties) if judged else None
    safety = Safety()
    for event in events:
        found = (judge.observe(event) if judge is not None else None) or safety.observe(event)
        if found is not None:
            return found
    return None


def _without(step: Step) -> str:
    """The liberty that would allow the step, and is not declared."""
    return f" without the liberty {step.missing}" if step.missing is not None else ""


def keep(replay: Replay, folder: Path = FOLDER) -> Path:
    """Writes a replay under a name that says what it is; its folder."""
    departure = replay.following.departure
    action = departure.step.action if departure is not None else "reproduced"
    path = folder / joined(replay.target, action, replay.name)
    path.mkdir(parents=True, exist_ok=True)
    (path / "behavior.itf.json").write_text(json.dumps(to_itf(replay.behavior, "raft.tla")), encoding="utf-8")
    (path / "schedule.json").write_bytes(to_json(replay.schedule))
    write_trace(path / "trace.ndjson", tellable(replay.following.events))
    if replay.judged:
        drawn = drawing(replay.raft.servers, tellable(replay.following.events), path.name, replay.liberties)
        (path / "trace.html").write_text(drawn, encoding="utf-8")
    parts = (replay.report(), to_text(replay.behavior).rstrip("\n"), again(path, replay.target))
    text = "\n\n".join(parts) + "\n"
    (path / "report.txt").write_text(text, encoding="utf-8")
    return path


def again(path: Path, target: str) -> str:
    """How to see a replay that was kept once more."""
    return f"replay    raftcheck replay {path / 'behavior.itf.json'} {target}"


def as_table(replay: Replay) -> RenderableType:
    """What the behavior is, how far it was followed, what was compared, and the verdict."""
    raft, following, departure = replay.raft, replay.following, replay.following.departure
    unlawful = [f"step {step.number}, {step}{_without(step)}" for step in raft.unlawful]
    forbidden = "; ".join(unlawful[:MOST_SHOWN]) + (", ..." if len(unlawful) > MOST_SHOWN else "")
    skipped = f", {following.skipped} of them left out as nothing comes of them" if following.skipped else ""
    counts = [f"{STATE_FIELDS.get(name, name)} {following.compared[name]}" for name in (*COMPARED, "answer")]
    where = f" at step {departure.step.number}, {departure.step}" if departure is not None else ""
    rows = {
        "behavior": f"{replay.name}, {len(raft.states)} states of {', '.join(raft.servers)}",
        "forbidden": f"by raft.tla: {forbidden}" if unlawful else "nothing: all steps are raft.tla's",
        "endless": "replayed up to where it repeats itself" if raft.loops else "",
        "target": replay.target,
        "done": f"{following.done} of {len(raft.steps)} steps{skipped}",
        "compared": ", ".join(counts),
        "outcome": f"{following.word}{where}",
    }
    summary = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, said in rows.items():
        if said:
            summary.add_row(name, printable(said))
    style = {"conforms": "bold green", "diverges": "bold red", "undecided": "bold yellow"}[replay.word]
    summary.add_row("verdict", Text(f"{replay.word}: {replay.why}", style))
    return summary


def as_json(replay: Replay) -> dict[str, Any]:
    """The one object of --json."""
    following, departure = replay.following, replay.following.departure
    return {
        "verdict": replay.word,
        "reason": replay.why,
        "target": replay.target,
        "outcome": following.word,
        "steps": len(replay.raft.steps),
        "done": following.done,
        "skipped": following.skipped,
        "unlawful": [
            {"step": step.number, "action": str(step), "missing_liberty": step.missing}
            for step in replay.raft.unlawful
        ],
        "departure": None
        if departure is None
        else {
            "step": departure.step.number,
            "action": str(departure.step),
            "field": departure.what,
            "observed": departure.observed,
            "expected": departure.expected,
        },
        "compared": dict(following.compared),
        "actions": len(following.performed),
        "failure": None if replay.failure is None else replay.failure.report(),
    }
