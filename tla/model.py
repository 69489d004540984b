"""A module under a configuration: its initial states, its actions with names, its formulas, compiled.

Nothing is evaluated before everything that the configuration names is found and compiled, so what is not
supported is refused here, with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from . import temporal
from .actions import Passed
from .compiler import RUNTIME_ERRORS, CompiledAction, Compiler
from .config import Assignments, Config, Reference
from .environment import EMPTY, Binding, Environment, key_of
from .errors import Span, TlaError, counted, did_you_mean
from .evaluator import Evaluator
from .explanation import successors
from .instances import Module
from .symmetry import Symmetry, group
from .syntax import (
    ACTION_LEVEL,
    STATE_LEVEL,
    And,
    BoxAction,
    Constant,
    Definition,
    Expr,
    Native,
    Or,
    Parameter,
    Quantifier,
    Ref,
    Temporal,
    Unchanged,
    free_parameters,
)
from .values import TRUE, Function, Value, format_value, strict

State = tuple[Value, ...]
"""The values of the variables, in the order of their declaration."""

MEMO_SIZE = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """One disjunct of Next with its constant arguments: Timeout("n1")."""

    name: str
    arguments: tuple[Value, ...]
    node: Expr
    environment: Mapping[Parameter, Value]
    run: Callable[[State, Callable[[State], None]], None]
    writes: frozenset[str]
    passed: Passed

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(format_value, self.arguments))})" if self.arguments else self.name


class Formula:
    """A compiled predicate on states, or on steps where it primes.

    It remembers its truth by the values of just the variables that it reads; where it is not `pure`
    (TLCGet, RandomElement, ...), it remembers nothing.
    """

    __slots__ = ("_known", "_read", "_test", "environment", "name", "node", "on_steps", "pure", "reads")

    def __init__(
        self,
        name: str,
        node: Expr,
        environment: Environment,
        test: Callable[..., bool],
        reads: frozenset[str],
        places: Sequence[int],
        on_steps: bool,
        pure: bool,
    ) -> None:
        self.name = name
        self.node = node
        self.environment = environment
        self.reads = reads
        self.on_steps = on_steps
        self.pure = pure
        self._test = test
        self._read: Callable[[State], Any] = itemgetter(*places) if places else _nothing
        self._known: dict[Any, bool] = {}

    def test(self, state: State, successor: State | None = None) -> bool:
        """Like holds, but remembers nothing: for states that do not come again."""
        return bool(self._test(state, successor))

    def holds(self, state: State, successor: State | None = None) -> bool:
        if not self.pure:
            return bool(self._test(state, successor))
        key = self._read(state)
        if self.on_steps:
            assert successor is not None, self.name
            key = (key, self._read(successor))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MEMO_SIZE:
                self._known.clear()
            known = self._known[key] = bool(self._test(state, successor))
        return known


def _nothing(state: State) -> None:
    """What a formula without variables reads."""


@dataclass(frozen=True, slots=True)
class Properties:
    """What the PROPERTY formulas of a configuration come to, conjunct by conjunct.

    initial      hold in each initial state
    invariants   hold in each state
    steps        A and UNCHANGED v: on each step, one of them holds
    violations   of what is said of whole behaviors, the negations, with the names of the properties
    """

    initial: tuple[Formula, ...]
    invariants: tuple[Formula, ...]
    steps: tuple[tuple[Formula, Formula], ...]
    violations: tuple[tuple[str, temporal.Formula], ...]


class Model:
    """What a checker, a validator or a simulation needs of a module and a configuration."""

    def __init__(self, module: Module, config: Config, memoise: bool = True) -> None:
        """TlaError for a constant without a value, a name that the module lacks, or what cannot be compiled.

        `memoise`: operators remember results; of no use where states do not come again, as along a trace.
        """
        self.module = module
        self.config = config
        self.variables = tuple(variable.name for variable in module.variables)
        self.binding = _binding(module, config)
        self.compiler = Compiler(self.variables, self.binding, memoise)
        self.reader = temporal.Reader(self.binding)
        self._made: dict[tuple[str, bool], CompiledAction] = {}
        self._formulas: dict[str, Formula] = {}
        self._initial: tuple[State, ...] | None = None

    # --- what the configuration asks for ----------------------------------------------------------------

    def definition(self, name: str, span: Span | None = None) -> Definition:
        """The definition of that name, after the configuration's overrides."""
        found: Any = self.module.definitions.get(name)
        if found is None and "!" in name:
            first, *path = name.split("!")
            instance = self.module.instances.get(first)
            found = instance.find(tuple(path)) if instance is not None else None
        found = self.binding.meaning(found) if found is not None else None
        if not isinstance(found, Definition):
            for what, declared in ("constant", self.module.constants), ("variable", self.module.variables):
                if any(name == each.name for each in declared):
                    message = f"`{name}` is a {what} of module `{self.module.name}`, expected a definition"
                    raise TlaError(message, span)
            hint = did_you_mean(name, self.module.definitions)
            raise TlaError(f"module `{self.module.name}` defines no `{name}`{hint}", span)
        return found

    def check_assumptions(self) -> None:
        """TlaError for the first ASSUME that is false. What chance decides is drawn before."""
        evaluator = Evaluator(self.binding)
        for definition in self.module.definitions.values():
            if isinstance(definition, Definition) and self.binding.is_drawn(definition):
                with suppress(TlaError):  # it is one where the value is needed
                    evaluator.value(Ref(definition.span, definition))
        for assumption in self.module.assumptions:
            known = self.compiler.constant_value(assumption.expression)
            if known is not TRUE and not evaluator.truth(assumption.expression):
                raise TlaError(f"ASSUME {assumption.name or 'here'} is false", assumption.span)

    def check_postcondition(self) -> bool:
        """Whether what is to hold after a search does; TlaError where it has no value."""
        reference = self.config.postcondition
        return reference is None or Evaluator(self.binding).truth(self._plain(reference).body)

    def refuse_unknown(self) -> None:
        """TlaError for a name that the module lacks and that is needed only when a search has ended."""
        for reference in (self.config.postcondition, self.config.alias):
            if reference is not None:
                self._plain(reference)

    def symmetry(self) -> Symmetry | None:
        """What SYMMETRY declares to make no difference."""
        reference = self.config.symmetry
        if reference is None:
            return None
        body = self._plain(reference).body
        if self.compiler.level(body) >= STATE_LEVEL:
            message = f"SYMMETRY: expected a set of permutations; `{reference.name}` depends on the state"
            raise TlaError(message, reference.span)
        try:
            return Symmetry(group(Evaluator(self.binding).value(body)), len(self.variables))
        except TlaError as error:
            raise error if error.span else TlaError(f"SYMMETRY: {error.message}", reference.span) from None

    def view(self) -> Callable[[State], Value] | None:
        """The expression that tells states apart, where VIEW names one."""
        reference = self.config.view
        return None if reference is None else self.compiler.value(self._plain(reference).body)

    def alias(self, state: State, successor: State) -> Mapping[str, Value]:
        """What ALIAS shows in the place of a state of a behavior: the fields of a record.

        The successor is what primed variables mean; of the last state of a behavior, it is that state again.
        Where ALIAS names nothing, or what is no record, these are the variables.
        """
        reference = self.config.alias
        if reference is None:
            return self.named(state)
        shown = strict(self.evaluator(state, successor).value(self._plain(reference).body))
        if type(shown) is Function and all(type(name) is str for name in shown.domain.keys):
            return dict(shown.items())
        return self.named(state)

    def behavior(self) -> tuple[Expr, Expr]:
        """The initial predicate and the next-state action: INIT and NEXT, or those of SPECIFICATION."""
        config = self.config
        if config.specification is not None:
            return self._split(self._plain(config.specification).body)
        if config.init is None or config.next is None:
            raise TlaError(f"{config.file}: expected SPECIFICATION, or INIT and NEXT")
        return self._plain(config.init).body, self._plain(config.next).body

    def _plain(self, reference: Reference) -> Definition:
        """A definition that the configuration names, which therefore takes no arguments."""
        definition = self.definition(reference.name, reference.span)
        if definition.parameters:
            taken = counted(definition.arity, "argument")
            message = f"`{reference.name}` takes {taken}, expected a name that stands alone"
            raise TlaError(message, reference.span)
        return definition

    def _split(self, body: Expr) -> tuple[Expr, Expr]:
        initial: list[Expr] = []
        following: list[Expr] = []
        for part in self.reader.conjuncts(body):
            node, environment = self.reader.unfolded(part.node, part.environment)
            match node:
                case Temporal(operator="[]", arguments=(BoxAction(action=action),)):
                    following.append(action)
                case _ if self.reader.level(node, environment) <= STATE_LEVEL:
                    initial.append(node)
                case _ if self.reader.level(node, environment) == ACTION_LEVEL:
                    raise TlaError("an action stands here by itself, expected [][Next]_vars", node.span)
                case _:
                    continue  # fairness restricts no safety property
            if free_parameters(node):
                raise TlaError("the parameters of an operator cannot stand in Init or Next", node.span)
        if len(following) != 1 or not initial:
            raise TlaError("expected Init /\\ [][Next]_vars, with fairness or without", body.span)
        return And(body.span, tuple(initial)), following[0]

    def fairness(self) -> tuple[temporal.Formula, ...]:
        """What SPECIFICATION says beside Init and Next of endless behaviors: WF, SF, and the like."""
        if self.config.specification is None:
            return ()
        found = []
        for part in self.reader.conjuncts(self._plain(self.config.specification).body):
            match part.node:
                case Temporal(operator="[]", arguments=(BoxAction(),)):
                    continue
                case Temporal(operator="[]", arguments=(body,)) if (
                    self.reader.level(body, part.environment) <= STATE_LEVEL
                ):
                    raise TlaError(
                        "a specification says with Init and Next which states there are, not with []P",
                        part.node.span,
                    )
            if self.reader.level(part.node, part.environment) > STATE_LEVEL:
                found.append(self.reader.formula(part.node, part.environment))
        return tuple(found)

    def properties(self) -> Properties:
        """The conjuncts of all PROPERTY formulas, each where it is the cheapest to check."""
        initial: list[Formula] = []
        invariants: list[Formula] = []
        steps: list[tuple[Formula, Formula]] = []
        rest: list[tuple[str, temporal.Formula]] = []
        for reference in self.config.properties:
            name = reference.name
            for part in self.reader.conjuncts(self._plain(reference).body):
                node, environment = part.node, part.environment
                match node:
                    case Temporal(operator="[]", arguments=(BoxAction(action=action, subscript=subscript),)):
                        unchanged = Unchanged(subscript.span, subscript)
                        steps.append(
                            (
                                self.predicate(name, action, environment),
                                self.predicate(name, unchanged, environment),
                            )
                        )
                    case Temporal(operator="[]", arguments=(body,)) if (
                        self.reader.level(body, environment) <= STATE_LEVEL
                    ):
                        invariants.append(self.predicate(name, body, environment))
                    case _ if self.reader.level(node, environment) <= STATE_LEVEL:
                        initial.append(self.predicate(name, node, environment))
                    case _:
                        rest.append((name, self.reader.formula(node, environment, positive=False)))
        return Properties(tuple(initial), tuple(invariants), tuple(steps), tuple(rest))

    # --- compiled pieces --------------------------------------------------------------------------------

    def initial_states(self) -> tuple[State, ...]:
        """All initial states, in the order in which they are found; one may come more than once."""
        if self._initial is None:
            found: list[State] = []
            self.each_initial_state(found.append)
            self._initial = tuple(found)
        return self._initial

    def each_initial_state(self, meet: Callable[[State], None]) -> None:
        """Calls `meet` with each initial state as it is found; with one that is found again, too."""
        node, _ = self.behavior()
        run = self.compiler.initial(node)
        try:
            run(meet)
        except RUNTIME_ERRORS as error:
            raise self._located(error, node, {}) from error

    def actions(self) -> tuple[Action, ...]:
        """The disjuncts of Next, split at \\/ and at \\E over constant sets, as TLC names them."""
        _, following = self.behavior()
        made = []
        for name, arguments, node, environment in self._disjuncts(following, {}, self._next_name(), ()):
            compiled = self.compiler.action(node, environment)
            made.append(
                Action(name, arguments, node, environment, compiled.run, compiled.writes, compiled.passed)
            )
        return tuple(made)

    def is_repeatable(self) -> bool:
        """Whether a state has the same successors each time: Next asks neither for chance nor for the run."""
        _, following = self.behavior()
        return self.compiler.is_pure(following)

    def action_names(self) -> tuple[str, ...]:
        """The names that actions() will give, each once, found without compiling anything."""
        _, following = self.behavior()
        return tuple(
            dict.fromkeys(name for name, *_ in self._disjuncts(following, {}, self._next_name(), ()))
        )

    def _next_name(self) -> str:
        return self.config.next.name if self.config.next is not None else "Next"

    def _disjuncts(
        self, node: Expr, environment: dict[Parameter, Value], name: str, arguments: tuple[Value, ...]
    ) -> Iterator[tuple[str, tuple[Value, ...], Expr, dict[Parameter, Value]]]:
        match node:
            case Or(items=items):
                for item in items:
                    yield from self._disjuncts(item, environment, name, arguments)
                return
            case Quantifier(universal=False, bounds=bounds, body=body):
                evaluator = Evaluator(self.binding)
                if all(self._is_constant(bound.domain, environment) for bound in bounds):
                    for inner in evaluator.each(bounds, environment):
                        yield from self._disjuncts(body, dict(inner), name, arguments)
                    return
            case Ref(to=to, arguments=given):
                to = self.binding.meaning(to)
                constant = all(isinstance(a, Expr) and self._is_constant(a, environment) for a in given)
                if isinstance(to, Definition) and not to.recursive and constant:
                    evaluator = Evaluator(self.binding)
                    values = tuple(strict(evaluator.value(a, environment)) for a in given)  # type: ignore[arg-type]
                    inner = dict(zip(to.parameters, values, strict=True))
                    yield from self._disjuncts(to.body, inner, to.name, values)
                    return
        yield name, arguments, node, environment

    def _is_constant(self, node: Expr, environment: Mapping[Parameter, Value]) -> bool:
        return self.compiler.level(node) < STATE_LEVEL

    def step(self, name: str) -> Callable[..., list[State]]:
        """The action of that name as f(state, *arguments): its successors, each way counted."""
        run, definition = self._compiled(name, trail=False)

        def take(state: State, *arguments: Value) -> list[State]:
            found: list[State] = []
            try:
                run(state, found.append, *arguments)
            except RUNTIME_ERRORS as error:
                environment = dict(zip(definition.parameters, arguments, strict=True))
                raise self._located(error, definition.body, environment, state) from error
            return found

        return take

    def trail(self, name: str) -> Callable[..., list[tuple[State, tuple[str, ...]]]]:
        """Like step, with the names of the actions that each successor took, outermost first."""
        run, definition = self._compiled(name, trail=True)

        def take(state: State, *arguments: Value) -> list[tuple[State, tuple[str, ...]]]:
            found: list[tuple[State, tuple[str, ...]]] = []
            try:
                run(state, found.append, *arguments)
            except RUNTIME_ERRORS as error:
                environment = dict(zip(definition.parameters, arguments, strict=True))
                raise self._located(error, definition.body, environment, state) from error
            return found

        return take

    def _compiled(self, name: str, trail: bool) -> tuple[Callable[..., None], Definition]:
        definition = self.definition(name)
        if (name, trail) not in self._made:
            made = self.compiler.action(definition.body, {}, definition.parameters, trail)
            self._made[name, trail] = made
        return self._made[name, trail].run, definition

    def formula(self, name: str, span: Span | None = None) -> Formula:
        """The formula of that name; `holds` takes a state, or two where the formula primes."""
        if name not in self._formulas:
            self._formulas[name] = self.predicate(name, self.definition(name, span).body)
        return self._formulas[name]

    def expression(self, name: str) -> Callable[[State], Value]:
        """The value of the definition of that name, as a function of the state."""
        return self.compiler.value(self.definition(name).body)

    def predicate(self, name: str, node: Expr, environment: Environment = EMPTY) -> Formula:
        """A formula on a state or a step, for which the names in it have these meanings."""
        test = self.compiler.predicate(node, environment)
        reads = self.reader.reads(node, environment)
        places = sorted(self.variables.index(name) for name in reads)
        on_steps = self.reader.level(node, environment) >= ACTION_LEVEL
        pure = self.reader.is_pure(node, environment)
        return Formula(name, node, environment, test, reads, places, on_steps, pure)

    def conjuncts(self, reference: Reference) -> tuple[Formula, ...]:
        """A state formula in parts, so that each is remembered by the few variables that it reads."""
        body = self._plain(reference).body
        if self.compiler.level(body) > STATE_LEVEL:
            raise TlaError(f"expected `{reference.name}` to be a state predicate", reference.span)
        return tuple(self.predicate(reference.name, part) for part in self._flat(body))

    def _flat(self, node: Expr) -> Iterator[Expr]:
        match node:
            case And(items=items):
                for item in items:
                    yield from self._flat(item)
            case Ref(to=to, arguments=()) if isinstance(
                meant := self.binding.meaning(to), Definition
            ) and isinstance(meant.body, And):
                yield from self._flat(meant.body)
            case _:
                yield node

    def action_constraint(self, reference: Reference) -> Formula:
        """A formula on steps, or on the states that they begin in."""
        body = self._plain(reference).body
        if self.reader.level(body, EMPTY) > ACTION_LEVEL:
            raise TlaError(f"expected `{reference.name}` to be a formula on steps", reference.span)
        return self.predicate(reference.name, body)

    # --- errors and explanations ------------------------------------------------------------------------

    def named(self, state: State) -> dict[str, Value]:
        return dict(zip(self.variables, state, strict=True))

    def evaluator(self, state: State, successor: State | None = None) -> Evaluator:
        return Evaluator(self.binding, self.named(state), self.named(successor) if successor else None)

    def _located(
        self, error: Exception, node: Expr, environment: Mapping[Any, Value], state: State | None = None
    ) -> TlaError:
        """The error that compiled code ran into, with its place."""
        evaluator = Evaluator(self.binding, self.named(state) if state else {})
        try:
            for _ in successors(evaluator, node, environment, self.variables, initial=state is None):
                pass
        except TlaError as found:
            return found
        if isinstance(error, TlaError):
            return error if error.span else TlaError(error.message, node.span)
        raise AssertionError(f"{node.span}: compiled code failed where evaluation did not") from error

    def located_in_action(self, error: Exception, action: Action, state: State) -> TlaError:
        return self._located(error, action.node, action.environment, state)

    def located_in_view(self, error: Exception, state: State) -> TlaError:
        reference = self.config.view
        if reference is not None:
            try:
                self.evaluator(state).value(self._plain(reference).body)
            except TlaError as found:
                return found
        if isinstance(error, TlaError):
            return error
        raise AssertionError("compiled code failed where evaluation did not") from error

    def located_in_formula(
        self, error: Exception, formula: Formula, state: State, successor: State | None = None
    ) -> TlaError:
        try:
            self.evaluator(state, successor).truth(formula.node, formula.environment)
        except TlaError as found:
            return found
        if isinstance(error, TlaError):
            return TlaError(error.message, formula.node.span)
        raise AssertionError(f"{formula.node.span}: compiled code failed where evaluation did not") from error


def with_constants(config: Config, **constants: Value) -> Config:
    """The configuration with other values for these constants."""
    return replace(config, constants={**config.constants, **constants})


def _binding(module: Module, config: Config) -> Binding:
    binding = Binding(dict(config.constants))
    _assign(binding, module, module, Assignments(config.constants, config.overrides, config.spans))
    everywhere = dict(binding.overrides)
    for name, assignments in config.modules.items():
        _assign(binding, module, _module(module, name, config), assignments)
    binding.in_modules.update(
        (key, to) for key, to in binding.overrides.items() if everywhere.get(key) is not to
    )
    for constant in module.constants:
        if constant.name not in config.constants and constant not in binding.overrides:
            unused = config.constants.keys() - {declared.name for declared in module.constants}
            hint = did_you_mean(constant.name, sorted(unused))
            raise TlaError(
                f"{config.file}: the constant `{constant.name}` ({constant.span}) is given no value{hint}"
            )
    return binding


def _assign(binding: Binding, root: Module, module: Module, assignments: Assignments) -> None:
    """Enters what is assigned to names of the module; what `<-` puts in their place is a name of the root."""
    declared: dict[str, Constant | Definition | Native] = {
        **module.definitions,
        **{constant.name: constant for constant in module.constants},
    }
    for name, reference in assignments.overrides.items():
        replacement = root.definitions.get(reference.name) or module.definitions.get(reference.name)
        if replacement is None:
            hint = did_you_mean(reference.name, root.definitions)
            raise TlaError(f"module `{root.name}` defines no `{reference.name}`{hint}", reference.span)
        replaced = _assigned(name, declared, module, assignments)
        if replaced.arity != replacement.arity:
            taken = counted(replaced.arity, "argument")
            message = f"`{name}` takes {taken}, `{reference.name}` {replacement.arity}"
            raise TlaError(message, reference.span)
        binding.overrides[key_of(replaced)] = replacement
    for name, value in assignments.constants.items():
        assigned = declared.get(name)
        if assigned is None:
            continue  # as for TLC; many configurations write `n1 = n1` for a model value in a set
        if assigned.arity:
            message = (
                f"`{name}` takes {counted(assigned.arity, 'argument')}, expected `{name} <- an operator`"
            )
            raise TlaError(message, assignments.spans.get(name))
        if isinstance(assigned, Constant) and module is root:
            continue
        # A definition that the configuration gives another value, or a value in one module only.
        given = Constant(assignments.spans[name], f"{module.name}!{name}")
        binding.constants[given.name] = value
        binding.overrides[key_of(assigned)] = given


def _assigned(
    name: str,
    declared: Mapping[str, Constant | Definition | Native],
    module: Module,
    assignments: Assignments,
) -> Constant | Definition | Native:
    found = declared.get(name)
    if found is None:
        hint = did_you_mean(name, declared)
        raise TlaError(f"module `{module.name}` has no `{name}`{hint}", assignments.spans.get(name))
    return found


def _module(root: Module, name: str, config: Config) -> Module:
    """The module of that name among all that the root uses."""
    known: dict[str, Module] = {}
    todo = [root]
    while todo:
        module = todo.pop()
        if module.name not in known:
            known[module.name] = module
            todo += [*module.extends, *module.inner_modules.values(), *module.instanced]
    if name in known:
        return known[name]
    hint = did_you_mean(name, known)
    raise TlaError(f"{config.file}: module `{root.name}` uses no module `{name}`{hint}")
