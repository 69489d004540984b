"""Processes that work for another one end with it, whatever ends it: SIGKILL can be caught by nobody."""

from __future__ import annotations

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """In a process of multiprocessing: from here on it ends as soon as its parent has."""
    threading.Thread(target=_end, daemon=True).start()


def _end() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)  # the main thread may be inside of a library, and nothing is left to be put in order
