"""What the tests of adapters share: releases of Python packages, drivers, and what to do without them.

What is missing is the reason of a skip. With RAFTCHECK_NEEDS_ADAPTERS=1, as in .ci/run, it is a failure.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from raftcheck.properties.drivers import DriverError, Sources, cache_folder
from raftcheck.properties.node import Implementation
from raftcheck.properties.targets import TargetError, load_target

Answer = dict[str, Any]
"""The one object of a command's --json."""


def lacking(what: str) -> NoReturn:
    """Ends a test for the want of something."""
    if os.environ.get("RAFTCHECK_NEEDS_ADAPTERS"):
        pytest.fail(f"{what}, and RAFTCHECK_NEEDS_ADAPTERS is set", pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def release() -> Callable[[str], Path]:
    """Takes a requirement such as pysyncobj==0.3.11; the folder, to be put on PYTHONPATH, that has it."""
    return _release


@pytest.fixture(scope="session")
def target() -> Callable[[str], Implementation]:
    """Takes the name of a target, and builds its driver if it has one; without tool chain, no test."""

    def take(name: str) -> Implementation:
        try:
            return load_target(name)
        except TargetError as error:
            lacking(str(error))

    return take


@pytest.fixture(scope="session")
def built() -> Callable[[Sources], str]:
    """Takes sources; the driver that they make, built if it is not in the cache."""

    def build(sources: Sources) -> str:
        try:
            (driver,) = sources.command()
        except DriverError as error:
            lacking(str(error))
        return driver

    return build


@pytest.fixture
def raftcheck(tmp_path: Path) -> Callable[..., Answer]:
    """Runs a command in a process of its own, on a release if one is named: its answer."""

    def run(*arguments: str | Path, release: str | None = None) -> Answer:
        environment = dict(os.environ)
        if release is not None:
            environment["PYTHONPATH"] = str(_release(release))
        command = "from raftcheck.properties.entry import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", command, str(arguments[0]), "--json", *map(str, arguments[1:])],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode in (0, 1), done.stderr
        answer: Answer = json.loads(done.stdout)
        return answer

    return run


def _release(requirement: str) -> Path:
    """Installs it once for each version of Python, as a whole or not at all."""
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache_folder() / "releases" / python / requirement
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{requirement}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent) as work:
                pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
                pip.append("--no-deps")  # raftos asks for libraries that are too old to be built
                done = subprocess.run(
                    [*pip, "--target", work + "/it", requirement], capture_output=True, text=True
                )
                if done.returncode != 0:
                    lacking(f"{requirement} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
                shutil.move(work + "/it", folder)
    return folder
