"""What PySyncObj sends, in the vocabulary of raft.tla.

PySyncObj numbers its entries from 1, where the first is the same on every server (term 0, never sent): it is
raft.tla's index 0, "before the first entry". So an index here is PySyncObj's less one.

An answer to AppendEntries has no term. Its view has the term of the request that it answers, which is its
sender's term then.
"""

from __future__ import annotations

import gzip
import pickle
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ...node import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Message,
    Other,
    RequestVoteRequest,
    RequestVoteResponse,
)

NO_OP = b"\x01"
"""The command of the entry that a leader appends when it comes to power."""

Stored = tuple[bytes, int, int]
"""An entry as PySyncObj keeps it: command, index, term."""


@lru_cache(maxsize=1 << 14)
def entry_of(command: bytes, term: int) -> Entry:
    """An entry whose command is a call of Machine.put, or the leader's own."""
    if command == NO_OP:
        return Entry(term, "")
    _, (text, *_) = pickle.loads(command[1:])
    return Entry(term, text)


class Outbox:
    """The views of what one server sends to one peer, in order.

    Large entries and snapshots go in parts, of which the last stands for the whole; a whole is complete only
    if it went over one connection.
    """

    def __init__(self, source: str, dest: str) -> None:
        self._source = source
        self._dest = dest
        self._entry: bytes | None = None
        self._snapshot: bytes | None = None

    def connect(self) -> None:
        """A new connection: what was sent in part is not completed."""
        self._entry = self._snapshot = None

    def view(self, message: Mapping[str, Any], term: int) -> Message:
        """What `message` says; `term` is the sender's."""
        match message["type"]:
            case "request_vote":
                last_index, last_term = message["last_log_index"] - 1, message["last_log_term"]
                return RequestVoteRequest(self._source, self._dest, term, last_index, last_term)
            case "response_vote":
                return RequestVoteResponse(self._source, self._dest, message["term"], True)
            case "append_entries" if "serialized" in message:
                return self._snapshot_part(message["serialized"], term)
            case "append_entries":
                return self._append(message, term)
            case "next_node_idx" if message["success"]:
                match_index = message["next_node_idx"] - 2
                return AppendEntriesResponse(self._source, self._dest, term, True, match_index)
            case "next_node_idx" if message["reset"]:
                return AppendEntriesResponse(self._source, self._dest, term, False, 0)
            case _:
                return Other(self._source, self._dest, term)

    def _append(self, message: Mapping[str, Any], term: int) -> Message:
        entries: list[Stored]
        match message.get("transmission"):
            case None:
                entries = message["entries"]
            case "start":
                self._entry = message["data"]
                return Other(self._source, self._dest, term)
            case part:
                self._entry = (self._entry or b"") + message["data"]
                try:
                    entries = [pickle.loads(self._entry)] if part == "finish" else []
                except (EOFError, pickle.UnpicklingError):
                    entries = []
                if not entries:
                    return Other(self._source, self._dest, term)
        return AppendEntriesRequest(
            self._source,
            self._dest,
            term,
            message["prevLogIdx"] - 1,
            message["prevLogTerm"],
            tuple(entry_of(command, entry_term) for command, _, entry_term in entries),
            message["commit_index"] - 1,
        )

    def _snapshot_part(self, part: tuple[bytes, bool, bool] | None, term: int) -> Message:
        """The last part of a snapshot up to index k is the first k entries, which are committed."""
        if part is not None:
            data, is_first, is_last = part
            if is_first:
                self._snapshot = b""
            if self._snapshot is not None:
                self._snapshot += data
                if is_last:
                    entries = history_in(self._snapshot)
                    return AppendEntriesRequest(self._source, self._dest, term, 0, 0, entries, len(entries))
        return Other(self._source, self._dest, term)


def history_in(snapshot: bytes) -> tuple[Entry, ...]:
    """All entries that a snapshot stands for."""
    (_, machine), _, _, _ = pickle.loads(gzip.decompress(snapshot))
    history: tuple[tuple[int, str], ...] = machine["history"]
    return tuple(Entry(term, text) for term, text in history)
