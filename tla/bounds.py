"""What ends a search early: its time, its memory, or an interrupt from the keyboard. Also tells its progress.

A search looks at its Watch for each state that it expands, which costs little: the clock is read, and only
a few times in a second something is done about it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

OFTEN = 0.25
"""Seconds between two looks at the memory."""

TELL_EVERY = 1.0
"""Seconds between two calls of `progress`, at most, as long as a state is expanded in that time."""


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
        self._next = min(self._began + OFTEN, self._ends)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def look(self) -> None:
        """Raises Stopped where a bound is reached."""
        now = time.monotonic()
        if now >= self._next:
            self._act(now)

    def _act(self, now: float) -> None:
        if now >= self._ends:
            raise Stopped("time")
        if self._memory is not None and self._process.memory_info().rss >= self._memory:
            raise Stopped("memory")
        if now >= self._told + TELL_EVERY:
            self._told = now
            self._tell()
        self._next = min(now + OFTEN, self._ends)
