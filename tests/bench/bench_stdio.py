"""Round trips a second to a driver that does nothing, and steps a second of a check on it.

Run: python tests/bench/bench_stdio.py [driver arguments...]; without arguments, the driver is this file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

ROUNDS = 20_000


def measure() -> None:
    from raftcheck.properties import protocol
    from raftcheck.properties.cluster import Cluster
    from raftcheck.properties.schedules import Timeout
    from raftcheck.properties.stdio import Stdio

    stdio = Stdio(sys.argv[1:] or [sys.executable, "-S", "-I", __file__, "drive"])
    cluster = Cluster(stdio, ("n1", "n2", "n3"), {})
    cluster.start()
    timer = cluster.servers["n1"].timers[0]
    show("round trips", lambda: stdio.ask(protocol.State("n1"), protocol.Shown))
    show("steps of a cluster, not judged", lambda: cluster.step(Timeout("n1", timer)))
    stdio.close()


def show(what: str, do: Callable[[], object]) -> None:
    begin = time.perf_counter()
    for _ in range(ROUNDS):
        do()
    print(f"{ROUNDS / (time.perf_counter() - begin):,.0f} {what} a second")


STATE = b'"timers":["tick"],"state":{"role":"Follower","current_term":0,"log":[],"commit_index":0}}\n'
ANSWERS = {
    b"hello": b'{"protocol":1,"name":"nothing","caps":{"network":"datagram"}}\n',
    b"reset": b"{}\n",
    b"stop": b"{}\n",
    b"state": b"{" + STATE,
}


def drive() -> None:
    for line in sys.stdin.buffer:
        op = line.split(b'"', 4)[3]
        sys.stdout.buffer.write(ANSWERS.get(op, b'{"ops":[],' + STATE))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    drive() if sys.argv[1:] == ["drive"] else measure()
