"""TLC as the second opinion of these tests, where Java and its jar are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from raftcheck.tla import TlaError
from raftcheck.tla.tlc import JAR, Opinion, Options, Tlc


def installed() -> Tlc | None:
    try:
        return Tlc.find()
    except TlaError:
        return None


def has_community_modules() -> bool:
    """Whether the jars that RAFTCHECK_TLC_JAR names have those of the community, which TLC comes without."""
    tlc = installed()
    return tlc is not None and "CommunityModules" in tlc.jar


needs_community_modules = pytest.mark.skipif(
    not has_community_modules(), reason=f"needs a CommunityModules.jar among those that {JAR} names"
)
needs_tlc = pytest.mark.skipif(installed() is None, reason="needs Java and TLC's jar")


def run_tlc(module: Path, config: Path, options: Options) -> Opinion:
    return Tlc.find().check(module, config, options)
