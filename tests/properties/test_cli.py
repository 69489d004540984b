"""The command line, seen from outside: what it prints, and how it ends."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from raftcheck.properties import cli
from raftcheck.properties.campaign import Campaign
from raftcheck.properties.schedules import Schedule, Timeout, load, to_json
from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.traces.validate import Validator

FAULT = "raftcheck.properties.faults:vote_volatile"


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one object of --json."""
        answer: dict[str, Any] = json.loads(self.out)
        return answer


class CommandLine:
    """Runs raftcheck in an empty directory, in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ended:
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        captured = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        assert "Traceback" not in captured.err
        return Ended(ended.value.code, captured.out, captured.err)


@pytest.fixture
def raftcheck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[CommandLine]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield CommandLine(tmp_path, capsys)
    for name in sys.modules.keys() - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(f"{tmp_path}{os.sep}"):
            del sys.modules[name]  # other tests have modules of the same name


def process(folder: Path, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """The same in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from raftcheck.properties.entry import main; main()", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# check


def test_check_ends_with_a_table_and_status_0_where_all_is_well(raftcheck: CommandLine) -> None:
    ended = raftcheck("check", "--schedules", "30", "--processes", "1")
    assert ended.status == 0
    for expected in (*actions_of_raft(), "schedules", "steps", "LeaderCompleteness", "conforms"):
        assert expected in ended.out
    assert "never taken" not in ended.out
    assert ended.err == ""
    assert not (raftcheck.folder / ".raftcheck").exists()


def test_check_json_is_one_object_with_these_keys(raftcheck: CommandLine) -> None:
    answer = raftcheck("check", "--schedules", "30", "--processes", "1", "--json").answer
    keys = ["verdict", "schedules", "directed", "steps", "seconds", "actions", "liberties", "compared"]
    keys += ["warnings", "known", "disturbed", "failure"]
    assert list(answer) == keys
    assert (answer["verdict"], answer["schedules"], answer["failure"]) == ("conforms", 30, None)
    assert list(answer["actions"]) == list(actions_of_raft())
    assert all(answer["actions"].values())


def test_check_keeps_a_failure_as_schedule_trace_and_report(raftcheck: CommandLine) -> None:
    ended = raftcheck("check", FAULT, "--json", "--processes", "1")
    assert ended.status == 1
    failure = ended.answer["failure"]
    assert (failure["kind"], failure["name"]) == ("refusal", "Restart")
    assert failure["actions"] <= 4
    folder = Path(failure["schedule"]).parent
    kept = ["report.txt", "schedule.json", "trace.html", "trace.ndjson"]
    assert sorted(path.name for path in folder.iterdir()) == kept
    assert "refused: " in (folder / "trace.html").read_text(encoding="utf-8")
    assert failure["report"] in (folder / "report.txt").read_text()


def test_a_failure_is_told_with_its_actions_and_how_to_do_it_again(raftcheck: CommandLine) -> None:
    ended = raftcheck("check", FAULT, "--processes", "1")
    assert "diverges" in ended.out
    assert "restart n" in ended.out
    assert "raftcheck replay .raftcheck/failures/vote_volatile-Restart-0-0/schedule.json" in ended.out


def answer_of(folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(process(folder, *arguments, **environment).communicate(timeout=60)[0])
    assert answer.pop("seconds") > 0
    return answer


@pytest.mark.parametrize(("target", "verdict"), [("reference", "conforms"), (FAULT, "diverges")])
def test_check_says_the_same_however_many_processes_and_whatever_the_hashes(
    tmp_path: Path, target: str, verdict: str
) -> None:
    command = ("check", target, "--json", "--seed", "7", "--schedules", "8", "--servers", "3")
    first = answer_of(tmp_path, *command, PYTHONHASHSEED="0")
    assert first["verdict"] == verdict
    assert answer_of(tmp_path, *command, "--processes", "1", PYTHONHASHSEED="1") == first
    assert answer_of(tmp_path, *command, "--processes", "3", PYTHONHASHSEED="22") == first


def test_check_without_the_judge_says_that_it_is_not_judged(raftcheck: CommandLine) -> None:
    ended = raftcheck("check", "--no-judge", "--schedules", "5", "--processes", "1")
    assert ended.status == 0
    assert "safe" in ended.out
    assert "no step" in ended.out
    assert "conforms" not in ended.out
    answer = raftcheck("check", "--no-judge", "--schedules", "5", "--processes", "1", "--json").answer
    assert answer["verdict"] == "safe"
    assert answer["steps"] > 0


def test_check_takes_servers_length_and_seconds(raftcheck: CommandLine) -> None:
    answer = raftcheck(
        "check", "--servers", "1", "--length", "10", "--seconds", "0.2", "--processes", "1", "--json"
    ).answer
    assert answer["schedules"] > 0
    assert answer["steps"] <= 10 * answer["schedules"]
    assert answer["actions"]["HandleRequestVoteRequest"] == 0


def test_an_action_that_was_never_taken_is_named(raftcheck: CommandLine) -> None:
    ended = raftcheck("check", "--servers", "1", "--schedules", "3", "--processes", "1")
    assert "never taken" in ended.out


def test_liberties_that_were_declared_or_taken_have_a_part_of_their_own(raftcheck: CommandLine) -> None:
    raftcheck("check", "--schedules", "1", "--processes", "1", "--trace", "trace.ndjson")
    plain = raftcheck("validate", "trace.ndjson", "--json").answer["traces"][0]
    assert plain["liberties"] == {}
    assert "liberties taken" not in raftcheck("validate", "trace.ndjson").out
    declared = raftcheck("validate", "trace.ndjson", "--liberty", "StepDown")
    assert re.search(r"liberties taken *\n *StepDown +0 *\n", declared.out)
    assert re.search(r"(?m)^never taken +StepDown", declared.out)
    assert "liberty StepDown was declared and never taken" in declared.out
    answer = raftcheck("validate", "trace.ndjson", "--liberty", "StepDown", "--json").answer["traces"][0]
    assert answer["liberties"] == {"StepDown": 0}
    assert answer["actions"] == plain["actions"]


def test_a_liberty_that_an_adapter_declares_and_never_takes_is_told_of(raftcheck: CommandLine) -> None:
    source = (
        "from dataclasses import replace\n"
        "from raftcheck.properties.adapters.reference import reference as plain\n"
        "class Wide:\n"
        "    caps = replace(plain.caps, liberties=frozenset({'Rewind'}), restorable=False)\n"
        "    start = plain.start\n"
        "implementation = Wide()\n"
    )
    (raftcheck.folder / "wide.py").write_text(source)
    run = ("check", "wide:implementation", "--schedules", "2", "--processes", "1")
    answer = raftcheck(*run, "--json").answer
    assert answer["liberties"] == {"Rewind": 0}
    assert "liberty Rewind was declared and never taken" in answer["warnings"]
    assert re.search(r"never taken .*Rewind", raftcheck(*run).out, re.DOTALL)


# A Raft that somebody plugs in


@pytest.fixture
def newcomer(raftcheck: CommandLine) -> CommandLine:
    """With a Raft of their own in the current directory."""
    shutil.copy(Path(__file__).with_name("tiny_raft.py"), raftcheck.folder / "my_raft.py")
    return raftcheck


BROKEN = """
import sys
from my_raft import Tiny, TinyNode
from raftcheck.properties.node import *

class Node(TinyNode):
{body}

class Raft(Tiny):
    node = Node

raft = Raft()
"""

RAISES = """
    def on_ack(self, source, m):
        raise KeyError(source)
"""
NONSENSE = """
    def state(self):
        return NodeState(role="Boss" if self.term > 1 else None, current_term=self.term)
"""
GARBAGE = """
    def tell(self, peer, **payload):
        self.env.send(peer, "garbage", "garbage")
"""
NOWHERE = """
    def replicate(self, peer):
        self.env.send("the moon", {})
"""
DIVERGES = """
    def term_at(self, index):
        return 0
"""
PRINTS = """
    def fire(self, timer):
        print("tick", file=sys.stdout)
        super().fire(timer)
"""
BLIND = """
    def view(self, peer, m):
        return None
"""
SECRETIVE = """
    def state(self):
        from msgspec.structs import replace
        return replace(super().state(), voted_for=None)
"""
HIDING = """
    def state(self):
        from msgspec.structs import replace
        return replace(super().state(), voted_for=None, log=None, commit_index=None, current_term=None)
"""
IDLE = """
    def timers(self):
        return []
"""
INTERRUPTS = """
    calls = 0
    def fire(self, timer):
        import os, signal
        Node.calls += 1
        if Node.calls == 100:
            os.kill(os.getppid(), signal.SIGINT)
        super().fire(timer)
"""
DIES = """
    def fire(self, timer):
        import os
        os._exit(3)
"""


def broken(raftcheck: CommandLine, body: str, *more: str) -> Ended:
    (raftcheck.folder / "broken.py").write_text(BROKEN.format(body=body))
    return raftcheck("check", "broken:raft", "--json", "--schedules", "20", *(more or ("--processes", "1")))


def test_a_newcomers_raft_conforms(newcomer: CommandLine) -> None:
    ended = newcomer("check", "my_raft:tiny", "--json", "--schedules", "20", "--processes", "1")
    assert (ended.status, ended.answer["verdict"]) == (0, "conforms")


def test_a_raft_is_not_run_on_fewer_servers_than_it_wants(newcomer: CommandLine) -> None:
    wants = "\nRaft.caps = Caps(fewest_servers=2)\nraft = Raft()\n"
    (newcomer.folder / "sociable.py").write_text(BROKEN.format(body="    pass") + wants)
    ended = newcomer("check", "sociable:raft", "--servers", "1")
    assert ended.status == 2
    assert "--servers 1; expected 2 or more, as sociable:raft wants" in ended.err


@pytest.mark.parametrize(
    ("body", "kind", "name", "said"),
    [
        (RAISES, "finding", "exception", "KeyError"),
        (NONSENSE, "finding", "state", "role = 'Boss'"),
        (GARBAGE, "finding", "view", "garbage"),
        (NOWHERE, "finding", "send", "the moon"),
        (DIVERGES, "refusal", "RequestVote", "is not a step of raft.tla"),
    ],
)
def test_a_newcomers_mistake_comes_with_a_schedule_and_can_be_replayed(
    newcomer: CommandLine, body: str, kind: str, name: str, said: str
) -> None:
    ended = broken(newcomer, body)
    failure = ended.answer["failure"]
    assert (ended.status, failure["kind"], failure["name"]) == (1, kind, name)
    assert said in failure["report"]
    again = newcomer("replay", failure["schedule"], "--json")
    assert (again.status, again.answer["failure"]["report"]) == (1, failure["report"])
    assert newcomer("replay", failure["schedule"], "my_raft:tiny").status == 0


def test_what_a_node_prints_does_not_get_into_the_answer(newcomer: CommandLine) -> None:
    ended = broken(newcomer, PRINTS)
    assert ended.answer["verdict"] == "conforms"
    assert "tick" in ended.err


def test_a_raft_without_views_is_not_said_to_conform(newcomer: CommandLine) -> None:
    assert broken(newcomer, BLIND).answer["verdict"] == "safe"
    told = judged(newcomer)
    assert re.fullmatch(r"[1-9]\d* steps by raft.tla; not [1-9]\d* after a payload without a view", told)


def judged(raftcheck: CommandLine) -> str:
    """What the table says of how much was judged, in one line."""
    told = raftcheck("check", "broken:raft", "--schedules", "5", "--processes", "1").out
    found = re.search(r"^judged +(.*?)^\S", told, re.DOTALL | re.MULTILINE)
    assert found is not None
    return " ".join(found[1].replace(",", "").split())


def test_where_the_judge_gave_up_that_is_said(newcomer: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Campaign, "new_judge", lambda _, servers, liberties: Validator(servers, most_candidates=1)
    )
    assert broken(newcomer, HIDING).answer["verdict"] == "safe"
    told = judged(newcomer)
    assert re.fullmatch(
        r"[1-9]\d* steps by raft.tla; not [1-9]\d* where it gave up after too many states.*", told
    )
    assert "view" not in told


def test_what_a_raft_never_shows_is_named(newcomer: CommandLine) -> None:
    (newcomer.folder / "broken.py").write_text(BROKEN.format(body=SECRETIVE))
    ended = newcomer("check", "broken:raft", "--schedules", "5", "--processes", "1")
    assert ended.status == 0
    assert re.search(r"(?m)^never compared +voted_for *$", ended.out)
    assert "never compared" not in newcomer("check", "--schedules", "5", "--processes", "1").out


def test_a_run_in_which_nothing_happens_is_no_pass(newcomer: CommandLine) -> None:
    class_without_crashes = IDLE + '\n\nTiny.caps = Caps(network="stream", durable=False)\n'
    ended = broken(newcomer, class_without_crashes)
    assert (ended.status, ended.answer["verdict"], ended.answer["steps"]) == (1, "vacuous", 0)


def test_a_raft_that_ends_the_process_is_found_out(newcomer: CommandLine) -> None:
    ended = broken(newcomer, DIES, "--processes", "2")
    assert (ended.status, ended.answer["failure"]["name"]) == (1, "exit")
    assert "a process died" in ended.answer["failure"]["report"]


def test_a_raft_that_does_not_do_the_same_twice_is_found_out(newcomer: CommandLine) -> None:
    ended = broken(
        newcomer,
        """
    calls = []
    def fire(self, timer):
        Node.calls.append(timer)
        assert len(Node.calls) != 40, "forty"
        super().fire(timer)
""",
    )
    assert (ended.status, ended.answer["failure"]["name"]) == (1, "unrepeatable")
    (_, seen, expected, *at_first) = ended.answer["failure"]["report"].splitlines()
    assert seen == "  seen      no failure, where at first there was one"
    assert expected.startswith("  expected  the same: a node takes time and chance")
    assert at_first[0] == "  at first"
    assert "forty" in at_first[2]


def test_what_is_interrupted_tells_what_was_covered(newcomer: CommandLine) -> None:
    (newcomer.folder / "broken.py").write_text(BROKEN.format(body=INTERRUPTS))
    run = process(newcomer.folder, "check", "broken:raft", "--seconds", "600", "--processes", "2")
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "(interrupted)" in out
    assert "Traceback" not in err


# replay


def test_replay_says_which_actions_did_nothing(raftcheck: CommandLine) -> None:
    actions = (Timeout("n1", "election"), Timeout("n1", "nap"))
    (raftcheck.folder / "some.json").write_bytes(to_json(Schedule(("n1", "n2"), actions)))
    ended = raftcheck("replay", "some.json")
    assert ended.status == 0
    assert "1 of 2 actions were not enabled, the first is number 2: " in ended.out


def test_a_knob_of_a_wrong_type_is_a_mistake_of_the_schedule(raftcheck: CommandLine) -> None:
    (raftcheck.folder / "s.json").write_bytes(to_json(Schedule(("n1",), (), {"max_entries": "2"})))
    ended = raftcheck("replay", "s.json")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == 'raftcheck: s.json: config.max_entries: "2"; expected null, or 1 or more\n'


def test_replaying_nothing_is_no_pass(raftcheck: CommandLine) -> None:
    (raftcheck.folder / "empty.json").write_bytes(to_json(Schedule(("n1",), ())))
    assert raftcheck("replay", "empty.json").status == 1


# Traces


def test_a_trace_that_check_writes_is_accepted(raftcheck: CommandLine) -> None:
    raftcheck("check", "--schedules", "3", "--trace", "out.ndjson", "--processes", "1")
    assert raftcheck("validate", "out.ndjson").status == 0


def test_the_trace_of_a_failure_is_refused(raftcheck: CommandLine) -> None:
    raftcheck("check", FAULT, "--trace", "out.ndjson", "--processes", "1")
    ended = raftcheck("validate", "out.ndjson")
    assert ended.status == 1
    assert "Restart" in ended.out


@pytest.fixture
def watched() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal."""
    ours, theirs = os.openpty()
    yield ours, theirs
    os.close(ours)


def validating(folder: Path, terminal: int, trace: str) -> "subprocess.Popen[str]":
    """raftcheck validate, in a process of its own that shows its progress on a terminal."""
    run = subprocess.Popen(
        [sys.executable, "-c", "from raftcheck.properties.entry import main; main()", "validate", trace],
        cwd=folder,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
    )
    os.close(terminal)
    return run


def seen_until(terminal: int, pattern: str) -> bool:
    """Whether something is shown that matches, before the process ends."""
    shown = ""
    with suppress(OSError):  # which is how the end of a terminal is told
        while part := os.read(terminal, 4096):
            shown += part.decode(errors="replace")
            if re.search(pattern, shown):
                return True
    return False


def test_progress_is_shown_in_lines_and_in_parts_of_the_file(
    raftcheck: CommandLine, watched: tuple[int, int]
) -> None:
    raftcheck("check", "--schedules", "1", "--length", "300", "--trace", "out.ndjson", "--processes", "1")
    run = validating(raftcheck.folder, watched[1], "out.ndjson")
    assert seen_until(watched[0], r"100 lines .* [1-9]\d%")
    assert run.wait(60) == 0


def test_a_validation_that_is_interrupted_tells_what_was_judged(
    raftcheck: CommandLine, watched: tuple[int, int]
) -> None:
    raftcheck("check", "--schedules", "1", "--length", "300", "--trace", "out.ndjson", "--processes", "1")
    lines = (raftcheck.folder / "out.ndjson").read_bytes().splitlines(keepends=True)
    os.mkfifo(raftcheck.folder / "pipe")
    run = validating(raftcheck.folder, watched[1], "pipe")
    with open(raftcheck.folder / "pipe", "wb") as pipe:
        pipe.writelines(lines[:150])
        pipe.flush()
        assert seen_until(watched[0], "100 lines")
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    assert re.search(r"interrupted after 1\d\d lines, which steps of raft.tla explain", out)
    assert re.search(r"AppendEntries +[1-9]", out)


REFUSED = (
    '{"event": "Init", "server": "n1"}',
    '{"event": "Init", "server": "n2"}',
    '{"event": "Timeout", "server": "n1", "state": {"current_term": 7}}',
)


COMMAND = (sys.executable, "-c", "from raftcheck.properties.entry import main; main()")


@pytest.mark.parametrize("more", [(), ("--export", "folder"), ("--shrink", "small.ndjson")])
def test_a_pipe_is_read_but_once(raftcheck: CommandLine, more: tuple[str, ...]) -> None:
    run = subprocess.run(
        [*COMMAND, "validate", "/dev/stdin", *more],
        cwd=raftcheck.folder,
        input="\n".join((*REFUSED, "")),
        capture_output=True,
        text=True,
        check=False,
    )
    if more:
        assert run.returncode == 2
        assert "with a pipe, which can be read but once; expected a file" in run.stderr
    else:
        assert run.returncode == 1
        assert "/dev/stdin:3: n1 Timeout is not a step of raft.tla" in run.stdout


@pytest.mark.parametrize("option", ["--coverage", "--diagram", "--shrink", "--export"])
def test_what_cannot_be_written_is_said_before_anything_is_judged(
    raftcheck: CommandLine, option: str
) -> None:
    raftcheck("check", "--schedules", "1", "--length", "20", "--trace", "run.ndjson")
    (raftcheck.folder / "file").touch()
    found = raftcheck("validate", "run.ndjson", "--json", option, "file/out.html")
    assert (found.status, found.out) == (2, "")
    assert "file/out.html" in found.err


def test_a_file_stays_as_it_was_if_the_merged_trace_is_no_trace(raftcheck: CommandLine) -> None:
    """Whoever forgets the name after --merged names the first of the files to merge."""
    raftcheck("check", "--servers", "3", "--schedules", "1", "--trace", "run.ndjson", "--per-node")
    before = (raftcheck.folder / "run.n1.ndjson").read_bytes()
    names = ("run.n1.ndjson", "run.n2.ndjson", "run.n3.ndjson")
    assert raftcheck("validate", "--merge", "--merged", *names).status == 2
    assert (raftcheck.folder / "run.n1.ndjson").read_bytes() == before
    assert sorted(path.name for path in raftcheck.folder.iterdir()) == sorted(names)


def test_a_fine_trace_is_accepted_as_the_actions_that_check_counts(raftcheck: CommandLine) -> None:
    options = ("--schedules", "1", "--length", "400", "--servers", "3", "--processes", "1", "--json")
    counted = raftcheck("check", *options, "--trace", "out.ndjson", "--fine").answer["actions"]
    trace = raftcheck("validate", "out.ndjson", "--json").answer["traces"][0]
    assert trace["verdict"] == "conforms"
    assert trace["actions"] == counted
    assert trace["lines"] >= sum(counted.values())


def test_the_fine_trace_of_a_failure_ends_with_what_is_refused(raftcheck: CommandLine) -> None:
    raftcheck("check", FAULT, "--trace", "out.ndjson", "--fine", "--processes", "1")
    lines = (raftcheck.folder / "out.ndjson").read_text().splitlines()
    refused = raftcheck("validate", "out.ndjson").out
    assert f"out.ndjson:{len(lines)}: " in refused


def test_a_trace_is_exported_for_the_model_checkers(raftcheck: CommandLine) -> None:
    raftcheck("check", "--schedules", "1", "--trace", "out.ndjson", "--processes", "1")
    ended = raftcheck("validate", "out.ndjson", "--export", "new/folder", "--lines", "20")
    assert ended.status == 0
    module = Path("new", "folder", "Checktrace.tla")
    assert str(module) in ended.out
    judged = raftcheck("model", str(module), "--no-deadlock")
    assert "invariant Refused is false" in judged.out
    assert '<<"explained", 20>>' in judged.err
    assert '<<"explained", 21>>' not in judged.err


def test_a_diagram_is_of_the_lines_that_are_asked_for(raftcheck: CommandLine) -> None:
    raftcheck("check", "--schedules", "1", "--seed", "4", "--trace", "run.ndjson")
    assert raftcheck("validate", "run.ndjson", "--diagram", "all.mmd").status == 0
    assert raftcheck("validate", "run.ndjson", "--diagram", "a.svg", "--from", "10", "--to", "12").status == 0
    drawn = (raftcheck.folder / "a.svg").read_text(encoding="utf-8")
    assert all(f">{number}</text>" in drawn for number in (10, 11, 12))
    assert ">13</text>" not in drawn
    assert "lines 10 to 12 of" in drawn


def test_a_diagram_that_cannot_be_is_refused_before_anything_is_judged(raftcheck: CommandLine) -> None:
    raftcheck("check", "--schedules", "1", "--trace", "run.ndjson")
    for wrong in (
        ("run.ndjson", "--diagram", "out.png"),
        ("run.ndjson", "run.ndjson", "--diagram", "out.svg"),
        ("run.ndjson", "--from", "3"),
        ("run.ndjson", "--diagram", "out.svg", "--from", "5", "--to", "4"),
    ):
        ended = raftcheck("validate", *wrong)
        assert ended.status == 2
        assert "expected" in ended.err
        assert ended.out == ""


def test_coverage_is_a_page_a_list_and_a_part_of_the_json(raftcheck: CommandLine) -> None:
    check = ("check", "--schedules", "3", "--seed", "4", "--coverage", "check.html")
    raftcheck(*check, "--processes", "1", "--trace", "run.ndjson")
    answer = raftcheck(*check, "--processes", "2", "--json").answer
    validate = ("validate", "run.ndjson", "run.ndjson", "--coverage", "trace.html")
    ended = raftcheck(*validate)
    assert "not seen in" in ended.out
    assert "raft.tla:" in ended.out
    of_trace = raftcheck(*validate, "--json").answer
    assert of_trace["coverage"]["places"] == answer["coverage"]["places"]
    told = {"place", "operator", "part", "seen"}
    assert all(gap.keys() == told for gap in of_trace["coverage"]["unseen"])
    # The last schedule of three cannot have exercised what none of them has.
    assert len(of_trace["coverage"]["unseen"]) > len(answer["coverage"]["unseen"])
    for name in ("check.html", "trace.html"):
        assert (raftcheck.folder / name).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_coverage_is_counted_alike_by_any_number_of_processes(raftcheck: CommandLine) -> None:
    pages = []
    for processes in ("1", "2"):
        size = ("--schedules", "6", "--length", "30")
        raftcheck("check", *size, "--processes", processes, "--coverage", "out.html")
        pages.append((raftcheck.folder / "out.html").read_text(encoding="utf-8"))
    assert pages[0] == pages[1]


def test_a_trace_is_not_written_over_where_the_page_was_forgotten(raftcheck: CommandLine) -> None:
    trace = raftcheck.folder / "n1.ndjson"
    trace.write_text("\n".join((*REFUSED, "")))
    for ended in (
        raftcheck("validate", "--coverage", "n1.ndjson", "n1.ndjson"),
        raftcheck("check", "--coverage", "n1.ndjson", "--schedules", "1", "--processes", "1"),
    ):
        assert ended.status == 2
        assert "--coverage n1.ndjson is no page; expected a name such as out.html" in ended.err
    assert trace.read_text().startswith(REFUSED[0])


def test_coverage_without_the_judge_is_refused(raftcheck: CommandLine) -> None:
    ended = raftcheck("check", "--no-judge", "--coverage", "out.html")
    assert ended.status == 2
    assert "--no-judge" in ended.err


def test_a_verdict_that_rests_on_little_says_so(raftcheck: CommandLine) -> None:
    ended = raftcheck("check", "--schedules", "1", "--length", "3", "--servers", "3", "--trace", "run.ndjson")
    assert "rests on little" in ended.out
    assert "no leader committed an entry" in ended.out
    assert "rests on little" in raftcheck("validate", "run.ndjson").out
    (trace,) = raftcheck("validate", "run.ndjson", "--json").answer["traces"]
    assert "no leader committed an entry" in trace["warnings"]


PER_NODE = ("--schedules", "3", "--servers", "3", "--processes", "1", "--per-node", "--trace", "run.ndjson")
FILES = ("run.n1.ndjson", "run.n2.ndjson", "run.n3.ndjson")


@pytest.mark.parametrize("grain", [(), ("--fine",)], ids=["coarse", "fine"])
def test_files_per_node_are_one_trace(raftcheck: CommandLine, grain: tuple[str, ...]) -> None:
    raftcheck("check", *PER_NODE, *grain)
    raftcheck("check", *[option for option in PER_NODE if option != "--per-node"], *grain)
    ended = raftcheck("validate", "--merge", *FILES, "--merged", "merged.ndjson")
    assert ended.status == 0
    assert ", ".join(FILES) in " ".join(ended.out.split())
    merged, single = [(raftcheck.folder / name).read_text() for name in ("merged.ndjson", "run.ndjson")]
    assert sorted(merged.splitlines()) == sorted(single.splitlines())
    assert raftcheck("validate", "merged.ndjson").status == 0


def test_a_refused_line_is_named_as_it_stands_in_its_file(raftcheck: CommandLine) -> None:
    raftcheck("check", FAULT, "--processes", "1", "--per-node", "--trace", "run.ndjson")
    files = {path.name: path.read_text().splitlines() for path in raftcheck.folder.glob("run.*.ndjson")}
    ended = raftcheck("validate", "--merge", *files)
    assert ended.status == 1
    assert any(f"{name}:{len(lines)}: " in ended.out for name, lines in files.items())


def test_a_message_that_nobody_sends_is_named_with_the_verdict(raftcheck: CommandLine) -> None:
    raftcheck("check", *PER_NODE)
    first = raftcheck.folder / FILES[0]
    first.write_text(first.read_text().splitlines(keepends=True)[0])
    ended = raftcheck("validate", "--merge", *FILES, "--json")
    assert ended.status == 1
    (trace,) = ended.answer["traces"]
    assert "message missing: `n1` sends no such" in trace["failure"]


# faults


def test_faults_tells_what_is_caught_and_what_the_report_names(raftcheck: CommandLine) -> None:
    ended = raftcheck("faults", "vote-volatile", "self-vote-missing", "--json", "--processes", "1")
    assert ended.status == 0
    for row in ended.answer["faults"]:
        assert row["caught"]
        assert row["named"] in row["expected"]
        assert row["actions"] <= 4
    assert "vote-volatile" in raftcheck("faults", "vote-volatile", "--processes", "1").out


def test_a_fault_that_lives_is_a_failure_of_ours(raftcheck: CommandLine) -> None:
    ended = raftcheck("faults", "commit-unverified-suffix", "--schedules", "1", "--processes", "1")
    assert ended.status == 1
    assert "LIVES" in ended.out


# Bad input


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["check", "no_such_module:raft"], "no module `no_such_module`"),
        (["check", "raftcheck.properties.faults:vote_volatil"], "did you mean `vote_volatile`?"),
        (["check", "raftcheck.properties.faults"], "module:attribute"),
        (["check", "--schedules", "0"], "'--schedules': 0 is not in the range x>=1"),
        (["check", "--sede", "7"], "--seed"),
        (["check", "reference", "more"], "unexpected extra argument"),
        (["chek"], "chek"),
        (["replay"], "Missing argument 'FILE'"),
        (["replay", "no_such_file.json"], "no_such_file.json"),
        (["replay", "empty.json"], "empty"),
        (["replay", "cut.json"], "cut.json: line 1"),
        (["replay", "binary.json"], "not UTF-8"),
        (["replay", "typo.json"], "did you mean `Timeout`?"),
        (["replay", "elsewhere.json"], "no module `elsewhere`"),
        (["validate", "no_such_file.ndjson"], "no_such_file.ndjson"),
        (["validate", "empty.json"], "empty.json"),
        (["check", "--per-node"], "--per-node is of a trace"),
        (["validate"], "TRACE"),
        (["validate", "--merge", "--dialect", "etcd", "a.ndjson"], "expected it without --dialect"),
        (["validate", "--dialect", "etc", "a.ndjson"], "etcd"),
        (["validate", "--dialect", "etcd", "empty.json"], "empty.json: the file is empty"),
        (["check", "--fine"], "expected --trace FILE beside it"),
        (["validate", "--export", "out", "one.ndjson", "two.ndjson"], "--export with 2 traces"),
        (["validate", "a.ndjson", "--merged", "b.ndjson"], "expected --merge with it"),
        (["validate", "--merge", "a.ndjson", "--merged", "./a.ndjson"], "is one of the traces"),
        (["validate", "--merge", "a.ndjson", "--merged", "no/such/folder/b"], "no/such/folder"),
        (["faults", "vote-volatil"], "did you mean `vote-volatile`?"),
        (
            ["check", "--schedules", "1", "--processes", "1", "--trace", "no/such/folder/out"],
            "no/such/folder",
        ),
    ],
)
def test_bad_input_is_said_in_one_line_with_status_2(
    raftcheck: CommandLine, arguments: Sequence[str], problem: str
) -> None:
    files = {
        "empty.json": b"",
        "cut.json": b'{"servers": ["n1"], "acti',
        "binary.json": b"\xff\xfe\x00",
        "typo.json": b'{"servers": ["n1"], "actions": [{"action": "Timeuot"}]}',
        "elsewhere.json": b'{"servers": ["n1"], "actions": [], "target": "elsewhere:raft"}',
    }
    for name, content in files.items():
        (raftcheck.folder / name).write_bytes(content)
    ended = raftcheck(*arguments)
    assert ended.status == 2
    assert ended.out == ""
    assert ended.err.startswith("raftcheck: ")
    assert ended.err.count("\n") == 1
    assert problem in ended.err


def test_raftcheck_alone_tells_what_it_can_do(raftcheck: CommandLine) -> None:
    ended = raftcheck()
    for command in ("check", "replay", "validate", "faults"):
        assert command in ended.out
    assert raftcheck("--help").status == 0


# Outputs


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--trace", "file/out.html"),
        ("check", "--coverage", "file/out.html"),
        ("replay", "schedule.json", "--trace", "file/out.html"),
        ("replay", "schedule.json", "--schedule", "file/out.html"),
        ("model", "x.tla", "--config", "x.cfg", "--output", "file/out.html"),
    ],
)
def test_what_cannot_be_written_is_said_before_any_work(
    raftcheck: CommandLine, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for work in ("checkcommand.check", "replaycommand.replay", "modelcommand.answer"):
        monkeypatch.delattr(f"raftcheck.properties.{work}")
    (raftcheck.folder / "file").touch()
    (raftcheck.folder / "schedule.json").write_bytes(to_json(Schedule(("n1",), ())))
    found = raftcheck(*arguments)
    assert (found.status, found.out, found.err.count("\n")) == (2, "", 1)
    assert "file/out.html" in found.err


@pytest.mark.parametrize("no_folder", [".raftcheck", ".raftcheck/failures/vote_volatile-Restart-0-0"])
def test_a_failure_that_cannot_be_kept_is_told_nevertheless(raftcheck: CommandLine, no_folder: str) -> None:
    path = raftcheck.folder / no_folder
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    ended = raftcheck("check", FAULT, "--processes", "1")
    assert ended.status == 1
    assert "diverges" in ended.out
    assert "restart n" in ended.out
    assert "replay    not kept: .raftcheck" in ended.out
    assert ended.err.startswith("raftcheck: the failure is not kept: .raftcheck")
    assert ended.err.count("\n") == 1
    assert raftcheck("check", FAULT, "--processes", "1", "--json").answer["failure"]["schedule"] is None


def test_a_walk_that_cannot_be_kept_is_told_nevertheless(raftcheck: CommandLine) -> None:
    (raftcheck.folder / ".raftcheck").touch()
    walks = ("model", "--simulate", "20", "--replay", "raftcheck.properties.faults:vote_no_votedfor")
    ended = raftcheck(*walks)
    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "the failure is not kept: .raftcheck" in ended.err
    assert "diverges" in ended.out
    assert "replay    not kept: .raftcheck" in ended.out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("model y.tla --output ./y.tla", "--output y.tla is a part of the model"),
        ("model y.tla --output y.cfg", "--output y.cfg is a part of the model"),
        ("check --trace x.html --coverage ./x.html", "--trace and --coverage are both x.html"),
        ("replay s.json --schedule s.json", "--schedule s.json is what is replayed"),
        ("replay s.json --schedule x --trace x", "--trace and --schedule are both x"),
        ("validate t.ndjson --diagram x.html --coverage x.html", "--coverage and --diagram are both x.html"),
        ("validate t.ndjson --export .", "raft.tla: another text than of an export stands there"),
    ],
)
def test_nothing_is_written_over_what_is_needed(raftcheck: CommandLine, arguments: str, problem: str) -> None:
    files = {
        "y.tla": "---- MODULE y ----\n====\n",
        "y.cfg": "",
        "s.json": to_json(Schedule(("n1",), ())).decode(),
        "t.ndjson": "\n".join((*REFUSED, "")),
        "raft.tla": "my own",
    }
    for name, text in files.items():
        (raftcheck.folder / name).write_text(text)
    ended = raftcheck(*arguments.split())
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert problem in ended.err
    assert {path.name: path.read_text() for path in raftcheck.folder.iterdir()} == files


def test_an_export_takes_the_place_of_an_older_one_and_of_nothing_else(raftcheck: CommandLine) -> None:
    (raftcheck.folder / "t.ndjson").write_text("\n".join((*REFUSED, "")))
    export = ("validate", "t.ndjson", "--export", "out")
    assert raftcheck(*export).status == 1
    assert raftcheck(*export, "--lines", "2").status == 1
    for name in ("Checktrace.tla", "Checktrace.cfg", "Traceraft.tla"):
        before = (raftcheck.folder / "out" / name).read_bytes()
        (raftcheck.folder / "out" / name).write_text("my own")
        ended = raftcheck(*export)
        assert ended.status == 2
        assert f"{name}: another text than of an export" in ended.err
        (raftcheck.folder / "out" / name).write_bytes(before)


def test_where_stdout_is_closed_the_status_is_the_verdict(raftcheck: CommandLine) -> None:
    (raftcheck.folder / "t.ndjson").write_text("\n".join((*REFUSED, "")))
    command = f'"{sys.executable}" -c "from raftcheck.properties.entry import main; main()" validate t.ndjson'
    ended = subprocess.run(
        f"{command} >&-", shell=True, cwd=raftcheck.folder, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (1, "")


def test_what_is_not_written_is_said_with_what_stands_there(raftcheck: CommandLine) -> None:
    raftcheck("check", "--schedules", "1", "--length", "20", "--trace", "t.ndjson", "--processes", "1")
    (raftcheck.folder / "small.ndjson").touch()
    ended = raftcheck("validate", "t.ndjson", "--shrink", "small.ndjson")
    assert "small.ndjson is not written: nothing is refused; what stands there is older" in ended.err
    lines = len((raftcheck.folder / "t.ndjson").read_text().splitlines())
    ended = raftcheck("validate", "t.ndjson", "--diagram", "q.html", "--from", "500")
    assert ended.status == 0
    assert f"nothing to draw from line 500 on; expected --from with a line up to {lines}" in ended.err
    assert not (raftcheck.folder / "q.html").exists()


def test_a_raft_to_which_things_only_happen_is_no_pass(newcomer: CommandLine) -> None:
    ended = broken(newcomer, IDLE)
    assert ended.answer["steps"] > 0
    assert (ended.status, ended.answer["verdict"]) == (1, "vacuous")


def test_replay_says_what_it_reads(raftcheck: CommandLine) -> None:
    (raftcheck.folder / "t.ndjson").write_text("\n".join((*REFUSED, "")))
    (raftcheck.folder / "cut.json").write_text('{"vars": ["role", "lo')
    assert "a trace (`raftcheck validate t.ndjson` judges it)" in raftcheck("replay", "t.ndjson").err
    assert "or a behavior in JSON: ITF" in raftcheck("replay", "cut.json").err


@pytest.mark.parametrize("command", ["check", "faults"])
def test_seconds_are_a_number(raftcheck: CommandLine, command: str) -> None:
    ended = raftcheck(command, "--seconds", "nan")
    assert (ended.status, ended.out) == (2, "")
    assert "saw nan, expected a number above 0" in ended.err


def test_the_version_is_told(raftcheck: CommandLine) -> None:
    ended = raftcheck("--version")
    assert ended.status == 0
    assert re.fullmatch(r"raftcheck \d+\.\d+\S*\n", ended.out)


# scenarios


def test_the_scenarios_are_listed(raftcheck: CommandLine) -> None:
    assert "Figure8-5" in raftcheck("scenarios").out
    assert [found["goal"] for found in raftcheck("scenarios", "--json").answer["scenarios"]][:2] == [
        "Figure8"
    ] * 2


def test_a_way_to_a_goal_is_a_schedule_for_any_raft(raftcheck: CommandLine) -> None:
    goal = r"\E i, j \in leads : i # j /\ log[i] # <<>>"
    ended = raftcheck("scenarios", goal, "--schedule", "way.json", "--json")
    assert ended.status == 0
    assert ended.answer["rounds"] == ["Elect n1 n2", "ClientRequest n1", "Elect n2 n3"]
    assert ended.answer["actions"] == len(load(raftcheck.folder / "way.json").actions) == 7
    assert "7 actions; " in raftcheck("scenarios", goal).out
    assert raftcheck("replay", "way.json", "teaching").status == 0


def test_the_name_of_a_scenario_is_a_goal_within_its_bounds(raftcheck: CommandLine) -> None:
    ended = raftcheck("scenarios", "Figure8", "--schedule", "f8.json", "--json")
    assert (ended.status, ended.answer["actions"]) == (0, 16)
    assert raftcheck("scenarios", "VotesTwice-4", "--json").answer["rounds"] == ["ElectTwice n1 n2"]
    assert raftcheck("scenarios", "Figure8", "--terms", "2").status == 1
    target = "raftcheck.properties.faults:commit_old_term"
    refused = raftcheck("replay", "f8.json", target)
    assert refused.status == 1
    assert refused.out.endswith(f"replay    raftcheck replay f8.json {target}\n")


def test_a_goal_that_is_out_of_reach_or_none_is_told_of(raftcheck: CommandLine) -> None:
    nowhere = raftcheck("scenarios", r"\E i \in Server : term[i] = 2", "--terms", "1")
    assert nowhere.status == 1
    assert "no way found: there is none within these bounds" in nowhere.out
    late = raftcheck(
        "scenarios", "term = <<>>", "--servers", "5", "--terms", "9", "--seconds", "0.2", "--json"
    )
    assert (late.status, late.answer["stopped"]) == (3, "time")
    wrong = raftcheck("scenarios", "leads # Nobody")
    assert wrong.status == 2
    assert "GOAL:1:9: unknown operator `Nobody`" in wrong.err
    assert "GOAL:1:1: expected a number, saw (n1 :> 0 @@" in raftcheck("scenarios", "term + 1").err
    assert "GOAL: expected TRUE or FALSE, saw 1" in raftcheck("scenarios", "1").err
    at_once = raftcheck("scenarios", "leads = {}")
    assert at_once.out == "The goal holds before the first round.\n"


def test_all_schedules_begin_with_the_scenario_that_is_asked_for(raftcheck: CommandLine) -> None:
    ended = raftcheck(
        "check",
        "raftcheck.properties.faults:commit_old_term",
        "--scenario",
        "Figure8",
        "--json",
        "--processes",
        "1",
    )
    assert ended.status == 1
    assert ended.answer["directed"] == {"Figure8": 1}
    assert ended.answer["failure"]["name"] == "AdvanceCommitIndex"
    assert ended.answer["failure"]["actions"] <= 16
    table = raftcheck("check", "--scenario", "SplitVote", "--schedules", "2", "--processes", "1").out
    assert re.search(r"^directed +2 of them, by the scenario SplitVote", table, re.MULTILINE)
    refused = raftcheck("check", "--scenario", "Figure8", "--servers", "4")
    assert refused.status == 2
    assert "--scenario Figure8: it has 3 servers; expected one of HalfOfVotes-4, VotesTwice-4" in refused.err
