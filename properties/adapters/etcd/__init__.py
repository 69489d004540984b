"""etcd-io/raft, the Raft of etcd, as an Implementation: raft.RawNode in a driver in Go. README.md says how.

`real_run` is the same Raft on real sockets with a real clock, which only logs.
"""

from __future__ import annotations

from pathlib import Path

from ...drivers import Sources
from ...stdio import Stdio

GO_BUILD = ("go", "build", "-trimpath", "-o")

driver = Sources(Path(__file__).parent / "driver", (*GO_BUILD, "driver", "."))

real_run = Sources(driver.folder, (*GO_BUILD, "cluster", "./real_run"), program="cluster")
"""A program: `cluster -traces FOLDER -crashes 3` writes n1.ndjson, n2.ndjson and n3.ndjson."""

implementation = Stdio(driver.command)
