"""The journal's format, and the file that survives crashes, full disks and failed syncs."""

import os
import resource
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftcheck.reference import journal
from raftcheck.reference.driver import drain
from raftcheck.reference.messages import Entry, Message
from raftcheck.reference.raft import Raft
from raftcheck.reference.stable import Append, Record, Stable, TermVote, replay
from raftcheck.reference.storage import FileStorage, MemoryStorage, StorageError

from .cluster import names

BATCHES: tuple[tuple[Record, ...], ...] = (
    (TermVote(1, "n1"),),
    (Append(0, (Entry(1, b"x"), Entry(1, b"\n\x00\xff"))),),
    (TermVote(2, None), Append(1, (Entry(2, b"y"),))),
)
LINES = [journal.line(batch) for batch in BATCHES]
JOURNAL = journal.HEADER + b"".join(LINES)
OFFSETS = [0, *accumulate(map(len, LINES[:-1]), initial=len(journal.HEADER))]
"""Where each line begins, the header first."""
BEFORE_LAST = replay(record for batch in BATCHES[:-1] for record in batch)
AFTER_LAST = replay(record for batch in BATCHES for record in batch)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "n1.journal"


def store(storage: FileStorage | MemoryStorage, *records: Record) -> None:
    for record in records:
        storage.write(record)
    storage.sync()


def load(path: Path) -> Stable:
    """What a server finds at its restart."""
    with closing(FileStorage(path)) as storage:
        return storage.load()


# The format


def test_the_journal_can_be_read_by_eye() -> None:
    assert JOURNAL.decode().splitlines() == [
        "raftcheck journal 1",
        '29 0995495a [{"term":1,"voted_for":"n1"}]',
        '52 e996b376 [{"prev_index":0,"entries":[[1,"eA=="],[1,"CgD/"]]}]',
        '69 5ca91820 [{"term":2,"voted_for":null},{"prev_index":1,"entries":[[2,"eQ=="]]}]',
    ]


@st.composite
def batches(draw: st.DrawFn) -> list[list[Record]]:
    """Records as a server writes them: without gaps in the log."""
    last_index = 0
    result: list[list[Record]] = []
    for size in draw(st.lists(st.integers(1, 3), max_size=6)):
        batch: list[Record] = []
        for _ in range(size):
            if draw(st.booleans()):
                batch.append(TermVote(draw(st.integers(0)), draw(st.none() | st.text('n1\n"\\ \0é☃'))))
            else:
                prev_index = draw(st.integers(0, last_index))
                entry = st.builds(Entry, st.integers(0), st.binary())
                new = tuple(draw(st.lists(entry, max_size=3)))
                last_index = prev_index + len(new)
                batch.append(Append(prev_index, new))
        result.append(batch)
    return result


@given(batches())
def test_records_come_back_as_they_were_written(written: list[list[Record]]) -> None:
    data = journal.HEADER + b"".join(map(journal.line, written))
    records, end = journal.read(data, "n1")
    assert records == [record for batch in written for record in batch] or not written
    assert end == len(data)


@given(batches(), st.data())
def test_a_journal_cut_anywhere_is_what_it_was_after_some_sync(
    written: list[list[Record]], data: st.DataObject
) -> None:
    lines = list(map(journal.line, written))
    whole = journal.HEADER + b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    records, end = journal.read(whole[:cut], "n1")
    intact = 0
    while intact < len(lines) and len(journal.HEADER) + sum(map(len, lines[: intact + 1])) <= cut:
        intact += 1
    assert list(records) == [record for batch in written[:intact] for record in batch]
    assert end == (len(journal.HEADER) + sum(map(len, lines[:intact])) if cut >= len(journal.HEADER) else 0)


# Torn tails


@pytest.mark.parametrize("cut", range(OFFSETS[-1], len(JOURNAL)))
def test_a_record_that_was_torn_at_any_byte_is_cut(path: Path, cut: int) -> None:
    path.write_bytes(JOURNAL[:cut])
    with closing(FileStorage(path)) as storage:
        assert path.read_bytes() == JOURNAL[: OFFSETS[-1]]
        assert storage.load() == BEFORE_LAST
        store(storage, *BATCHES[-1])
    assert path.read_bytes() == JOURNAL
    assert load(path) == AFTER_LAST


@pytest.mark.parametrize("tail", [b"\0" * 4096, b"65 ", b"\xff\n\n9\n", LINES[-1][:-1] + b"\0"])
def test_what_a_file_system_may_leave_behind_the_last_record_is_cut(path: Path, tail: bytes) -> None:
    """Blocks of zeros, or a part of the record."""
    path.write_bytes(JOURNAL + tail)
    assert load(path) == AFTER_LAST
    assert path.read_bytes() == JOURNAL


@pytest.mark.parametrize("cut", range(len(journal.HEADER)))
def test_a_creation_that_was_interrupted_is_completed(path: Path, cut: int) -> None:
    path.write_bytes(journal.HEADER[:cut])
    assert load(path) == Stable()
    assert path.read_bytes() == journal.HEADER


# Damage that no crash explains


def test_one_wrong_bit_is_found_wherever_it_is() -> None:
    """In the last record it looks like a torn tail; before that, a promise may have rested on it."""
    for bit in range(8 * len(JOURNAL)):
        damaged = bytearray(JOURNAL)
        damaged[bit // 8] ^= 1 << bit % 8
        offset = max(start for start in OFFSETS if start <= bit // 8)
        if offset == OFFSETS[-1]:
            assert journal.read(bytes(damaged), "n1")[1] == offset
        else:
            with pytest.raises(StorageError) as caught:
                journal.read(bytes(damaged), "n1")
            assert caught.value.offset == offset


def test_an_error_says_where_what_was_seen_and_what_to_do(path: Path) -> None:
    path.write_bytes(JOURNAL.replace(b'"n1"', b'"n3"'))
    with pytest.raises(StorageError) as caught:
        FileStorage(path)
    seen = b'29 0995495a [{"term":1,"voted_for":"n3"}'
    assert str(caught.value) == (
        f"{path}: offset 20: a damaged record {seen!r} before an intact one at 62; "
        "expected damage only in the last record, where a crash may leave it; restore the file from a copy, "
        "or give the server a new identity: it may have forgotten a vote or an entry"
    )
    assert path.read_bytes() == JOURNAL.replace(b'"n1"', b'"n3"'), "the file is left as it was found"


def test_a_missing_line_is_a_gap_in_the_log(path: Path) -> None:
    path.write_bytes(journal.HEADER + LINES[0] + LINES[2])
    with pytest.raises(
        StorageError, match="entries after index 1 of a log that ends at 0: a line is missing"
    ):
        FileStorage(path)


def test_a_file_of_something_else_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"[tool.ruff]\n")
    with pytest.raises(
        StorageError, match=r"offset 0: b'\[tool.ruff\]\\n'; expected a journal, which begins"
    ):
        FileStorage(path)
    assert path.read_bytes() == b"[tool.ruff]\n"


@pytest.mark.parametrize(
    "payload",
    [
        b"no json",
        b'{"term":1}',
        b'[{"term":"1","voted_for":null}]',
        b'[{"prev_index":0,"entries":[[1,"?"]]}]',
        b'[{"prev_index":0,"entries":[1]}]',
    ],
)
def test_an_intact_line_that_is_no_record_is_refused(payload: bytes) -> None:
    """A later version may have written it."""
    data = journal.HEADER + b"%d %08x %b\n" % (len(payload), zlib.crc32(payload), payload)
    with pytest.raises(StorageError, match=r"offset 20: .*; expected what a server of this version writes"):
        journal.read(data, "n1")


def test_a_value_that_looks_like_a_record_is_not_taken_for_one(path: Path) -> None:
    """Clients choose values; a torn tail that holds such a value is a torn tail."""
    line = journal.line([Append(0, (Entry(1, JOURNAL),))])
    path.write_bytes(journal.HEADER + line[:-2])
    assert load(path) == Stable()


# Sync


class Disk:
    """fsync that writes down what it is asked for, and fails when told to."""

    def __init__(self) -> None:
        self.synced: list[tuple[str, int]] = []
        self.failure: BaseException | None = None

    def fsync(self, descriptor: int) -> None:
        if self.failure is not None:
            raise self.failure
        status = os.fstat(descriptor)
        kind = "directory" if os.path.isdir(f"/dev/fd/{descriptor}") else "file"
        self.synced.append((kind, status.st_size if kind == "file" else 0))
        os.fsync(descriptor)


def test_a_new_file_is_synced_and_so_is_its_name(path: Path) -> None:
    disk = Disk()
    with closing(FileStorage(path, disk.fsync)):
        assert disk.synced == [("file", len(journal.HEADER)), ("directory", 0)]


def test_what_is_found_at_a_restart_is_synced_before_it_is_relied_on(path: Path) -> None:
    """A process may have been killed between write and fsync."""
    path.write_bytes(JOURNAL)
    disk = Disk()
    with closing(FileStorage(path, disk.fsync)):
        assert ("file", len(JOURNAL)) in disk.synced


def test_sync_returns_after_the_records_are_in_the_file_and_the_file_is_synced(path: Path) -> None:
    disk = Disk()
    with closing(FileStorage(path, disk.fsync)) as storage:
        disk.synced.clear()
        store(storage, *BATCHES[0])
        assert disk.synced == [("file", len(journal.HEADER + LINES[0]))]
        storage.sync()
        assert len(disk.synced) == 1, "nothing new, nothing to sync"


def test_what_was_not_synced_is_not_loaded(path: Path) -> None:
    with closing(FileStorage(path)) as storage:
        store(storage, *BATCHES[0])
        storage.write(TermVote(9, "n9"))
        assert storage.load() == Stable(1, "n1", ())
    assert load(path) == Stable(1, "n1", ())


def test_after_a_failed_sync_everything_is_refused(path: Path) -> None:
    """fsync may report success for data that an earlier fsync has failed to write."""
    disk = Disk()
    with closing(FileStorage(path, disk.fsync)) as storage:
        storage.write(TermVote(1, "n1"))
        disk.failure = OSError("Input/output error")
        with pytest.raises(StorageError, match=r"cannot write: .*; expected a disk that works"):
            storage.sync()
        disk.failure = None
        with pytest.raises(StorageError, match="a write after one that failed; expected the server to stop"):
            storage.write(TermVote(2, "n1"))
        with pytest.raises(StorageError, match="a write after one that failed"):
            storage.sync()


def test_after_an_interrupted_sync_everything_is_refused(path: Path) -> None:
    """A signal handler may raise between write and fsync; what follows must not vouch for that record."""
    disk = Disk()
    with closing(FileStorage(path, disk.fsync)) as storage:
        disk.failure = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            store(storage, TermVote(1, "n1"))
        disk.failure = None
        with pytest.raises(StorageError, match="a write after one that failed"):
            storage.write(TermVote(2, "n1"))


def test_a_server_says_nothing_when_its_sync_has_failed(path: Path) -> None:
    disk = Disk()
    sent: list[Message] = []
    with closing(FileStorage(path, disk.fsync)) as storage:
        raft = Raft("n1", names(3), storage.load())
        raft.election_timeout()
        disk.failure = OSError("Input/output error")
        with pytest.raises(StorageError):
            drain(raft, storage, sent.append)
    assert sent == []


def test_a_disk_that_fails_while_a_journal_is_opened_is_an_error(path: Path) -> None:
    disk = Disk()
    disk.failure = OSError("Input/output error")
    with pytest.raises(StorageError, match="cannot write"):
        FileStorage(path, disk.fsync)


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """The system takes no more than this many bytes for a file, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_record_that_a_full_disk_took_in_part_is_an_error_now_and_a_torn_tail_later(path: Path) -> None:
    with closing(FileStorage(path)) as storage:
        store(storage, *BATCHES[0])
        whole = path.stat().st_size
        with file_size_limit(whole + 10), pytest.raises(StorageError, match=f"offset {whole}: cannot write"):
            store(storage, *BATCHES[1])
        assert path.stat().st_size == whole + 10
    assert load(path) == Stable(1, "n1", ())
    assert path.stat().st_size == whole


def test_a_journal_belongs_to_one_server_at_a_time(path: Path) -> None:
    with closing(FileStorage(path)), pytest.raises(StorageError, match="in use by another server"):
        FileStorage(path)
    assert load(path) == Stable()


@given(batches())
def test_a_file_remembers_what_memory_does(
    tmp_path_factory: pytest.TempPathFactory, written: list[list[Record]]
) -> None:
    """Each batch is synced, and then comes a crash with a record that was not."""
    path = tmp_path_factory.mktemp("journal") / "n1"
    memory = MemoryStorage()
    for batch in written:
        with closing(FileStorage(path, fsync=lambda descriptor: None)) as file:
            store(file, *batch)
            store(memory, *batch)
            file.write(TermVote(99, "lost"))
            memory.write(TermVote(99, "lost"))
        memory.crash()
        assert load(path) == memory.load()


# kill -9

SERVER = """
import sys
from raftcheck.reference.messages import Entry
from raftcheck.reference.stable import Append, TermVote
from raftcheck.reference.storage import FileStorage

storage = FileStorage(sys.argv[1])
index = len(storage.load().log)
while True:
    storage.write(Append(index, (Entry(1, b"%d" % index * 500),)))
    storage.sync()
    index += 1
    print(index, flush=True)
"""


def test_what_a_server_acknowledged_survives_kill_9(path: Path) -> None:
    """Five lives, each ended by SIGKILL while it writes."""
    stored = 0
    for acknowledgements in (1, 2, 20, 50, 100):
        process = subprocess.Popen([sys.executable, "-c", SERVER, path], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        heard = [process.stdout.readline() for _ in range(acknowledgements)]
        process.kill()
        heard += process.stdout.readlines()
        process.stdout.close()
        assert process.wait() == -signal.SIGKILL, "the server died by itself"
        acknowledged = int(heard[-1])

        log = load(path).log
        assert len(log) >= acknowledged >= stored + acknowledgements
        assert log == tuple(Entry(1, b"%d" % index * 500) for index in range(len(log)))
        stored = len(log)
