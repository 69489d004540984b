"""Whether an adapter keeps to the seam (node.py), tried before anything is said about the Raft behind it.

Each claim is tried on schedules that are made up, without the judge: what raft.tla has to say is for
`raftcheck check`. A claim fails with what was seen first against it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import Any, Literal

import msgspec

from raftcheck.traces.events import Event, NodeState, command_of

from .cluster import Cluster, Server
from .finding import Finding, Misbehaviour, cut, shown
from .node import Caps, Implementation, Restorable
from .scenes import restorable
from .scheduler import Plan, draw_plan, generator_of, made_up
from .schedules import Action, Crash, Deliver, Request, Restart, Timeout
from .selftestdriver import forgets, strange_requests
from .selftestnodes import Asking, Watching
from .selftestrestore import Sampling, Source, Using, unlike
from .stdio import Stdio
from .targets import load_target
from .watchdog import watchdog

RUNS = 16
"""Schedules for each claim, of some 180 actions; more where a knob has more values."""

MOST_RUNS = 64

PROBES = 0.1
"""How often a server is crashed between two actions, and how often in the midst of one."""

DURABLE = ("current_term", "voted_for", "log")
"""What Figure 2 has on disk."""

COMMANDS = {
    "of 1 MiB": "7" * 2**20,
    "with a newline, quotes and a tab": 'a\n"b"\\\t',
    "beyond ASCII": "\u00e9\u2028\U0001f600",
    "that is no UTF-8": "base64:/wD+",
}
"""Texts of commands, as traces have them, that come back changed where text is handled carelessly."""

MOST_FIRES = 200
"""Until a server that is alone leads."""

Word = Literal["ok", "failed", "not tried"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What an adapter is to do, and whether it does; `seen`: what speaks against it, or why nobody tried."""

    said: str
    word: Word
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A run: its events as they would be written, and what was found against the adapter."""

    lines: tuple[bytes, ...]
    finding: Finding | None


def selftest(target: str, tell: Callable[[str], object] = lambda said: None) -> list[Claim]:
    """The claims, one after the other; those that rest on a failed one are not tried."""
    implementation = load_target(target)
    with redirect_stdout(sys.stderr):
        trial = Trial(target, implementation, _traces(implementation))
        claims = [_tried(RULES, _rules, trial)]
        sound = claims[0].word == "ok"
        for said, wrong in CLAIMS.items():
            tell(said)
            claims.append(_tried(said, wrong if sound else _unsound, trial))
    return claims


class NotTried(Exception):
    """Why a claim was not tried."""


@dataclass(frozen=True)
class Trial:
    """What is tried, and the traces that it gave first."""

    target: str
    implementation: Implementation
    first: list[Trace]

    @cached_property
    def watched(self) -> Watching:
        """What came of the calls in all schedules."""
        watching = Watching(self.implementation)
        _traces(watching)
        return watching

    @property
    def restorable(self) -> Restorable:
        if not restorable(self.implementation):
            raise NotTried("it does not say that this can be done (caps.restorable)")
        return self.implementation

    @property
    def driver(self) -> Stdio:
        if not isinstance(self.implementation, Stdio):
            raise NotTried("it is no driver")
        return self.implementation


Test = Callable[[Trial], str | None]
"""What speaks against a claim; raises NotTried."""


def _tried(said: str, test: Test, trial: Trial) -> Claim:
    try:
        wrong = test(trial)
    except NotTried as why:
        return Claim(said, "not tried", str(why))
    return Claim(said, "ok") if wrong is None else Claim(said, "failed", wrong)


def _unsound(trial: Trial) -> str | None:
    raise NotTried("a rule of the interface was broken before")


# Runs of schedules that are made up


def _planned(caps: Caps, index: int) -> tuple[Plan, Random]:
    """The plan of a schedule and its chance; the values of each knob take turns."""
    rng = generator_of("selftest", index)
    plan = draw_plan(rng, caps)
    turns = {knob: values[index % len(values)] for knob, values in caps.knobs.items()}
    return replace(plan, config={**plan.config, **turns}), rng


def _indexes(caps: Caps) -> range:
    return range(min(MOST_RUNS, max([RUNS, *map(len, caps.knobs.values())])))


def _trace(
    implementation: Implementation, index: int, around: Callable[[Source], Source] = lambda source: source
) -> Trace:
    """`around` makes of the source of the actions another one."""
    plan, rng = _planned(implementation.caps, index)
    events: list[Event] = []
    finding = _drive(implementation, plan.servers, plan.config, around(made_up(plan, rng)), events.append)
    return Trace(tuple(map(msgspec.json.encode, events)), finding)


def _drive(
    implementation: Implementation,
    servers: tuple[str, ...],
    config: Mapping[str, Any],
    source: Source,
    record: Callable[[Event], object] = lambda event: None,
) -> Finding | None:
    """Does the actions of a source, whatever Raft has against them; what the adapter did wrong."""
    cluster = Cluster(implementation, servers, config)
    with watchdog(cluster):
        try:
            for event in cluster.start():
                record(event)
            for action in source(cluster):
                for event in cluster.step(action) or ():
                    record(event)
            cluster.close()
        except Misbehaviour as misbehaviour:
            return misbehaviour.finding
    return None


def _traces(
    implementation: Implementation, around: Callable[[Source], Source] = lambda source: source
) -> list[Trace]:
    """Those of all schedules, up to the first that says something against the adapter."""
    traces = []
    for index in _indexes(implementation.caps):
        traces.append(_trace(implementation, index, around))
        if traces[-1].finding is not None:
            break
    return traces


def _difference(first: list[Trace], second: list[Trace]) -> str | None:
    """Where two lists of traces part."""
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if other.finding is not None:
            return f"schedule {index}, {_told(other.finding)}"
        for number, (a, b) in enumerate(zip(one.lines, other.lines, strict=False), 1):
            if a != b:
                return f"schedule {index}, event {number}: {_apart(a, b)}"
        if len(one.lines) != len(other.lines):
            return f"schedule {index}: {len(one.lines)} events, and then {len(other.lines)}"
    return None


def _apart(one: bytes, other: bytes) -> str:
    """Two lines from a little before the place where they part."""
    same = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    begin = max(0, same - 40)
    return f"{cut(one[begin:].decode(), 100)} and then {cut(other[begin:].decode(), 100)}"


# Claims


def _rules(trial: Trial) -> str | None:
    finding = trial.first[-1].finding
    if finding is None:
        return None
    where = f"schedule {len(trial.first) - 1}, {finding.server}, {finding.action}"
    return f"{where}: {finding.kind}: {finding.seen}; expected {finding.expected}"


def _same(trial: Trial) -> str | None:
    wrong = _difference(trial.first, _traces(trial.implementation))
    if wrong is None and _elsewhere(trial) != _digests(trial.first):
        wrong = "another process, in which sets have another order (PYTHONHASHSEED), sees other events"
    return wrong


def _elsewhere(trial: Trial) -> object:
    """The digests of the same traces in another process."""
    program = (
        "import sys; from raftcheck.properties.selftest import print_digests; print_digests(*sys.argv[1:])"
    )
    other = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", program, trial.target, str(len(trial.first))],
        env={**os.environ, "PYTHONHASHSEED": other, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


def print_digests(target: str, schedules: str) -> None:
    with redirect_stdout(sys.stderr):
        implementation = load_target(target)
        digests = _digests([_trace(implementation, index) for index in range(int(schedules))])
    print(json.dumps(digests))


def _digests(traces: list[Trace]) -> list[str]:
    return [hashlib.sha256(b"\n".join(trace.lines)).hexdigest() for trace in traces]


def _state(trial: Trial) -> str | None:
    asking = Asking(trial.implementation)
    difference = _difference(trial.first, _traces(asking))
    if asking.wrong is None and difference is not None:
        return f"asked for its state more often, it does something else: {difference}"
    return asking.wrong


def _crash(trial: Trial) -> str | None:
    caps = trial.implementation.caps
    if not caps.durable:
        raise NotTried("its servers are never crashed (caps.durable)")
    for index in _indexes(caps):
        plan, rng = _planned(caps, index)
        probed = _Probed(replace(plan, weights=replace(plan.weights, crash=0.0)), rng)
        finding = _drive(trial.implementation, plan.servers, plan.config, probed.actions)
        wrong = probed.wrong or _told(finding)
        if wrong is not None:
            return f"schedule {index}, {wrong}"
    return None


class _Probed:
    """The actions of a plan, and crashes between, after which a server must be as its disk has it."""

    def __init__(self, plan: Plan, rng: Random) -> None:
        self._plan = plan
        self._rng = rng
        self.wrong: str | None = None

    def actions(self, cluster: Cluster) -> Iterator[Action]:
        for action in made_up(self._plan, self._rng)(cluster):
            server = cluster.servers.get(_actor(action))
            probe = self._rng.random()
            if server is None or server.state is None or not server.disk.is_synced or probe > 2 * PROBES:
                yield action
                continue
            before = server.state
            if probe < PROBES:
                yield Crash(server.name)
                when = "between two calls"
            else:
                yield Crash(server.name, after=1)
                yield action
                when = "at the first thing that a call did"
            if server.life is None:
                yield Restart(server.name)
                self.wrong = _lost(server, before, when)
            if self.wrong is not None:
                return


def _actor(action: Action) -> str:
    """The server in which an action has a call, if that is so."""
    match action:
        case Deliver(_, dest, _):
            return dest
        case Timeout(server, _) | Request(server, _):
            return server
    return ""


def _lost(server: Server, before: NodeState, when: str) -> str | None:
    after = server.state or NodeState()
    for name in DURABLE:
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            return (
                f"{server.name}: {name} = {shown(was)}, nothing unsynced; after a crash {when}, {shown(now)}"
            )
    return None


def _told(finding: Finding | None) -> str | None:
    return None if finding is None else f"{finding.server}, {finding.action}: {finding.kind}: {finding.seen}"


def _timers(trial: Trial) -> str | None:
    watched = trial.watched
    if not watched.fired:
        raise NotTried("no timer was ever offered")
    idle = sorted(watched.fired - watched.effective)
    return f"fired, and nothing ever came of it: {', '.join(idle)}" if idle else None


def _stop(trial: Trial) -> str | None:
    return trial.watched.acted_when_stopped


def _requests(trial: Trial) -> str | None:
    if not trial.watched.accepted:
        raise NotTried("no request was accepted")
    return trial.watched.lost_request


def _commands(trial: Trial) -> str | None:
    """On one server alone, which can do everything itself."""
    for name, value in COMMANDS.items():
        commanded = _Commanded(name, value)
        finding = _drive(trial.implementation, ("n1",), {}, commanded.actions)
        wrong = commanded.wrong or _told(finding)
        if wrong is not None:
            return wrong
        if not commanded.kept:
            raise NotTried("a server alone takes no request, or does not show its log")
    return None


class _Commanded:
    """Makes a server lead, asks it for a command, and crashes it."""

    def __init__(self, name: str, value: str) -> None:
        self._name = name
        self._value = value
        self.kept = False
        self.wrong: str | None = None

    def actions(self, cluster: Cluster) -> Iterator[Action]:
        (server,) = cluster.servers.values()
        for turn in range(MOST_FIRES):
            if server.state is None or server.state.role == "Leader" or not server.timers:
                break
            yield Timeout(server.name, server.timers[turn % len(server.timers)])
        yield Request(server.name, self._value)
        log = (server.state and server.state.log) or ()
        self.kept = self._is_in(server)
        if log and not self.kept:
            self.wrong = f"a command {self._name} is in the log as {shown(log[-1].value)}"
        if self.kept and cluster.caps.durable and server.disk.is_synced:
            yield Crash(server.name)
            yield Restart(server.name)
            if not self._is_in(server):
                self.wrong = f"a command {self._name} is not in the log after a crash: {shown(server.state)}"

    def _is_in(self, server: Server) -> bool:
        log = (server.state and server.state.log) or ()
        return any(command_of(entry.value) == command_of(self._value) for entry in log)


def _restored(trial: Trial) -> str | None:
    implementation = trial.restorable
    tried = 0
    for index in _indexes(implementation.caps):
        plan, rng = _planned(implementation.caps, index)
        sampling = Sampling(made_up(plan, rng), plan.config)
        _drive(implementation, plan.servers, plan.config, sampling.actions)
        for sample in sampling.samples:
            tried += 1
            wrong = unlike(implementation, sample)
            if wrong is not None:
                return f"schedule {index}, {wrong}"
    if not tried:
        raise NotTried("no message with a view came to a server while all showed term, vote and log")
    return None


def _pure(trial: Trial) -> str | None:
    using = Using(trial.restorable)
    difference = _difference(trial.first, _traces(trial.implementation, using.around))
    if using.wrong is None and difference is not None:
        return f"asked for that now and then, it does something else: {difference}"
    return using.wrong


def _strange(trial: Trial) -> str | None:
    return strange_requests(trial.driver)


def _forgets(trial: Trial) -> str | None:
    _traces(trial.driver)
    return forgets(trial.driver, lambda: _trace(trial.driver, 1).lines)


RULES = "it keeps the rules of the interface, with each value of each knob"

CLAIMS: dict[str, Test] = {
    "the same seed gives the same trace": _same,
    "to be asked for its state changes nothing": _state,
    "a crash loses nothing that was synced, and keeps nothing that was not written": _crash,
    "every timer does something": _timers,
    "a server that is stopped does nothing more": _stop,
    "a request that is accepted leaves a trace": _requests,
    "commands are kept as they are": _commands,
    "servers start in given states, and messages made of views do what the messages did": _restored,
    "to store a state or to make a message changes nothing": _pure,
    "a driver answers what cannot be done by an error": _strange,
    "a driver forgets one run before the next": _forgets,
}
