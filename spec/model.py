"""Loads the specification: raft.tla as it stands, as the judge of traces (Traceraft), bounded (MCraft).

Knows where the .tla and .cfg files are, and which names of raft.tla are its actions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from raftcheck.tla.config import Config, load_config
from raftcheck.tla.instances import Module
from raftcheck.tla.model import Model, with_constants
from raftcheck.tla.modules import load
from raftcheck.tla.syntax import Definition, Or, Quantifier, Ref

FOLDER = Path(__file__).parent
"""Where raft.tla stands."""


Liberty = Literal[
    "StepDown",
    "IgnoreStaleRequest",
    "IgnoreVoteRequest",
    "IgnoreAppendEntries",
    "IgnoreResponse",
    "RefuseVoteRequest",
    "LeaderEntry",
    "AckCommitted",
    "AnswerLater",
    "LearnLater",
    "LearnCommit",
    "Rewind",
]
"""What servers may do beyond Figure 2 where that is declared; raft.tla says of each why it is safe."""

LIBERTIES: tuple[Liberty, ...] = get_args(Liberty)

WITHIN: Mapping[str, tuple[Liberty, ...]] = {
    "AckCommitted": ("AckCommitted",),
    "TakeQuietly": ("LearnLater", "AnswerLater"),
}
"""The liberties that allow a part of an action of Figure 2, by the operator of raft.tla that is this part."""


def trace_config(servers: tuple[str, ...], liberties: frozenset[Liberty] = frozenset()) -> Config:
    """Traceraft.cfg for a cluster of these servers, which may take these liberties beside those in it."""
    config = load_config(FOLDER / "Traceraft.cfg")
    inherent = config.constants["Liberties"]
    assert isinstance(inherent, frozenset)
    return with_constants(config, Server=frozenset(servers), Liberties=inherent | liberties)


@cache
def _traceraft() -> Module:
    return load(FOLDER / "Traceraft.tla")


@cache
def trace_model(servers: tuple[str, ...], liberties: frozenset[Liberty] = frozenset()) -> Model:
    """Traceraft for a cluster of these servers; compiled once for each cluster and its liberties."""
    return Model(_traceraft(), trace_config(servers, liberties), memoise=False)


@cache
def raft_model(servers: tuple[str, ...]) -> Model:
    """raft.tla itself for a cluster of these servers, without clients; compiled once for each cluster."""
    config = with_constants(load_config(FOLDER / "raft.cfg"), Server=frozenset(servers))
    return Model(load(FOLDER / "raft.tla"), config, memoise=False)


@cache
def actions() -> tuple[str, ...]:
    """The names of the actions of raft.tla's Next, in its order, but for those of liberties."""
    return tuple(name for name in _names_in("Next") if name != "Beyond")


@cache
def liberty_actions() -> tuple[str, ...]:
    """The names of the actions of raft.tla that only a liberty allows."""
    return tuple(_names_in("Beyond"))


def liberties_shown(declared: Collection[str], taken: Mapping[str, int]) -> tuple[str, ...]:
    """The liberties to tell of, in raft.tla's order: those declared, and those taken, as HearOther may be."""
    names = dict.fromkeys((*liberty_actions(), *LIBERTIES))
    return tuple(name for name in names if name in declared or taken.get(name))


def _names_in(operator: str) -> Sequence[str]:
    definition = _traceraft().definitions[operator]  # which extends raft.tla, and is mostly read already
    assert isinstance(definition, Definition)
    return _names(definition.body)


def _names(node: object) -> Sequence[str]:
    match node:
        case Or(items=items):
            return [name for item in items for name in _names(item)]
        case Quantifier(body=body):
            return _names(body)
        case Ref(to=Definition(name=name)):
            return [name]
    raise AssertionError(node)
