"""What the operators of the libraries expect of their arguments: the value as Python needs it, or a TlaError.

Nothing is guessed: a number is no text, and a function is a sequence only where its domain is 1..n.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import TlaError
from ..values import LazyFunction, Value, domain, shown, strict, truth


def number(value: Value) -> int:
    if type(value) is not int:
        raise TlaError(f"expected a number, saw {shown(value)}")
    return value


def natural(value: Value) -> int:
    if type(value) is not int or value < 0:
        raise TlaError(f"expected a natural number, saw {shown(value)}")
    return value


def text(value: Value) -> str:
    if type(value) is not str:
        raise TlaError(f"expected a string, saw {shown(value)}")
    return value


def sequence(value: Value) -> tuple[Value, ...]:
    if type(value) is LazyFunction:
        value = strict(value)
    if type(value) is not tuple:
        raise TlaError(f"expected a sequence, saw {shown(value)}")
    return value


def sequence_or_text(value: Value) -> tuple[Value, ...] | str:
    """For operators that treat a string as the sequence of its characters."""
    return value if type(value) is str else sequence(value)


def is_function(value: Value) -> bool:
    """Whether the value is a function, a record or a sequence."""
    try:
        domain(value)
    except TlaError:
        return False
    return True


def passes(test: Callable[..., Value], *arguments: Value) -> bool:
    """The truth of what an operator that is given as a test says of the arguments."""
    return truth(test(*arguments))
