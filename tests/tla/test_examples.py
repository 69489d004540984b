"""The public collection of TLA+ examples: its small models give here what its manifests say that TLC found.

Opt-in: RAFTCHECK_TLA_EXAMPLES names a folder with the collection (tlaplus/Examples on GitHub). Of its models,
those that are searched exhaustively and take TLC under a minute are checked as they are, byte for byte: the
verdict, and where the manifest has them, the numbers of distinct and of generated states. (How deep TLC says
it went differs from run to run where it has several workers, so the depth is not compared.)

Each model has a process of its own, as some take much memory. It begins in the folder of the collection, from
which some models name the files that they read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FOLDER = os.environ.get("RAFTCHECK_TLA_EXAMPLES", "")
SECONDS = float(os.environ.get("RAFTCHECK_TLA_EXAMPLES_SECONDS", "900"))
"""For one model, on a machine that does nothing else; TLC has all processors, this engine one."""

REFUSED: dict[str, str] = {}
"""Models that are refused, by the path of the configuration, with a part of what the refusal says."""


@dataclass(frozen=True, slots=True)
class Example:
    """A model of the collection, with what its manifest says of it; paths from the collection's folder."""

    module: str
    config: str
    result: str
    distinct: int | None
    generated: int | None


def examples(folder: Path) -> Iterator[Example]:
    """The models that TLC searches whole in less than a minute."""
    for manifest in sorted(folder.glob("specifications/*/manifest.json")):
        for module in json.loads(manifest.read_text(encoding="utf-8"))["modules"]:
            for model in module["models"]:
                if model["mode"] == "exhaustive search" and model["runtime"] < "00:01:00":
                    counts = (model.get("distinctStates"), model.get("totalStates"))
                    yield Example(module["path"], model["path"], model["result"], *counts)


CHECK = """
import json, sys
from raftcheck.tla import Model, TlaError, check, load, load_config
try:
    result = check(Model(load(sys.argv[1]), load_config(sys.argv[2])))
    violation = result.violation
    kind = violation and violation.kind
    message = violation and violation.message
    print(json.dumps([kind, result.distinct, result.generated, message]))
except TlaError as error:
    print(json.dumps(["refused", 0, 0, str(error)]))
"""

VERDICTS = {
    None: ("success",),
    "deadlock": ("deadlock failure",),
    "invariant": ("safety failure",),
    "postcondition": ("safety failure",),
    "property": ("safety failure", "liveness failure"),
    "refused": (),
    "error": (),
}
"""What a manifest calls what is found here: a property may be violated by a step or by a whole behavior."""


def found(example: Example) -> list[Any]:
    finished = subprocess.run(
        [sys.executable, "-c", CHECK, example.module, example.config],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    answer: list[Any] = json.loads(finished.stdout.splitlines()[-1])
    return answer


MODELS = list(examples(Path(FOLDER))) if FOLDER else []


@pytest.mark.deep
@pytest.mark.skipif(not FOLDER, reason="RAFTCHECK_TLA_EXAMPLES names no folder with the collection")
@pytest.mark.parametrize("example", MODELS, ids=[example.config for example in MODELS])
def test_a_model_gives_what_tlc_found(example: Example) -> None:
    kind, distinct, generated, message = found(example)
    if example.config in REFUSED:
        assert kind == "refused", "this model is refused no longer: take it out of REFUSED"
        assert REFUSED[example.config] in message
        return
    assert example.result in VERDICTS[kind], message
    if example.result == "success":
        assert example.distinct in (None, distinct)
        assert example.generated in (None, generated)
