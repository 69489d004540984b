"""The pytest plugin, by runs of pytest in folders of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import raftcheck.properties.conformance  # noqa: F401 (once, and not again in every run)
from raftcheck.properties.cli import main
from raftcheck.properties.conformance import GROUP, MOST_GROUPS, groups

pytest_plugins = ["pytester"]

TINY = (Path(__file__).parent / "tiny_raft.py").read_text(encoding="utf-8")
WRONG = TINY.replace("free = self.vote in", "free = True or self.vote in")
TESTS = """
    from tiny_raft import tiny
    from raftcheck.properties.conformance import conformance_test

    test_tiny = conformance_test(start=tiny.start, caps=tiny.caps, schedules=30)
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with a Raft that conforms, and one that gives its vote to everybody."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--raft-servers=3")
    for name in ("CI", "BUILD_NUMBER"):  # there pytest's summary has the whole of a failure again
        monkeypatch.delenv(name, raising=False)
    assert WRONG != TINY
    pytester.makepyfile(tiny_raft=TINY, wrong_raft=WRONG)
    return pytester


def trace(project: pytest.Pytester, *folders: str) -> Path:
    """A trace of a few schedules' length."""
    path = project.mkdir(folders[0]) / "run.ndjson" if folders else project.path / "run.ndjson"
    with pytest.raises(SystemExit):
        main(["check", "--schedules", "1", "--length", "60", "--processes", "1", "--trace", str(path)])
    return path


def test_a_target_is_tested_in_groups_of_schedules(project: pytest.Pytester) -> None:
    done = project.runpytest("--raft", "tiny_raft:tiny", f"--raft-schedules={GROUP + 1}", "-v")
    done.assert_outcomes(passed=2)
    done.stdout.fnmatch_lines(
        ["*raft tiny_raft:tiny::schedules?0-24? PASSED*", "*raft tiny_raft:tiny::schedules?25-25? PASSED*"]
    )


def test_a_failure_shows_the_smallest_schedule_and_how_to_see_it_again(
    project: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    done = project.runpytest("--raft", "wrong_raft:tiny", "--raft-schedules=10")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "line *: n? HandleRequestVoteRequest is not a step of raft.tla",
            "  false     votedFor[[]i] *",
            "wrong_raft:tiny, seed 0/*: * actions on n1, *",
            "  1  tick timer of n? fires",
            "replay    raftcheck replay .raftcheck/failures/*/schedule.json",
            "FAILED raft wrong_raft:tiny::schedules?0-9? - *line *",
        ]
    )
    done.stdout.no_fnmatch_line("*.py:*")  # nobody wants to know where in raftcheck it was found
    (replay,) = (line for line in done.outlines if line.startswith("replay "))
    with pytest.raises(SystemExit) as ended:
        main(replay.split()[2:])
    assert ended.value.code == 1
    assert "HandleRequestVoteRequest is not a step of raft.tla" in capsys.readouterr().out


def test_the_seed_and_the_number_of_servers_can_be_chosen(project: pytest.Pytester) -> None:
    options = ["--raft-schedules=5", "--raft-servers=5", "--raft-seed=7"]
    done = project.runpytest("--raft", "wrong_raft:tiny", *options)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["wrong_raft:tiny, seed 7/*"])
    assert_servers(project, {"wrong_raft_tiny": 5})


def assert_servers(project: pytest.Pytester, expected: dict[str, int]) -> None:
    """Shrinking may leave fewer servers, never more than there were."""
    for target, most in expected.items():
        (file,) = project.path.glob(f".raftcheck/failures/{target}-*/schedule.json")
        assert 2 <= len(json.loads(file.read_text())["servers"]) <= most


def test_a_conformance_test_is_collected_from_a_file_of_tests(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_all=TESTS
        + """
    class TestTiny:
        test_within = conformance_test(tiny.start, tiny.caps, schedules=2, servers=3, seed=1)

    not_a_test = conformance_test(tiny.start, tiny.caps)

    def test_another():
        pass
    """
    )
    done = project.runpytest("--collect-only", "-q")
    assert [line for line in done.outlines if "::" in line] == [
        "test_all.py::test_tiny[0-24]",
        "test_all.py::test_tiny[25-29]",
        "test_all.py::TestTiny::test_within[0-1]",
        "test_all.py::test_another",
    ]
    project.runpytest().assert_outcomes(passed=4)
    project.runpytest("-m", "raftcheck").assert_outcomes(passed=3, deselected=1)


def test_options_overrule_what_a_conformance_test_says(project: pytest.Pytester) -> None:
    project.makepyfile(test_all=TESTS)
    project.runpytest("--raft-schedules=3").assert_outcomes(passed=1)


def test_marks_are_those_of_pytest(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_all=TESTS.replace("schedules=30", "marks=[pytest.mark.skip(reason='a mark')]").replace(
            "from tiny_raft", "import pytest\n    from tiny_raft"
        )
    )
    project.runpytest("-rs").assert_outcomes(skipped=4)


def test_a_failing_conformance_test_says_how_to_replay_it(
    project: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project.mkdir("tests")
    (folder / "tiny_raft.py").write_text(WRONG)
    (folder / "test_all.py").write_text(
        "from tiny_raft import tiny\n"
        "from raftcheck.properties.conformance import conformance_test\n"
        "class TestWrong:\n"
        "    test_wrong = conformance_test(tiny.start, tiny.caps, schedules=10)\n"
    )
    (project.path / "tiny_raft.py").unlink()
    done = project.runpytest("--import-mode=prepend")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["tests/test_all.py:TestWrong.test_wrong, seed 0/*: * actions on n1, *"])
    done.stdout.no_fnmatch_line("*Error*")
    (replay,) = (line for line in done.outlines if line.startswith("replay "))
    with pytest.raises(SystemExit) as ended:
        main(replay.split()[2:])
    assert ended.value.code == 1
    assert "HandleRequestVoteRequest is not a step of raft.tla" in capsys.readouterr().out


def test_a_conformance_test_of_no_implementation_is_refused(project: pytest.Pytester) -> None:
    project.makepyfile(test_all=TESTS.replace("caps=tiny.caps", "caps='stream'"))
    done = project.runpytest()
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["E *TargetError: caps = 'stream'; expected a Caps *"])


def test_a_raft_that_does_nothing_fails(project: pytest.Pytester) -> None:
    project.makepyfile(lazy=TINY.replace('return ["tick"]', "return []"))
    done = project.runpytest("--raft", "lazy:tiny", "--raft-schedules=2")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["vacuous: no action of raft.tla *"])


def test_a_target_that_is_not_there_is_told_in_a_line(project: pytest.Pytester) -> None:
    done = project.runpytest("--raft", "tiny_raft:tino")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(
        [
            "target `tiny_raft:tino`: module `tiny_raft` has no `tino`; did you mean `tiny`?",
            "ERROR raft tiny_raft:tino*",
        ]
    )
    done.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize("option", ["--raft-schedules=0", "--raft-servers=many"])
def test_a_wrong_number_is_told_in_a_line(project: pytest.Pytester, option: str) -> None:
    done = project.runpytest(option)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"*{option.partition('=')[0]}: saw *, expected a number from 1 to *"])


def test_traces_that_nobody_named_are_left_alone(project: pytest.Pytester) -> None:
    project.makefile(".ndjson", other='{"of": "another program"}')
    assert project.runpytest().ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_trace_that_is_named_is_judged(project: pytest.Pytester) -> None:
    path = trace(project)
    project.runpytest(path.name).assert_outcomes(passed=1)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if '"Timeout"' not in line))
    done = project.runpytest(path.name)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["run.ndjson:*: n? * is not a step of raft.tla", "  before *"])


def test_the_traces_of_a_folder_are_judged(project: pytest.Pytester) -> None:
    trace(project, "traces")
    project.makefile(".ndjson", other='{"of": "another program"}')
    project.makeini("[pytest]\nraft_traces = traces\n")
    done = project.runpytest("-v")
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["traces/run.ndjson::trace PASSED*"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"of": "another program"}\n', "strange.ndjson:1: no field `of`*"),
        ("", "strange.ndjson: the file is empty; expected a trace*"),
    ],
)
def test_a_file_that_is_no_trace_is_told_in_a_line(project: pytest.Pytester, text: str, told: str) -> None:
    (project.path / "strange.ndjson").write_text(text)
    done = project.runpytest("strange.ndjson")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines([told])
    done.stdout.no_fnmatch_line("*Traceback*")


def test_a_trace_in_which_nothing_happens_fails(project: pytest.Pytester) -> None:
    path = trace(project)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]))
    done = project.runpytest(path.name)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["run.ndjson: no action of raft.tla was taken *"])


def test_known_failures_are_passed_over(project: pytest.Pytester) -> None:
    wrong = ["--raft", "wrong_raft:tiny", "--raft-schedules=10"]
    project.runpytest(*wrong, "--raft-known=HandleRequestVoteRequest").assert_outcomes(passed=1)
    project.runpytest(*wrong, "--raft-known=Restart").assert_outcomes(failed=1)
    done = project.runpytest(*wrong, "--raft-known=Restrat")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(
        ["ERROR: --raft-known: no failure is called `Restrat`; did you mean `Restart`?*"]
    )


STEPS_DOWN = """\
{"event":"Init","server":"n1","state":{"role":"Follower","current_term":0,"log":[],"commit_index":0}}
{"event":"Init","server":"n2","state":{"role":"Follower","current_term":0,"log":[],"commit_index":0}}
{"event":"Timeout","server":"n1","timer":"election","state":{"role":"Candidate","current_term":1}}
{"event":"Timeout","server":"n1","timer":"quorum","sends":[],"state":{"role":"Follower","current_term":1}}
"""


def test_traces_are_judged_with_the_liberties_that_are_named(project: pytest.Pytester) -> None:
    project.mkdir("traces").joinpath("run.ndjson").write_text(STEPS_DOWN)
    project.runpytest("traces/run.ndjson").assert_outcomes(failed=1)
    project.runpytest("traces/run.ndjson", "--raft-liberty=StepDown").assert_outcomes(passed=1)
    done = project.runpytest("--raft-liberty=StepUp")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: no liberty is called `StepUp`; expected one of StepDown, *"])
    project.makeini("[pytest]\nraft_traces = traces\nraft_liberties = StepDown LeaderEntry\n")
    project.runpytest().assert_outcomes(passed=1)


def test_what_failed_last_is_run_again(project: pytest.Pytester) -> None:
    targets = ["--raft", "tiny_raft:tiny", "--raft", "wrong_raft:tiny", "--raft-schedules=30"]
    project.runpytest(*targets, "-k", "0-24").assert_outcomes(passed=1, failed=1, deselected=2)
    done = project.runpytest(*targets, "--lf", "-v")
    done.assert_outcomes(failed=1, deselected=3)
    done.stdout.fnmatch_lines(["*raft wrong_raft:tiny::schedules?0-24? FAILED*"])
    project.runpytest(*targets, "-x", "-k", "wrong_raft").assert_outcomes(failed=1, deselected=2)


def test_processes_of_xdist_find_the_same(project: pytest.Pytester) -> None:
    project.makepyfile(test_all=TESTS)
    arguments = ["--raft", "wrong_raft:tiny", "--raft-schedules=40", "-rA"]
    alone = project.runpytest(*arguments)
    alone.assert_outcomes(passed=2, failed=2)
    reports = kept(project)
    spread = project.runpytest_subprocess(*arguments, "-n2")
    spread.assert_outcomes(passed=2, failed=2)
    assert kept(project) == reports
    assert told(spread) == told(alone)


def kept(project: pytest.Pytester) -> dict[str, str]:
    """The reports of all failures, which are then thrown away."""
    found = {}
    for path in sorted(project.path.glob(".raftcheck/failures/*/report.txt")):
        found[path.parent.name] = path.read_text()
        path.unlink()
    assert found
    return found


def told(done: pytest.RunResult) -> list[str]:
    return sorted(line.partition(" - ")[0] for line in done.outlines if line.startswith(("PASSED", "FAILED")))


def test_pytest_does_not_become_slow_where_raftcheck_is_not_used(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.makepyfile(test_any="def test_any(): pass")
    program = (
        "import sys, pytest; pytest.main(['test_any.py', '-p', 'no:hypothesispytest'])\n"
        "print('loaded', *sorted(name for name in sys.modules if name.startswith('raftcheck')))"
    )
    monkeypatch.delenv("PYTEST_ADDOPTS")
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=project.path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == (
        "loaded raftcheck raftcheck.properties raftcheck.properties.plugin"
    )


def test_many_schedules_make_larger_groups_and_not_more() -> None:
    for schedules in (1, GROUP, GROUP * MOST_GROUPS, 10 * GROUP * MOST_GROUPS + 1):
        grouped = list(groups(schedules))
        assert [index for group in grouped for index in group] == list(range(schedules))
        assert len(grouped) <= MOST_GROUPS
