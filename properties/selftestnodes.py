"""Implementations around another one: Asking looks at its state more often, Watching at what its calls do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Protocol

from raftcheck.traces.events import Message, NodeState

from .finding import shown
from .node import Caps, Env, Implementation, Node, Outcome
from .stdio import StdioNode


class _Observer(Protocol):
    def observe(self, node: Node, what: str, call: Callable[[], Any]) -> Any:
        """Does a call in which the node may act; its answer."""


class _Around:
    """A node that has another one do everything, in front of an observer."""

    def __init__(self, node: Node, observer: _Observer) -> None:
        self._node = node
        self._observer = observer

    def deliver(self, source: str, payload: Any) -> None:
        self._observer.observe(self._node, "deliver", lambda: self._node.deliver(source, payload))

    def fire(self, timer: str) -> None:
        self._observer.observe(self._node, f"timer {timer}", lambda: self._node.fire(timer))

    def request(self, request: int, command: bytes) -> bool:
        call = lambda: self._node.request(request, command)  # noqa: E731
        accepted: bool = self._observer.observe(self._node, "request", call)
        return accepted

    def link(self, peer: str, up: bool) -> None:
        self._observer.observe(self._node, "link", lambda: self._node.link(peer, up))  # type: ignore[attr-defined]

    def timers(self) -> Any:
        return self._node.timers()

    def state(self) -> NodeState:
        return self._node.state()

    def stop(self) -> None:
        self._observer.observe(self._node, "stop", self._node.stop)


class Asking:
    """Asks for state and timers before and after each call, and twice each time."""

    def __init__(self, implementation: Implementation) -> None:
        self._implementation = implementation
        self.wrong: str | None = None
        """The first two answers that differ with nothing between them."""

    @property
    def caps(self) -> Caps:
        return self._implementation.caps

    def start(self, env: Env, fresh: bool) -> Node:
        return _Around(self._implementation.start(env, fresh), self)

    def observe(self, node: Node, what: str, call: Callable[[], Any]) -> Any:
        if what != "stop":
            self._ask(node, f"before {what}")
        answer = call()
        if what != "stop":
            self._ask(node, f"after {what}")
        return answer

    def _ask(self, node: Node, when: str) -> None:
        once, again = _asked(node), _asked(node)
        if once != again and self.wrong is None:
            self.wrong = f"{when}: {shown(once)}, and asked again {shown(again)}"


def _asked(node: Node) -> tuple[NodeState, list[str]]:
    """What a node shows; a driver is asked again what it has said already, and must say the same."""
    state, timers = node.state(), sorted(node.timers())
    if isinstance(node, StdioNode):
        asked = node.ask_state()
        if (asked.state, sorted(asked.timers)) != (state, timers):
            return asked.state, sorted(asked.timers)
    return state, timers


class Watching:
    """Notes which calls came to anything."""

    def __init__(self, implementation: Implementation) -> None:
        self._implementation = implementation
        self._env_of: dict[int, _Noting] = {}
        """By the id of a node, which lives as long as this."""
        self._nodes: list[Node] = []
        self.fired: set[str] = set()
        self.effective: set[str] = set()
        """Timers of which something came, at least once; of "disk 3", the first word."""
        self.accepted = 0
        self.lost_request: str | None = None
        """A request that was accepted, and nothing came of it."""
        self.acted_when_stopped: str | None = None

    @property
    def caps(self) -> Caps:
        return self._implementation.caps

    def start(self, env: Env, fresh: bool) -> Node:
        noting = _Noting(env)
        node = self._implementation.start(noting, fresh)
        self._nodes.append(node)
        self._env_of[id(node)] = noting
        return _Around(node, self)

    def observe(self, node: Node, what: str, call: Callable[[], Any]) -> Any:
        env = self._env_of[id(node)]
        if what == "stop":
            before = len(env.done)
            answer = call()
            if len(env.done) > before and self.acted_when_stopped is None:
                self.acted_when_stopped = f"{env.me}, when it is stopped: {env.done[before]}"
            return answer
        before_call = (node.state(), sorted(node.timers()), len(env.done))
        answer = call()
        acted = (node.state(), sorted(node.timers()), len(env.done)) != before_call
        if what.startswith("timer "):
            timer = what.split()[1]
            self.fired.add(timer)
            if acted:
                self.effective.add(timer)
        elif what == "request" and answer:
            self.accepted += 1
            if not acted and self.lost_request is None:
                self.lost_request = (
                    f"{env.me} accepted one, and nothing changed, was sent, written or replied"
                )
        return answer


class _Noting:
    """An Env that notes what is written, sent and replied."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self.me: str = env.me
        self.peers: Sequence[str] = env.peers
        self.config: Mapping[str, Any] = env.config
        self.done: list[str] = []
        self.disk: MutableMapping[str, Any] = _NotingDisk(env.disk, self.done)

    def sync(self) -> None:
        self._env.sync()

    def send(self, to: str, payload: Any, view: Message | None = None) -> None:
        self.done.append(f"a message to {to}")
        self._env.send(to, payload, view)

    def reply(self, request: int, outcome: Outcome, value: Any = None) -> None:
        self.done.append(f"a reply to request {request}")
        self._env.reply(request, outcome, value)


class _NotingDisk(MutableMapping[str, Any]):
    def __init__(self, disk: MutableMapping[str, Any], done: list[str]) -> None:
        self._disk = disk
        self._done = done

    def __getitem__(self, key: str) -> Any:
        return self._disk[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._done.append(f"a write of {shown(key)}")
        self._disk[key] = value

    def __delitem__(self, key: str) -> None:
        self._done.append(f"an erasure of {shown(key)}")
        del self._disk[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._disk)

    def __len__(self) -> int:
        return len(self._disk)
