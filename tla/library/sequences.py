"""Sequences: tuples of any length; a string counts as a sequence of characters where TLC lets it."""

from __future__ import annotations

from ..errors import TlaError
from ..values import Sequences, Value, shown, strict
from .arguments import number, passes, sequence, sequence_or_text
from .declaration import Library, Unary

SEQUENCES = Library("Sequences")

SEQUENCES.operator("Seq", lazy=True)(Sequences)


@SEQUENCES.operator("Len")
def length(s: Value) -> int:
    """Len(s): the number of elements."""
    return len(sequence_or_text(s))


@SEQUENCES.operator("\\o")
def concatenate(s: Value, t: Value) -> Value:
    """s \\o t: the elements of s, then those of t; after a sequence, those of a string are characters."""
    if type(s) is str and type(t) is str:
        return s + t
    return sequence(s) + (tuple(t) if type(t) is str else sequence(t))


@SEQUENCES.operator("Append")
def append(s: Value, e: Value) -> Value:
    """Append(s, e): s with e after its last element."""
    return (*sequence(s), strict(e))


@SEQUENCES.operator("Head")
def head(s: Value) -> Value:
    """Head(s): the first element."""
    if not sequence(s):
        raise TlaError("Head of the empty sequence")
    return sequence(s)[0]


@SEQUENCES.operator("Tail")
def tail(s: Value) -> Value:
    """Tail(s): all but the first element."""
    rest = sequence_or_text(s)
    if not rest:
        raise TlaError(f"Tail of the empty {'string' if type(s) is str else 'sequence'}")
    return rest[1:]


@SEQUENCES.operator("SubSeq")
def sub_sequence(s: Value, first: Value, last: Value) -> Value:
    """SubSeq(s, first, last): empty where first > last; otherwise both must be places of s."""
    if (
        s.__class__ is tuple
        and first.__class__ is int
        and last.__class__ is int
        and 0 < first <= last <= len(s)
    ):
        return s[first - 1 : last]
    whole = sequence_or_text(s)
    if number(first) > number(last):
        return whole[:0]
    if first < 1 or last > len(whole):
        raise TlaError(f"SubSeq({shown(s)}, {first}, {last}) reaches outside of the sequence")
    return whole[first - 1 : last]


@SEQUENCES.operator("SelectSeq")
def select_sequence(s: Value, test: Unary) -> Value:
    """SelectSeq(s, Test): the elements that pass the test, in their order."""
    return tuple([e for e in sequence(s) if passes(test, e)])
