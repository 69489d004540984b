"""A command line whose TARGET may be a command for a driver: all the words after `--`."""

from __future__ import annotations

import click

from .targets import command_target


class WithTarget(click.Command):
    """A command that takes a TARGET as its last argument."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            place = args.index("--")
            args = [*args[: place + 1], command_target(args[place + 1 :])]
        return super().parse_args(ctx, args)
