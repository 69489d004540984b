"""The entry point of the command `raftcheck`: an interrupt ends it quietly, also while it imports.

To be told to end is an interrupt as well: what was found is said, and no process that was started is left.
"""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Runs the command line, and ends the process with its exit status."""
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        from .cli import main as run  # takes a second, in which Ctrl-C may come

        run()
    except KeyboardInterrupt:
        sys.exit(130)
