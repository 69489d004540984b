"""Bags, BagsExt: functions from elements to the number of their copies, which is at least 1."""

from __future__ import annotations

import functools
import itertools
from typing import Any

from ..errors import TlaError
from ..values import (
    Function,
    Value,
    apply,
    contains,
    domain,
    elements,
    equal,
    extended,
    finite,
    function,
    items,
    ordered,
    replaced,
    restricted,
    shown,
    strict,
)
from .arguments import is_function, number
from .declaration import Binary, Library, Unary
from .functions import fold
from .numbers import add, multiply
from .tlc import TLC

BAGS = Library("Bags", TLC)
BAGS_EXT = Library("BagsExt")

BAGS.constant("EmptyBag", ())


@BAGS.operator("IsABag")
def is_a_bag(b: Value) -> bool:
    """IsABag(b): a function to numbers above 0."""
    if type(b) in (int, str) or not is_function(b):
        return False
    return all(type(count) is int and count > 0 for _, count in items(b))


@BAGS.operator("BagToSet")
def bag_to_set(b: Value) -> Value:
    """BagToSet(b): the set of its elements."""
    return domain(b)


@BAGS.operator("SetToBag")
def set_to_bag(s: Value) -> Value:
    """SetToBag(S): the bag with one of each."""
    return function(dict.fromkeys(elements(s), 1))


@BAGS.operator("BagIn")
def bag_in(e: Value, b: Value) -> bool:
    """BagIn(e, b): b has a copy of e."""
    return contains(domain(b), e) and _copies(apply(b, e)) > 0


@BAGS.operator("CopiesIn")
def copies_in(e: Value, b: Value) -> int:
    """CopiesIn(e, b): how many copies b has."""
    if type(b) is Function:
        place = b.domain.index.get(e)
        return 0 if place is None else number(b.values[place])
    return _counts(b).get(e, 0)


def _counts(b: Value) -> dict[Value, int]:
    """Elements and the number of their copies."""
    counts = dict(items(b))
    if not _INT.issuperset(map(type, counts.values())):
        for count in counts.values():
            _copies(count)
    return counts


_INT = frozenset((int,))
"""What the numbers of copies are, seen at once."""


def _copies(count: Value) -> int:
    if type(count) is not int:
        raise TlaError(f"expected a bag, in which the number of copies is no {shown(count)}")
    return count


@BAGS.operator("(+)")
def bag_sum(a: Value, b: Value) -> Value:
    """a (+) b"""
    counts = _counts(a)
    for element, count in _counts(b).items():
        counts[element] = counts.get(element, 0) + count
    return function(counts)


@BAGS.operator("(-)")
def bag_difference(a: Value, b: Value) -> Value:
    """a (-) b: copies of b taken out of a, as far as there are any."""
    taken = _counts(b).get
    left = {e: more for e, count in _counts(a).items() if (more := count - taken(e, 0)) > 0}
    return function(left)


def bag_with(b: Value, e: Value) -> Value:
    """b (+) SetToBag({e})"""
    if type(b) is Function:
        place = b.domain.index.get(e)
        return extended(b, e, 1) if place is None else replaced(b, e, number(b.values[place]) + 1)
    return bag_sum(b, function({e: 1}))


def bag_without(b: Value, e: Value) -> Value:
    """b (-) SetToBag({e})"""
    if type(b) is Function:
        place = b.domain.index.get(e)
        if place is None:
            return b
        return replaced(b, e, b.values[place] - 1) if b.values[place] > 1 else restricted(b, e)
    return bag_difference(b, function({e: 1}))


def is_bag_with(found: Value, b: Value, e: Value) -> bool:
    """found = b (+) SetToBag({e}), without making that bag where it is another one."""
    if found == ():
        return False
    if type(found) is Function and type(b) is Function:
        here, there = b.domain.index.get(e), found.domain.index.get(e)
        if there is None or found.values[there] != (1 if here is None else b.values[here] + 1):
            return False
        if len(found.values) != len(b.values) + (here is None):
            return False
    elif type(found) is Function and b == ():
        return found.domain.keys == (e,) and found.values == (1,)
    return equal(found, bag_with(b, e))


_last_added: list[Any] = [None, None, None]


def bag_added(found: Value, b: Value) -> Value | None:
    """The element e for which found = b (+) SetToBag({e}), or None where there is none."""
    if _last_added[0] is not found or _last_added[1] is not b:
        _last_added[:] = found, b, _added(found, b)
    return _last_added[2]


def _added(found: Value, b: Value) -> Value | None:
    if type(found) is not Function or not (type(b) is Function or b == ()):
        return None
    before = _counts(b)
    more = [e for e, count in zip(found.domain.keys, found.values, strict=True) if before.get(e) != count]
    return more[0] if len(more) == 1 and is_bag_with(found, b, more[0]) else None


def is_bag_without(found: Value, b: Value, e: Value) -> bool:
    """found = b (-) SetToBag({e}), without making that bag where it is another one."""
    if type(found) is Function and type(b) is Function:
        here, there = b.domain.index.get(e), found.domain.index.get(e)
        left = 0 if here is None else max(b.values[here] - 1, 0)
        if (0 if there is None else found.values[there]) != left:
            return False
        if len(found.values) != len(b.values) - (here is not None and not left):
            return False
    return equal(found, bag_without(b, e))


@BAGS.operator("BagUnion")
def bag_union(s: Value) -> Value:
    """BagUnion(S): all bags in S, put together."""
    return functools.reduce(bag_sum, ordered(finite(s)), ())


@BAGS.operator("\\sqsubseteq")
def is_sub_bag(a: Value, b: Value) -> bool:
    """a \\sqsubseteq b: b has at least as many copies of each element."""
    counts = _counts(b)
    return all(count <= counts.get(element, 0) for element, count in _counts(a).items())


@BAGS.operator("SubBag")
def sub_bags(b: Value) -> Value:
    """SubBag(b): the set of all bags that are in b."""
    pairs = list(_counts(b).items())
    choices = itertools.product(*(range(count + 1) for _, count in pairs))
    return frozenset(
        function({element: taken for (element, _), taken in zip(pairs, chosen, strict=True) if taken})
        for chosen in choices
    )


@BAGS.operator("BagOfAll")
def bag_of_all(image: Unary, b: Value) -> Value:
    """BagOfAll(F, b): F(e) for each copy of an element e."""
    counts: dict[Value, int] = {}
    for element, count in _counts(b).items():
        made = strict(image(element))
        counts[made] = counts.get(made, 0) + count
    return function(counts)


@BAGS.operator("BagCardinality")
def bag_cardinality(b: Value) -> int:
    """BagCardinality(b): how many copies there are."""
    return sum(_counts(b).values())


# --- BagsExt ----------------------------------------------------------------------------------------------


@BAGS_EXT.operator("BagAdd")
def bag_add(b: Value, e: Value) -> Value:
    """BagAdd(b, e): b with one more copy of e."""
    copies_in(strict(e), b)  # a number, or an error
    return bag_with(b, strict(e))


@BAGS_EXT.operator("BagRemove")
def bag_remove(b: Value, e: Value) -> Value:
    """BagRemove(b, e): b with one copy of e less, if there is one."""
    copies_in(strict(e), b)
    return bag_without(b, strict(e))


@BAGS_EXT.operator("BagRemoveAll")
def bag_remove_all(b: Value, e: Value) -> Value:
    """BagRemoveAll(b, e): b without the copies of e."""
    return function({element: count for element, count in items(b) if not equal(element, e)})


@BAGS_EXT.operator("MapThenFoldBag")
def map_then_fold_bag(op: Binary, base: Value, image: Unary, choose: Unary, b: Value) -> Value:
    """MapThenFoldBag(op, base, f, choose, b): op(... op(base, f(x)) ..., f(x)) for each x, then all by op.

    The order is that of the elements: `choose` is asked nothing, as in the module's definition.
    """

    def powers(element: Value) -> Value:
        return functools.reduce(op, [strict(image(element))] * _positive(apply(b, element)), strict(base))

    return fold(op, base, [powers(element) for element in reversed(ordered(domain(b)))])


@BAGS_EXT.operator("FoldBag")
def fold_bag(op: Binary, base: Value, b: Value) -> Value:
    """FoldBag(op, base, b): op(... op(op(base, x), x) ..., y), the least element first."""
    copies = [[element] * _positive(apply(b, element)) for element in ordered(domain(b))]
    found = functools.reduce(op, itertools.chain.from_iterable(copies), strict(base))
    return strict(found)


@BAGS_EXT.operator("SumBag")
def sum_bag(b: Value) -> Value:
    """SumBag(b): the sum of the copies."""
    return fold_bag(add, 0, b)


@BAGS_EXT.operator("ProductBag")
def product_bag(b: Value) -> Value:
    """ProductBag(b): the product of the copies."""
    return fold_bag(multiply, 1, b)


def _positive(count: Value) -> int:
    if _copies(count) <= 0:
        raise TlaError(f"expected a bag, in which the number of copies is no {count}")
    return int(count)
