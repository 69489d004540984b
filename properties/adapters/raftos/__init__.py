"""raftos 0.2.6, a Raft in Python over asyncio and UDP, in process: see README.md."""

from .node import Raftos

implementation = Raftos()
