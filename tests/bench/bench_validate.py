"""A trace of 100,000 fine lines: how fast and in how much memory it is judged, and TLC on its first lines.

    python tests/bench/bench_validate.py [TRACE]

Without TRACE it is made first, of the reference. All figures are of one run: of a process, from its start to
its end ("with start"); of TLC less what it takes for the Init lines alone, of ours in a process that has
judged before ("without"). CPU is user and system time. TLC judges the module that `validate --export` writes,
as it stands, and once more without a counterexample: for an accepted trace that is all of its states.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from raftcheck.tla.tlc import Tlc
from raftcheck.traces.files import read_trace
from raftcheck.traces.verdict import validate, validate_file

SERVERS = 3
ACTIONS = 75_000
"""So many make about 100,000 fine lines."""

LINES = (10_000, 50_000, 100_000)
LINES_FOR_TLC = (500, 2_000)
TIMES = 3
"""Of each run with TLC: what counts is the fastest, for everything else on the machine only adds to it."""

HEADS = ("TLC s", "ours s", "ratio", "TLC CPU", "ours CPU", "ratio")

RAFTCHECK = (sys.executable, "-c", "from raftcheck.properties.entry import main; main()")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process: seconds, and megabytes resident at most."""

    wall: float
    cpu: float
    memory: float = 0.0

    def less(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.cpu - other.cpu)


def cost(command: list[str], folder: Path, expected: str) -> Cost:
    """What a command takes that is to say what is expected."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert expected in output, (command, output[-1000:])
    memory = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return Cost(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, memory)


def ours(trace: Path, lines: int) -> Cost:
    options = ["validate", str(trace), "--lines", str(lines), "--json"]
    # The Init lines alone are a trace in which nothing happens, and are said to be so.
    return cost([*RAFTCHECK, *options], trace.parent, "conforms" if lines > SERVERS else "vacuous")


def judged_here(trace: Path, lines: int) -> Cost:
    """Ours without its start: in this process, which has the specification compiled already."""
    begun, used = time.perf_counter(), time.process_time()
    assert validate(islice(read_trace(trace), lines), trace.name).refusal is None
    return Cost(time.perf_counter() - begun, time.process_time() - used)


def tlc(trace: Path, lines: int, counterexample: bool) -> Cost:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        options = ["validate", str(trace), "--lines", str(lines), "--export", scratch]
        subprocess.run([*RAFTCHECK, *options], stdout=subprocess.DEVNULL, check=lines > SERVERS)
        if not counterexample:
            config = folder / "Checktrace.cfg"
            config.write_text(config.read_text().replace("INVARIANT Refused", "INVARIANT Progress"))
        command = [
            *Tlc.find().command("tlc2.TLC", folder),
            "-deadlock",
            "-metadir",
            scratch,
            "Checktrace.tla",
        ]
        expected = "Invariant Refused is violated" if counterexample else f'<<"explained", {lines}>>'
        return cost(command, folder, expected)


def fastest(costs: list[Cost]) -> Cost:
    return Cost(min(cost.wall for cost in costs), min(cost.cpu for cost in costs))


def compare(trace: Path) -> None:
    judged_here(trace, SERVERS)
    for counterexample in (True, False):
        print("\nTLC, the module as it stands" if counterexample else "\nTLC, without its counterexample")
        print(f"{'':12}{'lines':>8}" + "".join(f"{head:>9}" for head in HEADS))
        tlc_start = fastest([tlc(trace, SERVERS, counterexample) for _ in range(TIMES)])
        for lines in LINES_FOR_TLC:
            theirs = fastest([tlc(trace, lines, counterexample) for _ in range(TIMES)])
            here = fastest([ours(trace, lines) for _ in range(TIMES)])
            row("with start", lines, theirs, here)
            alone = fastest([judged_here(trace, lines) for _ in range(TIMES)])
            row("without", lines, theirs.less(tlc_start), alone)


def row(what: str, lines: int, theirs: Cost, here: Cost) -> None:
    wall = f"{theirs.wall:>9.2f}{here.wall:>9.2f}{theirs.wall / here.wall:>9.1f}"
    cpu = f"{theirs.cpu:>9.2f}{here.cpu:>9.2f}{theirs.cpu / here.cpu:>9.1f}"
    print(f"{what:12}{lines:>8,}{wall}{cpu}")


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        if len(sys.argv) > 1:
            trace = Path(sys.argv[1]).resolve()
        else:
            trace = Path(scratch) / "trace.ndjson"
            options = ["check", "--schedules", "1", "--servers", str(SERVERS), "--length", str(ACTIONS)]
            made = cost(
                [*RAFTCHECK, *options, "--trace", str(trace), "--fine", "--json"], trace.parent, "conforms"
            )
            size = trace.stat().st_size / 1e6
            print(f"made           {made.cpu:.1f} s CPU, {made.memory:.0f} MB; the file has {size:.1f} MB")
        start = ours(trace, SERVERS)
        for lines in LINES:
            taken = ours(trace, lines)
            rate = lines / taken.less(start).cpu
            print(f"{lines:>8,} lines {taken.cpu:>7.1f} s CPU {rate:>8,.0f} a second {taken.memory:>5.0f} MB")
        print(f"candidates     {validate_file(trace).most_candidates} at most")
        compare(trace)


if __name__ == "__main__":
    main()
