"""A disk that keeps what was synced, and of the rest the first few writes.

Writes take effect in order, each whole or not at all. Values are copied, in and out.
"""

from __future__ import annotations

from typing import Any

from .byvalue import by_value


class Disk:
    """The contents of one server's disk, as the running server sees them and as a crash would leave them."""

    __slots__ = ("_durable", "_pending", "_seen", "changes")

    def __init__(self) -> None:
        self.changes = 0
        """Writes and erasures so far."""
        self._durable: dict[str, Any] = {}
        self._seen: dict[str, Any] = {}
        self._pending: list[tuple[str, Any, bool]] = []

    def read(self, key: str) -> Any:
        return by_value(self._seen[key])

    def names(self) -> tuple[str, ...]:
        return tuple(self._seen)

    def write(self, key: str, value: Any) -> None:
        kept = by_value(value)
        self.changes += 1
        self._seen[key] = kept
        self._pending.append((key, kept, True))

    def erase(self, key: str) -> None:
        del self._seen[key]
        self.changes += 1
        self._pending.append((key, None, False))

    @property
    def is_synced(self) -> bool:
        """Whether a crash would lose nothing."""
        return not self._pending

    def sync(self) -> None:
        if self._pending:
            self._apply(len(self._pending))

    def crash(self, keep: int) -> None:
        """Loses what is not synced, but for the first `keep` writes."""
        self._apply(keep)
        self._seen = dict(self._durable)

    def _apply(self, count: int) -> None:
        for key, value, present in self._pending[:count]:
            if present:
                self._durable[key] = value
            else:
                self._durable.pop(key, None)
        self._pending.clear()
