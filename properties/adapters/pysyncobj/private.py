"""Copies of PySyncObj's modules whose world can be replaced.

PySyncObj takes its clock, its chance, its poller and its journal from names of its modules. So a server runs
in copies of its own, in which these names stand for what it is given; the modules that others import stay
as they are.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from importlib.abc import InspectLoader
from importlib.util import find_spec
from types import CodeType, ModuleType
from typing import Any

LOGGER = logging.getLogger(__name__)
LOGGER.addHandler(logging.NullHandler())
LOGGER.propagate = False
"""Takes what PySyncObj tells about its runs; whoever wants to read it adds a handler."""


@dataclass(slots=True)
class Clock:
    """Stands still until it is set."""

    now: int = 0

    def read(self) -> int:
        return self.now


class Middling:
    """Stands for the module random: chance is the schedule's, so there is none here."""

    @staticmethod
    def random() -> int:
        return 0


class Idle:
    """Stands for a poller: nothing comes from outside."""

    def poll(self, timeout: float) -> None:
        """Returns at once."""


def copy_of(name: str, **names: Any) -> ModuleType:
    """A new copy of the module of PySyncObj, with these names replaced and what it logs kept quiet."""
    module = ModuleType(name)
    module.__package__ = name.rpartition(".")[0]
    exec(_code(name), module.__dict__)
    # Release 0.3.11 logs by the module logging itself, later ones by a logger of each module.
    vars(module).update(logging=LOGGER, logger=LOGGER, **names)
    return module


@cache
def _code(name: str) -> CodeType:
    spec = find_spec(name)
    assert spec is not None, f"{name} is not installed"
    assert isinstance(spec.loader, InspectLoader), f"{name} has no source"
    code = spec.loader.get_code(name)
    assert code is not None, f"{name} has no source"
    return code
