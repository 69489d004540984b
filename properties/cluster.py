"""A simulated cluster of any Implementation: the world's Actions go in, observed Events come out.

It owns network, disks and time, and decides nothing: which action comes next is the schedule's or the
scheduler's. An action that is not enabled does nothing. A node that breaks a rule of the seam (node.py)
ends the run with a Misbehaviour, whatever it did; only an interrupt from the keyboard passes through.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from raftcheck.traces.events import Entry, Event, Message, NodeState, command_of

from . import byvalue, disk, life
from .byvalue import by_value
from .disk import Disk
from .finding import Breach, Finding, Kind, Misbehaviour, is_text, shown, wrong_state
from .life import Halt, Life
from .network import Network, Packet
from .node import Implementation, Node, Restorable
from .scenes import Scene, played_by, restorable, resumable
from .schedules import (
    Action,
    Crash,
    Deliver,
    Drop,
    Duplicate,
    Heal,
    Partition,
    Request,
    Restart,
    Timeout,
    describe,
)
from .watchdog import Hang

T = TypeVar("T")
U = TypeVar("U")

SILENT: tuple[Event, ...] = ()
"""The action was done, and there is nothing to be seen of it at any server."""

_OURS = frozenset({__file__, byvalue.__file__, disk.__file__, life.__file__})
_METHODS = ("deliver", "timers", "fire", "request", "state", "stop")


class Server:
    """One server through all its lives."""

    __slots__ = ("disk", "known_log", "life", "links", "name", "node", "requests", "state", "timers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.disk = Disk()
        self.life: Life | None = None
        """None while the server is down."""
        self.node: Node | None = None
        self.state: NodeState | None = None
        """What was seen of it last; None while it is down."""
        self.timers: tuple[str, ...] = ()
        """The timers that may fire now."""
        self.known_log: tuple[Entry, ...] = ()
        self.requests: set[int] = set()
        self.links: set[str] = set()
        """The peers to which it was told that there is a stream."""


class Cluster:
    """Runs nodes. Look at `servers` and `network` freely; change them only by start(), step() and close()."""

    def __init__(
        self, implementation: Implementation, names: Sequence[str], config: Mapping[str, Any]
    ) -> None:
        self.names = tuple(names)
        self.caps = implementation.caps
        self.network = Network(self.caps.network, self.names)
        self.servers = {name: Server(name) for name in self.names}
        self.has_views = True
        """False once a payload came without a view: from then on nobody can say what was received."""
        self.step_going_on = 0
        self.implementation = implementation
        self._config = MappingProxyType(dict(config))
        self._steps = 0
        self._requests = 0
        self._doing = ""
        self._action: Action | None = None
        self._asked = ""

    def start(self) -> tuple[Event, ...]:
        """All servers come up for the first time; one Init event for each, and what comes of their links."""
        self._doing = "the first start"
        first = tuple(self._watched(self._start, server) for server in self.servers.values())
        return first + self._tell_links()

    def resume(self, scene: Scene) -> tuple[Event, ...]:
        """All servers go on where the scene is; one Init event for each. In the place of start()."""
        self._doing = "the start in a given state"
        implementation = self.implementation
        scene = played_by(implementation, scene)
        assert restorable(implementation)
        events = tuple(
            self._watched(self._resume, (self.servers[name], state)) for name, state in scene.states.items()
        )
        for view in scene.messages:
            self._watched(self._put_in_flight, view)
        return events + self._tell_links()

    def step(self, action: Action) -> tuple[Event, ...] | None:
        """Does one action. None: it was not enabled, and nothing happened."""
        self._action = action
        events = self._watched(self._do, action)
        return None if events is None else events + self._tell_links()

    def close(self) -> None:
        """The run is over: every node lets go of its resources."""
        self._action, self._doing = None, "the end of the run"
        for server in self.servers.values():
            if server.node is not None:
                self._watched(self._go_down, server)

    def _watched(self, work: Callable[[T], U], subject: T) -> U:
        """Marks the step for the watchdog, which ends it with Hang if it takes too long."""
        self._steps += 1
        self.step_going_on = self._steps
        try:
            return work(subject)
        except Hang:
            self.servers[self._asked].node = None  # which is asked nothing any more
            self._accuse(self._asked, "hang", "the call does not return", "an answer at once")
        finally:
            self.step_going_on = 0

    # What the world does

    def _do(self, action: Action) -> tuple[Event, ...] | None:
        match action:
            case Deliver(source, dest, number):
                packet = self.network.find(source, dest, number)
                if packet is None or not self.network.can_arrive(packet):
                    return None
                return (self._deliver(packet),)
            case Timeout(name, timer):
                server = self.servers.get(name)
                if server is None or timer not in server.timers:
                    return None
                self._act(server, _node(server).fire, timer)
                return (self._seen(server, "Timeout", timer=timer),)
            case Request(name, value):
                server = self.servers.get(name)
                return None if server is None or server.life is None else self._request(server, value)
            case Duplicate(source, dest, number):
                packet = self.network.find(source, dest, number) if self.network.can_duplicate else None
                if packet is None:
                    return None
                packet.copies += 1
                return (Event(event="DuplicateMessage", server=dest, message=packet.view),)
            case Drop(source, dest, number):
                packet = self.network.find(source, dest, number) if self.network.can_drop else None
                if packet is None:
                    return None
                self.network.take(packet)
                return (Event(event="DropMessage", server=dest, message=packet.view),)
            case Crash(name, after, keep):
                server = self.servers.get(name)
                if server is None or server.life is None or not self.caps.durable:
                    return None
                return self._crash(server, after, keep)
            case Restart(name):
                server = self.servers.get(name)
                return None if server is None or server.life is not None else (self._restart(server),)
            case Partition(groups):
                self.network.cut(groups)
                return SILENT
            case Heal():
                return SILENT if self.network.heal() else None

    def _deliver(self, packet: Packet) -> Event:
        server = self.servers[packet.dest]
        payload = self.network.take(packet)
        self._act(server, _node(server).deliver, packet.source, payload)
        return self._seen(server, "Receive", message=packet.view)

    def _request(self, server: Server, value: str) -> tuple[Event, ...] | None:
        self._requests += 1
        server.requests.add(self._requests)
        accepted = self._act(server, _node(server).request, self._requests, command_of(value))
        if accepted is False and _life(server).state != "dead":
            self._check_refusal(server)
            return SILENT
        if type(accepted) is not bool and _life(server).state != "dead":
            self._accuse(server.name, "answer", f"request() returned {shown(accepted)}", "True or False")
        return (self._seen(server, "ClientRequest", value=value),)

    def _check_refusal(self, server: Server) -> None:
        """A refused request gives no event, so nothing may come of it."""
        expected = "a refused request changes nothing and sends nothing"
        if _life(server).sends:
            seen = f"request() returned False and sent {len(_life(server).sends)} messages"
            self._accuse(server.name, "answer", seen, expected)
        before = server.state
        self._observe(server)
        if server.state != before:
            change = f"from {shown(before)} to {shown(server.state)}"
            seen = f"request() returned False, and the state changed {change}"
            self._accuse(server.name, "answer", seen, expected)

    def _crash(self, server: Server, after: int, keep: int) -> tuple[Event, ...]:
        life = _life(server)
        life.fuse, life.keep = after, keep
        if after:
            return SILENT
        self._go_down(server)
        return (Event(event="Crash", server=server.name, sends=()),)

    # Streams that nodes know of

    def _tell_links(self) -> tuple[Event, ...]:
        """Tells each server what has become of its streams; one may crash when it is told."""
        events = []
        while self.caps.links and (news := next(self._news_of_links(), None)):
            events.append(self._watched(self._tell_link, news))
        return tuple(events)

    def _news_of_links(self) -> Iterator[tuple[Server, str, bool]]:
        for server in self.servers.values():
            for peer in self.names:
                up = peer != server.name and self.network.reaches(server.name, peer)
                if server.life is not None and up != (peer in server.links):
                    yield server, peer, up

    def _tell_link(self, news: tuple[Server, str, bool]) -> Event:
        server, peer, up = news
        server.links ^= {peer}
        self._act(server, _node(server).link, peer, up)  # type: ignore[attr-defined]
        return self._seen(server, "Timeout", timer=f"link {peer} {'up' if up else 'down'}")

    # Lives of a server

    def _start(self, server: Server) -> Event:
        self._come_up(server, lambda life: self.implementation.start(life, True))
        return self._seen(server, "Init")

    def _resume(self, start: tuple[Server, NodeState]) -> Event:
        server, state = start
        implementation = self.implementation
        if resumable(implementation):
            self._come_up(server, lambda life: implementation.start_at(life, state))
        else:
            assert restorable(implementation)
            self._come_up(server, lambda life: _restored(implementation, life, state))
        event = self._seen(server, "Init")
        unlike = [
            name for name in state.__struct_fields__ if _differs(getattr(state, name), server.state, name)
        ]
        if unlike:
            seen = ", ".join(f"{name} {shown(getattr(server.state, name))}" for name in unlike)
            wanted = ", ".join(f"{name} {shown(getattr(state, name))}" for name in unlike)
            self._accuse(server.name, "start", seen, wanted)
        return event

    def _put_in_flight(self, view: Message) -> None:
        """As if it had been sent; who cannot make it is accused in the name of its sender."""
        implementation = self.implementation
        assert restorable(implementation)
        payload = self._ask(self.servers[view.source], _copied, implementation.payload_of, view)
        self.network.send(view.source, view.dest, payload, view)

    def _restart(self, server: Server) -> Event:
        self.network.up(server.name)
        self._come_up(server, lambda life: self.implementation.start(life, False))
        return self._seen(server, "Restart")

    def _come_up(self, server: Server, start: Callable[[Life], Node]) -> None:
        life = server.life = Life(server.name, self.names, self._config, server.disk, server.requests)
        server.node = self._act(server, start, life)
        server.links.clear()
        for method in (*_METHODS, "link") if self.caps.links else _METHODS:
            if not callable(getattr(server.node, method, None)):
                seen = f"start() returned {shown(server.node)}, which has no {method}()"
                self._accuse(server.name, "start", seen, "a Node")

    def _go_down(self, server: Server) -> None:
        life, node = _life(server), _node(server)
        life.state = "dead"
        self._ask(server, node.stop)
        server.disk.crash(life.keep)
        server.life = server.node = server.state = None
        server.timers = ()
        self.network.down(server.name)

    # Calls into a node, and what is seen of it afterwards

    def _act(self, server: Server, call: Callable[..., Any], *arguments: Any) -> Any:
        """A call in which the node may act; the server's life says whether it survived."""
        life = _life(server)
        life.sends = []
        life.state = "acting"
        answer = self._ask(server, call, *arguments)
        if life.state == "acting":
            life.state = "quiet"
        return answer

    def _ask(self, server: Server, call: Callable[..., Any], *arguments: Any) -> Any:
        """Any call into a node; what it raises when it crashes in the midst of it is nobody's business."""
        life = _life(server)
        alive = life.state != "dead"
        self._asked = server.name
        try:
            answer = call(*arguments)
        except Halt:
            answer = None
        except (Hang, KeyboardInterrupt):
            raise
        except BaseException as error:
            answer = None
            if isinstance(error, Breach):
                self._accuse(server.name, error.kind, error.seen, error.expected)
            if not alive or life.state != "dead":
                self._accuse(server.name, "exception", f"{shown(error)}{_where(error)}", "no exception")
        if life.wrong is not None:
            self._accuse(server.name, *life.wrong)
        return answer

    def _seen(
        self,
        server: Server,
        event: str,
        message: Message | None = None,
        timer: str | None = None,
        value: str | None = None,
    ) -> Event:
        """What is observed after a call: the event, or a crash in the midst of it."""
        sends = self._post(server)
        if _life(server).state == "dead":
            event = "Crash"
            self._go_down(server)
        else:
            self._observe(server)
        return Event(
            event=event,
            server=server.name,
            timer=timer,
            message=message,
            value=value,
            sends=sends,
            state=server.state,
        )

    def _post(self, server: Server) -> tuple[Message, ...] | None:
        """Hands to the network what the call has sent; the views, None where one is lacking."""
        views = []
        for dest, payload, view in _life(server).sends:
            self.network.send(server.name, dest, payload, view)
            views.append(view)
        if None in views:
            self.has_views = False
            return None
        return tuple(views)  # type: ignore[arg-type]

    def _observe(self, server: Server) -> None:
        node = _node(server)
        state: NodeState = self._ask(server, node.state)
        wrong = wrong_state(state, server.name, self.names, server.known_log)
        if wrong:
            self._accuse(server.name, "state", *wrong)
        if state.next_index is not None or state.match_index is not None:
            state = _with_own_indexes(state)
        server.known_log = state.log or ()
        server.state = state
        timers = self._ask(server, _listed, node.timers)
        if not isinstance(timers, list) or not all(map(is_text, timers)):
            self._accuse(server.name, "timers", f"timers() returned {shown(timers)}", "a collection of str")
        server.timers = tuple(sorted(timers))

    def _accuse(self, server: str, kind: Kind, seen: str, expected: str) -> NoReturn:
        action = describe(self._action) if self._action else self._doing
        raise Misbehaviour(Finding(kind, server, action, seen, expected))


def _copied(make: Callable[[Message], Any], view: Message) -> Any:
    """The payload, which nobody else has."""
    return by_value(make(view))


def _restored(implementation: Restorable, life: Life, state: NodeState) -> Node:
    """A server that comes back from a crash in this state."""
    implementation.store(life, state)
    return implementation.start(life, False)


def _differs(wanted: Any, seen: NodeState | None, name: str) -> bool:
    """Whether a field is not as it was to be; what is not observable is not compared."""
    found = getattr(seen, name)
    return wanted is not None and found is not None and wanted != found


def _life(server: Server) -> Life:
    assert server.life is not None, f"{server.name} is down"
    return server.life


def _listed(timers: Callable[[], Any]) -> Any:
    """The names in a collection, taken out while the node may still be blamed for what it raises."""
    found = timers()
    return list(found) if isinstance(found, Collection) and not isinstance(found, str) else found


def _node(server: Server) -> Node:
    assert server.node is not None, f"{server.name} is down"
    return server.node


def _with_own_indexes(state: NodeState) -> NodeState:
    """A node may hand out its own dicts, which it goes on changing; what was seen must stay."""
    return NodeState(
        role=state.role,
        current_term=state.current_term,
        voted_for=state.voted_for,
        log=state.log,
        commit_index=state.commit_index,
        votes_granted=state.votes_granted,
        next_index=None if state.next_index is None else dict(state.next_index),
        match_index=None if state.match_index is None else dict(state.match_index),
    )


def _where(error: BaseException) -> str:
    """The places in the node's code from which an exception came, the innermost first."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename not in _OURS]
    places = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in reversed(frames[-3:])]
    return ", raised at " + ", called from ".join(places) if places else ""
