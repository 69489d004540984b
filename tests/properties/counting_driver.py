"""A driver of nodes that are no Raft, and that do what no driver may do: `counting_driver.py FAULT`.

Each counts its ticks on disk and tells them to its peers. Nothing of raftcheck is imported.
"""

import json
import os
import signal
import sys
import time

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
LINKS = FAULT == "links"
CAPS = {"network": "stream" if LINKS else "datagram", "links": LINKS, "knobs": {"step": [1, 2]}}
if FAULT == "capable":
    CAPS |= {"durable": False, "fewest_servers": 2, "liberties": ["StepDown", "LeaderEntry"]}
    CAPS |= {"restorable": True}

REMEMBERED = {}


class Server:
    def __init__(self, cluster, name, disk):
        self.cluster, self.name = cluster, name
        self.count = disk.get("count", REMEMBERED.get(name, 0) if FAULT == "remember" else 0)
        self.heard = []

    def fire(self, asked):
        self.count += self.cluster["config"].get("step", 1)
        REMEMBERED[self.name] = self.count
        peers = [peer for peer in self.cluster["servers"] if peer != self.name]
        writes = [["write", "count", self.count], ["write", "twice", {"of": self.count}], ["sync"]]
        return [*writes, *(["send", peer, [self.count, None], None] for peer in peers)]

    def deliver(self, asked):
        self.heard.append(asked["payload"])
        return []

    def link(self, asked):
        return [["write", asked["peer"], asked["up"]]]

    def request(self, asked):
        return [["reply", asked["request"], "ok", asked["command"]]]

    def shown(self):
        return {"timers": ["tick"], "state": {"current_term": self.count, "commit_index": len(self.heard)}}


def answer(asked, servers, cluster):
    match asked["op"]:
        case "hello":
            time.sleep(float(FAULT.removeprefix("slow")) if FAULT.startswith("slow") else 0)
            return {"protocol": 2 if FAULT == "newer" else 1, "name": "counting", "caps": CAPS}
        case "reset":
            servers.clear()
            cluster.update(asked)
            return {}
        case "start":
            servers[asked["server"]] = Server(cluster, asked["server"], asked["disk"])
            return {"ops": [], **servers[asked["server"]].shown()}
        case "stop":
            del servers[asked["server"]]
            return {}
        case "state":
            return servers[asked["server"]].shown()
    server = servers[asked["server"]]
    ops = getattr(server, asked["op"])(asked)
    accepted = {"accepted": True} if asked["op"] == "request" else {}
    return {"ops": ops, **accepted, **server.shown()}


def say(line):
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def misbehave():
    match FAULT:
        case "exit":
            print("first\nsecond\nthird", *range(9), "the end", sep="\n", file=sys.stderr)
            sys.exit(3)
        case "killed":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "ended":
            os.kill(os.getpid(), signal.SIGKILL)
        case _ if FAULT.startswith("ended "):
            _, times, file = FAULT.split()
            with open(file, "ab") as log:
                log.write(b".")
            if os.path.getsize(file) > int(times):
                return
            os.kill(os.getpid(), signal.SIGKILL)
        case "outlived":
            if os.fork() == 0:
                time.sleep(600)
            print("gone", file=sys.stderr)
            sys.exit(3)
        case "closed":
            os.close(1)
            time.sleep(600)
        case "hang":
            print("waiting for a lock", file=sys.stderr)
            sys.stderr.flush()
            time.sleep(600)
        case "half":
            say(b'{"ops":[]')
            time.sleep(600)
        case "rubbish":
            say(b"tick!\n")
        case "endless":
            while True:
                say(b" " * 2**20)
        case "twice":
            say(b"{}\n{}\n")
        case "late":
            say(json.dumps({"ops": [], "timers": ["tick"], "state": {}}).encode() + b"\n")
            time.sleep(0.01)
            say(b"one more\n")
            time.sleep(0.2)
        case "again":
            send = ["send", "n2", 0, None]
            answer = json.dumps({"ops": [send], "timers": ["tick"], "state": {}}).encode() + b"\n"
            say(answer)
            time.sleep(0.05)
            say(answer)
            time.sleep(0.02)
        case "talk":
            sys.stderr.write("talk " * 200_000)
            return
        case "no text":
            say(b'{"error":"\xff\xfe"}\n')
        case "error":
            say(b'{"error":"index out of range"}\n')
        case "erase":
            say(b'{"ops":[["erase","no such key"]],"timers":[],"state":{}}\n')
        case "big":
            say(b'{"ops":[["write","big",' + b"7" * 10**7 + b']],"timers":["tick"],"state":{}}\n')
        case _ if FAULT.startswith("{"):
            say(FAULT.encode() + b"\n")
        case _:
            return
    raise StopIteration


def main():
    servers, cluster = {}, {}
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            if asked["op"] == "fire":
                misbehave()
            say(json.dumps(answer(asked, servers, cluster)).encode() + b"\n")
        except StopIteration:
            continue


main()
