"""The semantics of TLA+, tested in TLA+: modules of ASSUMEs that TLC accepts as well.

Each formula is evaluated twice by our engine: as the constant that it is, and compiled as a predicate on a
state, its numbers and strings made to depend on a variable so that nothing is known before there is a state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from raftcheck.tla.config import Config, load_config
from raftcheck.tla.errors import TlaError
from raftcheck.tla.model import Model
from raftcheck.tla.modules import load, parse
from raftcheck.tla.run import Run, running
from raftcheck.tla.tlc import Options

from .tlc import needs_community_modules, needs_tlc, run_tlc

FOLDER = Path(__file__).parent / "modules"
MODULES = [*sorted(FOLDER.glob("*.tla")), *sorted(FOLDER.glob("community/*.tla"))]
by_module = pytest.mark.parametrize("path", MODULES, ids=[path.stem for path in MODULES])


def config_of(path: Path) -> Config:
    beside = path.with_suffix(".cfg")
    return load_config(beside) if beside.exists() else Config(beside.name)


@pytest.fixture(autouse=True)
def _run(tmp_path: Path) -> Iterator[None]:
    """Files are written to a folder of their own."""
    with running(Run(folder=tmp_path)):
        yield


@by_module
def test_every_assumption_holds(path: Path) -> None:
    module = load(path)
    assert len(module.assumptions) == len(re.findall("^ASSUME", path.read_text(), re.MULTILINE))
    Model(module, config_of(path)).check_assumptions()


def in_a_state(text: str) -> tuple[str, list[str]]:
    """The module with predicates A01, A02, ... of the variable `zero` for its ASSUMEs, and their names."""
    names = [f"A{number:02}" for number in range(1, 1 + text.count("\nASSUME "))]
    following = iter(names)
    # As long as ASSUME, for what stands below it may be aligned with what follows it.
    text = re.sub("^ASSUME", lambda _: f"{next(following)} ==", text, flags=re.MULTILINE)

    def varied(token: re.Match[str]) -> str:
        if token["string"]:
            return f"Said({token[0]})"
        return f"({token[0]} + zero)" if token["number"] else token[0]

    tokens = r'\\\*.*|(?P<string>"(?:[^"\\]|\\.)*")|(?<![\w!])(?P<number>\d+)(?!\w)'
    text = re.sub(tokens, varied, text)
    declared = '\nVARIABLE zero\nSaid(text) == IF zero = 0 THEN text ELSE "changed"\n'
    return re.sub(
        "^EXTENDS.*", lambda extends: extends[0] + declared, text, count=1, flags=re.MULTILINE
    ), names


@by_module
def test_the_same_formulas_hold_when_they_are_compiled(path: Path) -> None:
    text, names = in_a_state(path.read_text())
    model = Model(parse(text, path.name), config_of(path))
    false = [name for name in names if not model.formula(name).holds((0,))]
    assert not false, [line for line in text.splitlines() if line[:3] in false]


def test_a_false_assumption_is_reported_with_its_place() -> None:
    module = parse("---- MODULE M ----\nASSUME TRUE\nASSUME Never == {} # {}\n====", "M.tla")
    with pytest.raises(TlaError, match=r"^M.tla:3:1: ASSUME Never is false$"):
        Model(module, Config("M.cfg")).check_assumptions()


def marks(path: Path) -> list[pytest.MarkDecorator]:
    """One module is in the everyday suite, for each costs the start of a Java machine."""
    if path.parent != FOLDER:
        return [pytest.mark.deep, needs_community_modules]
    return [] if path.stem == "Logic" else [pytest.mark.deep]


every_module = [pytest.param(path, marks=marks(path), id=path.stem) for path in MODULES]


@needs_tlc
@pytest.mark.parametrize("path", every_module)
def test_tlc_accepts_the_module_too(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = path.with_suffix(".cfg")
    if not config.exists():
        config = tmp_path / "empty.cfg"
        config.write_text("")
    monkeypatch.chdir(tmp_path)
    assert run_tlc(path, config, Options()).result.violation is None
