"""What happened in a line, what a message says and what a server is, in few words, for pictures."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator

from raftcheck.tla.page import visible

from ..events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Message,
    Other,
    RequestVoteRequest,
    RequestVoteResponse,
)
from ..refusal import Refusal
from .timeline import Flight, Moment, ServerState, Timeline

LONGEST_VALUE = 24
_BROAD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZmw@%")
COMMITTED = "\u2713"


def of_message(message: Message) -> str:
    """`AppendEntries, term 2, 1 entry after 3`"""
    match message:
        case RequestVoteRequest():
            return f"RequestVote, term {message.term}"
        case RequestVoteResponse():
            return f"vote {'granted' if message.vote_granted else 'refused'}, term {message.term}"
        case AppendEntriesRequest():
            count = len(message.entries)
            what = {0: "heartbeat", 1: "1 entry"}.get(count, f"{count} entries")
            return f"AppendEntries, term {message.term}, {what} after {message.prev_log_index}"
        case AppendEntriesResponse():
            answer = f"agrees up to {message.match_index}" if message.success else "does not agree"
            return f"{answer}, term {message.term}"
        case Other():
            return f"other, term {message.term}"


def of_flight(flight: Flight, timeline: Timeline) -> str:
    """A message, from where to where, and what became of it."""
    message = flight.message
    sent, ended = "not seen to be sent here", "not received here"
    if flight.sent is not None:
        sent = f"sent in line {timeline.moments[flight.sent].number}"
    if flight.ended is not None:
        ended = f"{flight.fate} in line {timeline.moments[flight.ended].number}"
    return f"{brief(message.source)} to {brief(message.dest)}: {of_message(message)}; {sent}, {ended}"


def of_moment(moment: Moment) -> str:
    """What the server did in a line."""
    return ", ".join([_cause(moment), *changes(moment), *_requests(moment)])


def _cause(moment: Moment) -> str:
    event = moment.event
    name = brief(event.server)
    message = f"{of_message(event.message)}, from {brief(event.message.source)}" if event.message else ""
    match event.event:
        case "Timeout":
            if "Timeout" in moment.taken or moment.refusal:
                return f"{name} starts an election"
            return f"{name}: a timer fires"
        case "Receive":
            return f"{name} gets: {message}"
        case "ClientRequest":
            return f"{name} takes in {cut(event.value or '')}"
        case "Crash":
            return f"{name} crashes" + (f" at: {message}" if message else "")
        case "Restart":
            return f"{name} restarts"
        case "DuplicateMessage":
            return f"doubled: {message}"
        case "DropMessage":
            return f"lost: {message}"
        case finer:
            return f"{name} {finer}" + (f": {message}" if message else "")


def changes(moment: Moment) -> Iterator[str]:
    """What the server did of itself, after the cause of the line."""
    if "BecomeLeader" in moment.taken and moment.event.event != "BecomeLeader":
        yield "becomes leader"
    if "AdvanceCommitIndex" in moment.taken:
        yield f"commits up to {moment.after.commit_index}"


def _requests(moment: Moment) -> Iterator[str]:
    sends = moment.event.sends or ()
    kinds = Counter(type(m).__name__.removesuffix("Request") for m in sends if _is_request(m))
    for kind, times in kinds.items():
        yield f"sends {kind}" + (f" to {times}" if times > 1 else "")


def brief(server: str) -> str:
    """A server's name, not too long."""
    return fitted(server, 14)


def _is_request(message: Message) -> bool:
    return isinstance(message, RequestVoteRequest | AppendEntriesRequest)


def reason(refusal: Refusal) -> str:
    """Why a line is refused, in short."""
    for difference in refusal.differences:
        return f"{difference.name} = {cut(difference.observed)}, not {cut(difference.allowed)}"
    return f"{refusal.action}: {refusal.conjunct.text} ({refusal.conjunct.place})"


def of_state(state: ServerState) -> list[str]:
    """What raft.tla knows of the server, a line each."""
    lines = [
        f"{state.role}, term {state.term}, voted for {brief(state.voted_for) or 'nobody'}",
        f"commit index {state.commit_index}, log {of_log(state)}",
    ]
    if state.role == "Candidate":
        lines.append(f"votes of {', '.join(map(brief, state.votes_granted))}")
    if state.role == "Leader":
        indexes = (
            f"{brief(peer)} {state.match_index[peer]}/{index}"
            for peer, index in sorted(state.next_index.items())
        )
        lines.append(f"match/next index: {', '.join(indexes)}")
    return lines


def of_log(state: ServerState) -> str:
    """The last entries, with their terms; those that the server knows to be committed are ticked."""
    if not state.log_length:
        return "empty"
    earlier = state.log_length - len(state.last_entries)
    shown = [
        f"{index}:{COMMITTED if index <= state.commit_index else ''}{cut(value)} (t{term})"
        for index, (term, value) in enumerate(state.last_entries, earlier + 1)
    ]
    return (f"... {earlier:,} earlier, " if earlier else "") + ", ".join(shown)


def cut(text: str) -> str:
    """A text from the trace, not too long."""
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."


def fitted(text: str, letters: int) -> str:
    """A text in about the room that so many letters take, as it is written in a picture."""
    room = float(letters)
    text = visible(text)
    for place, letter in enumerate(text):
        room -= 2 if unicodedata.east_asian_width(letter) in "WF" else 1.4 if letter in _BROAD else 1
        if room < 0:
            return text[: max(0, place - 2)] + "..."
    return text
