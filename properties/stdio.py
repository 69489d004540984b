"""A Raft in any language as an Implementation: a driver, a process that speaks the protocol of PROTOCOL.md.

One process hosts all servers, of one run after the other. It keeps no disk: what it says that a server did is
done here, in that order, on the server's Env, so that a crash in the midst of a call cuts the list.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Raw

from raftcheck.traces.events import NOBODY, Message, NodeState, text_of

from . import protocol
from .driverprocess import ANSWER_SECONDS, HELLO_SECONDS, DriverProcess
from .drivers import DriverError
from .finding import Breach, shown
from .node import Caps, Env, Node
from .protocol import (
    Acted,
    Erase,
    Failed,
    Greeting,
    Made,
    Nothing,
    Reply,
    Requested,
    Rubbish,
    Send,
    Shown,
    Stored,
    Sync,
    Write,
)
from .watchdog import blocked

A = TypeVar("A")

LATE_SECONDS = 0.1
"""How long an answer may still be on its way, where the one before was an answer too many."""


class Stdio:
    """What a command speaks for: `command` is its words, or what gives them and builds the driver first.

    The process is started when it is first needed, and again after it has broken a rule.
    """

    def __init__(self, command: Sequence[str] | Callable[[], Sequence[str]]) -> None:
        self._command = command
        self._process: DriverProcess | None = None
        self._greeting: Greeting | None = None
        self._config: Mapping[str, Any] | None = None
        """That of the run for which the process was last reset: each run has one of its own."""

    @property
    def caps(self) -> Caps:
        """DriverError where there is no such driver."""
        told = self.greeting.caps
        return Caps(
            network=told.network,
            durable=told.durable,
            links=told.links,
            liberties=frozenset(told.liberties),
            fewest_servers=told.fewest_servers,
            knobs=told.knobs,
            restorable=told.restorable,
        )

    @property
    def greeting(self) -> Greeting:
        """What the driver said first."""
        if self._greeting is None:
            try:
                self._running()
            except Breach as breach:
                raise DriverError(str(breach)) from None
        assert self._greeting is not None
        return self._greeting

    def start(self, env: Env, fresh: bool) -> Node:
        self._reset_for(env)
        return StdioNode(self, env, fresh)

    def store(self, env: Env, state: NodeState) -> None:
        """Only of a driver whose caps have `restorable`; so is payload_of()."""
        self._reset_for(env)
        durable = protocol.Durable(state.current_term or 0, state.voted_for or NOBODY, state.log or ())
        for key, value in self.ask(protocol.Store(env.me, durable), Stored).disk.items():
            env.disk[key] = bytes(value)
        env.sync()

    def payload_of(self, view: Message) -> bytes:
        return bytes(self.ask(protocol.Payload(view), Made).payload)

    def _reset_for(self, env: Env) -> None:
        """Begins the run that this life is of, unless it has begun."""
        if env.config is not self._config:
            self._config = None
            self._running()
            seed = str(env.config.get("seed", ""))
            self.ask(protocol.Reset((env.me, *env.peers), dict(env.config), seed), Nothing)
            self._config = env.config

    def ask(self, request: Any, kind: type[A]) -> A:
        """The answer to a request of protocol.py; Breach if there is none."""
        process = self._process
        what = request.__struct_config__.tag
        if process is None:
            raise Breach("exit", f"the driver has ended before {what}", "one process for a whole run")
        return self._exchange(process, request, kind, ANSWER_SECONDS)

    def ask_line(self, line: bytes) -> bytes:
        """The line that answers any line, of the protocol or not; without a newline, both."""
        self._running()
        assert self._process is not None
        try:
            return self._process.ask("such a line", line + b"\n")[:-1]
        except BaseException:
            self.close()
            raise

    def refuse_unasked(self) -> None:
        """Breach if the last answer was to an earlier request, so that another one is still to come."""
        if self._process is not None:
            try:
                self._process.refuse_unasked(LATE_SECONDS)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Ends the process; the next run has another one."""
        if self._process is not None:
            self._process.close()
        self._process = self._config = None

    def is_of_run(self, env: Env) -> bool:
        """Whether the process still hosts the servers of this run."""
        return self._process is not None and env.config is self._config

    def _running(self) -> None:
        if self._process is not None and not self._process.is_mine:
            self._process = None  # the parent's
        if self._process is None:
            command = self._command() if callable(self._command) else self._command
            try:
                process = self._process = DriverProcess(command)
            except OSError as error:
                raise DriverError(f"{command[0]}: {error.strerror}; expected a program") from None
            with blocked(signal.SIGALRM):  # a start has a limit of its own, beyond that of the watchdog
                self._greeting = self._exchange(process, protocol.Hello(), Greeting, HELLO_SECONDS)
            if self._greeting.protocol != protocol.VERSION:
                seen = f"the driver speaks protocol {self._greeting.protocol}"
                raise Breach("protocol", seen, f"protocol {protocol.VERSION}")

    def _exchange(self, process: DriverProcess, request: Any, kind: type[A], seconds: float) -> A:
        what = request.__struct_config__.tag
        try:
            line = process.ask(what, protocol.encode(request) + b"\n", seconds)
            try:
                answer = protocol.decode(line, kind)
            except Rubbish as rubbish:
                text = shown(line.decode("utf-8", "replace"))
                seen = f"{rubbish}; the driver answered {what} by {text}"
                raise Breach("protocol", seen, f"{_article(kind)}, as PROTOCOL.md has it") from None
        except BaseException:
            self.close()
            raise
        if isinstance(answer, Failed):
            raise Breach("exception", f"error {shown(answer.error)} in answer to {what}", "no error")
        return answer


def _article(kind: type) -> str:
    fields = ", ".join(f"`{name}`" for name in kind.__struct_fields__)  # type: ignore[attr-defined]
    return f"one JSON object with {fields}" if fields else "{}"


class StdioNode:
    """A server in a driver. What it shows is what it showed after the last call."""

    __slots__ = ("_env", "_state", "_stdio", "_timers")

    def __init__(self, stdio: Stdio, env: Env, fresh: bool) -> None:
        self._stdio = stdio
        self._env = env
        disk = {key: Raw(value) for key, value in env.disk.items()}
        self._do(stdio.ask(protocol.Start(env.me, fresh, disk), Acted))

    def deliver(self, source: str, payload: bytes) -> None:
        self._act(protocol.Deliver(self._env.me, source, Raw(payload)))

    def timers(self) -> tuple[str, ...]:
        return self._timers

    def fire(self, timer: str) -> None:
        self._act(protocol.Fire(self._env.me, timer))

    def request(self, request: int, command: bytes) -> bool:
        asked = protocol.Request(self._env.me, request, text_of(command))
        answer = self._stdio.ask(asked, Requested)
        self._do(answer)
        return answer.accepted

    def link(self, peer: str, up: bool) -> None:
        self._act(protocol.Link(self._env.me, peer, up))

    def state(self) -> NodeState:
        return self._state

    def stop(self) -> None:
        if self._stdio.is_of_run(self._env):
            self._stdio.ask(protocol.Stop(self._env.me), Nothing)

    def ask_state(self) -> Shown:
        """What the driver says where it is asked for nothing but the state."""
        return self._stdio.ask(protocol.State(self._env.me), Shown)

    def _act(self, request: Any) -> None:
        self._do(self._stdio.ask(request, Acted))

    def _do(self, answer: Acted | Requested) -> None:
        """Does what the server did, in the same order; a crash may end it."""
        self._timers, self._state = answer.timers, answer.state
        env = self._env
        for op in answer.ops:
            match op:
                case Send(to, payload, view):
                    if to == env.me:
                        self._stdio.refuse_unasked()
                    env.send(to, bytes(payload), view)
                case Write(key, value):
                    env.disk[key] = bytes(value)
                case Sync():
                    env.sync()
                case Erase(key):
                    if key not in env.disk:
                        raise Breach(
                            "protocol", f"the driver erased {shown(key)}", "a key that is on the disk"
                        )
                    del env.disk[key]
                case Reply(request, outcome, value):
                    env.reply(request, outcome, value)
