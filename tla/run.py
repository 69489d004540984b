"""What the operators of TLC know of the run that they are evaluated in: registers, counts, chance, output.

A checker puts its run in place while it evaluates (`with running(run): ...`). Without one a run stands there
that knows of no search, draws from a fixed seed, and drops what is printed: a library never prints.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .errors import TlaError, did_you_mean
from .values import Value, boolean, record

FACTS = (
    "action", "config", "diameter", "distinct", "duration", "generated", "level", "queue", "spec", "stats",
)  # fmt: skip
"""What a search may be asked for by name, with TLCGet."""


def configuration(
    mode: str = "bfs",
    workers: int = 1,
    seed: int = 0,
    deadlock: bool = True,
    depth: int = -1,
    traces: int = -1,
) -> Value:
    """TLCGet("config"): how the search is run; a `mode` other than "bfs" has depth and traces."""
    common = {
        "mode": mode,
        "worker": workers,
        "seed": str(seed),
        "deadlock": boolean(deadlock),
        "install": "",
    }
    if mode == "bfs":
        return record(**common, fingerprint="0")
    return record(**common, depth=depth, traces=traces, aril="0", sched="random")


def no_search(name: str) -> Value:
    """The facts while nothing is searched, as in an ASSUME."""
    if name == "config":
        return configuration()
    if name == "level":
        return 0
    hint = "" if name in FACTS else did_you_mean(name, FACTS)
    raise TlaError(f'TLCGet("{name}") has no value here{hint}')


def no_trace() -> Value:
    """TLCExt!Trace while no behavior is at hand."""
    raise TlaError("Trace has no value here: no behavior is being checked")


def no_counterexample() -> Value:
    """TLCExt!CounterExample where nothing is violated."""
    return record(action=frozenset(), state=frozenset())


@dataclass(slots=True)
class Run:
    """One search, simulation or evaluation.

    registers    what TLCSet put under a number (or a text that begins with s:)
    facts        TLCGet of a name: "level", "queue", "config", ...
    random       for RandomElement and the module Randomization
    output       takes each line that Print and PrintT write
    environment  IOEnv
    folder       where relative names of files begin
    trace        the states so far, as a sequence of records (TLCExt!Trace)
    counterexample   what violates a property, for a POSTCONDITION (TLCExt!CounterExample)
    stopping     TLCSet("exit", TRUE) was called: the search is to end
    """

    registers: dict[int | str, Value] = field(default_factory=dict)
    facts: Callable[[str], Value] = no_search
    random: random.Random = field(default_factory=lambda: random.Random(0))
    output: Callable[[str], None] = lambda line: None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    folder: Path = Path()
    trace: Callable[[], Value] = no_trace
    counterexample: Callable[[], Value] = no_counterexample
    stopping: bool = False


_current = Run()


def current() -> Run:
    """The run that is going on."""
    return _current


@contextmanager
def running(run: Run) -> Iterator[Run]:
    """Makes the run the current one, and the one before it again at the end."""
    global _current
    before = _current
    _current = run
    try:
        yield run
    finally:
        _current = before
