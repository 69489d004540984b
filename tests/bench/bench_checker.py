"""Explicit model checking: our engine against TLC, one worker each, on the models of models.py.

    python tests/bench/bench_checker.py [name ...]

One run measures both, one after the other, and both have to count the same states. The ratios are the result.

search   from the initial states to the last one: of ours by its own clock; of TLC between its message that
         the initial states are computed and the one that tells the result, as they arrive here
in all   from the start of the process (Python, the Java machine) to its end
CPU      user and system time of the process and of those that it started. TLC runs with -XX:+UseParallelGC,
         whose threads count, too.
memory   the largest resident set. For ours, what the search added to it, for each distinct state; for TLC all
         of it, as the Java machine takes what it is allowed before it collects.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
from models import Subject, subjects
from rich.console import Console
from rich.table import Table

from raftcheck.tla import Model, check, load, load_config
from raftcheck.tla.tlc import Options, Tlc, messages

EIGHT_GB = 8e9
BEGUN, ENDED = (2190, 2191), (2193,)
"""TLC's messages: the initial states are computed; no error has been found."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a search counted, and what it took: seconds, and bytes."""

    distinct: int
    generated: int
    depth: int
    search: float
    search_cpu: float
    in_all: float
    cpu: float
    memory: float
    memory_before: float = 0.0

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.distinct, self.generated, self.depth


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def search(module: Path, config: Path, workers: int) -> Measured:
    """What a process that does nothing else measures of itself; `in_all` is for the one that started it."""
    os.chdir(module.parent)
    model = Model(load(module), load_config(config))
    cpu, before = cpu_seconds(), memory()
    result = check(model, workers=workers)
    assert result.violation is None, result.violation
    counted = result.distinct, result.generated, result.depth
    return Measured(*counted, result.seconds, cpu_seconds() - cpu, 0.0, cpu_seconds(), memory(), before)


def ours(module: Path, config: Path, workers: int = 1) -> Measured:
    begin = time.perf_counter()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        measured = process.submit(search, module, config, workers).result()
    in_all = time.perf_counter() - begin
    return Measured(*measured.counts, measured.search, measured.search_cpu, in_all, *_rest(measured))


def _rest(measured: Measured) -> tuple[float, float, float]:
    return measured.cpu, measured.memory, measured.memory_before


def tlc(module: Path, config: Path) -> Measured:
    begin = time.perf_counter()
    begun = ended = cpu_begun = cpu_ended = 0.0
    log: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        command = Tlc.find().command("tlc2.TLC", Path(folder))
        command += ["-tool", "-metadir", folder, "-config", config.name, *Options(coverage=False).arguments()]
        process = subprocess.Popen(
            [*command, module.name], cwd=module.parent, stdout=subprocess.PIPE, text=True
        )
        java = psutil.Process(process.pid)
        assert process.stdout is not None
        with closing(process.stdout) as lines:
            for message in messages(lines):
                log.append(message.text)
                if message.code in BEGUN:
                    begun, cpu_begun = time.perf_counter(), sum(java.cpu_times()[:2])
                elif message.code in ENDED:
                    ended, cpu_ended = time.perf_counter(), sum(java.cpu_times()[:2])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = "\n".join(log)
    assert ended, text
    found = re.findall(r"(?m)^(\d+) states generated, (\d+) distinct states found, 0 states left", text)
    depth = re.search(r"depth of the complete state graph search is (\d+)", text)
    assert found, text
    assert depth is not None, text
    generated, distinct = map(int, found[-1])
    return Measured(
        distinct,
        generated,
        int(depth[1]),
        ended - begun,
        cpu_ended - cpu_begun,
        time.perf_counter() - begin,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * 1024.0,
    )


COLUMNS = {
    "distinct": "",
    "generated": "",
    "ours/s": "generated states in a second of search, one worker",
    "TLC/s": "",
    "search": "TLC : ours, wall",
    "search CPU": "TLC : ours",
    "in all": "TLC : ours, wall",
    "in all CPU": "TLC : ours",
    "two": "one worker of ours : two, wall of the search",
    "two CPU": "two : one, CPU in all",
    "B/state": "ours",
    "8 GB": "distinct states of ours that would fit, in millions",
    "TLC B/state": "",
}


def row(subject: Subject) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        files = subject.prepared(Path(folder))
        theirs, one = tlc(*files), ours(*files)
        two = ours(*files, workers=2)
    assert one.counts == theirs.counts, (subject.name, one, theirs)
    assert two.counts == theirs.counts, (subject.name, two, theirs)
    each = (one.memory - one.memory_before) / one.distinct
    return (
        f"{one.distinct:,}",
        f"{one.generated:,}",
        f"{one.generated / one.search:,.0f}",
        f"{theirs.generated / theirs.search:,.0f}",
        f"{theirs.search / one.search:.2f}",
        f"{theirs.search_cpu / one.search_cpu:.2f}",
        f"{theirs.in_all / one.in_all:.2f}",
        f"{theirs.cpu / one.cpu:.2f}",
        f"{one.search / two.search:.2f}",
        f"{two.cpu / one.cpu:.2f}",
        f"{each:,.0f}",
        f"{(EIGHT_GB - one.memory_before) / each / 1e6:.0f}",
        f"{theirs.memory / theirs.distinct:,.0f}",
    )


def main(names: list[str]) -> None:
    table = Table("model", box=None)
    for column in COLUMNS:
        table.add_column(column, justify="right")
    console = Console(width=150)
    for subject in subjects():
        if not names or subject.name in names:
            cells = row(subject)
            console.print(subject.name, *cells)
            table.add_row(subject.name, *cells)
    console.print(table)
    for column, meaning in COLUMNS.items():
        if meaning:
            console.print(f"  {column:<12}{meaning}")
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    console.print(f"  load of the machine at the end: {load}")


if __name__ == "__main__":
    main(sys.argv[1:])
