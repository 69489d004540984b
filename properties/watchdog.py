"""Ends a call of a node that does not return.

A timer of the process looks every few seconds whether the cluster still is in the same step; it costs a step
nothing. Works in the main thread of a Unix process; elsewhere a node that hangs, hangs.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

PATIENCE_SECONDS = 3.0
"""A step of any Raft takes well under a millisecond; this leaves room for a busy machine."""


@contextmanager
def blocked(number: signal.Signals) -> Iterator[None]:
    """A signal that comes while inside waits until the end."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Hang(BaseException):
    """Raised inside a call that has taken too long. No `Exception`, so that the node does not swallow it."""


class Watched(Protocol):
    @property
    def step_going_on(self) -> int:
        """The number of the step that is going on, 0 between steps."""


@contextmanager
def watchdog(watched: Watched, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """While inside, a step of `watched` that lasts between one and two times the patience raises Hang."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    last_seen = 0

    def look(_signal: int, _frame: FrameType | None) -> None:
        nonlocal last_seen
        if watched.step_going_on and watched.step_going_on == last_seen:
            last_seen = 0
            raise Hang
        last_seen = watched.step_going_on

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, patience_seconds, patience_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
