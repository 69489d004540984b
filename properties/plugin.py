"""The pytest plugin: random schedules on a Raft, and traces, as tests.

    pytest --raft TARGET    adds the tests of a target, as `raftcheck check` knows it
    conformance_test(...)   in a file of tests (conformance.py)
    pytest run.ndjson       judges a trace; those below the folders of the ini option raft_traces always

What fails is told in raftcheck's words, without a traceback. Every group of schedules and every trace is a
test of its own, with a name that does not change: pytest-xdist, -k and --lf work as with all others.

pytest loads this wherever raftcheck is installed, so it imports nothing of ours until it is needed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

if TYPE_CHECKING:
    from .conformance import ConformanceTest

SUFFIX = ".ndjson"

MOST_SCHEDULES = 10_000_000
"""A week or so; a bound against typing errors."""

CONFORMANCE = "raftcheck.properties.conformance"
"""Where it was not imported there is no conformance test."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("raftcheck", "a Raft, judged by raft.tla")
    group.addoption(
        "--raft",
        action="append",
        default=[],
        metavar="TARGET",
        help="Test this Raft as well: a name that `raftcheck check` knows, or module:attribute.",
    )
    group.addoption(
        "--raft-schedules",
        type=_schedules,
        metavar="N",
        help="Random schedules on each Raft, in place of what its test says.",
    )
    group.addoption(
        "--raft-servers",
        type=_servers,
        metavar="N",
        help="Servers in a cluster, in place of what tests say. [default: drawn, mostly 3]",
    )
    group.addoption(
        "--raft-seed", type=int, metavar="N", help="Where all chance comes from, in place of what tests say."
    )
    group.addoption(
        "--raft-known",
        action="append",
        default=[],
        metavar="NAME",
        help="Pass over failures of this name, which the report says, or of this action. Repeatable.",
    )
    group.addoption(
        "--raft-liberty",
        action="append",
        default=[],
        metavar="NAME",
        help="What raft.tla allows of traces beyond Figure 2, besides the ini option. Repeatable.",
    )
    parser.addini(
        "raft_liberties", "What raft.tla allows of traces beyond Figure 2, by names.", type="args", default=[]
    )
    parser.addini(
        "raft_traces", "Folders in which each *.ndjson is a trace, and so a test.", type="paths", default=[]
    )


def _schedules(text: str) -> int:
    return _number(text, MOST_SCHEDULES)


def _servers(text: str) -> int:
    from .schedules import MOST_SERVERS

    return _number(text, MOST_SERVERS)


def _number(text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"saw {text}, expected a number from 1 to {most:,}")
    return int(text)


def pytest_configure(config: pytest.Config) -> None:
    _refuse_unknown_names(config)
    config.addinivalue_line(
        "markers", "raftcheck: random schedules on a Raft, or a trace, judged by raft.tla"
    )


def _refuse_unknown_names(config: pytest.Config) -> None:
    if known := config.getoption("raft_known"):
        from .known import UnknownKind, check_known

        try:
            check_known(known)
        except UnknownKind as error:
            raise pytest.UsageError(str(error).replace("--known", "--raft-known")) from None
    if liberties := _liberties(config):
        from .node import Liberty

        names = get_args(Liberty)
        odd = [name for name in liberties if name not in names]
        if odd:
            raise pytest.UsageError(f"no liberty is called `{odd[0]}`; expected one of {', '.join(names)}")


def _liberties(config: pytest.Config) -> list[Any]:
    """Those under which traces are judged."""
    return [*config.getini("raft_liberties"), *config.getoption("raft_liberty")]


# --- where tests come from ----------------------------------------------------------------------------------


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, None]:
    """Adds the targets of the command line to what the session has of files."""
    outcome = yield
    if isinstance(collector, pytest.Session):
        report = outcome.get_result()
        if report.passed:
            names = dict.fromkeys(collector.config.getoption("raft"))
            report.result += [Target.from_parent(collector, name=name) for name in names]


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[Schedules] | None:
    """The tests of a conformance_test; None for everything else."""
    known = sys.modules.get(CONFORMANCE)
    if known is None or not isinstance(obj, known.ConformanceTest) or not collector.funcnamefilter(name):
        return None
    file = os.path.relpath(collector.path, collector.config.invocation_params.dir)
    cls = collector.name if isinstance(collector, pytest.Class) else None
    attribute = name if cls is None else f"{cls}.{name}"
    return list(_items(collector, name, f"{file}:{attribute}", obj))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Trace | None:
    """A trace that was named on the command line, or is in a folder of traces."""
    if file_path.suffix != SUFFIX:
        return None
    folders: Iterable[Path] = parent.config.getini("raft_traces")
    if parent.session.isinitpath(file_path) or any(map(file_path.is_relative_to, folders)):
        return Trace.from_parent(parent, path=file_path)
    return None


# --- schedules ----------------------------------------------------------------------------------------------


class Target(pytest.Collector):
    """A target of the command line."""

    def __init__(self, name: str, parent: pytest.Session, **others: Any) -> None:
        super().__init__(name, parent, nodeid=f"raft {name}", **others)

    def collect(self) -> Iterator[Schedules]:
        from .conformance import conformance_test
        from .targets import TargetError, load_target

        try:
            implementation = load_target(self.name)
        except TargetError as error:
            raise self.CollectError(str(error)) from None
        test = conformance_test(implementation.start, implementation.caps)
        return _items(self, "schedules", self.name, test)


def _items(parent: pytest.Collector, name: str, target: str, test: ConformanceTest) -> Iterator[Schedules]:
    from .conformance import groups

    for indexes in groups(parent.config.getoption("raft_schedules") or test.schedules):
        item: Schedules = Schedules.from_parent(
            parent, name=f"{name}[{indexes[0]}-{indexes[-1]}]", target=target, test=test, indexes=indexes
        )
        for mark in test.marks:
            item.add_marker(mark)
        yield item


class Schedules(pytest.Item):
    """A group of schedules on an Implementation; it passes if all conform."""

    def __init__(
        self,
        name: str,
        parent: pytest.Collector,
        target: str,
        test: ConformanceTest,
        indexes: range,
        **others: Any,
    ) -> None:
        # In full, so that pytest takes the brackets of its own test and of a cached one for the same.
        super().__init__(name, parent, nodeid=f"{parent.nodeid}::{name}", **others)
        self.target = target
        self.test = test
        self.indexes = indexes
        self.add_marker("raftcheck")

    def runtest(self) -> None:
        from .campaign import Campaign
        from .conformance import complaint

        seed = self.config.getoption("raft_seed")
        campaign = Campaign(
            self.target,
            self.test.seed if seed is None else seed,
            servers=self.config.getoption("raft_servers") or self.test.servers,
            known=tuple(self.config.getoption("raft_known")),
        )
        report = complaint(self.test, campaign, self.indexes)
        if report is not None:
            pytest.fail(report, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


# --- traces -------------------------------------------------------------------------------------------------


class Trace(pytest.File):
    """A trace file."""

    def collect(self) -> Iterator[Judgement]:
        yield Judgement.from_parent(self, name="trace")


class Judgement(pytest.Item):
    """The judging of a trace file; it passes if steps of raft.tla explain every line."""

    def __init__(self, name: str, parent: Trace, **others: Any) -> None:
        super().__init__(name, parent, **others)
        self.add_marker("raftcheck")

    def runtest(self) -> None:
        from raftcheck.traces.errors import TraceError

        from .judging import judged_file
        from .verdict import trace_report, word_of

        try:
            path = Path(os.path.relpath(self.path, self.config.invocation_params.dir))
            found = judged_file(path, liberties=_liberties(self.config))
        except TraceError as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        if word_of(found) != "conforms":
            pytest.fail(trace_report(found).strip(), pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.path.name
