"""TLA+ in Python: syntax tree, modules, values, compiler, checker, simulation. Knows nothing about Raft.

model = Model(load("Lift.tla"), load_config("Lift.cfg"))
result = check(model)
"""

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
