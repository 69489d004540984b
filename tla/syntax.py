"""The tree of a TLA+ module after name resolution: frozen nodes, each with its place in the text.

A name is resolved once, when the module is loaded: a Ref points at the declaration itself (a variable, a
constant, a parameter, a definition or a native operator), so no evaluation needs a scope of names. Nothing
here evaluates anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from .errors import Span

# --- declarations: what a name can mean ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """VARIABLE x. One that is `bound` is part of no state, but free in an ENABLED (instances.py)."""

    span: Span
    name: str
    bound: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """CONSTANT C, or CONSTANT Op(_, _) with an arity above 0."""

    span: Span
    name: str
    arity: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A bound identifier: of an operator, a quantifier, a set or function constructor, CHOOSE, LAMBDA."""

    span: Span
    name: str
    arity: int = 0


@dataclass(slots=True, eq=False)
class Definition:
    """Op(a, b) == body, at the top of a module or in a LET.

    The body comes after the declaration, because a recursive operator refers to itself.
    `recursive` is True for an operator declared RECURSIVE, `recursive_function` for f[x \\in S] == e.
    `origin` is the definition that this one is the instance of (instances.py), where the text of the
    instanced module refers to it: what a configuration puts in its place goes in the place of this one too.
    `shows` is the definition that this one, asked for as I!Op, makes visible: in the place of both goes only
    what the configuration assigns in the module itself, Op <- [M]e.
    """

    span: Span
    name: str
    module: str
    parameters: tuple[Parameter, ...] = ()
    recursive: bool = False
    recursive_function: bool = False
    in_let: bool = False
    origin: Definition | None = None
    shows: Definition | None = None
    _body: Expr | None = field(default=None, repr=False)

    @property
    def arity(self) -> int:
        return len(self.parameters)

    @property
    def body(self) -> Expr:
        assert self._body is not None, self.name
        return self._body

    @property
    def is_complete(self) -> bool:
        return self._body is not None

    def complete(self, body: Expr) -> None:
        self._body = body


@dataclass(frozen=True, slots=True, eq=False)
class Native:
    """An operator of a standard module, written in Python: a function from values to a value.

    `predicate`: the function answers with a Python bool. Arguments that are operators arrive as callables
    from values to a value; `operator_arguments` gives their arities by place. `pure` is False where the same
    arguments may give another answer next time, or something is seen of the call (TLCGet, RandomElement,
    Print): then it is called wherever the text says so, and nothing that it is a part of is remembered, but
    for definitions that TLC counts as constants. What `of_state` is, it does not (TLCGet).
    `lazy`: the value may be a LazySet, which must be made plain before it is stored.
    """

    name: str
    module: str
    arity: int
    function: Callable[..., Any]
    predicate: bool = False
    operator_arguments: tuple[tuple[int, int], ...] = ()
    pure: bool = True
    lazy: bool = False
    of_state: bool = False


Declaration = Variable | Constant | Parameter | Definition | Native


# --- expressions --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A number, a string, TRUE or FALSE (as a Python bool)."""

    span: Span
    value: int | str | bool


@dataclass(frozen=True, slots=True, eq=False)
class Ref:
    """A declared name, applied to its arguments (none for a plain name)."""

    span: Span
    to: Declaration
    arguments: tuple[Expr | OperatorArgument, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Lambda:
    """LAMBDA a, b : body; stands only where an operator is an argument."""

    span: Span
    parameters: tuple[Parameter, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class OperatorName:
    """The name of an operator as an argument: Fold(+, 0, S)."""

    span: Span
    to: Declaration


OperatorArgument = Lambda | OperatorName


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """An operator of the language itself, by its canonical spelling (resolver.SPELLINGS)."""

    span: Span
    operator: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class And:
    span: Span
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Or:
    span: Span
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class If:
    span: Span
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """CASE p -> a [] q -> b [] OTHER -> c"""

    span: Span
    arms: tuple[tuple[Expr, Expr], ...]
    other: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Let:
    span: Span
    definitions: tuple[Definition, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """a, b \\in S, or <<a, b>> \\in S where `pattern`."""

    span: Span
    parameters: tuple[Parameter, ...]
    pattern: bool
    domain: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Quantifier:
    """\\A (universal) or \\E over finite sets."""

    span: Span
    universal: bool
    bounds: tuple[Bound, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Choose:
    """CHOOSE x \\in S : p"""

    span: Span
    bound: Bound
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class SetOf:
    """{a, b, c}"""

    span: Span
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SetFilter:
    """{x \\in S : p}"""

    span: Span
    bound: Bound
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class SetMap:
    """{e : x \\in S, y \\in T}"""

    span: Span
    bounds: tuple[Bound, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Tuple:
    """<<a, b>>"""

    span: Span
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FunctionOf:
    """[x \\in S |-> e]"""

    span: Span
    bounds: tuple[Bound, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class FunctionsOf:
    """[S -> T]"""

    span: Span
    arguments: Expr
    results: Expr


@dataclass(frozen=True, slots=True, eq=False)
class RecordOf:
    """[a |-> 1, b |-> 2]"""

    span: Span
    fields: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True, eq=False)
class RecordsOf:
    """[a : S, b : T]"""

    span: Span
    fields: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """S \\X T \\X U"""

    span: Span
    factors: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Apply:
    """f[e]; f[a, b] has a Tuple as its argument."""

    span: Span
    function: Expr
    argument: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """r.name"""

    span: Span
    record: Expr
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """![a].b = value; in the value, `at` stands for what was there before."""

    span: Span
    path: tuple[Expr, ...]
    at: Parameter
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Except:
    """[f EXCEPT ![a].b = @ + 1, ...]"""

    span: Span
    function: Expr
    updates: tuple[Update, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Prime:
    """e'"""

    span: Span
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Unchanged:
    """UNCHANGED e"""

    span: Span
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Enabled:
    """ENABLED A"""

    span: Span
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Compose:
    """A \\cdot B: a step of A and then one of B, seen as one step."""

    span: Span
    first: Expr
    second: Expr


@dataclass(frozen=True, slots=True, eq=False)
class BoxAction:
    """[A]_v"""

    span: Span
    action: Expr
    subscript: Expr


@dataclass(frozen=True, slots=True, eq=False)
class AngleAction:
    """<<A>>_v"""

    span: Span
    action: Expr
    subscript: Expr

    @property
    def parts(self) -> tuple[Expr, Expr]:
        """What it is the conjunction of: A, and that v changes."""
        return self.action, Builtin(self.span, "~", (Unchanged(self.span, self.subscript),))


@dataclass(frozen=True, slots=True, eq=False)
class Temporal:
    """A temporal operator: [], <>, ~>, WF_v(A), SF_v(A).

    In an instance, fairness has ENABLED <<A>>_v as a third argument: A and v there do not tell it.
    """

    span: Span
    operator: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class NoValue:
    """What TLA+ allows and nobody can evaluate, such as CHOOSE x : p without a set; an error when it is."""

    span: Span
    what: str


Expr = (
    Literal
    | Ref
    | Builtin
    | And
    | Or
    | If
    | Case
    | Let
    | Quantifier
    | Choose
    | SetOf
    | SetFilter
    | SetMap
    | Tuple
    | FunctionOf
    | FunctionsOf
    | RecordOf
    | RecordsOf
    | Product
    | Apply
    | Field
    | Except
    | Prime
    | Unchanged
    | Enabled
    | Compose
    | BoxAction
    | AngleAction
    | Temporal
    | NoValue
)


# --- what every reader of the tree needs --------------------------------------------------------------


@cache
def children(node: Any) -> tuple[Any, ...]:
    """The expressions directly below a node (bounds and updates are looked into)."""
    kind: Any = type(node)
    return tuple(found for name in _parts_of(kind) for found in _expressions(getattr(node, name)))


@cache
def _parts_of(kind: Any) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind) if part.name != "span")


def _expressions(part: Any) -> Iterator[Any]:
    if isinstance(part, tuple):
        for item in part:
            yield from _expressions(item)
    elif isinstance(part, Bound):
        yield part.domain
    elif isinstance(part, Update):
        yield from part.path
        yield part.value
    elif isinstance(part, Expr | Lambda | OperatorName):
        yield part


CONSTANT_LEVEL, STATE_LEVEL, ACTION_LEVEL, TEMPORAL_LEVEL = range(4)


Meaning = Callable[[Declaration], Declaration]
"""What a configuration puts in the place of a declaration: another one, or the same."""


def as_written(declaration: Declaration) -> Declaration:
    """The meaning of every name where no configuration replaces any."""
    return declaration


@cache
def level(node: Any) -> int:
    """CONSTANT_LEVEL, STATE_LEVEL (reads variables), ACTION_LEVEL (primes) or TEMPORAL_LEVEL.

    An operator parameter counts as constant; what is put in its place is a part of the Ref.
    """
    return level_under(node, as_written)


def level_under(node: Any, meaning: Meaning) -> int:
    """The level where a configuration replaces names."""
    return max(_mentioned(body).level for body in reachable(node, meaning, in_enabled=False))


def reachable(node: Any, meaning: Meaning = as_written, in_enabled: bool = True) -> frozenset[Any]:
    """The node and the bodies of all definitions that it uses, directly or not.

    Without `in_enabled`, not those that are used under ENABLED only, which hides the primes in them.
    """
    found = {node}
    todo = [node]
    while todo:
        names = _mentioned(todo.pop())
        for declaration in (names.outside | names.in_enabled) if in_enabled else names.outside:
            meant = meaning(declaration)
            if isinstance(meant, Definition) and meant.body not in found:
                found.add(meant.body)
                todo.append(meant.body)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Names:
    """The level of what stands in a node itself, and what it mentions: under ENABLED, and elsewhere."""

    level: int
    outside: frozenset[Declaration]
    in_enabled: frozenset[Declaration]


_NONE: frozenset[Declaration] = frozenset()


@cache
def _mentioned(node: Any) -> _Names:
    own = _own_level(node)
    outside = in_enabled = _NONE
    if isinstance(node, Ref | OperatorName) and not isinstance(node.to, Parameter):
        outside = frozenset((node.to,))
    for child in children(node):
        below = _mentioned(child)
        own = max(own, below.level)
        outside |= below.outside
        in_enabled |= below.in_enabled
    if isinstance(node, Enabled):
        return _Names(STATE_LEVEL, _NONE, outside | in_enabled)
    return _Names(own, outside, in_enabled)


def branches(node: Any, meaning: Meaning, inside: frozenset[Definition] = frozenset()) -> bool:
    """Whether an action takes the formula apart: TLC looks at what follows once for each way to be true.

    `inside` are the recursive functions of which the formula is a part.
    """
    match node:
        case Or() | Quantifier(universal=False) | Compose():
            return True
        case And(items=items):
            return any(branches(item, meaning, inside) for item in items)
        case If(then=then, otherwise=otherwise):
            return branches(then, meaning, inside) or branches(otherwise, meaning, inside)
        case Case(arms=arms, other=other):
            parts = (other, *(value for _, value in arms))
            return any(branches(part, meaning, inside) for part in parts)
        case Quantifier(body=body) | Let(body=body) | Builtin(operator="=>", arguments=(_, body)):
            return branches(body, meaning, inside)
        case Apply(function=Ref(to=Definition(recursive_function=True) as to)) if to not in inside:
            return isinstance(to.body, FunctionOf) and branches(to.body.body, meaning, inside | {to})
        case Ref(to=to):
            to = meaning(to)
            return isinstance(to, Definition) and not to.recursive and branches(to.body, meaning, inside)
    return False


@cache
def variables_read(node: Any) -> frozenset[str]:
    """The names of the variables that the value of the node depends on, primed or not."""
    return variables_under(node, as_written)


def variables_under(node: Any, meaning: Meaning) -> frozenset[str]:
    """The variables that the value depends on where a configuration replaces names."""
    return frozenset(
        d.name
        for body in reachable(node, meaning)
        for d in named(body)
        if isinstance(d, Variable) and not d.bound
    )


def variables_of(node: Any, meaning: Meaning = as_written) -> frozenset[str] | None:
    """The names of the variables, where the expression is one or a tuple of such; else None."""
    match node:
        case Ref(to=Variable(name=name)):
            return frozenset((name,))
        case Ref(to=Definition() as to, arguments=()):
            meant = meaning(to)
            return variables_of(meant.body, meaning) if isinstance(meant, Definition) else None
        case Tuple(items=items) if items:
            parts = [variables_of(item, meaning) for item in items]
            found = [part for part in parts if part is not None]
            return frozenset().union(*found) if len(found) == len(parts) else None
    return None


@cache
def variables_written(node: Any) -> frozenset[str]:
    """The names of the variables x for which an action says `x' = ...` or `x' \\in ...`."""
    return frozenset(name for body in reachable(node) for name in _targets_in(body))


def named(node: Any) -> frozenset[Declaration]:
    """The variables, constants, definitions and natives that stand in the node itself."""
    names = _mentioned(node)
    return names.outside | names.in_enabled


def _targets_in(node: Any) -> Iterator[str]:
    match node:
        case Builtin(operator="=" | "\\in", arguments=(Prime(body=Ref(to=Variable(name=name))), _)):
            yield name
    for child in children(node):
        yield from _targets_in(child)


def _own_level(node: Any) -> int:
    match node:
        case Ref(to=Variable() | Native(of_state=True)) | OperatorName(to=Native(of_state=True)) | Enabled():
            return STATE_LEVEL
        case Prime() | Unchanged() | Compose() | BoxAction() | AngleAction():
            return ACTION_LEVEL
        case Temporal():
            return TEMPORAL_LEVEL
    return CONSTANT_LEVEL


@cache
def free_parameters(node: Any) -> frozenset[Parameter]:
    """The parameters that the node mentions and does not bind itself, seen through LET definitions."""
    return frozenset(_free(node, frozenset()))


def _free(node: Any, bound: frozenset[Any]) -> Iterator[Parameter]:
    match node:
        case Ref(to=Parameter() as parameter) | OperatorName(to=Parameter() as parameter):
            if parameter not in bound:
                yield parameter
        case Ref(to=Definition() as definition) | OperatorName(to=Definition() as definition):
            # What a LET definition mentions from outside of it belongs to whoever uses it.
            if definition.in_let and definition not in bound:
                yield from _free(definition.body, bound | {definition, *definition.parameters})
        case Let(definitions=definitions):
            # One that nothing refers to may be made into code nevertheless.
            for definition in definitions:
                yield from _free(definition.body, bound | {*definitions, *definition.parameters})
    inner = bound | set(bound_here(node))
    for child in children(node):
        yield from _free(child, inner)


def bound_here(node: Any) -> Iterator[Parameter]:
    """The parameters that a node binds."""
    match node:
        case Lambda(parameters=parameters):
            yield from parameters
        case Quantifier(bounds=bounds) | SetMap(bounds=bounds) | FunctionOf(bounds=bounds):
            for bound in bounds:
                yield from bound.parameters
        case Choose(bound=bound) | SetFilter(bound=bound):
            yield from bound.parameters
        case Except(updates=updates):
            for update in updates:
                yield update.at


# --- modules ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Assumption:
    """ASSUME name == expression (the name may be empty)."""

    span: Span
    name: str
    expression: Expr
