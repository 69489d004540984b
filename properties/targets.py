"""From the name of a target to an Implementation.

The name is `reference`, that of an adapter, `module:attribute`, or `-- ` and the command of a driver.

A module may also be given as a file, `tests/test_raft.py:test_my_raft`.

What is wrong with a name is said in one line, and nothing that happens while a module is imported comes
through as an exception of ours.
"""

from __future__ import annotations

import difflib
import importlib
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

from .adapters.reference import reference
from .capscheck import wrong_caps, wrong_restorable
from .drivers import DriverError
from .errors import UsageProblem
from .finding import shown
from .node import Implementation
from .stdio import Stdio

REFERENCE = "reference"

COMMAND = "-- "
"""Begins the name of a target that is a command for a driver; the rest is as a shell has it."""

ADAPTERS = {
    "etcd": "raftcheck.properties.adapters.etcd:implementation",
    "hashicorp": "raftcheck.properties.adapters.hashicorp:implementation",
    "libraft": "raftcheck.properties.adapters.libraft:implementation",
    "pysyncobj": "raftcheck.properties.adapters.pysyncobj:implementation",
    "raft-rs": "raftcheck.properties.adapters.raftrs:implementation",
    "raftos": "raftcheck.properties.adapters.raftos:implementation",
    "teaching": "raftcheck.properties.adapters.teaching:implementation",
}
"""Other people's Rafts, by the names under which they are known."""


class TargetError(UsageProblem):
    """A target that is no Implementation: one line with what was seen and what was expected."""


def load_target(name: str) -> Implementation:
    """The implementation of that name; modules are looked for in the current directory as well."""
    if name == REFERENCE:
        return reference
    try:
        if is_command(name):
            return _checked(_driver(name))
        return implementation_of(_attribute(ADAPTERS.get(name, name)))
    except (TargetError, DriverError) as error:
        raise TargetError(f"target `{name}`: {error}") from None


def command_target(words: Sequence[str]) -> str:
    """The name of the target that a command speaks for."""
    return COMMAND + shlex.join(words)


def is_command(name: str) -> bool:
    """Whether to load the target is to run a program of this name."""
    return name.startswith(COMMAND)


@cache
def _driver(name: str) -> Stdio:
    """One for each name, for each is a process."""
    try:
        words = shlex.split(name.removeprefix(COMMAND))
    except ValueError as error:
        raise TargetError(f"{error}; expected a command as a shell has it") from None
    if not words:
        raise TargetError("no command; expected one after `--`")
    return Stdio(words)


def _attribute(name: str) -> object:
    module_name, _, attribute = name.partition(":")
    if not (module_name and attribute):
        known = ", ".join((REFERENCE, *ADAPTERS))
        raise TargetError(f"expected one of {known}, or module:attribute, such as my_raft:raft")
    module = _module(module_name)
    found: object = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            names = [known for known in vars(module) if not known.startswith("_")]
            similar = difflib.get_close_matches(attribute, names, n=1)
            hint = f"did you mean `{similar[0]}`?" if similar else "expected the name of an Implementation"
            raise TargetError(f"module `{module_name}` has no `{attribute}`; {hint}")
        found = getattr(found, part)
    return found


def _module(name: str) -> ModuleType:
    here = os.getcwd()
    folders = [here]
    if name.endswith(".py"):
        folder, name = _in_file(Path(name))
        folders.append(folder)
    for folder in folders:
        if folder not in sys.path:
            sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except (KeyboardInterrupt, DriverError):
        raise
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}."):
            problem = f"no module `{error.name}`; expected one in {here} or installed"
        else:
            problem = f"importing `{name}` raised {shown(error)}{_place(error)}; expected a module"
        raise TargetError(problem) from None


def _in_file(file: Path) -> tuple[str, str]:
    """The folder to import a file from, and its name as a module: a package is imported from outside."""
    folder, parts = file.absolute().parent, [file.stem]
    while (folder / "__init__.py").exists():
        folder, parts = folder.parent, [folder.name, *parts]
    return str(folder), ".".join(parts)


def _place(error: BaseException) -> str:
    """Where in the module the error is, if it is there."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" at {error.filename}:{error.lineno}"
    places = [
        f" at {frame.filename}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and "importlib" not in frame.filename
    ]
    return places[-1] if places else ""


def implementation_of(thing: object) -> Implementation:
    """The thing itself, or for a class what it makes without arguments; TargetError if that is none."""
    expected = "expected an Implementation (raftcheck.properties.node)"
    if isinstance(thing, type):
        try:
            thing = thing()
        except Exception as error:
            raise TargetError(
                f"the class raised {shown(error)}; {expected}, made without arguments"
            ) from None
    for lacking in ("start", "caps"):
        if not hasattr(thing, lacking):
            raise TargetError(f"{shown(thing)} has no `{lacking}`; {expected}")
    return _checked(thing)  # type: ignore[arg-type]


def _checked(implementation: Implementation) -> Implementation:
    """The implementation, if its caps make sense."""
    wrong = wrong_caps(implementation.caps) or wrong_restorable(implementation)
    if wrong:
        raise TargetError("{}; expected {}".format(*wrong))
    return implementation
