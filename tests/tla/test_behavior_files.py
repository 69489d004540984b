"""Behaviors out of files: every form is known by its content, and rubbish is refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from raftcheck.tla import behaviorfiles
from raftcheck.tla.behaviorfiles import behavior_of, read_bytes
from raftcheck.tla.behaviors import Behavior, to_itf, to_module, to_text
from raftcheck.tla.errors import TlaError
from raftcheck.tla.notation import parse_value
from raftcheck.tla.values import function

LIFT = Behavior(
    variables=("calls", "floor"),
    states=(
        (function({"ann": frozenset()}), 0),
        (function({"ann": frozenset({1})}), 0),
        (function({"ann": frozenset({1})}), 1),
    ),
    labels=("", "Call(1)", "Move"),
)
HEAD = "TLC2 Version 2.15 of Day Month 20??\nStarting...\nError: Invariant Low is violated.\n"

TEXT = """Error: The behavior up to this point is:
State 1: <Initial predicate>
/\\ calls = [ann |-> {}]
/\\ floor = 0

State 2: <Call(1) line 5, col 3 to line 6, col 4 of module Lift>
/\\ calls = [ ann |->
      {1} ]
/\\ floor = 0

State 3: <Move line 8, col 3 to line 9, col 4 of module Lift>
/\\ calls = [ann |-> {1}]
/\\ floor = 1

5 states generated, 4 distinct states found, 0 states left on queue.
"""
DIFFERENCES = TEXT.replace("      {1} ]\n/\\ floor = 0\n", "      {1} ]\n").replace(
    "/\\ calls = [ann |-> {1}]\n/\\ floor = 1", "/\\ floor = 1"
)
TOOL = """@!@!@STARTMSG 2121:1 @!@!@
The behavior up to this point is:
@!@!@ENDMSG 2121 @!@!@
@!@!@STARTMSG 2217:4 @!@!@
1: <Initial predicate>
/\\ calls = [ann |-> {}]
/\\ floor = 0

@!@!@ENDMSG 2217 @!@!@
@!@!@STARTMSG 2217:4 @!@!@
2: <Call(1) line 5, col 3 to line 6, col 4 of module Lift>
/\\ calls = [ann |-> {1}]
/\\ floor = 0

@!@!@ENDMSG 2217 @!@!@
@!@!@STARTMSG 2217:4 @!@!@
3: <Move line 8, col 3 to line 9, col 4 of module Lift>
/\\ calls = [ann |-> {1}]
/\\ floor = 1
@!@!@ENDMSG 2217 @!@!@
"""
SIMULATION = """---------------- MODULE walk_0_0 -----------------
\\* <Init line 2, col 3 to line 3, col 4 of module Lift>
STATE_1 ==\x20
/\\ calls = [ann |-> {}]
/\\ floor = 0


\\* <Call(1) line 5, col 3 to line 6, col 4 of module Lift>
STATE_2 ==\x20
/\\ calls = [ann |-> {1}]
/\\ floor = 0


\\* <Move line 8, col 3 to line 9, col 4 of module Lift>
STATE_3 ==\x20
/\\ calls = [ann |-> {1}]
/\\ floor = 1

=================================================
"""
DUMPED = """---- MODULE dump ----
LOCAL INSTANCE TLC

CounterExample ==\x20
    [action |-> {<<<<1, [calls |-> [ann |-> {}], floor |-> 0]>>,
        [name |-> "Call", context |-> [c |-> 1], parameters |-> <<"c">>],
        <<2, [calls |-> [ann |-> {1}], floor |-> 0]>>>>,
      <<<<2, [calls |-> [ann |-> {1}], floor |-> 0]>>, [name |-> "Move", parameters |-> <<>>],
        <<3, [calls |-> [ann |-> {1}], floor |-> 1]>>>>},
     state |-> {<<1, [calls |-> [ann |-> {}], floor |-> 0]>>, <<2, [calls |-> [ann |-> {1}], floor |-> 0]>>,
        <<3, [calls |-> [ann |-> {1}], floor |-> 1]>>}]
====
"""


def read(text: str) -> Behavior:
    return behavior_of(text.encode(), "file")


@pytest.mark.parametrize(
    "text",
    [
        HEAD + TEXT,
        HEAD + TEXT.replace("\n", "\r\n"),
        HEAD + DIFFERENCES,
        HEAD + TOOL,
        SIMULATION,
        DUMPED,
        to_text(LIFT),
        "action  generated\nMove    12\n\nverdict  violated\n\n" + to_text(LIFT),
        to_module(LIFT, "Lift_counterexample", {}),
        json.dumps(to_itf(LIFT, "Lift.tla")),
        "\ufeff" + json.dumps(to_itf(LIFT, "Lift.tla"), indent=2),
        # Of several counterexamples, the first.
        HEAD + TEXT + HEAD + TEXT.replace("floor = 0", "floor = 7"),
        HEAD
        + TEXT
        + HEAD
        + TEXT.replace("5 states", "State 4: <Move>\n/\\ calls = 1\n/\\ floor = 2\n\n5 states"),
    ],
    ids=lambda text: text.strip()[:12],
)
def test_a_behavior_is_known_by_its_content(text: str) -> None:
    assert read(text).in_order(LIFT.variables) == LIFT


def test_json_of_tlc_has_lists_for_sets_and_text_for_arguments() -> None:
    states = [[1, {"bag": []}], [2, {"bag": {'[to |-> "ann"]': 1}}]]
    action = [states[0], {"name": "Call", "context": {"c": "ann"}, "parameters": ["c"]}, states[1]]
    for dumped in ({"state": states, "action": [action]},):
        for wrapped in (dumped, {"counterexample": dumped}):
            found = read(json.dumps(wrapped))
            assert found.labels == ("", 'Call("ann")')
            assert found.states == (((),), (parse_value('([to |-> "ann"] :> 1)'),))


def test_an_initial_state_alone_is_a_behavior() -> None:
    text = "Error: Invariant Low is violated by the initial state:\n/\\ calls = {}\n/\\ floor = 0\n\nEnd\n"
    assert read(text).states == ((frozenset(), 0),)


@pytest.mark.parametrize(
    ("end", "loop"),
    [
        ("Back to state 2: <Move line 1, col 1 to line 2, col 2 of module Lift>\n", 1),
        ("State 4: Stuttering\n", 2),
        ("@!@!@STARTMSG 2122:4 @!@!@\n1: Back to state: <Move>\n@!@!@ENDMSG 2122 @!@!@\n", 0),
    ],
)
def test_a_lasso_goes_back(end: str, loop: int) -> None:
    states = TEXT.partition("5 states")[0]
    assert read(states + end).loop == loop
    assert read(to_text(replace(LIFT, loop=loop))).loop == loop


DEEP = "<<" * 5000 + ">>" * 5000


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("Model checking completed. No error has been found.\n", "no state"),
        ("State 1: <Initial predicate>\n/\\ x = \n\n", "expected a value"),
        ("State 1: <Initial predicate>\n/\\ x = <<\n\n", "expected"),
        (f"State 1: <Initial predicate>\n/\\ x = {DEEP}\n\n", "brackets within brackets"),
        ("State 1: <Initial predicate>\n/\\ x = 1..99999999999\n\n", "1..99999999999"),
        (f"State 1: <Initial predicate>\n/\\ x = {'9' * 5000}\n\n", "digits"),
        ("State 1: <I>\n/\\ x = 1\n\nState 2: <A>\n/\\ y = 1\n\n", "all variables"),
        ("---- MODULE M ----\nBehavior == 7\n====\n", "no states"),
        (f"---- MODULE M ----\nBehavior == {DEEP}\n====\n", "brackets within brackets"),
        ("---- MODULE M ----\nCounterExample == [state |-> {<<2, [x |-> 1]>>}]\n====\n", "numbered"),
        ("{", "not JSON"),
        ('{"a": 1}', "keys a"),
        ('{"states": [1]}', "vars"),
        (
            '{"vars": ["x"], "states": [{"x": ' + "[" * 100000 + "]" * 100000 + "}]}",
            "can be read",
        ),
        ('{"vars": ["x"], "states": [{"x": ' + "[" * 900 + "]" * 900 + "}]}", "nested too deeply"),
        ('{"vars": ["x"], "states": [{"x": {"#bigint": "' + "9" * 5000 + '"}}]}', "digits"),
        ('{"vars": ["x"], "states": [{"x": 1.5}]}', "1.5"),
        ('{"state": [[1, {"x": null}]], "action": []}', "null"),
    ],
)
def test_rubbish_is_refused_in_one_line(text: str, problem: str) -> None:
    with pytest.raises(TlaError) as refused:
        read(text)
    said = str(refused.value)
    assert problem in said
    assert said.startswith("file")
    assert "\n" not in said
    assert len(said) < 400


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(TlaError, match="byte 2 is not UTF-8"):
        behavior_of(b"ab\xff", "file")


@pytest.mark.parametrize(
    "many",
    [
        lambda count: "".join(f"STATE_{n} ==\n/\\ x = {n}\n\n" for n in range(1, count + 1)),
        lambda count: json.dumps({"vars": ["x"], "states": [{"x": n} for n in range(count)]}),
        lambda count: f"---- MODULE M ----\nBehavior == <<{', '.join(['[x |-> 1]'] * count)}>>\n====\n",
    ],
)
def test_states_are_bounded(monkeypatch: pytest.MonkeyPatch, many: Callable[[int], str]) -> None:
    monkeypatch.setattr(behaviorfiles, "MOST_STATES", 20)
    assert len(read(many(20)).states) == 20
    with pytest.raises(TlaError, match="more than 20 states"):
        read(many(21))


@pytest.mark.parametrize("text", [TEXT, DUMPED, to_module(LIFT, "M", {})], ids=["text", "TLC's", "ours"])
def test_what_is_parsed_at_once_is_bounded(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(behaviorfiles, "MOST_TEXT", 20)
    with pytest.raises(TlaError, match="more than 20 characters"):
        read(text)


def test_a_file_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(behaviorfiles, "MOST_BYTES", 1000)
    (tmp_path / "long").write_text(TEXT + " " * 1000)
    with pytest.raises(TlaError, match="more than 1,000 bytes"):
        read_bytes(tmp_path / "long")
    with pytest.raises(TlaError, match="cannot be read"):
        read_bytes(tmp_path / "none")
