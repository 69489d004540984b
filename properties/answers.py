"""How the commands that run schedules answer: what they print of a Check, and their exit status."""

from __future__ import annotations

import json

import click

from raftcheck.spec.model import actions as actions_of_raft

from . import checkverdict
from .checking import Check
from .console import CONFORMS, DIVERGES, INCOMPLETE, INTERRUPTED, show
from .coverage import coverage_json, coverage_table


def answer(subject: str, found: Check, as_json: bool) -> None:
    if found.kept is not None and found.kept.lost is not None:
        not_kept(found.kept.lost)
    if as_json:
        told = checkverdict.as_json(found, actions_of_raft())
        if found.covered:
            told["coverage"] = coverage_json(found.covered, found.actions)
        click.echo(json.dumps(told))
        return
    show(checkverdict.as_table(subject, found, actions_of_raft()))
    if found.covered:
        show(coverage_table(found.covered, found.actions))
    if found.kept is not None:
        click.echo("\n" + found.kept.report())
    elif found.died is not None:
        click.echo("\n" + found.died)


def not_kept(why: str) -> None:
    """Says that a failure can be read here and nowhere else."""
    click.echo(f"raftcheck: the failure is not kept: {why}", err=True)


def status_of(found: Check) -> int:
    if found.interrupted:
        return INTERRUPTED
    if found.word == "undecided":
        return INCOMPLETE
    return CONFORMS if found.word in ("conforms", "safe") else DIVERGES
