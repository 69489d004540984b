"""Modules after name resolution, and INSTANCE: the definitions of a module with other things in the place of
its constants and variables.

A definition that depends on something replaced is copied with the replacement written into it; any other one
serves as it is. In ENABLED A, the variables after the step are not those of a state but any that A allows, so
that nothing is replaced there: with x <- e + 1, `ENABLED (x' = 5)` is true, whatever e is.

With parameters, I(p) == INSTANCE M WITH x <- e, every copy has p before its own parameters.

As in TLC, a configuration replaces a name of the instanced module inside of it (`Send <- MCSend` holds for
what I!Next says of Send), but not what is asked for as I!Send: so a replacement can refer to the original.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from .errors import Span
from .syntax import (
    And,
    AngleAction,
    Assumption,
    BoxAction,
    Builtin,
    Constant,
    Declaration,
    Definition,
    Enabled,
    Expr,
    Lambda,
    Let,
    Native,
    OperatorName,
    Or,
    Parameter,
    Prime,
    Ref,
    Temporal,
    Tuple,
    Unchanged,
    Variable,
    named,
    reachable,
)


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A module with all that it extends: declarations in the order of the text, extended ones first."""

    name: str
    file: str
    extends: tuple[Module, ...]
    variables: tuple[Variable, ...]
    constants: tuple[Constant, ...]
    definitions: dict[str, Definition | Native]
    assumptions: tuple[Assumption, ...]
    local_names: frozenset[str]
    instances: Mapping[str, Instantiation]
    """`I == INSTANCE M`, by name."""
    inner_modules: Mapping[str, Module]
    """Modules inside of this one."""
    instanced: tuple[Module, ...]
    """The modules of all INSTANCE statements here."""


Replacement = Expr | Declaration | Lambda
"""What stands in the place of a variable or constant: an expression, or an operator where that is wanted."""


class Instantiation:
    """One INSTANCE statement.

    `replaced` says for each constant and variable of the module what stands in its place. `made` has the
    copies in an order in which each comes after what it needs, but for recursive ones.
    """

    def __init__(
        self,
        span: Span,
        name: str,
        module: Module,
        replaced: Mapping[Constant | Variable, Replacement],
        parameters: tuple[Parameter, ...] = (),
        in_let: bool = False,
    ) -> None:
        """`name` is "" where the definitions are taken in under their own names."""
        self.span = span
        self.name = name
        self.module = module
        self.parameters = parameters
        self.in_let = in_let
        self.replaced = {d: to for d, to in replaced.items() if not _is_itself(d, to)}
        self.made: list[Definition] = []
        self._entries: dict[tuple[str, ...], Definition | Native] = {}
        self._copies: dict[Definition, Definition] = {}
        self._affected: dict[Any, bool] = {}
        self._enabling: Instantiation | None = None
        self._function: tuple[Definition, Definition] | None = None
        """The function that is being copied into a LET, and its copy."""

    def names(self) -> Iterable[str]:
        """What can be asked for, as one name."""
        local = self.module.local_names
        yield from (name for name in self.module.definitions if name not in local)
        yield from (name for name in self.module.instances if name not in local)

    def find(self, path: tuple[str, ...]) -> Definition | Native | None:
        """The meaning of I!path[0]!path[1]...; None where the module has no such name, or keeps it local."""
        if path not in self._entries:
            found = self._original(path)
            if not isinstance(found, Definition):
                return found
            self._entries[path] = self._entry(found, path)
        return self._entries[path]

    def _original(self, path: tuple[str, ...]) -> Definition | Native | None:
        first, *rest = path
        if first in self.module.local_names:
            return None
        if not rest:
            return self.module.definitions.get(first)
        inner = self.module.instances.get(first)
        return inner.find(tuple(rest)) if inner is not None else None

    def _entry(self, original: Definition, path: tuple[str, ...]) -> Definition:
        """The definition as it is seen from outside: with parameters, and not replaced as the original is."""
        if not self.name and not self.is_affected(original):
            return original
        within = self.copy(original) if self.is_affected(original) else original
        parameters = within.parameters if within is not original else (*self.parameters, *within.parameters)
        entry = replace(
            within, span=original.span, name="!".join([*([self.name] if self.name else []), *path]),
            parameters=parameters, recursive=False, recursive_function=False, origin=None,
            shows=None if self.parameters else original.origin or original,
        )  # fmt: skip
        if original.recursive or original.recursive_function:
            # It refers to itself under the name that it has inside.
            own = tuple(
                Ref(original.span, p) if not p.arity else OperatorName(original.span, p) for p in parameters
            )
            taken = own if within is not original else own[len(self.parameters) :]
            entry.complete(Ref(original.span, within, taken))
        if entry.in_let:
            self.made.append(entry)
        return entry

    # --- copies -----------------------------------------------------------------------------------------

    def is_affected(self, definition: Definition) -> bool:
        """Whether the definition depends on something that is replaced."""
        return self._depends(definition.body)

    def _depends(self, node: Any) -> bool:
        if node not in self._affected:
            self._affected[node] = any(
                not self.replaced.keys().isdisjoint(named(part)) for part in reachable(node)
            )
        return self._affected[node]

    def copy(self, original: Definition) -> Definition:
        """The definition inside of the instance, as the text of the module refers to it."""
        if original not in self._copies:
            made = replace(
                original,
                parameters=(*self.parameters, *original.parameters),
                recursive_function=original.recursive_function and not self.parameters,
                in_let=original.in_let or self.in_let,
                origin=original.origin or original,
                _body=None,
            )
            self._copies[original] = made
            around, self._function = self._function, None
            if original.recursive_function and self.parameters:
                made.complete(self._function_of_parameters(original))
            else:
                made.complete(self.rewritten(original.body))
            self._function = around
            if self.in_let and not original.in_let:
                self.made.append(made)
        return self._copies[original]

    def _function_of_parameters(self, original: Definition) -> Let:
        """f[x \\in S] == e as f(p) == LET f[x \\in S] == e IN f: one function for each p."""
        function = replace(original, in_let=True, _body=None)
        self._function = (original, function)
        function.complete(self.rewritten(original.body))
        return Let(original.span, (function,), Ref(original.span, function))

    def rewritten(self, node: Any) -> Any:
        """The node with everything replaced; the same node where nothing is."""
        if isinstance(node, tuple):
            items = tuple(map(self.rewritten, node))
            return items if any(a is not b for a, b in zip(items, node, strict=True)) else node
        if isinstance(node, Ref):
            return self._reference(node)
        if isinstance(node, OperatorName):
            return self._operator(node)
        if isinstance(node, Let):
            return self._let(node)
        if isinstance(node, Enabled) and self._may_differ(node):
            return Enabled(node.span, self._in_enabled().rewritten(node.body))
        if isinstance(node, Temporal) and node.operator in ("WF", "SF") and self._may_differ(node):
            subscript, action, *instantiated = node.arguments
            enabled = instantiated or [Enabled(node.span, AngleAction(node.span, action, subscript))]
            parts = (subscript, action, *enabled)
            return Temporal(node.span, node.operator, tuple(map(self.rewritten, parts)))
        if not hasattr(node, "__dataclass_fields__") or isinstance(node, Span | Definition | Parameter):
            return node
        changed = {
            part.name: new
            for part in fields(node)
            if (new := self.rewritten(old := getattr(node, part.name))) is not old
        }
        return replace(node, **changed) if changed else node

    def _may_differ(self, node: Expr) -> bool:
        """Whether to replace variables after the step as well would change the meaning of ENABLED."""
        if self.in_let or not self._depends(node):
            return False
        targets = [_variable(to) for source, to in self.replaced.items() if isinstance(source, Variable)]
        return None in targets or len(set(targets)) < len(targets)

    def _in_enabled(self) -> Instantiation:
        """What rewrites the action of an ENABLED."""
        if self._enabling is None:
            self._enabling = _InEnabled(self)
        return self._enabling

    def _reference(self, node: Ref) -> Any:
        arguments = self.rewritten(node.arguments)
        to = node.to
        if isinstance(to, Constant | Variable) and to in self.replaced:
            meant = self.replaced[to]
            if isinstance(meant, Lambda):
                operator = Definition(meant.span, to.name, self.module.name, meant.parameters, in_let=True)
                operator.complete(meant.body)
                return Let(node.span, (operator,), Ref(node.span, operator, arguments))
            return Ref(node.span, meant, arguments) if isinstance(meant, Declaration) else meant
        if self._function is not None and to is self._function[0]:
            return Ref(node.span, self._function[1])
        if isinstance(to, Definition) and to in self._copies and to.in_let:
            return Ref(node.span, self._copies[to], arguments)
        if isinstance(to, Definition) and not to.in_let and self.is_affected(to):
            return Ref(node.span, self.copy(to), (*self._own(node.span), *arguments))
        return node if arguments is node.arguments else Ref(node.span, to, arguments)

    def _own(self, span: Span) -> tuple[Any, ...]:
        """The parameters of the instance, handed on."""
        return tuple(_name(span, p) for p in self.parameters)

    def _operator(self, node: OperatorName) -> Any:
        to = node.to
        if isinstance(to, Constant) and to in self.replaced:
            meant = self.replaced[to]
            if isinstance(meant, Lambda):
                return meant
            assert isinstance(meant, Declaration), (to, node.span)
            return OperatorName(node.span, meant)
        if isinstance(to, Definition) and to in self._copies and to.in_let:
            return OperatorName(node.span, self._copies[to])
        if not isinstance(to, Definition) or to.in_let or not self.is_affected(to):
            return node
        if not self.parameters:
            return OperatorName(node.span, self.copy(to))
        blanks = tuple(replace(parameter) for parameter in to.parameters)
        given = tuple(_name(node.span, p) for p in blanks)
        return Lambda(node.span, blanks, Ref(node.span, self.copy(to), (*self._own(node.span), *given)))

    def _let(self, node: Let) -> Let:
        """LET definitions are copied with the definition that they stand in."""
        if not self._depends(node):
            return node
        for definition in node.definitions:
            self._copies[definition] = replace(definition, _body=None)
        for definition in node.definitions:
            self._copies[definition].complete(self.rewritten(definition.body))
        definitions = tuple(self._copies[definition] for definition in node.definitions)
        return Let(node.span, definitions, self.rewritten(node.body))


def _name(span: Span, parameter: Parameter) -> Ref | OperatorName:
    """A parameter as an argument."""
    return OperatorName(span, parameter) if parameter.arity else Ref(span, parameter)


def _is_itself(declaration: Constant | Variable, to: Replacement) -> bool:
    return to is declaration or (isinstance(to, Ref) and to.to is declaration)


def _variable(to: Replacement) -> Variable | None:
    """The variable that just gets another name here."""
    to = to.to if isinstance(to, Ref) else to
    return to if isinstance(to, Variable) else None


class _InEnabled(Instantiation):
    """Rewrites the action of an ENABLED: variables before the step are replaced, those after it are bound."""

    def __init__(self, of: Instantiation) -> None:
        super().__init__(of.span, of.name, of.module, of.replaced, of.parameters)
        bound: dict[Constant | Variable, Replacement] = {
            source: Ref(of.span, Variable(source.span, f"{of.name}!{source.name}", bound=True))
            if isinstance(source, Variable)
            else to
            for source, to in of.replaced.items()
        }
        self._after = Instantiation(of.span, of.name, of.module, bound, of.parameters)

    def rewritten(self, node: Any) -> Any:
        match node:
            case Prime(body=body):
                return Prime(node.span, self._after.rewritten(body))
            case Unchanged(body=body):
                return self._unchanged(node, body)
            case AngleAction(parts=parts):
                return And(node.span, tuple(map(self.rewritten, parts)))
            case BoxAction(action=action, subscript=subscript):
                return self.rewritten(Or(node.span, (action, Unchanged(node.span, subscript))))
        return super().rewritten(node)

    def _unchanged(self, node: Unchanged, body: Expr) -> Expr:
        match body:
            case Tuple(items=items) if items:
                return And(node.span, tuple(self._unchanged(node, item) for item in items))
            case Ref(to=Definition(parameters=(), in_let=False) as to) if self.is_affected(to):
                return self._unchanged(node, to.body)
        return Builtin(node.span, "=", (self.rewritten(Prime(node.span, body)), self.rewritten(body)))
