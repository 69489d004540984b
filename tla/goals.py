"""Goals: a formula that somebody gives, in the words of a module that there is."""

from __future__ import annotations

import re
from pathlib import Path

from .errors import TlaError
from .instances import Module
from .modules import parse

GOAL = "GOAL"
"""The name of the formula, and of the text that it stands in."""

_MODULE = f"{GOAL}_"

_PLACE = re.compile(r"^(.*?):([0-9]+):([0-9]+)(?=: )")


def with_goal(base: Path, goal: str, *definitions: str) -> Module:
    """A module that extends the one in the file, and defines GOAL, and more; TlaError as of in_goal."""
    if not goal.strip():
        raise TlaError("the goal is empty; expected a formula, or the name of one")
    head = (f"---- MODULE {_MODULE} ----", f"EXTENDS {base.stem}", f"{GOAL} ==")
    try:
        return parse("\n".join((*head, goal, *definitions, "====", "")), str(base.parent / _MODULE))
    except TlaError as error:
        raise in_goal(str(error), goal) from None


def in_goal(message: str, goal: str) -> TlaError:
    """The error of that message, with a place in the text of the goal, or elsewhere where the goal leads."""

    def place(found: re.Match[str]) -> str:
        if Path(found[1]).name != _MODULE:
            return f"{GOAL}, by {found[0]}"
        line = int(found[2]) - 3
        return f"{GOAL}:{line}:{found[3]}" if line <= goal.count("\n") + 1 else GOAL

    return TlaError(_PLACE.sub(place, message))
