"""A driver of the servers of teaching.py, which can be started in given states: `teaching_driver.py FAULT`.

FAULT is what goes wrong: an answer to `store` or `payload`, or the Raft.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from raftcheck.properties import protocol
from raftcheck.properties.adapters import teaching
from raftcheck.properties.node import Entry, Message, Other, RequestVoteRequest
from raftcheck.traces.events import command_of

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""

ASKED = msgspec.json.Decoder(
    protocol.Hello
    | protocol.Reset
    | protocol.Start
    | protocol.Deliver
    | protocol.Fire
    | protocol.Request
    | protocol.State
    | protocol.Stop
    | protocol.Store
    | protocol.Payload
)
MESSAGE = msgspec.json.Decoder(Message)


class Disk(dict[str, Any]):
    """What a server has written; each write is an op as well."""

    ops: list[list[Any]]

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self.ops.append(["write", key, value])


class Env:
    def __init__(
        self, me: str, servers: tuple[str, ...], config: dict[str, Any], disk: dict[str, Any]
    ) -> None:
        self.me, self.config, self.ops = me, config, list[list[Any]]()
        self.peers = tuple(name for name in servers if name != me)
        self.disk = Disk(disk)
        self.disk.ops = self.ops

    def sync(self) -> None:
        self.ops.append(["sync"])

    def send(self, to: str, payload: Any, view: Message | None = None) -> None:
        self.ops.append(["send", to, payload, view])

    def reply(self, request: int, outcome: str, value: Any = None) -> None:
        raise NotImplementedError("teaching.py answers no client")


class Forgiving(teaching.Server):
    """Votes for whoever asks."""

    def answer_vote(self, m: RequestVoteRequest) -> None:
        if m.term == self.current_term:
            self.voted_for = ""
        super().answer_vote(m)


class Driver:
    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.config: dict[str, Any] = {}
        self.servers: dict[str, teaching.Server] = {}

    def answer(self, asked: Any) -> Any:
        match asked:
            case protocol.Hello():
                caps = {"network": "datagram", "restorable": True}
                return {"protocol": 1, "name": "teaching", "caps": caps}
            case protocol.Reset(names, config):
                self.names, self.config, self.servers = names, config, {}
                return {}
            case protocol.Start(name, _, disk):
                kind = Forgiving if FAULT == "forgiving" else teaching.Server
                self.servers[name] = kind(self.env(name, loaded(disk)))
            case protocol.Stop(name):
                del self.servers[name]
                return {}
            case protocol.Store(name, state):
                return self.stored(name, state)
            case protocol.Payload(view):
                return made(view)
        server = self.servers[asked.server]
        server.env.ops.clear()
        match asked:
            case protocol.State():
                return shown(server)
            case protocol.Deliver(_, source, payload):
                server.deliver(source, MESSAGE.decode(payload))
            case protocol.Fire(_, timer):
                if timer not in server.timers():
                    raise ValueError(f"timer {timer} cannot fire now")
                server.fire(timer)
            case protocol.Request(_, number, command):
                accepted = server.request(number, command_of(command))
                return {"accepted": accepted, "ops": server.env.ops, **shown(server)}
        return {"ops": server.env.ops, **shown(server)}

    def env(self, name: str, disk: dict[str, Any]) -> Any:
        return Env(name, self.names, self.config, disk)

    def stored(self, name: str, state: protocol.Durable) -> Any:
        match FAULT:
            case "store rubbish":
                return {"disk": 7}
            case "store error":
                return {"error": "what is a vote?"}
            case "store touches" if name in self.servers:
                self.servers[name].current_term += 1
        env = self.env(name, {})
        vote = "" if FAULT == "store forgets" else state.voted_for
        teaching.implementation.store(env, msgspec.structs.replace(state, voted_for=vote))
        return {"disk": dict(env.disk)}


def loaded(disk: dict[str, msgspec.Raw]) -> dict[str, Any]:
    kinds = {"vote": tuple[int, str], "log": tuple[Entry, ...]}
    return {key: msgspec.json.decode(value, type=kinds[key]) for key, value in disk.items()}


def made(view: Message) -> Any:
    match FAULT:
        case "payload rubbish":
            return [view]
        case "payload error":
            return {"error": "what is a view?"}
        case "payload exits":
            sys.exit("no views today")
        case "payload of the next term":
            return {"payload": msgspec.structs.replace(view, term=view.term + 1)}
    if isinstance(view, Other):
        raise ValueError("Other may be anything")
    return {"payload": view}


def shown(server: teaching.Server) -> dict[str, Any]:
    return {"timers": server.timers(), "state": server.state()}


def main() -> None:
    driver = Driver()
    for line in sys.stdin.buffer:
        try:
            answer = driver.answer(ASKED.decode(line))
        except Exception as error:
            answer = {"error": repr(error)}
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()


main()
