"""Implementations of Raft behind the Node interface."""
