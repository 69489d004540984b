r"""The format of a server's file: its records, in lines of text. Bytes in, records out; opens no file.

    raftcheck journal 1
    69 926242c6 [{"term":1,"voted_for":"n1"},{"prev_index":0,"entries":[[1,"djE="]]}]

After the header one line for each sync: length of what follows the checksum (bytes, decimal), its CRC-32
(8 hex digits), and the records as JSON, an entry as [term, base64 of its value].

A line is written only when the line before it is on disk. So a crash can damage the last line alone, and
then nothing was promised on it yet: a *torn tail*, which is cut. A damaged line with an intact one behind
it had been on disk, and a promise may have rested on it: that is an error, and never cut.
"""

import base64
import json
import re
import zlib
from collections.abc import Iterable, Sequence

from .messages import Entry
from .stable import Append, Record, TermVote

HEADER = b"raftcheck journal 1\n"

# A lookahead, so that finditer() tries every offset: damage may have glued digits before a length.
LINE_START = re.compile(rb"(?=(\d{1,10}) ([0-9a-f]{8}) )")


class StorageError(Exception):
    """Stable storage cannot be trusted or used; the server must not start, or must stop."""

    def __init__(self, path: str, offset: int, seen: str, expected: str) -> None:
        super().__init__(f"{path}: offset {offset}: {seen}; expected {expected}")
        self.path = path
        self.offset = offset
        self.seen = seen
        self.expected = expected


def line(records: Iterable[Record]) -> bytes:
    """The line that holds these records."""
    return _line(json.dumps([_encode(record) for record in records], separators=(",", ":")).encode())


def read(data: bytes, path: str) -> tuple[Sequence[Record], int]:
    """All records of a journal, and the offset where they end; behind it is nothing or a torn tail.

    The offset is 0 when not even the header was completed. Raises StorageError (with path) for what no
    crash can have left behind.
    """
    if not data.startswith(HEADER):
        if HEADER.startswith(data):
            return (), 0
        raise StorageError(path, 0, f"{data[: len(HEADER)]!r}", f"a journal, which begins {HEADER!r}")
    records: list[Record] = []
    last_index = 0
    offset = len(HEADER)
    while (payload := _payload_at(data, offset)) is not None:
        try:
            for record in _decode(payload):
                last_index = _last_index_after(record, last_index)
                records.append(record)
        except ValueError as error:
            raise StorageError(path, offset, str(error), "what a server of this version writes") from error
        offset += len(_line(payload))
    for later in LINE_START.finditer(data, offset + 1):
        if _payload_at(data, later.start()) is not None:
            raise StorageError(
                path,
                offset,
                f"a damaged record {data[offset : offset + 40]!r} before an intact one at {later.start()}",
                "damage only in the last record, where a crash may leave it; restore the file from a copy, "
                "or give the server a new identity: it may have forgotten a vote or an entry",
            )
    return records, offset


def _line(payload: bytes) -> bytes:
    return b"%d %08x %b\n" % (len(payload), zlib.crc32(payload), payload)


def _payload_at(data: bytes, offset: int) -> bytes | None:
    """What the intact line at offset carries, or None if there is none."""
    start = LINE_START.match(data, offset)
    if start is None:
        return None
    payload_offset = start.end(2) + 1
    payload = data[payload_offset : payload_offset + int(start[1])]
    return payload if data.startswith(_line(payload), offset) else None


def _last_index_after(record: Record, last_index: int) -> int:
    """Where the log ends after this record. Raises ValueError where it would leave a gap."""
    if not isinstance(record, Append):
        return last_index
    if record.prev_index > last_index:
        raise ValueError(
            f"entries after index {record.prev_index} of a log that ends at {last_index}: a line is missing"
        )
    return record.prev_index + len(record.entries)


def _encode(record: Record) -> dict[str, object]:
    match record:
        case TermVote(term, voted_for):
            return {"term": term, "voted_for": voted_for}
        case Append(prev_index, entries):
            return {
                "prev_index": prev_index,
                "entries": [[entry.term, base64.b64encode(entry.value).decode()] for entry in entries],
            }


def _decode(payload: bytes) -> list[Record]:
    """The inverse of _encode for a whole line. Raises ValueError for what line() does not write."""
    match json.loads(payload):
        case [*items]:
            return [_decode_record(item) for item in items]
        case other:
            raise ValueError(f"not a list of records: {other!r}")


def _decode_record(item: object) -> Record:
    match item:
        case {"term": int(term), "voted_for": str() | None as voted_for}:
            return TermVote(term, voted_for)
        case {"prev_index": int(prev_index), "entries": [*entries]}:
            return Append(prev_index, tuple(_decode_entry(entry) for entry in entries))
        case _:
            raise ValueError(f"not a record: {item!r}")


def _decode_entry(item: object) -> Entry:
    match item:
        case [int(term), str(value)]:
            return Entry(term, base64.b64decode(value, validate=True))
        case _:
            raise ValueError(f"not an entry: {item!r}")
