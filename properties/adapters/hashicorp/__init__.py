"""hashicorp/raft (Go) behind the Node interface: a driver with each server in a bubble of testing/synctest.

README.md says what is observed of it and how, FINDINGS.md what was found.
"""

from __future__ import annotations

from pathlib import Path

from ...drivers import Sources
from ...stdio import Stdio

DRIVER = Sources(Path(__file__).parent / "driver", ("go", "build", "-o", "driver", "."))

implementation = Stdio(DRIVER.command)
