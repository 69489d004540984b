"""Any event that can be written down, whether it makes sense or not."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import get_args

from hypothesis import strategies as st

from raftcheck.traces.events import (
    NOBODY,
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    Message,
    NodeState,
    Other,
    RequestVoteRequest,
    RequestVoteResponse,
    Role,
)
from raftcheck.traces.wellformed import event_names

SERVERS = ("n1", "n2", "n3")

servers = st.sampled_from(SERVERS)
numbers = st.integers(0, 3) | st.integers(0, 2**53)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
logs = st.lists(st.builds(Entry, term=numbers, value=texts), max_size=4).map(tuple)

MESSAGES: dict[type[Message], st.SearchStrategy[Message]] = {
    RequestVoteRequest: st.builds(RequestVoteRequest, servers, servers, numbers, numbers, numbers),
    RequestVoteResponse: st.builds(RequestVoteResponse, servers, servers, numbers, st.booleans()),
    AppendEntriesRequest: st.builds(
        AppendEntriesRequest, servers, servers, numbers, numbers, numbers, logs, numbers
    ),
    AppendEntriesResponse: st.builds(
        AppendEntriesResponse, servers, servers, numbers, st.booleans(), numbers
    ),
    Other: st.builds(Other, servers, servers, numbers),
}
messages = st.one_of(*MESSAGES.values())

STATE: dict[str, st.SearchStrategy[object]] = {
    "role": st.sampled_from(get_args(Role)),
    "current_term": numbers,
    "voted_for": st.sampled_from((NOBODY, *SERVERS)),
    "log": logs,
    "commit_index": numbers,
    "votes_granted": st.lists(servers, unique=True).map(tuple),
    "next_index": st.dictionaries(servers, numbers),
    "match_index": st.dictionaries(servers, numbers),
}
states = st.fixed_dictionaries({}, optional=STATE).map(lambda fields: NodeState(**fields))  # type: ignore[arg-type]

events = st.builds(
    Event,
    event=st.sampled_from(event_names()),
    server=servers,
    timer=st.none() | texts,
    message=st.none() | messages,
    value=st.none() | texts,
    sends=st.none() | st.lists(messages, max_size=3).map(tuple),
    state=st.none() | states,
    clock=st.none() | numbers | st.dictionaries(servers, numbers),
    time=st.none()
    | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))])),
)
