"""Caps from anybody: what makes no sense is said in one line, before anything is run."""

from __future__ import annotations

from typing import Any

import pytest

from raftcheck.properties.capscheck import LARGEST, wrong_caps
from raftcheck.properties.node import Caps


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"network": ["stream"]}, "caps.network = ['stream']"),
        ({"durable": "yes"}, "caps.durable = 'yes'"),
        ({"links": 1}, "caps.links = 1"),
        ({"restorable": None}, "caps.restorable = None"),
        ({"fewest_servers": 0}, "caps.fewest_servers = 0"),
        ({"fewest_servers": 99}, "caps.fewest_servers = 99"),
        ({"fewest_servers": "3"}, "caps.fewest_servers = '3'"),
        ({"fewest_servers": True}, "caps.fewest_servers = True"),
        ({"liberties": 5}, "caps.liberties = 5"),
        ({"liberties": frozenset({"Nonsense"})}, "caps.liberties = frozenset({'Nonsense'})"),
        ({"knobs": None}, "caps.knobs = None"),
        ({"knobs": [("a", (1,))]}, "caps.knobs = [('a', (1,))]"),
        ({"knobs": {1: (1,)}}, "caps.knobs = {1: (1,)}"),
        ({"knobs": {"a": ()}}, "caps.knobs['a'] = ()"),
        ({"knobs": {"a": ((1,),)}}, "(1,) in caps.knobs['a']"),
        ({"knobs": {"a": (LARGEST + 1,)}}, "9223372036854775808 in caps.knobs['a']"),
        ({"knobs": {"a": (1.5, float("nan"))}}, "nan in caps.knobs['a']"),
        ({"knobs": {"a": (float("inf"),)}}, "inf in caps.knobs['a']"),
        ({"knobs": {"a": ("\ud800",)}}, r"'\ud800' in caps.knobs['a']"),
    ],
)
def test_caps_that_make_no_sense_are_refused(given: dict[str, Any], seen: str) -> None:
    wrong = wrong_caps(Caps(**given))
    assert wrong is not None
    assert wrong[0] == seen
    assert "\n" not in "".join(wrong)


def test_caps_that_make_sense_are_not() -> None:
    knobs: dict[str, tuple[Any, ...]] = {
        "plain": (None, True, 1, -LARGEST, 1.5, "\u00e9"),
        "many": tuple(range(10**6)),
    }
    liberties: Any = frozenset({"StepDown"})
    for caps in (Caps(), Caps("stream", False, True, liberties, 9, knobs, restorable=True)):
        assert wrong_caps(caps) is None
