"""Which liberty of raft.tla would allow a refused line, if it were declared.

The line is judged once more with all liberties; what its explanation then takes of them is tried alone.
"""

from __future__ import annotations

from raftcheck.spec.model import LIBERTIES, WITHIN, Liberty

from .events import Event
from .validate import Validator

OF_OPERATOR: dict[str, tuple[Liberty, ...]] = {
    **{name: (name,) for name in LIBERTIES},
    **WITHIN,
}
"""What allows an operator of raft.tla that only a liberty allows."""


def permitting(judge: Validator, event: Event) -> tuple[Liberty, ...]:
    """A liberty that would allow the line that the judge refuses, or several together; none if none would."""
    after = judge.permitting(LIBERTIES).instead(event)
    if after is None:
        return ()
    gone_through = dict.fromkeys(name for step in after.steps() for name in step.trail)
    taken = [liberty for name in gone_through for liberty in OF_OPERATOR.get(name, ())]
    missing = [liberty for liberty in dict.fromkeys(taken) if liberty not in judge.liberties]
    for liberty in missing:
        if judge.permitting([liberty]).instead(event) is not None:
            return (liberty,)
    return tuple(missing)
