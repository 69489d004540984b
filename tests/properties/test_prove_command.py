"""`raftcheck prove`, seen from outside: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from raftcheck.properties import cli

COUNTER = r"""---- MODULE Counter ----
EXTENDS Naturals
CONSTANTS Node, Term
ASSUME Node # {} /\ Term \subseteq Nat /\ 0 \in Term
VARIABLES seen, lit
TypeOK == seen \in [Node -> SUBSET Term] /\ lit \in BOOLEAN
Init == seen = [n \in Node |-> {}] /\ lit = FALSE
See(n, t) == seen' = [seen EXCEPT ![n] = @ \cup {u \in Term : u <= t}] /\ UNCHANGED lit
Spread(n, m) == seen' = [seen EXCEPT ![n] = seen[m]] /\ lit' = TRUE
Skip(n, t) == seen' = [seen EXCEPT ![n] = @ \cup {t}] /\ UNCHANGED lit
Next == (\E n \in Node, t \in Term : See(n, t)) \/ (\E n, m \in Node : Spread(n, m))
NextWithSkip == Next \/ \E n \in Node, t \in Term : Skip(n, t)
InOrder == \A n \in Node, t, u \in Term : u <= t /\ t \in seen[n] => u \in seen[n]
Inductive == TypeOK /\ InOrder
Adds == \A n \in Node : 1 + 1 = 2
====
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    file = tmp_path / "Counter.tla"
    file.write_text(COUNTER)
    return file


def prove(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Exit status, stdout and stderr."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["prove", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, out, err


def test_a_proof_ends_with_0_and_a_table_of_conjuncts_and_actions(
    capsys: pytest.CaptureFixture[str], module: Path
) -> None:
    status, out, _ = prove(capsys, module)
    assert status == 0
    lines = [line.split() for line in out.splitlines() if line.strip()]
    assert lines[0] == ["conjunct", "Init", "1", "2"]
    assert [line[0] for line in lines[1:4]] == ["(can", "TypeOK", "InOrder"]
    assert re.search(r"1 +See\(n, t\)", out)
    assert re.search(r"2 +Spread\(n, m\)", out)
    assert lines[-1][:4] == ["proved:", "Inductive", "is", "inductive,"]


def test_a_refutation_ends_with_1_and_shows_the_step_in_two_states(
    capsys: pytest.CaptureFixture[str], module: Path
) -> None:
    status, out, _ = prove(capsys, module, "--next", "NextWithSkip")
    assert status == 1
    assert re.search(r"Skip\(n1, 1\) does not keep InOrder", out)
    assert re.search(r"seen +\(n1 :> \{\}\) +\(n1 :> \{1\}\)", out)
    assert re.search(r"lit +(TRUE|FALSE) +the same", out)
    assert "refuted: Inductive is not inductive (1 refuted, 0 unknown, 11 proved of 12" in out


def test_json_has_every_obligation(capsys: pytest.CaptureFixture[str], module: Path) -> None:
    status, out, _ = prove(capsys, module, "--next", "NextWithSkip", "--json", "--processes", "1")
    answer: dict[str, Any] = json.loads(out)
    assert (status, answer["verdict"]) == (1, "refuted")
    assert answer["actions"] == ["See", "Spread", "Skip"]
    assert len(answer["obligations"]) == 12
    first = answer["obligations"][0]
    assert (first["action"], first["conjunct"], first["verdict"]) == ("Skip", "InOrder", "refuted")
    assert first["counterexample"]["arguments"] == {"n": "n1", "t": "1"}
    assert first["counterexample"]["constants"] == {"Node": "{n1}", "Term": "{0, 1}"}
    assert first["counterexample"]["before"]["seen"] == "(n1 :> {})"
    assert all(other["counterexample"] is None for other in answer["obligations"][1:])


def test_an_action_that_is_never_taken_ends_with_1(capsys: pytest.CaptureFixture[str], module: Path) -> None:
    module.write_text(COUNTER.replace("lit' = TRUE", "lit' = TRUE /\\ lit' = lit /\\ ~lit"))
    status, out, _ = prove(capsys, module)
    assert status == 1
    assert "vacuous: Spread can never happen where Inductive holds" in out


def test_no_answer_in_time_ends_with_3(capsys: pytest.CaptureFixture[str], module: Path) -> None:
    status, out, _ = prove(capsys, module, "--time-limit", "1e-9")
    assert status == 3
    assert "unknown: no proof within the time limit, nothing is refuted" in out


def test_what_is_outside_of_the_fragment_ends_with_2_in_one_line(
    capsys: pytest.CaptureFixture[str], module: Path
) -> None:
    status, out, err = prove(capsys, module, "--invariant", "Adds")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    place = COUNTER.split("1 + 1")[0]
    line, column = place.count("\n") + 1, len(place) - place.rindex("\n")
    assert err.startswith(f"raftcheck: {module}:{line}:{column}: `+` is outside of the symbolic fragment")


@pytest.mark.parametrize("option", ["--invariant", "--next", "--init", "--types"])
def test_a_definition_that_is_not_there_is_bad_input(
    capsys: pytest.CaptureFixture[str], module: Path, option: str
) -> None:
    status, _, err = prove(capsys, module, option, "Inductiv")
    assert status == 2
    assert f"{module}: module `Counter` defines no `Inductiv`" in err


def test_the_states_shown_do_not_depend_on_the_number_of_processes(
    capsys: pytest.CaptureFixture[str], module: Path
) -> None:
    def shown(processes: str) -> list[Any]:
        arguments = ("--next", "NextWithSkip", "--json", "--processes", processes)
        found = json.loads(prove(capsys, module, *arguments)[1])["obligations"]
        return [each["counterexample"] for each in found]

    assert shown("1") == shown("2") == shown("3")


def test_what_is_no_module_or_no_formula_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], module: Path
) -> None:
    assert prove(capsys, ".")[::2] == (
        2,
        "raftcheck: .: cannot be read (Is a directory); expected a TLA+ module\n",
    )
    status, _, err = prove(capsys, module, "--next", "See")
    assert status == 2
    assert err.endswith("`See` has parameters, expected a definition without\n")


def a_proof_that_is_stopped(root: Path, stop: Callable[[int, int], None]) -> tuple[int, dict[str, Any]]:
    """Status and answer, where `stop` is given the processes of the proof and of a worker in its midst.

    RaftAbstract takes long enough for that.
    """
    code = "from raftcheck.properties.entry import main; main()"
    command = [sys.executable, "-c", code, "prove", root / "spec" / "RaftAbstract.tla"]
    with subprocess.Popen(
        [*command, "--json", "--processes", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while process.poll() is None and len(children.read_text().split()) < 2:
            os.sched_yield()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2.0)
        stop(process.pid, int(children.read_text().split()[0]))
        out, _ = process.communicate(timeout=60)
    answer = json.loads(out)
    assert 0 < len(answer["obligations"]) < (1 + len(answer["conjuncts"])) * (1 + len(answer["actions"]))
    return process.returncode, answer


def test_an_interrupted_proof_keeps_what_was_decided(root: Path) -> None:
    status, answer = a_proof_that_is_stopped(root, lambda proof, worker: os.kill(proof, signal.SIGINT))
    assert (status, answer["verdict"]) == (130, "interrupted")


def test_a_proof_of_which_a_process_is_killed_proves_nothing_more(root: Path) -> None:
    status, answer = a_proof_that_is_stopped(root, lambda proof, worker: os.kill(worker, signal.SIGKILL))
    assert (status, answer["verdict"]) == (3, "unknown")
    assert answer["reason"].startswith("unknown: a process was ended from outside, or for want of memory")


@pytest.mark.parametrize("command", ["prove", "check"])
def test_a_command_that_is_killed_leaves_no_process_behind(command: str) -> None:
    """SIGKILL cannot be caught, so the workers must see for themselves that nobody waits for them."""
    code = "from raftcheck.properties.entry import main; main()"
    words = [sys.executable, "-c", code, command, "--processes", "2"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while process.poll() is None and len(children.read_text().split()) < 2:
            os.sched_yield()
        workers = [psutil.Process(int(pid)) for pid in children.read_text().split()]
        process.kill()

    _, alive = psutil.wait_procs(workers, timeout=10)

    for worker in alive:
        worker.kill()
    assert (len(workers), alive) == (2, [])


def test_raftabstract_is_proved_for_any_number_of_servers(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = prove(capsys, "--json")
    answer = json.loads(out)
    assert (status, answer["verdict"]) == (0, "proved"), answer["reason"]
    properties = {"ElectionSafety", "LogMatching", "LeaderCompleteness", "StateMachineSafety"}
    assert properties <= set(answer["conjuncts"])
    assert len(answer["obligations"]) == (1 + len(answer["conjuncts"])) * (1 + len(answer["actions"]))


@pytest.mark.deep
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_raftabstract_is_proved_under_five_seeds(capsys: pytest.CaptureFixture[str], seed: int) -> None:
    status, out, _ = prove(capsys, "--json", "--seed", str(seed))
    answer = json.loads(out)
    assert (status, answer["verdict"]) == (0, "proved"), answer["reason"]
