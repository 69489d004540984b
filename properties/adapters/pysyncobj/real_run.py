"""A real cluster of PySyncObj that only logs: three processes, real sockets, a real clock.

    python -m raftcheck.properties.adapters.pysyncobj.real_run FOLDER

leaves a trace of each server in FOLDER, for `raftcheck validate --merge`. All that a Raft has to do for this
is in Traced: a line for each message, for each command, and for what else a round of its loop has changed.
"""

# PySyncObj has no types.
# mypy: disable-error-code="import-untyped, import-not-found"

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from pysyncobj import syncobj
from pysyncobj.node import TCPNode
from pysyncobj.transport import TCPTransport

from raftcheck.traces.events import Event, Message, NodeState
from raftcheck.traces.files import trace_file

from .server import machine_class, state_of
from .views import Outbox, entry_of

SERVERS = ("n1", "n2", "n3")

STOP_SECONDS = 0.9
"""For so long each server is stopped in turn: the others can elect a leader meanwhile."""

Machine = machine_class(syncobj)


class TracedWires(TCPTransport):  # type: ignore[misc]
    """The transport of a Traced. Beside each message goes its view: an answer lacks its term."""

    def send(self, node: TCPNode, message: Mapping[str, Any]) -> bool:
        view = self._syncObj.view(node, message)
        left = bool(super().send(node, {**message, "view": view}))
        if left:
            self._syncObj.sends.append(view)
        return left

    def _onMessageReceived(self, node: TCPNode, message: Mapping[str, Any]) -> None:
        super()._onMessageReceived(node, message)
        self._syncObj.tell("Receive", message=message["view"])


class Traced(syncobj.SyncObj):  # type: ignore[misc]
    """A server that writes down what happens to it, in its own thread."""

    def __init__(self, me: str, addresses: Mapping[str, str], write: Callable[[Event], None]) -> None:
        self.me = me
        self.write = write
        self.peers = {name: TCPNode(address) for name, address in addresses.items() if name != me}
        self.outboxes = {peer.id: Outbox(me, name) for name, peer in self.peers.items()}
        self.sends: list[Message] = []
        self.state = NodeState(role="Follower", current_term=0, voted_for="", log=(), commit_index=0)
        write(Event(event="Init", server=me, state=self.state))
        self.machine = Machine(tuple)
        conf = syncobj.SyncObjConf(
            raftMinTimeout=0.3,
            raftMaxTimeout=0.6,
            appendEntriesPeriod=0.05,
            autoTickPeriod=0.01,
            connectionRetryTime=0.1,
        )
        own = TCPNode(addresses[me])
        super().__init__(own, self.peers.values(), conf, consumers=[self.machine], transportClass=TracedWires)

    def view(self, peer: TCPNode, message: Mapping[str, Any]) -> Message:
        return self.outboxes[peer.id].view(message, self.raftCurrentTerm)

    def tell(self, event: str, message: Message | None = None, value: str | None = None) -> None:
        """Writes a line: what has happened, what was sent of it, and what the server is now."""
        before, self.state = self.state, self.seen()
        if event != "Timeout" or self.sends or self.state != before:
            sends = tuple(self.sends)
            self.write(
                Event(
                    event=event, server=self.me, message=message, value=value, sends=sends, state=self.state
                )
            )
        self.sends = []

    def seen(self, length: int | None = None) -> NodeState:
        """The state; with only so much of what is stored where more has been appended since."""
        stored = self._SyncObj__raftLog[:length]
        log = tuple(entry_of(command, term) for command, _, term in stored[1:])
        return state_of(self, self.me, self.peers, log)

    def _checkCommandsToApply(self) -> None:
        """What a round does after elections, commits and heartbeats, and before messages."""
        self.tell("Timeout")
        length = len(self._SyncObj__raftLog)
        super()._checkCommandsToApply()
        # Commands are sent with the next heartbeat, so that what was sent now is what others were asked for.
        for number in range(length + 1, len(self._SyncObj__raftLog) + 1):
            self.state = self.seen(number)
            command, _, term = self._SyncObj__raftLog[number - 1]
            value = entry_of(command, term).value
            self.write(Event(event="ClientRequest", server=self.me, value=value, sends=(), state=self.state))
        self.tell("Timeout")


def serve(me: str, addresses: Mapping[str, str], folder: Path, seconds: float) -> None:
    """One server, whose clients ask for something ten times a second whenever it leads."""
    with trace_file(folder / f"{me}.ndjson") as write:
        server = Traced(me, addresses, write)
        end = time.monotonic() + seconds
        count = 0
        while time.monotonic() < end:
            time.sleep(0.1)
            if server._isLeader():
                count += 1
                server.machine.put(f"{me}-{count}")
        server.destroy_synchronous()


def run(folder: Path, rounds: int = 1) -> list[Path]:
    """Runs a cluster, in each round stopping every server for a while; the traces that it has written."""
    addresses = {
        name: f"localhost:{port}" for name, port in zip(SERVERS, free_ports(len(SERVERS)), strict=True)
    }
    seconds = (rounds * len(SERVERS) + 2) * STOP_SECONDS
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=serve, args=(me, addresses, folder, seconds)) for me in SERVERS]
    for process in processes:
        process.start()
    time.sleep(2 * STOP_SECONDS)
    for process in processes * rounds:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(STOP_SECONDS)
        os.kill(process.pid, signal.SIGCONT)
    for process in processes:
        process.join()
        assert process.exitcode == 0, f"a server ended with status {process.exitcode}"
    return [folder / f"{name}.ndjson" for name in SERVERS]


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    listening = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [int(server.getsockname()[1]) for server in listening]
    for server in listening:
        server.close()
    return ports


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--rounds", default=3, show_default=True, help="How often each server is stopped for a while.")
def main(folder: Path, rounds: int) -> None:
    """Runs a cluster of PySyncObj, whose servers write their traces into FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in run(folder, rounds):
        click.echo(path)


if __name__ == "__main__":
    main()
