"""Which line that does not show its sends may have sent a message, by what else it shows."""

from __future__ import annotations

from typing import get_args

from .events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Event,
    Message,
    NodeState,
    Other,
    RequestVoteRequest,
    RequestVoteResponse,
)

SENDING = (
    "Timeout",
    "Receive",
    "ClientRequest",
    "Crash",
    "HandleRequestVoteRequest",
    "HandleAppendEntriesRequest",
)
"""The events in whose lines a server sends something, but for those that always show it."""

TAKEN_WITHOUT_NAME = {
    "Receive": ("Request", "Response"),
    "UpdateTerm": ("Request", "Response"),
    "DropStaleResponse": ("Response",),
    **{f"Handle{kind.__name__}": (kind.__name__,) for kind in get_args(Message) if kind is not Other},
}
"""The lines that may leave their message out, and how the type of such a message ends."""

NOTHING_SEEN = NodeState()


def hides_message(line: Event) -> bool:
    """Whether the server took a message in this line that it does not show."""
    return line.message is None and line.event in TAKEN_WITHOUT_NAME


def sends_unseen(line: Event) -> bool:
    """Whether the server may have sent something in this line that it does not show."""
    return line.sends is None and line.event in SENDING


def may_have_sent(line: Event, message: Message) -> bool:
    """Whether a line in which something was sent unseen, by the message's source, may have sent the message.

    The message has the term of its sender. A candidate asks for votes, a leader sends entries that it has,
    and an answer leaves in the line that handles its request, or one that does not show what it handles.
    """
    assert line.server == message.source, (line, message)
    state = line.state or NOTHING_SEEN
    if state.current_term is not None and state.current_term != message.term:
        return False
    match message, line.message:
        case RequestVoteRequest(), _:
            return state.role in (None, "Candidate") and _ends_as(state, message)
        case AppendEntriesRequest(), _:
            return state.role in (None, "Leader") and _has_all_of(state, message)
        case RequestVoteResponse(), RequestVoteRequest(source=source):
            voted = not message.vote_granted or state.voted_for in (None, source)
            return source == message.dest and voted
        case AppendEntriesResponse(), AppendEntriesRequest(source=source) as request:
            agreed = request.prev_log_index + len(request.entries)
            return source == message.dest and message.match_index <= agreed
        case RequestVoteResponse() | AppendEntriesResponse(), None:
            return hides_message(line)
    return False


def _ends_as(state: NodeState, request: RequestVoteRequest) -> bool:
    return state.log is None or len(state.log) == request.last_log_index


def _has_all_of(state: NodeState, request: AppendEntriesRequest) -> bool:
    previous, end = request.prev_log_index, request.prev_log_index + len(request.entries)
    has_entries = state.log is None or state.log[previous:end] == request.entries
    return has_entries and (state.commit_index is None or state.commit_index >= request.commit_index)
