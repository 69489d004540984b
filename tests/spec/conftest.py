"""TLC, for the second opinions on the specification."""

from __future__ import annotations

import pytest

from raftcheck.tla import TlaError
from raftcheck.tla.tlc import Tlc


@pytest.fixture(scope="session")
def tlc() -> Tlc:
    try:
        return Tlc.find()
    except TlaError as error:
        pytest.skip(str(error))
