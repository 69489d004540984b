"""Reads modules: file to text to tree, with what they extend.

A module named in EXTENDS is a standard module, or stands beside the module that names it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

import tree_sitter
import tree_sitter_tlaplus

from .errors import Span, TlaError, did_you_mean
from .library import MODULES
from .resolver import Resolver, Scope, span_of
from .syntax import Declaration, Definition, Module, Native

_T = TypeVar("_T")


@cache
def _parser() -> tree_sitter.Parser:
    language = tree_sitter_tlaplus.language()
    if isinstance(language, int):  # an address; py-tree-sitter wants it in a capsule
        capsule = ctypes.pythonapi.PyCapsule_New
        capsule.restype = ctypes.py_object
        capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        language = capsule(language, b"tree_sitter.Language", None)
    return tree_sitter.Parser(tree_sitter.Language(language))


def load(path: str | Path) -> Module:
    """The module in the file, with everything that it extends, resolved.

    Raises TlaError for a file that cannot be read or parsed, an unknown name, a wrong arity, or a part of
    the language that the engine does not have.
    """
    return _Loader().load(Path(path))


def parse(text: str, file: str = "<text>") -> Module:
    """The module in the text; it may extend standard modules only."""
    return _Loader().build(text, Path(file))


class _Loader:
    def __init__(self) -> None:
        self.loaded: dict[Path, Module] = {}
        self.loading: list[str] = []

    def load(self, path: Path) -> Module:
        path = path.resolve() if path.is_absolute() else path
        if path not in self.loaded:
            try:
                text = path.read_text(encoding="utf-8")
            except FileNotFoundError:
                raise TlaError(f"{path}: no such file; expected a TLA+ module") from None
            except UnicodeDecodeError as error:
                raise TlaError(f"{path}: not UTF-8 (byte {error.start}); expected a TLA+ module") from None
            except OSError as error:
                raise TlaError(f"{path}: cannot be read ({error.strerror}); expected a TLA+ module") from None
            self.loaded[path] = self.build(text, path)
        return self.loaded[path]

    def build(self, text: str, path: Path) -> Module:
        file = str(path)
        root = _parser().parse(text.encode("utf-8")).root_node
        node = next((child for child in root.children if child.type == "module"), None)
        if node is None:
            _refuse_units(root, file)
            raise TlaError(f"{file}: no TLA+ module in it; expected `---- MODULE {path.stem} ----`")
        _refuse_errors(node, file)
        name_node = node.child_by_field_name("name")
        assert name_node is not None
        assert name_node.text is not None
        name = name_node.text.decode()
        if path.suffix == ".tla" and name != path.stem:
            raise TlaError(f"module `{name}` stands in a file of another name", span_of(name_node, file))
        self.loading.append(name)
        extends, scope = self.extended(node, path)
        resolver = Resolver(file, name, scope)
        for child in node.named_children[1:]:
            if child.type not in ("comment", "block_comment", "identifier"):
                resolver.unit(child)
        resolver.refuse_undefined()
        self.loading.pop()
        return _merged(name, file, extends, scope, resolver)

    def extended(self, node: tree_sitter.Node, path: Path) -> tuple[tuple[Module, ...], Scope]:
        """The modules after EXTENDS, and a scope with their names."""
        modules = []
        scope = Scope()
        clause = next((child for child in node.children if child.type == "extends"), None)
        for reference in clause.named_children if clause else ():
            assert reference.text is not None
            name = reference.text.decode()
            span = span_of(reference, str(path))
            if reference.type in ("comment", "block_comment"):
                continue
            beside = path.parent / f"{name}.tla"
            if name in self.loading:
                raise TlaError(f"module `{name}` extends itself: {' -> '.join([*self.loading, name])}", span)
            if beside.is_file():
                module = self.load(beside)
                modules.append(module)
                _include(scope, _visible(module), span)
            elif name in MODULES:
                _include(scope, MODULES[name], span)
            else:
                hint = did_you_mean(name, MODULES)
                raise TlaError(
                    f"no module `{name}`: not beside {path.name}, not a standard module{hint}", span
                )
        return tuple(modules), scope


def _visible(module: Module) -> dict[str, Declaration]:
    """What a module that extends this one sees."""
    return {
        **{variable.name: variable for variable in module.variables},
        **{constant.name: constant for constant in module.constants},
        **{n: made for n, made in module.definitions.items() if n not in module.local_names},
    }


def _include(scope: Scope, names: Mapping[str, Declaration], span: Span) -> None:
    for name, declaration in names.items():
        earlier = scope.names.get(name)
        if earlier is not None and earlier is not declaration and not _same_native(earlier, declaration):
            raise TlaError(f"`{name}` means two things in the modules extended here", span)
        scope.names[name] = declaration


def _same_native(a: object, b: object) -> bool:
    return isinstance(a, Native) and isinstance(b, Native) and a.function is b.function


def _merged(name: str, file: str, extends: tuple[Module, ...], scope: Scope, resolver: Resolver) -> Module:
    """The module with all that it extends; a module that two of them extend counts once."""
    contents = resolver.contents
    definitions = {n: d for n, d in scope.names.items() if isinstance(d, Definition | Native)}
    parts = [*extends]
    return Module(
        name=name,
        file=file,
        extends=extends,
        variables=_once([v for part in parts for v in part.variables] + contents.variables),
        constants=_once([c for part in parts for c in part.constants] + contents.constants),
        definitions=definitions,
        assumptions=_once([a for part in parts for a in part.assumptions] + contents.assumptions),
        local_names=frozenset(d.name for d in contents.definitions.values() if d.local),
    )


def _once(things: list[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(things))


_UNITS = frozenset(
    ["extends", "variable_declaration", "constant_declaration", "recursive_declaration", "assumption",
     "operator_definition", "function_definition", "local_definition", "theorem", "instance", "use_or_hide",
     "module_definition", "module", "single_line", "comment", "block_comment"]
)  # fmt: skip


def _refuse_units(root: tree_sitter.Node, file: str) -> None:
    """The first unit after the head of a module where the grammar lost its way."""
    types = [child.type for child in root.children]
    if "MODULE" not in types:
        return
    head = 3  # MODULE, its name, and the line after that
    for unit in root.children[types.index("MODULE") + head :]:
        if unit.type not in _UNITS or unit.has_error:
            assert unit.text is not None
            seen = unit.text.decode("utf-8", "replace").splitlines()[0]
            raise TlaError(f"syntax error in what begins with `{seen[:60]}`", span_of(unit, file))
    raise TlaError("expected `====` after the last unit of the module", span_of(root.children[-1], file))


def _refuse_errors(node: tree_sitter.Node, file: str) -> None:
    """The first place that the grammar did not understand."""
    if not node.has_error:
        return
    if node.is_missing:
        expected = "an expression" if node.type == "identifier_ref" else f"`{node.type}`"
        raise TlaError(f"syntax error: expected {expected}", span_of(node, file))
    if node.type == "ERROR":
        assert node.text is not None
        seen = node.text.decode("utf-8", "replace").strip().splitlines() or [""]
        raise TlaError(f"syntax error near `{seen[0][:60]}`", span_of(node, file))
    for child in node.children:
        _refuse_errors(child, file)
