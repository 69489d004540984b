"""`raftcheck model`, seen from outside: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from raftcheck.properties import cli
from raftcheck.properties.modelverdict import blame
from raftcheck.tla.behaviors import from_itf
from raftcheck.tla.checker import Violation
from raftcheck.tla.errors import TlaError
from raftcheck.tla.modules import parse
from raftcheck.tla.tlc import JAR, Tlc

GOLDEN = Path(__file__).parent / "golden"

LIFT = r"""---- MODULE Lift ----
EXTENDS Integers
CONSTANTS Top, Person, Nobody
VARIABLES floor, called, inside
vars == <<floor, called, inside>>
Init == floor = 0 /\ called = [p \in Person |-> 0] /\ inside = Nobody
Call(p, to) == called[p] = 0 /\ called' = [called EXCEPT ![p] = to] /\ UNCHANGED <<floor, inside>>
Move(to) == (\E p \in Person : called[p] = to) /\ floor' = to /\ UNCHANGED <<called, inside>>
Enter(p) == called[p] = floor /\ floor > 0 /\ inside' = p /\ UNCHANGED <<floor, called>>
Sleep == floor > Top /\ UNCHANGED vars
Next == (\E p \in Person, to \in 1..Top : Call(p, to)) \/ (\E to \in 1..Top : Move(to))
        \/ (\E p \in Person : Enter(p)) \/ Sleep
Spec == Init /\ [][Next]_vars
InTheLift == inside \in Person \cup {Nobody}
Empty == inside = Nobody
Upwards == [][floor' >= floor]_floor
Counted == inside = Nobody \/ floor = "top"
====
"""
LIFT_OF_2 = "SPECIFICATION Spec CONSTANTS Top = 2 Person = {ann, bob} Nobody = Nobody CHECK_DEADLOCK FALSE\n"


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


def write_lift(folder: Path, statements: str, behavior: str = LIFT_OF_2) -> None:
    (folder / "Lift.tla").write_text(LIFT)
    (folder / "Lift.cfg").write_text(behavior + statements)


class CommandLine:
    """Runs `raftcheck model` in this process, in a directory with nothing but Lift.tla and Lift.cfg."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.configure("INVARIANT InTheLift")

    def configure(self, statements: str, behavior: str = LIFT_OF_2) -> None:
        write_lift(self.folder, statements, behavior)

    def __call__(self, *arguments: str) -> Ended:
        with pytest.raises(SystemExit) as ended:
            cli.main(["model", *arguments])
        captured = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        assert "Traceback" not in captured.err
        return Ended(ended.value.code, captured.out, captured.err)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(tmp_path, capsys)


def timeless(text: str) -> str:
    """Without what differs from run to run."""
    text = re.sub(r"(?m)^(time +).*$", r"\1...", text)
    return re.sub(r"(?m) +$", "", text)


def process(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The same in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from raftcheck.properties.cli import main; main()", "model", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


# --- what is printed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "statements", "arguments", "status"),
    [
        ("holds", "INVARIANT InTheLift", [], 0),
        ("invariant", "INVARIANTS InTheLift Empty", [], 1),
        ("property", "PROPERTY Upwards", [], 1),
        ("error", "INVARIANTS InTheLift Counted", [], 1),
        ("bounded", "INVARIANT InTheLift", ["--depth", "2"], 3),
        ("simulated", "INVARIANT InTheLift", ["--simulate", "--walks", "3", "--depth", "10"], 3),
    ],
)
def test_people_read_this(
    model: CommandLine, name: str, statements: str, arguments: list[str], status: int
) -> None:
    """UPDATE_GOLDEN=1 writes it anew."""
    model.configure(statements)
    ended = model("Lift.tla", *arguments)
    golden = GOLDEN / f"model-{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(timeless(ended.out))
    assert timeless(ended.out) == golden.read_text()
    assert ended.status == status
    assert ended.err == ""


def test_without_a_module_it_is_the_spec_of_raft(model: CommandLine) -> None:
    ended = model()
    assert ended.status == 0
    assert re.search(r"(?m)^model +MCraft.tla with MCraft1.cfg", ended.out)
    assert re.search(r"(?m)^never taken +DropStaleResponse", ended.out)
    assert "2,093 distinct of 23,547 generated, 1 initial, depth 19" in ended.out


def test_the_suffix_of_a_module_may_be_left_out(model: CommandLine) -> None:
    assert timeless(model("Lift").out) == timeless(model("Lift.tla").out)


def test_json_is_one_object(model: CommandLine) -> None:
    model.configure("INVARIANT Empty")
    answer = model("Lift.tla", "--json").answer
    assert (answer["verdict"], answer["stopped"]) == ("violated", "")
    assert (answer["initial"], answer["engine"]) == (1, "raftcheck")
    assert answer["actions"].keys() == {"Call", "Move", "Enter", "Sleep"}
    assert answer["never_taken"] == ["Sleep"]
    assert sum(count["new"] for count in answer["actions"].values()) == answer["distinct"] - 1
    found = answer["violation"]
    assert (found["kind"], found["name"], found["message"]) == ("invariant", "Empty", "")
    assert from_itf(found["behavior"]).labels[1:] == ("Call(ann, 1)", "Move(1)", "Enter(ann)")


@pytest.mark.parametrize(
    ("alias", "names", "said"),
    [
        ("Shown == [at |-> floor, then |-> floor'] @@ [who |-> inside]", ("at", "then", "who"), ""),
        ("Shown == [at |-> floor.number]", ("floor", "called", "inside"), "alias        not shown: "),
        ("Shown == floor", ("floor", "called", "inside"), ""),
    ],
)
def test_an_alias_is_shown_in_place_of_the_variables(
    model: CommandLine, alias: str, names: tuple[str, ...], said: str
) -> None:
    model.configure("INVARIANT Empty ALIAS Shown")
    text = LIFT.replace("Integers", "Integers, TLC").replace("====\n", f"{alias}\n====\n")
    (model.folder / "Lift.tla").write_text(text)
    shown = from_itf(model("Lift.tla", "--json").answer["violation"]["behavior"])
    assert shown.variables == names
    assert said in model("Lift.tla").out
    if "then" in names:
        assert [state[:2] for state in shown.states] == [(0, 0), (0, 1), (1, 1), (1, 1)]


def test_a_violation_that_tlc_does_not_name_is_one_of_the_configuration() -> None:
    assert blame(Violation("property", "", ())) == "a property of the configuration is false"
    assert blame(Violation("invariant", "", ())) == "an invariant of the configuration is false"


def test_an_alias_knows_the_level_of_the_state_that_it_shows(model: CommandLine) -> None:
    model.configure("INVARIANT Empty ALIAS Shown")
    text = LIFT.replace("Integers", "Integers, TLC")
    (model.folder / "Lift.tla").write_text(
        text.replace("====\n", 'Shown == [at |-> floor, step |-> TLCGet("level")]\n====\n')
    )
    shown = from_itf(model("Lift.tla", "--json").answer["violation"]["behavior"])
    assert shown.states == ((0, 1), (0, 2), (1, 3), (1, 4))


UNCHECKED = """Sleepless == 1 > 2
Served == <>(inside # Nobody)
===="""


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--simulate", "--depth", "1", "--seconds", "0.2"], "(a simulation)"),
        (["--depth", "1"], "(the search is not complete)"),
    ],
)
def test_what_takes_all_states_is_not_said_to_be_checked(
    model: CommandLine, arguments: list[str], why: str
) -> None:
    model.configure("INVARIANT InTheLift PROPERTIES Served Upwards POSTCONDITION Sleepless")
    (model.folder / "Lift.tla").write_text(LIFT.replace("====", UNCHECKED))
    ended = model("Lift.tla", *arguments)
    assert ended.status == 3
    out = " ".join(ended.out.split())
    assert f" checked InTheLift, Upwards not checked Served, Sleepless {why} verdict" in out
    answer = model("Lift.tla", *arguments, "--json").answer
    assert answer["checked"] == ["InTheLift", "Upwards"]
    assert answer["not_checked"] == ["Served", "Sleepless"]


def test_a_postcondition_is_violated_without_a_behavior(model: CommandLine) -> None:
    model.configure("POSTCONDITION Sleepless")
    (model.folder / "Lift.tla").write_text(LIFT.replace("====\n", "Sleepless == 1 > 2\n====\n"))
    ended = model("Lift.tla")
    assert ended.status == 1
    assert "violated: postcondition Sleepless is false" in ended.out
    assert model("Lift.tla", "--json").answer["violation"]["behavior"] is None


def test_a_counterexample_as_itf_has_stdout_for_itself(model: CommandLine) -> None:
    model.configure("INVARIANT Empty")
    ended = model("Lift.tla", "--format", "itf")
    assert ended.status == 1
    assert from_itf(json.loads(ended.out)).variables == ("floor", "called", "inside")
    assert "invariant Empty is false after 3 steps" in " ".join(ended.err.split())


@pytest.mark.parametrize(("file", "module"), [("Trap.tla", "Trap"), ("trap.txt", "Lift_counterexample")])
def test_a_counterexample_as_a_module_goes_to_a_file(model: CommandLine, file: str, module: str) -> None:
    model.configure("INVARIANT Empty")
    ended = model("Lift.tla", "--format", "tla", "--output", file)
    assert ended.status == 1
    assert ended.out.endswith(f"\nthe counterexample is in {file}\n")
    written = parse((model.folder / file).read_text(), f"{module}.tla")
    assert {"Top", "Person", "Behavior", "Actions"} <= set(written.definitions)


def test_where_nothing_is_violated_nothing_is_written(model: CommandLine) -> None:
    ended = model("Lift.tla", "--format", "itf", "--output", "x.json")
    assert ended.status == 0
    assert "holds: in every reachable state" in ended.out
    assert not (model.folder / "x.json").exists()


def test_what_the_model_prints_is_news_of_the_search(model: CommandLine) -> None:
    (model.folder / "Say.tla").write_text(
        "---- MODULE Say ----\nEXTENDS TLC\nVARIABLE x\n"
        "Init == x = 0 /\\ PrintT(<<x>>)\nNext == UNCHANGED x\n====\n"
    )
    (model.folder / "Say.cfg").write_text("INIT Init NEXT Next")
    ended = model("Say.tla")
    assert ended.err == "<<0>>\n"
    assert "<<0>>" not in ended.out


# --- how it ends --------------------------------------------------------------------------------------


def test_a_deadlock_is_a_violation_unless_it_is_switched_off(model: CommandLine) -> None:
    (model.folder / "Once.tla").write_text(
        "---- MODULE Once ----\nVARIABLE x\nInit == x = 0\nNext == x = 0 /\\ x' = 1\n====\n"
    )
    (model.folder / "Once.cfg").write_text("INIT Init NEXT Next")
    ended = model("Once.tla")
    assert ended.status == 1
    assert "violated: deadlock after 1 step" in ended.out
    assert model("Once.tla", "--no-deadlock").status == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--memory", "1MB"], "the memory was used up"),
        (["--seconds", "0.05"], "the time was over"),
        (["--depth", "3"], "the depth was reached"),
        (["--simulate", "--walks", "2"], "a simulation sees a part of the states"),
        (["--simulate", "--seconds", "0.05"], "the time was over"),
    ],
)
def test_what_is_not_complete_does_not_hold(model: CommandLine, arguments: list[str], reason: str) -> None:
    ended = model("--json", *arguments)
    assert ended.status == 3
    assert ended.answer["verdict"] == "incomplete"
    assert ended.answer["reason"].startswith(f"not complete: {reason}")
    assert ended.answer["violation"] is None


def test_a_simulation_follows_from_its_seed(model: CommandLine) -> None:
    model.configure("INVARIANT Empty")
    once, again, other = (
        model("Lift.tla", "--simulate", "--seed", seed, "--json").answer for seed in ("1", "1", "2")
    )
    assert once["verdict"] == "violated"
    assert once["violation"] == again["violation"]
    assert once["violation"] != other["violation"]


def test_where_no_state_is_initial_nothing_was_checked(model: CommandLine) -> None:
    (model.folder / "Lift.tla").write_text(LIFT.replace("floor = 0 /\\", "floor \\in {} /\\"))
    ended = model("Lift.tla")
    assert ended.status == 1
    assert "vacuous: there is no initial state" in ended.out


def test_a_module_without_a_behavior_has_its_assumptions_checked(model: CommandLine) -> None:
    (model.folder / "Sum.tla").write_text("---- MODULE Sum ----\nEXTENDS Naturals\nASSUME 1 + 1 = 2\n====\n")
    (model.folder / "Sum.cfg").write_text("")
    ended = model("Sum.tla")
    assert ended.status == 0
    assert "holds: every ASSUME is true" in ended.out


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_what_was_found(tmp_path: Path, end: signal.Signals) -> None:
    (tmp_path / "Count.tla").write_text(
        "---- MODULE Count ----\nEXTENDS Naturals\nVARIABLE x\nInit == x = 0\nNext == x' = x + 1\n====\n"
    )
    (tmp_path / "Count.cfg").write_text("INIT Init NEXT Next")
    with process(tmp_path, "Count.tla", "--json", "--seconds", "60") as running:
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(timeout=4)
        running.send_signal(end)
        out, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err == b""
    assert json.loads(out)["stopped"] == "interrupt"
    assert json.loads(out)["distinct"] > 0


def test_a_reader_that_goes_gets_no_traceback(tmp_path: Path) -> None:
    write_lift(tmp_path, "INVARIANT Empty")
    with process(tmp_path, "Lift.tla") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_a_file_that_cannot_be_written_is_named(model: CommandLine) -> None:
    model.configure("INVARIANT Empty")
    ended = model("Lift.tla", "--output", "/dev/full")
    assert ended.status == 2
    assert ended.err.startswith("raftcheck: /dev/full: No space left on device; expected a file")


# --- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Left.tla"], "Left.tla: no such file; expected a TLA+ module"),
        (
            ["Lift.tla", "--config", "none.cfg"],
            "none.cfg: No such file or directory, expected a configuration file",
        ),
        (
            ["Lift.tla", "--memory", "much"],
            "Invalid value for '--memory': saw much, expected a size such as 4GB or 512MiB",
        ),
        (["Lift.tla", "--walks", "3"], "--walks and --seed are for --simulate"),
        (
            ["Lift.tla", "--simulate", "--memory", "1GB"],
            "--memory and --workers are for a search, and not for --simulate",
        ),
        (
            ["Lift.tla", "--engine", "tlc", "--depth", "3"],
            "--depth is nothing that TLC can bound; expected --seconds or --memory",
        ),
        (
            ["Lift.tla", "--seconds", "nan"],
            "Invalid value for '--seconds': saw nan, expected a number above 0",
        ),
        (
            ["Lift.tla", "--seconds", "0"],
            "Invalid value for '--seconds': saw 0, expected a number above 0",
        ),
        (
            ["Lift.tla", "--memory", "nan"],
            "Invalid value for '--memory': saw nan, expected a size such as 4GB or 512MiB",
        ),
        (
            ["Lift.tla", "--output", "no/where"],
            "no/where: No such file or directory; expected a file that can be written",
        ),
    ],
)
def test_bad_usage_is_one_line(model: CommandLine, arguments: list[str], message: str) -> None:
    ended = model(*arguments)
    assert (ended.status, ended.out, ended.err) == (2, "", f"raftcheck: {message}\n")


def test_a_configuration_is_looked_for_beside_the_module(model: CommandLine) -> None:
    (model.folder / "Lift.cfg").unlink()
    ended = model("Lift.tla")
    message = "Lift.cfg: no such file; expected the configuration there, or --config FILE"
    assert (ended.status, ended.out, ended.err) == (2, "", f"raftcheck: {message}\n")


NESTED = LIFT.replace("floor > 0", "(" * 40_000 + "floor > 0" + ")" * 40_000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Lift.tla: no TLA+ module in it; expected `---- MODULE Lift ----`"),
        (LIFT[:400], "Lift.tla:"),
        (LIFT.replace("MODULE Lift", "MODULE Left"), "Lift.tla:1:13: module `Left` stands in a file of"),
        (LIFT.replace("EXTENDS Integers", "EXTENDS Integer"), "Lift.tla:2:9: no module `Integer`"),
        (LIFT.replace("EXTENDS Integers", "EXTENDS Lift"), "Lift.tla:2:9: module `Lift` extends itself"),
        (LIFT.replace("floor' = to", "flor' = to"), "Lift.tla:8:51: "),
        (LIFT.replace("Enter(p))", "Enter(p, p))"), "Lift.tla:12:31: `Enter` takes 1 argument"),
        (NESTED, "Lift.tla: an expression in it is nested too deeply"),
    ],
)
def test_a_bad_module_is_one_line_with_the_place(model: CommandLine, text: str, message: str) -> None:
    (model.folder / "Lift.tla").write_text(text)
    ended = model("Lift.tla")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"raftcheck: {message}")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("SPECIFICATIN Spec", "Lift.cfg:1:1: saw `SPECIFICATIN`, expected a keyword"),
        ("SPECIFICATION Spec", "Lift.cfg: the constant `Top` (Lift.tla:3:11) is given no value"),
        (
            f"{LIFT_OF_2} INVARIANT InTheList",
            "Lift.cfg:2:12: module `Lift` defines no `InTheList`; did you mean `InTheLift`?",
        ),
        (f"{LIFT_OF_2} INVARIANT Sleep", "Lift.cfg:2:12: expected `Sleep` to be a state predicate"),
        (f"{LIFT_OF_2} INVARIANT Move", "Lift.cfg:2:12: `Move` takes 1 argument"),
        ("CONSTANT Top = {1, 2", "Lift.cfg:1:21: saw the end, expected `,` or `}`"),
    ],
)
def test_a_bad_configuration_is_one_line_with_the_place(
    model: CommandLine, config: str, message: str
) -> None:
    model.configure("", behavior=config)
    ended = model("Lift.tla")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"raftcheck: {message}")
    assert ended.err.count("\n") == 1


# --- TLC ----------------------------------------------------------------------------------------------


def test_without_tlc_the_message_says_what_to_do(model: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(JAR, "nowhere.jar")
    ended = model("Lift.tla", "--engine", "tlc")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"raftcheck: {JAR} names nowhere.jar, which is not a file")


def test_tlc_says_the_same(model: CommandLine) -> None:
    """But for the arguments of actions, which older versions of TLC do not tell."""
    try:
        Tlc.find()
    except TlaError as error:
        pytest.skip(str(error))
    model.configure("INVARIANT Empty", behavior=LIFT_OF_2.replace("CHECK_DEADLOCK FALSE", ""))
    ours, tlcs = (model("Lift.tla", "--json", "--engine", engine) for engine in ("raftcheck", "tlc"))
    assert ours.status == tlcs.status == 1
    for same in ("verdict", "reason", "initial", "never_taken"):
        assert ours.answer[same] == tlcs.answer[same]
    first, second = (from_itf(ended.answer["violation"]["behavior"]) for ended in (ours, tlcs))
    assert first.variables == second.variables
    assert len(first.states) == len(second.states)
