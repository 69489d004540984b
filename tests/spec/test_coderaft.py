"""Coderaft bounded to be searched: it keeps raft.tla's properties, and has as many states as TLC finds."""

from __future__ import annotations

import re
from pathlib import Path

from raftcheck.tla import Model, check, load, load_config
from raftcheck.tla.model import with_constants

RECORD = re.compile(r"^\\\* servers 2 .* distinct (\d+) +generated (\d+) +depth (\d+)$", re.MULTILINE)


def test_the_engine_counts_what_tlc_counts(root: Path) -> None:
    module = root / "spec" / "Coderaft.tla"
    config = with_constants(
        load_config(module.with_suffix(".cfg")),
        Server=frozenset({"n1", "n2"}),
        Value=frozenset({"v1"}),
        MaxTerm=2,
        MaxLogLength=1,
        MaxInFlight=2,
        MaxCopies=1,
    )
    recorded = RECORD.search(module.read_text(encoding="utf-8"))
    assert recorded is not None

    result = check(Model(load(module), config))

    assert result.violation is None
    assert (result.distinct, result.generated, result.depth) == tuple(map(int, recorded.groups()))
