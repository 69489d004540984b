"""PROTOCOL.md says what is spoken: its example is what a driver says, its tables are those of protocol.py."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from raftcheck.properties import protocol
from raftcheck.properties.newadapter import write_adapter
from raftcheck.properties.protocol import (
    Acted,
    Deliver,
    Failed,
    Fire,
    Greeting,
    Hello,
    Link,
    Made,
    Nothing,
    Payload,
    Request,
    Requested,
    Reset,
    Rubbish,
    Shown,
    Start,
    State,
    Stop,
    Store,
    Stored,
    decode,
    encode,
)

ANSWERS: dict[type[msgspec.Struct], type[msgspec.Struct]] = {
    Hello: Greeting,
    Reset: Nothing,
    Start: Acted,
    Deliver: Acted,
    Fire: Acted,
    Request: Requested,
    Link: Acted,
    State: Shown,
    Stop: Nothing,
    Store: Stored,
    Payload: Made,
}


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "properties" / "PROTOCOL.md").read_text(encoding="utf-8")


Session = list[tuple[str, str]]
"""What a driver reads, and what it writes."""


@pytest.fixture(scope="module")
def sessions(text: str) -> tuple[Session, Session]:
    """The examples: of the driver that `new-adapter` writes, and of one that is restorable."""
    said = re.findall(r"^-> (.*)\n<- (.*)$", text, re.MULTILINE)
    assert len(said) == text.count("\n-> ") > 15
    second = [place for place, (asked, _) in enumerate(said) if '"hello"' in asked][1]
    return said[:second], said[second:]


@pytest.mark.parametrize("place", [0, 1])
def test_the_examples_are_what_drivers_say(
    sessions: tuple[Session, Session], place: int, tmp_path: Path
) -> None:
    write_adapter(tmp_path, "stdio")
    session = sessions[place]
    asked = "".join(f"{request}\n" for request, _ in session)
    drivers = tmp_path / "my_raft.py", Path(__file__).with_name("teaching_driver.py")
    command = [sys.executable, drivers[place]]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, timeout=60)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        json.loads(said) for _, said in session
    ]


def test_the_examples_are_of_this_protocol(sessions: tuple[Session, Session]) -> None:
    kinds = {kind.__struct_config__.tag: kind for kind in ANSWERS}
    assert {json.loads(asked)["op"] for session in sessions for asked, _ in session} == kinds.keys() - {
        "link"
    }
    for asked, answer in sessions[0] + sessions[1]:
        kind = kinds[json.loads(asked)["op"]]
        assert encode(msgspec.json.decode(asked, type=kind)).decode() == asked
        decoded = decode(answer.encode(), ANSWERS[kind])
        assert isinstance(decoded, ANSWERS[kind] | Failed)
    assert isinstance(decoded, Failed)


def test_the_tables_have_each_request_with_its_fields_and_its_answers(text: str) -> None:
    rows = dict(re.findall(r"^\| `(\w+)`: (.*?\|.*?)\|", text, re.MULTILINE))
    assert list(rows) == [kind.__struct_config__.tag for kind in ANSWERS]
    for kind, answer in ANSWERS.items():
        asked, answered = rows[str(kind.__struct_config__.tag)].split("|")
        assert re.findall(r"`(\w+)`", asked) == list(kind.__struct_fields__)
        assert re.findall(r"`(\w+)`", answered) == list(answer.__struct_fields__)


def test_the_tables_have_each_op(text: str) -> None:
    ops = [op.__struct_config__.tag for op in get_args(get_args(protocol.Ops)[0])]
    assert re.findall(r'^\| `\["(\w+)"', text, re.MULTILINE) == ops


def test_a_line_that_is_no_answer_is_rubbish() -> None:
    for line in (
        b"",
        b"7",
        b"[" * 100_000,
        b'{"timers":[]}',
        b'{"ops":[],"timers":[],"state":{},"more":1}',
        b"\xff",
    ):
        with pytest.raises(Rubbish):
            decode(line, Acted)
