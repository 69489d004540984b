"""What servers have shown of themselves, and whether that accounts for a line that does not show its message.

A message tells its receiver of a term, a vote, entries or a commit index that another server had before.
Where none has shown it yet, the line probably comes later; not surely, for not all is shown.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import asdict

from .events import NOBODY, Event, NodeState
from .unseen import NOTHING_SEEN


class Shown:
    """The last that each server has shown of each field of its state."""

    def __init__(self, servers: Iterable[str]) -> None:
        self._states = dict.fromkeys(servers, NOTHING_SEEN)

    def take(self, event: Event) -> None:
        """Takes in what a line shows, also by the term of what it sends."""
        fields = {
            name: value for name, value in asdict(event.state or NOTHING_SEEN).items() if value is not None
        }
        if "current_term" not in fields and event.sends:
            fields["current_term"] = max(message.term for message in event.sends)
        if fields:
            self._states[event.server] = NodeState(**{**asdict(self._states[event.server]), **fields})

    def accounts_for(self, event: Event) -> bool:
        """Whether another server has shown whatever the server has learned in a line."""
        after = event.state or NOTHING_SEEN
        before = self._states[event.server]
        others = [state for server, state in self._states.items() if server != event.server]
        term = after.current_term if after.current_term is not None else before.current_term or 0
        return (
            (term <= (before.current_term or 0) or any(_term(other) >= term for other in others))
            and all(_term(self._states[name]) >= term for name in self._heard_of(event, before))
            and (after.role == "Leader" or _is_known(after, before, others))
            and all(
                length <= len(self._states[peer].log or ())
                for peer, length in (after.match_index or {}).items()
            )
        )

    def _heard_of(self, event: Event, before: NodeState) -> set[str]:
        """The servers that must have its term: whom a line votes for, who voted for it, whom it answers."""
        state = event.state or NOTHING_SEEN
        names = set(state.votes_granted or ()) | {message.dest for message in (event.sends or ())[:1]}
        if event.sends and type(event.sends[0]).__name__.endswith("Request"):
            names = set(state.votes_granted or ())
        if state.voted_for is not None and state.voted_for != before.voted_for:
            names.add(state.voted_for)
        return names - {event.server, NOBODY}


def _term(state: NodeState) -> int:
    return state.current_term or 0


def _is_known(after: NodeState, before: NodeState, others: list[NodeState]) -> bool:
    """Whether another server has shown the commit index of a follower, and the last of its entries."""
    log, commit_index = after.log or (), after.commit_index or 0
    return (
        not log
        or log == before.log
        or any(other.log is not None and other.log[len(log) - 1 : len(log)] == log[-1:] for other in others)
    ) and (
        commit_index <= (before.commit_index or 0)
        or any((other.commit_index or 0) >= commit_index for other in others)
    )
