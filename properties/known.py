"""Names of kinds of failures, and which are known: bugs mask each other, so they may be passed over."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import get_args

from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.spec.model import liberty_actions
from raftcheck.traces.encoding import RECORD_FIELDS, STATE_FIELDS
from raftcheck.traces.refusal import Refusal

from .errors import UsageProblem
from .finding import Kind
from .lockstep import Failure, kind_of
from .safety import FIELDS

_NAMES = {name: field for field, name in (*STATE_FIELDS.items(), *RECORD_FIELDS.items())}
"""Names of raft.tla to those of traces."""

_DIFFERENCES = (
    *STATE_FIELDS,
    *(f"{what}{field}" for what in ("sends", "message") for field in ("", *map(".{}".format, RECORD_FIELDS))),
)
"""What may stand behind the name of an action, joined by +."""


class UnknownKind(UsageProblem):
    """A name that no failure has: one line."""


def label_of(failure: Failure) -> str:
    """A property, a kind of finding, or an action of raft.tla and the fields that differ from it.

    Such as ElectionSafety, hang, or HandleAppendEntriesResponse:match_index+next_index.
    """
    name = kind_of(failure)[1]
    if not isinstance(failure, Refusal):
        return name
    fields = dict.fromkeys(_field(difference.name) for difference in failure.differences)
    return f"{name}:{'+'.join(fields)}" if fields else name


def _field(name: str) -> str:
    """A difference is named as in "matchIndex", "sends" or "sends mmatchIndex"."""
    return ".".join(_NAMES.get(word, word) for word in name.split())


def is_known(failure: Failure, known: Collection[str]) -> bool:
    """Whether it has one of these names; that of an action alone stands for all that it may differ in."""
    label = label_of(failure)
    return label in known or label.partition(":")[0] in known


def check_known(names: Iterable[str]) -> None:
    """UnknownKind for the first name that no failure can have."""
    actions = [*actions_of_raft(), *liberty_actions()]
    for name in names:
        kind, colon, fields = name.partition(":")
        _refuse_odd(name, kind, [*actions, *FIELDS, *get_args(Kind)])
        if colon and kind not in actions:
            raise UnknownKind(f"--known: no failure is called `{name}`; expected `{kind}` alone")
        for field in fields.split("+") if colon else ():
            _refuse_odd(name, field, _DIFFERENCES)


def _refuse_odd(name: str, part: str, expected: Collection[str]) -> None:
    if part not in expected:
        similar = difflib.get_close_matches(part, expected, n=1)
        hint = f"did you mean `{similar[0]}`?" if similar else "expected a name as reports have it"
        raise UnknownKind(f"--known: no failure is called `{name}`; {hint}")
