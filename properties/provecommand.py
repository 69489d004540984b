"""The command `raftcheck prove`: is an invariant inductive, for constants of any size?"""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from raftcheck.spec.model import FOLDER
from raftcheck.tla.modules import load
from raftcheck.tla.symbolic.obligations import Induction
from raftcheck.tla.symbolic.proof import Limits, ProcessEnded, Verdict, obligations, verdicts

from . import proveverdict
from .campaign import usable_processes
from .console import CONFORMS, DIVERGES, INCOMPLETE, INTERRUPTED, Seconds, counting, show
from .proveverdict import Proof, Stopped

SECONDS = 60.0
"""For one obligation. Those of RaftAbstract take a second at most, but for few."""

STATUS = {
    "proved": CONFORMS,
    "refuted": DIVERGES,
    "vacuous": DIVERGES,
    "unknown": INCOMPLETE,
    "interrupted": INTERRUPTED,
}


@click.command("prove")
@click.argument("module", required=False, type=click.Path(path_type=Path), metavar="[MODULE.tla]")
@click.option(
    "--invariant", default="Inductive", show_default=True, help="A conjunction; the definition's name."
)
@click.option("--init", default="Init", show_default=True, help="The initial predicate.")
@click.option("--next", "following", default="Next", show_default=True, help="A disjunction of actions.")
@click.option("--types", default="TypeOK", show_default=True, help="Says of what sorts the variables are.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=0, show_default=True, help="Of z3's choices.")
@click.option(
    "--time-limit",
    type=Seconds(),
    default=SECONDS,
    show_default=True,
    help="Seconds for one conjunct and action; after that it is unknown.",
)
@click.option("--processes", type=click.IntRange(1, 256), help="[default: as many as there are processors]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
def prove_command(
    module: Path | None,
    invariant: str,
    init: str,
    following: str,
    types: str,
    seed: int,
    time_limit: float,
    processes: int | None,
    as_json: bool,
) -> int:
    """Prove that an invariant of MODULE.tla is inductive, by default that of spec/RaftAbstract.tla.

    That is: Init implies each of its conjuncts, and each action of Next keeps each, whatever sets the
    constants are, of any size; and each can happen at all. Ends with 0 if all of that is proved, 1 if
    something is refuted (two states show it) or can never happen, 2 if the input is bad or outside of the
    fragment that can be decided, 3 if something is unknown (within the time limit, or since a process ended)
    and nothing is refuted, 130 if interrupted.
    """
    if module is None:
        module = FOLDER / "RaftAbstract.tla"
    elif module.name and not module.suffix:
        module = module.with_suffix(".tla")
    started = time.monotonic()
    induction = Induction(load(module), invariant, init, following, types)
    found: list[Verdict] = []
    stopped: Stopped = ""
    with counting("obligations", len(obligations(induction))) as watch:
        try:
            for verdict in verdicts(induction, Limits(time_limit, seed), processes or usable_processes()):
                found.append(verdict)
                watch(len(found))
        except KeyboardInterrupt:
            stopped = "interrupted"
        except ProcessEnded:
            stopped = "a process ended"
    proof = Proof(module, invariant, induction, tuple(found), stopped, time.monotonic() - started)
    if as_json:
        click.echo(json.dumps(proveverdict.as_json(proof)))
    else:
        show(proveverdict.as_table(proof))
    return STATUS[proof.word]
