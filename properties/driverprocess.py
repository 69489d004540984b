"""A driver's process: a line goes in, a line comes out, and whatever else it does is told as a Breach.

The process is in a group of its own, so that Ctrl-C does not reach it, and is killed with its children when
it breaks a rule, when nobody wants it any more, and at the end of this process. Of what it says on stderr
during a request, a page is kept for the report.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.util import Finalize
from typing import IO, NoReturn

from .finding import Breach, Kind, cut
from .news import say
from .watchdog import Hang

HELLO_SECONDS = 60.0
"""Until the first answer: the command may be one that compiles first."""

ANSWER_SECONDS = 10.0
"""Until any other. The watchdog is quicker, where there is one."""

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes in an answer; more than any state of a short run has."""

CHUNK = 1024 * 1024
STDERR_KEPT = 4096
STDERR_LINES = 3
"""That are shown of the first, and of the last: a panic names its reason first, a Python traceback last."""

LAST_WORDS_SECONDS = 0.5
"""How long one that has closed stdout is waited for."""

SAY_SECONDS = 5.0
"""Of silence, after which it is said what is waited for."""

LOOK_SECONDS = 0.2
"""Of silence, after which it is looked whether the process is still there: a child may hold its stdout."""

FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""Signals that no mistake raises: another process sent them, or the system, for want of memory."""


class DriverProcess:
    """A running driver. It is not to be used after a Breach."""

    def __init__(self, command: Sequence[str]) -> None:
        """OSError if there is no such program."""
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0
        )
        self._in, self._out, self._err = (stream.fileno() for stream in _streams(self._process))
        self._owner = os.getpid()
        self._has_told = False
        """That it is slow."""
        self._said = bytearray()
        """On stderr, since the last request."""
        self._parts: list[bytes] = []
        """Of the answer to it, so far."""
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(self._err, select.POLLIN)
        self._end = Finalize(self, _kill, (self._process,), exitpriority=0)

    @property
    def is_mine(self) -> bool:
        """False in a process that was forked since: there it belongs to the parent."""
        return self._owner == os.getpid()

    def ask(self, what: str, line: bytes, seconds: float = ANSWER_SECONDS) -> bytes:
        """The line that answers `line`, which ends as lines do; `what` is what to call it in a report."""
        try:
            self.refuse_unasked()
            self._said.clear()
            self._parts = []
            self._write(what, line)
            return self._answer(what, seconds)
        except Hang:
            self._accuse_of_hanging(what)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Kills it, with its children."""
        self._end()

    def refuse_unasked(self, seconds: float = 0) -> None:
        """Whatever is there before anything is asked, or comes in that time, is an answer too many."""
        for fd, _ in self._poll.poll(1000 * seconds):
            if fd == self._err:
                self._hear()
                continue
            chunk = os.read(self._out, CHUNK)
            if not chunk:
                self._accuse_of_ending("nothing")
            self._accuse(f"wrote {_text(chunk)} without being asked", "one line for each request, on stdout")

    def _write(self, what: str, line: bytes) -> None:
        try:
            written = os.write(self._in, line)
            while written < len(line):
                written += os.write(self._in, memoryview(line)[written:])
        except BrokenPipeError:
            self._accuse_of_ending(what)

    def _answer(self, what: str, seconds: float) -> bytes:
        parts = self._parts = []
        size = 0
        begin = time.monotonic()
        while True:
            for fd, _ in self._ready(what, begin, seconds):
                if fd == self._err:
                    self._hear()
                    continue
                chunk = os.read(self._out, CHUNK)
                end = chunk.find(b"\n") + 1
                parts.append(chunk)
                if end and end == len(chunk):
                    return chunk if len(parts) == 1 else b"".join(parts)
                size += len(chunk)
                if not chunk:
                    self._accuse_of_ending(what)
                if end:
                    first = b"".join(parts)[: size - len(chunk) + end]
                    seen = f"answered {what} by {_text(first)}, and then wrote {_text(chunk[end:])}"
                    self._accuse(seen, "one line for each request, on stdout")
                if size > LONGEST_LINE:
                    seen = f"answered {what} by a line without end, {_text(parts[0])}"
                    self._accuse(seen, f"a line of at most {LONGEST_LINE:,} bytes")

    def _ready(self, what: str, begin: float, seconds: float) -> list[tuple[int, int]]:
        """Where there is something to be read."""
        while not (ready := self._poll.poll(1000 * LOOK_SECONDS)):
            # What it wrote just before it ended is still to be read.
            if self._process.poll() is not None and not self._poll.poll(0):
                self._accuse_of_ending(what)
            waited = time.monotonic() - begin
            if waited > seconds:
                self._accuse_of_hanging(what)
            if waited > SAY_SECONDS and not self._has_told:
                self._has_told = True
                say(f"waiting for the driver to answer {what}, {seconds:g} s at most")
        return ready

    def _hear(self) -> None:
        """Takes in what was said on stderr; of much, the beginning and the end."""
        chunk = os.read(self._err, CHUNK)
        if not chunk:
            self._poll.unregister(self._err)
        self._said += chunk
        if len(self._said) > 2 * STDERR_KEPT:
            self._said[STDERR_KEPT:-STDERR_KEPT] = b"\n"

    def _accuse_of_ending(self, what: str) -> NoReturn:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LAST_WORDS_SECONDS)
        status = self._process.poll()
        if status is None:
            how = "closed its stdout"
        elif status < 0:
            how = f"was ended by {signal.Signals(-status).name}"
        else:
            how = f"ended with status {status}"
        self._hear_the_rest()
        kind: Kind = "killed" if status is not None and -status in FROM_OUTSIDE else "exit"
        raise Breach(kind, f"the driver {how}, asked for {what}{self._last_words()}", "an answer") from None

    def _accuse_of_hanging(self, what: str) -> NoReturn:
        self._hear_the_rest()
        self.close()
        seen, expected = f"does not answer {what}", "an answer"
        if self._parts:
            seen, expected = f"does not end its answer to {what}, {_text(self._parts[0])}", "a newline"
        raise Breach("hang", f"the driver {seen}{self._last_words()}", expected) from None

    def _accuse(self, seen: str, expected: str) -> NoReturn:
        self._hear_the_rest()
        raise Breach("protocol", f"the driver {seen}{self._last_words()}", expected)

    def _hear_the_rest(self) -> None:
        """What stands in the pipe already; a child of the driver may hold it open."""
        os.set_blocking(self._err, False)
        with suppress(BlockingIOError):
            before = -1
            while before != len(self._said) and len(self._said) <= STDERR_KEPT:
                before = len(self._said)
                self._said += os.read(self._err, CHUNK)

    def _last_words(self) -> str:
        lines = [line for line in self._said.decode("utf-8", "replace").splitlines() if line.strip()]
        if len(lines) > 2 * STDERR_LINES:
            lines[STDERR_LINES:-STDERR_LINES] = ["..."]
        return "; on stderr: " + cut(" | ".join(lines), 1000) if lines else ""


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Runs in the process that started it, and in no other."""
    with suppress(ProcessLookupError, PermissionError):  # the latter is what macOS says of one that has ended
        os.killpg(process.pid, signal.SIGKILL)
    for stream in _streams(process):
        stream.close()
    process.wait()


def _streams(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], ...]:
    streams = (process.stdin, process.stdout, process.stderr)
    return tuple(stream for stream in streams if stream is not None)


def _text(line: bytes) -> str:
    return cut(repr(line.decode("utf-8", "replace")), 200)
