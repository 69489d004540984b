"""PySyncObj's journal on the disk of an Env: its own code, above files of ours.

PySyncObj writes by memory map and never asks the system to write out, so it is tested for what it can
survive, the death of its process: what was written up to then is kept. That of the machine is not tried.
"""

from __future__ import annotations

import pickle
from functools import partial
from typing import Any

from ...node import Env
from .private import copy_of


class MappedFile:
    """Stands for PySyncObj's ResizableFile: each write is a write to disk."""

    def __init__(self, env: Env, name: str, defaultContent: bytes) -> None:
        self._env = env
        self._name = name
        self._content = bytearray(env.disk.get(name, defaultContent))

    def write(self, offset: int, values: bytes) -> None:
        missing = offset + len(values) - len(self._content)
        self._content.extend(bytes(max(missing, 0)))
        self._content[offset : offset + len(values)] = values
        self._env.disk[self._name] = bytes(self._content)
        self._env.sync()

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self._content[offset : offset + size])

    def _destroy(self) -> None:
        """Everything has been written."""


class MetaFile:
    """Stands for PySyncObj's MetaStorer, which replaces its file as a whole."""

    def __init__(self, env: Env, name: str) -> None:
        self._env = env
        self._name = name

    def getMeta(self) -> dict[str, Any]:
        meta: dict[str, Any] = (
            pickle.loads(self._env.disk[self._name]) if self._name in self._env.disk else {}
        )
        return meta

    def storeMeta(self, meta: dict[str, Any]) -> None:
        self._env.disk[self._name] = pickle.dumps(meta)
        self._env.sync()


def file_journal(env: Env) -> Any:
    """A FileJournal of PySyncObj."""
    names = copy_of(
        "pysyncobj.journal", ResizableFile=partial(MappedFile, env), MetaStorer=partial(MetaFile, env)
    )
    return names.FileJournal("journal")
