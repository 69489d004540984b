"""The command `raftcheck selftest`: whether an adapter, or a driver, keeps to what is asked of it."""

from __future__ import annotations

import json

import click
from rich.table import Table
from rich.text import Text

from raftcheck.traces.errors import printable

from .console import CONFORMS, DIVERGES, show, telling
from .selftest import Claim, selftest
from .targetargument import WithTarget
from .targets import REFERENCE

STYLES = {"ok": "green", "failed": "bold red", "not tried": "yellow"}


@click.command("selftest", cls=WithTarget)
@click.argument("target", default=REFERENCE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
def selftest_command(target: str, as_json: bool) -> int:
    """Try whether TARGET is an adapter that raftcheck can rely on.

    TARGET is as for `raftcheck check`, which is to tell whether it is Raft. Ends with 0 if nothing speaks
    against it, else with 1.
    """
    with telling("the rules of the interface") as tell:
        claims = selftest(target, tell)
    failed = any(claim.word == "failed" for claim in claims)
    if as_json:
        told = [{"claim": claim.said, "verdict": claim.word, "seen": claim.seen or None} for claim in claims]
        click.echo(json.dumps({"verdict": "failed" if failed else "ok", "target": target, "claims": told}))
    else:
        show(_table(claims))
    return DIVERGES if failed else CONFORMS


def _table(claims: list[Claim]) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for claim in claims:
        table.add_row(Text(claim.word, STYLES[claim.word]), claim.said)
        if claim.seen:
            table.add_row("", Text(printable(claim.seen), "dim" if claim.word != "failed" else ""))
    return table
