"""Builds the driver of an adapter from its sources, once, into the cache of the user.

What is built is known by a hash of the sources and of how they are built. Two processes that want the same at
once build it once; one that is interrupted leaves nothing that could be taken for a driver.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class DriverError(ValueError):
    """A driver that cannot be had: one line."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the sources are, and how they are built: by a command, run in a copy of the folder.

    `program` is what the command makes there; `tools` are the programs that it takes; what goes by a name of
    `aside` is no source.
    """

    folder: Path
    build: tuple[str, ...]
    program: str = "driver"
    tools: tuple[str, ...] = ()
    aside: tuple[str, ...] = ("target", "__pycache__")

    def command(self) -> tuple[str, ...]:
        """The driver, built if it is not there yet; DriverError if it cannot be."""
        key = self._key()
        built = cache_folder() / "drivers" / f"{self._name}-{key}" / Path(self.program).name
        if not built.exists():
            self.refuse_missing_tools()
            with _locked(built.parent.with_suffix(".lock")):
                if not built.exists():
                    self._build(built)
        return (str(built),)

    def refuse_missing_tools(self) -> None:
        """DriverError that names the first tool that is not there."""
        for tool in (self.build[0], *self.tools):
            if shutil.which(tool) is None:
                raise DriverError(f"`{tool}` is not on the PATH; the driver of {self._name} is built with it")

    @property
    def _name(self) -> str:
        return self.folder.parent.name if self.folder.name == "driver" else self.folder.name

    def _key(self) -> str:
        digest = hashlib.sha256(repr((self.build, self.program, platform.machine())).encode())
        for path in self._files():
            content = (self.folder / path).read_bytes()
            digest.update(f"{path.as_posix()}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()[:16]

    def _files(self) -> list[Path]:
        """All but what was built in the folder itself, and what is hidden."""
        found = []
        for folder, folders, files in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if self._is_source(name))
            here = Path(folder).relative_to(self.folder)
            found += [here / name for name in sorted(files) if self._is_source(name)]
        return [path for path in found if path != Path(self.program)]

    def _is_source(self, name: str) -> bool:
        return not name.startswith(".") and name not in self.aside

    def _build(self, built: Path) -> None:
        """Beside the place where it is wanted, which it takes when it is complete."""
        log = built.parent.with_suffix(".log")
        with tempfile.TemporaryDirectory(dir=built.parents[1], prefix="building-") as work:
            copy = Path(work, "sources")
            for path in self._files():
                (copy / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.folder / path, copy / path)
            with log.open("wb") as told:
                done = subprocess.run(
                    self.build, cwd=copy, stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.STDOUT
                )
            if done.returncode != 0 or not (copy / self.program).is_file():
                raise DriverError(self._told(done.returncode, log))
            ready = Path(work, "ready")
            ready.mkdir()
            shutil.move(copy / self.program, ready / built.name)
            ready.rename(built.parent)

    def _told(self, status: int, log: Path) -> str:
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
        why = f"ended with status {status}" if status else f"made no `{self.program}`"
        command = " ".join(self.build)
        return f"`{command}` {why} for the driver of {self._name}, saying: {last[:200]}; all of it in {log}"


def cache_folder() -> Path:
    """RAFTCHECK_CACHE, or where caches of the user are."""
    own = os.environ.get("RAFTCHECK_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "raftcheck")


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """One process at a time is inside; one that ends lets go."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
