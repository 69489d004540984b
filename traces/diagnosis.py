"""What can be said of a refused line beyond where it parts from raft.tla; and only once the verdict is final.

It takes the judge a hundred times as long as the verdict, or more: the line is judged again and again, with
fields ignored, in another place, or in parts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from raftcheck.spec.model import Liberty

from .events import Event
from .ignoring import smallest
from .mismatch import mismatch_of
from .permitting import permitting
from .refusal import Refusal
from .validate import Validator

LOOKED_AHEAD = 20
"""Lines after the refused one that are looked at, to tell a mistake in it from one in their order."""


def diagnosed(judge: Validator, event: Event, following: Sequence[Event] | None) -> Refusal:
    """The judge's refusal of the event, with what could be ignored, and the kind of mistake that it is.

    `following` is None where lines come one by one from who ran the cluster, so that their order and grain
    are beyond doubt.
    """
    refusal = judge.refusal
    assert refusal is not None, event
    search = smallest(judge, event, following or ())
    mismatch = mismatch_of(judge, event, refusal.line, following, search)
    return replace(
        refusal,
        ignorable=search.found,
        bounded=search.bounded,
        mismatch=mismatch,
        liberties=permitting(judge, event),
    )


def diagnosis_of(
    servers: Sequence[str], events: Sequence[Event], liberties: Collection[Liberty] = ()
) -> Refusal:
    """Why the last of these events is refused, and all before it are accepted."""
    judge = Validator(servers, liberties=liberties)
    for event in events:
        if judge.observe(event) is not None:
            return diagnosed(judge, event, None)
    raise AssertionError("nothing is refused")
