"""Raft as a formal model, in TLA+, and how to load it."""
