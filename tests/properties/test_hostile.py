"""Files that mean harm: bounded memory, one clear line, and nothing of them acts on the terminal."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from raftcheck.traces.errors import printable

from .test_cli import CommandLine, Ended

INITS = b'{"event":"Init","server":"n1"}\n{"event":"Init","server":"n2"}\n'


def validate(folder: Path, content: bytes, capsys: pytest.CaptureFixture[str], *options: str) -> Ended:
    """`raftcheck validate` on a file with this content."""
    (folder / "trace.ndjson").write_bytes(content)
    return CommandLine(folder, capsys)("validate", "trace.ndjson", *options)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def state(text: bytes) -> bytes:
    return INITS + b'{"event":"Timeout","server":"n1","state":' + text + b"}\n"


HARM = {
    "nested lists": (state(b"[" * 10**6 + b"]" * 10**6), "trace.ndjson:3: nested too deeply"),
    "nested objects": (state(b'{"a":' * 10**6 + b"1" + b"}" * 10**6), "trace.ndjson:3: nested too deeply"),
    "64 bits": (state(b'{"current_term":18446744073709551616}'), "expected `int` <= 9007199254740992"),
    "digits": (state(b'{"current_term":' + b"9" * 10**6 + b"}"), "a number of thousands of digits"),
    "an exponent": (state(b'{"current_term":1e999999}'), "trace.ndjson:3: state.current_term"),
    "a key twice": (state(b'{"role":"Leader","role":"Follower"}'), "the key `role` stands twice"),
    "a key twice, escaped": (
        state(b'{"role":"Leader","r\\u006fle":"Leader"}'),
        "the key `role` stands twice",
    ),
    "NaN": (state(b'{"commit_index":NaN}'), "NaN is not JSON; expected an integer"),
    "Infinity": (state(b'{"commit_index":-Infinity}'), "-Infinity is not JSON; expected an integer"),
    "NUL": (INITS + b"\0\0\0\n", "trace.ndjson:3:1: not JSON"),
    "half a character": (state(b'{"voted_for":"\\ud800"}'), "is half a character"),
}


@pytest.mark.parametrize("name", HARM)
def test_it_ends_with_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    content, said = HARM[name]
    found = validate(tmp_path, content, capsys)
    assert (found.status, found.out) == (2, "")
    assert said in found.err
    assert len(found.err.splitlines()) == 1
    assert len(found.err) < 300


LESS_THAN_THE_FILE = 2**30
"""Bytes of address space."""


def test_a_line_of_two_gibibytes_is_not_held(tmp_path: Path) -> None:
    with (tmp_path / "trace.ndjson").open("wb") as file:
        file.truncate(2 * LESS_THAN_THE_FILE)
    command = "from raftcheck.properties.entry import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", command, "validate", "trace.ndjson"],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LESS_THAN_THE_FILE, LESS_THAN_THE_FILE)),
    )
    said = "raftcheck: trace.ndjson:1: a line of more than 16,777,216 bytes; expected one event a line\n"
    assert (found.returncode, found.stdout, found.stderr) == (2, "", said)


NAMES = (
    "\x1b]0;title\x07\x1b[31m",
    "[/red]",
    "[link=x]y",
    ":smile:",
    "<script>alert(1)</script>",
    "\u202en1",
    "a\nb",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_a_server_is_text_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Also in the report of a refusal: no server leads without an election."""
    lines = [
        {"event": "Init", "server": name},
        {"event": "Timeout", "server": name, "sends": [], "state": {"role": "Leader", "voted_for": name}},
        {"event": "Timeout", "server": name, "sends": [], "state": {"role": "Candidate", "current_term": 1}},
    ]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    found = validate(tmp_path, content, capsys)
    assert (found.status, found.err) == (1, "")
    assert all(c.isprintable() or c == "\n" for c in found.out)
    assert printable(name) in found.out
    assert validate(tmp_path, content, capsys, "--json").answer["traces"][0]["servers"] == [name]
