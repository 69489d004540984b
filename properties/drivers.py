"""Builds the driver of an adapter from its sources, once, into the cache of the user.

What is built is known by a hash of the sources and of how they are built. Two processes that want the same at
once build it once; one that is interrupted leaves nothing that could be taken for a driver, and a later build
clears away what it left. A driver that is not what was built is built again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .news import say

BUILDING = "building-"
"""Begins the name of a folder in which something is being built; the rest is as that of the lock."""

DIGEST = "sha256"
"""The file beside a driver that says what was built."""


class DriverError(ValueError):
    """A driver that cannot be had: one line."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the sources are, and how they are built: by a command, run in a copy of the folder.

    `program` is what the command makes there; `tools` are the programs that it takes; what goes by a name of
    `aside` is no source. `name` is that of the Raft, where the folder has another.
    """

    folder: Path
    build: tuple[str, ...]
    program: str = "driver"
    tools: tuple[str, ...] = ()
    aside: tuple[str, ...] = ("target", "__pycache__")
    name: str = ""

    def command(self) -> tuple[str, ...]:
        """The driver, built if it is not there yet; DriverError if it cannot be."""
        key = self._key()
        built = cache_folder() / "drivers" / f"{self._name}-{key}" / Path(self.program).name
        if not _is_whole(built):
            self.refuse_missing_tools()
            try:
                self._build_alone(built)
            except OSError as error:
                where = f"the cache of drivers, {cache_folder()}: {error.filename or built}: {error.strerror}"
                other = "RAFTCHECK_CACHE names another"
                raise DriverError(f"{where}; expected a folder that can be written, {other}") from None
        return (str(built),)

    def refuse_missing_tools(self) -> None:
        """DriverError that names the first tool that is not there."""
        for tool in (self.build[0], *self.tools):
            if shutil.which(tool) is None:
                raise DriverError(f"`{tool}` is not on the PATH; the driver of {self._name} is built with it")

    @property
    def _name(self) -> str:
        folder = self.folder.parent if self.folder.name == "driver" else self.folder
        return self.name or folder.name

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

    def _build_alone(self, built: Path) -> None:
        """Unless another process has just done so."""
        drivers = built.parents[1]
        drivers.mkdir(parents=True, exist_ok=True)
        _clear_what_was_left(drivers)
        with _locked(built.parent.with_suffix(".lock"), f"another process builds the driver of {self._name}"):
            if not _is_whole(built):
                say(f"building the driver of {self._name} with {self.build[0]}, once")
                _remove(built.parent)
                work = drivers / (BUILDING + built.parent.name)
                _remove(work)
                work.mkdir()
                try:
                    self._build(work, built)
                finally:
                    _remove(work)

    def _build(self, work: Path, built: Path) -> None:
        """Beside the place where it is wanted, which it takes when it is complete."""
        log = built.parent.with_suffix(".log")
        copy = work / "sources"
        for path in self._files():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.folder / path, copy / path)
        with log.open("wb") as told:
            done = subprocess.run(
                self.build, cwd=copy, stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.STDOUT
            )
        if done.returncode != 0 or not os.access(copy / self.program, os.X_OK):
            raise DriverError(self._told(done.returncode, log))
        ready = work / "ready"
        ready.mkdir()
        shutil.move(copy / self.program, ready / built.name)
        (ready / DIGEST).write_text(_digest(ready / built.name), encoding="ascii")
        ready.rename(built.parent)

    def _told(self, status: int, log: Path) -> str:
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
        why = f"ended with status {status}" if status else f"made no program `{self.program}`"
        command = " ".join(self.build)
        return f"`{command}` {why} for the driver of {self._name}, saying: {last[:200]}; all of it in {log}"


def cache_folder() -> Path:
    """RAFTCHECK_CACHE, or where caches of the user are."""
    own = os.environ.get("RAFTCHECK_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "raftcheck")


def _is_whole(built: Path) -> bool:
    """Whether it is what was built, and can be run."""
    try:
        told = (built.parent / DIGEST).read_bytes()
        return os.access(built, os.X_OK) and told == _digest(built).encode()
    except OSError:
        return False


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _clear_what_was_left(drivers: Path) -> None:
    """The folders of builds that were killed: nobody holds their locks."""
    for work in drivers.glob(f"{BUILDING}*"):
        with (drivers / f"{work.name.removeprefix(BUILDING)}.lock").open("wb") as lock:
            if _is_free(lock):
                _remove(work)


def _remove(path: Path) -> None:
    """Whatever it is, if it is there; what a build that lost its parent still writes goes the next time."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _locked(file: Path, why: str) -> Iterator[None]:
    """One process at a time is inside; one that ends lets go. `why` one has to wait."""
    with file.open("wb") as lock:
        if not _is_free(lock):
            say(f"waiting: {why}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_free(lock: IO[bytes]) -> bool:
    """Takes the lock, until the file is closed, if nobody has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
