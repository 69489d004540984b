"""What ends a search early: its time, its memory, or an interrupt from the keyboard. Also tells its progress.

A search looks at its Watch for each state that it expands, which costs little: the clock is read, and only
a few times in a second something is done about it. While a search is guarded, a thread sees to it that a
bound holds also where a single state takes too long: it interrupts the search as the keyboard would.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

OFTEN = 0.25
"""Seconds between two looks at the memory."""

TELL_EVERY = 1.0
"""Seconds between two calls of `progress`, at most, as long as a state is expanded in that time."""


GRACE = 1.0
"""Seconds for which nobody may look before the search is interrupted where it is."""


class Stopped(Exception):
    """A bound is reached: "time" or "memory"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Watch:
    """Measures a search from now on; `tell` is called about once in a second."""

    def __init__(self, tell: Callable[[], None], seconds: float | None, memory: int | None) -> None:
        """`seconds` of real time, `memory` in bytes resident in this process; None is no bound."""
        self._tell = tell
        self._memory = memory
        self._process = psutil.Process()
        self._began = time.monotonic()
        self._ends = self._began + seconds if seconds is not None else float("inf")
        self._told = self._began
        self._next = self._began  # the first look is one at the memory too
        self._looked = self._began
        self.overdue = ""

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def look(self) -> None:
        """Raises Stopped where a bound is reached."""
        now = time.monotonic()
        if now >= self._next:
            self._act(now)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Has the search interrupted where a bound is reached and it does not look; `overdue` says which."""
        if self._ends == float("inf") and self._memory is None:
            yield
            return
        ended = threading.Event()
        searching = threading.get_ident()
        guardian = threading.Thread(target=self._guard, args=(ended, searching), daemon=True)
        guardian.start()
        try:
            yield
        finally:
            ended.set()
            guardian.join()

    def _guard(self, ended: threading.Event, searching: int) -> None:
        while not ended.wait(OFTEN):
            now = time.monotonic()
            reason = self._reached(now) if now >= self._looked + GRACE else ""
            if reason:
                self.overdue = reason
                # Not by a signal: a process in the background may have been told to ignore those. Again and
                # again: what is raised in a callback of the garbage collector goes no further than that.
                interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc
                interrupt(ctypes.c_ulong(searching), ctypes.py_object(KeyboardInterrupt))

    def _reached(self, now: float) -> str:
        """The bound that is reached, or nothing."""
        if now >= self._ends:
            return "time"
        if self._memory is not None and self._process.memory_info().rss >= self._memory:
            return "memory"
        return ""

    def _act(self, now: float) -> None:
        reason = self._reached(now)
        if reason:
            raise Stopped(reason)
        if now >= self._told + TELL_EVERY:
            self._told = now
            self._tell()
        self._next = min(now + OFTEN, self._ends)
        self._looked = now
