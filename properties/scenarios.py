"""Scenarios: named ways through rounds of Raft to where mistakes show, Figure 8 first.

They are found in spec/Rounds.tla (ways.py), kept in scenarios.json, and a cluster goes them (directing.py).
What comes after one is made up like any schedule (mixing.py).
"""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path

import msgspec

from .errors import UsageProblem
from .node import Caps

FILE = Path(__file__).with_name("scenarios.json")

ORDERLESS = {"ElectTwice", "Hold", "ArriveRequest", "ArriveAnswer"}
"""Rounds in which the network doubles a message, or one overtakes another."""


class UnknownScenario(UsageProblem):
    """A name that no scenario has, or one that is not for the target: one line."""


class Bounds(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How far the search goes: the constants of Rounds.tla."""

    servers: int = 3
    terms: int = 2
    log_length: int = 1
    max_entries: int | None = None
    held: int = 0
    restarts: int = 0
    twice: bool = False
    lean: bool = False


class Round(msgspec.Struct, frozen=True, array_like=True):
    """A step of Rounds.tla: the name of the action, the server that begins it, and those that it is about."""

    action: str
    server: str
    peers: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.action, self.server, *self.peers))


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A goal of Rounds.tla, the bounds within which it was looked for, and a shortest way to it."""

    goal: str
    title: str
    bounds: Bounds
    rounds: tuple[Round, ...] = ()

    @property
    def name(self) -> str:
        """Unique: that of the goal, with the number of servers where they are not three."""
        return self.goal if self.bounds.servers == 3 else f"{self.goal}-{self.bounds.servers}"

    def unfit(self, caps: Caps, servers: int | None = None) -> str | None:
        """Why it is not for implementations of these caps, or not for so many servers; None if it is."""
        if servers not in (None, self.bounds.servers):
            return f"it has {self.bounds.servers} servers"
        if self.bounds.servers < caps.fewest_servers:
            return f"it has {self.bounds.servers} servers, and a cluster has {caps.fewest_servers} or more"
        if caps.network != "datagram" and any(step.action in ORDERLESS for step in self.rounds):
            return f"its messages are doubled or overtake one another, and the network is `{caps.network}`"
        if not caps.durable and any(step.action == "Restart" for step in self.rounds):
            return "a server crashes, and what a server knows does not survive that"
        return None


@cache
def scenarios() -> tuple[Scenario, ...]:
    """All that there are."""
    return msgspec.json.decode(FILE.read_bytes(), type=tuple[Scenario, ...])


def scenario_called(name: str) -> Scenario:
    known = {scenario.name: scenario for scenario in scenarios()}
    if name not in known:
        similar = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{similar[0]}`?" if similar else f"expected one of {', '.join(known)}"
        raise UnknownScenario(f"no scenario `{name}`; {hint}")
    return known[name]


def to_json(kept: tuple[Scenario, ...]) -> bytes:
    """One round a line, for people to read."""
    return ("[\n" + ",\n".join(map(_text, kept)) + "\n]\n").encode()


def _text(scenario: Scenario) -> str:
    head = {"goal": scenario.goal, "title": scenario.title, "bounds": scenario.bounds}
    lines = [f"    {_json(key)}: {_json(value)}," for key, value in head.items()]
    rounds = ",\n".join(f"      {_json(step)}" for step in scenario.rounds)
    return "\n".join(["  {", *lines, '    "rounds": [', rounds, "    ]", "  }"])


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
