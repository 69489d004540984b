"""properties/README.md is true: what a newcomer is told to type and to save does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Reader:
    """Somebody who does what the tutorial says, from its first line to its last."""

    folder: Path
    said: list[str] = field(default_factory=list)
    """What each command printed."""
    status: list[int] = field(default_factory=list)

    def type(self, command: str) -> None:
        if command.startswith("cd "):
            self.folder /= command.removeprefix("cd ")
            return
        scripts = Path(sys.executable).parent
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.folder,
            env={**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "PYTEST_ADDOPTS": ""},
            capture_output=True,
            text=True,
        )
        assert "Traceback" not in done.stderr, done.stderr
        self.said.append(done.stdout)
        self.status.append(done.returncode)

    def edit(self, diff: str) -> None:
        """Takes out the line that begins with a minus."""
        (line,) = (line.removeprefix("-") + "\n" for line in diff.splitlines())
        path = self.folder / "my_raft.py"
        assert path.read_text().count(line) == 1
        path.write_text(path.read_text().replace(line, ""))


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "properties" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reader(text: str, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """The reader at the end."""
    reader = Reader(tmp_path_factory.mktemp("tutorial"))
    mended = ""
    for language, block in FENCED.findall(text):
        match language:
            case "sh":
                for command in block.splitlines():
                    if "pytest" in command:
                        (reader.folder / "my_raft.py").write_text(mended)
                    reader.type(command)
            case "diff":
                mended = (reader.folder / "my_raft.py").read_text()
                reader.edit(block)
            case "python":
                (reader.folder / "test_my_raft.py").write_text(block)
            case "json":
                (reader.folder / "servers.ndjson").write_text(block)
    return reader


def test_each_command_ends_as_the_tutorial_says(reader: Reader) -> None:
    """new-adapter, selftest, check, check of the broken one, replay, pytest, validate."""
    assert reader.status == [0, 0, 0, 1, 1, 0, 1], reader.said
    assert "conforms" in reader.said[2]
    assert "never taken" in reader.said[2]
    assert "rests on little" in reader.said[2]
    assert "2 passed" in reader.said[5]
    assert "servers.ndjson:9: n3 BecomeLeader is not a step of raft.tla" in reader.said[6]


def test_the_report_is_the_one_that_is_printed(root: Path, text: str, reader: Reader) -> None:
    (printed,) = (block for language, block in FENCED.findall(text) if language == "text")
    (report,) = reader.folder.glob(".raftcheck/failures/*/report.txt")
    seen = report.read_text()
    assert seen in reader.said[3]
    if os.environ.get("UPDATE_GOLDEN"):
        (root / "properties" / "README.md").write_text(text.replace(printed, seen))
    else:
        unplaced = [re.sub(r"\.tla:\d+", "", said) for said in (printed, seen)]
        assert unplaced[0] == unplaced[1], "UPDATE_GOLDEN=1 prints it anew"


def test_what_the_tutorial_links_to_is_there(root: Path, text: str) -> None:
    links = re.findall(r"\]\((?!https:)([^)#]+)\)", text)
    assert len(links) > 5
    assert not [link for link in links if not (root / "properties" / link).exists()]
