"""What is going on, for whoever would else wonder why nothing happens: a line on stderr."""

from __future__ import annotations

import sys


def say(news: str) -> None:
    print(f"raftcheck: {news}", file=sys.stderr, flush=True)
