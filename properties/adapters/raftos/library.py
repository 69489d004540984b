"""The modules of raftos, with the world around them replaced: files, timers, serializer, and old Python.

raftos is imported once, and what is put into its modules stays there: nothing else in this process can use
it as its authors meant it. What decides anything (state.py, storage.py) is untouched.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

from ...drivers import DriverError
from .files import Files

PACKAGE = "raftos"


class Timer:
    """A timer that the schedule fires, in place of raftos.timer.Timer."""

    def __init__(self, interval: object, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.is_active = False

    def start(self) -> None:
        self.is_active = True

    def stop(self) -> None:
        self.is_active = False

    def reset(self) -> None:
        self.is_active = True


def _state_module() -> Any:
    """raftos.state as it is. DriverError where raftos is not installed."""
    logging.getLogger(PACKAGE).addHandler(logging.NullHandler())
    # Its default serializer needs a msgpack of 2016, and is replaced below: to import it any will do.
    stand_in = ModuleType("msgpack")
    sys.modules.setdefault("msgpack", stand_in)
    try:
        return import_module(f"{PACKAGE}.state")
    except ModuleNotFoundError as error:
        install = "`pip install --no-deps raftos==0.2.6`"
        raise DriverError(f"no module `{error.name}`; expected raftos, which {install} installs") from None
    finally:
        if sys.modules["msgpack"] is stand_in:
            del sys.modules["msgpack"]


FILES = Files()

state = _state_module()
state.Timer = Timer
# What these names were in Python 3.5, for which it is written.
state.asyncio = SimpleNamespace(
    ensure_future=asyncio.ensure_future,
    Future=asyncio.Future,
    iscoroutinefunction=inspect.iscoroutinefunction,
    futures=SimpleNamespace(InvalidStateError=asyncio.InvalidStateError),
)

storage: Any = sys.modules[f"{PACKAGE}.storage"]
storage.open = FILES.open
storage.os = FILES

config = state.config
config.configure({"log_path": "", "serializer": sys.modules[f"{PACKAGE}.serializers"].JSONSerializer})
