"""TLC's messages become a Result, and what stands in its way is said in one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from raftcheck.tla.checker import Step
from raftcheck.tla.errors import TlaError
from raftcheck.tla.tlc import JAR, Message, Options, Tlc, messages

from .tlc import needs_tlc, run_tlc

CLOCK = r"""---- MODULE Clock ----
EXTENDS Naturals
CONSTANTS Last, am
VARIABLES hour, half
Init == hour \in 0..1 /\ half = am
Tick == hour < Last /\ hour' = hour + 1 /\ UNCHANGED half
Stop == hour > Last /\ UNCHANGED <<hour, half>>
Next == Tick \/ Stop
Spec == Init /\ [][Next]_<<hour, half>> /\ WF_hour(Tick)
Early == hour < 3
AlwaysOne == [][hour' = 1]_hour
Endless == <>(hour = 9)
Number == hour # "noon"
====
"""


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    (tmp_path / "Clock.tla").write_text(CLOCK)
    return tmp_path / "Clock.tla"


def configured(module: Path, statements: str) -> Path:
    config = module.with_suffix(".cfg")
    config.write_text(f"SPECIFICATION Spec CONSTANTS Last = 4 am = am {statements}")
    return config


def test_messages_are_framed() -> None:
    lines = "noise\n@!@!@STARTMSG 2217:4 @!@!@\n1: <Init>\nx = 1\n\n@!@!@ENDMSG 2217 @!@!@\nmore\n"
    assert list(messages(lines.splitlines(keepends=True))) == [Message(2217, 4, "1: <Init>\nx = 1")]


@needs_tlc
def test_tlc_counts_and_covers(clock: Path) -> None:
    result = run_tlc(clock, configured(clock, ""), Options(deadlock=False)).result
    assert result.violation is None
    assert (result.distinct, result.generated, result.depth) == (5, 6, 4)
    assert (result.initial, result.queue, result.stopped) == (2, 0, "")
    assert result.actions == {"Tick": 4, "Stop": 0}
    assert result.found == {"Tick": 3, "Stop": 0}


@needs_tlc
@pytest.mark.parametrize(
    ("statements", "kind", "name", "hours", "loop"),
    [
        ("", "deadlock", "deadlock", [1, 2, 3, 4], None),
        pytest.param("INVARIANT Early", "invariant", "Early", [1, 2, 3], None, marks=pytest.mark.deep),
        pytest.param("PROPERTY AlwaysOne", "property", "AlwaysOne", [1, 2], None, marks=pytest.mark.deep),
    ],
)
def test_a_violation_has_the_states_that_lead_to_it(
    clock: Path, statements: str, kind: str, name: str, hours: list[int], loop: int | None
) -> None:
    opinion = run_tlc(clock, configured(clock, statements), Options())
    violation = opinion.result.violation
    assert violation is not None
    assert (violation.kind, violation.name, violation.loop) == (kind, name, loop)
    hour = opinion.variables.index("hour")
    assert [step.state[hour] for step in violation.behavior] == hours
    assert [step.action for step in violation.behavior] == [None, *("Tick" for _ in hours[1:])]


@pytest.mark.deep
@needs_tlc
def test_a_lasso_says_where_it_goes_on(clock: Path) -> None:
    opinion = run_tlc(clock, configured(clock, "PROPERTY Endless"), Options(deadlock=False))
    violation = opinion.result.violation
    assert violation is not None
    assert (violation.kind, violation.name) == ("property", "Endless")
    assert violation.loop == len(violation.behavior) - 1


@needs_tlc
def test_where_tlc_tells_a_place_and_no_name_its_words_are_kept(clock: Path) -> None:
    module = CLOCK.replace("Endless ==", "Begins == Init /\\ [][hour' = 1]_hour\nEndless ==")
    clock.write_text(module)
    violation = run_tlc(clock, configured(clock, "PROPERTIES Begins Endless"), Options()).result.violation
    assert violation is not None
    assert (violation.kind, violation.name) == ("property", "")
    assert violation.message.startswith("Action property line 12, col 19 to line 12, col 36 of module Clock")


@pytest.mark.deep
@needs_tlc
def test_the_only_property_is_the_one_that_is_violated(clock: Path) -> None:
    clock.write_text(CLOCK.replace("Endless ==", "Begins == Init /\\ [][hour' = 1]_hour\nEndless =="))
    violation = run_tlc(clock, configured(clock, "PROPERTY Begins"), Options()).result.violation
    assert violation is not None
    assert (violation.kind, violation.name, violation.message) == ("property", "Begins", "")


@needs_tlc
def test_a_configuration_says_whether_a_deadlock_is_allowed_also_to_a_tlc_that_cannot_read_that(
    clock: Path,
) -> None:
    result = run_tlc(clock, configured(clock, "CHECK_DEADLOCK (* yes *) FALSE "), Options())
    assert (result.result.violation, result.result.distinct) == (None, 5)


@needs_tlc
def test_a_module_that_tlc_lacks_is_named_and_what_to_do(clock: Path) -> None:
    clock.write_text(CLOCK.replace("EXTENDS Naturals", "EXTENDS Naturals, NoSuchExt"))
    message = rf"has no module NoSuchExt, which may be one of the CommunityModules: {JAR} names another TLC"
    with pytest.raises(TlaError, match=message):
        run_tlc(clock, configured(clock, ""), Options())


@pytest.mark.deep
@needs_tlc
def test_an_evaluation_error_is_a_violation_of_the_model(clock: Path) -> None:
    violation = run_tlc(clock, configured(clock, "INVARIANT Number"), Options()).result.violation
    assert violation is not None
    assert violation.kind == "error"
    assert "non-integer" in violation.message
    assert len(violation.behavior) == 1
    assert isinstance(violation.behavior[0], Step)


@needs_tlc
def test_what_tlc_refuses_is_one_line(clock: Path) -> None:
    with pytest.raises(TlaError, match=r"^TLC: The invariant Late specified in the configuration.*defined"):
        run_tlc(clock, configured(clock, "INVARIANT Late"), Options())


@pytest.mark.deep
@needs_tlc
def test_what_tlc_cannot_parse_is_one_line(clock: Path) -> None:
    clock.write_text(CLOCK.replace("Tick ==", "Tick = ="))
    with pytest.raises(TlaError, match=r"^TLC: Parse Error.*line 6"):
        run_tlc(clock, configured(clock, ""), Options())


@pytest.mark.deep
@needs_tlc
def test_tlc_walks_at_random(clock: Path) -> None:
    options = Options(simulate=True, walks=3, depth=5, seed=7, deadlock=False)
    result = run_tlc(clock, configured(clock, ""), options).result
    assert result.violation is None
    assert result.generated > 3


def test_a_jar_that_is_not_there_is_named() -> None:
    with pytest.raises(TlaError, match=rf"^{JAR} names nowhere.jar, which is not a file; expected TLC's"):
        Tlc.find({JAR: "nowhere.jar"})


def test_without_java_the_message_says_what_to_install(tmp_path: Path) -> None:
    jar = tmp_path / "tla2tools.jar"
    jar.touch()
    with pytest.raises(TlaError, match=r"^TLC needs Java, .*: install a Java runtime"):
        Tlc.find({JAR: str(jar), "PATH": os.devnull})
