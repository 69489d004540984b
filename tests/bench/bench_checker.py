"""Explicit model checking: our engine against TLC with one worker, on the configurations of spec/MCraft.

    python tests/bench/bench_checker.py [configuration ...]

The ratios are the result; the absolute numbers are for orientation. Both check the same invariants and the
same property, and have to count the same states. Either is timed as a whole, from the start of the Java
machine or from the reading of the module; and the search alone (TLC's by its own clock, which has whole
seconds, so that it is left out where it is short). At the end, where our time goes.
"""

import cProfile
import pstats
import re
import sys
import time
from collections import defaultdict
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from raftcheck.spec.model import FOLDER
from raftcheck.tla import Model, Result, check, load, load_config
from raftcheck.tla.tlc import Options, Tlc

PROFILED = "MCraft2.cfg"
ENOUGH = 300_000
"""States generated under the profiler: most of the time is spent on the search then."""

TIME = r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)"


def model_of(config: str) -> Model:
    return Model(load(FOLDER / "MCraft.tla"), load_config(FOLDER / config))


def ours(config: str) -> tuple[Result, float]:
    """What our engine finds, and the seconds in all: loading, compiling, searching."""
    begin = time.perf_counter()
    result = check(model_of(config))
    return result, time.perf_counter() - begin


def tlc(config: str) -> tuple[tuple[int, int], float, float]:
    """What TLC generates and finds distinct, its seconds in all, and those of its search."""
    begin = time.perf_counter()
    opinion = Tlc.find().check(FOLDER / "MCraft.tla", FOLDER / config, Options(coverage=False))
    seconds = time.perf_counter() - begin
    result, output = opinion.result, opinion.log
    assert result.violation is None, output
    initial = re.search(rf"Finished computing initial states: .* at {TIME}", output)
    finished = re.search(rf"^Finished in .* at \({TIME}\)", output, re.MULTILINE)
    assert initial, output
    assert finished, output
    search = datetime.fromisoformat(finished[1]) - datetime.fromisoformat(initial[1])
    return (result.generated, result.distinct), seconds, search.total_seconds()


def compare(config: str) -> None:
    counts, tlc_seconds, tlc_search = tlc(config)
    result, seconds = ours(config)
    assert (result.generated, result.distinct) == counts, (result, counts)
    print(f"{config}")
    print(f"  distinct states          {result.distinct:>12,}")
    print(f"  generated states         {result.generated:>12,}")
    print(f"  ours, generated/s        {result.generated / result.seconds:>12,.0f}")
    print(f"  ours, in all             {seconds:>10.1f} s")
    print(f"  TLC, in all              {tlc_seconds:>10.1f} s")
    print(f"  TLC : ours, in all       {tlc_seconds / seconds:>12.2f}")
    if tlc_search >= 5:  # its clock has whole seconds
        print(f"  TLC, search alone        {tlc_search:>10.0f} s")
        print(f"  TLC : ours, search alone {tlc_search / result.seconds:>12.2f}")


class _Enough(Exception):
    pass


def _stop(result: Result) -> None:
    if result.generated > ENOUGH:
        raise _Enough


def what_dominates(config: str) -> None:
    """The share of time that is spent in each part itself; code made from TLA+ counts by its kind."""
    profile = cProfile.Profile()
    with suppress(_Enough):
        profile.runcall(check, model_of(config), _stop)
    shares: defaultdict[str, float] = defaultdict(float)
    for (file, _, function), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        made = re.fullmatch(r"<(action|predicate|op)_.*>", file)
        shares[f"compiled: {made[1]}" if made else f"{Path(file).stem}: {function}"] += own
    total = sum(shares.values())
    print(f"where our time goes ({config}, under the profiler)")
    for name, own in sorted(shares.items(), key=lambda item: -item[1])[:10]:
        print(f"  {name[:48]:<48} {own / total:>6.0%}")


def main(configs: list[str]) -> None:
    for config in configs:
        compare(config)
    what_dominates(PROFILED)


if __name__ == "__main__":
    main(sys.argv[1:] or sorted(path.name for path in FOLDER.glob("MCraft*.cfg")))
