"""Schedules as JSON: what goes out comes in again, and what is wrong is said in one line."""

from typing import Any

import pytest

from raftcheck.properties.schedules import (
    ACTION_NAMES,
    Action,
    Crash,
    Deliver,
    Drop,
    Duplicate,
    Heal,
    Partition,
    Request,
    Restart,
    Schedule,
    ScheduleError,
    Timeout,
    check_config,
    describe,
    from_json,
    to_json,
)

EVERY_ACTION: tuple[Action, ...] = (
    Timeout("n1", "election"),
    Deliver("n1", "n2", 1),
    Duplicate("n2", "n1", 7),
    Drop("n1", "n2", 2),
    Crash("n2", 3, 1),
    Restart("n2"),
    Request("n1", 'a "quoted" value'),
    Partition((("n1",), ("n2",))),
    Heal(),
)
SCHEDULE = Schedule(("n1", "n2"), EVERY_ACTION, {"max_entries": 2}, "7/12", "my_raft:raft")


def error_of(text: bytes) -> str:
    with pytest.raises(ScheduleError) as caught:
        from_json(text, "some.json")
    message = str(caught.value)
    assert message.startswith("some.json: ")
    assert "\n" not in message
    return message


def test_a_schedule_comes_back_from_json_as_it_was() -> None:
    assert from_json(to_json(SCHEDULE), "some.json") == SCHEDULE
    assert {type(action).__name__ for action in EVERY_ACTION} == set(ACTION_NAMES)


def test_each_action_has_a_line_of_its_own_in_the_file() -> None:
    assert len(to_json(SCHEDULE).splitlines()) == len(EVERY_ACTION) + 8


def test_a_schedule_needs_only_servers_and_actions() -> None:
    text = b'{"servers": ["n1"], "actions": [{"action": "Crash", "server": "n1"}]}'
    assert from_json(text, "some.json") == Schedule(("n1",), (Crash("n1", 0, 0),))


def test_every_action_can_be_said_in_words() -> None:
    assert len({describe(action) for action in EVERY_ACTION}) == len(EVERY_ACTION)


def test_no_name_acts_on_the_readers_terminal() -> None:
    assert describe(Timeout("n1", "a\0\x1b[2J\nb")) == r"a\u0000\u001b[2J\u000ab timer of n1 fires"
    assert describe(Request("n1", "\x1b")) == r"client asks n1 for \u001b"


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        (b"", "", "empty"),
        (b" \n", "", "empty"),
        (b"\xff\xfe{}", "byte 0", "not UTF-8"),
        (b'{"servers": ["n1"], "act', "line 1", "not JSON"),
        (b"[" * 100_000, "", "nested too deeply"),
        (b"[]", "top level", "expected `object`, got `array`"),
        (b'{"servers": ["n1"]}', "top level", "missing required field `actions`"),
        (b'{"servers": ["n1"], "actions": [], "acts": 1}', "top level", "unknown field `acts`"),
        (b'{"servers": "n1", "actions": []}', "servers", "got `str`"),
        (b'{"servers": [], "actions": []}', "servers", "expected 1 to"),
        (b'{"servers": ["n1", "n1"], "actions": []}', "servers", "different"),
    ],
)
def test_a_file_that_is_no_schedule_is_refused_with_place_and_problem(
    text: bytes, place: str, problem: str
) -> None:
    message = error_of(text)
    assert place in message
    assert problem in message


@pytest.mark.parametrize(
    ("action", "place", "problem"),
    [
        ('{"action": "Timeuot", "server": "n1"}', ".action", "did you mean `Timeout`?"),
        ('{"action": "Explode"}', ".action", "expected one of Timeout, Deliver"),
        ('{"action": 3}', ".action", "seen 3"),
        ('{"server": "n1"}', "", "missing required field `action`"),
        ('{"action": "Timeout", "server": "n1"}', "", "missing required field `timer`"),
        ('{"action": "Timeout", "server": "n1", "timer": 3}', ".timer", "got `int`; seen 3"),
        ('{"action": "Restart", "server": "n1", "keep": 1}', "", "unknown field `keep`"),
        ('{"action": "Restart", "server": "n9"}', ".server", "no server `n9`; expected one of n1, n2"),
        ('{"action": "Deliver", "source": "n1", "dest": "n3", "number": 1}', ".dest", "no server `n3`"),
        ('{"action": "Deliver", "source": "n1", "dest": "n2", "number": 0}', ".number", "1 or more"),
        ('{"action": "Crash", "server": "n1", "after": -1}', ".after", "0 or more"),
        ('{"action": "Partition", "groups": [["n1"]]}', ".groups", "exactly once"),
        ('{"action": "Request", "server": "n1", "value": "base64:a"}', ".value", "base64"),
        ("7", "", "got `int`; seen 7"),
    ],
)
def test_an_action_that_is_none_is_refused_with_its_place(action: str, place: str, problem: str) -> None:
    text = f'{{"servers": ["n1", "n2"], "actions": [{{"action": "Heal"}}, {action}]}}'
    message = error_of(text.encode())
    assert f"actions[1]{place}" in message
    assert problem in message


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"max_entries": "2"}, 'config.max_entries: "2"; expected null, or 1 or more'),
        ({"max_entries": True}, "config.max_entries: true"),
        ({"max_entries": 0}, "config.max_entries: 0"),
        ({"window": "1"}, 'config.window: "1"; expected a value such as 1 or 256'),
        ({"window": None}, "config.window: null"),
        ({"window": True}, "config.window: true"),
    ],
)
def test_a_knob_of_a_wrong_type_is_a_mistake_of_the_file(config: dict[str, Any], problem: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        check_config(Schedule(("n1",), (), config), {"window": (1, 256)}, "some.json")
    assert str(caught.value).startswith(f"some.json: {problem}")


def test_a_knob_may_have_any_value_of_its_type_or_be_left_out() -> None:
    for config in ({}, {"max_entries": None}, {"max_entries": 7, "window": 3, "of another target": "x"}):
        check_config(Schedule(("n1",), (), config), {"window": (1, 256)}, "some.json")
