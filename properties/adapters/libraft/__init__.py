"""canonical/raft (libraft, C), driven through its raft_io interface: a driver of our own that speaks stdio.

README.md says which version, what is observed and what is switched off; driver/ has the sources.
"""

from __future__ import annotations

from pathlib import Path

from ...drivers import Sources
from ...stdio import Stdio

SOURCES = Sources(Path(__file__).parent / "driver", ("make",), tools=("cc", "pkg-config"))

implementation = Stdio(SOURCES.command)
