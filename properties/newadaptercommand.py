"""The command `raftcheck new-adapter`: the beginning of an adapter, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import click

from .console import CONFORMS
from .newadapter import COMMANDS, LANGUAGES, write_adapter


@click.command("new-adapter")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--language", type=click.Choice(LANGUAGES), default="python", show_default=True)
def new_adapter_command(folder: Path, language: str) -> int:
    """Write the beginning of an adapter into DIR, which is new or empty.

    It has the elections of Raft and nothing else, and runs at once; the places for your own are marked.
    `python` is for a Raft in Python. The others are drivers, which speak JSON over stdin and stdout
    (PROTOCOL.md): `stdio` is the shortest, in Python without raftcheck, to be written again in another
    language.
    """
    for path in write_adapter(folder, language):
        click.echo(f"wrote  {path}")
    click.echo(f"next   cd {folder}")
    for command in COMMANDS[language]:
        click.echo(f"       {command}")
    return CONFORMS
