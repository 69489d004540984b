"""A trace of 100,000 lines, made by one command, is judged in the memory of its last state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.deep

LINES = 100_000
GROWS = 30
"""Megabytes that the last 90,000 lines may add: three logs, and all that was elected and committed."""


def raftcheck(*arguments: str) -> tuple[dict[str, Any], float]:
    """The answer of a command in a process of its own, and how many megabytes it had at most."""
    command = [
        sys.executable,
        "-c",
        "from raftcheck.properties.cli import main; main()",
        *arguments,
        "--json",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        answer = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, answer
    return answer, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


@pytest.mark.parametrize("seed", [0, 2])
def test_100_000_fine_lines_are_judged_one_state_at_a_time(tmp_path: Path, seed: int) -> None:
    trace = tmp_path / "trace.ndjson"
    run = ("--schedules", "1", "--servers", "3", "--length", "80000", "--seed", str(seed))
    made, _ = raftcheck("check", *run, "--trace", str(trace), "--fine")
    assert trace.stat().st_size < 100e6
    begun, little = raftcheck("validate", str(trace), "--lines", str(LINES // 10))
    judged, most = raftcheck("validate", str(trace))
    (whole,) = judged["traces"]
    assert whole["lines"] >= LINES
    assert whole["actions"] == made["actions"]
    assert whole["candidates"] == 1
    assert begun["traces"][0]["lines"] == LINES // 10
    assert most < little + GROWS
