"""What the commands have in common: how they end, what they show on stderr while they work, and tables.

stdout has the answer, stderr the progress, which is shown where stderr is a terminal.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

CONFORMS, DIVERGES, BAD_INPUT, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130
BROKEN_PIPE = 141
"""What a shell says of a command whose reader has gone, such as `head`."""


SECONDS_BETWEEN = 0.1
"""From one line of progress to the next: a search may tell of thousands of levels in a second."""


class Seconds(click.ParamType[float]):
    """A time, of which NaN and infinity are none."""

    name = "seconds"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(str(value))
        except ValueError:
            seconds = math.nan
        if not 0 < seconds < math.inf:
            self.fail(f"saw {value}, expected a number above 0", param, ctx)
        return seconds


class _Out(Console):
    def on_broken_pipe(self) -> None:
        """Leaves it to the entry point, for rich would end the process with the status of a violation."""
        raise


def show(table: RenderableType, err: bool = False) -> None:
    # What stands in a trace or in a name is no markup.
    console = _Out(highlight=False, markup=False, emoji=False, stderr=err)
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().split("\n")), nl=False, err=err)


@contextmanager
def counting(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar while inside; takes how many are done."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with _shown(*columns) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done, refresh=True)


@contextmanager
def reading(what: str) -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar while inside; takes what was done, and how much was read of how much (None: not known)."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with _shown(*columns) as progress:
        task = progress.add_task(what, total=None)
        is_due = _now_and_then()

        def tell(done: str, read: int, size: int | None) -> None:
            if is_due():
                progress.update(task, description=done, completed=read, total=size, refresh=True)

        yield tell


def _now_and_then() -> Callable[[], bool]:
    """Whether SECONDS_BETWEEN have passed since it last said so."""
    last = float("-inf")

    def is_due() -> bool:
        nonlocal last
        now = time.monotonic()
        due = now - last >= SECONDS_BETWEEN
        last = now if due else last
        return due

    return is_due


@contextmanager
def telling(what: str) -> Iterator[Callable[[str], None]]:
    """A line while inside; takes what it is to say, and leaves out some of it where it comes too often."""
    with _shown(TextColumn("{task.description}", markup=False), TimeElapsedColumn()) as progress:
        task = progress.add_task(what, total=None)
        is_due = _now_and_then()

        def tell(news: str) -> None:
            progress.update(task, description=news, refresh=is_due())

        yield tell


def _shown(*columns: ProgressColumn) -> Progress:
    console = Console(stderr=True, markup=False, emoji=False)
    # Without a thread that refreshes: processes are forked while it is shown.
    return Progress(
        *columns, console=console, transient=True, auto_refresh=False, disable=not console.is_terminal
    )
