"""The fixtures of these tests: releases beside what is installed, and no skip in CI."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from raftcheck.properties.node import Implementation

RELEASE = "pysyncobj==0.3.11"


def test_a_release_is_installed_into_a_folder_of_its_own(release: Callable[[str], Path]) -> None:
    folder = release(RELEASE)
    assert release(RELEASE) == folder
    code = "import pysyncobj; print(pysyncobj.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(folder)}, capture_output=True, text=True
    )
    assert Path(done.stdout.strip()).is_relative_to(folder)


def test_what_is_missing_is_a_skip_here_and_a_failure_in_ci(
    monkeypatch: pytest.MonkeyPatch, target: Callable[[str], Implementation]
) -> None:
    monkeypatch.delenv("RAFTCHECK_NEEDS_ADAPTERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"no-such-driver: No such file"):
        target("-- no-such-driver")
    monkeypatch.setenv("RAFTCHECK_NEEDS_ADAPTERS", "1")
    with pytest.raises(
        pytest.fail.Exception, match=r"no-such-driver: .*, and RAFTCHECK_NEEDS_ADAPTERS is set"
    ):
        target("-- no-such-driver")
