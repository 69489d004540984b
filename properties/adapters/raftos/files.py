"""Files of raftos on the disk of an Env: what its storage module takes for `open` and `os`.

A crash is that of the process: what was handed to the operating system stays, so everything is synced at
once. To open a file for writing empties it, and what is written arrives when it is closed; a crash may come
between the two. raftos never calls fsync: what a loss of power would leave is not asked.
"""

from __future__ import annotations

import io
import os

from ...node import Env


class Files:
    """The file system of one server at a time: that whose turn it is."""

    path = os.path

    def __init__(self) -> None:
        self.env: Env | None = None

    def makedirs(self, name: str, exist_ok: bool) -> None:
        """The disk of an Env has no folders."""

    def open(self, name: str, mode: str) -> io.BytesIO:
        assert self.env is not None, f"{name} is opened while no server runs"
        if mode == "rb":
            return io.BytesIO(self._read(self.env, name))
        if mode == "wb" or name not in self.env.disk:
            _write(self.env, name, b"")
        return _Written(self.env, name)

    def _read(self, env: Env, name: str) -> bytes:
        if name not in env.disk:
            raise FileNotFoundError(name)
        content: bytes = env.disk[name]
        return content


class _Written(io.BytesIO):
    """A file that is open for writing at its end."""

    def __init__(self, env: Env, name: str) -> None:
        super().__init__()
        self._env = env
        self._name = name

    def close(self) -> None:
        if not self.closed and (more := self.getvalue()):
            _write(self._env, self._name, self._env.disk[self._name] + more)
        super().close()


def _write(env: Env, name: str, content: bytes) -> None:
    env.disk[name] = content
    env.sync()
