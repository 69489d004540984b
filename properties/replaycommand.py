"""The command `raftcheck replay`: a schedule, or a behavior from a model checker, on a target."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from itertools import chain
from pathlib import Path

import click
import msgspec

from raftcheck.tla.behaviorfiles import behavior_of, read_bytes
from raftcheck.traces.events import Event
from raftcheck.traces.files import write_trace

from .answers import answer, status_of
from .checking import check_of, replay
from .console import CONFORMS, DIVERGES, INCOMPLETE, show
from .failures import tellable
from .outputs import given, refuse_clashes, refuse_unwritable
from .replaying import as_json as replay_as_json
from .replaying import as_table, replay_behavior
from .schedules import (
    Action,
    Schedule,
    ScheduleError,
    check_config,
    describe,
    from_json,
    to_json,
    where_json_breaks,
)
from .targetargument import WithTarget
from .targets import REFERENCE, is_command, load_target

STATUS = {"conforms": CONFORMS, "diverges": DIVERGES, "undecided": INCOMPLETE}


@click.command("replay", cls=WithTarget)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("target", required=False)
@click.option("--trace", type=click.Path(path_type=Path), help="Write the run as a trace.")
@click.option(
    "--schedule", "kept", type=click.Path(path_type=Path), help="Write what was done as a schedule."
)
@click.option("--no-judge", is_flag=True, help="Only the safety properties, without the spec.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
def replay_command(
    file: Path, target: str | None, trace: Path | None, kept: Path | None, no_judge: bool, as_json: bool
) -> int:
    """Do again on TARGET what is in FILE: a schedule, or a behavior of raft.tla or a variant of it.

    TARGET is as for `raftcheck check`.

    A schedule is done on the TARGET that it was found on, or on another. A behavior, on `reference` or
    another, is one of TLC (its output, a file of -simulate, -dumpTrace json or tla), of Apalache or Quint
    (ITF), or of `raftcheck model` (text, itf, tla). It is reproduced; or refused at a step that TARGET would
    not take; or TARGET differs after a step, in a field. Steps have the numbers of the states that they lead
    to.

    Ends with 0 if TARGET follows a behavior that raft.tla allows, or leaves one that raft.tla forbids where
    that is forbidden; with 1 if it leaves one that raft.tla allows, follows one that is forbidden, or does
    anything else that raft.tla does not allow; with 2 if the input is bad; with 3 if it leaves a behavior
    before the first forbidden step, so that nothing is known of that, or where it need not take a liberty.
    Liberties are allowed that TARGET declares, no others.
    """
    content = read_bytes(file)
    outputs = given(trace=trace, schedule=kept)
    refuse_clashes(outputs, [file], "what is replayed")
    for path in outputs.values():
        refuse_unwritable(path)
    if not _is_schedule(content, file):
        return _replay_behavior(file, content, target or REFERENCE, trace, kept, not no_judge, as_json)
    schedule = from_json(content, str(file))
    if target is None and is_command(schedule.target):
        again = f"`raftcheck replay {file} {schedule.target}`"
        raise ScheduleError(f"{file}: target: a command, which is run only where it is asked for: {again}")
    elsewhere = target not in (None, schedule.target)
    schedule = msgspec.structs.replace(schedule, target=target or schedule.target)
    implementation = load_target(schedule.target)
    check_config(schedule, implementation.caps.knobs, str(file))
    with redirect_stdout(sys.stderr):
        outcome = replay(implementation, schedule, judged=not no_judge)
    _write(trace, outcome.events, kept, msgspec.structs.replace(schedule, actions=tuple(outcome.performed)))
    idle = len(schedule.actions) - len(outcome.performed)
    if outcome.failure is None and idle and not as_json:
        first = _first_idle(schedule.actions, outcome.performed)
        click.echo(f"{idle} of {len(schedule.actions)} actions were not enabled, the first is {first}\n")
    found = check_of(schedule, outcome, file, elsewhere)
    answer(f"{schedule.target}, {file}", found, as_json)
    return status_of(found)


def _is_schedule(content: bytes, file: Path) -> bool:
    """Whether it is a JSON object that is no behavior; ScheduleError for what is not even JSON."""
    if content.lstrip()[:1] != b"{":
        return False
    if _is_trace(content):
        judge = f"`raftcheck validate {file}` judges it"
        raise ScheduleError(f"{file}: a trace ({judge}); expected a schedule or a behavior")
    try:
        data = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        kinds = "a schedule, or a behavior in JSON: ITF, or TLC's -dumpTrace json"
        raise ScheduleError(f"{file}: {where_json_breaks(content)}; expected {kinds}") from None
    return not {"states", "state", "counterexample"} & data.keys()


def _first_idle(actions: Sequence[Action], performed: Sequence[Action]) -> str:
    """The first action that was not performed, by its number and in words."""
    done = chain(performed, [None])
    number = next(
        number for number, (action, did) in enumerate(zip(actions, done, strict=False), 1) if action != did
    )
    return f"number {number}: {describe(actions[number - 1])}"


def _is_trace(content: bytes) -> bool:
    """Whether the first line is an event."""
    try:
        data = msgspec.json.decode(content.lstrip().partition(b"\n")[0])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return "event" in data and "server" in data


def _replay_behavior(
    file: Path,
    content: bytes,
    target: str,
    trace: Path | None,
    kept: Path | None,
    judged: bool,
    as_json: bool,
) -> int:
    behavior = behavior_of(content, str(file))
    with redirect_stdout(sys.stderr):
        found = replay_behavior(load_target(target), target, behavior, str(file), judged)
    _write(trace, found.following.events, kept, found.schedule)
    if as_json:
        click.echo(json.dumps(replay_as_json(found)))
    else:
        show(as_table(found))
        if report := found.report():
            click.echo("\n" + report)
    return STATUS[found.word]


def _write(trace: Path | None, events: list[Event], kept: Path | None, schedule: Schedule) -> None:
    """What the run was, where that is wanted."""
    if trace is not None:
        write_trace(trace, tellable(events))
    if kept is not None:
        kept.write_bytes(to_json(schedule))
