"""A small Raft as a newcomer might write it: on the Node interface alone, nothing of the reference in it.

Its payloads are dicts, its only timer is "tick", it speaks over streams. `tiny` conforms; the tests break it.
"""

from __future__ import annotations

from typing import Any

from raftcheck.properties.node import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Caps,
    Entry,
    Env,
    Message,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)


class TinyNode:
    def __init__(self, env: Env) -> None:
        self.env = env
        saved = env.disk.get("saved", {"term": 0, "vote": "", "log": []})
        self.term: int = saved["term"]
        self.vote: str = saved["vote"]
        self.log: list[tuple[int, str]] = saved["log"]
        self.role: Any = "Follower"
        self.commit = 0
        self.votes: set[str] = set()
        self.next: dict[str, int] = {}
        self.match: dict[str, int] = {}

    def timers(self) -> list[str]:
        return ["tick"]

    def fire(self, timer: str) -> None:
        if self.role == "Leader":
            for peer in self.env.peers:
                self.replicate(peer)
            return
        self.role, self.term, self.vote = "Candidate", self.term + 1, self.env.me
        self.votes = {self.env.me}
        self.save()
        for peer in self.env.peers:
            self.tell(peer, kind="vote?", last=len(self.log), last_term=self.term_at(len(self.log)))
        self.count()

    def request(self, request: int, command: bytes) -> bool:
        if self.role != "Leader":
            return False
        self.log.append((self.term, command.decode()))
        self.save()
        for peer in self.env.peers:
            self.replicate(peer)
        self.advance()
        return True

    def deliver(self, source: str, payload: dict[str, Any]) -> None:
        if payload["term"] > self.term:
            self.term, self.vote, self.role = payload["term"], "", "Follower"
            self.save()
        match payload["kind"]:
            case "vote?":
                self.on_vote(source, payload)
            case "vote":
                self.on_voted(source, payload)
            case "append":
                self.on_append(source, payload)
            case "ack":
                self.on_ack(source, payload)

    def on_vote(self, source: str, m: dict[str, Any]) -> None:
        mine = (self.term_at(len(self.log)), len(self.log))
        free = self.vote in ("", source)
        granted = m["term"] == self.term and free and (m["last_term"], m["last"]) >= mine
        if granted:
            self.vote = source
            self.save()
        self.tell(source, kind="vote", granted=granted)

    def on_voted(self, source: str, m: dict[str, Any]) -> None:
        if m["term"] == self.term and self.role == "Candidate" and m["granted"]:
            self.votes.add(source)
            self.count()

    def on_append(self, source: str, m: dict[str, Any]) -> None:
        fits = m["prev"] <= len(self.log) and self.term_at(m["prev"]) == m["prev_term"]
        success = m["term"] == self.term and fits
        if m["term"] == self.term:
            self.role = "Follower"
        last = m["prev"] + len(m["entries"]) if success else 0
        if success:
            for place, entry in enumerate(m["entries"], m["prev"]):
                if self.log[place : place + 1] != [tuple(entry)]:
                    del self.log[place:]
                    self.log.append(tuple(entry))
            self.save()
            self.commit = max(self.commit, min(m["commit"], last))
        self.tell(source, kind="ack", success=success, match=last)

    def on_ack(self, source: str, m: dict[str, Any]) -> None:
        if m["term"] != self.term or self.role != "Leader":
            return
        if m["success"]:
            self.match[source] = max(self.match[source], m["match"])
            self.next[source] = self.match[source] + 1
            self.advance()
        else:
            self.next[source] = self.match[source] + 1
            self.replicate(source)

    def count(self) -> None:
        if 2 * len(self.votes) > len(self.env.peers) + 1:
            self.role = "Leader"
            self.next = {peer: len(self.log) + 1 for peer in self.env.peers}
            self.match = dict.fromkeys(self.env.peers, 0)

    def advance(self) -> None:
        index = sorted((len(self.log), *self.match.values()), reverse=True)[(len(self.env.peers) + 1) // 2]
        if index > self.commit and self.term_at(index) == self.term:
            self.commit = index

    def replicate(self, peer: str) -> None:
        prev = self.next[peer] - 1
        entries = [list(entry) for entry in self.log[prev:]]
        before = {"prev": prev, "prev_term": self.term_at(prev)}
        self.tell(peer, kind="append", **before, entries=entries, commit=self.commit)

    def term_at(self, index: int) -> int:
        return self.log[index - 1][0] if index else 0

    def save(self) -> None:
        self.env.disk["saved"] = {"term": self.term, "vote": self.vote, "log": self.log}
        self.env.sync()

    def tell(self, peer: str, **payload: Any) -> None:
        payload["term"] = self.term
        self.env.send(peer, payload, self.view(peer, payload))

    def view(self, peer: str, m: dict[str, Any]) -> Message | None:
        me, term = self.env.me, self.term
        if m["kind"] == "vote?":
            return RequestVoteRequest(me, peer, term, m["last"], m["last_term"])
        if m["kind"] == "vote":
            return RequestVoteResponse(me, peer, term, m["granted"])
        if m["kind"] == "ack":
            return AppendEntriesResponse(me, peer, term, m["success"], m["match"])
        entries = tuple(Entry(*entry) for entry in m["entries"])
        return AppendEntriesRequest(me, peer, term, m["prev"], m["prev_term"], entries, m["commit"])

    def state(self) -> NodeState:
        return NodeState(
            role=self.role,
            current_term=self.term,
            voted_for=self.vote,
            log=tuple(Entry(*entry) for entry in self.log),
            commit_index=self.commit,
            votes_granted=tuple(sorted(self.votes)),
            next_index=self.next if self.role == "Leader" else None,
            match_index=self.match if self.role == "Leader" else None,
        )

    def stop(self) -> None:
        pass


class Tiny:
    node = TinyNode
    caps = Caps(network="stream")

    def start(self, env: Env, fresh: bool) -> TinyNode:
        return self.node(env)


tiny = Tiny()
