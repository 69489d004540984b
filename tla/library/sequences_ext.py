"""SequencesExt: sequences and sets, search, insertion, removal, prefixes, folds, sub-sequences.

Where a sequence of elements is not looked into, a string will do (Front, RemoveAt, IsPrefix, ...), as in TLC.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter

from ..errors import TlaError
from ..values import (
    FunctionSet,
    Union,
    Value,
    alike,
    elements,
    equal,
    finite,
    function,
    items,
    ordered,
    replaced,
    shown,
    strict,
)
from .arguments import number, passes, sequence, sequence_or_text
from .bags import BAGS
from .declaration import Binary, Library, Unary
from .finite_sets_ext import FINITE_SETS_EXT
from .functions import fold_function
from .numbers import interval, modulo
from .sequences import SEQUENCES, append, concatenate, length, sub_sequence
from .tlc import sort_sequence

SEQUENCES_EXT = Library("SequencesExt", SEQUENCES, FINITE_SETS_EXT, BAGS)

# --- sequences and sets -----------------------------------------------------------------------------------


@SEQUENCES_EXT.operator("ToSet")
def to_set(s: Value) -> Value:
    """ToSet(s): the set of the elements."""
    return alike(frozenset([element for _, element in items(s)]))


@SEQUENCES_EXT.operator("ToBag")
def to_bag(s: Value) -> Value:
    """ToBag(s): the bag of the elements."""
    return function(Counter([element for _, element in items(s)]))


@SEQUENCES_EXT.operator("SetToSeq")
def set_to_sequence(s: Value) -> Value:
    """SetToSeq(S): the elements in the order of all values."""
    return ordered(finite(s))


@SEQUENCES_EXT.operator("SetToSeqs")
def set_to_sequences(s: Value) -> Value:
    """SetToSeqs(S): all sequences that have each element once."""
    return frozenset(itertools.permutations(finite(s)))


@SEQUENCES_EXT.operator("SetToSortSeq")
def set_to_sorted_sequence(s: Value, before: Binary) -> Value:
    """SetToSortSeq(S, Op): the elements, sorted by Op."""
    return sort_sequence(set_to_sequence(s), before)


@SEQUENCES_EXT.operator("SetToAllKPermutations")
def set_to_all_permutations(s: Value) -> Value:
    """SetToAllKPermutations(S): all sequences of elements in which none comes twice."""
    members = finite(s)
    sizes = range(len(members) + 1)
    return frozenset(itertools.chain.from_iterable(itertools.permutations(members, size) for size in sizes))


@SEQUENCES_EXT.operator("TupleOf", lazy=True)
def tuples_of(s: Value, size: Value) -> Value:
    """TupleOf(S, n): the sequences of n elements of S."""
    elements(s)
    return FunctionSet(interval(1, size), s)


@SEQUENCES_EXT.operator("SeqOf", "BoundedSeq", lazy=True)
def sequences_of(s: Value, size: Value) -> Value:
    """SeqOf(S, n), BoundedSeq(S, n): the sequences of at most n elements of S."""
    return Union(tuple([tuples_of(s, length) for length in range(number(size) + 1)]))


# --- search -----------------------------------------------------------------------------------------------


@SEQUENCES_EXT.operator("Contains")
def contains_element(s: Value, e: Value) -> bool:
    """Contains(s, e): e is an element of s."""
    return any(equal(element, e) for element in sequence(s))


@SEQUENCES_EXT.operator("IsSorted")
def is_sorted(s: Value, before: Binary) -> bool:
    """IsSorted(s, Op): each element comes before all that stand on the right of it."""
    return all(passes(before, left, right) for left, right in itertools.combinations(sequence(s), 2))


@SEQUENCES_EXT.operator("SelectInSeq")
def select_in_sequence(s: Value, test: Unary) -> int:
    """SelectInSeq(s, Test): the first place whose element passes the test, or 0."""
    return _first_place(s, range(1, len(sequence(s)) + 1), test)


@SEQUENCES_EXT.operator("SelectInSubSeq")
def select_in_sub_sequence(s: Value, first: Value, last: Value, test: Unary) -> int:
    """SelectInSubSeq(s, m, n, Test): the first such place of s in m..n, or 0."""
    sub_sequence(sequence(s), first, last)
    return _first_place(s, range(first, last + 1), test)


@SEQUENCES_EXT.operator("SelectLastInSeq")
def select_last_in_sequence(s: Value, test: Unary) -> int:
    """SelectLastInSeq(s, Test): the last place whose element passes the test, or 0."""
    return _first_place(s, range(len(sequence(s)), 0, -1), test)


@SEQUENCES_EXT.operator("SelectLastInSubSeq")
def select_last_in_sub_sequence(s: Value, first: Value, last: Value, test: Unary) -> int:
    """SelectLastInSubSeq(s, m, n, Test): the last such place of s in m..n, or 0."""
    sub_sequence(sequence(s), first, last)
    return _first_place(s, range(last, first - 1, -1), test)


def _first_place(s: Value, places: range, test: Unary) -> int:
    whole = sequence(s)
    return next((place for place in places if passes(test, whole[place - 1])), 0)


# --- other sequences of the same elements -----------------------------------------------------------------


@SEQUENCES_EXT.operator("Reverse")
def reverse(s: Value) -> Value:
    """Reverse(s): the elements, last first."""
    return sequence(s)[::-1]


@SEQUENCES_EXT.operator("Remove")
def remove(s: Value, e: Value) -> Value:
    """Remove(s, e): s without all elements that are e."""
    return tuple([element for element in sequence(s) if not equal(element, e)])


@SEQUENCES_EXT.operator("ReplaceAll")
def replace_all(s: Value, old: Value, new: Value) -> Value:
    """ReplaceAll(s, old, new): s with `new` for each element that is `old`."""
    new = strict(new)
    return tuple([new if equal(element, old) else element for element in sequence(s)])


@SEQUENCES_EXT.operator("InsertAt")
def insert_at(s: Value, place: Value, e: Value) -> Value:
    """InsertAt(s, i, e): s with e at place i, what stood there and after it one place on."""
    before = sub_sequence(sequence(s), 1, number(place) - 1)
    after = sub_sequence(sequence(s), place, len(sequence(s)))
    return (*before, strict(e), *after)


@SEQUENCES_EXT.operator("ReplaceAt")
def replace_at(s: Value, place: Value, e: Value) -> Value:
    """ReplaceAt(s, i, e): s with e at place i."""
    return replaced(s, place, strict(e))


@SEQUENCES_EXT.operator("RemoveAt")
def remove_at(s: Value, place: Value) -> Value:
    """RemoveAt(s, i): s without what stands at place i."""
    before = sub_sequence(s, 1, number(place) - 1)
    return concatenate(before, sub_sequence(s, place + 1, length(s)))


@SEQUENCES_EXT.operator("RemoveFirst")
def remove_first(s: Value, e: Value) -> Value:
    """RemoveFirst(s, e): s without the first element that is e."""
    whole = sequence(s)
    place = next((place for place, element in enumerate(whole) if equal(element, e)), len(whole))
    return whole[:place] + whole[place + 1 :]


@SEQUENCES_EXT.operator("RemoveFirstMatch")
def remove_first_match(s: Value, test: Unary) -> Value:
    """RemoveFirstMatch(s, Test): s without the first element that passes the test."""
    place = select_in_sequence(s, test)
    return remove_at(s, place) if place else sequence(s)


@SEQUENCES_EXT.operator("Cons")
def cons(e: Value, s: Value) -> Value:
    """Cons(e, s): s with e before its first element."""
    return (strict(e), *sequence(s))


@SEQUENCES_EXT.operator("Snoc")
def snoc(e: Value, s: Value) -> Value:
    """Snoc(e, s): Append(s, e)"""
    return append(s, e)


@SEQUENCES_EXT.operator("Front")
def front(s: Value) -> Value:
    """Front(s): all but the last element."""
    return sub_sequence(s, 1, length(s) - 1)


@SEQUENCES_EXT.operator("Last")
def last(s: Value) -> Value:
    """Last(s): the last element."""
    if not sequence(s):
        raise TlaError("Last of the empty sequence")
    return sequence(s)[-1]


@SEQUENCES_EXT.operator("Zip")
def zipped(s: Value, t: Value) -> Value:
    """Zip(s, t): the pairs of what stands at the same place, as far as the shorter goes."""
    return tuple(zip(sequence(s), sequence(t), strict=False))


@SEQUENCES_EXT.operator("Interleave")
def interleave(s: Value, t: Value) -> Value:
    """Interleave(s, t): by turns <<an element of s>> and <<an element of t>>; the two are of one length."""
    if len(sequence(s)) != len(sequence(t)):
        raise TlaError(f"expected sequences of one length, saw {shown(s)} and {shown(t)}")
    pairs = zip(sequence(s), sequence(t), strict=True)
    return tuple([(element,) for pair in pairs for element in pair]) or ((), ())


@SEQUENCES_EXT.operator("FlattenSeq")
def flatten(s: Value) -> Value:
    """FlattenSeq(s): the sequences (or strings) in s, one after the other."""
    return functools.reduce(concatenate, sequence(s)) if sequence(s) else ()


@SEQUENCES_EXT.operator("SeqMod")
def sequence_modulo(a: Value, b: Value) -> int:
    """SeqMod(a, b): a % b, with b in the place of 0."""
    return modulo(a, b) or number(b)


# --- prefixes and suffixes --------------------------------------------------------------------------------


@SEQUENCES_EXT.operator("IsPrefix")
def is_prefix(s: Value, t: Value) -> bool:
    """IsPrefix(s, t): t begins with s."""
    if type(s) is str and type(t) is str:
        return t.startswith(s)
    if type(s) is tuple and type(t) is tuple and t[: len(s)] == s:
        return True
    beginning = sequence(t)[: len(sequence(s))]
    return len(beginning) == len(sequence(s)) and all(map(equal, sequence(s), beginning))


@SEQUENCES_EXT.operator("IsStrictPrefix")
def is_strict_prefix(s: Value, t: Value) -> bool:
    """IsStrictPrefix(s, t): t begins with s and goes on."""
    return is_prefix(s, t) and not equal(s, t)


@SEQUENCES_EXT.operator("IsSuffix")
def is_suffix(s: Value, t: Value) -> bool:
    """IsSuffix(s, t): t ends with s."""
    return is_prefix(reverse(s), reverse(t))


@SEQUENCES_EXT.operator("IsStrictSuffix")
def is_strict_suffix(s: Value, t: Value) -> bool:
    """IsStrictSuffix(s, t): t ends with s and is longer."""
    return is_suffix(s, t) and not equal(s, t)


@SEQUENCES_EXT.operator("Prefixes")
def prefixes(s: Value) -> Value:
    """Prefixes(s): all beginnings, with the empty one and s itself."""
    return frozenset([sub_sequence(s, 1, size) for size in range(length(s) + 1)])


@SEQUENCES_EXT.operator("CommonPrefixes")
def common_prefixes(s: Value) -> Value:
    """CommonPrefixes(S): what all sequences in S begin with."""
    members = list(elements(s))
    return frozenset.intersection(*map(prefixes, members)) if members else frozenset()


@SEQUENCES_EXT.operator("LongestCommonPrefix")
def longest_common_prefix(s: Value) -> Value:
    """LongestCommonPrefix(S): the longest beginning that all sequences in S have."""
    if not finite(s):
        raise TlaError("LongestCommonPrefix of the empty set")
    return max(common_prefixes(s), key=len)


@SEQUENCES_EXT.operator("Suffixes")
def suffixes(s: Value) -> Value:
    """Suffixes(s): all ends, with s itself and the empty one."""
    whole = sequence(s)
    return frozenset([whole[place:] for place in range(len(whole) + 1)])


# --- folds ------------------------------------------------------------------------------------------------


@SEQUENCES_EXT.operator("FoldSeq")
def fold_sequence(op: Binary, base: Value, s: Value) -> Value:
    """FoldSeq(op, base, s): op(last, ... op(second, op(first, base)))"""
    return fold_function(op, base, s)


@SEQUENCES_EXT.operator("FoldLeft")
def fold_left(op: Binary, base: Value, s: Value) -> Value:
    """FoldLeft(op, base, s): op(... op(op(base, first), second) ..., last)"""
    return functools.reduce(lambda found, element: strict(op(found, element)), sequence(s), strict(base))


@SEQUENCES_EXT.operator("FoldRight")
def fold_right(op: Binary, s: Value, base: Value) -> Value:
    """FoldRight(op, s, base): op(first, op(second, ... op(last, base)))"""
    return fold_function(op, base, reverse(s))


@SEQUENCES_EXT.operator("FoldLeftDomain")
def fold_left_domain(op: Binary, base: Value, s: Value) -> Value:
    """FoldLeftDomain(op, base, s): FoldLeft over the places of s."""
    return fold_left(op, base, tuple(range(1, len(sequence(s)) + 1)))


@SEQUENCES_EXT.operator("FoldRightDomain")
def fold_right_domain(op: Binary, s: Value, base: Value) -> Value:
    """FoldRightDomain(op, s, base): FoldRight over the places of s."""
    return fold_right(op, tuple(range(1, len(sequence(s)) + 1)), base)


# --- sub-sequences ----------------------------------------------------------------------------------------


@SEQUENCES_EXT.operator("SubSeqs")
def sub_sequences(s: Value) -> Value:
    """SubSeqs(s): all that stands together in s."""
    whole = sequence_or_text(s)
    places = range(len(whole) + 1)
    return frozenset([whole[first:last] for first in places for last in places])


@SEQUENCES_EXT.operator("AllSubSeqs")
def all_sub_sequences(s: Value) -> Value:
    """AllSubSeqs(s): what is left of s when any elements are taken out."""
    whole = sequence(s)
    return frozenset(
        itertools.chain.from_iterable(itertools.combinations(whole, n) for n in range(len(whole) + 1))
    )


@SEQUENCES_EXT.operator("IndexFirstSubSeq")
def index_of_first(s: Value, t: Value) -> int:
    """IndexFirstSubSeq(s, t): the first place of t where s begins."""
    place = _place_of(s, t, 0)
    if place is None:
        raise TlaError(f"{shown(s)} does not stand in {shown(t)}")
    return place + 1


@SEQUENCES_EXT.operator("ReplaceSubSeqAt")
def replace_sub_sequence_at(place: Value, r: Value, s: Value, t: Value) -> Value:
    """ReplaceSubSeqAt(i, r, s, t): t with r in the place of as much as s, from i on."""
    before = sub_sequence(t, 1, number(place) - 1)
    after = sub_sequence(t, place + length(s), length(t))
    return concatenate(concatenate(before, r), after)


@SEQUENCES_EXT.operator("ReplaceFirstSubSeq")
def replace_first_sub_sequence(r: Value, s: Value, t: Value) -> Value:
    """ReplaceFirstSubSeq(r, s, t): t with r in the place of the first s, if there is one."""
    place = _place_of(s, t, 0)
    return sequence_or_text(t) if place is None else replace_sub_sequence_at(place + 1, r, s, t)


@SEQUENCES_EXT.operator("ReplaceAllSubSeqs")
def replace_all_sub_sequences(r: Value, s: Value, t: Value) -> Value:
    """ReplaceAllSubSeqs(r, s, t): t with r in the place of each s; of an empty s, before each element."""
    if equal(s, t):
        return sequence_or_text(r)
    whole = sequence_or_text(t)
    parts = []
    begin = 0
    while (place := _place_of(s, whole, begin)) is not None and place < len(whole):
        parts += [whole[begin:place], r]
        begin = place + length(s)
        if not length(s):
            parts.append(whole[place : place + 1])
            begin = place + 1
    return functools.reduce(concatenate, [*parts, whole[begin:]])


def _place_of(s: Value, t: Value, begin: int) -> int | None:
    """Where s stands in t first, counted from 0, at `begin` or later."""
    part, whole = sequence_or_text(s), sequence_or_text(t)
    if type(part) is not type(whole):
        raise TlaError(f"expected two strings or two sequences, saw {shown(s)} and {shown(t)}")
    places = range(begin, len(whole) - len(part) + 1)
    return next((place for place in places if whole[place : place + len(part)] == part), None)
