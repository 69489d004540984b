"""Targets by name: what is found, and what is said in one line of what is not."""

from pathlib import Path

import pytest

from raftcheck.properties import faults
from raftcheck.properties.adapters.reference import reference
from raftcheck.properties.targets import TargetError, load_target

MODULE = """
from raftcheck.properties.node import Caps

class Raft:
    caps = Caps(network="stream")
    def start(self, env, fresh):
        raise NotImplementedError

class Needy(Raft):
    def __init__(self, port):
        pass

class Odd(Raft):
    caps = Caps(network="carrier pigeon")

class Datagrams(Raft):
    caps = Caps(links=True)

class Listed(Raft):
    caps = Caps(knobs={"batch": [1, 2]})

class Stateful(Raft):
    caps = Caps(knobs={"batch": ({"size": 1},)})

class Valueless(Raft):
    caps = Caps(knobs={"batch": ()})

class Capless:
    def start(self, env, fresh):
        pass

class Startless:
    caps = Caps()

raft = Raft()
number = 7
loose = Capless()
loose.caps = "all"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def error_of(name: str) -> str:
    with pytest.raises(TargetError) as caught:
        load_target(name)
    message = str(caught.value)
    assert message.startswith(f"target `{name}`: ")
    assert "expected" in message or "did you mean" in message
    assert "\n" not in message
    return message


def test_the_reference_has_a_name_of_its_own() -> None:
    assert load_target("reference") is reference


def test_each_fault_is_a_target() -> None:
    for fault in faults.FAULTS:
        assert load_target(f"raftcheck.properties.faults:{fault.id.replace('-', '_')}") is fault


def test_a_module_may_be_given_as_a_file(here: Path) -> None:
    for folder in ("loose", "packed"):
        (here / folder).mkdir()
    (here / "packed" / "__init__.py").touch()
    (here / "loose" / "lib.py").write_text(MODULE)
    (here / "loose" / "by_file.py").write_text("import lib\nclass Case:\n    raft = lib.raft\n")
    (here / "packed" / "kept.py").write_text(MODULE)
    (here / "packed" / "in_package.py").write_text("from .kept import raft")
    assert load_target("loose/by_file.py:Case.raft").caps.network == "stream"
    assert load_target("packed/in_package.py:raft").caps.network == "stream"
    assert "has no `Case.rift`" in error_of("loose/by_file.py:Case.rift")
    assert "no module `nothing`" in error_of("loose/nothing.py:raft")


def test_an_implementation_in_the_current_directory_is_found(here: Path) -> None:
    (here / "module_found.py").write_text(MODULE)
    assert load_target("module_found:raft").caps.network == "stream"


def test_a_class_is_made_an_implementation(here: Path) -> None:
    (here / "module_class.py").write_text(MODULE)
    assert load_target("module_class:Raft").caps.network == "stream"


@pytest.mark.parametrize(
    ("attribute", "problem"),
    [
        ("Raff", "has no `Raff`; did you mean `Raft`?"),
        ("zzz", "has no `zzz`; expected the name"),
        ("number", "7 has no `start`"),
        ("Startless", "has no `start`"),
        ("Capless", "has no `caps`"),
        ("loose", "caps = 'all'"),
        ("Needy", "the class raised TypeError"),
        ("Datagrams", "caps.links with caps.network = 'datagram'; expected a stream"),
        ("Listed", "caps.knobs['batch'] = [1, 2]; expected a tuple"),
        ("Stateful", "{'size': 1} in caps.knobs['batch']; expected plain values"),
        ("Valueless", "caps.knobs['batch'] = (); expected a tuple"),
        ("Odd", "caps.network = 'carrier pigeon'; expected one of datagram, stream, stream+gaps"),
    ],
)
def test_what_is_no_implementation_is_refused(here: Path, attribute: str, problem: str) -> None:
    (here / "module_wrong.py").write_text(MODULE)
    assert problem in error_of(f"module_wrong:{attribute}")


@pytest.mark.parametrize("name", ["my_raft", "my_raft:", ":raft", "", "reference2"])
def test_a_name_that_is_no_target_is_refused(name: str) -> None:
    assert "expected one of reference, etcd, " in error_of(name)
    assert "or module:attribute" in error_of(name)


def test_a_module_that_does_not_exist_is_named() -> None:
    assert "no module `no_such_module`" in error_of("no_such_module:raft")
    assert "no module `no_such_package`" in error_of("no_such_package.raft:raft")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import no_such_thing", "no_such_thing"),
        ("x = 1 / 0", "ZeroDivisionError"),
        ("def (", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_a_module_that_cannot_be_imported_is_named_with_the_place(
    here: Path, source: str, problem: str
) -> None:
    name = f"module_{abs(hash(source))}"
    (here / f"{name}.py").write_text(f"\n{source}\n")
    message = error_of(f"{name}:raft")
    assert f"importing `{name}` raised" in message
    assert problem in message
    assert f"{name}.py:2" in message
