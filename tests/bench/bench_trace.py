"""etcd's trace of its own implementation against its own specification: what it takes, and what of it is due
to the temporal properties.

    RAFTCHECK_FIELD_SPECS=FOLDER python tests/bench/bench_trace.py

FOLDER has a clone of etcd-io/raft as etcd-io+raft. CPU time is user and system time of a new process, from
its start. TLC gets the first 500 of the 4,888 lines, as the time that it takes grows with the square of them.
"""

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from raftcheck.tla.tlc import Options, Tlc

FIRST = "500"


@dataclass(frozen=True, slots=True)
class Run:
    """What a command said of the states, and its CPU seconds."""

    distinct: int
    generated: int
    cpu: float


def run(command: list[str], folder: Path, lines: str | None) -> Run:
    environment = dict(os.environ) if lines is None else {**os.environ, "MAX_TRACE": lines}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, output
    number = r"([\d,]+)"
    ours = re.search(rf"{number} distinct of {number} generated", output)
    theirs = re.search(rf"(?m)^{number} states generated, {number} distinct states found", output)
    assert ours or theirs, output
    distinct, generated = ours.groups() if ours else theirs.groups()[::-1] if theirs else ()
    cpu = usage.ru_utime + usage.ru_stime
    return Run(int(distinct.replace(",", "")), int(generated.replace(",", "")), cpu)


def ours(folder: Path, config: Path, lines: str | None = None) -> Run:
    command = [sys.executable, "-c", "from raftcheck.properties.entry import main; main()"]
    return run([*command, "model", "Traceetcdraft.tla", "--config", str(config)], folder, lines)


def tlc(folder: Path, lines: str) -> Run:
    with tempfile.TemporaryDirectory() as scratch:
        command = [*Tlc.find().command("tlc2.TLC", Path(scratch)), "-metadir", scratch]
        arguments = Options(coverage=False).arguments()
        return run([*command, *arguments, "Traceetcdraft.tla"], folder, lines)


def main() -> None:
    folder = Path(os.environ["RAFTCHECK_FIELD_SPECS"]).resolve() / "etcd-io+raft" / "tla"
    config = folder / "Traceetcdraft.cfg"
    with tempfile.TemporaryDirectory() as scratch:
        less = Path(scratch) / "without.cfg"
        less.write_text(re.sub(r"(?m)^PROPERTIES\s+\w+\s*$", "", config.read_text()))
        all_lines, without = ours(folder, config), ours(folder, less)
        first, theirs = ours(folder, config, FIRST), tlc(folder, FIRST)
    assert (first.distinct, first.generated) == (theirs.distinct, theirs.generated), (first, theirs)
    print(f"distinct states                     {all_lines.distinct:>8,}")
    print(f"ours, CPU                           {all_lines.cpu:>8.1f} s")
    print(f"ours without PROPERTY, CPU          {without.cpu:>8.1f} s")
    print(f"share of the temporal properties    {1 - without.cpu / all_lines.cpu:>8.0%}")
    print(f"ours, the first {FIRST} lines, CPU      {first.cpu:>8.1f} s")
    print(f"TLC, the first {FIRST} lines, CPU       {theirs.cpu:>8.1f} s")
    print(f"TLC : ours, the first {FIRST} lines     {theirs.cpu / first.cpu:>8.1f}")


if __name__ == "__main__":
    main()
