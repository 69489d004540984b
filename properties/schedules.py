"""What the world does to a cluster: Actions, and the Schedule that lists them, as values and as JSON.

An Action is concrete and stands on its own; one that is not enabled is a no-op. So any subset of a
schedule is a schedule, and shrinking is deletion. The JSON file is the durable artefact of a failure.
Nothing here runs anything.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from raftcheck.traces.errors import printable
from raftcheck.traces.events import command_of

from .errors import UsageProblem
from .scenes import Scene, wrong_scene

MOST_SERVERS = 9
"""More than any quorum argument needs; a bound against typing errors."""


class ScheduleError(UsageProblem):
    """A schedule that cannot be read: one line with place, what was seen and what was expected."""


class _Action(msgspec.Struct, frozen=True, tag=True, tag_field="action", forbid_unknown_fields=True):
    pass


class Timeout(_Action, frozen=True):
    """The named timer of a server fires."""

    server: str
    timer: str


class Deliver(_Action, frozen=True):
    """The `number`-th message that source ever sent to dest arrives (counted from 1)."""

    source: str
    dest: str
    number: int


class Duplicate(_Action, frozen=True):
    """The network makes a second copy of a message in flight."""

    source: str
    dest: str
    number: int


class Drop(_Action, frozen=True):
    """The network loses one copy of a message in flight."""

    source: str
    dest: str
    number: int


class Crash(_Action, frozen=True):
    """A server crashes, in place of its `after`-th next operation on disk, sync or send; 0: now, in quiet.

    Of the writes that are not synced then, the first `keep` survive.
    """

    server: str
    after: int = 0
    keep: int = 0


class Restart(_Action, frozen=True):
    """A crashed server starts again from its disk."""

    server: str


class Request(_Action, frozen=True):
    """A client asks a server to replicate a command (text as in traces.events.text_of)."""

    server: str
    value: str


class Partition(_Action, frozen=True):
    """Only servers of one group reach each other from now on."""

    groups: tuple[tuple[str, ...], ...]


class Heal(_Action, frozen=True):
    """Every server reaches every other again."""


Action = Timeout | Deliver | Duplicate | Drop | Crash | Restart | Request | Partition | Heal

ACTION_NAMES = ("Timeout", "Deliver", "Duplicate", "Drop", "Crash", "Restart", "Request", "Partition", "Heal")


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is needed to do the same to a cluster again.

    `target` is the name of the implementation that it was found on, `seed` where it came from ("7/12": the
    twelfth schedule of seed 7); neither changes what happens.
    """

    servers: tuple[str, ...]
    actions: tuple[Action, ...]
    config: dict[str, Any] = {}
    seed: str = ""
    target: str = "reference"
    scene: Scene | None = None
    """Where the servers are at first; without, they start for the first time."""


def server_names(count: int) -> tuple[str, ...]:
    return tuple(f"n{number}" for number in range(1, count + 1))


def describe(action: Action) -> str:
    """An action as one short phrase for people."""
    match action:
        case Timeout(server, timer):
            return f"{printable(timer)} timer of {server} fires"
        case Deliver(source, dest, number):
            return f"deliver {source}->{dest} #{number}"
        case Duplicate(source, dest, number):
            return f"duplicate {source}->{dest} #{number}"
        case Drop(source, dest, number):
            return f"drop {source}->{dest} #{number}"
        case Crash(server, after, keep):
            when = "now" if after == 0 else f"at its operation {after} from now"
            return f"crash {server} {when}, keeping {keep} unsynced writes"
        case Restart(server):
            return f"restart {server}"
        case Request(server, value):
            return f"client asks {server} for {printable(value)}"
        case Partition(groups):
            return "partition " + " | ".join(",".join(group) for group in groups)
        case Heal():
            return "heal the network"


def to_json(schedule: Schedule) -> bytes:
    """One action per line, so that a person can read and cut it."""
    head: dict[str, object] = {
        "target": schedule.target,
        "seed": schedule.seed,
        "servers": schedule.servers,
        "config": schedule.config,
    }
    if schedule.scene is not None:
        head["scene"] = schedule.scene
    lines = [f"  {json.dumps(key)}: {_text(value)}," for key, value in head.items()]
    actions = ",\n".join("    " + _text(action) for action in schedule.actions)
    body = f"[\n{actions}\n  ]" if schedule.actions else "[]"
    return ("{\n" + "\n".join(lines) + f'\n  "actions": {body}\n}}\n').encode()


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def from_json(text: bytes, place: str) -> Schedule:
    """The schedule in `text`; ScheduleError names `place` (a file), what was seen and what was expected."""
    if not text.strip():
        raise ScheduleError(f"{place}: the file is empty; expected a schedule (a JSON object with actions)")
    try:
        data = msgspec.json.decode(text)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        raise ScheduleError(f"{place}: {where_json_breaks(text)}; expected a schedule") from None
    try:
        schedule = msgspec.convert(data, Schedule)
    except msgspec.ValidationError as error:
        raise ScheduleError(f"{place}: {_explained(data, str(error))}") from None
    wrong = _inconsistency(schedule)
    if wrong:
        raise ScheduleError(f"{place}: {wrong}")
    return schedule


def check_config(schedule: Schedule, knobs: Mapping[str, tuple[Any, ...]], place: str) -> None:
    """ScheduleError where the configuration gives a knob a value of a type that it never has."""
    batch = schedule.config.get("max_entries")
    if batch is not None and (type(batch) is not int or batch < 1):
        raise ScheduleError(f"{place}: config.max_entries: {_short(batch)}; expected null, or 1 or more")
    for knob, values in knobs.items():
        seen = schedule.config.get(knob, values[0])
        if type(seen) not in map(type, values):
            known = " or ".join(_short(value) for value in values)
            raise ScheduleError(f"{place}: config.{knob}: {_short(seen)}; expected a value such as {known}")


def load(path: Path) -> Schedule:
    try:
        text = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ScheduleError(f"{path}: cannot be read ({reason}); expected a schedule file") from None
    return from_json(text, str(path))


def where_json_breaks(text: bytes) -> str:
    """The standard library says line and column where msgspec gives a byte offset."""
    try:
        json.loads(text.decode())
    except json.JSONDecodeError as error:
        return f"line {error.lineno}, column {error.colno}: not JSON ({error.msg})"
    except UnicodeDecodeError as error:
        return f"byte {error.start} is not UTF-8"
    except RecursionError:
        return "nested too deeply"
    return "not JSON"


def _explained(data: Any, message: str) -> str:
    """msgspec's message, with the value that was seen, and a suggestion where an action's name is wrong."""
    problem, _, path = message.partition(" - at `$")
    path = path.rstrip("`")
    seen = _value_at(data, path)
    if problem.startswith("Invalid value '") and path.endswith(".action"):
        names = difflib.get_close_matches(str(seen), ACTION_NAMES, n=1)
        hint = f"did you mean `{names[0]}`?" if names else "expected one of " + ", ".join(ACTION_NAMES)
        return f"{path.lstrip('.')}: no action `{seen}`; {hint}"
    place = path.lstrip(".") or "top level"
    return f"{place}: {problem[:1].lower()}{problem[1:]}; seen {_short(seen)}"


def _value_at(value: Any, path: str) -> Any:
    """What stands at a msgspec path such as `.actions[3].server`."""
    for step in path.replace("[", ".[").split("."):
        if step.startswith("[") and step[1:-1].isdigit() and isinstance(value, list):
            value = value[int(step[1:-1])]
        elif step and isinstance(value, dict) and step in value:
            value = value[step]
    return value


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _inconsistency(schedule: Schedule) -> str | None:
    """What the types cannot say: servers exist, numbers are in range."""
    if not 1 <= len(schedule.servers) <= MOST_SERVERS:
        return f"servers: {len(schedule.servers)} servers; expected 1 to {MOST_SERVERS}"
    if len(set(schedule.servers)) < len(schedule.servers) or "" in schedule.servers:
        return f"servers: {_short(schedule.servers)}; expected different, non-empty names"
    if schedule.scene is not None and (wrong := wrong_scene(schedule.scene, schedule.servers)):
        return f"scene.{wrong}"
    for index, action in enumerate(schedule.actions):
        wrong = _wrong_in(action, schedule.servers)
        if wrong:
            return f"actions[{index}].{wrong}"
    return None


def _is_command(text: str) -> bool:
    try:
        command_of(text)
    except ValueError:
        return False
    return True


def _wrong_in(action: Action, servers: tuple[str, ...]) -> str | None:
    known = f"expected one of {', '.join(servers)}"
    match action:
        case Deliver(source, dest, number) | Duplicate(source, dest, number) | Drop(source, dest, number):
            for field, server in (("source", source), ("dest", dest)):
                if server not in servers:
                    return f"{field}: no server `{server}`; {known}"
            if number < 1:
                return f"number: {number}; expected 1 or more"
        case Partition(groups):
            grouped = sorted(server for group in groups for server in group)
            if grouped != sorted(servers):
                return f"groups: {_short(groups)}; expected each of {', '.join(servers)} exactly once"
        case Heal():
            pass
        case _:
            if action.server not in servers:
                return f"server: no server `{action.server}`; {known}"
            if isinstance(action, Crash) and min(action.after, action.keep) < 0:
                return f"after {action.after}, keep {action.keep}; expected 0 or more"
            if isinstance(action, Request) and not _is_command(action.value):
                return f"value: {_short(action.value)}; expected text, or base64 after `base64:`"
    return None
