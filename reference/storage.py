"""Stable storage for a server: in memory, which forgets in a crash what was not synced, and in a file.

Rules: what was written before a sync() that returned is there at the next load(), whatever happens in
between; what was written after it may be lost. A write or sync that failed is not tried again: after a
failed fsync the system may report success for data that never reached the disk, and even show them, so
the storage refuses everything from then on, the server must stop, and the disk needs a look.

Knows neither Raft's rules nor what the records mean; the bytes of the file are journal.py's. FileStorage
needs a POSIX system.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from . import journal
from .journal import StorageError as StorageError
from .stable import Record, Stable, replay


class Storage(Protocol):
    """Where a server keeps what it must not forget."""

    def load(self) -> Stable:
        """The state that the synced records leave behind."""

    def write(self, record: Record) -> None:
        """Add a record; it may be lost in a crash until sync() has returned."""

    def sync(self) -> None:
        """Return when every record written so far survives any crash; raise when that cannot be had."""


class MemoryStorage:
    """Storage that outlives the server object but not the process: for simulated crashes."""

    def __init__(self) -> None:
        self._synced: list[Record] = []
        self._pending: list[Record] = []

    def load(self) -> Stable:
        return replay(self._synced)

    def write(self, record: Record) -> None:
        self._pending.append(record)

    def sync(self) -> None:
        self._synced += self._pending
        self._pending.clear()

    def crash(self, keep: int = 0) -> None:
        """Lose what was not synced, except its first `keep` records: they happened to reach the disk."""
        self._synced += self._pending[:keep]
        self._pending.clear()


class FileStorage:
    """An append-only journal in one file, for one server at a time. Survives kill -9 and a power cut.

    Opening it cuts the torn tail that a crash may have left, and refuses with StorageError what no crash
    explains. Each sync() adds one checksummed line: all records of a sync survive, or none. fsync is a
    parameter so that a failing disk can be tried.
    """

    def __init__(self, path: str | os.PathLike[str], fsync: Callable[[int], None] = os.fsync) -> None:
        self.path = os.fspath(path)
        self._fsync = fsync
        self._pending: list[Record] = []
        self._usable = True
        self._end = 0
        self._file = open(self.path, "a+b", buffering=0)  # noqa: SIM115 -- lives as long as the storage
        try:
            self._lock()
            self._recover()
        except BaseException:
            self._file.close()
            raise

    def load(self) -> Stable:
        records, _ = journal.read(self._contents(), self.path)
        return replay(records)

    def write(self, record: Record) -> None:
        self._check_usable()
        self._pending.append(record)

    def sync(self) -> None:
        self._check_usable()
        if self._pending:
            with self._writing():
                self._append(journal.line(self._pending))
            self._pending.clear()

    def close(self) -> None:
        """Let go of the file; like a crash, this loses what was not synced."""
        self._file.close()

    def _lock(self) -> None:
        """Two servers on one journal would vote twice. The system frees the lock of a killed process."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageError(self.path, 0, "in use by another server", "one journal for each") from error

    def _recover(self) -> None:
        """Cut a torn tail, complete an interrupted creation, and make sure of all that is kept.

        The sync is not only for what changed here: the last line of a killed process may still be in the
        system's memory alone, and load() is about to rely on it.
        """
        _, self._end = journal.read(self._contents(), self.path)
        directory = os.open(os.path.dirname(self.path) or ".", os.O_RDONLY)
        try:
            with self._writing():
                self._file.truncate(self._end)
                self._append(b"" if self._end else journal.HEADER)
                self._fsync(directory)  # which has the file's name
        finally:
            os.close(directory)

    def _contents(self) -> bytes:
        self._file.seek(0)
        return self._file.readall()

    def _append(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:  # a disk that fills up takes a part before it fails
            rest = rest[self._file.write(rest) :]
        self._fsync(self._file.fileno())
        self._end += len(data)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Whatever interrupts this, an exception of a signal handler too, leaves the storage unusable.

        A later line must not follow half a line, nor claim that an earlier one is on disk (journal.py).
        """
        self._usable = False
        try:
            yield
        except OSError as error:
            raise StorageError(self.path, self._end, f"cannot write: {error}", "a disk that works") from error
        self._usable = True

    def _check_usable(self) -> None:
        if not self._usable:
            raise StorageError(
                self.path,
                self._end,
                "a write after one that failed",
                "the server to stop, and its disk to be checked before it restarts",
            )
