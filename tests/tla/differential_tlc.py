"""TLC in a process of its own (differential_machine.py) that answers many questions."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from raftcheck.tla.tlc import Tlc

from .tlc import installed

needs_machine = pytest.mark.skipif(
    installed() is None or importlib.util.find_spec("jpype") is None,
    reason="needs Java, TLC's jar and JPype: pip install 'raftcheck[test]', and a Java runtime",
)


class Refused(Exception):
    """TLC cannot read a module."""


class Machine:
    """Ask, do something else, and fetch the answer."""

    def __init__(self, scratch: Path) -> None:
        program = Path(__file__).with_name("differential_machine.py")
        self._process = subprocess.Popen(
            [sys.executable, str(program), Tlc.find().jar, str(scratch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, operation: str, name: str, text: str, config: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([operation, name, text, config]) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """The answer to the oldest question that has none yet."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"TLC's process ended with status {self._process.wait()}"
        found = json.loads(line)
        if "refused" in found:
            raise Refused(found["refused"])
        return found["answer"]
