"""Where the time of a search goes, on a configuration of spec/MCraft.

python tests/bench/bench_profile.py [configuration]
"""

import cProfile
import pstats
import re
import sys
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from raftcheck.spec.model import FOLDER
from raftcheck.tla import Model, Result, check, load, load_config

ENOUGH = 300_000
"""States generated under the profiler: most of the time is spent on the search then."""


class _Enough(Exception):
    pass


def _stop(result: Result) -> None:
    if result.generated > ENOUGH:
        raise _Enough


def main(config: str = "MCraft2.cfg") -> None:
    """The share of time that is spent in each part itself; code made from TLA+ counts by its kind."""
    model = Model(load(FOLDER / "MCraft.tla"), load_config(FOLDER / config))
    profile = cProfile.Profile()
    with suppress(_Enough):
        profile.runcall(check, model, _stop)
    shares: defaultdict[str, float] = defaultdict(float)
    for (file, _, function), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        made = re.fullmatch(r"<(action|predicate|op)_.*>", file)
        shares[f"compiled: {made[1]}" if made else f"{Path(file).stem}: {function}"] += own
    total = sum(shares.values())
    for name, own in sorted(shares.items(), key=lambda item: -item[1])[:10]:
        print(f"{name[:48]:<48} {own / total:>6.0%}")


if __name__ == "__main__":
    main(*sys.argv[1:])
