"""raft-rs, TiKV's Raft in Rust (the crate `raft`), as a target: its driver is built from driver/ by cargo.

README.md says how it is driven, what is observed and what is not.
"""

from __future__ import annotations

from pathlib import Path

from ...drivers import Sources
from ...stdio import Stdio

SOURCES = Sources(
    Path(__file__).parent / "driver",
    build=("cargo", "build", "--release"),
    program="target/release/raft-rs-driver",
    aside=("target", "Cargo.lock"),
    name="raft-rs",
)

implementation = Stdio(SOURCES.command)
"""Messages come in order, and may be lost: what TiKV gives to raft-rs."""

over_datagrams = Stdio(lambda: (*SOURCES.command(), "datagram"))
"""Messages overtake each other and come twice: see FINDINGS.md."""
