"""The event loop of one server: it runs what is ready, in order, and knows no time and no socket."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any


class Loop:
    """As much of an event loop as tasks and futures need."""

    def __init__(self) -> None:
        self._ready: deque[asyncio.Handle] = deque()

    def run_ready(self) -> None:
        """Until every task waits for something that no task will bring."""
        while self._ready:
            self._ready.popleft()._run()

    def call_soon(
        self, callback: Callable[..., object], *arguments: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, arguments, self, context)  # type: ignore[arg-type]
        self._ready.append(handle)
        return handle

    def create_task(self, task: Coroutine[Any, Any, Any], **options: Any) -> asyncio.Task[Any]:
        return asyncio.Task(task, loop=self, **options)  # type: ignore[arg-type]

    def get_debug(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """A loop logs what nobody has caught, and goes on."""
