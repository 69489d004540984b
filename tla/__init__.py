"""TLA+ in Python: syntax tree, modules, values, compiler, checker, simulation. Knows nothing about Raft.

model = Model(load("Lift.tla"), load_config("Lift.cfg"))
result = check(model)

What these names stand for is imported when it is asked for: the checker takes a while, and not all need it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checker import Result, Step, Violation, check
    from .config import Config, load_config, parse_config
    from .errors import Span, TlaError
    from .model import Action, Formula, Model, State
    from .modules import load, parse
    from .notation import parse_value
    from .simulation import simulate
    from .values import format_value

__all__ = [
    "Action",
    "Config",
    "Formula",
    "Model",
    "Result",
    "Span",
    "State",
    "Step",
    "TlaError",
    "Violation",
    "check",
    "format_value",
    "load",
    "load_config",
    "parse",
    "parse_config",
    "parse_value",
    "simulate",
]

_HOMES = {
    "Result": "checker",
    "Step": "checker",
    "Violation": "checker",
    "check": "checker",
    "Config": "config",
    "load_config": "config",
    "parse_config": "config",
    "Span": "errors",
    "TlaError": "errors",
    "Action": "model",
    "Formula": "model",
    "Model": "model",
    "State": "model",
    "load": "modules",
    "parse": "modules",
    "parse_value": "notation",
    "simulate": "simulation",
    "format_value": "values",
}
"""The module that each name is of."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
