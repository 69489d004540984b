"""FORMAT.md, the contract: complete, and its examples are what it says they are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from raftcheck import traces
from raftcheck.traces.encoding import STATE_FIELDS
from raftcheck.traces.events import Event, Message, Role
from raftcheck.traces.files import MOST_BYTES
from raftcheck.traces.verdict import Validation, validate_file
from raftcheck.traces.wellformed import NEEDS, TAKES, event_names

from .golden import without_line_numbers

TEXT = Path(str(traces.__file__)).with_name("FORMAT.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def events_of(lines: str) -> list[Event]:
    return [msgspec.json.decode(line, type=Event) for line in lines.splitlines()]


def validated(folder: Path, content: str) -> Validation:
    (folder / "trace.ndjson").write_text(content, encoding="utf-8")
    return validate_file(folder / "trace.ndjson")


def test_the_accepted_trace_is_accepted(tmp_path: Path) -> None:
    accepted, _ = blocks("ndjson")
    found = validated(tmp_path, accepted)
    assert (found.refusal, found.vacuous) == (None, None)
    assert found.never_compared == ()
    assert {"BecomeLeader", "ClientRequest", "AdvanceCommitIndex", "Restart", "UpdateTerm"} <= set(
        found.actions
    )
    assert found.actions["Timeout"] == 2


def test_the_refused_trace_is_refused_in_these_words(tmp_path: Path) -> None:
    (_, refused), (said,) = blocks("ndjson"), blocks("text")
    refusal = validated(tmp_path, refused).refusal
    assert refusal is not None
    assert without_line_numbers(refusal.report("trace.ndjson:7")) == without_line_numbers(said.rstrip())


RAFT_IN_GO = """
package main

import ("encoding/json"; "maps"; "os")

type Entry struct { term int; command string }
type Message struct { from, to string; term int; granted bool }
type Raft struct { id, role, votedFor string; term, commit int; log []Entry }

func view(m Message) fields {
    seen := fields{"type": "RequestVoteResponse", "source": m.from, "dest": m.to}
    seen["term"], seen["vote_granted"] = m.term, m.granted
    return seen
}

func main() {
    alone := &Raft{id: "n1", role: "Follower"}
    trace("Init", alone, nil, nil)
    alone.role, alone.term, alone.votedFor = "Leader", 1, "n1"
    trace("Timeout", alone, fields{"timer": "election"}, nil)
    alone.log, alone.commit = append(alone.log, Entry{1, "x=1"}), 1
    trace("ClientRequest", alone, fields{"value": "x=1"}, []Message{SENT})
}
"""


@pytest.mark.skipif(shutil.which("go") is None, reason="there is no go command")
@pytest.mark.parametrize(("sent", "conforms"), [("", True), ('{"n1", "n1", 1, true}', False)])
def test_the_lines_in_go_write_a_trace(tmp_path: Path, sent: str, conforms: bool) -> None:
    """Of a server that elects itself and commits; then of one that gives an answer to no question."""
    (block,) = blocks("go")
    (tmp_path / "raft.go").write_text(RAFT_IN_GO.replace("SENT", sent) + block, encoding="utf-8")
    written = subprocess.run(
        ["go", "run", "raft.go"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    found = validated(tmp_path, written.stdout)
    assert found.lines == 3
    assert (found.refusal is None) == conforms
    assert found.vacuous is None


def tables(section: str) -> list[dict[str, str]]:
    """The tables of a section: what the first column of each row names, to the whole row."""
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## )", TEXT, re.DOTALL | re.MULTILINE)
    found = []
    for rows in re.findall(r"^\|[-| ]+\n((?:\|.*\n)+)", text, re.MULTILINE):
        named = [(re.findall(r"`(\w+)`", row.split("|")[1]), row) for row in rows.splitlines()]
        found.append({name: row for names, row in named for name in names})
    return found


def test_every_field_is_described() -> None:
    (line,), (state,) = tables("A line"), tables("The state of a server")
    assert set(line) == set(Event.__struct_fields__)
    assert tuple(state) == tuple(STATE_FIELDS)


def test_every_event_is_described_with_what_it_needs() -> None:
    coarse, fine = tables("What happened")
    assert set(coarse) | set(fine) == set(event_names())
    for name, row in coarse.items():
        assert row.split("|")[2].strip().strip("`") == NEEDS.get(name, "")
    for name in fine.keys() - coarse.keys():
        assert ("have `message`" in fine[name]) == (TAKES.get(name) == ("message",))
        assert ("must have `sends`" in fine[name]) == (NEEDS.get(name) == "sends")


@pytest.mark.parametrize("kind", get_args(Message))
def test_every_message_is_described(kind: type[Message]) -> None:
    (messages,) = tables("Messages")
    row = messages[kind.__name__]
    common = ("source", "dest", "term")
    assert all(f"`{name}`" in row for name in kind.__struct_fields__ if name not in common)
    assert all(f"`{name}`" in TEXT for name in common)


def test_the_words_and_numbers_are_those_of_the_reader() -> None:
    assert all(f'`"{role}"`' in TEXT for role in get_args(Role))
    assert f"{MOST_BYTES // 2**20} MiB" in TEXT
    assert "2^53" in TEXT
