"""Pages in a browser without a window: what it draws, what it measures, what it asks for and complains of.

Chromium's own command line does all of it, without a network. Where there is none, a test is skipped; if
RAFTCHECK_NEEDS_BROWSER is set, it fails. RAFTCHECK_SCREENSHOTS names a folder in which the screenshots are
left for people to look at.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 60


@dataclass(frozen=True)
class Look:
    """A page that was opened: its picture, what it asked the network for, and the browser's complaints."""

    screenshot: Path
    requests: tuple[str, ...]
    complaints: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture, from its header."""
        header = self.screenshot.read_bytes()[:24]
        assert header[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", header[16:24])
        return width, height


class Browser:
    """Opens files in a folder of its own."""

    def __init__(self, command: str, folder: Path) -> None:
        self._command = command
        self._folder = folder

    def look(self, page: Path, width: int, height: int) -> Look:
        """Opens the page as it is."""
        net, screenshot = self._folder / "net.json", page.with_suffix(".png")
        done = self._run(
            page,
            f"--screenshot={screenshot}",
            f"--window-size={width},{height}",
            f"--log-net-log={net}",
            "--enable-logging=stderr",
        )
        if folder := os.environ.get("RAFTCHECK_SCREENSHOTS"):
            shutil.copy(screenshot, folder)
        events = json.loads(net.read_text(encoding="utf-8"))["events"]
        requests = [event["params"] for event in events if "initiator" in event.get("params", {})]
        # The browser asks for things of its own (news of itself), which have no page as their origin.
        asked = [request["url"] for request in requests if request["initiator"] != "not an origin"]
        complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return Look(screenshot, tuple(asked), tuple(complaints))

    def measure(self, page: Path, width: int, expression: str) -> Any:
        """The value of an expression of JavaScript in a copy of the page that lets a script run."""
        text = page.read_text(encoding="utf-8")
        assert "Content-Security-Policy" in text
        text = text.replace("Content-Security-Policy", "X-None")
        script = f'document.body.dataset.found = JSON.stringify((() => {{ "use strict"; {expression} }})())'
        copy = self._folder / f"measured-{page.name}"
        copy.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
        done = self._run(copy, "--dump-dom", f"--window-size={width},1000")
        found = re.search(r'<body data-found="([^"]*)"', done.stdout)
        assert found, done.stdout[-1000:]
        return json.loads(unescape(found[1]))

    def _run(self, page: Path, *options: str) -> subprocess.CompletedProcess[str]:
        # The sandbox does not work for root; the pages are our own.
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        quiet = ["--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
        quiet += [f"--user-data-dir={self._folder / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND"]
        arguments = [self._command, *root, *quiet, *options, page.as_uri()]
        return subprocess.run(
            arguments, capture_output=True, text=True, encoding="utf-8", check=True, timeout=SECONDS
        )


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no browser; expected one of {', '.join(NAMES)}"
        if os.environ.get("RAFTCHECK_NEEDS_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    return Browser(found, tmp_path_factory.mktemp("browser"))
