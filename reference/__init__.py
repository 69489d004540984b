"""Raft as code: a compact reference. Knows no specification and no judge; standard library only."""
