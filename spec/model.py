"""Loads the specification: raft.tla as it stands, as the judge of traces (Traceraft), bounded (MCraft).

Knows where the .tla and .cfg files are, and which names of raft.tla are its actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from raftcheck.tla.config import Config, load_config
from raftcheck.tla.instances import Module
from raftcheck.tla.model import Model, with_constants
from raftcheck.tla.modules import load
from raftcheck.tla.syntax import Definition, Or, Quantifier, Ref

FOLDER = Path(__file__).parent
"""Where raft.tla stands."""


def trace_config(servers: tuple[str, ...]) -> Config:
    """Traceraft.cfg for a cluster of these servers."""
    return with_constants(load_config(FOLDER / "Traceraft.cfg"), Server=frozenset(servers))


@cache
def _traceraft() -> Module:
    return load(FOLDER / "Traceraft.tla")


@cache
def trace_model(servers: tuple[str, ...]) -> Model:
    """Traceraft for a cluster of these servers; compiled once for each cluster."""
    return Model(_traceraft(), trace_config(servers), memoise=False)


@cache
def raft_model(servers: tuple[str, ...]) -> Model:
    """raft.tla itself for a cluster of these servers, without clients; compiled once for each cluster."""
    config = with_constants(load_config(FOLDER / "raft.cfg"), Server=frozenset(servers))
    return Model(load(FOLDER / "raft.tla"), config, memoise=False)


@cache
def actions() -> tuple[str, ...]:
    """The names of the actions of raft.tla's Next, in its order."""
    following = _traceraft().definitions["Next"]  # which extends raft.tla, and is mostly read already
    assert isinstance(following, Definition)
    return tuple(_names(following.body))


def _names(node: object) -> Sequence[str]:
    match node:
        case Or(items=items):
            return [name for item in items for name in _names(item)]
        case Quantifier(body=body):
            return _names(body)
        case Ref(to=Definition(name=name)):
            return [name]
    raise AssertionError(node)
