"""Whether the Caps of an Implementation make sense: it may come from anybody, and so may what is in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import get_args

from .finding import Wrong, is_text, shown
from .node import Caps, Implementation, Liberty, Network
from .schedules import MOST_SERVERS

LARGEST = 2**63 - 1
"""That JSON and msgspec carry as it is."""

RESTORING = ("store", "payload_of")
"""What a Restorable has beyond an Implementation."""


def wrong_caps(caps: Caps) -> Wrong:
    """(what was seen, what was expected), or None where all is well."""
    if not isinstance(caps, Caps):
        return f"caps = {shown(caps)}", "a Caps (raftcheck.properties.node)"
    if caps.network not in get_args(Network):
        return f"caps.network = {shown(caps.network)}", f"one of {', '.join(get_args(Network))}"
    for name in ("durable", "links", "restorable"):
        if type(getattr(caps, name)) is not bool:
            return f"caps.{name} = {shown(getattr(caps, name))}", "True or False"
    if caps.links and caps.network == "datagram":
        return "caps.links with caps.network = 'datagram'", "a stream, which can break"
    fewest = caps.fewest_servers
    if type(fewest) is not int or not 1 <= fewest <= MOST_SERVERS:
        return f"caps.fewest_servers = {shown(fewest)}", f"1 to {MOST_SERVERS}"
    liberties = caps.liberties
    if not isinstance(liberties, frozenset) or not liberties <= {*get_args(Liberty)}:
        return f"caps.liberties = {shown(liberties)}", f"a frozenset of {', '.join(get_args(Liberty))}"
    return _wrong_knobs(caps.knobs)


def wrong_restorable(implementation: Implementation) -> Wrong:
    """The same of caps that make sense: who says that it is a Restorable has what that takes."""
    lacking = [name for name in RESTORING if not callable(getattr(implementation, name, None))]
    if not implementation.caps.restorable or not lacking:
        return None
    methods = " and ".join(f"{name}()" for name in RESTORING)
    return f"caps.restorable = True without {lacking[0]}()", f"{methods}, or caps.restorable = False"


def _wrong_knobs(knobs: object) -> Wrong:
    """A schedule keeps their names and values in JSON."""
    if not isinstance(knobs, Mapping) or not all(map(is_text, knobs)):
        return f"caps.knobs = {shown(knobs)}", "a dict from names to tuples of values"
    for knob, values in knobs.items():
        if type(values) is not tuple or not values:
            return f"caps.knobs[{shown(knob)}] = {shown(values)}", "a tuple of plain values"
        odd = [value for value in values if not _is_plain(value)]
        if odd:
            seen = f"{shown(odd[0])} in caps.knobs[{shown(knob)}]"
            return seen, "plain values: text, booleans, None, numbers that are finite and have 64 bits"
    return None


def _is_plain(value: object) -> bool:
    match value:
        case bool() | None:
            return True
        case int():
            return type(value) is int and abs(value) <= LARGEST
        case float():
            return type(value) is float and math.isfinite(value)
    return is_text(value)
