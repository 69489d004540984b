"""What a server must not forget: persistent state (Figure 2), and the records that change it, as values.

A record is the whole durable effect of one action of spec/raft.tla. A crash that keeps only the first few
of the records written is therefore a crash between two actions, and nothing new for the protocol. So no
record only truncates: entries that conflict leave by the arrival of those that replace them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .messages import Entry


@dataclass(frozen=True, slots=True)
class TermVote:
    """The server is in this term and has voted for this candidate; None: for nobody yet."""

    term: int
    voted_for: str | None


@dataclass(frozen=True, slots=True)
class Append:
    """The log keeps its first prev_index entries, and these follow; whatever stood there is gone."""

    prev_index: int
    entries: tuple[Entry, ...]


Record = TermVote | Append


@dataclass(frozen=True, slots=True)
class Stable:
    """Persistent state on all servers (Figure 2); a new server has the defaults."""

    current_term: int = 0
    voted_for: str | None = None
    log: tuple[Entry, ...] = ()


def replay(records: Iterable[Record]) -> Stable:
    """The state that all records since a server's first leave behind."""
    current_term, voted_for = 0, None
    log: list[Entry] = []
    for record in records:
        match record:
            case TermVote():
                current_term, voted_for = record.term, record.voted_for
            case Append():
                assert record.prev_index <= len(log), f"a record is missing before {record}: log {log}"
                log[record.prev_index :] = record.entries
    return Stable(current_term, voted_for, tuple(log))
