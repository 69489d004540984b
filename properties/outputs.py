"""The files that a command is told to write, looked at before any work is done.

What cannot be written would cost the work; what is written twice, or over what is read, would cost a file.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

DEVNULL = Path(os.devnull)
"""May be written to as often as one likes."""


def given(**options: Path | None) -> dict[str, Path]:
    """The outputs that are asked for, by the options that ask for them."""
    return {f"--{name}": path for name, path in options.items() if path is not None}


def refuse_unwritable(path: Path) -> None:
    """OSError where the file could not be written."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def refuse_clashes(outputs: Mapping[str, Path], inputs: Iterable[Path], called: str) -> None:
    """click.UsageError where a file would be written over one that is read, or over another output."""
    read = {path.resolve() for path in inputs}
    written: dict[Path, str] = {}
    for option, path in outputs.items():
        place = path.resolve()
        if place in read:
            raise click.UsageError(f"{option} {path} is {called}; expected another name")
        if place in written and place != DEVNULL:
            raise click.UsageError(f"{written[place]} and {option} are both {path}; expected two names")
        written[place] = option
