"""What `raftcheck new-adapter` writes runs at once in each language, and keeps to what is asked of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from raftcheck.properties.campaign import Campaign
from raftcheck.properties.checking import check
from raftcheck.properties.drivers import Sources
from raftcheck.properties.newadapter import COMMANDS, LANGUAGES, NotEmpty, write_adapter
from raftcheck.properties.selftest import selftest
from raftcheck.properties.targets import command_target

BUILDS = {
    "go": Sources(Path(), ("go", "build", "-o", "my_raft", "."), "my_raft"),
    "rust": Sources(Path(), ("cargo", "build", "--release", "--quiet"), "target/release/my_raft"),
    "c": Sources(Path(), ("make",), "my_raft", ("cc", "pkg-config")),
}
ELECTIONS = {
    "Timeout",
    "RequestVote",
    "HandleRequestVoteRequest",
    "HandleRequestVoteResponse",
    "BecomeLeader",
}
UNTRIED = {
    "a request that is accepted leaves a trace",
    "commands are kept as they are",
    "servers start in given states, and messages made of views do what the messages did",
    "to store a state or to make a message changes nothing",
}
"""What needs a log: without one, no server can be in any state."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("raftcheck.properties.selftest.RUNS", 2)
    yield tmp_path
    sys.modules.pop("my_raft", None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_written_runs_as_it_is(here: Path, language: str, built: Callable[[Sources], str]) -> None:
    assert write_adapter(here, language)
    if language in BUILDS:
        found = BUILDS[language]
        target = command_target([built(Sources(here, found.build, found.program, found.tools))])
    elif language == "stdio":
        target = command_target([sys.executable, "my_raft.py"])
    else:
        target = "my_raft:implementation"
    claims = selftest(target)
    untried = {claim.said for claim in claims if claim.word == "not tried" and "driver" not in claim.said}
    assert untried == UNTRIED
    assert not [claim for claim in claims if claim.word == "failed"]
    checked = check(Campaign(target, 0, 4, servers=3))
    assert checked.word == "conforms"
    assert set(checked.actions) >= ELECTIONS


def test_the_commands_that_are_shown_build_what_is_built_here() -> None:
    for language, found in BUILDS.items():
        assert COMMANDS[language][0].startswith(" ".join(found.build[:2]))
    assert set(COMMANDS) == set(LANGUAGES)


def test_nothing_is_written_over_anything(here: Path) -> None:
    (here / "mine").mkdir()
    write_adapter(here / "mine", "python")
    for folder in (here / "mine", here / "mine" / "my_raft.py"):
        with pytest.raises(NotEmpty, match="there is something already; expected an empty folder, or none"):
            write_adapter(folder, "stdio")
