"""The entry point of the command `raftcheck`: an interrupt ends it quietly, also while it imports."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line, and ends the process with its exit status."""
    try:
        from .cli import main as run  # takes a second, in which Ctrl-C may come

        run()
    except KeyboardInterrupt:
        sys.exit(130)
