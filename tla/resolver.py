"""From tree-sitter's syntax tree of a module to our tree: every name resolved, every arity checked.

TLA+ declares before use, so one walk in the order of the text is enough. What the engine does not have is
refused here, with its place, before anything is evaluated.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import tree_sitter

from . import selection
from .errors import Span, TlaError, counted, did_you_mean
from .instances import Instantiation, Module, Replacement
from .library import BUILTINS as FUNCTIONS
from .library import MODULES
from .syntax import (
    And,
    AngleAction,
    Apply,
    Assumption,
    Bound,
    BoxAction,
    Builtin,
    Case,
    Choose,
    Compose,
    Constant,
    Declaration,
    Definition,
    Enabled,
    Except,
    Expr,
    Field,
    FunctionOf,
    FunctionsOf,
    If,
    Lambda,
    Let,
    Literal,
    Native,
    NoValue,
    OperatorArgument,
    OperatorName,
    Or,
    Parameter,
    Prime,
    Product,
    Quantifier,
    RecordOf,
    RecordsOf,
    Ref,
    SetFilter,
    SetMap,
    SetOf,
    Temporal,
    Tuple,
    Unchanged,
    Update,
    Variable,
    children,
    free_parameters,
    named,
)

SPELLINGS = {
    "eq": "=", "neq": "#", "land": "/\\", "lor": "\\/", "implies": "=>", "equiv": "<=>", "iff": "<=>",
    "lnot": "~", "in": "\\in", "notin": "\\notin", "cup": "\\cup", "cap": "\\cap", "setminus": "\\",
    "subseteq": "\\subseteq", "powerset": "SUBSET", "union": "UNION", "domain": "DOMAIN", "times": "\\X",
    "plus": "+", "minus": "-", "negative": "-.", "mul": "*", "slash": "/", "div": "\\div", "mod": "%",
    "pow": "^", "lt": "<", "leq": "<=", "gt": ">", "geq": ">=", "dots_2": "..", "dots_3": "...",
    "circ": "\\o", "oplus": "(+)", "ominus": "(-)", "otimes": "(\\X)", "odot": "(.)", "oslash": "(/)",
    "map_to": ":>", "compose": "@@", "sqsubseteq": "\\sqsubseteq", "sqsubset": "\\sqsubset",
    "sqsupseteq": "\\sqsupseteq", "sqsupset": "\\sqsupset", "plusplus": "++", "minusminus": "--",
    "mulmul": "**", "slashslash": "//", "powpow": "^^", "modmod": "%%", "ampamp": "&&", "amp": "&",
    "vert": "|", "vertvert": "||", "dol": "$", "doldol": "$$", "hashhash": "##", "qq": "??",
    "excl": "!!", "sqcap": "\\sqcap", "sqcup": "\\sqcup", "uplus": "\\uplus", "cdot": "\\cdot",
    "bullet": "\\bullet", "star": "\\star", "wr": "\\wr", "bigcirc": "\\bigcirc", "prec": "\\prec",
    "succ": "\\succ", "preceq": "\\preceq", "succeq": "\\succeq", "sim": "\\sim", "simeq": "\\simeq",
    "approx": "\\approx", "cong": "\\cong", "doteq": "\\doteq", "gg": "\\gg", "ll": "\\ll",
    "asymp": "\\asymp", "propto": "\\propto", "subset": "\\subset", "supset": "\\supset",
    "supseteq": "\\supseteq", "assign": ":=", "bnf_rule": "::=", "leads_to": "~>", "plus_arrow": "-+->",
    "always": "[]", "eventually": "<>", "sup_plus": "^+", "asterisk": "^*", "sup_hash": "^#",
    "map_from": "<:", "ls_ttile": "-|", "rs_ttile": "|-", "ld_ttile": "=|", "rd_ttile": "|=",
}  # fmt: skip
"""tree-sitter's name of an operator symbol to its one spelling; `-.` is the prefix minus, as in TLA+."""

BUILTINS = frozenset(
    [
        "=",
        "#",
        "=>",
        "<=>",
        "~",
        "\\in",
        "\\notin",
        "\\cup",
        "\\cap",
        "\\",
        "\\subseteq",
        "SUBSET",
        "UNION",
        "DOMAIN",
    ]
)
"""Operators that need no module (Specifying Systems, table 1), all evaluated as Builtin."""

AS_ARGUMENTS = {
    name: Native(
        name, "the language", len(inspect.signature(function).parameters), function,
        predicate=inspect.signature(function).return_annotation == "bool",
    )
    for name, function in FUNCTIONS.items()
}  # fmt: skip
"""The operators of the language as natives, for where one of them is an argument: Fold(\\cup, {}, S)."""

PRECEDENCE = {
    "=>": (1, 1), "<=>": (2, 2), "~>": (2, 2), "-+->": (2, 2), "/\\": (3, 3), "\\/": (3, 3), "=": (5, 5),
    "#": (5, 5), "<": (5, 5), ">": (5, 5), "<=": (5, 5), ">=": (5, 5), "\\in": (5, 5), "\\notin": (5, 5),
    "\\subseteq": (5, 5), "\\sqsubseteq": (5, 5), "@@": (6, 6), ":>": (7, 7), "\\cup": (8, 8),
    "\\cap": (8, 8), "\\": (8, 8), "..": (9, 9), "+": (10, 10), "(+)": (10, 10), "%": (10, 11),
    "-": (11, 11), "(-)": (11, 11), "\\X": (10, 13), "*": (13, 13), "/": (13, 13), "\\div": (13, 13),
    "\\o": (13, 13), "^": (14, 14),
}  # fmt: skip
"""How strongly infix operators bind (Specifying Systems, table 6); two that overlap need parentheses."""

LEFT_ASSOCIATIVE = frozenset(
    ["/\\", "\\/", "@@", "\\cup", "\\cap", "+", "(+)", "-", "(-)", "\\X", "*", "\\o"]
)


Named = Declaration | Instantiation


class Scope:
    """Names in sight, innermost first."""

    __slots__ = ("names", "outer")

    def __init__(self, outer: Scope | None = None) -> None:
        self.names: dict[str, Named] = {}
        self.outer = outer

    def find(self, name: str) -> Named | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    def all_names(self) -> set[str]:
        return set(self.names) | (self.outer.all_names() if self.outer else set())


@dataclass
class Contents:
    """What the body of one module declares itself."""

    variables: list[Variable] = field(default_factory=list)
    constants: list[Constant] = field(default_factory=list)
    assumptions: list[Assumption] = field(default_factory=list)
    local_names: set[str] = field(default_factory=set)
    instanced: list[Module] = field(default_factory=list)


class Library(Protocol):
    """Where a resolver finds other modules (modules.py)."""

    def module(self, name: str, span: Span, what: str) -> Module | Mapping[str, Definition | Native]: ...
    def inner(self, node: tree_sitter.Node, outer: Resolver) -> Module: ...


class Resolver:
    """Walks one module. `scope` already holds what the module extends."""

    def __init__(self, file: str, module: str, scope: Scope, library: Library) -> None:
        self.file = file
        self.module = module
        self.top = scope
        self.library = library
        self.inner_modules: dict[str, Module] = {}
        self.contents = Contents()
        self.promised: list[Definition] = []
        """What is declared RECURSIVE."""

    # --- module level ---------------------------------------------------------------------------------

    def unit(self, node: tree_sitter.Node) -> None:
        """One unit of a module: a declaration, definition, assumption, or something to be passed over."""
        match node.type:
            case "variable_declaration":
                for name in _parts(node):
                    variable = Variable(self.span(name), _text(name))
                    self.declare(self.top, variable)
                    self.contents.variables.append(variable)
            case "constant_declaration":
                for part in _parts(node):
                    constant = Constant(self.span(part), *self.declared_operator(part))
                    self.declare(self.top, constant)
                    self.contents.constants.append(constant)
            case "operator_definition" | "function_definition" | "recursive_declaration":
                for _ in self.definition(node, self.top):
                    pass
            case "instance":
                self.take_in(node)
            case "module_definition":
                self.instance_definition(node, self.top)
            case "local_definition":
                before = set(self.top.names)
                for inner in _parts(node):
                    self.unit(inner)
                self.contents.local_names |= set(self.top.names) - before
            case "assumption":
                self.assumption(node)
            case "module":
                inner_module = self.library.inner(node, self)
                self.inner_modules[inner_module.name] = inner_module
            case "theorem":
                self.theorem(node)
            case "use_or_hide" | "single_line" | "double_line" | "header_line" | "extends":
                pass
            case _:
                raise self.unsupported(node, node.type)

    def assumption(self, node: tree_sitter.Node) -> None:
        """ASSUME A == e, the name of which may be used like that of a definition; or ASSUME e."""
        named = node.child_by_field_name("name")
        expression = self.expression(_parts(node)[-1], self.top)
        if named is not None:
            self.name_statement(named, expression)
        self.contents.assumptions.append(
            Assumption(self.span(node), _text(named) if named else "", expression)
        )

    def theorem(self, node: tree_sitter.Node) -> None:
        """THEOREM T == e: what it says may be used by its name; it is not checked, and its proof not read."""
        named = node.child_by_field_name("name")
        statement = node.child_by_field_name("statement")
        if named is not None and statement is not None and statement.type != "assume_prove":
            self.name_statement(named, self.expression(statement, self.top))

    def name_statement(self, name: tree_sitter.Node, statement: Expr) -> None:
        made = Definition(self.span(name), _text(name), self.module)
        made.complete(statement)
        self.declare(self.top, made)

    def refuse_undefined(self) -> None:
        for promised in self.promised:
            if not promised.is_complete:
                raise TlaError(f"`{promised.name}` is declared RECURSIVE and never defined", promised.span)

    # --- INSTANCE ---------------------------------------------------------------------------------------

    def take_in(self, node: tree_sitter.Node) -> None:
        """INSTANCE M WITH x <- e: the names of M, as if they were defined here."""
        made = self.instantiation(node, "", (), self.top)
        if isinstance(made, Mapping):
            self.include(made, self.span(node))
            return
        self.include({name: found for name in made.names() if (found := made.find((name,)))}, self.span(node))
        self.include(made.module.instances, self.span(node))

    def include(self, names: Mapping[str, Named], span: Span) -> None:
        """Enters names of other modules. Of two operators with one name, the first counts (SANY warns)."""
        for name, meant in names.items():
            earlier = self.top.names.get(name)
            if earlier is not None and not _same(earlier, meant):
                raise TlaError(f"`{name}` means two things in the modules used here", span)
            self.top.names.setdefault(name, meant)

    def instance_definition(self, node: tree_sitter.Node, scope: Scope) -> Instantiation:
        """I(p) == INSTANCE M WITH x <- e"""
        name, instance = (node.child_by_field_name(field) for field in ("name", "definition"))
        if name is None or instance is None:
            raise self.syntax_error(node)
        inner = Scope(scope)
        parameters = []
        for part in _fields(node, "parameter"):
            parameter = Parameter(self.span(part), *self.declared_operator(part))
            self.declare(inner, parameter)
            parameters.append(parameter)
        made = self.instantiation(instance, _text(name), tuple(parameters), inner)
        if isinstance(made, Mapping):
            blank = Module(_text(name), self.file, (), (), (), dict(made), (), frozenset(), {}, {}, ())
            made = Instantiation(self.span(node), _text(name), blank, {}, tuple(parameters))
        self.declare(scope, made)
        return made

    def instantiation(
        self, node: tree_sitter.Node, name: str, parameters: tuple[Parameter, ...], scope: Scope
    ) -> Instantiation | Mapping[str, Definition | Native]:
        """What INSTANCE M WITH ... makes of M; just its names where M is a standard module."""
        reference, *substitutions = _parts(node)
        span = self.span(reference)
        module = self.inner_modules.get(_text(reference)) or self.library.module(
            _text(reference), span, "instances"
        )
        if isinstance(module, Mapping):
            return module
        self.contents.instanced.append(module)
        declared: dict[str, Constant | Variable] = {}
        declared |= {constant.name: constant for constant in module.constants}
        declared |= {variable.name: variable for variable in module.variables}
        replaced: dict[Constant | Variable, Replacement] = {}
        for substitution in substitutions:
            target, _, source = _parts(substitution)
            what = self.operator_name(target)
            if what not in declared:
                hint = did_you_mean(what, declared)
                raise TlaError(f"module `{module.name}` declares no `{what}`{hint}", self.span(target))
            replaced[declared[what]] = self.replacement(source, scope, declared[what])
        for declaration in declared.values():
            if declaration not in replaced and declaration not in self.outer_declarations():
                replaced[declaration] = self.same_name(declaration, scope, span, module.name)
        in_let = scope is not self.top and any(_is_local(to, parameters) for to in replaced.values())
        return Instantiation(self.span(node), name, module, replaced, parameters, in_let)

    def outer_declarations(self) -> set[Any]:
        """What is declared here is the same thing in a module inside of this one."""
        return {*self.contents.constants, *self.contents.variables}

    def replacement(self, node: tree_sitter.Node, scope: Scope, of: Constant | Variable) -> Replacement:
        arity = of.arity if isinstance(of, Constant) else 0
        given = self.argument(node, scope, arity)
        if _operator_arity(given) != arity:
            raise TlaError(f"`{of.name}` stands for {_kind(arity)}, expected one here", self.span(node))
        return given.to if isinstance(given, OperatorName) else given

    def same_name(
        self, declaration: Constant | Variable, scope: Scope, span: Span, module: str
    ) -> Replacement:
        """x <- x is understood for what WITH does not name."""
        here = scope.find(declaration.name)
        arity = declaration.arity if isinstance(declaration, Constant) else 0
        if here is None or isinstance(here, Instantiation):
            raise TlaError(
                f"`{declaration.name}` of module `{module}` is given no meaning: "
                f"expected WITH {declaration.name} <- ...",
                span,
            )
        if _arity_of(here) != arity:
            raise TlaError(
                f"`{declaration.name}` of module `{module}` stands for {_kind(arity)}, not as here", span
            )
        return here if arity else Ref(span, here)

    def declare(
        self, scope: Scope, declaration: Variable | Constant | Definition | Parameter | Instantiation
    ) -> None:
        """Adds a name; TLA+ never lets one name mean two things in one place (SANY refuses it too)."""
        earlier = scope.find(declaration.name)
        if earlier is not None:
            where = f"at {earlier.span}" if not isinstance(earlier, Native) else f"in module {earlier.module}"
            raise TlaError(f"`{declaration.name}` is already defined {where}", declaration.span)
        scope.names[declaration.name] = declaration

    def declared_operator(self, node: tree_sitter.Node) -> tuple[str, int]:
        """Name and arity of `C`, `Op(_, _)` or `_ ++ _`."""
        if node.type != "operator_declaration":
            return _text(node), 0
        name = node.child_by_field_name("name")
        assert name is not None
        arity = sum(1 for child in node.children if child.type == "placeholder")
        return self.operator_name(name, prefix=arity == 1), arity

    def operator_name(self, node: tree_sitter.Node, prefix: bool = False) -> str:
        if node.type in ("infix_op_symbol", "prefix_op_symbol", "postfix_op_symbol"):
            node = _parts(node)[0] if _parts(node) else node.children[0]
        if node.type in SPELLINGS:
            spelling = SPELLINGS[node.type]
            return "-." if prefix and spelling == "-" else spelling
        return _text(node)

    def definition(self, node: tree_sitter.Node, scope: Scope) -> Iterator[Definition]:
        """Enters what a definition or RECURSIVE declaration defines into the scope, and yields it."""
        in_let = scope is not self.top
        if node.type == "recursive_declaration":
            for part in _parts(node):
                name, arity = self.declared_operator(part)
                blank = tuple(Parameter(self.span(part), "_") for _ in range(arity))
                promised = Definition(
                    self.span(part), name, self.module, blank, recursive=True, in_let=in_let
                )
                self.declare(scope, promised)
                self.promised.append(promised)
            return
        name_node = node.child_by_field_name("name")
        body_node = node.child_by_field_name("definition")
        assert name_node is not None, node
        if body_node is None:
            raise self.syntax_error(node)
        if node.type == "function_definition":
            made = Definition(
                self.span(name_node), _text(name_node), self.module, recursive_function=True, in_let=in_let
            )
            inner = Scope(scope)
            bounds = self.bounds([p for p in _parts(node) if p.type == "quantifier_bound"], scope, inner)
            self.declare(scope, made)
            made.complete(FunctionOf(self.span(node), bounds, self.expression(body_node, inner)))
            yield made
            return
        inner = Scope(scope)
        parameters = []
        for part in _fields(node, "parameter"):
            parameter = Parameter(self.span(part), *self.declared_operator(part))
            self.declare(inner, parameter)
            parameters.append(parameter)
        name = self.operator_name(name_node, prefix=len(parameters) == 1)
        earlier = scope.names.get(name)
        if isinstance(earlier, Definition) and earlier.recursive and not earlier.is_complete:
            made = earlier
            if made.arity != len(parameters):
                raise TlaError(
                    f"`{name}` is declared RECURSIVE with {made.arity} parameters, and defined with "
                    f"{len(parameters)}", self.span(name_node)
                )  # fmt: skip
            made.parameters = tuple(parameters)
            made.complete(self.expression(body_node, inner))
        else:
            made = Definition(self.span(name_node), name, self.module, tuple(parameters), in_let=in_let)
            made.complete(self.expression(body_node, inner))
            self.declare(scope, made)
        yield made

    # --- expressions ----------------------------------------------------------------------------------

    def expression(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        handler = _HANDLERS.get(node.type)
        if handler is None:
            raise self.unsupported(node, f"`{_text(node).splitlines()[0][:40]}` ({node.type})")
        return handler(self, node, scope)

    def child(self, node: tree_sitter.Node, name: str, scope: Scope) -> Expr:
        found = node.child_by_field_name(name)
        if found is None:
            raise self.syntax_error(node)
        return self.expression(found, scope)

    def literal(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        text = _text(node)
        value: int | str | bool
        match node.type:
            case "nat_number":
                value = int(text)
            case "binary_number" | "octal_number" | "hex_number":
                value = int(text[2:], {"b": 2, "o": 8, "h": 16}[text[1].lower()])
            case "boolean":
                value = text == "TRUE"
            case "real_number":
                return NoValue(self.span(node), "a number with a decimal point")
            case _:
                value = _unescaped(text[1:-1])
        return Literal(self.span(node), value)

    def name(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        return self.reference(self.span(node), _text(node), (), scope)

    def builtin_set(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        return Builtin(self.span(node), _text(node), ())

    def reference(
        self, span: Span, name: str, arguments: tuple[Expr | OperatorArgument, ...], scope: Scope
    ) -> Expr:
        return self.applying(span, name, self.lookup(span, name, scope), arguments)

    def applying(
        self,
        span: Span,
        name: str,
        declaration: Declaration,
        arguments: tuple[Expr | OperatorArgument, ...],
    ) -> Expr:
        arity = _arity_of(declaration)
        if arity != len(arguments):
            raise TlaError(
                f"`{name}` takes {counted(arity, 'argument')}, and is given {len(arguments)}", span
            )
        for argument, wanted in zip(arguments, _argument_arities(declaration), strict=True):
            given = _operator_arity(argument)
            if given != wanted:
                what = [counted(n, "argument") if n else "a value" for n in (wanted, given)]
                raise TlaError(
                    f"`{name}` expects an operator of {what[0]} here, and is given one of {what[1]}"
                    if wanted and given
                    else f"`{name}` expects {'an operator' if wanted else 'a value'} here",
                    argument.span,
                )
        return Ref(span, declaration, arguments)

    def lookup(self, span: Span, name: str, scope: Scope) -> Declaration:
        declaration = scope.find(name)
        if isinstance(declaration, Instantiation):
            raise TlaError(f"`{name}` is an instance of a module, expected `{name}!` and an operator", span)
        if declaration is None:
            home = next((module for module, names in MODULES.items() if name in names), None)
            hint = f"; it is defined in module {home}" if home else did_you_mean(name, scope.all_names())
            raise TlaError(f"unknown operator `{name}`{hint}", span)
        return declaration

    def application(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        """Op(a, b), +(a, b), I(p)!Op(a): an operator by its name, with its arguments."""
        if node.type == "bound_nonfix_op" and (built_in := self.built_in(node, scope)) is not None:
            return built_in
        name, given, declaration = self.applied(node, scope)
        wanted = _argument_arities(declaration)
        arguments = tuple(
            self.argument(part, scope, wanted[place] if place < len(wanted) else 0)
            for place, part in enumerate(given)
        )
        return self.applying(self.span(node), name, declaration, arguments)

    def built_in(self, node: tree_sitter.Node, scope: Scope) -> Expr | None:
        """~(a), \\cup(a, b): an operator of the language before its operands; None for any other."""
        name, given = self.head(node)
        if name not in BUILTINS and name not in ("/\\", "\\/"):
            return None
        operands = tuple(self.expression(part, scope) for part in given)
        if name in BUILTINS:
            return Builtin(self.span(node), name, operands)
        return (And if name == "/\\" else Or)(self.span(node), operands)

    def applied(
        self, node: tree_sitter.Node, scope: Scope
    ) -> tuple[str, list[tree_sitter.Node], Declaration]:
        """The name of what is applied, its arguments (of instances too), and what it means."""
        if node.type != "prefixed_op":
            name, given = self.head(node)
            return name, given, self.lookup(self.span(node), name, scope)
        prefix, last = (node.child_by_field_name(field) for field in ("prefix", "op"))
        assert prefix is not None
        assert last is not None
        components = _parts(prefix)
        if any(component.type != "subexpr_component" for component in components):
            raise self.unsupported(node, f"the part `{_text(node)}` of an expression")
        return self.found([*(_parts(component)[0] for component in components), last], node, scope)

    def found(
        self, parts: list[tree_sitter.Node], node: tree_sitter.Node, scope: Scope
    ) -> tuple[str, list[tree_sitter.Node], Declaration]:
        """The same of I(p)!J!Op(a), by its parts."""
        heads = [self.head(part) for part in parts]
        first, *path = [name for name, _ in heads]
        if not path:
            return first, heads[0][1], self.lookup(self.span(node), first, scope)
        instance = scope.find(first)
        if not isinstance(instance, Instantiation):
            if instance is not None:
                raise self.unsupported(node, f"the part `{_text(node)}` of the expression `{first}`")
            raise TlaError(
                f"unknown instance `{first}`{did_you_mean(first, scope.all_names())}", self.span(node)
            )
        found = instance.find(tuple(path))
        if found is None:
            hint = did_you_mean(path[0], instance.names())
            raise TlaError(f"`{first}` has no `{'!'.join(path)}`{hint}", self.span(parts[-1]))
        taken = heads[-1:] if isinstance(found, Native) else heads
        return "!".join([first, *path]), [part for _, given in taken for part in given], found

    def subexpression(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        """Op!2!1, Op!:, Op!1!(e): a part of what Op is defined as, which is a definition of its own."""
        prefix, last = _parts(node)
        steps = [*_parts(prefix), last]
        names = list(itertools.takewhile(lambda step: step.type == "subexpr_component", steps))
        name, given, of = self.found([_parts(component)[0] for component in names], node, scope)
        if not isinstance(of, Definition) or of.in_let or of.recursive or of.recursive_function:
            raise self.unsupported(node, f"a part of `{name}`, which is no plain definition,")
        parameters, part = list(of.parameters), of.body
        for step in (_parts(step)[0] for step in steps[len(names) :]):
            chosen: Expr | None = None
            match step.type:
                case "operator_args" if (inside := selection.opened(part)) is not None:
                    bound, chosen = inside
                    parameters += bound
                    given = [*given, *_parts(step)]
                case "colon":
                    chosen = part
                case "child_id":
                    chosen = selection.operand(part, int(_text(step)))
                case "langle_bracket" | "rangle_bracket":
                    chosen = selection.operand(part, 1 if step.type == "langle_bracket" else 2)
            if chosen is None:
                raise self.unsupported(step, f"`{_text(step)}` of the expression at {part.span}")
            part = chosen
        made = Definition(self.span(node), _text(node), self.module, tuple(parameters))
        made.complete(part)
        wanted = _argument_arities(made)
        arguments = tuple(
            self.argument(argument, scope, wanted[place] if place < len(wanted) else 0)
            for place, argument in enumerate(given)
        )
        return self.applying(self.span(node), _text(node), made, arguments)

    def head(self, node: tree_sitter.Node) -> tuple[str, list[tree_sitter.Node]]:
        """The name that a component of I(p)!Op(a) consists of, and its arguments."""
        if node.type == "bound_op":
            name = node.child_by_field_name("name")
            assert name is not None
            return _text(name), _fields(node, "parameter")
        if node.type == "bound_nonfix_op":
            symbol, *given = _parts(node)
            return self.operator_name(symbol, prefix=len(given) == 1), given
        return self.operator_name(node), []

    def argument(self, node: tree_sitter.Node, scope: Scope, arity: int) -> Expr | OperatorArgument:
        """An argument; where an operator is wanted, a LAMBDA or an operator's name."""
        span = self.span(node)
        if node.type == "lambda":
            inner = Scope(scope)
            *names, body = _parts(node)
            parameters = tuple(Parameter(self.span(name), _text(name)) for name in names)
            for parameter in parameters:
                self.declare(inner, parameter)
            return Lambda(span, parameters, self.expression(body, inner))
        if arity and node.type in ("identifier_ref", "infix_op_symbol", "prefix_op_symbol"):
            name = self.operator_name(node)
            if name in AS_ARGUMENTS:
                return OperatorName(span, AS_ARGUMENTS[name])
            return OperatorName(span, self.lookup(span, name, scope))
        return self.expression(node, scope)

    def infix(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        symbol, left, right = (node.child_by_field_name(name) for name in ("symbol", "lhs", "rhs"))
        if symbol is None or left is None or right is None:
            raise self.syntax_error(node)
        span = self.span(node)
        operator = self.operator_name(symbol)
        self.refuse_guessing(operator, left, right, self.span(symbol))
        if operator in ("/\\", "\\/", "\\X"):
            operands = tuple(self.expression(operand, scope) for operand in _chain(node, symbol.type))
            if operator == "\\X":
                return Product(span, operands)
            return And(span, operands) if operator == "/\\" else Or(span, operands)
        arguments = (self.expression(left, scope), self.expression(right, scope))
        if operator in BUILTINS:
            return Builtin(span, operator, arguments)
        if operator in ("~>", "-+->"):
            return Temporal(span, operator, arguments)
        if operator == "\\cdot" and scope.find(operator) is None:
            return Compose(span, *arguments)
        return self.reference(span, operator, arguments, scope)

    def refuse_guessing(
        self, operator: str, left: tree_sitter.Node, right: tree_sitter.Node, span: Span
    ) -> None:
        """An operand that could as well belong to the other operator: TLA+ has no rule for it."""
        for operand in (left, right):
            symbol = operand.child_by_field_name("symbol") if operand.type == "bound_infix_op" else None
            inner = self.operator_name(symbol) if symbol is not None else ""
            if operator not in PRECEDENCE or inner not in PRECEDENCE:
                continue
            (low, high), (inner_low, inner_high) = PRECEDENCE[operator], PRECEDENCE[inner]
            chained = operator == inner and operand is left and operator in LEFT_ASSOCIATIVE
            if low <= inner_high and inner_low <= high and not chained:
                raise TlaError(f"`{inner}` beside `{operator}` needs parentheses", span)

    def prefix(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        symbol = node.child_by_field_name("symbol")
        assert symbol is not None
        body = self.child(node, "rhs", scope)
        span = self.span(node)
        if symbol.type == "unchanged":
            return Unchanged(span, body)
        if symbol.type == "enabled":
            return Enabled(span, body)
        operator = self.operator_name(symbol, prefix=True)
        if operator in ("[]", "<>"):
            return Temporal(span, operator, (body,))
        if operator in BUILTINS:
            return Builtin(span, operator, (body,))
        if operator == "-." and isinstance(body, Literal) and type(body.value) is int:
            self.lookup(span, operator, scope)
            return Literal(span, -body.value)
        return self.reference(span, operator, (body,), scope)

    def postfix(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        symbol = node.child_by_field_name("symbol")
        assert symbol is not None
        body = self.child(node, "lhs", scope)
        if symbol.type == "prime":
            return Prime(self.span(node), body)
        return self.reference(self.span(node), self.operator_name(symbol), (body,), scope)

    def bulleted(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        made = And if node.type == "conj_list" else Or
        items = [_parts(item)[-1] for item in _parts(node)]
        return made(self.span(node), tuple(self.expression(item, scope) for item in items))

    def inside(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        """Parentheses, and a label's expression."""
        return self.expression(_parts(node)[-1], scope)

    def condition(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        parts = [self.child(node, name, scope) for name in ("if", "then", "else")]
        return If(self.span(node), *parts)

    def case(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        arms: list[tuple[Expr, Expr]] = []
        other: Expr | None = None
        for part in _parts(node):
            if part.type == "case_arm":
                guard, _, value = _parts(part)
                arms.append((self.expression(guard, scope), self.expression(value, scope)))
            elif part.type == "other_arm":
                other = self.expression(_parts(part)[-1], scope)
        return Case(self.span(node), tuple(arms), other)

    def let(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        inner = Scope(scope)
        definitions: list[Definition] = []
        instances: list[Instantiation] = []
        for part in _fields(node, "definitions"):
            if part.type == "module_definition":
                instances.append(self.instance_definition(part, inner))
            else:
                definitions.extend(self.definition(part, inner))
        body = self.child(node, "expression", inner)
        copies = [made for instance in instances for made in instance.made]
        return Let(self.span(node), (*copies, *definitions), body)

    def bounds(self, nodes: list[tree_sitter.Node], scope: Scope, inner: Scope) -> tuple[Bound, ...]:
        """Quantifier bounds; the sets are outside of the scope of what they bind."""
        domains = [self.child(node, "set", scope) for node in nodes]
        return tuple(self.bound(node, domain, inner) for node, domain in zip(nodes, domains, strict=True))

    def bound(self, node: tree_sitter.Node, domain: Expr, inner: Scope) -> Bound:
        names = _fields(node, "intro")
        pattern = names[0].type == "tuple_of_identifiers"
        if pattern:
            names = [part for part in _parts(names[0]) if part.type == "identifier"]
        parameters = tuple(Parameter(self.span(name), _text(name)) for name in names)
        for parameter in parameters:
            self.declare(inner, parameter)
        return Bound(self.span(node), parameters, pattern, domain)

    def quantifier(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        symbol = node.child_by_field_name("quantifier")
        assert symbol is not None
        inner = Scope(scope)
        bounds = self.bounds(_fields(node, "bound"), scope, inner)
        body = self.child(node, "expression", inner)
        return Quantifier(self.span(node), symbol.type == "forall", bounds, body)

    def unbounded(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        """\\A x : p, which may be written, and has no value that can be found."""
        inner = Scope(scope)
        for name in _fields(node, "intro"):
            self.declare(inner, Parameter(self.span(name), _text(name)))
        self.child(node, "expression", inner)
        return NoValue(self.span(node), "a quantifier without a set")

    def choose(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        inner = Scope(scope)
        if node.child_by_field_name("set") is None:
            for name in _fields(node, "intro"):
                self.declare(inner, Parameter(self.span(name), _text(name)))
            self.child(node, "expression", inner)
            return NoValue(self.span(node), "CHOOSE without a set")
        bound = self.bound(node, self.child(node, "set", scope), inner)
        return Choose(self.span(node), bound, self.child(node, "expression", inner))

    def set_of(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        return SetOf(self.span(node), tuple(self.expression(part, scope) for part in _parts(node)))

    def set_filter(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        inner = Scope(scope)
        (bound,) = self.bounds(_fields(node, "generator"), scope, inner)
        return SetFilter(self.span(node), bound, self.child(node, "filter", inner))

    def set_map(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        inner = Scope(scope)
        bounds = self.bounds(_fields(node, "generator"), scope, inner)
        return SetMap(self.span(node), bounds, self.child(node, "map", inner))

    def tuple_of(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        parts = [part for part in _parts(node) if not part.type.endswith("bracket")]
        return Tuple(self.span(node), tuple(self.expression(part, scope) for part in parts))

    def function_of(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        inner = Scope(scope)
        parts = _parts(node)
        bounds = self.bounds([part for part in parts if part.type == "quantifier_bound"], scope, inner)
        return FunctionOf(self.span(node), bounds, self.expression(parts[-1], inner))

    def functions_of(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        arguments, _, results = _parts(node)
        return FunctionsOf(
            self.span(node), self.expression(arguments, scope), self.expression(results, scope)
        )

    def record(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        parts = [part for part in _parts(node) if part.type not in ("all_map_to", "colon")]
        names, values = parts[::2], parts[1::2]
        entries = tuple(
            (_text(name), self.expression(value, scope)) for name, value in zip(names, values, strict=True)
        )
        doubled = [name for place, name in enumerate(names) if _text(name) in map(_text, names[:place])]
        if doubled:
            raise TlaError(f"field `{_text(doubled[0])}` is given twice", self.span(doubled[0]))
        made = RecordOf if node.type == "record_literal" else RecordsOf
        return made(self.span(node), entries)

    def application_of_function(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        function, *arguments = _parts(node)
        return Apply(self.span(node), self.expression(function, scope), self.index(node, arguments, scope))

    def index(self, node: tree_sitter.Node, arguments: list[tree_sitter.Node], scope: Scope) -> Expr:
        values = tuple(self.expression(argument, scope) for argument in arguments)
        return values[0] if len(values) == 1 else Tuple(self.span(node), values)

    def field(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        record, name = _parts(node)
        return Field(self.span(node), self.expression(record, scope), _text(name))

    def except_(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        function = self.child(node, "expr_to_update", scope)
        updates = []
        for part in _parts(node):
            if part.type != "except_update":
                continue
            specifier = next(p for p in _parts(part) if p.type == "except_update_specifier")
            path = tuple(self.step(step, scope) for step in _parts(specifier))
            value = part.child_by_field_name("new_val")
            assert value is not None
            at = Parameter(self.span(part), "@")
            inner = Scope(scope)
            inner.names["@"] = at
            updates.append(Update(self.span(part), path, at, self.expression(value, inner)))
        return Except(self.span(node), function, tuple(updates))

    def step(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        parts = _parts(node)
        if node.type == "except_update_record_field":
            return Literal(self.span(node), _text(parts[0]))
        return self.index(node, parts, scope)

    def at(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        if scope.find("@") is None:
            raise TlaError("`@` outside of EXCEPT", self.span(node))
        return self.reference(self.span(node), "@", (), scope)

    def box_action(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        parts = [part for part in _parts(node) if not part.type.endswith(("bracket", "bracket_sub"))]
        action, subscript = (self.expression(part, scope) for part in parts)
        if node.type == "step_expr_or_stutter":
            return BoxAction(self.span(node), action, subscript)
        return AngleAction(self.span(node), action, subscript)

    def fairness(self, node: tree_sitter.Node, scope: Scope) -> Expr:
        subscript, action = (self.expression(part, scope) for part in _parts(node))
        return Temporal(self.span(node), _text(node)[:2], (subscript, action))

    # --- places and errors ----------------------------------------------------------------------------

    def span(self, node: tree_sitter.Node) -> Span:
        return span_of(node, self.file)

    def unsupported(self, node: tree_sitter.Node, what: str) -> TlaError:
        return TlaError(f"{what} is not supported", self.span(node))

    def syntax_error(self, node: tree_sitter.Node) -> TlaError:
        return TlaError(f"syntax error near `{_text(node).splitlines()[0][:40]}`", self.span(node))


_HANDLERS: dict[str, Callable[[Resolver, tree_sitter.Node, Scope], Expr]] = {
    "nat_number": Resolver.literal,
    "binary_number": Resolver.literal,
    "octal_number": Resolver.literal,
    "hex_number": Resolver.literal,
    "real_number": Resolver.literal,
    "boolean": Resolver.literal,
    "string": Resolver.literal,
    "identifier_ref": Resolver.name,
    "nat_number_set": Resolver.name,
    "int_number_set": Resolver.name,
    "string_set": Resolver.builtin_set,
    "boolean_set": Resolver.builtin_set,
    "real_number_set": Resolver.name,
    "bound_op": Resolver.application,
    "bound_nonfix_op": Resolver.application,
    "prefixed_op": Resolver.application,
    "subexpression": Resolver.subexpression,
    "bound_infix_op": Resolver.infix,
    "bound_prefix_op": Resolver.prefix,
    "bound_postfix_op": Resolver.postfix,
    "conj_list": Resolver.bulleted,
    "disj_list": Resolver.bulleted,
    "parentheses": Resolver.inside,
    "label": Resolver.inside,
    "if_then_else": Resolver.condition,
    "case": Resolver.case,
    "let_in": Resolver.let,
    "bounded_quantification": Resolver.quantifier,
    "unbounded_quantification": Resolver.unbounded,
    "choose": Resolver.choose,
    "finite_set_literal": Resolver.set_of,
    "set_filter": Resolver.set_filter,
    "set_map": Resolver.set_map,
    "tuple_literal": Resolver.tuple_of,
    "function_literal": Resolver.function_of,
    "set_of_functions": Resolver.functions_of,
    "record_literal": Resolver.record,
    "set_of_records": Resolver.record,
    "function_evaluation": Resolver.application_of_function,
    "record_value": Resolver.field,
    "except": Resolver.except_,
    "prev_func_val": Resolver.at,
    "step_expr_or_stutter": Resolver.box_action,
    "step_expr_no_stutter": Resolver.box_action,
    "fairness": Resolver.fairness,
}


def span_of(node: tree_sitter.Node, file: str) -> Span:
    (line, column), (end_line, end_column) = node.start_point, node.end_point
    return Span(file, line + 1, column + 1, end_line + 1, end_column + 1)


def _text(node: tree_sitter.Node) -> str:
    assert node.text is not None
    return node.text.decode("utf-8")


def _parts(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The named children without comments."""
    return [child for child in node.named_children if child.type not in ("comment", "block_comment")]


def _fields(node: tree_sitter.Node, name: str) -> list[tree_sitter.Node]:
    return [child for child in node.children_by_field_name(name) if child.is_named]


def _chain(node: tree_sitter.Node, symbol_type: str) -> list[tree_sitter.Node]:
    """The operands of a /\\ b /\\ c, written without parentheses."""
    symbol = node.child_by_field_name("symbol")
    if node.type != "bound_infix_op" or symbol is None or symbol.type != symbol_type:
        return [node]
    left, right = node.child_by_field_name("lhs"), node.child_by_field_name("rhs")
    assert left is not None
    assert right is not None
    return [*_chain(left, symbol_type), right]


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    special = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "\\": "\\", '"': '"'}
    out = []
    characters = iter(text)
    for character in characters:
        out.append(special[next(characters)] if character == "\\" else character)
    return "".join(out)


def _argument_arities(declaration: Declaration) -> tuple[int, ...]:
    """For each argument of an operator: 0 for a value, else the arity of the operator wanted."""
    match declaration:
        case Definition(parameters=parameters):
            return tuple(parameter.arity for parameter in parameters)
        case Native(arity=arity, operator_arguments=operators):
            wanted = dict(operators)
            return tuple(wanted.get(place, 0) for place in range(arity))
        case Constant(arity=arity) | Parameter(arity=arity):
            return (0,) * arity
    return ()


def _operator_arity(argument: Any) -> int:
    match argument:
        case Lambda(parameters=parameters):
            return len(parameters)
        case OperatorName(to=to):
            return _arity_of(to)
    return 0


def _arity_of(declaration: Declaration) -> int:
    return 0 if isinstance(declaration, Variable) else declaration.arity


def _kind(arity: int) -> str:
    return f"an operator of {counted(arity, 'argument')}" if arity else "a value"


def _same(a: Named, b: Named) -> bool:
    """Whether both are one thing, or operators that are used in the same way."""
    if isinstance(a, Definition | Native) and isinstance(b, Definition | Native):
        return _argument_arities(a) == _argument_arities(b)
    return a is b


def _is_local(to: Replacement, parameters: tuple[Parameter, ...]) -> bool:
    """Whether what stands in the place of something depends on LET definitions or bound identifiers."""
    if isinstance(to, Parameter):
        return to not in parameters
    if isinstance(to, Declaration):
        return isinstance(to, Definition) and to.in_let
    outside = named(to) - _let_definitions(to)
    let = any(isinstance(declaration, Definition) and declaration.in_let for declaration in outside)
    return let or bool(free_parameters(to) - {*parameters})


def _let_definitions(node: Any) -> frozenset[Declaration]:
    """What is defined in the LETs of an expression."""
    own = node.definitions if isinstance(node, Let) else ()
    inside = [_let_definitions(part) for part in (*children(node), *(d.body for d in own))]
    return frozenset(own).union(*inside)
