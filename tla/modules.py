"""Reads modules: file to text to tree, with what they extend.

A module named in EXTENDS stands beside the module that names it, or after the first one in the file where
all began, or is a standard module. As in TLC, a file beside goes before a module that comes with it, wherever
that is used: where there is a Functions.tla, SequencesExt has what that one defines.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

import tree_sitter
import tree_sitter_tlaplus

from . import unreadable
from .errors import Span, TlaError, did_you_mean
from .instances import Instantiation, Module
from .library import MODULES
from .resolver import Named, Resolver, Scope, span_of
from .syntax import Definition, Native

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
    with _refusing_depth(str(path)):
        return _Loader().load(Path(path))


def parse(text: str, file: str = "<text>") -> Module:
    """The module in the text; it may extend standard modules only."""
    with _refusing_depth(file):
        return _Loader().build(text, Path(file))


@contextmanager
def _refusing_depth(file: str) -> Iterator[None]:
    """Python has a bound for how deep calls nest, and the resolver calls itself for each part of a part."""
    try:
        yield
    except RecursionError:
        raise TlaError(f"{file}: an expression in it is nested too deeply") from None


class _Loader:
    def __init__(self) -> None:
        self.loaded: dict[Path, Module] = {}
        self.loading: list[str] = []
        self.first = Path()
        self.following: dict[str, tree_sitter.Node] = {}
        """The other modules of the first file, by name."""

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
        modules = {_name(child): child for child in root.children if child.type == "module"}
        node = modules.pop(path.stem, None) or next(iter(modules.values()), None)
        if node is None:
            unreadable.refuse(text, path.stem, file)
            _refuse_units(root, file)
            raise TlaError(f"{file}: no TLA+ module in it; expected `---- MODULE {path.stem} ----`")
        name = _name(node)
        if node.has_error:
            unreadable.refuse(text, name, file)
        _refuse_errors(node, file)
        if path.suffix == ".tla" and name != path.stem:
            where = node.child_by_field_name("name") or node
            raise TlaError(f"module `{name}` stands in a file of another name", span_of(where, file))
        if not self.loading:
            self.first, self.following = path, modules
        return self.resolved(node, name, path)

    def inner(self, node: tree_sitter.Node, outer: Resolver) -> Module:
        """A module inside another one, which sees what is declared before it there."""
        return self.resolved(node, _name(node), Path(outer.file), outer)

    def resolved(
        self, node: tree_sitter.Node, name: str, path: Path, outer: Resolver | None = None
    ) -> Module:
        self.loading.append(name)
        resolver = Resolver(str(path), name, Scope(outer.top if outer else None), self)
        if outer is not None:
            resolver.inner_modules.update(outer.inner_modules)
        extends = self.extended(node, path, resolver)
        for child in node.named_children[1:]:
            if child.type not in ("comment", "block_comment", "identifier"):
                resolver.unit(child)
        resolver.refuse_undefined()
        self.loading.pop()
        return _merged(name, str(path), extends, resolver)

    def extended(self, node: tree_sitter.Node, path: Path, resolver: Resolver) -> tuple[Module, ...]:
        """The modules after EXTENDS, whose names the resolver takes in."""
        modules = []
        clause = next((child for child in node.children if child.type == "extends"), None)
        for reference in clause.named_children if clause else ():
            if reference.type in ("comment", "block_comment"):
                continue
            assert reference.text is not None
            span = span_of(reference, str(path))
            found = self.module(reference.text.decode(), span, "extends")
            if isinstance(found, Module):
                modules.append(found)
                resolver.include(_visible(found), span)
                resolver.inner_modules.update(found.inner_modules)
            else:
                resolver.include(found, span)
        return tuple(modules)

    def module(self, name: str, span: Span, what: str) -> Module | Mapping[str, Definition | Native]:
        """The module that another one `extends` or `instances`; of a standard module, its operators."""
        beside = Path(span.file).parent / f"{name}.tla"
        if name in self.loading:
            raise TlaError(f"module `{name}` {what} itself: {' -> '.join([*self.loading, name])}", span)
        if beside.is_file():
            return self.load(beside)
        if name in self.following:
            return self.follower(name)
        if name in MODULES:
            return self.standard(MODULES[name], span)
        hint = did_you_mean(name, [*MODULES, *(path.stem for path in beside.parent.glob("*.tla"))])
        here = Path(span.file).name
        raise TlaError(f"no module `{name}`: not beside {here}, not a standard module{hint}", span)

    def follower(self, name: str) -> Module:
        """A module that stands after the first one in its file."""
        place = self.first / name
        if place not in self.loaded:
            node = self.following[name]
            _refuse_errors(node, str(self.first))
            self.loaded[place] = self.resolved(node, name, self.first)
        return self.loaded[place]

    def standard(self, operators: Mapping[str, Native], span: Span) -> Mapping[str, Definition | Native]:
        """The operators; those of a module that has a file of its own here are what the file defines."""
        folder = Path(span.file).parent
        replaced = {
            module
            for module in {native.module for native in operators.values()}
            if (folder / f"{module}.tla").is_file() and module not in self.loading
        }
        found: dict[str, Definition | Native] = {
            name: native for name, native in operators.items() if native.module not in replaced
        }
        for module in sorted(replaced):
            found |= self.load(folder / f"{module}.tla").definitions
        return found


def _name(module: tree_sitter.Node) -> str:
    name = module.child_by_field_name("name")
    assert name is not None
    assert name.text is not None
    return name.text.decode()


def _visible(module: Module) -> dict[str, Named]:
    """What a module that extends this one sees."""
    names: dict[str, Named] = {
        **{variable.name: variable for variable in module.variables},
        **{constant.name: constant for constant in module.constants},
        **module.definitions,
        **module.instances,
    }
    return {name: meant for name, meant in names.items() if name not in module.local_names}


def _merged(name: str, file: str, extends: tuple[Module, ...], resolver: Resolver) -> Module:
    """The module with all that it extends; a module that two of them extend counts once."""
    contents, names = resolver.contents, resolver.top.names
    return Module(
        name=name,
        file=file,
        extends=extends,
        variables=_once([v for part in extends for v in part.variables] + contents.variables),
        constants=_once([c for part in extends for c in part.constants] + contents.constants),
        definitions={n: d for n, d in names.items() if isinstance(d, Definition | Native)},
        assumptions=_once([a for part in extends for a in part.assumptions] + contents.assumptions),
        local_names=frozenset(contents.local_names),
        instances={n: d for n, d in names.items() if isinstance(d, Instantiation)},
        inner_modules=dict(resolver.inner_modules),
        instanced=_once(contents.instanced),
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
