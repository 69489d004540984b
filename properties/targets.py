"""From the name of a target to an Implementation: `reference`, or `module:attribute`.

What is wrong with a name is said in one line, and nothing that happens while a module is imported comes
through as an exception of ours.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
import traceback
from types import ModuleType
from typing import get_args

from .adapters.reference import reference
from .finding import shown
from .node import Caps, Implementation, Network

REFERENCE = "reference"


class TargetError(ValueError):
    """A target that is no Implementation: one line with what was seen and what was expected."""


def load_target(name: str) -> Implementation:
    """The implementation of that name; modules are looked for in the current directory as well."""
    if name == REFERENCE:
        return reference
    module_name, colon, attribute = name.partition(":")
    if not (module_name and colon and attribute):
        raise TargetError(f"target `{name}`: expected `{REFERENCE}` or module:attribute, such as my_raft:raft")
    module = _module(name, module_name)
    if not hasattr(module, attribute):
        names = [known for known in vars(module) if not known.startswith("_")]
        similar = difflib.get_close_matches(attribute, names, n=1)
        hint = f"did you mean `{similar[0]}`?" if similar else "expected the name of an Implementation"
        raise TargetError(f"target `{name}`: module `{module_name}` has no `{attribute}`; {hint}")
    return _implementation(name, getattr(module, attribute))


def _module(name: str, module_name: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(module_name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name is not None
        if missing and (module_name + ".").startswith(f"{error.name}."):  # type: ignore[attr-defined]
            problem = f"no module `{error.name}`; expected one in {os.getcwd()} or installed"  # type: ignore[attr-defined]
        else:
            problem = f"importing `{module_name}` raised {shown(error)}{_place(error)}; expected a module"
        raise TargetError(f"target `{name}`: {problem}") from None


def _place(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f" at {error.filename}:{error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
    return f" at {frames[-1].filename}:{frames[-1].lineno}" if frames[1:] else ""


def _implementation(name: str, thing: object) -> Implementation:
    """The thing itself, or for a class what it makes without arguments."""
    if isinstance(thing, type):
        try:
            thing = thing()
        except Exception as error:
            raise TargetError(
                f"target `{name}`: the class raised {shown(error)}; expected an Implementation, or a class of "
                "one that needs no arguments"
            ) from None
    caps = getattr(thing, "caps", None)
    for lacking in ("start", "caps"):
        if not hasattr(thing, lacking):
            seen = f"{shown(thing)} has no `{lacking}`"
            raise TargetError(f"target `{name}`: {seen}; expected an Implementation (raftcheck.properties.node)")
    if not isinstance(caps, Caps):
        raise TargetError(f"target `{name}`: caps = {shown(caps)}; expected a Caps (raftcheck.properties.node)")
    if caps.network not in get_args(Network):
        known = ", ".join(get_args(Network))
        raise TargetError(f"target `{name}`: caps.network = {shown(caps.network)}; expected one of {known}")
    return thing  # type: ignore[return-value]
