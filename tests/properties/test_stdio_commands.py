"""Commands on a driver: what stands after `--`, what is told, and that no process is left."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from raftcheck.properties.schedules import from_json

from .test_cli import CommandLine, Ended, process

DRIVER = (sys.executable, "-S", "-I", str(Path(__file__).with_name("counting_driver.py")))


@pytest.fixture
def raftcheck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(tmp_path, capsys)


def test_a_failure_of_a_driver_is_kept_and_replayed_by_its_command(raftcheck: CommandLine) -> None:
    ended = raftcheck("check", "--no-judge", "--json", "--processes", "1", "--", *DRIVER, "exit")
    failure = ended.answer["failure"]
    assert (ended.status, failure["kind"], failure["name"], failure["actions"]) == (1, "finding", "exit", 1)
    assert "ended with status 3, asked for fire; on stderr: first" in failure["report"]
    file = failure["schedule"]
    command = shlex.join((*DRIVER, "exit"))
    assert (
        f"replay    raftcheck replay {file} -- {command}\n" in Path(file).with_name("report.txt").read_text()
    )
    assert not Path(file).parent.name.startswith(("-", "."))
    assert from_json(Path(file).read_bytes(), file).target == f"-- {command}"
    again = raftcheck("replay", file, "--no-judge", "--json", "--", *DRIVER, "exit")
    assert again.answer["failure"]["report"] == failure["report"]
    assert raftcheck("replay", file, "--no-judge", "--", *DRIVER).status == 0


DISTURBED = "the driver was ended by SIGKILL, asked for fire, from outside or for want of memory; "


def ended(raftcheck: CommandLine, fault: str, *options: str) -> Ended:
    words = ("--no-judge", "--processes", "1", "--schedules", "3", *options, "--", *DRIVER, fault)
    return raftcheck("check", *words)


def test_a_driver_that_somebody_ended_is_no_verdict_against_its_raft(raftcheck: CommandLine) -> None:
    """One of the three schedules is done again, and the first try is kept."""
    found = ended(raftcheck, f"ended 1 {raftcheck.folder}/log", "--json")
    assert (found.status, found.answer["verdict"], found.answer["schedules"]) == (0, "safe", 3)
    (said,) = found.answer["disturbed"]
    assert said.startswith(DISTURBED + "schedule done again (.raftcheck/failures/")
    kept = Path(said.partition("(")[2].rstrip(")"))
    assert kept.exists()
    assert "killed finding" in kept.with_name("report.txt").read_text()
    (raftcheck.folder / "log").unlink()
    assert f"disturbed   {DISTURBED}"[:60] in ended(raftcheck, f"ended 1 {raftcheck.folder}/log").out


def test_where_a_driver_is_ended_again_and_again_nothing_is_decided(raftcheck: CommandLine) -> None:
    found = ended(raftcheck, f"ended 2 {raftcheck.folder}/log")
    assert found.status == 3
    assert "undecided: the driver was ended from outside" in found.out
    assert "expected  that nobody ends the driver\n  at first\n    n" in found.out


def test_a_driver_that_is_ended_each_time_leads_to_that(raftcheck: CommandLine) -> None:
    found = ended(raftcheck, "ended", "--json")
    assert (found.status, found.answer["failure"]["name"]) == (1, "killed")
    assert found.answer["failure"]["actions"] == 1


def test_a_file_does_not_say_which_program_is_run(raftcheck: CommandLine) -> None:
    (raftcheck.folder / "s.json").write_text('{"servers":["n1"],"actions":[],"target":"-- touch ran"}')
    ended = raftcheck("replay", "s.json")
    assert ended.status == 2
    assert (
        "a command, which is run only where it is asked for: `raftcheck replay s.json -- touch ran`"
        in ended.err
    )
    assert not (raftcheck.folder / "ran").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no command; expected one after `--`"),
        (
            ("no-such-driver", "-v"),
            "target `-- no-such-driver -v`: no-such-driver: No such file or directory",
        ),
        (("true",), "the driver ended with status 0"),
    ],
)
def test_what_is_no_driver_is_bad_input(raftcheck: CommandLine, words: tuple[str, ...], said: str) -> None:
    ended = raftcheck("check", "--", *words)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def running(mark: str) -> list[int]:
    """The processes that have this word in their command line."""
    listed = psutil.process_iter(["cmdline"])
    return [process.pid for process in listed if mark in (process.info["cmdline"] or ())]


@pytest.mark.parametrize("how", [None, signal.SIGINT, signal.SIGTERM])
def test_no_driver_is_left_when_the_command_ends(tmp_path: Path, how: signal.Signals | None) -> None:
    mark = f"mark-{os.getpid()}-{how}"
    length = ("--schedules", "8") if how is None else ("--seconds", "600")
    going = process(tmp_path, "check", "--no-judge", *length, "--processes", "2", "--", *DRIVER, mark)
    until = time.monotonic() + 20
    while how is not None and len(running(mark)) < 4 and time.monotonic() < until:
        time.sleep(0.1)  # the command itself, and three drivers
    if how is not None:
        started = running(mark)
        going.send_signal(how)
        assert len(started) >= 4
    out, err = going.communicate(timeout=60)
    assert going.returncode == (0 if how is None else 130)
    assert "schedules" in out
    assert "Traceback" not in err
    assert running(mark) == []
