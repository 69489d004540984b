"""Tests generated from the model: random walks of a spec, each replayed on an Implementation.

By default the spec is Coderaft.tla, raft.tla as code takes it: each of its behaviors is one of raft.tla that
a Raft after Figure 2 follows to the end. The first that is not followed ends it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from raftcheck.spec.model import FOLDER as SPEC
from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.tla.behaviors import Behavior
from raftcheck.tla.checker import Result
from raftcheck.tla.checker import Step as StepOfModel
from raftcheck.tla.config import load_config
from raftcheck.tla.model import Model
from raftcheck.tla.modules import load
from raftcheck.tla.simulation import simulate
from raftcheck.traces.encoding import STATE_FIELDS

from .failures import FOLDER, said
from .following import COMPARED
from .modelverdict import blame
from .node import Implementation
from .replaying import Replay, again, keep, replay_behavior
from .replaying import as_json as replay_as_json
from .targets import load_target

MODULE = SPEC / "Coderaft.tla"

WALKS, DEPTH = 200, 150
"""Of a replay that is not told otherwise: some 4,000 steps of raft.tla on each server."""


@dataclass(slots=True, repr=False)
class Walked:
    """What the replays came to.

    walks    walks that were replayed to their end, or to the first that was not
    steps    their steps, and `taken` how often each action of raft.tla was one of them
    failed   the replay that ended it, and `kept` the folder that it is in, or `lost` why it is in none
    result   what the simulation itself came to: the walks are held against the properties of the model
    """

    walks: int = 0
    steps: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    failed: Replay | None = None
    kept: Path | None = None
    lost: str | None = None
    result: Result = field(default_factory=Result)

    def __repr__(self) -> str:
        """What a test that fails shows of it."""
        where = f"; in {self.kept}" if self.kept is not None else ""
        return (
            f"<{self.verdict}{where}>" if self.failed is None else f"<{self.report().splitlines()[0]}{where}>"
        )

    @property
    def conforms(self) -> bool:
        return self.failed is None and self.result.violation is None and self.steps > 0

    @property
    def verdict(self) -> str:
        if self.result.violation is not None:
            return f"the model itself is violated: {blame(self.result.violation)}"
        if self.failed is not None:
            return f"{self.failed.word}: {self.failed.why}"
        return "conforms: it follows all walks" if self.steps else "vacuous: no walk has a step of raft.tla"

    def report(self) -> str:
        """The walk that failed, and how to see it again."""
        if self.failed is None:
            return ""
        replay = f"replay    not kept: {self.lost}"
        if self.kept is not None:
            replay = again(self.kept, self.failed.target)
        return f"{self.failed.name}: {self.failed.report()}\n\n{replay}"


def replay_walks(
    target: str | Implementation,
    walks: int | None = WALKS,
    *,
    depth: int = DEPTH,
    seed: int = 0,
    seconds: float | None = None,
    module: Path = MODULE,
    config: Path | None = None,
    folder: Path = FOLDER,
    progress: Callable[[int], None] = lambda walks: None,
) -> Walked:
    """So many walks of a model (None: until the time is over) on a target, up to the first that fails.

    A pytest says `assert replay_walks("my_raft:implementation").conforms`.
    """
    implementation = load_target(target) if isinstance(target, str) else target
    name = target if isinstance(target, str) else type(target).__name__
    model = Model(load(module), load_config(config or module.with_suffix(".cfg")))
    walked = Walked()

    def witness(steps: Sequence[StepOfModel]) -> bool:
        behavior = Behavior(
            variables=model.variables,
            states=tuple(step.state for step in steps),
            labels=tuple("" if step.action is None else str(step.action) for step in steps),
        )
        replay = replay_behavior(implementation, name, behavior, f"walk {seed}/{walked.walks}")
        walked.walks += 1
        walked.steps += replay.following.done
        walked.taken.update(step.action for step in replay.raft.steps)
        walked.compared.update(replay.following.compared)
        progress(walked.walks)
        if replay.word != "conforms":
            walked.failed = replay
            try:
                walked.kept = keep(replay, folder)
            except OSError as error:
                walked.lost = said(error)
        return walked.failed is None

    walked.result = simulate(model, seed=seed, walks=walks, depth=depth, seconds=seconds, witness=witness)
    return walked


def as_table(target: str, walked: Walked) -> RenderableType:
    """How often each action was a step of a walk, what was compared, and the verdict."""
    taken = Table("action of raft.tla", box=None, padding=(0, 2, 0, 0))
    taken.add_column("taken", justify="right")
    for name in actions_of_raft():
        taken.add_row(name, f"{walked.taken[name]:,}")
    summary = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    summary.add_row("target", target)
    summary.add_row("walks", f"{walked.walks:,}" + (" (stopped)" if walked.result.stopped else ""))
    summary.add_row("steps", f"{walked.steps:,} in {walked.result.seconds:.1f} s")
    names = [f"{STATE_FIELDS.get(name, name)} {walked.compared[name]:,}" for name in (*COMPARED, "answer")]
    summary.add_row("compared", ", ".join(names))
    summary.add_row("verdict", Text(walked.verdict, "bold green" if walked.conforms else "bold red"))
    return Group(taken, "", summary)


def as_json(target: str, walked: Walked) -> dict[str, Any]:
    """The one object of --json; but for `seconds` it depends on the question alone."""
    failed = walked.failed
    return {
        "verdict": "conforms" if walked.conforms else "diverges",
        "reason": walked.verdict,
        "target": target,
        "walks": walked.walks,
        "steps": walked.steps,
        "seconds": round(walked.result.seconds, 3),
        "actions": {name: walked.taken[name] for name in actions_of_raft()},
        "compared": dict(walked.compared),
        "failure": None
        if failed is None
        else {"folder": walked.kept and str(walked.kept)} | replay_as_json(failed),
    }
