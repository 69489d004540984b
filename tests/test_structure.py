"""Which module may import which: the house rules of this project, read from its sources.

    properties --> traces --> spec --> tla            reference   (stdlib only)
        |                                                 ^
        +-------------------------------------------------+

The judge (tla, spec, traces) never imports the accused (reference), nor the reverse.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PACKAGE = "raftcheck"

FOLDERS = {
    "tla": (),
    "spec": ("tla",),
    "reference": (),
    "traces": ("tla", "spec"),
    "properties": ("tla", "spec", "reference", "traces"),
}
"""The folders of the package, and the folders that a module of each may import."""

LIBRARIES = {
    "tla": ("lark", "psutil", "tree_sitter", "tree_sitter_tlaplus", "z3"),
    "spec": (),
    "reference": (),
    "traces": ("msgspec",),
    "properties": ("click", "hypothesis", "msgspec", "pysyncobj", "pytest", "rich"),
}
"""The libraries that a module of each folder may import, beside Python's own."""

ONLY_IN = {
    "pytest": ("raftcheck.properties.plugin",),
    "asyncio": (
        "raftcheck.reference.server",
        "raftcheck.properties.adapters.raftos.library",
        "raftcheck.properties.adapters.raftos.loop",
    ),
    "pysyncobj": (
        "raftcheck.properties.adapters.pysyncobj.server",
        "raftcheck.properties.adapters.pysyncobj.real_run",
    ),
    "z3": ("raftcheck.tla.symbolic.solver", "raftcheck.tla.symbolic.clauses"),
}
"""Modules that are imported in few places only; raftos is made of asyncio."""

CORE = "raftcheck.reference.raft"
CLOCKS = {"datetime", "time"}
CHANCE = {"random", "secrets", "uuid"}
NETWORK = {"asyncio", "http", "select", "selectors", "socket", "socketserver", "ssl", "urllib"}
FILES = {"fcntl", "glob", "io", "os", "pathlib", "shutil", "sqlite3", "tempfile"}
OTHERS = {"ctypes", "multiprocessing", "signal", "subprocess", "threading"}
OUTSIDE_WORLD = CLOCKS | CHANCE | NETWORK | FILES | OTHERS
OUTSIDE_CALLS = {"open", "input", "print", "__import__"}
"""What the sans-IO core, with all that it imports, leaves to its driver."""


@dataclass(frozen=True, slots=True)
class Import:
    """`target`, in full, is imported at `line`; `level` counts the dots that it was written with."""

    target: str
    line: int
    level: int = 0

    @property
    def top(self) -> str:
        return self.target.partition(".")[0]


Sources = Mapping[str, str]
"""Module, by its full name (a package's ends in .__init__), to source text."""


def imports_of(module: str, text: str) -> Iterator[Import]:
    """All imports of a module, also those inside functions and under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (Import(f"{origin}.{alias.name}", node.lineno, node.level) for alias in node.names)


def folder_of(module: str) -> str:
    return module.split(".")[1]


def problems(sources: Sources) -> list[str]:
    """Every breach of the rules, each as one line."""
    found = [
        f"{module}:{imported.line}: {problem}"
        for module, text in sources.items()
        for imported in imports_of(module, text)
        for problem in breaches(module, imported)
    ]
    return [*found, *impure(sources), *cycles(sources)]


def breaches(module: str, imported: Import) -> Iterator[str]:
    """What is wrong with one import by itself."""
    folder = folder_of(module)
    if imported.level:
        if not imported.target.startswith(f"{PACKAGE}.{folder}."):
            yield "a relative import leaves its folder; expected an absolute one"
    elif imported.top == PACKAGE:
        target = imported.target.partition(".")[2].partition(".")[0]
        if target == folder:
            yield f"{imported.target} is in the same folder; expected a relative import"
        elif target not in FOLDERS[folder]:
            yield f"{folder} imports {imported.target}; expected only {FOLDERS[folder] or 'itself'}"
    elif imported.top not in sys.stdlib_module_names and imported.top not in LIBRARIES[folder]:
        yield f"{folder} imports {imported.top}; expected only {LIBRARIES[folder] or 'the standard library'}"
    if module not in ONLY_IN.get(imported.top, (module,)):
        yield f"{imported.top} is imported; expected that in {' and '.join(ONLY_IN[imported.top])} only"


def impure(sources: Sources) -> Iterator[str]:
    """Where the sans-IO core, or what it imports of ours, reaches for the outside world."""
    reached = [CORE] if CORE in sources else []
    links = graph(sources)
    for module in reached:  # grows while it is walked
        reached += [other for other in sorted(links[module]) if other not in reached]
        outside = [
            (node.line, node.top) for node in imports_of(module, sources[module]) if node.top in OUTSIDE_WORLD
        ]
        for line, name in [*outside, *outside_calls(sources[module])]:
            yield f"{module}:{line}: {name} is used; expected nothing of the outside world"


def outside_calls(text: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Name(id=name), lineno=line) if name in OUTSIDE_CALLS:
                yield line, name


def cycles(sources: Sources) -> Iterator[str]:
    try:
        TopologicalSorter(graph(sources)).prepare()
    except CycleError as error:
        yield "import cycle: " + " <- ".join(error.args[1])


def graph(sources: Sources) -> dict[str, set[str]]:
    """Module to the modules of ours that it imports by name."""

    def resolved(target: str) -> str | None:
        """`from .a import b` imports the module a.b, or takes b out of the module or package a."""
        outer = target.rpartition(".")[0]
        names = (target, f"{target}.__init__", outer, f"{outer}.__init__")
        return next((name for name in names if name in sources), None)

    return {
        module: {
            name for imported in imports_of(module, text) if (name := resolved(imported.target)) is not None
        }
        for module, text in sources.items()
    }


@pytest.fixture(scope="session")
def sources(root: Path, source_files: tuple[Path, ...]) -> Sources:
    """Every module of the package."""
    return {
        ".".join([PACKAGE, *path.with_suffix("").parts]): (root / path).read_text(encoding="utf-8")
        for path in source_files
        if path.parts[0] in FOLDERS and path.suffix == ".py"
    }


def test_the_sources_keep_the_rules(sources: Sources) -> None:
    assert {folder_of(module) for module in sources} == set(FOLDERS)
    assert CORE in sources
    assert not problems(sources), "\n".join(problems(sources))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("tla.checker", "from raftcheck.spec.model import actions"),
        ("tla.checker", "import msgspec"),
        ("spec.model", "from raftcheck.traces import events"),
        ("spec.model", "import lark"),
        ("spec.model", "from raftcheck.reference.raft import Raft"),
        ("traces.validate", "import raftcheck.reference"),
        ("traces.validate", "def f():\n    from raftcheck.reference.raft import quorum"),
        ("traces.validate", "from raftcheck.properties.node import Node"),
        ("traces.validate", "import hypothesis"),
        ("reference.storage", "from raftcheck.tla.values import Value"),
        ("reference.storage", "from raftcheck.traces.events import Entry"),
        ("reference.storage", "import msgspec"),
        ("reference.storage", "import asyncio"),
        ("reference.raft", "import random"),
        ("reference.raft", "from time import monotonic"),
        ("reference.raft", "from os import path"),
        ("reference.raft", "log = open('log')"),
        ("properties.cluster", "import pytest"),
        ("properties.cluster", "from asyncio import run"),
        ("properties.cluster", "import pysyncobj"),
        ("properties.cluster", "import numpy"),
        ("properties.cluster", "import raftcheck"),
        ("properties.cluster", "from ..traces.events import Event"),
        ("properties.cluster", "from raftcheck.properties.node import Node"),
        ("properties.adapters.mine", "from ...reference.raft import Raft"),
    ],
)
def test_a_source_that_breaks_a_rule_is_caught(module: str, text: str) -> None:
    assert len(problems({f"{PACKAGE}.{module}": text})) == 1, text


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("tla.checker", "import time\nfrom lark import Lark\nfrom .values import Value"),
        ("spec.model", "from raftcheck.tla.model import Model"),
        ("reference.raft", "from dataclasses import dataclass\nfrom .messages import Entry"),
        ("reference.server", "import asyncio"),
        ("reference.storage", "import os\nopen('log')"),
        ("traces.validate", "import msgspec\nfrom raftcheck.spec.model import actions"),
        ("properties.plugin", "import pytest"),
        ("properties.machine", "import hypothesis\nfrom raftcheck.reference.raft import Raft"),
        ("properties.adapters.mine", "from ..node import Node\nfrom . import reference"),
        ("properties.adapters.pysyncobj.server", "from pysyncobj import syncobj"),
    ],
)
def test_a_source_that_keeps_the_rules_passes(module: str, text: str) -> None:
    assert not problems({f"{PACKAGE}.{module}": text})


def test_impurity_is_caught_in_what_the_core_imports() -> None:
    behind = {CORE: "from .messages import Entry", f"{PACKAGE}.reference.messages": "import socket"}
    beside = {CORE: "", f"{PACKAGE}.reference.storage": "import os"}
    assert len(problems(behind)) == 1
    assert not problems(beside)


@pytest.mark.parametrize(
    "texts",
    [
        {"tla.a": "from .b import f", "tla.b": "from .a import g"},
        {"tla.a": "from . import b", "tla.b": "def f():\n    from .a import g"},
        {"traces.a": "from .b import f", "traces.b": "from .c import f", "traces.c": "from . import a"},
        {"tla.__init__": "from .a import f", "tla.a": "from . import g"},
    ],
)
def test_an_import_cycle_is_caught(texts: dict[str, str]) -> None:
    (problem,) = problems({f"{PACKAGE}.{module}": text for module, text in texts.items()})
    assert problem.startswith("import cycle: ")


def test_modules_that_import_downwards_only_are_no_cycle() -> None:
    texts = {"tla.__init__": "from .a import f", "tla.a": "from .b import f", "tla.b": ""}
    assert not problems({f"{PACKAGE}.{module}": text for module, text in texts.items()})


FOR_TESTS = {"dev", "test", "tlc"}
"""The extras that nothing imports but the tests; the others are for what few need."""


def test_the_dependencies_are_what_the_sources_import(root: Path, sources: Sources) -> None:
    """So that nobody installs what nothing needs, and nothing is there only by luck."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = [lines for name, lines in project["optional-dependencies"].items() if name not in FOR_TESTS]
    lines = [line for declared in (project["dependencies"], *extras) for line in declared]
    declared = {re.split("[^a-z0-9-]", line)[0] for line in lines}
    tops = {imported.top for module, text in sources.items() for imported in imports_of(module, text)}
    libraries = tops - {PACKAGE} - set(sys.stdlib_module_names)
    distributions = packages_distributions()
    assert {distributions[library][0].lower() for library in libraries} == declared
