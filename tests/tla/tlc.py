"""TLC as the second opinion of these tests, where Java and its jar are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from raftcheck.tla import TlaError
from raftcheck.tla.tlc import Opinion, Options, Tlc


def installed() -> Tlc | None:
    try:
        return Tlc.find()
    except TlaError:
        return None


needs_tlc = pytest.mark.skipif(installed() is None, reason="needs Java and TLC's jar")


def run_tlc(module: Path, config: Path, options: Options) -> Opinion:
    return Tlc.find().check(module, config, options)
