"""README.md is true: its commands are those that .ci/run runs, its examples run, and print what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

COMMAND = Path(sysconfig.get_path("scripts"), "raftcheck")
REPORT = ".raftcheck/failures/*/report.txt"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def blocks(readme: str) -> list[Block]:
    return [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)]


def only(blocks: list[Block], language: str, having: str) -> str:
    """The text of the one block in a language that has this in it."""
    (text,) = (block.text for block in blocks if block.language == language and having in block.text)
    return text


def without_line_numbers(text: str) -> str:
    """Places in the spec move with every comment in it."""
    return re.sub(r"\.tla:\d+", ".tla:*", text)


def raftcheck(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("ends", ["/raftcheck check", "/pytest"])
def test_the_command_does_all_the_set_up_and_ci_runs_it(root: Path, blocks: list[Block], ends: str) -> None:
    (command,) = (
        line
        for block in blocks
        for line in block.text.splitlines()
        if line.startswith("python3 -m venv ") and line.endswith(ends)
    )
    assert f"({command})" in (root / ".ci" / "run").read_text().splitlines()


def test_what_the_readme_links_to_is_there(root: Path, readme: str) -> None:
    links = re.findall(r"\]\((?!https:)([^)#]+)\)", readme)
    assert links
    assert not [link for link in links if not (root / link).exists()]


def test_the_example_is_refused_with_the_report_that_is_printed(
    root: Path, readme: str, blocks: list[Block], tmp_path: Path
) -> None:
    (tmp_path / "my_raft.py").write_text(only(blocks, "python", "implementation = "))
    assert "`raftcheck check my_raft:implementation` prints" in readme

    checked = raftcheck(tmp_path, "check", "my_raft:implementation")

    assert checked.returncode == 1, checked.stderr
    (report,) = tmp_path.glob(REPORT)
    seen, printed = report.read_text(), only(blocks, "text", "replay ")
    assert seen in checked.stdout
    if os.environ.get("UPDATE_GOLDEN"):
        (root / "README.md").write_text(readme.replace(printed, seen))
    else:
        assert without_line_numbers(printed) == without_line_numbers(seen), "UPDATE_GOLDEN=1 prints it anew"

    _, _, replay = seen.rpartition("replay    raftcheck ")
    again = raftcheck(tmp_path, *replay.split())

    assert again.returncode == 1, again.stderr
    assert "HandleRequestVoteRequest is not a step of raft.tla" in again.stdout


def test_the_example_passes_when_its_mistake_is_mended(blocks: list[Block], tmp_path: Path) -> None:
    wrong = only(blocks, "python", "implementation = ")
    mended, mendings = re.subn(r"  # and (?=self\.voted_for)", " and ", wrong)
    assert mendings == 1
    (tmp_path / "my_raft.py").write_text(mended)

    checked = raftcheck(tmp_path, "check", "my_raft:implementation", "--schedules", "20")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert re.search(r"^never taken .*AppendEntries", checked.stdout, re.MULTILINE)


def test_a_trace_is_written_and_judged(blocks: list[Block], tmp_path: Path) -> None:
    for line in only(blocks, "sh", "raftcheck validate").splitlines():
        _, command, *arguments = line.split()
        quick = ["--schedules", "5"] if command == "check" else []
        done = raftcheck(tmp_path, command, *arguments, *quick)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_model_is_checked_with_what_is_printed(root: Path, blocks: list[Block]) -> None:
    _, *arguments = only(blocks, "sh", "raftcheck model spec").split()
    done = raftcheck(root, *arguments)
    assert done.returncode == 0, done.stderr
    printed = re.sub(r"(?m)^(time +).*$| +$", r"\1", done.stdout)
    assert printed.endswith(re.sub(r"(?m)^(time +).*$", r"\1", only(blocks, "text", "never taken")))


def test_the_target_follows_walks_of_the_model(blocks: list[Block], tmp_path: Path) -> None:
    _, *arguments = only(blocks, "sh", "--replay").replace("200", "10").split()
    done = raftcheck(tmp_path, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "conforms: it follows all walks" in done.stdout


def test_a_model_is_checked_from_python(root: Path, blocks: list[Block], tmp_path: Path) -> None:
    """With the numbers of TLC, which stand at the foot of the module."""
    program = only(blocks, "python", "MCraft1.cfg")
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    recorded = re.search(
        r"MCraft1\.cfg .*distinct (\d+) +generated (\d+) +depth (\d+)", (root / "spec/MCraft.tla").read_text()
    )
    assert recorded is not None
    assert done.stdout == "{} states, {} generated, depth {} None\n".format(*recorded.groups())
